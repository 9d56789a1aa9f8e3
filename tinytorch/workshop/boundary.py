"""Decision boundaries as SVG: what a network answers at every point of a plane, and the points themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from tinytorch.workshop.lineplot import GRID, INK
from tinytorch.workshop.picture import Picture

CELLS = 40  # along each side of a panel
SIDE, GAP, HEAD, FOOT = 200, 24, 52, 26  # in units of the picture
FILLS = ("#c9dcf0", "#f6d5c6")  # where the answer is class 0, and where it is class 1
MARKS = ("#1c5a9c", "#a8380b")


@dataclass(frozen=True)
class Panel:
    """One plane: points (n, 2) with their classes, 0 or 1, and a network that gives scores (n, 2)."""

    title: str
    points: np.ndarray
    classes: np.ndarray
    scores: Callable[[np.ndarray], np.ndarray]
    note: str = ""

    @property
    def right(self) -> int:
        """How many of the points lie where the network answers their class."""
        return int((self.scores(self.points).argmax(axis=1) == self.classes).sum())


def boundary(title: str, panels: Sequence[Panel], columns: int = 2) -> Picture:
    """Draw panels side by side. Class 0 is a circle, class 1 a square: nobody needs to see the colours."""
    columns = max(1, min(columns, len(panels)))
    rows = math.ceil(len(panels) / columns)
    width = columns * (SIDE + GAP) + GAP
    height = rows * (SIDE + HEAD) + FOOT
    said = [_words(panel) for panel in panels]
    alt = f"{title}. {' '.join(said)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="14" fill="{INK}">',
        f"<title>{escape(title)}</title><desc>{escape(' '.join(said))}</desc>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for number, panel in enumerate(panels):
        left = GAP + (number % columns) * (SIDE + GAP)
        top = HEAD + (number // columns) * (SIDE + HEAD)
        parts.append(_draw(panel, left, top))
    y = height - 9
    parts.append(_mark(0, GAP + 6, y - 5) + f'<text x="{GAP + 17}" y="{y}">class 0</text>')
    parts.append(_mark(1, GAP + 92, y - 5) + f'<text x="{GAP + 103}" y="{y}">class 1</text>')
    return Picture("".join(parts) + "</svg>", alt)


def _words(panel: Panel) -> str:
    note = f", {panel.note}" if panel.note else ""
    return f"{panel.title}: {panel.right} of {len(panel.points)} points on their side{note}."


def _draw(panel: Panel, left: float, top: float) -> str:
    low, high = float(panel.points.min()), float(panel.points.max())
    margin = 0.15 * (high - low)
    low, high = low - margin, high + margin
    unit = SIDE / (high - low)
    parts = [
        f'<text x="{left}" y="{top - 26}" font-weight="600">{escape(panel.title)}</text>',
        f'<text x="{left}" y="{top - 9}">{panel.right} of {len(panel.points)} right'
        f"{escape(f', {panel.note}') if panel.note else ''}</text>",
        f'<rect x="{left}" y="{top}" width="{SIDE}" height="{SIDE}" fill="{FILLS[0]}"/>',
        f'<path d="{_where_one(panel, low, high, left, top)}" fill="{FILLS[1]}"/>',
        f'<rect x="{left}" y="{top}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{GRID}"/>',
    ]
    for (x, y), kind in zip(panel.points.tolist(), panel.classes.tolist(), strict=True):
        parts.append(_mark(kind, left + (x - low) * unit, top + SIDE - (y - low) * unit, len(panel.points)))
    return "".join(parts)


def _where_one(panel: Panel, low: float, high: float, left: float, top: float) -> str:
    """Return the outline of the cells in which the network answers 1: one box for each run in a row."""
    step = (high - low) / CELLS
    centres = low + step * (np.arange(CELLS) + 0.5)
    across, up = np.meshgrid(centres, centres[::-1])  # the first row is the top one
    scores = panel.scores(np.column_stack([across.ravel(), up.ravel()]))  # in float64: edges are straight
    ones = (scores[:, 1] > scores[:, 0]).reshape(CELLS, CELLS)
    edges = np.diff(np.pad(ones, ((0, 0), (1, 1))).astype("int8"), axis=1)
    size = SIDE / CELLS
    boxes = []
    for row in np.flatnonzero(ones.any(axis=1)):
        starts, ends = np.flatnonzero(edges[row] == 1), np.flatnonzero(edges[row] == -1)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            x, y, w = left + start * size, top + row * size, (end - start) * size
            boxes.append(f"M{x:g} {y:g}h{w:g}v{size:g}h{-w:g}z")
    return "".join(boxes)


def _mark(kind: int, x: float, y: float, crowd: int = 1) -> str:
    r = 6 if crowd < 20 else 3
    colour = MARKS[kind]
    if kind == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" fill="{colour}" stroke="#ffffff"/>'
    return (
        f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r}" height="{2 * r}" '
        f'fill="{colour}" stroke="#ffffff"/>'
    )
