"""Mathematics, rendered while the book is built: pages need no program for it, and none from elsewhere.

One Node process renders everything; it ends when its input does, also if the build dies. A formula that KaTeX
does not understand is a warning with its place.
"""

from __future__ import annotations

import json
import subprocess
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
PROGRAM = Path(__file__).with_name("math.mjs")


class Renderer:
    """The Node process, started with the first formula."""

    def __init__(self, katex: Path) -> None:
        self._katex = katex
        self._process: subprocess.Popen[str] | None = None

    def render(self, tex: str, display: bool) -> str:
        """Return the formula's HTML, with MathML for those who listen.

        Raises:
            ValueError: KaTeX does not understand it.
        """
        if self._process is None:
            command = ["node", str(PROGRAM), str(self._katex)]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ValueError(f"node stopped; is {self._katex} there?")
        answer = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return str(answer["html"])

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


def _html(translator: HTML5Translator, node: nodes.Element, display: bool) -> str:
    renderer: Renderer = translator.builder.app.tinybook_math  # type: ignore[attr-defined]
    try:
        return renderer.render(node.astext(), display)
    except ValueError as error:
        logger.warning("%s", error, type="tinybook", subtype="math", location=node)
        return f"<code>{escape(node.astext())}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    self.body.append(f'<span class="math">{_html(self, node, display=False)}</span>')
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({node["number"]})</span>')
    self.body.append(_html(self, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def _start(app: Sphinx) -> None:
    modules = Path(app.srcdir) / app.config.tinybook_settings.node_modules
    app.tinybook_math = Renderer(modules / "katex/dist/katex.js")  # type: ignore[attr-defined]


def _stop(app: Sphinx, error: Exception | None) -> None:
    app.tinybook_math.close()  # type: ignore[attr-defined]


def setup_math(app: Sphinx) -> None:
    """Register the renderer; `html_math_renderer: tinybook` chooses it."""
    app.add_html_math_renderer("tinybook", (visit_inline, None), (visit_block, None))
    app.add_css_file("katex/katex.min.css", priority=400)
    app.connect("builder-inited", _start)
    app.connect("build-finished", _stop)
