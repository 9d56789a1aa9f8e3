"""The numbers of the datasheets, each counted in the data when the book is built."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tinybook.measured.numbers import table
from tinytorch.data import TinyDigits, TinyTalks
from tinytorch.data.images import FILES
from tinytorch.data.transforms import channel_statistics

LEVELS = ("greetings, and who is speaking", "facts", "one step of arithmetic", "two steps", "small dialogues")


def digits_splits() -> str:
    """Count the digits of each class."""
    rows = []
    for split in ("train", "test"):
        counts = np.bincount(TinyDigits(split).targets.data, minlength=10)
        rows.append([split, *map(str, counts), f"{counts.sum():,}"])
    return table(["split", *TinyDigits.classes, "together"], rows)


def digits_pixels() -> str:
    """Describe the pixels of each split."""
    rows = []
    for split in ("train", "test"):
        digits = TinyDigits(split)
        mean, std = (part.item() for part in channel_statistics(digits.images))
        different = len({image.tobytes() for image in digits.pixels})
        black = float((digits.pixels == 0).mean())
        rows.append([split, f"{mean:.4f}", f"{std:.4f}", f"{black:.1%}", f"{different:,}"])
    return table(["split", "mean", "standard deviation", "black pixels", "different images"], rows)


def digits_baselines() -> str:
    """Classify each test digit by the training digit, or the average of a class, that is nearest to it."""
    train, test = TinyDigits("train"), TinyDigits("test")
    x, y = train.images.data.reshape(-1, 784), train.targets.data
    z, truth = test.images.data.reshape(-1, 784), test.targets.data
    averages = np.stack([x[y == digit].mean(axis=0) for digit in range(10)])
    rows = [
        ["the nearest of ten class averages", f"{(_nearest(z, averages) == truth).mean():.1%}"],
        ["the class of the nearest training digit", f"{(y[_nearest(z, x)] == truth).mean():.1%}"],
    ]
    return table(["baseline", "test digits right"], rows)


def talks_levels() -> str:
    """Count the pairs of each level, and how long they are."""
    splits = [TinyTalks(split) for split in ("train", "val", "test")]
    rows = []
    for level, name in enumerate(LEVELS, 1):
        counts = [talks.levels.count(level) for talks in splits]
        pairs = [
            pair
            for talks in splits
            for pair, of in zip(talks.pairs, talks.levels, strict=True)
            if of == level
        ]
        longest = [str(max(len(pair[part]) for pair in pairs)) for part in (0, 1)]
        rows.append([f"{level}: {name}", *map(str, counts), *longest])
    rows.append(["together", *(f"{len(talks):,}" for talks in splits), "", ""])
    return table(["level", "train", "val", "test", "longest question", "longest answer"], rows)


def talks_examples() -> str:
    """Show the first test pair of each level."""
    rows = [[str(level), *TinyTalks("test", level)[0]] for level in range(1, 6)]
    return "\n".join(
        f"| {' | '.join(row)} |" for row in [["level", "question", "answer"], ["--:", ":--", ":--"], *rows]
    )


def talks_text() -> str:
    """Count characters and words, and what the splits share."""
    splits = {split: TinyTalks(split).pairs for split in ("train", "val", "test")}
    texts = {split: [text for pair in pairs for text in pair] for split, pairs in splits.items()}
    everything = [text for part in texts.values() for text in part]
    questions = {split: {_words(question) for question, _ in pairs} for split, pairs in splits.items()}
    shared = sum(
        len(questions[a] & questions[b]) for a, b in (("train", "val"), ("train", "test"), ("val", "test"))
    )
    vocabulary = {split: {word for text in part for word in _words(text)} for split, part in texts.items()}
    new = (vocabulary["val"] | vocabulary["test"]) - vocabulary["train"]
    rows = [
        ["characters in all", f"{sum(map(len, everything)):,}"],
        ["different characters", str(len(set("".join(everything))))],
        ["different words", str(len(set.union(*vocabulary.values())))],
        ["questions in two splits, whatever their case and punctuation", str(shared)],
        ["words of val and test that train does not have", str(len(new))],
        ["answers of the test that train has, too", f"{_seen_answers(splits):.0%}"],
    ]
    return table(["what", "how many"], rows)


def file_of(name: str) -> str:
    """Say which file it is, and what it weighs."""
    file = next(FILES.glob(f"{name}.*"))
    content = file.read_bytes()
    return f"`{file.name}`, {len(content):,} bytes, SHA-256 `{hashlib.sha256(content).hexdigest()}`"


def _nearest(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each point the position of the other that is nearest."""
    squares = (others * others).sum(axis=1)  # |p|² is the same for all others, so it can be left out
    return np.asarray(np.argmin(squares - 2 * points @ others.T, axis=1))


def _words(text: str) -> tuple[str, ...]:
    letters = "".join(c if c.isalnum() else " " for c in text.lower())
    return tuple(letters.split())


def _seen_answers(splits: dict[str, list[tuple[str, str]]]) -> float:
    known = {answer for _, answer in splits["train"]}
    asked: Sequence[tuple[str, str]] = splits["test"]
    return sum(answer in known for _, answer in asked) / len(asked)


def files() -> list[Path]:
    """Return the data files that the sheets are made of."""
    return sorted(FILES.iterdir())


PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "tinydigits": {
        "splits": digits_splits,
        "pixels": digits_pixels,
        "baselines": digits_baselines,
        "file": lambda: file_of("tinydigits"),
    },
    "tinytalks": {
        "levels": talks_levels,
        "examples": talks_examples,
        "text": talks_text,
        "file": lambda: file_of("tinytalks"),
    },
}
