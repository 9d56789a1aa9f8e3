"""The picture on the home page: the package as a wall that grows, and what it can train by then.

Drawn from the curriculum: a brick is a module, a course of bricks ends where a milestone opens. What is
written is filled in. Colours are the theme's, so that the picture follows light and dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component
from tinytorch.workshop import curriculum

BRICK = (128, 30)
GAP = 6
COURSE_GAP = 12
WALL = 2 * BRICK[0] + GAP
WIDTH = WALL + 120


@dataclass(frozen=True)
class Course:
    """The modules that lead to one milestone."""

    modules: tuple[curriculum.Module, ...]
    milestone: curriculum.Milestone


class growth(Component):
    """The picture."""


class GrowthDirective(SphinxDirective):
    """`{growth}`: the picture."""

    def run(self) -> list[nodes.Node]:
        """Build the node."""
        self.env.note_dependency("tinytorch/workshop/curriculum.py")
        return [growth()]


def courses() -> tuple[Course, ...]:
    """Split the modules where milestones open."""
    found, first = [], 1
    for milestone in curriculum.MILESTONES:
        modules = tuple(m for m in curriculum.MODULES if first <= m.number <= milestone.after)
        found.append(Course(modules, milestone))
        first = milestone.after + 1
    return tuple(found)


def description() -> str:
    """Say in words what the picture shows."""
    steps = "; ".join(
        f"{', '.join(module.title for module in course.modules)}: "
        f"{course.milestone.year}, {course.milestone.title}"
        for course in courses()
    )
    filled = ", ".join(module.title for module in curriculum.MODULES if module.status == "written")
    bricks = len(curriculum.MODULES)
    return f"A wall of {bricks} bricks, built from the bottom up. {steps}. Written so far: {filled}."


def picture() -> str:
    """Draw the wall from the bottom up."""
    heights = [-(-len(course.modules) // 2) * (BRICK[1] + GAP) + COURSE_GAP for course in courses()]
    bottom = total = sum(heights)
    parts = []
    for course, height in zip(courses(), heights, strict=True):
        parts.append(_course(course, bottom))
        bottom -= height
    return (
        f'<svg class="tt-growth" viewBox="0 0 {WIDTH} {total}" role="img" '
        'aria-labelledby="growth-title growth-desc">'
        '<title id="growth-title">How the package grows</title>'
        f'<desc id="growth-desc">{escape(description())}</desc>{"".join(parts)}</svg>'
    )


def _course(course: Course, bottom: int) -> str:
    width, height = BRICK
    parts = []
    for index, module in enumerate(course.modules):
        row, column = divmod(index, 2)
        last = index == len(course.modules) - 1 and column == 0
        x, y = column * (width + GAP), bottom - (row + 1) * (height + GAP)
        parts.append(_brick(module, x, y, WALL if last else width))
    top = bottom - -(-len(course.modules) // 2) * (height + GAP)
    milestone = course.milestone
    middle = top + height / 2
    parts.append(
        f'<path class="tt-string" d="M{WALL + 6} {middle}h16"/>'
        f'<text class="tt-year" x="{WALL + 28}" y="{middle - 1}">{milestone.year}</text>'
        f'<text class="tt-goal" x="{WALL + 28}" y="{middle + 14}">{escape(milestone.title)}</text>'
    )
    return f'<g aria-hidden="true">{"".join(parts)}</g>'


def _brick(module: curriculum.Module, x: int, y: int, width: int) -> str:
    height = BRICK[1]
    return (
        f'<g class="tt-brick is-{module.status}">'
        f'<rect x="{x + 1}" y="{y + 1}" width="{width - 2}" height="{height - 2}" rx="3"/>'
        f'<text x="{x + 9}" y="{y + 19.5}"><tspan class="tt-number">{module.number:02d}</tspan> '
        f"{escape(module.title)}</text></g>"
    )


def visit_growth(self: HTML5Translator, node: growth) -> None:
    """Write the picture."""
    self.body.append(f'<figure class="tt-figure">{picture()}</figure>\n')


def depart_growth(self: HTML5Translator, node: growth) -> None:
    """Everything is written already."""


def setup_growth(app: Sphinx) -> None:
    """Register the picture."""
    app.add_node(growth, html=(visit_growth, depart_growth))
    app.add_directive("growth", GrowthDirective)
