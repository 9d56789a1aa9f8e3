"""The other way to work: a chapter's page opens its notebook, and an exercise is done there."""

from __future__ import annotations

import pytest
from notebook_tab import Notebook
from pages import CHAPTERS, chapter, exercise, open_page
from visits import Site, Visit

SERVICE_WORKERS = "allow"  # JupyterLite's own, and the book's beside it
ADD = """%%exercise tensor_add
def __add__(self, other):
    print("my own addition")
    a, b = operands("+", self, other)
    return Tensor(a + b)
"""
DRAWS = """from pathlib import Path
import numpy as np
import tinytorch
from tinytorch.workshop.live import LivePlot
plot = LivePlot("Falling", xlabel="step", ylabel="loss")
for step in range(100):
    plot.add(step, 1 / (step + 1))
with np.load(Path(tinytorch.__file__).parent / "data/files/tinydigits.npz") as file:
    print(len(file.files) > 0)
"""
WRONG = ADD.replace("Tensor(a + b)", "a + b")


def opened(reader: Visit, site: Site, name: str) -> Notebook:
    """Open a chapter, and from there its notebook."""
    open_page(reader.page, site, chapter(name)["page"])
    return Notebook.linked_from(reader.page)


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_page_opens_its_notebook_beside_it(undisturbed: Visit, site: Site, name: str) -> None:
    notebook = opened(undisturbed, site, name)
    assert notebook.tab.url.startswith(f"{site.url}lite/")
    notebook.tab.get_by_role("heading", name=chapter(name)["title"]).first.wait_for()
    assert undisturbed.page.url == site.url + chapter(name)["page"], "the chapter stays where it was"


def test_an_answer_in_the_notebook_is_checked_and_becomes_part_of_tinytorch(
    undisturbed: Visit, site: Site
) -> None:
    notebook = opened(undisturbed, site, "01_tensor")
    assert notebook.start() == "", "it loads without a word"

    answer = notebook.scroll_to("%%exercise tensor_add")
    checks = len(exercise("tensor_add")["checks"])
    blank = notebook.run(answer)
    assert "This is not written yet." in blank
    assert f"tensor_add: 0 of {checks} checks pass." in blank

    wrong = notebook.run(answer, WRONG)
    assert "gave a NumPy array; it should be a Tensor." in wrong
    assert "is now yours" not in wrong

    right = notebook.run(answer, ADD)
    assert f"tensor_add: {checks} of {checks} checks pass." in right
    assert "`Tensor.__add__` is now yours in this notebook." in right

    used = notebook.run(notebook.scroll_to("print(celsius * 9 / 5 + 32)"))
    assert used.count("my own addition") == 2, "the book's experiment adds twice"
    assert "70.7" in used


def test_a_notebook_has_the_datasets_and_draws_live_figures(undisturbed: Visit, site: Site) -> None:
    notebook = opened(undisturbed, site, "00_start")
    notebook.start()
    cell = notebook.tab.locator(".jp-Notebook .jp-CodeCell").first
    assert "True" in notebook.run(cell, DRAWS)
    figures = cell.locator(".jp-OutputArea-output img, .jp-OutputArea-output svg")
    assert figures.count() == 1
    drawn = figures.evaluate("""figure => {
        const address = figure.src ?? "";
        return address.startsWith("data:") ? decodeURIComponent(address) : figure.outerHTML;
    }""")
    assert "to 0.01 at 99" in drawn, "the last state is shown"
