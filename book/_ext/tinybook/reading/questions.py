"""A question's cell: prose, then what may be answered, then the explanation.

How many bytes does a batch of 32 MNIST images take in float32?

= 32 * 28 * 28 * 4 bytes ± 5%
> Every pixel is four bytes.
"""

from __future__ import annotations

import ast
import math
import re
from typing import Any

from tinybook.reading.cells import Cell
from tinybook.reading.errors import ChapterError

CHOICE = re.compile(r"- \[(?P<mark>[ xX])\]\s+(?P<text>.+)$")
NUMBER = re.compile(r"=\s*(?P<expression>.+?)(?:\s*±\s*(?P<tolerance>[\d.]+)\s*%)?$")


def parse_question(cell: Cell, path: object) -> dict[str, Any]:
    """Return the question as chapter JSON wants it: a choice, a number, or open with a model answer."""
    prompt: list[str] = []
    choices: list[tuple[int, str]] = []
    numbers: list[tuple[int, str]] = []
    explanation: list[str] = []
    for line, text in enumerate(cell.text.splitlines(), cell.line):
        if CHOICE.match(text):
            choices.append((line, text))
        elif text.startswith("  ") and text.strip() and choices and not explanation:
            choices[-1] = (choices[-1][0], f"{choices[-1][1]} {text.strip()}")  # a choice that runs on
        elif text.startswith("= "):
            numbers.append((line, text))
        elif text.startswith(">"):
            explanation.append(text[1:].removeprefix(" "))
        elif not text.strip() and (choices or numbers or explanation):
            continue
        elif choices or numbers or explanation:
            raise ChapterError(
                path, line, f"question {cell.name}: only '> explanation' may follow the answers"
            )
        else:
            prompt.append(text)
    question = {"name": cell.name, "prompt": "\n".join(prompt).strip()}
    if not question["prompt"]:
        raise ChapterError(path, cell.line, f"question {cell.name} asks nothing")
    if choices and numbers:
        raise ChapterError(
            path, numbers[0][0], f"question {cell.name} is either a choice or a number, not both"
        )
    said = "\n".join(explanation).strip()
    if choices:
        return question | {"kind": "choice", "choices": _choices(cell, choices, path), "explanation": said}
    if numbers:
        if len(numbers) > 1:
            raise ChapterError(path, numbers[1][0], f"question {cell.name} has two answers")
        return question | {"kind": "number", **_number(cell, *numbers[0], path), "explanation": said}
    if not said:
        wanted = "choices '- [ ] … :: why', a line '= EXPRESSION', or '> a model answer'"
        problem = f"question {cell.name} needs {wanted}"
        raise ChapterError(path, cell.line, problem)
    return question | {"kind": "open", "explanation": said}


def _choices(cell: Cell, lines: list[tuple[int, str]], path: object) -> list[dict[str, Any]]:
    choices = []
    for line, text in lines:
        found = CHOICE.match(text)
        assert found is not None
        answer, separator, why = found["text"].partition("::")
        if not separator or not why.strip() or not answer.strip():
            raise ChapterError(path, line, f"question {cell.name}: write each choice as '- [ ] text :: why'")
        choices.append({"text": answer.strip(), "correct": found["mark"] != " ", "why": why.strip()})
    if sum(choice["correct"] for choice in choices) != 1:
        raise ChapterError(
            path, lines[0][0], f"question {cell.name} marks exactly one choice as right with '- [x]'"
        )
    return choices


def _number(cell: Cell, line: int, text: str, path: object) -> dict[str, Any]:
    found = NUMBER.match(text)
    if found is None:
        raise ChapterError(path, line, f"question {cell.name}: write the answer as '= EXPRESSION unit ± 5%'")
    expression, unit = _split_unit(found["expression"].strip())
    try:
        # Our own text, evaluated at build with arithmetic alone.
        answer = eval(compile(expression, "question", "eval"), {"__builtins__": {}, "math": math})
    except Exception as error:
        raise ChapterError(
            path, line, f"question {cell.name}: {expression!r} does not evaluate: {error}"
        ) from None
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise ChapterError(path, line, f"question {cell.name}: {expression!r} is not a number")
    return {
        "answer": answer,
        "expression": expression,
        "unit": unit,
        "tolerance": float(found["tolerance"] or 0) / 100,
    }


def _split_unit(text: str) -> tuple[str, str]:
    """Split `180 * 4 MB` into the longest start that is Python, and the rest: its unit."""
    words = text.split(" ")
    for end in range(len(words), 0, -1):
        expression = " ".join(words[:end])
        try:
            ast.parse(expression, mode="eval")
        except SyntaxError:
            continue
        return expression, " ".join(words[end:]).strip()
    return text, ""
