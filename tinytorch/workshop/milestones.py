"""Milestones: a program from the history of the field, trained on the learner's tinytorch, and judged."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.checker import Emit
from tinytorch.workshop.culprit import NoTimeLeft, name_the_module
from tinytorch.workshop.curriculum import Milestone
from tinytorch.workshop.explain import explain
from tinytorch.workshop.figures import Figures, close_plots
from tinytorch.workshop.fresh import Answers
from tinytorch.workshop.gates import Trained, judge, question
from tinytorch.workshop.kept import pack
from tinytorch.workshop.limits import Output, redirected
from tinytorch.workshop.live import shown_by, stage
from tinytorch.workshop.program import Improper, Row, ask, load, rows, weights_of
from tinytorch.workshop.report import STDOUT_LIMIT, CheckResult, Outcome, Report, overall
from tinytorch.workshop.views import View
from tinytorch.workshop.whose import whose
from tinytorch.workshop.world import ending, world

MILESTONE_SECONDS = 600.0
_CLAIM = "The program trains to its end."


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

    If it does not pass, it runs again with the book's code in place of modules of the learner's, until it is
    known which of them is the reason; `chapters` say what belongs to which. `seconds` limit all of that.

    `options` go to the program's `train`. Events: stdout, figure, checked, and
    {"kind": "progress", "done": 3, "total": 20, "words": "epoch 3 of 20, loss 0.12"}.
    """
    started = time.perf_counter()
    attempt = partial(_attempt, milestone, source, options)
    output = Output(emit and (lambda text: emit({"kind": "stdout", "text": text})))
    results, trained = attempt(texts, output, emit, seconds, whose(texts, chapters))
    model = None
    if results[0].outcome == "passed":
        model = pack(milestone.year, {one.task: one.weights for one in trained if not one.trouble})
    if emit is not None:  # now, so that none of it is lost if somebody stops what may follow
        for result in results:
            emit({"kind": "checked", "check": result.to_dict()})

    def passes_with(fewer: Mapping[str, str], words: str) -> bool:
        left = None if seconds is None else started + seconds - time.perf_counter()
        if left is not None and left <= 0:
            raise NoTimeLeft
        found, _ = attempt(fewer, Output(), _only_progress(emit, words), left)
        if found[0].outcome == "timeout":
            raise NoTimeLeft
        return overall(found) == "passed"

    failing = next((result for result in results if result.outcome != "passed"), None)
    if failing is not None and failing.outcome != "timeout":
        words = name_the_module(milestone.modules, texts, chapters, passes_with)
        told = replace(failing, hint=f"{words}\n{failing.hint}".strip())
        results = tuple(told if result is failing else result for result in results)
    stdout = output.text[:STDOUT_LIMIT]
    in_all = time.perf_counter() - started
    return Result(Report(milestone.name, results, overall(results), stdout, "", in_all), model)


def _attempt(
    milestone: Milestone,
    source: str,
    options: Mapping[str, Any],
    texts: Mapping[str, str],
    output: Output,
    emit: Emit | None,
    seconds: float | None,
    first_line: str = "",
) -> tuple[tuple[CheckResult, ...], Sequence[Trained]]:
    """Train and judge once. The first result is the training's; if it came to its end, the gates' follow."""
    started = time.perf_counter()
    figures = Figures(emit)
    trained: list[Trained] = []
    answers: Answers | None = None
    outcome: Outcome = "passed"
    message = hint = ""
    try:
        answers = Answers(texts)
        with redirected(output), world(answers, seconds), stage(shown_by(figures.live)):
            print(first_line)
            _train(milestone, source, options, trained, figures, emit)
    except Improper as improper:
        outcome, message, hint = "failed", improper.message, improper.hint
    except BaseException as error:  # code that ends Python, or pytest, ends only itself
        outcome, message, hint = ending(error, "training")
        if outcome == "error":
            hint = f"{hint}\n{_origin(answers, error)}".strip()
    finally:
        close_plots()
    took = time.perf_counter() - started
    result = CheckResult("trains", _CLAIM, outcome, message, hint, seconds=took)
    gates = judge(milestone.year, trained, options) if outcome == "passed" else ()
    return (result, *gates), trained


def _only_progress(emit: Emit | None, words: str) -> Emit | None:
    """Tell how far an attempt is and what it is for; nothing else of it is shown."""

    def tell(event: dict[str, Any]) -> None:
        if emit is not None and event["kind"] == "progress":
            emit({**event, "words": f"{words}: {event['words']}"})

    return emit and tell


def _train(
    milestone: Milestone,
    source: str,
    options: Mapping[str, Any],
    trained: list[Trained],
    figures: Figures,
    emit: Emit | None,
) -> None:
    """Run the program; add what is left of each of its networks to `trained`."""
    view = View(milestone.year, figures, options) if emit is not None else None
    said: list[Row] = []  # of the present task
    for row in rows(load(source), dict(options)):
        if said and row.task != said[-1].task:
            trained.append(_left_behind(milestone, said, options))
            said = []
        if any(row.task == one.task for one in trained):
            raise Improper(f"The task {row.task!r} came a second time.")
        said.append(row)
        if emit is not None and view is not None:
            done, total = len(trained) * row.epochs + row.epoch, row.tasks * row.epochs
            emit({"kind": "progress", "done": min(done, total), "total": total, "words": row.words})
            view.row(row)
    trained.append(_left_behind(milestone, said, options))


def _left_behind(milestone: Milestone, said: Sequence[Row], options: Mapping[str, Any]) -> Trained:
    """Copy what can be seen of a network, and ask it: later it will not be there any more."""
    task, model = said[-1].task, said[-1].model
    numbers = tuple(row.numbers for row in said)
    try:
        weights = weights_of(model)
        return Trained(task, numbers, weights, ask(model, question(milestone.year, task, options).inputs))
    except Improper as improper:
        return Trained(task, numbers, trouble=improper.message)
    except Exception as error:
        return Trained(task, numbers, trouble=f"The trained model cannot be asked. {explain(error)[0]}")


def _origin(answers: Answers | None, error: BaseException) -> str:
    """Name the answer of the learner's that an error came out of, if it came out of one."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        place = answers.line(frame.f_code.co_filename, line) if answers else None
        if place is not None:
            found = f"It came out of your `{place[0].partition(':')[2]}`, line {place[1]}."
    return found
