"""tito module status: how far each exercise is."""

from __future__ import annotations

import argparse
from typing import Any

from rich.text import Text

from tinytorch.workshop.curriculum import module as module_of
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.modules import (
    add_workspace,
    count_passed,
    find_chapter,
    missing_before,
    open_folder,
    progress_of,
)

WORDS = {
    "passed": ("passes", "green"),
    "failing": ("does not pass yet", "red"),
    "todo": ("not checked since you changed it", "yellow"),
    "stub": ("not written yet", "yellow"),
    "new": ("not started", "dim"),
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "status", help="how far each exercise is, of one module or of all you started"
    )
    parser.add_argument("module", nargs="?", help="such as 03 or layers")
    add_workspace(parser)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show the status of one module, or of those that were started."""
    folder = open_folder(options)
    work = folder.load()
    chosen = [find_chapter(options.module, folder.chapters)] if options.module else folder.chapters
    data: list[dict[str, Any]] = []
    console = show.make_console()
    for chapter in chosen:
        progress = progress_of(chapter, folder, work)
        if not options.module and all(one.status == "new" for one in progress):
            continue
        head = {"module": chapter.module, "name": chapter.name, "title": chapter.title}
        exercises = [
            {
                "name": one.exercise.name,
                "title": one.exercise.title,
                "status": one.status,
                "file": str(folder.path(one.exercise.name)),
            }
            for one in progress
        ]
        missing = missing_before(module_of(chapter.module), folder, work)
        data.append({**head, "passed": count_passed(progress), "exercises": exercises, "missing": missing})
        if options.json:
            continue
        done = f"{count_passed(progress)} of {len(progress)}"
        console.print(Text(f"{chapter.module:02d} {chapter.title}: {done}", "bold"))
        rows: list[tuple[Text | str, ...]] = []
        for one in progress:
            untouched = one.status == "todo" and folder.text(one.exercise.name) == one.exercise.stub
            words, style = WORDS["stub" if untouched else one.status]
            rows.append(("  " + one.exercise.name, Text(words, style)))
        show.show_rows(console, rows)
        if missing:
            console.print(
                f"  It stands on {', '.join(missing)}; until these are yours, the book's code serves."
            )
    if options.json:
        show.print_json({"workspace": str(folder.root), "modules": data})
    elif not data:
        console.print("Nothing is started. `tito module start 01` begins.")
    return 0
