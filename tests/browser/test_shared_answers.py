"""One answer, whether it is written in a chapter's page or in its notebook."""

from __future__ import annotations

import pytest
from exercise_page import ExercisePage, solution
from notebook_tab import Notebook
from visits import Site, Visit

SERVICE_WORKERS = "allow"  # JupyterLite's own, and the book's beside it
CHAPTER, NUMEL = "00_start", "numel"
NOTE = "def numel(shape):\n    # {}\n    return 0"
NO_CHANNEL = "delete window.BroadcastChannel"
# JupyterLite's own storage works on, so that it is ours that is tested.
FORBIDDEN = """
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (name, ...rest) {
        if (name === "tinytorch") throw new DOMException("no", "SecurityError");
        return open.call(this, name, ...rest);
    };"""
OF_TOMORROW = """() => new Promise((resolve, reject) => {
    const asked = indexedDB.open("tinytorch", 1000);
    asked.onsuccess = () => { asked.result.close(); resolve(); };
    asked.onerror = () => reject(asked.error);
})"""
OF_YESTERDAY = """(record) => new Promise((resolve, reject) => {
    const asked = indexedDB.open("tinytorch", 1);
    asked.onupgradeneeded = () => {
        asked.result.createObjectStore("questions", { keyPath: "question" });
        asked.result.createObjectStore("answers", { keyPath: "exercise" }).put(record);
    };
    asked.onsuccess = () => { asked.result.close(); resolve(); };
    asked.onerror = () => reject(asked.error);
})"""


@pytest.fixture
def page(undisturbed: Visit, site: Site) -> ExercisePage:
    return ExercisePage(undisturbed, site, CHAPTER)


def shows(page: ExercisePage, text: str) -> None:
    """Wait until the page's editor shows this text."""
    page.page.wait_for_function("text => tinytorch.getCode('numel') === text", arg=text)


def test_what_is_written_in_one_is_in_the_other(page: ExercisePage, site: Site) -> None:
    stub = page.text(NUMEL)
    page.write(NUMEL, NOTE.format("in the page, before"))
    page.saved()
    notebook = Notebook.linked_from(page.page)
    notebook.holds(NUMEL, NOTE.format("in the page, before"))
    notebook.answers("shared")

    page.write(NUMEL, NOTE.format("in the page, beside"))
    notebook.holds(NUMEL, NOTE.format("in the page, beside"))

    notebook.write(NUMEL, NOTE.format("in the notebook, beside"))
    shows(page, NOTE.format("in the notebook, beside"))
    notice = page.section(NUMEL).get_by_text("This answer was changed in another tab.")
    notice.wait_for()

    page.page.goto("about:blank")  # the chapter is closed, and the notebook goes on
    notebook.write(NUMEL, NOTE.format("in the notebook, alone"))
    notebook.kept(NOTE.format("in the notebook, alone"))
    notebook.tab.close()
    page.open()
    assert page.text(NUMEL) == NOTE.format("in the notebook, alone")

    page.press(NUMEL, "reset")
    page.saved()
    again = Notebook.linked_from(page.page)
    again.holds(NUMEL, stub)
    assert NOTE.format("in the notebook, alone") in [text for _, text, _ in page.versions(NUMEL)]


def test_of_two_texts_written_at_once_none_is_lost(undisturbed: Visit, site: Site) -> None:
    undisturbed.page.add_init_script(NO_CHANNEL)  # the page neither hears nor is heard
    page = ExercisePage(undisturbed, site, CHAPTER)
    page.write(NUMEL, NOTE.format("both have this"))
    page.saved()
    notebook = Notebook.at(undisturbed.context, site, CHAPTER)
    notebook.holds(NUMEL, NOTE.format("both have this"))
    page.write(NUMEL, NOTE.format("the page's"))
    page.saved()
    notebook.write(NUMEL, NOTE.format("the notebook's"))
    notebook.strip.get_by_text("was changed here and in another tab").wait_for()
    assert notebook.text(NUMEL) == NOTE.format("the notebook's")
    (record,) = page.records()
    assert record["text"] == NOTE.format("the notebook's")
    assert [text for happened, text, _ in page.versions(NUMEL) if happened == "other"] == [
        NOTE.format("the page's")
    ]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("forbidden", "the browser does not let this site store anything"),
        ("of tomorrow", "a newer page of this book has been open here"),
    ],
)
def test_a_notebook_works_without_the_pages_answers(
    reader: Visit, site: Site, state: str, reason: str
) -> None:
    reader.page.goto(f"{site.url}_static/favicon.svg")  # the origin, and no program of ours
    if state == "forbidden":
        reader.context.add_init_script(FORBIDDEN)
    else:
        reader.page.evaluate(OF_TOMORROW)
    notebook = Notebook.at(reader.context, site, CHAPTER)
    notebook.answers("apart")
    assert reason in notebook.strip.inner_text()
    notebook.write(NUMEL, NOTE.format("mine"))
    notebook.holds(NUMEL, NOTE.format("mine"))


