"""An experiment: code that the build ran, its output, and the button that runs it again on the reader's work.

The notebook parser renders the cell and its output; this wraps what it rendered.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, actions, find, head
from tinytorch.workshop.picture import words_in

WIDTH = re.compile(r"<svg\b[^>]*\swidth=[\"'](?P<number>[\d.]+)(?P<unit>px|pt|)[\"']")
LEAST_SCALE = 0.6  # of its natural size, as in the page's program (lite/src/view.ts)


class experiment(Component):
    """One experiment; its child is the executed cell."""


class drawing(Component):
    """An SVG that shrinks on a small screen as long as its words can be read, and then scrolls."""


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
            for image in list(cell.findall(nodes.image)):
                self._describe(image, item.title)
            box = experiment(name=name, title=item.title)
            cell.replace_self(box)
            box += cell

    def _describe(self, image: nodes.image, title: str) -> None:
        """Give a picture its words, where the chapter does not, and let a wide drawing scroll."""
        file = Path(self.env.relfn2path(image["uri"], self.env.docname)[1])
        svg = file.read_text(encoding="utf-8") if file.suffix == ".svg" else ""
        if not image.get("alt"):
            image["alt"] = words_in(svg) or f"Plot of the experiment: {title}"
        if width := WIDTH.search(svg):
            pixels = float(width["number"]) * (4 / 3 if width["unit"] == "pt" else 1)
            frame = drawing(least=round(LEAST_SCALE * pixels))
            image.replace_self(frame)
            frame += image


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


def visit_drawing(self: HTML5Translator, node: drawing) -> None:
    """Open the frame; the theme makes boxes of its class reachable by keyboard where they scroll."""
    least = f"--tt-least: {node['least']}px"
    self.body.append(f'<div class="tt-frame pst-scrollable-table-container" style="{least}">')


def depart_drawing(self: HTML5Translator, node: drawing) -> None:
    """Close the frame."""
    self.body.append("</div>\n")


def setup_experiment(app: Sphinx) -> None:
    """Register the experiment."""
    app.add_node(experiment, html=(visit_experiment, depart_experiment))
    app.add_node(drawing, html=(visit_drawing, depart_drawing))
    app.add_transform(WrapExperiments)
