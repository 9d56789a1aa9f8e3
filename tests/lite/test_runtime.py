"""The distribution is complete, consistent, the same every time, and carries no address of a host."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lite_helpers import STORE, write_wheel
from packaging.metadata import Metadata
from packaging.utils import canonicalize_name

from lite.runtime import build
from lite.runtime.pins import read_pins, sha256

PINS = read_pins()
UNDECLARED = {"piplite": {"micropip"}}  # imported, though the wheel's metadata does not say so
# What Python says of itself in Pyodide, for the conditions in wheels' requirements.
BROWSER = {
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "python_version": "3.14",
    "extra": "",
}


@pytest.fixture(scope="module")
def folder(runtime: Path) -> Path:
    """The part of the runtime that belongs to one build."""
    return runtime / json.loads((runtime / "build.json").read_text())["build"]


@pytest.fixture(scope="module")
def lock(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "pyodide-lock.json").read_text())


def test_every_file_of_the_lock_is_there_and_right(lock: dict[str, Any], folder: Path) -> None:
    for package in lock["packages"].values():
        assert sha256(folder / package["file_name"]) == package["sha256"], package["name"]


def test_lock_is_closed(lock: dict[str, Any]) -> None:
    for package in lock["packages"].values():
        assert set(package["depends"]) <= set(lock["packages"]), package["name"]


def test_lock_names_no_host(folder: Path) -> None:
    text = (folder / "pyodide-lock.json").read_text()
    assert "//" not in text


def test_lock_knows_which_package_an_import_needs(lock: dict[str, Any]) -> None:
    offers = {name: package["name"] for package in lock["packages"].values() for name in package["imports"]}
    wanted = {"numpy": "numpy", "pytest": "pytest", "matplotlib": "matplotlib", "mpl_toolkits": "matplotlib"}
    wanted |= {"tinytorch": "tinytorch", "PIL": "pillow", "dateutil": "python-dateutil", "IPython": "ipython"}
    assert {name: offers.get(name) for name in wanted} == wanted


def test_tinytorch_needs_numpy_only(lock: dict[str, Any]) -> None:
    assert lock["packages"]["tinytorch"]["depends"] == ["numpy"]


@pytest.mark.parametrize("pin", [pin for pin in PINS.files if pin.is_wheel], ids=lambda pin: pin.name)
def test_pins_say_what_the_wheel_says(pin: Any, cache: Path) -> None:
    with ZipFile(cache / pin.file) as wheel:
        (name,) = [member for member in wheel.namelist() if member.endswith(".dist-info/METADATA")]
        metadata = Metadata.from_email(wheel.read(name), validate=False)
    needed = [
        need for need in metadata.requires_dist or [] if not need.marker or need.marker.evaluate(BROWSER)
    ]
    assert (pin.name, pin.version) == (canonicalize_name(metadata.name), str(metadata.version))
    declared = {canonicalize_name(need.name) for need in needed}
    assert set(pin.depends) == declared | UNDECLARED.get(pin.name, set())
    versions = {other.name: other.version for other in PINS.files}
    for need in needed:
        assert need.specifier.contains(versions[canonicalize_name(need.name)]), f"{pin.name} wants {need}"


def test_manifest_counts_what_is_there(runtime: Path, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = {file["path"]: file for file in manifest["files"]}
    found = {path.relative_to(runtime).as_posix() for path in runtime.rglob("*") if path.is_file()}
    assert found - set(listed) == {"build.json", f"{folder.name}/manifest.json"}
    for path, file in listed.items():
        assert file["bytes"] == (runtime / path).stat().st_size
    first = [file for file in listed.values() if file["use"] in ("core", "check")]
    assert manifest["first"]["bytes"] == sum(file["bytes"] for file in first)
    assert {"numpy", "pytest", "pluggy", "tinytorch"} <= {
        Path(file["path"]).name.partition("-")[0] for file in first if file["use"] == "check"
    }


def test_manifest_sizes_are_what_gzip_sends(runtime: Path, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for file in manifest["files"]:
        assert file["gzip"] == len(gzip.compress((runtime / file["path"]).read_bytes(), 6, mtime=0))


def test_same_inputs_give_the_same_bytes(cache: Path, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "tinytorch-1.0-py3-none-any.whl", "")
    trees = []
    for out in (tmp_path / "a", tmp_path / "b"):
        build.build(PINS, cache, STORE, wheel, out)
        trees.append({path.relative_to(out): sha256(path) for path in out.rglob("*") if path.is_file()})
    assert trees[0] == trees[1]


def test_another_wheel_is_another_build_and_leaves_pyodide_alone(cache: Path, tmp_path: Path) -> None:
    out = tmp_path / "runtime"
    builds = []
    for text in ("x = 1", "x = 2"):
        wheel = write_wheel(tmp_path / "tinytorch-1.0-py3-none-any.whl", text)
        builds.append(build.build(PINS, cache, STORE, wheel, out))
    assert builds[0] != builds[1]
    assert sorted(path.name for path in out.iterdir()) == sorted(["build.json", builds[1], "pyodide"])


def test_says_which_cached_file_is_damaged(cache: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "cache"
    shutil.copytree(cache, damaged)
    (damaged / "pyodide.mjs").write_bytes(b"")
    wheel = write_wheel(tmp_path / "tinytorch-1.0-py3-none-any.whl", "")
    with pytest.raises(build.BuildError, match=r"pyodide\.mjs is missing or damaged"):
        build.build(PINS, damaged, STORE, wheel, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_wants_exactly_one_wheel(tmp_path: Path) -> None:
    with pytest.raises(build.BuildError, match="found none"):
        build.find_wheel(tmp_path)
    for version in ("1.0", "2.0"):
        write_wheel(tmp_path / f"tinytorch-{version}-py3-none-any.whl", "")
    with pytest.raises(build.BuildError, match="Expected one"):
        build.find_wheel(tmp_path)
