"""What the benchmarks found: `{measured} browser times` shows a table of measured/browser.json.

The tables are made when the book is built, so that a page cannot say what nobody measured.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tinybook.measured import browser, chart, frameworks, gemm, milestones

FOLDER = Path("book/developers/measured")
PARTS = {
    "browser": browser.PARTS,
    "frameworks": frameworks.PARTS,
    "gemm": gemm.PARTS,
    "milestones": milestones.PARTS,
}


class MeasuredDirective(SphinxDirective):
    """`{measured} browser times`: a table; `{measured} browser chart`: the chart."""

    required_arguments = 2
    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Build the table or the chart."""
        benchmark, part = self.arguments
        file = Path(self.env.srcdir) / FOLDER / f"{benchmark}.json"
        self.env.note_dependency(str(file))
        results = json.loads(file.read_text(encoding="utf-8"))
        if (benchmark, part) == ("browser", "chart"):
            figure = f'<figure class="tt-figure">{chart.picture(results)}</figure>'
            return [nodes.raw("", figure, format="html")]
        lines = PARTS[benchmark][part](results).splitlines()
        container = nodes.container()
        self.state.nested_parse(StringList(lines, str(file)), self.content_offset, container)
        return container.children


def setup_measured(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("measured", MeasuredDirective)
