"""Figures: what a run shows besides text, passed on as events that a page can draw."""

from __future__ import annotations

import base64
import io
import sys

from tinytorch.workshop.checker import Emit
from tinytorch.workshop.picture import Picture, picture_of

FIGURE_LIMIT = 20  # that one run may show


class Figures:
    """What one run shows besides text, as far as it fits."""

    def __init__(self, emit: Emit | None) -> None:
        self._emit = emit
        self._shown: set[str] = set()  # names of live figures
        self._count = 0

    def display(self, *values: object) -> None:
        """Show values as a notebook's `display` does: drawn if they draw themselves, or else in words."""
        for value in values:
            picture = picture_of(value)
            if picture is None:
                print(repr(value))
            elif self._room():
                self._svg(picture, None)

    def live(self, name: str, picture: Picture) -> None:
        """Show a figure, or put a newer picture in its place."""
        if name in self._shown or self._room():
            self._shown.add(name)
            self._svg(picture, name)

    def plots(self, title: str) -> None:
        """Show matplotlib's open figures."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or self._emit is None:
            return
        for number in pyplot.get_fignums():
            if not self._room():
                return
            png = io.BytesIO()
            pyplot.figure(number).savefig(png, format="png", dpi=110, bbox_inches="tight")
            self._send("image/png", png.getvalue(), f"Plot: {title}", None)

    def _room(self) -> bool:
        self._count += 1
        if self._count == FIGURE_LIMIT + 1:
            print(f"Only the first {FIGURE_LIMIT} figures are shown.")
        return self._count <= FIGURE_LIMIT

    def _svg(self, picture: Picture, live: str | None) -> None:
        self._send("image/svg+xml", picture.svg.encode(), picture.alt, live)

    def _send(self, mime: str, data: bytes, alt: str, live: str | None) -> None:
        if self._emit is not None:
            base64_text = base64.b64encode(data).decode()
            self._emit({"kind": "figure", "mime": mime, "base64": base64_text, "alt": alt, "live": live})


def close_plots() -> None:
    """Close what is open, also after an error: the next experiment must not show it."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
