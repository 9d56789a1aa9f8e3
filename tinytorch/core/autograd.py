"""Autograd: record what is computed, and walk back through it to the gradients.

A primitive is an operation that has a gradient rule. `enable_autograd()` puts a recording version in place of
each. It computes what it always did; if an input asks for gradients, it also notes in a Node which rule and
which inputs belong to the result. Nodes lead from a result to everything that it was computed from: that is
the graph, and `backward` walks it.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial, wraps
from types import FunctionType
from typing import Any

import numpy as np

from tinytorch.core.recording import recording
from tinytorch.core.shapes import Shape
from tinytorch.core.tensor import Tensor

Array = np.ndarray
Primitive = Callable[..., Tensor]
Rule = Callable[..., Any]  # rule(grad, out, *inputs, **options) -> one gradient, or a tuple of them


class Node:
    """One recorded operation: the gradient rule of what was computed, and from what.

    Nodes hold the tensors that went in, and a tensor holds the node that it came out of, so a graph lives as
    long as its result does.
    """

    __slots__ = ("inputs", "kept", "options", "rule")

    # Filled in where an operation is recorded; to call a constructor would take twice as long.
    rule: Rule
    inputs: tuple[Any, ...] | None  # as forward got them; None once released
    options: Mapping[str, Any] | None  # what was passed by name, if anything was
    kept: Any  # the array that forward returned, or instead what it kept

    def __repr__(self) -> str:
        return f"<{self.rule.__name__.removesuffix('_gradient')}>"

    def parents(self) -> list[Node]:
        """Return the nodes that the inputs came out of.

        Raises:
            RuntimeError: the node was released by an earlier backward.
        """
        if self.inputs is None:
            raise RuntimeError(
                "backward: this graph, or a part that it shares with another, was released when an earlier "
                "backward had walked it. If you need it twice, pass retain_graph=True the first time."
            )
        parents = []
        for x in self.inputs:
            if isinstance(x, Tensor) and x.grad_fn is not None:
                parents.append(x.grad_fn)
        return parents

    def gradients(self, grad: Array) -> list[tuple[Tensor, Array]]:
        """Run the rule; return each input that asks, with its gradient.

        `grad` is the gradient of the output. Each gradient that comes out
        has the shape and dtype of its input. What comes for a leaf that
        has no gradient yet is held by nobody else: it may keep the array.
        For a leaf that is a single number it is a number of NumPy's: ten
        times as quick to add as an array without dimensions.
        """
        if type(grad) is not Array:  # the sum of two 0-d arrays is a number
            grad = np.asarray(grad)
        inputs = self.inputs or ()
        arrays = []
        for x in inputs:
            arrays.append(x.data if isinstance(x, Tensor) else x)
        rule = partial(self.rule, **self.options) if self.options else self.rule
        parts = rule(grad, self.kept, *arrays)
        if type(parts) is not tuple:
            parts = (parts,)
        if len(parts) < len(inputs):  # numbers and axes come last, and have no gradients
            self._check_rest(inputs[len(parts) :])
        shares = []
        for x, part in zip(inputs, parts):  # noqa: B905 (strict=False would cost as much as another input)
            if isinstance(x, Tensor) and x.requires_grad:
                is_new = callable(part)  # what a function makes is for this input alone
                if is_new:
                    part = part()
                if part is None or part.shape != x.data.shape or part.dtype is not x.data.dtype:
                    part = self._fit(part, x.data)
                if x.grad_fn is None:
                    if part.ndim == 0:
                        part = part[()]
                    elif x.grad is None:
                        is_shared = part is grad or (not is_new and _is_shared(part, grad, parts, arrays))
                        if is_shared or part.base is not None:
                            part = part.copy()
                shares.append((x, part))
        return shares

    def _fit(self, part: Any, x: Array) -> Array:
        """Make an array of the shape and dtype of the input `x` of what the rule gave for it."""
        if part is None:
            return np.zeros_like(x)
        if part.shape != x.shape:
            part = unbroadcast(part, x.shape)
            if part.shape != x.shape:
                raise ValueError(
                    f"{self.rule.__name__}: returned a gradient of shape {part.shape} for an input of shape "
                    f"{x.shape}. A gradient has the shape of its input."
                )
        return np.asarray(part, x.dtype)

    def _check_rest(self, rest: tuple[Any, ...]) -> None:
        """Raise a ValueError if one of these inputs asks: the rule returned nothing for them."""
        for x in rest:
            if isinstance(x, Tensor) and x.requires_grad:
                raise ValueError(
                    f"{self.rule.__name__}: an input of shape {x.shape} asks for a gradient, and the rule "
                    "returned none for it. Return a tuple with one entry for each input."
                )

    def release(self) -> None:
        """Let go of everything that was kept for the rule."""
        self.inputs = self.kept = None


class _Dying(threading.local):
    """What nodes held that are being freed, in each thread."""

    def __init__(self) -> None:
        self.inputs: list[tuple[Any, ...]] = []
        self.busy = False


_dying = _Dying()


def free_in_a_loop(node: Node) -> None:
    """Free what a node holds, when the node itself is being freed.

    If each node freed the one above it, a long chain would go as deep as
    it is long. So what a node held goes onto a list, and the first node
    that comes empties it.
    """
    if node.inputs is not None:
        _dying.inputs.append(node.inputs)
        node.inputs = None
        if not _dying.busy:
            _dying.busy = True
            while _dying.inputs:
                _dying.inputs.pop()
            _dying.busy = False


if sys.platform == "emscripten":  # elsewhere Python keeps such a list itself
    Node.__del__ = free_in_a_loop  # type: ignore[attr-defined]


def _is_shared(part: Array, grad: Array, parts: tuple[Any, ...], arrays: list[Any]) -> bool:
    """Tell whether `part` was returned more than once, or went into the rule already."""
    times = 0
    for held in (*parts, grad, *arrays):
        if held is part:
            times += 1
    return times > 1


def unbroadcast(grad: Array, shape: Shape) -> Array:
    """Sum a gradient down to the `shape` of an input that was broadcast.

    Broadcasting reads one number many times; the number's gradient is
    the sum of what each of these readings gets. Dimensions that `shape`
    does not have come first and disappear; dimensions where it has a
    size of 1 are summed and stay.

    Shape:
        grad (..., whatever `shape` broadcasts to) -> shape

    >>> unbroadcast(np.ones((32, 10)), (10,)).shape
    (10,)
    >>> unbroadcast(np.ones((32, 10)), (32, 1)).shape
    (32, 1)
    """
    # BEGIN SOLUTION unbroadcast
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(i for i, size in enumerate(shape) if size == 1)
    return np.asarray(grad.sum(axis=stretched, keepdims=True))
    # END SOLUTION unbroadcast


# Record


def recorded(primitive: Primitive, rule: Rule) -> Primitive:
    """Return what computes as `primitive` does, and records if asked."""

    @wraps(primitive)
    def record(*inputs: Any, **options: Any) -> Tensor:
        if options:
            inputs, options = _in_positions(primitive, inputs, options)
        compute = partial(primitive, **options) if options else primitive
        switch = recording.switch
        if not switch.enabled or not _ask_for_gradients(inputs):
            return compute(*inputs)

        switch.enabled, switch.kept = False, ()
        try:
            out = compute(*inputs)
            kept = switch.kept
        finally:
            switch.enabled, switch.kept = True, None

        if out.data.dtype.kind != "f":  # whole numbers have no gradients
            return out
        for value in inputs:
            if value is out:  # one tensor cannot be two results
                out = Tensor(out.data)
        out.requires_grad = True
        out.grad_fn = node = Node()
        node.rule, node.inputs, node.options = rule, inputs, options or None
        node.kept = out.data
        if kept and kept[0] is out:  # not kept further inside
            values = kept[1]
            node.kept = values[0] if len(values) == 1 else values
        return out

    return record


def _ask_for_gradients(inputs: tuple[Any, ...]) -> bool:
    for value in inputs:  # noqa: SIM110 (any(…) would take twice as long, for every operation)
        if isinstance(value, Tensor) and value.requires_grad:
            return True
    return False


def _in_positions(
    primitive: Primitive, inputs: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Give tensors that were passed by name their positions: gradients are returned by position."""
    if not any(isinstance(value, Tensor) for value in options.values()):
        return inputs, options
    bound = inspect.signature(primitive).bind(*inputs, **options)
    bound.apply_defaults()
    return bound.args, bound.kwargs


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing: `with no_grad():`, or above a function `@no_grad()`.

    What is computed there has no part in a graph.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html
    """
    before = recording.switch.enabled
    recording.switch.enabled = False
    try:
        yield
    finally:
        recording.switch.enabled = before


# Walk back


def topological_order(last: Node) -> list[Node]:
    """List `last` and all nodes above it, each before its parents.

    `node.parents()` gives the nodes that a node's inputs came out of. A
    node may be reached in several ways and is listed once. A loop with a
    stack of its own does it, not recursion: graphs grow deeper than
    Python's calls can.
    """
    # BEGIN SOLUTION topological_order
    order: list[Node] = []
    seen = set()
    stack = [(last, False)]
    while stack:
        node, parents_are_listed = stack.pop()
        if parents_are_listed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            for parent in node.parents():
                stack.append((parent, False))
    return order[::-1]
    # END SOLUTION topological_order


@np.errstate(all="ignore")  # an infinite slope is a result, not a warning
def backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool = False,
) -> None:
    """Add to the `grad` of every leaf that led here and asks for it.

    `topological_order(self.grad_fn)` lists the nodes to visit. For each,
    `node.gradients(grad)` takes the gradient of the node's output, runs
    its rule, and returns pairs: an input, and its share of the gradient.
    Shares wait, summed up: those of a result until it is its node's turn,
    those of a leaf, which has no `grad_fn`, until all nodes are done.
    Then `accumulate(leaf, total)` adds to its `grad`. Arrays may be
    shared, so nothing is added in place. `node.release()` frees a node,
    unless the graph is to be retained.

    Args:
        gradient: where to start, a tensor of this one's shape. A loss, a
            single number, starts from 1.
        retain_graph: keep the graph, to walk it again.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html
    """
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    # BEGIN SOLUTION backward
    waiting: dict[Any, Array] = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            place = tensor.grad_fn or tensor
            waiting[place] = waiting[place] + share if place in waiting else share
        if not retain_graph:
            node.release()
    for leaf, total in waiting.items():
        accumulate(leaf, total)
    # END SOLUTION backward


def first_gradient(tensor: Tensor, gradient: Any) -> Array:
    """Return the gradient that backward starts from, or raise an error if it cannot start."""
    if not tensor.requires_grad:
        raise RuntimeError(
            "backward: nothing was recorded for this tensor. No input asked for gradients "
            "(requires_grad=True), or it was computed inside no_grad(), before enable_autograd(), "
            "or from detach() or whole numbers."
        )
    if gradient is None:
        if tensor.numel() != 1:
            raise RuntimeError(
                "backward: starts from a single number, such as a loss; this tensor has shape "
                f"{tensor.shape}. Take its mean() or sum() first, or pass gradient= with that shape."
            )
        return np.array(1, tensor.data.dtype, ndmin=tensor.ndim)
    array = Tensor(gradient).data
    if array.shape != tensor.shape:
        raise ValueError(
            f"backward: the gradient has shape {array.shape} and the tensor {tensor.shape}; "
            "they must be equal."
        )
    return np.array(array, tensor.data.dtype)


def accumulate(leaf: Tensor, share: Array) -> None:
    """Add to a leaf's gradient. The first share is kept as it is."""
    if leaf.grad is None:
        leaf.grad = Tensor(share)
    else:
        leaf.grad.data = np.asarray(leaf.grad.data + share)


