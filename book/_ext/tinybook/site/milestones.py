"""Milestones as JSON beside the chapters: what a page needs to run one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from tinybook.milestones import program
from tinytorch.workshop import curriculum

FORMAT = 1


def facts(milestone: curriculum.Milestone, root: Path) -> dict[str, Any]:
    """Return everything of a milestone that runs."""
    return {
        "format": FORMAT,
        "year": milestone.year,
        "title": milestone.title,
        "slug": milestone.slug,
        "source": program(milestone, root).read_text(encoding="utf-8"),
        "needs": list(milestone.needs),
        "modules": list(milestone.modules),
    }


def write_milestones(root: Path, folder: Path) -> None:
    """Write one file a milestone that is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.json"):
        stale.unlink()
    for milestone in curriculum.MILESTONES:
        if milestone.status == "written":
            text = json.dumps(facts(milestone, root), ensure_ascii=False, indent=1) + "\n"
            (folder / f"{milestone.year}.json").write_text(text, encoding="utf-8")


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        write_milestones(Path(app.srcdir), Path(app.outdir) / "milestones")


def setup_milestones(app: Sphinx) -> None:
    """Register the writing."""
    app.connect("build-finished", _write)
