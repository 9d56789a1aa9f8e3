"""Gates: what they let through, and what they do not, however good it looks from outside."""

from __future__ import annotations

import ast
import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tinytorch.workshop import gatedata, gates, networks
from tinytorch.workshop.gates import SEEDS, Trained, judge, question
from tinytorch.workshop.kept import unpack
from tinytorch.workshop.networks import HIDDEN, PERCEPTRON, READER


def outcomes(year, trained, **options):
    return {check.name: check.outcome for check in judge(year, trained, options)}


def messages(year, trained, **options):
    return " ".join(check.message for check in judge(year, trained, options))


def line(slope, bias):
    """Weights of a single layer whose second score is `slope` times the input plus `bias`."""
    weight = np.array([[0, 0], slope], "float32")
    return {"0.weight": weight, "0.bias": np.array([0, bias], "float32")}


def honest(year, task, weights, network):
    """What a program leaves behind whose numbers are those that its network really has."""
    asked = question(year, task, {})
    scores = network.scores(weights, asked.inputs)
    loss = networks.cross_entropy(scores, asked.classes)
    right = float((scores.argmax(axis=1) == asked.classes).mean())
    rows = tuple({"loss": loss + more, "test_loss": loss, "accuracy": right} for more in (0.5, 0.0))
    return Trained(task, rows, weights, scores)


@pytest.fixture
def perceptrons():
    found = {"points": line((9, 9), 0), "AND": line((20, 20), -30), "OR": line((20, 20), -10)}
    found["XOR"] = line((0, 0), 0)
    return [honest(1958, task, weights, PERCEPTRON) for task, weights in found.items()]


@pytest.fixture
def layers():
    """A single layer that gives up, and ten hidden layers that compute (x or y) and not (x and y)."""
    found = [honest(1969, "one layer", line((0, 0), 0), PERCEPTRON)]
    for seed in SEEDS:
        first = np.array([[9, 9], [9, 9]], "float32")
        weights = {"0.weight": first, "0.bias": np.array([-4.5, -13.5], "float32")}
        weights |= {"2.weight": np.array([[0, 0], [9, -9]], "float32") + seed / 100}
        weights |= {"2.bias": np.array([0, -9], "float32")}
        found.append(honest(1969, f"seed {seed}", weights, HIDDEN))
    return found


@pytest.fixture(scope="module")
def reader(run):
    """Weights that read digits well enough."""
    return unpack(1986, run(1986).model)["digits"]


def test_what_is_right_passes(perceptrons, layers, reader):
    assert set(outcomes(1958, perceptrons).values()) == {"passed"}
    assert set(outcomes(1969, layers).values()) == {"passed"}
    assert set(outcomes(1986, [honest(1986, "digits", reader, READER)]).values()) == {"passed"}


def test_a_forged_history_does_not_pass(reader):
    untrained = {name: np.zeros_like(array) for name, array in reader.items()}
    forged = replace(
        honest(1986, "digits", untrained, READER),
        rows=({"loss": 2.0, "accuracy": 0.5}, {"loss": 0.01, "test_loss": 0.1, "accuracy": 0.99}),
    )
    found = outcomes(1986, [forged])
    assert found["digits"] == "failed" and found["reports"] == "failed"
    assert "reports an accuracy of 99.0%, and the gate finds" in messages(1986, [forged])


def test_a_model_that_only_answers_right_does_not_pass(reader):
    untrained = {name: np.zeros_like(array) for name, array in reader.items()}
    digits = gatedata.unseen_digits()
    known = replace(honest(1986, "digits", untrained, READER), answers=np.eye(10)[digits.labels] * 9.0)
    found = outcomes(1986, [known])
    assert found["digits"] == "failed" and found["agrees"] == "failed"


def test_right_weights_in_a_model_that_cannot_use_them_do_not_pass(reader):
    good = honest(1986, "digits", reader, READER)
    broken = replace(good, answers=-good.answers)
    found = outcomes(1986, [broken])
    assert found["digits"] == "failed" and found["agrees"] == "failed" and found["reports"] == "passed"


def test_a_constant_answer_does_not_pass(reader):
    constant = dict(reader) | {"3.weight": reader["3.weight"] * 0}
    assert outcomes(1986, [honest(1986, "digits", constant, READER)])["digits"] == "failed"
    assert "10.0%; 93% are needed" in messages(1986, [honest(1986, "digits", constant, READER)])


def test_just_below_the_goal_is_below_it(reader, monkeypatch):
    good = honest(1986, "digits", reader, READER)
    share = good.rows[-1]["accuracy"]
    monkeypatch.setitem(gates.GOALS, "tinydigits", share)
    assert outcomes(1986, [good])["digits"] == "passed"
    monkeypatch.setitem(gates.GOALS, "tinydigits", share + 0.0005)
    assert outcomes(1986, [good])["digits"] == "failed"


def test_mnist_is_read_by_the_gate_itself_and_needs_more(reader, tmp_path):
    digits = gatedata.unseen_digits()
    header = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (1000, 28, 28))
    images = gzip.compress(header + digits.pixels.tobytes(), 1)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(images)
    labels = bytes([0, 0, 8, 1]) + (1000).to_bytes(4, "big") + digits.labels.astype("uint8").tobytes()
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(labels)
    options = {"data": "mnist", "folder": str(tmp_path)}
    same = gatedata.unseen_digits(**options)
    assert (same.pixels == digits.pixels).all() and (same.labels == digits.labels).all()
    good = honest(1986, "digits", reader, READER)
    assert good.rows[-1]["accuracy"] < 0.97
    assert outcomes(1986, [good], **options)["digits"] == "failed"
    assert "97% are needed" in messages(1986, [good], **options)


