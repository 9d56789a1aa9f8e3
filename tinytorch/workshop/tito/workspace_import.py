"""tito workspace import: take in what the page, or another workspace, exported."""

from __future__ import annotations

import argparse
from pathlib import Path

from tinytorch.workshop import library
from tinytorch.workshop.archive import MAX_BYTES, import_archive
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.folder import find_folder, make_folder, tell_on_stderr
from tinytorch.workshop.tito.modules import add_workspace


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "import", help="take in an exported file; what it replaces is kept as versions"
    )
    parser.add_argument("file", type=Path, help="a file that Export gave")
    add_workspace(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the file first, all of it, and only then change anything."""
    chapters = library.chapters()
    work, notes = import_archive(_read(options.file), chapters)
    console = show.make_console()
    try:
        folder = find_folder(chapters, options.workspace, tell_on_stderr)
    except CannotDo:
        folder = make_folder(chapters, options.workspace, tell_on_stderr)
        console.print(f"Your workspace is {show.near(folder.root)}.")
    merged = folder.merge(work)
    folder.assemble()
    console.print(f"{len(work.records)} answers were in the file.")
    if merged.added:
        console.print(f"New here: {', '.join(merged.added)}.")
    if merged.replaced:
        console.print(f"Changed, and what was here is kept as versions: {', '.join(merged.replaced)}.")
    if not merged.added and not merged.replaced:
        console.print("All of these texts were here already.")
    for note in notes:
        console.print(note)
    return 0


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)  # what is longer is refused, however long it is
    except OSError as error:
        raise CannotDo(f"{file} cannot be read: {error.strerror}.") from None
