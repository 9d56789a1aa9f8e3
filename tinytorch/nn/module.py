"""Module: the tree that a network is, with its parameters and buffers as leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from tinytorch.core.dtypes import check_dtype, is_floating
from tinytorch.core.tensor import Tensor


class Parameter(Tensor):
    """A tensor that training changes. A Module that has one as an attribute counts it as its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad=requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Keys(NamedTuple):
    """What `load_state_dict` could not match."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """A part of a network: it computes with `forward`, and knows the parameters of all that it is made of.

    Write a subclass whose `__init__` calls `super().__init__()` and assigns Parameters and other Modules as
    attributes, and whose `forward` uses them. Nothing needs to be registered: the tree is what the
    attributes say.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(Tensor([1.0, 3.0]))
    Tensor([2., 6.])
    """

    training: bool = True

    def __init__(self) -> None:
        self._buffers: dict[str, bool] = {}  # the names of the buffers: whether state_dict() has them

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute `forward`."""
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. Every subclass writes its own."""
        raise TypeError(f"{_name(self)} has no forward: write `def forward(self, x):` in its class.")

    # What belongs to the module

    def __setattr__(self, name: str, value: Any) -> None:
        _check_assignment(self, name, value)
        super().__setattr__(name, value)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that belongs to the state but is not trained, such as a running mean.

        Args:
            name: the attribute that will hold it.
            tensor: its value; None keeps the place.
            persistent: whether `state_dict()` contains it.
        """
        _check_prepared(self, name)
        if not (name.isidentifier() and (name in self._buffers or not hasattr(self, name))):
            raise ValueError(f"register_buffer: {_name(self)} cannot have {name!r} as a buffer's name.")
        if not (tensor is None or isinstance(tensor, Tensor)):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor or None, got {_name(tensor)}.")
        self._buffers[name] = persistent
        setattr(self, name, tensor)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules that are attributes of this one, with their names."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator[Module]:
        """Yield the modules that are attributes of this one."""
        return (value for value in vars(self).values() if isinstance(value, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield this module and all below it, each once, with dotted names; its own name is `prefix`."""
        found: dict[int, tuple[str, Module]] = {id(self): (prefix, self)}
        for name, child in self.named_children():
            for path, module in child.named_modules(f"{prefix}.{name}" if prefix else name):
                found.setdefault(id(module), (path, module))
        yield from found.values()

    def modules(self) -> Iterator[Module]:
        """Yield this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of this module and of all below it, with names.

        First come the module's own, in the order in which they were
        assigned, then those of each child. `vars(self).items()` gives all
        attributes with their names, `self.named_children()` those that are
        modules. A name is the way through the tree, joined by dots:
        "encoder.0.weight". `prefix` goes in front of each.

        A parameter that is found in several places comes once, under the
        first of its names.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
        """
        # BEGIN SOLUTION module_named_parameters
        found: dict[int, tuple[str, Parameter]] = {}
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                found.setdefault(id(value), (prefix + name, value))
        for name, child in self.named_children():
            for path, parameter in child.named_parameters(f"{prefix}{name}."):
                found.setdefault(id(parameter), (path, parameter))
        yield from found.values()
        # END SOLUTION module_named_parameters

    def parameters(self) -> Iterator[Parameter]:
        """Yield the parameters of this module and of all below it, each once."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the buffers of this module and of all below it, each once, with dotted names."""
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name, buffer, _ in _buffers(module):
                if id(buffer) not in seen:
                    seen.add(id(buffer))
                    yield f"{path}.{name}" if path else name, buffer

    def buffers(self) -> Iterator[Tensor]:
        """Yield the buffers of this module and of all below it, each once."""
        return (buffer for _, buffer in self.named_buffers())

    # State: what a checkpoint holds

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Return all parameters and persistent buffers by name, without copying them.

        The tensors share memory with the module's own, and have no
        gradients. What is shared within the module appears under each of
        its names.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
        """
        state: dict[str, Tensor] = {}
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                state[prefix + name] = Tensor(value.data)
        for name, buffer, persistent in _buffers(self):
            if persistent:
                state[prefix + name] = Tensor(buffer.data)
        for name, child in self.named_children():
            state.update(child.state_dict(f"{prefix}{name}."))
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Keys:
        """Copy the values in `state_dict` into this module's own tensors.

        The tensors stay the same objects with the same memory: whoever
        holds one of them sees the new values. `self.state_dict()` gives
        the module's own by name, and they share its memory:
        `own[name].data[...] = value` writes into it. Values may be
        Tensors or NumPy arrays.

        Returns:
            `Keys(missing, unexpected)`: the names that the module has and
            `state_dict` has not, and the other way round.

        Raises:
            ValueError: names are missing or unexpected and `strict` is
                True, or a value's shape is not that of the tensor. The
                message names every such entry, for shapes with both of
                them; nothing was written then.
        """
        # BEGIN SOLUTION module_load_state_dict
        own = self.state_dict()
        values = {n: np.asarray(value, own[n].dtype) for n, value in state_dict.items() if n in own}
        keys = Keys([name for name in own if name not in state_dict], [n for n in state_dict if n not in own])
        problems = [f"missing {name}" for name in keys.missing_keys if strict]
        problems += [f"unexpected {name}" for name in keys.unexpected_keys if strict]
        problems += [
            f"{name} has shape {value.shape}, expected {own[name].shape}"
            for name, value in values.items()
            if value.shape != own[name].shape
        ]
        if problems:
            raise ValueError(f"load_state_dict: {'; '.join(problems)}. Nothing was loaded.")
        for name, value in values.items():
            own[name].data[...] = value
        return keys
        # END SOLUTION module_load_state_dict

    def to(self, dtype: str) -> Self:
        """Convert all floating parameters and buffers to a floating dtype, and return this module."""
        if not is_floating(check_dtype(dtype)):
            raise TypeError(f'Module.to: needs a floating dtype, "float32" or "float64", got {dtype}.')
        for tensor in (*self.parameters(), *self.buffers()):
            if is_floating(tensor.dtype):
                tensor.data, tensor.grad = tensor.data.astype(dtype), None
        return self

    # Modes

    def train(self, mode: bool = True) -> Self:
        """Set this module and all below it to training, or to evaluation if `mode` is False.

        Sets `training`, which layers such as Dropout look at, and returns
        this module. `self.children()` gives the modules directly below.
        """
        # BEGIN SOLUTION module_train
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self
        # END SOLUTION module_train

    def eval(self) -> Self:
        """Set this module and all below it to evaluation, and return it."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    # What a module says about itself

    def extra_repr(self) -> str:
        """Return what stands between the parentheses in `repr`: the options that the module was made with."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): {child!r}" for name, child in self.named_children()]
        if not children:
            return f"{_name(self)}({extra})"
        lines = [line for part in ([extra] if extra else []) + children for line in part.split("\n")]
        return "\n  ".join([f"{_name(self)}(", *lines]) + "\n)"


def _check_assignment(module: Module, name: str, value: Any) -> None:
    """Raise an error if `module.name = value` would be forgotten, or would drop a part of the state."""
    if isinstance(value, (Parameter, Module)):
        _check_prepared(module, name)
    elif value is not None:
        held = vars(module).get(name)
        if isinstance(held, (Parameter, Module)):
            raise TypeError(
                f"{_name(module)}.{name} is a {_kind(held)}; a {_name(value)} in its place would be lost to "
                f"parameters() and state_dict(). {_instead(held, name)}"
            )
        if name in vars(module).get("_buffers", ()) and not isinstance(value, Tensor):
            raise TypeError(f"{_name(module)}.{name} is a buffer: assign a Tensor, not a {_name(value)}.")


def _check_prepared(module: Module, name: str) -> None:
    if "_buffers" not in vars(module):
        raise RuntimeError(
            f"{_name(module)}.__init__ assigns {name!r} before super().__init__() was called; "
            "make that the first line of __init__."
        )


def _buffers(module: Module) -> Iterator[tuple[str, Tensor, bool]]:
    """Yield a module's own buffers: name, tensor, and whether state_dict() contains it."""
    names: dict[str, bool] = vars(module).get(
        "_buffers", {}
    )  # a class that needed none may have skipped __init__
    for name, persistent in names.items():
        tensor = vars(module).get(name)
        if isinstance(tensor, Tensor) and not isinstance(tensor, Parameter):
            yield name, tensor, persistent


def _instead(held: Parameter | Module, name: str) -> str:
    if isinstance(held, Module):
        return "Assign a Module or None."
    return f"Write into it, {name}.data[...] = values, or assign a new Parameter."


def _kind(held: Parameter | Module) -> str:
    return "Module" if isinstance(held, Module) else "Parameter"


def _name(value: Any) -> str:
    return type(value).__name__
