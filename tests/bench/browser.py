"""How long does a reader wait, for how many bytes, in how much memory? Measured in Chromium, side by side.

    make bench-browser        # or: python tests/bench/browser.py --rounds 7 --slow 4

Each round lets every contender make its visits, one after the other, in a profile that is new in each round:

- cold: nothing is in the cache; then the page stays open for a while, as a reader's does, and a page of
  ours until it has said whether it keeps a snapshot of Python;
- warm: a second visit;
- ready (ours alone): Python was started when the reader began to type; the time begins when Check is pressed;
- slowed: a warm visit in which all processes of the browser run a quarter of the time.

The contenders: ours, from the navigation to the Report of the first check, with the snapshot and without;
bare, a page whose worker loads Pyodide and NumPy and adds four numbers, on their files as published and on
the ones that we ship; JupyterLite, until the same chapter's notebook shows its first output.

The results are printed, and written to book/developers/measured/browser.json, of which the documentation's
tables and chart are made when the book is built. When a visit fails, the contender's visits of that round are
made once more, and that is said; if they fail again the round goes on without them and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chromium import Page, new_browser
from processes import largest_renderer, slowed
from stand import CHROMIUM, ROOT, Log, circumstances, our_core, our_lock, serve_site, write
from tinybook.measured import browser as measured
from tinybook.measured import chart

EXERCISE = "tensor_memory_footprint"
CHAPTER = "01_tensor"
REST = (
    5.0  # seconds that every page stays open after a cold visit: browsers keep compiled code some time later
)
UNTIL_SNAPSHOT = 120.0  # seconds after which a page of ours will not say any more whether there is a snapshot
Json = dict[str, Any]


def until(
    page: Page, condition: str, seconds: float = 300, meanwhile: Callable[[], None] = lambda: None
) -> bool:
    """Return whether a condition came."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        if time.monotonic() > deadline:
            return False
        meanwhile()
        time.sleep(0.02)
    return True


def must(page: Page, condition: str) -> None:
    if not until(page, condition):
        raise TimeoutError(f"this never came: {condition}")


CHECK = """(async (name, text) => {
    await tinytorch.ready();
    tinytorch.setCode(name, text);
    const pressed = performance.now();
    const report = await tinytorch.check(name);
    return [report.outcome, pressed / 1000, performance.now() / 1000];
})(%s, %s)"""
STEPS = """performance.getEntriesByType("measure")
    .filter(({ name }) => name.startsWith("tinytorch:"))
    .map(({ name, duration }) => [name.slice("tinytorch:".length), duration])"""


class Ours:
    """The chapter's page, until the Report of a check."""

    def __init__(self, query: str = "", returning: bool = True) -> None:
        self._query = query
        self._returning = returning  # if not, the page has forgotten that something was run on it
        self._silent = query != ""  # a page that says nothing about a snapshot is not waited for again

    def open(self, page: Page, url: str) -> None:
        if not self._returning:
            page.before("localStorage.clear()")
        page.goto(f"{url}exercises/{CHAPTER}.html{self._query}")
        must(page, "window.tinytorch !== undefined")

    def visit(self, page: Page, url: str) -> float:
        self.open(page, url)
        return self._check(page)[1]

    def ready(self, page: Page, url: str) -> float:
        """Let Python start while the reader types, and return what is left to wait for."""
        self.open(page, url)
        page.evaluate("tinytorch.ready()")
        box = f"""document.querySelector('[data-exercise="{EXERCISE}"]')"""
        page.evaluate(f"{box}.scrollIntoView()")  # it gets its editor when it is about to be seen
        must(page, f"{box}.querySelector('.cm-content') !== null")
        page.click(f"{box}.querySelector('.cm-content')")
        progress = f"""{box}.querySelector('[data-role="progress"]')"""
        if until(page, f"!{progress}.hidden", 10):
            must(page, f"{progress}.hidden")
        time.sleep(REST)
        pressed, finished = self._check(page)
        return finished - pressed

    def rest(self, page: Page, group: int) -> Json:
        """Stay until the page has said what became of its snapshot; return that and the most memory."""
        highest = 0

        def look() -> None:
            nonlocal highest
            highest = max(highest, largest_renderer(group))

        said = "document.documentElement.dataset.snapshot ?? null"
        patience = 0 if self._silent else UNTIL_SNAPSHOT
        self._silent = not until(page, f"({said}) !== null", patience, look)
        outcome: Json = {"snapshot": page.evaluate(said)}
        return outcome | ({"memory highest": highest} if highest else {})

    def steps(self, page: Page) -> dict[str, float]:
        """Return the milliseconds that the page has measured itself."""
        found: dict[str, float] = {}
        for name, milliseconds in page.evaluate(STEPS):
            found[name] = found.get(name, 0) + milliseconds
        return found

    def _check(self, page: Page) -> tuple[float, float]:
        chapter = json.loads((ROOT / f"build/site/chapters/{CHAPTER}.json").read_text(encoding="utf-8"))
        answer = next(one["solution"] for one in chapter["exercises"] if one["name"] == EXERCISE)
        outcome, pressed, finished = page.evaluate(CHECK % (json.dumps(EXERCISE), json.dumps(answer)))
        if outcome != "passed":
            raise RuntimeError(f"the check ended as {outcome}")
        return pressed, finished


