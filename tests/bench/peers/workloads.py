"""What every framework is given: the same numbers, made from the same seeds."""

from __future__ import annotations

import numpy as np

ADDS = 1_000
PARAMETERS = 1_000_000
BATCH, PIXELS, HIDDEN, CLASSES = 32, 784, 128, 10
PICTURES = 60_000
LR = 0.05

Arrays = tuple[np.ndarray, ...]


def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def floats(*shape: int) -> np.ndarray:
    return generator().standard_normal(shape, dtype="float32")


def matrices() -> Arrays:
    """W1: two matrices of 1024 x 1024."""
    return floats(2, 1024, 1024)[0], floats(2, 1024, 1024)[1]


def row() -> np.ndarray:
    """W3a: ten thousand scores."""
    return floats(10_000)


def heads() -> np.ndarray:
    """W3b: the scores of an attention, (batch, heads, queries, keys)."""
    return floats(64, 12, 128, 128)


def layers() -> Arrays:
    """W4: first weights of 784-128-10, stored (out, in), and biases."""
    rng = generator()
    shapes = (HIDDEN, PIXELS), (HIDDEN,), (CLASSES, HIDDEN), (CLASSES,)
    return tuple(rng.standard_normal(shape, dtype="float32") * np.float32(0.05) for shape in shapes)


def pictures(count: int = PICTURES) -> Arrays:
    """W4: pictures of noise, and their classes."""
    rng = generator()
    return rng.random((count, PIXELS), dtype="float32"), rng.integers(0, CLASSES, count)


def order() -> np.ndarray:
    """W4b: in which order an epoch visits the pictures."""
    return generator().permutation(PICTURES)


def epoch(step, x, y, order):
    """W4b: visit all pictures in this order, and return the last step's loss."""
    for start in range(0, len(x), BATCH):
        chosen = order[start : start + BATCH]
        loss = step(x[chosen], y[chosen])
    return loss


def chain(x):
    """W7: a thousand additions, each to the result of the last."""
    y = x
    for _ in range(ADDS):
        y = y + x
    return y
