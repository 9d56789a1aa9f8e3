"""What several tests ask of any page: its boxes, its size, and who wrote what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from visits import SITE, Site

CHAPTERS = [path.stem for path in sorted((SITE / "chapters").glob("[0-9]*.json"))]
# A chapter is heavy to look at; of the other pages it is enough to see each one once.
PAGES = sorted(
    str(path.relative_to(SITE))
    for path in SITE.rglob("*.html")
    if path.relative_to(SITE).parts[0] not in ("lite", "_static")
)


def chapter(name: str) -> dict[str, Any]:
    """Return the chapter's JSON, as the site serves it."""
    return json.loads((SITE / "chapters" / f"{name}.json").read_text(encoding="utf-8"))


def exercise(name: str) -> dict[str, Any]:
    """Return what the site knows of one exercise."""
    return next(one for each in CHAPTERS for one in chapter(each)["exercises"] if one["name"] == name)


def all_answers(change: Callable[[str, str], str] = lambda name, text: text) -> str:
    """Return the book's solutions as answers that passed, as an export without Python has them."""
    records = []
    for one in (one for name in CHAPTERS for one in chapter(name)["exercises"]):
        text = change(one["name"], one["solution"])
        records.append(
            {key: one[key] for key in ("stub", "stub_hash")}
            | {"exercise": one["name"], "text": text, "passed": text, "failed": None}
            | {"updated": "2026-01-01T00:00:00Z"}
        )
    empty = {"questions": [], "versions": []}
    return json.dumps({"format": 2, "book": "tinytorch", "records": records} | empty)


def open_page(page: Any, site: Site, path: str) -> None:
    """Open a page of the site and wait until its program has connected the boxes, where there are any."""
    page.goto(site.url + path)
    page.evaluate("window.tinytorch?.ready()")


def follow(page: Any, link: Any, heading: str) -> None:
    """Follow a link to a page of that heading, and wait until its program has connected the boxes."""
    link.click()
    page.get_by_role("heading", name=heading, level=1).wait_for()
    page.wait_for_function("window.tinytorch?.ready().then(() => true)")


def box(page: Any, kind: str, name: str) -> Any:
    """Return a box by its hook, such as `data-experiment="steps"`."""
    return page.locator(f'section[data-{kind}="{name}"]')


def run(section: Any, action: str = "run") -> str:
    """Press a box's button, wait until the run has ended, and return how."""
    section.locator("output[data-result]").evaluate("output => { delete output.dataset.outcome }")
    section.locator(f'button[data-action="{action}"]').click()
    output = section.locator('output[data-outcome]:not([aria-busy="true"])')
    output.wait_for()
    return output.get_attribute("data-outcome")


def words(section: Any) -> str:
    """Return what the result says to somebody who opens everything."""
    return " ".join(section.locator("output[data-result]").evaluate("output => output.textContent").split())


def width_beyond(page: Any) -> int:
    """Return by how many pixels the page can be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
