"""Fence: what code may touch while it is judged in a process of its own.

An audit hook hears of every file that Python opens, of processes and of connections, and refuses what no
answer needs. It is a fence, not a prison: code written to break out of Python can do so, and a class that has
to fear that grades inside of a container or a virtual machine.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events by the number of paths that they begin with; all of these paths would be changed.
CHANGES = {
    **dict.fromkeys(("os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.chown"), 1),
    **dict.fromkeys(("os.utime", "os.setxattr", "os.removexattr", "os.chflags", "sqlite3.connect"), 1),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink"), 2),
}
PROCESSES = (
    *("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile"),
    *("os.kill", "pty.spawn", "signal.pthread_kill", "resource.prlimit", "sys.remote_exec"),
)
NETWORK = ("socket.",)
NATIVE = ("ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function", "ctypes.cdata")


def put_up(folder: str, package: str) -> None:
    """From now on, and for good: write only inside of `folder`, read only it, Python and packages."""
    inside = _roots([folder])
    python = [sys.prefix, sys.base_prefix, *filter(None, sys.path), "/dev", "/proc/self"]
    readable = _roots([folder, package, *python])
    realpath, fsdecode = os.path.realpath, os.fsdecode  # as they are now: later somebody may replace them

    def is_in(path: object, roots: tuple[str, ...]) -> bool:
        if isinstance(path, int):  # a file that is open already
            return True
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        real = realpath(fsdecode(path))
        return any(real == root or real.startswith(root + os.sep) for root in roots)

    def look(event: str, values: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = values
            writes = isinstance(flags, int) and flags & WRITING
            if writes and not (is_in(path, inside) or path == os.devnull):
                raise PermissionError(f"checks may write only in their own folder, not to {_named(path)}")
            if not writes and not is_in(path, readable):
                raise PermissionError(f"checks may not read {_named(path)}")
        elif event in CHANGES:
            for path in values[: CHANGES[event]]:
                if not is_in(path, inside):
                    raise PermissionError(f"checks may change only their own folder, not {_named(path)}")
        elif event.startswith(PROCESSES):
            raise PermissionError(f"checks may not start or end other programs ({event})")
        elif event.startswith(NETWORK):
            raise PermissionError(f"checks have no network ({event})")
        elif event.startswith(NATIVE):
            raise PermissionError(f"checks may not load machine code ({event})")

    sys.addaudithook(look)


def _roots(folders: Iterable[str]) -> tuple[str, ...]:
    return tuple(os.path.realpath(folder).rstrip(os.sep) for folder in folders)


def _named(path: object) -> str:
    return repr(path)[:200]
