"""The linear layer and dropout, as functions."""

from __future__ import annotations

import numpy as np

from tinytorch.core.dtypes import is_floating
from tinytorch.core.gemm import gemm
from tinytorch.core.random import default_generator
from tinytorch.core.recording import keep
from tinytorch.core.shapes import numel
from tinytorch.core.tensor import Tensor, same_dtype


def linear_loops(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Compute a linear layer one multiplication at a time.

    Output j of row i is the sum of x[i, k] * w[j, k] over all k, plus
    b[j]. Plain loops over arrays, to count what a layer does; `linear`
    is what networks use. The result has the dtype of `x`.

    Shape:
        x (n, in), w (out, in), b (out,) -> (n, out)
    """
    # BEGIN SOLUTION linear_loops
    rows, features = x.shape
    outputs = len(w)
    y = np.zeros((rows, outputs), x.dtype)
    for i in range(rows):
        for j in range(outputs):
            total = b.data[j]
            for k in range(features):
                total += x.data[i, k] * w.data[j, k]
            y[i, j] = total
    return Tensor(y)
    # END SOLUTION linear_loops


def linear(x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """Compute a linear layer: x @ w.T + b.

    `check_linear(x, w, b)` gives arrays that fit: x and w of one dtype,
    and b, which is None if there is no bias. `gemm(a, b)` multiplies a
    stack of any leading dimensions with a matrix, as one product.

    Shape:
        x (..., in), w (out, in), b (out,) -> (..., out)

    Raises:
        ValueError: the last dimension of `x` is not `in`;
            `check_linear` sees to that.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
    """
    # BEGIN SOLUTION linear
    array, weight, bias = check_linear(x, w, b)
    y = gemm(array, weight.T)  # (..., in) @ (in, out)
    if bias is not None:
        y += bias  # y is ours alone, so no second array is needed
    return Tensor(y)
    # END SOLUTION linear


def dropout(
    x: Tensor, p: float = 0.5, training: bool = True, generator: np.random.Generator | None = None
) -> Tensor:
    """Set each element to zero with probability p, and scale the others by 1 / (1 - p).

    The scaling keeps the expected value of every element what it was, so
    that nothing needs to be done in evaluation: `x` itself comes back if
    `training` is False, and if p is 0.

    `default_generator(generator).random(x.shape, x.data.dtype)` draws numbers
    from 0 up to but not including 1. The mask, which has 0 or the scale
    for each element, in x's dtype, is what module 05 will need: end with
    `return keep(Tensor(x.data * mask), mask)`.

    Raises:
        ValueError: `p` is not between 0 and 1.
        TypeError: `x` is not of a floating dtype. `check_dropout(x, p)`
            sees to both.

    Source: Srivastava et al., Dropout, JMLR 15 (2014);
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
    """
    # BEGIN SOLUTION dropout
    check_dropout(x, p)
    if not training or p == 0:
        return x
    stays = default_generator(generator).random(x.shape, x.data.dtype) >= p
    scale = 1 / (1 - p) if p < 1 else 0.0
    mask = stays.astype(x.dtype) * scale
    return keep(Tensor(x.data * mask), mask)
    # END SOLUTION dropout


def check_linear(x: Tensor, w: Tensor, b: Tensor | None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the three as arrays, x and w of one dtype, or raise an error."""
    array, weight = same_dtype("Linear", x, w)
    if weight.ndim != 2:
        raise ValueError(f"Linear: the weight must be (out_features, in_features), got shape {w.shape}.")
    out_features, in_features = weight.shape
    if array.shape[-1:] != (in_features,):
        raise ValueError(_misfit(array.shape, in_features))
    if b is None:
        return array, weight, None
    bias = b.data
    if bias.shape != (out_features,):
        raise ValueError(f"Linear: the bias must be {w.shape[:1]} for a weight {w.shape}, got {b.shape}.")
    if bias.dtype != w.data.dtype:
        raise TypeError(f"Linear: the weight is {w.dtype} and the bias {b.dtype}; convert one with .to(…).")
    return array, weight, bias


def _misfit(shape: tuple[int, ...], in_features: int) -> str:
    what = f"last dimension is {shape[-1]}" if shape else "the input is a single number"
    if numel(shape[1:]) == in_features and len(shape) > 2:
        advice = "Flatten first: x.reshape(len(x), -1)."
    elif numel(shape) == in_features and len(shape) > 1:
        advice = "Is this one example? Flatten it: x.reshape(-1)."
    else:
        advice = "The last dimension must hold the features of one example."
    return f"Linear: {what}, expected in_features={in_features}; input {shape}. {advice}"


def check_dropout(x: Tensor, p: float) -> None:
    """Raise an error if `p` is no probability, or if `x` cannot hold what is scaled."""
    check_probability(p)
    if not is_floating(x.dtype):
        raise TypeError(f'Dropout: needs a floating dtype, got {x.dtype}; convert first: x.to("float32").')


def check_probability(p: float) -> float:
    """Return `p`, or raise a ValueError if it is no probability."""
    if not 0 <= p <= 1:
        raise ValueError(f"Dropout: p is the probability to drop a number, between 0 and 1; got {p}.")
    return p
