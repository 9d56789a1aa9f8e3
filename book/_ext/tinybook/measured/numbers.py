"""Medians, quartiles, and tables of them in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

BUSY = 0.7  # processes that wanted to run, on average over a minute, before the benchmark began


@dataclass(frozen=True)
class Spread:
    """The middle of some values, and the range that the middle half of them lies in."""

    low: float
    median: float
    high: float

    def __format__(self, form: str) -> str:
        return f"{self.median:{form}} ({self.low:{form}}–{self.high:{form}})"


def spread(values: Sequence[float]) -> Spread:
    """Return the quartiles of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


def ratios(values: Sequence[float], bases: Sequence[float]) -> list[float]:
    """Divide what was measured side by side, before anything is averaged: a slow moment slows both."""
    return [value / base for value, base in zip(values, bases, strict=True)]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; all columns but the first hold numbers."""
    aligned = [":--", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, aligned, *rows])


def machine(results: dict[str, Any]) -> str:
    """Say on what and when this was measured, and how often."""
    gigabytes = results["memory"] / 2**30
    others = (
        "" if results["load"] < BUSY else f" The machine was busy with other work: load {results['load']}."
    )
    where = f"{results['cpu']}, {results['cores']} cores, {gigabytes:.0f} GiB"
    return f"{results['date']}, {where}. Rounds: {results['rounds']}.{others}"


def circumstances(results: dict[str, Any]) -> str:
    """Say in which browser, too."""
    return f"{machine(results)} Chromium {results['chromium']}, Pyodide {results['pyodide']}."
