"""A small book: the real configuration, theme and pages, with two short chapters for the long ones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from small_book import CURRICULUM, WRITTEN

ROOT = Path(__file__).parents[2]
FIXTURES = Path(__file__).with_name("fixtures")
sys.path.insert(0, str(ROOT / "book/_ext"))


def make_source(folder: Path) -> Path:
    """Copy what a build reads."""
    quiet = shutil.ignore_patterns("__pycache__")
    for name in ("book", "tinytorch"):
        shutil.copytree(ROOT / name, folder / name, ignore=quiet)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(FIXTURES, folder / "exercises", ignore=quiet)
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    others = re.compile(rf"  - file: exercises/(?!{'|'.join(WRITTEN)})\w+\n")
    milestones = re.compile(r"  - file: book/milestones/index\n    sections:\n(?:      - .*\n)+")
    (folder / "_toc.yml").write_text(milestones.sub("", others.sub("", toc)), encoding="utf-8")
    with (folder / "tinytorch/workshop/curriculum.py").open("a", encoding="utf-8") as curriculum:
        curriculum.write(CURRICULUM)
    architecture = folder / "book/developers/architecture.md"
    if not architecture.exists():
        architecture.write_text("# Architecture\n", encoding="utf-8")
    (folder / "build/runtime").mkdir(parents=True)
    (folder / "build/runtime/build.json").write_text('{"build": "test-1"}', encoding="utf-8")
    (folder / "lite").mkdir()
    (folder / "lite/node_modules").symlink_to(ROOT / "lite/node_modules")
    return folder


def build_book(source: Path) -> subprocess.CompletedProcess[str]:
    """Build as the Makefile does: every warning is an error."""
    command = [
        str(Path(sys.executable).with_name("jupyter-book")),
        "build",
        ".",
        "--path-output",
        "build/book",
        "-W",
        "-n",
        "--keep-going",
    ]
    environment = os.environ | {"PYTHONPATH": str(source)}
    return subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, timeout=180)


@pytest.fixture(scope="session")
def book_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source of the small book."""
    if not (ROOT / "lite/node_modules/katex").is_dir():
        pytest.fail("lite/node_modules is missing: run `make node` (npm ci in lite/) first")
    return make_source(tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="session")
def site(book_source: Path) -> Path:
    """The small book, built."""
    result = build_book(book_source)
    assert result.returncode == 0, result.stdout + result.stderr
    return book_source / "build/book/_build/html"


@pytest.fixture
def page(site: Path) -> Callable[[str], str]:
    """Read a page of the small book."""
    return lambda name: (site / name).read_text(encoding="utf-8")


@pytest.fixture
def rebuild(book_source: Path) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Build the small book again."""
    return lambda: build_book(book_source)
