"""Gradient rules of the functions behind the modules: activations, layers and losses.

How a rule is called, and what it returns, is said in core/gradients.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch.core.gemm import as_rows, gemm
from tinytorch.core.gradients import Array, with_dims
from tinytorch.core.tensor import Axis, Tensor
from tinytorch.nn import functional as F

# Activations: most derivatives are cheapest in terms of what forward returned


def relu_gradient(grad: Array, out: Array, x: Array) -> Any:
    """The slope is 1 above zero and 0 below; at zero itself PyTorch takes 0, and so do we."""
    return grad * (out > 0)


def sigmoid_gradient(grad: Array, out: Array, x: Array) -> Any:
    """d sigmoid(x) = s (1 - s) dx, where s is sigmoid(x)."""
    return grad * (out * (1 - out))


def tanh_gradient(grad: Array, out: Array, x: Array) -> Any:
    """d tanh(x) = (1 - tanh(x)²) dx."""
    return grad * (1 - out * out)


_ROOT = math.sqrt(2 / math.pi)


def gelu_gradient(grad: Array, out: Array, x: Array) -> Any:
    """d(x s) = (s + x s (1 - s) u') dx, where s is sigmoid(u), and u = 2 √(2/π) (x + 0.044715 x³)."""
    square = x * x
    s = 1 / (1 + np.exp(x * (-2 * _ROOT - 2 * _ROOT * 0.044715 * square)))
    slope = 2 * _ROOT + 6 * _ROOT * 0.044715 * square
    return grad * (s + x * s * (1 - s) * slope)


def softmax_gradient(grad: Array, out: Array, x: Array, axis: int = -1) -> Any:
    """Each score moves its own probability up and all others down: p (dp - Σ p dp)."""
    moved = grad * out
    return moved - out * moved.sum(axis=axis, keepdims=True)


def log_softmax_gradient(grad: Array, out: Array, x: Array, axis: int = -1) -> Any:
    """d log p = dx - Σ p dx, and p is the exponential of what forward returned."""
    return grad - np.exp(out) * grad.sum(axis=axis, keepdims=True)


# Layers


def linear_gradient(grad: Array, out: Array, x: Array, w: Array, b: Array | None = None) -> Any:
    """Of y = x wᵀ + b: dx = dy w, dw = dyᵀ x, db = the sum of dy over all rows."""
    rows = as_rows(grad)
    return (
        lambda: gemm(grad, w),
        lambda: gemm(rows.T, as_rows(x)),
        lambda: rows.sum(axis=0),
    )


def dropout_gradient(
    grad: Array,
    mask: Array,
    x: Array,
    p: float = 0.5,
    training: bool = True,
    generator: np.random.Generator | None = None,
) -> Any:
    """Scale again what was scaled; what was dropped gets nothing. Forward kept its mask, if it made one."""
    return grad * mask if training and p > 0 else grad


# Losses


def logsumexp_gradient(grad: Array, out: Array, x: Array, axis: Axis = -1, keepdims: bool = False) -> Any:
    """d log(Σ eˣ) = softmax(x) dx, and softmax(x) is e to the power of x - logsumexp(x)."""
    weights = np.exp(x - with_dims(out, x.shape, axis, keepdims))
    return with_dims(grad, x.shape, axis, keepdims) * weights


def mse_loss_gradient(grad: Array, out: Array, pred: Array, target: Array, reduction: str = "mean") -> Any:
    """Use the gradient of the mean that module 04 worked out by hand. The target gets it with a minus."""
    by_hand = F.mse_loss_gradient(Tensor(pred), Tensor(target)).data
    if reduction != "mean":
        by_hand = by_hand * by_hand.size
    return grad * by_hand, lambda: -grad * by_hand


def cross_entropy_gradient(
    grad: Array,
    kept: tuple[Array, Array, Array],
    logits: Array,
    targets: Array,
    reduction: str = "mean",
    ignore_index: int = -100,
) -> Any:
    """Compute the gradient of the scores: softmax minus one-hot, scaled.

    Forward kept what is needed: `p` (N, C), the softmax of each row; `y`
    (N,), each row's class; `ignored`, the positions of rows that do not
    count. Each row is scaled by the gradient of its loss. Of the mean
    that is `grad` divided by the number of rows that count, of the sum
    `grad` itself; with reduction="none" each row has its own in `grad`.
    The kept arrays may be needed again: leave them as they are.

    Shape:
        grad () or targets' shape -> the shape of logits
    """
    # BEGIN SOLUTION cross_entropy_rule
    p, y, ignored = kept
    rows = p.copy()
    rows[np.arange(len(y)), y] -= 1
    if len(ignored):
        rows[ignored] = 0
    if reduction == "mean":
        grad = grad / max(len(y) - len(ignored), 1)
    if reduction == "none":
        grad = grad.reshape(-1, 1)
    return (rows * grad).reshape(logits.shape)
    # END SOLUTION cross_entropy_rule


def binary_cross_entropy_gradient(
    grad: Array, out: Array, pred: Array, target: Array, reduction: str = "mean"
) -> Any:
    """(p - y) / (p (1 - p)), where nothing is divided by less than 1e-12, as in PyTorch."""
    grad = grad / pred.size if reduction == "mean" else grad
    return (
        lambda: grad * (pred - target) / np.maximum(pred * (1 - pred), 1e-12),
        lambda: grad * (np.maximum(np.log1p(-pred), -100) - np.maximum(np.log(pred), -100)),
    )


def binary_cross_entropy_with_logits_gradient(
    grad: Array, out: Array, logits: Array, target: Array, reduction: str = "mean"
) -> Any:
    """sigmoid(x) - y: a sigmoid and a binary cross-entropy together are simpler than each alone."""
    grad = grad / logits.size if reduction == "mean" else grad
    return lambda: grad * (F.sigmoid(Tensor(logits)).data - target), lambda: -grad * logits


RULES: dict[Callable[..., Any], Callable[..., Any]] = {
    F.relu: relu_gradient,
    F.sigmoid: sigmoid_gradient,
    F.tanh: tanh_gradient,
    F.gelu: gelu_gradient,
    F.softmax: softmax_gradient,
    F.log_softmax: log_softmax_gradient,
    F.linear: linear_gradient,
    F.dropout: dropout_gradient,
    F.logsumexp: logsumexp_gradient,
    F.mse_loss: mse_loss_gradient,
    F.cross_entropy: cross_entropy_gradient,
    F.binary_cross_entropy: binary_cross_entropy_gradient,
    F.binary_cross_entropy_with_logits: binary_cross_entropy_with_logits_gradient,
}
