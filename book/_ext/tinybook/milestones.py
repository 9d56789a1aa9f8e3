"""Milestones at build: each program runs with the book's package; its result is kept until something changes.

    python -m tinybook.milestones 1986

prints what a page shows of it, as JSON. The build runs that in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinybook.config import digest
from tinytorch.workshop import curriculum

PATIENCE = 900  # seconds; a machine that builds several things at a time is slow


class Failed(Exception):
    """A milestone of the book does not run, or does not pass: there is no page to show."""


@dataclass(frozen=True)
class Built:
    """What a milestone came to with the book's package."""

    seconds: float
    found: list[tuple[str, float]]  # of each task, the share that its network answers right
    stdout: str
    checks: list[dict[str, Any]]
    figures: list[dict[str, Any]]


def program(milestone: curriculum.Milestone, root: Path) -> Path:
    """Return the file of its program."""
    return root / "milestones" / f"{milestone.program}.py"


def sources(milestone: curriculum.Milestone, root: Path) -> list[Path]:
    """Return everything that its result depends on: program, package, gates, data."""
    package = (root / "tinytorch").rglob("*.py")
    data = [root / f"tinytorch/data/files/{name}.npz" for name in milestone.needs]
    return sorted([program(milestone, root), *package, *data])


def built_milestone(milestone: curriculum.Milestone, root: Path, cache: Path) -> Built:
    """Return what came of it, from `cache` if nothing has changed since.

    Raises:
        Failed: it does not run, or a gate does not pass.
    """
    kept = cache / f"{milestone.year}-{digest([Path(__file__), *sources(milestone, root)])}.json"
    if not kept.exists():
        text = _run(milestone, root)
        cache.mkdir(parents=True, exist_ok=True)
        for older in cache.glob(f"{milestone.year}-*.json"):
            older.unlink()
        kept.write_text(text, encoding="utf-8")
    return Built(**json.loads(kept.read_text(encoding="utf-8")))


def _run(milestone: curriculum.Milestone, root: Path) -> str:
    command = [sys.executable, "-m", "tinybook.milestones", str(milestone.year)]
    try:
        run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Failed(f"milestone {milestone.year} took longer than {PATIENCE} s") from None
    if run.returncode != 0:
        raise Failed(f"milestone {milestone.year}: {(run.stderr or run.stdout).strip()}")
    return run.stdout


def run_here(milestone: curriculum.Milestone, root: Path) -> Built:
    """Run the program in this process.

    Raises:
        Failed: it does not run, or a gate does not pass.
    """
    from tinytorch.workshop.gates import network_of, question
    from tinytorch.workshop.kept import unpack
    from tinytorch.workshop.milestones import run_milestone

    figures: dict[str, dict[str, Any]] = {}

    def hear(event: dict[str, Any]) -> None:
        if event["kind"] == "figure":  # of a figure that grows, its last state
            figures[event["live"] or f"figure-{len(figures)}"] = event

    source = program(milestone, root).read_text(encoding="utf-8")
    result = run_milestone(milestone, source, {}, hear)
    report = result.report
    if report.outcome != "passed" or result.model is None:
        wrong = "\n".join(
            f"{check.claim} {check.message}" for check in report.checks if check.outcome != "passed"
        )
        raise Failed(f"{report.outcome}: {wrong}\n{report.stdout}")
    # As the gates find it: from the weights, without the package that trained them.
    found = []
    for task, weights in unpack(milestone.year, result.model).items():
        asked = question(milestone.year, task, {})
        guesses = network_of(milestone.year, task).scores(weights, asked.inputs).argmax(axis=1)
        found.append((task, float((guesses == asked.classes).mean())))
    shown = [{key: one[key] for key in ("mime", "base64", "alt")} for one in figures.values()]
    checks = report.to_dict()["checks"]
    # The first line says whose code ran, which a page has its own words for.
    _, _, printed = report.stdout.partition("\n")
    return Built(report.seconds, found, printed, checks, shown)


if __name__ == "__main__":
    try:
        here = run_here(curriculum.milestone(int(sys.argv[1])), Path.cwd())
    except Failed as failed:
        sys.exit(str(failed))
    print(json.dumps(asdict(here)))
