"""Grade notebooks from their text alone: `python -m tinytorch.workshop.nbgrader NOTEBOOK…`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tinytorch.workshop.nbgrader.regrading import Unreadable, regrade


def main() -> int:
    """Print the points of each notebook; 2 if one cannot be read, otherwise 0."""
    parser = argparse.ArgumentParser(
        prog="python -m tinytorch.workshop.nbgrader",
        description="Grade notebooks from their text alone; no cell of them runs.",
    )
    parser.add_argument("notebook", nargs="+", type=Path, help="a file such as 01_tensor.ipynb")
    parser.add_argument("--words", action="store_true", help="say what each check says, too")
    options = parser.parse_args()
    code = 0
    for file in options.notebook:
        try:
            given = regrade(file)
        except Unreadable as error:
            print(f"{file}: {error}", file=sys.stderr)
            code = 2
            continue
        earned, most = sum(grade.points for grade in given), sum(grade.exercise.points for grade in given)
        print(f"{earned:3} of {most} points  {file}", flush=True)
        for grade in given:
            name, points = grade.exercise.name, grade.exercise.points
            print(f"    {grade.points} of {points}  {name}")
            if options.words:
                print("\n".join(f"            {line}" for line in grade.words.splitlines()))
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # whoever read this has read enough
        os._exit(1)
