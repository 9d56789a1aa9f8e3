"""Experiments: run a chapter's measuring code on the learner's tinytorch, and pass on what it shows."""

from __future__ import annotations

import ast
import linecache
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.checker import Emit
from tinytorch.workshop.checks import synthetic
from tinytorch.workshop.figures import Figures, close_plots
from tinytorch.workshop.fresh import Answers
from tinytorch.workshop.limits import Output, redirected
from tinytorch.workshop.live import shown_by, stage
from tinytorch.workshop.report import STDOUT_LIMIT, CheckResult, Outcome, Report
from tinytorch.workshop.whose import whose
from tinytorch.workshop.world import ending, world

EXPERIMENT_SECONDS = 60.0
_CLAIM = "The experiment runs to its end."


def run_experiment(
    chapter: Chapter,
    name: str,
    texts: Mapping[str, str],
    emit: Emit | None = None,
    seconds: float | None = EXPERIMENT_SECONDS,
    chapters: Sequence[Chapter] = (),
) -> Report:
    """Run one experiment on the package with the learner's `texts` (by object) in it, the book's in the gaps.

    `chapters` are those that the texts come from: the first line says what is the learner's in each.

    What it prints and the value of its last expression go to stdout. Pictures become events of kind "figure":
    SVG for a value that draws itself (`_repr_svg_`) and for live figures, PNG for open figures of matplotlib.
    """
    experiment = next(item for item in chapter.experiments if item.name == name)
    figures = Figures(emit)
    output = Output(emit and (lambda text: emit({"kind": "stdout", "text": text})))
    started = time.perf_counter()
    outcome: Outcome = "passed"
    message = hint = ""
    try:
        answers = Answers(texts)
        with redirected(output), world(answers, seconds), stage(shown_by(figures.live)):
            os.environ["MPLBACKEND"] = "agg"  # no windows; the world's end takes it back
            print(whose(texts, chapters or (chapter,)))
            _execute(chapter.setup + "\n" + experiment.source, figures)
            figures.plots(experiment.title)
    except BaseException as error:  # code that ends Python, or pytest, ends only itself
        outcome, message, hint = ending(error, "experiment")
    finally:
        close_plots()
    result = CheckResult("runs", _CLAIM, outcome, message, hint, seconds=time.perf_counter() - started)
    report = synthetic(name, result)
    return Report(name, report.checks, outcome, output.text[:STDOUT_LIMIT], seconds=result.seconds)


def _execute(source: str, figures: Figures) -> None:
    """Run `source` as a notebook cell: the value of a last expression is displayed, unless it is None."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    names: dict[str, Any] = {"__name__": "__experiment__", "display": figures.display}
    linecache.cache["<experiment>"] = (len(source), None, source.splitlines(keepends=True), "<experiment>")
    exec(compile(tree, "<experiment>", "exec", dont_inherit=True), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "<experiment>", "eval", dont_inherit=True), names)
        if value is not None:
            figures.display(value)
