"""Sum, mean, max, min and argmax, against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import assert_same, both, outcome, torch
from strategies import DTYPES, FLOATS, arrays, arrays_and_axes

from tinytorch import Tensor, ones, zeros

pytestmark = pytest.mark.torch


@given(arrays_and_axes(), st.booleans())
def test_sum_is_that_of_pytorch_in_value_shape_and_dtype(drawn, keepdims):
    array, axis = drawn
    x, tx = both(array)
    assert_same(x.sum(axis, keepdims), tx.sum(axis, keepdim=keepdims))


@given(arrays_and_axes(), st.booleans())
def test_mean_is_that_of_pytorch_and_both_refuse_whole_numbers(drawn, keepdims):
    array, axis = drawn
    x, tx = both(array)
    assert_same(outcome(x.mean, axis, keepdims), outcome(lambda: tx.mean(axis, keepdim=keepdims)))


def test_mean_of_float64_keeps_all_its_digits():
    assert Tensor(np.array([1.0, 2.0, 4.0])).mean().item() == 7 / 3


@pytest.mark.parametrize("name", ["max", "min"])
@given(drawn=arrays_and_axes(), keepdims=st.booleans())
def test_extremes_are_those_of_pytorch_and_both_refuse_to_compare_nothing(name, drawn, keepdims):
    array, axis = drawn
    x, tx = both(array)
    dims = tuple(range(array.ndim)) if axis is None else axis
    assert_same(
        outcome(getattr(x, name), axis, keepdims),
        outcome(lambda: getattr(torch, f"a{name}")(tx, dims, keepdim=keepdims)),
    )


@st.composite
def arrays_and_one_axis(draw):
    array = draw(
        arrays(dtypes=st.sampled_from(["int8", "int32", "float32", "float64"]))
    )  # no bool in PyTorch
    axis = draw(st.none() | st.integers(-array.ndim, array.ndim - 1)) if array.ndim else None
    return array, axis


@given(arrays_and_one_axis(), st.booleans())
def test_argmax_is_that_of_pytorch_and_of_equals_the_first_wins(drawn, keepdims):
    array, axis = drawn  # small whole numbers: equals are frequent
    x, tx = both(array)
    assert_same(outcome(x.argmax, axis, keepdims), outcome(lambda: tx.argmax(axis, keepdim=keepdims)))


def test_argmax_finds_the_first_of_equals():
    x = Tensor([[1, 3, 3], [2, 2, 2]])
    assert x.argmax().item() == 1 and x.argmax(axis=1).tolist() == [1, 0]
    assert Tensor([False, True, True]).argmax().item() == 1


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "argmax"])
def test_nan_decides_as_in_pytorch(name):
    x, tx = both(np.array([[1.0, np.nan, 2.0], [3.0, 4.0, np.inf]], "float32"))
    theirs = getattr(tx, name)(1)
    assert_same(getattr(x, name)(1), theirs if isinstance(theirs, torch.Tensor) else theirs.values)


@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_numbers_and_truth_values_sum_to_int32_and_floats_stay_what_they_are(dtype):
    assert ones(3, dtype=dtype).sum().dtype == (dtype if dtype in FLOATS else "int32")


def test_the_sum_of_int8_does_not_wrap_around():
    assert (ones(200, dtype="int8").sum().item(), ones(200, dtype="bool").sum().item()) == (200, 200)


def test_nothing_sums_to_zero_has_no_mean_and_no_maximum():
    nothing = zeros(0, 3)
    assert nothing.sum().item() == 0.0 and nothing.sum(0).tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(nothing.mean().item()) and nothing.mean(1).shape == (0,)
    for name in ("max", "min", "argmax"):
        with pytest.raises(ValueError, match=rf"{name}: there is nothing to compare in shape \(0, 3\)"):
            getattr(nothing, name)(0)
        assert getattr(nothing, name)(1).shape == (0,)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "argmax"])
def test_axes_that_do_not_exist_are_index_errors_that_show_the_shape(name):
    for axis in (2, -3):
        with pytest.raises(IndexError, match=rf"{name}: there is no dimension {axis} in shape \(2, 3\)"):
            getattr(ones(2, 3), name)(axis)
    with pytest.raises(IndexError):
        getattr(ones(()), name)(0)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
def test_an_axis_given_twice_is_refused(name):
    with pytest.raises(ValueError):
        getattr(ones(2, 3), name)((0, -2))


@pytest.mark.parametrize("axis", [(0, 1), (0,), (), [0]])
def test_argmax_takes_one_axis_only(axis):
    with pytest.raises(TypeError, match=r"argmax: .*one axis"):
        ones(2, 3).argmax(axis=axis)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
def test_no_axes_at_all_reduce_nothing_as_the_array_standard_says(name):
    # PyTorch takes an empty tuple for None; NumPy and the array API do not, and neither do we.
    assert getattr(ones(2, 3), name)(axis=()).shape == (2, 3)
