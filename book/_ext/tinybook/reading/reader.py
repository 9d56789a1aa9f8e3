"""From cells to a chapter: exercises with their checks and wrong answers, experiments, questions.

Rules that a chapter breaks are reported with the file and the line, before anything is built from it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinybook.reading.cells import Cell, Source, read_source
from tinybook.reading.errors import ChapterError
from tinybook.reading.questions import parse_question
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.regions import blank, regions, without_markers
from tinytorch.workshop.source import pull, stub_hash

FILE_NAME = re.compile(r"(?P<number>\d\d)_\w+$")
OBJECT = re.compile(r"(?P<module>tinytorch(?:\.\w+)*):(?P<name>[A-Za-z_][\w.]*)$")
NAME = re.compile(r"[a-z][a-z0-9_]*$")
TITLE = re.compile(r"^# +(?P<title>\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Pulled:
    """One object of the package: where it lives and its text."""

    file: str
    name: str
    text: str


def read_chapter(path: Path, root: Path) -> Chapter:
    """Read the chapter at `path`; the package that it pulls from lies under `root`."""
    return build_chapter(read_source(path.read_text(encoding="utf-8"), _relative(path, root)), root)


def build_chapter(source: Source, root: Path) -> Chapter:
    """Assemble a chapter from its cells and from the package under `root`."""
    found = FILE_NAME.match(source.path.stem)
    if found is None:
        raise ChapterError(source.path, 1, "a chapter's file is named NN_name.py")
    name = source.path.stem
    chapter = {
        "format": 1,
        "name": name,
        "module": int(found["number"]),
        "title": _title(source),
        "page": f"exercises/{name}.html",
        "setup": _setup(source),
        "needs": [need for cell in source.of("setup") for need in _needs(cell, source.path)],
        "exercises": _exercises(source, root),
        "integration": [check for cell in source.of("integration") for check in _checks(cell, source.path)],
        "integration_needs": [
            need for cell in source.of("integration") for need in _needs(cell, source.path)
        ],
        "experiments": [_experiment(cell, source.path) for cell in source.of("experiment")],
        "questions": [parse_question(cell, source.path) for cell in source.of("question")],
    }
    _refuse_twins(source)
    for cell in source.of("pull"):
        pull_object(str(cell.subject), root, source.path, cell.marker)
        if cell.text.strip():
            raise ChapterError(
                source.path, cell.line, "a pull= cell stays empty: the book shows the package's text"
            )
    return Chapter.from_dict(chapter)


def pull_object(address: str, root: Path, path: object, line: int) -> Pulled:
    """Return the book's own text of `tinytorch.core.tensor:Tensor.__add__`, without markers of regions."""
    file, name, text = _package_text(address, root, path, line)
    return Pulled(file, name, _pull(without_markers(text), name, path, line))


def package_file(address: str) -> str:
    """Return the file that an object's address names, relative to the book's root."""
    return address.partition(":")[0].replace(".", "/") + ".py"


def _package_text(address: str, root: Path, path: object, line: int) -> tuple[str, str, str]:
    found = OBJECT.match(address)
    if found is None:
        raise ChapterError(
            path, line, f"{address!r} is not an object's address like 'tinytorch.core.tensor:Tensor.sum'"
        )
    file = package_file(address)
    if not (root / file).is_file():
        raise ChapterError(path, line, f"{address!r}: there is no file {file}")
    return file, found["name"], (root / file).read_text(encoding="utf-8")


def _pull(text: str, name: str, path: object, line: int) -> str:
    try:
        return pull(text, name)
    except (LookupError, ValueError) as error:
        raise ChapterError(path, line, f"{name} cannot be pulled: {error}") from None


def _title(source: Source) -> str:
    for cell in source.of("prose"):
        found = TITLE.search(cell.text)
        if found:
            return found["title"].strip()
    raise ChapterError(source.path, 1, "a chapter starts with prose that has a title: '# # Tensor'")


def _setup(source: Source) -> str:
    cells = source.of("setup")
    if len(cells) > 1:
        raise ChapterError(
            source.path, cells[1].marker, f"setup again; the first is on line {cells[0].marker}"
        )
    return cells[0].text if cells else ""


def _exercises(source: Source, root: Path) -> list[dict[str, Any]]:
    exercises = [_exercise(cell, source.path, root) for cell in source.of("exercise")]
    by_name = {exercise["name"]: exercise for exercise in exercises}
    for kind in ("checks", "wrong"):
        for cell in source.of(kind):
            exercise = by_name.get(cell.name)
            if exercise is None:
                problem = f"{kind}={cell.name!r} belongs to no exercise of this chapter"
                raise ChapterError(source.path, cell.marker, problem)
            if kind == "checks":
                exercise["checks"].extend(_checks(cell, source.path))
                exercise["needs"].extend(_needs(cell, source.path))
            else:
                exercise["wrong"].append(_wrong(cell, exercise, source.path))
    for cell in source.of("exercise"):
        if not by_name[cell.name]["checks"]:
            raise ChapterError(source.path, cell.marker, f"exercise {cell.name} has no checks")
    return exercises


