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
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column
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


def make_progress(console: Console, shown: bool) -> Progress:
    """Return a bar that is gone at its end; not where nobody looks.

    It lives in the terminal that `console` prints to, above which it lets the rest scroll by. Where that is
    written to a file, stderr may still be a terminal.
    """
    if not console.is_terminal:
        console = make_console(sys.stderr)
    name = TextColumn(
        "{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
    )
    columns = (name, BarColumn(12), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal))


def print_json(data: Any) -> None:
    """Print data for a program."""
    print(json.dumps(data, indent=1))


def show_report(console: Console, report: Report, title: str, text: str | None, whole: bool) -> None:
    """Show one Report; what passed, or is not begun, takes one line unless the `whole` is wanted."""
    mark, style = MARKS[report.outcome]
    console.print(Text.assemble((mark, style), "  ", (report.exercise, "bold"), f"  {plain(title)}"))
    if not whole and report.outcome in ("passed", "not_written"):
        return
    before = None
    for check in report.checks:
        mark, style = MARKS[check.outcome]
        _show_lines(console, Text(f"      {mark}  ", style), Text(plain(check.claim)))
        said = (check.message, check.hint, check.line)
        if check.message and said != before:  # what one reason did to several checks is told once
            _show_reason(console, check, text)
        before = said
    if report.stdout.strip():
        _show_printed(console, report.stdout)


def _show_reason(console: Console, check: CheckResult, text: str | None) -> None:
    margin = Text(" " * 12)
    _show_lines(console, margin, Text(plain(check.message), "bold"))
    if check.line is not None and check.outcome != "not_written":
        said = f"line {check.line}: {plain(_line(text, check.line))}".rstrip(" :")
        _show_lines(console, margin, Text(said, "cyan"))
    if check.hint:
        _show_lines(console, margin, Text(plain(check.hint), "dim"))


def _show_printed(console: Console, output: str) -> None:
    lines = plain(output).rstrip().split("\n")
    shown = lines[:PRINTED_LINES]
    if len(lines) > len(shown):
        shown.append(f"… and {len(lines) - len(shown)} lines more")
    _show_lines(console, Text(" " * 6), Text("It printed:"))
    for line in shown:
        _show_lines(console, Text(" " * 8), Text(line.expandtabs()))


def show_rows(console: Console, rows: list[tuple[Text | str, ...]]) -> None:
    """Show rows in columns; the last one wraps."""
    texts = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    widths = [max(cell.cell_len for cell in column) for column in zip(*texts, strict=True)]
    for row in texts:
        head = Text()
        for cell, width in zip(row[:-1], widths, strict=False):
            head = Text.assemble(head, cell, " " * (width - cell.cell_len + 2))
        _show_lines(console, head, row[-1])


def _show_lines(console: Console, head: Text, text: Text) -> None:
    """Show `text` behind `head`, its further lines below its first."""
    width = max(16, console.width - head.cell_len)
    for line in text.wrap(console, width, overflow="fold") or [Text()]:
        line.rstrip()
        console.print(Text.assemble(head, line), soft_wrap=True)
        head = Text(" " * head.cell_len)


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
