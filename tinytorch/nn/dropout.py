"""Dropout: noise that is there in training only."""

from __future__ import annotations

import numpy as np

from tinytorch.core.tensor import Tensor
from tinytorch.nn import functional as F
from tinytorch.nn.functional.linear import check_probability
from tinytorch.nn.module import Module


class Dropout(Module):
    """Drop each number with probability `p` in training, and do nothing in evaluation.

    Args:
        p: the probability that a number becomes zero; the others grow by 1 / (1 - p).
        generator: where the random mask comes from.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html

    >>> layer = Dropout(0.5).eval()
    >>> layer(Tensor([1.0, 2.0]))
    Tensor([1., 2.])
    """

    def __init__(self, p: float = 0.5, generator: np.random.Generator | None = None) -> None:
        super().__init__()
        self.p = check_probability(p)
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Drop numbers if this module is in training."""
        return F.dropout(x, self.p, self.training, self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}"
