"""The chapter's last box: checks on everything together, run on the reader's own package."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import ChapterDirective, Component, actions, head, inline
from tinybook.components.curriculum_map import milestone_uri
from tinytorch.workshop import curriculum


class integration(Component):
    """The integration checks of a chapter."""


class IntegrationDirective(ChapterDirective):
    """`{integration}`: the chapter's integration checks."""

    def run(self) -> list[nodes.Node]:
        """Build the node."""
        chapter = self.chapter
        if not chapter.integration:
            self.warn("integration", "this chapter has no integration checks")
            return []
        claims = [(check.name, check.claim) for check in chapter.integration]
        box = integration(
            chapter=chapter.name, module=chapter.module, docname=self.env.docname, claims=claims
        )
        self.set_source_info(box)
        return [box]


def visit_integration(self: HTML5Translator, node: integration) -> None:
    """Write the section."""
    claims = "".join(f'<li data-claim="{name}">{inline(claim)}</li>' for name, claim in node["claims"])
    self.body.append(
        f'<section class="tt-integration" id="integration" data-integration="{node["chapter"]}" '
        'aria-labelledby="integration-title">'
        + head("Integration", "Your answers, working together", "integration")
        + f'<ul class="tt-claims">{claims}</ul>'
        + actions(("run", "Run"), ("stop", "Stop"))
        + '<div data-role="progress" hidden></div><output data-result></output></section>\n'
        + "".join(
            f'<p class="tt-milestone-link"><a href="{milestone_uri(self, node["docname"], item)}">'
            f"After this chapter: the milestone of {item.year}, {escape(item.title)}</a></p>\n"
            for item in curriculum.milestones_after(node["module"])
            if item.status == "written"
        )
    )


def depart_integration(self: HTML5Translator, node: integration) -> None:
    """Everything is written already."""


def setup_integration(app: Sphinx) -> None:
    """Register the integration checks."""
    app.add_node(integration, html=(visit_integration, depart_integration))
    app.add_directive("integration", IntegrationDirective)
