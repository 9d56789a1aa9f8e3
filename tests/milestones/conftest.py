"""What the tests of the milestones share: short runs, whose reports are held against the schema."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from short_runs import ROOT, SHORT, program

from tinytorch.workshop.curriculum import milestone
from tinytorch.workshop.milestones import Result, run_milestone

sys.path.insert(0, str(ROOT / "tests" / "workshop"))
from valid_reports import validated

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a milestone briefly, on answers by object; `source` replaces its program."""

    def run_briefly(
        year: int,
        texts: dict[str, str] | None = None,
        source: str | None = None,
        emit: Any = None,
        seconds: float = 60.0,
        **options: Any,
    ) -> Result:
        brief = SHORT[year] if source is None else {}
        text = program(year) if source is None else source
        result = run_milestone(milestone(year), text, texts or {}, emit, seconds, **{**brief, **options})
        validated(result.report)
        return result

    return run_briefly
