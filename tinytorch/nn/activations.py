"""Activations as modules, for the places where a model is made of modules. They have nothing to learn."""

from __future__ import annotations

from tinytorch.core.tensor import Tensor
from tinytorch.nn import functional as F
from tinytorch.nn.module import Module


class ReLU(Module):
    """Cut off below zero; see `F.relu`."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x)


class Sigmoid(Module):
    """Squeeze into 0 … 1; see `F.sigmoid`."""

    def forward(self, x: Tensor) -> Tensor:
        return F.sigmoid(x)


class Tanh(Module):
    """Squeeze into -1 … 1; see `F.tanh`."""

    def forward(self, x: Tensor) -> Tensor:
        return F.tanh(x)


class GELU(Module):
    """Let through by how large a number is; see `F.gelu`."""

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x)


class Softmax(Module):
    """Turn scores along one axis into probabilities; see `F.softmax`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(x, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class LogSoftmax(Module):
    """Take the logarithm of softmax along one axis; see `F.log_softmax`."""

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(x, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"
