# %% [markdown]
# # DataLoader
#
# Chapter 07 trained on a list of batches that lay ready. Real data is larger than that list can be, and it comes in an order that hurts. This chapter builds what
# stands between a dataset and the training loop: it picks items in a new order every epoch, joins them into batches, and has the next batch ready in time.

# %% setup=true
import time

import numpy as np

from tinytorch import Tensor, arange, manual_seed, randn, zeros
from tinytorch.core import enable_autograd
from tinytorch.core.random import default_generator
from tinytorch.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    Subset,
    TensorDataset,
    TinyDigits,
    collate,
    prefetch,
    random_split,
)
from tinytorch.data.transforms import Normalize, RandomCrop, channel_statistics
from tinytorch.nn import Flatten, Linear, ReLU, Sequential
from tinytorch.nn import functional as F
from tinytorch.optim import SGD
from tinytorch.training import accuracy, train_step
from tinytorch.workshop.expect import (
    expect_equal,
    expect_error,
    expect_no_error,
    expect_tensor,
    expect_tensors,
    expect_unchanged,
    expect_view,
    fail,
)

# %% [markdown]
# ## What is wrong with a list of batches?
#
# **TinyDigits** comes with the package: 5,000 handwritten digits of 28 × 28 pixels, 4,000 to train with and 1,000 to test. Here are the first thousand, made into
# batches of 25 and kept in a list, as in module 07. The only question is in which order. Many datasets arrive as a folder for each class: all zeros, then all ones. So the first run
# takes them sorted, and the second takes the same digits mixed. How much can that matter, if both see every digit equally often?

# %% experiment="fixed_order" title="The same digits in two orders" needs=["tinydigits"]
enable_autograd()
digits, test = TinyDigits("train"), TinyDigits("test")
images, targets = digits.images.reshape(-1, 784), digits.targets
test_images = test.images.reshape(-1, 784)


def trained(order, epochs=5):
    starts = range(0, len(order), 25)
    batches = [order[start : start + 25] for start in starts]
    batches = [(images[rows], targets[rows]) for rows in batches]
    manual_seed(0)
    model = Sequential(Linear(784, 32), ReLU(), Linear(32, 10))
    optimizer = SGD(model.parameters(), lr=0.1)
    for _ in range(epochs):
        for x, y in batches:
            train_step(model, F.cross_entropy, optimizer, x, y)
    return accuracy(model(test_images), test.targets)


mixed = np.arange(1000)
by_class = np.argsort(targets.data[:1000], kind="stable")
print(f"sorted by class: {trained(by_class):.1%} of the test digits")
print(f"mixed:           {trained(mixed):.1%} of the test digits")
print(f"on disk and in memory as bytes: {digits.pixels.nbytes:>12,}")
print(f"as a list of float32 batches:   {images.nbytes:>12,}")

# %% [markdown]
# Same data, same model, same number of steps. Sorted by class, every batch pulls the network towards a single answer, and the batch after it pulls towards the next. Gradient descent wants each
# batch to be a fair sample of the whole, and a new sample each epoch, or the network learns the order as well.
#
# The last lines show the other half of the problem. Pixels are bytes; as float32 they take four times as much, all at once, before the first step. You computed in module 01 what ImageNet takes.
#
# A loader answers both. It works with the *numbers* of items, which are small and quick to shuffle, and touches the data at the last moment, one batch at a time.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 550 134" width="550" role="img" aria-labelledby="loader-parts-title loader-parts-desc" font-size="13" fill="currentColor">
# <title id="loader-parts-title">The parts of a loader</title>
# <desc id="loader-parts-desc">A sampler gives indices one by one, such as 7, 2, 9. A batch sampler groups them into lists. Fetch asks the dataset for the items of one list, and collate joins them into one batch. Up to fetch only numbers are passed on.</desc>
# <rect x="2" y="10" width="96" height="46" rx="4" stroke="currentColor" fill="none"/><text x="50" y="30" text-anchor="middle">sampler</text><text x="50" y="47" text-anchor="middle" font-size="11.5" opacity=".8">which order</text>
# <path d="M98 33H146" stroke="currentColor" fill="none"/><path d="M145 29L152 33L145 37Z"/>
# <text x="124" y="25" text-anchor="middle" font-size="11.5">7, 2, 9…</text>
# <rect x="152" y="10" width="122" height="46" rx="4" stroke="currentColor" fill="none"/><text x="213" y="30" text-anchor="middle">batch sampler</text><text x="213" y="47" text-anchor="middle" font-size="11.5" opacity=".8">how many at a time</text>
# <path d="M274 33H328" stroke="currentColor" fill="none"/><path d="M327 29L334 33L327 37Z"/>
# <text x="303" y="25" text-anchor="middle" font-size="11.5">[7, 2, 9]</text>
# <rect x="334" y="10" width="84" height="46" rx="4" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="376" y="30" text-anchor="middle">fetch</text><text x="376" y="47" text-anchor="middle" font-size="11.5" opacity=".8">which items</text>
# <path d="M418 33H458" stroke="currentColor" fill="none"/><path d="M457 29L464 33L457 37Z"/>
# <text x="440" y="25" text-anchor="middle" font-size="11.5">items</text>
# <rect x="464" y="10" width="84" height="46" rx="4" stroke="currentColor" fill="none"/><text x="506" y="30" text-anchor="middle">collate</text><text x="506" y="47" text-anchor="middle" font-size="11.5" opacity=".8">one batch</text>
# <path d="M376 90V62" stroke="currentColor" fill="none"/><path d="M372 63L376 56L380 63Z"/>
# <rect x="334" y="90" width="84" height="40" rx="4" stroke="currentColor" fill="none"/><text x="376" y="107" text-anchor="middle">dataset</text><text x="376" y="124" text-anchor="middle" font-size="11.5" opacity=".8">length, item</text>
# <text x="2" y="106" text-anchor="start">Numbers are passed on up to here,</text><text x="2" y="124" text-anchor="start">and only fetch touches the data.</text>
# </svg>
# <figcaption>The parts of a loader. Each is an exercise below, and the DataLoader puts them in a row.</figcaption>
# </figure>

# %% [markdown]
# ## An item for every number
#
# A **dataset** is anything with a length and an item for every index. That is the whole contract, two methods, and it says nothing about where the items are. They may lie in memory or in files,
# or be computed on the spot:


# %% experiment="a_dataset" title="A dataset that holds nothing"
class Sums(Dataset):
    """Every pair of numbers below 30,000, and its sum."""

    def __len__(self):
        return 30_000**2

    def __getitem__(self, index):
        a, b = divmod(index, 30_000)
        return Tensor([a, b]), a + b


sums = Sums()
print(f"{len(sums):,} items; item 123,456,789 is {sums[123_456_789]}")

# %% [markdown]
# When the data does fit into memory, it usually sits in a few tensors with one row for each item: images and targets, say. `TensorDataset(images, targets)` wraps those. Its constructor is written: it keeps
# the tensors in `self.tensors`, however many there are, after checking that all have the same number of rows. Its length is the number of rows. What is missing is the item.

# %% exercise="tensor_dataset_getitem" object="tinytorch.data.dataset:TensorDataset.__getitem__" points=1 title="One row of every tensor"
# - `self.tensors` is a tuple of tensors. You want the same row of each: `tensor[index]`.
# - A tuple can be built from a generator expression: `tuple(… for tensor in self.tensors)`.

# %% checks="tensor_dataset_getitem"


def test_a_row_of_every_tensor():
    """Item 2 is a tuple: row 2 of the images and row 2 of the targets."""
    data = TensorDataset(arange(8, dtype="float32").reshape(4, 2), Tensor([3, 1, 4, 1]))
    hint = "Take the row from each tensor in `self.tensors`, and return them in a tuple: tuple(… for …)."
    with expect_no_error("`data[2]`", hint):
        item = data[2]
    expect_tensors(item, [[4.0, 5.0], 4], "`data[2]`", hint)


def test_however_many_tensors_there_are():
    """With one tensor the item is a tuple of one, with three a tuple of three."""
    a, b, c = arange(3), arange(3) * 10, arange(6).reshape(3, 2)
    hint = "There may be one tensor or five: go through `self.tensors`."
    with expect_no_error("An item of a dataset of one tensor", hint):
        alone, three = TensorDataset(a)[1], TensorDataset(a, b, c)[1]
    expect_tensors(alone, [1], "`TensorDataset(a)[1]`", hint)
    expect_tensors(three, [1, 10, [2, 3]], "`TensorDataset(a, b, c)[1]`", hint)


def test_negative_indices_count_from_the_end():
    """`data[-1]` is the last item."""
    data = TensorDataset(arange(4), arange(4) + 10)
    with expect_no_error("`data[-1]`", "Tensors understand negative indices already: pass the index on."):
        item = data[-1]
    expect_tensors(item, [3, 13], "`data[-1]`")


def test_there_is_an_end():
    """An index beyond the last row raises an IndexError."""
    data = TensorDataset(arange(4), arange(4))
    hint = "Tensors raise it by themselves, if you pass the index on as it is."
    expect_error(IndexError, lambda: data[4], [], "`data[4]` of a dataset of 4 items", hint)
    expect_error(IndexError, lambda: data[-5], [], "`data[-5]` of a dataset of 4 items", hint)


def test_nothing_is_copied():
    """A row shares memory with the tensor that it comes from."""
    images = zeros(3, 2)
    expect_view(TensorDataset(images)[1][0], images, "`data[1][0]`", "Indexing with a number gives a view.")


# %% wrong="tensor_dataset_getitem" name="returns_a_list" says="it should be a tuple of 2 Tensors"
def __getitem__(self, index):
    return [tensor[index] for tensor in self.tensors]


# %% wrong="tensor_dataset_getitem" name="always_a_pair" says="There may be one tensor or five"
def __getitem__(self, index):
    return self.tensors[0][index], self.tensors[1][index]


# %% wrong="tensor_dataset_getitem" name="goes_round" says="Tensors raise it by themselves"
def __getitem__(self, index):
    return tuple(tensor[index % len(self)] for tensor in self.tensors)


# %% wrong="tensor_dataset_getitem" name="picks_a_tensor" says="Take the row from each tensor"
def __getitem__(self, index):
    return self.tensors[index]


# %% wrong="tensor_dataset_getitem" name="copies" says="made a copy"
def __getitem__(self, index):
    return tuple(Tensor(tensor.data[index].copy()) for tensor in self.tensors)


