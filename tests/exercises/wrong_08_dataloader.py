"""The wrong answers of chapter 08 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WRONG = {
    ("tensor_dataset_getitem", "returns_a_list"): """
def __getitem__(self, index):
    row = []
    for tensor in self.tensors:
        row.append(tensor[index])
    return row
""",
    ("tensor_dataset_getitem", "always_a_pair"): """
def __getitem__(self, index):
    images, targets = self.tensors
    return images[index], targets[index]
""",
    ("tensor_dataset_getitem", "goes_round"): """
def __getitem__(self, index):
    n = len(self)
    while index >= n:
        index -= n
    while index < 0:
        index += n
    return tuple(tensor[index] for tensor in self.tensors)
""",
    ("tensor_dataset_getitem", "picks_a_tensor"): """
def __getitem__(self, index):
    return list(self.tensors)[index]
""",
    ("tensor_dataset_getitem", "copies"): """
def __getitem__(self, index):
    return tuple(tensor[index] + 0 for tensor in self.tensors)
""",
    ("random_split", "not_random"): """
def random_split(dataset, lengths, generator=None):
    indices = list(range(len(dataset)))
    parts = []
    for size in split_sizes(len(dataset), lengths):
        parts.append(Subset(dataset, indices[:size]))
        indices = indices[size:]
    return parts
""",
    ("random_split", "parts_overlap"): """
def random_split(dataset, lengths, generator=None):
    generator = default_generator(generator)
    sizes = split_sizes(len(dataset), lengths)
    return [Subset(dataset, generator.choice(len(dataset), size, replace=False)) for size in sizes]
""",
    ("random_split", "own_randomness"): """
def random_split(dataset, lengths, generator=None):
    import random

    order = list(range(len(dataset)))
    random.shuffle(order)
    ends = np.cumsum(split_sizes(len(dataset), lengths))
    return [Subset(dataset, part.tolist()) for part in np.split(np.array(order, dtype=int), ends[:-1])]
""",
    ("random_split", "takes_lengths_as_they_are"): """
def random_split(dataset, lengths, generator=None):
    order = iter(default_generator(generator).permutation(len(dataset)).tolist())
    return [Subset(dataset, [next(order) for _ in range(size)]) for size in lengths]
""",
    ("random_sampler_iter", "forgets_the_epoch"): """
def __iter__(self):
    order = np.arange(len(self))
    np.random.default_rng([self.seed]).shuffle(order)
    yield from order.tolist()
""",
    ("random_sampler_iter", "adds_them_up"): """
def __iter__(self):
    order = np.random.default_rng([self.epoch + self.seed]).permutation(len(self))
    for index in order:
        yield int(index)
""",
    ("random_sampler_iter", "default_generator"): """
def __iter__(self):
    order = np.arange(len(self))
    default_generator(None).shuffle(order)
    return iter([int(index) for index in order])
""",
    ("random_sampler_iter", "with_replacement"): """
def __iter__(self):
    generator = np.random.default_rng([self.seed, self.epoch])
    for _ in range(len(self)):
        yield int(generator.choice(len(self)))
""",
    ("random_sampler_iter", "numpy_numbers"): """
def __iter__(self):
    yield from np.random.default_rng([self.seed, self.epoch]).permutation(len(self))
""",
    ("random_sampler_iter", "not_an_iterator"): """
def __iter__(self):
    order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self))
    return tuple(int(index) for index in order)
""",
    ("batch_sampler_iter", "loses_the_last"): """
def __iter__(self):
    indices = iter(self.sampler)
    while True:
        batch = [index for _, index in zip(range(self.batch_size), indices)]
        if len(batch) < self.batch_size:
            return
        yield batch
""",
    ("batch_sampler_iter", "never_drops"): """
def __iter__(self):
    batch = []
    for index in self.sampler:
        if len(batch) == self.batch_size:
            yield batch
            batch = []
        batch = [*batch, index]
    if len(batch) > 0:
        yield batch
""",
    ("batch_sampler_iter", "empty_batch"): """
def __iter__(self):
    indices, batch = iter(self.sampler), []
    for index in indices:
        batch += [index]
        if len(batch) >= self.batch_size:
            full, batch = batch, []
            yield full
    if self.drop_last:
        return
    yield batch
""",
    ("batch_sampler_iter", "one_list_for_all"): """
def __iter__(self):
    batch, count = [], 0
    for index in self.sampler:
        batch.append(index)
        count += 1
        if count == self.batch_size:
            yield batch
            del batch[:]
            count = 0
    if count and not self.drop_last:
        yield batch
""",
    ("batch_sampler_iter", "all_at_once"): """
