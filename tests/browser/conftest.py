"""A real Chromium, and the built site behind a real server."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from exercise_page import ADD, ExercisePage
from visits import ROOT, SITE, Site, Visit, visit

sys.path.insert(0, str(ROOT / "book"))

from serve import make_server

CHROMIUM = next(
    (path for name in ("chromium", "google-chrome", "chromium-browser") if (path := shutil.which(name))),
    None,
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NOT_RUN = (
    "NOT RUN: the browser tests need Chromium or Chrome, and there is none. "
    "Install one (Debian, Ubuntu: sudo apt-get install chromium) and run make test again."
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            if CHROMIUM is None and "browser" not in os.environ.get("TINYTORCH_REQUIRE", ""):
                item.add_marker(pytest.mark.skip(reason=NOT_RUN))


def _serve(prefix: str = "", plain: bool = False) -> Iterator[Site]:
    server = make_server(SITE, 0, prefix, plain)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}{prefix}/")
    server.shutdown()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The site as `make serve` serves it: isolated, so that Stop interrupts."""
    yield from _serve()


@pytest.fixture(scope="session")
def plain_site() -> Iterator[Site]:
    """The site on the plainest host: below a path, without special headers."""
    yield from _serve("/some/course", plain=True)


@pytest.fixture(scope="session")
def launching() -> dict[str, Any]:
    """How a browser of its own is launched, for a test that is going to kill it."""
    return {"executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for one file of tests: other folders start their own, and Playwright allows one at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A reader who has never been here. At the end: no foreign request, no uncaught error.

    A file of tests that needs service workers says `SERVICE_WORKERS = "allow"`.
    """
    reader = visit(chromium, service_workers=getattr(request.module, "SERVICE_WORKERS", "block"))
    yield reader
    reader.context.close()
    assert reader.foreign == []
    assert reader.errors == []


@pytest.fixture
def undisturbed(reader: Visit) -> Iterator[Visit]:
    """The same reader, on a good day: nothing is missing, and the console has no complaint."""
    yield reader
    assert reader.missing == []
    assert reader.complaints == []


@pytest.fixture(scope="module")
def warm(chromium: Any, site: Site) -> Iterator[ExercisePage]:
    """A page that lives as long as the tests of a file: the next has to live with what one did to it."""
    reader = visit(chromium)
    reader.page.clock.install()  # it goes on by itself; the watchdog's ten seconds can be skipped
    page = ExercisePage(reader, site)
    page.editor(ADD).wait_for()
    yield page
    reader.context.close()
    assert reader.foreign == []
    assert reader.errors == []
