"""The notebook's own cells, in a real IPython: in class, when graded, and as JupyterLite runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tinytorch.workshop import library
from tinytorch.workshop.nbgrader.source import source_notebook

pytest.importorskip("IPython")

ROOT = Path(__file__).parents[2]
START, TENSOR = library.chapters()[:2]
RIGHT = f"%%exercise numel\n{START.exercises[0].solution}"
WRONG = "%%exercise numel\ndef numel(shape):\n    print('it ran')\n    return sum(shape)\n"
LOAD, IMPORT = (
    "%load_ext tinytorch.workshop.nbgrader",
    "from tinytorch.workshop.nbgrader import grade, integrate",
)
BROWSER = "from tinytorch.workshop.nbgrader import cells; cells.IN_BROWSER = True"

SCRIPT = """
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell(config=config, colors="nocolor")
results = []
for cell in json.load(sys.stdin):
    out = StringIO()
    with redirect_stdout(out):
        result = shell.run_cell(cell)
    results.append([result.success, out.getvalue()])
print(json.dumps(results))
"""


@pytest.fixture
def notebook(tmp_path):
    """Run cells in a new IPython; returns (success, output) of each."""

    def run(*cells, **environment):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=json.dumps([LOAD, IMPORT, *cells]),
            cwd=tmp_path,
            env={"PATH": "", "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
            | {"PYTHONDONTWRITEBYTECODE": "1", **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        loaded, imported, *results = json.loads(done.stdout.splitlines()[-1])
        assert loaded[0] and imported[0], (loaded, imported)
        return results

    return run


def test_students_see_checks_at_the_answer_and_points_below_it(notebook):
    nothing, wrong, no, right, yes = notebook(
        "grade('numel')", WRONG, "grade('numel')", RIGHT, "grade('numel')"
    )
    assert not nothing[0] and "There is no answer" in nothing[1]
    assert wrong[0] and "it ran" in wrong[1] and "That is the sum of the sizes." in wrong[1]
    assert not no[0] and "That is the sum of the sizes." in no[1] and "0 of 1 point." in no[1]
    assert "Traceback" not in no[1] and "NotPassed" not in no[1]
    assert "is now yours in this notebook" in right[1]
    assert yes[0] and "1 of 1 point." in yes[1]


def test_an_answer_does_not_run_in_the_kernel_that_grades(notebook):
    answered, graded = notebook(WRONG, "grade('numel')", NBGRADER_EXECUTION="autograde")
    assert answered == [True, ""]
    assert not graded[0] and "it ran" in graded[1]


def test_where_there_are_no_processes_the_cells_work_beside_the_chapters(notebook, tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "00_start.json").write_text(json.dumps(START.to_dict()))
    (tmp_path / "chapters" / "index.json").write_text("{}")
    _, right, yes, _wrong, no = notebook(BROWSER, RIGHT, "grade('numel')", WRONG, "grade('numel')")
    assert "is now yours in this notebook" in right[1]
    assert yes[0] and "1 of 1 point." in yes[1]
    assert not no[0] and "That is the sum of the sizes." in no[1]


def test_integration_runs_on_the_answers_that_passed_above(notebook):
    add = TENSOR.exercise("tensor_add")
    answer = f"%%exercise tensor_add\n{add.solution}"
    before, _, _, after = notebook(
        "integrate('01_tensor')",
        answer,
        "grade('tensor_add')",
        "integrate('01_tensor')",
        NBGRADER_EXECUTION="autograde",
    )
    assert before[0] and after[0]
    assert f"{len(TENSOR.integration)} of {len(TENSOR.integration)} checks pass." in after[1]


def test_every_cell_of_the_source_runs(notebook):
    cells = source_notebook(START, library.notebook(START.name))["cells"]
    results = notebook(*(cell["source"] for cell in cells if cell["cell_type"] == "code"))
    assert [success for success, _ in results] == [True] * len(results)
