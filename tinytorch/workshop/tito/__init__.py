"""tito: the book's exercises in a terminal, on a folder of plain files that any editor edits."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end Python with its exit code."""
    try:
        from tinytorch.workshop.tito.command import run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("rich", "pytest"):
            raise
        sys.exit(f"tito needs {missing}, which is not installed here: pip install pytest rich")
    sys.exit(run(sys.argv[1:]))
