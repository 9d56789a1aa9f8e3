"""Preprocessors: two steps of ours in nbgrader's autograding. The course's configuration names them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nbformat.notebooknode import from_dict
from nbgrader.preprocessors import NbGraderPreprocessor  # type: ignore[import-not-found]

from tinytorch.workshop import library
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.nbgrader.judging import judge_together
from tinytorch.workshop.nbgrader.regrade import Grade, grades
from tinytorch.workshop.nbgrader.source import integration_cell, integration_id, test_cell, test_id
from tinytorch.workshop.nbgrader.words import verdict

node: Callable[[Any], Any] = from_dict
Step = tuple[Any, dict[str, Any]]
FOREIGN = (
    "This cell is not one of the book's, and no kernel runs here. "
    "To grade cells of your own, set KERNEL = True in nbgrader_config.py."
)


class RestoreTests(NbGraderPreprocessor):  # type: ignore[misc]
    """Put test cells back that are not there; nbgrader's next step then restores their text and points.

    nbgrader can add missing cells itself, but stumbles if the cell before the missing one is missing, too.
    """

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> Step:
        """Add what is missing, at the end."""
        chapter = _chapter(resources)
        if chapter is not None:
            there = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
            wanted = {test_id(exercise): test_cell(exercise) for exercise in chapter.exercises}
            if chapter.integration:
                wanted[integration_id(chapter)] = integration_cell(chapter)
            nb.cells += [node(cell) for grade_id, cell in wanted.items() if grade_id not in there]
        return nb, resources


class Judge(NbGraderPreprocessor):  # type: ignore[misc]
    """Fill in what test cells say, without a kernel: answers are judged from their text, each on its own."""

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> Step:
        """Judge the chapter's answers and write the outputs of its test cells."""
        chapter = _chapter(resources)
        given = {} if chapter is None else {test_id(g.exercise): g for g in grades(chapter, nb.cells)}
        for cell in nb.cells:
            marks = cell.metadata.get("nbgrader", {})
            if not marks.get("grade") or marks.get("solution") or cell.cell_type != "code":
                continue
            grade = given.get(marks["grade_id"])
            if grade is not None:
                cell.outputs = [_said(grade.words) if grade.passed else _error("NotPassed", grade.words)]
            elif chapter is not None and marks["grade_id"] == integration_id(chapter):
                cell.outputs = [_together(chapter, given.values())]
            else:
                cell.outputs = [_error("NotRun", FOREIGN)]
        return nb, resources


def _together(chapter: Chapter, given: Iterable[Grade]) -> Any:
    texts = {grade.exercise.object: grade.text for grade in given if grade.passed and grade.text is not None}
    report = judge_together(chapter, texts)
    words = verdict(report)
    return _said(words) if report.outcome == "passed" else _error("NotPassed", words)


def _said(words: str) -> Any:
    return node({"output_type": "stream", "name": "stdout", "text": words + "\n"})


def _error(name: str, words: str) -> Any:
    lines = words.splitlines()
    return node({"output_type": "error", "ename": name, "evalue": lines[-1], "traceback": lines})


def _chapter(resources: dict[str, Any]) -> Chapter | None:
    """Return the chapter that a notebook is named after; a course may have notebooks of its own."""
    name = resources["nbgrader"]["notebook"]
    return next((chapter for chapter in library.chapters() if chapter.name == name), None)
