"""The one switch between computing and recording, and what a forward computation keeps for later.

Nothing here computes. Until module 05 turns recording on, `keep` hands its first argument back and forgets
the rest.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

T = TypeVar("T")


class Switch:
    """What one thread is doing."""

    __slots__ = ("enabled", "kept")

    def __init__(self) -> None:
        self.enabled = True  # False inside no_grad() and inside a primitive
        # While the forward of a recorded primitive runs: nothing, or an output and what its rule will need.
        self.kept: tuple[()] | tuple[Any, tuple[Any, ...]] | None = None


class Recording(threading.local):
    """Each thread has a switch of its own, so that a loader's threads do not disturb training."""

    def __init__(self) -> None:
        self.switch = Switch()


recording = Recording()


def keep(out: T, *values: Any) -> T:
    """Return `out`, and keep `values` for the rule that will compute its gradient, if one ever does.

    A forward computation that needed something on its way that is costly or impossible to find again, such as
    a random mask, ends with `return keep(Tensor(...), mask)`.
    """
    switch = recording.switch
    if switch.kept is not None:
        switch.kept = out, values
    return out
