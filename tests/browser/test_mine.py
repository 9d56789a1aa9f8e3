"""My TinyTorch: how far one is, the package, whose code is used, what is private, and erasing it all."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from exercise_page import OPEN, ExercisePage, solution
from pages import box, open_page, run, width_beyond, words
from test_accessibility import FOCUS, open_everything, tab_on, tab_to, violations
from visits import Site, Visit, visit

NUMEL = "numel"
START = "00_start"
MINE = "def __add__(self, other):\n    # written by the reader\n    return Tensor(self.data + other.data)"
TENSOR = "tinytorch/core/tensor.py"
ASIDE = "Set aside: your answers are kept"

NOTES = f"""async () => {{ {OPEN}
    const database = await open();
    const all = database.transaction("notes").objectStore("notes").getAll();
    await ended(all.transaction);
    database.close();
    return Object.fromEntries(all.result.map(({{ key, value }}) => [key, value]));
}}"""
# What is left of the book in this browser.
LEFT = """async () => ({
    notes: Object.keys(localStorage).filter((key) => key.startsWith("tinytorch")),
    session: Object.keys(sessionStorage),
    caches: (await caches.keys()).filter((name) => !name.includes("another")),
})"""


def record(exercise: str, text: str, passed: bool = True) -> dict[str, Any]:
    return {
        "exercise": exercise,
        "text": text,
        "stub": "",
        "stub_hash": "",
        "passed": text if passed else None,
        "failed": None,
        "updated": "2026-01-01T00:00:00.000Z",
    }


def open_mine(page: Any, site: Site) -> None:
    open_page(page, site, "mine.html")


def part(page: Any, name: str) -> Any:
    return page.locator(f'section[data-mine="{name}"]')


def module(page: Any, number: int) -> Any:
    return page.locator(f'[data-mine-module="{number}"]')


def text(place: Any) -> str:
    """Return all words, the folded and the hidden ones as well."""
    return " ".join(place.text_content().split())


def prepared(page: Any, site: Site, *records: dict[str, Any]) -> ExercisePage:
    """Return a desk whose browser holds these answers."""
    desk = ExercisePage(Visit(page.context, page), site, START)
    for one in records:
        desk.put(one)
    return desk


@pytest.fixture
def owner(undisturbed: Visit, site: Site) -> Iterator[Any]:
    """A reader who has written Tensor.__add__, and stands on their page."""
    prepared(undisturbed.page, site, record("tensor_add", MINE))
    open_mine(undisturbed.page, site)
    yield undisturbed.page


def test_a_pass_is_on_the_page_and_its_check_is_counted(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    open_mine(page, site)
    start = module(page, 0)
    assert text(start.locator('[data-role="count"]')) == "0 of 1 passed, 0 of 1 point"
    assert start.locator('[role="switch"]').count() == 0, "there is nothing to set aside"
    before = text(part(page, "map").locator('[data-role="overall"]'))
    assert before.startswith("0 of ")

    desk = ExercisePage(undisturbed, site, START)
    desk.type(NUMEL, "def numel(shape):\n    return 1\n")
    assert desk.check(NUMEL) == "failed"
    desk.write(NUMEL, solution(NUMEL, START))
    assert desk.check(NUMEL) == "passed"
    open_mine(page, site)
    assert text(start.locator('[data-role="count"]')) == "all passed, 1 of 1 point"
    item = start.locator(f'[data-mine-exercise="{NUMEL}"]')
    assert item.get_attribute("data-standing") == "passed" and text(item).endswith("passed")
    assert text(part(page, "map").locator('[data-role="overall"]')) == before.replace("0 of", "1 of")
    effort = part(page, "effort")
    assert "2 checks in 1 exercise" in text(effort.locator('[data-role="words"]'))
    assert "never leaves this device" in text(effort)
    assert effort.locator("tbody tr").last.locator("td").first.text_content() == "2"


def test_what_is_counted_is_in_no_export_and_can_be_switched_off_and_erased(
    reader: Visit, site: Site
) -> None:
    page = reader.page
    desk = ExercisePage(reader, site, START)
    desk.passes(NUMEL)
    open_mine(page, site)
    effort = part(page, "effort")
    effort.locator("table").wait_for()
    assert page.evaluate(NOTES)["effort"]["exercises"][NUMEL]["checks"] == 1
    with page.expect_download() as download:
        page.locator('[data-workspace] button[data-action="export"]').click()
    with open(download.value.path(), "rb") as file:
        work = zipfile.ZipFile(io.BytesIO(file.read())).read("tinytorch-workspace/workspace.json").decode()
    assert NUMEL in work and "effort" not in work and "counting" not in work

    effort.locator('button[data-action="counting"]').click()
    effort.get_by_text("Counting is switched off.").wait_for()
    desk.open()
    desk.passes(NUMEL)
    open_mine(page, site)
    effort.locator("table").wait_for()
    assert page.evaluate(NOTES)["effort"]["exercises"][NUMEL]["checks"] == 1
    effort.locator('button[data-action="forget"]').click()
    effort.get_by_text("Nothing is counted yet").wait_for()
    assert page.evaluate(NOTES)["effort"] == {"counting": False, "exercises": {}}
    assert text(module(page, 0).locator('[data-role="count"]')).startswith("all passed")


def test_the_package_shows_the_readers_own_lines(owner: Any) -> None:
    package = part(owner, "package")
    assert owner.evaluate("document.documentElement.dataset.started") is None, (
        "looking at the list starts no Python"
    )
    file = package.locator(f'[data-path="{TENSOR}"]')
    assert "1 of " in text(file.locator('[data-role="count"]'))
    file.locator('button[data-action="open-file"]').click()
    view = package.locator(".tt-file")
    view.locator(".cm-editor").wait_for()
    assert view.locator("h3").evaluate("one => one === document.activeElement")
    assert "3 lines are yours, in 1 of" in text(view)

    view.get_by_role("button", name="Tensor.__add__").click()
    mine = view.locator(".cm-line.tt-line-mine")
    mine.first.wait_for()
    expected = [f"    {line}" for line in MINE.splitlines()]
    assert mine.evaluate_all("lines => lines.map((line) => line.textContent)") == expected
    assert (
        "lines" in text(view.locator('[data-mine="yours"]'))
        and view.locator('[data-mine="yours"]').count() == 1
    )
    assert view.locator(".cm-content").get_attribute("aria-readonly") == "true"
    view.locator(".cm-content").press("x")
    assert mine.evaluate_all("lines => lines.map((line) => line.textContent)") == expected

    with owner.expect_download() as download:
        view.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "tensor.py"
    with open(download.value.path(), encoding="utf-8") as saved:
        source = saved.read()
    assert "\n".join(expected) in source
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view.get_by_role("button", name="Copy").click()
    view.get_by_text("Copied.").wait_for()
    assert owner.evaluate("navigator.clipboard.readText()") == source

    view.get_by_role("button", name="Close").click()
    assert not view.is_visible()
    assert owner.evaluate("document.activeElement.dataset.action") == "open-file"


def test_a_module_that_is_set_aside_leaves_the_package_and_what_runs_on_it(reader: Visit, site: Site) -> None:
    page = reader.page
    prepared(page, site, record(NUMEL, solution(NUMEL, START)))
    open_mine(page, site)
    start = module(page, 0)
    start.get_by_role("switch", name="Use my code for module 00").uncheck()
    start.get_by_text(ASIDE).wait_for()
    assert text(part(page, "map").locator("output")).startswith("Module 00 is set aside")
    assert text(start.locator('[data-role="count"]')).startswith("all passed"), "nothing is lost by it"

    open_page(page, site, f"exercises/{START}.html")
    experiment = box(page, "experiment", "count_pictures")
    assert run(experiment) == "passed"
    assert "Runs on the book's tinytorch" in words(experiment)
    assert "Module 00 is set aside: the book's code ran in its place." in words(experiment)
    together = box(page, "integration", START)
    if together.count():
        run(together)
        assert "Module 00 is set aside" in words(together)

    open_mine(page, site)
    start.get_by_role("switch").check()
    start.get_by_text(ASIDE).wait_for(state="detached")
    open_page(page, site, f"exercises/{START}.html")
    assert run(experiment) == "passed"
    assert f"Runs on your tinytorch: your {NUMEL}, with" in words(experiment)
    assert "set aside" not in words(experiment)


def test_a_milestone_says_what_is_missing_and_when_it_was_passed(owner: Any, site: Site) -> None:
    perceptron = owner.locator('[data-mine-milestone="1958"]')
    standing = text(perceptron.locator('[data-role="standing"]'))
    assert standing.startswith("For your code alone it needs the rest of 01 Tensor (1 of ")
    assert "02 Activations, 03 Layers and 04 Losses" in standing
    note = {"key": "milestone:1958", "value": {"passed": "2026-11-03T12:00:00.000Z", "yours": False}}
    owner.evaluate(
        f"""async (note) => {{ {OPEN}
            const database = await open();
            const transaction = database.transaction("notes", "readwrite");
            transaction.objectStore("notes").put(note);
            await ended(transaction);
            database.close();
        }}""",
        note,
    )
    open_mine(owner, site)
    said = text(perceptron.locator('[data-role="standing"]'))
    assert said.startswith("Passed on November 3, 2026, with the book's code in the gaps.")


def test_erasing_asks_twice_and_leaves_nothing_also_not_of_another_tab(reader: Visit, site: Site) -> None:
    page = reader.page
    desk = ExercisePage(reader, site, START)
    desk.passes(NUMEL)
    page.locator('html[data-snapshot="made"]').wait_for(state="attached")
    other = reader.context.new_page()
    elsewhere = ExercisePage(reader, site, page=other)
    open_mine(page, site)
    page.evaluate("caches.open('tinytorch-files:/another/')")
    erase = part(page, "erase")
    erase.locator('button[data-action="erase"]').click()
    question = erase.get_by_role("group", name="Erase everything that this book keeps in this browser?")
    assert "1 answer with all their versions" in text(question)
    question.press("Escape")
    assert not question.is_visible()
    assert page.evaluate("document.activeElement.dataset.action") == "erase"
    assert [one["exercise"] for one in desk.records()] == [NUMEL]

    erase.locator('button[data-action="erase"]').click()
    with page.expect_download() as download:
        question.get_by_role("button", name="Export as ZIP first").click()
    assert download.value.suggested_filename.endswith(".zip")
    erase.get_by_text("Nothing is erased yet.").wait_for()
    elsewhere.write("tensor_add", MINE + "  # typed in the other tab, in the last moment")
    with other.expect_navigation():
        question.get_by_role("button", name="Erase everything now").click()
    erase.get_by_text("Everything is erased. This page is as new.").wait_for()
    other.evaluate("tinytorch.ready()")
    assert "__add__" in elsewhere.text("tensor_add") and "typed in the other tab" not in elsewhere.text(
        "tensor_add"
    )
    assert text(module(page, 0).locator('[data-role="count"]')).startswith("0 of 1 passed")
    assert "#" not in page.url
    other.close()

    # What the new pages have opened is empty, and once they are closed nothing comes back.
    assert desk.records() == []
    assert page.evaluate(NOTES) == {}
    page.goto(f"{site.url}licence.html")
    left = page.evaluate(LEFT)
    assert left == {"notes": [], "session": [], "caches": []}


def test_the_page_is_used_without_a_mouse(owner: Any) -> None:
    page = owner
    page.keyboard.press("Home")
    tab_to(page, '[data-mine-module="1"] [role="switch"]')
    page.keyboard.press("Space")
    module(page, 1).get_by_text(ASIDE).wait_for()
    page.keyboard.press("Space")
    module(page, 1).get_by_text(ASIDE).wait_for(state="detached")
    tab_to(page, f'[data-path="{TENSOR}"] [data-action="open-file"]')
    page.keyboard.press("Enter")
    page.locator(".tt-file .cm-editor").wait_for()
    tab_to(page, ".tt-regions [data-action]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('.cm-content')")
    assert tab_on(page) is not None, "the listing lets the keyboard go"
    tab_to(page, '[data-mine="erase"] [data-action="erase"]')
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "erase-question"
    for action in ("export-first", "erase-now", "keep"):
        stop = tab_on(page)
        assert stop is not None and f'data-action="{action}"' in stop["html"] and stop["shown"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.action") == "erase"
    assert page.evaluate(FOCUS)["shown"]


@pytest.mark.parametrize("look", [("light", 1366), ("dark", 390)], ids=str)
def test_axe_finds_nothing_with_everything_open(chromium: Any, site: Site, look: tuple[str, int]) -> None:
    scheme, width = look
    reader = visit(
        chromium, color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="reduce"
    )
    page = reader.page
    desk = prepared(page, site, record("tensor_add", MINE), record("tensor_sum", "begun", passed=False))
    desk.open()
    desk.passes(NUMEL)
    open_mine(page, site)
    module(page, 1).get_by_role("switch").uncheck()
    module(page, 1).get_by_text(ASIDE).wait_for()
    open_everything(page)
    page.locator(f'[data-path="{TENSOR}"] button[data-action="open-file"]').click()
    page.locator(".tt-file .cm-editor").wait_for()
    part(page, "erase").locator('button[data-action="erase"]').click()
    assert violations(page) == {}
    assert width_beyond(page) == 0
    reader.context.close()
    assert [*reader.foreign, *reader.errors, *reader.missing, *reader.complaints] == []
