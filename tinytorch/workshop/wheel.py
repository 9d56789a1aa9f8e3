"""Wheel: a learner's package in the form that pip installs, made without any tool but `zipfile`.

`workspace.json` lies beside the package's metadata, so that a wheel that somebody has kept is a copy of their
work, too, and can be imported again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

from tinytorch import __version__
from tinytorch.workshop.archive import zip_of
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.fresh import fitting
from tinytorch.workshop.project import DESCRIPTION, INDEX, NAME, assembled, write_index, written_by_me
from tinytorch.workshop.workspace import Work, passed_texts

_TAG = "py3-none-any"
_WHEEL = f"Wheel-Version: 1.0\nGenerator: tinytorch\nRoot-Is-Purelib: true\nTag: {_TAG}\n".encode()


def export_wheel(work: Work, chapters: Sequence[Chapter]) -> tuple[str, bytes]:
    """Return the wheel's file name, which pip reads, and the wheel; the same work makes the same bytes."""
    texts = fitting(passed_texts(work.records, chapters))
    package, index = assembled(texts), write_index(work)
    version = _version(package, index)
    name = f"{NAME.replace('-', '_')}-{version}"
    info = f"{name}.dist-info"
    files = {
        **package,
        f"{info}/{INDEX}": index,
        f"{info}/METADATA": _metadata(version, texts),
        f"{info}/WHEEL": _WHEEL,
    }
    return f"{name}-{_TAG}.whl", zip_of({**files, f"{info}/RECORD": _record(files, f"{info}/RECORD")})


def _version(package: Mapping[str, bytes], index: bytes) -> str:
    """Name what is in it: pip leaves an installed package alone where the version is the same."""
    digest = hashlib.sha256(index)
    for path, data in package.items():
        digest.update(f"\0{path}\0{len(data)}\0".encode() + data)
    return f"{__version__}+mine{digest.hexdigest()[:10]}"


def _metadata(version: str, texts: Mapping[str, str]) -> bytes:
    fields = {
        "Metadata-Version": "2.1",
        "Name": NAME,
        "Version": version,
        "Summary": DESCRIPTION,
        "Requires-Python": ">=3.11",
        "Requires-Dist": "numpy>=2.0",
        "Provides-Extra": "checks",
        "Description-Content-Type": "text/markdown",
    }
    lines = [f"{key}: {value}" for key, value in fields.items()]
    lines.insert(6, "Requires-Dist: pytest>=9.0; extra == 'checks'")
    return ("\n".join(lines) + f"\n\n# My TinyTorch\n\nWritten by me:\n\n{written_by_me(texts)}\n").encode()


def _record(files: Mapping[str, bytes], own: str) -> bytes:
    """List every file with its hash and size, as wheels must; none of our names needs quoting."""
    rows = []
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join([*rows, f"{own},,\n"]).encode()
