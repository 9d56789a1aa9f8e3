"""Datasets travel apart from the package: in wheels of their own, under names of their content."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from lite_helpers import STORE, write_wheel

from lite.jupyterlite.build import configuration
from lite.runtime import build
from lite.runtime.datasets import FOLDER, split
from lite.runtime.pins import read_pins, sha256


def with_files(wheel: Path, **files: bytes) -> Path:
    with ZipFile(wheel, "a") as archive:
        for name, data in files.items():
            archive.writestr(FOLDER + name.replace("__", "."), data)
    return wheel


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    made = write_wheel(tmp_path / "tinytorch-1.0-py3-none-any.whl", "x = 1")
    return with_files(
        made, tinydigits__npz=b"pixels", tinydigits__md=b"What they are", README__md=b"Licences"
    )


def test_the_package_is_what_is_left(wheel: Path, tmp_path: Path) -> None:
    found = split(wheel, tmp_path / "slim.whl", tmp_path / "out")
    assert list(found) == ["tinydigits"]
    left = set(ZipFile(tmp_path / "slim.whl").namelist())
    data = ZipFile(found["tinydigits"])
    taken = {f"{FOLDER}tinydigits.md", f"{FOLDER}tinydigits.npz"}
    assert {name for name in data.namelist() if ".dist-info/" not in name} == taken
    assert data.read(f"{FOLDER}tinydigits.npz") == b"pixels"
    assert left == set(ZipFile(wheel).namelist()) - taken


def test_the_name_tells_the_data_and_nothing_else(wheel: Path, tmp_path: Path) -> None:
    names = []
    for init, pixels in (("x = 1", b"pixels"), ("x = 2", b"pixels"), ("x = 2", b"other pixels")):
        made = write_wheel(tmp_path / "tinytorch-1.0-py3-none-any.whl", init)
        found = split(with_files(made, d__npz=pixels), tmp_path / "slim.whl", tmp_path / "out")
        names.append((found["d"].name, sha256(found["d"])))
    assert names[0] == names[1] != names[2]


def test_lock_manifest_and_jupyterlite_know_them(wheel: Path, cache: Path, tmp_path: Path) -> None:
    out = tmp_path / "runtime"
    folder = out / build.build(read_pins(), cache, STORE, wheel, out)
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    entry = lock["packages"]["tinydigits"]
    (file,) = (out / "data").iterdir()
    assert (folder / entry["file_name"]).resolve() == file and entry["sha256"] == sha256(file)
    assert entry["imports"] == [], "an import of tinytorch does not load it"
    manifest = json.loads((folder / "manifest.json").read_text())
    (listed,) = [one for one in manifest["files"] if one["use"] == "data"]
    assert listed["path"] == f"data/{file.name}" and listed["bytes"] == file.stat().st_size
    (ours,) = folder.glob("*.whl")
    assert not [name for name in ZipFile(ours).namelist() if "tinydigits" in name]
    settings = configuration(out)["jupyter-config-data"]["litePluginSettings"]
    assert "tinydigits" in next(iter(settings.values()))["loadPyodideOptions"]["packages"]


def test_other_data_are_another_build(wheel: Path, cache: Path, tmp_path: Path) -> None:
    first = build.build(read_pins(), cache, STORE, wheel, tmp_path / "a")
    second = build.build(read_pins(), cache, STORE, with_files(wheel, more__npz=b"1"), tmp_path / "b")
    assert first != second


def test_a_dataset_is_not_named_like_a_package(wheel: Path, cache: Path, tmp_path: Path) -> None:
    with_files(wheel, numpy__npz=b"1")
    with pytest.raises(build.BuildError, match="The dataset numpy has the name of a package"):
        build.build(read_pins(), cache, STORE, wheel, tmp_path / "runtime")
