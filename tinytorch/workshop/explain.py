"""Explanations: an exception of the learner's code, in words that say what happened and what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

Explanation = tuple[str, str]  # message, hint
MAX_TEXT = 2_000  # characters of an exception's text


def explain(error: BaseException) -> Explanation:
    """Say what `error` means: one line of message, and a hint that may be empty.

    An AssertionError of a check carries its own words: the first line is the message, the rest the hint.
    What pytest adds, from the line on that begins with "assert", is left out unless it is all there is.
    """
    if isinstance(error, AssertionError):
        words, _, rest = text_of(error).partition("\n")
        hint, *added = re.split(r"^assert ", rest, maxsplit=1, flags=re.MULTILINE)
        if added:  # pytest has indented the lines, too
            hint = re.sub(r"^  ", "", hint, flags=re.MULTILINE)
        return words or "The check's assertion does not hold.", hint.strip()
    if lacks_memory(error):
        return _memory(error)
    for kind, rule in _RULES:
        if isinstance(error, kind):
            return rule(error)
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__, ""


def text_of(error: BaseException) -> str:
    """Return the text of an exception, which may be of the learner's making, no longer than people read."""
    try:
        text = str(error)
    except Exception as broken:
        return f"(its text cannot be shown: {type(broken).__name__})"
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} …"


def _name_error(error: BaseException) -> Explanation:
    name = getattr(error, "name", None)
    return f"NameError: {text_of(error)}", (
        f"Nothing here is called `{name}`. Is it spelt right, or does it need `self.` before it?"
        if name
        else "Assign a value to the name before you use it."
    )


def _attribute_error(error: BaseException) -> Explanation:
    thing = type(getattr(error, "obj", None)).__name__
    return f"AttributeError: {text_of(error)}", (
        "The name on the left is None: a function that does not `return` gives None."
        if thing == "NoneType"
        else f"A {thing} has nothing of that name. Is it spelt right, and is the object what you expect?"
    )


def _import_error(error: BaseException) -> Explanation:
    name = getattr(error, "name", None) or "it"
    return (
        f"{type(error).__name__}: {text_of(error)}",
        f"The package `{name}` is not installed here. Exercises need NumPy alone, which is imported as `np`.",
    )


def _recursion(error: BaseException) -> Explanation:
    return (
        "RecursionError: your function calls itself without end.",
        "An operator inside its own method starts it again: in `__add__`, `self + other` calls `__add__`. "
        "Compute with the arrays that the tensors hold instead. "
        "A walk through a tree goes on with the children, not with the same object.",
    )


# What NumPy and Python say instead of MemoryError, above all on a 32-bit platform.
_TOO_BIG = (
    *("array is too big", "Maximum allowed dimension exceeded", "Maximum allowed size exceeded"),
    *("iterator is too large", "broadcast dimensions too large", "larger than the maximum possible size"),
    *("too large to convert to C", "into an index-sized integer", "is too long for a Python string"),
    "too many digits in integer",
)
_MUCH = 64 * 10**6  # bytes; whoever fails to get less has filled the memory before


def lacks_memory(error: BaseException) -> bool:
    """Say whether `error` means, in whatever words, that there was not enough memory."""
    if isinstance(error, (OverflowError, ValueError)):
        text = text_of(error)
        return any(words in text for words in _TOO_BIG)
    return isinstance(error, MemoryError)


def _memory(error: BaseException) -> Explanation:
    from tinytorch.workshop.sizes import bytes_asked, in_words

    asked = bytes_asked(error)
    if asked is not None and asked >= _MUCH:
        what = f"Your code asked for {in_words(asked)}" + (" more" if asked < 10**9 else "")
    elif isinstance(error, MemoryError):
        what = "Your code has filled it"
    else:
        what = f"Your code asked for more than {in_words(sys.maxsize)}"
    room = "a page has 1.0 GB in all" if sys.platform == "emscripten" else "it cannot have so much here"
    return (
        f"MemoryError: there is not enough memory for this. {what}; {room}.",
        "What size do you ask for? Shapes multiply: a million rows of a thousand float32 take 4 GB.",
    )


def _not_implemented(error: BaseException) -> Explanation:
    return "This is not written yet.", "Replace the line `raise NotImplementedError(…)` by your code."


_RULES: tuple[tuple[type[BaseException], Callable[[BaseException], Explanation]], ...] = (
    (NotImplementedError, _not_implemented),
    (RecursionError, _recursion),
    (NameError, _name_error),
    (AttributeError, _attribute_error),
    (ImportError, _import_error),
)
