"""Line plots as SVG text: light enough to be drawn anew while the code that fills them runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]
Lines = Mapping[str, Points]
Groups = Mapping[str, Sequence[Points]]  # of lines that share a name

WIDTH, HEIGHT = 480, 290  # small enough that the words can still be read on a telephone
LEFT, RIGHT, TOP, BOTTOM = 66, 456, 34, 242
NAME_HEIGHT = 19
INK, GRID = "#25221e", "#e4dfd5"
FAINT = "#8a857c"
_NONE = "no finite number yet"
STYLES = (("#a8380b", ""), ("#1c5a9c", "7 3"), ("#1b6e3d", "2 3"), ("#6b3fa0", "9 3 2 3"))


def line_plot(title: str, xlabel: str, ylabel: str, lines: Lines, behind: Groups | None = None) -> str:
    """Draw named lines, on white in any theme, and thin ones `behind` them.

    A value that is not a number is a gap in its line.
    """
    groups = behind or {}
    fainter = [points for group in groups.values() for points in group]
    seen = [point for points in (*lines.values(), *fainter) for point in points if _finite(point)]
    x_ticks = ticks([x for x, _ in seen], 6)
    y_ticks = ticks([y for _, y in seen], 5)
    across = _scale(x_ticks, LEFT, RIGHT)
    up = _scale(y_ticks, BOTTOM, TOP)
    left, below = _corner([name for name in (*lines, *groups) if name])
    highest = max((y for x, y in seen if across(x) > left), default=y_ticks[0])
    while up(highest) < below:  # a line would run through their names
        y_ticks.append(2 * y_ticks[-1] - y_ticks[-2])
        up = _scale(y_ticks, BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="14" fill="{INK}">',
        f"<title>{escape(title)}</title><desc>{escape(describe(xlabel, ylabel, lines, groups))}</desc>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-weight="600">{escape(title)}</text>',
    ]
    for tick in y_ticks:
        y = up(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{GRID}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{short(tick)}</text>')
    for tick in x_ticks:
        parts.append(
            f'<text x="{across(tick):.1f}" y="{BOTTOM + 19}" text-anchor="middle">{short(tick)}</text>'
        )
    middle = (TOP + BOTTOM) // 2
    parts.append(f'<path d="M{LEFT} {BOTTOM}H{RIGHT}" stroke="{INK}"/>')
    parts.append(
        f'<text x="{(LEFT + RIGHT) // 2}" y="{BOTTOM + 39}" text-anchor="middle">{escape(xlabel)}</text>'
    )
    parts.append(
        f'<text transform="translate(15 {middle}) rotate(-90)" text-anchor="middle">{escape(ylabel)}</text>'
    )
    faint = _pen(FAINT, 1)
    for points in fainter:
        parts += _drawn(points, across, up, FAINT, faint)
    pens = {}
    for number, (name, points) in enumerate(lines.items()):
        colour, dashes = STYLES[number % len(STYLES)]
        pens[name] = _pen(colour, 2, dashes)
        parts += _drawn(points, across, up, colour, pens[name])
    pens |= dict.fromkeys(groups, faint)
    for number, name in enumerate(name for name in pens if name):  # over all lines: they must stay readable
        y = TOP + 12 + NAME_HEIGHT * number
        parts.append(f'<path d="M{RIGHT - 30} {y - 5}H{RIGHT - 4}" {pens[name]}/>')
        parts.append(
            f'<text x="{RIGHT - 36}" y="{y}" text-anchor="end" stroke="#ffffff" stroke-width="4" '
            f'paint-order="stroke">{escape(name)}</text>'
        )
    return "".join(parts) + "</svg>"


def _corner(names: Sequence[str]) -> tuple[float, float]:
    """Return how far the names of the lines, which stand at the top right, reach to the left and down."""
    if not names:
        return RIGHT, TOP
    down = TOP + NAME_HEIGHT * len(names) + 4
    return RIGHT - 42 - 8 * max(map(len, names)), min(down, (TOP + BOTTOM) / 2)


def _pen(colour: str, width: int, dashes: str = "") -> str:
    pen = f'fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"'
    return f'{pen} stroke-dasharray="{dashes}"' if dashes else pen


def _drawn(points: Points, across: _scale, up: _scale, colour: str, pen: str) -> Iterable[str]:
    for run in _runs(points):
        path = [(across(x), up(y)) for x, y in _thin(run)]
        if len(path) == 1:
            yield f'<circle cx="{path[0][0]:.1f}" cy="{path[0][1]:.1f}" r="3" fill="{colour}"/>'
        else:
            shape = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
            yield f'<polyline points="{shape}" {pen}/>'


def describe(xlabel: str, ylabel: str, lines: Lines, behind: Groups | None = None) -> str:
    """Say what the plot shows to somebody who does not see it: where each line starts, ends and is lowest.

    >>> describe("step", "loss", {"": [(0, 2.5), (1, 0.5), (2, 1.0)]})
    'loss by step: from 2.5 at 0 to 1 at 2, lowest 0.5 at 1, highest 2.5 at 0; 3 points.'
    """
    said = [_words(name, xlabel or "x", ylabel or "y", points) for name, points in lines.items()]
    for name, group in (behind or {}).items():
        finite = [found for points in group if (found := [point for point in points if _finite(point)])]
        first, last = ([line[at][1] for line in finite] for at in (0, -1))
        head = f"{name}, {len(group)} thin lines"
        said.append(
            f"{head}: first {_from_to(first)}, last {_from_to(last)}." if finite else f"{head}: {_NONE}."
        )
    return " ".join(said) or "Nothing is drawn yet."


def _words(name: str, xlabel: str, ylabel: str, points: Points) -> str:
    head = f"{name}, {ylabel} by {xlabel}" if name else f"{ylabel} by {xlabel}"
    finite = [point for point in points if _finite(point)]
    if not finite:
        return f"{head}: {_NONE}."
    low, high = min(finite, key=_height), max(finite, key=_height)
    missing = len(points) - len(finite)
    count = f"{len(points)} points" if len(points) > 1 else "1 point"
    gaps = f", {missing} of them not a finite number" if missing else ""
    return (
        f"{head}: from {_at(finite[0])} to {_at(finite[-1])}, lowest {_at(low)}, highest {_at(high)}; "
        f"{count}{gaps}."
    )


def _from_to(values: Sequence[float]) -> str:
    return f"from {short(min(values))} to {short(max(values))}"


def _at(point: tuple[float, float]) -> str:
    return f"{short(point[1])} at {short(point[0])}"


def _height(point: tuple[float, float]) -> float:
    return point[1]


def ticks(values: Sequence[float], about: int) -> list[float]:
    """Return round numbers, evenly apart, from at or below the least value to at or above the greatest.

    >>> ticks([0.0, 96.0], 5)
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-30):  # a line that is level, or one point
        low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
    return [number * step for number in range(first, last + 1)]


def short(value: float) -> str:
    """Return a number as an axis shows it."""
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def _finite(point: tuple[float, float]) -> bool:
    return abs(point[0]) < 1e300 and abs(point[1]) < 1e300  # no NaN either; beyond that even axes overflow


class _scale:
    """From values to places on the paper."""

    def __init__(self, marks: Sequence[float], first: float, last: float) -> None:
        self.low, self.first = marks[0], first
        self.unit = (last - first) / (marks[-1] - marks[0])

    def __call__(self, value: float) -> float:
        return self.first + (value - self.low) * self.unit


def _runs(points: Points) -> list[list[tuple[float, float]]]:
    """Split a line where it has gaps."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if _finite(point):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _thin(run: Points, most: int = 400) -> Points:
    """Of more points than the paper has columns keep the lowest and highest of every few: no peak is lost."""
    if len(run) <= most:
        return run
    every = math.ceil(len(run) / (most / 2))
    kept = []
    for start in range(0, len(run), every):
        few = run[start : start + every]
        ends = {min(few, key=_height), max(few, key=_height)}
        kept += [point for point in few if point in ends]
    return kept if kept[-1] == run[-1] else [*kept, run[-1]]
