"""Both ways to multiply matrices, native and in WebAssembly, against NumPy."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fill, seeds

from tinytorch import Tensor
from tinytorch.core import gemm as module


@pytest.fixture(params=[True, False], ids=["natively", "in WebAssembly"])
def platform(request, monkeypatch):
    monkeypatch.setattr(module, "_HAS_BLAS", request.param)


@st.composite
def large_pairs(draw):
    """Sums long enough for the WebAssembly path, as views in any memory order and with broadcast batches."""
    n = draw(st.integers(module._SMALL - 1, module._SMALL + 2))
    m, p = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    batch_a, batch_b = draw(st.sampled_from([((), ()), ((2,), ()), ((), (3,)), ((2, 1), (3,)), ((0,), (1,))]))
    dtype = draw(st.sampled_from(["float32", "float64", "int32"]))
    a, b = fill((*batch_a, m, n), dtype, draw(seeds)), fill((*batch_b, n, p), dtype, draw(seeds))
    if draw(st.booleans()):
        a = np.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2)
    if draw(st.booleans()):
        b = np.repeat(b, 2, axis=-1)[..., ::2]
    return a, b


@given(pair=large_pairs())
def test_both_ways_to_multiply_agree_with_numpy(pair):
    expected = np.matmul(*pair)
    for has_blas in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_HAS_BLAS", has_blas)
            result = module.gemm(*pair)
        assert (
            type(result) is np.ndarray and result.shape == expected.shape and result.dtype == expected.dtype
        )
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("a, b", [((40,), (40,)), ((3, 40), (40,)), ((40,), (40, 3)), ((3, 40), (40, 2))])
def test_every_form_of_product_works(a, b):
    x, y = fill(a, "float32", 0), fill(b, "float32", 1)
    result = Tensor(x) @ Tensor(y)
    assert result.dtype == "float32" and result.shape == np.matmul(x, y).shape
    np.testing.assert_allclose(result.data, np.matmul(x, y), rtol=1e-4, atol=1e-5)


def test_webassembly_multiplies_large_float_matrices_with_einsum_and_natively_numpy_does(monkeypatch):
    calls = []
    einsum = np.einsum
    monkeypatch.setattr(np, "einsum", lambda *args: (calls.append(args), einsum(*args))[1])
    large, small = np.ones((40, 40), "float32"), np.ones((4, 4), "float32")
    monkeypatch.setattr(module, "_HAS_BLAS", True)
    module.gemm(large, large)
    monkeypatch.setattr(module, "_HAS_BLAS", False)
    module.gemm(small, small)
    assert not calls
    module.gemm(large, large)
    assert len(calls) == 1


def test_this_machine_is_taken_for_what_it_is():
    assert (sys.platform != "emscripten") == module._HAS_BLAS
