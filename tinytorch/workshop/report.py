"""Report: what running a part of a chapter came to. One schema for page, notebook, terminal and graders."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Outcome = Literal["passed", "failed", "not_written", "error", "timeout", "runtime_lost"]
STDOUT_LIMIT = 20_000  # characters of output that a Report keeps


@dataclass(frozen=True)
class CheckResult:
    """One check's result. `line` counts the lines of the learner's text from 1; `seconds` is wall time."""

    name: str
    claim: str
    outcome: Outcome
    message: str = ""
    hint: str = ""
    line: int | None = None
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Report:
    """The results of an exercise's checks, or of an experiment, which has none unless it failed."""

    exercise: str
    checks: tuple[CheckResult, ...]
    outcome: Outcome
    stdout: str = ""
    traceback: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def overall(checks: tuple[CheckResult, ...]) -> Outcome:
    """Sum several results up: nothing passes that has a check which did not, or no checks at all."""
    outcomes = {check.outcome for check in checks}
    for worst in ("runtime_lost", "timeout", "not_written", "error", "failed"):
        if worst in outcomes:
            return worst
    return "passed" if checks else "error"
