"""Chapters as files: one JSON a chapter, each held to its schema, and an index of them all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

import tinytorch.workshop
from tinytorch.workshop.chapter import FORMAT, Chapter

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


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
