"""The chart of `make bench-browser`: how long each contender lets a reader wait.

Each bar stands beside its name and its number, so that nothing is said by colour alone: ours are filled, the
others are outlines. The line over a bar's end spans the quartiles. Colours are those of the text around it.
"""

from __future__ import annotations

from html import escape
from typing import Any

from tinybook.measured.browser import CONTENDERS, OURS, VISITS, against_bare, seconds, slowed_label
from tinybook.measured.numbers import Spread

Json = dict[str, Any]
WIDTH, LEFT, RIGHT = 720, 230, 150  # the names stand left of the bars, the numbers right
ROW, BAR, HEAD = 26, 14, 40
STANDALONE = (
    "<style>svg{color:#25221e;background:#fdfcf9;font-family:sans-serif}"
    "@media(prefers-color-scheme:dark){svg{color:#e9e5dc;background:#171614}}</style>"
)


def labels(results: Json) -> dict[str, str]:
    return {
        "cold": "Cold: nothing in the cache",
        "warm": "Warm",
        "slowed": slowed_label(results).capitalize(),
    }


def description(results: Json) -> str:
    """Say in words what the chart shows."""
    sentences = []
    for visit in VISITS:
        found = {label: seconds(results, name, visit) for name, label in CONTENDERS.items()}
        waits = "; ".join(f"{label}: {s.median:.1f} seconds" for label, s in found.items() if s)
        sentences.append(f"{labels(results)[visit]}. {waits}.")
    return " ".join(sentences)


def picture(results: Json, standalone: bool = False) -> str:
    """Draw the chart as SVG, for a page, or as a file of its own."""
    parts, top = [], 0
    for visit in VISITS:
        drawn, height = _group(results, visit, top)
        parts.append(drawn)
        top += height
    opening = 'xmlns="http://www.w3.org/2000/svg" ' if standalone else ""
    return (
        f'<svg {opening}class="tt-waits" viewBox="0 0 {WIDTH} {top}" role="img" '
        'aria-labelledby="waits-title waits-desc" fill="currentColor" font-size="14">'
        f"{STANDALONE if standalone else ''}"
        '<title id="waits-title">How long a reader waits, in seconds</title>'
        f'<desc id="waits-desc">{escape(description(results))}</desc>{"".join(parts)}</svg>\n'
    )


def _group(results: Json, visit: str, top: int) -> tuple[str, int]:
    """Draw one kind of visit; return it and its height."""
    found = {name: seconds(results, name, visit) for name in CONTENDERS}
    longest = max((each.high for each in found.values() if each), default=1.0)
    scale = (WIDTH - LEFT - RIGHT) / longest
    heading = escape(f"{labels(results)[visit]}, seconds")
    parts = [f'<text x="0" y="{top + 24}" font-weight="bold">{heading}</text>']
    for row, (name, each) in enumerate(found.items()):
        if each:
            share = against_bare(results, name, visit)
            parts.append(_bar(name, each, share, scale, top + HEAD + row * ROW))
    return f'<g aria-hidden="true">{"".join(parts)}</g>', HEAD + len(found) * ROW + 8


def _bar(name: str, each: Spread, share: Spread | None, scale: float, y: int) -> str:
    length, low, high = (scale * value for value in (each.median, each.low, each.high))
    fill = "currentColor" if name.startswith(OURS) else "none"
    middle = y + BAR / 2
    ratio = f" ({share.median:.2f} × bare)" if share and name != "bare" else ""
    return (
        f'<text x="0" y="{y + 12}">{escape(CONTENDERS[name])}</text>'
        f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{fill}" fill-opacity="0.75" '
        'stroke="currentColor"/>'
        f'<path d="M{LEFT + low:.1f} {y - 3}v{BAR + 6}M{LEFT + high:.1f} {y - 3}v{BAR + 6}'
        f'M{LEFT + low:.1f} {middle}H{LEFT + high:.1f}" stroke="currentColor" fill="none"/>'
        f'<text x="{LEFT + max(length, high) + 8:.1f}" y="{y + 12}">{each.median:.2f}{ratio}</text>'
    )
