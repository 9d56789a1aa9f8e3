"""Print in how many knockouts of a package that is all the reader's the right module is named."""

from __future__ import annotations

import re
import sys
import warnings
from collections import Counter

from sabotage import sabotaged
from short_runs import ROOT, SHORT, program
from test_knockout import DEPENDS

from tinytorch.workshop.curriculum import milestone
from tinytorch.workshop.milestones import run_milestone

sys.path.insert(0, str(ROOT / "tests"))
from all_chapters import CHAPTERS

SOLVED = {exercise.object: exercise.solution for chapter in CHAPTERS for exercise in chapter.exercises}


def named(year: int, target: str, kind: str) -> list[int]:
    """Return the modules that are named when one function of a package all the reader's is broken."""
    texts = SOLVED | {target: sabotaged(target, kind)}
    report = run_milestone(milestone(year), program(year), texts, chapters=CHAPTERS, **SHORT[year]).report
    hint = next(check.hint for check in report.checks if check.outcome != "passed")
    told = re.match(r"With the book's modules? ([0-9, and]+)", hint)
    return [int(number) for number in re.findall(r"\d+", told[1])] if told else []


def main() -> None:
    """Break one function after the other."""
    warnings.simplefilter("ignore", RuntimeWarning)  # of sabotaged answers
    counts: Counter[str] = Counter()
    for year, modules in DEPENDS.items():
        for number, targets in modules.items():
            for target, kinds in targets.items():
                for kind in kinds:
                    found = named(year, target, kind)
                    right = "named" if found == [number] else "not named"
                    counts[right] += 1
                    if found != [number]:
                        print(f"{year}, {target} {kind}: module {number:02d}, named {found}", flush=True)
    print(f"The right module was named in {counts['named']} of {counts.total()} knockouts.")


if __name__ == "__main__":
    main()
