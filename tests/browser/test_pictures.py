"""Pictures in a page: values that draw themselves, and figures that grow while code runs."""

from __future__ import annotations

from typing import Any

import pytest
from other_experiment import ExperimentPage
from pages import run, width_beyond, words
from visits import Site, Visit, visit

DRAWING = """
class Drawing:
    def _repr_svg_(self):
        return '''<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="80" onload="alert(1)">
            <title>The graph of y</title><desc>y comes from a product of w and x.</desc>
            <script>parent.document.title = "taken"; fetch("/taken")</script>
            <image href="http://elsewhere.example/x.png"/>
            <rect width="1000" height="80" fill="#1c5a9c"/></svg>'''
Drawing()
"""
LIVE = """
import time
from tinytorch.workshop.live import LivePlot

plot = LivePlot("Falling", xlabel="step", ylabel="loss")
for step in {steps}:
    plot.add(step, 1 / (step + 1))
    end = time.perf_counter() + 0.02
    while time.perf_counter() < end: pass
"""
# A clock of the figure's own, which no busy machine lets run ahead: a fiftieth of a second at each look.
CLOCK = """
import itertools
from types import SimpleNamespace
from tinytorch.workshop import live

ticks = itertools.count()
live.time = SimpleNamespace(perf_counter=lambda: next(ticks) / 50)
"""
# Notes every picture, and what the figure is called meanwhile.
WATCH = """(section) => {
    window.seen = [];
    const output = section.querySelector("output[data-result]");
    new MutationObserver(() => {
        const images = output.querySelectorAll(".tt-figures img");
        for (const image of images) {
            if (window.seen.at(-1)?.src === image.src) continue;
            window.seen.push({ src: image.src, alt: image.alt, images: images.length });
        }
    }).observe(output, { subtree: true, childList: true, attributes: true });
}"""


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_value_draws_itself_as_a_picture_and_nothing_more(
    chromium: Any, site: Site, width: int, scheme: str
) -> None:
    reader = visit(chromium, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = ExperimentPage(reader, site, DRAWING)
    title = page.page.title()
    assert run(page.box) == "passed", words(page.box)
    (image,) = page.figures.all()
    assert image.get_attribute("alt") == "The graph of y. y comes from a product of w and x."
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1000
    assert image.evaluate("image => getComputedStyle(image).backgroundColor") == "rgb(255, 255, 255)"
    assert page.box.locator("output svg:not(.tt-icon), output script").count() == 0
    # Readable at any width: it shrinks to six tenths and then scrolls, and the page never does.
    frame = page.box.locator(".tt-frame")
    frame.wait_for()
    assert image.evaluate("image => image.getBoundingClientRect().width") >= 600
    scrolls = frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    assert scrolls == (width == 390)
    assert (frame.get_attribute("tabindex") == "0") == scrolls
    assert width_beyond(page.page) == 0
    assert page.page.title() == title
    assert [*reader.foreign, *reader.errors, *reader.missing, *reader.complaints] == []
    reader.context.close()


def test_a_figure_grows_in_place_and_tells_its_words_at_the_end(undisturbed: Visit, site: Site) -> None:
    page = ExperimentPage(undisturbed, site, CLOCK + LIVE.format(steps="range(60)"))
    page.box.evaluate(WATCH)
    assert run(page.box) == "passed", words(page.box)
    seen = page.page.evaluate("window.seen")
    assert {one["images"] for one in seen} == {1}
    assert 3 <= len(seen) <= 8, "at most five times a second, for one and a half"
    assert {one["alt"] for one in seen[:-1]} == {"A figure that is being drawn"}
    (image,) = page.figures.all()
    assert "loss by step: from 1 at 0 to 0.01667 at 59" in image.get_attribute("alt")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 480
    # Once more, and the page has one figure again.
    assert run(page.box) == "passed"
    assert page.figures.count() == 1


@pytest.mark.parametrize("host", ["site", "plain_site"], ids=["interrupted", "replaced"])
def test_what_was_drawn_stays_when_the_run_is_stopped(
    reader: Visit, host: str, request: pytest.FixtureRequest
) -> None:
    page = ExperimentPage(
        reader, request.getfixturevalue(host), LIVE.format(steps="__import__('itertools').count()")
    )
    page.box.evaluate(WATCH)
    page.box.locator('[data-action="run"]').click()
    page.page.wait_for_function("() => window.seen.length > 3")
    page.box.locator('[data-action="stop"]').click()
    output = page.box.locator('output[data-outcome="timeout"]:not([aria-busy="true"])')
    output.wait_for()
    (image,) = page.figures.all()
    assert "loss by step: from 1 at 0" in image.get_attribute("alt")
    # The next run starts with an empty place, in whatever Python is there then.
    page.experiment["source"] = LIVE.format(steps="range(5)")
    page.open()
    assert run(page.box) == "passed"
    assert page.figures.count() == 1
