"""For every reader: by keyboard, by screen reader, in the dark, on a phone, on paper, without JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from exercise_page import ExercisePage
from pages import CHAPTERS, PAGES, box, chapter, exercise, open_page, run, width_beyond, words
from visits import ROOT, Site, Visit, visit

AXE = (ROOT / "lite" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
# axe would describe each element that is right, too, and a page has thousands.
VIOLATIONS = """(only) => axe.run({
    resultTypes: ["violations"],
    rules: { "target-size": { enabled: true } },
    ...(only && { runOnly: { type: "rule", values: only } }),
}).then(({ violations }) => violations)"""
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # all other rules find the same in every scheme
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
LOOKS = [
    pytest.param({"color_scheme": scheme, "viewport": size}, id=f"{scheme}-{size['width']}")
    for scheme in ("light", "dark")
    for size in (WIDE, NARROW)
]
NUMEL = "numel"
ADDS = "def numel(shape):\n    print('x' * 300)\n    return sum(shape)\n"


@contextmanager
def visiting(chromium: Any, **options: Any) -> Iterator[Any]:
    """A page of a reader with these options, to whom nothing bad must happen."""
    reader = visit(chromium, **options)
    try:
        yield reader.page
    finally:
        reader.context.close()
    assert [*reader.foreign, *reader.errors, *reader.missing, *reader.complaints] == []


def violations(page: Any, *only: str) -> dict[str, list[str]]:
    """Ask axe-core about the page as it is, by all rules or some; {rule: the elements that break it}."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(VIOLATIONS, list(only) or None)
    return {
        f"{one['id']}: {one['help']}": [str(node["html"])[:160] for node in one["nodes"]] for one in found
    }


def open_everything(page: Any) -> None:
    """What is folded away is not looked at, so nothing stays folded."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


@pytest.fixture(scope="module")
def desk(chromium: Any) -> Iterator[Any]:
    """One reader for all pages, in a wide window, who wants no motion."""
    with visiting(chromium, viewport=WIDE, reduced_motion="reduce") as page:
        yield page


@pytest.fixture(scope="module")
def phone(chromium: Any) -> Iterator[Any]:
    """One reader for all pages, with a phone, in the dark."""
    with visiting(chromium, viewport=NARROW, has_touch=True, is_mobile=True, color_scheme="dark") as page:
        yield page


def violations_in(page: Any, schemes: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Ask axe-core about the page in each scheme, in a second about colours; what is right is left out."""
    open_everything(page)
    found: dict[str, dict[str, list[str]]] = {}
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no look between two
        page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
        found[scheme] = violations(page, *(OF_COLOURS if found else []))
    return {scheme: broken for scheme, broken in found.items() if broken}


# Chapters are long and much alike: each is seen wide and light, and narrow and dark, and two in all looks.
ALIKE = [chapter(name)["page"] for name in CHAPTERS[2:]]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_who_wants_no_motion_sees_none(desk: Any, site: Site, path: str) -> None:
    desk.emulate_media(color_scheme="light")
    open_page(desk, site, path)
    assert desk.evaluate("document.documentElement.dataset.theme") == "light"
    assert desk.evaluate(RUNNING) == []
    assert desk.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert violations_in(desk, ["light"] if path in ALIKE else ["light", "dark"]) == {}


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_a_phone_and_nothing_has_to_be_scrolled_sideways(
    phone: Any, site: Site, path: str
) -> None:
    phone.emulate_media(color_scheme="dark", reduced_motion="no-preference")
    phone.set_viewport_size(NARROW)
    open_page(phone, site, path)
    assert phone.evaluate("document.documentElement.dataset.theme") == "dark"
    assert violations_in(phone, ["dark"] if path in ALIKE else ["dark", "light"]) == {}
    assert width_beyond(phone) == 0
    phone.set_viewport_size({"width": 320, "height": 800})
    assert width_beyond(phone) == 0


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_after_a_check_that_fails_and_one_that_passes(
    chromium: Any, site: Site, look: dict[str, Any]
) -> None:
    with visiting(chromium, **look) as tab:
        page = ExercisePage(Visit(tab.context, tab), site, "00_start")
        tab.locator(".cm-content").first.wait_for()
        question = box(tab, "question", "where_is_it")
        found = {}
        for text, outcome, choice in (
            (ADDS, "failed", 0),
            ("def numel(shape)\n", "error", 1),
            (exercise(NUMEL)["solution"], "passed", 1),
        ):
            page.write(NUMEL, text)
            assert page.check(NUMEL) == outcome
            assert run(box(tab, "experiment", "count_pictures")) == "passed"
            question.locator("input").nth(choice).check()
            run(question, "answer")
            open_everything(tab)
            found[outcome] = violations(tab)
            assert width_beyond(tab) == 0
        page.press(NUMEL, "reset")
        page.press(NUMEL, "versions")
        page.section(NUMEL).locator('[data-role="versions"] li').first.wait_for()
        open_everything(tab)
        page.section(NUMEL).locator(".tt-diff").last.wait_for()
        found["versions"] = violations(tab)
        assert width_beyond(tab) == 0
        assert {outcome: broken for outcome, broken in found.items() if broken} == {}


