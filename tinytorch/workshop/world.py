"""World: where learners' code runs: on their own package, within limits, and without a trace afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tinytorch.workshop.explain import explain
from tinytorch.workshop.fresh import Answers, fresh_package
from tinytorch.workshop.limits import TimeUp, TooMuchOutput, memory_limit, restored, time_limit
from tinytorch.workshop.report import Outcome
from tinytorch.workshop.source import Refused


@contextmanager
def world(answers: Answers, seconds: float | None) -> Iterator[None]:
    """Put the package with these answers in force, for so many seconds at most."""
    with restored(), fresh_package(answers.code), memory_limit(), time_limit(seconds):
        yield


def ending(error: BaseException, run: str) -> tuple[Outcome, str, str]:
    """Return outcome, message and hint for a `run`, such as "experiment", that ended in this error."""
    if isinstance(error, Refused):
        path = error.object.partition(":")[2]
        return "error", f"Your `{path}`: {error.message}", error.hint
    if isinstance(error, (TimeUp, KeyboardInterrupt)):
        return "timeout", f"The {run} was stopped before it finished.", ""
    if isinstance(error, TooMuchOutput):
        return "error", f"The {run} printed too much and was stopped.", ""
    return "error", *explain(error)