def __iter__(self):
    batches, batch = [], []
    for index in self.sampler:
        batch.append(index)
        if len(batch) == self.batch_size:
            batches.append(batch)
            batch = []
    if batch and not self.drop_last:
        batches.append(batch)
    return iter(batches)
""",
    ("collate", "concatenates"): """
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        shape = stack(items).shape
        return stack(items).reshape(shape[0] * shape[1], *shape[2:]) if len(shape) > 1 else stack(items)
    if kind == "numbers":
        return Tensor(list(items))
    if kind == "strings":
        return list(items)
    if kind == "dicts":
        return {key: collate([item[key] for item in items]) for key in items[0]}
    return tuple(collate(list(column)) for column in zip(*items, strict=True))
""",
    ("collate", "does_not_go_down"): """
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        return stack(items)
    if kind in ("numbers", "tuples"):
        return Tensor(list(items)) if kind == "numbers" else list(items)
    return list(items)
""",
    ("collate", "one_level_only"): """
def collate(items):
    def join(column):
        kind = kind_of(column)
        if kind == "tensors":
            return stack(column)
        if kind == "numbers":
            return Tensor(list(column))
        return list(column)

    if kind_of(items) == "tuples":
        return tuple(join([item[i] for item in items]) for i in range(len(items[0])))
    if kind_of(items) == "dicts":
        return {key: join([item[key] for item in items]) for key in items[0]}
    return join(items)
""",
    ("collate", "a_list_of_columns"): """
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
    columns = []
    for i in range(len(items[0])):
        columns.append(collate([item[i] for item in items]))
    return columns
""",
    ("collate", "everything_is_float"): """
def collate(items):
    kind = kind_of(items)
    if kind == "tensors":
        return stack(items)
    if kind == "numbers":
        return Tensor([float(item) for item in items])
    if kind == "strings":
        return list(items)
    if kind == "dicts":
        return {key: collate([item[key] for item in items]) for key in items[0]}
    return tuple(collate(column) for column in zip(*items, strict=True))
""",
    ("data_loader_iter", "does_not_begin"): """
def __iter__(self):
    todo = list(enumerate(self.batch_sampler))[self.position :]
    for batch in prefetch(self.load, todo, self.num_workers, self.prefetch_factor):
        self.position = self.position + 1
        yield batch
    self.epoch, self.position = self.epoch + 1, 0
""",
    ("data_loader_iter", "counts_too_late"): """
def __iter__(self):
    self.begin()
    start = self.position
    pairs = islice(enumerate(self.batch_sampler), start, None)
    for number, batch in enumerate(prefetch(self.load, pairs, self.num_workers, self.prefetch_factor)):
        self.position = start + number
        yield batch
    self.epoch += 1
    self.position = 0
""",
    ("data_loader_iter", "always_from_the_start"): """
def __iter__(self):
    self.begin()
    todo = enumerate(self.batch_sampler)
    loaded = prefetch(self.load, todo, self.num_workers, self.prefetch_factor)
    for self.position, batch in enumerate(loaded, 1):
        yield batch
    self.epoch, self.position = self.epoch + 1, 0
""",
    ("data_loader_iter", "loads_and_throws_away"): """
def __iter__(self):
    self.begin()
    done = 0
    for batch in prefetch(self.load, enumerate(self.batch_sampler), self.num_workers, self.prefetch_factor):
        done += 1
        if done <= self.position:
            continue
        self.position += 1
        yield batch
    self.epoch, self.position = self.epoch + 1, 0
""",
    ("data_loader_iter", "numbers_from_zero"): """
def __iter__(self):
    self.begin()
    todo = list(self.batch_sampler)[self.position :]
    for batch in prefetch(self.load, enumerate(todo), self.num_workers, self.prefetch_factor):
        self.position += 1
        yield batch
    self.epoch, self.position = self.epoch + 1, 0
""",
    ("data_loader_iter", "the_epoch_never_ends"): """
def __iter__(self):
    self.begin()
    pairs = list(enumerate(self.batch_sampler))[self.position :]
    for batch in prefetch(self.load, pairs, self.num_workers, self.prefetch_factor):
        self.position += 1
        yield batch
    if self.position == len(self):
        self.position = 0
""",
    ("data_loader_iter", "does_it_alone"): """
def __iter__(self):
    self.begin()
    for number, indices in enumerate(self.batch_sampler):
        if number < self.position:
            continue
        batch = self.load((number, indices))
        self.position = number + 1
        yield batch
    self.epoch, self.position = self.epoch + 1, 0
""",
    ("tensor_dataset_fetch", "one_by_one"): """
