"""Activations: the bends between a network's layers, and the softmax that turns scores into probabilities.

All of them lean on exp, which leaves float32 above 88.72 and float64 above 709.78. So every exponent here is
one that cannot be too large, or its overflow is shown to end in the right value.
"""

from __future__ import annotations

import math

import numpy as np

from tinytorch.core.tensor import Tensor, as_floating, check_axis

_TWICE_ROOT = 2 * math.sqrt(2 / math.pi)  # a Python float: a NumPy number would turn float32 into float64

# Subtract where inf - inf is meant to be nan, without a warning. A `with` at every use would take longer.
minus = np.errstate(invalid="ignore")(np.subtract)


def relu(x: Tensor) -> Tensor:
    """Cut off below zero: max(x, 0), element by element.

    The dtype stays; nan stays nan.

    Shape:
        x (...) -> (...)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html

    >>> relu(Tensor([-1.5, 0.0, 2.0]))
    Tensor([0., 0., 2.])
    """
    # BEGIN SOLUTION relu
    return Tensor(np.maximum(x.data, 0))
    # END SOLUTION relu


def sigmoid(x: Tensor) -> Tensor:
    """Squeeze any number into 0 … 1: 1 / (1 + e^-x).

    `as_floating(x.data)` gives the values as floats. Raises e to no
    positive power, so nothing overflows.

    Shape:
        x (...) -> (...)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sigmoid.html

    >>> sigmoid(Tensor([-1000.0, 0.0, 1000.0]))
    Tensor([0. , 0.5, 1. ])
    """
    # BEGIN SOLUTION sigmoid
    a = as_floating(x.data)
    z = np.exp(-np.abs(a))
    # Above zero 1 / (1 + z), below z / (1 + z). As z is never above 1, maximum picks the right numerator;
    # np.where would say so more plainly, and waits at every change of sign.
    return Tensor(np.maximum(z, a >= 0) / (1 + z))
    # END SOLUTION sigmoid


def tanh(x: Tensor) -> Tensor:
    """Squeeze any number into -1 … 1: (e^2x - 1) / (e^2x + 1).

    `as_floating(x.data)` gives the values as floats. Close to zero the
    result keeps all its digits, far from zero it is -1 or 1.

    Shape:
        x (...) -> (...)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.tanh.html

    >>> tanh(Tensor([-1000.0, 0.0, 1e-8]))
    Tensor([-1.e+00,  0.e+00,  1.e-08])
    """
    # BEGIN SOLUTION tanh
    # At ±20 the result is ±1 in float64, too, so no number needs to be taken further out.
    t = np.expm1(2 * np.clip(as_floating(x.data), -20, 20))
    return Tensor(t / (t + 2))
    # END SOLUTION tanh


def gelu(x: Tensor) -> Tensor:
    """Let a number through by how likely a normal one is smaller.

    PyTorch's `approximate="tanh"`, in a form that needs one exp:
    x · sigmoid(2 · sqrt(2/π) · (x + 0.044715 x³)). `_TWICE_ROOT` is
    2 · sqrt(2/π), as a Python float.

    Shape:
        x (...) -> (...)

    Source: Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415
        https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html

    >>> gelu(Tensor([-100.0, 0.0, 100.0]))
    Tensor([ -0.,   0., 100.])
    """
    # BEGIN SOLUTION gelu
    a = as_floating(x.data)
    with np.errstate(over="ignore", invalid="ignore"):  # if exp overflows, a / inf is the 0 that it should be
        return Tensor(a / (1 + np.exp(a * (-_TWICE_ROOT - 0.044715 * _TWICE_ROOT * a * a))))
    # END SOLUTION gelu


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Turn scores into probabilities: e^x / sum of e^x along `axis`.

    `along("softmax", x, axis)` gives a pair, the scores as an array of
    floats and the axis, checked; `minus(a, b)` subtracts without a
    warning. Large scores do not overflow. A score of -inf gets
    probability 0; if all are -inf, or one is nan, all become nan.

    Shape:
        x (...) -> (...)

    Raises:
        IndexError: there is no such axis.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html

    >>> softmax(Tensor([1000.0, 1000.0]))
    Tensor([0.5, 0.5])
    """
    # BEGIN SOLUTION softmax
    a, axis = along("softmax", x, axis)
    e = np.asarray(minus(a, a.max(axis=axis, keepdims=True, initial=-np.inf)))
    np.exp(e, out=e)  # in place: a new array at every step would cost time for its memory
    e /= e.sum(axis=axis, keepdims=True)
    return Tensor(e)
    # END SOLUTION softmax


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Take the logarithm of softmax: x - log(sum of e^x along `axis`).

    `along("log_softmax", x, axis)` gives a pair, the scores as an array
    of floats and the axis, checked. A probability that is too small to
    be written has a logarithm all the same.

    Shape:
        x (...) -> (...)

    Raises:
        IndexError: there is no such axis.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html

    >>> log_softmax(Tensor([0.0, 1000.0]))
    Tensor([-1000.,     0.])
    """
    # BEGIN SOLUTION log_softmax
    a, axis = along("log_softmax", x, axis)
    shifted = minus(a, a.max(axis=axis, keepdims=True, initial=-np.inf))
    with np.errstate(divide="ignore"):  # the sum of no scores at all is 0
        shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return Tensor(shifted)
    # END SOLUTION log_softmax


def along(op: str, x: Tensor, axis: int) -> tuple[np.ndarray, int]:
    """Return the values of `x` as floats, and `axis` from the front; a lone number counts as a row of one."""
    return as_floating(x.data), check_axis(op, axis, x.shape or (1,))
