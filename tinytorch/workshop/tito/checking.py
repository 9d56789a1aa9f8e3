"""Checks in the terminal: whatever an answer does to Python, a Report comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinytorch.workshop.chapter import Chapter, Check
from tinytorch.workshop.checks import CHECK_SECONDS, INTEGRATION_SECONDS, synthetic
from tinytorch.workshop.report import CheckResult, Outcome, Report, overall
from tinytorch.workshop.tito.process import Json, Lost, Reply, Silent, Worker

GRACE = 5.0  # seconds that Python has to stop by itself before it is killed
Heard = Callable[[Json], None]


def check_exercise(
    worker: Worker, chapter: Chapter, exercise: str, text: str, seconds: float = CHECK_SECONDS
) -> Report:
    """Check `text` as the answer to an exercise."""
    job = {"action": "check", "chapter": chapter.name, "exercise": exercise, "text": text, "seconds": seconds}
    report = _report(worker, job, exercise, chapter.exercise(exercise).checks, seconds)
    if report.outcome not in ("passed", "failed", "not_written"):
        worker.kill()  # what such code leaves behind is nobody's business
    return report


def check_together(worker: Worker, chapter: Chapter, texts: Mapping[str, str]) -> Report:
    """Run a chapter's integration checks on the learner's package; `texts` by object."""
    # Where one fails, answers are taken out and it runs again, a dozen times at most: all of that is silent.
    job = {"action": "integrate", "chapter": chapter.name, "texts": dict(texts)}
    seconds = 12 * INTEGRATION_SECONDS
    return _report(worker, job, chapter.name, chapter.integration, seconds)


def run_program(worker: Worker, name: str, job: Json, seconds: float, heard: Heard) -> tuple[Report, Json]:
    """Run a milestone; return its gates' report, and the whole reply.

    Once its gates have spoken, Python only looks for the module that is the reason. If that is stopped by
    Ctrl+C, or ends otherwise, what the gates have said stands.
    """
    seen, listen = _noting(heard)
    ending: Reply | Silent | Lost | None = None
    try:
        ending = worker.run(job, listen, seconds + GRACE, seconds + GRACE)
    except KeyboardInterrupt:
        if not _is_known(seen):
            raise
    report = _read_report(ending.data.get("report")) if isinstance(ending, Reply) else None
    if report is not None and isinstance(ending, Reply):
        return report, ending.data
    if _is_known(seen):
        results = tuple(seen.values())
        return Report(name, results, overall(results), seconds=results[0].seconds), {}
    if isinstance(ending, Silent):
        return _stopped(name, (), {}, ending), {}
    return _died(name, (), {}, ending if isinstance(ending, Lost) else Lost(None)), {}


def _is_known(seen: Mapping[str, CheckResult]) -> bool:
    """Say whether a milestone has failed. That it has passed, only its Report can say."""
    return any(result.outcome != "passed" for result in seen.values())


def _noting(heard: Heard) -> tuple[dict[str, CheckResult], Heard]:
    """Return a listener that passes events on, and where it notes the results of checks."""
    seen: dict[str, CheckResult] = {}

    def listen(event: Json) -> None:
        result = _read_result(event.get("check")) if event.get("kind") == "checked" else None
        if result is not None:
            seen[result.name] = result
        heard(event)

    return seen, listen


def unreadable(exercise: str, words: str) -> Report:
    """Report that an answer's file holds no text."""
    return synthetic(exercise, CheckResult("reads", "Your answer can be read.", "error", words))


def not_started(exercise: str, chapter: Chapter) -> Report:
    """Report that there is no file yet."""
    message = "This exercise is not started: it has no file."
    hint = f"`tito module start {chapter.module:02d}` writes it."
    return synthetic(exercise, CheckResult("reads", "Your answer can be read.", "not_written", message, hint))


def _report(worker: Worker, job: Json, name: str, checks: Sequence[Check], seconds: float) -> Report:
    seen, heard = _noting(lambda event: None)
    ending = worker.run(job, heard, seconds + GRACE, (len(checks) + 1) * (seconds + GRACE))
    if isinstance(ending, Silent):
        return _stopped(name, checks, seen, ending)
    report = _read_report(ending.data.get("report")) if isinstance(ending, Reply) else None
    return report or _died(name, checks, seen, ending if isinstance(ending, Lost) else Lost(None))


def _stopped(name: str, checks: Sequence[Check], seen: Mapping[str, CheckResult], ending: Silent) -> Report:
    message = (
        f"Your code ran for {round(ending.seconds)} s without finishing, in a call that Python cannot stop."
    )
    hint = "Is there a loop that never ends, or an operation on something huge?"
    return _cut_off(name, checks, seen, "timeout", message, hint)


def _died(name: str, checks: Sequence[Check], seen: Mapping[str, CheckResult], ending: Lost) -> Report:
    message = f"Python stopped working while it ran your code ({ending.words})."
    hint = "Does the code end Python, or does a function call itself without end?"
    if ending.code == -9:
        hint = "The system ends a process like that when memory runs out. What grows here?"
    return _cut_off(name, checks, seen, "runtime_lost", message, hint)


def _cut_off(
    name: str,
    checks: Sequence[Check],
    seen: Mapping[str, CheckResult],
    outcome: Outcome,
    message: str,
    hint: str,
) -> Report:
    """Report what was seen before the end; the first check that was not seen is the one that it came in."""
    results = []
    words, tip = message, hint
    for check in checks:
        if check.name in seen:
            results.append(seen[check.name])
        else:
            results.append(CheckResult(check.name, check.claim, outcome, words, tip))
            words, tip = "This check did not run, because the code was stopped before.", ""
    if not any(result.outcome == outcome for result in results):  # it came at the very end, or there are none
        results.append(CheckResult("finishes", "Your code finishes.", outcome, message, hint))
    return Report(name, tuple(results), overall(tuple(results)), seconds=sum(one.seconds for one in results))


def _read_report(data: Any) -> Report | None:
    """Read what a child sent, which the learner's code may have tampered with."""
    try:
        checks = tuple(CheckResult(**check) for check in data["checks"])
        report = Report(**{**data, "checks": checks})
    except (TypeError, KeyError):
        return None
    whole = report.outcome == overall(checks) and all(_read_result(check.to_dict()) for check in checks)
    return report if whole and isinstance(report.stdout, str) and isinstance(report.traceback, str) else None


def _read_result(data: Any) -> CheckResult | None:
    try:
        result = CheckResult(**data)
    except TypeError:
        return None
    texts = (result.name, result.claim, result.outcome, result.message, result.hint)
    return result if all(isinstance(text, str) for text in texts) else None
