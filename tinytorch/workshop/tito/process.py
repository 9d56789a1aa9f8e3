"""A Python process for one learner's code at a time: watched, killed when it must be, and replaced."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any

Json = dict[str, Any]
LOADING_SECONDS = 120.0  # that imports may take on a slow machine
_LONGEST_LINE = 64 * 1024**2
# What Python looks for stands in an argument: no file of the folder that tito runs in can get in the way.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from tinytorch.workshop.tito.child import main; main()"
)


@dataclass(frozen=True)
class Reply:
    """The job was done."""

    data: Json


@dataclass(frozen=True)
class Silent:
    """Nothing was heard for too long, and the process was killed."""

    seconds: float


@dataclass(frozen=True)
class Lost:
    """The process ended in the middle of the job; `code` is its exit code, below 0 a signal's."""

    code: int | None

    @property
    def words(self) -> str:
        """Say how it ended."""
        if self.code is None:
            return "it answered with something that cannot be read"
        if self.code < 0:
            with suppress(ValueError):
                return f"signal {signal.Signals(-self.code).name}"
        return f"exit code {self.code}"


class Worker:
    """Runs jobs one after the other, each in a process that did nothing but jobs that ended well."""

    def __init__(self) -> None:
        """Make the folder that everything temporary goes to; the first job starts the process."""
        self._scratch = tempfile.TemporaryDirectory(prefix="tito-", ignore_cleanup_errors=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def __enter__(self) -> Worker:
        """Return the worker itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.kill()
        self._scratch.cleanup()

    def run(
        self, job: Json, heard: Callable[[Json], None], silence: float, most: float
    ) -> Reply | Silent | Lost:
        """Do one job; `silence` limits the time between two signs of progress, and `most` that of it all."""
        if self._process is None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        started = time.monotonic()
        with suppress(BrokenPipeError):  # it is dead, and its end is read below
            self._process.stdin.write(json.dumps({**job, "most": most + silence}).encode() + b"\n")
            self._process.stdin.flush()
        limit, waited_since = silence, started
        while True:
            now = time.monotonic()
            try:
                line = self._lines.get(timeout=max(0.0, min(waited_since + limit, started + most) - now))
            except queue.Empty:
                self.kill()
                return Silent(time.monotonic() - waited_since)
            message = _message(line)
            if message is None:
                return self._ending(line)
            if message["kind"] == "reply":
                return Reply(message)
            if message["kind"] == "event":
                if message["event"].get("kind") != "stdout":  # printing is no progress
                    waited_since = time.monotonic()
                heard(message["event"])

    def kill(self) -> None:
        """End the process, and whatever it started, at once."""
        if self._process is None:
            return
        with suppress(OSError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process = None

    def _start(self) -> None:
        paths = [path or os.getcwd() for path in sys.path]
        scratch = self._scratch.name
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, json.dumps(paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=scratch,
            env={**os.environ, "TMPDIR": scratch, "TEMP": scratch, "TMP": scratch},
            start_new_session=True,  # Ctrl+C is tito's to hear
        )
        self._lines = queue.SimpleQueue()
        assert self._process.stdout is not None
        threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True).start()
        with suppress(queue.Empty):
            if self._lines.get(timeout=LOADING_SECONDS) is not None:
                return
        self.kill()
        raise RuntimeError("Python could not be started again to run your code.")

    def _ending(self, line: bytes | None) -> Lost:
        assert self._process is not None
        code: int | None = None
        if line is None:
            with suppress(subprocess.TimeoutExpired):  # the pipe can be closed without dying
                code = self._process.wait(5)
        self.kill()
        return Lost(code)


def _message(line: bytes | None) -> Json | None:
    """Read a line; what is none of the child's own is nothing."""
    try:
        message = json.loads(line or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    event = message.get("event")
    return message if message.get("kind") in ("ready", "reply") or isinstance(event, dict) else None


def _pump(pipe: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    with suppress(OSError, ValueError):  # closed meanwhile
        while line := pipe.readline(_LONGEST_LINE):
            lines.put(line)
    lines.put(None)
