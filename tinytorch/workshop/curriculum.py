"""The plan of the book: its modules and milestones, in one table.

Maps, counts, sidebars and prerequisites are derived from here. A module becomes "written" when its chapter
exists; until then every page that shows it says "planned" and links nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["written", "planned"]


@dataclass(frozen=True)
class Module:
    """One chapter: what its reader builds, and which modules it stands on."""

    number: int
    slug: str
    title: str
    package: str
    builds: str
    measures: str
    needs: tuple[int, ...]
    status: Status = "planned"

    @property
    def name(self) -> str:
        """The chapter's name, which is also its file's and its page's: `01_tensor`."""
        return f"{self.number:02d}_{self.slug}"

    @property
    def page(self) -> str:
        """Where the chapter's page lies in the site."""
        return f"exercises/{self.name}.html"

    @property
    def tier(self) -> Tier:
        """The tier that this module belongs to."""
        return next(tier for tier in TIERS if tier.first <= self.number <= tier.last)


@dataclass(frozen=True)
class Milestone:
    """A program from the history of the field, trained with nothing but the reader's package."""

    year: int
    slug: str
    title: str
    after: int
    task: str
    gate: str
    needs: tuple[str, ...] = ()  # datasets, by the name of the package that brings them into a page
    status: Status = "planned"

    @property
    def name(self) -> str:
        """What its Report is called, and what `tinytorch.run` takes: `milestone_1986`."""
        return f"milestone_{self.year}"

    @property
    def program(self) -> str:
        """The name of its program, and of its page: `1986_mlp`."""
        return f"{self.year}_{self.slug}"

    @property
    def page(self) -> str:
        """Where its page lies in the site."""
        return f"milestones/{self.program}.html"

    @property
    def modules(self) -> tuple[int, ...]:
        """The modules that it stands on."""
        return tuple(range(1, self.after + 1))


@dataclass(frozen=True)
class Tier:
    """A run of modules that belong together."""

    title: str
    first: int
    last: int
    promise: str

    @property
    def modules(self) -> tuple[Module, ...]:
        """The tier's modules, in order."""
        return tuple(module for module in MODULES if self.first <= module.number <= self.last)


START = Module(
    0,
    "start",
    "Start here",
    "tinytorch",
    "one small function, to see how the book works",
    "what runs where",
    (),
    "written",
)

TIERS = (
    Tier("Foundation", 1, 8, "from an array to a model that learns"),
    Tier("Architecture", 9, 13, "networks for images and for text"),
    Tier("Optimization", 14, 19, "smaller and faster, and proof of it"),
    Tier("Olympics", 20, 20, "one system, everything you know"),
)

