"""Source: a chapter's notebook with solutions and test cells, from which nbgrader makes the assignment.

It is the student's notebook of the book: prose and experiments stay as they are. Each answer cell holds the
solution between nbgrader's marks, which `nbgrader generate_assignment` replaces by the line that stubs have
there, so what students get is the book's stub. Below each stands a locked test cell.
"""

from __future__ import annotations

import ast
from typing import Any

from tinytorch.workshop.chapter import Chapter, Exercise

Cell = dict[str, Any]
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
YOURS = "# Your code here"  # the first line of what a stub has in place of the solution
EXTENSION = "tinytorch.workshop.nbgrader"


def source_notebook(chapter: Chapter, student: dict[str, Any]) -> dict[str, Any]:
    """Return the source notebook's JSON, from the chapter and its notebook for students.

    Raises:
        ValueError: the two do not belong together.
    """
    exercises = {exercise.name: exercise for exercise in chapter.exercises}
    cells: list[Cell] = [_prose("graded", _introduction(chapter))]
    for cell in student["cells"]:
        name = answered(cell)
        if cell["id"] == "start":
            cells.append(_start(cell))
        elif name is None:
            cells.append(cell)
        elif name in exercises:
            exercise = exercises.pop(name)
            cells += [_answer(cell, exercise), test_cell(exercise)]
        else:
            raise ValueError(f"{chapter.name}: there is an answer to {name!r}, and no such exercise")
    if exercises:
        raise ValueError(f"{chapter.name}: no answer cell for {', '.join(exercises)}")
    if chapter.integration:
        cells += [_prose("together", _together(chapter)), integration_cell(chapter)]
    return {**student, "cells": cells}


def answered(cell: Cell) -> str | None:
    """Return the name of the exercise that a cell answers, if it does."""
    if cell.get("cell_type") != "code":
        return None
    magic, _, name = text_of(cell).lstrip().partition("\n")[0].partition(" ")
    return name.strip() or None if magic == "%%exercise" else None


def text_of(cell: Cell) -> str:
    """Return a cell's text, which JSON may hold as one string or as lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def with_marks(exercise: Exercise) -> str:
    """Return the solution between nbgrader's marks, with the stub's last line behind it.

    That line must never be reached, so a solution that ends without `return` gets one.

    Raises:
        ValueError: stub and solution differ in more than the stub's two lines.
    """
    stub, solution = exercise.stub.rstrip().splitlines(), exercise.solution.rstrip().splitlines()
    at = next((n for n, line in enumerate(stub) if line.strip() == YOURS), len(stub))
    if at != len(stub) - 2 or stub[:at] != solution[:at]:
        raise ValueError(f"{exercise.name}: its stub is not the solution with two other lines at its end")
    indent = stub[at].partition("#")[0]
    body = solution[at:]
    definition = ast.parse(exercise.solution).body[0]
    assert isinstance(definition, ast.FunctionDef)  # an exercise is one function
    if not isinstance(definition.body[-1], (ast.Return, ast.Raise)):
        body.append(f"{indent}return")
    return "\n".join([*stub[:at], indent + BEGIN, *body, indent + END, stub[-1]])


def test_id(exercise: Exercise) -> str:
    """Return the grade id of an exercise's test cell; that of its answer cell is the exercise's name."""
    return f"check_{exercise.name}"


def integration_id(chapter: Chapter) -> str:
    """Return the grade id of the integration checks' cell."""
    return f"integration_{chapter.name}"


def _answer(cell: Cell, exercise: Exercise) -> Cell:
    text = f"%%exercise {exercise.name}\n{with_marks(exercise)}"
    return {**cell, "source": text, "metadata": _marked(exercise.name, solution=True)}


def test_cell(exercise: Exercise) -> Cell:
    """Return the cell that judges the answer above it and is worth the exercise's points."""
    text = f'from tinytorch.workshop.nbgrader import grade\n\ngrade("{exercise.name}")'
    return _code(test_id(exercise), text, _marked(test_id(exercise), points=exercise.points))


def integration_cell(chapter: Chapter) -> Cell:
    """Return the cell of the integration checks.

    It is worth nothing: they pass on the book's own code, so an empty notebook would earn its points, and who
    fails them has lost the exercise's.
    """
    text = f'from tinytorch.workshop.nbgrader import integrate\n\nintegrate("{chapter.name}")'
    return _code(integration_id(chapter), text, _marked(integration_id(chapter), points=0))


def _start(cell: Cell) -> Cell:
    text = text_of(cell).replace("%load_ext tinytorch.workshop.notebook", f"%load_ext {EXTENSION}")
    if EXTENSION not in text:
        raise ValueError("the notebook's first cell does not load tinytorch.workshop.notebook")
    return {**cell, "source": text, "metadata": _marked("start", locked=True)}


def _marked(
    grade_id: str, *, solution: bool = False, locked: bool = False, points: int | None = None
) -> dict[str, Any]:
    """Return a cell's metadata for nbgrader, in its third schema."""
    graded = points is not None
    marks = {"schema_version": 3, "grade_id": grade_id, "solution": solution, "grade": graded, "task": False}
    marks["locked"] = locked or graded
    return {"nbgrader": marks | ({"points": points} if graded else {})}


def _introduction(chapter: Chapter) -> str:
    total = sum(exercise.points for exercise in chapter.exercises)
    return (
        "**This notebook is graded.** Write your answers in the cells that begin with `%%exercise`; running "
        "one shows what its checks say. The cell below each answer runs the same checks in a Python of its "
        "own, as they run when your work is graded, and says how many points it earns. Leave those cells, "
        "and the first line of each answer, as they are. Cells of your own are welcome.\n\n"
        f"All exercises of this chapter together: {total} point{'s' * (total != 1)}. "
        "An exercise earns its points when all of its checks pass."
    )


def _together(chapter: Chapter) -> str:
    claims = "\n".join(f"- {check.claim}" for check in chapter.integration)
    return (
        "## All of it together\n\nThese checks run on your answers that passed above, "
        f"with the book's code in the gaps. They earn no points.\n\n{claims}"
    )


def _code(name: str, text: str, metadata: dict[str, Any]) -> Cell:
    cell: Cell = {"cell_type": "code", "id": _id(name), "metadata": metadata, "source": text}
    return cell | {"execution_count": None, "outputs": []}


def _prose(name: str, text: str) -> Cell:
    return {"cell_type": "markdown", "id": _id(name), "metadata": {}, "source": text}


def _id(name: str) -> str:
    return name.replace("_", "-")[:64]
