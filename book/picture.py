"""Take the README's pictures: an answer that is not right yet, and a milestone on a reader's own code.

python book/picture.py        # needs the built site; writes book/picture.png and book/milestone.png
"""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from serve import make_server

BOOK = Path(__file__).parent
SITE = BOOK.parent / "build" / "site"
EXERCISE = "tensor_add"
ANSWER = """def __add__(self, other: Any) -> Tensor:
    a, b = operands("+", self, other)
    return a + b
"""
IMPORT = "text => tinytorch.importWorkspace(new Blob([text]))"


def main() -> None:
    """Photograph both pages."""
    server = make_server(SITE, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        url = f"http://127.0.0.1:{server.server_port}"
        exercise(page, url)
        milestone(page, url)
        browser.close()


def exercise(page: Any, url: str) -> None:
    """Answer, check, and photograph the exercise's box in its page."""
    page.goto(f"{url}/exercises/01_tensor.html")
    page.evaluate("tinytorch.ready()")
    page.evaluate("([name, text]) => tinytorch.setCode(name, text)", [EXERCISE, ANSWER])
    page.evaluate("name => tinytorch.check(name)", EXERCISE)
    photograph(page, f"#exercise-{EXERCISE}", "picture.png")


def milestone(page: Any, url: str) -> None:
    """Bring the book's solutions in as a reader's answers, train the network of 1986, let it read a digit."""
    page.goto(f"{url}/milestones/1986_mlp.html")
    page.evaluate("tinytorch.ready()")
    page.evaluate(IMPORT, answers())
    page.evaluate("tinytorch.run('milestone_1986')")
    sheet = page.locator("[data-digit-canvas]")
    sheet.locator('button[data-action="example"]').click()
    sheet.locator('button[data-action="read"]').click()
    sheet.locator("output[data-digit]").wait_for()
    photograph(page, "[data-digit-canvas]", "milestone.png")


def answers() -> str:
    """Return all of the book's solutions as a workspace in which they have passed."""
    chapters = (
        json.loads(file.read_text(encoding="utf-8")) for file in (SITE / "chapters").glob("[0-9]*.json")
    )
    records = [
        {key: one[key] for key in ("stub", "stub_hash")}
        | {"exercise": one["name"], "text": one["solution"], "passed": one["solution"], "failed": None}
        | {"updated": "2026-01-01T00:00:00Z"}
        for chapter in chapters
        for one in chapter["exercises"]
    ]
    return json.dumps({"format": 2, "book": "tinytorch", "records": records, "questions": [], "versions": []})


def photograph(page: Any, what: str, name: str) -> None:
    """Scroll to something, and keep what is seen then."""
    page.evaluate("what => document.querySelector(what).scrollIntoView()", what)
    page.mouse.wheel(0, -90)
    page.wait_for_timeout(500)
    page.screenshot(path=BOOK / name)


if __name__ == "__main__":
    main()
