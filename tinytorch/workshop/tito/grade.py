"""tito grade: the points of submitted notebooks, from their text alone. No cell of them runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tinytorch.workshop import library
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.process import Json

if TYPE_CHECKING:
    from tinytorch.workshop.nbgrader.regrading import Grade


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    words = "grade submitted notebooks from their text alone; no cell of them runs"
    parser = commands.add_parser("grade", help=words, description=words)
    parser.add_argument("notebook", nargs="+", type=Path, help="a file such as 01_tensor.ipynb")
    parser.add_argument("--words", action="store_true", help="say what the checks say, too")
    parser.add_argument("--json", action="store_true", help="points and Reports, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Grade them one after the other; one that cannot be read keeps none of the others from being graded."""
    from tinytorch.workshop.nbgrader.regrading import Unreadable, regrade

    library.chapters()  # now, so that their absence is told once and in words
    console = show.make_console()
    rows: list[Json] = []
    code = 0
    with show.make_progress(console, not options.json) as bar:
        for file in bar.track(options.notebook, description="Grading"):
            try:
                given = regrade(file)
            except Unreadable as error:
                print(f"tito: {error}", file=sys.stderr)
                code = 2
                continue
            if not all(grade.passed for grade in given):
                code = code or 1
            rows.append(_row(file, given))
            if not options.json:
                _show(console, file, given, options.words)
    if options.json:
        show.print_json(rows)
    return code


def _row(file: Path, given: Sequence[Grade]) -> Json:
    exercises = [
        {
            "exercise": grade.exercise.name,
            "points": grade.points,
            "of": grade.exercise.points,
            "report": None if grade.report is None else grade.report.to_dict(),
        }
        for grade in given
    ]
    return {"notebook": str(file), "points": _earned(given), "of": _most(given), "exercises": exercises}


def _show(console: Console, file: Path, given: Sequence[Grade], words: bool) -> None:
    sum_of_all = f"{show.plain(str(file))}: {_earned(given)} of {_most(given)} points"
    console.print(Text(sum_of_all), soft_wrap=True)  # a path that was broken in two cannot be copied
    for grade in given:
        points = f"{grade.points} of {grade.exercise.points}"
        if grade.report is not None and words:
            show.show_report(console, grade.report, points, grade.text, False)
            continue
        mark, style = show.MARKS["not_written" if grade.report is None else grade.report.outcome]
        points += ", no answer" if grade.report is None else ""
        console.print(Text.assemble((mark, style), "  ", (grade.exercise.name, "bold"), f"  {points}"))


def _earned(given: Sequence[Grade]) -> int:
    return sum(grade.points for grade in given)


def _most(given: Sequence[Grade]) -> int:
    return sum(grade.exercise.points for grade in given)
