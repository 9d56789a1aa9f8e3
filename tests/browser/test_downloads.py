"""When a file cannot be had: which one is said, and Check works again once it can, without a reload."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from exercise_page import ExercisePage, solution
from visits import Site, Visit, visit

NAME, CHAPTER = "numel", "00_start"
MINE = "def numel(shape):\n    # typed while something was wrong\n"

Fault = Callable[[Any], None]


def missing(route: Any) -> None:
    route.fulfill(status=404, body="not here")


def cut(route: Any) -> None:
    route.abort("connectionreset")


def garbage(route: Any) -> None:
    route.fulfill(status=200, content_type="application/json", body="<html>Please log in to the Wi-Fi</html>")


def altered(route: Any) -> None:
    """All there, but with one byte that is not the book's."""
    reply = route.fetch()
    body = bytearray(reply.body())
    body[len(body) // 2] ^= 0xFF
    headers = {"content-type": reply.headers["content-type"], "cross-origin-resource-policy": "same-origin"}
    route.fulfill(status=200, headers=headers, body=bytes(body))


def halved(route: Any) -> None:
    """The first half, as if that were all."""
    reply = route.fetch()
    headers = {"content-type": reply.headers["content-type"], "cross-origin-resource-policy": "same-origin"}
    route.fulfill(status=200, headers=headers, body=reply.body()[: len(reply.body()) // 2])


# what is wrong: (which files, how, words that must be said)
FAULTS: dict[str, tuple[str, Fault, tuple[str, ...]]] = {
    "NumPy is missing": ("**/numpy-*.whl", missing, ("Could not download numpy-", "(404)")),
    "NumPy was changed": ("**/numpy-*.whl", altered, ("numpy-", "arrived changed", "SHA-256")),
    "our own wheel was changed": ("**/tinytorch-*.whl", altered, ("tinytorch-", "arrived changed")),
    "the engine is missing": (
        "**/pyodide.asm.wasm*",
        missing,
        ("Could not download pyodide.asm.wasm", "404"),
    ),
    "the network ends at the engine": (
        "**/pyodide.asm.wasm*",
        cut,
        ("Could not download pyodide.asm.wasm", "Check the connection"),
    ),
    "the engine was changed": ("**/pyodide.asm.wasm*", altered, ("pyodide.asm.wasm arrived changed",)),
    "half of NumPy comes": ("**/numpy-*.whl", halved, ("numpy-", "arrived changed")),
    "half of the engine comes": ("**/pyodide.asm.wasm*", halved, ("pyodide.asm.wasm",)),
    "half of the library comes": ("**/python_stdlib.zip", halved, ("python_stdlib.zip",)),
    "its first module is missing": ("**/pyodide.mjs*", missing, ("Could not download pyodide.mjs", "404")),
    "the library is missing": (
        "**/python_stdlib.zip",
        missing,
        ("Could not download python_stdlib.zip", "404"),
    ),
    "the list of packages is a log-in page": ("**/pyodide-lock.json", garbage, ("pyodide-lock.json",)),
    "the manifest is a log-in page": ("**/manifest.json", garbage, ("manifest.json",)),
    "the worker is missing": ("**/worker-*.js", missing, ("worker",)),
    "everything is gone": ("**/runtime/**", cut, ("Could not download", "Check the connection")),
}


@pytest.fixture(scope="module")
def desk(chromium: Any, site: Site) -> Iterator[ExercisePage]:
    """One page that Python is never given to, until the last test."""
    reader = visit(chromium)
    yield ExercisePage(reader, site, CHAPTER)
    reader.context.close()
    assert reader.foreign == []
    assert reader.errors == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_had_is_named(desk: ExercisePage, fault: str) -> None:
    pattern, how, words = FAULTS[fault]
    desk.write(NAME, MINE)
    desk.page.context.route(pattern, how)
    try:
        assert desk.check(NAME) == "runtime_lost"
    finally:
        desk.page.context.unroute_all()
    for expected in words:
        assert expected in desk.said(NAME)
    assert desk.section(NAME).locator("progress").count() == 0
    assert desk.text(NAME) == MINE


def test_check_works_once_everything_can_be_had(desk: ExercisePage) -> None:
    """The last of a row of failures on one page, which nobody has reloaded."""
    desk.passes(NAME)


def test_a_chapter_that_comes_only_later(reader: Visit, site: Site) -> None:
    """Without its facts a page still writes and saves; a Check names the file, and the next one finds it."""
    reader.context.route("**/chapters/00_start.json", missing)
    page = ExercisePage(reader, site, CHAPTER)
    page.type(NAME, MINE)
    page.saved()
    assert page.check(NAME) == "error"
    assert "Could not download 00_start.json (404)" in page.said(NAME)
    assert page.text(NAME) == MINE
    reader.context.unroute_all()
    page.passes(NAME)


def test_a_package_that_is_loaded_later(reader: Visit, site: Site) -> None:
    """Drawing needs matplotlib, which comes on first use: its failure is the experiment's alone."""
    chapter = json.loads(reader.context.request.get(f"{site.url}chapters/01_tensor.json").text())
    name = next(one["name"] for one in chapter["experiments"] if "matplotlib" in one["needs"])
    reader.context.route("**/matplotlib-*.whl", cut)
    page = ExercisePage(reader, site)
    report = page.page.evaluate("name => tinytorch.run(name)", name)
    assert report["outcome"] == "error"
    assert "Could not download matplotlib-" in report["checks"][0]["message"]
    page.passes("tensor_add")
    reader.context.unroute_all()
    assert page.page.evaluate("name => tinytorch.run(name)", name)["outcome"] == "passed"


def test_the_editor_itself_is_missing(reader: Visit, site: Site) -> None:
    """The text is shown and kept, and can be checked."""
    reader.context.route("**/editor-*.js", cut)
    page = ExercisePage(reader, site, CHAPTER)
    page.section(NAME).scroll_into_view_if_needed()
    page.section(NAME).get_by_text("The editor could not be loaded").wait_for()
    page.write(NAME, solution(NAME, CHAPTER))
    assert "count *= size" in page.section(NAME).locator('[data-role="editor"]').inner_text()
    page.saved()
