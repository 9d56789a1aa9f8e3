"""Samplers: in which order the items of a dataset are visited, and how they are grouped."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from itertools import islice
from typing import Protocol

import numpy as np

from tinytorch.core.random import default_generator


class Sampler(Protocol):
    """What a loader needs of a sampler: indices, and how many of them."""

    def __iter__(self) -> Iterator[int]: ...

    def __len__(self) -> int: ...


class SequentialSampler:
    """From first to last.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __len__(self) -> int:
        return len(self.data_source)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))


class RandomSampler:
    """Every item once, in an order that depends on `seed` and `epoch` and on nothing else.

    So epoch 7 of a run that was stopped can be visited again, in its order, without epochs 0 to 6. PyTorch's
    `DistributedSampler` does the same; its `RandomSampler` draws on from a generator. Without a `seed`, the
    sampler draws one when it is made.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler
    """

    def __init__(self, data_source: Sized, seed: int | None = None) -> None:
        self.data_source = data_source
        self.seed = draw_seed() if seed is None else seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.data_source)

    def set_epoch(self, epoch: int) -> None:
        """Say in which epoch the next pass is."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        """Give every index from 0 to `len(self) - 1` once, in random order.

        The order is that of a generator of its own, which starts from
        `[self.seed, self.epoch]`: `np.random.default_rng` takes such a
        list. The indices are Python's ints.
        """
        # BEGIN SOLUTION random_sampler_iter
        generator = np.random.default_rng([self.seed, self.epoch])
        return iter(generator.permutation(len(self)).tolist())
        # END SOLUTION random_sampler_iter


class BatchSampler:
    """Lists of indices, `batch_size` at a time, from a sampler that gives them one by one.

    >>> list(BatchSampler(range(5), batch_size=2))
    [[0, 1], [2, 3], [4]]

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler
    """

    def __init__(self, sampler: Sampler | range, batch_size: int, drop_last: bool = False) -> None:
        if not isinstance(batch_size, (int, np.integer)) or isinstance(batch_size, bool) or batch_size < 1:
            raise ValueError(f"BatchSampler: batch_size should be a whole number from 1, got {batch_size!r}.")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __len__(self) -> int:
        """Count the batches. The last one may be smaller; with `drop_last` it is then left out."""
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[list[int]]:
        """Give lists of `self.batch_size` indices, in `self.sampler`'s order.

        What is left at the end, if anything, makes a last, smaller list;
        with `self.drop_last` it is left out. The sampler is asked for as
        many indices as the next list needs, not for all at once.
        """
        # BEGIN SOLUTION batch_sampler_iter
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch
        # END SOLUTION batch_sampler_iter


def draw_seed(generator: np.random.Generator | None = None) -> int:
    """Draw a seed for generators that should depend on this one."""
    return int(default_generator(generator).integers(2**31))
