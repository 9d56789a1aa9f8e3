"""tito nbgrader generate: assignments for a class, from the same text as the book."""

from __future__ import annotations

import argparse
from pathlib import Path

from tinytorch.workshop import library
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.modules import find_chapter


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("generate", help="write a course folder for nbgrader")
    parser.add_argument("folder", type=Path, help="the course's folder; a configuration in it stays as it is")
    parser.add_argument("module", nargs="*", help="such as 03 or layers; otherwise all that are written")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the folder."""
    from tinytorch.workshop.nbgrader import generate

    chapters = [find_chapter(name, library.chapters()).name for name in options.module]
    written = generate(options.folder, chapters or None)
    console = show.make_console()
    for path in written:
        console.print(show.near(path.resolve()))
    return 0
