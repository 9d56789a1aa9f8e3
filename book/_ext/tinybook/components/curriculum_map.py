"""The map of the whole book: twenty modules in their tiers, and the milestone that follows some of them."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component
from tinytorch.workshop import curriculum


class curriculum_map(Component):
    """The map."""


class CurriculumDirective(SphinxDirective):
    """`{curriculum}`: the map; what is only planned says so, and links nowhere."""

    def run(self) -> list[nodes.Node]:
        """Build the node."""
        self.env.note_dependency("tinytorch/workshop/curriculum.py")
        return [curriculum_map(docname=self.env.docname)]


def visit_map(self: HTML5Translator, node: curriculum_map) -> None:
    """Write the tiers."""
    tiers = "".join(_tier(self, node["docname"], tier) for tier in curriculum.TIERS)
    self.body.append(f'<div class="tt-map">{tiers}</div>\n')


def depart_map(self: HTML5Translator, node: curriculum_map) -> None:
    """Everything is written already."""


def _tier(translator: HTML5Translator, docname: str, tier: curriculum.Tier) -> str:
    rows = []
    for module in tier.modules:
        rows.append(_module(translator, docname, module))
        rows += [
            _milestone(translator, docname, milestone)
            for milestone in curriculum.milestones_after(module.number)
        ]
    return (
        f'<section aria-label="{escape(tier.title)}"><header><p class="tt-tier">{escape(tier.title)}</p>'
        f"<p>{escape(tier.promise)}</p></header><ol>{''.join(rows)}</ol></section>"
    )


def _module(translator: HTML5Translator, docname: str, module: curriculum.Module) -> str:
    title = escape(module.title)
    if module.status == "written":
        uri = translator.builder.get_relative_uri(docname, f"exercises/{module.name}")
        title = f'<a href="{uri}" data-chapter-link="{module.name}">{title}</a>'
    tag = '<span class="tt-planned">planned</span>' if module.status == "planned" else ""
    return (
        f'<li class="tt-module is-{module.status}"><span class="tt-number">{module.number:02d}</span>'
        f'<div><p class="tt-name">{title}{tag}</p><p>{escape(module.builds)}</p></div></li>'
    )


def _milestone(translator: HTML5Translator, docname: str, milestone: curriculum.Milestone) -> str:
    title = escape(milestone.title)
    if milestone.status == "written":
        title = f'<a href="{milestone_uri(translator, docname, milestone)}">{title}</a>'
    tag = '<span class="tt-planned">planned</span>' if milestone.status == "planned" else ""
    return (
        f'<li class="tt-milestone"><span class="tt-number">{milestone.year}</span>'
        '<div><p class="tt-name"><span class="tt-hidden">Milestone: </span>'
        f"{title}{tag}</p>"
        f"<p>{escape(milestone.task)}; {escape(milestone.gate)}</p></div></li>"
    )


def milestone_uri(translator: HTML5Translator, docname: str, milestone: curriculum.Milestone) -> str:
    """Return the way from a page to a milestone's."""
    uri: str = translator.builder.get_relative_uri(docname, f"book/milestones/{milestone.program}")
    return uri


def setup_curriculum_map(app: Sphinx) -> None:
    """Register the map."""
    app.add_node(curriculum_map, html=(visit_map, depart_map))
    app.add_directive("curriculum", CurriculumDirective)
