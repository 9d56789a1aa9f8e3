"""Networks of the milestones in pure NumPy: what trained weights compute, whoever's package trained them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Weights = Mapping[str, np.ndarray]
Between = Callable[[np.ndarray], np.ndarray]


class Unfit(ValueError):
    """These weights are not those of the network that was expected; the text says what differs."""


@dataclass(frozen=True)
class Network:
    """Layers x @ weight.T + bias, by their names in `state_dict()`, and what lies between them."""

    layers: tuple[str, ...]
    inputs: int
    outputs: int
    between: Between

    def scores(self, weights: Weights, x: np.ndarray) -> np.ndarray:
        """Compute the scores (n, outputs) of inputs (n, inputs).

        Raises:
            Unfit: the weights are not those of such a network.
        """
        self.check(weights)
        with np.errstate(all="ignore"):
            for number, layer in enumerate(self.layers):
                if number:
                    x = self.between(x)
                # Not `@`: in a page, where NumPy has no BLAS, this form is three times as fast.
                x = np.einsum("ij,jk->ik", x, np.ascontiguousarray(weights[f"{layer}.weight"].T))
                x = x + weights[f"{layer}.bias"]
        return np.asarray(x)

    def check(self, weights: Weights) -> None:
        """Raise an Unfit that says what is wrong, unless these are weights of such a network."""
        expected = {f"{layer}.{part}" for layer in self.layers for part in ("weight", "bias")}
        if set(weights) != expected:
            raise Unfit(f"the network has {_listed(weights)}, and the program's has {_listed(expected)}")
        size = self.inputs
        for layer in self.layers:
            weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
            last = layer == self.layers[-1]
            if weight.ndim != 2 or weight.shape[1] != size or bias.shape != weight.shape[:1]:
                raise Unfit(f"layer {layer} has a weight {weight.shape} and a bias {bias.shape}")
            if last and weight.shape[0] != self.outputs:
                raise Unfit(f"layer {layer} gives {weight.shape[0]} scores, and there are {self.outputs}")
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise Unfit(f"layer {layer} has weights that are not finite numbers")
            size = weight.shape[0]


def _listed(names: Mapping[str, np.ndarray] | set[str]) -> str:
    return ", ".join(sorted(map(str, names))) or "no parameters"


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Squash numbers between 0 and 1; in this form no exponential overflows to a warning."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Make probabilities of scores (n, classes)."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def cross_entropy(scores: np.ndarray, classes: np.ndarray) -> float:
    """Return the mean surprise at the right classes."""
    with np.errstate(divide="ignore"):
        return float(-np.log(softmax(scores)[np.arange(len(classes)), classes]).mean())


PERCEPTRON = Network(("0",), 2, 2, np.tanh)  # a single layer has nothing in between
HIDDEN = Network(("0", "2"), 2, 2, np.tanh)
READER = Network(("1", "3"), 784, 10, sigmoid)
