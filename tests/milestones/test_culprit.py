"""Where a package all the reader's does not pass, the module that is the reason is named."""

from __future__ import annotations

import pytest
from blame import CHAPTERS, SOLVED, named
from sabotage import sabotaged

from tinytorch.workshop.culprit import NoTimeLeft, name_the_module

LINEAR, BACKWARD = "tinytorch.nn.functional.linear:linear", "tinytorch.core.autograd:backward"
LOSS_GRADIENT = "tinytorch.nn.functional.losses:cross_entropy_gradient"
MODULES = (1, 2, 3, 4, 5, 6, 7, 8)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of sabotaged answers
@pytest.mark.parametrize(
    ("year", "target", "kind", "number"),
    [(1958, LOSS_GRADIENT, "sign", 4), (1969, BACKWARD, "idle", 5), (1986, LINEAR, "zeros", 3)],
)
def test_the_module_that_is_broken_is_named(year, target, kind, number):
    """`python tests/milestones/blame.py` does this for all knockouts."""
    assert named(year, target, kind) == [number]


def test_what_passes_is_run_once(run):
    events = []
    report = run(1958, SOLVED, chapters=CHAPTERS, emit=events.append).report
    assert report.outcome == "passed"
    assert [event["done"] for event in events if event["kind"] == "progress"][-1] == len(
        [event for event in events if event["kind"] == "progress"]
    )


def test_the_gates_are_told_first_and_then_only_how_far_the_search_is(run):
    events = []
    broken = SOLVED | {LOSS_GRADIENT: sabotaged(LOSS_GRADIENT, "sign")}
    report = run(1958, broken, chapters=CHAPTERS, emit=events.append).report
    kinds = [event["kind"] for event in events]
    last = len(kinds) - kinds[::-1].index("checked")
    assert kinds.count("checked") == len(report.checks)
    assert set(kinds[last:]) == {"progress"}
    assert events[last]["words"].startswith(
        "Looking for the module, with the book's 01 to 04: points, epoch 1 of 6"
    )
    first = next(check for check in report.checks if check.outcome != "passed")
    words = "With the book's module 04 (Losses) in place of yours it passes: look there.\n"
    assert first.hint.startswith(words)
    assert sum("the book's module" in check.hint for check in report.checks) == 1, "told once"
    assert "Looking" not in report.stdout


def test_two_broken_modules_are_named_together(run):
    broken = {target: sabotaged(target, "zeros") for target in (LINEAR, LOSS_GRADIENT)}
    report = run(1958, SOLVED | broken, chapters=CHAPTERS).report
    hints = " ".join(check.hint for check in report.checks)
    assert "modules 03 and 04 in place of yours it passes, but no single module explains it" in hints


@pytest.mark.parametrize("texts", [SOLVED, {}])
def test_no_module_is_blamed_for_what_the_program_does(run, texts):
    report = run(1958, texts, "def train():\n    yield 3\n", chapters=CHAPTERS).report
    (check,) = report.checks
    assert "it yielded an int" in check.message
    assert ("of your modules it does not pass either" in check.hint) == bool(texts)


def test_the_search_ends_with_the_time(run):
    """The program raises on the reader's code, and never ends on the book's."""
    source = """import tinytorch
def train():
    if tinytorch.Tensor.matmul.__code__.co_filename.startswith("<your"):
        raise ValueError("no")
    while True:
        pass
    yield
"""
    report = run(1958, SOLVED, source, chapters=CHAPTERS, seconds=1.5).report
    (check,) = report.checks
    assert (check.outcome, check.message) == ("error", "ValueError: no")
    assert "stopped before it was known" in check.hint


def said(passes_without):
    """What is said, where `passes_without` decides over the modules that are the book's."""
    of = {exercise.object: one.module for one in CHAPTERS for exercise in one.exercises}

    def passes_with(texts, words):
        return passes_without(set(MODULES) - {of[name] for name in texts})

    return name_the_module(MODULES, SOLVED, CHAPTERS, passes_with)


@pytest.mark.parametrize("guilty", MODULES)
def test_one_of_eight_is_found_in_a_few_runs(guilty):
    runs = []

    def passes_without(out):
        runs.append(out)
        return guilty in out

    assert f"module {guilty:02d} (" in said(passes_without)
    assert len(runs) <= 7


def test_more_than_one_none_and_no_time_are_told_as_they_are():
    assert "modules 05 and 06 in place of yours it passes, but" in said(lambda out: {5, 6} <= out)
    assert "modules 01 to 08 in place of yours it passes, but" in said(lambda out: {1, 8} <= out)
    assert said(lambda out: False).endswith("does not pass either: the reason is not in them.")

    def no_time(out):
        raise NoTimeLeft

    assert "stopped before" in said(no_time)
    assert name_the_module(MODULES, {}, CHAPTERS, lambda texts, words: True) == "", "all of it is the book's"
