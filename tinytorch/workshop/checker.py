"""Checker: the pytest plugin that runs each check in a world of its own and says what came of it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest

import tinytorch.workshop.expect  # noqa: F401  loaded now, so that what a run does to it is put back
from tinytorch.workshop.chapter import Check
from tinytorch.workshop.explain import explain, lacks_memory, text_of
from tinytorch.workshop.fresh import Answers
from tinytorch.workshop.limits import OUTPUT_LIMIT, Output, TimeUp, TooMuchOutput, names_restored
from tinytorch.workshop.report import CheckResult, Outcome
from tinytorch.workshop.source import lines_of
from tinytorch.workshop.world import world

Emit = Callable[[dict[str, Any]], None]


class Checker:
    """The pytest plugin: surrounds each check with a fresh package and limits, and notes what came of it."""

    def __init__(
        self,
        exercise: str,
        checks: Sequence[Check],
        answers: Answers,
        emit: Emit | None,
        seconds: float | None,
    ) -> None:
        self.exercise, self.answers, self.seconds, self.emit = exercise, answers, seconds, emit
        self.claims = {check.name: check.claim for check in checks}
        self.results: dict[str, CheckResult] = {}
        self.output = Output(emit and (lambda text: emit({"kind": "stdout", "text": text})), OUTPUT_LIMIT)
        self.traceback = ""
        self.trouble = ""
        self._told: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if _base(item) in self.claims]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        result = yield
        if nextitem is None or _base(nextitem) != _base(item):
            self._tell(_base(item))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, bool]:
        module, started, error = pyfuncitem.module, time.perf_counter(), None
        try:
            with names_restored(vars(module)), world(self.answers, self.seconds):
                # Run once more, so that its `from tinytorch import …` means the fresh copy.
                module.__spec__.loader.exec_module(module)
                yield
        except KeyboardInterrupt:  # somebody pressed Stop
            raise
        except BaseException as raised:  # pytest's skip, xfail and exit, too, must not look like success
            error = raised
        self._note(_base(pyfuncitem), error, time.perf_counter() - started)
        if isinstance(error, TimeUp):  # the checks after it would hang in the same place
            pyfuncitem.session.shouldstop = True
        error = None  # its traceback leads back here, and in that ring the learner's arrays would live on
        return True  # pytest, which would format the traceback at length, need not know

    @pytest.hookimpl(wrapper=True)
    def pytest_assertrepr_compare(self) -> Generator[None, object, list[object]]:
        """Leave out pytest's comparisons: some versions cannot compare without a terminal."""
        with suppress(AssertionError):
            yield
        return []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        if call.excinfo is not None:  # before or after the check itself: marks and fixtures
            self._note(_base(item), call.excinfo.value, call.duration)
        return (yield)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.trouble = report.longreprtext

    def pytest_internalerror(self, excrepr: object) -> bool:
        self.trouble = str(excrepr)
        return True  # otherwise pytest prints it

    def finish(self) -> tuple[CheckResult, ...]:
        """Return a result for each check, in order; what has none was cut off by one that did not end."""
        for name, claim in self.claims.items():
            if name not in self.results:
                self.results[name] = self._cut_off(name, claim)
            self._tell(name)
        return tuple(self.results[name] for name in self.claims)

    def _cut_off(self, name: str, claim: str) -> CheckResult:
        if self.trouble:
            message = "This check cannot be run. The mistake is the book's, not yours."
            return CheckResult(name, claim, "error", message, self.trouble)
        message = "This check did not run to its end, because the code was stopped."
        return CheckResult(name, claim, "timeout", message)

    def _note(self, name: str, error: BaseException | None, seconds: float) -> None:
        before = self.results.get(name)  # a parametrized check counts as one; its first failure speaks for it
        if before is not None and before.outcome != "passed":
            return
        seconds += 0.0 if before is None else before.seconds
        if error is None:
            self.results[name] = CheckResult(name, self.claims[name], "passed", seconds=seconds)
        else:
            outcome, message, hint = self._judge(error)
            line = self._line(error)
            self.results[name] = CheckResult(name, self.claims[name], outcome, message, hint, line, seconds)
            self.traceback = self.traceback or self._format(error)

    def _tell(self, name: str) -> None:
        if self.emit is not None and name in self.results and name not in self._told:
            self._told.add(name)
            self.emit({"kind": "checked", "check": self.results[name].to_dict()})

    def _judge(self, error: BaseException) -> tuple[Outcome, str, str]:
        if isinstance(error, TimeUp):
            return (
                "timeout",
                f"Your code was stopped after {self.seconds:g} seconds.",
                "Is there a loop that never ends?",
            )
        if isinstance(error, TooMuchOutput):
            return (
                "error",
                f"Your code printed more than {OUTPUT_LIMIT:,} characters and was stopped.",
                "Is there a print inside a loop that never ends?",
            )
        if lacks_memory(origin := self._origin(error)):  # some of those errors look like others to a check
            error = origin
        message, hint = explain(error)
        if isinstance(error, NotImplementedError) and text_of(error) == self.exercise:
            return "not_written", message, hint
        in_check = isinstance(error, AssertionError) and not self._places(error)
        return "failed" if in_check else "error", message, hint

    def _places(self, error: BaseException) -> list[tuple[str, int, str]]:
        """List the learner's frames of a traceback as (object, line, function), the deepest last."""
        places = []
        for frame, line in traceback.walk_tb(error.__traceback__):
            place = self.answers.line(frame.f_code.co_filename, line)
            if place is not None:
                places.append((*place, frame.f_code.co_name))
        return places

    def _line(self, error: BaseException) -> int | None:
        places = self._places(self._origin(error))
        return places[-1][1] if places else None

    def _origin(self, error: BaseException) -> BaseException:
        """Return the error of the learner's that a check caught and put into words of its own, if it did."""
        return error.__cause__ if error.__cause__ is not None and not self._places(error) else error

    def _format(self, error: BaseException) -> str:
        """Write a traceback of the learner's lines alone; a line that calls itself is shown once."""
        error, shown = self._origin(error), []
        for name, line, function in dict.fromkeys(self._places(error)):
            text = lines_of(self.answers.texts[name])[line - 1].strip()
            shown.append(f"line {line}, in {function}\n    {text}")
        return "\n".join([*shown, f"{type(error).__name__}: {text_of(error)}"]) if shown else ""


def _base(item: pytest.Item) -> str:
    return item.name.partition("[")[0]
