"""A question: choices, a number, or open; the answer lies behind a toggle, with or without JavaScript."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import ChapterDirective, Component, head
from tinybook.reading.number import spoken

ANSWER = '<button type="button" data-action="answer">Answer</button>'


class question(Component):
    """One question; its children are the prompt, the form and the answer."""


class choices(Component):
    """The form of a choice; its children are the choices."""


class choice(Component):
    """One choice."""


class number_form(Component):
    """The form of a number."""


class answer(Component):
    """What is right, and why, behind a toggle."""


class QuestionDirective(ChapterDirective):
    """`{question} batch_bytes`: the question of that name, from the chapter's cells."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the node, with its texts parsed as markdown."""
        chapter = self.chapter
        item = next((q for q in chapter.questions if q["name"] == self.arguments[0]), None)
        if item is None:
            raise self.error(f"this chapter has no question {self.arguments[0]!r}")
        number = f"{chapter.module}.{chapter.questions.index(item) + 1}"
        box = question(name=item["name"], kind=item["kind"], number=number)
        box += self.parsed(item["prompt"], nodes.container(classes=["tt-prompt"]))
        box += getattr(self, f"_{item['kind']}")(item)
        self.set_source_info(box)
        return [box]

    def _choice(self, item: dict[str, Any]) -> list[nodes.Node]:
        form = choices(name=item["name"])
        reasons = []
        for index, offered in enumerate(item["choices"]):
            form += self.parsed(offered["text"], choice(name=item["name"], value=index))
            verdict = "Right" if offered["correct"] else "Not quite"
            classes = ["tt-right" if offered["correct"] else "tt-wrong"]
            text = f"**{verdict}:** {offered['text']}. {offered['why']}"
            reasons.append(self.parsed(text, nodes.container(classes=classes)))
        return [form, self._answer("Show the answer", item["explanation"], *reasons)]

    def _number(self, item: dict[str, Any]) -> list[nodes.Node]:
        unit = f" {item['unit']}" if item["unit"] else ""
        value = f"**{spoken(item['answer'])}{unit}** = `{item['expression']}`"
        said = self.parsed(value, nodes.container(classes=["tt-right"]))
        return [
            number_form(name=item["name"], unit=item["unit"]),
            self._answer("Show the answer", item["explanation"], said),
        ]

    def _open(self, item: dict[str, Any]) -> list[nodes.Node]:
        return [self._answer("Show one good answer", item["explanation"])]

    def _answer(self, summary: str, explanation: str, *said: nodes.Node) -> answer:
        box = answer(summary=summary)
        box += said
        if explanation:
            box += self.parsed(explanation, nodes.container())
        return box


def visit_question(self: HTML5Translator, node: question) -> None:
    """Open the section."""
    anchor = f"question-{node['name']}"
    self.body.append(
        f'<section class="tt-question" id="{anchor}" data-question="{node["name"]}" '
        f'data-kind="{node["kind"]}" aria-labelledby="{anchor}-title">'
        + head(f"Question {node['number']}", "", anchor)
    )


def visit_choices(self: HTML5Translator, node: choices) -> None:
    """Open the form."""
    self.body.append('<form><fieldset><legend class="tt-hidden">Choose one</legend>')


def depart_choices(self: HTML5Translator, node: choices) -> None:
    """Close the form."""
    self.body.append(f'</fieldset><div class="tt-actions" data-role="actions" hidden>{ANSWER}</div></form>')
    self.body.append("<output data-result></output>")


def visit_choice(self: HTML5Translator, node: choice) -> None:
    """Open the choice's label."""
    self.body.append(
        f'<label class="tt-choice"><input type="radio" name="{node["name"]}" value="{node["value"]}"> <div>'
    )


def depart_choice(self: HTML5Translator, node: choice) -> None:
    """Close the label."""
    self.body.append("</div></label>")


def visit_number(self: HTML5Translator, node: number_form) -> None:
    """Write the form of a number."""
    unit = f' <span class="tt-unit">{escape(node["unit"])}</span>' if node["unit"] else ""
    self.body.append(
        '<form><label class="tt-number"><span>Your answer</span> '
        f'<input type="text" inputmode="decimal" autocomplete="off" name="{node["name"]}">{unit}</label>'
        f'<div class="tt-actions" data-role="actions" hidden>{ANSWER}</div></form>'
        "<output data-result></output>"
    )


def visit_answer(self: HTML5Translator, node: answer) -> None:
    """Open the answer."""
    self.body.append(f'<details class="tt-answer"><summary>{node["summary"]}</summary>')


def depart_answer(self: HTML5Translator, node: answer) -> None:
    """Close the answer."""
    self.body.append("</details>")


def depart_question(self: HTML5Translator, node: question) -> None:
    """Close the section."""
    self.body.append("</section>\n")


def nothing(self: HTML5Translator, node: number_form) -> None:
    """Nothing is left to write."""


def setup_question(app: Sphinx) -> None:
    """Register the question and its parts."""
    app.add_node(question, html=(visit_question, depart_question))
    app.add_node(choices, html=(visit_choices, depart_choices))
    app.add_node(choice, html=(visit_choice, depart_choice))
    app.add_node(number_form, html=(visit_number, nothing))
    app.add_node(answer, html=(visit_answer, depart_answer))
    app.add_directive("question", QuestionDirective)
