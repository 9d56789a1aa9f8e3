"""Limits on what runs: time, output and memory, and a world that is put back as it was."""

from __future__ import annotations

import builtins
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

OUTPUT_LIMIT = 100_000  # characters that one run may print
MEMORY_LIMIT = 2 * 1024**3  # bytes that one run may add, natively; the browser's worker has a cap of its own


class TimeUp(BaseException):
    """A run took longer than it may. Not an Exception, so that `except Exception` does not swallow it."""


class TooMuchOutput(BaseException):
    """A run printed more than it may."""


class Output:
    """Stands in for stdout: passes text on, keeps what fits, and ends a flood."""

    encoding = "utf-8"

    def __init__(self, emit: Callable[[str], None] | None = None, limit: int = OUTPUT_LIMIT) -> None:
        self._emit, self._left, self._parts = emit, limit, list[str]()

    def write(self, text: str) -> int:
        kept = text[: self._left]
        self._left -= len(kept)
        if kept:
            self._parts.append(kept)
            if self._emit is not None:
                self._emit(kept)
        if len(kept) < len(text):
            raise TooMuchOutput
        return len(text)

    def flush(self) -> None:
        """Do nothing: text is passed on as it comes."""

    def isatty(self) -> bool:
        """Say that nobody types here."""
        return False

    @property
    def text(self) -> str:
        """All that was kept."""
        return "".join(self._parts)


@contextmanager
def redirected(output: Output) -> Iterator[None]:
    """Send stdout and stderr to `output`."""
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = output
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise TimeUp in the running code after `seconds`, where the platform has alarms.

    In the browser it has none: there the page watches the worker, interrupts it and at last replaces it.
    """
    if seconds is None or sys.platform == "emscripten" or sys.platform == "win32":
        yield
        return
    import signal

    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(signum: int, frame: Any) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)  # again and again: a bare `except:` catches the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def memory_limit(extra: int = MEMORY_LIMIT) -> Iterator[None]:
    """Let the running code add at most `extra` bytes of memory, on Linux; elsewhere do nothing."""
    if sys.platform != "linux":
        yield
        return
    import resource

    with open("/proc/self/statm") as statm:
        size = int(statm.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    cap = size + extra if before[1] == resource.RLIM_INFINITY else min(size + extra, before[1])
    resource.setrlimit(resource.RLIMIT_AS, (cap, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def restored() -> Iterator[None]:
    """Put back what a run may have changed for everybody: builtins, NumPy, random states, float errors."""
    shared = [vars(builtins), vars(np), vars(np.linalg)]
    if "numpy.random" in sys.modules:
        shared.append(vars(np.random))
    copies = [dict(names) for names in shared]
    float_errors, recursion = np.geterr(), sys.getrecursionlimit()
    python_random = random.getstate()
    numpy_random = np.random.get_state() if "numpy.random" in sys.modules else None
    try:
        yield
    finally:
        for names, copy in zip(shared, copies, strict=True):
            if names != copy:
                names.clear()
                names.update(copy)
        np.seterr(**float_errors)
        sys.setrecursionlimit(recursion)
        random.setstate(python_random)
        if numpy_random is not None:
            np.random.set_state(numpy_random)
