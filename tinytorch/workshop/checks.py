"""Checks: run a chapter's pytest functions against a learner's text, and report in words.

The learner's object stands in the book's version of everything else, so a failure is always about this
exercise. Each check gets a fresh copy of the package and leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

import tinytorch.workshop.expect  # noqa: F401  loaded now, so that what a run does to it is put back
from tinytorch.workshop.chapter import Chapter, Check
from tinytorch.workshop.explain import explain, text_of
from tinytorch.workshop.fresh import Answers, fresh_package
from tinytorch.workshop.limits import (
    OUTPUT_LIMIT,
    Output,
    TimeUp,
    TooMuchOutput,
    memory_limit,
    names_restored,
    redirected,
    restored,
    time_limit,
)
from tinytorch.workshop.report import STDOUT_LIMIT, CheckResult, Outcome, Report, overall
from tinytorch.workshop.source import Refused, lines_of

Emit = Callable[[dict[str, Any]], None]
CHECK_SECONDS = 10.0
INTEGRATION_SECONDS = 60.0


def run_checks(
    chapter: Chapter,
    name: str,
    text: str,
    emit: Emit | None = None,
    seconds: float | None = CHECK_SECONDS,
) -> Report:
    """Run an exercise's checks against the learner's `text`; `seconds` limits each check, natively."""
    exercise = chapter.exercise(name)
    started = time.perf_counter()
    try:
        answers = Answers({exercise.object: text})
    except Refused as refused:
        return _refusal(name, refused)
    return _run(name, chapter.setup, exercise.checks, answers, emit, seconds, started)


def run_integration(
    chapter: Chapter,
    texts: Mapping[str, str],
    emit: Emit | None = None,
    seconds: float | None = INTEGRATION_SECONDS,
) -> Report:
    """Run a chapter's integration checks on the learner's package: `texts` by object, the book's in the gaps.

    Where one fails, answers are taken out one by one; if it passes without one, that answer is named.
    """
    started = time.perf_counter()
    try:
        answers = Answers(texts)
    except Refused as refused:
        return _refusal(chapter.name, refused)
    report = _run(chapter.name, chapter.setup, chapter.integration, answers, emit, seconds, started)
    if report.outcome == "passed":
        return report
    failing = tuple(
        check
        for check, result in zip(chapter.integration, report.checks, strict=True)
        if result.outcome != "passed"
    )
    for suspect in texts:
        others = Answers({name: text for name, text in texts.items() if name != suspect})
        if _run(chapter.name, chapter.setup, failing, others, None, seconds, started).outcome == "passed":
            path = suspect.partition(":")[2]
            culprit = f"With the book's `{path}` in place of yours it passes: look there."
            return Report(
                report.exercise,
                tuple(
                    result if result.outcome == "passed" else CheckResult(**{**vars(result), "hint": culprit})
                    for result in report.checks
                ),
                report.outcome,
                report.stdout,
                report.traceback,
                time.perf_counter() - started,
            )
    return report


def synthetic(exercise: str, check: CheckResult) -> Report:
    """Make the report of a run that came to no check: one that stands for all."""
    return Report(exercise, (check,), check.outcome, seconds=check.seconds)


def _refusal(exercise: str, refused: Refused) -> Report:
    claim = f"Your text is one Python function named {refused.object.rpartition(':')[2].rpartition('.')[2]}."
    return synthetic(
        exercise, CheckResult("reads", claim, "error", refused.message, refused.hint, refused.line)
    )


def _run(
    exercise: str,
    setup: str,
    checks: Sequence[Check],
    answers: Answers,
    emit: Emit | None,
    seconds: float | None,
    started: float,
) -> Report:
    checker = _Checker(exercise, checks, answers, emit, seconds)
    file = _check_file(exercise, setup, checks)
    with redirected(checker.output), restored():
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # meant for other tests
            os.environ.pop(name, None)
        here = [f"--rootdir={file.parent}", f"--confcutdir={file.parent}"]  # look at no folder above
        pytest.main([*_PYTEST_OPTIONS, *here, str(file)], plugins=[checker])
    sys.modules.pop(file.stem, None)  # pytest would take other checks of that name for these
    results = checker.finish()
    return Report(
        exercise,
        results,
        overall(results),
        checker.output.text[:STDOUT_LIMIT],
        checker.traceback,
        time.perf_counter() - started,
    )


_UNUSED = (
    *("terminal", "cacheprovider", "faulthandler", "doctest", "junitxml", "pastebin", "legacypath"),
    *("setuponly", "setupplan", "stepwise", "unittest"),
    *("unraisableexception", "threadexception"),  # these collect garbage over and over
)
_PYTEST_OPTIONS = (
    "--import-mode=importlib",
    "--capture=no",
    "--disable-plugin-autoload",
    "--config-file=/dev/null",
    *(f"-pno:{name}" for name in _UNUSED),
)


def check_source(setup: str, checks: Sequence[Check]) -> str:
    """Return the checks as the text of a pytest file."""
    return "\n\n\n".join([setup.strip(), *(check.source.strip() for check in checks)]) + "\n"


def _check_file(exercise: str, setup: str, checks: Sequence[Check]) -> Path:
    """Write the checks where pytest finds them; the same checks have the same file, and so its bytecode."""
    source = check_source(setup, checks)
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    folder = _scratch() / digest
    file = folder / f"test_{exercise}.py"
    if not file.exists():
        folder.mkdir(exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return file


_scratch_folder: tempfile.TemporaryDirectory[str] | None = None


def _scratch() -> Path:
    global _scratch_folder
    if _scratch_folder is None:
        _scratch_folder = tempfile.TemporaryDirectory(prefix="tinytorch-checks-")
    return Path(_scratch_folder.name)


class _Checker:
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
            with ExitStack() as world:
                world.enter_context(names_restored(vars(module)))
                world.enter_context(restored())
                world.enter_context(fresh_package(self.answers.code))
                world.enter_context(memory_limit())
                world.enter_context(time_limit(self.seconds))
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
        message, hint = explain(error)
        if isinstance(error, NotImplementedError) and text_of(error) == self.exercise:
            return "not_written", message, hint
        in_check = isinstance(error, AssertionError) and self._line(error) is None
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
        places = self._places(error)
        return places[-1][1] if places else None

    def _format(self, error: BaseException) -> str:
        """Write a traceback of the learner's lines alone; a line that calls itself is shown once."""
        shown = []
        for name, line, function in dict.fromkeys(self._places(error)):
            text = lines_of(self.answers.texts[name])[line - 1].strip()
            shown.append(f"line {line}, in {function}\n    {text}")
        return "\n".join([*shown, f"{type(error).__name__}: {text_of(error)}"]) if shown else ""


def _base(item: pytest.Item) -> str:
    return item.name.partition("[")[0]
