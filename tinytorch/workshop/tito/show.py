"""What a terminal shows: Reports and tables, on any width, with colour only where somebody sees it.

Learners' texts and what their code printed are shown as text: no markup is read in them, and no control
character of theirs reaches the terminal. Words say what colours say.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tinytorch.workshop.report import CheckResult, Report
from tinytorch.workshop.source import lines_of

MARKS = {
    "passed": ("ok  ", "green"),
    "failed": ("FAIL", "bold red"),
    "not_written": ("todo", "yellow"),
    "error": ("FAIL", "bold red"),
    "timeout": ("STOP", "bold magenta"),
    "runtime_lost": ("DIED", "bold magenta"),
}
WORDS = {
    "passed": "passes",
    "failed": "does not pass yet",
    "not_written": "is not written yet",
    "error": "could not be run",
    "timeout": "was stopped",
    "runtime_lost": "ended Python",
}
WIDE = 100  # columns where nobody says how many there are
PRINTED_LINES = 30  # of the learner's output that are shown; the Report has more


def make_console(file: TextIO | None = None) -> Console:
    """Return a console; what its encoding lacks becomes a question mark instead of an error."""
    stream = file or sys.stdout
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console


def make_progress(shown: bool) -> Progress:
    """Return a bar on stderr, which is gone at its end; not where nobody looks."""
    console = make_console(sys.stderr)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal))


def print_json(data: Any) -> None:
    """Print data for a program."""
    print(json.dumps(data, indent=1))


def show_report(console: Console, report: Report, title: str, text: str | None, whole: bool) -> None:
    """Show one Report; what passed, or is not begun, takes one line unless the `whole` is wanted."""
    mark, style = MARKS[report.outcome]
    head = Text.assemble((mark, style), "  ", (report.exercise, "bold"), f"  {plain(title)}")
    console.print(head)
    if whole or report.outcome not in ("passed", "not_written"):
        for check in report.checks:
            _show_check(console, check, text)
        if report.stdout.strip():
            _show_printed(console, report.stdout)


def _show_check(console: Console, check: CheckResult, text: str | None) -> None:
    mark, style = MARKS[check.outcome]
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(mark, style), Text(plain(check.claim)))
    if check.message:
        row.add_row("", Text(plain(check.message), "" if check.outcome == "not_written" else "bold"))
    if check.line is not None:
        row.add_row("", Text(f"line {check.line}: {plain(_line(text, check.line))}".rstrip(" :"), "cyan"))
    if check.hint:
        row.add_row("", Text(plain(check.hint), "dim"))
    console.print(Padding(row, (0, 0, 0, 6)))


def _show_printed(console: Console, output: str) -> None:
    lines = plain(output).rstrip().split("\n")
    shown = lines[:PRINTED_LINES]
    if len(lines) > len(shown):
        shown.append(f"… and {len(lines) - len(shown)} lines more")
    console.print(Padding(Text("It printed:\n" + "\n".join(f"  {line}" for line in shown)), (0, 0, 0, 6)))


def show_rows(console: Console, rows: list[tuple[Text | str, ...]]) -> None:
    """Show rows in columns; the last one wraps."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in rows[0][:-1] if rows else ():
        table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    console.print(table)


def near(path: Path) -> str:
    """Return a path as people write it from where they are."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def plain(text: str) -> str:
    """Make control characters visible, but for ends of lines and tabs."""
    return "".join(char if char.isprintable() or char in "\n\t" else _visible(char) for char in text)


def _visible(char: str) -> str:
    return "" if char == "\r" else char.encode("unicode_escape").decode()


def _line(text: str | None, number: int) -> str:
    lines = lines_of((text or "").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    return lines[number - 1].strip() if number <= len(lines) else ""
