"""What a notebook in the browser takes over from the pages; a script of the tests plays `kernel.js`."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from small_chapter import RIGHT, small_chapter

from tinytorch.workshop import notebook, pages
from tinytorch.workshop.pages import NAMED, Pages, listed


class Script:
    """Answers with what it was given, and notes what it is told."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self.told: list[dict[str, Any]] = []

    async def answers(self) -> str:
        return json.dumps(self.said)

    def judged(self, judgement: str) -> None:
        self.told.append(json.loads(judgement))


class Adopting:
    """Notes what became part of tinytorch."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, name: str, text: str) -> str:
        if text == "broken":
            raise LookupError("there is no such exercise")
        self.texts.append(text)
        return f"Tensor.{name}"


@pytest.fixture
def adopting() -> Adopting:
    return Adopting()


def before_cell(notebook: Pages) -> list[str]:
    return asyncio.run(notebook.before_cell(["%%time\n", "x = 1\n"]))


def test_what_passed_in_a_page_is_adopted_once_and_named(
    adopting: Adopting, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Script({"answers": {"add": "def add: …", "mul": "def mul: …"}})
    here = Pages(adopting, script)
    assert before_cell(here) == ["%%time\n", "x = 1\n"], "the cell stays as it is"
    assert (
        capsys.readouterr().out
        == "Yours in this notebook, from the book's pages: `Tensor.add`, `Tensor.mul`.\n"
    )
    before_cell(here)
    assert capsys.readouterr().out == ""
    script.said["answers"]["add"] = "def add: another"
    before_cell(here)
    assert adopting.texts == ["def add: …", "def mul: …", "def add: another"]
    assert capsys.readouterr().out == "Yours in this notebook, from the book's pages: `Tensor.add`.\n"


def test_an_answer_that_cannot_be_used_stops_no_cell_and_no_other_answer(
    adopting: Adopting, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Pages(adopting, Script({"answers": {"old": "broken", "mul": "def mul: …"}}))
    before_cell(here)
    said = capsys.readouterr().out
    assert adopting.texts == ["def mul: …"]
    assert "not to be used here: `old` (LookupError: there is no such exercise)." in said


def test_storage_that_is_refused_is_spoken_of_once(
    adopting: Adopting, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Pages(adopting, Script({"refused": "the browser does not let this site store anything"}))
    assert before_cell(here) == before_cell(here) == ["%%time\n", "x = 1\n"]
    said = capsys.readouterr().out
    assert said == (
        "The answers of the book's pages are not here: the browser does not let this site store anything.\n"
    )


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"answers": 3}', '{"answers": {"add": 3}}'])
def test_nonsense_stops_no_cell(
    adopting: Adopting, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Script({})

    async def answers() -> str:
        return said

    monkeypatch.setattr(script, "answers", answers)
    assert before_cell(Pages(adopting, script)) == ["%%time\n", "x = 1\n"]
    assert adopting.texts == []
    assert "are not here" in capsys.readouterr().out


def test_without_the_script_a_notebook_works_alone(
    adopting: Adopting, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def missing() -> pages.Script:
        raise OSError("Failed to fetch dynamically imported module")

    monkeypatch.setattr(pages, "load_script", missing)
    here = Pages(adopting)
    before_cell(here)
    here.judged(small_chapter().exercise("tensor_add"), RIGHT, "passed")
    assert "Failed to fetch" in capsys.readouterr().out


def test_the_pages_hear_of_a_check_and_give_nothing_back_that_is_from_here(adopting: Adopting) -> None:
    script = Script({"answers": {"tensor_add": RIGHT.rstrip("\n")}})
    here = Pages(adopting, script)
    exercise = small_chapter().exercise("tensor_add")
    here.judged(exercise, RIGHT, "passed")
    assert script.told == [
        {
            "name": "tensor_add",
            "stub": exercise.stub,
            "stub_hash": exercise.stub_hash,
            "text": RIGHT,
            "outcome": "passed",
        }
    ]
    before_cell(here)
    assert adopting.texts == [], "it ran here, and is adopted"


def test_many_answers_are_counted() -> None:
    assert listed([f"f{number}" for number in range(NAMED + 3)]).endswith("`f5` and 3 more")


class Shell:
    """The part of JupyterLite's shell that the extension touches."""

    def __init__(self) -> None:
        self.magics: list[str] = []
        self.kernel = self
        self.lite_transform_manager = self
        self.cleanup_transforms: list[Any] = [print]

    def register_magic_function(self, func: Any, magic_kind: str, magic_name: str) -> None:
        self.magics.append(magic_name)


@pytest.mark.parametrize(("platform", "more"), [("linux", 0), ("emscripten", 1)])
def test_only_the_browser_is_connected_and_only_once(
    monkeypatch: pytest.MonkeyPatch, platform: str, more: int
) -> None:
    shell = Shell()
    monkeypatch.setattr("sys.platform", platform)
    for _ in range(2):
        notebook.load_ipython_extension(shell)
    assert len(shell.cleanup_transforms) == 1 + more
    assert shell.magics == ["exercise", "exercise"]
