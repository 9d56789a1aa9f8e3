"""Milestones in the page: on whose code they run, what the gates say, and a drawn digit that is read."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import numpy as np
import pytest
from exercise_page import OPEN
from pages import all_answers, box, chapter, open_page, run, words
from test_accessibility import violations, visiting
from visits import ROOT, SITE, Site, Visit, visit

REPORT = json.loads((ROOT / "tinytorch" / "workshop" / "report.schema.json").read_text(encoding="utf-8"))
PAGE = {year: f"milestones/{year}_{slug}.html" for year, slug in {1958: "perceptron", 1986: "mlp"}.items()}
with np.load(ROOT / "tinytorch/data/files/tinydigits.npz") as file:
    IMAGES, TARGETS = file["test_images"], file["test_targets"]

IMPORT = "text => tinytorch.importWorkspace(new Blob([text]))"
PUT_NOTE = f"""async ([key, value]) => {{ {OPEN}
    const database = await open();
    const transaction = database.transaction("notes", "readwrite");
    transaction.objectStore("notes").put({{ key, value }});
    await ended(transaction);
    database.close();
}}"""
NOTE = f"""async (key) => {{ {OPEN}
    const database = await open();
    const asked = database.transaction("notes").objectStore("notes").get(key);
    await ended(asked.transaction);
    database.close();
    return asked.result?.value ?? null;
}}"""
WATCH_PROGRESS = """(section) => {
    window.told = [];
    const place = section.querySelector('[data-role="progress"]');
    const bar = () => place.querySelector("progress")?.value;
    const note = () => place.hidden || window.told.push([place.textContent, bar()]);
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(note).observe(place, all);
}"""


def facts(year: int) -> dict[str, Any]:
    return json.loads((SITE / "milestones" / f"{year}.json").read_text(encoding="utf-8"))


def upside_down(name: str, text: str) -> str:
    """Sabotage: the gradient of the cross-entropy points the other way."""
    return text.replace("return ", "return -1 * ") if name == "cross_entropy_gradient" else text


def whose(section: Any) -> list[str]:
    return section.locator("[data-module]").evaluate_all("all => all.map((one) => one.dataset.whose)")


@pytest.fixture(scope="module")
def perceptron(chromium: Any, site: Site) -> Iterator[Any]:
    """The page of 1958, for a reader who begins with nothing."""
    reader = visit(chromium)
    open_page(reader.page, site, PAGE[1958])
    yield reader.page
    reader.context.close()
    assert [*reader.foreign, *reader.errors, *reader.missing, *reader.complaints] == []


def test_the_perceptron_of_a_reader_who_has_nothing_yet_of_one_who_has_all_and_of_a_saboteur(
    perceptron: Any,
) -> None:
    """One page and one Python: what runs is what has passed by then."""
    section = box(perceptron, "milestone", "1958")
    assert whose(section) == ["book"] * 4
    section.evaluate(WATCH_PROGRESS)
    assert run(section) == "passed", words(section)
    assert "It ran on the book’s code." in words(section)
    assert section.locator("output").get_attribute("data-whose") is None
    figures = section.locator(".tt-figures img")
    assert figures.count() > 0
    for figure in figures.all():
        assert len(figure.get_attribute("alt")) > 30, "told in words"
    assert any("epoch" in text for text, _ in perceptron.evaluate("window.told"))
    assert section.locator('[data-role="progress"]').is_hidden()
    checks = section.locator("output [data-check]")
    claims = section.locator(".tt-gates [data-claim]")
    assert [one.get_attribute("data-check") for one in checks.all()] == [
        one.get_attribute("data-claim") for one in claims.all()
    ], "the gates of the page are the gates of the run"

    perceptron.evaluate(IMPORT, all_answers())
    section.locator('[data-whose="mine"][data-module="4"]').wait_for()
    assert whose(section) == ["mine"] * 4
    assert section.get_attribute("data-whose") == "mine"
    assert section.locator(".tt-head").get_by_text("Every exercise yours").is_visible()
    assert run(section) == "passed", words(section)
    assert "Every exercise of every module in it is your code." in words(section)
    assert section.locator("output").get_attribute("data-whose") == "mine"
    assert perceptron.evaluate(NOTE, "milestone:1958")["yours"] is True

    perceptron.evaluate(IMPORT, all_answers(upside_down))
    assert run(section) == "failed", words(section)
    failed = section.locator('output [data-outcome="failed"] .tt-message')
    assert failed.count() > 0
    assert all(len(one.text_content()) > 20 for one in failed.all()), "in words"
    assert "With the book's module 04 (Losses) in place of yours it passes: look there." in words(section)
    assert perceptron.evaluate(NOTE, "milestone:1958")["yours"] is True, "what was reached stays reached"

    section.locator('button[data-action="run"]').click()
    section.locator('[data-role="progress"]').get_by_text("Looking for the module").wait_for()
    section.locator('button[data-action="stop"]').click()
    section.locator('output[data-outcome="timeout"]:not([aria-busy="true"])').wait_for()
    assert section.locator('output [data-check="points"][data-outcome="failed"]').count() == 1, "stays known"
    assert "You stopped this run" in words(section)


def test_the_hook_gives_its_report(perceptron: Any) -> None:
    perceptron.evaluate(IMPORT, all_answers())
    report = perceptron.evaluate("tinytorch.run('milestone_1958')")
    jsonschema.validate(report, REPORT)
    assert (report["exercise"], report["outcome"]) == ("milestone_1958", "passed")


def test_a_program_that_arrives_damaged_is_said_and_asked_for_again(perceptron: Any) -> None:
    isolated = {"cross-origin-resource-policy": "same-origin"}
    program = "**/milestones/1958.json"
    perceptron.route(program, lambda route: route.fulfill(body="<html>", headers=isolated))
    section = box(perceptron, "milestone", "1958")
    assert run(section) == "error"
    assert "1958: not JSON" in words(section)
    perceptron.unroute(program)
    assert run(section) == "passed", words(section)


class Sheet:
    """The sheet of the page of 1986."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.section = box(page, "digit-canvas", "1986")
        self.paper = self.section.locator('[data-role="paper"]')
        self.output = self.section.locator("output")

    def press(self, action: str) -> None:
        self.section.locator(f'button[data-action="{action}"]').click()

    def says(self, text: str) -> None:
        self.output.get_by_text(text).wait_for()

    def read(self) -> int:
        """Wait for what was read, and return it."""
        self.section.locator("output[data-digit]").wait_for()
        return int(self.output.get_attribute("data-digit"))

    def draw(self, image: np.ndarray) -> None:
        """Draw a test digit with the mouse, along the middle of its strokes."""
        self.press("clear")
        self.paper.scroll_into_view_if_needed()
        corner = self.paper.bounding_box()
        size = corner["width"] / 28
        mouse = self.page.mouse
        for stroke in strokes(image > 110):
            for at, (row, column) in enumerate(stroke):
                mouse.move(corner["x"] + (column + 0.5) * size, corner["y"] + (row + 0.5) * size)
                if at == 0:
                    mouse.down()
            mouse.up()


