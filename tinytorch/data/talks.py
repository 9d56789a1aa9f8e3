"""TinyTalks: 3,000 questions with answers that come with the package."""

from __future__ import annotations

from tinytorch.data.dataset import Dataset
from tinytorch.data.images import FILES, damaged, missing

COLUMNS = "level\tsplit\tquestion\tanswer"
SPLITS = ("train", "val", "test")
LEVELS = range(1, 6)


class TinyTalks(Dataset):
    """3,000 short questions with their answers, in five levels, for models that read characters.

    Level 1 is greetings, 2 facts, 3 one step of arithmetic, 4 two steps, and 5 small dialogues, whose turns
    are separated by " / ". No question is in two splits. An item is a pair of strings.

    >>> talks = TinyTalks(split="train", level=3)
    >>> len(talks)
    480
    >>> question, answer = talks[0]

    Source: our own grammar, book/datasets/build_tinytalks.py; CC0. See book/datasets/tinytalks.md.
    """

    def __init__(self, split: str = "train", level: int | None = None) -> None:
        if split not in SPLITS:
            raise ValueError(f"TinyTalks: split is {split!r}; it should be 'train', 'val' or 'test'.")
        if level is not None and level not in LEVELS:
            raise ValueError(f"TinyTalks: level is {level!r}; it should be 1 to 5, or None for all.")
        chosen = [row for row in _rows() if row[1] == split and level in (None, int(row[0]))]
        self.split = split
        self.levels = [int(row[0]) for row in chosen]
        self.pairs = [(row[2], row[3]) for row in chosen]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[str, str]:
        return self.pairs[index]

    def __repr__(self) -> str:
        return f"TinyTalks({len(self):,} questions and answers)"


def _rows() -> list[list[str]]:
    """Read the file, or say what is wrong with it."""
    file = FILES / "tinytalks.tsv"
    try:
        head, *lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise missing(file, "TinyTalks") from None
    except ValueError as error:  # not text, or empty
        raise damaged(file, "TinyTalks", str(error)) from None
    rows = [line.split("\t") for line in lines]
    if head != COLUMNS or len(rows) != 3000 or any(len(row) != 4 for row in rows):
        raise damaged(file, "TinyTalks", f"it should have 3,000 lines of {COLUMNS.split()}")
    return rows