def _exercise(cell: Cell, path: Path, root: Path) -> dict[str, Any]:
    _named(cell, path)
    title, points = _text(cell, "title", path), cell.options.get("points")
    if not isinstance(points, int) or isinstance(points, bool) or points < 1:
        raise ChapterError(path, cell.marker, f"exercise {cell.name}: points= is a whole number from 1")
    formerly = cell.options.get("formerly", [])
    if not isinstance(formerly, list) or not all(isinstance(name, str) for name in formerly):
        raise ChapterError(path, cell.marker, f"exercise {cell.name}: formerly= is a list of names")
    address = _text(cell, "object", path)
    _, name, text = _package_text(address, root, path, cell.marker)
    file = package_file(address)
    if cell.name not in {region.name for region in regions(text, file)}:
        problem = f"exercise {cell.name}: {file} has no region '# BEGIN SOLUTION {cell.name}'"
        raise ChapterError(path, cell.marker, problem)
    stub = _pull(blank(text, [cell.name]), name, path, cell.marker)
    if stub == _pull(text, name, path, cell.marker):
        raise ChapterError(path, cell.marker, f"exercise {cell.name}: its region does not lie in {name}")
    return {
        "name": cell.name,
        "title": title,
        "object": address,
        "points": points,
        "hints": _hints(cell, path),
        "stub": stub,
        "solution": pull_object(address, root, path, cell.marker).text,
        "stub_hash": stub_hash(stub),
        "formerly": formerly,
        "needs": [],
        "checks": [],
        "wrong": [],
    }


def _hints(cell: Cell, path: Path) -> list[str]:
    """Read `# - a hint`; a line that is indented under it runs on."""
    hints: list[str] = []
    for number, line in enumerate(cell.text.splitlines(), cell.line):
        text = line.removeprefix("#").removeprefix(" ").rstrip()
        if line and not line.startswith("#"):
            raise ChapterError(path, number, f"exercise {cell.name}: only hints, '# - …', belong in its cell")
        if text.startswith("- "):
            hints.append(text[2:])
        elif text.startswith("  ") and hints:
            hints[-1] += "\n" + text[2:]
        elif not text and hints:
            hints[-1] += "\n"
        elif text:
            raise ChapterError(path, number, f"exercise {cell.name}: a hint starts with '# - '")
    return [hint.strip() for hint in hints]


def _checks(cell: Cell, path: Path) -> list[dict[str, Any]]:
    checks = []
    for node in _statements(cell):
        line = cell.line + node.lineno - 1
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            problem = (
                "only functions named test_… belong in a cell of checks; share helpers through the setup cell"
            )
            raise ChapterError(path, line, problem)
        claim = " ".join((ast.get_docstring(node) or "").split())
        if not claim:
            problem = f"{node.name} needs a docstring: the claim that it checks, as a sentence for the reader"
            raise ChapterError(path, line, problem)
        checks.append({"name": node.name, "claim": claim, "source": _source_of(node, cell)})
    if not checks:
        raise ChapterError(path, cell.marker, "this cell of checks is empty")
    return checks


def _wrong(cell: Cell, exercise: dict[str, Any], path: Path) -> dict[str, Any]:
    name, says = _text(cell, "name", path), _text(cell, "says", path)
    nodes = list(_statements(cell))
    wanted = exercise["object"].partition(":")[2].rpartition(".")[2]
    if len(nodes) != 1 or not isinstance(nodes[0], ast.FunctionDef) or nodes[0].name != wanted:
        raise ChapterError(
            path, cell.line, f"wrong answer {name} is one function named {wanted}, nothing else"
        )
    return {"name": name, "says": says, "source": cell.text}


def _experiment(cell: Cell, path: Path) -> dict[str, Any]:
    _named(cell, path)
    if not cell.text.strip():
        raise ChapterError(path, cell.marker, f"experiment {cell.name} has no code")
    return {
        "name": cell.name,
        "title": _text(cell, "title", path),
        "source": cell.text,
        "needs": _needs(cell, path),
    }


def _needs(cell: Cell, path: Path) -> list[str]:
    """Return what the cell says that it needs: packages, and datasets, that the browser loads for it."""
    needs = cell.options.get("needs", [])
    if not isinstance(needs, list) or not all(isinstance(name, str) and NAME.match(name) for name in needs):
        raise ChapterError(path, cell.marker, f'{cell.kind}: needs= is a list like ["matplotlib"]')
    return needs


def _refuse_twins(source: Source) -> None:
    """Names key the reader's progress and the page's anchors: each may be used once."""
    seen: dict[str, int] = {}

    def claim(key: str, line: int, what: str) -> None:
        if key in seen:
            raise ChapterError(source.path, line, f"{what} again; the first is on line {seen[key]}")
        seen[key] = line

    for cell in source.cells:
        if cell.kind in ("exercise", "experiment", "question"):
            _named(cell, source.path)
            claim(cell.name, cell.marker, f"the name {cell.name!r}")
        elif cell.kind == "wrong":
            claim(
                f"wrong {cell.name} {cell.options['name']}",
                cell.marker,
                f"wrong answer {cell.options['name']!r}",
            )
        elif cell.kind in ("checks", "integration"):
            for node in _statements(cell):
                name = getattr(node, "name", "")
                claim(f"{cell.kind} {cell.subject} {name}", cell.line + node.lineno - 1, f"the check {name}")


def _named(cell: Cell, path: Path) -> None:
    if not isinstance(cell.subject, str) or not NAME.match(cell.subject):
        problem = f"{cell.kind}={cell.subject!r}: a name is lower case letters, digits and underscores"
        raise ChapterError(path, cell.marker, problem)


def _text(cell: Cell, key: str, path: Path) -> str:
    value = cell.options.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ChapterError(path, cell.marker, f'{cell.kind}="{cell.subject}" needs {key}="…"')
    return value


def _statements(cell: Cell) -> Iterator[ast.stmt]:
    yield from ast.parse(cell.text).body  # the whole file was parsed before; a cell of it parses too


def _source_of(node: ast.FunctionDef, cell: Cell) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(cell.text.splitlines()[first - 1 : node.end_lineno])


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
