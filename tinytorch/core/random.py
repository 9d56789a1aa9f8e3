"""Randomness: one generator, and one place to seed it.

Everything random in TinyTorch draws from here or from a generator that the caller passes in. There is
no other random state.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

_default: np.random.Generator | None = None  # made on first use: importing numpy.random takes a while


def manual_seed(seed: int) -> np.random.Generator:
    """Start the default generator again from `seed`, so that a program repeats its random numbers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html
    """
    global _default
    _default = np.random.default_rng(seed)
    return _default


def default_generator(generator: np.random.Generator | None = None) -> np.random.Generator:
    """Return `generator`, or the default one if it is None."""
    global _default
    if generator is not None:
        return generator
    if _borrowed.seed is not None:
        if _borrowed.generator is None:
            _borrowed.generator = np.random.default_rng(_borrowed.seed)
        return _borrowed.generator
    if _default is None:
        _default = np.random.default_rng()
    return _default


class _Borrowed(threading.local):
    """What one thread uses for its default generator inside `seeded`; made when it first draws."""

    seed: tuple[int, ...] | None = None
    generator: np.random.Generator | None = None


_borrowed = _Borrowed()


@contextmanager
def seeded(*seed: int) -> Iterator[None]:
    """Inside the `with`, let this thread's default generator be another one, which starts from `seed`.

    A loader prepares each batch under a seed of its own. What is random in a batch then depends neither on
    which thread prepared it nor on what was drawn before.
    """
    before = _borrowed.seed, _borrowed.generator
    _borrowed.seed, _borrowed.generator = seed, None
    try:
        yield
    finally:
        _borrowed.seed, _borrowed.generator = before
