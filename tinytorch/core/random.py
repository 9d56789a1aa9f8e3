"""Randomness: one generator, and one place to seed it.

Everything random in TinyTorch draws from here or from a generator that the caller passes in. There is
no other random state.
"""

from __future__ import annotations

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
    if _default is None:
        _default = np.random.default_rng()
    return _default
