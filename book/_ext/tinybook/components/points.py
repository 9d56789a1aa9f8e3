"""The points of every exercise, for instructors: read from the chapters when the book is built."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tinybook.reading.reader import read_chapter
from tinytorch.workshop import curriculum
from tinytorch.workshop.nbgrader.course import points_table


class PointsDirective(SphinxDirective):
    """`{points}`: the table that `tito nbgrader generate` writes into a course's README, too."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Read the chapters, and show the table."""
        root = Path(self.env.srcdir)
        files = [f"exercises/{module.name}.py" for module in curriculum.written()]
        for file in files:
            self.env.note_dependency(file)
        lines = points_table(read_chapter(root / file, root) for file in files).splitlines()
        container = nodes.container()
        self.state.nested_parse(StringList(lines, "points"), self.content_offset, container)
        return container.children


def setup_points(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("points", PointsDirective)
