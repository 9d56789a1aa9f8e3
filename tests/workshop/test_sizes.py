"""Memory: whatever Python and NumPy say when there is not enough, the message says how much was asked for."""

import linecache

import numpy as np
import pytest

import tinytorch
from tinytorch.workshop.explain import explain, lacks_memory
from tinytorch.workshop.sizes import bytes_asked, in_words


def refuse(*args, **options):
    """Stand in for a function that does not get the memory it needs, and cannot say how much that is."""
    raise MemoryError


class Refusing:
    """Stands in for numpy, tinytorch or a generator."""

    zeros = ones = empty = full = eye = arange = linspace = rand = randn = staticmethod(refuse)
    random = normal = uniform = integers = tile = staticmethod(refuse)


NAMES = {
    "rng": Refusing(),
    "tt": tinytorch,
    "np": np,
    "bytearray": refuse,
    "list": refuse,
    "n": 10**5,
    "shape": (10**5, 10**5),
    "a": np.broadcast_to(np.float32(1), (1000, 1)),
    "b": np.broadcast_to(np.float32(1), (10**12,)),
}


def error_of(source: str, **names: object) -> BaseException:
    """Run `source`, and return what it raises."""
    linecache.cache["<answer>"] = (len(source), None, source.splitlines(keepends=True), "<answer>")
    try:
        exec(compile(source, "<answer>", "exec"), {**NAMES, **names})
    except BaseException as error:
        return error
    raise AssertionError(f"{source} got what it asked for")


GB = 10**9
ASKED = {
    "np.zeros(10**19)": 8 * 10**19,
    "np.zeros((10**10, 10**10))": 8 * 10**20,
    "np.zeros((10**10, n * n), 'float32')": 4 * 10**20,
    "np.ones((10**10, 10**10), dtype=np.int8)": 10**20,
    "np.full((10**10, 10**10), 1.0)": 8 * 10**20,
    "np.eye(10**10)": 8 * 10**20,
    "np.empty(shape=(10**10, 10**10))": 8 * 10**20,
    "tt.zeros(10**10, 10**10)": 4 * 10**20,
    "np.random.rand(10**10, 10**10)": 8 * 10**20,
    "np.random.default_rng(0).normal(size=(10**10, 10**10))": 8 * 10**20,
    "rng.zeros((40_000, 40_000), 'float32')": 64 * 10**8,
    "rng.zeros(shape)": 80 * GB,
    "rng.arange(0, n * n, dtype='int64')": 80 * GB,
    "rng.linspace(0, 1, n * n)": 80 * GB,
    "rng.uniform(0, 1, (n, n))": 80 * GB,
    "rng.random((n, n))": 80 * GB,
    "bytearray(6 * 2**30)": 6 * 2**30,
    "[0] * 10**19": 8 * 10**19,
    "'x' * 10**20": 10**20,
    "list(range(10**9))": 8 * GB,
    "a * b": 4 * 10**15,
    "a @ b[None, :]": 4 * 10**15,
}


@pytest.mark.parametrize("source", ASKED)
def test_the_bytes_asked_for_are_told_from_the_expression(source):
    error = error_of(source)
    assert lacks_memory(error), repr(error)
    assert bytes_asked(error) == ASKED[source]
    message, hint = explain(error)
    assert message.startswith("MemoryError: there is not enough memory for this.")
    assert f"Your code asked for {in_words(ASKED[source])}; " in message
    assert "Shapes multiply" in hint


@pytest.mark.parametrize("source", ["rng.tile(np.ones(10), 10)", "refuse(next(n))", "rng.zeros(next(n))"])
def test_what_cannot_be_computed_without_a_risk_is_not_computed(source):
    """`next(n)` would take something out of the learner's iterator."""
    iterator = iter([10**9, 10**9, 10**9])
    error = error_of(source, n=iterator, refuse=refuse)
    if isinstance(error, MemoryError):
        assert bytes_asked(error) is None
    left = len([*iterator])
    assert left in (2, 3), "once at most, by the code itself"


def test_who_fills_memory_bit_by_bit_is_told_so():
    error = MemoryError("Unable to allocate 800 bytes for an array with shape (100,) and data type float64")
    assert "Your code has filled it; " in explain(error)[0]


@pytest.mark.parametrize("error", [ValueError("The index 9 is too big."), OverflowError("math range error")])
def test_other_errors_are_left_alone(error):
    assert not lacks_memory(error)
    assert explain(error)[0].endswith(str(error))
