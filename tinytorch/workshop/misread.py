"""Misread digits as SVG: a grid of the pictures that a network takes for something else."""

from __future__ import annotations

from html import escape

import numpy as np

from tinytorch.workshop.lineplot import GRID, INK
from tinytorch.workshop.picture import Picture

COLUMNS, ROWS = 6, 3  # of the grid: more would not fit beside each other on a telephone
TILE, PIXEL, HEAD, WORDS = 76, 2, 34, 22  # in units of the picture
GREYS = ("#bdb8b0", "#6e6a64", "#25221e")  # of a quarter, a half, three quarters of full ink, and more
FIRST = 5  # that the words in place of the picture list


def misread(pixels: np.ndarray, labels: np.ndarray, guesses: np.ndarray) -> Picture:
    """Draw the first digits that were misread. Shapes: (N, 28, 28) bytes, (N,), (N,)."""
    wrong = np.flatnonzero(labels != guesses)
    shown = wrong[: COLUMNS * ROWS]
    title = f"{len(wrong)} of {len(labels):,} digits misread"
    pairs = [f"{labels[i]} read as {guesses[i]}" for i in shown[:FIRST]]
    more = ", and so on" if len(wrong) > FIRST else ""
    description = f"{', '.join(pairs)}{more}." if pairs else "All are read right."
    width = COLUMNS * TILE + 24
    height = HEAD + max(1, -(-len(shown) // COLUMNS)) * (TILE + WORDS) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="14" fill="{INK}">',
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="12" y="22" font-weight="600">{escape(title)}</text>',
    ]
    for place, i in enumerate(shown):
        left = 12 + (place % COLUMNS) * TILE
        top = HEAD + (place // COLUMNS) * (TILE + WORDS)
        inner = left + (TILE - 28 * PIXEL) // 2
        parts.append(
            f'<rect x="{inner}" y="{top}" width="{28 * PIXEL}" height="{28 * PIXEL}" '
            f'fill="none" stroke="{GRID}"/>'
        )
        parts.append(digit(pixels[i], inner, top))
        parts.append(
            f'<text x="{left + TILE // 2}" y="{top + 28 * PIXEL + 16}" text-anchor="middle">'
            f"{labels[i]} as {guesses[i]}</text>"
        )
    return Picture("".join(parts) + "</svg>", f"{title}. {description}")


def digit(pixels: np.ndarray, left: float, top: float) -> str:
    """Draw one digit (28, 28) as horizontal strokes in three greys: far shorter than a box for each pixel."""
    levels = np.minimum(pixels.astype("int32") // 64, 3)
    paths = []
    for level, colour in enumerate(GREYS, 1):
        inked = np.pad(levels == level, ((0, 0), (1, 1))).astype("int8")
        edges = np.diff(inked, axis=1)
        strokes = []
        for row in np.flatnonzero((levels == level).any(axis=1)):
            starts, ends = np.flatnonzero(edges[row] == 1), np.flatnonzero(edges[row] == -1)
            y = top + row * PIXEL + PIXEL / 2
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                strokes.append(f"M{left + start * PIXEL:g} {y:g}h{(end - start) * PIXEL}")
        if strokes:
            paths.append(f'<path d="{"".join(strokes)}" stroke="{colour}" stroke-width="{PIXEL}"/>')
    return "".join(paths)
