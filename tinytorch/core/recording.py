"""The one switch between computing and recording, and what a forward computation keeps for later.

Nothing here computes. Until module 05 turns recording on, `keep` hands its first argument back and forgets
the rest.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

T = TypeVar("T")


class Recording(threading.local):
    """What one thread is doing: each has its own, so that a loader's threads do not disturb training."""

    enabled: bool = True  # False inside no_grad() and inside a primitive
    keeping: bool = False  # True while the forward of a recorded primitive runs
    kept: tuple[Any, tuple[Any, ...]] | None = None  # an output, and what its gradient rule will need


recording = Recording()


def keep(out: T, *values: Any) -> T:
    """Return `out`, and keep `values` for the rule that will compute its gradient, if one ever does.

    A forward computation that needed something on its way that is costly or impossible to find again, such as
    a random mask, ends with `return keep(Tensor(...), mask)`.
    """
    if recording.keeping:
        recording.kept = out, values
    return out
