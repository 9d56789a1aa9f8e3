"""A notebook goes out with the answers in it and comes in again; what else is in it does no harm."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_chapter import RIGHT, small_chapter
from works import RECORDS, TEXTS, record, version

from tinytorch.workshop.archive import MAX_BYTES, import_archive
from tinytorch.workshop.ipynb import OURS, answers_in, export_notebook, put_answers
from tinytorch.workshop.workspace import MAX_TEXT, InvalidWorkspace, Reply, Work

CHAPTERS = (small_chapter(),)
MINE = "def __add__(self, other):\n    return 1\n"
SITE = "https://books.example/tiny%20torch/"


def code(source, **more):
    return {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "execution_count": 3,
        "outputs": [1],
        "source": source,
    } | more


def notebook(*cells, **more):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"title": "Tensor"}, "cells": list(cells)} | more


def cell(name, text):
    return code(f"%%exercise {name}\n{text}")


STUDENT = notebook(
    {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "%%exercise tensor_add\nprose"},
    code("%load_ext tinytorch.workshop.notebook"),
    *(cell(one.name, one.stub.rstrip()) for one in CHAPTERS[0].exercises),
)
WORK = Work((record(passed=RIGHT), record("tensor_sum", "half", failed="half")))


def read(data, chapters=CHAPTERS):
    return import_archive(data if isinstance(data, bytes) else json.dumps(data).encode(), chapters)


def texts(work):
    return {one.exercise: one.text for one in work.records}


def refusal(data):
    with pytest.raises(InvalidWorkspace) as caught:
        read(data)
    return str(caught.value)


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(TEXTS)
def test_an_answer_is_in_the_cell_byte_for_byte(text):
    before = deepcopy(STUDENT)
    there = put_answers(STUDENT, {"tensor_add": text, "of_another_chapter": "x"})
    assert before == STUDENT
    assert answers_in(json.loads(json.dumps(there)))["tensor_add"] == text
    assert [one for one in there["cells"] if "tensor_add" not in one["source"]] == [
        one for one in before["cells"] if "tensor_add" not in one["source"]
    ]


def test_what_an_answer_printed_before_is_gone():
    there = put_answers(STUDENT, {"tensor_add": MINE})["cells"][2]
    assert (there["outputs"], there["execution_count"]) == ([], None)


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(RECORDS, st.booleans())
def test_export_then_import_loses_nothing_and_the_next_export_is_the_same(one, added):
    one = replace(one, exercise="tensor_add")
    work = Work((one, record("tensor_sum", "x")) if added else (one,))
    data = export_notebook(STUDENT, work, SITE)
    found, notes = read(data)
    assert (found, notes) == (work, [])
    assert export_notebook(STUDENT, found, SITE) == data


def test_a_notebook_holds_the_answers_of_its_chapter_alone():
    work = Work((*WORK.records, record("other_book", "x")), (Reply("q", "1"),), (version(),))
    assert read(export_notebook(STUDENT, work))[0] == WORK


def test_an_answer_that_was_edited_in_the_notebook_comes_in_unchecked():
    there = put_answers(json.loads(export_notebook(STUDENT, WORK, SITE)), {"tensor_add": MINE})
    work, _ = read(there)
    assert texts(work) == {"tensor_add": MINE, "tensor_sum": "half"}
    assert work.records[0].passed == RIGHT and work.records[0].status == "todo"


@pytest.mark.parametrize(
    "edit", [str.rstrip, lambda text: text.replace("\n", "\r\n"), lambda text: text + "\n\n"]
)
def test_what_an_editor_does_to_line_ends_is_no_edit(edit):
    there = put_answers(json.loads(export_notebook(STUDENT, WORK)), {"tensor_add": edit(RIGHT)})
    assert read(there)[0] == WORK


def test_a_notebook_that_was_written_in_from_the_start_comes_in_too():
    """One from JupyterLite, say, or one whose metadata another program has thrown away."""
    there = put_answers(STUDENT, {"tensor_add": MINE.rstrip()})
    work, notes = read(there)
    exercise = CHAPTERS[0].exercise("tensor_add")
    assert texts(work) == {"tensor_add": MINE} and notes == []
    assert (work.records[0].stub, work.records[0].stub_hash) == (exercise.stub, exercise.stub_hash)


def test_cells_may_be_lists_of_lines_and_the_last_of_two_counts():
    lines = (
        code(["%%exercise tensor_add\n", "one\n"]),
        code(["%%exercise  tensor_add \r\n", "two\n", "three"]),
    )
    assert answers_in(notebook(*lines)) == {"tensor_add": "two\nthree"}
    assert answers_in(notebook(code("%%exercise tensor_add"))) == {"tensor_add": ""}


def test_a_notebook_in_which_nothing_is_written_brings_nothing():
    work, notes = read(STUDENT)
    assert work == Work(()) and notes == ["Nothing is written in this notebook yet."]


def test_exercises_that_the_book_does_not_have_are_named():
    work, notes = read(notebook(cell("tensor_add", MINE), cell("tensor_nothing", "x")))
    assert texts(work) == {"tensor_add": MINE}
    assert notes == ["Not read, for no exercise has that name: tensor_nothing."]


def test_a_renamed_exercise_is_known_by_its_old_name():
    chapter = small_chapter()
    first = replace(chapter.exercises[0], formerly=("plus",))
    now = (replace(chapter, exercises=(first, *chapter.exercises[1:])),)
    old = export_notebook(notebook(cell("plus", "x")), Work((record("plus", MINE, passed=MINE),)))
    assert [(one.exercise, one.status) for one in read(old, now)[0].records] == [("tensor_add", "passed")]
    assert texts(read(notebook(cell("plus", MINE)), now)[0]) == {"tensor_add": MINE}


# What is not ours, or was


def strange(kind):
    return [
        code(None),
        code(7),
        code([1, 2]),
        code({}),
        {},
        None,
        "x",
        [],
        code("%%exercise ../x\nx"),
        {"cell_type": kind},
    ]


def test_strange_cells_are_passed_over():
    there = notebook(*strange("raw"), cell("tensor_add", MINE), *strange([]))
    assert answers_in(there) == {"tensor_add": MINE}
    assert texts(read(there)[0]) == {"tensor_add": MINE}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (notebook(), "no exercises of this book"),
        (notebook(cells={"0": 1}), "no exercises of this book"),
        (notebook(cells=None), "no exercises of this book"),
        ({"nbformat": 3, "worksheets": [{"cells": [cell("tensor_add", MINE)]}]}, "no exercises of this book"),
        (notebook(code("print(1)")), "no exercises of this book"),
        (notebook(cell("tensor_add", "x" * (MAX_TEXT + 1))), "longer than"),
        (json.dumps(STUDENT).encode()[:-9], "neither a ZIP nor a notebook"),
        (b'{"nbformat": 4, "cells": ' + b"[" * 100_000, "neither a ZIP nor a notebook"),
        (json.dumps(notebook(code("x" * MAX_BYTES))).encode(), "clear them"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_notebook_without_answers_of_ours_is_refused(data, words):
    assert words in refusal(data)


NESTED = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(NESTED, st.sampled_from(["records", "versions", "format", "book", "all", "metadata"]))
def test_what_the_book_noted_in_it_may_be_damaged_and_the_answers_are_still_read(value, place):
    there = put_answers(json.loads(export_notebook(STUDENT, Work(()))), {"tensor_add": MINE})
    if place == "metadata":
        there["metadata"] = value
    elif place == "all":
        there["metadata"][OURS] = value
    else:
        assume(value not in (1, 2, 3, []))
        there["metadata"][OURS][place] = value
    assert texts(read(there)[0]) == {"tensor_add": MINE}


# The cell that brings the package


def test_the_first_cell_brings_the_package_from_the_books_site():
    first = json.loads(export_notebook(STUDENT, WORK, SITE))["cells"][0]["source"]
    assert f'"tinytorch[checks] @ {SITE}wheels/tinytorch-' in first
    assert json.loads(export_notebook(STUDENT, WORK))["cells"][0]["source"] == STUDENT["cells"][0]["source"]


@pytest.mark.parametrize(
    "site",
    [
        "",
        "file:///tmp/",
        "https://a/b",
        'https://a/"; rm -rf ~; "/',
        "https://a/`id`/",
        "https://a/\n%rm x/",
        "javascript:1/",
    ],
)
def test_an_address_that_would_run_something_is_refused(site):
    with pytest.raises(InvalidWorkspace):
        export_notebook(STUDENT, WORK, site)


def test_a_dollar_in_the_address_is_no_variable():
    first = json.loads(export_notebook(STUDENT, WORK, "https://a/$HOME/"))["cells"][0]["source"]
    assert "$" not in first and "%24HOME" in first