# %% experiment="first_items" title="Items of TinyDigits" needs=["tinydigits"]
digits = TinyDigits("train")
print(digits)
image, target = digits[0]
print("item 0: image", image.shape, image.dtype, "target", target)
for row in image[0][4:25:2].tolist():
    print("".join(" .:oO#"[int(pixel * 5.99)] * 2 for pixel in row))

flat = TensorDataset(digits.images.reshape(-1, 784), digits.targets)
print(len(flat), "items of a TensorDataset")
print("the first target is", flat[0][1])

# %% [markdown]
# ## Deal the items out
#
# Before anything is trained, some items go aside: for validation, to choose settings by, and for testing, at the end. A part of a dataset does not have to be a dataset of its own. Indices are enough:

# %% pull="tinytorch.data.dataset:Subset"

# %% [markdown]
# Which items go where must be left to chance, because of the order that you have seen above, and it must be the *same* chance tomorrow: an item that trained the model yesterday may not test it today. So
# the order comes from a generator that can be seeded.

# %% exercise="random_split" object="tinytorch.data.dataset:random_split" points=2 title="Split at random, into parts that share nothing"
# - Three steps: how many items each part gets (`split_sizes`), all indices in random order, and then one slice of that order for each part.
# - A part begins where the one before ended: keep a `start` that grows by each `size`, and take `order[start : start + size]`.
# - `order = default_generator(generator).permutation(len(dataset))`, and each part is a `Subset(dataset, order[start : start + size])`.

# %% checks="random_split"


def test_parts_of_the_right_sizes():
    """The parts are Subsets of the dataset, as many and as large as asked for."""
    data = TensorDataset(arange(10))
    parts = random_split(data, [7, 2, 1], np.random.default_rng(0))
    if not isinstance(parts, list) or not all(isinstance(part, Subset) for part in parts):
        fail(
            "`random_split` should return a list of Subsets.",
            "Wrap each slice of indices: Subset(dataset, …).",
        )
    expect_equal([len(part) for part in parts], [7, 2, 1], "The sizes of `random_split(data, [7, 2, 1])`")
    if any(part.dataset is not data for part in parts):
        fail(
            "The subsets should look into the dataset that was given.",
            "Subset(dataset, indices) copies nothing.",
        )


def test_every_item_goes_to_one_part():
    """No item is in two parts, and none is left out."""
    parts = random_split(range(20), [12, 5, 3], np.random.default_rng(1))
    dealt = sorted(int(index) for part in parts for index in part.indices)
    hint = "Each part begins where the one before it ended."
    if len(set(dealt)) < len(dealt):
        fail("Some items went to two parts.", hint)
    expect_equal(dealt, list(range(20)), "All indices of all parts, sorted,", hint)


def test_chance_decides():
    """The items of a part are spread over the whole dataset, in no order."""
    first, _ = random_split(range(100), [80, 20], np.random.default_rng(0))
    indices = [int(index) for index in first.indices]
    if indices == list(range(80)):
        fail(
            "The first part got the first 80 items.",
            "Take slices of a random order: …permutation(len(dataset)).",
        )
    if indices == sorted(indices):
        fail("The items of a part are in their old order.", "Keep the random order within the part.")
    if max(indices) < 80:
        fail(
            "Only the first 80 items were mixed, and none of the last 20 came among them.",
            "Mix all indices first, then cut.",
        )


def test_the_generator_decides():
    """A generator of the same seed deals the same parts, one of another seed others; nothing else matters."""

    def deal(seed):
        return [
            [int(i) for i in part.indices]
            for part in random_split(range(50), [30, 20], np.random.default_rng(seed))
        ]

    hint = "Draw from `default_generator(generator)`, and from nothing else."
    manual_seed(0)
    once = deal(5)
    manual_seed(1)
    if deal(5) != once:
        fail("Two generators of the same seed dealt different parts.", hint)
    if deal(6) == once:
        fail("Generators of different seeds dealt the same parts.", hint)


def test_without_a_generator_manual_seed_decides():
    """Without a generator, the default one is used, so that `manual_seed` repeats the split."""

    def deal(seed):
        manual_seed(seed)
        with expect_no_error("`random_split` without a generator", hint):
            parts = random_split(range(50), [50])
        return [int(index) for index in parts[0].indices]

    hint = "`default_generator(generator)` is the default generator if `generator` is None."
    if deal(3) != deal(3):
        fail("After the same `manual_seed`, the parts differ.", hint)
    if deal(3) == deal(4):
        fail("After different calls of `manual_seed`, the parts are the same.", hint)


def test_fractions_are_lengths_too():
    """`[0.8, 0.2]` splits 10 items into 8 and 2; lengths that do not add up raise a ValueError."""
    hint = "`split_sizes(len(dataset), lengths)` turns fractions into numbers of items, and checks them."
    with expect_no_error("`random_split(data, [0.8, 0.2])`", hint):
        parts = random_split(range(10), [0.8, 0.2])
    expect_equal([len(part) for part in parts], [8, 2], "The sizes of `random_split(data, [0.8, 0.2])`", hint)
    expect_error(
        ValueError,
        lambda: random_split(range(10), [8, 1]),
        ["10", "[8, 1]"],
        "Splitting 10 items into 8 and 1",
        hint,
    )


# %% wrong="random_split" name="not_random" says="The first part got the first 80 items."
def random_split(dataset, lengths, generator=None):
    parts, start = [], 0
    for size in split_sizes(len(dataset), lengths):
        parts.append(Subset(dataset, range(start, start + size)))
        start += size
    return parts


# %% wrong="random_split" name="parts_overlap" says="Some items went to two parts."
def random_split(dataset, lengths, generator=None):
    order = default_generator(generator).permutation(len(dataset))
    return [Subset(dataset, order[:size]) for size in split_sizes(len(dataset), lengths)]


# %% wrong="random_split" name="own_randomness" says="Two generators of the same seed dealt different parts."
def random_split(dataset, lengths, generator=None):
    order = default_generator().permutation(len(dataset))
    parts, start = [], 0
    for size in split_sizes(len(dataset), lengths):
        parts.append(Subset(dataset, order[start : start + size]))
        start += size
    return parts


# %% wrong="random_split" name="returns_indices" says="should return a list of Subsets"
def random_split(dataset, lengths, generator=None):
    order = default_generator(generator).permutation(len(dataset))
    parts, start = [], 0
    for size in split_sizes(len(dataset), lengths):
        parts.append(order[start : start + size].tolist())
        start += size
    return parts


# %% wrong="random_split" name="takes_lengths_as_they_are" says="turns fractions into numbers of items"
def random_split(dataset, lengths, generator=None):
    order = default_generator(generator).permutation(len(dataset))
    parts, start = [], 0
    for size in lengths:
        parts.append(Subset(dataset, order[start : start + size]))
        start += size
    return parts


# %% experiment="splits" title="A validation set" needs=["tinydigits"]
digits = TinyDigits("train")
generator = np.random.default_rng(0)
train, validation = random_split(digits, [0.9, 0.1], generator)
print(len(train), "to train with,", len(validation), "to validate")
print("the first of them:", validation.indices[:6])
again = random_split(digits, [0.9, 0.1], np.random.default_rng(0))
print("the same split again:", again[1].indices == validation.indices)
classes = digits.targets.data[validation.indices]
print("validation digits a class:", np.bincount(classes).tolist())

# %% [markdown]
# The classes are not exactly even in the small part: chance does not deal evenly. Where that matters, people split class by class. TinyDigits' own split into train and test is
# even for that reason.

# %% [markdown]
# ## A new order every epoch
#
# The order in which a loader visits the items must be random, and different in every epoch. And it must be possible to *repeat*: chapter 07 stopped a run and went on as if nothing had happened.
# If the orders come one after another out of a generator, whoever wants epoch 7 has to know what was drawn before: in every earlier epoch, and by everything else that draws.
#
# There is a simpler way. Let the order be a *function* of two whole numbers, a seed and the number of the epoch. A generator may be seeded with a list of numbers, and mixes them well:

# %% experiment="seeds" title="Generators of two numbers"
for seed, epoch in [(0, 0), (0, 1), (1, 0), (0, 0)]:
    generator = np.random.default_rng([seed, epoch])
    print(f"seed {seed}, epoch {epoch}: {generator.permutation(8)}")

# %% exercise="random_sampler_iter" object="tinytorch.data.samplers:RandomSampler.__iter__" points=2 title="The order of an epoch"
# - Make a generator of this epoch's own: `np.random.default_rng([self.seed, self.epoch])`.
# - `generator.permutation(len(self))` is an array with every index once. An array's `.tolist()` has Python's ints.
# - A `for` loop calls `__iter__` and wants an iterator: `return iter(…)` of a list gives one.

# %% checks="random_sampler_iter"


def test_every_index_once():
    """Each index from 0 to n - 1 comes exactly once, as a Python int."""
    for n in (0, 1, 2, 30):
        what = f"The indices of `RandomSampler(range({n}), seed=0)`, sorted,"
        hint = "A permutation has every index once; a draw with `integers` or `choice` may not."
        advice = "`__iter__` returns an iterator: iter(…) of a list, for instance. (`shuffle` returns None.)"
        with expect_no_error("A loop over the sampler", advice):
            found = list(RandomSampler(range(n), seed=0))
        if any(type(index) is not int for index in found):
            fail(
                f"The indices are of type {type(found[0]).__name__}; they should be Python's ints.",
                "An array's `.tolist()` has them.",
            )
        expect_equal(sorted(found), list(range(n)), what, hint)
    letters = list(RandomSampler(["a", "b", "c"], seed=0))
    hint = "Indices, not items: permutation(len(self)) has the numbers from 0."
    expect_equal(sorted(map(str, letters)), ["0", "1", "2"], "The indices of three letters, sorted,", hint)


def test_the_order_is_random():
    """The order is neither ascending nor descending, and depends on the seed."""
    orders = [list(RandomSampler(range(50), seed)) for seed in (0, 1, 2)]
    for order in orders:
        if order in (sorted(order), sorted(order, reverse=True)):
            fail("The indices came in order.", "Mix them: generator.permutation(…).")
    if orders[0] == orders[1] or orders[1] == orders[2]:
        fail("Two seeds gave the same order.", "Start the generator from `[self.seed, self.epoch]`.")


