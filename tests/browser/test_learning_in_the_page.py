"""A network is trained from end to end in the page of chapter 07, by a reader's own answers to 01 to 07."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

from pages import CHAPTERS, box, chapter, open_page, run, words
from visits import Site, Visit

IMPORT = "async (bytes) => tinytorch.importWorkspace(new Blob([new Uint8Array(bytes)]))"
# Notes each picture that the figure shows, from the first to the last.
WATCH = """() => {
    window.pictures = new Set();
    const note = () => document.querySelectorAll('[data-experiment="digits"] .tt-figures img')
        .forEach((image) => window.pictures.add(image.src));
    const options = { subtree: true, childList: true, attributes: true, attributeFilter: ["src"] };
    new MutationObserver(note).observe(document.querySelector('[data-experiment="digits"]'), options);
}"""


def workspace(names: list[str]) -> list[int]:
    """A reader's work in which every exercise of these chapters has passed: the bytes of its ZIP."""
    records = [
        {
            "exercise": exercise["name"],
            **dict.fromkeys(("text", "passed"), exercise["solution"]),
            "stub": exercise["stub"],
            "stub_hash": "",
            "failed": None,
            "updated": "2026-01-01T00:00:00Z",
        }
        for name in names
        for exercise in chapter(name)["exercises"]
    ]
    work = {
        "format": 2,
        "book": "tinytorch",
        "version": "0",
        "records": records,
        "questions": [],
        "versions": [],
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("tinytorch-workspace/workspace.json", json.dumps(work))
    return list(out.getvalue())


def test_digits_are_learned_by_the_readers_own_code(reader: Visit, site: Site) -> None:
    page: Any = reader.page
    mine = [name for name in CHAPTERS if "01" <= name[:2] <= "07"]
    open_page(page, site, chapter("07_training")["page"])
    told = page.evaluate(IMPORT, workspace(mine))
    assert told["count"] == sum(len(chapter(name)["exercises"]) for name in mine)

    digits = box(page, "experiment", "digits")
    page.evaluate(WATCH)
    assert run(digits) == "passed", words(digits)
    said = words(digits)
    assert f"Runs on your tinytorch: {told['count']} exercises of yours" in said
    losses = [float(loss) for loss in re.findall(r"epoch \d/6 loss ([\d.]+)", said)]
    assert len(losses) == 6 and losses == sorted(losses, reverse=True)
    (right,) = re.findall(r"([\d.]+)% of unseen digits are read right", said)
    assert float(right) > 90
    assert digits.locator(".tt-figures img").count() == 1
    assert page.evaluate("window.pictures.size") > 3  # the curve grew while it ran
