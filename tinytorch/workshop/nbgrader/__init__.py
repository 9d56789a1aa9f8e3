"""nbgrader: the chapters as assignments for a class, graded by the same checks as in the page.

`generate` writes a course folder. In its notebooks `%load_ext tinytorch.workshop.nbgrader` gives the answer
cells their `%%exercise`, and each test cell calls `grade`. `regrade` grades a submitted notebook from its
text alone. Nothing here needs nbgrader itself but `preprocessors`, which the course's configuration names.
"""

from tinytorch.workshop.nbgrader.cells import grade, integrate, load_ipython_extension
from tinytorch.workshop.nbgrader.course import generate, points_table
from tinytorch.workshop.nbgrader.regrade import regrade

__all__ = ["generate", "grade", "integrate", "load_ipython_extension", "points_table", "regrade"]
