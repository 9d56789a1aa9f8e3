"""What checks say of plain arrays and numbers."""

import numpy as np
import pytest

from tinytorch import Tensor
from tinytorch.workshop.expect import expect_array, expect_number, expect_unchanged


def says(action):
    with pytest.raises(AssertionError) as error:
        action()
    return str(error.value)


def test_what_is_as_expected_passes():
    expect_array(np.array([1, 2], "float32"), [1, 2 + 1e-7], "x", "float32")
    expect_array(np.float32(3), 3, "x")
    expect_number(2, 2.0, "x")
    expect_number(1 / 3, 0.33333333, "x")
    expect_unchanged(np.ones(2), [1, 1], "x", "f")
    expect_unchanged(Tensor([1.0]), [1], "x", "f")


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (None, "x gave None; it should be a NumPy array.\nDoes your function end with a return?"),
        (Tensor([1.0]), "x gave a Tensor of shape (1,); it should be a NumPy array."),
        (np.ones((2, 1)), "x has shape (2, 1); it should have shape (2,).\nhint"),
        (np.ones(2), "x has dtype float64; it should be float32.\nhint"),
        (np.array([1, 3], "float32"), "x gave [1., 3.]; it should be [1., 2.].\nthree is wrong"),
    ],
)
def test_an_array_is_judged_by_kind_shape_dtype_and_values(actual, message):
    mistakes = [([1, 3], "three is wrong")]
    assert message in says(lambda: expect_array(actual, [1, 2], "x", "float32", "hint", mistakes))


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (None, "x gave None; it should be a plain Python number.\nDoes your function end with a return?"),
        (np.float64(0.5), "x gave a NumPy number"),
        (True, "x gave a bool"),
        (0.25, "x gave 0.25; it should be 0.5.\nhalved twice"),
        (0.5001, "x gave 0.5001; it should be 0.5.\nhint"),
        (float("nan"), "x gave nan; it should be 0.5."),
    ],
)
def test_a_number_is_plain_and_close(actual, message):
    assert message in says(lambda: expect_number(actual, 0.5, "x", "hint", [(0.25, "halved twice")]))


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (np.float32(6), 16, "x gave 6; it should be 16."),
        (np.array(100.25, "float32"), 0.5, "x gave 100.25; it should be 0.5."),
        (np.float32("nan"), 1, "x gave nan; it should be 1."),
    ],
)
def test_a_single_number_ends_no_sentence_of_its_own(actual, expected, message):
    assert message in says(lambda: expect_array(actual, np.float32(expected), "x")).splitlines()


def test_an_array_that_changed_is_shown_before_and_after():
    message = says(lambda: expect_unchanged(np.array([1.0, 9.0]), [1, 2], "x", "f"))
    assert "f changed `x`: it held [1, 2] and now holds [1., 9.]" in message and "new array" in message
