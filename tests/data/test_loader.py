"""Samplers and the loader: order, resuming, workers, and what happens when something goes wrong."""

import threading
import time
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch import Tensor, arange, manual_seed, randn
from tinytorch.core.random import default_generator, seeded
from tinytorch.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    prefetch,
)


def numbers(n):
    return TensorDataset(arange(n))


def visited(loader):
    return [batch[0].tolist() for batch in loader]


def indices(loader):
    return list(chain(*visited(loader)))


class Noisy(Dataset):
    """Items with something random in them, as augmentation makes them."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return randn(2) + 100 * index


class Broken(Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        if index == 7:
            raise OSError("this picture is damaged")
        return index


# Samplers


@given(st.integers(0, 50), st.integers(0, 1000), st.integers(0, 5))
def test_a_random_order_has_every_index_once(n, seed, epoch):
    sampler = RandomSampler(range(n), seed)
    sampler.set_epoch(epoch)
    order = list(sampler)
    assert sorted(order) == list(range(n)) and all(type(index) is int for index in order)
    assert order == list(sampler), "an epoch can be visited again"


def test_the_order_depends_on_seed_and_epoch_and_on_nothing_else():
    orders = {}
    for seed in range(4):
        sampler = RandomSampler(range(100), seed)
        for epoch in range(4):
            sampler.set_epoch(epoch)
            randn(seed + epoch)  # somebody else draws
            orders[seed, epoch] = tuple(sampler)
    assert len(set(orders.values())) == 16


def test_a_sampler_without_a_seed_follows_manual_seed():
    manual_seed(1)
    first = RandomSampler(range(50))
    manual_seed(1)
    assert list(RandomSampler(range(50))) == list(first)
    assert list(RandomSampler(range(50))) != list(first)


@given(st.integers(0, 30), st.integers(1, 12), st.booleans())
def test_batches_are_pytorchs(n, batch_size, drop_last):
    utils = pytest.importorskip("torch.utils.data")
    ours = BatchSampler(SequentialSampler(range(n)), batch_size, drop_last)
    theirs = utils.BatchSampler(utils.SequentialSampler(range(n)), batch_size, drop_last)
    assert list(ours) == list(theirs)
    assert len(ours) == len(theirs) == len(list(ours))


def test_batches_ask_for_no_more_indices_than_they_need():
    asked = []

    class Asked(SequentialSampler):
        def __iter__(self):
            return (asked.append(i) or i for i in range(len(self)))

    batches = iter(BatchSampler(Asked(range(10)), 4))
    assert next(batches) == [0, 1, 2, 3] and asked == [0, 1, 2, 3]


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, True, None])
def test_a_batch_size_that_is_none_is_refused(batch_size):
    with pytest.raises(ValueError, match="batch_size should be a whole number"):
        DataLoader(numbers(3), batch_size=batch_size)


# The loader


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize(("n", "drop_last"), [(10, False), (10, True), (12, True), (0, False), (3, True)])
def test_each_item_comes_once_an_epoch_in_order(n, drop_last, workers):
    loader = DataLoader(numbers(n), batch_size=4, drop_last=drop_last, num_workers=workers)
    for _ in range(2):
        batches = visited(loader)
        assert len(batches) == len(loader)
        assert list(chain(*batches)) == list(range(n - n % 4 if drop_last else n))


@pytest.mark.parametrize("workers", [0, 2])
def test_shuffling_gives_every_epoch_its_own_order(workers):
    loader = DataLoader(numbers(50), 8, shuffle=True, num_workers=workers)
    first, second = indices(loader), indices(loader)
    assert first != second != list(range(50)) and sorted(first) == sorted(second) == list(range(50))


def test_the_same_generator_gives_the_same_epochs():
    loaders = [DataLoader(numbers(50), 8, shuffle=True, generator=np.random.default_rng(4)) for _ in "ab"]
    default_generator().random()
    assert [visited(loaders[0]) for _ in range(3)] == [visited(loaders[1]) for _ in range(3)]
    manual_seed(5)
    follows = visited(DataLoader(numbers(50), 8, shuffle=True))
    manual_seed(5)
    assert visited(DataLoader(numbers(50), 8, shuffle=True)) == follows


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stop", range(14))
def test_a_stopped_run_goes_on_exactly(stop, workers):
    """Stopped after any batch, in a new process with another seed, the rest is what it would have been."""

    def run(loader, batches, stop=None):
        for _ in range(4):
            for (batch,) in loader:
                batches.append(batch.tolist())
                if len(batches) == stop:
                    return loader.state_dict()
        return loader.state_dict()

    whole, first = [], []
    run(DataLoader(numbers(11), 3, shuffle=True, generator=np.random.default_rng(0)), whole)
    whole = whole[:12]
    loader = DataLoader(numbers(11), 3, shuffle=True, generator=np.random.default_rng(0))
    state = run(loader, first, stop) if stop else loader.state_dict()
    assert {type(value) for value in state.values()} == {int}
    resumed = DataLoader(numbers(11), 3, shuffle=True, num_workers=workers)
    resumed.load_state_dict(state)
    while len(first) < 12:
        first += visited(resumed)
    assert first[:12] == whole[:12]


def test_a_pass_that_was_left_early_is_over():
    loader = DataLoader(numbers(20), 4, shuffle=True, generator=np.random.default_rng(0))
    for _ in loader:
        break
    assert (loader.epoch, loader.position) == (0, 1)
    second = visited(loader)
    assert len(second) == 5 and (loader.epoch, loader.position) == (2, 0)
    other = DataLoader(numbers(20), 4, shuffle=True, generator=np.random.default_rng(0))
    assert visited(other) != second and visited(other) == second


def test_resuming_skips_without_loading():
    loaded = []

    class Counted(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            loaded.append(index)
            return index

    loader = DataLoader(Counted(), 2)
    loader.load_state_dict({"seed": 0, "epoch": 3, "position": 3, "batches": 4})
    assert [batch.tolist() for batch in loader] == [[6, 7]] and loaded == [6, 7]
    assert loader.state_dict() == {"seed": 0, "epoch": 4, "position": 0, "batches": 4}


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"lr": 0.1}, "not the state of a loader"),
        ({"seed": 0, "epoch": 0, "position": 0, "batches": 9}, "with 9 batches an epoch, and this one has 4"),
        ({"seed": 0, "epoch": 0, "position": 5, "batches": 4}, "no such place"),
        ({"seed": 0, "epoch": -1, "position": 0, "batches": 4}, "no such place"),
    ],
)
def test_a_state_of_something_else_is_refused(state, says):
    with pytest.raises(ValueError, match=says):
        DataLoader(numbers(8), 2).load_state_dict(state)


def test_what_is_random_in_a_batch_depends_on_neither_workers_nor_history():
    runs = []
    for workers in (0, 1, 4):
        loader = DataLoader(Noisy(), 3, shuffle=True, num_workers=workers, generator=np.random.default_rng(1))
        runs.append([batch.tolist() for _ in range(2) for batch in loader])
        randn(7)
    assert runs[0] == runs[1] == runs[2]
    assert runs[0][:4] != runs[0][4:]
    resumed = DataLoader(Noisy(), 3, shuffle=True)
    resumed.load_state_dict({**loader.state_dict(), "epoch": 1, "position": 2})
    assert [batch.tolist() for batch in resumed] == runs[0][6:]


def test_every_batch_has_random_numbers_of_its_own():
    batches = list(DataLoader([0] * 8, 2, collate_fn=lambda items: tuple(randn(3).tolist())))
    assert len(set(batches)) == 4


def test_loading_does_not_draw_from_the_callers_generator():
    manual_seed(0)
    loader = DataLoader(Noisy(), 5)
    before = default_generator().bit_generator.state
    list(loader)
    assert default_generator().bit_generator.state == before


def test_seeded_nests_and_ends():
    manual_seed(0)
    plain = default_generator()
    with seeded(1, 2):
        a = default_generator().random()
        with seeded(3):
            assert default_generator().random() != a
        b = default_generator().random()
    with seeded(1, 2):
        assert [default_generator().random(), default_generator().random()] == [a, b]
    assert default_generator() is plain


def test_what_one_thread_borrows_no_other_gets():
    manual_seed(0)
    plain, inside, done = default_generator(), threading.Event(), threading.Event()

    def borrow():
        with seeded(1):
            inside.set()
            done.wait(5)

    thread = threading.Thread(target=borrow)
    thread.start()
    try:
        assert inside.wait(5) and default_generator() is plain
    finally:
        done.set()
        thread.join()


def test_a_sampler_of_ones_own():
    assert visited(DataLoader(numbers(9), 2, sampler=[8, 0, 8])) == [[8, 0], [8]]
    sampler = RandomSampler(range(9), seed=3)
    loader = DataLoader(numbers(9), 4, sampler=sampler)
    assert loader.state_dict()["seed"] == 3 and indices(loader) != indices(loader)
    with pytest.raises(ValueError, match="leave shuffle out"):
        DataLoader(numbers(9), 2, shuffle=True, sampler=[1])


def test_a_collate_function_of_ones_own_gets_the_items():
    loader = DataLoader(numbers(5), 2, collate_fn=len)
    assert list(loader) == [2, 2, 1]


def test_a_subset_keeps_the_fast_path():
    asked = []

    class Fetched(TensorDataset):
        def __getitem__(self, index):
            raise AssertionError("one by one")

        def fetch(self, indices):
            asked.append(list(indices))
            return super().fetch(indices)

    assert visited(DataLoader(Subset(Fetched(arange(10)), [9, 8, 7]), 2)) == [[9, 8], [7]]
    assert asked == [[9, 8], [7]]


# Workers


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_error_reaches_the_caller_in_its_turn_with_the_index(workers):
    loader, received = DataLoader(Broken(), 2, num_workers=workers), []
    with pytest.raises(OSError, match="this picture is damaged") as caught:
        for batch in loader:
            received.append(batch.tolist())
    assert received == [[0, 1], [2, 3], [4, 5]]
    notes = "\n".join(caught.value.__notes__)
    assert "while item 7 of the Broken was loaded" in notes and "batch 3 of epoch 0: items [6, 7]" in notes


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]


def test_leaving_early_leaves_no_threads():
    for _ in DataLoader(numbers(1000), 2, num_workers=3):
        assert threads()
        break
    assert not threads()
    iterator = iter(DataLoader(numbers(1000), 2, num_workers=3))
    next(iterator)
    del iterator
    assert not threads()
    with pytest.raises(OSError):
        list(DataLoader(Broken(), 1, num_workers=2))
    assert not threads()
    list(DataLoader(numbers(10), 2, num_workers=2))
    assert not threads()


def test_no_more_is_loaded_ahead_than_asked_for():
    loaded = []
    batches = prefetch(lambda i: loaded.append(i) or i, range(100), workers=2, ahead=3)
    assert next(batches) == 0
    deadline = time.monotonic() + 60
    while len(loaded) < 7 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    assert sorted(loaded) == list(range(7)), "the one received, and 2 * 3 ahead"
    batches.close()


def test_workers_prepare_while_the_caller_works():
    """The next batch is loaded before it is asked for: seen by events, not by a clock."""
    second = threading.Event()

    def load(i):
        if i == 1:
            second.set()
        return i

    batches = prefetch(load, range(3), workers=1)
    next(batches)
    assert second.wait(timeout=60)
    batches.close()
    second.clear()
    batches = prefetch(load, range(3), workers=0)
    next(batches)
    assert not second.is_set()


def test_in_a_browser_there_are_no_workers(monkeypatch):
    monkeypatch.setattr("tinytorch.data.loader.HAS_THREADS", False)
    loader = DataLoader(numbers(5), 2, num_workers=4)
    assert loader.num_workers == 0
    for _ in loader:
        assert not threads()


@pytest.mark.parametrize("options", [{"num_workers": -1}, {"prefetch_factor": 0}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match="DataLoader: num_workers"):
        DataLoader(numbers(3), **options)


def test_batches_are_float32_and_int32():
    data = TensorDataset(Tensor(np.ones((4, 2), "float32")), Tensor([0, 1, 2, 3]), Tensor([True] * 4))
    for batch in DataLoader(data, 2):
        assert [part.dtype for part in batch] == ["float32", "int32", "bool"]
