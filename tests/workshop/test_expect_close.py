"""Expecting a number: what passes, and what is said of everything else."""

import numpy as np
import pytest

from tinytorch import Tensor
from tinytorch.workshop.expect import expect_close


@pytest.mark.parametrize("number", [0.1, np.float32(0.1), np.float64(0.1), 0.1 + 1e-9])
def test_a_number_is_close_whatever_its_type(number):
    expect_close(number, 0.1, "`f()`")
    expect_close(3, 3.0, "`f()`")


@pytest.mark.parametrize(
    "actual, words",
    [
        (0.2, "`f()` gave 0.2; it should be 0.1.\nThink again."),
        (0.01, "`f()` gave 0.01; it should be 0.1.\nThe root is missing."),
        (float("nan"), "`f()` gave nan; it should be 0.1.\nThink again."),
        (None, "`f()` gave None; it should be the number 0.1.\nDoes your function end with a return?"),
        (True, "`f()` gave a bool (True); it should be the number 0.1."),
        (Tensor(0.1), "`f()` gave a Tensor of shape (); it should be the number 0.1."),
        ("0.1", "`f()` gave a str ('0.1'); it should be the number 0.1."),
    ],
)
def test_anything_else_is_described(actual, words):
    with pytest.raises(AssertionError) as error:
        expect_close(actual, 0.1, "`f()`", "Think again.", [(0.01, "The root is missing.")])
    assert str(error.value).startswith(words)
