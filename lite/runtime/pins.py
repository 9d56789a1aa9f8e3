"""The files of the browser's Python, as pins.json lists them.

To take another version of a file, write its name, version and dependencies there and run lite.runtime.fetch:
it refuses the file and says which SHA-256 and size came. Compare them with what Pyodide or the Python index
publish, then write them down.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Pin:
    """One file that we ship: what it must be, what it is for, and who has it."""

    file: str
    bytes: int
    sha256: str
    use: str  # "core", "check", "plot" or "notebook": what a reader does first that needs it
    source: str  # a key of Pins.sources
    role: str
    name: str = ""  # of the package, in wheels only; so are the two below
    version: str = ""
    depends: tuple[str, ...] = ()

    @property
    def is_wheel(self) -> bool:
        return self.file.endswith(".whl")


@dataclass(frozen=True)
class Pins:
    """All of pins.json."""

    pyodide: str
    info: dict[str, str]  # what Pyodide wants to read in a lock: its ABI, its Python
    cdn: str
    sources: dict[str, dict[str, Any]]
    files: tuple[Pin, ...]


def read_pins(path: Path = HERE / "pins.json") -> Pins:
    """Read pins.json, or a file like it."""
    data = json.loads(path.read_text(encoding="utf-8"))
    files = tuple(Pin(**{**row, "depends": tuple(row.get("depends", ()))}) for row in data.pop("files"))
    return Pins(**data, files=files)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
