"""Several files changed as one: all of them, or none, even if the process is killed in between.

The new files are first written into `.tito/coming`. Renaming that to `.tito/come` is the moment from which on
the change is made; whoever is killed after it leaves the moving to the next tito.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tinytorch.workshop.tito.files import keep_aside, read_or_none, write_whole

_COMING, _COME, _LIST = "coming", "come", "files.json"


def write_together(root: Path, private: Path, files: Mapping[str, bytes]) -> None:
    """Write `files`, by path below `root`, as one change; call it under the folder's lock."""
    coming = private / _COMING
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir(parents=True)
    before: dict[str, str] = {}
    for number, (path, data) in enumerate(files.items()):
        write_whole(coming / str(number), data)
        before[path] = _digest(read_or_none(root / path))
    write_whole(coming / _LIST, json.dumps(before).encode())
    os.rename(coming, private / _COME)
    finish(root, private)


def finish(root: Path, private: Path) -> None:
    """Move files that a killed process had ready to their places. Edits made since then are kept aside."""
    shutil.rmtree(private / _COMING, ignore_errors=True)  # never came
    come = private / _COME
    if not come.is_dir():
        return
    before = json.loads((come / _LIST).read_bytes())
    for number, (path, old) in enumerate(before.items()):
        new, target = read_or_none(come / str(number)), root / path
        present = read_or_none(target)
        if new is None or present == new:
            continue
        if present is not None and _digest(present) != old:
            keep_aside(target, private / "kept")
        write_whole(target, new)
    gone = private / "gone"
    shutil.rmtree(gone, ignore_errors=True)
    os.rename(come, gone)
    shutil.rmtree(gone, ignore_errors=True)


def _digest(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()
