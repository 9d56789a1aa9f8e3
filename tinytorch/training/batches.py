"""Batches, as the trainer takes them: pairs (inputs, targets) of tensors, looked at before they are used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from tinytorch.core import Tensor
from tinytorch.training.loop import Batch


def check_batch(batch: Any, where: str) -> None:
    """Raise if `batch` is not a pair of tensors with the same number of samples, at least one.

    `where` says which batch it is.
    """
    pair = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
    if len(pair) != 2 or not all(isinstance(part, Tensor) for part in pair):
        kinds = ", ".join(type(part).__name__ for part in pair)
        raise TypeError(f"fit: a batch is a pair of Tensors, (inputs, targets); {where} is ({kinds}).")
    inputs, targets = pair
    if inputs.ndim == 0 or targets.ndim == 0 or len(inputs) != len(targets):
        raise ValueError(
            f"fit: {where} has {describe((inputs, targets))}; the first dimension of both counts the "
            "samples, so it must be the same."
        )
    if len(targets) == 0:
        raise ValueError(f"fit: {where} is empty: {describe((inputs, targets))}.")


def describe(batch: Batch) -> str:
    """Say which shapes and dtypes a batch has."""
    inputs, targets = batch
    return f"inputs {inputs.shape} {inputs.dtype}, targets {targets.shape} {targets.dtype}"


def groups(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """Yield lists of `size` batches; the last may be shorter."""
    left = iter(batches)
    while group := list(islice(left, size)):
        yield group
