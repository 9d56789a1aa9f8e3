"""Regrading: points of a submitted notebook from its text alone. None of its cells runs here.

Whoever runs code in the notebook's kernel can make a test cell say anything. So the answers are read from
the file, points and checks come from the book, and each answer is judged in a Python of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinytorch.workshop import library
from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.nbgrader.judging import EXERCISE_SECONDS, end_all, judge
from tinytorch.workshop.nbgrader.source import answered, text_of
from tinytorch.workshop.nbgrader.words import unanswered, verdict
from tinytorch.workshop.report import Report

MAX_BYTES = 20 * 1024**2  # of a notebook


class Unreadable(ValueError):
    """A file is not a notebook that can be graded; the words say why."""


@dataclass(frozen=True)
class Grade:
    """What one answer earns; without an answer there is neither text nor report."""

    exercise: Exercise
    text: str | None
    report: Report | None

    @property
    def passed(self) -> bool:
        """Whether there is an answer that passes all checks."""
        return self.report is not None and self.report.outcome == "passed"

    @property
    def points(self) -> int:
        """The exercise's points if all of its checks passed, or none."""
        return self.exercise.points if self.passed else 0

    @property
    def words(self) -> str:
        """What the checks say."""
        return unanswered(self.exercise) if self.report is None else verdict(self.report, self.exercise)


def regrade(file: Path, seconds: float = EXERCISE_SECONDS) -> tuple[Grade, ...]:
    """Grade a submitted notebook, whose file is named after its chapter; `seconds` limits each exercise.

    Raises:
        Unreadable: it is no notebook, or not one of the book's.
    """
    chapter = next((chapter for chapter in library.chapters() if chapter.name == file.stem), None)
    if chapter is None:
        raise Unreadable(f"{file}: the book has no chapter {file.stem!r}.")
    return grades(chapter, read_cells(file), seconds)


def grades(chapter: Chapter, cells: Sequence[Any], seconds: float = EXERCISE_SECONDS) -> tuple[Grade, ...]:
    """Judge a notebook's answers to a chapter's exercises, as many at a time as there are processors."""
    found = answers_in(cells)

    def one(exercise: Exercise) -> Grade:
        text = found.get(exercise.name)
        return Grade(exercise, text, None if text is None else judge(chapter, exercise.name, text, seconds))

    pool = ThreadPoolExecutor(os.cpu_count())  # each thread only waits for its child
    try:
        return tuple(pool.map(one, chapter.exercises))
    except BaseException:  # Ctrl+C is heard by this thread alone
        pool.shutdown(wait=False, cancel_futures=True)
        end_all()
        raise
    finally:
        pool.shutdown()


def read_cells(file: Path) -> list[Any]:
    """Return the cells of a notebook file, which may be damaged."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{file}: a notebook of more than {MAX_BYTES // 1024**2} MB is not read.")
        cells = json.loads(data)["cells"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{file}: this is not a notebook ({type(error).__name__}: {error}).") from None
    if not isinstance(cells, list):
        raise Unreadable(f"{file}: this is not a notebook: its cells are not a list.")
    return cells


def answers_in(cells: Sequence[Any]) -> dict[str, str]:
    """Return a notebook's answers by exercise: of several to one exercise the last, as in a run of all cells.

    A cell counts as an answer by its first line, or, if that was lost, by nbgrader's mark.
    """
    found: dict[str, str] = {}
    marked: dict[str, str] = {}
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        name = answered(cell)
        if name is not None:
            found[name] = text_of(cell).lstrip().partition("\n")[2]
            continue
        metadata = cell.get("metadata")
        marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        if isinstance(marks, dict) and marks.get("solution") and isinstance(marks.get("grade_id"), str):
            marked[marks["grade_id"]] = text_of(cell)
    return marked | found
