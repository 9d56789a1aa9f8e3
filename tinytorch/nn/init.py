"""First values for weights: random, and of the right size.

Every function writes into the tensor that it is given, and returns it. A weight is (out, in), or
(out, in, height, width) for a convolution.
"""

from __future__ import annotations

import math

import numpy as np

from tinytorch.core.random import default_generator
from tinytorch.core.shapes import numel
from tinytorch.core.tensor import Tensor

_GAINS = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def constant_(tensor: Tensor, value: float) -> Tensor:
    """Fill with one value."""
    tensor.data[...] = value
    return tensor


def uniform_(
    tensor: Tensor, low: float = 0.0, high: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Fill with numbers between `low` and `high`, each as likely as any other."""
    tensor.data[...] = default_generator(generator).uniform(low, high, tensor.shape)
    return tensor


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Fill with numbers from the normal distribution with this mean and standard deviation."""
    tensor.data[...] = default_generator(generator).normal(mean, std, tensor.shape)
    return tensor


def fans(tensor: Tensor) -> tuple[int, int]:
    """Count the inputs of each output and the outputs of each input: (fan_in, fan_out).

    >>> from tinytorch import zeros
    >>> fans(zeros(64, 784)), fans(zeros(32, 16, 3, 3))
    ((784, 64), (144, 288))
    """
    if tensor.ndim < 2:
        raise ValueError(f"init: inputs and outputs cannot be told apart in shape {tensor.shape}; it is 2-D.")
    out, in_, *window = tensor.shape
    return in_ * numel(window), out * numel(window)


def fan_of(tensor: Tensor, mode: str) -> int:
    """Return the count that `mode` asks for, "fan_in" or "fan_out"."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'init: mode is "fan_in" or "fan_out", got {mode!r}.')
    return fans(tensor)[mode == "fan_out"]


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which weights must grow to make up for an activation.

    Args:
        nonlinearity: "linear", "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
        param: the slope below zero of "leaky_relu", 0.01 if not given.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        known = ", ".join(sorted([*_GAINS, "leaky_relu"]))
        raise ValueError(f"calculate_gain: {nonlinearity!r} is not one of {known}.")
    return _GAINS[nonlinearity]


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Fill uniformly with standard deviation gain · √(2 / (fan_in + fan_out)).

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward networks (2010)
    """
    bound = math.sqrt(3) * gain * math.sqrt(2 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill normally with standard deviation gain · √(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), generator)


def kaiming_std(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> float:
    """Work out how large weights must be to keep the size of the numbers.

    The standard deviation is gain / √fan. `fan_of(tensor, mode)` counts
    the numbers that each sum is made of, and `calculate_gain(
    nonlinearity, a)` is what the activation makes necessary.

    Source: He et al., Delving Deep into Rectifiers (2015)

    >>> from tinytorch import zeros
    >>> kaiming_std(zeros(64, 200))
    0.1
    """
    # BEGIN SOLUTION kaiming_std
    return calculate_gain(nonlinearity, a) / math.sqrt(fan_of(tensor, mode))
    # END SOLUTION kaiming_std


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Fill uniformly with standard deviation gain / √fan, where the gain is that of the activation.

    Args:
        tensor: the weight.
        a: the slope below zero of "leaky_relu"; 0 makes it a relu.
        mode: "fan_in" keeps the size of the values going forward, "fan_out" that of the gradients.
        nonlinearity: the activation that follows.
        generator: where the numbers come from.
    """
    bound = math.sqrt(3) * kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Fill normally with standard deviation gain / √fan, where the gain is that of the activation."""
    return normal_(tensor, 0.0, kaiming_std(tensor, a, mode, nonlinearity), generator)
