"""nbgrader: the chapters as assignments for a class, graded by the same checks as in the page.

`generate` writes a course folder. In its notebooks `%load_ext tinytorch.workshop.nbgrader` gives the answer
cells their `%%exercise`, and each test cell calls `grade`. `regrade` grades a submitted notebook from its
text alone. Nothing here needs nbgrader itself but `preprocessors`, which the course's configuration names.

JupyterLite has `cells` and `words` only, so the rest is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tinytorch.workshop.nbgrader.cells import grade, integrate, load_ipython_extension

if TYPE_CHECKING:
    from tinytorch.workshop.nbgrader.regrading import Grade

__all__ = ["generate", "grade", "integrate", "load_ipython_extension", "regrade"]


def generate(out: Path, chapters: Sequence[str] | None = None) -> list[Path]:
    """Write a course folder for all chapters, or for those named: see `course`."""
    from tinytorch.workshop.nbgrader import course

    return course.generate(out, chapters)


def regrade(file: Path) -> tuple[Grade, ...]:
    """Grade a submitted notebook from its text alone: see `regrading`."""
    from tinytorch.workshop.nbgrader import regrading

    return regrading.regrade(file)
