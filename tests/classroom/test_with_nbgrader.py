"""The real nbgrader over our assignments: release, submissions good and hostile, points, feedback."""

import json
from pathlib import Path

import pytest
from course import CHAPTERS, answer, cell_of, said, text, with_cell

from tinytorch.workshop import library
from tinytorch.workshop.nbgrader import regrade

START, TENSOR = library.chapters()[:2]
RIGHT = START.exercises[0].solution


def numel(*lines):
    return "def numel(shape):\n" + "".join(f"    {line}\n" for line in lines)


def total(chapter):
    return sum(exercise.points for exercise in chapter.exercises)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_what_students_get_holds_stubs_and_no_solution(course, chapter):
    released = course.released(chapter.name)
    for exercise in chapter.exercises:
        cell = cell_of(released, exercise.name)
        assert text(cell) == f"%%exercise {exercise.name}\n{exercise.stub.rstrip()}"
        test = cell_of(released, f"check_{exercise.name}")
        assert (test["metadata"]["nbgrader"]["locked"], test["metadata"]["editable"]) == (True, False)
    everything = (course.folder / "release" / chapter.name / f"{chapter.name}.ipynb").read_text()
    assert "SOLUTION" not in everything
    for exercise in chapter.exercises:
        stub, solution = exercise.stub.splitlines(), exercise.solution.splitlines()
        body = [line.strip() for line in solution[len(stub) - 2 :] if line.strip()]
        if len(body) > 1:  # a single line may stand in a hint
            for cell in released["cells"]:
                lines = [line.strip() for line in text(cell).splitlines() if line.strip()]
                places = range(len(lines) - len(body) + 1)
                assert not any(lines[at : at + len(body)] == body for at in places), exercise.name
    assert [file.name for file in (course.folder / "release" / chapter.name).iterdir()] == [
        f"{chapter.name}.ipynb"
    ]


@pytest.mark.parametrize("chapter", CHAPTERS[1:], ids=lambda chapter: chapter.name)
def test_perfect_earns_all_empty_nothing_and_half_its_half(course, chapter):
    source, released = course.source(chapter.name), course.released(chapter.name)
    half, earned = released, 0
    for number, exercise in enumerate(chapter.exercises):
        if number % 2 == 0:
            half = answer(half, exercise.name, exercise.solution)
            earned += exercise.points
        elif exercise.wrong:
            half = answer(half, exercise.name, exercise.wrong[0].source)
    course.submit("perfect", chapter.name, source)
    course.submit("empty", chapter.name, released)
    course.submit("half", chapter.name, half)
    course.run("autograde", chapter.name)
    assert course.points(chapter.name) == {"perfect": total(chapter), "empty": 0, "half": earned}
    for student in ("perfect", "empty", "half"):
        checks = "".join(said(course.graded(student, chapter.name), f"integration_{chapter.name}"))
        assert "checks pass." in checks


PATCHES = """import os, sys, pytest
from tinytorch.workshop import checks, expect
from tinytorch.workshop.report import CheckResult, Report
checks.run_checks = lambda *a, **k: Report("numel", (CheckResult("x", "x", "passed"),), "passed")
checks.pytest.main = pytest.main = lambda *a, **k: 0
expect.expect_equal = lambda *a, **k: None
import tinytorch.core.shapes, math
tinytorch.core.shapes.numel = math.prod
os.environ["PYTHONPATH"] = "/nowhere"
"""
FAKES = """import tinytorch.workshop.nbgrader
tinytorch.workshop.nbgrader.grade = lambda name: print("1 of 1 point.")
"""


