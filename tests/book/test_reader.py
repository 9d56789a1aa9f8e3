"""The reader of chapters: what it makes of a file, and that it names the line of whatever is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from tinybook.build_notebooks import book_name
from tinybook.chapter_files import index, validate
from tinybook.config import BookConfig
from tinybook.reading.cells import read_source
from tinybook.reading.errors import ChapterError
from tinybook.reading.page import page_notebook
from tinybook.reading.questions import parse_question
from tinybook.reading.reader import build_chapter, read_chapter
from tinybook.reading.student import flat, student_notebook

ROOT = Path(__file__).parents[2]
TENSOR = Path(__file__).with_name("fixtures") / "01_tensor.py"
EXERCISE = 'exercise="tensor_add" object="tinytorch.core.tensor:Tensor.__add__" points=2 title="Add"'
CHECKS = '# %% checks="tensor_add"\ndef test_adds():\n    """It adds."""\n'
GOOD = f"# %% [markdown]\n# # Tensor\n\n# %% {EXERCISE}\n# - A hint.\n\n{CHECKS}"


def build(text: str, name: str = "exercises/01_tensor.py"):
    return build_chapter(read_source(text, Path(name)), ROOT)


@pytest.fixture(scope="module")
def chapter():
    return read_chapter(TENSOR, ROOT)


def test_the_chapter_holds_what_the_file_says(chapter) -> None:
    exercise = chapter.exercise("tensor_add")
    assert (chapter.name, chapter.module, chapter.title) == ("01_tensor", 1, "Tensor")
    assert chapter.page == "exercises/01_tensor.html"
    assert "import numpy as np" in chapter.setup
    assert exercise.points == 2
    assert [check.name for check in exercise.checks] == ["test_adds_elements", "test_returns_a_tensor"]
    assert exercise.checks[1].claim == "The result is a `Tensor`, not an array."
    assert exercise.checks[0].source.startswith("def test_adds_elements")
    assert exercise.wrong[0].source.startswith("def __add__(self, other):")
    assert [item.name for item in chapter.experiments] == ["mnist_memory", "growth_plot", "growing_loss"]
    assert chapter.experiments[1].needs == ("matplotlib",)
    assert (chapter.needs, chapter.integration_needs) == ((), ("tinydigits",))
    assert [item.needs for item in chapter.exercises] == [("tinydigits",)]
    assert [check.name for check in chapter.integration] == ["test_tensors_compose"]


def test_stub_and_solution_come_from_the_package(chapter) -> None:
    exercise = chapter.exercise("tensor_add")
    assert exercise.stub.startswith("def __add__(self, other")
    assert 'raise NotImplementedError("tensor_add")' in exercise.stub
    assert "NotImplementedError" not in exercise.solution
    assert "SOLUTION" not in exercise.stub + exercise.solution
    assert exercise.stub.splitlines()[0] == exercise.solution.splitlines()[0]


def test_hints_may_run_on(chapter) -> None:
    hints = chapter.exercise("tensor_add").hints
    assert len(hints) == 2
    assert "return Tensor(...)" in hints[1]


def test_questions_are_choices_numbers_or_open(chapter) -> None:
    number, choice, open_question = chapter.questions
    assert (number["answer"], number["unit"], number["tolerance"]) == (32 * 28 * 28 * 4, "bytes", 0.05)
    assert [item["correct"] for item in choice["choices"]] == [False, True]
    assert choice["explanation"] == "Read from the right."
    assert open_question["kind"] == "open"


def test_the_json_is_valid_and_reads_back(chapter) -> None:
    data = json.loads(json.dumps(chapter.to_dict()))
    validate(data)
    assert type(chapter).from_dict(data).to_dict() == chapter.to_dict()
    assert index([chapter])["chapters"][0]["exercises"] == [
        {"name": "tensor_add", "title": "Add with `broadcasting`", "points": 2}
    ]


@pytest.mark.parametrize("part", ["stub", "checks", "points", "object"])
def test_the_schema_misses_what_is_missing(chapter, part: str) -> None:
    data = json.loads(json.dumps(chapter.to_dict()))
    del data["exercises"][0][part]
    with pytest.raises(ValueError, match=part):
        validate(data)


def test_the_schema_refuses_what_it_does_not_know(chapter) -> None:
    data = json.loads(json.dumps(chapter.to_dict())) | {"grade": 1}
    with pytest.raises(ValueError, match="grade"):
        validate(data)


# What is refused: the text, the line that must be named, and a part of the reason.
REFUSED = {
    "a cell of no kind": (GOOD + "\n# %%\nx = 1\n", 11, "must be one of"),
    "an unknown kind": (GOOD + '\n# %% exercises="x"\n', 11, "must be one of"),
    "two kinds at once": (GOOD + '\n# %% checks="tensor_add" setup=true\n', 11, "must be one of"),
    "an unknown option": (GOOD + '\n# %% experiment="m" title="M" colour="red"\nx = 1\n', 11, "colour"),
    "a question in a code cell": (GOOD + '\n# %% question="q"\n# - [x] a :: b\n', 11, "[markdown]"),
    "an exercise in prose": (f"# %% [markdown] {EXERCISE}\n# # T\n", 1, "without [markdown]"),
    "text before the first cell": ("import numpy\n\n" + GOOD, 1, "before the first cell"),
    "not Python": (GOOD + "\n# %% setup=true\nimport numpy as\n", 12, "not Python"),
    "no title": (GOOD.replace("# # Tensor", "# Tensor"), 1, "title"),
    "two setups": (GOOD + "\n# %% setup=true\nx = 1\n\n# %% setup=true\ny = 1\n", 14, "line 11"),
    "no points": (GOOD.replace(" points=2", ""), 4, "points="),
    "no title of an exercise": (GOOD.replace(' title="Add"', ""), 4, 'title="…"'),
    "no such file": (GOOD.replace("core.tensor:", "core.tenser:"), 4, "no file tinytorch/core/tenser.py"),
    "no such object": (GOOD.replace("Tensor.__add__", "Tensor.plus"), 4, "plus"),
    "not an address": (GOOD.replace("tensor:Tensor", "tensor Tensor"), 4, "not an object's address"),
    "no such region": (GOOD.replace('exercise="tensor_add"', 'exercise="tensor_plus"'), 4, "no region"),
    "a region elsewhere": (GOOD.replace("Tensor.__add__", "Tensor.__sub__"), 4, "does not lie in"),
    "code among the hints": (GOOD.replace("# - A hint.", "# - A hint.\nx = 1"), 6, "only hints"),
    "a hint without a bullet": (GOOD.replace("# - A hint.", "# A hint."), 5, "starts with '# - '"),
    "no checks": (GOOD.partition("# %% checks")[0], 4, "no checks"),
    "checks of nothing": (
        GOOD + '\n# %% checks="tensor_mul"\ndef test_x():\n    """It."""\n',
        11,
        "no exercise",
    ),
    "a check without a claim": (GOOD.replace('    """It adds."""\n', "    pass\n"), 8, "docstring"),
    "a helper among checks": (GOOD + "\n\ndef helper():\n    pass\n", 12, "test_"),
    "a check twice": (GOOD + "\n" + CHECKS, 12, "line 8"),
    "a wrong answer of another name": (
        GOOD + '\n# %% wrong="tensor_add" name="n" says="s"\ndef add(a, b):\n    pass\n',
        12,
        "one function named __add__",
    ),
    "a wrong answer that says nothing": (
        GOOD + '\n# %% wrong="tensor_add" name="n"\ndef __add__(self, other):\n    pass\n',
        11,
        'says="…"',
    ),
    "an exercise twice": (GOOD + f"\n# %% {EXERCISE}\n", 11, "line 4"),
    "a pull of nothing": (GOOD + '\n# %% pull="tinytorch.core.tensor:Tensor.nope"\n', 11, "nope"),
    "a pull with text": (GOOD + '\n# %% pull="tinytorch.core.tensor:Tensor.__sub__"\nx = 1\n', 12, "empty"),
    "an empty experiment": (GOOD + '\n# %% experiment="m" title="M"\n', 11, "no code"),
    "a name with capitals": (GOOD + '\n# %% experiment="Mnist" title="M"\nx = 1\n', 11, "lower case"),
    "an open question without answer": (
        GOOD + '\n# %% [markdown] question="q"\n# Why?\n',
        12,
        "model answer",
    ),
    "a choice without a reason": (
        GOOD + '\n# %% [markdown] question="q"\n# Why?\n# - [x] yes\n# - [ ] no :: because\n',
        13,
        ":: why",
    ),
    "no right choice": (
        GOOD + '\n# %% [markdown] question="q"\n# Why?\n# - [ ] yes :: a\n# - [ ] no :: b\n',
        13,
        "exactly one",
    ),
    "a number that does not evaluate": (
        GOOD + '\n# %% [markdown] question="q"\n# How many?\n# = 1 / 0 bytes\n',
        13,
        "does not evaluate",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_is_named_with_file_and_line(mistake: str) -> None:
    text, line, reason = REFUSED[mistake]
    with pytest.raises(ChapterError) as caught:
        build(text)
    assert str(caught.value).startswith(f"exercises/01_tensor.py:{line}: "), str(caught.value)
    assert reason in caught.value.problem


def test_the_good_chapter_is_good() -> None:
    assert build(GOOD).exercises[0].name == "tensor_add"


def test_markers_inside_strings_are_text() -> None:
    source = read_source(
        GOOD + '\n# %% experiment="m" title="M"\nx = """\n# %% not a cell\n"""\n', Path("x.py")
    )
    assert "not a cell" in source.of("experiment")[0].text


