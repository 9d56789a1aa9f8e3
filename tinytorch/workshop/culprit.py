"""Culprit: which part of a learner's package is the reason that something does not pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.curriculum import module
from tinytorch.workshop.whose import modules_in_words

Part = TypeVar("Part")


def narrowed(suspects: Sequence[Part], passes_without: Callable[[Sequence[Part]], bool]) -> Sequence[Part]:
    """Return the few suspects that are the reason: one if it alone is, several if no half of them is enough.

    None are returned if it does not pass without all of them either. Half of those that are left go at a
    time: with sixty answers, one by one would take minutes in a browser.
    """
    if not suspects or not passes_without(suspects):
        return ()
    while len(suspects) > 1:
        middle = len(suspects) // 2
        halves = suspects[:middle], suspects[middle:]
        guilty = next((half for half in halves if passes_without(half)), None)
        if guilty is None:
            break
        suspects = guilty
    return suspects


class NoTimeLeft(Exception):
    """Whoever looks for the reason has to stop."""


def name_the_module(
    modules: Sequence[int],
    texts: Mapping[str, str],
    chapters: Sequence[Chapter],
    passes_with: Callable[[Mapping[str, str], str], bool],
) -> str:
    """Say which module of the learner's, among `modules`, is the reason that something does not pass.

    `passes_with` tries it with fewer of their `texts`, and is told what for, in words.
    """
    objects = {one.module: {exercise.object for exercise in one.exercises} for one in chapters}
    suspects = [number for number in modules if not objects.get(number, set()).isdisjoint(texts)]

    def passes_without(suspects: Sequence[int]) -> bool:
        out = set().union(*(objects[number] for number in suspects))
        words = f"Looking for the module, with the book's {modules_in_words(suspects)}"
        return passes_with({name: text for name, text in texts.items() if name not in out}, words)

    if not suspects:
        return ""
    try:
        guilty = narrowed(suspects, passes_without)
    except NoTimeLeft:
        return "It was stopped before it was known which of your modules is the reason."
    if not guilty:
        return (
            "With the book's code in place of your modules it does not pass either: "
            "the reason is not in them."
        )
    if len(guilty) == 1:
        title = module(guilty[0]).title
        return f"With the book's module {guilty[0]:02d} ({title}) in place of yours it passes: look there."
    return (
        f"With the book's modules {modules_in_words(guilty)} in place of yours it passes, "
        "but no single module explains it: more than one of yours is the reason."
    )
