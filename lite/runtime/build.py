"""Lay out the browser's Python: Pyodide, its packages, our wheel, and one lock for all of them.

    python -m lite.runtime.build [--cache build/cache/pyodide] [--wheel build/wheel] [--out build/runtime]

The result is a folder that any static host can serve, under any path:

    pyodide/                     Pyodide and every wheel that is not ours; the same from one book to the next
    <build>/pyodide-lock.json    which packages there are; each file is named relative to this lock
    <build>/tinytorch-….whl      our package
    <build>/manifest.json        every file with its size, for progress bars and offline copies
    build.json                   {"build": "<build>"}, for whoever assembles the site

<build> is a hash of everything in it, so a new book never mixes with what a browser kept of an old one.
The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from .fetch import is_cached
from .pins import Pins, read_pins, sha256

OUR_DEPENDENCIES = ["numpy"]  # pytest is loaded by its name, by whoever runs checks


class BuildError(Exception):
    """Something that the runtime is made of is not there."""


def build(pins: Pins, cache: Path, wheel: Path, out: Path) -> str:
    """Write the runtime into `out`, which is replaced, and return its build id."""
    for pin in pins.files:
        if not is_cached(pin, cache):
            raise BuildError(
                f"{cache / pin.file} is missing or damaged; run python -m lite.runtime.fetch {cache}"
            )
    lock = as_json(lock_of(pins, cache, wheel))
    identity = build_id(pins, lock)

    fresh = out.with_name(out.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "pyodide").mkdir(parents=True)
    (fresh / identity).mkdir()
    for pin in pins.files:
        shutil.copy2(cache / pin.file, fresh / "pyodide" / pin.file)
    shutil.copy2(wheel, fresh / identity / wheel.name)
    (fresh / identity / "pyodide-lock.json").write_bytes(lock)
    (fresh / identity / "manifest.json").write_bytes(as_json(manifest_of(pins, identity, wheel.name, fresh)))
    (fresh / "build.json").write_bytes(as_json({"build": identity}))
    # Swapped at the end: whoever serves `out` never sees half of it.
    shutil.rmtree(out, ignore_errors=True)
    fresh.replace(out)
    return identity


def lock_of(pins: Pins, cache: Path, wheel: Path) -> dict[str, Any]:
    """Pyodide's lock with the packages we ship, and no others."""
    packages = {
        pin.name: entry(pin.name, pin.version, cache / pin.file, f"../pyodide/{pin.file}", list(pin.depends))
        for pin in pins.files
        if pin.is_wheel
    }
    name, version = name_and_version(wheel)
    packages[name] = entry(name, version, wheel, wheel.name, OUR_DEPENDENCIES)
    return {"info": pins.info, "packages": dict(sorted(packages.items()))}


def entry(name: str, version: str, wheel: Path, file_name: str, depends: list[str]) -> dict[str, Any]:
    """One package, as Pyodide's package manager reads it."""
    return {
        "name": name,
        "version": version,
        "file_name": file_name,
        "install_dir": "site",
        "sha256": sha256(wheel),
        "package_type": "package",
        "imports": top_level(wheel),
        "depends": depends,
    }


def top_level(wheel: Path) -> list[str]:
    """What can be imported from a wheel: Pyodide loads the wheel when a cell imports one of these."""
    with zipfile.ZipFile(wheel) as archive:
        firsts = {name.partition("/")[0] for name in archive.namelist()}
    names = {first.removesuffix(".py") if first.endswith(".py") else first for first in firsts}
    return sorted(name for name in names if name.isidentifier())


def name_and_version(wheel: Path) -> tuple[str, str]:
    """From the wheel's own metadata, not from its file name."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        headers = HeaderParser().parsestr(archive.read(metadata).decode("utf-8"))
    return headers["Name"], headers["Version"]


def build_id(pins: Pins, lock: bytes) -> str:
    """A short name for exactly these files. The lock has the hash of each wheel; the core's are added."""
    digest = hashlib.sha256(lock)
    for pin in pins.files:
        if not pin.is_wheel:
            digest.update(f"{pin.file} {pin.sha256}\n".encode())
    return digest.hexdigest()[:12]


def manifest_of(pins: Pins, identity: str, wheel_name: str, folder: Path) -> dict[str, Any]:
    """Every file, by its path below runtime/, with its size as stored and as most hosts send it."""
    ours = {f"{identity}/pyodide-lock.json": "core", f"{identity}/{wheel_name}": "check"}
    uses = {**{f"pyodide/{pin.file}": pin.use for pin in pins.files}, **ours}
    files: list[dict[str, Any]] = []
    totals = {"bytes": 0, "gzip": 0}
    for path, use in uses.items():
        size = sizes(folder / path)
        files.append({"path": path, "use": use, **size})
        if use in ("core", "check"):  # what a first Check loads, and its progress bar counts
            totals = {unit: totals[unit] + size[unit] for unit in totals}
    return {"pyodide": pins.pyodide, "build": identity, "first": totals, "files": files}


def sizes(path: Path) -> dict[str, int]:
    data = path.read_bytes()
    return {"bytes": len(data), "gzip": len(gzip.compress(data, 6, mtime=0))}


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
    add("--wheel", type=Path, default=Path("build/wheel"), help="tinytorch's wheel, or the folder it is in")
    add("--out", type=Path, default=Path("build/runtime"), help="the folder to write; what was there goes")
    options = parser.parse_args()
    try:
        identity = build(read_pins(), options.cache, find_wheel(options.wheel), options.out)
    except BuildError as error:
        sys.exit(f"lite.runtime.build: {error}")
    print(f"Runtime {identity} is in {options.out}")


if __name__ == "__main__":
    main()
