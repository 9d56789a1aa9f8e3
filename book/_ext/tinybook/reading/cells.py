"""A percent file as cells that know their lines."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

from tinybook.reading.errors import ChapterError

MARKER = re.compile(r"#\s*%%(\s|$)")

# What a cell may be, and what its marker may say besides. Exactly one of these names makes the kind.
KINDS: dict[str, frozenset[str]] = {
    "setup": frozenset({"needs"}),
    "exercise": frozenset({"object", "points", "title", "formerly"}),
    "checks": frozenset({"needs"}),
    "wrong": frozenset({"name", "says"}),
    "pull": frozenset(),
    "experiment": frozenset({"title", "needs", "alt"}),
    "integration": frozenset({"needs"}),
    "question": frozenset(),
}

# What jupytext notes for itself, about blank lines.
LAYOUT = {"lines_to_next_cell", "lines_to_end_of_cell_marker"}


@dataclass(frozen=True)
class Cell:
    """One cell: what it is, what its marker says, its text, and where the two stand in the file."""

    kind: str
    subject: Any  # what the kind's own key says: an exercise's name, a pulled object, or True
    options: dict[str, Any]
    text: str
    marker: int
    line: int

    @property
    def name(self) -> str:
        """The name that the marker gives: of an exercise, an experiment, a question."""
        return str(self.subject)


@dataclass(frozen=True)
class Source:
    """A percent file that was read: its path, relative to the book's root, and its cells."""

    path: Path
    cells: tuple[Cell, ...]

    def of(self, kind: str) -> tuple[Cell, ...]:
        """Return the cells of one kind, in order."""
        return tuple(cell for cell in self.cells if cell.kind == kind)


def read_source(text: str, path: Path) -> Source:
    """Split a percent file into cells. `path` is only what errors call the file."""
    lines = text.splitlines()
    markers = _markers(text, path)
    notebook = jupytext.reads(text, fmt="py:percent")
    cells = [cell for cell in notebook.cells if cell.cell_type != "raw"]  # raw: the header of jupytext
    if len(cells) != len(markers):
        first = next((n for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")), 1)
        raise ChapterError(path, first, "text before the first cell; start it with a line '# %%'")
    return Source(path, tuple(_cell(cell, at, lines, path) for cell, at in zip(cells, markers, strict=True)))


def _markers(text: str, path: Path) -> list[int]:
    """Return the lines of the cells' markers, leaving out those that are part of a string."""
    try:
        ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except SyntaxError as error:
        raise ChapterError(path, error.lineno or 1, f"this is not Python: {error.msg}") from None
    comments = (token for token in tokens if token.type == tokenize.COMMENT and token.start[1] == 0)
    return [token.start[0] for token in comments if MARKER.match(token.string)]


def _cell(cell: Any, marker: int, lines: list[str], path: Path) -> Cell:
    metadata = {key: value for key, value in cell.metadata.items() if key not in LAYOUT}
    kinds = [key for key in metadata if key in KINDS]
    if not kinds and cell.cell_type == "markdown" and not metadata:
        return Cell("prose", True, {}, cell.source, marker, _first_line(cell, marker, lines))
    if len(kinds) != 1:
        says = ", ".join(f"{key}=" for key in metadata) or "nothing"
        raise ChapterError(
            path, marker, f"a cell must be one of {', '.join(KINDS)} or prose; this one says {says}"
        )
    kind = kinds[0]
    if (cell.cell_type == "markdown") != (kind == "question"):
        wanted = "a [markdown] cell" if kind == "question" else "a code cell, without [markdown]"
        raise ChapterError(path, marker, f"{kind}= belongs on {wanted}")
    options = {key: value for key, value in metadata.items() if key != kind}
    unknown = sorted(options.keys() - KINDS[kind])
    if unknown:
        raise ChapterError(path, marker, f"{kind}= does not take {', '.join(unknown)}")
    return Cell(kind, metadata[kind], options, cell.source, marker, _first_line(cell, marker, lines))


def _first_line(cell: Any, marker: int, lines: list[str]) -> int:
    """Return the line that the cell's text starts on: jupytext drops blank lines, and quotes around prose."""
    line = marker + 1
    while line <= len(lines) and not lines[line - 1].strip():
        line += 1
    if (
        cell.cell_type == "markdown"
        and line <= len(lines)
        and lines[line - 1].strip() in {'"""', "'''", 'r"""'}
    ):
        line += 1
    return line
