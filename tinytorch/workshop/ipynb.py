"""Notebook files: a chapter's notebook goes out with the reader's answers in it, and comes in again.

Nothing here runs a notebook: its JSON goes in, and JSON comes out. The cell under `%%exercise tensor_add`
holds the answer, byte for byte.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tinytorch import __version__
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.project import index_of, work_in
from tinytorch.workshop.workspace import InvalidWorkspace, Work

Json = dict[str, Any]
OURS = "tinytorch"  # in the notebook's metadata: the records of its answers, which say what passed
_EXERCISE = re.compile(r"%%exercise[ \t]+(?P<name>[a-z][a-z0-9_]{0,80})[ \t]*(?:\r\n|\r|\n|$)")
_SITE = re.compile(r"https?://[\w.~%:/@!&()*+,;=\[\]-]+/")
_SET_UP = """# The book's package, where it is not here yet.
try:
    import tinytorch.workshop.notebook
except ImportError:
    %pip install --quiet "tinytorch[checks] @ {wheel}"
"""


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


def export_notebook(notebook: Json, work: Work, site: str | None = None) -> bytes:
    """Write a chapter's notebook with the answers in it, for any Jupyter; the same work makes the same bytes.

    `site` is the address of the book's site, from which the notebook brings the book's package where it is
    not installed: on Colab, say.

    Raises:
        InvalidWorkspace: the notebook is none, or the address is none that a notebook could use.
    """
    parts = (notebook.get("metadata"), notebook.get("cells")) if is_notebook(notebook) else (None, None)
    if not isinstance(parts[0], dict) or not isinstance(parts[1], list):
        raise InvalidWorkspace("The chapter's notebook could not be read.")
    here = answers_in(notebook)
    records = tuple(record for record in work.records if record.exercise in here)
    notebook = put_answers(notebook, {record.exercise: record.text for record in records})
    notebook["metadata"] = {**notebook["metadata"], OURS: index_of(Work(records))}
    if site is not None:
        notebook["cells"].insert(0, _set_up(site))
    return (json.dumps(notebook, indent=1) + "\n").encode()


def is_notebook(value: object) -> bool:
    """Tell a notebook from a workspace."""
    return isinstance(value, dict) and "nbformat" in value and "book" not in value


def read_notebook(notebook: Json, chapters: Sequence[Chapter]) -> tuple[Work, dict[str, str], list[str]]:
    """Return what the book had put into a notebook, the texts, by exercise, written since then, and notes.

    A cell that still holds the stub is no answer. Other line ends, and what an editor added or took away at
    the end, are no change.

    Raises:
        InvalidWorkspace: there are no exercises of this book in it.
    """
    work, notes = _ours(notebook)
    exercises = {exercise.name: exercise for chapter in chapters for exercise in chapter.exercises}
    former = {old for exercise in exercises.values() for old in exercise.formerly}
    known = {record.exercise: record.text for record in work.records}
    cells = answers_in(notebook)
    if not cells and not work.records:
        raise InvalidWorkspace("The notebook has no exercises of this book in it.")
    texts, strange = {}, []
    for name, text in cells.items():
        if name not in known and name not in exercises and name not in former:
            strange.append(name)
            continue
        before = known.get(name, exercises[name].stub if name in exercises else None)
        if before is None or not _alike(text, before):
            texts[name] = text if text.endswith("\n") else f"{text}\n"
    if strange:
        notes = [*notes, f"Not read, for no exercise has that name: {', '.join(strange)}."]
    if not texts and not work.records:
        notes = [*notes, "Nothing is written in this notebook yet."]
    return work, texts, notes


def _ours(notebook: Json) -> tuple[Work, list[str]]:
    """Read the records in a notebook's metadata; the answers in its cells are there without them."""
    metadata = notebook.get("metadata")
    if not isinstance(metadata, dict) or OURS not in metadata:
        return Work(()), []
    try:
        return work_in(metadata[OURS]), []
    except InvalidWorkspace as error:
        return Work(()), [f"Read without what the book had noted in the notebook. {error}"]


def _alike(text: str, before: str) -> bool:
    return _plain(text) == _plain(before)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def _set_up(site: str) -> Json:
    """Make the cell that brings the package where there is none."""
    site = site.replace("$", "%24")  # IPython would put a variable's value in its place
    if not _SITE.fullmatch(site):
        raise InvalidWorkspace(f"{site[:80]!r} is no address from which a notebook can bring the package.")
    wheel = f"{site}wheels/tinytorch-{__version__}-py3-none-any.whl"
    source = _SET_UP.format(wheel=wheel)
    cell = {"cell_type": "code", "id": "set-up", "metadata": {}, "source": source}
    return cell | {"execution_count": None, "outputs": []}


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
