"""What every page carries around its text: the sidebar, its configuration, its notebook's address."""

from __future__ import annotations

import json
from typing import Any

from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx

from tinybook.components.base import inline
from tinybook.config import BookConfig
from tinytorch.workshop import curriculum
from tinytorch.workshop.chapter import Chapter


def _context(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    settings: BookConfig = app.config.tinybook_settings
    chapters: dict[str, Chapter] = app.env.tinybook_chapters  # type: ignore[attr-defined]
    here = chapters.get(pagename)
    root = context["content_root"]
    context["tt_config"] = page_config(settings, root, here)
    context["tt_start"] = _module(app, curriculum.START, pagename, here, context)
    context["tt_tiers"] = [
        {
            "title": tier.title,
            "modules": [_module(app, module, pagename, here, context) for module in tier.modules],
        }
        for tier in curriculum.TIERS
    ]
    context["tt_pages"] = [
        {"title": app.env.titles[name].astext(), "url": context["pathto"](name), "current": name == pagename}
        for name in _other_pages(app)
    ]
    context["tt_notebook"] = root + settings.notebook.format(name=here.name) if here else None
    context["tt_chapter"] = here


def page_config(settings: BookConfig, root: str, chapter: Chapter | None) -> str:
    """Return the JSON that the page's program reads; with `<` escaped it cannot end its script element."""
    config = {
        "root": root,
        "book": settings.book,
        "build": settings.build,
        "runtime": settings.runtime,
        # book/versions.py fills these in when the site is put together and every file's content is known.
        "content": "",
        "site": None,
        "chapter": chapter.name if chapter else None,
        "snapshot": settings.snapshot,
    }
    return json.dumps(config).replace("<", "\\u003c")


def _module(
    app: Sphinx, module: curriculum.Module, pagename: str, here: Chapter | None, context: dict[str, Any]
) -> dict[str, Any]:
    docname = f"exercises/{module.name}"
    current = pagename == docname
    exercises = here.exercises if current and here else ()
    return {
        "name": module.name,
        "label": f"{module.number:02d}",
        "title": module.title,
        "url": context["pathto"](docname) if docname in app.env.found_docs else None,
        "current": current,
        "exercises": [
            {"name": item.name, "title": Markup(inline(item.title)), "number": f"{module.number}.{number}"}
            for number, item in enumerate(exercises, 1)
        ],
    }


def _other_pages(app: Sphinx) -> list[str]:
    root = app.config.root_doc
    return [name for name in app.env.toctree_includes.get(root, ()) if not name.startswith("exercises/")]


def setup_navigation(app: Sphinx) -> None:
    """Register the context."""
    # Early: the theme renders the sidebar once to see whether it is empty.
    app.connect("html-page-context", _context, priority=100)
