"""The book's own chapters, read once for all tests: to read them takes seconds."""

from __future__ import annotations

from pathlib import Path

from tinybook.reading.reader import read_chapter

ROOT = Path(__file__).parents[1]
CHAPTERS = tuple(read_chapter(path, ROOT) for path in sorted((ROOT / "exercises").glob("[0-9]*.py")))
