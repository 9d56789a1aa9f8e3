"""A judge for gradients that knows no rules: change an input by a little, and see what happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch.core.autograd import no_grad
from tinytorch.core.tensor import Tensor


def numerical_gradient(
    f: Callable[[Tensor], Any],
    x: Tensor,
    eps: float = 1e-6,
) -> np.ndarray:
    """Estimate the gradient of the number `f(x)` by small changes of x.

    For each element, f is computed with `eps` more and with `eps` less:
    (f(x + eps) - f(x - eps)) / (2 eps). The element is changed in
    `x.data` itself, and put back. Meant for float64: in float32 the
    difference of the two is mostly rounding.

    Returns:
        an array of x's shape and dtype.

    >>> x = Tensor([1.0, 3.0], "float64")
    >>> numerical_gradient(lambda x: (x * x).sum(), x).round(4)
    array([2., 6.])
    """
    # BEGIN SOLUTION numerical_gradient
    gradient = np.zeros_like(x.data)
    for position in np.ndindex(x.shape):
        before = x.data[position]
        x.data[position] = before + eps
        more = float(f(x))
        x.data[position] = before - eps
        less = float(f(x))
        x.data[position] = before
        gradient[position] = (more - less) / (2 * eps)
    return gradient
    # END SOLUTION numerical_gradient


def check_gradients(
    f: Callable[..., Tensor], *inputs: Tensor, eps: float = 1e-6, rtol: float = 1e-5, atol: float = 1e-7
) -> None:
    """Compare the gradients that `backward` finds for `f(*inputs)` with numerical ones.

    Inputs that ask for gradients are checked and must be float64; f may return any shape. Autograd
    must be enabled.

    Raises:
        AssertionError: a gradient is wrong. The message says which input, and where.
        TypeError: an input that asks for gradients is not float64.
        ValueError: no input asks for gradients, or f gives two results for the same inputs.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
    """
    if not any(x.requires_grad for x in inputs):
        raise ValueError("check_gradients: no input asks for gradients; make one with requires_grad=True.")
    rounding = "the difference that a small change makes would drown in rounding"
    for x in inputs:
        if x.requires_grad and x.dtype != "float64":
            raise TypeError(f"check_gradients: needs float64 inputs, got {x.dtype}: {rounding}.")

    # Leaves of our own, with memory of their own: the caller's tensors and their gradients stay as they are.
    leaves = [Tensor(x.data.copy(), requires_grad=x.requires_grad) for x in inputs]
    out = f(*leaves)
    if not np.array_equal(out.data, f(*leaves).data, equal_nan=True):
        raise ValueError("check_gradients: f gave two results for the same inputs; is there chance in it?")
    # Weights that differ, so that a gradient in the wrong place does not go unnoticed in the sum.
    weights = Tensor(np.cos(np.arange(out.numel()).reshape(out.shape)))
    (out * weights).sum().backward()

    for number, leaf in enumerate(leaves):
        if leaf.requires_grad:
            with no_grad():
                expected = numerical_gradient(lambda _: (f(*leaves) * weights).sum(), leaf, eps)
            found = np.zeros_like(expected) if leaf.grad is None else leaf.grad.data
            _compare(number, found, expected, rtol, atol)


def _compare(number: int, found: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> None:
    wrong = np.argwhere(~np.isclose(found, expected, rtol, atol))
    if len(wrong):
        position = tuple(int(i) for i in wrong[0])
        raise AssertionError(
            f"check_gradients: input {number}, shape {found.shape}: at {position} the gradient is "
            f"{found[position]:.6g}, and a small change there says {expected[position]:.6g}; "
            f"{len(wrong)} of {found.size} elements are wrong."
        )
