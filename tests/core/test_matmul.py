"""The matrix product, against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import assert_same, both, outcome
from strategies import fill, matmul_pairs, shapes

from tinytorch import Tensor

pytestmark = pytest.mark.torch


def matmul(a, b):
    return a @ b


@given(matmul_pairs(dtypes=st.sampled_from(["int8", "int32", "float32", "float64"])))
def test_vectors_matrices_and_batches_multiply_as_in_pytorch(pair):
    (x, tx), (y, ty) = both(pair[0]), both(pair[1])
    assert_same(x @ y, tx @ ty)
    assert_same(x.matmul(y), tx.matmul(ty))


@given(shapes, shapes)
def test_shapes_that_do_not_multiply_are_refused_by_both(a, b):
    (x, tx), (y, ty) = both(fill(a, "float32", 0)), both(fill(b, "float32", 1))
    assert_same(outcome(matmul, x, y), outcome(matmul, tx, ty))


@pytest.mark.parametrize(
    "a, b, words",
    [
        ((2, 3), (2, 3), "inner dimensions differ, 3 against 2"),
        ((3,), (2,), "inner dimensions differ, 3 against 2"),
        ((2, 3), (4,), "inner dimensions differ, 3 against 4"),
        ((), (2, 2), "both need a dimension"),
        ((2, 2), (), "both need a dimension"),
        ((2, 3, 4), (3, 4, 5), "leading shapes"),
    ],
)
def test_the_error_shows_both_shapes_and_says_what_does_not_fit(a, b, words):
    with pytest.raises(ValueError) as error:
        Tensor(np.ones(a, "float32")) @ Tensor(np.ones(b, "float32"))
    message = str(error.value)
    assert message.startswith("matmul: ") and str(a) in message and str(b) in message and words in message


@given(matmul_pairs())
def test_a_numpy_array_multiplies_from_either_side_and_gives_a_tensor(pair):
    a, b = pair
    expected = np.matmul(a, b)
    for result in (Tensor(a) @ b, a @ Tensor(b)):
        assert isinstance(result, Tensor)
        np.testing.assert_allclose(result.data, expected, rtol=1e-5, atol=1e-6)


def test_operands_of_two_dtypes_are_promoted_as_for_other_operators():
    # PyTorch refuses this; here @ follows the rule that + and * follow.
    result = Tensor([[1, 2]]) @ Tensor([[0.5], [0.5]])
    assert result.dtype == "float32" and result.tolist() == [[1.5]]


def test_a_number_cannot_be_a_matrix_from_either_side():
    for compute in (lambda: Tensor([1.0]) @ 2, lambda: 2 @ Tensor([1.0])):
        with pytest.raises(ValueError, match=r"Use \* to scale"):
            compute()
