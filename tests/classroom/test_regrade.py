"""Regrade: points from a notebook's text alone, whatever its cells would do and however damaged it is."""

import json
import sys

import pytest

from tinytorch.workshop import library
from tinytorch.workshop.nbgrader import regrade, regrading
from tinytorch.workshop.nbgrader.regrading import Unreadable, answers_in
from tinytorch.workshop.nbgrader.source import source_notebook

START = library.chapters()[0]
NUMEL = START.exercise("numel")
SOURCE = source_notebook(START, library.notebook(START.name))


def code(source, **metadata):
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": []}


@pytest.fixture
def grade(tmp_path):
    """Grade a notebook of these cells, or of this text."""

    def run(cells, name="00_start", grader=regrade):
        file = tmp_path / f"{name}.ipynb"
        file.write_text(cells if isinstance(cells, str) else json.dumps({"cells": cells}))
        return grader(file)

    return run


def test_no_cell_of_the_notebook_runs(grade, tmp_path):
    trap = code(f"open({str(tmp_path / 'ran')!r}, 'w')\nwhile True: pass")
    (given,) = grade([trap, *SOURCE["cells"], trap])
    assert (given.points, given.passed) == (1, True)
    assert "1 of 1 point." in given.words
    assert not (tmp_path / "ran").exists()


def test_what_a_notebook_says_of_its_points_does_not_count(grade):
    faked = [cell for cell in SOURCE["cells"] if "%%exercise" not in "".join(cell["source"])]
    for cell in faked:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"] = {"nbgrader": {**cell["metadata"]["nbgrader"], "points": 100}}
    wrong = code("%%exercise numel\ndef numel(shape):\n    return sum(shape)\n")
    (given,) = grade([*faked, wrong, code("print('1 of 1 point.')")])
    assert given.points == 0
    assert "That is the sum of the sizes." in given.words and "0 of 1 point." in given.words


def test_the_last_answer_counts_and_one_without_its_first_line_is_found():
    first, second = code("%%exercise numel\nfirst"), code(["%%exercise numel\n", "second"])
    marked = code("third", nbgrader={"solution": True, "grade_id": "numel"})
    assert answers_in([first, second]) == {"numel": "second"}
    assert answers_in([marked]) == {"numel": "third"}
    assert answers_in([marked, first]) == {"numel": "first"}


def test_a_notebook_without_answers_earns_nothing(grade):
    (given,) = grade([])
    assert (given.points, given.text) == (0, None)
    assert "There is no answer" in given.words


@pytest.mark.parametrize(
    "damaged",
    ["", "{", "[]", "null", '{"cells": 3}', "[" * 100_000, '{"cells": [', "\x00\x01", '"cells"'],
    ids=range(9),
)
def test_a_damaged_file_is_refused_in_words(grade, damaged):
    with pytest.raises(Unreadable, match=r"00_start\.ipynb: this is not a notebook"):
        grade(damaged)


def test_cells_of_any_form_are_survived(grade):
    strange = [None, 3, [], {}, {"cell_type": "code"}, {"cell_type": "code", "source": [3, None]}]
    strange += [code("x", nbgrader=[]), code("x", nbgrader={"solution": 1, "grade_id": []})]
    strange += [{"cell_type": "code", "source": "%%exercise", "metadata": 7}]
    (given,) = grade(strange)
    assert given.points == 0


def test_files_that_are_no_chapter_are_refused(grade, tmp_path):
    with pytest.raises(Unreadable, match="no chapter '99_other'"):
        grade([], "99_other")
    with pytest.raises(Unreadable, match="FileNotFoundError"):
        regrade(tmp_path / "elsewhere" / "00_start.ipynb")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_ctrl_c_does_not_wait_for_what_is_being_judged(grade, ctrl_c):
    begun, by_the_clock = ctrl_c
    with pytest.raises(KeyboardInterrupt):
        endless = code("%%exercise numel\ndef numel(shape):\n    return sum(iter(int, 1))\n")
        grade([endless], grader=lambda file: regrading.regrade(file, 15))
    assert begun[0].poll() is not None and by_the_clock == []
