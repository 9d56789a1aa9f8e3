"""Datasets: things that have a length, and an item for every index."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tinytorch.core import Tensor
from tinytorch.core.random import default_generator
from tinytorch.data.collate import collate


class Dataset:
    """The base class: a subclass says how many items it has, and how to get one of them.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} should define __len__: how many items it has.")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} should define __getitem__: the item at an index.")

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def fetch(self, indices: Sequence[int]) -> Any:
        """Return the items at `indices` as one batch.

        One by one, here. A dataset that holds its items in arrays can do better, see `TensorDataset.fetch`.
        """
        return collate([item_at(self, index) for index in indices])


class TensorDataset(Dataset):
    """Pairs, or longer tuples, cut out of tensors that have one row for every item.

    A batch is data: no gradient leads from it back into the tensors.

    >>> data = TensorDataset(Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([0, 1]))
    >>> data[1]
    (Tensor([3., 4.]), Tensor(1))

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors or any(not isinstance(tensor, Tensor) or tensor.ndim == 0 for tensor in tensors):
            raise TypeError("TensorDataset: needs at least one tensor, each with a row for every item.")
        if len({len(tensor) for tensor in tensors}) > 1:
            shapes = ", ".join(str(tensor.shape) for tensor in tensors)
            raise ValueError(f"TensorDataset: all tensors need the same number of rows, got shapes {shapes}.")
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        """Return row `index` of every tensor, as a tuple.

        A negative index counts from the end.

        Raises:
            IndexError: there is no such row. Tensors see to that.
        """
        # BEGIN SOLUTION tensor_dataset_getitem
        return tuple(tensor[index] for tensor in self.tensors)
        # END SOLUTION tensor_dataset_getitem

    def fetch(self, indices: Sequence[int]) -> tuple[Tensor, ...]:
        """Return the rows at `indices` of every tensor, as a tuple.

        The same batch as `collate([self[i] for i in indices])`, but each
        tensor is asked once, for all its rows together. `indices` may be
        a list, a tuple, a range or an array, and may be empty.

        Shape:
            tensors (N, ...) -> (len(indices), ...)
        """
        # BEGIN SOLUTION tensor_dataset_fetch
        rows = np.asarray(indices, dtype=np.intp)
        return tuple(Tensor(tensor.data.take(rows, axis=0)) for tensor in self.tensors)
        # END SOLUTION tensor_dataset_fetch


class Subset(Dataset):
    """Some items of another dataset, in an order of their own. Nothing is copied.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Subset
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = [int(index) for index in indices]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def fetch(self, indices: Sequence[int]) -> Any:
        """Return the items at `indices` as one batch, in the way that the dataset behind has for that."""
        return self.dataset.fetch([self.indices[index] for index in indices])


def random_split(
    dataset: Dataset, lengths: Sequence[float], generator: np.random.Generator | None = None
) -> list[Subset]:
    """Deal the items of a dataset out at random, each to one subset.

    `lengths` are numbers of items, or fractions that add up to 1;
    `split_sizes(len(dataset), lengths)` makes numbers of items of both.
    `default_generator(generator).permutation(n)` is a random order of
    0 … n-1, the same one for generators of the same seed.

    Raises:
        ValueError: the lengths do not add up; `split_sizes` sees to that.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.random_split
    """
    # BEGIN SOLUTION random_split
    sizes = split_sizes(len(dataset), lengths)
    order = default_generator(generator).permutation(len(dataset))
    subsets, start = [], 0
    for size in sizes:
        subsets.append(Subset(dataset, order[start : start + size].tolist()))
        start += size
    return subsets
    # END SOLUTION random_split


def split_sizes(total: int, lengths: Sequence[float]) -> list[int]:
    """Return how many of `total` items each part gets; what rounding leaves over goes to the first parts.

    >>> split_sizes(10, [0.75, 0.25]), split_sizes(10, [9, 1])
    ([8, 2], [9, 1])
    """
    if any(length < 0 for length in lengths):
        raise ValueError(f"random_split: a part cannot have fewer than 0 items, got lengths {list(lengths)}.")
    if all(isinstance(length, (int, np.integer)) for length in lengths):
        sizes = [int(length) for length in lengths]
    elif math.isclose(sum(lengths), 1):
        sizes = [math.floor(total * length) for length in lengths]
        for part in itertools.islice(itertools.cycle(range(len(sizes))), total - sum(sizes)):
            sizes[part] += 1
    else:
        sizes = []
    if sum(sizes) != total or not sizes:
        raise ValueError(
            f"random_split: the dataset has {total} items, and the lengths are {list(lengths)}. "
            "Give whole numbers that add up to that, or fractions that add up to 1."
        )
    return sizes


def item_at(dataset: Dataset | Sequence[Any], index: int) -> Any:
    """Return `dataset[index]`; an error on the way says which item it was."""
    try:
        return dataset[index]
    except Exception as error:
        error.add_note(f"This happened while item {index} of the {type(dataset).__name__} was loaded.")
        raise
