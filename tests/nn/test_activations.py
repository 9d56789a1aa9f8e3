"""Activations against PyTorch: over random shapes, dtypes and axes, and at the ends of what floats hold."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import assert_same, both, outcome, torch
from strategies import FLOATS, SPECIAL, arrays, fill

from tinytorch import Tensor, nn, zeros
from tinytorch.nn import functional as F

pytestmark = pytest.mark.torch

TORCH = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
}
ELEMENTWISE = list(TORCH)
OVER_AN_AXIS = ["softmax", "log_softmax"]
TOLERANCE = {"float32": 2e-6, "float64": 1e-14}  # relative and absolute


def quietly(compute, *args, **kwargs):
    """What `compute` returns; a warning of NumPy's is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return compute(*args, **kwargs)


def close(ours, theirs):
    assert_same(ours, theirs, rtol=TOLERANCE[ours.dtype] if isinstance(ours, Tensor) else None)


@st.composite
def arrays_and_one_axis(draw):
    """An array of floats and one of its axes; a lone number counts as a row of one, as in PyTorch."""
    array = draw(arrays(dtypes=st.sampled_from(FLOATS)))
    return array, draw(st.integers(-max(array.ndim, 1), max(array.ndim, 1) - 1))


# Values


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(array=arrays(dtypes=st.sampled_from(FLOATS)), scale=st.sampled_from([1e-3, 1.0, 5.0, 100.0]))
def test_values_are_those_of_pytorch_for_small_and_large_numbers(name, array, scale):
    x, tx = both(np.asarray(array * scale, array.dtype))
    close(quietly(getattr(F, name), x), TORCH[name](tx))


@pytest.mark.parametrize("name", OVER_AN_AXIS)
@given(drawn=arrays_and_one_axis(), scale=st.sampled_from([1e-3, 1.0, 100.0, 1e4]))
def test_values_along_any_axis_are_those_of_pytorch(name, drawn, scale):
    array, axis = drawn
    x, tx = both(np.asarray(array * scale, array.dtype))
    ours = quietly(getattr(F, name), x, axis)
    assert_same(ours, getattr(torch, name)(tx, axis), rtol=1e-5 if ours.dtype == "float32" else 1e-12)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_special_values_come_out_as_in_pytorch_and_without_a_warning(name, dtype):
    x, tx = both(np.array([*SPECIAL, -88.0, 88.0, -104.0, 104.0, -745.0, 745.0, 3.4e38, -3.4e38], dtype))
    close(quietly(getattr(F, name), x), TORCH[name](tx))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OVER_AN_AXIS)
def test_every_pair_of_special_scores_comes_out_as_in_pytorch_and_without_a_warning(name, dtype):
    pairs = np.stack(np.meshgrid(np.array(SPECIAL, dtype), np.array(SPECIAL, dtype)))
    for axis in (0, -1):
        x, tx = both(pairs)
        close(quietly(getattr(F, name), x, axis), getattr(torch, name)(tx, axis))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_close_to_zero_and_far_below_it_the_relative_error_is_a_few_units_in_the_last_place(name, dtype):
    x = np.concatenate([s * np.logspace(-30, np.log10(80), 4000) for s in (1, -1)]).astype(dtype)
    exact = {"sigmoid": torch.sigmoid, "tanh": torch.tanh}[name](torch.tensor(x, dtype=torch.float64)).numpy()
    error = np.abs(getattr(F, name)(Tensor(x)).data.astype("float64") / exact - 1).max()
    assert error < 8 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", FLOATS)
def test_gelu_keeps_its_digits_where_it_is_almost_zero(dtype):
    x = np.linspace(-6, 6, 4001).astype(dtype)
    inner = torch.tensor(x, dtype=torch.float64)
    # The same function as PyTorch's, without the loss of digits in its 1 + tanh.
    exact = inner * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (inner + 0.044715 * inner**3))
    close(Tensor(exact.numpy()), torch.nn.functional.gelu(inner, approximate="tanh"))
    error = np.abs(F.gelu(Tensor(x)).data.astype("float64") - exact.numpy())
    assert (error <= 64 * np.finfo(dtype).eps * np.abs(exact.numpy())).all()


# The function's promises


@given(drawn=arrays_and_one_axis())
def test_probabilities_sum_to_one_along_the_axis_and_their_logarithms_agree(drawn):
    array, axis = drawn
    p, log_p = F.softmax(Tensor(array), axis), F.log_softmax(Tensor(array), axis)
    if array.size and array.ndim:
        np.testing.assert_allclose(p.data.sum(axis), 1, rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_p.data), p.data, rtol=1e-5, atol=1e-7)


