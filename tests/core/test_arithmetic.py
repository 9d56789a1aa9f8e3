"""Operators and functions that work element by element, against PyTorch."""

import math
import operator
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import assert_same, both, outcome, torch
from strategies import FLOATS, SPECIAL, array_pairs, arrays, dtypes, fill, numbers, shapes

from tinytorch import Tensor

pytestmark = pytest.mark.torch

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


def name(function):
    return getattr(function, "__name__", str(function))


def in_torch(op, a, b):
    """PyTorch's result. It refuses to subtract from, or with, truth values at all; we only if both are."""
    operands = [torch.as_tensor(x) for x in (a, b)]
    if op is operator.sub and sum(x.dtype == torch.bool for x in operands) == 1:
        dtype = torch.result_type(a, b)
        return op(*(x.to(dtype) if x.dtype == torch.bool else x for x in operands)).to(dtype)
    return outcome(op, a, b)


@pytest.mark.parametrize("op", ARITHMETIC + COMPARISONS, ids=name)
@given(pair=array_pairs())
def test_operator_on_two_tensors_broadcasts_as_in_pytorch(op, pair):
    (x, tx), (y, ty) = both(pair[0]), both(pair[1])
    assert_same(outcome(op, x, y), in_torch(op, tx, ty))


@pytest.mark.parametrize("op", ARITHMETIC + COMPARISONS, ids=name)
@given(array=arrays(), number=numbers)
def test_operator_takes_a_number_on_either_side(op, array, number):
    x, tx = both(array)
    assert_same(outcome(op, x, number), in_torch(op, tx, number))
    assert_same(outcome(op, number, x), in_torch(op, number, tx))


@pytest.mark.parametrize("op", ARITHMETIC + COMPARISONS, ids=name)
@given(x=arrays(dtypes=st.sampled_from(FLOATS)), reflected=st.booleans())
def test_operator_takes_a_numpy_array_on_either_side_and_gives_a_tensor(op, x, reflected):
    result = op(x, Tensor(x)) if reflected else op(Tensor(x), x)
    assert isinstance(result, Tensor)
    assert_same(result, op(both(x)[1], both(x)[1]))


@given(shapes, shapes)
def test_shapes_that_do_not_broadcast_are_refused_by_both(a, b):
    (x, tx), (y, ty) = both(fill(a, "float32", 0)), both(fill(b, "float32", 1))
    assert_same(outcome(operator.add, x, y), outcome(operator.add, tx, ty))


def test_the_error_of_shapes_that_do_not_broadcast_names_operation_and_shapes():
    for symbol, op in {"+": operator.add, "*": operator.mul, "<": operator.lt, "**": operator.pow}.items():
        with pytest.raises(ValueError) as error:
            op(Tensor([[1.0, 2.0, 3.0]]), Tensor([1.0, 2.0]))
        message = str(error.value)
        assert message.startswith(f"{symbol}: ")
        assert "(1, 3)" in message and "(2,)" in message


@given(array_pairs(dtypes=st.sampled_from(["int8", "int32", "float32", "float64"])))
def test_power_is_that_of_pytorch(pair):
    base, exponent = pair
    if exponent.dtype.kind == "i":
        exponent = abs(exponent)  # negative powers of whole numbers have a test of their own
    (x, tx), (y, ty) = both(base), both(exponent)
    assert_same(x**y, tx**ty)


@given(
    arrays(dtypes=st.sampled_from(["int32", "float32", "float64"])), st.sampled_from([0, 1, 2, 3, 0.5, 2.0])
)
def test_power_takes_a_number_on_either_side(array, number):
    x, tx = both(array)
    assert_same(x**number, tx**number)
    positive, tpositive = both(abs(array))
    assert_same(number**positive, number**tpositive)


@pytest.mark.parametrize(
    "base, exponent", [([2, 3], -1), ([2, 3], [1, -1]), ([True], [True]), ([True], True)]
)
def test_powers_that_whole_numbers_and_truth_values_do_not_have_are_errors(base, exponent):
    with pytest.raises((ValueError, TypeError), match=r"convert first"):
        Tensor(base) ** (Tensor(exponent) if isinstance(exponent, list) else exponent)


@given(arrays())
def test_minus_changes_signs_as_in_pytorch(array):
    x, tx = both(array)
    assert_same(outcome(operator.neg, x), outcome(operator.neg, tx))


@pytest.mark.parametrize("function", ["exp", "log", "sqrt"])
@given(array=arrays(dtypes=dtypes))
def test_function_is_that_of_pytorch(function, array):
    x, tx = both(array)
    assert_same(
        getattr(x, function)(), getattr(tx, function)(), rtol=2e-6 if array.dtype != "float64" else None
    )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", ["exp", "log", "sqrt"])
def test_special_values_come_out_as_in_pytorch_and_without_a_warning(function, dtype):
    x, tx = both(np.array(SPECIAL, dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = getattr(x, function)()
    assert_same(ours, getattr(tx, function)())


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", [operator.truediv, operator.pow, *COMPARISONS], ids=name)
def test_every_pair_of_special_values_comes_out_as_in_pytorch_and_without_a_warning(op, dtype):
    grid = np.meshgrid(np.array(SPECIAL, dtype), np.array(SPECIAL, dtype))
    (x, tx), (y, ty) = both(grid[0]), both(grid[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = op(x, y)
    assert_same(ours, op(tx, ty))


def test_whole_numbers_wrap_around_as_in_pytorch():
    x, tx = both(np.array([100, -100, 127, -128], "int8"))
    for op in (lambda t: t + t, lambda t: t * t, lambda t: t - 100, lambda t: -t, lambda t: t**3):
        assert_same(op(x), op(tx))


def test_whole_numbers_divide_to_float32_even_by_zero():
    assert (Tensor([1, -1, 0]) / 0).tolist()[:2] == [math.inf, -math.inf]
    assert math.isnan((Tensor([1, -1, 0]) / 0)[2].item())
    assert (Tensor([1, 2]) / 2).dtype == "float32"


def test_a_number_that_the_tensors_dtype_cannot_hold_is_an_overflow_error_not_a_wrapped_value():
    with pytest.raises(OverflowError, match=r"1000.*int8.*-128 to 127"):
        Tensor([1], dtype="int8") + 1000


@pytest.mark.parametrize("other", [None, "1", [1.0], {1}, object()])
def test_what_is_no_number_cannot_be_combined_and_the_error_names_its_type(other):
    for op in (operator.add, operator.mul, operator.truediv, operator.lt, operator.matmul):
        for compute in (lambda op=op: op(Tensor([1.0]), other), lambda op=op: op(other, Tensor([1.0]))):
            with pytest.raises(TypeError, match=f"{type(other).__name__}"):
                compute()


def test_what_is_no_number_is_simply_not_equal():
    for other in (None, "1", [1.0], object()):
        assert (Tensor([1.0]) == other) is False
        assert (Tensor([1.0]) != other) is True


def test_operators_leave_their_operands_alone_and_in_place_ones_make_a_new_tensor():
    x = Tensor([1.0, 2.0])
    before = x
    x += 1
    assert before.tolist() == [1.0, 2.0] and x.tolist() == [2.0, 3.0]
    assert not np.shares_memory((before + 0).data, before.data)


def test_pytorch_is_the_version_that_the_comparison_was_written_for():
    assert int(torch.__version__.split(".")[0]) == 2
