"""An exercise: the stub to write on, the buttons, the claims, the hints and the solution."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import ChapterDirective, Component, actions, code, find, head, inline
from tinybook.reading.reader import package_file

BUTTONS = (
    ("check", "Check"),
    ("stop", "Stop"),
    ("reset", "Reset"),
    ("hint", "Hint"),
    ("solution", "Solution"),
    ("versions", "Versions"),
)


class exercise(Component):
    """One exercise; its children are the hints."""


class exercise_hint(Component):
    """One hint, closed until it is wanted."""


class ExerciseDirective(ChapterDirective):
    """`{exercise} tensor_add`: the exercise of that name, from the chapter's cells."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the node, with its hints parsed as markdown."""
        chapter, name = self.chapter, self.arguments[0]
        item = find(chapter.exercises, name)
        if item is None:
            raise self.error(f"this chapter has no exercise {name!r}")
        self.env.note_dependency(package_file(item.object))
        box = exercise(
            name=name,
            number=f"{chapter.module}.{chapter.exercises.index(item) + 1}",
            title=item.title,
            object=item.object.partition(":")[2],
            file=package_file(item.object),
            points=item.points,
            stub=item.stub,
            solution=item.solution,
            claims=[(check.name, check.claim) for check in item.checks],
        )
        for number, text in enumerate(item.hints, 1):
            box += self.parsed(text, exercise_hint(number=number))
        self.set_source_info(box)
        return [box]


def visit_exercise(self: HTML5Translator, node: exercise) -> None:
    """Write everything that comes before the hints."""
    anchor = f"exercise-{node['name']}"
    points = f"{node['points']} point{'s' if node['points'] != 1 else ''}"
    kind = f"Exercise {node['number']} <code>{node['object']}</code>"
    claims = "".join(f'<li data-claim="{name}">{inline(claim)}</li>' for name, claim in node["claims"])
    self.body.append(
        f'<section class="tt-exercise" id="{anchor}" data-exercise="{node["name"]}" data-status="todo" '
        f'aria-labelledby="{anchor}-title">'
        + head(kind, node["title"], anchor, points)
        + f'<div class="tt-editor" data-role="editor">{code(self, node["stub"])}</div>'
        + actions(*BUTTONS)
        + '<div data-role="progress" hidden></div><output data-result></output>'
        + f'<details class="tt-claims"><summary>What the checks ask</summary><ul>{claims}</ul></details>'
    )


def depart_exercise(self: HTML5Translator, node: exercise) -> None:
    """Write the solution, last."""
    self.body.append(
        '<details class="tt-solution" data-role="solution"><summary>Solution</summary>'
        f"{code(self, node['solution'])}</details></section>\n"
    )


def visit_hint(self: HTML5Translator, node: exercise_hint) -> None:
    """Open the hint."""
    self.body.append(f'<details class="tt-hint" data-role="hint"><summary>Hint {node["number"]}</summary>')


def depart_hint(self: HTML5Translator, node: exercise_hint) -> None:
    """Close the hint."""
    self.body.append("</details>")


def setup_exercise(app: Sphinx) -> None:
    """Register the exercise."""
    app.add_node(exercise, html=(visit_exercise, depart_exercise))
    app.add_node(exercise_hint, html=(visit_hint, depart_hint))
    app.add_directive("exercise", ExerciseDirective)
