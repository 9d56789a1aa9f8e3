"""tito milestone list: the programs from history, and what each still needs."""

from __future__ import annotations

import argparse
from typing import Any

from rich.text import Text

from tinytorch.workshop import library
from tinytorch.workshop.curriculum import MILESTONES, Milestone
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.folder import find_folder, tell_on_stderr
from tinytorch.workshop.tito.modules import add_workspace
from tinytorch.workshop.workspace import passed_texts


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("list", help="the milestones, and how much of each is yours")
    add_workspace(parser)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List all milestones."""
    mine: set[str] = set()
    try:
        folder = find_folder(library.chapters(), options.workspace, tell_on_stderr)
        mine = set(passed_texts(folder.load().records, folder.chapters))
    except CannotDo:
        if options.workspace is not None:
            raise
    rows = [_row(milestone, mine) for milestone in MILESTONES]
    if options.json:
        show.print_json(rows)
        return 0
    show.show_rows(show.make_console(), [_cells(row) for row in rows])
    return 0


def _row(milestone: Milestone, mine: set[str]) -> dict[str, Any]:
    chapters = [chapter for chapter in library.chapters() if chapter.module in milestone.modules]
    objects = [exercise.object for chapter in chapters for exercise in chapter.exercises]
    return {
        "year": milestone.year,
        "title": milestone.title,
        "status": milestone.status,
        "after": milestone.after,
        "task": milestone.task,
        "gate": milestone.gate,
        "exercises": len(objects),
        "mine": sum(name in mine for name in objects),
    }


def _cells(row: dict[str, Any]) -> tuple[Text | str, ...]:
    year, title = str(row["year"]), row["title"]
    if row["status"] != "written":
        return Text(year, "dim"), Text(title, "dim"), Text("planned", "dim"), Text(row["task"], "dim")
    whole = row["mine"] == row["exercises"]
    mine = "all yours" if whole else f"{row['mine']} of {row['exercises']} yours"
    return year, Text(title, "bold"), Text(mine, "green" if whole else ""), f"{row['task']}: {row['gate']}"
