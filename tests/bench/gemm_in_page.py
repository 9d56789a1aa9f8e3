"""Time the forms of a matrix product inside Pyodide: gemm.py calls `measure(rounds)`, which returns JSON.

In each round every form computes the same product, one after the other: a form is compared with what ran at
the same time. What takes little time is repeated, for long enough to be timed, and the best of a few such
runs counts: whatever else the machine does only adds.
"""

import json
import time

import numpy as np

from tinytorch.core.gemm import gemm

SQUARES = [8, 16, 32, 48, 64, 96, 128, 256, 512, 1024]
ENOUGH = 0.004  # seconds; the browser's clock counts in steps of 0.1 ms at worst
BEST_OF = 5
SLOW = 0.05  # seconds; what takes longer is run once in a round
TURNED = {"": lambda x: x, "T": lambda x: np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)}
# Shape, is it a transposed view, the same for the right side, and where the book meets it.
PRODUCTS = [
    ((32, 784), "", (784, 128), "", "Linear: forward"),
    ((784, 32), "T", (32, 128), "", "Linear: gradient of the weights"),
    ((32, 128), "", (128, 784), "T", "Linear: gradient of the input"),
    ((32, 128), "", (128, 10), "", "last layer: forward"),
    ((128, 32), "T", (32, 10), "", "last layer: gradient of the weights"),
    ((32, 10), "", (10, 128), "T", "last layer: gradient of the input"),
    ((4, 4, 128, 32), "", (4, 4, 32, 128), "T", "attention: scores"),
    ((4, 4, 128, 128), "", (4, 4, 128, 32), "", "attention: values"),
    ((4, 4, 128, 128), "T", (4, 4, 128, 32), "", "attention: gradient"),
    ((16, 128, 64), "", (64, 256), "", "transformer: feed forward"),
    ((16, 1, 64), "", (64, 256), "", "transformer: one token each"),
    ((32, 75), "", (75, 784), "", "convolution: forward"),
    ((32, 784), "", (784, 75), "T", "convolution: gradient of the weights"),
    ((75, 32), "T", (32, 784), "", "convolution: gradient of the input"),
    ((16, 25), "", (25, 1000), "", "convolution: few channels"),
    ((128, 784), "", (784,), "", "matrix times vector"),
    ((784,), "", (784, 128), "", "vector times matrix"),
    ((1, 784), "", (784, 128), "", "a batch of one"),
    ((784, 1), "", (1, 128), "", "outer product"),
    ((784,), "", (784,), "", "dot product"),
    ((64, 8, 16, 16), "", (64, 8, 16, 16), "", "512 small matrices"),
    ((1000, 16), "", (16, 32), "", "tall, no long run"),
]


def random(shape, turned="", dtype="float32"):
    """Return a random array, or a transposed view of that shape."""
    return TURNED[turned](np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype))


def columns(b):
    return np.ascontiguousarray(b.T)


def blocks_of_columns(a, b, width=64):
    """Sums, with as many columns of B at a time as stay in the cache."""
    result, b = np.empty((len(a), b.shape[1]), a.dtype), columns(b)
    for start in range(0, len(b), width):
        part = slice(start, start + width)
        np.einsum("ij,kj->ik", a, b[part], out=result[:, part])
    return result


def blocks_of_rows(a, b, width=64):
    """Rows, with as many rows of B at a time as stay in the cache: the sums are split."""
    result = np.einsum("ij,jk->ik", a[:, :width], b[:width])
    for start in range(width, len(b), width):
        result += np.einsum("ij,jk->ik", a[:, start : start + width], b[start : start + width])
    return result


FORMS = {
    "a @ b": np.matmul,
    "gemm": gemm,
    "einsum along rows": lambda a, b: np.einsum("ij,jk->ik", a, b),
    "einsum along sums": lambda a, b: np.einsum("ij,kj->ik", a, columns(b)),
    "sums, 64 columns at a time": blocks_of_columns,
    "rows, 64 at a time": blocks_of_rows,
    "np.dot": np.dot,
    "np.inner": lambda a, b: np.inner(a, columns(b)),
    "np.tensordot": lambda a, b: np.tensordot(a, b, 1),
    "np.vecdot": lambda a, b: np.vecdot(a[:, None], columns(b)[None]),
}
TWO = {name: FORMS[name] for name in ("a @ b", "gemm")}
ALL_FORMS_UP_TO = 512  # beyond it the slow ones take seconds


def seconds(form, a, b, times):
    started = time.perf_counter()
    for _ in range(times):
        form(a, b)
    return (time.perf_counter() - started) / times


def compare(forms, a, b, rounds):
    """Return {form: [seconds in each round]}."""
    times = {}
    for name, form in forms.items():
        fastest = min(seconds(form, a, b, 1) for _ in range(3))
        times[name] = max(1, round(ENOUGH / max(fastest, 1e-6)))
        seconds(form, a, b, times[name])  # the browser compiles better what it has run for a while
    found = {name: [] for name in forms}
    for _ in range(rounds):
        for name, form in forms.items():
            first = seconds(form, a, b, times[name])
            more = 0 if first > SLOW and times[name] == 1 else BEST_OF - 1
            found[name].append(min([first, *(seconds(form, a, b, times[name]) for _ in range(more))]))
    return found


def compare_products(products, rounds):
    """Return how long each product takes NumPy and `gemm`, with what describes it."""
    found = []
    for left, turn_left, right, turn_right, where in products:
        a, b = random(left, turn_left), random(right, turn_right)
        entry = {"left": left, "turned": [turn_left, turn_right], "right": right, "where": where}
        found.append({**entry, "operations": operations(a, b), "seconds": compare(TWO, a, b, rounds)})
    return found


def operations(a, b):
    """Two for each multiplication: it is followed by an addition."""
    return 2 * np.matmul(a, b).size * a.shape[-1]


def errors(size):
    """Return the largest error of each form, relative to the largest element, for sums of `size` numbers."""
    a, b = np.abs(random((64, size))), np.abs(random((size, 64)))
    exact = a.astype("float64") @ b.astype("float64")
    return {name: float(abs(form(a, b) - exact).max() / exact.max()) for name, form in FORMS.items()}


def measure(rounds):
    squares = []
    for n in SQUARES:
        forms = FORMS if n <= ALL_FORMS_UP_TO else dict(list(FORMS.items())[:6])
        a, b = random((n, n)), random((n, n))
        squares.append({"n": n, "operations": operations(a, b), "seconds": compare(forms, a, b, rounds)})
    layouts = []
    for n in (64, 256, 512):
        for first in TURNED:
            for second in TURNED:
                a, b = random((n, n), first), random((n, n), second)
                found = compare(TWO, a, b, rounds)
                layouts.append({"n": n, "left": first, "right": second, "seconds": found})
    dtypes = []
    for dtype in ("float64", "int32"):
        for n in (32, 128, 256):
            a, b = (random((n, n)) * 10).astype(dtype), (random((n, n)) * 10).astype(dtype)
            dtypes.append({"n": n, "dtype": dtype, "seconds": compare(TWO, a, b, rounds)})
    products = compare_products(PRODUCTS, rounds)
    exactness = [{"k": k, "errors": errors(k)} for k in (100, 1000, 10_000)]
    return json.dumps(
        {"squares": squares, "layouts": layouts, "dtypes": dtypes, "products": products, "errors": exactness}
    )
