"""Course: a whole folder for nbgrader, made from the book's chapters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tinytorch.workshop import library
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.nbgrader.source import YOURS, source_notebook

CONFIG = f'''"""The course's configuration, which nbgrader reads in this folder. It is yours to change."""

import secrets

from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    Execute,
    IgnorePattern,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from tinytorch.workshop.nbgrader.preprocessors import Judge, RestoreTests

# False: answers are judged from their text, each in a Python of its own, and no other cell of a submission
# runs. True: nbgrader runs all cells of a submission in a kernel, as it usually does; you need that to grade
# cells of your own, and then a submission can make every test cell say what it wants.
KERNEL = False

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "tinytorch"

# What stands in place of a solution, so that students get the book's stub.
c.ClearSolutions.code_stub = {{"python": {YOURS!r}}}

# A test cell that a student has deleted comes back before nbgrader restores texts and points.
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    DeduplicateIds,
    OverwriteKernelspec,
    RestoreTests,
    OverwriteCells,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    Execute if KERNEL else Judge,
    IgnorePattern,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]

# For KERNEL = True: a cell that never ends is interrupted, and the cells after it still run. Test cells have
# limits of their own, which are shorter.
c.Execute.timeout = 200
c.Execute.interrupt_on_timeout = True
# What lies beside the notebook is not imported in place of the real packages.
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--InteractiveShellApp.ignore_cwd=True"]
# A cell with this tag would be skipped, and a skipped test cell counts as passed: so nobody may know the tag.
c.Execute.skip_cells_with_tag = secrets.token_hex(16)
'''

README = """# TinyTorch in class

One folder for nbgrader, written by `tito nbgrader generate`. Work in this folder.

    nbgrader generate_assignment 01_tensor     release/01_tensor is what students get: no solutions in it
    nbgrader autograde 01_tensor               grades submitted/STUDENT/01_tensor/01_tensor.ipynb
    nbgrader generate_feedback 01_tensor       feedback/STUDENT/01_tensor/01_tensor.html
    nbgrader export                            all points as grades.csv

The book's page for instructors explains each step, and what to do when one fails. Keep this folder to
yourself: `source/` holds the solutions, `gradebook.db` and `submitted/` are your students' data.

## Points

An exercise earns all of its points when all of its checks pass, and none otherwise. Integration checks earn
none.

"""


def generate(out: Path, chapters: Sequence[str] | None = None) -> list[Path]:
    """Write a course folder for all chapters, or for those named, into `out`; return what was written.

    A chapter is named as its file is, `01_tensor`, or by its module's number, `01`.

    Sources and README are written anew. A configuration that is there already is left as it is.

    Raises:
        LookupError: the book has no such chapter, or is not here.
    """
    chosen = _chosen(chapters)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for chapter in chosen:
        notebook = source_notebook(chapter, library.notebook(chapter.name))
        file = out / "source" / chapter.name / f"{chapter.name}.ipynb"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(file)
    readme, config = out / "README.md", out / "nbgrader_config.py"
    readme.write_text(README + points_table(library.chapters()), encoding="utf-8")
    written.append(readme)
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
        written.append(config)
    return written


def points_table(chapters: Iterable[Chapter]) -> str:
    """Return the points of chapters and their exercises as a markdown table."""
    rows, total = ["| chapter | exercise | checks | points |", "|---|---|---:|---:|"], 0
    for chapter in chapters:
        for exercise in chapter.exercises:
            rows.append(
                f"| | {exercise.title} (`{exercise.name}`) | {len(exercise.checks)} | {exercise.points} |"
            )
        points = sum(exercise.points for exercise in chapter.exercises)
        rows.insert(
            len(rows) - len(chapter.exercises), f"| **{chapter.name}** {chapter.title} | | | **{points}** |"
        )
        total += points
    return "\n".join([*rows, f"| all | | | **{total}** |"]) + "\n"


def _chosen(names: Sequence[str] | None) -> tuple[Chapter, ...]:
    chapters = library.chapters()
    if names is None:
        return chapters
    known = {chapter.name: chapter for chapter in chapters}
    numbers = {f"{chapter.module:02d}": chapter.name for chapter in chapters}
    names = [numbers.get(name, name) for name in names]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LookupError(f"The book has no chapter {', '.join(unknown)}. It has {', '.join(known)}.")
    return tuple(known[name] for name in names)
