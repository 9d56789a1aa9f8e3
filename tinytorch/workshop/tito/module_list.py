"""tito module list: the modules of the book, and how far the learner is."""

from __future__ import annotations

import argparse
from typing import Any

from rich.text import Text

from tinytorch.workshop import library
from tinytorch.workshop.curriculum import MODULES, START, Module
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.folder import Folder, find_folder, tell_on_stderr
from tinytorch.workshop.tito.modules import add_workspace, count_passed, progress_of
from tinytorch.workshop.workspace import Work


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("list", help="the modules, and how far you are")
    add_workspace(parser)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List all modules; without a workspace nothing of them is done."""
    chapters = library.chapters()
    folder = None
    try:
        folder = find_folder(chapters, options.workspace, tell_on_stderr)
    except CannotDo:
        if options.workspace is not None:
            raise
    work = folder.load() if folder else Work(())
    rows = [_row(module, folder, work) for module in (START, *MODULES)]
    if options.json:
        show.print_json(rows)
        return 0
    console = show.make_console()
    show.show_rows(console, [_cells(row) for row in rows])
    if folder is None:
        console.print("\nYou have no workspace here. `tito module start 01` makes one.")
    return 0


def _row(module: Module, folder: Folder | None, work: Work) -> dict[str, Any]:
    chapter = next((one for one in library.chapters() if one.name == module.name), None)
    progress = progress_of(chapter, folder, work) if chapter and folder else []
    return {
        "number": module.number,
        "name": module.name,
        "title": module.title,
        "status": module.status,
        "needs": list(module.needs),
        "exercises": len(chapter.exercises) if chapter else 0,
        "started": sum(one.status != "new" for one in progress),
        "passed": count_passed(progress),
    }


def _cells(row: dict[str, Any]) -> tuple[Text | str, ...]:
    number, title = f"{row['number']:02d}", row["title"]
    if row["status"] != "written":
        return Text(number, "dim"), Text(title, "dim"), Text("planned", "dim")
    done = row["passed"] == row["exercises"]
    words = f"{row['passed']} of {row['exercises']}" + (" · all yours" if done else "")
    return number, Text(title, "bold"), Text(words, "green" if done else "")
