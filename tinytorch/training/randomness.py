"""The state of random generators, as numbers that a checkpoint can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytorch.core.random import default_generator


def random_state(generators: Sequence[np.random.Generator] = ()) -> list[dict[str, Any]]:
    """Return the state of the default generator and of `generators`, each as a dict of numbers."""
    return [dict(generator.bit_generator.state) for generator in (default_generator(), *generators)]


def set_random_state(
    states: Sequence[dict[str, Any]], generators: Sequence[np.random.Generator] = ()
) -> None:
    """Let the generators go on where `random_state` was taken: the same numbers follow."""
    for generator, state in zip((default_generator(), *generators), states, strict=True):
        generator.bit_generator.state = state
