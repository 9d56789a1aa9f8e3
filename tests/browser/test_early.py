"""Who ran something on a page within the last day finds Python starting there; others find it waiting."""

from __future__ import annotations

import pytest
from exercise_page import ExercisePage
from visits import Site, Visit

CHAPTER = "00_start"

COUNT_WORKERS = """
window.workers = 0;
window.Worker = class extends Worker {
    constructor(...how) { super(...how); window.workers += 1; }
};
"""
SAVE_DATA = 'Object.defineProperty(navigator, "connection", { value: { saveData: true } });'
TWO_DAYS_AGO = """for (const key of Object.keys(localStorage)) {
    if (key.includes(":ran:")) localStorage.setItem(key, String(Date.now() - 2 * 24 * 60 * 60 * 1000));
}"""


def workers_at(page: ExercisePage, address: str) -> int:
    page.page.goto(address)
    page.page.evaluate("tinytorch.ready()")
    return page.page.evaluate("window.workers")


@pytest.mark.parametrize("isolated", [True, False])
def test_python_starts_with_the_page_of_whoever_ran_something_there(
    reader: Visit, site: Site, plain_site: Site, isolated: bool
) -> None:
    here = site if isolated else plain_site
    reader.page.add_init_script(COUNT_WORKERS)
    page = ExercisePage(reader, here, CHAPTER)
    assert page.page.evaluate("window.workers") == 0  # the first visit only reads
    page.passes("numel")

    assert workers_at(page, page.address) == 1
    page.page.locator("html[data-started]").wait_for(state="attached")
    page.passes("numel")
    assert page.page.evaluate("window.workers") == 1  # the one that was there already

    # It can be stopped and replaced like any other.
    page.write("numel", "def numel(shape):\n    while True:\n        pass\n")
    page.begin("numel")
    page.press("numel", "stop")
    assert page.outcome("numel") == "timeout"

    assert workers_at(page, f"{here.url}exercises/01_tensor.html") == 0  # nothing was run on that one
    page.page.evaluate(TWO_DAYS_AGO)
    assert workers_at(page, page.address) == 0


def test_python_waits_where_data_is_to_be_saved(reader: Visit, site: Site) -> None:
    reader.page.add_init_script(COUNT_WORKERS + SAVE_DATA)
    page = ExercisePage(reader, site, CHAPTER)
    page.passes("numel")
    assert workers_at(page, page.address) == 0


def test_what_an_early_worker_says_of_its_failure_is_heard(reader: Visit, site: Site) -> None:
    page = ExercisePage(reader, site, CHAPTER)
    page.passes("numel")
    page.page.route("**/pyodide.mjs", lambda route: route.abort())
    page.page.goto(page.address + "?snapshot=off")
    page.page.evaluate("tinytorch.ready()")
    assert page.check("numel") == "runtime_lost"
    assert "pyodide.mjs" in page.said("numel")
