"""Files that are either the old one or the new one, whatever happens in between."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_safely(
    path: str | Path,
    write: Callable[[BinaryIO], object],
) -> None:
    """Write a file that takes the place of `path` only when it is whole.

    `write` is a function that writes the content: it is called with the
    open file. Four steps: open a temporary file *beside* `path`, for
    writing bytes; call `write(file)`; push all of it to the disk, with
    `file.flush()` and `os.fsync(file.fileno())`; close it, and
    `os.replace(temporary, path)`.
    If anything raises, be it a press of Stop, the temporary file is
    removed, the error goes on, and what was at `path` is untouched.
    """
    # BEGIN SOLUTION write_safely
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # a key press, too, leaves nothing behind
        temporary.unlink(missing_ok=True)
        raise
    # END SOLUTION write_safely
