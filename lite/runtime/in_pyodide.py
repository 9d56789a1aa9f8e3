"""Give the modules that a reader waits for their bytecode. Runs inside Pyodide; bytecode.mjs starts it.

Which modules these are is not listed anywhere: a first Check and a first notebook cell are rehearsed, and
sys.modules tells. Only these are changed, because bytecode is half as large again as text, and their text
goes, because a reader would download that too. What no page can use goes as well, to make up for the rest.
"""

import base64
import csv
import hashlib
import io
import json
import py_compile
import sys
import tempfile
import zipfile
from pathlib import Path

STDLIB = "python_stdlib.zip"
SITE = "/lib/python3.14/site-packages/"
PLACES = {STDLIB: "/lib/python314.zip/"}  # where Pyodide puts what it unpacks; all else is in SITE
FOR_OTHERS = (".a", ".h", ".pxd", ".pyi")  # for compilers and type checkers
NEEDS_A_COMPILER = "numpy/f2py/"
LEXERS = "pygments/lexers/"  # for every language there is; those that were used stay
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
DATE = (1980, 1, 1, 0, 0, 0)


def rehearse_check() -> None:
    """Do what a page does for its first Check."""
    import numpy  # noqa: F401
    import pytest

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test_rehearsal.py"
        file.write_text("def test_rehearsal():\n    assert [1] == [2]\n", encoding="utf-8")
        pytest.main(["--import-mode=importlib", "--capture=no", f"--rootdir={folder}", str(file)])


def rehearse_rest() -> None:
    """Do what an experiment does for its first figure, and a notebook before its first cell."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import micropip  # noqa: F401
    import piplite  # noqa: F401

    plt.plot([1, 2])
    plt.savefig(io.BytesIO(), format="png")
    import pyodide_kernel

    pyodide_kernel.ipython_shell.run_cell("1 / 0")


def loaded() -> set[str]:
    """Return the files of all modules that have been imported so far."""
    specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
    return {spec.origin for spec in specs if spec and spec.origin and spec.origin.endswith(".py")}


def rewrite(archive: Path, out: Path, compiled: set[str], used: set[str]) -> None:
    """Write the archive with bytecode for the text of the modules in `compiled`, without what is not used."""
    place = PLACES.get(archive.name, SITE)
    members = {}
    with zipfile.ZipFile(archive) as old:
        record = [name for name in old.namelist() if name.endswith(".dist-info/RECORD")]
        for name in sorted(set(old.namelist()) - set(record)):
            unused = name.startswith(LEXERS) and place + name not in used
            unused |= name.startswith(NEEDS_A_COMPILER) or name.endswith(("/", *FOR_OTHERS))
            if unused:
                continue
            if place + name in compiled:
                members[name + "c"] = bytecode(old.read(name), place + name)
            else:
                members[name] = old.read(name)
    for name in record:
        members[name] = record_of(name, members)
    write(out, members)


def write(out: Path, members: dict[str, bytes]) -> None:
    """Write a zip archive, the same bytes for the same members."""
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), data, zipfile.ZIP_DEFLATED, 9)


def bytecode(text: bytes, file: str, mode: py_compile.PycInvalidationMode = UNCHECKED) -> bytes:
    """Compile a module; its tracebacks will name `file`. `mode` says whether text that changes is noticed."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "module.py", Path(folder) / "module.pyc"
        source.write_bytes(text)
        py_compile.compile(str(source), str(target), dfile=file, doraise=True, invalidation_mode=mode)
        return target.read_bytes()


def record_of(name: str, members: dict[str, bytes]) -> bytes:
    """Return the text of a wheel's RECORD: every file with its hash and size, itself without."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for member, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode("ascii").rstrip("=")
        rows.writerow([member, f"sha256={digest}", len(data)])
    rows.writerow([name, "", ""])
    return text.getvalue().encode("utf-8")


def rewrite_pinned(first_files: list[str], rest: list[str]) -> None:
    """Rewrite the archives that a first Check needs, and the others."""
    rehearse_check()
    first = loaded()
    rehearse_rest()
    used = loaded()
    for files, compiled in ((first_files, first), (rest, used)):
        for file in files:
            rewrite(Path("/pinned", file), Path("/out", file), compiled, used)


def complete_ours(file: str) -> None:
    """Give our own wheel bytecode beside its text, which is shown, and compared: edits are not ignored."""
    wheel = Path("/out", file)
    with zipfile.ZipFile(wheel) as old:
        members = {name: old.read(name) for name in old.namelist()}
    for name in [name for name in members if name.endswith(".py")]:
        folder, _, module = name.rpartition("/")
        cached = f"{folder}/__pycache__/{module.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
        members[cached] = bytecode(members[name], SITE + name, py_compile.PycInvalidationMode.CHECKED_HASH)
    (record,) = [name for name in members if name.endswith(".dist-info/RECORD")]
    del members[record]
    members[record] = record_of(record, members)
    write(wheel, members)


def main(job: str) -> None:
    """Do a job: {"ours": a wheel in /out}, or {"first": […], "rest": […]} of the pinned archives."""
    work = json.loads(job)
    if "ours" in work:
        complete_ours(work["ours"])
    else:
        rewrite_pinned(work["first"], work["rest"])
