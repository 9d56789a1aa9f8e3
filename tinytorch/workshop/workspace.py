"""Workspace: a learner's answers, earlier versions and replies to questions, checked on the way in."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.source import same

MAX_RECORDS = 2_000
MAX_VERSIONS = 50_000
MAX_TEXT = 200_000  # characters of one answer
_NAME = re.compile(r"[a-z][a-z0-9_]{0,80}")
_OUTCOMES = ("passed", "failed", "not_written", "error", "timeout", "runtime_lost")


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


@dataclass(frozen=True)
class Version:
    """A text that an exercise once had: what happened when it was kept, and what a check then found."""

    exercise: str
    text: str
    happened: str
    outcome: str | None
    saved: str


@dataclass(frozen=True)
class Reply:
    """A learner's reply to one of the book's questions."""

    question: str
    answer: str


@dataclass(frozen=True)
class Work:
    """Everything that one learner has made."""

    records: tuple[Record, ...]
    questions: tuple[Reply, ...] = ()
    versions: tuple[Version, ...] = ()


Named = TypeVar("Named", Record, Version)


def read_work(data: Mapping[str, Any]) -> Work:
    """Check the parts of a workspace as they came from JSON; in its first form it had answers alone.

    Raises:
        InvalidWorkspace: one of them is not what it should be, or larger than any workspace can be.
    """
    return Work(
        read_records(data.get("records")),
        read_replies(data.get("questions", [])),
        read_versions(data.get("versions", [])),
    )


def write_work(work: Work) -> dict[str, Any]:
    """Return the work's JSON form."""
    return {
        "records": [asdict(record) for record in work.records],
        "questions": [asdict(reply) for reply in work.questions],
        "versions": [asdict(version) for version in work.versions],
    }


def read_records(items: Any) -> tuple[Record, ...]:
    """Check that `items` is a list of records, as it came from JSON, and return them.

    Raises:
        InvalidWorkspace: it is not, or it is larger than any workspace can be.
    """
    records = tuple(
        Record(**_fields(item, f"Answer {number}", Record, ("passed", "failed")))
        for number, item in enumerate(_list(items, "answers", MAX_RECORDS), 1)
    )
    for number, record in enumerate(records, 1):
        _check_name(record.exercise, f"Answer {number}", "an exercise's")
        _check_date(record.updated, f"Answer {number}")
    if len({record.exercise for record in records}) < len(records):
        raise InvalidWorkspace("It answers the same exercise twice.")
    return records


def read_versions(items: Any) -> tuple[Version, ...]:
    """Check that `items` is a list of versions, as it came from JSON, and return them."""
    versions = tuple(
        Version(**_fields(item, f"Version {number}", Version, ("outcome",)))
        for number, item in enumerate(_list(items, "versions", MAX_VERSIONS), 1)
    )
    for number, version in enumerate(versions, 1):
        _check_name(version.exercise, f"Version {number}", "an exercise's")
        _check_name(version.happened, f"Version {number}", "an event's")
        _check_date(version.saved, f"Version {number}")
        if version.outcome not in (None, *_OUTCOMES):
            raise InvalidWorkspace(f"Version {number}: {version.outcome[:40]!r} is no outcome of a check.")
    return versions


def read_replies(items: Any) -> tuple[Reply, ...]:
    """Check that `items` is a list of replies to questions, as it came from JSON, and return them."""
    replies = tuple(
        Reply(**_fields(item, f"Reply {number}", Reply))
        for number, item in enumerate(_list(items, "replies", MAX_RECORDS), 1)
    )
    for number, reply in enumerate(replies, 1):
        _check_name(reply.question, f"Reply {number}", "a question's")
    if len({reply.question for reply in replies}) < len(replies):
        raise InvalidWorkspace("It replies to the same question twice.")
    return replies


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


def with_texts(work: Work, texts: Mapping[str, str], updated: str, chapters: Iterable[Chapter] = ()) -> Work:
    """Return the work with these texts, by exercise, that were written elsewhere, such as in an editor.

    What passed last stays that, so a text that differs from it counts as not checked yet. One that differs
    only in how an editor ends lines and files is the same answer: it is taken as it is, and what a check
    found out about it still holds. An exercise that had no answer gets one, on its chapter's stub.

    Raises:
        InvalidWorkspace: a text or a name is none that a workspace can hold.
    """
    stubs = {one.name: one for chapter in chapters for one in chapter.exercises}
    records = {record.exercise: record for record in work.records}
    for exercise, text in texts.items():
        _check_name(exercise, exercise[:80], "an exercise's")
        if len(text) > MAX_TEXT:
            raise InvalidWorkspace(f"{exercise}: the text is longer than {MAX_TEXT:,} characters.")
        if exercise not in records:
            stub, stub_hash = (
                (stubs[exercise].stub, stubs[exercise].stub_hash) if exercise in stubs else ("", "")
            )
            records[exercise] = Record(exercise, text, stub, stub_hash, None, None, updated)
        elif text != records[exercise].text:
            record = records[exercise]
            still = {name: text for name in ("passed", "failed") if same(text, getattr(record, name))}
            records[exercise] = replace(record, text=text, updated=updated, **still)
    return replace(work, records=tuple(records.values()))


def renamed(work: Work, chapters: Iterable[Chapter]) -> Work:
    """Give answers of exercises that were renamed since their present names, where those are still free.

    The versions of such an answer go along with it.
    """
    now = {
        old: exercise.name
        for chapter in chapters
        for exercise in chapter.exercises
        for old in exercise.formerly
    }
    taken = {record.exercise for record in work.records}
    moved: dict[str, str] = {}
    for record in work.records:
        name = now.get(record.exercise)
        if name is not None and name not in taken:
            taken.add(name)
            moved[record.exercise] = name
    return replace(
        work,
        records=_moved(work.records, moved),
        versions=_moved(work.versions, moved),
    )


def _moved(items: Sequence[Named], names: Mapping[str, str]) -> tuple[Named, ...]:
    return tuple(replace(item, exercise=names.get(item.exercise, item.exercise)) for item in items)


def _list(items: Any, what: str, most: int) -> list[Any]:
    if not isinstance(items, list):
        raise InvalidWorkspace(f"It holds no list of {what}.")
    if len(items) > most:
        raise InvalidWorkspace(f"It holds {len(items)} {what}; a workspace has at most {most}.")
    return items


def _fields(
    item: Any, where: str, kind: type[Record | Version | Reply], optional: Sequence[str] = ()
) -> dict[str, Any]:
    fields = kind.__dataclass_fields__
    if not isinstance(item, dict) or set(item) != set(fields):
        raise InvalidWorkspace(f"{where} does not have the fields {', '.join(fields)}.")
    for key, value in item.items():
        if not (isinstance(value, str) or (key in optional and value is None)):
            raise InvalidWorkspace(f"{where}: {key} is not text.")
        if value is not None and len(value) > MAX_TEXT:
            raise InvalidWorkspace(f"{where}: {key} is longer than {MAX_TEXT:,} characters.")
    return item


def _check_name(name: str, where: str, whose: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidWorkspace(f"{where}: {name[:40]!r} cannot be {whose} name.")


def _check_date(date: str, where: str) -> None:
    try:
        datetime.datetime.fromisoformat(date)
    except ValueError:
        raise InvalidWorkspace(f"{where}: {date[:40]!r} is not a date.") from None
