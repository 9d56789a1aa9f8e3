"""Progress in plain text: one line that rewrites itself on a terminal, one line an epoch anywhere else."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO

BAR = 20  # characters
PAUSE = 0.1  # seconds between two versions of the line: people do not read faster


class Progress:
    """Tells how far a run is, how well it goes, and how long it will take.

    Args:
        epochs: how many there will be, those that are done included.
        batches: in one epoch; None if nobody knows yet.
        done: epochs that were done before, and took no time now.
        stream: where to write; standard output if None.
        clock: seconds that only ever grow.
    """

    def __init__(
        self,
        epochs: int,
        batches: int | None = None,
        done: float = 0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.epochs, self.batches, self.done = epochs, batches, done
        self.stream = sys.stdout if stream is None else stream
        self.clock, self.started = clock, clock()
        self.rewrites = self.stream.isatty()
        self._next = self.started  # no new version of the line before this
        self._length = 0  # of the line that stands on the terminal

    def batch(self, epoch: int, batch: int, numbers: Mapping[str, float]) -> None:
        """Show that `batch` of `epoch` is done; both count from 1."""
        if not self.rewrites or self.clock() < self._next:
            return
        self._next = self.clock() + PAUSE
        share = batch / self.batches if self.batches else 0.0
        count = f"{batch}/{self.batches}" if self.batches else str(batch)
        text = [
            self._epoch(epoch),
            f"{bar(share)} {count}",
            self._numbers(numbers),
            self._times(epoch - 1 + share),
        ]
        self._rewrite("  ".join(text))

    def epoch(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Show that `epoch` is done, and start a new line."""
        text = [self._epoch(epoch), self._numbers(numbers), self._times(epoch)]
        self.say("  ".join(text))

    def say(self, text: str) -> None:
        """Write a line of its own."""
        if self.rewrites:
            self._rewrite("")
            self.stream.write("\r")
        self.stream.write(text + "\n")
        self.stream.flush()
        self._length = 0

    def _rewrite(self, line: str) -> None:
        line = line[: shutil.get_terminal_size().columns - 1]  # a line that wraps could not be written over
        self.stream.write("\r" + line.ljust(self._length))
        self.stream.flush()
        self._length = len(line)

    def _epoch(self, epoch: int) -> str:
        return f"epoch {epoch:{len(str(self.epochs))}}/{self.epochs}"

    def _numbers(self, numbers: Mapping[str, float]) -> str:
        return "  ".join(f"{name.replace('_', ' ')} {short(value)}" for name, value in numbers.items())

    def _times(self, reached: float) -> str:
        elapsed = self.clock() - self.started
        done, left = reached - self.done, self.epochs - reached
        rest = f", {duration(elapsed / done * left)} left" if done > 0 and left > 0 else ""
        return duration(elapsed) + rest


def bar(share: float) -> str:
    """Draw how much is done, `share` from 0 to 1.

    >>> bar(0.5)
    '[==========          ]'
    """
    full = int(BAR * min(max(share, 0.0), 1.0))
    return "[" + "=" * full + " " * (BAR - full) + "]"


def short(value: float) -> str:
    """Write a number with four decimals, unless it is so large or small that they would say nothing.

    >>> short(0.5), short(1234567.8), short(0.00001234)
    ('0.5000', '1.235e+06', '1.234e-05')
    """
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.4g}"


def duration(seconds: float) -> str:
    """Write a time for people: `0:07`, `12:30`, `1:02:03`.

    >>> duration(7.4), duration(750), duration(3723)
    ('0:07', '12:30', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
