"""Datasets, their parts, and batches of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch import Tensor, arange, manual_seed
from tinytorch.data import DataLoader, Dataset, Subset, TensorDataset, collate, random_split
from tinytorch.data.dataset import split_sizes


class Squares(Dataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        if not 0 <= index < 5:
            raise IndexError(index)
        return index, index * index


def pairs(n=6):
    return TensorDataset(arange(2 * n, dtype="float32").reshape(n, 2), arange(n))


def test_a_dataset_must_say_how_long_it_is_and_what_is_in_it():
    with pytest.raises(NotImplementedError, match="Dataset should define __len__"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match="Dataset should define __getitem__"):
        Dataset()[0]


def test_a_dataset_can_be_looped_over():
    assert list(Squares()) == [(i, i * i) for i in range(5)]
    assert [y.item() for _, y in pairs()] == list(range(6))


def test_a_tensor_dataset_gives_rows_that_share_memory():
    data = pairs()
    x, y = data[-1]
    assert x.tolist() == [10.0, 11.0] and y.item() == 5 and y.shape == ()
    assert np.shares_memory(x.data, data.tensors[0].data)
    with pytest.raises(IndexError):
        data[6]


@pytest.mark.parametrize(
    ("tensors", "error", "says"),
    [
        ((), TypeError, "at least one tensor"),
        ((np.zeros(3),), TypeError, "at least one tensor"),
        ((Tensor(3.0),), TypeError, "a row for every item"),
        ((Tensor([1, 2, 3]), Tensor([[1], [2]])), ValueError, r"\(3,\), \(2, 1\)"),
    ],
)
def test_tensors_that_make_no_dataset_are_refused(tensors, error, says):
    with pytest.raises(error, match=says):
        TensorDataset(*tensors)


@given(st.lists(st.integers(-6, 5), max_size=9))
def test_fetching_rows_together_or_one_by_one_is_the_same(indices):
    data = pairs()
    together = data.fetch(indices)
    assert [part.shape[0] for part in together] == [len(indices)] * 2
    if indices:
        for a, b in zip(together, Dataset.fetch(data, indices), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a.data, b.data)
        for a, b in zip(together, Subset(data, indices).fetch(range(len(indices))), strict=True):
            np.testing.assert_array_equal(a.data, b.data)


def test_a_subset_has_its_own_order_and_copies_nothing():
    data = pairs()
    part = Subset(data, [4, 0, 4])
    assert len(part) == 3 and [y.item() for _, y in part] == [4, 0, 4]
    assert np.shares_memory(part[0][0].data, data.tensors[0].data)
    assert Subset(part, [1])[0][1].item() == 0
    with pytest.raises(IndexError):
        part[3]


@given(st.integers(0, 40), st.lists(st.floats(0.01, 1), min_size=1, max_size=4), st.integers(0, 9))
def test_a_split_deals_each_item_to_one_part(n, weights, seed):
    fractions = [weight / sum(weights) for weight in weights]
    parts = random_split(range(n), fractions, np.random.default_rng(seed))
    assert sorted(index for part in parts for index in part.indices) == list(range(n))
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - n * fraction) <= 1
    again = random_split(range(n), fractions, np.random.default_rng(seed))
    assert [part.indices for part in parts] == [part.indices for part in again]


def test_a_split_is_random_and_follows_manual_seed():
    manual_seed(3)
    first = random_split(range(100), [80, 20])
    second = random_split(range(100), [80, 20])
    manual_seed(3)
    assert random_split(range(100), [80, 20])[0].indices == first[0].indices
    assert second[0].indices != first[0].indices
    assert first[0].indices != list(range(80))


@pytest.mark.filterwarnings("ignore:Length of split")
def test_sizes_of_a_split_match_pytorchs():
    torch = pytest.importorskip("torch")
    for n in (0, 1, 7, 10, 101):
        for lengths in ([0.5, 0.5], [0.8, 0.1, 0.1], [1 / 3] * 3):
            theirs = torch.utils.data.random_split(range(n), lengths) if n else []
            assert split_sizes(n, lengths) == ([len(part) for part in theirs] or [0] * len(lengths))


@pytest.mark.parametrize("lengths", [[3, 4], [0.5, 0.4], [], [1.5, -0.5], [7, -1], [2.0, 4.0]])
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ValueError, match="random_split: "):
        random_split(range(6), lengths)


def test_collating_follows_pytorch():
    torch = pytest.importorskip("torch")
    from torch.utils.data import default_collate

    rows = [np.arange(3, dtype="float32") + i for i in range(4)]
    ours = collate([(Tensor(row), i, i / 2, bool(i % 2), f"n{i}") for i, row in enumerate(rows)])
    theirs = default_collate(
        [(torch.tensor(row), i, i / 2, bool(i % 2), f"n{i}") for i, row in enumerate(rows)]
    )
    assert isinstance(ours, tuple) and ours[4] == list(theirs[4])
    for a, b in zip(ours[:4], theirs[:4], strict=True):
        np.testing.assert_array_equal(a.data, b.numpy())
    # where we differ on purpose: Python's floats stay float32 and whole numbers int32, as everywhere here
    assert [part.dtype for part in ours[:4]] == ["float32", "int32", "float32", "bool"]


def test_collating_nests():
    item = {"image": np.zeros((2, 2), "uint8"), "box": ([1, 2], (np.float64(0.5),)), "name": "a"}
    batch = collate([item, item])
    assert batch["image"].shape == (2, 2, 2) and batch["image"].dtype == "int32"
    assert batch["box"][0][0].tolist() == [1, 1] and batch["box"][1][0].dtype == "float32"
    assert batch["name"] == ["a", "a"]


@pytest.mark.parametrize(
    ("items", "error", "says"),
    [
        ([], ValueError, "a batch of no items"),
        ([object(), object()], TypeError, "cannot put object objects into a batch.*collate_fn"),
        ([Tensor([1.0]), Tensor([1.0, 2.0])], ValueError, r"shape \(1,\) and item 1 has shape \(2,\)"),
        ([Tensor([1.0]), 3], TypeError, "item 0 of the batch is a Tensor and item 1 is an int"),
        ([(1, 2), (1,)], ValueError, r"different lengths: \[1, 2\]"),
        ([{"x": 1, "y": 2}, {"x": 1}], ValueError, r"different keys; item 0 has \['x', 'y'\]"),
        ([1, None], TypeError, "item 1 is a NoneType"),
    ],
)
def test_items_that_make_no_batch_are_refused(items, error, says):
    with pytest.raises(error, match=says):
        collate(items)


def test_a_batch_is_a_copy():
    data = pairs()
    x, _ = data.fetch([0, 1])
    x[0] = 99.0
    assert data.tensors[0].max().item() == 11


def test_a_list_is_a_dataset_too():
    assert [batch.tolist() for batch in DataLoader([5, 6, 7], batch_size=2)] == [[5, 6], [7]]
