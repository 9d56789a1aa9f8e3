"""`%%exercise` in a real IPython: it prints the report, and an answer that passes joins the notebook."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from small_chapter import RIGHT, body, exercise, small_chapter

from tinytorch.workshop import library
from tinytorch.workshop import notebook as notebook_module

pytest.importorskip("IPython")

SCRIPT = """
import json, os, sys
from contextlib import redirect_stdout
from io import StringIO
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell(config=config)
results = []
for cell in json.load(sys.stdin):
    out = StringIO()
    with redirect_stdout(out):
        result = shell.run_cell(cell)
    results.append([result.success, out.getvalue(), repr(result.result)])
print(json.dumps(results))
"""


SHAPE = "def test_shape():\n    assert Tensor([1, 2]).shape == (2,), 'wrong'\n"


@pytest.fixture
def notebook(tmp_path):
    """Run cells in a new IPython, beside the chapter's JSON; returns (success, output, value) of each."""
    (tmp_path / "chapters").mkdir()
    chapter = small_chapter()
    shape = exercise("tensor_shape", "Tensor.shape", SHAPE)
    chapter = replace(chapter, exercises=(*chapter.exercises, shape))
    (tmp_path / "chapters" / "01_tensor.json").write_text(json.dumps(chapter.to_dict()))
    (tmp_path / "chapters" / "index.json").write_text("{}")
    root = str(Path(__file__).parents[2])

    def run(*cells):
        load = f"import sys; sys.path.insert(0, {root!r})\n%load_ext tinytorch.workshop.notebook\n"
        load += "from tinytorch import Tensor"
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=json.dumps([load, *cells]),
            cwd=tmp_path,
            env={
                "PATH": "",
                "HOME": str(tmp_path),
                "PYTHONDONTWRITEBYTECODE": "1",
                "IPYTHONDIR": str(tmp_path),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        loaded, *results = json.loads(done.stdout.splitlines()[-1])
        assert loaded[0], loaded[1]
        return results

    return run


MINE = "%%exercise tensor_add\n" + body(
    "self.mine = True", *(line.strip() for line in RIGHT.splitlines()[1:])
)
STUB = small_chapter().exercise("tensor_add").stub


def test_only_an_answer_that_passes_becomes_part_of_the_notebook(notebook):
    wrong, blank, still, right, add, radd, imported, unknown = notebook(
        "%%exercise tensor_add\n" + body("return self.data"),
        "%%exercise tensor_add\n" + STUB,
        "x = Tensor([1, 2]); (x + 1, hasattr(x, 'mine'))",
        MINE,
        "(x + 1, x.mine)",
        "y = Tensor([1]); (1 + y, y.mine)",
        "import tinytorch.core.tensor as t; (t.Tensor is Tensor, Tensor.__radd__ is Tensor.__add__)",
        "%%exercise tensor_nothing\n" + RIGHT,
    )
    assert "FAIL  It holds: test_adds." in wrong[1] and "yours" not in wrong[1]
    assert "todo" in blank[1] and "0 of 2 checks pass" in blank[1]
    assert still[2] == "(Tensor([2, 3]), False)"
    assert "2 of 2 checks pass" in right[1] and "`Tensor.__add__` is now yours" in right[1]
    assert add[2] == "(Tensor([2, 3]), True)"
    assert radd[2] == "(Tensor([2]), True)"
    assert imported[2] == "(True, True)"
    assert not unknown[0] and "tensor_nothing" in unknown[1]


SUPER = body(
    "assert super().__ne__ is not None",
    "self.by_super = __class__ is Tensor",
    *(line.strip() for line in RIGHT.splitlines()[1:]),
)


def test_answers_with_super_decorators_and_properties_are_adopted(notebook):
    first, use, again, without, wrapped, kept, prop, shape = notebook(
        "%%exercise tensor_add\n" + SUPER,
        "x = Tensor([1]); (x + 1, 1 + x, x.by_super, Tensor.__radd__ is Tensor.__add__)",
        "%%exercise tensor_add\n" + SUPER.replace("by_super", "again"),
        MINE,
        "%%exercise tensor_add\n@__import__('functools').lru_cache\n" + RIGHT,
        "x = Tensor([1]); (x + 1, 1 + x, type(Tensor.__add__).__name__)",
        "%%exercise tensor_shape\n@property\ndef shape(self):\n    return tuple(self.data.shape)\n",
        "Tensor([[1]]).shape",
    )
    assert all("is now yours" in cell[1] for cell in (first, again, without, wrapped, prop)), (
        first,
        again,
        without,
    )
    assert use[2] == "(Tensor([2]), Tensor([2]), True, True)"
    assert kept[2] == "(Tensor([2]), Tensor([2]), '_lru_cache_wrapper')"
    assert shape[2] == "(1, 1)"


def test_without_chapters_beside_the_notebook_those_of_the_package_serve(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(library, "chapters", lambda: (small_chapter(),))
    assert notebook_module._chapter_of("tensor_add").name == small_chapter().name
    with pytest.raises(LookupError, match="No chapter of the book has an exercise 'tensor_nothing'"):
        notebook_module._chapter_of("tensor_nothing")


def test_a_chapter_that_was_built_again_is_read_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "chapters" / "01_tensor.json"
    file.parent.mkdir()
    for changed, title in enumerate(("Before", "After"), 1):
        file.write_text(json.dumps(replace(small_chapter(), title=title).to_dict()))
        os.utime(file, ns=(changed, changed))
        assert notebook_module._chapter_of("tensor_add").title == title
