"""What do the milestones come to, and how long do they train? Natively, and in Chromium if the site is built.

    make milestones                  # or: python tests/bench/milestones.py
    make milestones MNIST=FOLDER     # 1986 with all of MNIST, too, from the four files in that folder

Natively each program trains with the book's package, in one thread, in a process of its own. What is found is
computed from the trained weights by the code of the gates, and every gate must pass. `milestones_in_page.py`
does the same in a page. The results are printed, kept in book/developers/measured/milestones.json, and the
README's table is made of them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from stand import CHROMIUM, ROOT, circumstances, machine, publish
from tinybook.measured import milestones as measured

from tinytorch.workshop.curriculum import MILESTONES, Milestone, milestone
from tinytorch.workshop.gates import GOALS, network_of, question
from tinytorch.workshop.kept import unpack
from tinytorch.workshop.milestones import run_milestone

Json = dict[str, Any]
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def native(folder: str | None, rounds: int) -> list[Json]:
    """Train every milestone that is written; return one row for each program and its data."""
    runs: list[tuple[Milestone, Json]] = [(one, {}) for one in MILESTONES if one.status == "written"]
    if folder is not None:
        runs.append((milestone(1986), {"data": "mnist", "folder": folder}))
    rows = []
    for one, options in runs:
        found: list[Json] = []
        for number in range(rounds if not options else 1):
            print(f"{one.year} {options.get('data', '')}, round {number + 1}", file=sys.stderr, flush=True)
            found.append(_in_process(one, options))
        row = {"year": one.year, "title": one.title, "data": options.get("data"), "found": found[0]["found"]}
        rows.append(row | {"seconds": [each["seconds"] for each in found]})
    return rows


def _in_process(one: Milestone, options: Json) -> Json:
    command = [sys.executable, __file__, "--one", str(one.year), json.dumps(options)]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, **THREADS}, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{one.year}: {run.stderr}")
    return json.loads(run.stdout)  # type: ignore[no-any-return]


def train_one(one: Milestone, options: Json) -> Json:
    """Train a milestone in this process, and say how well it does and how long it took."""
    source = (ROOT / "milestones" / f"{one.program}.py").read_text(encoding="utf-8")
    result = run_milestone(one, source, {}, None, None, **options)
    wrong = [check.message for check in result.report.checks if check.outcome != "passed"]
    if wrong or result.model is None:
        sys.exit(f"{one.year} does not pass: {' '.join(wrong)}")
    shares = {}
    for task, weights in unpack(one.year, result.model).items():
        asked = question(one.year, task, options)
        guesses = network_of(one.year, task).scores(weights, asked.inputs).argmax(axis=1)
        shares[task] = float((guesses == asked.classes).mean())
    return {"seconds": result.report.seconds, "found": _found(one.year, shares, options)}


def _found(year: int, shares: dict[str, float], options: Json) -> list[Json]:
    """Say of what, how much was needed, and how much was found."""
    if year == 1958:
        words = {"points": "1,000 new points", "AND": "AND", "OR": "OR"}
        found = [{"what": words[task], "needed": "100%", "share": shares[task]} for task in words]
        return [*found, {"what": "XOR", "needed": "a guess", "share": shares["XOR"]}]
    if year == 1969:
        seeds = [share for task, share in shares.items() if task.startswith("seed")]
        what = f"XOR, the worst of {len(seeds)} seeds"
        alone = {"what": "XOR, a single layer", "needed": "a guess", "share": shares["one layer"]}
        return [{"what": what, "needed": "100%", "share": min(seeds)}, alone]
    data = options.get("data", "tinydigits")
    what = {"tinydigits": "1,000 test digits of TinyDigits", "mnist": "10,000 test digits of MNIST"}[data]
    return [{"what": what, "needed": f"{GOALS[data]:.0%}", "share": shares["digits"]}]


def in_page() -> tuple[list[Json], Json]:
    """Run the milestones in the built site; return the rows, and the machine with its browser."""
    from milestones_in_page import in_page as run_all
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        version = browser.version
        browser.close()
    return run_all(), circumstances(version)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", help="where MNIST's four files are")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--native", action="store_true", help="leave the browser out")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(train_one(milestone(int(options.one[0])), json.loads(options.one[1]))))
        return
    folder = options.folder or os.environ.get("TINYTORCH_MNIST")
    if folder is not None:
        folder = str(Path(folder).resolve())
    where = machine()  # before we keep it busy ourselves
    rows = native(folder, options.rounds)
    pages: list[Json] = []
    if not options.native:
        if CHROMIUM is None:
            sys.exit("This needs Chromium or Chrome; with --native it does without.")
        pages, browser = in_page()
        where = {**browser, **where}
    results = {**where, "rounds": options.rounds, "native": rows, "in page": pages}
    publish("milestones.json", results, measured.PARTS)
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), results), encoding="utf-8")


def with_table(readme: str, results: Json) -> str:
    """Return the README with the results in the place of its table."""
    table = f"<!-- make milestones -->\n{measured.short(results)}\n<!-- end -->"
    found, count = re.subn(
        r"<!-- make milestones -->.*?<!-- end -->", lambda _: table, readme, flags=re.DOTALL
    )
    if count != 1:
        raise ValueError("the README has no single place for the table of milestones")
    return found


if __name__ == "__main__":
    main()
