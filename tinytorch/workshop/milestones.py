"""Milestones: a program from the history of the field, trained on the learner's tinytorch, and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.checker import Emit
from tinytorch.workshop.curriculum import Milestone
from tinytorch.workshop.report import Report

MILESTONE_SECONDS = 600.0


@dataclass(frozen=True)
class Result:
    """What a milestone came to: its gates' report, and the trained weights as a small archive."""

    report: Report
    model: bytes | None


def run_milestone(
    milestone: Milestone,
    source: str,
    texts: Mapping[str, str],
    emit: Emit | None = None,
    seconds: float | None = MILESTONE_SECONDS,
    chapters: Sequence[Chapter] = (),
    **options: Any,
) -> Result:
    """Run a milestone's program on the package with the learner's `texts`, by object, and judge the outcome.

    `options` go to the program's `train`. Events: stdout, figure, and
    {"kind": "progress", "done": 3, "total": 20, "words": "epoch 3 of 20, loss 0.12"}.
    """
    raise NotImplementedError
