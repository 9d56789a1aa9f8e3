"""My TinyTorch, the map: every module and milestone, what it stands on, what it opens, how far one is.

All of it reads without JavaScript; the page's program (lite/src/mine-map.ts) adds what has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, inline
from tinytorch.workshop import curriculum
from tinytorch.workshop.chapter import Chapter

PLANNED = '<span class="tt-planned">planned</span>'


class mine(Component):
    """The map."""


class MineDirective(SphinxDirective):
    """`{mine}`: the map of modules and milestones, with every exercise."""

    def run(self) -> list[nodes.Node]:
        """Build the node; what it shows comes from all chapters, so its page is never taken as it was."""
        self.env.note_dependency("tinytorch/workshop/curriculum.py")
        self.env.note_reread()
        return [mine(docname=self.env.docname)]


def visit_mine(self: HTML5Translator, node: mine) -> None:
    """Write what there is in all, then the tiers."""
    chapters = _chapters(self)
    exercises = [exercise for chapter in chapters.values() for exercise in chapter.exercises]
    points = sum(exercise.points for exercise in exercises)
    planned = sum(module.status == "planned" for module in curriculum.MODULES)
    start = _list([_module(self, node["docname"], curriculum.START)])
    tiers = "".join(_tier(self, node["docname"], tier) for tier in curriculum.TIERS)
    self.body.append(
        '<section class="tt-mine" data-mine="map" aria-label="Modules and milestones">'
        f'<p class="tt-overall" data-role="overall" data-planned="{planned}">{len(exercises)} exercises with '
        f"{points} points are written, in {len(chapters)} chapters; {_count(planned, 'more module')} "
        f"{'is' if planned == 1 else 'are'} planned. With JavaScript on, you see here which have passed.</p>"
        f'<output data-result aria-live="polite"></output>{start}{tiers}</section>\n'
    )


def depart_mine(self: HTML5Translator, node: mine) -> None:
    """Everything is written already."""


def _tier(translator: HTML5Translator, docname: str, tier: curriculum.Tier) -> str:
    rows = []
    for module in tier.modules:
        rows.append(_module(translator, docname, module))
        rows += [_milestone(translator, docname, one) for one in curriculum.milestones_after(module.number)]
    return (
        f'<h3 class="tt-tier" id="mine-{tier.title.lower()}">{escape(tier.title)} '
        f"<span>{escape(tier.promise)}</span></h3>{_list(rows)}"
    )


def _list(rows: Sequence[str]) -> str:
    return f'<ol class="tt-steps">{"".join(rows)}</ol>'


def _module(translator: HTML5Translator, docname: str, module: curriculum.Module) -> str:
    chapter = _chapters(translator).get(module.number)
    title = escape(module.title)
    count = exercises = ""
    if chapter is not None:
        uri = translator.builder.get_relative_uri(docname, f"exercises/{module.name}")
        title = f'<a href="{uri}">{title}</a>'
        points = sum(exercise.points for exercise in chapter.exercises)
        counted = _count(len(chapter.exercises), "exercise")
        count = f"{counted}, {_count(points, 'point')}"
        rows = "".join(
            f'<li data-mine-exercise="{exercise.name}"><a href="{uri}#exercise-{exercise.name}">'
            f"{inline(exercise.title)}</a> "
            f'<span class="tt-points">{_count(exercise.points, "point")}</span></li>'
            for exercise in chapter.exercises
        )
        exercises = (
            f"<details><summary>{counted}"
            f'<span class="tt-hidden"> of {escape(module.title)}</span></summary><ol>{rows}</ol></details>'
        )
    else:
        title += f" {PLANNED}"
    return (
        f'<li class="tt-step is-{module.status}" data-mine-module="{module.number}">'
        f'<span class="tt-number">{module.number:02d}</span><div>'
        f'<p class="tt-name">{title}<span class="tt-step-count" data-role="count">{count}</span></p>'
        f"<p>{_place(module)}</p>{exercises}</div></li>"
    )


def _place(module: curriculum.Module) -> str:
    """Say in words where a module stands."""
    if module.number == 0:
        return f"{escape(module.builds[0].upper() + module.builds[1:])}. It stands on nothing."
    needs = [curriculum.module(number) for number in module.needs]
    below = f"Stands on {_listed(needs)}." if needs else "Stands on Python and NumPy alone."
    opens = curriculum.opens(module.number)
    return f"{below} {f'Opens {_listed(opens)}.' if opens else 'It is the last.'}"


def _milestone(translator: HTML5Translator, docname: str, milestone: curriculum.Milestone) -> str:
    title = escape(milestone.title)
    page = f"book/milestones/{milestone.program}"
    if page in translator.builder.env.found_docs:
        title = f'<a href="{translator.builder.get_relative_uri(docname, page)}">{title}</a>'
    tag = f" {PLANNED}" if milestone.status == "planned" else ""
    modules = milestone.modules
    return (
        f'<li class="tt-step tt-step-milestone is-{milestone.status}" data-mine-milestone="{milestone.year}" '
        f'data-modules="{" ".join(map(str, modules))}"><span class="tt-number">{milestone.year}</span><div>'
        f'<p class="tt-name"><span class="tt-hidden">Milestone: </span>{title}{tag}</p>'
        f"<p>{_sentence(milestone.task)}. To pass: {escape(milestone.gate)}.</p>"
        f'<p data-role="standing">It stands on modules {modules[0]:02d} to {modules[-1]:02d}.</p></div></li>'
    )


def _listed(modules: Sequence[curriculum.Module]) -> str:
    words = [f"{module.number:02d}&nbsp;{escape(module.title)}" for module in modules]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _sentence(words: str) -> str:
    return escape(words[0].upper() + words[1:])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _chapters(translator: HTML5Translator) -> dict[int, Chapter]:
    """Return the written chapters by their module's number, in the book's order."""
    chapters = translator.builder.env.tinybook_chapters.values()  # type: ignore[attr-defined]
    return {chapter.module: chapter for chapter in sorted(chapters, key=lambda chapter: chapter.module)}


def setup_mine(app: Sphinx) -> None:
    """Register the map."""
    app.add_node(mine, html=(visit_mine, depart_mine))
    app.add_directive("mine", MineDirective)
