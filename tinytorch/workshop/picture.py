"""Pictures: what a value shows of itself as SVG, and the words that stand for it where nobody sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

ALT_LIMIT = 500  # characters: more is a text, and belongs on the page
SVG_LIMIT = 4_000_000  # characters; a browser struggles long before that
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
_WORDS = re.compile(r"<(title|desc)\b[^>]*>(.*?)</\1\s*>", re.DOTALL)
_MARKUP = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Picture:
    """An SVG document, and its alternative text."""

    svg: str
    alt: str


def picture_of(value: object) -> Picture | None:
    """Return what `value._repr_svg_()` draws, as notebooks show it; None where it draws nothing.

    Raises:
        ValueError: what it returns is not a whole SVG document, or one that no page could show.
    """
    draw = None if isinstance(value, type) else getattr(value, "_repr_svg_", None)
    svg = draw() if callable(draw) else None
    if svg is None:
        return None
    if not isinstance(svg, str) or "<svg" not in svg or NAMESPACE not in svg.replace("'", '"'):
        raise ValueError(f"_repr_svg_ of {type(value).__name__} gave no SVG document: <svg {NAMESPACE} …>")
    if len(svg) > SVG_LIMIT:
        raise ValueError(
            f"The picture of this {type(value).__name__} has {len(svg):,} characters; "
            f"a page shows at most {SVG_LIMIT:,}. Draw something smaller."
        )
    return Picture(svg, words_in(svg) or _cut(repr(value)))


def words_in(svg: str) -> str:
    """Return the words of a picture's first title and first description, in one line.

    >>> words_in("<svg><title>A graph</title><desc>x, then\\n y.</desc></svg>")
    'A graph. x, then y.'
    """
    found: dict[str, str] = {}
    for element in _WORDS.finditer(svg):
        found.setdefault(element[1], " ".join(unescape(_MARKUP.sub("", element[2])).split()))
    title, description = found.get("title", ""), found.get("desc", "")
    if title and description and title[-1] not in ".:;!?":
        title += "."
    return _cut(f"{title} {description}".strip())


def _cut(text: str) -> str:
    return text if len(text) <= ALT_LIMIT else text[: ALT_LIMIT - 1].rstrip() + "…"
