"""Optimizer: which tensors to move, with which settings, and what to remember about each.

The base class walks over the parameters; a subclass says in `update` how one of them moves. Everything here
reads `p.grad` and writes into `p.data`, so nothing is recorded, and a view of a parameter stays a view.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor

Group = dict[str, Any]  # "params", and a value for every option
Arrays = tuple[np.ndarray, ...]
State = dict[str, Any]  # what is remembered about one parameter: arrays of its shape, and numbers

BLOCK = 2**16  # elements: a few blocks of float32, temporary results included, fit a core's own cache


class Optimizer:
    """Move parameters against their gradients. The base of every optimizer.

    Args:
        params: tensors, or dicts that each hold tensors under "params" and options of their own,
            as in `[{"params": body}, {"params": head, "lr": 0.01}]`.
        defaults: the value of every option that a group does not set itself.

    Attributes:
        param_groups: a list of dicts; change `param_groups[0]["lr"]` and the next step uses it.
        state: what is remembered about each parameter.

    Source: https://docs.pytorch.org/docs/stable/optim.html
    """

    def __init__(self, params: Iterable[Tensor] | Iterable[Mapping[str, Any]], defaults: Group) -> None:
        self.defaults = self.checked(defaults)
        self.param_groups: list[Group] = []
        self.state: defaultdict[Tensor, State] = defaultdict(dict)
        if isinstance(params, (Tensor, Mapping)):
            raise TypeError(f"{self.name}: params must be a list of tensors or of dicts; wrap it: [params].")
        given: list[Any] = list(params)
        if not given:
            raise ValueError(
                f"{self.name}: got no parameters. An iterator such as model.parameters() is empty once it "
                "was used: call it again, or keep list(model.parameters())."
            )
        groups = given if isinstance(given[0], Mapping) else [{"params": given}]
        for group in groups:
            self.add_param_group(group)

    @property
    def name(self) -> str:
        """The class's name, for messages."""
        return type(self).__name__

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Optimize more tensors, with options of their own.

        Raises:
            ValueError: a tensor is optimized already, has `requires_grad=False` or is the result of an
                operation; an option is unknown or out of range.
        """
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError(
                f'{self.name}: a group must be a dict with tensors under "params", got {group!r}.'
            )
        unknown = set(group) - {"params", *self.defaults}
        if unknown:
            raise ValueError(
                f"{self.name}: a group sets {', '.join(sorted(unknown))}, which is no option here; "
                f"its options are {', '.join(self.defaults)}."
            )
        params = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        taken = {p for other in self.param_groups for p in other["params"]}
        for i, p in enumerate(params):
            self._check_parameter(i, p)
            if p in taken:
                raise ValueError(f"{self.name}: parameter {i} of shape {p.shape} was given twice.")
            taken.add(p)
        options = {key: value for key, value in group.items() if key != "params"}
        self.param_groups.append({"params": params, **self.checked({**self.defaults, **options})})

    def _check_parameter(self, i: int, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise TypeError(f"{self.name}: parameter {i} must be a Tensor, got {type(p).__name__}.")
        if not p.requires_grad:
            raise ValueError(
                f"{self.name}: parameter {i} of shape {p.shape} has requires_grad=False, so it would never "
                "move. Make it with requires_grad=True, or leave it out if it is meant to stay."
            )
        if p.grad_fn is not None:
            raise ValueError(
                f"{self.name}: parameter {i} of shape {p.shape} is the result of {p.grad_fn}; moving it "
                "would not change what it was computed from. Give the tensors that it was computed from."
            )

    def checked(self, options: Group) -> Group:
        """Return `options` with plain numbers in them, or raise a ValueError for one out of range."""
        return {key: at_least_zero(self.name, key, value) for key, value in options.items()}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients: the next `backward()` would add to them.

        `set_to_none=False` keeps their memory and fills it with zeros. A
        gradient of zeros is one, so `step` will not leave these out.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad.data.fill(0)

    def step(self) -> None:
        """Move every parameter that has a gradient, once.

        Each group in `self.param_groups` is a dict: its tensors are under
        `"params"`, and the rest are its options. `self.update(p, state,
        group)` moves one of them; `self.state[p]` is the dict in which it
        remembers things about `p`. A parameter whose `grad` is None was
        not part of the computation, and stays.
        """
        # BEGIN SOLUTION optimizer_step
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.update(p, self.state[p], group)
        # END SOLUTION optimizer_step

    def update(self, p: Tensor, state: State, group: Group) -> None:
        """Move the parameter `p`, in place, as this optimizer does."""
        raise NotImplementedError(f"{self.name} does not say how to update a parameter.")

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a later run needs to go on exactly here: arrays, numbers, lists and dicts.

        Parameters are numbered in the order in which they were given. The arrays are the optimizer's own,
        as in PyTorch; `load_state_dict` copies them.
        """
        order = self._positions()
        groups = [{**group, "params": [order[p] for p in group["params"]]} for group in self.param_groups]
        return {
            "state": {order[p]: dict(state) for p, state in self.state.items()},
            "param_groups": groups,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` returned, for parameters of the same shapes in the same order.

        Raises:
            ValueError: groups, options or shapes are others. Nothing has changed then.
        """
        groups = state_dict["param_groups"]
        options = self._saved_options(groups)
        positions = [position for group in groups for position in group["params"]]
        saved = {int(position): state for position, state in state_dict["state"].items()}
        state = {
            p: {key: self._copied(i, p, key, value) for key, value in saved[position].items()}
            for (p, i), position in zip(self._positions().items(), positions, strict=True)
            if position in saved
        }
        self.state = defaultdict(dict, state)
        for group, values in zip(self.param_groups, options, strict=True):
            group.update(values)

    def _saved_options(self, groups: list[Group]) -> list[Group]:
        """Return the options of saved groups, or raise a ValueError if they are not for this optimizer."""
        sizes, saved_sizes = (
            [len(group["params"]) for group in some] for some in (self.param_groups, groups)
        )
        if sizes != saved_sizes:
            raise ValueError(
                f"{self.name}: the saved state is for groups of {saved_sizes} parameters, "
                f"this optimizer has groups of {sizes}."
            )
        missing = {key for group in groups for key in self.defaults if key not in group}
        if missing:
            raise ValueError(
                f"{self.name}: the saved state lacks {', '.join(sorted(missing))}; "
                "was it saved by an optimizer of another kind?"
            )
        own = [self.checked({key: group[key] for key in self.defaults}) for group in groups]
        return [
            {key: value for key, value in {**group, **checked}.items() if key != "params"}
            for group, checked in zip(groups, own, strict=True)
        ]

    def _positions(self) -> dict[Tensor, int]:
        params = [p for group in self.param_groups for p in group["params"]]
        return {p: i for i, p in enumerate(params)}

    def _copied(self, i: int, p: Tensor, key: str, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        if value.shape != p.shape:
            raise ValueError(
                f"{self.name}: the saved {key} of parameter {i} has shape {value.shape}, "
                f"the parameter {p.shape}."
            )
        return value.astype(p.dtype)  # a copy: two optimizers never share what they remember

    def __repr__(self) -> str:
        lines = [f"{self.name} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}: {len(group['params'])} tensors")
            lines += [f"    {key}: {value}" for key, value in sorted(group.items()) if key != "params"]
        return "\n".join([*lines, ")"])


def at_least_zero(who: str, key: str, value: Any) -> Any:
    """Return a number as Python's own, or raise a ValueError if it is negative, infinite or nan.

    A NumPy float64 among the options would turn a float32 parameter's whole update into float64.
    """
    if isinstance(value, bool):
        return value
    if not 0 <= float(value) < math.inf:
        raise ValueError(f"{who}: {key} must be 0 or more and finite, got {value}.")
    return float(value)


def blocks(data: np.ndarray, *others: np.ndarray) -> list[Arrays]:
    """Cut arrays of one shape into views of about 64K elements.

    An update of several lines finds a block in the cache from the second
    line on, and its temporary results are no larger than a block. What
    is smaller than two blocks stays whole.

    Raises:
        ValueError: a shape differs: it would be broadcast.
    """
    for other in others:
        if other.shape != data.shape:
            shapes = f"shape {data.shape} has a gradient of shape {other.shape}"
            raise ValueError(f"step: a parameter of {shapes}.")
    if data.size < 2 * BLOCK:
        return [(data, *others)]
    rows = max(1, BLOCK // (data.size // len(data)))
    parts = [slice(start, start + rows) for start in range(0, len(data), rows)]
    return [(data[part], *(other[part] for other in others)) for part in parts]
