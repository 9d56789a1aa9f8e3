"""How long does a milestone take in a reader's page? Part of `make milestones`; alone it prints its rows.

    python tests/bench/milestones_in_page.py

Each milestone runs twice in Chromium, on a page and a Python of its own: with the book's package, and with a
workspace in which every exercise is the reader's. `waited` counts from Run to the Report, with the start of
Python and the download of its data from this machine; `seconds` is the Report's own: training and gates.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from stand import CHROMIUM, FLAGS, ROOT, all_answers, serve_site

Json = dict[str, Any]
RUN = """async (name) => {
    await tinytorch.ready();
    const pressed = performance.now();
    const report = await tinytorch.run(name);
    return [report, (performance.now() - pressed) / 1000];
}"""
IMPORT = "async (text) => { await tinytorch.importWorkspace(new Blob([text])); }"


def in_page() -> list[Json]:
    """Run every milestone of the built site; one row a run."""
    url, _ = serve_site()
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for file in sorted((ROOT / "build/site/milestones").glob("*.json")):
            facts = json.loads(file.read_text(encoding="utf-8"))
            for package in ("book", "yours"):
                rows.append(_run(browser, url, facts, package))
                print(_in_words(rows[-1]), file=sys.stderr)
        browser.close()
    return rows


def _run(browser: Browser, url: str, facts: Json, package: str) -> Json:
    context = browser.new_context(service_workers="block")
    try:
        page = context.new_page()
        page.set_default_timeout(0)
        page.goto(f"{url}milestones/{facts['year']}_{facts['slug']}.html", wait_until="load")
        page.evaluate("tinytorch.ready()")
        if package == "yours":
            page.evaluate(IMPORT, all_answers())
        report, waited = page.evaluate(RUN, f"milestone_{facts['year']}")
        result = page.locator("section[data-milestone] output[data-result]")
        yours = result.get_attribute("data-whose") == "mine"
    finally:
        context.close()
    if report["outcome"] != "passed" or yours != (package == "yours"):
        raise RuntimeError(f"{facts['year']} on the package of {package}: {json.dumps(report)[:2000]}")
    return {
        "year": facts["year"],
        "package": package,
        "seconds": report["seconds"],
        "waited": waited,
        "gates": [{key: check[key] for key in ("name", "claim", "message")} for check in report["checks"]],
    }


def _in_words(row: Json) -> str:
    seconds, waited = row["seconds"], row["waited"]
    return f"{row['year']} {row['package']:5}  {seconds:6.1f} s, {waited:6.1f} s from Run to Report"


if __name__ == "__main__":
    print(json.dumps(in_page(), indent=1))
