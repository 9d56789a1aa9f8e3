"""The hooks that other pages and teachers rely on, as book/developers/hooks.md documents them."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from pages import CHAPTERS, box, chapter, exercise, open_page
from visits import ROOT, Site, Visit, visit

HOOKS = (ROOT / "book" / "developers" / "hooks.md").read_text(encoding="utf-8")
REPORT = json.loads((ROOT / "tinytorch" / "workshop" / "report.schema.json").read_text(encoding="utf-8"))
ADD = "tensor_add"
RIGHT = 'def __add__(self, other):\n    a, b = operands("+", self, other)\n    return Tensor(a + b)  # mine\n'
WRONG = "def __add__(self, other):\n    return self\n"
AS_BASE64 = """(blob) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(blob);
})"""


@pytest.fixture(scope="module")
def here(chromium: Any, site: Site) -> Iterator[Any]:
    """One page for all calls, with its Python."""
    reader = visit(chromium)
    open_page(reader.page, site, chapter("01_tensor")["page"])
    yield reader.page
    reader.context.close()
    assert [*reader.foreign, *reader.errors, *reader.missing, *reader.complaints] == []


def call(page: Any, name: str, *arguments: Any) -> Any:
    return page.evaluate("([name, ...given]) => tinytorch[name](...given)", [name, *arguments])


def status(page: Any) -> str:
    return box(page, "exercise", ADD).get_attribute("data-status")


def test_the_documented_calls_are_the_calls_there_are(here: Any) -> None:
    documented = re.findall(r"^\| `(\w+)\(", HOOKS, re.MULTILINE)
    assert sorted(documented) == sorted(here.evaluate("Object.keys(tinytorch)"))


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_box_carries_its_name(chromium: Any, site: Site, name: str) -> None:
    reader = visit(chromium)
    page, facts = reader.page, chapter(name)
    open_page(page, site, facts["page"])

    def carried(kind: str) -> list[str]:
        return page.locator(f"section[data-{kind}]").evaluate_all(
            "(all, kind) => all.map((one) => one.dataset[kind])", kind
        )

    for kind in ("exercise", "experiment", "question"):
        assert carried(kind) == [one["name"] for one in facts[f"{kind}s"]]
    assert carried("integration") == ([name] if facts["integration"] else [])
    for one in facts["exercises"]:
        section = box(page, "exercise", one["name"])
        assert section.get_attribute("data-status") == "todo"
        actions = section.locator('[data-role="actions"] button').evaluate_all(
            "all => all.map((one) => one.dataset.action)"
        )
        assert actions == ["check", "stop", "reset", "hint", "solution", "versions"]
        assert section.locator("output[data-result]").count() == 1
        claims = section.locator("[data-claim]").evaluate_all("all => all.map((one) => one.dataset.claim)")
        assert claims == [check["name"] for check in one["checks"]]
        assert page.locator(f'[data-exercise-link="{one["name"]}"]').count() > 0
    for kind, actions in (("experiment", ["run", "stop"]), ("integration", ["run", "stop"])):
        for section in page.locator(f"section[data-{kind}]").all():
            found = section.locator("button").evaluate_all("all => all.map((one) => one.dataset.action)")
            assert found == actions
    assert page.locator(f'[data-chapter-link="{name}"]').count() > 0
    reader.context.close()


def test_exercises_lists_those_of_the_page(here: Any) -> None:
    listed = call(here, "exercises")
    facts = chapter("01_tensor")["exercises"]
    assert [(one["name"], one["points"]) for one in listed] == [(one["name"], one["points"]) for one in facts]
    assert {one["status"] for one in listed} <= {"todo", "failing", "passed"}
    assert {one["chapter"] for one in listed} == {"01_tensor"}


def test_code_that_is_set_is_the_code_in_the_editor(here: Any) -> None:
    assert call(here, "getCode", ADD) == exercise(ADD)["stub"].rstrip("\n")
    call(here, "setCode", ADD, RIGHT)
    assert call(here, "getCode", ADD) == RIGHT
    section = box(here, "exercise", ADD)
    section.scroll_into_view_if_needed()
    lines = section.locator(".cm-line")
    lines.first.wait_for()
    assert lines.all_inner_texts() == [line or "\n" for line in RIGHT.split("\n")]


def test_check_reports_as_the_page_shows(here: Any) -> None:
    call(here, "setCode", ADD, WRONG)
    report = call(here, "check", ADD)
    jsonschema.validate(report, REPORT)
    assert report["outcome"] == "failed"
    shown = box(here, "exercise", ADD).locator("output [data-check]")
    assert shown.evaluate_all("all => all.map((one) => [one.dataset.check, one.dataset.outcome])") == [
        [one["name"], one["outcome"]] for one in report["checks"]
    ]
    assert status(here) == "failing"

    call(here, "setCode", ADD, RIGHT)
    assert status(here) == "todo", "another text, of which nothing is known"
    assert call(here, "check", ADD)["outcome"] == "passed"
    assert status(here) == "passed"
    call(here, "setCode", ADD, WRONG)
    assert status(here) == "failing", "this text is known"
    call(here, "setCode", ADD, RIGHT)
    assert status(here) == "passed", "and so is this one"


def test_run_reports_an_experiment_and_the_integration_checks(here: Any) -> None:
    for name in ("first_tensors", "01_tensor"):
        report = call(here, "run", name)
        jsonschema.validate(report, REPORT)
        assert (report["exercise"], report["outcome"]) == (name, "passed")


def test_package_source_holds_the_answers_that_passed(here: Any) -> None:
    call(here, "setCode", ADD, RIGHT)
    call(here, "check", ADD)
    source = call(here, "packageSource", "tinytorch/core/tensor.py")
    assert "        return Tensor(a + b)  # mine\n" in source
    assert "class Tensor:" in source
    compile(source, "tensor.py", "exec")
    call(here, "setCode", ADD, WRONG)
    again = call(here, "packageSource", "tinytorch/core/tensor.py")
    assert again == source, "what passed stays in the package while its text is being changed"


def test_a_workspace_goes_out_as_a_blob_and_comes_back(here: Any) -> None:
    call(here, "setCode", ADD, RIGHT)
    call(here, "check", ADD)
    here.evaluate("async () => { window.kept = await tinytorch.exportWorkspace(); }")
    assert here.evaluate("[kept instanceof Blob, kept.type]") == [True, "application/zip"]
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(here.evaluate(f"({AS_BASE64})(kept)"))))
    assert archive.read(f"tinytorch-workspace/answers/01_tensor/{ADD}.py").decode() == RIGHT

    call(here, "setCode", ADD, "def __add__(self, other): ...\n")
    assert status(here) == "todo"
    told = here.evaluate("tinytorch.importWorkspace(kept)")
    assert (told["count"], told["replaced"], told["notes"]) == (1, 1, [])
    assert call(here, "getCode", ADD) == RIGHT
    assert status(here) == "passed"

    refused = here.evaluate("tinytorch.importWorkspace(new Blob(['PK no'])).then(() => null, String)")
    assert "Nothing was changed." in refused
    assert call(here, "getCode", ADD) == RIGHT


def test_a_name_that_is_not_on_the_page_is_an_error_that_says_what_is(here: Any) -> None:
    told = here.evaluate("tinytorch.check('tensor_ad').then(() => null, String)")
    assert "This page has no exercise" in told
    assert ADD in told


def test_two_checks_at_once_both_get_an_answer(here: Any) -> None:
    call(here, "setCode", ADD, RIGHT)
    both = here.evaluate("one => Promise.all([tinytorch.check(one), tinytorch.check(one)])", ADD)
    assert both[1]["outcome"] == "passed"
    assert both[0]["outcome"] in ("passed", "timeout")


def test_the_documented_report_is_one(undisturbed: Visit, site: Site) -> None:
    """The page about hooks shows a Report and schemas; what it shows is real."""
    page = undisturbed.page
    open_page(page, site, "developers/hooks.html")
    listings = [json.loads(text) for text in page.locator("pre").all_inner_texts() if text.startswith("{")]
    report = next(one for one in listings if "outcome" in one)
    jsonschema.validate(report, REPORT)
    assert report["outcome"] == "not_written"


def test_every_page_knows_its_way_to_the_root(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    for path, name in (("index.html", None), ("exercises/01_tensor.html", "01_tensor")):
        open_page(page, site, path)
        config = json.loads(page.locator("#tinytorch-config").evaluate("one => one.textContent"))
        assert config["chapter"] == name
        assert page.evaluate("(root) => new URL(root, location).href", config["root"]) == site.url
        there = page.evaluate(
            "async ({ root, runtime }) => (await fetch(`${root}${runtime}manifest.json`)).ok", config
        )
        assert there, "the runtime lies where the page says"
