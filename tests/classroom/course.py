"""A class for the tests: a course folder, the real nbgrader in it, and ways to write submissions."""

from __future__ import annotations

import copy
import csv
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tinytorch.workshop import library

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / ".venv-nbgrader" / "bin"
Notebook = dict[str, Any]

# Two chapters are enough to see that everything works; all take some minutes.
CHAPTERS = library.chapters()[: None if os.environ.get("TINYTORCH_NBGRADER") == "all" else 2]


def read(file: Path) -> Notebook:
    return json.loads(file.read_text(encoding="utf-8"))


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def cell_of(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    return next(
        cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def answer(notebook: Notebook, name: str, answer_text: str) -> Notebook:
    """Return the notebook with that answer in the cell for it."""
    changed = copy.deepcopy(notebook)
    cell_of(changed, name)["source"] = f"%%exercise {name}\n{answer_text}"
    return changed


def with_cell(notebook: Notebook, source: str) -> Notebook:
    """Return the notebook with an ordinary cell of the student's before everything else."""
    cell = {"cell_type": "code", "id": "mine", "metadata": {}, "source": source}
    return {**notebook, "cells": [cell | {"execution_count": None, "outputs": []}, *notebook["cells"]]}


class Course:
    """A course folder in which nbgrader works."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.submitted: list[str] = []

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run nbgrader; returns everything that it said."""
        done = self._start([PROGRAMS / "nbgrader", *arguments])
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, program: str, argument: str, given: str) -> str:
        """Run a program of Python in nbgrader's environment; returns what it printed."""
        done = self._start([PROGRAMS / "python", "-c", program, argument], given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _start(self, command: list[str | Path], given: str = "") -> subprocess.CompletedProcess[str]:
        home = str(self.folder.parent / "home")
        environment = {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "HOME": home,
            "IPYTHONDIR": f"{home}/ipython",
            "JUPYTER_CONFIG_DIR": f"{home}/config",
            "JUPYTER_DATA_DIR": f"{home}/data",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=1200,
        )

    def released(self, chapter: str) -> Notebook:
        return read(self.folder / "release" / chapter / f"{chapter}.ipynb")

    def source(self, chapter: str) -> Notebook:
        return read(self.folder / "source" / chapter / f"{chapter}.ipynb")

    def submit(self, student: str, chapter: str, notebook: Notebook | str) -> Path:
        """Put a submission where nbgrader looks for it; returns its folder."""
        folder = self.folder / "submitted" / student / chapter
        folder.mkdir(parents=True)
        written = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / f"{chapter}.ipynb").write_text(written, encoding="utf-8")
        return folder

    def graded(self, student: str, chapter: str) -> Notebook:
        return read(self.folder / "autograded" / student / chapter / f"{chapter}.ipynb")

    def points(self, chapter: str) -> dict[str, float]:
        """Return the points of those who handed something in, from nbgrader's own export."""
        self.run("export")
        with (self.folder / "grades.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["assignment"] == chapter]
        rows = [row for row in rows if (self.folder / "submitted" / row["student_id"] / chapter).exists()]
        return {row["student_id"]: float(row["score"]) for row in rows}


def said(notebook: Notebook, grade_id: str) -> str:
    """Return what a cell of a graded notebook shows."""
    shown = []
    for output in cell_of(notebook, grade_id)["outputs"]:
        shown += output.get("text", []) if output["output_type"] == "stream" else output["traceback"]
    return "\n".join(shown)
