"""A real browser, served from below a sub-path, runs checks in a worker and a notebook in JupyterLite."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")

from notebooks import run_all  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What the book's own worker does, at its simplest: load, then run one file of tests.
WORKER = """
onmessage = async ({ data: runtime }) => {
  const { loadPyodide } = await import(new URL("../pyodide/pyodide.mjs", runtime).href);
  const failures = [];
  const pyodide = await loadPyodide({
    indexURL: new URL("../pyodide/", runtime).href,
    lockFileURL: new URL("pyodide-lock.json", runtime).href,
  });
  await pyodide.loadPackage(["numpy", "pytest", "tinytorch"], {
    messageCallback() {},
    errorCallback: (text) => failures.push(text),
  });
  const code = pyodide.runPython(`
import pathlib, pytest, tinytorch
tests = pathlib.Path("/tmp/test_sample.py")
tests.write_text("import numpy as np\\\\ndef test_sum():\\\\n    assert np.arange(4).sum() == 6\\\\n")
int(pytest.main(["-q", "-p", "no:cacheprovider", str(tests)]))
`);
  postMessage({ failures, code });
};
"""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The book's address; it does not lie at the root of its host."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(site))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/some/book/"
    server.shutdown()


@pytest.fixture
def page(address: str) -> Iterator[sync_api.Page]:
    """A page of a browser without history, which notes in `page.seen` what it asked for and complained of."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("NOT RUN: no Chromium here; install one with: apt-get install chromium")
    with sync_api.sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=chromium, args=FLAGS)
        page = context.new_page()
        page.seen = {"requests": [], "missing": [], "complaints": []}
        context.on("request", lambda request: page.seen["requests"].append(request.url))
        context.on("response", lambda reply: reply.status >= 400 and page.seen["missing"].append(reply.url))
        page.on("console", lambda message: page.seen["complaints"].append(message.text))
        yield page
        context.close()


def elsewhere(page: sync_api.Page, address: str) -> list[str]:
    """What was asked of anyone but us. The icon that a browser looks for by itself is no one's doing.

    On a slow machine JupyterLite's page has time to ask its service worker for a heartbeat, which that gives.
    """
    ours = (address, "data:", "blob:", "about:")
    no_one = ("/favicon.ico", "/api/service-worker-heartbeat")
    return [url for url in page.seen["requests"] if not url.startswith(ours) and not url.endswith(no_one)]


def missing(page: sync_api.Page) -> list[str]:
    return [url for url in page.seen["missing"] if not url.endswith("/favicon.ico")]


def test_worker_runs_pytest_on_numpy(page: sync_api.Page, address: str, site: Path, runtime: Path) -> None:
    (site / "some" / "book" / "page.html").write_text("<!doctype html><title>A page</title>")
    (site / "some" / "book" / "worker.js").write_text(WORKER)
    build = next(path.parent.name for path in runtime.glob("*/pyodide-lock.json"))
    page.goto(address + "page.html")
    result = page.evaluate(
        """(runtime) => new Promise((resolve, reject) => {
            const worker = new Worker("worker.js", { type: "module" });
            worker.onmessage = (event) => resolve(event.data);
            worker.onerror = (event) => reject(new Error(event.message));
            worker.postMessage(runtime);
        })""",
        f"{address}runtime/{build}/",
    )
    assert result == {"failures": [], "code": 0}
    assert elsewhere(page, address) == []
    assert missing(page) == []


@pytest.mark.parametrize("app", ["notebooks", "lab"])
def test_notebook_runs_in_jupyterlite(page: sync_api.Page, address: str, jupyterlite: Path, app: str) -> None:
    page.set_default_timeout(120_000)
    page.goto(f"{address}lite/{app}/index.html?path=01_tensor.ipynb")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    outputs = page.locator(".jp-OutputArea-output")
    run_all(page, outputs.filter(has_text="42"))
    assert "numpy 2." in outputs.first.inner_text()
    assert "tinytorch 0.0" in outputs.first.inner_text()
    assert outputs.locator("img").count() == 1
    assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    assert elsewhere(page, address) == []
    assert missing(page) == []
    assert [text for text in page.seen["complaints"] if "Content Security Policy" in text] == []
    assert [text for text in page.seen["complaints"] if "failed to activate" in text] == []


def test_policy_stops_what_is_not_ours(page: sync_api.Page, address: str, jupyterlite: Path) -> None:
    page.goto(f"{address}lite/tree/index.html")
    page.get_by_text("01_tensor.ipynb").wait_for(timeout=60_000)  # the list of notebooks
    assert "TinyTorch" in page.title()
    refused = page.evaluate("fetch('https://example.org/').then(() => 'allowed', () => 'refused')")
    assert refused == "refused"
    assert any("Content Security Policy" in text for text in page.seen["complaints"])
