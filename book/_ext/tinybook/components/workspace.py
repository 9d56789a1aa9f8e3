"""The workspace panel: what is kept, where, and the two doors, out and in."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, head

NEEDS_SCRIPT = "Your answers are kept in this browser once JavaScript is on."


# The page adds the chapters, each as a notebook.
FORMS = '<option value="zip">a project (.zip)</option><option value="wheel">a package for pip (.whl)</option>'


class workspace(Component):
    """The panel."""


class WorkspaceDirective(SphinxDirective):
    """`{workspace}`: the panel that exports and imports the reader's work."""

    def run(self) -> list[nodes.Node]:
        """Build the node."""
        return [workspace()]


def visit_workspace(self: HTML5Translator, node: workspace) -> None:
    """Write the panel."""
    self.body.append(
        '<section class="tt-workspace" data-workspace id="workspace" aria-labelledby="workspace-title">'
        + head("Workspace", "Take your work with you", "workspace")
        + f'<p data-role="saved">{NEEDS_SCRIPT}</p>'
        '<div class="tt-actions" data-role="actions" hidden>'
        f'<label>Export as <select data-role="form">{FORMS}</select></label>'
        '<button type="button" data-action="export">Export</button>'
        '<button type="button" data-action="import">Import …</button></div>'
        '<input type="file" accept=".zip,.whl,.ipynb,.json" aria-label="File to import" hidden>'
        "<output data-result></output></section>\n"
    )


def depart_workspace(self: HTML5Translator, node: workspace) -> None:
    """Everything is written already."""


def setup_workspace(app: Sphinx) -> None:
    """Register the panel."""
    app.add_node(workspace, html=(visit_workspace, depart_workspace))
    app.add_directive("workspace", WorkspaceDirective)
