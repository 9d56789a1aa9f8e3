"""Clipping: keep gradients that explode from throwing the parameters far away."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from tinytorch.core.tensor import Tensor


def vector_norm(array: np.ndarray, norm_type: float = 2.0) -> float:
    """Return the length of `array`, seen as one vector.

    (Σ |x|^norm_type)^(1 / norm_type), or with `math.inf` the largest |x|.
    """
    if not norm_type > 0:
        raise ValueError(f"norm_type must be above 0, got {norm_type}.")
    if norm_type == 2:
        flat = array.ravel()  # a view, if the elements lie in order
        with np.errstate(over="ignore", invalid="ignore"):
            square = float(np.vdot(flat, flat))
        if 1e-30 < square < math.inf:
            return math.sqrt(square)
    # Squares that leave float32's range come here, and other norms.
    sizes = np.abs(array)
    largest = float(sizes.max(initial=0))
    if norm_type == math.inf or not 0 < largest < math.inf:
        return largest
    total = float(((sizes / largest) ** norm_type).sum(dtype="float64"))
    return largest * float(total ** (1 / norm_type))


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients down, in place, to a joint norm of `max_norm`.

    `gradients(parameters)` lists the arrays of all gradients that there
    are, and `vector_norm(array, norm_type)` is the norm of one, a float.
    The joint norm is the one of all elements of all gradients: the norm
    of their norms. Every gradient is multiplied by
    `max_norm / (norm + 1e-6)` if that is below 1; else nothing changes.

    Returns:
        The joint norm before clipping, as a 0-d tensor.

    Raises:
        RuntimeError: the norm is nan or infinite, and `error_if_nonfinite`
            is True. No gradient has changed then.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
    """
    # BEGIN SOLUTION clip_grad_norm
    grads = gradients(parameters)
    norms = np.array([vector_norm(grad, norm_type) for grad in grads])
    norm = vector_norm(norms, norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(
            f"clip_grad_norm_: the joint norm of {len(grads)} gradients is {norm}, so they cannot be scaled "
            f"to {max_norm}. Look at the loss and the learning rate of the steps before this one."
        )
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1:  # also true of nan, which then reaches every gradient, as in PyTorch
        for grad in grads:
            grad *= scale
    return Tensor(norm)
    # END SOLUTION clip_grad_norm


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Cut every element of every gradient, in place, to between -clip_value and clip_value.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
    """
    for grad in gradients(parameters):
        np.clip(grad, -clip_value, clip_value, out=grad)


def gradients(parameters: Tensor | Iterable[Tensor]) -> list[np.ndarray]:
    """List the arrays of the gradients that are there."""
    params = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad.data for p in params if p.grad is not None]
