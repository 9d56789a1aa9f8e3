"""Collating: many items become one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinytorch.core import Tensor

NUMBERS = (bool, int, float, np.generic)


def collate(items: Sequence[Any]) -> Any:
    """Join the items of a batch into one, with a first dimension more.

    Tensors and arrays are stacked (`stack(items)`), numbers become a
    1-d Tensor, strings a list. Items that are tuples give a tuple, whose
    entries are collated one by one: `collate` calls itself. Dicts give a
    dict with a batch for each key. `kind_of(items)` says which of these
    the items are: "tensors", "numbers", "strings", "tuples" (lists
    count as such) or "dicts".

    >>> collate([(Tensor([1.0, 2.0]), 7), (Tensor([3.0, 4.0]), 8)])
    (Tensor([[1., 2.],
            [3., 4.]]), Tensor([7, 8]))

    Shape:
        B tensors (...) -> (B, ...);  B numbers -> (B,)

    Raises:
        ValueError: there are no items, or they differ in length or shape.
        TypeError: items of this kind cannot be put into a batch.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_collate
    """
    # BEGIN SOLUTION collate
    kind = kind_of(items)
    if kind == "tensors":
        return stack(items)
    if kind == "numbers":
        return Tensor(list(items))
    if kind == "strings":
        return list(items)
    if kind == "dicts":
        return {key: collate([item[key] for item in items]) for key in items[0]}
    return tuple(collate(column) for column in zip(*items, strict=True))
    # END SOLUTION collate


def kind_of(items: Sequence[Any]) -> str:
    """Say what the items of a batch are, or raise an error that says why they make none."""
    if len(items) == 0:
        raise ValueError("collate: a batch of no items has no shape. Leave empty batches out.")
    first: Any = items[0]
    kind = next((kind for kind, types in _KINDS.items() if isinstance(first, types)), None)
    if kind is None:
        raise TypeError(
            f"collate: cannot put {type(first).__name__} objects into a batch; it knows tensors, arrays, "
            "numbers, strings, tuples and dicts. Give the DataLoader a collate_fn of your own."
        )
    for position, item in enumerate(items):
        if not isinstance(item, _KINDS[kind]):
            raise TypeError(
                f"collate: item 0 of the batch is {_a(first)} and item {position} is {_a(item)}. "
                "The items of a dataset should all be of one kind."
            )
    if kind == "tuples" and len(lengths := {len(item) for item in items}) > 1:
        raise ValueError(f"collate: the items of a batch have different lengths: {sorted(lengths)}.")
    if kind == "dicts" and any(set(item) != set(first) for item in items):
        raise ValueError(f"collate: the items of a batch have different keys; item 0 has {sorted(first)}.")
    return kind


_KINDS: dict[str, tuple[type, ...]] = {
    "numbers": NUMBERS,
    "tensors": (Tensor, np.ndarray),
    "strings": (str, bytes),
    "tuples": (tuple, list),
    "dicts": (Mapping,),
}


def stack(items: Sequence[Any]) -> Tensor:
    """Put tensors or arrays of one shape on top of each other, along a new first dimension."""
    arrays = [item.data if isinstance(item, Tensor) else item for item in items]
    for position, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise ValueError(
                f"collate: item 0 of the batch has shape {arrays[0].shape} and item {position} has shape "
                f"{array.shape}. Make them equal, for instance by a transform that crops or pads."
            )
    return Tensor(np.stack(arrays))


def _a(item: Any) -> str:
    name = type(item).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
