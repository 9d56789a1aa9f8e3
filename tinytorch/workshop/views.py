"""Views: what a reader sees while a milestone trains. Drawn from copies of the weights, in pure NumPy."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from tinytorch.workshop.boundary import Panel, boundary
from tinytorch.workshop.figures import Figures
from tinytorch.workshop.gatedata import unseen_digits
from tinytorch.workshop.gates import network_of, question
from tinytorch.workshop.live import INTERVAL, SHARE, LivePlot
from tinytorch.workshop.misread import misread
from tinytorch.workshop.networks import READER
from tinytorch.workshop.picture import Picture
from tinytorch.workshop.program import Row, weights_of

DRAWN_POINTS = 150  # of the gate's thousand


class View:
    """Shows a run's loss as a curve, and what its networks answer as a picture, a few times a second."""

    def __init__(self, year: int, figures: Figures, options: Mapping[str, Any]) -> None:
        self.year, self.figures, self.options = year, figures, options
        self.plot = LivePlot("Loss", xlabel="epoch", ylabel="loss")
        self.panels: dict[str, Panel] = {}
        self._next = 0.0

    def row(self, row: Row) -> None:
        """Take note of an epoch, and draw if it is time or the task is done."""
        lines = self._lines(row)
        if self.year == 1969:  # ten lines could not be told apart: the seeds that are done step back
            for done in [line for line in self.plot.lines if line not in (*lines, "one layer")]:
                self.plot.step_back(done, "the seeds before")
        for name, number in lines.items():
            self.plot.add(row.epoch, number, name)
        if row.epoch == row.epochs or time.perf_counter() >= self._next:
            started = time.perf_counter()
            picture = self._picture(row)
            if picture is not None:
                self.figures.live("answers", picture)
            ended = time.perf_counter()
            self._next = ended + max(INTERVAL, SHARE * (ended - started))

    def _lines(self, row: Row) -> dict[str, float]:
        if self.year == 1986:
            lines = {"training digits": row.numbers["loss"]}
            return lines | ({"test digits": row.numbers["test_loss"]} if "test_loss" in row.numbers else {})
        hidden = self.year == 1969 and row.task != "one layer"
        return {f"hidden layer, {row.task}" if hidden else row.task: row.numbers["loss"]}

    def _picture(self, row: Row) -> Picture | None:
        """Draw the present state; what cannot be drawn is left to the gates to complain about."""
        try:
            weights = weights_of(row.model)
            return self._digits(weights) if self.year == 1986 else self._plane(row, weights)
        except Exception:  # of a learner's model, which may raise anything
            return None

    def _digits(self, weights: dict[str, np.ndarray]) -> Picture:
        digits = unseen_digits(self.options.get("data", "tinydigits"), self.options.get("folder", "."))
        return misread(digits.pixels, digits.labels, READER.scores(weights, digits.inputs).argmax(axis=1))

    def _plane(self, row: Row, weights: dict[str, np.ndarray]) -> Picture:
        asked = question(self.year, row.task, {})
        points, classes = asked.inputs[:DRAWN_POINTS], asked.classes[:DRAWN_POINTS]
        network = network_of(self.year, row.task)
        network.check(weights)
        note = f"loss {row.numbers['loss']:.2g}"
        panel = Panel(row.task, points, classes, partial(network.scores, weights), note)
        self.panels[row.task] = panel
        if self.year == 1958:
            return boundary("Where each perceptron answers 1", list(self.panels.values()))
        shown = [self.panels["one layer"]] if "one layer" in self.panels else []
        if row.task != "one layer":
            shown.append(Panel(f"hidden layer, {row.task}", points, classes, panel.scores, note))
        return boundary("Where each network answers 1", shown)
