"""What several tests of lite/ need."""

from __future__ import annotations

import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / "build" / "cache" / "bytecode"


def write_wheel(path: Path, init: str) -> Path:
    """The smallest wheel that Pyodide installs: one package, with the text of its __init__.py."""
    name, version = path.name.split("-")[:2]
    metadata = f"{name}-{version}.dist-info/"
    members = {
        f"{name}/__init__.py": init,
        f"{metadata}METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{metadata}WHEEL": "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{metadata}RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in members.items():
            wheel.writestr(zipfile.ZipInfo(member), text)
    return path