def strokes(ink: np.ndarray) -> Iterator[list[tuple[float, float]]]:
    """Yield lines for a pen two pixels wide: along wide rows, and from the middle of each row to the next."""
    above: list[tuple[int, int]] = []
    for row in range(28):
        columns = np.flatnonzero(ink[row])
        pieces = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1) if columns.size else []
        runs = [(int(piece[0]), int(piece[-1])) for piece in pieces]
        for left, right in runs:
            middle = (left + right) / 2
            if right - left > 3:
                yield [(row, left + 1), (row, right - 1)]
            for before in above:
                if before[0] <= right and left <= before[1]:
                    start = within(middle, before)
                    yield [(row - 1, start), (row, within(start, (left, right)))]
        above = runs


def within(column: float, run: tuple[int, int]) -> float:
    """Return where a stroke at this column meets a run of ink: in its middle, or anywhere in a wide one."""
    left, right = run
    return min(max(column, left + 1), right - 1) if right - left > 3 else (left + right) / 2


def sample(digit: int) -> np.ndarray:
    return IMAGES[np.flatnonzero(digit == TARGETS)[0]]


def test_a_network_is_trained_and_reads_what_is_drawn(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    open_page(page, site, PAGE[1986])
    milestone, sheet = box(page, "milestone", "1986"), Sheet(page)

    sheet.press("read")
    sheet.says("Nothing is drawn yet.")
    sheet.draw(sample(0))
    sheet.press("read")
    sheet.says("Train it first")
    standing = sheet.section.locator('[data-role="standing"]')
    assert standing.get_attribute("data-trained") == "no"

    milestone.evaluate(WATCH_PROGRESS)
    assert run(milestone) == "passed", words(milestone)
    told = page.evaluate("window.told")
    assert any(text.startswith("Loading tinydigits: ") for text, _ in told), "on demand, in MB"
    assert any("epoch" in text and value for text, value in told)
    sheet.section.locator('[data-trained="yes"]').wait_for()

    for digit in (4, 0):
        sheet.draw(sample(digit))
        assert sheet.output.inner_text() == "", "what was read before does not stand beside another drawing"
        sheet.press("read")
        assert sheet.read() == digit
    shares = sheet.section.locator(".tt-scores li").all_inner_texts()
    assert len(shares) == 10
    assert sum(float(share.split()[-1].rstrip("%")) for share in shares) == pytest.approx(100, abs=0.6)
    for scheme in ("light", "dark"):
        page.evaluate("scheme => { document.documentElement.dataset.theme = scheme; }", scheme)
        assert violations(page) == {}

    page.reload()
    page.evaluate("tinytorch.ready()")
    sheet = Sheet(page)
    sheet.section.locator('[data-trained="yes"]').wait_for()
    right = 0
    for digit in range(10):
        sheet.section.locator("select").select_option(str(digit))
        sheet.press("example")
        right += sheet.read() == digit
    assert right >= 8, "weights that were trained before the reload"
    assert box(page, "milestone", "1986").locator("output").inner_text() == ""

    # By keyboard alone: a 1, from top to bottom.
    sheet.press("clear")
    sheet.paper.focus()
    where = sheet.section.locator('[data-role="where"]')
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    assert where.inner_text() == "Row 3, column 8, pen down."
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert where.inner_text() == "Row 12, column 8, pen up."
    page.keyboard.press("Tab")
    sheet.section.locator('button[data-action="read"]').focus()
    page.keyboard.press("Enter")
    assert sheet.read() == 1

    trained = page.evaluate(NOTE, "model:1986")
    damaged = base64.b64encode(base64.b64decode(trained["model"])[:-2000]).decode()
    page.evaluate(PUT_NOTE, ["model:1986", trained | {"model": damaged}])
    sheet.press("read")
    sheet.section.locator("output:not([aria-busy]) > .tt-summary").wait_for()
    assert sheet.output.get_attribute("data-digit") is None
    assert len(sheet.output.inner_text()) > 20, "why not, in words"
    page.evaluate(PUT_NOTE, ["model:1986", {"model": 7}])
    sheet.press("read")
    sheet.says("Train it first")


def test_a_finger_draws_and_does_not_scroll(chromium: Any, site: Site) -> None:
    with visiting(chromium, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as page:
        open_page(page, site, PAGE[1986])
        sheet = Sheet(page)
        sheet.paper.scroll_into_view_if_needed()
        at = sheet.paper.bounding_box()
        before = page.evaluate("scrollY")
        touches = page.context.new_cdp_session(page)
        x, y = at["x"] + at["width"] / 2, at["y"] + 40
        for kind, points in (
            ("touchStart", [{"x": x, "y": y}]),
            *(("touchMove", [{"x": x, "y": y + step}]) for step in range(10, 150, 10)),
            ("touchEnd", []),
        ):
            touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        assert page.evaluate("scrollY") == before
        drawn = sheet.paper.evaluate("""(paper) => {
            const { data } = paper.getContext("2d").getImageData(0, 0, 280, 280);
            const rows = new Set();
            for (let at = 3; at < data.length; at += 4) if (data[at] > 200) rows.add(Math.floor(at / 1120));
            return rows.size;
        }""")
        assert drawn > 130, "a line, and not a point"


def test_a_run_is_stopped_in_the_middle(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    open_page(page, site, PAGE[1986])
    section = box(page, "milestone", "1986")
    section.locator('button[data-action="run"]').click()
    section.locator('[data-role="progress"]').get_by_text("epoch").wait_for()
    section.locator('button[data-action="stop"]').click()
    output = section.locator('output[data-outcome]:not([aria-busy="true"])')
    output.wait_for()
    assert output.get_attribute("data-outcome") == "timeout"
    assert "You stopped this run" in words(section)
    assert section.locator('[data-role="progress"]').is_hidden()
    assert page.evaluate(NOTE, "model:1986") is None, "half a training is none"


@pytest.mark.parametrize("year", PAGE)
def test_a_milestone_is_read_without_javascript(chromium: Any, site: Site, year: int) -> None:
    with visiting(chromium, java_script_enabled=False) as page:
        page.goto(site.url + PAGE[year])
        assert page.locator("button:visible, select:visible, canvas:visible").count() == 0
        section = box(page, "milestone", str(year))
        modules = section.locator("[data-module]")
        assert modules.count() == len(facts(year)["modules"])
        assert "the book’s, until your answers pass" in modules.first.inner_text()
        assert section.locator(".tt-gates li").count() > 0
        assert section.locator(".tt-built img").first.is_visible()
        program = page.locator("div.highlight pre").first.inner_text()
        assert program.strip() == facts(year)["source"].strip(), "whole, and word for word"


def test_the_way_leads_from_chapters_and_the_map_to_milestones(chromium: Any, site: Site) -> None:
    after = {"04_losses": 1958, "07_training": 1969, "08_dataloader": 1986}
    with visiting(chromium, java_script_enabled=False) as page:
        for name, year in after.items():
            page.goto(site.url + chapter(name)["page"])
            link = page.locator("#integration ~ .tt-milestone-link a")
            assert str(year) in link.inner_text()
            assert page.locator(".tt-connections").get_by_role("link", name=str(year)).count() == 1
            link.click()
            assert page.get_by_role("heading", level=1).inner_text().startswith(str(year))
        page.goto(site.url)
        assert page.locator(".tt-map .tt-milestone a").count() == 3
        assert page.locator(".tt-map .tt-milestone .tt-planned").count() == 3
