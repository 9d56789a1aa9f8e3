"""A sheet to draw a digit on, which the reader's own trained network reads."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinybook.components.base import Component, actions, head
from tinybook.components.milestone import milestone_of

DIGITS = "tinytorch/data/files/tinydigits.npz"
KEYS = (
    "With the keyboard: arrow keys move the pen, the space bar puts it down and lifts it, "
    "Delete empties the sheet."
)


class digit_canvas(Component):
    """The sheet."""


class DigitCanvasDirective(SphinxDirective):
    """`{digit-canvas} 1986`: a sheet for the network of that milestone."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the node, with a test digit of each class for whoever cannot draw or does not want to."""
        self.env.note_dependency(DIGITS)
        sheet = digit_canvas(year=milestone_of(self).year, examples=examples(Path(self.env.srcdir) / DIGITS))
        self.set_source_info(sheet)
        return [sheet]


def examples(file: Path) -> dict[str, str]:
    """Return the first test digit of each class, as the base64 of its 784 bytes."""
    with np.load(file) as data:
        images, targets = data["test_images"], data["test_targets"]
    first = {str(digit): images[np.flatnonzero(targets == digit)[0]] for digit in range(10)}
    return {digit: base64.b64encode(image.tobytes()).decode() for digit, image in first.items()}


def visit_digit_canvas(self: HTML5Translator, node: digit_canvas) -> None:
    """Write the section; without a program it says what it would take."""
    options = "".join(f"<option>{digit}</option>" for digit in node["examples"])
    self.body.append(
        f'<section class="tt-digit-box" id="digit-canvas" data-digit-canvas="{node["year"]}" '
        'aria-labelledby="digit-canvas-title">'
        + head("Draw a digit", "your network reads it", "digit-canvas")
        + '<p data-role="standing">With JavaScript on, you can draw here, and the network that you have '
        "trained reads it.</p>"
        '<div class="tt-desk" data-needs-program hidden>'
        '<div class="tt-sheet"><canvas data-role="paper" tabindex="0" role="application" '
        'aria-label="Sheet to draw a digit on" aria-describedby="digit-canvas-keys"></canvas>'
        '<span class="tt-pen" data-role="pen" aria-hidden="true"></span></div>'
        f'<div class="tt-desk-words"><p id="digit-canvas-keys">Draw with a mouse, a finger or a pen. {KEYS}'
        "</p>"
        '<p class="tt-where" data-role="where" role="status"></p>'
        '<p class="tt-example"><label for="digit-canvas-example">Or take a test digit:</label> '
        f'<select id="digit-canvas-example">{options}</select> '
        '<button type="button" data-action="example">Take it</button></p></div></div>'
        + actions(("read", "Read it"), ("clear", "Clear"))
        + '<div data-role="progress" hidden></div><output data-result></output>'
        f'<script type="application/json">{json.dumps(node["examples"])}</script></section>\n'
    )


def depart_digit_canvas(self: HTML5Translator, node: digit_canvas) -> None:
    """Everything is written already."""


def setup_digit_canvas(app: Sphinx) -> None:
    """Register the sheet."""
    app.add_node(digit_canvas, html=(visit_digit_canvas, depart_digit_canvas))
    app.add_directive("digit-canvas", DigitCanvasDirective)
