"""Gates: what a milestone must come to, judged by code that uses nothing of the learner's package.

A gate sees what a program left behind: the numbers it reported, its networks' weights as arrays, and what the
networks answered when they were asked. It computes in pure NumPy what the weights say about data of its own.
Both must hold: right weights in a package that cannot use them are no success, nor the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinytorch.workshop.gatedata import AND, OR, XOR, Labelled, separable_points, unseen_digits
from tinytorch.workshop.networks import HIDDEN, PERCEPTRON, READER, Network, Unfit, cross_entropy
from tinytorch.workshop.report import CheckResult

SEEDS = range(10)
GOALS = {"tinydigits": 0.93, "mnist": 0.97}
LN2 = math.log(2)  # the loss of whoever answers "half and half"
NEAR = 0.01  # of it
TRUE = 0.02  # by so much may an accuracy that was reported differ from the one found here
ALIKE = 1e-2  # by so much may scores differ between two ways to compute them, in units of the largest


@dataclass(frozen=True)
class Trained:
    """One network that a program has trained, as far as it can be seen from outside."""

    task: str
    rows: tuple[Mapping[str, float], ...]  # what was reported, epoch by epoch
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)
    answers: np.ndarray | None = None  # the scores that it gave for the inputs of `question`
    trouble: str = ""  # why there are no weights, or no answers


class Closed(Exception):
    """The gate does not open; what was expected, what came, and where to look."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def question(year: int, task: str, options: Mapping[str, Any]) -> Labelled:
    """Return what a network is asked after its training, and the right answers."""
    if year == 1986:
        digits = unseen_digits(options.get("data", "tinydigits"), options.get("folder", "."))
        return Labelled(digits.inputs, digits.labels)
    tables = {"AND": AND, "OR": OR, "points": separable_points()} if year == 1958 else {}
    return tables.get(task, XOR)


def network_of(year: int, task: str) -> Network:
    """Return the network that a task of a milestone trains."""
    if year == 1986:
        return READER
    return PERCEPTRON if year == 1958 or task == "one layer" else HIDDEN


def judge(year: int, trained: Sequence[Trained], options: Mapping[str, Any]) -> tuple[CheckResult, ...]:
    """Judge what a program has trained. Nothing that it can leave behind makes this raise."""
    evidence = Evidence(year, {one.task: one for one in trained}, options)
    gates: list[Gate] = [
        *_GATES[year](options),
        ("agrees", _AGREES, _agrees),
        ("reports", _REPORTS, _reports),
    ]
    return tuple(_result(name, claim, gate, evidence) for name, claim, gate in gates)


@dataclass(frozen=True)
class Evidence:
    """Everything that a program left behind, by task."""

    year: int
    trained: Mapping[str, Trained]
    options: Mapping[str, Any]

    def of(self, task: str) -> Trained:
        """Return what was trained for a task."""
        if task not in self.trained:
            found = ", ".join(self.trained) or "nothing"
            raise Closed(f"The program trained no network for {task!r}, only for: {found}.")
        one = self.trained[task]
        if one.trouble:
            raise Closed(f"{_name(task)}: {one.trouble}")
        return one

    def asked(self, task: str) -> Labelled:
        """Return what the network of a task was asked."""
        return question(self.year, task, self.options)

    def scores(self, task: str) -> np.ndarray:
        """Return what the weights of a task say, by a computation of our own."""
        one = self.of(task)
        try:
            return network_of(self.year, task).scores(one.weights, self.asked(task).inputs)
        except Unfit as unfit:
            raise Closed(
                f"{_name(task)}: {unfit}.", "The gate can only judge the network of the program."
            ) from None

    def answers(self, task: str) -> np.ndarray:
        """Return what the network itself answered."""
        answers, asked = self.of(task).answers, self.asked(task)
        if answers is None:
            raise Closed(f"{_name(task)}: the network was not asked.")
        outputs = network_of(self.year, task).outputs
        if answers.shape != (len(asked.classes), outputs):
            raise Closed(
                f"{_name(task)}: for {len(asked.classes)} inputs the model answered with an array of shape "
                f"{answers.shape}, and the shape should be {(len(asked.classes), outputs)}."
            )
        if not np.isfinite(answers).all():
            raise Closed(f"{_name(task)}: the model answered with numbers that are not finite.")
        return answers

    def right(self, task: str) -> int:
        """Count the inputs that both the weights and the model's own answers get right."""
        classes = self.asked(task).classes
        ours, own = self.scores(task).argmax(axis=1), self.answers(task).argmax(axis=1)
        return min(int((ours == classes).sum()), int((own == classes).sum()))


Gate = tuple[str, str, Callable[[Evidence], None]]


def _name(task: str) -> str:
    return task[:1].upper() + task[1:]


def _result(name: str, claim: str, gate: Callable[[Evidence], None], evidence: Evidence) -> CheckResult:
    try:
        gate(evidence)
    except Closed as closed:
        return CheckResult(name, claim, "failed", closed.message, closed.hint)
    except Exception as error:  # whatever strange arrays may cause; a missing data file, too
        text = f"This gate could not judge what came ({type(error).__name__}: {error})."
        return CheckResult(name, claim, "error", text)
    return CheckResult(name, claim, "passed")


def _all_right(evidence: Evidence, task: str) -> None:
    count, right = len(evidence.asked(task).classes), evidence.right(task)
    if right < count:
        raise Closed(
            f"{_name(task)}: {right} of {count} are right.",
            "Does the loss fall from epoch to epoch? If not, the weights do not move, or not downhill.",
        )


