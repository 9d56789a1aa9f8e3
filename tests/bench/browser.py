"""How long does a reader wait, and for how many bytes? Measured in Chromium, one run, side by side.

    make bench-browser        # or: python tests/bench/browser.py --rounds 7 --slow 4

Each round opens, one after the other, in a fresh profile and then once more in the same one (warm):

- ours: the chapter's page, Check pressed as soon as it can be, until the Report is there;
- bare: a page whose worker loads Pyodide and NumPy, as they were published, and adds four numbers;
- bare on our files: the same page, on the precompiled files that our own page loads;
- JupyterLite: the same chapter's notebook, Run All pressed as soon as it can be, until the first output.

Times are medians over the rounds, in seconds since the navigation began. Bytes are what the server sent,
compressed as a good host does. `--slow N` gives the browser 1/N of the processor's time, for all three alike.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book"), str(ROOT / "tests" / "browser")]

import serve  # noqa: E402
from conftest import CHROMIUM, FLAGS  # noqa: E402

from lite.runtime.lock import lock_of  # noqa: E402
from lite.runtime.pins import read_pins  # noqa: E402

EXERCISE = "tensor_memory_footprint"
PUBLISHED_LOCK = ROOT / "build" / "bench" / "pyodide-lock.json"  # of the pinned files, before we compile them


class Counter(serve.Handler):
    """The book's own server, which also has the bare page, and counts the bytes that it sends."""

    sent = 0

    def translate_path(self, path: str) -> str:
        path = path.partition("?")[0]
        if path == "/bench/published/pyodide-lock.json":
            return str(PUBLISHED_LOCK)
        if path.startswith("/bench/published/"):
            return str(ROOT / "build" / "cache" / "pyodide" / Path(path).name)
        if path.startswith("/bench/"):
            return str(HERE / Path(path).name)
        return super().translate_path(path)

    def setup(self) -> None:
        super().setup()
        write = self.wfile.write

        def counting(data: Any) -> int:
            Counter.sent += len(data)
            return write(data)

        self.wfile.write = counting  # type: ignore[method-assign]


def until(page: Page, condition: str) -> None:
    """Wait for a condition. Playwright's own way needs eval, which the page's policy forbids."""
    while not page.evaluate(condition):
        time.sleep(0.02)


def ours(page: Page, url: str) -> float:
    """Return the seconds to the first check's Report."""
    page.goto(f"{url}exercises/01_tensor.html", wait_until="commit")
    until(page, "window.tinytorch !== undefined")
    solution = next(
        exercise["solution"]
        for exercise in json.loads((ROOT / "build/site/chapters/01_tensor.json").read_text())["exercises"]
        if exercise["name"] == EXERCISE
    )
    outcome, seconds = page.evaluate(
        """async ([name, text]) => {
            await tinytorch.ready();
            tinytorch.setCode(name, text);
            const report = await tinytorch.check(name);
            return [report.outcome, performance.now() / 1000];
        }""",
        [EXERCISE, solution],
    )
    assert outcome == "passed", outcome
    return float(seconds)


def bare(page: Page, url: str) -> float:
    """Return the seconds until a worker has computed with NumPy, on files as they were published."""
    return bare_worker(page, f"{url}bench/bare.html?core=published/&lock=published/pyodide-lock.json")


def bare_on_ours(page: Page, url: str) -> float:
    """Return the seconds until a worker has computed with NumPy, on the files that we ship."""
    build = json.loads((ROOT / "build/runtime/build.json").read_text())["build"]
    lock = f"../runtime/{build}/pyodide-lock.json"
    return bare_worker(page, f"{url}bench/bare.html?core=../runtime/pyodide/&lock={lock}")


def bare_worker(page: Page, address: str) -> float:
    """Open a bare page and return the seconds until its worker has answered."""
    page.goto(address, wait_until="commit")
    until(page, "window.finished !== undefined")
    return float(page.evaluate("window.finished / 1000"))


