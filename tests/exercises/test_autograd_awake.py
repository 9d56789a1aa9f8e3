"""Modules 01 to 04 after `enable_autograd()`: every check of theirs still passes, on the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from all_chapters import CHAPTERS

from tinytorch import disable_autograd
from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.checks import run_checks, run_integration

AWAKE = "\nfrom tinytorch import enable_autograd\n\nenable_autograd()\n"


@pytest.fixture(autouse=True)
def asleep_again() -> Iterator[None]:
    """What a chapter sets up runs when its checks are collected, on the package of this process."""
    yield
    disable_autograd()


BEFORE = [
    replace(chapter, setup=chapter.setup + AWAKE) for chapter in CHAPTERS if chapter.module in range(1, 5)
]
EXERCISES = [
    pytest.param(chapter, exercise, id=exercise.name) for chapter in BEFORE for exercise in chapter.exercises
]


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_the_answer_passes_with_autograd_awake(chapter: Chapter, exercise: Exercise) -> None:
    report = run_checks(chapter, exercise.name, exercise.solution)
    assert report.outcome == "passed", [(check.name, check.message) for check in report.checks]


@pytest.mark.parametrize("chapter", BEFORE, ids=lambda chapter: chapter.name)
def test_the_chapter_works_together_with_autograd_awake(chapter: Chapter) -> None:
    answers = {exercise.object: exercise.solution for exercise in chapter.exercises}
    report = run_integration(chapter, answers)
    assert report.outcome == "passed", [(check.name, check.message) for check in report.checks]
