"""Words: what a test cell says of an answer, for students who read it in their feedback."""

from __future__ import annotations

from dataclasses import replace

from tinytorch.workshop.chapter import Exercise
from tinytorch.workshop.present import as_text
from tinytorch.workshop.report import Report

SHOWN = 2_000  # characters of what the answer itself printed


def verdict(report: Report, exercise: Exercise | None = None) -> str:
    """Return the report as text, with the points if it is about an exercise."""
    if len(report.stdout) > SHOWN:
        report = replace(report, stdout=report.stdout[:SHOWN] + "\n… and more, which is not shown.")
    text = as_text(report)
    return text if exercise is None else f"{text}\n{_points(exercise, report.outcome == 'passed')}"


def unanswered(exercise: Exercise) -> str:
    """Say that there is nothing to judge."""
    missing = f"There is no answer: no cell that begins with `%%exercise {exercise.name}` has been run."
    return f"{missing}\n{_points(exercise, False)}"


def _points(exercise: Exercise, passed: bool) -> str:
    """Say what an answer earns: all points of the exercise or none, for a function works or it does not."""
    most = exercise.points
    return f"{most if passed else 0} of {most} point{'s' * (most != 1)}."