def fetch(self, indices):
    parts = []
    for tensor in self.tensors:
        rows = [tensor[i].data for i in indices]
        parts.append(Tensor(np.stack(rows)) if rows else tensor[0:0])
    return tuple(parts)
""",
    ("tensor_dataset_fetch", "a_slice"): """
def fetch(self, indices):
    first = indices[0] if len(indices) else 0
    return tuple(tensor[first : first + len(indices)] for tensor in self.tensors)
""",
    ("tensor_dataset_fetch", "as_they_come"): """
def fetch(self, indices):
    parts = []
    for tensor in self.tensors:
        parts.append(tensor.__getitem__(indices))
    return tuple(parts)
""",
    ("tensor_dataset_fetch", "returns_a_list"): """
def fetch(self, indices):
    parts = []
    for tensor in self.tensors:
        parts.append(tensor[np.array(indices, dtype=int)])
    return parts
""",
    ("channel_statistics", "over_everything"): """
def channel_statistics(images):
    pixels = images.reshape(-1)
    mean = pixels.mean()
    std = ((pixels - mean) ** 2).mean().sqrt()
    return mean, std
""",
    ("channel_statistics", "per_pixel"): """
def channel_statistics(images):
    mean = images.sum(axis=0) / len(images)
    std = (((images - mean) ** 2).sum(axis=0) / len(images)).sqrt()
    return mean, std
""",
    ("channel_statistics", "variance"): """
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    spread = ((images - mean.reshape(-1, 1, 1)) ** 2).mean(axis=(0, 2, 3))
    return mean, spread + (spread == 0)
""",
    ("channel_statistics", "one_less"): """
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    std = Tensor(images.data.std(axis=(0, 2, 3), ddof=1))
    return mean, std + (std == 0)
""",
    ("channel_statistics", "two_huge_numbers"): """
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    squares = (images**2).mean(axis=(0, 2, 3))
    std = Tensor(np.sqrt(np.abs((squares - mean**2).data)))
    return mean, std + (std == 0)
""",
    ("channel_statistics", "zero_spread"): """
def channel_statistics(images):
    mean = images.mean(axis=(0, 2, 3))
    centred = images - mean.reshape(1, -1, 1, 1)
    return mean, (centred**2).mean(axis=(0, 2, 3)) ** 0.5
""",
    ("random_split", "returns_indices"): """
def random_split(dataset, lengths, generator=None):
    order = default_generator(generator).permutation(len(dataset))
    ends = np.cumsum(split_sizes(len(dataset), lengths))
    return [part for part in np.split(order, ends[:-1])]
""",
    ("batch_sampler_iter", "used_up"): """
def __iter__(self):
    if getattr(self, "left", None) is None:
        self.left = iter(self.sampler)
    while batch := [index for _, index in zip(range(self.batch_size), self.left)]:
        if len(batch) == self.batch_size or not self.drop_last:
            yield batch
""",
    ("collate", "strings_into_a_tensor"): """
def collate(items):
    kind = kind_of(items)
    if kind == "tuples":
        return tuple(collate([item[i] for item in items]) for i in range(len(items[0])))
    if kind == "dicts":
        return {key: collate([item[key] for item in items]) for key in items[0]}
    return stack(items) if kind == "tensors" else Tensor([item for item in items])
""",
    ("collate", "looks_for_itself"): """
def collate(items):
    match items[0]:
        case tuple() | list():
            return tuple(collate([item[i] for item in items]) for i in range(len(items[0])))
        case dict():
            return {key: collate([item[key] for item in items]) for key in items[0]}
        case str():
            return list(items)
        case bool() | int() | float():
            return Tensor(list(items))
    return stack(items)
""",
    ("data_loader_iter", "yields_indices"): """
def __iter__(self):
    self.begin()
    for number, indices in list(enumerate(self.batch_sampler))[self.position :]:
        self.position = number + 1
        yield (indices,)
    self.epoch, self.position = self.epoch + 1, 0
""",
    ("channel_statistics", "looks_for_zero"): """
def channel_statistics(images):
    mean, std = images.data.mean(axis=(0, 2, 3)), images.data.std(axis=(0, 2, 3))
    return Tensor(mean), Tensor(np.where(std == 0, np.float32(1), std))
""",
    ("channel_statistics", "in_place"): """
def channel_statistics(images):
    pixels = images.data.swapaxes(0, 1)
    mean, std = pixels.mean(axis=(1, 2, 3)), pixels.std(axis=(1, 2, 3))
    pixels[...] = pixels - mean.reshape(-1, 1, 1, 1)
    return Tensor(mean), Tensor(np.where(std == 0, np.float32(1), std))
""",
}
