"""Modules that hold modules, and the one that only changes shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self, overload

from tinytorch.core.shapes import numel
from tinytorch.core.tensor import Tensor, check_axis
from tinytorch.nn.module import Module


class ModuleList(Module):
    """A list of modules that belong to the tree. In a plain list they would not be found.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> Self:
        """Add a module at the end. Its name is its position."""
        if not isinstance(module, Module):
            raise TypeError(f"{type(self).__name__}: {_kind(module)} is not a Module. {_advice(module)}")
        setattr(self, str(len(self)), module)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module | Self:
        modules = list(self)
        if isinstance(index, slice):
            part = type(self).__new__(type(self))
            ModuleList.__init__(part, modules[index])
            return part
        if not -len(modules) <= index < len(modules):
            raise IndexError(f"{type(self).__name__}: there is no module {index} among {len(modules)}.")
        return modules[index]


class Sequential(ModuleList):
    """Modules that compute one after another, each on what the one before it gave.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html

    >>> Sequential(Flatten(), Flatten())
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Flatten(start_dim=1, end_dim=-1)
    )
    """

    def __init__(self, *modules: Module) -> None:
        super().__init__(modules)

    def forward(self, x: Any) -> Any:
        """Send `x` through all modules in order.

        Iterating over `self` gives the modules. Without any, `x` itself
        comes back.
        """
        # BEGIN SOLUTION sequential_forward
        for module in self:
            x = module(x)
        return x
        # END SOLUTION sequential_forward


class Flatten(Module):
    """Make one dimension of several: by default of all but the first, which counts the examples.

    Shape:
        (n, ...) -> (n, product of the others)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html

    >>> from tinytorch import zeros
    >>> Flatten()(zeros(32, 28, 28)).shape
    (32, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Tensor) -> Tensor:
        """Reshape, so that nothing is copied if `x` lies in order in memory."""
        start = check_axis("Flatten", self.start_dim, x.shape)
        end = check_axis("Flatten", self.end_dim, x.shape)
        if end < start:
            raise ValueError(f"Flatten: start_dim={start} comes after end_dim={end}; input {x.shape}.")
        return x.reshape(*x.shape[:start], numel(x.shape[start : end + 1]), *x.shape[end + 1 :])

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"


def _advice(value: Any) -> str:
    if isinstance(value, type):
        return f"Make one of it: {value.__name__}(…)."
    if callable(value):
        return "Functions become modules by a class with a forward, as nn.ReLU() is for F.relu."
    return "Give modules, separated by commas."
