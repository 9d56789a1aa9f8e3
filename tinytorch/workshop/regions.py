"""Regions: the marked parts of the package that a learner writes.

A region lies inside the body of one function, between two comment lines:

    # BEGIN SOLUTION name
    ...
    # END SOLUTION name

Markers are read strictly. A region that does not close, nests, repeats a name or is misspelt would silently
publish a solution, so each of these is an error that names the file and the line.
"""

from __future__ import annotations

import functools
import io
import re
import tokenize
from collections.abc import Collection
from dataclasses import dataclass

from tinytorch.workshop.source import lines_of

_MARKER = re.compile(r"# (BEGIN|END) SOLUTION ([a-z][a-z0-9_]*)")
_LOOKALIKE = re.compile(r"(begin|end)[\s_-]*solution", re.IGNORECASE)


class RegionError(ValueError):
    """A marker is not where, or not as, it must be."""


@dataclass(frozen=True)
class Region:
    """One marked region; `begin` and `end` are the marker lines, counted from 1."""

    name: str
    begin: int
    end: int
    indent: str


@functools.lru_cache(maxsize=64)  # a file is read again for each of its exercises
def regions(source: str, filename: str = "<source>") -> tuple[Region, ...]:
    """Find all regions of `source`, in order.

    Raises:
        RegionError: an orphan, nested, duplicate or look-alike marker.
    """
    found: list[Region] = []
    opened: tuple[str, int, str] | None = None
    for line, indent, comment in _comments(source):
        marker = _MARKER.fullmatch(comment)
        where = f"{filename}:{line}"
        if marker is None:
            if _LOOKALIKE.search(comment):
                raise RegionError(f"{where}: {comment!r} looks like a marker; write '# BEGIN SOLUTION name'.")
            continue
        if indent.strip():
            raise RegionError(f"{where}: a marker must have its line to itself.")
        kind, name = marker.groups()
        if kind == "BEGIN":
            if opened is not None:
                raise RegionError(f"{where}: region {name!r} begins inside region {opened[0]!r}.")
            if any(region.name == name for region in found):
                raise RegionError(f"{where}: there are two regions {name!r}.")
            opened = (name, line, indent)
        elif opened is None or opened[0] != name:
            raise RegionError(f"{where}: region {name!r} ends but has not begun.")
        else:
            found.append(Region(name, opened[1], line, opened[2]))
            opened = None
    if opened is not None:
        raise RegionError(f"{filename}:{opened[1]}: region {opened[0]!r} never ends.")
    return tuple(found)


def blank(source: str, names: Collection[str] | None = None, filename: str = "<source>") -> str:
    """Take the solutions out of `source`: of the regions in `names`, or of all of them.

    What is left of each is a comment and `raise NotImplementedError("name")`; signature, types and
    docstring stay. Markers of blanked regions go, too.
    """
    lines = lines_of(source)
    found = regions(source, filename)
    unknown = set(names or ()) - {region.name for region in found}
    if unknown:
        raise RegionError(f"{filename}: there is no region {', '.join(sorted(unknown))}.")
    for region in reversed(found):
        if names is None or region.name in names:
            lines[region.begin - 1 : region.end] = [
                f"{region.indent}# Your code here\n",
                f'{region.indent}raise NotImplementedError("{region.name}")\n',
            ]
    return "".join(lines)


def without_markers(source: str) -> str:
    """Return `source` as people read it: whole, but without the marker lines."""
    marked = {line for region in regions(source) for line in (region.begin, region.end)}
    return "".join(text for line, text in enumerate(lines_of(source), 1) if line not in marked)


def _comments(source: str) -> list[tuple[int, str, str]]:
    """List (line, what stands before it there, text) of each comment, strings that look like one excepted."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [
        (token.start[0], token.line[: token.start[1]], token.string)
        for token in tokens
        if token.type == tokenize.COMMENT
    ]
