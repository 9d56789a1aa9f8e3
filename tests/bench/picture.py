"""Take the README's pictures: an answer that is not right yet, and a milestone on a reader's own code.

python tests/bench/picture.py        # needs the built site; writes book/picture.png and book/milestone.png
"""

from __future__ import annotations

import math
from typing import Any

from playwright.sync_api import sync_playwright
from stand import CHROMIUM, FLAGS, ROOT, all_answers, serve_site

EXERCISE = "tensor_add"
ANSWER = """def __add__(self, other: Any) -> Tensor:
    a, b = operands("+", self, other)
    return a + b
"""
IMPORT = "text => tinytorch.importWorkspace(new Blob([text]))"


def main() -> None:
    """Photograph both pages."""
    url, _ = serve_site()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        exercise(page, url)
        milestone(page, url)
        browser.close()


def exercise(page: Any, url: str) -> None:
    """Answer, check, and photograph the exercise's box in its page."""
    page.goto(f"{url}exercises/01_tensor.html")
    page.evaluate("tinytorch.ready()")
    page.evaluate("([name, text]) => tinytorch.setCode(name, text)", [EXERCISE, ANSWER])
    page.locator(f"#exercise-{EXERCISE}").scroll_into_view_if_needed()
    page.evaluate("name => tinytorch.check(name)", EXERCISE)
    page.locator(f"#exercise-{EXERCISE} .cm-content").wait_for()
    photograph(page, f"#exercise-{EXERCISE}", "picture.png")


def milestone(page: Any, url: str) -> None:
    """Bring the book's solutions in as a reader's answers, train the network of 1986, let it read a digit."""
    page.goto(f"{url}milestones/1986_mlp.html")
    page.evaluate("tinytorch.ready()")
    page.evaluate(IMPORT, all_answers())
    page.evaluate("tinytorch.run('milestone_1986')")
    sheet = page.locator("[data-digit-canvas]")
    sheet.scroll_into_view_if_needed()
    draw(page, sheet.locator('[data-role="paper"]').bounding_box())
    sheet.locator('button[data-action="read"]').click()
    sheet.locator('output[data-digit="3"]').wait_for()
    photograph(page, "[data-digit-canvas]", "milestone.png")


def draw(page: Any, paper: dict[str, float]) -> None:
    """Draw a 3 with the mouse: two bows, open to the left."""
    bows = [
        (0.33, 0.17, -150, 90),
        (0.66, 0.19, -90, 150),
    ]  # height, radius, from where to where
    angles = [(y, r, math.radians(a)) for y, r, first, last in bows for a in range(first, last + 1, 10)]
    for at, (y, r, angle) in enumerate(angles):
        x = 0.48 + r * math.cos(angle)
        y += r * math.sin(angle)
        page.mouse.move(paper["x"] + x * paper["width"], paper["y"] + y * paper["height"])
        if at == 0:
            page.mouse.down()
    page.mouse.up()


def photograph(page: Any, what: str, name: str) -> None:
    """Keep one box, on a little of the page."""
    page.mouse.move(0, 0)
    page.evaluate("what => document.querySelector(what).scrollIntoView({ block: 'center' })", what)
    page.wait_for_timeout(500)
    box = page.locator(what).bounding_box()
    clip = {"x": box["x"] - 16, "y": box["y"] - 16, "width": box["width"] + 32, "height": box["height"] + 32}
    page.screenshot(path=ROOT / "book" / name, clip=clip)


if __name__ == "__main__":
    main()
