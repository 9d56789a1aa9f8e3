"""The chapter as a notebook for JupyterLite and Jupyter: the student's form, without solutions or outputs.

Prose keeps its mathematics; what only Sphinx understands becomes plain markdown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tinybook.reading.cells import Cell, Source
from tinybook.reading.number import spoken
from tinybook.reading.reader import pull_object
from tinytorch.workshop.chapter import Chapter, Exercise

EXTENSION = "%load_ext tinytorch.workshop.notebook"
FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w-]+)\}[ ]*(?P<argument>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ ]*$\n?",
    re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(r"^(?::[\w-]+:.*\n|---\n.*?\n---\n)+", re.MULTILINE)
ROLE_WITH_TITLE = re.compile(r"\{[\w:.-]+\}`(?P<title>[^`<]+?)\s*<[^`>]+>`")
ROLE = re.compile(r"\{[\w:.-]+\}`~?(?P<text>[^`]+)`")
LABEL = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
ATTRIBUTES = re.compile(r"(?<=[)\]`])\{[.#][^}\n]*\}")
CHAPTER_LINK = re.compile(r"\]\((?P<name>\d\d_\w+)\.(?:py|md|html)(?P<anchor>#[\w-]*)?\)")
DROPPED = {"workspace", "connections", "curriculum", "growth", "report"}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def student_notebook(chapter: Chapter, source: Source, root: Path) -> dict[str, Any]:
    """Return the notebook as JSON data."""
    cells = [_code("start", f"{EXTENSION}\n\n{chapter.setup}".rstrip())]
    for number, cell in enumerate(source.cells):
        cells += _cells(chapter, cell, root, f"cell-{number}")
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "title": chapter.title}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


def flat(text: str, root: Path) -> str:
    """Return markdown that any notebook shows: roles and directives become what they say."""

    def directive(found: re.Match[str]) -> str:
        name, argument = found["name"], found["argument"].strip()
        if name in DROPPED:
            return ""
        if name == "pull":
            return _fenced(pull_object(argument, root, "notebook", 0).text)
        body = OPTION.sub("", found["body"], count=1).strip("\n")
        if name in {"code", "code-block"}:
            return f"```{argument or 'python'}\n{body}\n```\n"
        if name == "math":
            return f"$$\n{body}\n$$\n"
        title = argument or name.replace("-", " ").capitalize()
        return (
            "\n".join(f"> {line}".rstrip() for line in (f"**{title}**", "", *flat(body, root).splitlines()))
            + "\n"
        )

    text = FENCE.sub(directive, text if text.endswith("\n") else text + "\n")
    text = ROLE.sub(r"`\g<text>`", ROLE_WITH_TITLE.sub(r"\g<title>", text))
    text = ATTRIBUTES.sub("", LABEL.sub("", text))
    return CHAPTER_LINK.sub(r"](\g<name>.ipynb)", text).strip()


def _cells(chapter: Chapter, cell: Cell, root: Path, name: str) -> list[dict[str, Any]]:
    match cell.kind:
        case "prose":
            text = flat(cell.text, root)
            return [_markdown(name, text)] if text else []
        case "exercise":
            return _exercise(chapter, chapter.exercise(cell.name), root)
        case "experiment":
            return [_code(f"experiment-{cell.name}", cell.text)]
        case "pull":
            pulled = pull_object(cell.name, root, "notebook", cell.marker)
            return [_markdown(name, f"`{pulled.name}` in `{pulled.file}`:\n\n{_fenced(pulled.text)}")]
        case "question":
            question = next(item for item in chapter.questions if item["name"] == cell.name)
            return [_markdown(f"question-{cell.name}", _question(question, root))]
        case _:
            return []  # checks and wrong answers are in the chapter's JSON, which the extension reads


def _exercise(chapter: Chapter, exercise: Exercise, root: Path) -> list[dict[str, Any]]:
    number = chapter.exercises.index(exercise) + 1
    claims = "\n".join(f"- {check.claim}" for check in exercise.checks)
    hints = "".join(_details(f"Hint {n}", flat(hint, root)) for n, hint in enumerate(exercise.hints, 1))
    title = f"### Exercise {chapter.module}.{number} · {exercise.title}"
    head = f"{title}\n\n`{exercise.path}`. The checks ask:\n\n{claims}"
    return [
        _markdown(f"exercise-{exercise.name}", f"{head}\n{hints}".rstrip()),
        _code(exercise.name, f"%%exercise {exercise.name}\n{exercise.stub}".rstrip()),
    ]


def _question(question: dict[str, Any], root: Path) -> str:
    parts = [f"**Question.** {flat(question['prompt'], root)}"]
    said = [question["explanation"]] if question["explanation"] else []
    if question["kind"] == "choice":
        parts += ["\n".join(f"- {choice['text']}" for choice in question["choices"])]
        right = next(choice for choice in question["choices"] if choice["correct"])
        said = [f"{right['text']}: {right['why']}", *said]
    elif question["kind"] == "number":
        said = [
            f"{spoken(question['answer'])} {question['unit']}".strip() + f" = `{question['expression']}`",
            *said,
        ]
    return "\n\n".join(parts) + "\n" + _details("Answer", flat("\n\n".join(said), root))


def _details(summary: str, text: str) -> str:
    # The empty lines make notebooks read what is inside as markdown.
    return f"\n<details><summary>{summary}</summary>\n\n{text}\n\n</details>\n"


def _fenced(text: str) -> str:
    return f"```python\n{text.rstrip()}\n```\n"


def _code(name: str, text: str) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": _id(name), "metadata": {}, "source": text}
    return cell | {"execution_count": None, "outputs": []}


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": _id(name), "metadata": {}, "source": text}


def _id(name: str) -> str:
    return name.replace("_", "-")[:64]
