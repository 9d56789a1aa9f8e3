"""The runner: what a page sees of a milestone, and programs and packages that do what no program should."""

from __future__ import annotations

import base64
import os
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinytorch
from tinytorch.workshop.curriculum import milestone
from tinytorch.workshop.gatedata import unseen_digits
from tinytorch.workshop.kept import unpack
from tinytorch.workshop.milestones import run_milestone
from tinytorch.workshop.networks import READER
from tinytorch.workshop.program import MOST_EPOCHS

MATMUL = "tinytorch.core.tensor:Tensor.matmul"
ADAM = "tinytorch.optim.adam:adam_update"


def small(*body, network="Sequential(Linear(2, 2))"):
    """A program of a few lines; `row(…)` is what it should yield."""
    head = """from tinytorch import Tensor
from tinytorch.nn import Linear, Module, Sequential
def network():
    return NETWORK
def row(epoch=1, epochs=1, **more):
    return {"epoch": epoch, "epochs": epochs, "loss": 1.0, "accuracy": 0.5, "model": network(), **more}
def train():
"""
    return head.replace("NETWORK", network) + "".join(f"    {text}\n" for text in body)


@pytest.fixture
def watched(run):
    """Run with a listener; returns the result and the events by kind."""

    def watch(*args, **options):
        events = []
        result = run(*args, emit=events.append, **options)
        kinds = {kind: [e for e in events if e["kind"] == kind] for kind in ("progress", "figure", "checked")}
        return result, kinds

    return watch


@pytest.mark.parametrize("year", [1958, 1969, 1986])
def test_a_reader_sees_how_far_it_is_and_pictures_with_words(watched, year):
    result, events = watched(year)
    assert result.report.outcome == "passed" and result.report.exercise == f"milestone_{year}"
    done = [event["done"] for event in events["progress"]]
    assert done == list(range(1, done[-1] + 1))
    assert {event["total"] for event in events["progress"]} == {done[-1]}
    assert "loss" in events["progress"][-1]["words"]
    assert [event["check"] for event in events["checked"]] == [
        check.to_dict() for check in result.report.checks
    ]
    assert {event["live"] for event in events["figure"]} == {"live-1", "answers"}
    for event in events["figure"]:
        svg = base64.b64decode(event["base64"]).decode()
        ET.fromstring(svg)
        assert event["mime"] == "image/svg+xml" and len(svg) < 60_000 and event["alt"]
    last = {event["live"]: event["alt"] for event in events["figure"]}
    assert "loss by epoch" in last["live-1"]
    words = {1958: "AND: 4 of 4 points", 1969: "seed 9: 4 of 4 points", 1986: "of 1,000 digits misread"}
    assert words[year] in last["answers"]


def test_the_curves_of_ten_seeds_lie_over_each_other_and_not_one_behind_the_other(watched):
    _, events = watched(1969)
    curves = [event for event in events["figure"] if event["live"] == "live-1"]
    words = curves[-1]["alt"]
    assert "one layer, loss by epoch" in words and "hidden layer, seed 9, loss by epoch" in words
    assert "the seeds before, 9 thin lines" in words
    assert "seed 8" not in words and words.count(" at 3") >= 2, "each from its own first epoch to its third"


def test_the_last_picture_shows_the_end(watched):
    result, events = watched(1986)
    weights = unpack(1986, result.model)["digits"]
    test = unseen_digits()
    wrong = int((READER.scores(weights, test.inputs).argmax(axis=1) != test.labels).sum())
    pictures = [event for event in events["figure"] if event["live"] == "answers"]
    assert pictures[-1]["alt"].startswith(f"{wrong} of 1,000 digits misread")


def test_the_same_run_twice_gives_the_same_weights(run):
    assert run(1969).model == run(1969).model


def test_it_says_whose_code_runs_and_runs_it(run):
    text = (
        "def matmul(self, other):\n"
        "    print('mine')\n"
        '    a, b = same_dtype("@", self, other)\n'
        "    return Tensor(gemm(a, b))\n"
    )
    report = run(1958, {MATMUL: text}, epochs=2).report
    assert "your tinytorch: your Tensor.matmul, with" in report.stdout and "mine\n" in report.stdout
    assert "book's tinytorch" in run(1958).report.stdout


