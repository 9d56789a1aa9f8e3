"""An experiment: code that the build ran, its output, and the button that runs it again on the reader's work.

The notebook parser renders the cell and its output; this wraps what it rendered.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, actions, find, head


class experiment(Component):
    """One experiment; its child is the executed cell."""


class WrapExperiments(SphinxTransform):
    """Put every executed cell that is an experiment into its section."""

    default_priority = 211  # right after parsing

    def apply(self, **kwargs: object) -> None:
        """Wrap the cells of this document."""
        chapter = self.env.tinybook_chapters.get(self.env.docname)  # type: ignore[attr-defined]
        if chapter is None:
            return
        for cell in list(self.document.findall(nodes.container)):
            name = cell.get("cell_metadata", {}).get("experiment")
            item = find(chapter.experiments, name)
            if item is None:
                continue
            for part in cell.findall(nodes.container):
                if part.get("nb_element") == "cell_code_output":
                    part["classes"].append("tt-built")
            box = experiment(name=name, title=item.title)
            cell.replace_self(box)
            box += cell


def visit_experiment(self: HTML5Translator, node: experiment) -> None:
    """Open the section."""
    anchor = f"experiment-{node['name']}"
    self.body.append(
        f'<section class="tt-experiment" id="{anchor}" data-experiment="{node["name"]}" '
        f'aria-labelledby="{anchor}-title">' + head("Experiment", node["title"], anchor)
    )


def depart_experiment(self: HTML5Translator, node: experiment) -> None:
    """Write the buttons and the place for a fresh result."""
    self.body.append(
        actions(("run", "Run"), ("stop", "Stop"))
        + '<div data-role="progress" hidden></div><output data-result></output></section>\n'
    )


def setup_experiment(app: Sphinx) -> None:
    """Register the experiment."""
    app.add_node(experiment, html=(visit_experiment, depart_experiment))
    app.add_transform(WrapExperiments)
