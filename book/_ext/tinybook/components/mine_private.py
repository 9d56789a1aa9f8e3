"""My TinyTorch, what is the reader's alone: time and attempts, and the way to remove everything."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, actions, head


class mine_effort(Component):
    """Time and attempts."""


class mine_erase(Component):
    """The way to remove everything."""


class MineEffortDirective(SphinxDirective):
    """`{mine-effort}`: checks and time of each exercise."""

    def run(self) -> list[nodes.Node]:
        """Build the node."""
        return [mine_effort()]


class MineEraseDirective(SphinxDirective):
    """`{mine-erase}`: removes everything that this book keeps in this browser."""

    def run(self) -> list[nodes.Node]:
        """Build the node."""
        return [mine_erase()]


def visit_mine_effort(self: HTML5Translator, node: mine_effort) -> None:
    """Write the box; its table is made in the reader's browser."""
    self.body.append(
        '<section class="tt-workspace" data-mine="effort" id="effort" aria-labelledby="effort-title">'
        + head("Private", "Never exported, never sent", "effort")
        + '<p data-role="words">With JavaScript on, this browser counts your checks and your time. '
        "What it counts never leaves this device.</p>"
        + '<div class="tt-effort" data-role="table"></div>'
        + actions(("counting", "Stop counting"), ("forget", "Erase the counts"))
        + "<output data-result></output></section>\n"
    )


def visit_mine_erase(self: HTML5Translator, node: mine_erase) -> None:
    """Write the box; the second step is made in the reader's browser."""
    self.body.append(
        '<section class="tt-workspace tt-erase" data-mine="erase" id="erase" aria-labelledby="erase-title">'
        + head("Erase", "Begin as if you had never been here", "erase")
        + '<p data-role="words">Your work is kept in this browser only, so it can be removed without '
        "asking anybody. You are asked once more before anything happens, and can export your work first.</p>"
        + actions(("erase", "Erase everything"))
        + "<output data-result></output></section>\n"
    )


def depart(self: HTML5Translator, node: nodes.Element) -> None:
    """Everything is written already."""


def setup_mine_private(app: Sphinx) -> None:
    """Register both boxes."""
    app.add_node(mine_effort, html=(visit_mine_effort, depart))
    app.add_node(mine_erase, html=(visit_mine_erase, depart))
    app.add_directive("mine-effort", MineEffortDirective)
    app.add_directive("mine-erase", MineEraseDirective)
