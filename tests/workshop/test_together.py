"""Integration checks: they run on the learner's package, and name the answer that breaks it."""

from dataclasses import replace

import pytest
from small_chapter import MODULE, RIGHT, SOON, body, checks_of, small_chapter
from valid_reports import validated

from tinytorch.workshop.checks import run_integration
from tinytorch.workshop.culprit import narrowed

ADD, SUM = f"{MODULE}:Tensor.__add__", f"{MODULE}:Tensor.sum"
SUM_RIGHT = small_chapter().exercise("tensor_sum").solution
SUM_WRONG = "def sum(self, axis=None, keepdims=False):\n    return Tensor(self.data.sum() + 1)\n"


def run(texts, chapter=None, seconds=10.0):
    return validated(run_integration(chapter or small_chapter(), texts, None, seconds))


@pytest.mark.parametrize("texts", [{}, {ADD: RIGHT}, {SUM: SUM_RIGHT}, {ADD: RIGHT, SUM: SUM_RIGHT}])
def test_the_book_s_code_fills_the_gaps(texts):
    report = run(texts)
    assert (report.exercise, report.outcome) == ("01_tensor", "passed")
    assert [result.name for result in report.checks] == ["test_the_average_of_a_sum", "test_adding_a_bias"]


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        ({ADD: RIGHT, SUM: SUM_WRONG}, "Tensor.sum"),
        ({SUM: SUM_RIGHT, ADD: body("return Tensor(self.data)")}, "Tensor.__add__"),
        ({SUM: SUM_RIGHT, ADD: body("raise SystemExit")}, "Tensor.__add__"),
        ({SUM: SUM_RIGHT, ADD: body("return self + other")}, "Tensor.__add__"),
    ],
)
def test_the_answer_that_breaks_the_package_is_named(texts, path):
    report = run(texts)
    assert report.outcome != "passed"
    for result in report.checks:
        assert (f"book's `{path}`" in result.hint) == (result.outcome != "passed")


@pytest.mark.parametrize("guilty", [0, 1, 31, 58, 59])
def test_the_one_among_sixty_is_found_in_a_few_runs(guilty):
    suspects = [f"m:f{n}" for n in range(60)]
    runs = []

    def passes_without(taken_out):
        runs.append(taken_out)
        return suspects[guilty] in taken_out

    assert narrowed(suspects, passes_without) == [suspects[guilty]]
    assert len(runs) <= 14


def test_an_endless_answer_is_named_too():
    report = run({SUM: SUM_RIGHT, ADD: body(SOON, "while True: pass")})
    assert report.outcome == "timeout"
    assert "book's `Tensor.__add__`" in report.checks[0].hint


def test_nobody_is_blamed_for_a_check_that_fails_on_the_book_s_code():
    chapter = replace(small_chapter(), integration=checks_of("def test_no():\n    assert False, 'No.'\n"))
    report = run({ADD: RIGHT, SUM: SUM_RIGHT}, chapter)
    assert (report.outcome, report.checks[0].hint) == ("failed", "")


def test_nobody_is_blamed_alone_where_two_are_wrong():
    report = run({ADD: body("return Tensor(self.data)"), SUM: SUM_WRONG})
    assert report.outcome == "failed" and "book's" not in report.checks[0].hint


def test_an_answer_that_no_longer_fits_is_a_report():
    report = run({ADD: RIGHT, SUM: "def total(self): pass\n"})
    assert (report.outcome, report.checks[0].name) == ("error", "reads")
    assert report.checks[0].claim == "Your text is one Python function named sum."


def test_a_chapter_without_integration_checks_passes_nothing():
    assert run({}, replace(small_chapter(), integration=())).outcome == "error"
