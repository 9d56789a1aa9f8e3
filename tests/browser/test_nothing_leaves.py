"""Code in the page may be a stranger's, brought in with a workspace: nothing of it reaches another site."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from exercise_page import ExercisePage
from visits import visit

NAME, CHAPTER = "numel", "00_start"

# Each is tried with the address of another site, which would answer and let every page read it.
TRIES = {
    "fetch": "js.fetch(address)",
    "fetch, around the page's own": (
        "js.Object.getPrototypeOf(js.Object.getPrototypeOf(js.self)).fetch.call(js.self, address)"
    ),
    "XMLHttpRequest": "x = js.XMLHttpRequest.new(); x.open('GET', address, False); x.send()",
    "pyodide.http": "from pyodide.http import pyxhr; pyxhr.get(address)",
    "open_url": "from pyodide.http import open_url; open_url(address)",
    "urllib": "import urllib.request; urllib.request.urlopen(address)",
    "WebSocket": "js.WebSocket.new(address.replace('http', 'ws'))",
    "EventSource": "js.EventSource.new(address)",
    "importScripts": "js.importScripts(address)",
    "import()": "js.Function.new(f\"return import('{address}')\")()",
    "eval": "js.eval(f\"new Image().src = '{address}'\")",
    "a worker from an address": "js.Worker.new(address)",
    "a worker from a text": "js.Worker.new(f\"data:text/javascript,fetch('{address}')\")",
    "a worker from a blob": (
        "js.Worker.new(js.URL.createObjectURL(js.Blob.new(pyodide.ffi.to_js([f\"fetch('{address}')\"]))))"
    ),
    "micropip": "import micropip; micropip.install(address)",
}


class Other:
    """Another site, which notes who comes."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                other.visits.append(self.path)
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
                self.send_header("Content-Type", "text/javascript")
                self.end_headers()
                self.wfile.write(b"1")

            do_POST = do_OPTIONS = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # By its name and its port another origin than the book's, and on this machine all the same.
        self.url = f"http://localhost:{self.server.server_port}/"


@pytest.fixture(scope="module")
def other() -> Iterator[Other]:
    other = Other()
    threading.Thread(target=other.server.serve_forever, daemon=True).start()
    yield other
    other.server.shutdown()


def attempt_all(address: str) -> str:
    """Write an answer that tries everything, each with an address that says what it was."""
    lines = ["def numel(shape):", "    import js, pyodide.ffi"]
    for how, code in TRIES.items():
        lines += [
            f"    address = {address + how.replace(' ', '-')!r}",
            "    try:",
            f"        {code}",
            "    except Exception as error:",
            f"        print({how!r}, type(error).__name__)",
        ]
    return "\n".join([*lines, "    return 0"]) + "\n"


@pytest.mark.parametrize("host", ["site", "plain_site"])
def test_nothing_reaches_another_site(
    chromium: Any, other: Other, host: str, request: pytest.FixtureRequest
) -> None:
    # What the policy stops is reported as a request all the same, so it is the other site that counts.
    reader = visit(chromium)
    page = ExercisePage(reader, request.getfixturevalue(host), CHAPTER)
    other.visits.clear()
    page.write(NAME, attempt_all(other.url))
    assert page.check(NAME) == "failed", page.said(NAME)
    page.passes(NAME)
    reader.context.close()
    assert other.visits == []
    assert reader.errors == []


def test_the_other_site_would_have_answered(other: Other, chromium: Any) -> None:
    """Without this the tests above would pass for a site that is not there."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(other.url)
    context.close()
    assert "/" in other.visits