def hand_in(course, outside, only=None):
    """Submit a notebook for each way to be good, bad or broken; returns the points that each deserves.

    `only` names some of them: in a kernel each takes seconds.
    """
    released = course.released("00_start")
    perfect = answer(released, "numel", RIGHT)
    wrong = answer(released, "numel", numel("return sum(shape)"))
    deserved = {}

    def submit(student, points, notebook):
        if only is not None and student not in only:
            return None
        deserved[student] = points
        return course.submit(student, "00_start", notebook)

    submit("perfect", 1, course.source("00_start"))
    submit("empty", 0, released)
    submit("wrong", 0, wrong)
    submit("loops", 0, answer(released, "numel", numel("while True: pass")))
    submit("loops_elsewhere", 1, with_cell(perfect, "while True: pass"))
    write = f"open({str(outside)!r}, 'w').write('x')"
    submit("writes", 0, answer(released, "numel", numel(write, "import math", "return math.prod(shape)")))
    submit("floods", 0, answer(released, "numel", numel("while True: print('flood' * 1000)")))
    submit("no_import", 0, answer(released, "numel", "@nothing\n" + RIGHT))
    submit("patches", 0, with_cell(wrong, PATCHES))
    edited = json.loads(json.dumps(wrong))
    cell_of(edited, "check_numel")["source"] = "100.0"
    cell_of(edited, "check_numel")["metadata"]["nbgrader"]["points"] = 100
    submit("edits", 0, edited)
    kept = [cell for cell in perfect["cells"] if "check_numel" not in str(cell["metadata"])]
    submit("deletes", 1, {**perfect, "cells": kept})
    none = [cell for cell in kept if "'numel'" not in str(cell["metadata"])]
    submit("deletes_both", 0, {**perfect, "cells": none})
    skipped = json.loads(json.dumps(wrong))
    cell_of(skipped, "check_numel")["metadata"]["tags"] = ["skip-execution"]
    submit("skips", 0, skipped)
    folder = submit("own_package", 1, perfect)
    if folder is not None:
        for name in ("tinytorch", "numpy"):
            (folder / f"{name}.py").write_text("raise ImportError('this one is broken')")
    return deserved


def test_each_submission_gets_what_it_deserves(course, tmp_path):
    outside = tmp_path / "outside.txt"
    deserved = hand_in(course, outside)
    course.submit("damaged", "00_start", '{"cells": [{"cell_type": "code", ')
    course.submit("fakes", "00_start", with_cell(course.released("00_start"), FAKES))
    log = course.run("autograde", "00_start", fails=True)
    assert "There was an error processing assignment '00_start' for student 'damaged'" in log
    assert course.points("00_start") == deserved | {"damaged": 0, "fakes": 0}
    assert not outside.exists()
    explained = {
        "perfect": "1 of 1 point.",
        "empty": "This is not written yet.",
        "wrong": "That is the sum of the sizes.",
        "loops": "Your code was stopped after 10 seconds.",
        "writes": "may write only in their own folder",
        "floods": "printed more than 100,000 characters",
        "no_import": "NameError",
        "deletes_both": "There is no answer",
    }
    for student, words in explained.items():
        assert words in said(course.graded(student, "00_start"), "check_numel"), student
    assert len(said(course.graded("floods", "00_start"), "check_numel")) < 5_000
    restored = cell_of(course.graded("edits", "00_start"), "check_numel")
    assert text(restored) == text(cell_of(course.released("00_start"), "check_numel"))
    assert restored["metadata"]["nbgrader"]["points"] == 1

    course.run("generate_feedback", "00_start")
    pages = Path(course.folder, "feedback")
    for student, words in explained.items():
        page = (pages / student / "00_start" / "00_start.html").read_text(encoding="utf-8")
        assert words in page, student


IN_A_KERNEL = (
    "perfect",
    "loops",
    "loops_elsewhere",
    "writes",
    "patches",
    "deletes_both",
    "skips",
    "own_package",
)


def test_in_a_kernel_loops_end_and_only_what_speaks_for_the_judge_deceives(kernel_course, tmp_path):
    outside = tmp_path / "outside.txt"
    deserved = hand_in(kernel_course, outside, IN_A_KERNEL)
    assert len(deserved) == len(IN_A_KERNEL)
    released = kernel_course.released("00_start")
    fakes = kernel_course.submit("fakes", "00_start", with_cell(released, FAKES))
    kernel_course.run("autograde", "00_start")
    # A kernel believes whoever changes what its own test cells call. The text alone tells it.
    assert kernel_course.points("00_start") == deserved | {"fakes": 1}
    assert not outside.exists()
    assert [grade.points for grade in regrade(fakes / "00_start.ipynb")] == [0]


OWN = """
import json, sys
import nbformat
from tinytorch.workshop.nbgrader.preprocessors import Judge
notebook = nbformat.from_dict(json.load(sys.stdin))
notebook, _ = Judge().preprocess(notebook, {"nbgrader": {"notebook": sys.argv[1]}})
print(json.dumps(notebook.cells[0].outputs))
"""


@pytest.mark.parametrize("name", ["00_start", "of_my_own"])
def test_a_test_of_the_instructors_own_is_not_given_away_without_a_kernel(course, name):
    marks = {"grade": True, "solution": False, "locked": True, "grade_id": "own", "points": 5}
    own = with_cell({"cells": []}, "assert False")
    own["cells"][0]["metadata"] = {"nbgrader": marks}
    (shown,) = json.loads(course.python(OWN, name, json.dumps(own)))
    assert shown["output_type"] == "error" and "set KERNEL = True" in shown["evalue"]
