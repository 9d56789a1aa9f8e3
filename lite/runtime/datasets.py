"""Datasets, apart from the package: the browser's first visit does not wait for what one chapter needs.

The native wheel carries them in tinytorch/data/files/. For the browser each becomes a wheel of its own, which
the page's worker installs when an experiment or a check says that it needs it: `needs=["tinydigits"]`. That
puts the files where the native wheel has them, so whoever reads them cannot tell.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

FOLDER = "tinytorch/data/files/"
PLACE = "data"  # of the wheels, below runtime/
NATIVE = ("tinytorch/workshop/tito/", "tinytorch/workshop/shelf/")  # what no page uses
NAME = re.compile(r"[a-z][a-z0-9_]*$")
DATE = (1980, 1, 1, 0, 0, 0)  # the same data make the same bytes
VERSION = "1"  # what changes is told by the file's name, which has the data's hash
WHEEL = "Wheel-Version: 1.0\nGenerator: lite.runtime\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def split(wheel: Path, slim: Path, out: Path) -> dict[str, Path]:
    """Write the wheel without datasets to `slim`, and one wheel a dataset into `out`; return these by name.

    What only a terminal uses is left out, too. A dataset is named after its files without their endings;
    what has no such name stays in the package.
    """
    rest: dict[str, bytes] = {}
    datasets: dict[str, dict[str, bytes]] = {}
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            if member.startswith(NATIVE):
                continue
            folder, _, file = member.rpartition("/")
            name = file.partition(".")[0]
            found = f"{folder}/" == FOLDER and NAME.match(name)
            (datasets.setdefault(name, {}) if found else rest)[member] = archive.read(member)
    write(slim, rest)
    return {name: dataset_wheel(name, files, out) for name, files in sorted(datasets.items())}


def dataset_wheel(name: str, files: dict[str, bytes], out: Path) -> Path:
    """Write the wheel of one dataset. Its build tag is a hash: no browser takes an older one for it."""
    digest = hashlib.sha256()
    for member, data in sorted(files.items()):
        digest.update(member.encode() + b"\0" + hashlib.sha256(data).digest())
    about = f"{name}-{VERSION}.dist-info"
    metadata = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {VERSION}\n",
        "WHEEL": WHEEL,
        "RECORD": "",
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}-{VERSION}-0{digest.hexdigest()[:8]}-py3-none-any.whl"
    write(path, files | {f"{about}/{file}": text.encode() for file, text in metadata.items()})
    return path


def write(path: Path, members: dict[str, bytes]) -> None:
    """Write an archive whose bytes depend on its members alone."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), data, zipfile.ZIP_DEFLATED, 9)
