"""Datasets come when something needs them, not before; what cannot be had is said, and asked for again."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import numpy as np
import pytest
from other_experiment import NAME, ExperimentPage
from pages import run, words
from test_downloads import altered, cut
from visits import ROOT, Site, Visit

WHEEL = "**/tinydigits-*.whl"
READ = """
from pathlib import Path
import numpy as np
import tinytorch

with np.load(Path(tinytorch.__file__).parent / "data/files/tinydigits.npz") as file:
    print(sorted(file.files))
"""
EXERCISE = "numel"
with np.load(ROOT / "tinytorch/data/files/tinydigits.npz") as file:
    DIGITS = file.files


EXPORTED = """async () => {
    const bytes = new Uint8Array(await (await tinytorch.exportWorkspace()).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


def asked_for(reader: Visit) -> list[str]:
    """Note from now on which datasets are downloaded."""
    asked: list[str] = []
    reader.context.on("request", lambda request: "/data/" in request.url and asked.append(request.url))
    return asked


def test_an_experiment_gets_the_dataset_that_it_needs(undisturbed: Visit, site: Site) -> None:
    asked = asked_for(undisturbed)
    page = ExperimentPage(undisturbed, site, READ, needs={NAME: ["tinydigits"]})
    page.passes(EXERCISE)
    assert asked == [], "a first visit does without"
    page.page.evaluate("""() => {
        window.told = [];
        const place = document.querySelector('[data-experiment] [data-role="progress"]');
        new MutationObserver(() => place.hidden || window.told.push(place.textContent))
            .observe(place, { subtree: true, childList: true, characterData: true, attributes: true });
    }""")
    assert run(page.box) == "passed", words(page.box)
    assert f"{sorted(DIGITS)}" in words(page.box)
    assert len(asked) == 1
    assert any(text.startswith("Loading tinydigits: ") for text in page.page.evaluate("window.told"))
    assert page.box.locator('[data-role="progress"]').is_hidden()
    assert run(page.box) == "passed"
    assert len(asked) == 1, "once a Python"


def test_checks_get_the_dataset_that_they_need(undisturbed: Visit, site: Site) -> None:
    asked = asked_for(undisturbed)
    page = ExperimentPage(undisturbed, site, "1", needs={EXERCISE: ["tinydigits"]})
    page.passes(EXERCISE)
    assert len(asked) == 1


def test_without_its_dataset_a_run_says_so_and_the_next_tries_again(reader: Visit, site: Site) -> None:
    page = ExperimentPage(reader, site, READ, needs={NAME: ["tinydigits"]})
    for fault, words_of_it in ((cut, "Could not download tinydigits-"), (altered, "arrived changed")):
        reader.context.route(WHEEL, fault)
        assert run(page.box) == "error"
        assert words_of_it in words(page.box)
        assert page.box.locator('[data-role="progress"]').is_hidden()
        page.passes(EXERCISE)
        reader.context.unroute(WHEEL, fault)
    assert run(page.box) == "passed", words(page.box)


@pytest.mark.parametrize("had", [True, False], ids=["it is there", "it cannot be had"])
def test_an_export_has_the_datasets_of_its_checks_and_does_not_depend_on_them(
    reader: Visit, site: Site, had: bool
) -> None:
    page = ExperimentPage(reader, site, "1", needs={EXERCISE: ["tinydigits"]})
    page.write(EXERCISE, "def numel(shape):\n    return 1\n")
    page.saved()
    if not had:
        reader.context.route(WHEEL, cut)
    data = base64.b64decode(page.page.evaluate(EXPORTED))
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert "tinytorch-workspace/answers/00_start/numel.py" in names
    assert ("tinytorch-workspace/tinytorch/data/files/tinydigits.npz" in names) == had


def test_a_copy_that_the_browser_kept_damaged_is_asked_for_again(reader: Visit, site: Site) -> None:
    """Otherwise one bad moment of the network would last as long as the browser's cache."""
    times = 0

    def once(route: Any) -> None:
        nonlocal times
        times += 1
        altered(route) if times == 1 else route.continue_()

    reader.context.route(WHEEL, once)
    page = ExperimentPage(reader, site, READ, needs={NAME: ["tinydigits"]})
    assert run(page.box) == "passed", words(page.box)
    assert times == 2
