"""Project: a learner's workspace as a folder of files, which their editor, pip and pytest understand.

    workspace.json                    all of it: answers, what passed last, earlier versions, replies
    answers/01_tensor/tensor_add.py   each answer, exactly as it was last edited; here one goes on writing
    tinytorch/                        the package: the answers that passed, the book's code in the gaps
    tests/01_tensor/test_*.py         the book's checks, for pytest
    README.md, pyproject.toml

`workspace.json` is what is read again, and then the files of `answers/` that somebody has edited since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from tinytorch import __version__
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.checks import check_source
from tinytorch.workshop.fresh import PACKAGE, Answers, data_files, fitting, package_files
from tinytorch.workshop.workspace import InvalidWorkspace, Record, Work, passed_texts, read_work, write_work

FORMAT = 3  # in the first there were answers alone; in the second answers/ had no folders; both are read, too
BOOK = "tinytorch"
INDEX = "workspace.json"
NAME = "my-tinytorch"
DESCRIPTION = "My TinyTorch: a deep learning framework in NumPy, written with the TinyTorch book"
ANSWERS = "answers"


def project_files(work: Work, chapters: Sequence[Chapter]) -> dict[str, bytes]:
    """Return every file of the project, by its path inside the project's folder."""
    texts = fitting(passed_texts(work.records, chapters))
    files = {INDEX: write_index(work), "README.md": _readme(texts).encode(), "pyproject.toml": _PYPROJECT}
    for record in work.records:
        files[answer_file(record.exercise, chapters)] = as_bytes(record.text)
    return files | assembled(texts) | check_files(chapters)


