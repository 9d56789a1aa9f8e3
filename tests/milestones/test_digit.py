"""A drawn digit: read by the own network of the reader, with weights and packages that may be damaged."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from short_runs import program
from small_chapter import SOON

from tinytorch.workshop.curriculum import milestone
from tinytorch.workshop.digit import read_digit
from tinytorch.workshop.gatedata import unseen_digits
from tinytorch.workshop.kept import Damaged, pack, unpack
from tinytorch.workshop.networks import READER, softmax
from tinytorch.workshop.service import Service
from tinytorch.workshop.source import Refused

SIGMOID = "tinytorch.nn.functional.activations:sigmoid"


@pytest.fixture(scope="module")
def model(run):
    return run(1986).model


def read(model, pixels, texts=None, source=None):
    return read_digit(milestone(1986), source or program(1986), texts or {}, model, pixels, 10.0)


def test_it_reads_what_the_weights_say(model):
    digits = unseen_digits()
    weights = unpack(1986, model)["digits"]
    expected = softmax(READER.scores(weights, digits.inputs[:5]))
    for pixels, shares in zip(digits.pixels[:5], expected, strict=True):
        scores = read(model, pixels.tobytes())
        assert len(scores) == 10 and abs(sum(scores) - 1) < 1e-6
        np.testing.assert_allclose(scores, shares, atol=1e-4)


def test_it_is_read_by_the_package_of_the_reader(model):
    pixels = unseen_digits().pixels[0].tobytes()
    other = read(model, pixels, {SIGMOID: "def sigmoid(x):\n    return Tensor(np.zeros_like(x.data))\n"})
    assert max(abs(a - b) for a, b in zip(other, read(model, pixels), strict=True)) > 0.01


@pytest.mark.parametrize("length", [0, 783, 785, 784 * 4])
def test_a_picture_of_another_size_is_refused(model, length):
    with pytest.raises(Refused, match="28 x 28"):
        read(model, bytes(length))


def test_damaged_weights_are_refused_in_words(model):
    for damaged in (
        b"",
        b"PK",
        model[:1000],
        model[:-1],
        model.replace(b"weight", b"wright"),
        bytes(len(model)),
    ):
        with pytest.raises(Refused, match=r"kept weights cannot be used.*Run the milestone again"):
            read(damaged, bytes(784))


def test_weights_of_something_else_are_refused(model):
    zeros = {"w": np.zeros(3, "float32")}
    with pytest.raises(Refused, match="of another milestone"):
        read(pack(1958, {"digits": zeros}), bytes(784))
    with pytest.raises(Refused, match="no network that reads digits"):
        read(pack(1986, {"AND": zeros}), bytes(784))
    with pytest.raises(Refused, match=r"could not read the digit: .*missing 1\.weight"):
        read(pack(1986, {"digits": zeros}), bytes(784))


def test_kept_weights_come_back_as_they_were(model):
    networks = {"a": {"x": np.arange(6, dtype="float32").reshape(2, 3)}, "b": {}}
    data = pack(1986, networks)
    assert data == pack(1986, networks)
    back = unpack(1986, data)
    assert back["b"] == {} and (back["a"]["x"] == networks["a"]["x"]).all()
    from tinytorch.workshop import kept

    with pytest.raises(Damaged, match="bytes"):
        unpack(1986, bytes(kept.MOST_BYTES + 1))


BROKEN = {
    "an error": ("raise ValueError('no')", "ValueError: no"),
    "an exit": ("raise SystemExit", "SystemExit"),
    "nothing": ("return None", "is None|None"),
    "too few": ("return Tensor(np.zeros((1, 3), 'float32'))", "."),
    "no end": (f"{SOON}\n    while True: pass", "took too long"),
    "a flood": ("while True: print('x' * 9999)", "printed too much"),
}


@pytest.mark.parametrize(("body", "words"), BROKEN.values(), ids=BROKEN)
def test_a_package_that_does_not_compute_is_refused_in_words(model, body, words):
    with pytest.raises(Refused, match=words):
        read(model, bytes(784), {SIGMOID: f"def sigmoid(x):\n    {body}\n"})


def test_numbers_that_are_none_are_refused(model):
    weights = {name: array * np.nan for name, array in unpack(1986, model)["digits"].items()}
    with pytest.raises(Refused, match="10 scores"):
        read(pack(1986, {"digits": weights}), bytes(784))


@pytest.fixture
def ask():
    service = Service()

    def send(kind, events=None, **fields):
        emit = (events if events is not None else []).append
        return json.loads(service.handle(json.dumps({"kind": kind, **fields}), emit))

    return send


def test_a_page_trains_a_milestone_and_lets_it_read_a_digit(ask):
    events = []
    # As the page sends it, but for fewer epochs.
    source = program(1986).replace("epochs: int = 10", "epochs: int = 3")
    trained = ask("milestone", events, year=1986, source=source, answers={"unknown": "x"})
    assert trained["kind"] == "milestone" and trained["report"]["outcome"] == "passed"
    kinds = {json.loads(event)["kind"] for event in events}
    assert kinds == {"stdout", "figure", "progress", "checked"}
    digits = unseen_digits()
    request = {"year": 1986, "source": source, "answers": {}, "model": trained["model"]}
    pixels = base64.b64encode(digits.pixels[3].tobytes()).decode()
    reply = ask("digit", pixels=pixels, **request)
    assert reply["kind"] == "digit" and len(reply["scores"]) == 10
    assert int(np.argmax(reply["scores"])) == digits.labels[3]
    assert ask("digit", pixels="", **request)["kind"] == "refused"


def test_a_year_without_a_milestone_is_refused(ask):
    reply = ask("milestone", year=2001, source="", answers={})
    assert reply == {"kind": "refused", "reason": "There is no milestone 2001."}


def test_a_milestone_that_fails_keeps_no_weights(ask):
    reply = ask("milestone", year=1958, source="def train(): return 1", answers={})
    assert reply["model"] is None and reply["report"]["outcome"] == "failed"
