"""Archive: a learner's whole workspace as one ZIP, out and in again.

The ZIP is a project: `answers/` to read, `tinytorch/` assembled from them, `tests/` with the checks, and
`workspace.json`, from which an import reads everything. Whatever comes in may be damaged or hostile:
nothing of it is unpacked, run or believed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinytorch import __version__
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.checks import check_source
from tinytorch.workshop.fresh import PACKAGE, Answers, data_files, fitting, package_files
from tinytorch.workshop.workspace import (
    InvalidWorkspace,
    Work,
    passed_texts,
    read_work,
    renamed,
    write_work,
)

FORMAT = 2  # in the first there were answers alone, without replies and versions; it is read, too
BOOK = "tinytorch"
FOLDER = "tinytorch-workspace"
MAX_BYTES = 20 * 1024**2  # of the file, and of everything in it once unpacked
_INDEX = f"{FOLDER}/workspace.json"
_DATE = (1980, 1, 1, 0, 0, 0)  # the same answers make the same bytes


def export_archive(work: Work, chapters: Sequence[Chapter]) -> bytes:
    """Write the workspace, and the project that it makes, as a ZIP."""
    texts = fitting(passed_texts(work.records, chapters))
    answers = Answers(texts)
    files: dict[str, str | bytes] = {
        "workspace.json": json.dumps(
            {"format": FORMAT, "book": BOOK, "version": __version__, **write_work(work)},
            indent=1,
        ),
        "README.md": _readme(texts),
        "pyproject.toml": _PYPROJECT,
    }
    for record in work.records:
        files[f"answers/{record.exercise}.py"] = record.text
    for module, file, text in package_files():
        files[f"{PACKAGE}/{file}"] = answers.sources.get(module, text)
    for file, data in data_files():
        files[f"{PACKAGE}/{file}"] = data
    for chapter in chapters:
        for exercise in chapter.exercises:
            files[f"tests/{chapter.name}/test_{exercise.name}.py"] = check_source(
                chapter.setup, exercise.checks
            )
        if chapter.integration:
            files[f"tests/{chapter.name}/test_together.py"] = check_source(chapter.setup, chapter.integration)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(f"{FOLDER}/{name}", _DATE)
            info.create_system = 3  # Unix, whatever this runs on
            info.external_attr = 0o644 << 16  # without a mode, Unix unpacks files that nobody may read
            data = content.encode(errors="replace") if isinstance(content, str) else content
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def import_archive(data: bytes, chapters: Sequence[Chapter] = ()) -> tuple[Work, list[str]]:
    """Read the work out of an exported ZIP, or out of its `workspace.json` alone, and notes on it.

    Raises:
        InvalidWorkspace: it is too large, damaged, or not one of ours. Nothing was changed.
    """
    if len(data) > MAX_BYTES:
        raise InvalidWorkspace(f"The file is larger than {MAX_BYTES // 1024**2} MB; a workspace never is.")
    text = _read_index(data) if data[:2] == b"PK" else data
    try:
        index = json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        raise InvalidWorkspace(
            "The file is neither a ZIP nor the answers from one, or it is damaged."
        ) from None
    if not isinstance(index, dict) or index.get("book") != BOOK:
        raise InvalidWorkspace("The file does not come from this book.")
    if index.get("format") not in range(1, FORMAT + 1):
        raise InvalidWorkspace(
            "The file comes from another version of this book, which this one cannot read."
        )
    work = renamed(read_work(index), chapters)
    known = {exercise.name for chapter in chapters for exercise in chapter.exercises}
    strange = [record.exercise for record in work.records if known and record.exercise not in known]
    notes = [f"Kept, though this book has no such exercise: {', '.join(strange)}."] if strange else []
    return work, notes


def _read_index(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if _INDEX not in names:
                raise InvalidWorkspace(f"The ZIP is not a workspace of this book: it has no {_INDEX}.")
            if len(set(names)) < len(names) or any(not _is_inside(name) for name in names):
                raise InvalidWorkspace(
                    "The ZIP holds files that a workspace never has. It was not made here."
                )
            if sum(info.file_size for info in infos) > MAX_BYTES:
                raise InvalidWorkspace("The ZIP unpacks to more than a workspace can hold.")
            with archive.open(_INDEX) as index:
                text = index.read(MAX_BYTES + 1)  # the sizes that a ZIP states can be lies
            if len(text) > MAX_BYTES:
                raise InvalidWorkspace("The ZIP unpacks to more than a workspace can hold.")
            return text
    except InvalidWorkspace:
        raise
    except Exception as error:  # zipfile raises many kinds on damaged input, and this input may be anything
        raise InvalidWorkspace(f"The ZIP is damaged: {error}.") from None


def _is_inside(name: str) -> bool:
    path = Path(name)
    return path.parts[:1] == (FOLDER,) and ".." not in path.parts and "\\" not in name


def _readme(texts: dict[str, Any]) -> str:
    mine = "\n".join(f"- `{name}`" for name in texts) or "- nothing yet"
    return f"""# My TinyTorch

This is the work of one reader of the TinyTorch book, exported from it.

- `answers/` holds each answer as it was last edited, finished or not.
- `tinytorch/` is the package: the answers that passed, and the book's code where there is none yet.
- `tests/` holds the book's checks.
- `workspace.json` is what the book's Import button reads: the answers, their earlier versions, and your
  replies to the book's questions.

Written by me:

{mine}

With Python 3.11 or newer: `pip install -e ".[checks]"`, then `pytest`.
"""


_PYPROJECT = f"""[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "my-tinytorch"
version = "{__version__}"
requires-python = ">=3.11"
dependencies = ["numpy>=2.0"]

[project.optional-dependencies]
checks = ["pytest>=9.0"]

[tool.hatch.build.targets.wheel]
packages = ["tinytorch"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
addopts = "--import-mode=importlib"
"""
