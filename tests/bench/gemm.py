"""How fast is a matrix product where NumPy has no BLAS? Every form, in Chromium, beside NumPy's own `@`.

    make bench-gemm        # or: python tests/bench/gemm.py --rounds 7

The programs that are timed are in gemm_in_page.py. What is found is printed, and written to
book/developers/measured/gemm.json, of which the documentation's tables are made when the book is built.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from stand import CHROMIUM, FLAGS, circumstances, our_core, our_lock, publish, serve_site
from tinybook.measured import gemm


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("This needs Chromium or Chrome.")
    url, _ = serve_site()
    program = Path(__file__).with_name("gemm_in_page.py").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto(f"{url}bench/python.html?core={our_core()}&lock={our_lock()}")
        page.wait_for_function("window.run !== undefined")
        found = page.evaluate("program => run(program)", f"{program}\nmeasure({options.rounds})")
        results = {**circumstances(browser.version), "rounds": options.rounds, **json.loads(found)}
        browser.close()
    publish("gemm.json", results, gemm.PARTS)


if __name__ == "__main__":
    main()
