"""A worked example: the package's own text, with a caption that says where it lives."""

from __future__ import annotations

from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, code
from tinybook.reading.errors import ChapterError
from tinybook.reading.reader import pull_object


class pulled(Component):
    """One object of the package, shown."""


class PullDirective(SphinxDirective):
    """`{pull} tinytorch.core.tensor:Tensor.__sub__`: that object's text, as it is in the package today."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Pull the text, and say that this page depends on its file."""
        source, line = self.get_source_info()
        try:
            found = pull_object(self.arguments[0], Path(self.env.srcdir), source, line)
        except ChapterError as error:
            raise self.error(error.problem) from None
        self.env.note_dependency(found.file)
        box = pulled(file=found.file, name=found.name, text=found.text)
        self.set_source_info(box)
        return [box]


def visit_pulled(self: HTML5Translator, node: pulled) -> None:
    """Write the figure."""
    self.body.append(
        f'<figure class="tt-pull">{code(self, node["text"])}<figcaption><code>{escape(node["name"])}</code> '
        f"in <code>{escape(node['file'])}</code></figcaption></figure>\n"
    )


def depart_pulled(self: HTML5Translator, node: pulled) -> None:
    """Everything is written already."""


def setup_pull(app: Sphinx) -> None:
    """Register the worked example."""
    app.add_node(pulled, html=(visit_pulled, depart_pulled))
    app.add_directive("pull", PullDirective)
