"""Modules 01 to 04 after `enable_autograd()`: every check of theirs still passes, on the same answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tinybook.reading.reader import read_chapter

from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.checks import run_checks, run_integration

ROOT = Path(__file__).parents[2]
AWAKE = "\nfrom tinytorch import enable_autograd\n\nenable_autograd()\n"


def awake(path: Path) -> Chapter:
    chapter = read_chapter(path, ROOT)
    return replace(chapter, setup=chapter.setup + AWAKE)


CHAPTERS = [awake(path) for path in sorted((ROOT / "exercises").glob("0[1-4]_*.py"))]
EXERCISES = [
    pytest.param(chapter, exercise, id=exercise.name)
    for chapter in CHAPTERS
    for exercise in chapter.exercises
]


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_the_answer_passes_with_autograd_awake(chapter: Chapter, exercise: Exercise) -> None:
    report = run_checks(chapter, exercise.name, exercise.solution)
    assert report.outcome == "passed", [(check.name, check.message) for check in report.checks]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_the_chapter_works_together_with_autograd_awake(chapter: Chapter) -> None:
    answers = {exercise.object: exercise.solution for exercise in chapter.exercises}
    report = run_integration(chapter, answers)
    assert report.outcome == "passed", [(check.name, check.message) for check in report.checks]