def jupyterlite(page: Page, url: str) -> float:
    """Return the seconds until the notebook shows its first output."""
    page.goto(f"{url}lite/notebooks/index.html?path=01_tensor.ipynb", wait_until="commit")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".jp-OutputArea-output").first.wait_for()
    return float(page.evaluate("performance.now() / 1000"))


CONTENDERS = {"ours": ours, "bare": bare, "bare on our files": bare_on_ours, "JupyterLite": jupyterlite}


@contextlib.contextmanager
def slowed(factor: float) -> Iterator[None]:
    """Stop and continue all of Chromium's processes, so that they run 1/factor of the time."""
    if factor <= 1:
        yield
        return
    done = threading.Event()

    def throttle() -> None:
        while not done.is_set():
            pids = chromium_processes()
            send(pids, signal.SIGSTOP)
            time.sleep(0.02 * (factor - 1))
            send(pids, signal.SIGCONT)
            time.sleep(0.02)

    thread = threading.Thread(target=throttle)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def chromium_processes() -> list[int]:
    """List the processes that our browser consists of."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if "tinytorch-bench" in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return found


def send(pids: list[int], number: int) -> None:
    """Send a signal to all that still live."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def measure(playwright: Any, url: str, rounds: int, slow: float) -> dict[str, dict[str, list[float]]]:
    """Return {contender: {"cold": […], "warm": […], "cold bytes": […], "warm bytes": […]}}."""
    results: dict[str, dict[str, list[float]]] = {name: {} for name in CONTENDERS}
    for round_number in range(rounds):
        for name, contender in CONTENDERS.items():
            with tempfile.TemporaryDirectory(
                prefix="tinytorch-bench-", ignore_cleanup_errors=True
            ) as profile:
                context: BrowserContext = playwright.chromium.launch_persistent_context(
                    profile, executable_path=CHROMIUM, args=FLAGS
                )
                context.set_default_timeout(300_000)
                with slowed(slow):
                    for temperature in ("cold", "warm"):
                        Counter.sent = 0
                        page = context.new_page()
                        seconds = contender(page, url)
                        results[name].setdefault(temperature, []).append(seconds)
                        results[name].setdefault(f"{temperature} bytes", []).append(Counter.sent)
                        page.close()
                context.close()
        print(f"round {round_number + 1} of {rounds}", file=sys.stderr, flush=True)
    return results


def table(results: dict[str, dict[str, list[float]]]) -> str:
    """Write the medians, and the ratios to the bare worker, as a table."""
    lines = [
        "| | cold, s | warm, s | cold, MB | warm, MB | cold / bare | warm / bare |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in results.items():
        medians = {key: statistics.median(values) for key, values in row.items()}
        ratios = [
            statistics.median(a / b for a, b in zip(row[key], results["bare"][key], strict=True))
            for key in ("cold", "warm")
        ]
        lines.append(
            f"| {name} | {medians['cold']:.2f} | {medians['warm']:.2f} | {medians['cold bytes'] / 1e6:.2f} "
            f"| {medians['warm bytes'] / 1e6:.2f} | {ratios[0]:.2f} | {ratios[1]:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow", type=float, default=1, help="give the browser 1/SLOW of the processor")
    options = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("This needs Chromium or Chrome.")
    PUBLISHED_LOCK.parent.mkdir(parents=True, exist_ok=True)
    PUBLISHED_LOCK.write_text(json.dumps(lock_of(read_pins(), ROOT / "build" / "cache" / "pyodide")))
    serve.Handler = Counter  # type: ignore[misc]
    server = serve.make_server(ROOT / "build" / "site", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        results = measure(playwright, f"http://127.0.0.1:{server.server_port}/", options.rounds, options.slow)
    print(f"Medians of {options.rounds} rounds, slowed {options.slow:g} times; ratios within a round.\n")
    print(table(results))
    print("\nGoals: ours at most 1.5 x bare, and less than half of JupyterLite's first output.")


if __name__ == "__main__":
    main()