def test_epochs_differ():
    """Another epoch has another order."""
    sampler, orders = RandomSampler(range(50), seed=3), []
    for epoch in range(4):
        sampler.set_epoch(epoch)
        orders.append(tuple(sampler))
    if len(set(orders)) < 4:
        fail(
            "Two epochs have the same order.", "The generator's seed has two parts: [self.seed, self.epoch]."
        )


def test_an_epoch_can_be_visited_again():
    """The same seed and epoch give the same order, whatever was drawn in between."""
    sampler = RandomSampler(range(50), seed=3)
    sampler.set_epoch(2)
    order = list(sampler)
    randn(10)
    if list(sampler) != order:
        fail(
            "Two loops over one epoch gave two orders.",
            "Make a new generator in every call, from the seed and the epoch as they are: `set_epoch` counts epochs.",
        )
    other = RandomSampler(range(50), seed=3)
    other.set_epoch(2)
    if list(other) != order:
        fail(
            "Two samplers of the same seed gave two orders for one epoch.",
            "Nothing else may matter: not the past, not the object.",
        )


def test_seed_and_epoch_are_two_things():
    """Seed 0 in epoch 1 has another order than seed 1 in epoch 0."""
    a, b = RandomSampler(range(50), seed=0), RandomSampler(range(50), seed=1)
    a.set_epoch(1)
    if list(a) == list(b):
        fail(
            "Epoch 1 of seed 0 has the order of epoch 0 of seed 1.",
            "A sum of the two cannot tell them apart. Give the generator both, in a list.",
        )


def test_nobody_else_is_disturbed():
    """The default generator goes on as if no order had been drawn."""
    manual_seed(0)
    expected = default_generator().random()
    manual_seed(0)
    list(RandomSampler(range(50), seed=7))
    if default_generator().random() != expected:
        fail(
            "The sampler drew from the default generator.",
            "Make a generator of its own: np.random.default_rng([…]).",
        )


# %% wrong="random_sampler_iter" name="forgets_the_epoch" says="Two epochs have the same order."
def __iter__(self):
    generator = np.random.default_rng(self.seed)
    return iter(generator.permutation(len(self)).tolist())


# %% wrong="random_sampler_iter" name="adds_them_up" says="A sum of the two cannot tell them apart."
def __iter__(self):
    generator = np.random.default_rng(self.seed + self.epoch)
    return iter(generator.permutation(len(self)).tolist())


# %% wrong="random_sampler_iter" name="default_generator" says="Two loops over one epoch gave two orders."
def __iter__(self):
    return iter(default_generator().permutation(len(self)).tolist())


# %% wrong="random_sampler_iter" name="with_replacement" says="A permutation has every index once"
def __iter__(self):
    generator = np.random.default_rng([self.seed, self.epoch])
    return iter(generator.integers(0, max(len(self), 1), len(self)).tolist())


# %% wrong="random_sampler_iter" name="numpy_numbers" says="they should be Python's ints"
def __iter__(self):
    generator = np.random.default_rng([self.seed, self.epoch])
    return iter(generator.permutation(len(self)))


# %% wrong="random_sampler_iter" name="not_an_iterator" says="`__iter__` returns an iterator"
def __iter__(self):
    generator = np.random.default_rng([self.seed, self.epoch])
    return generator.permutation(len(self)).tolist()


# %% [markdown]
# ## So many at a time
#
# Indices come one by one, and training wants them in groups of `batch_size`. 1,000 items in batches of 32 leave 8 over at the end. Usually those make a last, smaller batch. With `drop_last` they are left out of this epoch: some
# layers, and some measurements, want all batches to be of one size. The next epoch has another order, so nobody is left out for ever.
#
# The sampler may be long, and the first batch should not wait for all of it. Write this as a **generator**: a function with `yield` in it, which hands out one list, stops there, and goes on when the next one is asked for.

# %% exercise="batch_sampler_iter" object="tinytorch.data.samplers:BatchSampler.__iter__" points=2 title="Group indices into batches"
# - `indices = iter(self.sampler)` gives them one by one. `islice(indices, n)`, from Python's itertools, takes the next n of them, or what is left.
# - So `list(islice(indices, self.batch_size))` is the next batch, a new list each time, and an empty one when nothing is left. Collecting indices in a loop does as well, if each batch begins a *new* list: whoever received the old one still uses it.
# - `while batch := list(islice(indices, self.batch_size)):` goes on for as long as there are any. Inside, `yield batch` if it is full, or if what is left counts: `if len(batch) == self.batch_size or not self.drop_last:`.

# %% checks="batch_sampler_iter"


def test_groups_in_order():
    """Six indices in batches of two are three lists, in the sampler's order."""
    advice = "Hand each list out with `yield batch`: a `return` would end it all with the first one."
    with expect_no_error("A loop over the batches", advice):
        found = list(BatchSampler([5, 3, 1, 0, 2, 4], batch_size=2))
    mistakes = [([], "No list was ever full. Begin a new one only when the old one was given out.")]
    expect_equal(
        found,
        [[5, 3], [1, 0], [2, 4]],
        "The batches of `[5, 3, 1, 0, 2, 4]`",
        "Keep the order in which the indices come.",
        mistakes,
    )


def test_what_is_left_makes_a_smaller_batch():
    """Seven indices in batches of three: the last batch has one."""
    expect_equal(
        list(BatchSampler(range(7), batch_size=3)),
        [[0, 1, 2], [3, 4, 5], [6]],
        "The batches of three of `range(7)`",
        "When the loop over the sampler ends, some indices may wait in the list. They are a batch, too.",
        [
            (
                [[0, 1, 2], [3, 4, 5]],
                "The last index is missing: what is left after the loop is a batch, too, unless `self.drop_last`.",
            )
        ],
    )


def test_drop_last_leaves_it_out():
    """With `drop_last`, only full batches come."""
    hint = "With `self.drop_last`, what is left after the loop is not given out."
    expect_equal(
        list(BatchSampler(range(7), 3, drop_last=True)),
        [[0, 1, 2], [3, 4, 5]],
        "`range(7)` in threes, with drop_last,",
        hint,
    )
    expect_equal(
        list(BatchSampler(range(2), 3, drop_last=True)), [], "`range(2)` in threes, with drop_last,", hint
    )


def test_no_empty_batch():
    """When the batches come out even, or there is nothing, no empty list comes last."""
    hint = "Look before you give out what is left: an empty list is no batch."
    expect_equal(list(BatchSampler(range(4), 2)), [[0, 1], [2, 3]], "`range(4)` in twos", hint)
    expect_equal(
        list(BatchSampler(range(4), 2, drop_last=True)),
        [[0, 1], [2, 3]],
        "`range(4)` in twos, with drop_last,",
        hint,
    )
    expect_equal(list(BatchSampler([], 2)), [], "No indices", hint)


def test_batches_stay_what_they_were():
    """A batch that was received does not change when the next one comes."""
    batches = iter(BatchSampler(range(4), 2))
    first = next(batches, None)
    next(batches, None)
    expect_equal(
        first,
        [0, 1],
        "The first batch, after the second was made,",
        "Begin a new list for each batch. `clear` empties the one that you gave away.",
    )


def test_only_as_far_as_needed():
    """The first batch asks the sampler for no more indices than it needs."""
    asked = []

    class Counting:
        def __len__(self):
            return 100

        def __iter__(self):
            for index in range(100):
                asked.append(index)
                yield index

    next(iter(BatchSampler(Counting(), 3)), None)
    if len(asked) > 4:
        fail(
            f"For the first batch of 3, the sampler was asked for {len(asked)} indices.",
            "Yield each batch as soon as it is full; do not collect everything first.",
        )


def test_every_pass_starts_again():
    """Two loops over one BatchSampler see the same batches."""
    batches = BatchSampler(range(5), 2)
    expect_equal(
        list(batches),
        list(batches),
        "The batches of a second loop",
        "Keep nothing between passes: local variables only.",
    )


# %% wrong="batch_sampler_iter" name="loses_the_last" says="The last index is missing"
def __iter__(self):
    batch = []
    for index in self.sampler:
        batch.append(index)
        if len(batch) == self.batch_size:
            yield batch
            batch = []


# %% wrong="batch_sampler_iter" name="never_drops" says="what is left after the loop is not given out"
def __iter__(self):
    batch = []
    for index in self.sampler:
        batch.append(index)
        if len(batch) == self.batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


# %% wrong="batch_sampler_iter" name="empty_batch" says="an empty list is no batch"
def __iter__(self):
    batch = []
    for index in self.sampler:
        batch.append(index)
        if len(batch) == self.batch_size:
            yield batch
            batch = []
    if not self.drop_last:
        yield batch


# %% wrong="batch_sampler_iter" name="one_list_for_all" says="Begin a new list for each batch."
def __iter__(self):
    batch = []
    for index in self.sampler:
        batch.append(index)
        if len(batch) == self.batch_size:
            yield batch
            batch.clear()
    if batch and not self.drop_last:
        yield batch


# %% wrong="batch_sampler_iter" name="all_at_once" says="do not collect everything first"
def __iter__(self):
    indices = list(self.sampler)
    for start in range(0, len(indices), self.batch_size):
        batch = indices[start : start + self.batch_size]
        if len(batch) == self.batch_size or not self.drop_last:
            yield batch


# %% wrong="batch_sampler_iter" name="used_up" says="Keep nothing between passes"
def __iter__(self):
    if not hasattr(self, "indices"):
        self.indices = iter(self.sampler)
    batch = []
    for index in self.indices:
        batch.append(index)
        if len(batch) == self.batch_size:
            yield batch
            batch = []
    if batch and not self.drop_last:
        yield batch


# %% experiment="batches_of_indices" title="Two epochs of indices"
sampler = RandomSampler(range(10), seed=1)
for epoch in (0, 1):
    sampler.set_epoch(epoch)
    print(f"epoch {epoch}:", list(BatchSampler(sampler, 4)))
full = BatchSampler(sampler, 4, drop_last=True)
print("with drop_last:", list(full))

# %% [markdown]
# ## Join the items
#
# Four indices give four items, and a layer wants one tensor with a first dimension of four. Joining items is called **collating**. What has to happen depends on what the items are made of: tensors are
# stacked, numbers become one tensor, strings have no tensor and stay a list. And items are rarely just one thing. A tuple (image, target) for each item should become *one* tuple of a batch of images and a batch of targets.
#
# That is the same task again, for each part of the tuple: all first parts, then all second parts. So `collate` may call itself, with simpler items each time, until there are no tuples left. Two helpers ship written. `kind_of(items)` looks at the items, refuses what makes no batch, and says what they are; `stack` puts tensors on top of
# each other.

