"""Numbers of a dataset: `{datasheet} tinydigits splits` shows a table, counted when the book is built."""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tinybook import datasheets


class DatasheetDirective(SphinxDirective):
    """`{datasheet} NAME PART`: one table, or one line."""

    required_arguments = 2
    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Count, and show."""
        name, part = self.arguments
        for file in datasheets.files():
            self.env.note_dependency(str(file))
        lines = datasheets.PARTS[name][part]().splitlines()
        container = nodes.container()
        self.state.nested_parse(StringList(lines, f"datasheet {name} {part}"), self.content_offset, container)
        return container.children


def setup_datasheet(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("datasheet", DatasheetDirective)
