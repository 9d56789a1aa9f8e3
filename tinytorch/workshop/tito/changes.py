"""Changes to a learner's work: a check, a reset, an import. Each keeps the text that it replaces."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.report import Outcome
from tinytorch.workshop.source import same
from tinytorch.workshop.workspace import Record, Version, Work, with_texts

VERSIONS_EACH = 50  # kept of one exercise, as in the page
RECENT = 10  # the newest, of which none goes
_JUDGED = ("failed", "error", "timeout")  # the other outcomes say nothing about a text


@dataclass(frozen=True)
class Merged:
    """What an import made of two works: exercises that are new here, and those whose text was replaced."""

    work: Work
    added: tuple[str, ...]
    replaced: tuple[str, ...]


def now() -> str:
    """Return this moment as workspaces write it."""
    moment = datetime.datetime.now(datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def find_record(work: Work, exercise: str) -> Record | None:
    """Return an exercise's record, if it has one."""
    return next((record for record in work.records if record.exercise == exercise), None)


def status_of(record: Record | None, text: str | None, stub: str) -> str:
    """Return "passed", "failing", "todo", or "new" for an exercise that was not started."""
    if text is None:
        return "new"
    if record is not None and same(text, record.passed):
        return "passed"
    if record is not None and same(text, record.failed) and not same(text, stub):
        return "failing"
    return "todo"


def checked(work: Work, exercise: Exercise, text: str, outcome: Outcome, chapters: Sequence[Chapter]) -> Work:
    """Note what a check of `text` came to."""
    record = find_record(work, exercise.name)
    if record is None:
        if same(text, exercise.stub):
            return work
        work = with_texts(work, {exercise.name: text}, now(), chapters)
        record = find_record(work, exercise.name)
        assert record is not None
    if not same(text, record.stub) and not same(text, exercise.stub):
        work = keeping(work, [Version(exercise.name, text, "checked", outcome, now())])
    if outcome == "passed":
        record = replace(record, passed=text)
    elif outcome in _JUDGED:
        record = replace(record, failed=text)
    return put(work, record)


def reset(work: Work, exercise: Exercise) -> Work:
    """Bring the book's stub back; the text becomes a version, and what passed stays part of the package."""
    record = find_record(work, exercise.name)
    if record is None:
        return work
    if not same(record.text, record.stub) and not same(record.text, exercise.stub):
        work = keeping(work, [Version(exercise.name, record.text, "reset", None, now())])
    fresh = {"text": exercise.stub, "stub": exercise.stub, "stub_hash": exercise.stub_hash, "updated": now()}
    return put(work, replace(record, **fresh))


def edited(work: Work, texts: dict[str, str], chapters: Sequence[Chapter]) -> Work:
    """Take in what was written in an editor; a text that it replaces and that was never kept is kept now."""
    known = {(version.exercise, version.text) for version in work.versions}
    lost = [
        Version(record.exercise, record.text, "pause", None, record.updated)
        for record in work.records
        if record.exercise in texts
        and not same(record.text, texts[record.exercise])
        and not same(record.text, record.stub)
        and (record.exercise, record.text) not in known
    ]
    return with_texts(keeping(work, lost), texts, now(), chapters)


def merged(here: Work, incoming: Work) -> Merged:
    """Put what comes in over what is here, as the page does: nothing that passed or was written is lost."""
    mine = {record.exercise: record for record in here.records}
    records, kept, replaced = dict(mine), list[Version](), list[str]()
    for theirs in incoming.records:
        ours = mine.get(theirs.exercise)
        if ours is None:
            records[theirs.exercise] = theirs
            continue
        # A text that nobody has written on takes no place of one that somebody has.
        untouched = theirs.text == theirs.stub and ours.text != ours.stub
        record = replace(ours if untouched else theirs, passed=theirs.passed or ours.passed)
        if all(getattr(record, name) == getattr(ours, name) for name in _CONTENT):
            continue
        records[record.exercise] = record
        if ours.passed and ours.passed not in (record.passed, ours.text):
            kept.append(Version(ours.exercise, ours.passed, "import", "passed", ours.updated))
        if record.text != ours.text:
            replaced.append(ours.exercise)
            if ours.text != ours.stub:
                kept.append(Version(ours.exercise, ours.text, "import", None, now()))
    replies = {reply.question: reply for reply in (*here.questions, *incoming.questions)}
    work = replace(here, records=tuple(records.values()), questions=tuple(replies.values()))
    known = {_key(version) for version in here.versions}
    new = [version for version in incoming.versions if _key(version) not in known]
    added = tuple(name for name in records if name not in mine)
    return Merged(keeping(work, [*new, *kept]), added, tuple(replaced))


def put(work: Work, record: Record) -> Work:
    """Return the work with this record in the place of its exercise's."""
    records = [record if one.exercise == record.exercise else one for one in work.records]
    return replace(work, records=tuple(records))


def keeping(work: Work, versions: Iterable[Version]) -> Work:
    """Return the work with more versions, and without those that are then too many."""
    new = list(versions)
    kept = [*work.versions, *new]
    for exercise in {version.exercise for version in new}:
        gone = {id(version) for version in superfluous([one for one in kept if one.exercise == exercise])}
        kept = [version for version in kept if id(version) not in gone]
    return replace(work, versions=tuple(kept))


def superfluous(versions: Sequence[Version], most: int = VERSIONS_EACH) -> list[Version]:
    """List which of one exercise's versions can go: of the same text twice in a row one, then of the middle.

    The last that passed always stays, and so do the first and the newest.
    """
    gone, kept = list[Version](), list[Version]()
    for version in sorted(versions, key=lambda version: _moment(version.saved)):
        last = kept[-1] if kept else None
        if last is None or last.text != version.text:
            kept.append(version)
        elif version.outcome is None or last.outcome == "passed":
            gone.append(version)
        else:  # what a check found out about a text says more than that it was once there
            gone.append(last)
            kept[-1] = version
    while len(kept) > most:
        passed = max((at for at, one in enumerate(kept) if one.outcome == "passed"), default=-1)
        middle = [at for at in range(1, max(2, len(kept) - RECENT)) if at != passed]
        gaps = {at: _moment(kept[at + 1].saved) - _moment(kept[at - 1].saved) for at in middle}
        gone.append(kept.pop(min(gaps, key=lambda at: gaps[at])))
    return gone


_CONTENT = ("text", "stub", "stub_hash", "passed", "failed")


def _key(version: Version) -> tuple[str, str, str, str]:
    return version.exercise, version.text, version.happened, version.saved


def _moment(date: str) -> float:
    moment = datetime.datetime.fromisoformat(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
