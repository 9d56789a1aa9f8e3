"""Notebook: the exercises in Jupyter, after `%load_ext tinytorch.workshop.notebook`.

The cell under `%%exercise tensor_add` holds the answer; running it runs the checks. An answer that passes
becomes part of the running `tinytorch`, so that the cells after it use the learner's own code.
"""

from __future__ import annotations

import importlib
import inspect
import json
import operator
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any, Protocol

from tinytorch.workshop import library
from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.checks import run_checks
from tinytorch.workshop.fresh import Answers
from tinytorch.workshop.present import as_text

FOLDER = Path("chapters")  # beside the notebook: the chapters' JSON, as the book's build writes it


class Shell(Protocol):
    """The part of IPython's shell that this extension uses."""

    def register_magic_function(self, func: Callable[..., Any], magic_kind: str, magic_name: str) -> None:
        """Add a magic."""


def load_ipython_extension(shell: Shell) -> None:
    """Register `%%exercise`; IPython calls this for `%load_ext`."""
    shell.register_magic_function(exercise_magic, "cell", "exercise")


def exercise_magic(line: str, cell: str) -> None:
    """Check the cell's text as the answer to the exercise named on the magic's line, and print the report."""
    name = line.strip()
    chapter = _chapter_of(name)
    report = run_checks(chapter, name, cell)
    print(as_text(report))
    if report.outcome == "passed":
        exercise = chapter.exercise(name)
        adopt(exercise, cell)
        print(f"`{exercise.path}` is now yours in this notebook.")


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
    raise LookupError(f"No chapter of this book has an exercise {name!r}. Is it spelt right?")


def _chapters() -> tuple[Chapter, ...]:
    """Return the chapters beside the notebook; where it went away alone, those that the package came with."""
    files = sorted(FOLDER.glob("*_*.json"))
    here = tuple(Chapter.from_dict(json.loads(file.read_text(encoding="utf-8"))) for file in files)
    return here or library.chapters()