def test_cells_know_their_lines() -> None:
    lines = TENSOR.read_text(encoding="utf-8").splitlines()
    for cell in read_source("\n".join(lines), TENSOR).cells:
        first = cell.text.splitlines()[0] if cell.text else ""
        assert first in lines[cell.line - 1 if cell.line <= len(lines) else 0]


def test_units_and_expressions_part() -> None:
    def answer(line: str) -> tuple[object, str, float]:
        source = read_source(f'# %% [markdown] question="q"\n# How?\n#\n# {line}\n', Path("x.py"))
        found = parse_question(source.cells[0], "x.py")
        return found["answer"], found["unit"], found["tolerance"]

    assert answer("= 60_000 * 28 * 28 * 4 / 1e6 MB ± 2%") == (188.16, "MB", 0.02)
    assert answer("= 12") == (12, "", 0.0)


# The notebooks: of the page, and of the student.


def test_the_page_shows_no_checks_and_no_wrong_answers() -> None:
    notebook = page_notebook(TENSOR.read_text(encoding="utf-8"), "digest")
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "```{exercise} tensor_add" in text
    assert "def test_" not in text
    assert "self.data + other.data\n" not in text
    assert text.count("```{integration}") == 1
    assert len(notebook.metadata["source_map"]) == len(notebook.cells)


