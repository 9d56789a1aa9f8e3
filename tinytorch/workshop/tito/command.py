"""The command line: what there is to say to tito, and the code it ends with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType

from tinytorch import __version__
from tinytorch.workshop.library import NotOnShelf
from tinytorch.workshop.tito import (
    book_serve,
    grade,
    milestone_list,
    milestone_run,
    module_check,
    module_list,
    module_reset,
    module_start,
    module_status,
    nbgrader_generate,
    workspace_export,
    workspace_import,
)
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.workspace import InvalidWorkspace

GROUPS: dict[str, tuple[str, tuple[ModuleType, ...]]] = {
    "module": (
        "the exercises: start, check, reset, and how far you are",
        (module_list, module_start, module_check, module_status, module_reset),
    ),
    "milestone": ("programs from history, trained with your tinytorch", (milestone_list, milestone_run)),
    "workspace": ("your work, out of here and in again", (workspace_export, workspace_import)),
    "book": ("the book itself", (book_serve,)),
    "nbgrader": ("assignments for a class", (nbgrader_generate,)),
}
STOPPED = 130  # what shells give for Ctrl+C


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments ask for: 0 is good, 1 did not pass, 2 cannot be done."""
    options = make_parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except (CannotDo, NotOnShelf, InvalidWorkspace) as error:
        print(f"tito: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read this has read enough
        sys.stdout = None  # Python would complain of it at its end
        return 1
    except OSError as error:
        print(f"tito: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tito: stopped", file=sys.stderr)
        return STOPPED
    return code


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of everything."""
    parser = argparse.ArgumentParser(
        prog="tito",
        description="The exercises of the TinyTorch book, in a terminal.",
        epilog="Ends with 0 if all is well, 1 if something does not pass, 2 if it cannot be done.",
    )
    parser.add_argument("--version", action="version", version=f"tito {__version__}")
    groups = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (words, commands) in GROUPS.items():
        group = groups.add_parser(name, help=words, description=words)
        subparsers = group.add_subparsers(required=True, metavar="COMMAND")
        for command in commands:
            command.add_parser(subparsers)
    grade.add_parser(groups)
    return parser
