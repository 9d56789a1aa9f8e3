"""The offline panel: what of the book is kept on this device, and the button that keeps all of it."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, actions, head

NEEDS_SCRIPT = "With JavaScript on, this browser can keep the book for times without a network."


class offline(Component):
    """The panel."""


class OfflineDirective(SphinxDirective):
    """`{offline}`: the panel that makes the whole book available offline."""

    def run(self) -> list[nodes.Node]:
        """Build the node."""
        return [offline()] if self.config.tinybook_settings.offline else []


def visit_offline(self: HTML5Translator, node: offline) -> None:
    """Write the panel."""
    self.body.append(
        '<section class="tt-offline" data-offline id="offline" aria-labelledby="offline-title">'
        + head("Offline", "Read and run without a network", "offline")
        + f'<p data-role="kept">{NEEDS_SCRIPT}</p>'
        + '<div data-role="progress" hidden></div>'
        + actions(
            ("keep", "Make the whole book available offline"),
            ("pause", "Stop"),
            ("remove", "Remove it from this device"),
        )
        + '<output data-result aria-live="polite"></output></section>\n'
    )


def depart_offline(self: HTML5Translator, node: offline) -> None:
    """Everything is written already."""


def setup_offline(app: Sphinx) -> None:
    """Register the panel."""
    app.add_node(offline, html=(visit_offline, depart_offline))
    app.add_directive("offline", OfflineDirective)
