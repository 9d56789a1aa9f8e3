"""Notebook: the exercises in Jupyter, after `%load_ext tinytorch.workshop.notebook`.

The cell under `%%exercise tensor_add` holds the answer; running it runs the checks. An answer that passes
becomes part of the running `tinytorch`, so that the cells after it use the learner's own code.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

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

    The function object stays and only its code is exchanged, so that every other name for it
    (`__radd__` is `__add__`) and every tensor that exists already follow.
    """
    module = importlib.import_module(exercise.module)
    namespace: dict[str, Any] = {"__name__": exercise.module}
    exec(Answers({exercise.object: text}).code[exercise.module], namespace)
    old, new = _resolve(vars(module), exercise.path), _resolve(namespace, exercise.path)
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _resolve(namespace: dict[str, Any], path: str) -> Any:
    first, *rest = path.split(".")
    thing = namespace[first]
    for part in rest:
        thing = vars(thing)[part]
    return getattr(thing, "fget", thing)


def _chapter_of(name: str) -> Chapter:
    for file in sorted(FOLDER.glob("*_*.json")):
        chapter = Chapter.from_dict(json.loads(file.read_text(encoding="utf-8")))
        if any(exercise.name == name for exercise in chapter.exercises):
            return chapter
    raise LookupError(f"No chapter in {FOLDER.resolve()} has an exercise {name!r}. Is it spelt right?")
