"""Take the README's picture: chapter 01 in Chromium, with an answer that is not right yet.

python book/picture.py        # needs the built site; writes book/picture.png
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from serve import make_server

BOOK = Path(__file__).parent
EXERCISE = "tensor_add"
ANSWER = """def __add__(self, other: Any) -> Tensor:
    a, b = operands("+", self, other)
    return a + b
"""


def main() -> None:
    """Answer, check, and photograph the exercise's box in its page."""
    server = make_server(BOOK.parent / "build" / "site", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"http://127.0.0.1:{server.server_port}/exercises/01_tensor.html")
        page.evaluate("tinytorch.ready()")
        page.evaluate("([name, text]) => tinytorch.setCode(name, text)", [EXERCISE, ANSWER])
        page.evaluate("name => tinytorch.check(name)", EXERCISE)
        page.evaluate("name => document.getElementById(`exercise-${name}`).scrollIntoView()", EXERCISE)
        page.mouse.wheel(0, -90)
        page.wait_for_timeout(500)
        page.screenshot(path=BOOK / "picture.png")
        browser.close()


if __name__ == "__main__":
    main()
