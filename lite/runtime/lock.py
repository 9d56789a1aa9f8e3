"""Pyodide's lock: which packages there are, where their wheels lie, and what can be imported from them."""

from __future__ import annotations

import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from .pins import Pins, sha256

Packages = dict[str, dict[str, Any]]


def lock_of(pins: Pins, folder: Path, place: str = "", others: Packages | None = None) -> dict[str, Any]:
    """A lock with our packages and no others; `place` leads from the lock to the wheels of `folder`."""
    packages = {
        pin.name: entry(pin.name, pin.version, folder / pin.file, place + pin.file, list(pin.depends))
        for pin in pins.files
        if pin.is_wheel
    }
    return {"info": pins.info, "packages": dict(sorted({**packages, **(others or {})}.items()))}


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
    return sorted(name for name in map(module_name, firsts) if name.isidentifier())


def module_name(file: str) -> str:
    """The module in a file of text or bytecode, or the package in a folder."""
    return file.removesuffix("c").removesuffix(".py") if file.endswith((".py", ".pyc")) else file


def name_and_version(wheel: Path) -> tuple[str, str]:
    """From the wheel's own metadata, not from its file name."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        headers = HeaderParser().parsestr(archive.read(metadata).decode("utf-8"))
    return headers["Name"], headers["Version"]
