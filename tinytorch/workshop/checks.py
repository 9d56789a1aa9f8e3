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
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tinytorch.workshop.chapter import Chapter, Check
from tinytorch.workshop.checker import Checker, Emit
from tinytorch.workshop.culprit import narrowed
from tinytorch.workshop.fresh import Answers
from tinytorch.workshop.limits import redirected, restored
from tinytorch.workshop.report import STDOUT_LIMIT, CheckResult, Report, overall
from tinytorch.workshop.source import Refused

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

    Where one fails, answers are taken out until it passes; if one answer is the reason, it is named.
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

    def passes_without(suspects: Sequence[str]) -> bool:
        others = Answers({name: text for name, text in texts.items() if name not in suspects})
        return _run(chapter.name, chapter.setup, failing, others, None, seconds, started).outcome == "passed"

    guilty = narrowed(list(texts), passes_without)
    if len(guilty) != 1:
        return report
    hint = f"With the book's `{guilty[0].partition(':')[2]}` in place of yours it passes: look there."
    results = tuple(
        result if result.outcome == "passed" else replace(result, hint=hint) for result in report.checks
    )
    return replace(report, checks=results, seconds=time.perf_counter() - started)


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
    checker = Checker(exercise, checks, answers, emit, seconds)
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


def forget_scratch() -> None:
    """Delete the files of all checks; the next one begins a folder of its own."""
    global _scratch_folder
    if _scratch_folder is not None:
        _scratch_folder.cleanup()
    _scratch_folder = None