def assembled(texts: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of the package, with `texts`, by object, in place of the book's code."""
    sources = Answers(texts).sources
    files = {
        f"{PACKAGE}/{file}": sources.get(module, text).encode() for module, file, text in package_files()
    }
    return files | {f"{PACKAGE}/{file}": data for file, data in data_files()}


def check_files(chapters: Sequence[Chapter]) -> dict[str, bytes]:
    """Return the chapters' checks as files for pytest."""
    files = {"tests/conftest.py": _CONFTEST}
    for chapter in chapters:
        for exercise in chapter.exercises:
            source = check_source(chapter.setup, exercise.checks)
            files[f"tests/{chapter.name}/test_{exercise.name}.py"] = source.encode()
        if chapter.integration:
            source = check_source(chapter.setup, chapter.integration)
            files[f"tests/{chapter.name}/test_together.py"] = source.encode()
    return files


def answer_file(exercise: str, chapters: Sequence[Chapter]) -> str:
    """Return where an answer lies; one that no chapter asks for lies beside the chapters' folders."""
    for chapter in chapters:
        if any(one.name == exercise for one in chapter.exercises):
            return f"{ANSWERS}/{chapter.name}/{exercise}.py"
    return f"{ANSWERS}/{exercise}.py"


def as_bytes(text: str) -> bytes:
    """Return what stands in an answer's file. Half of a character cannot be written there: it becomes `?`."""
    return text.encode(errors="replace")


def edited(
    work: Work, files: Mapping[str, bytes], chapters: Sequence[Chapter] = ()
) -> tuple[dict[str, str], list[str]]:
    """Return the texts, by exercise, of the answers' files that were edited or added, and notes on the rest.

    `files` are a project's, by path. Only where a file differs from its answer's record is it read.

    Raises:
        InvalidWorkspace: a file is no text, or two of them answer the same exercise.
    """
    records = {record.exercise: record for record in work.records}
    stubs = {one.name: one.stub for chapter in chapters for one in chapter.exercises}
    known = {*records, *stubs}
    known |= {old for chapter in chapters for one in chapter.exercises for old in one.formerly}
    found: dict[str, tuple[str, str]] = {}  # by exercise: text, and where it stands
    strange = []
    for path, data in files.items():
        parts = PurePosixPath(path).parts
        if parts[:1] != (ANSWERS,) or not path.endswith(".py") or any(part[0] in "._" for part in parts):
            continue
        exercise = parts[-1].removesuffix(".py")
        if exercise not in known:
            strange.append(path)
            continue
        if not _differs(data, records.get(exercise), stubs.get(exercise)):
            continue
        text = _text(path, data)
        if exercise in found and found[exercise][0] != text:
            raise InvalidWorkspace(
                f"{found[exercise][1]} and {path} answer the same exercise. Keep one of them."
            )
        found[exercise] = text, path
    notes = [f"Not read, for no exercise has that name: {', '.join(strange)}."] if strange else []
    return {exercise: text for exercise, (text, _) in found.items()}, notes


def write_index(work: Work) -> bytes:
    """Return `workspace.json`."""
    return json.dumps(index_of(work), indent=1).encode()


def read_index(text: bytes | str) -> Work:
    """Read `workspace.json`.

    Raises:
        InvalidWorkspace: it is none, or it is damaged, or of another book.
    """
    return work_in(parsed(text))


def parsed(text: bytes | str) -> Any:
    """Parse JSON that may be anything, of any depth."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        raise InvalidWorkspace(
            "The file is neither a ZIP nor a notebook nor the answers from one, or it is damaged."
        ) from None


def work_in(index: Any) -> Work:
    """Return the work that `workspace.json`, parsed, holds."""
    if not isinstance(index, dict) or index.get("book") != BOOK:
        raise InvalidWorkspace("The file does not come from this book.")
    if index.get("format") not in range(1, FORMAT + 1):
        raise InvalidWorkspace(
            "The file comes from another version of this book, which this one cannot read."
        )
    return read_work(index)


def index_of(work: Work) -> dict[str, Any]:
    """Return what `workspace.json` holds."""
    return {"format": FORMAT, "book": BOOK, "version": __version__, **write_work(work)}


def _differs(data: bytes, record: Record | None, stub: str | None) -> bool:
    """Tell whether somebody wrote what stands in a file, where it was not written out by us."""
    if record is not None:
        return data != as_bytes(record.text)
    return stub is None or data != as_bytes(stub)


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidWorkspace(f"{path} is not text in UTF-8. Save it as that, and try again.") from None


def written_by_me(texts: Mapping[str, str]) -> str:
    """List the objects of these texts, as markdown."""
    return "\n".join(f"- `{name}`" for name in texts) or "- nothing yet"


def _readme(texts: Mapping[str, str]) -> str:
    return f"""# My TinyTorch

This is the work of one reader of the TinyTorch book, exported from it. It is a Python project like any other:
with Python 3.11 or newer, in this folder,

    python -m venv .venv
    .venv/bin/pip install -e ".[checks]"
    .venv/bin/pytest

(on Windows `.venv\\Scripts\\pip` and `.venv\\Scripts\\pytest`). In that environment `import tinytorch` means
the package in this folder. The `tinytorch` of the public package index is somebody else's and has nothing to
do with this one.

## What is where

- `answers/` holds each answer as it was last edited, finished or not.
- `tinytorch/` is the package: the answers that passed, and the book's code where there is none yet.
- `tests/` holds the book's checks.
- `workspace.json` holds all of the work: the answers, what passed last, earlier versions, and replies to the
  book's questions.

## Going on

Write in `answers/`. Those files are what the book's Import button reads, after `workspace.json`, when you
pack this folder as a ZIP again (without `.venv`, which is large). `tito`, the book's command, checks them and
puts the answers that pass into `tinytorch/`. An edit in `tinytorch/` itself is tested by `pytest`, but it
does not leave this folder.

On its page in the book an exercise is checked alone, with the book's code in place of everything else.
`pytest` tests the package as it is here, all of its answers together: so one that is wrong can fail the
checks of others, too.

## Written by me

{written_by_me(texts)}
"""


_PYPROJECT = f"""[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{NAME}"
version = "{__version__}"
description = "{DESCRIPTION}"
readme = "README.md"
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
""".encode()

_CONFTEST = b'''"""Each check runs in a world of its own, with a fresh copy of the package beside this."""

from tinytorch.workshop.alone import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]
'''
