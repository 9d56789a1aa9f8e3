"""Notebook: the exercises in Jupyter, after `%load_ext tinytorch.workshop.notebook`.

The cell under `%%exercise tensor_add` holds the answer; running it runs the checks. An answer that passes
becomes part of the running `tinytorch`, so that the cells after it use the learner's own code. In the
browser so does an answer that has passed in one of the book's pages (`pages`).
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import operator
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any, Protocol

from tinytorch.workshop import library
from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.checks import run_checks
from tinytorch.workshop.fresh import Answers
from tinytorch.workshop.pages import Pages
from tinytorch.workshop.present import as_text

FOLDER = Path("chapters")  # beside the notebook: the chapters' JSON, as the book's build writes it


class Shell(Protocol):
    """The part of IPython's shell that this extension uses."""

    kernel: Any

    def register_magic_function(self, func: Callable[..., Any], magic_kind: str, magic_name: str) -> None:
        """Add a magic."""


def load_ipython_extension(shell: Shell) -> None:
    """Register `%%exercise`; IPython calls this for `%load_ext`."""
    pages = Pages(adopt=adopt_by_name) if sys.platform == "emscripten" else None
    shell.register_magic_function(functools.partial(exercise_magic, pages=pages), "cell", "exercise")
    if pages is not None:
        # JupyterLite's kernel awaits these before each cell, and IPython's own cannot be awaited.
        transforms = shell.kernel.lite_transform_manager.cleanup_transforms
        transforms[:] = [one for one in transforms if not is_ours(one)] + [pages.before_cell]


def is_ours(transform: Callable[..., Any]) -> bool:
    """Whether an earlier `%load_ext` or `%reload_ext` put it there."""
    return type(getattr(transform, "__self__", None)).__name__ == Pages.__name__


def exercise_magic(line: str, cell: str, pages: Pages | None = None) -> None:
    """Check the cell's text as the answer to the exercise named on the magic's line, and print the report."""
    name = line.strip()
    chapter = _chapter_of(name)
    exercise = chapter.exercise(name)
    report = run_checks(chapter, name, cell)
    print(as_text(report))
    if pages is not None:
        pages.judged(exercise, cell, report.outcome)
    if report.outcome == "passed":
        adopt(exercise, cell)
        print(f"`{exercise.path}` is now yours in this notebook.")


def adopt_by_name(name: str, text: str) -> str:
    """Make the passed answer to the exercise of this name part of the running tinytorch; return its path."""
    exercise = _chapter_of(name).exercise(name)
    adopt(exercise, text)
    return exercise.path


def adopt(exercise: Exercise, text: str) -> None:
    """Make a passed answer part of the tinytorch that is running.

    Every other name for it in its class or module follows (`__radd__` is `__add__`). Where it can, the
    function object stays and only its code is exchanged, so that imports of it elsewhere follow, too.
    """
    module = importlib.import_module(exercise.module)
    written: dict[str, Any] = {}
    exec(Answers({exercise.object: text}).code[exercise.module], vars(module), written)
    owner_path, _, name = exercise.path.rpartition(".")
    owner = operator.attrgetter(owner_path)(module) if owner_path else module
    names = vars(operator.attrgetter(owner_path)(SimpleNamespace(**written))) if owner_path else written
    old, new = vars(owner)[name], names[name]
    _mean_class(new, owner)
    if _exchangeable(old, new):
        old.__code__ = new.__code__
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
        return
    for alias in [alias for alias, thing in vars(owner).items() if thing is old]:
        setattr(owner, alias, new)


def _exchangeable(old: Any, new: Any) -> bool:
    both_functions = type(old) is type(new) is FunctionType
    return both_functions and old.__code__.co_freevars == new.__code__.co_freevars


def _mean_class(thing: Any, owner: Any) -> None:
    """Let `super()` in a new method mean the class that exists, not the one that was made along with it."""
    function = inspect.unwrap(getattr(thing, "fget", None) or getattr(thing, "__func__", thing))
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        if name == "__class__":
            cell.cell_contents = owner


def _chapter_of(name: str) -> Chapter:
    for chapter in _chapters():
        if any(exercise.name == name for exercise in chapter.exercises):
            return chapter
    where = f"in {FOLDER.resolve()}" if FOLDER.is_dir() else "of the book"
    raise LookupError(f"No chapter {where} has an exercise {name!r}. Is it spelt right?")


def _chapters() -> Iterator[Chapter]:
    """The chapters beside the notebook, or those that came with the package."""
    if not FOLDER.is_dir():
        yield from library.chapters()
    for file in sorted(FOLDER.glob("[0-9][0-9]_*.json")):
        yield _read(file.resolve(), file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> Chapter:
    """Read a chapter's JSON, again where it has changed: in JupyterLite a file is a request."""
    return Chapter.from_dict(json.loads(file.read_text(encoding="utf-8")))
