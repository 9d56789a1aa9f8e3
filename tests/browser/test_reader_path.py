"""The reader's path: from the home page to answers that are theirs, in this browser and out of it again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from exercise_page import ExercisePage
from pages import CHAPTERS, box, chapter, exercise, follow, open_page, run, words
from visits import Site, Visit, visit

from tinytorch.workshop import curriculum

PRODUCT = ["count = 1", "for size in shape:", "count *= size"]
ADD = 'def __add__(self, other):\n    a, b = operands("+", self, other)\n    return Tensor(a + b)\n'
FOLDER = "tinytorch-workspace"

# Notes every word that the progress of a box shows, however short it is there.
WATCH_PROGRESS = """section => {
    const host = section.querySelector('[data-role="progress"]');
    window.progress = [];
    new MutationObserver(() => {
        const bar = host.querySelector("progress");
        const seen = bar?.checkVisibility();
        if (seen) window.progress.push([host.textContent, bar.value, bar.max]);
    }).observe(host, { attributes: true, childList: true, subtree: true, characterData: true });
}"""


def write_by_hand(page: Any, section: Any, lines: list[str]) -> None:
    """Click into the editor and type, as a person would; the editor indents by itself."""
    section.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("def numel(shape):\n")
    for line in lines:
        page.keyboard.type(f"{line}\n")


def test_from_the_home_page_to_a_first_answer_that_stays(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    page.goto(site.url)
    follow(page, page.get_by_role("main").get_by_role("link", name="Start here").first, "Start here")

    numel = box(page, "exercise", "numel")
    in_sidebar = page.locator('[data-exercise-link="numel"]').first
    assert numel.get_attribute("data-status") == "todo"
    numel.evaluate(WATCH_PROGRESS)
    assert run(numel, "check") == "not_written"
    assert "Not written yet" in words(numel)
    assert numel.get_attribute("data-status") == "todo"
    progress = page.evaluate("progress")
    in_megabytes = [(value, most) for text, value, most in progress if " MB" in text]
    assert in_megabytes, f"no progress in MB was shown: {progress}"
    assert all(value <= most for value, most in in_megabytes)
    assert numel.locator("progress").count() == 0, "the bar is gone when Python is there"

    write_by_hand(page, numel, ["return sum(shape)"])
    assert run(numel, "check") == "failed"
    wrong = numel.locator('[data-check="test_sizes_multiply"]')
    assert wrong.get_attribute("data-outcome") == "failed"
    assert wrong.get_by_text("numel((2, 3)) gave 5; it should be 6.").is_visible()
    assert wrong.get_by_text("That is the sum of the sizes.").is_visible()
    assert numel.get_attribute("data-status") == "failing"
    assert "Not passing yet" in numel.locator('[data-role="status"]').first.inner_text()
    assert in_sidebar.get_attribute("data-status") == "failing"

    write_by_hand(page, numel, PRODUCT)
    page.keyboard.press("Backspace")
    page.keyboard.type("return count")
    written = page.evaluate("tinytorch.getCode('numel')")
    assert written == (
        "def numel(shape):\n    count = 1\n    for size in shape:\n        count *= size\n    return count"
    )
    assert run(numel, "check") == "passed"
    assert "All 5 checks pass. numel is now part of your tinytorch." in words(numel)
    numel.get_by_text("Saved in this browser").wait_for()

    page.close()
    page = undisturbed.context.new_page()
    page.goto(site.url)
    follow(page, page.get_by_role("navigation").get_by_role("link", name="Start here").first, "Start here")
    numel = box(page, "exercise", "numel")
    in_sidebar = page.locator('[data-exercise-link="numel"]').first
    assert page.evaluate("tinytorch.getCode('numel')") == written
    assert numel.get_attribute("data-status") == "passed"
    assert "Passed" in numel.locator('[data-role="status"]').first.inner_text()
    assert in_sidebar.get_attribute("data-status") == "passed"
    assert "passed" in in_sidebar.inner_text()
    page.locator('[data-chapter-link="00_start"]').first.get_by_text("1/1").wait_for()
    follow(page, page.get_by_role("main").get_by_role("link", name="Tensor", exact=True).first, "Tensor")


def test_an_answer_joins_the_package_that_experiments_and_integration_use(
    undisturbed: Visit, site: Site
) -> None:
    page = ExercisePage(undisturbed, site)
    tab = page.page
    before = box(tab, "experiment", "first_tensors")
    assert run(before) == "passed"
    assert "Runs on the book's tinytorch" in words(before)

    page.type(
        "tensor_add", 'def __add__(self, other):\n    a, b = operands("+", self, other)\n    return a + b\n'
    )
    assert page.check("tensor_add") == "failed"
    message = page.result("tensor_add").get_by_text("a + b gave a NumPy array; it should be a Tensor.").first
    assert message.is_visible()
    assert page.section("tensor_add").get_attribute("data-status") == "failing"

    page.type("tensor_add", ADD)
    assert page.check("tensor_add") == "passed"
    assert "Tensor.__add__ is now part of your tinytorch." in page.said("tensor_add")

    layers = box(tab, "experiment", "two_layers")
    assert run(layers) == "passed"
    printed = layers.locator('output [data-role="stdout"]').inner_text()
    assert printed.startswith("Runs on your tinytorch: your Tensor.__add__, with the book's code around it.")
    assert "scores (32, 10)" in printed
    built = layers.locator(".cell_output").inner_text()
    assert "scores (32, 10)" in built, "what was shown before is what one gets"

    together = box(tab, "integration", "01_tensor")
    assert run(together) == "passed"
    shown = together.locator("output [data-check]")
    assert shown.evaluate_all("all => all.map(one => one.dataset.check)") == [
        one["name"] for one in chapter("01_tensor")["integration"]
    ]
    assert "on your tinytorch: 1 answer of yours, the book's code in the gaps" in words(together)


def test_an_experiment_draws_its_plot_in_the_page(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    open_page(page, site, "exercises/01_tensor.html")
    steps = box(page, "experiment", "steps")
    assert run(steps) == "passed"
    plot = steps.locator("output img")
    assert plot.count() == 1
    assert plot.get_attribute("alt")
    assert plot.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    built = steps.locator(".cell_output img")
    assert len(built.get_attribute("alt")) > 40, "the plot of the build is described"


def test_questions_say_what_is_wrong_and_keep_the_answer(undisturbed: Visit, site: Site) -> None:
    page = undisturbed.page
    open_page(page, site, "exercises/00_start.html")

    where = box(page, "question", "where_is_it")
    assert run(where, "answer") == "unclear"
    where.get_by_text("Open the same page at home").first.click()
    assert run(where, "answer") == "wrong"
    assert "Not quite. There is no log-in" in words(where)
    where.get_by_label("Export a ZIP, take it along").check()
    assert run(where, "answer") == "right"
    assert "Right. The ZIP is the only copy" in words(where)

    bytes_ = box(page, "question", "four_gigabytes")
    number = bytes_.locator("input")
    number.fill("a lot")
    assert run(bytes_, "answer") == "unclear"
    number.fill("4294967296")
    assert run(bytes_, "answer") == "wrong"
    assert "4294967296 is too large. It is off by a factor of 4: bytes of one number?" in words(bytes_)
    number.fill("1.07e9")
    number.press("Enter")
    bytes_.locator('output[data-outcome="right"]').wait_for()
    assert "Right." in words(bytes_)

    page.reload()
    bytes_.locator('output[data-outcome="right"]').wait_for()
    assert number.input_value() == "1.07e9"
    assert where.get_by_label("Export a ZIP, take it along").is_checked()


def test_hints_solution_and_reset_do_what_they_say(undisturbed: Visit, site: Site) -> None:
    page = ExercisePage(undisturbed, site, "00_start")
    hints = page.section("numel").locator('details[data-role="hint"]')
    for opened in range(1, hints.count() + 1):
        page.press("numel", "hint")
        is_open = hints.evaluate_all("all => all.map(one => one.open)")
        assert is_open == [at < opened for at in range(hints.count())]
    page.press("numel", "hint")
    page.section("numel").get_by_text("All hints are open.").wait_for()
    page.press("numel", "solution")
    assert page.section("numel").locator('details[data-role="solution"]').get_attribute("open") is not None

    untouched = page.text("numel")
    assert untouched == exercise("numel")["stub"].rstrip("\n")
    page.press("numel", "reset")
    page.section("numel").get_by_text("This is the book's text already.").wait_for()
    page.type("numel", "mine = 1\n")
    page.press("numel", "reset")
    assert page.text("numel") == untouched
    page.button("numel", "undo").click()
    assert page.text("numel") == "mine = 1\n"


def test_a_workspace_leaves_as_a_zip_and_comes_back_byte_for_byte(
    chromium: Any, undisturbed: Visit, site: Site, tmp_path: Path
) -> None:
    """The ZIP is a project to go on with; in another browser it is the same work again."""
    # Tabs, trailing space, other alphabets, an escaped line end: whatever was typed is what comes back.
    odd = "def __init__(self, data):  \n\t# naïve 数 🐍 \\r\\n\n\n\n    return '\\u2028\t'   \n"
    page = ExercisePage(undisturbed, site)
    page.write("tensor_add", ADD)
    assert page.check("tensor_add") == "passed"
    page.write("tensor_init", odd)
    page.write("tensor_sum", "")
    texts = {name: page.text(name) for name in ("tensor_add", "tensor_init", "tensor_sum")}
    assert texts == {"tensor_add": ADD, "tensor_init": odd, "tensor_sum": ""}

    page = ExercisePage(undisturbed, site, "00_start")
    panel = page.page.locator("[data-workspace]")
    panel.get_by_text("3 answers kept in this browser, 1 of them passed.").wait_for()
    with page.page.expect_download() as download:
        panel.locator('[data-action="export"]').click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "tinytorch-workspace.zip"

    with zipfile.ZipFile(file) as archive:
        inside = {name: archive.read(name).decode() for name in archive.namelist()}
    assert all(inside[f"{FOLDER}/answers/01_tensor/{name}.py"] == text for name, text in texts.items())
    index = json.loads(inside[f"{FOLDER}/workspace.json"])
    assert {record["exercise"]: record["text"] for record in index["records"]} == texts
    package = inside[f"{FOLDER}/tinytorch/core/tensor.py"]
    assert "    def __add__(self, other):\n        a, b = operands" in package, "the answer that passed is in"
    assert "naïve" not in package, "the one that never passed is not"
    assert "Tensor.__add__" in inside[f"{FOLDER}/README.md"]
    assert "numpy" in inside[f"{FOLDER}/pyproject.toml"]
    tests = [name for name in inside if name.startswith(f"{FOLDER}/tests/01_tensor/test_")]
    assert len(tests) == len(chapter("01_tensor")["exercises"]) + 1

    other = visit(chromium)
    page = ExercisePage(other, site, "00_start")
    panel = page.page.locator("[data-workspace]")
    panel.get_by_text("No answers yet.").wait_for()
    with page.page.expect_file_chooser() as chooser:
        panel.locator('[data-action="import"]').click()
    chooser.value.set_files(file)
    panel.get_by_text("3 answers read from tinytorch-workspace.zip.").wait_for()
    panel.get_by_text("3 answers kept in this browser, 1 of them passed.").wait_for()
    page = ExercisePage(other, site)
    assert {name: page.text(name) for name in texts} == texts
    assert page.section("tensor_add").get_attribute("data-status") == "passed"
    assert page.section("tensor_init").get_attribute("data-status") == "todo"
    assert [*other.foreign, *other.errors, *other.missing, *other.complaints] == []
    other.context.close()


def test_the_plainest_host_below_a_path_is_enough(undisturbed: Visit, plain_site: Site) -> None:
    page = undisturbed.page
    page.goto(plain_site.url)
    follow(page, page.get_by_role("main").get_by_role("link", name="Start here").first, "Start here")
    assert "/some/course/" in page.url
    assert page.evaluate("crossOriginIsolated") is False
    numel = box(page, "exercise", "numel")
    page.evaluate("text => tinytorch.setCode('numel', text)", exercise("numel")["solution"])
    assert run(numel, "check") == "passed"
    assert run(box(page, "experiment", "count_pictures")) == "passed"
    assert "Runs on your tinytorch: your numel, with" in words(box(page, "experiment", "count_pictures"))


@pytest.mark.parametrize("width", [1366, 390])
def test_the_home_page_shows_the_whole_book_and_links_only_what_is_written(
    chromium: Any, site: Site, width: int
) -> None:
    reader = visit(chromium, viewport={"width": width, "height": 800})
    page = reader.page
    open_page(page, site, "index.html")
    whole = page.locator("#the-whole-book")
    text = whole.inner_text()
    for shown in ("Autograd", "Transformers", "Olympics", "1958", "2018"):
        assert shown in text
    links = whole.locator("a:not(.headerlink)").evaluate_all("all => all.map(one => one.href)")
    pages = {link.split("#")[0] for link in links}
    written = [one.page for one in curriculum.MILESTONES if one.status == "written"]
    written += [one["page"] for one in map(chapter, CHAPTERS[1:])]
    assert pages == {f"{site.url}{one}" for one in written}
    assert [*reader.foreign, *reader.errors, *reader.missing, *reader.complaints] == []
    reader.context.close()
