"""Submitted notebooks, graded from the terminal: points, what the checks say, and exit codes for scripts."""

import json
import re

import pytest
from tito_helpers import solution

from tests.workshop.valid_reports import VALIDATOR
from tinytorch.workshop import library

WRONG = "def numel(shape):\n    return sum(shape)\n"


@pytest.fixture
def hand_in(tmp_path):
    """Write a student's notebook with these answers; return its file."""

    def write(student, answers, name="00_start"):
        cells = [
            {"cell_type": "code", "metadata": {}, "outputs": [], "source": f"%%exercise {exercise}\n{text}"}
            for exercise, text in answers.items()
        ]
        file = tmp_path / student / f"{name}.ipynb"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"cells": cells}), encoding="utf-8")
        return file

    return write


def test_points_are_told_by_notebook_and_by_exercise(empty, hand_in):
    right, wrong = hand_in("amy", {"numel": solution("numel")}), hand_in("ben", {"numel": WRONG})
    nothing = hand_in("eve", {})
    assert empty("grade", right) == 0
    assert re.search(r"amy/00_start.ipynb: 1 of 1 points\nok    numel  1 of 1\n", empty.out)
    assert empty("grade", right, wrong, nothing) == 1
    assert re.search(r"ben/00_start.ipynb: 0 of 1 points\nFAIL  numel  0 of 1\n", empty.out)
    assert re.search(r"eve/00_start.ipynb: 0 of 1 points\ntodo  numel  0 of 1, no answer\n", empty.out)
    assert "sum of the sizes" not in empty.out
    assert empty("grade", wrong, "--words") == 1
    assert "That is the sum of the sizes." in empty.out


def test_a_program_gets_points_and_reports(empty, hand_in):
    rows = empty.json("grade", hand_in("ben", {"numel": WRONG}), hand_in("eve", {}))
    assert empty.code == 1
    (told,), (silent,) = (row["exercises"] for row in rows)
    VALIDATOR.validate(told["report"])
    assert (told["exercise"], told["points"], told["of"], told["report"]["outcome"]) == (
        "numel",
        0,
        1,
        "failed",
    )
    assert silent["report"] is None
    assert {(row["points"], row["of"]) for row in rows} == {(0, 1)}


def test_a_notebook_that_cannot_be_read_keeps_no_other_from_being_graded(empty, hand_in, tmp_path):
    damaged = tmp_path / "00_start.ipynb"
    damaged.write_text("{")
    foreign = hand_in("amy", {}, "99_other")
    right = hand_in("amy", {"numel": solution("numel")})
    assert empty("grade", damaged, foreign, tmp_path / "none" / "00_start.ipynb", right) == 2
    assert empty.err.count("tito: ") == 3
    assert f"{damaged}: this is not a notebook" in empty.err and "no chapter '99_other'" in empty.err
    assert "1 of 1 points" in empty.out
    assert [row["points"] for row in empty.json("grade", damaged, right)] == [1]
    assert empty.code == 2


def test_a_hostile_answer_costs_its_exercise_alone_and_reaches_no_terminal(empty, hand_in):
    text = "def numel(shape):\n    print('\\033[2J')\n    import os\n    os._exit(0)\n"
    assert empty("grade", hand_in("eve", {"numel": text}), "--words") == 1
    assert "DIED  numel  0 of 1" in empty.out and "\033" not in empty.out
    text = "def numel(shape):\n    print('\\033[2J')\n    return 0\n"
    assert empty("grade", hand_in("eve", {"numel": text}), "--words") == 1
    assert "\\x1b[2J" in empty.out and "\033" not in empty.out


def test_without_the_book_it_says_so_once(empty, hand_in, monkeypatch):
    def none():
        raise library.NotOnShelf("There is no book here.")

    monkeypatch.setattr(library, "chapters", none)
    assert empty("grade", hand_in("amy", {}), hand_in("ben", {})) == 2
    assert empty.err == "tito: There is no book here.\n"
