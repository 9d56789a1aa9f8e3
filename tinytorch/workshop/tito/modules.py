"""Modules and exercises as the command line names them, and how far the learner is with each."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinytorch.workshop import library
from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.curriculum import MODULES, START, Module
from tinytorch.workshop.tito.changes import find_record, status_of
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.folder import Folder, Unreadable, find_folder, tell_on_stderr
from tinytorch.workshop.workspace import Work


@dataclass(frozen=True)
class Progress:
    """One exercise, and how far it is: "new", "todo", "failing" or "passed"."""

    exercise: Exercise
    status: str


def add_workspace(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command on a workspace has."""
    parser.add_argument("--workspace", type=Path, metavar="FOLDER", help="the workspace, if it is elsewhere")


def open_folder(options: argparse.Namespace) -> Folder:
    """Return the workspace that a command is about."""
    return find_folder(library.chapters(), options.workspace, tell_on_stderr)


def find_module(name: str) -> Module:
    """Return the module called `3`, `03`, `layers` or `03_layers`.

    Raises:
        CannotDo: there is none, or its chapter is not written.
    """
    for module in (START, *MODULES):
        if name.lower() in (str(module.number), f"{module.number:02d}", module.slug, module.name):
            if module.status != "written":
                raise CannotDo(f"Module {module.number:02d}, {module.title}, is planned and not written yet.")
            return module
    raise CannotDo(f"There is no module {name!r}. `tito module list` shows them all.")


def find_chapter(name: str, chapters: Sequence[Chapter]) -> Chapter:
    """Return the chapter of a module that is written."""
    module = find_module(name)
    for chapter in chapters:
        if chapter.name == module.name:
            return chapter
    raise CannotDo(f"This copy of the book has no chapter {module.name}.")


def pick_exercises(chapter: Chapter, names: Sequence[str]) -> list[Exercise]:
    """Return the exercises of these names, or all.

    Raises:
        CannotDo: the chapter has no such exercise.
    """
    known = [exercise.name for exercise in chapter.exercises]
    names = [Path(name).stem for name in names]  # completed by a shell, perhaps
    for name in names:
        if name not in known:
            raise CannotDo(
                f"Module {chapter.module:02d} has no exercise {name!r}. It has {', '.join(known)}."
            )
    return [exercise for exercise in chapter.exercises if not names or exercise.name in names]


def progress_of(chapter: Chapter, folder: Folder, work: Work) -> list[Progress]:
    """Return how far each of a chapter's exercises is."""
    found = []
    for exercise in chapter.exercises:
        try:
            text = folder.text(exercise.name)
        except Unreadable:
            text = ""
        record = find_record(work, exercise.name)
        found.append(Progress(exercise, status_of(record, text, exercise.stub)))
    return found


def count_passed(progress: Sequence[Progress]) -> int:
    """Return how many exercises pass."""
    return sum(one.status == "passed" for one in progress)


def missing_before(module: Module, folder: Folder, work: Work) -> list[str]:
    """Say which modules that this one stands on are not done, and how far they are."""
    words = []
    for chapter in folder.chapters:
        if chapter.module in module.needs:
            progress = progress_of(chapter, folder, work)
            if count_passed(progress) < len(progress):
                words.append(
                    f"{chapter.module:02d} {chapter.title} ({count_passed(progress)} of {len(progress)})"
                )
    return words
