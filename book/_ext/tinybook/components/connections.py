"""Where a chapter stands: what the reader has, what is built now, what that opens. Derived from one table."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import ChapterDirective, Component
from tinybook.components.curriculum_map import milestone_uri
from tinytorch.workshop import curriculum


class connections(Component):
    """The map of one chapter."""


class ConnectionsDirective(ChapterDirective):
    """`{connections}`: the reader of chapters puts it under every title."""

    def run(self) -> list[nodes.Node]:
        """Build the node; the page that starts the book has no connections yet."""
        chapter = self.chapter
        if chapter.module == 0:
            return []
        if chapter.module > len(curriculum.MODULES):
            self.warn("connections", f"the curriculum has no module {chapter.module}")
            return []
        return [connections(module=chapter.module, docname=self.env.docname, chapter=chapter.name)]


def visit_connections(self: HTML5Translator, node: connections) -> None:
    """Write three short lists."""
    here = curriculum.module(node["module"])
    needs = [_link(self, node, curriculum.module(number)) for number in here.needs] or ["Python and NumPy"]
    opens = [_link(self, node, later) for later in curriculum.opens(here.number)]
    opens += [_milestone(self, node, item) for item in curriculum.milestones_after(here.number)]
    columns = (
        ("You have", needs),
        ("You build", [escape(here.builds), f"You measure {escape(here.measures)}"]),
        ("It opens", opens or ["the end of the book"]),
    )
    body = "".join(
        f"<div><p>{title}</p><ul>{''.join(f'<li>{item}</li>' for item in items)}</ul></div>"
        for title, items in columns
    )
    self.body.append(
        f'<nav class="tt-connections" aria-label="Where this chapter stands"><p class="tt-kicker">'
        f"Module {here.number} of {len(curriculum.MODULES)} · {escape(here.tier.title)}</p>{body}</nav>\n"
    )


def depart_connections(self: HTML5Translator, node: connections) -> None:
    """Everything is written already."""


def _link(translator: HTML5Translator, node: connections, module: curriculum.Module) -> str:
    label = f"{module.number:02d} {escape(module.title)}"
    if module.status == "planned":
        return f'{label} <span class="tt-planned">planned</span>'
    builder = translator.builder
    return f'<a href="{builder.get_relative_uri(node["docname"], f"exercises/{module.name}")}">{label}</a>'


def _milestone(translator: HTML5Translator, node: connections, item: curriculum.Milestone) -> str:
    label = f"{item.year} {escape(item.title)}"
    if item.status == "written":
        label = f'<a href="{milestone_uri(translator, node["docname"], item)}">{label}</a>'
    return f"{label}, a milestone"


def setup_connections(app: Sphinx) -> None:
    """Register the map."""
    app.add_node(connections, html=(visit_connections, depart_connections))
    app.add_directive("connections", ConnectionsDirective)
