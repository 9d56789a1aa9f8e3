"""Wheels, and a standard library, that need not be compiled in the reader's browser.

Pyodide compiles each module that it imports, and forgets it when the page is left: half of the wait for a
first Check. So the modules that readers wait for are compiled when the site is built, by Pyodide itself, in
Node (bytecode.mjs, in_pyodide.py). The result is kept until the pinned files or these programs change.

Our own package keeps its text, which readers are shown, and has bytecode beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from .fetch import is_cached
from .lock import lock_of
from .pins import HERE, Pin, Pins, read_pins, sha256

STDLIB = "python_stdlib.zip"
FIRST = ("core", "check")  # the uses of files that a first Check waits for


class BytecodeError(Exception):
    """Node is missing, or Pyodide did not do its work; the message says what it said."""


def with_bytecode(pins: Pins, cache: Path, store: Path) -> tuple[Pins, Path]:
    """Return the pins of what is to be shipped instead of `cache`, and the folder in `store` that has it."""
    folder = store / key(pins)
    made = folder / "pins.json"
    if not made.is_file() or not all(is_cached(pin, folder) for pin in read_pins(made).files):
        shutil.rmtree(store, ignore_errors=True)  # damaged, or made of other pins or by other programs
        store.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=store) as scratch:
            fresh = Path(scratch) / "fresh"
            fresh.mkdir()
            compile_all(pins, cache, fresh)
            shipped = [ship(pin, cache, fresh) for pin in pins.files]
            text = json.dumps(asdict(replace(pins, files=tuple(shipped))), indent=1)
            (fresh / made.name).write_text(text, encoding="utf-8")
            fresh.rename(folder)
    return read_pins(made), folder


def key(pins: Pins) -> str:
    """A short name for everything that the result depends on."""
    digest = hashlib.sha256()
    for pin in pins.files:
        digest.update(f"{pin.file} {pin.sha256} {pin.use}\n".encode())
    for program in ("bytecode.py", "bytecode.mjs", "in_pyodide.py"):
        digest.update((HERE / program).read_bytes())
    return digest.hexdigest()[:12]


def compile_all(pins: Pins, cache: Path, out: Path) -> None:
    """Let Pyodide write the wheels and the standard library, with bytecode, into `out`."""
    archives = [pin for pin in pins.files if pin.is_wheel or pin.file == STDLIB]
    job = {
        "lock": lock_of(pins, cache),
        "first": names(pin for pin in archives if pin.use in FIRST),
        "rest": names(pin for pin in archives if pin.use not in FIRST),
    }
    in_pyodide(cache, out, job)


def ours_with_bytecode(pins: Pins, cache: Path, wheel: Path, out: Path) -> Path:
    """Copy our own wheel into `out`, with the bytecode of its modules beside their text."""
    copy = Path(shutil.copy2(wheel, out))
    in_pyodide(cache, out, {"lock": {"info": pins.info, "packages": {}}, "ours": copy.name})
    return copy


def in_pyodide(cache: Path, out: Path, job: dict[str, Any]) -> None:
    """Run in_pyodide.py's main in Pyodide, in Node, with `cache` and `out` in its file system."""
    node = shutil.which("node")
    if node is None:
        raise BytecodeError("node is not on the PATH; it compiles Python's modules for the browser")
    command = [node, str(HERE / "bytecode.mjs"), str(cache), str(out), json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BytecodeError(f"Pyodide could not compile its packages:\n{done.stderr.strip()}")


def names(pins: Iterable[Pin]) -> list[str]:
    return [pin.file for pin in pins]


def ship(pin: Pin, cache: Path, out: Path) -> Pin:
    """Return the pin of a file in `out`; what was not compiled is copied there."""
    path = out / pin.file
    if not path.exists():
        shutil.copy2(cache / pin.file, path)
        return pin
    digest = sha256(path)
    if pin.is_wheel:
        # A build tag in the name: no browser takes the wheel that it kept of an older build for this one.
        name, version, tags = pin.file.split("-", 2)
        path = path.rename(out / f"{name}-{version}-0{digest[:8]}-{tags}")
    return replace(pin, file=path.name, bytes=path.stat().st_size, sha256=digest)
