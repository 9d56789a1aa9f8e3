"""tito module reset: bring the book's stubs back; what was written is kept as a version."""

from __future__ import annotations

import argparse
import sys

from tinytorch.workshop.source import same
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.folder import Unreadable
from tinytorch.workshop.tito.modules import add_workspace, find_chapter, open_folder, pick_exercises


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("reset", help="bring the book's stubs back; your texts are kept as versions")
    parser.add_argument("module", help="such as 03 or layers")
    parser.add_argument("exercise", nargs="*", help="some of its exercises; otherwise all")
    add_workspace(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask, and reset what was changed."""
    folder = open_folder(options)
    chapter = find_chapter(options.module, folder.chapters)
    changed = []
    for exercise in pick_exercises(chapter, options.exercise):
        try:
            text = folder.text(exercise.name)
        except Unreadable:
            text = ""
        if text is not None and not same(text, exercise.stub):
            changed.append(exercise)
    console = show.make_console()
    if not changed:
        console.print("Nothing to reset: these files say what the book says.")
        return 0
    names = ", ".join(exercise.name for exercise in changed)
    if not options.yes:
        if not sys.stdin.isatty():
            raise CannotDo(f"This would reset {names}. Nobody can be asked here: say --yes.")
        if input(f"Reset {names}? What you wrote is kept as a version. [y/N] ").strip().lower() not in (
            "y",
            "yes",
        ):
            console.print("Nothing was changed.")
            return 0
    folder.reset(changed)
    console.print(f"Reset: {names}. What passed before stays part of your tinytorch.")
    return 0