# %% exercise="collate" object="tinytorch.data.collate:collate" points=3 title="Many items become one batch"
# - `kind = kind_of(items)`, and then five cases. The first three are a line each: `stack(items)`, a `Tensor` of the list, the list.
# - `zip(*items)` turns a list of pairs into two columns: all first parts, and all second parts. Collate each column.
# - Dicts: `{key: collate([item[key] for item in items]) for key in items[0]}`. Tuples: `tuple(collate(column) for column in zip(*items, strict=True))`.

# %% checks="collate"


def test_tensors_are_stacked():
    """Tensors and arrays of one shape get a new first dimension."""
    rows = [Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0]]), Tensor([[5.0, 6.0]])]
    expected = [[[1, 2]], [[3, 4]], [[5, 6]]]
    mistakes = [
        (
            [[1, 2], [3, 4], [5, 6]],
            "They were joined along the dimension that they have. `stack` makes a new one.",
        )
    ]
    expect_tensor(
        collate(rows),
        expected,
        "`collate` of three `(1, 2)` tensors",
        "float32",
        "`stack(items)` does this.",
        mistakes,
    )
    expect_tensor(collate([row.data for row in rows]), expected, "The same of arrays", "float32")


def test_numbers_become_a_tensor():
    """Numbers become a 1-d Tensor, of the dtype that numbers of their kind have."""
    hint = (
        "Give Tensor the list of items: it knows what becomes float32. An array of NumPy's would be float64."
    )
    for items, dtype in [([7, 1, 4], "int32"), ([0.5, 1.5], "float32"), ([True, False], "bool")]:
        expect_tensor(collate(items), items, f"`collate({items})`", dtype, hint)
    expect_tensor(collate((7, 8)), [7, 8], "`collate((7, 8))`", "int32")


def test_strings_stay_a_list():
    """Strings become a list."""
    hint = "There is no tensor of strings: make a list of them, list(items)."
    with expect_no_error("`collate` of strings", hint):
        three, two = collate(["who", "am", "I"]), collate(("a", "b"))
    expect_equal(three, ["who", "am", "I"], "`collate` of three strings", hint)
    expect_equal(two, ["a", "b"], '`collate(("a", "b"))`', hint)


def test_pairs_become_a_pair():
    """Three items (image, target) become one tuple: a batch of images, a batch of targets."""
    items = [(Tensor([1.0, 2.0]), 7), (Tensor([3.0, 4.0]), 8), (Tensor([5.0, 6.0]), 9)]
    hint = "`zip(*items)` turns three pairs into two columns. Collate each, and put the results in a tuple."
    with expect_no_error("`collate` of three pairs", hint):
        batch = collate(items)
    expect_tensors(batch, [[[1, 2], [3, 4], [5, 6]], [7, 8, 9]], "`collate` of three pairs", hint)


def test_tuples_nest():
    """Tuples within tuples, and lists, are collated in the same way, all the way down."""
    items = [(1, (2.0, "a")), (3, (4.0, "b"))]
    hint = "A column may hold tuples again: let `collate` call itself on every column."
    with expect_no_error("`collate` of nested tuples", hint):
        batch = collate(items)
    if not isinstance(batch, tuple) or len(batch) != 2 or not isinstance(batch[1], tuple):
        fail(
            f"`collate([(1, (2.0, 'a')), (3, (4.0, 'b'))])` gave {batch!r}; it should be a tuple with a tuple inside.",
            hint,
        )
    expect_tensor(batch[0], [1, 3], "The first part", "int32", hint)
    expect_tensor(batch[1][0], [2, 4], "The first part inside", "float32", hint)
    expect_equal(batch[1][1], ["a", "b"], "The second part inside", hint)
    with expect_no_error("`collate` of lists in place of tuples", hint):
        lists = collate([[1, 2.0], [3, 4.0]])
    expect_tensors(lists, [[1, 3], [2, 4]], "`collate([[1, 2.0], [3, 4.0]])`", hint)


def test_dicts_become_a_dict():
    """Items that are dicts become one dict, with a batch for each key."""
    hint = "For each key of the first item: collate what the items have there."
    with expect_no_error("`collate` of two dicts", hint):
        batch = collate([{"x": Tensor([1.0]), "y": 2}, {"x": Tensor([3.0]), "y": 4}])
    if not isinstance(batch, dict) or sorted(batch) != ["x", "y"]:
        fail(
            f"`collate` of two dicts with x and y gave {type(batch).__name__}; it should be a dict with x and y.",
            hint,
        )
    expect_tensor(batch["x"], [[1], [3]], "Its entry x", "float32", hint)
    expect_tensor(batch["y"], [2, 4], "Its entry y", "int32", hint)
    with expect_no_error("`collate` of one dict", hint):
        alone = collate([{"x": 5}])
    expect_tensor(alone["x"], [5], "The entry of one dict alone", "int32", hint)


def test_what_makes_no_batch_is_refused():
    """No items, items of different shapes or lengths, and unknown things raise the errors of the helpers."""
    hint = "`kind_of(items)` raises these errors: call it first, and let them pass."
    expect_error(ValueError, lambda: collate([]), ["no items"], "`collate([])`", hint)
    expect_error(ValueError, lambda: collate([(1, 2), (3,)]), ["1, 2"], "`collate([(1, 2), (3,)])`", hint)
    expect_error(TypeError, lambda: collate([1, "one"]), ["str"], '`collate([1, "one"])`', hint)
    expect_error(
        ValueError,
        lambda: collate([zeros(2), zeros(3)]),
        ["(2,)", "(3,)"],
        "`collate([zeros(2), zeros(3)])`",
        hint,
    )


# %% wrong="collate" name="concatenates" says="They were joined along the dimension that they have."
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        stack(items)
        return Tensor(
            np.concatenate(
                [getattr(item, "data", item) if isinstance(item, Tensor) else item for item in items]
            )
        )
    if kind == "numbers":
        return Tensor(list(items))
    if kind == "strings":
        return list(items)
    if kind == "dicts":
        return {key: collate([item[key] for item in items]) for key in items[0]}
    return tuple(collate(column) for column in zip(*items, strict=True))


# %% wrong="collate" name="does_not_go_down" says="`zip(*items)` turns three pairs into two columns."
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        return stack(items)
    if kind == "numbers":
        return Tensor(list(items))
    if kind == "dicts":
        return {key: [item[key] for item in items] for key in items[0]}
    return list(items)


# %% wrong="collate" name="one_level_only" says="let `collate` call itself on every column"
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        return stack(items)
    if kind == "numbers":
        return Tensor(list(items))
    if kind == "strings":
        return list(items)
    columns = []
    for column in zip(*items, strict=True):
        of = kind_of(column)
        columns.append(
            stack(column) if of == "tensors" else Tensor(list(column)) if of == "numbers" else list(column)
        )
    return tuple(columns)


# %% wrong="collate" name="a_list_of_columns" says="it should be a tuple of 2 Tensors"
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        return stack(items)
    if kind == "numbers":
        return Tensor(list(items))
    if kind == "strings":
        return list(items)
    if kind == "dicts":
        return {key: collate([item[key] for item in items]) for key in items[0]}
    return [collate(column) for column in zip(*items, strict=True)]


# %% wrong="collate" name="everything_is_float" says="has dtype float32; it should be int32"
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        return stack(items)
    if kind == "numbers":
        return Tensor(items, dtype="float32")
    if kind == "strings":
        return list(items)
    if kind == "dicts":
        return {key: collate([item[key] for item in items]) for key in items[0]}
    return tuple(collate(column) for column in zip(*items, strict=True))


# %% wrong="collate" name="strings_into_a_tensor" says="There is no tensor of strings"
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        return stack(items)
    if kind == "dicts":
        return {key: collate([item[key] for item in items]) for key in items[0]}
    if kind == "tuples":
        return tuple(collate(column) for column in zip(*items, strict=True))
    return Tensor(list(items))


# %% wrong="collate" name="looks_for_itself" says="`kind_of(items)` raises these errors"
def collate(items):
    first = items[0]
    if isinstance(first, (Tensor, np.ndarray)):
        return stack(items)
    if isinstance(first, str):
        return list(items)
    if isinstance(first, dict):
        return {key: collate([item[key] for item in items]) for key in first}
    if isinstance(first, (tuple, list)):
        return tuple(collate(column) for column in zip(*items, strict=True))
    return Tensor(list(items))


# %% experiment="first_batch" title="A batch of digits" needs=["tinydigits"]
digits = TinyDigits("train")
images, targets = collate([digits[i] for i in (0, 1, 2, 3)])
print("images", images.shape, images.dtype)
print("targets", targets)

# %% [markdown]
# ## The loader
#
# Now put the parts in a row. A `DataLoader` holds a dataset and a batch sampler, and every `for` loop over it is one epoch. How one batch is loaded is written already, in `load`, which gets the batch's number in the epoch and the indices:

# %% pull="tinytorch.data.loader:DataLoader.load"

# %% [markdown]
# Two things in it are worth a look. An error on the way gets a note that says which items it was about; among a million files, that is what you want to know. And `seeded` lends the batch a random generator of its own, started from three numbers: seed, epoch and batch. While the batch is loaded, it takes the place of the default generator. Whatever is random in a
# dataset, such as shifting images a little, then depends on these three and on nothing else, just as the order does.
#
# The numbers also say where a run *is*. `self.epoch` is the epoch that is running, `self.position` counts the batches of it that were handed out. Both are in the loader's `state_dict()`, and a loader that gets them from a checkpoint goes on right there. It is `begin`, also written, that looks
# whether there is something to go on with:

# %% pull="tinytorch.data.loader:DataLoader.begin"

# %% [markdown]
# Two helpers more. `islice(pairs, n, None)`, with a `None` at the end, leaves out the first n pairs and goes on with the others. And `prefetch(load, requests, workers, ahead)` yields `load(request)` for each request, in order. With workers it loads some ahead of time. How, you will see below; here it is enough to hand it your `self.num_workers`.