def test_an_error_names_the_answer_that_it_came_out_of(run):
    head = "def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):\n"
    text = head + "    data -= gradient\n"
    (check,) = run(1969, {ADAM: text}).report.checks
    assert check.outcome == "error" and "gradient" in check.message
    assert check.hint.endswith("It came out of your `adam_update`, line 2.")


def test_a_text_that_cannot_take_its_place_is_said_to_be_it(run):
    (check,) = run(1958, {MATMUL: "def matmul(self"}).report.checks
    assert check.outcome == "error" and check.message.startswith("Your `Tensor.matmul`: ")


STRANGE = {
    "no train": ("x = 1", "failed", "no function `train`"),
    "nothing yielded": (small("return iter(())"), "failed", "without a single epoch"),
    "no generator": (small("return 3"), "failed", "it returned an int"),
    "no dict": (small("yield 3"), "failed", "it yielded an int"),
    "no model": (small("yield {'epoch': 1}"), "failed", "lacks 'epochs', 'loss', 'accuracy', 'model'"),
    "an epoch too many": (small("yield row(3, 2)"), "failed", "Epoch 3 of 2 cannot be"),
    "half an epoch": (small("yield row(0.5)"), "failed", "whole numbers"),
    "a strange task": (small("yield row(task=3)"), "failed", "A task is a short text; got an int"),
    "a task again": (
        small("for task in 'aba':", "    yield row(task=task, tasks=3)"),
        "failed",
        "came a second time",
    ),
    "a loss in words": (small("yield row(loss='small')"), "failed", "'loss' is a str"),
    "a divergence": (small("yield row(loss=float('nan'))"), "failed", "diverged: loss is nan in epoch 1"),
    "an infinite accuracy": (small("yield row(accuracy=1e999)"), "failed", "accuracy is inf"),
    "no end": (small("while True:", "    yield row()"), "failed", f"did not end after {MOST_EPOCHS:,}"),
    "a flood": (small("while True:", "    print('x' * 1000)", "yield"), "error", "printed too much"),
    "an exit": (small("raise SystemExit(3)", "yield"), "error", "SystemExit: 3"),
    "a hard way out": (small("raise KeyboardInterrupt", "yield"), "timeout", "stopped before it finished"),
    "an import": (small("import nothing_of_this_name", "yield"), "error", "No module named"),
    "memory": (
        small("import numpy", "numpy.ones(2**40)", "yield"),
        "error",
        "not enough memory",
    ),
    "a syntax error": ("def train(:", "error", "SyntaxError"),
}


@pytest.mark.parametrize(("source", "outcome", "words"), STRANGE.values(), ids=STRANGE)
def test_a_program_that_does_what_none_does_ends_in_words(run, source, outcome, words):
    result = run(1958, source=source)
    (check,) = result.report.checks
    assert (check.name, check.outcome) == ("trains", outcome) and words in check.message
    assert result.model is None


@pytest.mark.parametrize(
    "body",
    [
        ["while True:", "    pass"],
        [
            "import time",
            "while True:",
            "    try:",
            "        while True: time.sleep(0.01)",
            "    except: pass",
        ],
    ],
)
def test_a_program_that_does_not_end_is_stopped(run, body):
    report = run(1958, source=small(*body, "yield"), seconds=0.3).report
    assert report.outcome == "timeout" and "stopped before it finished" in report.checks[0].message


MODELS = {
    "no model": ("row(model=None)", "cannot be asked"),
    "no state": ("row(model=type('M', (), {'state_dict': lambda self: 3})())", "`state_dict()` gave an int"),
    "no arrays": (
        "row(model=type('M', (), {'state_dict': lambda self: {'w': 3}})())",
        "is an int, not a tensor",
    ),
}
CLASSES = {
    "nothing answered": ("return None", "What the model answers is None"),
    "one number": ("return x.sum()", "is a Tensor, not a tensor of numbers"),
    "too few answers": ("return x[0]", "answered with an array of shape (4,)"),
    "an error": ("return x / 'a'", "cannot be asked"),
    "not a number": ("return x * float('nan')", "not finite"),
    "an exit": ("raise SystemExit", None),
}


