"""Library: what the book gives to whoever works natively: chapters, notebooks, milestones.

The full wheel carries them on a shelf, which `book/hatch_build.py` fills when the wheel is built. A checkout
has them where `make` and the authors put them. The browser's wheel has none: a page fetches what it needs.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinytorch.workshop.chapter import Chapter

HERE = Path(__file__).resolve().parent


class NotOnShelf(LookupError):
    """The book, or this part of it, is not here; the words say what to do."""


@dataclass(frozen=True)
class Shelf:
    """The folders that the book lies in."""

    chapters: Path
    notebooks: Path
    milestones: Path


def find_shelf(workshop: Path = HERE) -> Shelf:
    """Return the shelf of the package whose workshop this is, or that of the checkout around it.

    Raises:
        NotOnShelf: there is neither.
    """
    shelf = workshop / "shelf"
    if (shelf / "chapters").is_dir():
        return Shelf(shelf / "chapters", shelf / "notebooks", shelf / "milestones")
    checkout = workshop.parents[1]
    if not (checkout / "exercises").is_dir():
        raise NotOnShelf(
            "This tinytorch came without the book's chapters. "
            "Install the wheel that the book's site offers under wheels/, or work in a checkout of the book."
        )
    built = checkout / "build" / "notebooks"
    if not (built / "chapters").is_dir():
        raise NotOnShelf(
            f"The chapters are not built yet: run `make site` in {checkout}, once and after changes."
        )
    return Shelf(built / "chapters", built, checkout / "milestones")


def chapters() -> tuple[Chapter, ...]:
    """Return all chapters that are written, in reading order."""
    return _read_chapters(find_shelf())


def notebook(name: str) -> dict[str, Any]:
    """Return a chapter's notebook, as students get it, in JSON's terms.

    Raises:
        NotOnShelf: the book has no such chapter.
    """
    shelf = find_shelf()
    names = [chapter.name for chapter in _read_chapters(shelf)]
    if name not in names:
        raise NotOnShelf(f"The book has no chapter {name!r}. It has {', '.join(names)}.")
    data: dict[str, Any] = json.loads((shelf.notebooks / f"{name}.ipynb").read_text(encoding="utf-8"))
    return data


def milestone_source(year: int) -> str:
    """Return the text of a milestone's program.

    Raises:
        NotOnShelf: no milestone of that year is written.
    """
    folder = find_shelf().milestones
    for file in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.py")):
        if file.name.startswith(f"{year:04d}_"):
            return file.read_text(encoding="utf-8")
    years = [file.name[:4] for file in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.py"))]
    raise NotOnShelf(f"The book has no milestone {year}. It has {', '.join(years) or 'none yet'}.")


@functools.lru_cache(maxsize=1)
def _read_chapters(shelf: Shelf) -> tuple[Chapter, ...]:
    files = sorted(shelf.chapters.glob("[0-9][0-9]_*.json"))
    found = [Chapter.from_dict(json.loads(file.read_text(encoding="utf-8"))) for file in files]
    return tuple(sorted(found, key=lambda chapter: chapter.module))
