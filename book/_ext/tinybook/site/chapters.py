"""Chapters: read before their page is parsed, kept in the environment, written as JSON beside the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from tinybook.chapter_files import write_chapters
from tinybook.reading.errors import ChapterError
from tinybook.reading.reader import package_file, read_chapter
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.regions import RegionError


def chapters_of(env: BuildEnvironment) -> list[Chapter]:
    """Return the book's chapters in order."""
    chapters: dict[str, Chapter] = env.tinybook_chapters  # type: ignore[attr-defined]
    return sorted(chapters.values(), key=lambda chapter: chapter.module)


def _prepare(app: Sphinx) -> None:
    if not hasattr(app.env, "tinybook_chapters"):
        app.env.tinybook_chapters = {}  # type: ignore[attr-defined]


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".py":
        return
    try:
        chapter = read_chapter(path, Path(app.srcdir))
    except (ChapterError, RegionError) as error:
        raise ExtensionError(str(error)) from None
    app.env.tinybook_chapters[docname] = chapter  # type: ignore[attr-defined]
    for item in chapter.exercises:
        app.env.note_dependency(package_file(item.object))
    _refuse_shared_names(chapters_of(app.env))


def _refuse_shared_names(chapters: list[Chapter]) -> None:
    """An exercise's name keys its reader's work in the whole book, so it may occur once."""
    owner: dict[str, str] = {}
    for chapter, name in _names(chapters):
        if owner.setdefault(name, chapter.name) != chapter.name:
            raise ExtensionError(f"{name!r} names something in {owner[name]} and in {chapter.name}")


def _names(chapters: list[Chapter]) -> Iterator[tuple[Chapter, str]]:
    for chapter in chapters:
        for item in (*chapter.exercises, *chapter.experiments):
            yield chapter, item.name


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "tinybook_chapters", {}).pop(docname, None)


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        write_chapters(chapters_of(app.env), Path(app.outdir) / "chapters")


def setup_chapters(app: Sphinx) -> None:
    """Register the reading and the writing of chapters."""
    app.connect("builder-inited", _prepare)
    app.connect("source-read", _read)
    app.connect("env-purge-doc", _purge)
    app.connect("build-finished", _write)
