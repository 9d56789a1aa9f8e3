"""The loader: batches of a dataset, epoch after epoch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from tinytorch.core.random import seeded
from tinytorch.data.collate import collate
from tinytorch.data.dataset import Dataset, item_at
from tinytorch.data.prefetch import prefetch
from tinytorch.data.samplers import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed

HAS_THREADS = sys.platform != "emscripten"


class DataLoader:
    """Batches of a dataset; every `for` loop over the loader is one epoch.

    Parameters:
        dataset: anything with a length and an item for every index.
        batch_size: how many items make a batch; the last batch may be smaller.
        shuffle: visit the items in a new random order every epoch.
        sampler: visit these indices instead, in this order.
        num_workers: threads that prepare batches while the caller works; 0 prepares each when it is asked
            for. In a browser it is always 0: Python has no threads there.
        collate_fn: makes a batch of a list of items, in place of `collate`.
        drop_last: leave the last batch out if it is smaller than the others.
        generator: what the loader's seed is drawn from, once. All that is random in an epoch depends on
            that seed and the number of the epoch.
        prefetch_factor: how many batches are prepared ahead for each worker.

    >>> from tinytorch.core import Tensor
    >>> from tinytorch.data import TensorDataset
    >>> data = TensorDataset(Tensor([[1.0], [2.0], [3.0]]), Tensor([0, 1, 0]))
    >>> [targets for images, targets in DataLoader(data, batch_size=2)]
    [Tensor([0, 1]), Tensor([0])]

    A run that is to be resumed saves `state_dict()`. After `load_state_dict` the next loop goes on with the
    batch after the last one that the saved run received.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
    """

    def __init__(
        self,
        dataset: Dataset | Sequence[Any],
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        sampler: Sampler | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: np.random.Generator | None = None,
        prefetch_factor: int = 2,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: the sampler decides on the order; leave shuffle out.")
        if num_workers < 0 or prefetch_factor < 1:
            raise ValueError(
                "DataLoader: num_workers is at least 0 and prefetch_factor at least 1, "
                f"got {num_workers} and {prefetch_factor}."
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.num_workers = num_workers if HAS_THREADS else 0
        self.prefetch_factor = prefetch_factor
        self.collate_fn = collate_fn
        self.seed = sampler.seed if isinstance(sampler, RandomSampler) else draw_seed(generator)
        if sampler is None:
            sampler = RandomSampler(dataset, self.seed) if shuffle else SequentialSampler(dataset)
        self.sampler = sampler
        self.batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.epoch = 0  # the one that is running, or else the next
        self.position = 0  # how many of its batches were handed out
        self._resuming = False

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return len(self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches of one epoch.

        `self.begin()` decides in which epoch, and sets `self.epoch` and
        `self.position`. The first `position` batches were handed out
        already: skip them, unloaded. What is to be loaded are pairs
        (number, indices), as `enumerate(self.batch_sampler)` gives them;
        `islice(pairs, n, None)` leaves out the first n.
        `prefetch(self.load, pairs, self.num_workers, self.prefetch_factor)`
        loads them, and yields batches.

        `self.position` counts a batch as soon as it is handed out; after
        the last one, the epoch is over and the next begins at position 0.
        """
        # BEGIN SOLUTION data_loader_iter
        self.begin()
        pairs = islice(enumerate(self.batch_sampler), self.position, None)
        for batch in prefetch(self.load, pairs, self.num_workers, self.prefetch_factor):
            self.position += 1
            yield batch
        self.epoch += 1
        self.position = 0
        # END SOLUTION data_loader_iter

    def begin(self) -> None:
        """Begin a pass: the one that was loaded from a state, else a whole epoch."""
        if self.position and not self._resuming:  # the last pass was left early: that epoch is over
            self.epoch += 1
            self.position = 0
        self._resuming = False
        if isinstance(self.sampler, RandomSampler):
            self.sampler.set_epoch(self.epoch)

    def load(self, pair: tuple[int, Sequence[int]]) -> Any:
        """Load one batch, given its number in the epoch and the indices of its items."""
        number, indices = pair
        with seeded(self.seed, self.epoch, number):
            try:
                if self.collate_fn is None and isinstance(self.dataset, Dataset):
                    return self.dataset.fetch(indices)
                make = self.collate_fn or collate
                return make([item_at(self.dataset, index) for index in indices])
            except Exception as error:
                error.add_note(f"This happened in batch {number} of epoch {self.epoch}: items {indices}.")
                raise

    def state_dict(self) -> dict[str, int]:
        """Return where the loader is: all that it takes to go on from here, as whole numbers."""
        return {
            "seed": self.seed,
            "epoch": self.epoch,
            "position": self.position,
            "batches": len(self),
        }

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on where the loader was that returned `state`.

        Raises:
            ValueError: the state is not one of a loader, or of one with more or fewer batches.
        """
        if sorted(state) != ["batches", "epoch", "position", "seed"]:
            raise ValueError(f"DataLoader: this is not the state of a loader: it has {sorted(state)}.")
        if state["batches"] != len(self):
            raise ValueError(
                f"DataLoader: the state is that of a loader with {state['batches']} batches an epoch, and "
                f"this one has {len(self)}. Use the same dataset and batch_size to resume."
            )
        if state["epoch"] < 0 or not 0 <= state["position"] <= len(self):
            raise ValueError(f"DataLoader: there is no such place: {dict(state)}.")
        self.seed, self.epoch, self.position = (int(state[key]) for key in ("seed", "epoch", "position"))
        if isinstance(self.sampler, RandomSampler):
            self.sampler.seed = self.seed
        self._resuming = True
