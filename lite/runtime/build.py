"""Lay out the browser's Python: Pyodide, its packages, our wheel, and one lock for all of them.

    python -m lite.runtime.build [--cache build/cache/pyodide] [--wheel build/wheel] [--out build/runtime]

Node must be on the PATH: it compiles Python's modules, once (bytecode.py).

The result is a folder that any static host can serve, under any path:

    pyodide/                     Pyodide and every wheel that is not ours; the same from one book to the next
    data/                        the package's datasets, each a wheel of its own (datasets.py)
    <build>/pyodide-lock.json    which packages there are; each file is named relative to this lock
    <build>/tinytorch-….whl      our package
    <build>/manifest.json        every file with its size and hash, for progress bars and offline copies
    build.json                   {"build": "<build>"}, for whoever assembles the site

<build> is a hash of everything in it, so a new book never mixes with what a browser kept of an old one.
The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from .bytecode import BytecodeError, ours_with_bytecode, with_bytecode
from .datasets import PLACE, split
from .fetch import is_cached
from .lock import entry, lock_of, name_and_version
from .pins import Pins, read_pins

OUR_DEPENDENCIES = ["numpy"]  # pytest is loaded by its name, by whoever runs checks


class BuildError(Exception):
    """Something that the runtime is made of is not there."""


def build(pins: Pins, cache: Path, store: Path, wheel: Path, out: Path) -> str:
    """Write the runtime into `out`, which is replaced, and return its build id."""
    for pin in pins.files:
        if not is_cached(pin, cache):
            raise BuildError(
                f"{cache / pin.file} is missing or damaged; run python -m lite.runtime.fetch {cache}"
            )
    fresh = out.with_name(out.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "pyodide").mkdir(parents=True)
    pins, folder = with_bytecode(pins, cache, store)
    with tempfile.TemporaryDirectory() as scratch:
        slim = Path(scratch) / wheel.name
        datasets = split(wheel, slim, fresh / PLACE)
        wheel = ours_with_bytecode(pins, cache, slim, fresh)
    lock = as_json(lock_with(wheel, datasets, pins, folder))
    identity = build_id(pins, lock)

    (fresh / identity).mkdir()
    for pin in pins.files:
        shutil.copy2(folder / pin.file, fresh / "pyodide" / pin.file)
    wheel.rename(fresh / identity / wheel.name)
    (fresh / identity / "pyodide-lock.json").write_bytes(lock)
    data = [path.name for path in datasets.values()]
    manifest = manifest_of(pins, identity, wheel.name, data, fresh)
    (fresh / identity / "manifest.json").write_bytes(as_json(manifest))
    (fresh / "build.json").write_bytes(as_json({"build": identity}))
    # Swapped at the end: whoever serves `out` never sees half of it.
    shutil.rmtree(out, ignore_errors=True)
    fresh.replace(out)
    return identity


def lock_with(wheel: Path, datasets: dict[str, Path], pins: Pins, folder: Path) -> dict[str, Any]:
    """The lock of all packages that we ship, ours and its datasets among them."""
    name, version = name_and_version(wheel)
    ours = {name: entry(name, version, wheel, wheel.name, OUR_DEPENDENCIES)}
    for dataset, path in datasets.items():
        if dataset in ours or any(pin.name == dataset for pin in pins.files):
            raise BuildError(f"The dataset {dataset} has the name of a package; rename its file")
        row = entry(*name_and_version(path), path, f"../{PLACE}/{path.name}", [name])
        ours[dataset] = row | {"imports": []}  # nobody imports it
    return lock_of(pins, folder, "../pyodide/", ours)


def build_id(pins: Pins, lock: bytes) -> str:
    """A short name for exactly these files. The lock has the hash of each wheel; the core's are added."""
    digest = hashlib.sha256(lock)
    for pin in pins.files:
        if not pin.is_wheel:
            digest.update(f"{pin.file} {pin.sha256}\n".encode())
    return digest.hexdigest()[:12]


def manifest_of(
    pins: Pins, identity: str, wheel_name: str, datasets: list[str], folder: Path
) -> dict[str, Any]:
    """Every file, by its path below runtime/: its hash, and its size as stored and as most hosts send it."""
    ours = {f"{identity}/pyodide-lock.json": "core", f"{identity}/{wheel_name}": "check"}
    data = {f"{PLACE}/{name}": "data" for name in datasets}
    uses = {**{f"pyodide/{pin.file}": pin.use for pin in pins.files}, **ours, **data}
    files: list[dict[str, Any]] = []
    totals = {"bytes": 0, "gzip": 0}
    for path, use in uses.items():
        size = sizes(folder / path)
        files.append({"path": path, "use": use, **size, "integrity": integrity(folder / path)})
        if use in ("core", "check"):  # what a first Check loads, and its progress bar counts
            totals = {unit: totals[unit] + size[unit] for unit in totals}
    return {"pyodide": pins.pyodide, "build": identity, "first": totals, "files": files}


def sizes(path: Path) -> dict[str, int]:
    data = path.read_bytes()
    return {"bytes": len(data), "gzip": len(gzip.compress(data, 6, mtime=0))}


def integrity(path: Path) -> str:
    """The file's hash as HTML and fetch write it: the page compares what arrives."""
    return "sha256-" + base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def as_json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def find_wheel(place: Path) -> Path:
    """The wheel itself, or the only one of tinytorch in a folder."""
    if place.is_file():
        return place
    wheels = sorted(place.glob("tinytorch-*.whl"))
    if len(wheels) != 1:
        found = ", ".join(wheel.name for wheel in wheels) or "none"
        raise BuildError(f"Expected one tinytorch-*.whl in {place}, found {found}")
    return wheels[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--cache", type=Path, default=Path("build/cache/pyodide"), help="the folder that fetch.py filled")
    add("--bytecode", type=Path, default=Path("build/cache/bytecode"), help="where to keep what was compiled")
    add("--wheel", type=Path, default=Path("build/wheel"), help="tinytorch's wheel, or the folder it is in")
    add("--out", type=Path, default=Path("build/runtime"), help="the folder to write; what was there goes")
    options = parser.parse_args()
    try:
        wheel = find_wheel(options.wheel)
        identity = build(read_pins(), options.cache, options.bytecode, wheel, options.out)
    except (BuildError, BytecodeError) as error:
        sys.exit(f"lite.runtime.build: {error}")
    print(f"Runtime {identity} is in {options.out}")


if __name__ == "__main__":
    main()
