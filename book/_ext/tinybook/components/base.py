"""What the components share: a directive that knows its chapter, and a few pieces of HTML."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tinytorch.workshop.chapter import Chapter

logger = logging.getLogger(__name__)


class Component(nodes.General, nodes.Element):
    """A node that renders itself; its attributes are the data and its children the parsed text."""


class ChapterDirective(SphinxDirective):
    """A directive that looks things up in the chapter of its page."""

    @property
    def chapter(self) -> Chapter:
        """The chapter that this page was read from."""
        chapter = self.env.tinybook_chapters.get(self.env.docname)  # type: ignore[attr-defined]
        if chapter is None:
            raise self.severe(
                f"the directive {self.name!r} works in a chapter only, a file exercises/NN_name.py"
            )
        return chapter  # type: ignore[no-any-return]

    def parsed(self, text: str, container: nodes.Element) -> nodes.Element:
        """Parse markdown into `container`, with this directive's line for any warning."""
        source, _ = self.get_source_info()
        lines = StringList(text.splitlines(), source=source)
        self.state.nested_parse(lines, self.content_offset, container)
        self.set_source_info(container)
        return container

    def warn(self, subtype: str, message: str) -> None:
        """Warn with a type, a subtype and a location."""
        logger.warning(message, type="tinybook", subtype=subtype, location=self.get_location())


def find(items: Any, name: str) -> Any:
    """Return the item of that name, or None."""
    return next((item for item in items if item.name == name), None)


def code(translator: HTML5Translator, text: str) -> str:
    """Return `<pre><code>` whose text content is exactly `text`, coloured."""
    coloured = translator.highlighter.highlight_block(text, "python", nowrap=True)
    return f'<pre class="tt-code highlight"><code>{coloured.rstrip()}</code></pre>'


def inline(text: str) -> str:
    """Return one line of markdown's `code` and plain text as HTML: claims and titles need no more."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{escape(part)}</code>" if n % 2 else escape(part) for n, part in enumerate(parts))


def head(kind: str, title: str, anchor: str, status: str = "") -> str:
    """Return the line that every box starts with: what it is, its title, and its state."""
    title = f" <span>{inline(title)}</span>" if title else ""
    said = f'<p class="tt-status" data-role="status">{status}</p>' if status else ""
    return (
        f'<header class="tt-head"><p class="tt-title" id="{anchor}-title" role="heading" aria-level="3">'
        f"{kind}{title}</p>{said}</header>"
    )


def actions(*buttons: tuple[str, str]) -> str:
    """Return a row of buttons. It stays hidden until the page's program shows it: they need JavaScript."""
    row = "".join(
        f'<button type="button" data-action="{action}">{label}</button>' for action, label in buttons
    )
    return f'<div class="tt-actions" data-role="actions" hidden>{row}</div>'
