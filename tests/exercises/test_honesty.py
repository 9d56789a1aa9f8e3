"""The honesty gate: for every exercise, right passes, blank is not written yet, each mistake is told so."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from all_chapters import CHAPTERS

from tinytorch.workshop.chapter import Chapter, Exercise, WrongAnswer
from tinytorch.workshop.checks import run_checks, run_integration
from tinytorch.workshop.report import Report

EXERCISES = [
    pytest.param(chapter, exercise, id=exercise.name)
    for chapter in CHAPTERS
    for exercise in chapter.exercises
]
WRONG = [
    pytest.param(chapter, exercise, wrong, id=f"{exercise.name}-{wrong.name}")
    for chapter in CHAPTERS
    for exercise in chapter.exercises
    for wrong in exercise.wrong
]


def words(report: Report) -> str:
    """Return everything that a report says of what went wrong."""
    return "\n".join(f"{check.message}\n{check.hint}" for check in report.checks if check.outcome != "passed")


def second_versions(chapter: Chapter) -> dict[tuple[str, str], str]:
    """Read the differently written twins of a chapter's wrong answers: {(exercise, wrong): text}."""
    path = Path(__file__).with_name(f"wrong_{chapter.name}.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.WRONG)


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_the_reference_passes(chapter: Chapter, exercise: Exercise) -> None:
    report = run_checks(chapter, exercise.name, exercise.solution)
    assert report.outcome == "passed", words(report)


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_the_blank_is_not_written_yet_and_earns_nothing(chapter: Chapter, exercise: Exercise) -> None:
    report = run_checks(chapter, exercise.name, exercise.stub)
    assert report.outcome == "not_written"
    assert [check.name for check in report.checks if check.outcome == "passed"] == []


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_an_empty_cell_earns_nothing(chapter: Chapter, exercise: Exercise) -> None:
    report = run_checks(chapter, exercise.name, "")
    assert report.outcome == "error"
    assert all(check.outcome != "passed" for check in report.checks)


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_each_exercise_names_at_least_two_mistakes(chapter: Chapter, exercise: Exercise) -> None:
    assert len(exercise.wrong) >= 2
    assert len({wrong.says for wrong in exercise.wrong}) == len(exercise.wrong)


@pytest.mark.parametrize(("chapter", "exercise", "wrong"), WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(
    chapter: Chapter, exercise: Exercise, wrong: WrongAnswer
) -> None:
    report = run_checks(chapter, exercise.name, wrong.source)
    assert report.outcome not in ("passed", "not_written")
    assert wrong.says in words(report)


@pytest.mark.parametrize(("chapter", "exercise", "wrong"), WRONG)
def test_the_same_mistake_written_differently_is_told_the_same(
    chapter: Chapter, exercise: Exercise, wrong: WrongAnswer
) -> None:
    text = second_versions(chapter)[exercise.name, wrong.name]
    assert text.split() != wrong.source.split()
    assert wrong.says in words(run_checks(chapter, exercise.name, text))


def test_a_walk_that_adds_to_leaves_at_once_is_right_too() -> None:
    source = """
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            if tensor.grad_fn is None:
                accumulate(tensor, share)
            elif tensor.grad_fn in waiting:
                waiting[tensor.grad_fn] = waiting[tensor.grad_fn] + share
            else:
                waiting[tensor.grad_fn] = share
        if not retain_graph:
            node.release()
"""
    chapter = next(chapter for chapter in CHAPTERS if chapter.name == "05_autograd")
    report = run_checks(chapter, "backward", source)
    assert report.outcome == "passed", words(report)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_the_whole_chapter_works_together_on_a_readers_package(chapter: Chapter) -> None:
    if not chapter.integration:
        pytest.skip("this chapter has nothing to integrate")
    report = run_integration(chapter, {ex.object: ex.solution for ex in chapter.exercises})
    assert report.outcome == "passed", words(report)


def test_exercise_names_are_unique_in_the_book() -> None:
    names = [exercise.name for chapter in CHAPTERS for exercise in chapter.exercises]
    assert len(set(names)) == len(names)