# %% exercise="data_loader_iter" object="tinytorch.data.loader:DataLoader.__iter__" points=3 title="One epoch of batches"
# - Begin with `self.begin()`. `enumerate(self.batch_sampler)` gives pairs of a batch's number and its indices, and `islice(pairs, self.position, None)` leaves out the first ones.
# - Loop over `prefetch(self.load, pairs, self.num_workers, self.prefetch_factor)`. Count first and `yield` then: whoever asks for the state while holding the batch has received it.
# - After the loop: `self.epoch += 1` and `self.position = 0`.

# %% checks="data_loader_iter"


def test_an_epoch_in_batches():
    """A loop over the loader gives every batch once, collated."""
    loader = DataLoader(TensorDataset(arange(5), arange(5) * 10), batch_size=2)
    with expect_no_error(
        "A loop over the loader", "Write `__iter__` as a generator: a loop with `yield` in it."
    ):
        batches = list(loader)
    expect_equal(
        len(batches),
        3,
        "The number of batches of 5 items in twos",
        "Each pair of the batch sampler makes one batch.",
    )
    for batch, expected in zip(batches, [[0, 1], [2, 3], [4]], strict=True):
        expect_tensors(
            batch,
            [expected, [10 * i for i in expected]],
            "A batch",
            "Yield what `self.load` makes of each pair.",
        )


def test_every_loop_is_another_epoch():
    """A second loop gives every item again, in another order; the loader counts the epochs."""
    loader = DataLoader(list(range(30)), batch_size=7, shuffle=True, generator=np.random.default_rng(0))
    orders = [[i for batch in loader for i in batch.tolist()] for _ in range(3)]
    for order in orders:
        expect_equal(sorted(order), list(range(30)), "All items of an epoch, sorted,")
    hint = "Call `self.begin()` first, and count the epoch when its last batch is gone: self.epoch += 1."
    if len({tuple(order) for order in orders}) < 3:
        fail("Two epochs had the same order.", hint)
    expect_equal(
        (loader.epoch, loader.position),
        (3, 0),
        "`(epoch, position)` after three epochs",
        "After the last batch the next epoch begins at position 0.",
    )


def test_position_counts_what_was_handed_out():
    """While the caller holds the second batch, `position` is 2."""
    loader, seen = DataLoader(list(range(8)), batch_size=2), []
    for _ in loader:
        seen.append((loader.epoch, loader.position))
    hint = "Add to `self.position` before the `yield`: the code after it runs only when the next batch is asked for."
    mistakes = [
        ([(0, 0), (0, 1), (0, 2), (0, 3)], hint),
        ([(0, 0)] * 4, "Nobody counts: self.position += 1 for each batch."),
    ]
    expect_equal(
        seen, [(0, 1), (0, 2), (0, 3), (0, 4)], "`(epoch, position)` seen with each batch", hint, mistakes
    )


def test_a_stopped_run_goes_on():
    """A loader that gets the state of another one gives the batches that were still to come, and then the next epoch."""

    def run(loader, count):
        batches = []
        while len(batches) < count:
            for batch in loader:
                batches.append(batch.tolist())
                if len(batches) == count:
                    break
        return batches

    def make(seed):
        return DataLoader(list(range(10)), batch_size=3, shuffle=True, generator=np.random.default_rng(seed))

    whole = run(make(0), 10)
    for count in (1, 3, 6):
        first = make(0)
        start = run(first, count)
        second = make(1)
        second.load_state_dict(first.state_dict())
        hint = "`self.begin()` decides on the epoch; then leave out the first `self.position` pairs."
        expect_equal(
            start + run(second, 10 - count),
            whole,
            f"A run that was stopped after batch {count}, and the rest of it,",
            hint,
        )


