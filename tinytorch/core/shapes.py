"""Shapes: how many elements one holds, and which one two shapes broadcast to."""

from __future__ import annotations

from collections.abc import Sequence

Shape = tuple[int, ...]


def numel(shape: Sequence[int]) -> int:
    """Count the elements that a tensor of this shape holds.

    The product of all dimensions. A scalar has shape `()` and one
    element; a dimension of 0 means none.

    >>> numel((32, 28, 28))
    25088
    """
    # BEGIN SOLUTION numel
    count = 1
    for size in shape:
        count *= size
    return count
    # END SOLUTION numel


def broadcast_shapes(a: Sequence[int], b: Sequence[int]) -> Shape:
    """Work out the shape that two shapes broadcast to.

    Line both up at their last dimension; a missing dimension counts
    as 1. Each pair must be equal, or one of the two must be 1, which
    then stretches to the other without a copy.

    Raises:
        ValueError: two sizes differ and neither is 1. The message
            shows both shapes.

    Source: https://docs.pytorch.org/docs/stable/notes/broadcasting.html

    >>> broadcast_shapes((32, 10), (10,))
    (32, 10)
    >>> broadcast_shapes((4, 1), (3,))
    (4, 3)
    """
    # BEGIN SOLUTION broadcast_shapes
    ndim = max(len(a), len(b))
    padded_a = (1,) * (ndim - len(a)) + tuple(a)
    padded_b = (1,) * (ndim - len(b)) + tuple(b)
    shape = []
    for size_a, size_b in zip(padded_a, padded_b, strict=True):
        if size_a != size_b and size_a != 1 and size_b != 1:
            raise ValueError(f"shapes {tuple(a)} and {tuple(b)} do not broadcast: {size_a} against {size_b}")
        shape.append(size_b if size_a == 1 else size_a)
    return tuple(shape)
    # END SOLUTION broadcast_shapes
