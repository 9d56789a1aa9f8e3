"""Programs of the milestones: how one is loaded, and what it says epoch by epoch."""

from __future__ import annotations

import linecache
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

FILE = "<milestone>"
MOST_EPOCHS = 5_000  # of all tasks together: more is a program that does not end
MOST_NUMBERS = 10_000_000  # that one network may have: 40 MB
CHUNK = 500  # inputs that a network is asked at a time


class Improper(Exception):
    """A program did something that no milestone does; the text says what."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class Row:
    """What a program says after an epoch."""

    task: str
    tasks: int
    epoch: int
    epochs: int
    numbers: dict[str, float]  # "loss", "accuracy" and what else is a number
    model: Any

    @property
    def words(self) -> str:
        """Say where the training is, in a line."""
        task = f"{self.task}, " if self.tasks > 1 else ""
        return f"{task}epoch {self.epoch} of {self.epochs}, loss {self.numbers['loss']:.2g}"


def load(source: str) -> dict[str, Any]:
    """Run a program's definitions, and return its names."""
    names: dict[str, Any] = {"__name__": "__milestone__"}
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    exec(compile(source, FILE, "exec", dont_inherit=True), names)
    return names


def rows(names: dict[str, Any], options: dict[str, Any]) -> Iterator[Row]:
    """Train, and yield what the program yields, looked at first.

    Raises:
        Improper: it has no `train`, or what that yields makes no sense, or it does not end.
    """
    train = names.get("train")
    if not callable(train):
        raise Improper("The program has no function `train`.")
    training = train(**options)
    if not hasattr(training, "__next__"):
        raise Improper(f"`train` must yield a dict after each epoch; it returned {_kind(training)}.")
    count = 0
    for value in training:
        count += 1
        if count > MOST_EPOCHS:
            raise Improper(f"The program did not end after {MOST_EPOCHS:,} epochs.")
        yield _row(value)
    if count == 0:
        raise Improper("`train` ended without a single epoch.")


def _row(value: Any) -> Row:
    if not isinstance(value, dict):
        raise Improper(f"`train` must yield dicts; it yielded {_kind(value)}.")
    missing = [key for key in ("epoch", "epochs", "loss", "accuracy", "model") if key not in value]
    if missing:
        raise Improper(f"What `train` yields lacks {', '.join(map(repr, missing))}.")
    counts = {key: value.get(key, 1) for key in ("epoch", "epochs", "tasks")}
    if any(type(count) is not int or count < 1 for count in counts.values()):
        raise Improper(f"Epochs and tasks are counted from 1 in whole numbers; got {counts}.")
    if counts["epoch"] > counts["epochs"]:
        raise Improper(f"Epoch {counts['epoch']} of {counts['epochs']} cannot be.")
    task = value.get("task", "digits")
    if not isinstance(task, str) or len(task) > 40:
        raise Improper(f"A task is a short text; got {_kind(task)}.")
    skipped = ("task", "tasks", "epoch", "epochs", "model")
    numbers = {str(key): _number(key, part) for key, part in value.items() if key not in skipped}
    where = f"in epoch {counts['epoch']}" + (f" of {task!r}" if counts["tasks"] > 1 else "")
    for key, number in numbers.items():
        if not math.isfinite(number):
            raise Improper(
                f"Training has diverged: {key} is {number} {where}.",
                "Steps that are too long, or that go uphill, end like this. So does the logarithm of 0.",
            )
    return Row(task, counts["tasks"], counts["epoch"], counts["epochs"], numbers, value["model"])


def _number(key: object, value: Any) -> float:
    if isinstance(value, (int, float, np.integer, np.floating)):
        return float(value)
    raise Improper(f"`train` must yield numbers; {key!r} is {_kind(value)}.")


def weights_of(model: Any) -> dict[str, np.ndarray]:
    """Copy the arrays of a model's `state_dict()`.

    Raises:
        Improper: there are none, or they are not arrays of numbers.
    """
    state = model.state_dict()
    if not isinstance(state, dict):
        raise Improper(f"`state_dict()` gave {_kind(state)}, not a dict.")
    weights = {str(name): _array(tensor, f"the parameter {name!r}") for name, tensor in state.items()}
    if sum(array.size for array in weights.values()) > MOST_NUMBERS:
        raise Improper(f"The network has more than {MOST_NUMBERS:,} numbers.")
    return {name: array.astype("float32") for name, array in weights.items()}


def ask(model: Any, inputs: np.ndarray) -> np.ndarray:
    """Return the scores that a model itself gives; `tinytorch` is whatever package is in force.

    Raises:
        Improper: they are not arrays of numbers.
    """
    tinytorch = sys.modules["tinytorch"]
    model.eval()
    found = []
    with tinytorch.no_grad():
        for start in range(0, len(inputs), CHUNK):
            answer = model(tinytorch.Tensor(inputs[start : start + CHUNK]))
            found.append(_array(answer, "what the model answers"))
    return np.concatenate(found).astype("float64")


def _array(tensor: Any, what: str) -> np.ndarray:
    data = getattr(tensor, "data", None)
    if not isinstance(data, np.ndarray) or data.dtype.kind not in "fi" or data.ndim == 0:
        raise Improper(f"{what.capitalize()} is {_kind(tensor)}, not a tensor of numbers.")
    return np.array(data)


def _kind(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}" if value is not None else "None"
