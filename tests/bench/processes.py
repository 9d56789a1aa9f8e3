"""The processes of one browser, which are a group: slow them all alike, and see how much memory they take.

Chromium's own throttle, of the DevTools, slows the page's main thread and leaves workers as fast as before.
Here every process of the browser stops for three quarters of each 80 milliseconds, to be four times slower.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

RUN = 0.02  # seconds in a row that a slowed browser runs


@contextlib.contextmanager
def slowed(group: int, factor: float) -> Iterator[None]:
    """Let the processes of a group run 1/factor of the time."""
    if factor <= 1:
        yield
        return
    done = threading.Event()

    def throttle() -> None:
        ran = stopped = 0.0  # kept as accounts, because a busy machine wakes this thread late
        with contextlib.suppress(ProcessLookupError):  # a browser that has crashed is noticed elsewhere
            while not done.is_set():
                ran += asleep(RUN)
                os.killpg(group, signal.SIGSTOP)
                stopped += asleep(ran * (factor - 1) - stopped)
                os.killpg(group, signal.SIGCONT)

    thread = threading.Thread(target=throttle)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def asleep(seconds: float) -> float:
    """Sleep, and return for how long it really was."""
    started = time.monotonic()
    time.sleep(max(0, seconds))
    return time.monotonic() - started


def largest_renderer(group: int) -> int:
    """Return the proportional set size, in bytes, of the renderer that takes most: the open page's."""
    sizes = [0]
    for pid in processes():
        with contextlib.suppress(OSError):
            if group_of(pid) == group and "--type=renderer" in command(pid):
                sizes.append(proportional_set_size(pid))
    return max(sizes)


def processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def group_of(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return None


def command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    return ""


def proportional_set_size(pid: int) -> int:
    """Memory that is shared, such as the browser's program, counts by the share of each process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
