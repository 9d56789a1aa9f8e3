"""Take the README's pictures: an answer that is not right yet, and a milestone on a reader's own code.

python tests/bench/picture.py        # needs the built site; writes book/picture.png and book/milestone.png
"""

from __future__ import annotations

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
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        exercise(page, url)
        milestone(page, url)
        browser.close()


def exercise(page: Any, url: str) -> None:
    """Answer, check, and photograph the exercise's box in its page."""
    page.goto(f"{url}exercises/01_tensor.html")
    page.evaluate("tinytorch.ready()")
    page.evaluate("([name, text]) => tinytorch.setCode(name, text)", [EXERCISE, ANSWER])
    page.evaluate("name => tinytorch.check(name)", EXERCISE)
    photograph(page, f"#exercise-{EXERCISE}", "picture.png")


def milestone(page: Any, url: str) -> None:
    """Bring the book's solutions in as a reader's answers, train the network of 1986, let it read a digit."""
    page.goto(f"{url}milestones/1986_mlp.html")
    page.evaluate("tinytorch.ready()")
    page.evaluate(IMPORT, all_answers())
    page.evaluate("tinytorch.run('milestone_1986')")
    sheet = page.locator("[data-digit-canvas]")
    sheet.locator('button[data-action="example"]').click()
    sheet.locator('button[data-action="read"]').click()
    sheet.locator("output[data-digit]").wait_for()
    photograph(page, "[data-digit-canvas]", "milestone.png")


def photograph(page: Any, what: str, name: str) -> None:
    """Scroll to something, and keep what is seen then."""
    page.evaluate("what => document.querySelector(what).scrollIntoView()", what)
    page.mouse.wheel(0, -90)
    page.wait_for_timeout(500)
    page.screenshot(path=ROOT / "book" / name)


if __name__ == "__main__":
    main()
