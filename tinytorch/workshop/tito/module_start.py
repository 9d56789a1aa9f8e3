"""tito module start: write the files of a module's exercises, for the learner's editor."""

from __future__ import annotations

import argparse

from tinytorch.workshop import library
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.folder import find_folder, make_folder, tell_on_stderr
from tinytorch.workshop.tito.modules import add_workspace, find_chapter, find_module, missing_before


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "start", help="write a module's exercises as files; none of yours is touched"
    )
    parser.add_argument("module", help="such as 03 or layers")
    add_workspace(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write what is missing, in the workspace that is here, or in a new one."""
    chapters = library.chapters()
    module, chapter = find_module(options.module), find_chapter(options.module, chapters)
    console = show.make_console()
    try:
        folder = find_folder(chapters, options.workspace, tell_on_stderr)
    except CannotDo:
        folder = make_folder(chapters, options.workspace, tell_on_stderr)
        console.print(f"Your workspace is {show.near(folder.root)}.")
    written = folder.start(chapter.exercises)
    folder.assemble()
    place = show.near(folder.path(chapter.exercises[0].name).parent)
    if written:
        count = f"{len(written)} exercises" if len(written) > 1 else "The exercise"
        verb = "are" if len(written) > 1 else "is"
        console.print(f"{count} of {module.number:02d} {chapter.title} {verb} in {place}:")
        for name in written:
            console.print(f"  {name}.py")
    else:
        console.print(f"All exercises of {module.number:02d} {chapter.title} are in {place} already.")
    missing = missing_before(module, folder, folder.load())
    if missing:
        console.print(
            f"It stands on {', '.join(missing)}. You can begin all the same: until these are yours, the "
            "book's code serves."
        )
    console.print(f"Write the functions in any editor, then: tito module check {module.number:02d}")
    return 0
