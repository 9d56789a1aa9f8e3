"""What readers wait for comes compiled; the wheels stay wheels; and every machine makes the same bytes."""

from __future__ import annotations

import _imp
import base64
import csv
import hashlib
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from lite_helpers import STORE, write_wheel

from lite.runtime import bytecode
from lite.runtime.pins import Pins, read_pins, sha256

PINS = read_pins()


@pytest.fixture(scope="module")
def shipped(cache: Path) -> tuple[Pins, Path]:
    return bytecode.with_bytecode(PINS, cache, STORE)


def archive(shipped: tuple[Pins, Path], start: str) -> ZipFile:
    pins, folder = shipped
    (pin,) = [pin for pin in pins.files if pin.file.startswith(start)]
    return ZipFile(folder / pin.file)


@pytest.mark.parametrize(
    ("start", "modules"),
    {
        "python_stdlib": ["argparse", "asyncio/base_events", "pyodide/webloop", "zipfile/__init__"],
        "numpy": ["numpy/__init__", "numpy/_core/numeric"],
        "pytest": ["pytest/__init__", "_pytest/assertion/rewrite", "_pytest/runner"],
        "matplotlib-3": ["matplotlib/pyplot", "matplotlib/backends/backend_agg"],
        "ipython-": ["IPython/core/interactiveshell"],
    }.items(),
)
def test_modules_that_readers_wait_for_are_compiled(
    shipped: tuple[Pins, Path], start: str, modules: list[str]
) -> None:
    with archive(shipped, start) as file:
        names = set(file.namelist())
    assert {f"{module}.pyc" for module in modules} <= names
    assert not {f"{module}.py" for module in modules} & names


def test_modules_that_nobody_waits_for_stay_small(shipped: tuple[Pins, Path]) -> None:
    with archive(shipped, "python_stdlib") as stdlib, archive(shipped, "numpy") as numpy:
        assert "statistics.py" in stdlib.namelist()
        assert "numpy/polynomial/chebyshev.py" in numpy.namelist()


def test_all_is_compiled_by_one_python_that_asks_for_no_text(shipped: tuple[Pins, Path]) -> None:
    headers = set()
    pins, folder = shipped
    for path in (folder / pin.file for pin in pins.files if pin.is_wheel or pin.file == bytecode.STDLIB):
        with ZipFile(path) as file:
            headers |= {file.read(name)[:8] for name in file.namelist() if name.endswith(".pyc")}
    (header,) = headers
    assert header[4:] == b"\x01\0\0\0"  # by hash, unchecked (PEP 552)


def test_only_what_pages_never_use_is_left_out(shipped: tuple[Pins, Path], cache: Path) -> None:
    for pin, new in zip(PINS.files, shipped[0].files, strict=True):
        if pin.is_wheel:
            with ZipFile(cache / pin.file) as before, ZipFile(shipped[1] / new.file) as after:
                lost = set(before.namelist()) - {text_name(name) for name in after.namelist()}
            useless = (".a", ".h", ".pxd", ".pyi", "/")
            assert {name for name in lost if not name.endswith(useless)} <= expected(lost), pin.file


def text_name(name: str) -> str:
    return name.removesuffix("c") if name.endswith(".pyc") else name


def expected(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith(("pygments/lexers/", "numpy/f2py/"))}


def test_record_is_right(shipped: tuple[Pins, Path]) -> None:
    pins, folder = shipped
    for pin in pins.files:
        if pin.is_wheel:
            with ZipFile(folder / pin.file) as wheel:
                found = {name: described(wheel.read(name)) for name in wheel.namelist()}
                assert listed(wheel) == found, pin.file


def listed(wheel: ZipFile) -> dict[str, tuple[str, str]]:
    """What RECORD says; of itself it says nothing, and is right in that."""
    (record,) = [name for name in wheel.namelist() if name.endswith(".dist-info/RECORD")]
    text = wheel.read(record).decode()
    rows = {name: (digest, size) for name, digest, size in csv.reader(text.splitlines())}
    assert rows[record] == ("", "")
    return {**rows, record: described(wheel.read(record))}


def described(data: bytes) -> tuple[str, str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"sha256={digest}", str(len(data))


def test_our_own_wheel_keeps_its_text_and_gets_its_bytecode(cache: Path, tmp_path: Path) -> None:
    text = "def f():\n    return 1\n"
    wheel = write_wheel(tmp_path / "tinytorch-1.0-py3-none-any.whl", text)
    (tmp_path / "out").mkdir()
    with ZipFile(bytecode.ours_with_bytecode(PINS, cache, wheel, tmp_path / "out")) as ours:
        assert ours.read("tinytorch/__init__.py").decode() == text
        compiled = ours.read("tinytorch/__pycache__/__init__.cpython-314.pyc")
        found = {name: described(ours.read(name)) for name in ours.namelist()}
        assert listed(ours) == found
    assert compiled[4:8] == b"\x03\0\0\0"  # by hash, and compared with the text (PEP 552)
    assert compiled[8:16] == _imp.source_hash(int.from_bytes(compiled[:4], "little"), text.encode())


def test_first_check_does_not_pay_for_it_in_bytes(shipped: tuple[Pins, Path]) -> None:
    first = [
        (pin.bytes, new.bytes)
        for pin, new in zip(PINS.files, shipped[0].files, strict=True)
        if pin.use in bytecode.FIRST
    ]
    before, after = (sum(sizes) for sizes in zip(*first, strict=True))
    assert after < 1.03 * before


def test_compiling_again_gives_the_same_bytes(
    shipped: tuple[Pins, Path], cache: Path, tmp_path: Path
) -> None:
    again = bytecode.with_bytecode(PINS, cache, tmp_path / "store")
    assert again[0] == shipped[0]
    assert all(sha256(again[1] / pin.file) == pin.sha256 for pin in again[0].files)


def test_what_was_compiled_is_kept_until_it_is_damaged(
    shipped: tuple[Pins, Path], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    shutil.copytree(shipped[1], store / shipped[1].name)
    monkeypatch.setenv("PATH", "")  # no Node: nothing can be compiled
    assert bytecode.with_bytecode(PINS, cache, store)[0] == shipped[0]
    (store / shipped[1].name / shipped[0].files[-1].file).write_bytes(b"")
    with pytest.raises(bytecode.BytecodeError, match="node is not on the PATH"):
        bytecode.with_bytecode(PINS, cache, store)


def test_says_what_went_wrong_in_pyodide(cache: Path, tmp_path: Path) -> None:
    pins = read_pins()
    without = Pins(**{**vars(pins), "files": tuple(pin for pin in pins.files if pin.name != "pluggy")})
    with pytest.raises(bytecode.BytecodeError, match="pluggy"):
        bytecode.with_bytecode(without, cache, tmp_path / "store")
