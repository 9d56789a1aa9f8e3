"""The browser's Python and JupyterLite, built as the site has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lite_helpers import ROOT, STORE, write_wheel

from lite.runtime import build as runtime_build
from lite.runtime.fetch import fetch, sources_of
from lite.runtime.pins import read_pins

SAMPLE = """import tinytorch, numpy
print("numpy", numpy.__version__)
print("tinytorch", tinytorch.__version__)
"""
FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);"


@pytest.fixture(scope="session")
def cache() -> Path:
    """Every pinned file; only what is not here yet is brought."""
    folder = ROOT / "build" / "cache" / "pyodide"
    pins = read_pins()
    fetch(pins.files, folder, sources_of(pins))
    return folder


@pytest.fixture(scope="session")
def site(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to serve, with the runtime below a sub-path, as on a host of many projects."""
    folder = tmp_path_factory.mktemp("site")
    wheel = write_wheel(folder / "tinytorch-0.0-py3-none-any.whl", '__version__ = "0.0"\n')
    runtime_build.build(read_pins(), cache, STORE, wheel, folder / "some" / "book" / "runtime")
    return folder


@pytest.fixture(scope="session")
def runtime(site: Path) -> Path:
    return site / "some" / "book" / "runtime"


@pytest.fixture(scope="session")
def jupyterlite(site: Path, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JupyterLite beside that runtime, built by its own environment, with one notebook."""
    python = Path(os.environ.get("LITE_PYTHON", ROOT / ".venv-lite" / "bin" / "python"))
    if not python.exists():
        pytest.skip(f"NOT RUN: JupyterLite's own environment is not at {python}; make serve installs it")
    notebooks = tmp_path_factory.mktemp("notebooks")
    cells = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": text,
        }
        for i, text in enumerate([SAMPLE, FIGURE, "print(6 * 7)"])
    ]
    kernel = {"kernelspec": {"name": "python", "display_name": "Python", "language": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}
    (notebooks / "01_tensor.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (notebooks / "chapters").mkdir()
    (notebooks / "chapters" / "book.json").write_text('{"book": "tinytorch"}', encoding="utf-8")
    out = runtime.with_name("lite")
    command = [str(python), "-m", "lite.jupyterlite.build", "--notebooks", str(notebooks)]
    subprocess.run(
        [*command, "--runtime", str(runtime), "--out", str(out)], cwd=ROOT, check=True, stdout=sys.stderr
    )
    return out
