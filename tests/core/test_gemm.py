"""Both ways to multiply matrices, with BLAS and without, against NumPy."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fill, seeds

from tinytorch import Tensor
from tinytorch.core import gemm as module
from tinytorch.core.gemm import gemm_in_runs

LAYOUTS = {
    "rows": lambda x: x,
    "columns": lambda x: np.ascontiguousarray(x.mT).mT,
    "every other column": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "stacked inside": lambda x: np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -2)), -2, 0),
    "backwards": lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
    "one row again and again": lambda x: np.broadcast_to(x[..., :1, :], x.shape),
    "one column again and again": lambda x: np.broadcast_to(x[..., :1], x.shape),
}
# Sums and rows below and above the length of a run; few and many rows; nothing at all.
SIZES = st.sampled_from([0, 1, 3, 15, 16, 40, 63, 64, 65, 127, 128, 130])
BATCHES = st.sampled_from([((), ()), ((2,), ()), ((), (3,)), ((2, 1), (3,)), ((2,), (2,)), ((0,), (1,))])


@pytest.fixture(autouse=True)
def everything_counts_as_work(monkeypatch):
    """Let small examples, too, go the long way."""
    monkeypatch.setattr(module, "_WORK", 1)
    monkeypatch.setattr(module, "_WORTH", 1)


@pytest.fixture
def products(monkeypatch):
    """The shapes that NumPy was asked to multiply."""
    seen = []
    matmul = np.matmul

    def look(a, b):
        seen.append((a.shape, b.shape))
        return matmul(a, b)

    monkeypatch.setattr(np, "matmul", look)
    return seen


@pytest.fixture
def walks(monkeypatch):
    """The runs that einsum was offered: sums or rows."""
    seen = []
    einsum = np.einsum

    def look(subscripts, a, b):
        assert a.strides[-1] == a.itemsize, "the rows of A are scattered"
        seen.append(
            "sums" if b.strides[-2] == b.itemsize else "rows" if b.strides[-1] == b.itemsize else "neither"
        )
        return einsum(subscripts, a, b)

    monkeypatch.setattr(np, "einsum", look)
    return seen


@st.composite
def pairs(draw):
    """Two operands for a product, in any layout, with stacks that broadcast."""
    m, k, n = draw(SIZES), draw(SIZES), draw(SIZES)
    stack_a, stack_b = draw(BATCHES)
    dtype = draw(st.sampled_from(["float32", "float64", "int32"]))
    a, b = fill((*stack_a, m, k), dtype, draw(seeds)), fill((*stack_b, k, n), dtype, draw(seeds))
    return LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))](a), LAYOUTS[
        draw(st.sampled_from(sorted(LAYOUTS)))
    ](b)


def is_the_product(result, a, b):
    expected = np.asarray(np.matmul(a, b))
    assert isinstance(result, np.ndarray) and result.shape == expected.shape
    assert result.dtype == expected.dtype and result.flags.c_contiguous and result.flags.writeable
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("has_blas", [True, False], ids=["with BLAS", "without"])
@given(pair=pairs())
def test_every_product_is_numpys(has_blas, pair):
    before = [x.copy() for x in pair]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_HAS_BLAS", has_blas)
        result = module.gemm(*pair)
    is_the_product(result, *pair)
    assert not any(np.shares_memory(result, x) for x in pair)
    assert all(np.array_equal(x, was) for x, was in zip(pair, before, strict=True))


@pytest.mark.parametrize("has_blas", [True, False], ids=["with BLAS", "without"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
@pytest.mark.parametrize(
    "a, b",
    [
        ((200,), (200,)),
        ((20, 200), (200,)),
        ((2, 20, 200), (200,)),
        ((20,), (20, 200)),
        ((20,), (3, 20, 200)),
    ],
)
def test_a_vector_is_one_row_or_one_column(monkeypatch, has_blas, layout, a, b):
    monkeypatch.setattr(module, "_HAS_BLAS", has_blas)
    x, y = fill(a, "float32", 0), fill(b, "float32", 1)
    x, y = layout(x) if x.ndim > 1 else x[::-1], layout(y) if y.ndim > 1 else y[::-1]
    is_the_product(module.gemm(x, y), x, y)
    result = Tensor(x) @ Tensor(y)
    assert result.dtype == "float32" and result.shape == np.matmul(x, y).shape


def test_a_stack_times_a_matrix_is_one_product(products):
    a, b = fill((2, 3, 20, 16), "float32", 0), fill((16, 8), "float32", 1)
    result = module.gemm(a, b)
    assert products == [((120, 16), (16, 8))]
    is_the_product(result, a, b)


@pytest.mark.parametrize("has_blas", [True, False], ids=["with BLAS", "without"])
def test_two_dtypes_meet_as_they_do_in_numpy(monkeypatch, walks, has_blas):
    monkeypatch.setattr(module, "_HAS_BLAS", has_blas)
    for first, second in [("float32", "float64"), ("int32", "float32"), ("int8", "int8"), ("bool", "bool")]:
        a, b = np.ones((128, 128), first), np.ones((128, 128), second)
        is_the_product(module.gemm(a, b), a, b)
    assert walks == []  # to cast is NumPy's business


@pytest.mark.parametrize("size", [100, 1000, 10_000])
@pytest.mark.parametrize("signs", ["both", "one"])
def test_long_sums_are_no_less_exact_than_plain_ones(size, signs):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((16, size), "float32"), rng.standard_normal((size, 16), "float32")
    if signs == "one":
        a, b = np.abs(a), np.abs(b)
    exact = a.astype("float64") @ b.astype("float64")
    plain = np.zeros((16, 16), "float32")  # the loop of NumPy's own product, where there is no BLAS
    for k in range(size):
        plain += np.outer(a[:, k], b[k])
    for x, y in [(a, b), (LAYOUTS["columns"](a), b), (a, LAYOUTS["columns"](b))]:
        assert np.abs(gemm_in_runs(x, y) - exact).max() <= 1.05 * np.abs(plain - exact).max()


def test_only_without_blas_and_only_for_enough_work_it_is_einsum(monkeypatch, walks):
    monkeypatch.setattr(module, "_WORK", 2**16)
    large, small = np.ones((128, 128), "float32"), np.ones((4, 4), "float32")
    monkeypatch.setattr(module, "_HAS_BLAS", True)
    module.gemm(large, large)
    monkeypatch.setattr(module, "_HAS_BLAS", False)
    module.gemm(small, small)
    module.gemm(np.ones((20, 100), "float32"), np.ones((100, 30), "float32"))
    assert walks == []
    module.gemm(large, large)
    assert walks == ["sums"]


@pytest.mark.parametrize(
    "m, k, n, layout, dtype, turned",
    [
        (32, 784, 128, "columns", "float32", True),  # a layer forward: x @ w.T
        (33, 784, 128, "columns", "float32", False),  # more than a few rows
        (32, 100, 784, "columns", "float32", False),  # or not enough columns
        (2, 1024, 128, "columns", "float32", True),  # just worth it
        (2, 1023, 128, "columns", "float32", False),
        (32, 784, 128, "rows", "float32", False),  # not transposed
        (32, 784, 128, "every other column", "float32", False),
        (32, 784, 128, "columns", "float64", False),  # there it does not help
    ],
)
@pytest.mark.parametrize("layout_a", ["rows", "columns"])
def test_a_few_rows_meet_a_transposed_weight_the_other_way_round(
    monkeypatch, products, m, k, n, layout, dtype, turned, layout_a
):
    monkeypatch.setattr(module, "_WORTH", 2**18)
    monkeypatch.setattr(module, "_HAS_BLAS", True)
    a, b = LAYOUTS[layout_a](fill((m, k), dtype, 0)), LAYOUTS[layout](fill((k, n), dtype, 1))
    result = module.gemm(a, b)
    assert products == [((n, k), (k, m)) if turned else ((m, k), (k, n))]
    is_the_product(result, a, b)


@pytest.mark.parametrize(
    "m, k, n, layout_a, layout_b, walk",
    [
        (32, 784, 128, "rows", "rows", "sums"),  # a layer forward
        (784, 32, 128, "columns", "rows", "rows"),  # the gradient of its weights: x.T @ g
        (32, 128, 784, "rows", "columns", "rows"),  # the gradient of its input: g @ w.T
        (32, 75, 784, "rows", "rows", "rows"),  # a convolution: weights times windows
        (1, 784, 128, "rows", "rows", "rows"),  # one row does not pay for another layout of the weights …
        (1, 784, 128, "rows", "columns", "sums"),  # … whichever they have
        (1, 784, 128, "rows", "every other column", None),
        (784, 128, 1, "columns", "rows", None),  # nor does one column for another layout of the left side
        (784, 128, 1, "rows", "rows", "sums"),
        (1000, 16, 32, "rows", "rows", None),  # no run is long
        (64, 64, 64, "rows", "rows", "sums"),
    ],
)
def test_it_runs_along_what_is_long(walks, m, k, n, layout_a, layout_b, walk):
    a, b = LAYOUTS[layout_a](np.ones((m, k), "float32")), LAYOUTS[layout_b](np.ones((k, n), "float32"))
    is_the_product(gemm_in_runs(a, b), a, b)
    assert walks == ([walk] if walk else [])


def test_whole_numbers_wrap_around_as_in_numpy(walks):
    a = np.full((128, 128), 2**20, "int32")
    assert np.array_equal(gemm_in_runs(a, a), np.matmul(a, a)) and walks == []


def test_this_machine_is_taken_for_what_it_is():
    assert (sys.platform != "emscripten") == module._HAS_BLAS