def test_a_changed_package_changes_what_is_executed() -> None:
    text = TENSOR.read_text(encoding="utf-8")
    assert page_notebook(text, "a").cells[0].source != page_notebook(text, "b").cells[0].source


@pytest.fixture(scope="module")
def student() -> dict:
    source = read_source(TENSOR.read_text(encoding="utf-8"), Path("exercises/01_tensor.py"))
    return student_notebook(build_chapter(source, ROOT), source, ROOT)


def test_the_student_gets_the_stub_and_no_solution(student: dict) -> None:
    nbformat.validate(student)
    text = "\n".join(cell["source"] for cell in student["cells"])
    chapter = read_chapter(TENSOR, ROOT)
    exercise = chapter.exercise("tensor_add")
    body = exercise.solution.splitlines()[-1]
    assert f"%%exercise tensor_add\n{exercise.stub.rstrip()}" in text
    assert body not in text
    assert exercise.wrong[0].source not in text
    assert "def test_" not in text
    assert all(not cell.get("outputs") for cell in student["cells"])


def test_the_student_starts_with_the_extension(student: dict) -> None:
    first = student["cells"][0]
    assert first["source"].startswith("%load_ext tinytorch.workshop.notebook")
    assert "from tinytorch import Tensor" in first["source"]


def test_cell_ids_are_unique(student: dict) -> None:
    ids = [cell["id"] for cell in student["cells"]]
    assert len(ids) == len(set(ids))


FLAT: dict[str, tuple[str, str]] = {
    "a role": ("see {py:class}`list` here", "see `list` here"),
    "a role with a title": ("{ref}`the start <start>`", "the start"),
    "a link to a chapter": ("[x](00_start.py)", "[x](00_start.ipynb)"),
    "a note": ("```{note}\nLook.\n```", "> **Note**\n>\n> Look."),
    "a titled box": (
        ":::{admonition} In production\n:class: tip\nPyTorch.\n:::",
        "> **In production**\n>\n> PyTorch.",
    ),
    "a panel of the page": ("before\n\n```{workspace}\n```\n\nafter", "before\n\n\nafter"),
    "mathematics": ("$a_{i}$", "$a_{i}$"),
    "a label": ("(here)=\n# Title", "# Title"),
}


@pytest.mark.parametrize("case", FLAT)
def test_prose_is_flattened(case: str) -> None:
    text, wanted = FLAT[case]
    assert flat(text, ROOT) == wanted


def test_notebooks_share_the_database_of_the_pages(tmp_path: Path) -> None:
    assert book_name(tmp_path) == BookConfig.book, "where nothing is set"
    config = "sphinx: { config: { tinybook: { book: cs101 } } }"
    (tmp_path / "_config.yml").write_text(config, encoding="utf-8")
    assert book_name(tmp_path) == "cs101"
