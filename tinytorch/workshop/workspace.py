"""Workspace: a learner's answers by exercise name, checked on the way in from anywhere."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from tinytorch.workshop.chapter import Chapter

MAX_RECORDS = 2_000
MAX_TEXT = 200_000  # characters of one answer
_NAME = re.compile(r"[a-z][a-z0-9_]{0,80}")


class InvalidWorkspace(ValueError):
    """What was given is not a workspace, in words for the learner."""


@dataclass(frozen=True)
class Record:
    """One answer: its text now, the stub it started from, and the texts that last passed and last failed."""

    exercise: str
    text: str
    stub: str
    stub_hash: str
    passed: str | None
    failed: str | None
    updated: str

    @property
    def status(self) -> str:
        """Tell "passed", "failing" or "todo" from the texts alone, so that it cannot disagree with them."""
        if self.text == self.passed:
            return "passed"
        return "failing" if self.text == self.failed else "todo"


def read_records(items: Any) -> tuple[Record, ...]:
    """Check that `items` is a list of records, as it came from JSON, and return them.

    Raises:
        InvalidWorkspace: it is not, or it is larger than any workspace can be.
    """
    if not isinstance(items, list):
        raise InvalidWorkspace("It holds no list of answers.")
    if len(items) > MAX_RECORDS:
        raise InvalidWorkspace(f"It holds {len(items)} answers; a workspace has at most {MAX_RECORDS}.")
    records = tuple(_record(item, number) for number, item in enumerate(items, 1))
    if len({record.exercise for record in records}) < len(records):
        raise InvalidWorkspace("It answers the same exercise twice.")
    return records


def write_records(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return the records' JSON form."""
    return [asdict(record) for record in records]


def passed_texts(records: Iterable[Record], chapters: Iterable[Chapter]) -> dict[str, str]:
    """Return the learner's part of the package: the last text that passed, by object."""
    return by_object({record.exercise: record.passed for record in records if record.passed}, chapters)


def by_object(answers: Mapping[str, str], chapters: Iterable[Chapter]) -> dict[str, str]:
    """Turn {exercise name: text} into {object: text}, in the book's order, without what no chapter asks."""
    return {
        exercise.object: answers[exercise.name]
        for chapter in chapters
        for exercise in chapter.exercises
        if exercise.name in answers
    }


def renamed(records: Iterable[Record], chapters: Iterable[Chapter]) -> tuple[Record, ...]:
    """Give records of exercises that were renamed since their present names, where those are still free."""
    now = {
        old: exercise.name
        for chapter in chapters
        for exercise in chapter.exercises
        for old in exercise.formerly
    }
    records = tuple(records)
    taken = {record.exercise for record in records}
    found = []
    for record in records:
        name = now.get(record.exercise)
        if name is not None and name not in taken:
            taken.add(name)
            record = replace(record, exercise=name)
        found.append(record)
    return tuple(found)


def _record(item: Any, number: int) -> Record:
    fields = Record.__dataclass_fields__
    if not isinstance(item, dict) or set(item) != set(fields):
        raise InvalidWorkspace(f"Answer {number} does not have the fields {', '.join(fields)}.")
    for key, value in item.items():
        optional = key in ("passed", "failed")
        if not (isinstance(value, str) or (optional and value is None)):
            raise InvalidWorkspace(f"Answer {number}: {key} is not text.")
        if value is not None and len(value) > MAX_TEXT:
            raise InvalidWorkspace(f"Answer {number}: {key} is longer than {MAX_TEXT:,} characters.")
    if not _NAME.fullmatch(item["exercise"]):
        raise InvalidWorkspace(f"Answer {number}: {item['exercise'][:40]!r} cannot be an exercise's name.")
    try:
        datetime.datetime.fromisoformat(item["updated"])
    except ValueError:
        raise InvalidWorkspace(f"Answer {number}: {item['updated'][:40]!r} is not a date.") from None
    return Record(**item)
