"""Randomness: one generator, and one place to seed it.

Everything random in TinyTorch draws from here or from a generator that the caller passes in. There is
no other random state.
"""

from __future__ import annotations

import threading

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
    if _inside.seeded is not None:
        return _inside.seeded.generator()
    if _default is None:
        _default = np.random.default_rng()
    return _default


class seeded:
    """Inside the `with`, let this thread's default generator be another one, which starts from `seed`.

    A loader prepares each batch under a seed of its own. What is random in a batch then depends neither on
    which thread prepared it nor on what was drawn before.
    """

    def __init__(self, *seed: int) -> None:
        self._seed = seed
        self._generator: np.random.Generator | None = None

    def __enter__(self) -> None:
        self._around, _inside.seeded = _inside.seeded, self

    def __exit__(self, *error: object) -> None:
        _inside.seeded = self._around

    def generator(self) -> np.random.Generator:
        """Return the generator, which is made when something is first drawn."""
        if self._generator is None:
            self._generator = np.random.default_rng(self._seed)
        return self._generator


class _Inside(threading.local):
    """Which `with seeded(…)` a thread is inside of, if any."""

    seeded: seeded | None = None


_inside = _Inside()
