"""Mutation run: are an exercise's checks able to fail?

    python tests/mutants.py [EXERCISE …]        (make mutants)

Each marked region of the package is damaged in every way that `mutate.py` knows, and each damaged function
is handed in like a learner's answer, to the same runner. A mutant that passes has survived. Mutants that mean
the same as the original are listed with a proof in `equivalents.toml` and do not count; one that is listed
but does not exist any more, or is killed after all, is an error, so that the list stays true.
"""

import argparse
import os
import sys
import textwrap
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "book/_ext")]

from mutate import Mutant, mutants  # noqa: E402

from tinytorch.workshop.chapter import Chapter, Exercise  # noqa: E402
from tinytorch.workshop.checks import run_checks  # noqa: E402
from tinytorch.workshop.fresh import book_source  # noqa: E402

EQUIVALENTS = ROOT / "tests/equivalents.toml"
THRESHOLD = 0.9
SECONDS = 3.0  # for one check: the reference needs milliseconds, a mutant that loops for ever would need ever
PROCESSES = 2


@dataclass(frozen=True)
class Verdict:
    """What the checks said about one mutant."""

    mutant: Mutant
    killed: bool


class RunError(Exception):
    """The run says nothing about the checks until this is mended."""


def judge(chapter: Chapter, mutant: Mutant) -> Verdict:
    """Hand a mutant in as a learner's answer."""
    report = run_checks(chapter, mutant.exercise, mutant.text, seconds=SECONDS)
    if [check.name for check in report.checks] == ["reads"]:
        raise RunError(f"{mutant.exercise}: this mutant is no valid answer\n{mutant.text}")
    return Verdict(mutant, report.outcome != "passed")


def verdicts(chapter: Chapter, exercise: Exercise, pool: ProcessPoolExecutor) -> list[Verdict]:
    """Judge an exercise's mutants; before and after them the reference must pass, in the same processes."""
    reference = Mutant(exercise.name, "none", exercise.solution, "")
    found = mutants(book_source(exercise.module), exercise.path, exercise.name)
    jobs = [reference] * PROCESSES + found + [reference] * PROCESSES
    judged = list(pool.map(judge, [chapter] * len(jobs), jobs))
    if any(verdict.killed for verdict in judged[:PROCESSES]):
        raise RunError(f"{exercise.name}: the book's own solution does not pass its checks")
    if any(verdict.killed for verdict in judged[-PROCESSES:]):
        raise RunError(f"{exercise.name}: a mutant left something behind that fails the book's own solution")
    return judged[PROCESSES:-PROCESSES]


def read_equivalents(path: Path = EQUIVALENTS) -> dict[tuple[str, str], str]:
    """Return {(exercise, difference): proof}."""
    listed: dict[tuple[str, str], str] = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", []):
        key = entry["exercise"], entry["mutant"].strip()
        if key in listed or not entry["proof"].strip():
            raise RunError(f"{path.name}: {key[0]}: listed twice, or without a proof:\n{key[1]}")
        listed[key] = entry["proof"]
    return listed


def refuse_stale(listed: Iterable[tuple[str, str]], judged: Sequence[Verdict]) -> None:
    """Raise if a listed equivalent is not among the mutants, or is among the killed."""
    killed = {(verdict.mutant.exercise, verdict.mutant.difference): verdict.killed for verdict in judged}
    for exercise, difference in listed:
        problem = {None: "does not exist any more", True: "is killed, so it is no equivalent", False: None}[
            killed.get((exercise, difference))
        ]
        if problem:
            raise RunError(f"equivalents.toml: {exercise}: this mutant {problem}:\n{difference}")


def summarise(judged: Sequence[Verdict], listed: Mapping[tuple[str, str], str]) -> tuple[str, float]:
    """Return the lines to print, and the share of mutants killed, equivalents left out."""
    lines, killed, total = [], 0, 0
    for exercise in dict.fromkeys(verdict.mutant.exercise for verdict in judged):
        own = [verdict for verdict in judged if verdict.mutant.exercise == exercise]
        counted = [verdict for verdict in own if (exercise, verdict.mutant.difference) not in listed]
        dead = sum(verdict.killed for verdict in counted)
        equivalent = f"   {len(own) - len(counted)} equivalent" if len(own) > len(counted) else ""
        lines.append(f"{exercise:26}{dead:4} of {len(counted):3} killed{equivalent}")
        for verdict in counted:
            if not verdict.killed:
                lines.append(f"    survived: {verdict.mutant.operator}")
                lines.append(textwrap.indent(verdict.mutant.difference, "        "))
        killed, total = killed + dead, total + len(counted)
    share = killed / total if total else 0.0
    lines.append(f"{'all':26}{killed:4} of {total:3} killed, {share:.1%}; {THRESHOLD:.0%} are needed")
    return "\n".join(lines), share


def run(
    chapters: Sequence[Chapter], names: Sequence[str], listed: Mapping[tuple[str, str], str]
) -> tuple[str, float]:
    """Judge the mutants of the exercises in `names`, or of all; return what `summarise` makes of them."""
    exercises = [
        (chapter, exercise)
        for chapter in chapters
        for exercise in chapter.exercises
        if not names or exercise.name in names
    ]
    unknown = set(names) - {exercise.name for _, exercise in exercises}
    if unknown or not exercises:
        raise RunError(f"there is no exercise {', '.join(sorted(unknown)) or 'at all'}")
    with ProcessPoolExecutor(min(PROCESSES, os.cpu_count() or 1)) as pool:
        judged = [verdict for pair in exercises for verdict in verdicts(*pair, pool)]
    here = {exercise.name for _, exercise in exercises}
    refuse_stale([key for key in listed if key[0] in here or not names], judged)
    return summarise(judged, listed)


def read_chapters() -> list[Chapter]:
    """Read all chapters of the book."""
    from all_chapters import CHAPTERS

    return list(CHAPTERS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and return 0 if enough mutants were killed."""
    parser = argparse.ArgumentParser(
        description="Damage the book's solutions; the exercises' checks must notice."
    )
    parser.add_argument("exercise", nargs="*", help="only these exercises")
    try:
        text, share = run(read_chapters(), parser.parse_args(arguments).exercise, read_equivalents())
    except RunError as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    print(text)
    return 0 if share >= THRESHOLD else 1


if __name__ == "__main__":
    raise SystemExit(main())
