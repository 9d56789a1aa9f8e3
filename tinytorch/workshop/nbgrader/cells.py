"""Cells: what the assignment's notebook runs, in class, at home, in JupyterLite and when it is graded.

The answer cells are those of every other notebook: `%%exercise`. Here their text is noted as well, for the
test cell below each. Where nbgrader runs the notebook, an answer is only noted: its code runs in the test
cell's own Python, so that a loop that never ends costs its exercise alone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tinytorch.workshop import notebook
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.nbgrader.words import unanswered, verdict
from tinytorch.workshop.report import Report

GRADED = "NBGRADER_EXECUTION"  # set by nbgrader for the kernels that it starts
IN_BROWSER = sys.platform == "emscripten"  # there are no other processes there

_written: dict[str, str] = {}  # the answers that were run, by exercise
_passed: dict[str, str] = {}  # those that passed, by object


class NotPassed(AssertionError):
    """A test cell's way to say no: its words are all that is shown, without a traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for it
        return str(self).splitlines()


def load_ipython_extension(shell: Any) -> None:
    """Register `%%exercise`, which notes the answer and then does what it does in every notebook."""
    notebook.load_ipython_extension(shell)
    usual: Callable[[str, str], Any] = shell.find_cell_magic("exercise")

    def exercise(line: str, cell: str) -> Any:
        _written[line.strip()] = cell
        return None if os.environ.get(GRADED) else usual(line, cell)

    shell.register_magic_function(exercise, "cell", "exercise")


def grade(name: str) -> None:
    """Judge the answer to an exercise, and print what its checks say.

    Raises:
        NotPassed: it has not passed all of them, or there is no answer.
    """
    chapter = next(c for c in _chapters() if any(e.name == name for e in c.exercises))
    exercise = chapter.exercise(name)
    _passed.pop(exercise.object, None)
    if name not in _written:
        raise NotPassed(unanswered(exercise))
    report = _judged(chapter, name, _written[name])
    words = verdict(report, exercise)
    if report.outcome != "passed":
        raise NotPassed(words)
    _passed[exercise.object] = _written[name]
    print(words)


def integrate(name: str) -> None:
    """Run a chapter's integration checks on the answers that have passed above, the book's in the gaps.

    Raises:
        NotPassed: one of them does not pass.
    """
    chapter = next(c for c in _chapters() if c.name == name)
    objects = {exercise.object for exercise in chapter.exercises}
    texts = {name: text for name, text in _passed.items() if name in objects}
    report = _judged_together(chapter, texts)
    if report.outcome != "passed":
        raise NotPassed(verdict(report))
    print(verdict(report))


def _judged(chapter: Chapter, name: str, text: str) -> Report:
    if IN_BROWSER:
        from tinytorch.workshop.checks import run_checks

        return run_checks(chapter, name, text)
    from tinytorch.workshop.nbgrader.judging import judge

    return judge(chapter, name, text)


def _judged_together(chapter: Chapter, texts: dict[str, str]) -> Report:
    if IN_BROWSER:
        from tinytorch.workshop.checks import run_integration

        return run_integration(chapter, texts)
    from tinytorch.workshop.nbgrader.judging import judge_together

    return judge_together(chapter, texts)


def _chapters() -> Iterable[Chapter]:
    """Return the book's chapters; natively never those beside a notebook, which a submission may bring."""
    if not IN_BROWSER:
        from tinytorch.workshop import library

        return library.chapters()
    files = sorted(Path("chapters").glob("*_*.json"))
    return [Chapter.from_dict(json.loads(file.read_text(encoding="utf-8"))) for file in files]
