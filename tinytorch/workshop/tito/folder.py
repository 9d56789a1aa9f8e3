"""The workspace folder: a learner's answers as plain files, and what tito remembers of them.

The layout is `project.py`'s. The files of `answers/` say what the learner wrote; `workspace.json` says what
passed, what failed and what was there before. `.tito/` is tito's own: a lock, and what it kept aside.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tinytorch.workshop.archive import FOLDER
from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.project import (
    ANSWERS,
    BOOK,
    FORMAT,
    INDEX,
    answer_file,
    as_bytes,
    edited,
    project_files,
    read_index,
    write_index,
)
from tinytorch.workshop.tito import changes
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.files import keep_aside, locked, read_or_none, write_whole
from tinytorch.workshop.tito.transaction import finish, write_together
from tinytorch.workshop.workspace import MAX_TEXT, InvalidWorkspace, Work, renamed

PRIVATE = ".tito"
Tell = Callable[[str], None]


class Unreadable(Exception):
    """An answer's file holds no text that could be checked; the words are for the learner."""


@dataclass(frozen=True)
class Folder:
    """A workspace on disk. `tell` hears what the learner should know."""

    root: Path
    chapters: Sequence[Chapter]
    tell: Tell

    @property
    def private(self) -> Path:
        """Where tito keeps what is its own."""
        return self.root / PRIVATE

    def path(self, exercise: str) -> Path:
        """Return the file of an answer."""
        return self.root / answer_file(exercise, self.chapters)

    def text(self, exercise: str) -> str | None:
        """Return what an answer's file says, or None where there is none.

        Raises:
            Unreadable: it is not text, or too long.
        """
        try:
            data = read_or_none(self.path(exercise))
            text = None if data is None else data.decode()
        except UnicodeDecodeError:
            raise Unreadable("The file is not text in UTF-8. Save it in this encoding.") from None
        except OSError as error:
            raise Unreadable(f"The file cannot be read: {error.strerror}.") from None
        if text is not None and len(text) > MAX_TEXT:
            raise Unreadable(f"The file is longer than {MAX_TEXT:,} characters; an answer is one function.")
        return text

    def load(self) -> Work:
        """Read the work, with what was written in an editor since, and remember that."""
        return self.update(lambda work: work)

    def update(self, change: Callable[[Work], Work]) -> Work:
        """Read the work, change it and write it, while no other tito can."""
        with self._locked():
            work = change(self._read())
            self._write(work)
            return work

    def start(self, exercises: Sequence[Exercise]) -> list[str]:
        """Write the files of answers that are not there: as they were left, or the book's stubs."""
        written = []
        with self._locked():
            work = self._read()
            for exercise in exercises:
                path = self.path(exercise.name)
                if not path.exists():
                    record = changes.find_record(work, exercise.name)
                    write_whole(path, as_bytes(record.text if record else exercise.stub))
                    written.append(exercise.name)
            self._write(work)
        return written

    def reset(self, exercises: Sequence[Exercise]) -> None:
        """Bring stubs back. The texts are versions in workspace.json before any file changes."""
        with self._locked():
            work = self._read()
            for exercise in exercises:
                self._keep_unreadable(exercise.name)
                work = changes.reset(work, exercise)
            self._write(work)
            for exercise in exercises:
                write_whole(self.path(exercise.name), as_bytes(exercise.stub))

    def merge(self, incoming: Work) -> changes.Merged:
        """Take in what was exported elsewhere: all of it, or, if this is killed before, nothing."""
        with self._locked():
            merged = changes.merged(self._read(), incoming)
            files = {INDEX: write_index(_sorted(merged.work))}
            for record in merged.work.records:
                if record.exercise in (*merged.added, *merged.replaced):
                    path = self.path(record.exercise)
                    self._keep_unreadable(record.exercise)
                    files[path.relative_to(self.root).as_posix()] = as_bytes(record.text)
            write_together(self.root, self.private, files)
            return merged

    def assemble(self) -> None:
        """Write `tinytorch/`, `tests/` and what else the project has, as far as it changed.

        A file that somebody edited in spite of it all is kept aside first.
        """
        with self._locked():
            files = project_files(self._read(), self.chapters)
            listed = self.private / "assembled.json"
            before = _read_list(listed)
            after: dict[str, str] = {}
            kept = []
            for path, data in files.items():
                if path == INDEX or path.startswith(f"{ANSWERS}/"):
                    continue
                target, after[path] = self.root / path, _digest(data)
                present = read_or_none(target)
                if present == data:
                    continue
                if present is not None and before.get(path) != _digest(present):
                    kept.append(self._short(keep_aside(target, self.private / "kept")))
                write_whole(target, data, durable=False)
            for path in set(before) - set(after):
                stale = read_or_none(self.root / path)
                if stale is not None and _digest(stale) == before[path]:
                    (self.root / path).unlink()
            write_whole(listed, json.dumps(after, indent=1).encode())
        if kept:
            self.tell(
                "These files are made from your answers and were changed by hand. What they said is kept in "
                f"{', '.join(kept[:3])}{' …' if len(kept) > 3 else ''}. Edit the files in {ANSWERS}/ instead."
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with locked(self.private / "lock"):
            ignore = self.private / ".gitignore"
            if not ignore.exists():
                write_whole(ignore, b"*\n")
            finish(self.root, self.private)
            yield

    def _read(self) -> Work:
        work = self._read_index()
        files = {}
        for path in sorted((self.root / ANSWERS).rglob("*.py")):
            relative = path.relative_to(self.root).as_posix()
            data = _readable(path)
            if data is not None:
                files[relative] = data
        try:
            texts, _ = edited(work, files, self.chapters)
            work = changes.edited(work, texts, self.chapters)
        except InvalidWorkspace as invalid:
            raise CannotDo(str(invalid)) from None
        present = renamed(work, self.chapters)
        for old, new in zip(work.records, present.records, strict=True):
            if old.exercise != new.exercise:
                self._rename_file(old.exercise, new.exercise, files)
        return present

    def _read_index(self) -> Work:
        path = self.root / INDEX
        data = read_or_none(path)
        if data is None:
            return Work(())
        try:
            return read_index(data)
        except InvalidWorkspace as invalid:
            if _is_newer(data):
                raise CannotDo(
                    f"{path} was written by a newer tinytorch. Install that one; nothing was changed."
                ) from None
            copy = keep_aside(path, self.root)
            self.tell(
                f"{path.name} is damaged: {invalid} It is kept as {copy.name}. Your answers in {ANSWERS}/ "
                "are as they were; what passed is not known any more, so check them again."
            )
            work = Work(())
            self._write(work)
            return work

    def _rename_file(self, old: str, new: str, files: dict[str, bytes]) -> None:
        """Let a file follow its exercise to the name that it has now."""
        for name in files:
            path = self.root / name
            if path.stem != old:
                continue
            if self.path(new).exists():
                keep_aside(path, self.private / "kept")
                path.unlink()
            else:
                self.path(new).parent.mkdir(parents=True, exist_ok=True)
                path.rename(self.path(new))
            self.tell(
                f"The exercise {old} is called {new} now; your answer is in {self._short(self.path(new))}."
            )

    def _keep_unreadable(self, exercise: str) -> None:
        """Keep a copy of a file that is about to be replaced, and that no version can hold."""
        try:
            self.text(exercise)
        except Unreadable:
            copy = keep_aside(self.path(exercise), self.private / "kept")
            self.tell(f"{exercise}: what was in the file is kept as {self._short(copy)}.")

    def _write(self, work: Work) -> None:
        data = write_index(_sorted(work))
        if read_or_none(self.root / INDEX) != data:
            write_whole(self.root / INDEX, data)

    def _short(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def find_folder(chapters: Sequence[Chapter], given: Path | None, tell: Tell) -> Folder:
    """Return the workspace that `given` names, or the one around or just below the current folder.

    Raises:
        CannotDo: there is none.
    """
    if given is not None:
        if not _is_workspace(given):
            raise CannotDo(f"{given} is no workspace. `tito module start 01 --workspace {given}` makes one.")
        return Folder(given.resolve(), chapters, tell)
    here = Path.cwd()
    for place in (here, *here.parents, here / FOLDER):
        if _is_workspace(place):
            return Folder(place, chapters, tell)
    raise CannotDo(f"There is no workspace in {here} or above it. `tito module start 01` makes one.")


def make_folder(chapters: Sequence[Chapter], given: Path | None, tell: Tell) -> Folder:
    """Make a workspace where `given` says, or in a new folder here.

    Raises:
        CannotDo: something else is there.
    """
    root = (given or Path.cwd() / FOLDER).resolve()
    if root.exists() and (not root.is_dir() or any(file.name[0] != "." for file in root.iterdir())):
        raise CannotDo(f"{root} is there already and is no workspace. Name a new folder with --workspace.")
    root.mkdir(parents=True, exist_ok=True)
    folder = Folder(root, chapters, tell)
    folder.update(lambda work: work)
    return folder


def _is_workspace(root: Path) -> bool:
    """Tell whether a folder is a workspace of this book, which a damaged one is, too."""
    try:
        index = json.loads((root / INDEX).read_bytes())
    except OSError:
        return False
    except (ValueError, RecursionError, MemoryError):
        return (root / ANSWERS).is_dir()
    return isinstance(index, dict) and index.get("book") == BOOK


def _is_newer(data: bytes) -> bool:
    try:
        form = json.loads(data)["format"]
    except (ValueError, RecursionError, MemoryError, KeyError, TypeError):
        return False
    return isinstance(form, int) and form > FORMAT


def _readable(path: Path) -> bytes | None:
    """Return a file's bytes if they are text that an answer can be."""
    try:
        data = path.read_bytes()
        return data if len(data.decode()) <= MAX_TEXT else None
    except (OSError, UnicodeDecodeError):
        return None


def _sorted(work: Work) -> Work:
    return replace(work, records=tuple(sorted(work.records, key=lambda record: record.exercise)))


def _read_list(path: Path) -> dict[str, str]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tell_on_stderr(words: str) -> None:
    """Say something that is not the command's result."""
    print(f"tito: {words}", file=sys.stderr)
