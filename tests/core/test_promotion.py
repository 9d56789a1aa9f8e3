"""Which dtype comes out when two meet: PyTorch's answer for every pair."""

import itertools

import numpy as np
import pytest
from oracle import OURS, TORCH, outcome, torch
from strategies import DTYPES

from tinytorch import Tensor
from tinytorch.core.dtypes import result_type

pytestmark = pytest.mark.torch

# Every kind of operand: a tensor with dimensions, one without, a Python number.
ARRAYS = [np.ones(2, dtype) for dtype in DTYPES] + [np.ones((), dtype) for dtype in DTYPES]
OPERANDS = [*ARRAYS, True, 1, 1.0]


def describe(operand):
    if isinstance(operand, np.ndarray):
        return f"{operand.dtype}[{operand.ndim}d]"
    return type(operand).__name__


def to_torch(operand):
    return (
        torch.tensor(operand, dtype=TORCH[operand.dtype.name]) if isinstance(operand, np.ndarray) else operand
    )


def to_ours(operand):
    return Tensor(operand) if isinstance(operand, np.ndarray) else operand


@pytest.mark.parametrize("a, b", [*itertools.product(OPERANDS, OPERANDS)], ids=describe)
def test_result_type_is_that_of_pytorch(a, b):
    assert result_type(a, b) == OURS[torch.result_type(to_torch(a), to_torch(b))]


@pytest.mark.parametrize("a, b", [*itertools.product(ARRAYS, OPERANDS)], ids=describe)
def test_operators_give_the_dtype_that_they_give_in_pytorch(a, b):
    for op in (lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x / y, lambda x, y: x < y):
        for x, y in ((a, b), (b, a)):
            ours = outcome(op, to_ours(x), to_ours(y))
            assert ours.dtype == OURS[op(to_torch(x), to_torch(y)).dtype]


def test_numpy_scalars_count_as_plain_numbers():
    x = Tensor([1.0, 2.0])
    assert (x * np.float64(0.1)).dtype == (np.float64(0.1) * x).dtype == "float32"
    assert (Tensor([1, 2]) + np.int64(3)).dtype == "int32"
    assert (Tensor([1, 2]) + np.bool_(True)).dtype == "int32"


@pytest.mark.parametrize("number", [2**70, np.complex64(1j), 1j])
def test_numbers_that_fit_no_dtype_are_a_type_error_that_says_so(number):
    with pytest.raises(TypeError, match=r"cannot (hold|combine)"):
        Tensor([1.0]) + number
