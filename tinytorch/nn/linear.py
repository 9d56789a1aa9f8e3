"""Linear: the layer with a weight for every pair of an input and an output."""

from __future__ import annotations

import math

import numpy as np

from tinytorch.core.creation import zeros
from tinytorch.core.tensor import Tensor
from tinytorch.nn import functional as F
from tinytorch.nn import init
from tinytorch.nn.module import Module, Parameter


class Linear(Module):
    """Compute x @ weight.T + bias.

    Args:
        in_features: the size of the input's last dimension.
        out_features: the size of the output's.
        bias: whether to add a number to each output.
        generator: where the first weights come from.

    Shape:
        (..., in_features) -> (..., out_features); weight (out_features, in_features), bias (out_features,)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html

    >>> layer = Linear(784, 10)
    >>> layer(zeros(32, 784)).shape
    (32, 10)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        generator: np.random.Generator | None = None,
    ) -> None:
        """Make the parameters.

        `weight`, of shape (out_features, in_features), and `bias`, of
        shape (out_features,), hold random numbers between -bound and
        bound, where bound is 1 / sqrt(in_features); both are drawn with
        `generator`, the weight first. Without a bias `self.bias` is None.
        `check_features(in_features, out_features)` refuses sizes that are
        not whole or not positive. The options stay readable as
        `self.in_features` and `self.out_features`.

        `init.uniform_(tensor, low, high, generator)` fills a tensor, such
        as `zeros(2, 3)`, and returns it; `Parameter(tensor)` wraps it.
        """
        # BEGIN SOLUTION linear_init
        super().__init__()
        check_features(in_features, out_features)
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(init.uniform_(zeros(out_features, in_features), -bound, bound, generator))
        self.bias: Parameter | None = None
        if bias:
            self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator))
        # END SOLUTION linear_init

    def forward(self, x: Tensor) -> Tensor:
        """Compute x @ weight.T + bias."""
        return F.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={bias}"


def check_features(in_features: int, out_features: int) -> None:
    """Raise a ValueError unless both are whole numbers above 0."""
    for name, size in (("in_features", in_features), ("out_features", out_features)):
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"Linear: {name} must be a whole number above 0, got {size!r}.")
