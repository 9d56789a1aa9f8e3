"""What goes out, in a virtual environment where nothing of this checkout is: pip takes it, and it works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from real_chapters import CHAPTERS, chapter_of, solved

from tinytorch.workshop.archive import FOLDER, export_archive, import_archive
from tinytorch.workshop.source import splice
from tinytorch.workshop.wheel import export_wheel
from tinytorch.workshop.workspace import Work

NOT_RUN = "NOT RUN: an exported project is installed with pip, and no package index can be reached from here"
MARK = "# an answer of mine\n"
EXERCISE = "tensor_add"


@dataclass
class Environment:
    """A virtual environment, and the way to run something in it that knows of no other."""

    folder: Path
    run: Callable[..., subprocess.CompletedProcess[str]]

    def pip(self, *arguments: str, cwd: Path | None = None) -> str:
        done = self.run("pip", "--disable-pip-version-check", *arguments, cwd=cwd)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        done = self.run("python", "-c", code)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("environment")
    here = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    here |= {"PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}

    def run(command: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        whole = [str(folder / "bin" / command), *arguments]
        return subprocess.run(whole, cwd=cwd or folder, env=here, capture_output=True, text=True, timeout=500)

    subprocess.run([sys.executable, "-m", "venv", str(folder)], env=here, check=True, capture_output=True)
    # From here on a failure of pip is one of the project; that the index answers is asked with these.
    done = run("pip", "install", "--quiet", "hatchling>=1.27", "numpy>=2.0", "pytest>=9.0")
    if done.returncode != 0:
        assert "index" not in os.environ.get("TINYTORCH_REQUIRE", ""), done.stderr
        pytest.skip(NOT_RUN)
    return Environment(folder, run)


def mine() -> Work:
    """Return the work of somebody who has solved all there is, with a comment of theirs in one answer."""
    return solved({EXERCISE: lambda text: text + "    " + MARK})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environment: Environment) -> Path:
    folder = tmp_path_factory.mktemp("downloads")
    with zipfile.ZipFile(BytesIO(export_archive(mine(), CHAPTERS))) as archive:
        archive.extractall(folder)
    environment.pip("install", "--quiet", "-e", ".[checks]", cwd=folder / FOLDER)
    return folder / FOLDER


def test_the_project_installs_and_its_checks_pass(environment: Environment, project: Path) -> None:
    assert "# an answer of mine" in (project / "tinytorch/core/tensor.py").read_text()
    environment.pip("check")
    assert environment.python("import tinytorch; print(tinytorch.__file__)") == str(
        project / "tinytorch/__init__.py"
    )
    done = environment.run("pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert done.returncode == 0, done.stdout[-3000:]
    count = re.fullmatch(r"(\d+) passed in .*", done.stdout.strip().splitlines()[-1])
    checks = sum(len(one.checks) for chapter in CHAPTERS for one in chapter.exercises)
    checks += sum(len(chapter.integration) for chapter in CHAPTERS)
    assert count is not None and int(count[1]) >= checks


def test_a_wrong_answer_in_the_package_fails_with_the_words_of_its_check(
    environment: Environment, project: Path
) -> None:
    exercise = chapter_of(EXERCISE).exercise(EXERCISE)
    wrong = exercise.wrong[0]
    file = project / "tinytorch/core/tensor.py"
    before = file.read_bytes()
    file.write_text(splice(before.decode(), exercise.path, wrong.source))
    try:
        done = environment.run("pytest", "-q", "-p", "no:cacheprovider", "tests/01_tensor", cwd=project)
    finally:
        file.write_bytes(before)
    assert done.returncode == 1, done.stdout[-3000:]
    failed = {line.split("::")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")}
    assert f"FAILED tests/01_tensor/test_{EXERCISE}.py" in failed
    assert wrong.says in done.stdout


def test_the_wheel_installs_in_place_of_it_and_leaves_nothing_behind(
    environment: Environment, project: Path, tmp_path: Path
) -> None:
    name, data = export_wheel(mine(), CHAPTERS)
    (tmp_path / name).write_bytes(data)
    environment.pip("install", "--quiet", str(tmp_path / name))
    environment.pip("check")
    place = Path(environment.python("import tinytorch; print(tinytorch.__file__)")).parent
    assert place.is_relative_to(environment.folder)
    assert "# an answer of mine" in (place / "core/tensor.py").read_text()
    sums = "from tinytorch import Tensor; print((Tensor([1, 2]) + 1).data.tolist())"
    assert environment.python(sums) == "[2, 3]"
    assert environment.python("from importlib.metadata import version as v; print(v('my-tinytorch'))") in name
    listed = environment.pip("show", "--files", "my-tinytorch")
    assert "workspace.json" in listed and "tinytorch/py.typed" in listed
    kept = next(place.parent.glob("my_tinytorch-*.dist-info")) / "workspace.json"
    assert import_archive(kept.read_bytes(), CHAPTERS)[0] == mine()
    environment.pip("uninstall", "--quiet", "--yes", "my-tinytorch")
    assert not place.exists() and not kept.parent.exists()