MODULES = (
    Module(
        1,
        "tensor",
        "Tensor",
        "tinytorch.core",
        "creation and dtypes, broadcasting arithmetic, matrix products, shapes, indexing, reductions",
        "bytes of a dataset, memory of a product, contiguous against strided access",
        (),
        "written",
    ),
    Module(
        2,
        "activations",
        "Activations",
        "tinytorch.nn",
        "ReLU, a sigmoid and a softmax that never overflow, Tanh, GELU",
        "where exp overflows, a loop against a vectorised line",
        (1,),
        "written",
    ),
    Module(
        3,
        "layers",
        "Layers",
        "tinytorch.nn",
        "the module tree, Linear, initialisation, Dropout, Sequential",
        "memory of parameters against memory of activations",
        (1, 2),
        "written",
    ),
    Module(
        4,
        "losses",
        "Losses",
        "tinytorch.nn",
        "mean squared error, cross-entropy from logits, binary cross-entropy, two gradients by hand",
        "log(0), and what a loss costs",
        (1, 2, 3),
        "written",
    ),
    Module(
        5,
        "autograd",
        "Autograd",
        "tinytorch.core",
        "a gradient rule for every operation so far, the graph, backward, a gradient checker",
        "memory of the graph, time of backward against forward",
        (1, 2, 3, 4),
        "written",
    ),
    Module(
        6,
        "optimizers",
        "Optimizers",
        "tinytorch.optim",
        "SGD, momentum, Adam, AdamW, clipping, schedules",
        "what an optimizer remembers, in bytes",
        (3, 5),
        "written",
    ),
    Module(
        7,
        "training",
        "Training",
        "tinytorch.training",
        "the loop, evaluation, early stopping, checkpoints, runs that repeat exactly",
        "the life of memory within a step, batch size against time",
        (4, 6),
        "written",
    ),
    Module(
        8,
        "dataloader",
        "DataLoader",
        "tinytorch.data",
        "datasets, batches, shuffling, transforms, prefetching",
        "one sample at a time against batches, a loader that holds training back",
        (1, 7),
        "written",
    ),
    Module(
        9,
        "convolutions",
        "Convolutions",
        "tinytorch.nn",
        "a convolution in seven loops, then as one matrix product, pooling, batch norm",
        "parameters and operations of a layer, loops against im2col",
        (3, 5, 8),
    ),
    Module(
        10,
        "tokenization",
        "Tokenization",
        "tinytorch.text",
        "a character tokenizer, byte-level BPE that you train",
        "vocabulary size against sequence length",
        (1,),
    ),
    Module(
        11,
        "embeddings",
        "Embeddings",
        "tinytorch.nn",
        "table lookup and its gradient, learned, sinusoidal and rotary positions",
        "memory of a table, a lookup against a product with one-hot rows",
        (3, 5, 10),
    ),
    Module(
        12,
        "attention",
        "Attention",
        "tinytorch.nn",
        "scaled dot-product attention, masks, several heads, a tiled version",
        "memory as the sequence doubles",
        (2, 11),
    ),
    Module(
        13,
        "transformers",
        "Transformers",
        "tinytorch.nn",
        "layer norm, the block, a GPT with tied weights, sampling",
        "parameters and activations by depth and width",
        (6, 12),
    ),
    Module(
        14,
        "profiling",
        "Profiling",
        "tinytorch.profiling",
        "a timer, a memory tracer, a FLOP counter, a profile of every layer",
        "what measuring itself costs",
        (3, 5),
    ),
    Module(
        15,
        "quantization",
        "Quantization",
        "tinytorch.quantization",
        "int8 weights, calibration, integer products, a whole quantized model",
        "real bytes, accuracy and speed",
        (9, 14),
    ),
    Module(
        16,
        "compression",
        "Compression",
        "tinytorch.compression",
        "pruning, sparse execution, low rank, distillation",
        "size on disk and time, not zeros counted",
        (9, 14),
    ),
    Module(
        17,
        "memoization",
        "Memoization",
        "tinytorch.memoization",
        "a KV cache whose output equals the uncached one token for token",
        "computations saved over a generated text",
        (13, 14),
    ),
    Module(
        18,
        "acceleration",
        "Acceleration",
        "tinytorch.acceleration",
        "tiling, fusion, work in place, threads",
        "loops against arrays, arithmetic intensity",
        (9, 14),
    ),
    Module(
        19,
        "benchmarking",
        "Benchmarking",
        "tinytorch.benchmarking",
        "repeats, intervals, paired comparisons, latency percentiles, a report",
        "noise, and how many runs are enough",
        (14,),
    ),
    Module(
        20,
        "olympics",
        "Olympics",
        "tinytorch.olympics",
        "an optimised system on four tracks, and a submission that others can check",
        "speed, size and accuracy together",
        (15, 16, 17, 18, 19),
    ),
)

MILESTONES = (
    Milestone(
        1958,
        "perceptron",
        "Perceptron",
        4,
        "separable points, with gradients worked out by hand",
        "all right, and stuck on XOR",
        status="written",
    ),
    Milestone(
        1969,
        "xor",
        "XOR",
        7,
        "one hidden layer does what a single one cannot",
        "all right, from ten different seeds",
        status="written",
    ),
    Milestone(
        1986,
        "mlp",
        "MLP",
        8,
        "handwritten digits",
        "93% of TinyDigits, 97% of MNIST",
        ("tinydigits",),
        "written",
    ),
    Milestone(1998, "cnn", "CNN", 9, "shifted digits, then CIFAR-10", "75% of CIFAR-10"),
    Milestone(
        2017, "transformer", "Transformer", 13, "sequences, then small talk", "99% of reversed sequences"
    ),
    Milestone(
        2018,
        "mlperf",
        "MLPerf",
        20,
        "the models above, optimised",
        "ten times faster, a quarter of the size",
    ),
)


def module(number: int) -> Module:
    """Return the module of that number; 0 is the page that starts the book."""
    return START if number == 0 else MODULES[number - 1]


def opens(number: int) -> tuple[Module, ...]:
    """Return the modules that stand directly on this one."""
    return tuple(later for later in MODULES if number in later.needs)


def milestones_after(number: int) -> tuple[Milestone, ...]:
    """Return the milestones that are open once this module is done."""
    return tuple(milestone for milestone in MILESTONES if milestone.after == number)


def milestone(year: int) -> Milestone:
    """Return the milestone of that year.

    Raises:
        KeyError: there is none.
    """
    for entry in MILESTONES:
        if entry.year == year:
            return entry
    raise KeyError(year)


def written() -> tuple[Module, ...]:
    """Return what can be read today, in reading order."""
    return tuple(entry for entry in (START, *MODULES) if entry.status == "written")
