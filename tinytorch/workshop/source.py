"""Source text by name: take one object out of a file, and put the learner's in its place.

Objects are found in the syntax tree, never by searching text, so a name in a string or comment is just that.
What reading a text came to is remembered, because each run reads the same sixty answers again.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import io
import tokenize
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Refused(ValueError):
    """The learner's text cannot take the object's place; `line` counts its lines from 1."""

    def __init__(self, message: str, hint: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line
        self.object = ""  # which one, where several texts are put in place


def lines_of(text: str) -> list[str]:
    """Split into lines where Python does; str.splitlines() also splits at form feeds and U+2028."""
    return list(io.StringIO(text))


def pull(source: str, name: str) -> str:
    """Return the text of one function, method or class, decorators included, dedented for display.

    >>> pull("class A:\\n    def f(self):\\n        return 1\\n", "A.f")
    'def f(self):\\n    return 1\\n'
    """
    place = _find(source, name)
    inside = _inside_strings(source)
    lines = lines_of(source)[place.first - 1 : place.last]
    return "".join(
        line if number in inside else _dedent(line, place.column)
        for number, line in enumerate(lines, place.first)
    )


def splice(source: str, name: str, text: str) -> str:
    """Put the learner's `text` in the place of the object `name`, re-indented.

    Lines inside string literals are left alone, so a multi-line string means the same before and after;
    docstrings are indented with the code.

    Raises:
        Refused: `text` is not valid Python, or is not exactly one function of that name.
    """
    return splice_all(source, {name: text})


def splice_all(source: str, texts: Mapping[str, str]) -> str:
    """Put several texts, by the objects' names, in their places; see `splice`."""
    lines = lines_of(source)
    places = {name: _find(source, name) for name in texts}
    # From the end of the file, so that the lines of what is still to come are where they were.
    for name, place in sorted(places.items(), key=lambda item: item[1].first, reverse=True):
        text = read_answer(texts[name], name)
        indent = lines[place.line - 1][: place.column]
        inside = _inside_strings(text)
        lines[place.first - 1 : place.last] = [
            line if number in inside or not line.strip() else indent + line.lstrip("\f")
            for number, line in enumerate(lines_of(text), 1)
        ]
    return "".join(lines)


def span(source: str, name: str) -> tuple[int, int]:
    """Return the first and last line of an object, decorators included."""
    place = _find(source, name)
    return place.first, place.last


def tidied(text: str) -> str:
    """Return a text without what an editor does to the ends of lines and files, which changes no answer."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def same(text: str, other: str | None) -> bool:
    """Tell whether two texts are one answer: they differ at most in how an editor ends lines and files."""
    return other is not None and tidied(text) == tidied(other)


@functools.lru_cache(maxsize=512)
def read_answer(text: str, name: str) -> str:
    """Return the learner's text, tidied at its end, if it is one function of the name that `name` ends with.

    Raises:
        Refused: with words for the learner, and the line if there is one.
    """
    text = tidied(text)
    wanted = name.rpartition(".")[2]
    with unreadable_is_refused(text):
        tree = ast.parse(text)
    functions = [
        node
        for node in tree.body
        if isinstance(node, _FUNCTIONS) and node.name == wanted and not _only_declares(node)
    ]
    if not functions:
        raise Refused(
            f"There is no `def {wanted}` at the left margin.",
            f"Your text must define the function `{wanted}`. Reset brings the first line back.",
        )
    if len(functions) > 1:
        raise Refused(f"`{wanted}` is defined twice.", "Keep one of the two.", functions[1].lineno)
    for node in tree.body:
        if node is not functions[0]:
            raise Refused(
                f"Only the function `{wanted}` belongs here, and line {node.lineno} is something else.",
                f"Move it inside the body of `{wanted}`, or delete it.",
                node.lineno,
            )
    return text


@contextmanager
def unreadable_is_refused(text: str) -> Iterator[None]:
    """Turn what Python says on reading or compiling the learner's `text` into words for the learner."""
    try:
        yield
    except SyntaxError as error:
        message, hint, line = _explain_syntax(error)
        # An end that comes too early is reported on a line that is no more.
        raise Refused(message, hint, line and min(line, text.count("\n"))) from None
    except UnicodeEncodeError:
        raise Refused("Python cannot read this text: it holds half of a character.") from None
    except ValueError as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"Python cannot read this text: {error}.") from None
    except (MemoryError, RecursionError):
        raise Refused("Python cannot read this text: it nests too deeply.") from None


def stub_hash(stub: str) -> str:
    """Fingerprint what a stub asks for: its syntax tree without docstrings, so prose can be mended freely."""
    tree = ast.parse(stub)
    for node in ast.walk(tree):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and ast.get_docstring(node) is not None:
            del node.body[0]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Place:
    """Where an object stands, from its decorators to its end; the line and column of its `def` or `class`."""

    first: int
    last: int
    line: int
    column: int


def _find(source: str, name: str) -> _Place:
    places, path = _places(source), ""
    for part in name.split("."):
        path = f"{path}.{part}".lstrip(".")
        count = len(places.get(path, ()))
        if count != 1:
            raise LookupError(f"{name}: there are {count} definitions of {part!r}, not one.")
    return places[name][0]


@functools.lru_cache(maxsize=512)
def _places(source: str) -> dict[str, list[_Place]]:
    """Find all functions, methods and classes, by their dotted names."""
    places: dict[str, list[_Place]] = {}
    scopes: list[tuple[str, ast.AST]] = [("", ast.parse(source))]
    while scopes:
        prefix, scope = scopes.pop()
        for node in ast.iter_child_nodes(scope):
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and not _only_declares(node):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                assert node.end_lineno is not None  # only nodes that were never parsed from text have none
                place = _Place(first, node.end_lineno, node.lineno, node.col_offset)
                places.setdefault(prefix + node.name, []).append(place)
                scopes.append((f"{prefix}{node.name}.", node))
    return places


def _only_declares(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Tell whether this is one of several signatures, for type checkers; the definition comes after them."""
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)


def _dedent(line: str, columns: int) -> str:
    """Take away an indent of `columns`, or as much of it as there is: comments may stand further left."""
    head = line[:columns]
    return head.lstrip(" \t\f") + line[columns:] if line.strip() else line.lstrip(" \t\f")


@functools.lru_cache(maxsize=512)
def _inside_strings(text: str) -> set[int]:
    """Return the lines that begin inside a string literal: an indent would become part of the string.

    Docstrings are prose and move with the code around them.
    """
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "STRING" or kind.endswith("STRING_MIDDLE"):  # f-strings come in parts since Python 3.12
            lines.update(range(token.start[0] + 1, token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno + 1, (docstring.end_lineno or 0) + 1))
    return lines


def _explain_syntax(error: SyntaxError) -> tuple[str, str, int | None]:
    hints = {
        "was never closed": "Each bracket that opens must close.",
        "expected ':'": "A line that starts a block (def, if, for, while) ends with a colon.",
        "unterminated string": "A string must end with the quote that it began with.",
        "expected an indented block": "The body of a block is indented by four spaces.",
        "unexpected indent": "This line is indented further than the one before it, without a reason.",
        "unindent does not match": "Line the block up with the one that it belongs to.",
        "inconsistent use of tabs": "Use spaces only.",
    }
    reason = error.msg or "invalid syntax"
    hint = next((words for part, words in hints.items() if part in reason), "")
    return f"{type(error).__name__}: {reason}.", hint, error.lineno
