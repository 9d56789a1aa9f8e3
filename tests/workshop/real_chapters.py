"""The book's own chapters, and the work of a reader who has solved them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from all_chapters import CHAPTERS

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.workspace import Record, Work

WHEN = "2026-01-02T03:04:05.678Z"


def chapter_of(exercise: str) -> Chapter:
    return next(one for one in CHAPTERS if any(item.name == exercise for item in one.exercises))


def solved(changed: Mapping[str, Callable[[str], str]] | None = None) -> Work:
    """Every exercise with the book's solution, passed; some of them changed by a function of their text."""
    records = []
    for chapter in CHAPTERS:
        for one in chapter.exercises:
            text = (changed or {}).get(one.name, str)(one.solution)
            records.append(Record(one.name, text, one.stub, one.stub_hash, text, None, WHEN))
    return Work(tuple(records))