def test_what_is_skipped_is_not_loaded():
    """To go on at batch 3, the loader loads nothing before it."""
    loaded = []

    class Watched(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            loaded.append(index)
            return index

    loader = DataLoader(Watched(), batch_size=2)
    loader.load_state_dict({"seed": 0, "epoch": 0, "position": 3, "batches": 4})
    list(loader)
    expect_equal(
        loaded,
        [6, 7],
        "The items that were loaded to go on at batch 3",
        "Skip pairs, before they are loaded: islice(enumerate(…), self.position, None).",
    )


def test_numbers_belong_to_batches():
    """What is random in a batch is the same whether the run was stopped before it or not."""

    class Noise(Dataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            return int(default_generator().integers(1000))

    def make():
        return DataLoader(Noise(), batch_size=2, generator=np.random.default_rng(0))

    whole = [batch.tolist() for batch in make()]
    if whole[0] == whole[1]:
        fail(
            "Two batches got the same random numbers.",
            "Every batch has its own number: enumerate(self.batch_sampler).",
        )
    loader = make()
    loader.load_state_dict({**loader.state_dict(), "position": 1})
    expect_equal(
        [batch.tolist() for batch in loader],
        whole[1:],
        "The random numbers of batches 1 and 2, when the run goes on at 1,",
        "A batch keeps its number: count with enumerate first, and skip then.",
    )


def test_a_broken_off_epoch_is_over():
    """After a `break`, the next loop is a whole new epoch."""
    loader = DataLoader(list(range(10)), batch_size=4, shuffle=True)
    for _ in loader:
        break
    found = sorted(i for batch in loader for i in batch.tolist())
    expect_equal(
        found,
        list(range(10)),
        "All items of the loop after a `break`, sorted,",
        "`self.begin()` sees to that: call it first.",
    )
    expect_equal(
        (loader.epoch, loader.position),
        (2, 0),
        "`(epoch, position)` after that",
        "`self.begin()` sees to that.",
    )


def test_workers_are_told():
    """The loader's number of workers, and how far ahead they load, reach `prefetch`."""
    import tinytorch.data.loader as module

    told, original = [], module.prefetch

    def spy(load, requests, workers=None, ahead=None):
        told.append((workers, ahead))
        return original(load, requests, 0)

    module.prefetch = spy
    loader = DataLoader(list(range(4)), batch_size=2, prefetch_factor=5)
    loader.num_workers = 3
    expect_equal(len(list(loader)), 2, "The number of batches with three workers")
    hint = "Let `prefetch(self.load, pairs, self.num_workers, self.prefetch_factor)` load the batches."
    expect_equal(told, [(3, 5)], "`(workers, ahead)` that `prefetch` was called with", hint)


# %% wrong="data_loader_iter" name="does_not_begin" says="Call `self.begin()` first"
def __iter__(self):
    pairs = islice(enumerate(self.batch_sampler), self.position, None)
    for batch in prefetch(self.load, pairs, self.num_workers, self.prefetch_factor):
        self.position += 1
        yield batch
    self.epoch += 1
    self.position = 0


# %% wrong="data_loader_iter" name="counts_too_late" says="Add to `self.position` before the `yield`"
def __iter__(self):
    self.begin()
    pairs = islice(enumerate(self.batch_sampler), self.position, None)
    for batch in prefetch(self.load, pairs, self.num_workers, self.prefetch_factor):
        yield batch
        self.position += 1
    self.epoch += 1
    self.position = 0


# %% wrong="data_loader_iter" name="always_from_the_start" says="then leave out the first `self.position` pairs"
def __iter__(self):
    self.begin()
    pairs = enumerate(self.batch_sampler)
    for batch in prefetch(self.load, pairs, self.num_workers, self.prefetch_factor):
        self.position += 1
        yield batch
    self.epoch += 1
    self.position = 0


# %% wrong="data_loader_iter" name="loads_and_throws_away" says="Skip pairs, before they are loaded"
def __iter__(self):
    self.begin()
    batches = prefetch(self.load, enumerate(self.batch_sampler), self.num_workers, self.prefetch_factor)
    for batch in islice(batches, self.position, None):
        self.position += 1
        yield batch
    self.epoch += 1
    self.position = 0


# %% wrong="data_loader_iter" name="numbers_from_zero" says="count with enumerate first, and skip then"
def __iter__(self):
    self.begin()
    pairs = enumerate(islice(self.batch_sampler, self.position, None))
    for batch in prefetch(self.load, pairs, self.num_workers, self.prefetch_factor):
        self.position += 1
        yield batch
    self.epoch += 1
    self.position = 0


# %% wrong="data_loader_iter" name="the_epoch_never_ends" says="count the epoch when its last batch is gone"
def __iter__(self):
    self.begin()
    pairs = islice(enumerate(self.batch_sampler), self.position, None)
    for batch in prefetch(self.load, pairs, self.num_workers, self.prefetch_factor):
        self.position += 1
        yield batch
    self.position = 0


# %% wrong="data_loader_iter" name="does_it_alone" says="Let `prefetch(self.load, pairs, self.num_workers"
def __iter__(self):
    self.begin()
    for pair in islice(enumerate(self.batch_sampler), self.position, None):
        batch = self.load(pair)
        self.position += 1
        yield batch
    self.epoch += 1
    self.position = 0


# %% wrong="data_loader_iter" name="yields_indices" says="Yield what `self.load` makes of each pair."
def __iter__(self):
    self.begin()
    for pair in islice(enumerate(self.batch_sampler), self.position, None):
        self.position += 1
        yield pair
    self.epoch += 1
    self.position = 0


# %% experiment="stop_and_go_on" title="Stop in the middle of an epoch, and go on"
manual_seed(0)
data = TensorDataset(arange(10))
loader = DataLoader(data, batch_size=3, shuffle=True)
for (numbers,) in loader:
    print("first run: ", numbers.tolist(), loader.state_dict())
    if loader.position == 2:
        state = loader.state_dict()
        break

later = DataLoader(data, batch_size=3, shuffle=True)
later.load_state_dict(state)
for (numbers,) in later:
    print("second run:", numbers.tolist())

# %% [markdown]
# Four whole numbers are the loader's entire state. Chapter 07's `Trainer` puts them into its checkpoint by itself, when it is given a loader in place of a list.

# %% [markdown]
# ## One question instead of thirty-two
#
# How fast is it? A batch of 32 asks the dataset 32 times, makes 64 small tensors and joins them again. All that to copy rows out of one array. NumPy can take many rows in one go, with a list of indices: `array[[7, 2, 9]]`.
#
# Before you change anything, guess.

# %% [markdown] question="predict_fetch"
# One epoch over 4,000 digits in batches of 32 takes some time if the items are loaded one by one and collated. What does it gain if each batch is a single indexing operation?
#
# - [ ] Nothing: the same bytes are copied :: The bytes are the same. But ask what else happens for each of the 4,000 items.
# - [ ] A tenth or so :: Count the Python calls for a batch: 32 times several of them, against a few.
# - [x] It is several times faster :: For each item Python makes tensors, calls methods, looks at dtypes, and stacks. Copying 3 kB of pixels takes less time than all of that.

# %% experiment="one_by_one" title="An epoch, item by item" needs=["tinydigits"]
digits = TinyDigits("train")
data = TensorDataset(digits.images.reshape(-1, 784), digits.targets)
batches = list(BatchSampler(RandomSampler(data, seed=0), 32))

start = time.perf_counter()
for indices in batches:
    collate([data[i] for i in indices])
items = time.perf_counter() - start

start = time.perf_counter()
for indices in batches:
    data.tensors[0].data[indices], data.tensors[1].data[indices]
rows = time.perf_counter() - start

start = time.perf_counter()
for indices in batches:
    data.tensors[0].data.take(indices, axis=0), data.tensors[1].data.take(indices, axis=0)
taken = time.perf_counter() - start

print(f"item by item:        {items * 1e3:7.1f} ms an epoch")
print(f"one index a batch:   {rows * 1e3:7.1f} ms an epoch, {items / rows:.0f} times as fast")
print(f"take instead:        {taken * 1e3:7.1f} ms an epoch, {items / taken:.0f} times as fast")

# %% [markdown]
# `take(indices, axis=0)` gives the same rows as `[indices]`. An index may also be a mask, a slice, or one for each dimension, and NumPy finds out which; `take` only copies rows.
#
# `Dataset` has a method for this, `fetch(indices)`, which returns a whole batch. The base class does it item by item, so that every dataset works. One that keeps its items in arrays may do better, and the loader never
# notices: `load` calls `fetch`.

# %% pull="tinytorch.data.dataset:Dataset.fetch"

# %% exercise="tensor_dataset_fetch" object="tinytorch.data.dataset:TensorDataset.fetch" points=2 title="A batch with one index"
# - Make one array of positions, `rows = np.asarray(indices, dtype=np.intp)` (`intp` is NumPy's type for positions), and index each tensor with it: `tensor[rows]`. Quicker is `tensor.data.take(rows, axis=0)`, which gives an array of the same rows.
# - The rest is as in `__getitem__`: a tuple, here of `Tensor(tensor.data.take(rows, axis=0))` for each `tensor in self.tensors`.

# %% checks="tensor_dataset_fetch"


def test_the_rows_of_every_tensor():
    """`fetch([3, 0, 3])` is a tuple: rows 3, 0 and 3 of every tensor, in that order."""
    data = TensorDataset(arange(8, dtype="float32").reshape(4, 2), Tensor([3, 1, 4, 1]))
    hint = "Index each tensor with all the positions at once: they may come in any order, and more than once."
    with expect_no_error("`data.fetch([3, 0, 3])`", hint):
        batch = data.fetch([3, 0, 3])
    expect_tensors(batch, [[[6, 7], [0, 1], [6, 7]], [1, 3, 1]], "`data.fetch([3, 0, 3])`", hint)


def test_the_same_as_collating():
    """It is the same batch, of the same dtypes, as items that are collated one by one."""
    data = TensorDataset(randn(20, 3, 2), arange(20), Tensor([True, False] * 10), randn(20, dtype="float64"))
    indices = [4, 19, 0, 7]
    together, single = data.fetch(indices), collate([data[i] for i in indices])
    expect_tensors(together, [part.data for part in single], "`data.fetch([4, 19, 0, 7])`")
    expect_equal(
        [part.dtype for part in together], [part.dtype for part in single], "The dtypes of its parts"
    )


def test_each_tensor_is_asked_once():
    """A batch of ten rows asks each tensor once, not ten times."""
    asked = []

    class Counting(Tensor):
        def __getitem__(self, index):
            asked.append(index)
            return Tensor(self.data[index])

    class Single(TensorDataset):
        def __getitem__(self, index):
            asked.append(index)
            return super().__getitem__(index)

    Single(Counting(np.zeros((30, 2), dtype="float32")), Counting(np.arange(30))).fetch(list(range(10)))
    if len(asked) > 2:
        fail(
            f"For ten rows of two tensors, somebody was asked {len(asked)} times: one by one.",
            "Index with an array of all positions: tensor[rows].",
        )


def test_any_sequence_of_positions():
    """The indices may be a list, a tuple, a range or an array; and there may be none."""
    data = TensorDataset(arange(12).reshape(6, 2))
    hint = "A tuple inside the brackets means one index for each dimension. Make an array of it first: np.asarray(indices, dtype=np.intp)."
    for indices in ((1, 0), range(1, 3), np.array([5, 5])):
        what = f"`data.fetch({indices!r})`"
        with expect_no_error(what, hint):
            batch = data.fetch(indices)
        expect_tensors(batch, [[[2 * i, 2 * i + 1] for i in indices]], what, hint)
    with expect_no_error("`data.fetch([])`", hint):
        empty = data.fetch([])
    expect_tensors(
        empty,
        [np.zeros((0, 2))],
        "`data.fetch([])`",
        "Give the array its dtype: an empty list would make one of floats.",
    )


def test_the_dataset_is_safe():
    """Writing into a batch leaves the dataset as it was."""
    images = zeros(4, 2)
    (batch,) = TensorDataset(images).fetch([0, 1])
    batch[0] = 5.0
    expect_unchanged(images, np.zeros((4, 2)), "images", "Writing into a batch")


# %% wrong="tensor_dataset_fetch" name="one_by_one" says="one by one"
def fetch(self, indices):
    if len(indices) == 0:
        return tuple(tensor[0:0] for tensor in self.tensors)
    return collate([self[index] for index in indices])


# %% wrong="tensor_dataset_fetch" name="a_slice" says="they may come in any order, and more than once"
def fetch(self, indices):
    return tuple(tensor[min(indices) : max(indices) + 1] for tensor in self.tensors)


# %% wrong="tensor_dataset_fetch" name="as_they_come" says="A tuple inside the brackets means one index for each dimension."
def fetch(self, indices):
    return tuple(tensor[indices] for tensor in self.tensors)


# %% wrong="tensor_dataset_fetch" name="returns_a_list" says="it should be a tuple of 2 Tensors"
def fetch(self, indices):
    rows = np.asarray(indices, dtype=np.intp)
    return [tensor[rows] for tensor in self.tensors]


# %% experiment="batch_sizes" title="Loading an epoch, by the size of the batch" needs=["matplotlib", "tinydigits"] alt="Line plot on two logarithmic axes: milliseconds for one epoch over 2,000 digits against the batch size, 1 to 256. Item by item, the time soon stops falling; with one index a batch it goes on falling as batches grow."
import matplotlib.pyplot as plt

digits = TinyDigits("train")
images = digits.images[:2000].reshape(-1, 784)
data = TensorDataset(images, digits.targets[:2000])


def epoch(loader):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in loader:
            pass
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


sizes, items, rows = [1, 4, 16, 64, 256], [], []
for size in sizes:
    slow = DataLoader(data, size, shuffle=True, collate_fn=collate)
    items.append(epoch(slow))
    rows.append(epoch(DataLoader(data, size, shuffle=True)))
    print(f"batches of {size:3}: {items[-1]:8.2f} ms item by item,", end=" ")
    print(f"{rows[-1]:8.2f} ms together")

figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
axes.plot(sizes, items, marker="o", label="item by item")
axes.plot(sizes, rows, "s--", label="one index a batch")
axes.set_xscale("log", base=2)
axes.set_yscale("log")
axes.set_xticks(sizes, [str(size) for size in sizes])
axes.set_xlabel("batch size")
axes.set_ylabel("milliseconds an epoch")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# In batches of 1, both pay for every item. As batches grow, the lower line falls until copying the pixels is all that is left. The upper line soon stops falling, because its items still come one by one. A `collate_fn` of one's own, as in the upper line, always gets a list of
# items, so it gives up this gain: know what it costs.

# %% [markdown]
# ## Scale what goes in
#
# Pixels are between 0 and 1, and most of a digit's picture is black. Layers learn best from inputs around 0 with a spread of about 1: the weights of module 03 were drawn with that in mind. **Normalizing** subtracts the mean and divides by the standard
# deviation, for each channel. A digit has one channel, a photograph three.
#
# Whose mean? That of the **training images**, and of nothing else. The test images, and each picture that the model ever gets to see, are normalized with *those* two numbers. Statistics of the test set would carry knowledge from the test into the model, and a single picture has
# no statistics that mean the same thing.

# %% exercise="channel_statistics" object="tinytorch.data.transforms:channel_statistics" points=2 title="The mean and spread of each channel"
# - `images.mean(axis=(0, 2, 3))` averages over images, rows and columns, and leaves the channels.
# - To subtract a mean of shape `(C,)` from `(N, C, H, W)`, it must line up with the second dimension: `mean.reshape(-1, 1, 1)`. Then square, average over the same axes, and take `.sqrt()`.
# - `images.max(axis=(0, 2, 3)) == images.min(axis=(0, 2, 3))` is a bool tensor: which channels are the same everywhere. Added to `std`, it counts as 1 where it is True.

# %% checks="channel_statistics"


def test_one_number_a_channel():
    """Images of three channels have three means and three standard deviations."""
    manual_seed(0)
    images = randn(5, 3, 4, 4)
    hint = "Average over all dimensions but the channels: axis=(0, 2, 3). To subtract the mean, line it up: mean.reshape(-1, 1, 1)."
    with expect_no_error("`channel_statistics(images)`", hint):
        found = channel_statistics(images)
    if not isinstance(found, tuple) or len(found) != 2:
        fail("`channel_statistics` should return two Tensors: mean, std.", "End with: return mean, std.")
    for part, name in zip(found, ("mean", "std"), strict=True):
        if not isinstance(part, Tensor):
            fail(f"The {name} is {type(part).__name__}; it should be a Tensor.")
        mistakes = [
            ((), "That is one number for all channels together. Leave the channels: axis=(0, 2, 3)."),
            ((1, 3, 1, 1), "Without keepdims, one number a channel is left."),
            (
                (3, 4, 4),
                "That is one number for each pixel of the picture. Average over rows and columns, too.",
            ),
        ]
        what = f"The shape of the {name} of images `(5, 3, 4, 4)`"
        expect_equal(part.shape, (3,), what, hint, mistakes)


def test_the_mean():
    """The mean of a channel is taken over all images and all pixels."""
    images = Tensor(np.arange(16, dtype="float32").reshape(2, 2, 2, 2))
    expect_tensor(
        channel_statistics(images)[0],
        [5.5, 9.5],
        "The mean of each channel",
        "float32",
        "All images and all pixels count: axis=(0, 2, 3).",
    )


def test_the_standard_deviation():
    """The standard deviation is the root of the mean squared distance from the channel's mean."""
    images = Tensor(np.array([[[[1.0, 3.0]], [[10.0, 30.0]]]], dtype="float32"))
    mistakes = [
        ([1, 100], "That is the mean squared distance; the standard deviation is its root."),
        (np.array([2, 200]) ** 0.5, "Divide by the number of pixels, not by one less."),
    ]
    expect_tensor(
        channel_statistics(images)[1],
        [1, 10],
        "The standard deviation of each channel",
        "float32",
        "The root of the mean of (image - mean)².",
        mistakes,
    )


def test_numpy_agrees():
    """For random images, both are what NumPy finds."""
    data = (
        np.random.default_rng(0)
        .normal([[[1.0]], [[-2.0]]], [[[0.5]], [[3.0]]], (6, 2, 5, 4))
        .astype("float32")
    )
    mean, std = channel_statistics(Tensor(data))
    expect_tensor(
        (mean - Tensor(data.mean((0, 2, 3)))) * 0.1, np.zeros(2), "A tenth of the error of the mean"
    )
    expect_tensor(
        (std - Tensor(data.std((0, 2, 3)))) * 0.1,
        np.zeros(2),
        "A tenth of the error of the standard deviation",
        hint="Subtract each channel's own mean: mean.reshape(-1, 1, 1) lines it up.",
    )


def test_far_from_zero():
    """A channel around 1,000 with a spread of 0.01 keeps its spread."""
    data = (1000 + 0.01 * np.where(np.arange(64).reshape(1, 1, 8, 8) % 2, 1.0, -1.0)).astype("float32")
    std = channel_statistics(Tensor(data))[1]
    if not 0.005 < std.item() < 0.02:
        fail(
            f"The spread of numbers around 1,000 came out as {std.item()}; it should be about 0.01.",
            "The mean of the squares minus the square of the mean subtracts two huge numbers, and float32 has 7 digits. Subtract the mean first, square then.",
        )


def test_a_channel_without_spread():
    """A channel that is the same everywhere gets the standard deviation 1, so that one can divide by it."""
    images = Tensor(
        np.stack([np.full((2, 3, 3), 0.5), np.arange(18).reshape(2, 3, 3)], axis=1).astype("float32")
    )
    std = channel_statistics(images)[1]
    expect_tensor(
        std,
        [1, np.arange(18).std()],
        "The standard deviation of a constant channel, and of another,",
        "float32",
        "Where std is 0, put 1. A bool tensor that is added to std counts as 1 where it is True. Leave the others as they are.",
    )
    tenths = np.arange(1, 11).reshape(1, 10, 1, 1) / 10
    images = Tensor(np.broadcast_to(tenths, (7, 10, 11, 11)).astype("float32"))
    expect_tensor(
        channel_statistics(images)[1],
        np.ones(10),
        "The standard deviation of each of ten constant channels, 0.1, 0.2 … 1.0,",
        "float32",
        "Numbers like 0.1 are rounded, and so is their mean: the distance from it may be a little more than 0. Compare the channel's largest number with its smallest.",
    )


def test_the_images_stay():
    """The images are not changed."""
    images = Tensor(np.arange(16, dtype="float32").reshape(2, 2, 2, 2))
    channel_statistics(images)
    expect_unchanged(images, np.arange(16).reshape(2, 2, 2, 2), "images", "`channel_statistics(images)`")


# %% wrong="channel_statistics" name="over_everything" says="one number for all channels together"
def channel_statistics(images):
    mean = images.mean()
    distance = images - mean
    return mean, (distance * distance).mean().sqrt()


# %% wrong="channel_statistics" name="per_pixel" says="one number for each pixel"
def channel_statistics(images):
    mean = images.mean(axis=0)
    distance = images - mean
    std = (distance * distance).mean(axis=0).sqrt()
    return mean, std + (std == 0)


# %% wrong="channel_statistics" name="variance" says="the standard deviation is its root"
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    distance = images - mean.reshape(-1, 1, 1)
    std = (distance * distance).mean(axis=(0, 2, 3))
    return mean, std + (std == 0)


# %% wrong="channel_statistics" name="one_less" says="not by one less"
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    distance = images - mean.reshape(-1, 1, 1)
    count = images.numel() // images.shape[1]
    std = ((distance * distance).sum(axis=(0, 2, 3)) / (count - 1)).sqrt()
    return mean, std + (std == 0)


# %% wrong="channel_statistics" name="two_huge_numbers" says="Subtract the mean first, square then."
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    variance = (images * images).mean(axis=(0, 2, 3)) - mean * mean
    std = (variance * (variance > 0)).sqrt()
    return mean, std + (std == 0)


# %% wrong="channel_statistics" name="zero_spread" says="Where std is 0, put 1"
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    distance = images - mean.reshape(-1, 1, 1)
    return mean, (distance * distance).mean(axis=(0, 2, 3)).sqrt()


# %% wrong="channel_statistics" name="looks_for_zero" says="Compare the channel's largest number with its smallest"
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    distance = images - mean.reshape(-1, 1, 1)
    std = (distance * distance).mean(axis=(0, 2, 3)).sqrt()
    return mean, std + (std == 0)


# %% wrong="channel_statistics" name="in_place" says="changed `images`"
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    images.data -= mean.data.reshape(-1, 1, 1)
    std = (images * images).mean(axis=(0, 2, 3)).sqrt()
    return mean, std + (std == 0)


# %% [markdown]
# `Normalize` is then made with these two numbers, and called with an image or a batch:

# %% pull="tinytorch.data.transforms:Normalize"

# %% experiment="normalized" title="Digits, normalized" needs=["tinydigits"]
digits, test = TinyDigits("train"), TinyDigits("test")
mean, std = channel_statistics(digits.images)
normalize = Normalize(mean, std)
print("mean", mean, "std", std)

for name, images in [("train", digits.images), ("test", test.images)]:
    after = channel_statistics(normalize(images))
    mean, std = after[0].item(), after[1].item()
    print(f"{name:5} afterwards: mean {mean:7.4f}, std {std:.4f}")

# %% [markdown]
# The test digits do not come out at exactly 0 and 1, and that is right: they were written by other people. The difference is a fact about the data. Whoever normalizes the test set with its own numbers removes it.

# %% [markdown]
# ## Load ahead
#
# So far the loader works when it is asked. While it loads, the training waits; while the training computes, the loader does nothing. If loading takes long, because it reads files or unpacks pictures, that is lost time. A second **thread** can load the next batch
# while this one is trained on:
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 482 160" width="482" role="img" aria-labelledby="prefetch-time-title prefetch-time-desc" font-size="13" fill="currentColor">
# <title id="prefetch-time-title">Loading and training, one after the other and side by side</title>
# <desc id="prefetch-time-desc">Without workers, loading and training take turns: load 1, train 1, load 2, train 2, load 3, train 3, six slots of time. With one worker, batch 2 is loaded while the caller trains on batch 1, and the same work takes four slots.</desc>
# <text x="2" y="14" font-weight="600">without workers</text>
# <text x="2" y="40" text-anchor="start">caller</text><rect x="70" y="24" width="60" height="24" rx="3" stroke="currentColor" fill="none"/><text x="100" y="40.5" text-anchor="middle" font-size="12">load 1</text><rect x="132" y="24" width="60" height="24" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="162" y="40.5" text-anchor="middle" font-size="12">train 1</text><rect x="194" y="24" width="60" height="24" rx="3" stroke="currentColor" fill="none"/><text x="224" y="40.5" text-anchor="middle" font-size="12">load 2</text><rect x="256" y="24" width="60" height="24" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="286" y="40.5" text-anchor="middle" font-size="12">train 2</text><rect x="318" y="24" width="60" height="24" rx="3" stroke="currentColor" fill="none"/><text x="348" y="40.5" text-anchor="middle" font-size="12">load 3</text><rect x="380" y="24" width="60" height="24" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="410" y="40.5" text-anchor="middle" font-size="12">train 3</text>
# <text x="2" y="76" font-weight="600">with one worker</text>
# <text x="2" y="102" text-anchor="start">worker</text><rect x="70" y="86" width="60" height="24" rx="3" stroke="currentColor" fill="none"/><text x="100" y="102.5" text-anchor="middle" font-size="12">load 1</text><rect x="132" y="86" width="60" height="24" rx="3" stroke="currentColor" fill="none"/><text x="162" y="102.5" text-anchor="middle" font-size="12">load 2</text><rect x="194" y="86" width="60" height="24" rx="3" stroke="currentColor" fill="none"/><text x="224" y="102.5" text-anchor="middle" font-size="12">load 3</text>
# <text x="2" y="130" text-anchor="start">caller</text><rect x="132" y="114" width="60" height="24" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="162" y="130.5" text-anchor="middle" font-size="12">train 1</text><rect x="194" y="114" width="60" height="24" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="224" y="130.5" text-anchor="middle" font-size="12">train 2</text><rect x="256" y="114" width="60" height="24" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="286" y="130.5" text-anchor="middle" font-size="12">train 3</text>
# <path d="M70 152H436" stroke="currentColor" fill="none"/><path d="M435 148L442 152L435 156Z"/><text x="446" y="156">time</text>
# </svg>
# <figcaption>The same six pieces of work. A worker loads the next batch while you train on this one.</figcaption>
# </figure>
#
# How far ahead? One batch is enough if all take equally long. If some take longer, a small reserve helps. But all batches at once would be the list that we started from. So the reserve is bounded: a queue of a few batches. This is how `prefetch` does it; it is shorter than
# the explanation.

# %% pull="tinytorch.data.prefetch:prefetch"

# %% [markdown]
# `pool.submit` hands a piece of work to a thread and returns at once, with a promise of the result. `pending` is the queue of promises, in order. `result()` waits for the first of them. And if `load` raised an error in its thread, `result()` raises it
# here, where somebody can see it. The `finally` runs also when a caller leaves the loop early: no thread is left behind.
#
# Suppose that a training step takes as long as loading a batch. Then taking turns costs twice that time for each batch, and loading ahead costs it once. What if loading takes three times as long as the step?

# %% [markdown] question="predict_workers"
# A training step takes 20 ms, and loading a batch takes 60 ms, mostly waiting for a disk. How many workers does it take until the training never waits?
#
# = 60 / 20 workers
# > Each worker delivers a batch every 60 ms, so three of them deliver one every 20 ms. More would only fill the queue.

# %% experiment="loader_bound" title="Training that waits for its data"
enable_autograd()
manual_seed(0)
images, targets = randn(640, 784), Tensor(np.arange(640) // 64)
model = Sequential(Linear(784, 256), ReLU(), Linear(256, 10))
optimizer = SGD(model.parameters(), lr=0.01)


def step(x, y):
    return train_step(model, F.cross_entropy, optimizer, x, y)


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


step(images[:32], targets[:32])
once = min(seconds(lambda: step(images[:32], targets[:32])) for _ in range(5))
once = max(once, 0.01)


class FromDisk(TensorDataset):
    """Waits before each batch, three steps long, as a disk would."""

    def fetch(self, indices):
        time.sleep(3 * once)
        return super().fetch(indices)


def epoch(loader):
    for x, y in loader:
        start = time.perf_counter()
        step(x, y)
        time.sleep(max(0.0, once - (time.perf_counter() - start)))


data = FromDisk(images, targets)
for asked in (0, 1, 3):
    loader = DataLoader(data, 32, shuffle=True, num_workers=asked)
    start = time.perf_counter()
    epoch(loader)
    each = (time.perf_counter() - start) / len(loader)
    print(f"{asked} workers asked for, {loader.num_workers} used:", end=" ")
    print(f"a batch takes as long as {each / once:.1f} steps")

# %% [markdown]
# Where Python has threads, no worker means 3 + 1 steps of time for each batch, one worker hides the training behind the loading, and three workers hide most of the loading behind the training. (The first batch cannot be hidden, so in a short epoch like this a little remains.)
# That training was **loader-bound**: a faster processor would have changed nothing.
#
# In your browser all three rows say the same. Python runs there without threads, so `DataLoader` uses 0 workers whatever you ask for; the batches are the same, because nothing in them depends on who loads them. The output that came with the page was made on a computer with threads.
#
# One warning. Threads help while they *wait*, for a disk or a network, or while NumPy computes. In Python as most people run it, two threads never run Python code at the same moment. If your own `__getitem__` is slow because it is a Python loop, workers gain nothing: make it one index, as you did above.

# %% [markdown]
# ## Put it together
#
# Everything of the Foundation in one program: your tensors, layers, loss, gradients, optimizer and loader, on real digits. Two transforms are at work. The training images are shifted by up to one pixel each time they are seen, so the model
# mostly gets another picture than in the epoch before. All images are normalized with the numbers of the training set.

# %% experiment="train_digits" title="Train on digits" needs=["tinydigits"]
from tinytorch.workshop.live import LivePlot

enable_autograd()
manual_seed(0)
digits, test = TinyDigits("train"), TinyDigits("test")
normalize = Normalize(*channel_statistics(digits.images))
digits.transform = RandomCrop(28, padding=1)
loader = DataLoader(digits, batch_size=32, shuffle=True)

model = Sequential(Flatten(), Linear(784, 64), ReLU(), Linear(64, 10))
optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
plot = LivePlot("Training on TinyDigits", xlabel="step", ylabel="loss")
test_images, steps = normalize(test.images), 0

for epoch in range(6):
    for images, targets in loader:
        x, steps = normalize(images), steps + 1
        loss = train_step(model, F.cross_entropy, optimizer, x, targets)
        if steps % 10 == 0:
            plot.add(steps, loss)
    score = accuracy(model(test_images), test.targets)
    print(f"epoch {epoch}: {score:.1%} of the test digits")

# %% integration=true needs=["tinydigits"]


def test_a_loop_over_a_loader_sees_everything():
    """A shuffled, split, batched dataset is seen whole in every epoch, in ever new orders."""
    data = TensorDataset(arange(50).reshape(50, 1), arange(50))
    train, rest = random_split(data, [0.8, 0.2], np.random.default_rng(0))
    loader, orders = DataLoader(train, batch_size=16, shuffle=True), []
    for _ in range(2):
        numbers = [(int(x.item()), int(y.item())) for xs, ys in loader for x, y in zip(xs, ys, strict=True)]
        if any(x != y for x, y in numbers):
            fail("Images and targets came apart: a row of one was beside another row of the other.")
        orders.append([x for x, _ in numbers])
    expect_equal(
        sorted(orders[0] + rest.indices),
        list(range(50)),
        "The items of the loader and of the other part, sorted,",
    )
    if orders[0] == orders[1]:
        fail("Two epochs had the same order.")


def test_digits_are_learned():
    """A small network, trained on 1,000 digits that the loader serves, reads most of the test digits."""
    enable_autograd()
    manual_seed(0)
    digits, test = TinyDigits("train"), TinyDigits("test")
    normalize = Normalize(*channel_statistics(digits.images))
    loader = DataLoader(Subset(digits, range(1000)), batch_size=25, shuffle=True)
    model = Sequential(Flatten(), Linear(784, 32), ReLU(), Linear(32, 10))
    optimizer = SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        for images, targets in loader:
            train_step(model, F.cross_entropy, optimizer, normalize(images), targets)
    score = accuracy(model(normalize(test.images)), test.targets)
    if score < 0.8:
        fail(f"Only {score:.1%} of the test digits are read correctly; it should be more than 80%.")


def test_a_stopped_training_ends_the_same():
    """Training that is stopped in the middle of an epoch and goes on with the loader's state gives the same weights."""
    enable_autograd()
    data = TensorDataset(randn(40, 6, generator=np.random.default_rng(0)), Tensor(np.arange(40) // 10))

    def make():
        manual_seed(1)
        return Linear(6, 4), DataLoader(data, batch_size=8, shuffle=True)

    def train(model, loader, steps):
        optimizer = SGD(model.parameters(), lr=0.1)
        while steps:
            for x, y in loader:
                train_step(model, F.cross_entropy, optimizer, x, y)
                steps -= 1
                if not steps:
                    return

    model, loader = make()
    train(model, loader, 12)
    first, before = make()
    train(first, before, 7)
    _, after = make()
    after.load_state_dict(before.state_dict())
    train(first, after, 5)
    expect_tensor(first.weight, model.weight.data, "The weights of the run that was stopped")


# %% [markdown]
# ## Questions

# %% [markdown] question="how_many_batches"
# A loader over 60,000 items has a batch size of 256 and `drop_last=False`. How many batches does an epoch have?
#
# = -(-60_000 // 256) batches
# > 234 full ones, and one with the 96 items that are left.

# %% [markdown] question="left_out"
# With `drop_last=True`, how many of those 60,000 items does an epoch leave out?
#
# = 60_000 % 256 items
# > Other ones in each epoch, because the order is new each time.

# %% [markdown] question="queue_memory"
# Four workers prepare two batches each ahead of time. A batch has 256 pictures of 3 × 224 × 224 pixels as float32. How many megabytes (10⁶ bytes) do the waiting batches take when the queue is full?
#
# = 4 * 2 * 256 * 3 * 224 * 224 * 4 / 1e6 MB ± 1%
# > That is why the queue is bounded, and why `prefetch_factor` is small.

# %% [markdown] question="which_statistics"
# You normalize the training images with their mean and spread. What do you normalize the test images with?
#
# - [ ] with the mean and spread of the test images :: Then the test measures a model together with knowledge of the whole test set, which nobody has who gets one picture.
# - [ ] with the mean and spread of all images, train and test :: A little of the test set still gets into every training step.
# - [x] with the mean and spread of the training images :: They are part of the model, like its weights.

# %% [markdown] question="epoch_seven"
# A run is to go on in the middle of epoch 7. Why does our loader not need to go through epochs 0 to 6 first?
#
# - [ ] The checkpoint holds the order of epoch 7 :: It holds four whole numbers.
# - [x] The order is a function of the seed and the number of the epoch :: So it can be computed at once, and so can what is random in each batch.
# - [ ] The generator remembers its state :: It would have to be saved with every checkpoint, and with every other thing that draws from it.

# %% [markdown] question="where_the_time_goes"
# Training takes 10 minutes an epoch. With the same loader and an empty loop body, an epoch takes 9 minutes. What should you speed up, and what would a processor with twice the speed for the training step bring?
#
# > The loader takes nine of the ten minutes, so the training is loader-bound: begin there. Look first whether items are loaded one by one where a single index would do, then let workers load ahead, then store the data in a form that is quicker to read. Twice the speed in the training step saves half of the tenth minute: 5%. An empty loop like this is the quickest way to find out, and worth a minute before any other optimization.

# %% [markdown]
# ## Looking further
#
# ```{admonition} In production
# :class: tip
#
# PyTorch's `DataLoader` has the same parts under the same names: datasets, samplers, batch samplers, a collate function. Its workers are **processes**, because they can run Python code at the same time; each has a copy of the dataset object, and batches come back
# through shared memory. That gains a lot where items are decoded in Python, and costs a start-up time and some famous surprises: random generators that every worker inherits in the same state, for instance. PyTorch seeds
# them from a base seed and the worker's number, so what is random in a batch depends on how many workers there are; ours depends on the batch alone. Its `RandomSampler` draws on from a generator, while its `DistributedSampler` has our rule of seed and epoch, with the same `set_epoch`, except that it adds the two: epoch 1 of seed 0 has the order of epoch 0 of seed 1.
# To go on in the middle of an epoch needs the `StatefulDataLoader` of a package beside it. With a GPU, `pin_memory` adds one more stage ahead: a copy into memory from which the device can fetch the batch while it computes.
# ```
#
# ### What we left out
#
# - **Processes.** Our workers are threads. They hide waiting, and they do not speed up Python code.
# - **Datasets without a length.** Streams that are read once, front to back, need another contract; PyTorch calls it `IterableDataset`.
# - **Sampling with weights**, when some classes are rare, and batches of items of similar length, which text wants.
# - **Transforms on whole batches.** Ours see one image at a time, so a dataset with a transform goes the slow way, item by item.
# - **Large downloads.** `MNIST` and `CIFAR10` are there, with `download=True` on your own computer. Pages of this book ask nobody else for data.
#
# This completes the Foundation. You have everything that the milestone of 1986 needs, a network that reads handwriting, and it is made of nothing but NumPy and your own code.
