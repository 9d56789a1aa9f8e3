"""Experiments: they run on the learner's package, show what they print and plot, and end in a report."""

import base64
import os
import sys
import warnings

import numpy as np
import pytest
from small_chapter import MODULE, RIGHT, SOON, body, small_chapter, with_experiment

import tinytorch
from tinytorch.workshop.figures import FIGURE_LIMIT

ADD = f"{MODULE}:Tensor.__add__"
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n"


def test_prints_and_the_last_value_are_output(experiment):
    report, events = experiment(with_experiment("print('a')\nx = 1\nTensor([1, 2]) + 1"))
    assert report.outcome == "passed" and report.exercise == "measure"
    assert report.stdout.endswith("\na\nTensor([2, 3])\n")
    assert "".join(event["text"] for event in events) == report.stdout


@pytest.mark.parametrize("source", ["", "# nothing", "None", "x = 1", "print(end='')"])
def test_no_value_prints_nothing(experiment, source):
    report, _ = experiment(with_experiment(source))
    assert report.outcome == "passed" and report.stdout.count("\n") == 1


def test_it_says_whose_code_runs(experiment):
    assert "book's tinytorch" in experiment(small_chapter())[0].stdout
    report, _ = experiment(small_chapter(), {ADD: RIGHT})
    assert "your tinytorch: your Tensor.__add__, with" in report.stdout


def test_the_learner_s_code_is_what_runs(experiment):
    text = body("print('mine')", *(line.strip() for line in RIGHT.splitlines()[1:]))
    report, _ = experiment(small_chapter(), {ADD: text})
    assert "mine\n" in report.stdout and "Tensor([4, 6])" in report.stdout


def test_figures_are_png_events(experiment):
    pytest.importorskip("matplotlib")
    report, events = experiment(with_experiment(PLOT + "plt.figure()\nplt.plot([3, 4]);\nplt.show()"))
    figures = [event for event in events if event["kind"] == "figure"]
    assert report.outcome == "passed" and len(figures) == 2
    for figure in figures:
        assert (figure["mime"], figure["alt"], figure["live"]) == ("image/png", "Plot: Measure", None)
        assert base64.b64decode(figure["base64"]).startswith(b"\x89PNG\r\n")


@pytest.mark.filterwarnings("ignore:More than 20 figures")
def test_a_flood_of_figures_is_cut_short(experiment):
    source = PLOT + "for _ in range(40): plt.figure(figsize=(1, 1))"
    report, events = experiment(with_experiment(source))
    assert report.outcome == "passed"
    assert len([event for event in events if event["kind"] == "figure"]) == FIGURE_LIMIT
    assert f"Only the first {FIGURE_LIMIT} figures are shown." in report.stdout


def test_a_figure_of_a_failed_experiment_does_not_show_up_in_the_next(experiment):
    pytest.importorskip("matplotlib")
    assert experiment(with_experiment(PLOT + "1 / 0"))[0].outcome == "error"
    report, events = experiment(with_experiment("import matplotlib.pyplot\nNone"))
    assert report.outcome == "passed" and not [event for event in events if event["kind"] == "figure"]


ENDS = {
    "an error": ("1 / 0", "error", "ZeroDivisionError"),
    "a syntax error": ("return (", "error", "SyntaxError"),
    "an exit": ("raise SystemExit", "error", "SystemExit"),
    "pytest's skip": ("pytest.skip('x')", "error", "x"),
    "a generator's end": ("raise GeneratorExit", "error", "GeneratorExit"),
    "a missing package": ("import nothing_of_this_name", "error", "No module named"),
    "memory": ("np.ones(2**40)", "error", "not enough memory"),
    "a value that cannot be shown": (
        "type('E', (), {'__repr__': lambda self: 1 / 0})()",
        "error",
        "ZeroDivision",
    ),
    "recursion": ("f = lambda: f()\nf()", "error", "calls itself"),
    "a stop": ("raise KeyboardInterrupt", "timeout", "stopped"),
    "a flood": ("while True: print('x' * 9999)", "error", "printed too much"),
    "a loop": (f"{SOON}\nwhile True: pass", "timeout", "stopped"),
    "a loop that swallows": (
        f"{SOON}\nwhile True:\n    try: 1\n    except: pass",
        "timeout",
        "stopped",
    ),
}


@pytest.mark.parametrize(("source", "outcome", "says"), ENDS.values(), ids=ENDS)
def test_every_end_is_a_report_in_words(experiment, source, outcome, says):
    report, _ = experiment(with_experiment(source))
    assert report.outcome == outcome
    assert says in report.checks[0].message


def test_an_answer_that_no_longer_fits_is_named(experiment):
    report, _ = experiment(small_chapter(), {ADD: "def add(self): pass\n"})
    assert report.outcome == "error" and "Your `Tensor.__add__`" in report.checks[0].message


def test_an_experiment_changes_nothing_for_others(experiment):
    tensor, environment, stdout = tinytorch.Tensor, dict(os.environ), sys.stdout
    filters = list(warnings.filters)
    source = "warnings.simplefilter('error')\nnp.sum = None\n"
    source += "os.environ['X'] = '1'\nsys.stdout = None\ntinytorch.Tensor = 7"
    experiment(with_experiment(source))
    assert np.sum([1, 2]) == 3 and os.environ == environment and sys.stdout is stdout
    assert tinytorch.Tensor is tensor and warnings.filters == filters
