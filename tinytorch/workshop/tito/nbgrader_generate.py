"""tito nbgrader generate: assignments for a class, from the same text as the book."""

from __future__ import annotations

import argparse
from pathlib import Path

from tinytorch.workshop.tito.errors import CannotDo


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("generate", help="write nbgrader assignments")
    parser.add_argument("folder", type=Path, help="the course's folder")
    parser.add_argument("module", nargs="*", help="such as 03; otherwise all that are written")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write them."""
    raise CannotDo("This tinytorch cannot write assignments for nbgrader yet.")
