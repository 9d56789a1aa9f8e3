"""Diagrams that authors draw as inline SVG, in a `<figure class="tt-figure">`.

A wide one scrolls on a narrow screen. The theme's program makes scrolling boxes reachable by keyboard, if
they have the class that it looks for.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

PLAIN = '<figure class="tt-figure">'
SCROLLING = '<figure class="tt-figure pst-scrollable-table-container">'


class ScrollDiagrams(SphinxTransform):
    """Give every diagram the class."""

    default_priority = 212

    def apply(self, **kwargs: object) -> None:
        """Change the opening tags of this document's diagrams."""
        for node in list(self.document.findall(nodes.raw)):
            if PLAIN in node.astext():
                text = node.astext().replace(PLAIN, SCROLLING)
                node.replace_self(nodes.raw(text, text, format="html"))


def setup_diagram(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(ScrollDiagrams)
