"""The source notebooks: nbgrader's marks, the points of the chapters, and stubs that hide every solution."""

import ast

import pytest
from course import cell_of, text

from tinytorch.workshop import library
from tinytorch.workshop.nbgrader import generate, points_table
from tinytorch.workshop.nbgrader.source import BEGIN, END, source_notebook, with_marks

CHAPTERS = library.chapters()
SOURCES = {chapter.name: source_notebook(chapter, library.notebook(chapter.name)) for chapter in CHAPTERS}
EXERCISES = [
    pytest.param(chapter, exercise, id=exercise.name)
    for chapter in CHAPTERS
    for exercise in chapter.exercises
]


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_without_its_solution_an_answer_cell_is_the_stub(chapter, exercise):
    cell = cell_of(SOURCES[chapter.name], exercise.name)
    before, rest = text(cell).split(f"    {BEGIN}\n")
    after = rest.partition(f"    {END}\n")[2]
    released = f"{before}    # Your code here\n{after}"  # what nbgrader makes of it
    assert released == f"%%exercise {exercise.name}\n{exercise.stub.rstrip()}"


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_a_solution_never_reaches_the_stubs_last_line(chapter, exercise):
    body = ast.parse(with_marks(exercise)).body[0].body
    assert "NotImplementedError" in ast.unparse(body[-1])
    assert isinstance(body[-2], (ast.Return, ast.Raise))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_points_are_the_chapters_and_ids_are_unique(chapter):
    cells = SOURCES[chapter.name]["cells"]
    marks = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    assert (
        len({mark["grade_id"] for mark in marks})
        == len(marks)
        == 2 * len(chapter.exercises) + 1 + bool(chapter.integration)
    )
    assert len({cell["id"] for cell in cells}) == len(cells)
    points = {mark["grade_id"]: mark["points"] for mark in marks if mark["grade"]}
    expected = {f"check_{exercise.name}": exercise.points for exercise in chapter.exercises}
    assert points == expected | ({f"integration_{chapter.name}": 0} if chapter.integration else {})


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_prose_and_experiments_are_all_there(chapter):
    student, source = library.notebook(chapter.name)["cells"], SOURCES[chapter.name]["cells"]
    kept = [cell for cell in source if cell in student]
    answers = [cell for cell in student if text(cell).startswith("%%exercise")]
    assert len(kept) == len(student) - len(answers) - 1  # the first cell loads another extension


def test_a_notebook_of_another_chapter_is_refused():
    first, second = CHAPTERS[:2]
    with pytest.raises(ValueError, match="no such exercise"):
        source_notebook(first, library.notebook(second.name))
    with pytest.raises(ValueError, match="no answer cell for numel"):
        source_notebook(first, {"cells": []})


def test_the_folder_is_written_and_a_changed_configuration_kept(tmp_path):
    first = generate(tmp_path, ["00"])
    assert [file.name for file in first] == ["00_start.ipynb", "README.md", "nbgrader_config.py"]
    (tmp_path / "nbgrader_config.py").write_text("mine")
    assert [file.name for file in generate(tmp_path)][-1] == "README.md"
    assert (tmp_path / "nbgrader_config.py").read_text() == "mine"
    assert len(list((tmp_path / "source").glob("*/*.ipynb"))) == len(CHAPTERS)
    with pytest.raises(LookupError, match="99_nothing"):
        generate(tmp_path, ["99_nothing"])


def test_the_points_table_adds_up():
    table = points_table(CHAPTERS)
    total = sum(exercise.points for chapter in CHAPTERS for exercise in chapter.exercises)
    assert f"**{total}**" in table.splitlines()[-1]
    assert sum(line.count("`") == 2 for line in table.splitlines()) == sum(len(c.exercises) for c in CHAPTERS)
