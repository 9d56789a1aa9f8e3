"""Notebook files: a chapter's notebook goes out with the reader's answers in it, and comes in again.

Nothing here runs a notebook: its JSON goes in, and JSON comes out. The cell under `%%exercise tensor_add`
holds the answer, byte for byte.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
_EXERCISE = re.compile(r"%%exercise[ \t]+(?P<name>[a-z][a-z0-9_]*)[ \t]*(?:\r\n|\r|\n|$)")


def put_answers(notebook: Json, texts: Mapping[str, str]) -> Json:
    """Return the notebook with these texts, by exercise, in their cells; what they printed before is gone."""
    notebook = copy.deepcopy(notebook)
    for cell, name, _ in _exercise_cells(notebook):
        if name in texts:
            cell["source"] = f"%%exercise {name}\n{texts[name]}"
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def answers_in(notebook: Json) -> dict[str, str]:
    """Return the texts of the notebook's exercises; of several cells of one exercise the last one's."""
    return {name: text for _, name, text in _exercise_cells(notebook)}


def _exercise_cells(notebook: Json) -> Iterator[tuple[Json, str, str]]:
    """Yield (cell, exercise, text); cells of any other kind, and what is no cell at all, are passed over."""
    cells = notebook.get("cells")
    for cell in cells if isinstance(cells, list) else ():
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str) and (found := _EXERCISE.match(source)):
            yield cell, found["name"], source[found.end() :]