@given(array=arrays(dtypes=st.sampled_from(FLOATS)))
def test_sigmoid_of_minus_x_is_one_minus_sigmoid_and_the_others_have_their_symmetry(array):
    x, minus = Tensor(array), Tensor(-array)
    np.testing.assert_allclose(F.sigmoid(minus).data, 1 - F.sigmoid(x).data, atol=1e-6)
    np.testing.assert_allclose(F.tanh(minus).data, -F.tanh(x).data, rtol=1e-6)
    np.testing.assert_allclose(F.gelu(x).data - F.gelu(minus).data, array, rtol=1e-5, atol=1e-6)


def test_softmax_survives_large_scores_and_masks():
    assert F.softmax(Tensor([1000.0, 1000.0, -1000.0])).tolist() == [0.5, 0.5, 0.0]
    assert F.softmax(Tensor([1.0, -math.inf, 1.0])).tolist() == [0.5, 0.0, 0.5]
    assert F.log_softmax(Tensor([0.0, 1000.0, -math.inf])).tolist() == [-1000.0, 0.0, -math.inf]


@pytest.mark.parametrize("name", OVER_AN_AXIS)
def test_a_nan_spoils_its_own_row_and_no_other(name):
    rows = getattr(F, name)(Tensor([[0.0, math.nan], [0.0, 0.0], [-math.inf, -math.inf]])).data
    assert np.isnan(rows[[0, 2]]).all() and np.isfinite(rows[1]).all()


# Dtypes, shapes, memory


@pytest.mark.parametrize("name", ELEMENTWISE + OVER_AN_AXIS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_keep_their_dtype_with_and_without_dimensions(name, dtype):
    for shape in ((), (3,), (2, 3)):
        assert getattr(F, name)(zeros(shape, dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32"])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "gelu", *OVER_AN_AXIS])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_whole_numbers_and_truth_values_become_float32(name, dtype, shape):
    x, tx = both(fill(shape, dtype, 0))
    compute = TORCH.get(name) or (lambda t: getattr(torch, name)(t, -1))
    close(getattr(F, name)(x), compute(tx.float()))  # PyTorch itself refuses some of them


@pytest.mark.parametrize("dtype", ["int8", "int32"])
def test_relu_keeps_whole_numbers_whole_as_in_pytorch(dtype):
    x, tx = both(fill((3, 4), dtype, 0))
    assert_same(F.relu(x), torch.relu(tx))


@pytest.mark.parametrize("name", ELEMENTWISE + OVER_AN_AXIS)
def test_the_result_is_new_memory_and_the_input_is_left_alone(name):
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    out = getattr(F, name)(x)
    assert not np.shares_memory(out.data, x.data)
    assert x.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("name", ELEMENTWISE + OVER_AN_AXIS)
def test_a_transposed_tensor_gives_the_transposed_result(name):
    x = Tensor(fill((3, 4), "float32", 0))
    options = {"axis": 0} if name in OVER_AN_AXIS else {}
    np.testing.assert_allclose(getattr(F, name)(x.T, **options).data, getattr(F, name)(x).data.T, rtol=1e-6)


@pytest.mark.parametrize("name", OVER_AN_AXIS)
def test_an_axis_that_does_not_exist_is_an_index_error_that_names_function_and_shape(name):
    for shape in ((), (2,), (2, 3)):
        for axis in (max(len(shape), 1), -max(len(shape), 1) - 1):
            ours = outcome(getattr(F, name), zeros(shape), axis)
            assert isinstance(ours, IndexError) and str(ours).startswith(f"{name}: ")
            assert_same(ours, outcome(getattr(torch, name), torch.zeros(shape), axis))


# Modules


@pytest.mark.parametrize(
    ("module", "theirs"),
    [
        (nn.ReLU(), torch.nn.ReLU()),
        (nn.Sigmoid(), torch.nn.Sigmoid()),
        (nn.Tanh(), torch.nn.Tanh()),
        (nn.GELU(), torch.nn.GELU(approximate="tanh")),
        (nn.Softmax(), torch.nn.Softmax(-1)),
        (nn.Softmax(axis=0), torch.nn.Softmax(dim=0)),
        (nn.LogSoftmax(axis=1), torch.nn.LogSoftmax(dim=1)),
    ],
    ids=repr,
)
def test_a_module_computes_its_function_and_says_its_options(module, theirs):
    x, tx = both(fill((3, 4, 2), "float32", 0))
    close(module(x), theirs(tx))
    assert list(module.parameters()) == [] and module.state_dict() == {}
    assert repr(module).replace("axis", "dim") in (repr(theirs), f"{type(module).__name__}()")
    assert ("axis" in repr(module)) == (type(module) in (nn.Softmax, nn.LogSoftmax))
