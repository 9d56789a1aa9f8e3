"""Files that are whole at every moment: written beside their place and then moved there."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_whole(path: Path, data: bytes, durable: bool = True) -> None:
    """Put `data` in the place of a file: whoever is killed meanwhile leaves the old one or the new one.

    A `durable` one survives that the machine loses its power; what can be made again need not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(name, _mode(path))  # mkstemp's own is for nobody else
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def read_or_none(path: Path) -> bytes | None:
    """Return what a file holds, or None where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def keep_aside(path: Path, folder: Path) -> Path:
    """Copy a file into `folder` under a name that is still free, unless a copy of just this is there."""
    data = path.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        copy = folder / f"{path.stem}.kept-{number}{path.suffix}"
        if read_or_none(copy) == data:
            return copy
        if not copy.exists():
            write_whole(copy, data)
            return copy
        number += 1


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until no other tito works on the folder. The system gives the lock back when a process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
            yield  # closing the file unlocks it


def _mode(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
