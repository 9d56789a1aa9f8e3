"""Live figures: a curve that grows on the reader's screen while the code that makes it runs.

    from tinytorch.workshop.live import LivePlot

    plot = LivePlot("Training", xlabel="step", ylabel="loss")
    for step in range(1000):
        ...
        plot.add(step, loss)

In a page the figure is replaced in place, in a notebook its display is updated, and a terminal gets a line
now and then. It is drawn a few times a second at most, and once more when the run is over, however that ends.
"""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tinytorch.workshop.lineplot import describe, line_plot, short
from tinytorch.workshop.picture import Picture, picture_of

INTERVAL = 0.2  # seconds between two pictures
SHARE = (
    10  # the least time between pictures, in times that one takes: drawing must not cost the training much
)
LINE_INTERVAL = 2.0  # seconds between two lines in a terminal

Show = Callable[["LivePlot"], None]  # puts the present state of one figure on a screen
Stage = Callable[[], Show]  # gives a new figure its place


class LivePlot:
    """A figure of one line or several, over the same axis.

    >>> plot = LivePlot("Training", xlabel="step", ylabel="loss")
    >>> plot.add(0, 2.5)
    Training: step 0, loss 2.5
    """

    def __init__(self, title: str = "", *, xlabel: str = "", ylabel: str = "") -> None:
        self.title, self.xlabel, self.ylabel = title, xlabel, ylabel
        self.lines: dict[str, list[tuple[float, float]]] = {}
        self.behind: dict[str, list[list[tuple[float, float]]]] = {}
        self.interval = INTERVAL
        self._show = _place(self)
        self._fresh = False  # is there anything that was not shown yet?
        self._next = 0.0

    def add(self, x: Any, y: Any, line: str = "") -> None:
        """Add a point to `line`: numbers, or tensors and arrays of one element. NaN leaves a gap."""
        self.lines.setdefault(line, []).append((float(x), float(y)))
        self._fresh = True
        if self not in _unfinished:
            _unfinished.append(self)
        if time.perf_counter() >= self._next:
            self.draw()

    def step_back(self, line: str, among: str) -> None:
        """Let a line that is done become a thin one behind the others, one of those named `among`."""
        self.behind.setdefault(among, []).append(self.lines.pop(line))

    def draw(self) -> None:
        """Show the present state now; `add` does this by itself, a few times a second."""
        if not self._fresh:
            return
        started = time.perf_counter()
        self._fresh = False
        self._show(self)
        ended = time.perf_counter()
        self._next = ended + max(self.interval, SHARE * (ended - started))

    def _repr_svg_(self) -> str:
        return line_plot(self.title, self.xlabel, self.ylabel, self.lines, self.behind)

    def __repr__(self) -> str:
        return f"{self.title or 'LivePlot'}: {describe(self.xlabel, self.ylabel, self.lines, self.behind)}"


_stage: Stage | None = None
_unfinished: list[LivePlot] = []  # those whose last state may not have been shown


@contextmanager
def stage(place: Stage) -> Iterator[None]:
    """Show the figures that are made meanwhile where `place` says, and their last state at the end."""
    global _stage, _unfinished
    before = _stage, _unfinished
    _stage, _unfinished = place, []
    try:
        yield
    finally:
        mine = _unfinished
        _stage, _unfinished = before
        _finish(mine)


def _place(plot: LivePlot) -> Show:
    """Find out who is looking: a page, a notebook, or a terminal."""
    if _stage is not None:
        return _stage()
    if (shell := _notebook()) is not None:
        return _in_notebook(shell)
    plot.interval = LINE_INTERVAL
    return _print


def _finish(plots: list[LivePlot]) -> None:
    while plots:
        plots.pop(0).draw()


atexit.register(lambda: _finish(_unfinished))


def _notebook() -> Any:
    """Return the shell of a notebook, which can update what it has displayed; a terminal's cannot."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    shell = get_shell()
    return shell if hasattr(shell, "kernel") or sys.platform == "emscripten" else None


def _in_notebook(shell: Any) -> Show:
    display: Any = sys.modules["IPython"].display.display
    handle: Any = None

    def show(plot: LivePlot) -> None:
        nonlocal handle
        if handle is None:
            handle = display(plot, display_id=True)
        else:
            handle.update(plot)

    if _after_cell not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _after_cell)
    return show


def _after_cell(result: object) -> None:
    _finish(_unfinished)


def _print(plot: LivePlot) -> None:
    for line, points in plot.lines.items():
        x, y = points[-1]
        name = ", ".join(filter(None, (plot.title, line))) or "LivePlot"
        print(f"{name}: {plot.xlabel or 'x'} {short(x)}, {plot.ylabel or 'y'} {short(y)}", flush=True)


def shown_by(emit: Callable[[str, Picture], None]) -> Stage:
    """Make a stage that names each figure and hands over its pictures."""
    count = 0

    def place() -> Show:
        nonlocal count
        count += 1
        name = f"live-{count}"

        def show(plot: LivePlot) -> None:
            picture = picture_of(plot)
            assert picture is not None
            emit(name, picture)

        return show

    return place
