"""Chapters: read before their page is parsed, kept in the environment, written as JSON beside the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

import tinytorch.workshop
from tinybook.reading.errors import ChapterError
from tinybook.reading.reader import package_file, read_chapter
from tinytorch.workshop.chapter import FORMAT, Chapter
from tinytorch.workshop.regions import RegionError

SCHEMA = Path(tinytorch.workshop.__file__).with_name("chapter.schema.json")


def validate(chapter: dict[str, Any]) -> None:
    """Hold a chapter's JSON to its schema."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(chapter))
    if error is not None:
        raise ValueError(f"{chapter.get('name')}.json, at {error.json_path}: {error.message}")


def index(chapters: list[Chapter]) -> dict[str, Any]:
    """Return what a page must know about all chapters: names, titles, exercises."""
    return {
        "format": FORMAT,
        "chapters": [
            {
                "name": chapter.name,
                "module": chapter.module,
                "title": chapter.title,
                "page": chapter.page,
                "exercises": [
                    {"name": item.name, "title": item.title, "points": item.points}
                    for item in chapter.exercises
                ],
            }
            for chapter in chapters
        ],
    }


def write_chapters(chapters: list[Chapter], folder: Path) -> None:
    """Write `index.json` and one file a chapter."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.json"):
        stale.unlink()
    for chapter in chapters:
        data = chapter.to_dict()
        validate(json.loads(json.dumps(data)))
        (folder / f"{chapter.name}.json").write_text(_json(data), encoding="utf-8")
    (folder / "index.json").write_text(_json(index(chapters)), encoding="utf-8")


def chapters_of(env: BuildEnvironment) -> list[Chapter]:
    """Return the book's chapters in order."""
    chapters: dict[str, Chapter] = env.tinybook_chapters  # type: ignore[attr-defined]
    return sorted(chapters.values(), key=lambda chapter: chapter.module)


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


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