def _stuck_at_a_guess(evidence: Evidence, task: str) -> None:
    """A single layer must have learned all it can, and that is nothing: the lowest loss on XOR is ln 2."""
    scores, own = evidence.scores(task), evidence.answers(task)
    classes = XOR.classes
    for words, found in (("the weights", scores), ("the model", own)):
        if (found.argmax(axis=1) == classes).all():
            raise Closed(f"{_name(task)}: {words} solve XOR, which a single layer cannot do.")
        loss = cross_entropy(found, classes)
        if not abs(loss - LN2) <= NEAR:
            raise Closed(
                f"{_name(task)}: the loss of {words} is {loss:.3f}. A single layer that has learned all it "
                f"can is at {LN2:.3f}, which is ln 2, the loss of a guess.",
                "It has not come to the end of its training, so its failure shows nothing yet.",
            )


def _gates_1958(options: Mapping[str, Any]) -> list[Gate]:
    def points(evidence: Evidence) -> None:
        _all_right(evidence, "points")

    def tables(evidence: Evidence) -> None:
        _all_right(evidence, "AND")
        _all_right(evidence, "OR")

    def xor(evidence: Evidence) -> None:
        _stuck_at_a_guess(evidence, "XOR")

    return [
        ("points", "Of 1,000 new points that a line can separate, every one is on its side.", points),
        ("and_or", "AND and OR: all four inputs are right.", tables),
        ("not_xor", "XOR: trained as far as it can be, it still guesses.", xor),
    ]


def _gates_1969(options: Mapping[str, Any]) -> list[Gate]:
    def one_layer(evidence: Evidence) -> None:
        _stuck_at_a_guess(evidence, "one layer")

    def hidden(evidence: Evidence) -> None:
        shapes, seen = set(), set()
        for seed in SEEDS:
            task = f"seed {seed}"
            _all_right(evidence, task)
            weights = evidence.of(task).weights
            shapes.add(tuple((name, weights[name].shape) for name in sorted(weights)))
            seen.add(b"".join(weights[name].tobytes() for name in sorted(weights)))
        if len(shapes) > 1:
            raise Closed("The networks of the ten seeds are not of one size: that is more than one try.")
        if len(seen) < len(SEEDS):
            raise Closed("Two of the ten seeds led to exactly the same weights: the seed has no effect.")

    return [
        ("one_layer", "The single layer, trained as far as it can be, still guesses.", one_layer),
        ("hidden_layer", "From each of the seeds 0 to 9, the hidden layer gets all four right.", hidden),
    ]


def _gates_1986(options: Mapping[str, Any]) -> list[Gate]:
    data = options.get("data", "tinydigits")
    goal, name = GOALS.get(data, 1.0), {"tinydigits": "TinyDigits", "mnist": "MNIST"}.get(data, str(data))

    def digits(evidence: Evidence) -> None:
        count, right = len(evidence.asked("digits").classes), evidence.right("digits")
        if right < goal * count:
            raise Closed(
                f"{right:,} of {count:,} test digits are right, which is {right / count:.1%}; "
                f"{goal:.0%} are needed.",
                "Ten in a hundred are right by chance. Does the loss fall from epoch to epoch?",
            )

    return [("digits", f"At least {goal:.0%} of the test digits of {name} are read right.", digits)]


_GATES = {1958: _gates_1958, 1969: _gates_1969, 1986: _gates_1986}

_AGREES = "Each network answers what its weights say, computed again without your package."


def _agrees(evidence: Evidence) -> None:
    for task in evidence.trained:
        ours, own = evidence.scores(task), evidence.answers(task)
        largest = max(1.0, float(np.abs(ours).max()))
        difference = float(np.abs(ours - own).max())
        if not difference <= ALIKE * largest:
            row = int(np.abs(ours - own).max(axis=1).argmax())
            raise Closed(
                f"{_name(task)}: for input {row} the model scores {_short(own[row])}, and its weights "
                f"give {_short(ours[row])}.",
                "A layer or an activation computes something else than it is named for.",
            )


_REPORTS = "The loss falls, and the reported loss and accuracy are true."


def _reports(evidence: Evidence) -> None:
    for task in evidence.trained:
        last = evidence.of(task).rows[-1]
        classes, scores = evidence.asked(task).classes, evidence.scores(task)
        stuck = task in ("XOR", "one layer")
        found = float((scores.argmax(axis=1) == classes).mean())
        if not stuck and not abs(last["accuracy"] - found) <= TRUE:  # a guess may fall either way
            raise Closed(
                f"{_name(task)}: the program reports an accuracy of {last['accuracy']:.1%}, and the gate "
                f"finds {found:.1%}.",
                "Does what counts the right answers count them?",
            )
        key = "test_loss" if "test_loss" in last else "loss"
        if evidence.year == 1986 or task != "points":  # the gate's points are not the program's
            loss = cross_entropy(scores, classes)
            if not abs(last[key] - loss) <= TRUE + 0.1 * loss:
                raise Closed(
                    f"{_name(task)}: the program reports a loss of {last[key]:.3f}, and the gate finds "
                    f"{loss:.3f}.",
                    "Does the loss compute what it is named for?",
                )
        first = evidence.of(task).rows[0]
        if not stuck and not (len(evidence.of(task).rows) > 1 and last["loss"] < first["loss"]):
            raise Closed(f"{_name(task)}: the loss went from {first['loss']:.3f} to {last['loss']:.3f}.")


def _short(numbers: np.ndarray) -> str:
    return "(" + ", ".join(f"{number:.2f}" for number in numbers[:10].tolist()) + ")"
