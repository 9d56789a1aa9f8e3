"""A milestone's box: whose code will run, what came of it at the build, and the button that runs it here."""

from __future__ import annotations

import base64
import posixpath
from html import escape
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, actions, head, inline
from tinybook.milestones import Built, Failed, built_milestone, sources
from tinytorch.workshop import curriculum


class milestone(Component):
    """One milestone, as it ran with the book's package."""


class MilestoneDirective(SphinxDirective):
    """`{milestone} 1986`: the live box of that year."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Run the program, unless it has been run as it is."""
        entry = milestone_of(self)
        root = Path(self.env.srcdir)
        for path in sources(entry, root):
            self.env.note_dependency(str(path.relative_to(root)))
        try:
            built = built_milestone(entry, root, Path(self.env.app.outdir).parent / ".milestones")
        except Failed as failed:
            raise self.severe(str(failed)) from None
        box = milestone(year=entry.year, docname=self.env.docname, built=built)
        self.set_source_info(box)
        return [box]


def milestone_of(directive: SphinxDirective) -> curriculum.Milestone:
    """Return the milestone that a directive names by its year."""
    try:
        return curriculum.milestone(int(directive.arguments[0]))
    except (KeyError, ValueError):
        raise directive.error(f"the curriculum has no milestone {directive.arguments[0]!r}") from None


def visit_milestone(self: HTML5Translator, node: milestone) -> None:
    """Write the section. What it says without a program is true for a reader who has written nothing."""
    entry = curriculum.milestone(node["year"])
    built: Built = node["built"]
    anchor = f"milestone-{entry.year}"
    modules = "".join(_module(self, node["docname"], number) for number in entry.modules)
    self.body.append(
        f'<section class="tt-milestone-box" id="{anchor}" data-milestone="{entry.year}" '
        f'aria-labelledby="{anchor}-title">'
        + head("Milestone", f"{entry.year} {entry.title}", anchor, " ")
        + f'<p class="tt-modules-title" id="{anchor}-modules">Whose code it runs on</p>'
        f'<ul class="tt-modules" aria-labelledby="{anchor}-modules">{modules}</ul>'
        f'<div class="tt-built"><p class="tt-built-title">To pass: {len(built.checks)} gates. '
        f"The book’s code passed them when this page was built, in {built.seconds:.1f} s</p>"
        f'<ul class="tt-gates">{"".join(_gate(check) for check in built.checks)}</ul>'
        f"<p>Answered right: {_found(built)}.</p>"
        + "".join(_figure(self, entry, number, figure) for number, figure in enumerate(built.figures, 1))
        + f"{_printed(built.stdout)}</div>"
        + actions(("run", "Run"), ("stop", "Stop"))
        + '<div data-role="progress" hidden></div><output data-result></output></section>\n'
    )


def depart_milestone(self: HTML5Translator, node: milestone) -> None:
    """Everything is written already."""


def _module(translator: HTML5Translator, docname: str, number: int) -> str:
    module = curriculum.module(number)
    uri = translator.builder.get_relative_uri(docname, f"exercises/{module.name}")
    return (
        f'<li data-module="{number}" data-whose="book"><a href="{uri}">'
        f'<span class="tt-number">{number:02d}</span> {escape(module.title)}</a> '
        '<span data-role="whose">the book’s, until your answers pass</span></li>'
    )


def _gate(check: dict[str, Any]) -> str:
    return f'<li data-claim="{escape(check["name"])}">{inline(check["claim"])}</li>'


def _found(built: Built) -> str:
    said = []
    for share, alike in groupby(built.found, key=itemgetter(1)):
        tasks = [task for task, _ in alike]
        words = f"each of {tasks[0]} to {tasks[-1]}" if len(tasks) > 3 else ", ".join(tasks)
        said.append(f"{words} {share:.1%}".replace(".0%", "%"))
    return escape("; ".join(said))


def _figure(
    translator: HTML5Translator, entry: curriculum.Milestone, number: int, figure: dict[str, Any]
) -> str:
    """Write a drawing beside the book's pictures, and show it as they are shown."""
    suffix = "svg" if figure["mime"] == "image/svg+xml" else "png"
    name = f"{entry.name}-{number}.{suffix}"
    folder = Path(translator.builder.outdir, translator.builder.imagedir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(base64.b64decode(figure["base64"]))
    source = posixpath.join(translator.builder.imgpath, name)
    return f'<div class="tt-frame"><img src="{source}" alt="{escape(figure["alt"])}"></div>'


def _printed(stdout: str) -> str:
    text = escape(stdout.strip())
    return f'<pre tabindex="0" aria-label="What it printed">{text}</pre>' if text else ""


def setup_milestone(app: Sphinx) -> None:
    """Register the box."""
    app.add_node(milestone, html=(visit_milestone, depart_milestone))
    app.add_directive("milestone", MilestoneDirective)
