"""What the tests of the milestones share: their programs, and short runs whose reports fit the schema."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinytorch.workshop.curriculum import milestone
from tinytorch.workshop.milestones import Result, run_milestone

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "workshop"))
from valid_reports import validated  # noqa: E402

# Enough for the good package to pass, and so for a sabotaged one to have had its chance.
SHORT: dict[int, dict[str, Any]] = {1958: {"epochs": 6}, 1969: {"epochs": 3, "lr": 0.1}, 1986: {"epochs": 4}}
Run = Callable[..., Result]


def program(year: int) -> str:
    """Return the text of a milestone's program."""
    return (ROOT / "milestones" / f"{milestone(year).program}.py").read_text(encoding="utf-8")


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
