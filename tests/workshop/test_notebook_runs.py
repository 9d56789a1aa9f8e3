"""An exported notebook in a plain Jupyter that never heard of the book: it brings what it needs, and runs."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import numpy
import pytest
from all_chapters import CHAPTERS, ROOT
from real_chapters import solved

from tinytorch.workshop.archive import import_archive
from tinytorch.workshop.ipynb import export_notebook, put_answers
from tinytorch.workshop.library import notebook
from tinytorch.workshop.workspace import Work

BUILD = ROOT / "build"
CHAPTER = CHAPTERS[0]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The part of the book's site that a notebook asks for."""
    assert list((BUILD / "wheels").glob("tinytorch-*.whl")), (
        "`make site` makes the wheel that the site offers"
    )
    handler = functools.partial(Quiet, directory=str(BUILD))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kernel of an environment with all that we have here, but for tinytorch."""
    folder = tmp_path_factory.mktemp("jupyter")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    tools = folder / "tools"
    tools.mkdir()
    for thing in Path(numpy.__file__).parents[1].iterdir():
        if "tinytorch" not in thing.name and thing.suffix != ".pth":
            (tools / thing.name).symlink_to(thing)
    packages = next((folder / "venv/lib").glob("python*/site-packages"))
    (packages / "tools.pth").write_text(str(tools))
    kernel = folder / "kernels" / "plain"
    kernel.mkdir(parents=True)
    python = str(folder / "venv/bin/python")
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Plain"}))
    return folder


@pytest.fixture
def run(jupyter: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run a notebook's JSON, in a folder where nothing else is; return it as Jupyter would save it."""
    for name in [name for name in os.environ if name.startswith(("PYTHON", "PYTEST"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JUPYTER_PATH", str(jupyter))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))

    def run(data: bytes) -> dict[str, Any]:
        there = nbformat.reads(data.decode(), as_version=4)
        nbformat.validate(there)
        resources = {"metadata": {"path": str(tmp_path)}}
        nbclient.NotebookClient(there, timeout=300, kernel_name="plain", resources=resources).execute()
        return json.loads(nbformat.writes(there))

    return run


def printed(cells: list[dict[str, Any]], exercise: str) -> str:
    """Return what the cell of an exercise printed."""
    cell = next(one for one in cells if "".join(one["source"]).startswith(f"%%exercise {exercise}\n"))
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])


def test_it_installs_the_book_and_the_answers_in_it_pass(run: Any, site: str) -> None:
    work = Work(tuple(one for one in solved().records if one.exercise in names()))
    wrong = CHAPTER.exercises[0].wrong[0]
    data = export_notebook(notebook(CHAPTER.name), work, site)
    after = run(data)
    for exercise in CHAPTER.exercises:
        assert f"`{exercise.path}` is now yours" in printed(after["cells"], exercise.name)
    # The package is there now, so nothing is installed, and the book's checks say what is wrong.
    name = CHAPTER.exercises[0].name
    again = run(json.dumps(put_answers(json.loads(data), {name: wrong.source})).encode())
    assert wrong.says in printed(again["cells"], name)
    # What Jupyter saves is the same work.
    assert import_archive(json.dumps(after).encode(), CHAPTERS) == (work, [])
    texts = {
        one.exercise: one.text for one in import_archive(json.dumps(again).encode(), CHAPTERS)[0].records
    }
    assert texts[name].rstrip() == wrong.source.rstrip()


def names() -> set[str]:
    return {one.name for one in CHAPTER.exercises}