def set_item(self: Tensor, index: Any, value: Any) -> None:
    """Write into elements, unless that would make recorded gradients wrong."""
    if recording.switch.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in (self, value)):
        raise RuntimeError(
            "item assignment: gradients are recorded for this tensor or for what is written, and would "
            "become wrong. Compute a new tensor instead, or write inside no_grad()."
        )
    _plain_set_item(self, index, value)


_plain_set_item = Tensor.__setitem__


# Wake up

_replacements: dict[Callable[..., Any], Callable[..., Any]] = {
    Tensor.backward: backward,
    Tensor.__setitem__: set_item,
}
_replaced: list[tuple[Any, str, Any]] = []  # where, under which name, and what was there


def register(rules: Mapping[Any, Rule]) -> None:
    """Add gradient rules: {primitive: its rule}. They are in force at once if autograd is enabled."""
    _replacements.update({primitive: recorded(primitive, rule) for primitive, rule in rules.items()})
    if _replaced:
        _replace()


def enable_autograd() -> None:
    """Let every primitive record what it computes, and wake `backward`."""
    from tinytorch.core import gradients as of_tensors
    from tinytorch.nn import gradients as of_layers

    if not _replaced:
        register(of_tensors.RULES)
        register(of_layers.RULES)
        _replace()


def disable_autograd() -> None:
    """Put everything back as it was before `enable_autograd()`."""
    while _replaced:
        where, name, original = _replaced.pop()
        setattr(where, name, original)


def _replace() -> None:
    """Replace primitives wherever they are found: `__radd__` is `__add__`, and is replaced with it."""
    from tinytorch.nn import functional

    for where in (Tensor, functional):
        for name, original in list(vars(where).items()):
            if isinstance(original, FunctionType) and original in _replacements:
                setattr(where, name, _replacements[original])
                _replaced.append((where, name, original))
