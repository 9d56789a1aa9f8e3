"""Metrics: numbers that people read. Unlike losses they need no gradient, so they may count."""

from __future__ import annotations

from collections.abc import Callable

from tinytorch.core import Tensor
from tinytorch.core.dtypes import is_floating

Metric = Callable[[Tensor, Tensor], float]


def accuracy(logits: Tensor, targets: Tensor) -> float:
    """Return the share of samples whose largest logit is at the target.

    `logits.argmax(axis=-1)` is where the largest logit of each sample is.

    Shape:
        logits (..., C), targets (...), whole numbers -> a Python float
        between 0 and 1

    Raises:
        TypeError: the targets are floats, `is_floating(targets.dtype)`.
            The message names their dtype.
        ValueError: the predictions and the targets differ in shape, or
            there are none. The message shows both shapes.

    >>> accuracy(Tensor([[0.1, 2.0], [3.0, 1.0]]), Tensor([1, 1]))
    0.5
    """
    # BEGIN SOLUTION accuracy
    if is_floating(targets.dtype):
        raise TypeError(f"accuracy: whole numbers are needed, not {targets.dtype}.")
    guesses = logits.argmax(axis=-1)
    if guesses.shape != targets.shape or targets.numel() == 0:
        raise ValueError(
            f"accuracy: logits {logits.shape} give guesses {guesses.shape}, "
            f"and the targets are {targets.shape}. Both must have the same "
            "shape, and must not be empty."
        )
    return int((guesses == targets).sum()) / targets.numel()
    # END SOLUTION accuracy