def test_answers_of_the_first_edition_are_taken_over(undisturbed: Visit, site: Site) -> None:
    undisturbed.page.goto(f"{site.url}_static/favicon.svg")  # the origin, and no program of ours
    record = {
        "exercise": NUMEL,
        "text": NOTE.format("from long ago"),
        "stub": "",
        "stub_hash": "",
        "passed": None,
        "failed": None,
        "updated": "2026-01-01T00:00:00.000Z",
    }
    undisturbed.page.evaluate(OF_YESTERDAY, record)
    notebook = Notebook.at(undisturbed.context, site, CHAPTER)
    notebook.holds(NUMEL, NOTE.format("from long ago"))


def test_what_passes_in_one_counts_in_the_other(page: ExercisePage, site: Site) -> None:
    right = solution(NUMEL, CHAPTER).rstrip("\n")
    spoken = right.replace("    count = 1", '    print("from the page")\n    count = 1')
    page.write(NUMEL, spoken)
    assert page.check(NUMEL) == "passed"
    page.stored('([answer]) => answer.passed?.includes("from the page")')
    notebook = Notebook.linked_from(page.page)
    assert notebook.start() == "", "it loads without a word"
    use = notebook.add_cell()
    said = notebook.run(use, "from tinytorch.core.shapes import numel\nprint(numel((2, 3)))")
    assert "Yours in this notebook, from the book's pages: `numel`." in said
    assert "from the page" in said

    # A check in the notebook: the page shows it at once, and the text with it.
    notebook.write(NUMEL, NOTE.format("wrong"))
    cell = notebook.scroll_to("%%exercise numel")
    notebook.run(cell)
    page.page.locator('section[data-exercise="numel"][data-status="failing"]').wait_for()
    mine = right.replace("    count = 1", '    print("from the notebook")\n    count = 1')
    notebook.write(NUMEL, mine)
    assert "is now yours in this notebook" in notebook.run(cell)
    page.page.locator('section[data-exercise="numel"][data-status="passed"]').wait_for()
    shows(page, mine)
    assert ("checked", mine, "passed") in page.versions(NUMEL)
    again = notebook.run(use)
    assert "from the notebook" in again
    assert "from the book's pages" not in again, "it is the notebook's own"

    # A check in the page, while the notebook's Python runs: its next cell has it.
    page.write(NUMEL, spoken)
    assert page.check(NUMEL) == "passed"
    page.stored('([answer]) => answer.passed?.includes("from the page")')
    said = notebook.run(use)
    assert "Yours in this notebook, from the book's pages: `numel`." in said
    assert "from the page" in said

    # A new Python takes it all over again.
    notebook.restart_and_run_all()
    use.locator(".jp-InputPrompt").get_by_text("[2]").wait_for()
    assert "Yours in this notebook" in use.locator(".jp-OutputArea").inner_text()


def test_what_is_erased_is_gone_from_an_open_notebook(page: ExercisePage, site: Site) -> None:
    stub = page.text(NUMEL)
    notebook = Notebook.linked_from(page.page)
    notebook.write(NUMEL, NOTE.format("nobody's business"))
    notebook.kept(NOTE.format("nobody's business"))
    notebook.tab.keyboard.press("Control+S")  # JupyterLite has a copy of its own now
    mine = page.page.context.new_page()
    mine.goto(f"{site.url}mine.html")
    with notebook.tab.expect_navigation():
        mine.locator('button[data-action="erase"]').click()
        mine.locator('button[data-action="erase-now"]').click()
    notebook.holds(NUMEL, stub)
    notebook.answers("shared")
    assert NOTE.format("nobody's business") not in [record["text"] for record in page.records()]