@dataclass
class Bare:
    """A page whose worker loads Pyodide and NumPy and computes something."""

    core: str
    lock: str

    def visit(self, page: Page, url: str) -> float:
        page.goto(f"{url}bench/bare.html?core={self.core}&lock={self.lock}")
        must(page, "window.finished !== undefined")
        return float(page.evaluate("window.finished / 1000"))


class JupyterLite:
    """The chapter's notebook: Run All, until the first output."""

    def visit(self, page: Page, url: str) -> float:
        page.goto(f"{url}lite/notebooks/index.html?path={CHAPTER}.ipynb")
        must(page, "document.querySelector('.tt-strip[data-python=\"ready\"]') !== null")
        for label in ("Run", "Run All Cells"):
            item = f"""[...document.querySelectorAll(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel")]
                .find(({{ textContent }}) => textContent === {json.dumps(label)})"""
            must(page, f"{item} !== undefined")
            page.click(item)
        must(page, "document.querySelector('.jp-OutputArea-output') !== null")
        return float(page.evaluate("performance.now() / 1000"))


Contender = Ours | Bare | JupyterLite


def contenders() -> dict[str, Contender]:
    """Return who takes part, by the names that measured.browser knows."""
    everyone: dict[str, Contender] = {
        "ours": Ours(),
        "ours, new here": Ours(returning=False),
        "ours, no snapshot": Ours("?snapshot=off"),
        "bare": Bare("published/", "published/pyodide-lock.json"),
        "bare, our files": Bare(our_core(), our_lock()),
        "JupyterLite": JupyterLite(),
    }
    assert list(everyone) == list(measured.CONTENDERS)
    return everyone


@dataclass
class Stand:
    """The server, how much to slow, and what went wrong."""

    url: str
    log: Log
    slow: float
    notes: list[str] = field(default_factory=list)
    failed: bool = False


def visits(stand: Stand, contender: Contender) -> Iterator[Json]:
    """Make a contender's visits of one round."""
    with new_browser() as browser:
        for kind in ("cold", "warm", "ready", "slowed"):
            act = getattr(contender, "ready" if kind == "ready" else "visit", None)
            if act is None:
                continue
            stand.log.clear()
            page = browser.open()
            with slowed(browser.group, stand.slow if kind == "slowed" else 1):
                seconds = act(page, stand.url)
            entry: Json = {"visit": kind, "seconds": seconds, "bytes": stand.log.sent()}
            if isinstance(contender, Ours):
                entry["steps"] = contender.steps(page)
            if kind in ("cold", "warm"):
                entry["memory"] = largest_renderer(browser.group)
            if kind == "cold" and isinstance(contender, Ours):
                entry |= contender.rest(page, browser.group)
            if kind == "cold":
                time.sleep(REST)  # compiled WebAssembly is kept once nothing was compiled for two seconds
                entry["bytes later"] = stand.log.sent()
            if kind in ("cold", "warm"):
                time.sleep(REST)
                entry["memory later"] = largest_renderer(browser.group)
            page.close()
            yield entry


def one_round(stand: Stand, number: int, name: str, contender: Contender) -> list[Json]:
    """Return what a contender's visits measured; after a failure they are made once more, all of them."""
    for attempt in ("first", "second"):
        try:
            return [{"round": number, "contender": name, **entry} for entry in visits(stand, contender)]
        except (OSError, RuntimeError) as error:
            note = f"Round {number + 1}, {name}, {attempt} attempt: {str(error).splitlines()[0]}"
            stand.notes.append(note)
            print(note, file=sys.stderr, flush=True)
    stand.failed = True
    return []


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slow", type=float, default=4, help="slowed visits get 1/SLOW of the time")
    options = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("This needs Chromium or Chrome.")
    url, log = serve_site()
    with new_browser() as browser:
        about = circumstances(browser.version)
    stand = Stand(url, log, options.slow)
    records: list[Json] = []
    taking_part = contenders()
    for number in range(options.rounds):
        for name, contender in taking_part.items():
            records += one_round(stand, number, name, contender)
            print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr, flush=True)
        results = measured.in_parts(
            {
                **about,
                "rounds": number + 1,
                "slow": options.slow,
                "notes": stand.notes,
                "visits": records,
            }
        )
        kept = write("browser.json", results)  # after each round: who stops it keeps what there is
    for part in measured.PARTS.values():
        print(part(results), end="\n\n")
    picture = ROOT / "build" / "bench" / "browser.svg"
    picture.write_text(chart.picture(results, standalone=True), encoding="utf-8")
    print(f"The documentation is built from {kept}; the chart alone is {picture}.")
    sys.exit(stand.failed)


if __name__ == "__main__":
    main()