@pytest.mark.parametrize(("yielded", "words"), MODELS.values(), ids=MODELS)
def test_a_model_that_is_none_fails_every_gate(run, yielded, words):
    report = run(1958, source=small(f"yield {yielded}"), emit=[].append).report
    gates = [check for check in report.checks if check.name != "trains"]
    assert report.outcome == "failed" and {check.outcome for check in gates} == {"failed"}
    assert all(words in check.message or "trained no network for" in check.message for check in gates)


@pytest.mark.parametrize(("forward", "words"), CLASSES.values(), ids=CLASSES)
def test_a_model_that_answers_nonsense_fails(run, forward, words):
    source = small("yield row(task='points')").replace(
        "def network", f"class Odd(Sequential):\n    def forward(self, x):\n        {forward}\ndef network"
    )
    report = run(1958, source=source.replace("return Sequential(", "return Odd("), emit=[].append).report
    assert report.outcome in ("failed", "error")
    if words:
        assert words in " ".join(check.message for check in report.checks)


def test_a_model_that_knows_the_answers_by_heart_does_not_pass(run):
    """The program's model looks its inputs up in the file that the gate reads; its weights know nothing."""
    source = """from tinytorch import Tensor
from tinytorch.data import TinyDigits
from tinytorch.nn import Flatten, Linear, Sequential, Sigmoid
class Cheat(Sequential):
    def forward(self, x):
        if not hasattr(self, "book"):
            digits = TinyDigits("test")
            images = digits.images.reshape(1000, 784).data
            self.book = {row.tobytes(): int(y) for row, y in zip(images, digits.targets.data)}
        found = [self.book[row.tobytes()] for row in x.data]
        return Tensor([[9.0 * (i == y) for i in range(10)] for y in found])
def network():
    return Cheat(Flatten(), Linear(784, 20), Sigmoid(), Linear(20, 10))
def train():
    for epoch in (1, 2):
        numbers = {"loss": 1 / epoch, "test_loss": 0.2, "accuracy": 0.95}
        yield {"epoch": epoch, "epochs": 2, "model": network(), **numbers}
"""
    checks = {check.name: check for check in run(1986, source=source).report.checks}
    assert checks["trains"].outcome == "passed"
    assert {checks[name].outcome for name in ("digits", "agrees", "reports")} == {"failed"}
    assert "93% are needed" in checks["digits"].message


def test_a_program_leaves_nothing_behind(run):
    tinytorch.disable_autograd()  # another test may have left it on
    before = set(sys.modules), dict(os.environ), np.geterr(), tinytorch.Tensor.matmul
    run(
        1958,
        source=small("import os, numpy", "os.environ['A'] = 'b'", "numpy.seterr(all='raise')", "yield row()"),
    )
    assert (dict(os.environ), np.geterr(), tinytorch.Tensor.matmul) == before[1:]
    assert {name for name in set(sys.modules) - before[0] if name.startswith("tinytorch.core")} == set()
    with pytest.raises(RuntimeError, match="only compute forward"):
        tinytorch.Tensor([1.0]).backward()  # the program's enable_autograd() has not reached us


def test_numpy_that_a_program_has_spoilt_judges_nobody(run):
    source = small(
        "import numpy", "numpy.einsum = numpy.asarray = numpy.abs = lambda *a, **k: 0", "yield row()"
    )
    assert run(1958, source=source).report.outcome in ("failed", "error")
    assert run(1958).report.outcome == "passed"


def test_options_reach_the_program():
    source = small("yield row()").replace("def train():", "def train(word):\n    print(word)")
    result = run_milestone(milestone(1958), source, {}, None, 20, word="hello")
    assert "hello" in result.report.stdout