# Where the focus is, whether that can be seen, and whether something covers it. The editor shows its focus
# around itself, and a radio button is one with its label.
FOCUS = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    at.dataset.reached = "";
    const style = getComputedStyle(at.closest(".cm-editor") ?? at);
    const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const { left, top, width, height } = at.getBoundingClientRect();
    const parts = [0.1, 0.5, 0.9];
    const points = parts.flatMap((x) => parts.map((y) => [left + x * width, top + y * height]));
    const hits = points.map(([x, y]) => document.elementFromPoint(x, y));
    return {
        html: at.outerHTML.slice(0, 120),
        shown: outline || style.boxShadow !== "none",
        covered: !hits.some((hit) => hit && (at.contains(hit) || at.closest("label")?.contains(hit))),
    };
}"""
# Everything that a mouse can use. Of a group of radio buttons one takes the focus.
NOT_REACHED = """() => [...document.querySelectorAll("a[href], button, summary, input, .cm-content")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0)
    .filter((one) => one.dataset.reached === undefined && !one.disabled)
    .filter((one) => one.type !== "radio" || !document.querySelector(`[name="${one.name}"][data-reached]`))
    .map((one) => one.outerHTML.slice(0, 120))"""


def tab_on(page: Any) -> dict[str, Any] | None:
    """Press Tab, leaving the editor as its help says, and return where the focus is then."""
    if page.evaluate("document.activeElement?.matches('.cm-content')"):
        page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement?.matches('[data-role=editor] *')"):
        page.wait_for_function("document.activeElement.matches('.cm-content')")  # which replaces the listing
    return page.evaluate(FOCUS)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1366", "390"])
@pytest.mark.parametrize("path", ["index.html", "exercises/00_start.html"])
def test_the_tab_key_reaches_everything_and_shows_where_it_is(
    chromium: Any, site: Site, path: str, viewport: dict[str, int]
) -> None:
    with visiting(chromium, viewport=viewport, reduced_motion="reduce") as page:
        open_page(page, site, path)
        stops = []
        while (stop := tab_on(page)) is not None:
            stops.append(stop)
            assert len(stops) < 400, "the focus goes round in circles"
        assert [stop["html"] for stop in stops if not stop["shown"]] == []
        assert [stop["html"] for stop in stops if stop["covered"]] == []
        assert page.evaluate(NOT_REACHED) == []


def tab_to(page: Any, selector: str) -> None:
    for _ in range(400):
        tab_on(page)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def test_an_exercise_is_done_without_a_mouse(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    open_page(page, site, "exercises/00_start.html")
    numel = box(page, "exercise", NUMEL)
    output = numel.locator("output[data-result]")
    keyboard = page.keyboard

    tab_to(page, f'[data-exercise="{NUMEL}"] .cm-content')
    described = page.evaluate(
        "document.activeElement.getAttribute('aria-describedby').split(' ')"
        ".map((id) => document.getElementById(id).textContent).join(' ')"
    )
    assert "To leave the editor press Esc, then Tab." in described
    assert "numel" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    keyboard.press("Control+A")
    keyboard.type("def numel(shape):\nreturn sum(shape)")
    keyboard.press("Control+Enter")
    numel.locator('output[data-outcome="failed"]').wait_for()
    assert page.evaluate("document.activeElement.matches('.cm-content')"), "results do not take the focus"
    assert output.get_attribute("aria-live") == "polite"
    assert output.get_attribute("aria-busy") is None

    keyboard.press("Escape")
    keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.action") == "check"
    keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.matches('.cm-content')")
    keyboard.press("Control+A")
    keyboard.type("def numel(shape):\n")
    keyboard.press("Backspace")
    keyboard.press("Tab")
    keyboard.type("import math\nreturn math.prod(shape)")
    assert page.evaluate("tinytorch.getCode('numel')") == (
        "def numel(shape):\n    import math\n    return math.prod(shape)"
    )
    keyboard.press("Escape")
    tab_to(page, '[data-action="check"]')
    keyboard.press("Enter")
    numel.locator('output[data-outcome="passed"]').wait_for()
    assert page.evaluate("document.activeElement.dataset.action") == "check"

    tab_to(page, f'[data-exercise="{NUMEL}"] [data-action="solution"]')
    keyboard.press("Space")
    solution = numel.locator('details[data-role="solution"]')
    assert solution.get_attribute("open") is not None
    assert page.evaluate("document.activeElement.matches('[data-role=solution] > summary')")
    keyboard.press("Enter")
    assert solution.get_attribute("open") is None


def test_an_editor_that_arrives_late_takes_the_focus_only_from_its_listing(
    undisturbed: Visit, site: Site
) -> None:
    page = undisturbed.page
    held: list[Any] = []
    page.route("**/editor-*.js", lambda route: held.append(route))
    listing = box(page, "exercise", NUMEL).locator('[data-role="editor"] > pre')
    editor = box(page, "exercise", NUMEL).locator(".cm-content")
    with page.expect_request("**/editor-*.js"):
        open_page(page, site, "exercises/00_start.html")
        listing.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.action") == "check"
    held.pop().continue_()
    editor.wait_for()
    assert page.evaluate("document.activeElement.dataset.action") == "check", "nobody is pulled back"

    with page.expect_request("**/editor-*.js"):
        open_page(page, site, "exercises/00_start.html")
        listing.focus()
    held.pop().continue_()
    editor.wait_for()
    assert page.evaluate("document.activeElement.matches('.cm-content')"), "who was there, is there"


def test_results_are_announced_politely_and_only_once(undisturbed: Visit, site: Site) -> None:
    """The live region is there before anything is said in it, and what Python prints is not read aloud."""
    page = undisturbed.page
    open_page(page, site, "exercises/00_start.html")
    regions = page.locator("output[data-result]")
    assert regions.count() > 3
    assert (
        regions.evaluate_all("all => all.map((one) => [one.ariaLive, one.textContent])")
        == [["polite", ""]] * regions.count()
    )
    page.evaluate("text => tinytorch.setCode('numel', text)", ADDS)
    numel = box(page, "exercise", NUMEL)
    assert run(numel, "check") == "failed"
    assert "0 of" not in words(numel)
    assert "of 5 checks pass." in words(numel)
    assert numel.locator('[data-role="stdout"]').get_attribute("aria-live") == "off"
    assert numel.locator('[role="alert"]').count() == 0
    for icon in numel.locator("output svg").all():
        assert icon.get_attribute("aria-hidden") == "true"


RUNNING = """() => document.getAnimations().filter((one) => one.playState === "running")
    .map((one) => one.animationName ?? one.transitionProperty)"""


def test_who_wants_no_motion_sees_none_while_python_loads_and_runs(desk: Any, site: Site) -> None:
    page = ExercisePage(Visit(desk.context, desk), site, "00_start")
    page.button(NUMEL, "check").hover()
    page.press(NUMEL, "check")
    page.section(NUMEL).locator("progress").wait_for()
    assert desk.evaluate(RUNNING) == []
    page.outcome(NUMEL)
    assert desk.evaluate(RUNNING) == []


SEEN = """all => all.map((one) => one.checkVisibility({ visibilityProperty: true })
    && one.getBoundingClientRect().width > 0 && one.getBoundingClientRect().height > 0)"""


def test_paper_shows_the_task_and_no_buttons(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    for name in CHAPTERS:
        open_page(page, site, chapter(name)["page"])
        page.emulate_media(media="print")
        for facts in chapter(name)["exercises"]:
            section = box(page, "exercise", facts["name"])
            section.locator('[data-role="editor"]').scroll_into_view_if_needed()
            shown = section.locator('[data-role="editor"]').inner_text()
            assert facts["stub"].splitlines()[0] in shown
            assert "Your code here" in shown
            assert section.locator("[data-claim]").evaluate_all(SEEN) == [True] * len(facts["checks"])
            assert not section.locator('[data-role="solution"]').is_visible()
        assert page.locator("button:visible").evaluate_all("all => all.map((one) => one.outerHTML)") == []
        assert not page.locator(".bd-sidebar-primary").is_visible()
        page.emulate_media(media="screen")


# What each exercise shows before anything is opened, and then with everything open.
EXERCISES = """() => [...document.querySelectorAll("[data-exercise]")].map((section) => ({
    name: section.dataset.exercise,
    editor: section.querySelector("[data-role=editor]").innerText.trim(),
    insides: [...section.querySelectorAll("details")]
        .map((one) => one.querySelector(":scope > :not(summary)").checkVisibility()),
    claims: section.querySelectorAll("[data-claim]").length,
    hints: section.querySelectorAll("[data-role=hint]").length,
    solution: section.querySelector("[data-role=solution] pre").innerText.trim(),
}))"""


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1366", "390"])
def test_a_chapter_is_read_without_javascript(chromium: Any, site: Site, viewport: dict[str, int]) -> None:
    with visiting(chromium, java_script_enabled=False, viewport=viewport) as page:
        for name in CHAPTERS:
            facts = chapter(name)
            page.goto(site.url + facts["page"])
            assert page.get_by_role("heading", name=facts["title"], level=1).is_visible()
            assert page.locator("button:visible").count() == 0, "a button that does nothing"
            folded = page.evaluate(EXERCISES)
            assert {inside for one in folded for inside in one["insides"]} == {False}
            for summary in (
                box(page, "exercise", facts["exercises"][0]["name"]).locator("details > summary").all()
            ):
                summary.click()
            for one in facts["questions"]:
                answer = box(page, "question", one["name"]).locator("details")
                answer.locator("summary").click()
                assert len(answer.inner_text()) > len("Show the answer") + 10
            assert set(page.evaluate(EXERCISES)[0]["insides"]) == {True}
            open_everything(page)  # the other exercises are made alike
            shown = page.evaluate(EXERCISES)
            assert [one["name"] for one in shown] == [one["name"] for one in facts["exercises"]]
            for one, exercise in zip(shown, facts["exercises"], strict=True):
                assert one["editor"] == exercise["stub"].strip()
                assert set(one["insides"]) == {True}
                assert one["claims"] == len(exercise["checks"])
                assert one["hints"] == len(exercise["hints"])
                assert one["solution"] == exercise["solution"].strip()
            for one in facts["experiments"]:
                assert box(page, "experiment", one["name"]).locator(".cell_output").is_visible()


def test_formulas_and_the_way_on_need_no_javascript(chromium: Any, site: Site) -> None:
    with visiting(chromium, java_script_enabled=False) as page:
        page.goto(site.url)
        page.get_by_role("main").get_by_role("link", name="Start here").first.click()
        page.get_by_role("link", name="Tensor").first.click()
        page.get_by_role("heading", name="Tensor", level=1).wait_for()
        formulas = page.locator(".katex")
        assert formulas.count() > 0
        assert formulas.first.is_visible()
        assert formulas.locator("math").count() > 0, "a formula can be read aloud"
