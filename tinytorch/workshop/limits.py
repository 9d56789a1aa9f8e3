"""Limits on what runs: time, output and memory, and a world that is put back as it was."""

from __future__ import annotations

import io
import os
import random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

import numpy as np

OUTPUT_LIMIT = 100_000  # characters that one run may print
WATCHED = ("<your ", "<experiment>", "<milestone>")  # how the file names of code that may not end begin
MEMORY_LIMIT = 2 * 1024**3  # bytes that one run may add, natively; the browser's worker has a cap of its own


class TimeUp(BaseException):
    """A run took longer than it may. Not an Exception, so that `except Exception` does not swallow it."""


class TooMuchOutput(BaseException):
    """A run printed more than it may."""


class Output(io.TextIOBase):
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

    def ring(signum: int, frame: FrameType | None) -> None:
        _raise_on_next_line(frame)
        raise TimeUp

    tracer = sys.gettrace()
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.settrace(tracer)


def _raise_on_next_line(frame: FrameType | None) -> None:
    """Raise TimeUp once more on the next line of what runs here: a bare `except:` may swallow the first."""

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        if event == "line":
            raise TimeUp
        return trace

    while frame is not None:
        if frame.f_code.co_filename.startswith(WATCHED):
            frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)


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
    cap = min([size + extra, *(limit for limit in before if limit != resource.RLIM_INFINITY)])
    resource.setrlimit(resource.RLIMIT_AS, (cap, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


# Modules whose names a run may rebind for everybody, by intent or by accident. (pytest itself keeps the
# configuration of the moment in one: where this runs inside another pytest, that one needs it back.)
_SHARED = {"builtins", "math", "operator", "os", "random", "sys", "time", "warnings", "numpy"}
_SHARED |= {"pytest", "_pytest.assertion.util"}
_SHARED_PARTS = ("numpy.", "tinytorch.workshop.")


@contextmanager
def restored() -> Iterator[None]:
    """Put back what a run may have changed for everybody: modules, environment, random states, float errors.

    It guards against accidents and pranks, not against an attack: from here, all of Python can be reached.
    """
    modules = dict(sys.modules)
    shared = [vars(module) for name, module in modules.items() if _is_shared(name)]
    lists: list[tuple[Any, list[Any]]] = [(held, list(held)) for held in (sys.path, sys.meta_path, sys.argv)]
    environment, folder = dict(os.environ), os.getcwd()
    float_errors, float_handler, printing = np.geterr(), np.geterrcall(), np.get_printoptions()
    recursion, tracer, profiler = sys.getrecursionlimit(), sys.gettrace(), sys.getprofile()
    python_random, numpy_random = random.getstate(), _numpy_random_state()
    try:
        with warnings.catch_warnings(), names_restored(*shared):
            sys.setrecursionlimit = _no_deeper_than(recursion)
            yield
    finally:
        sys.settrace(tracer)
        sys.setprofile(profiler)
        sys.modules.update(modules)
        for held, items in lists:
            held[:] = items
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)
        os.chdir(folder)
        np.seterr(**float_errors)
        np.seterrcall(float_handler)
        np.set_printoptions(**printing)
        sys.setrecursionlimit(recursion)
        random.setstate(python_random)
        if numpy_random is not None:
            np.random.set_state(numpy_random)


def _no_deeper_than(most: int) -> Callable[[int], None]:
    """Make a `sys.setrecursionlimit` that quietly stops at `most`: deeper recursion may end Python itself."""
    set_limit = sys.setrecursionlimit

    def setrecursionlimit(limit: int, /) -> None:
        set_limit(min(limit, most))

    return setrecursionlimit


@contextmanager
def names_restored(*namespaces: dict[str, Any]) -> Iterator[None]:
    """Put back what was bound to the names of some modules, and take away names that are new.

    A submodule that was imported meanwhile stays: NumPy cannot find it again once it is in sys.modules.
    """
    copies = [dict(names) for names in namespaces]
    try:
        yield
    finally:
        for names, copy in zip(namespaces, copies, strict=True):
            names.update(copy)
            for name in [name for name in names if name not in copy]:
                if not isinstance(names[name], ModuleType):
                    del names[name]


def _is_shared(name: str) -> bool:
    return name in _SHARED or (name.startswith(_SHARED_PARTS) and "._" not in name)


def _numpy_random_state() -> Any:
    return np.random.get_state() if "numpy.random" in sys.modules else None  # do not load it for this