@pytest.mark.parametrize(
    "options", [{"data": "mnist"}, {"data": "mnist", "folder": "/nowhere"}, {"data": "x"}]
)
def test_data_that_are_not_there_let_nothing_pass(reader, options):
    good = honest(1986, "digits", reader, READER)
    assert "passed" not in outcomes(1986, [good], **options).values()


def test_xor_must_not_be_solved_and_must_have_been_tried(perceptrons):
    untrained = honest(1958, "XOR", line((1, 1), 0), PERCEPTRON)
    found = judge(1958, [*perceptrons[:3], untrained], {})
    assert {check.name: check.outcome for check in found}["not_xor"] == "failed"
    assert "its failure shows nothing yet" in next(c.hint for c in found if c.name == "not_xor")
    # What answers XOR is no single layer, whatever its weights say.
    liar = replace(perceptrons[3], answers=np.array([[1.0, 0], [0, 1], [0, 1], [1, 0]]))
    assert "the model solve XOR" in messages(1958, [*perceptrons[:3], liar])


@pytest.mark.parametrize("task", ["AND", "OR", "points"])
def test_one_wrong_point_is_too_many(perceptrons, task):
    # A line that has all but a few on their side.
    nearly = {"AND": line((20, 20), -41), "OR": line((20, 20), -21), "points": line((9, 9), 15)}[task]
    found = outcomes(
        1958, [honest(1958, task, nearly, PERCEPTRON) if t.task == task else t for t in perceptrons]
    )
    assert found["points" if task == "points" else "and_or"] == "failed"


def test_a_task_that_was_left_out_does_not_pass(perceptrons, layers):
    assert outcomes(1958, perceptrons[1:])["points"] == "failed"
    assert "trained no network for 'points'" in messages(1958, perceptrons[1:])
    assert outcomes(1969, layers[:-1])["hidden_layer"] == "failed"
    assert "passed" not in {c.outcome for c in judge(1969, [], {}) if c.name in ("one_layer", "hidden_layer")}


def test_ten_seeds_are_ten_tries_of_one_configuration(layers):
    same = [layers[0]] + [replace(layers[1], task=f"seed {seed}") for seed in SEEDS]
    assert outcomes(1969, same)["hidden_layer"] == "failed"
    wider = dict(layers[5].weights)
    wider["0.weight"] = np.vstack([wider["0.weight"], [[0, 0]]]).astype("float32")
    wider["0.bias"] = np.append(wider["0.bias"], 0).astype("float32")
    wider["2.weight"] = np.hstack([wider["2.weight"], [[0], [0]]]).astype("float32")
    other = [honest(1969, t.task, wider, HIDDEN) if t is layers[5] else t for t in layers]
    assert outcomes(1969, other)["hidden_layer"] == "failed"
    assert "not of one size" in messages(1969, other)


STRANGE = {
    "none at all": {},
    "other names": {"weight": np.ones((2, 2)), "bias": np.ones(2)},
    "another shape": {"0.weight": np.ones((2, 3)), "0.bias": np.ones(2)},
    "more scores": {"0.weight": np.ones((3, 2)), "0.bias": np.ones(3)},
    "a number": {"0.weight": np.array(1.0), "0.bias": np.array(1.0)},
    "not a number": {"0.weight": np.full((2, 2), np.nan), "0.bias": np.ones(2)},
}


@pytest.mark.parametrize("weights", STRANGE.values(), ids=STRANGE)
def test_strange_weights_do_not_pass_and_do_not_raise(perceptrons, weights):
    strange = replace(perceptrons[1], weights=weights)
    found = outcomes(1958, [perceptrons[0], strange, *perceptrons[2:]])
    assert found["and_or"] == "failed" and found["agrees"] == "failed" and found["points"] == "passed"


@pytest.mark.parametrize(
    "answers", [None, np.ones((4, 3)), np.ones(4), np.full((4, 2), np.inf), np.ones((0, 2))], ids=str
)
def test_strange_answers_do_not_pass_and_do_not_raise(perceptrons, answers):
    strange = replace(perceptrons[1], answers=answers)
    found = outcomes(1958, [perceptrons[0], strange, *perceptrons[2:]])
    assert found["and_or"] == "failed" and found["agrees"] == "failed" and found["points"] == "passed"


def test_a_loss_that_does_not_fall_does_not_pass(perceptrons):
    last = perceptrons[1].rows[-1]
    level = replace(perceptrons[1], rows=(last, last))
    found = judge(1958, [perceptrons[0], level, *perceptrons[2:]], {})
    assert [check.name for check in found if check.outcome != "passed"] == ["reports"]


def test_gates_use_nothing_of_the_package_that_is_learned_with():
    for module in (gates, gatedata, networks):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
        ours = {name for name in imported if name.startswith("tinytorch")}
        assert ours <= {
            "tinytorch.workshop.gatedata",
            "tinytorch.workshop.networks",
            "tinytorch.workshop.report",
            "tinytorch.workshop.fresh",  # which knows where the files of the package lie
        }
