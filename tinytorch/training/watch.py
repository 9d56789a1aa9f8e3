"""A watch on losses and gradients: runs that have gone wrong end where it happened, and say why."""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable

USUAL = 100  # so many gradient norms say what is usual
EXPLODING = 100.0  # so many times the usual norm is worth a warning

ADVICE = (
    "The weights are as they were before this batch. Try a learning rate ten times smaller, clip=1.0, "
    "and look for nan or huge numbers in the batch itself."
)


class DivergedError(ArithmeticError):
    """The loss, or a gradient, is no longer a finite number."""


class Watch:
    """Remembers the last finite loss and the gradient norms, and raises when numbers stop being numbers."""

    def __init__(self) -> None:
        self.last_loss: float | None = None
        self.largest_norm = 0.0
        self.norms: deque[float] = deque(maxlen=USUAL)
        self.warned = False
        self.tell: Callable[[str], None] = _warn  # how to pass on what is odd, and no error

    def loss(self, value: float, epoch: int, batch: int) -> None:
        """Keep a finite loss in `self.last_loss`; refuse nan and infinities.

        Raises:
            DivergedError: `value` is not finite. The message shows the
                value, the epoch, the batch, the last finite loss
                (`self.last_loss`, None if there was none) and the largest
                gradient norm so far (`self.largest_norm`), and ends with
                `ADVICE`, a text that says what to try. `self.last_loss`
                stays.
        """
        # BEGIN SOLUTION watch_loss
        if not math.isfinite(value):
            raise DivergedError(
                f"the loss is {value} in epoch {epoch}, batch {batch}. "
                f"The last finite loss was {self.last_loss}, the largest "
                f"gradient norm {self.largest_norm:.4g}. {ADVICE}"
            )
        self.last_loss = value
        # END SOLUTION watch_loss

    def gradient(self, norm: float, epoch: int, batch: int) -> None:
        """Keep a gradient norm, and warn once if it is many times larger than usual.

        Raises:
            DivergedError: the norm is not finite.
        """
        if not math.isfinite(norm):
            raise DivergedError(
                f"the gradient norm is {norm} in epoch {epoch}, batch {batch}, where the loss is still "
                f"{self.last_loss}. The largest norm before was {self.largest_norm:.4g}. {ADVICE}"
            )
        usual = sorted(self.norms)[len(self.norms) // 2] if len(self.norms) >= 10 else math.inf
        if norm > EXPLODING * usual and not self.warned:
            self.warned = True
            self.tell(
                f"exploding gradient: its norm is {norm:.4g} in epoch {epoch}, batch {batch}, and was "
                f"{usual:.4g} in the middle of the {len(self.norms)} steps before. "
                "Clipping keeps such a step short: fit(…, clip=1.0)."
            )
        self.largest_norm = max(self.largest_norm, norm)
        self.norms.append(norm)


def _warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=5)  # points at the line that called fit
