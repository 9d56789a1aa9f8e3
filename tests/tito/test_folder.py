"""The workspace folder: nothing that a learner wrote is lost, whatever happens to the files around it."""

import json
import os
import sys
from contextlib import suppress
from dataclasses import replace

import pytest
from tito_helpers import ROOT, dies_after, exercise, solution

from tinytorch.workshop import library
from tinytorch.workshop.tito import changes, files, folder, transaction
from tinytorch.workshop.workspace import Version


def passing(tito, name):
    """Have an exercise pass without running its checks."""
    text = solution(name)
    tito.write(name, text)
    chapters = library.chapters()
    tito.folder.update(lambda work: changes.checked(work, exercise(name), text, "passed", chapters))
    return text


def test_start_writes_stubs_and_never_over_what_is_there(tito):
    assert tito.file("tensor_add").read_text() == exercise("tensor_add").stub
    tito.write("tensor_add", "mine\n")
    assert tito("module", "start", "tensor") == 0
    assert tito.file("tensor_add").read_text() == "mine\n"
    assert "already" in tito.out


def test_start_brings_back_a_file_that_was_deleted_as_it_was(tito):
    text = passing(tito, "tensor_add")
    tito.file("tensor_add").unlink()
    assert tito("module", "start", "1") == 0
    assert tito.file("tensor_add").read_text() == text


def test_the_folder_is_found_from_below_and_from_just_above(tito, monkeypatch):
    for place in (tito.root / "answers" / "01_tensor", tito.root.parent):
        monkeypatch.chdir(place)
        assert tito("module", "status", "01") == 0


def test_another_programs_workspace_json_is_none_of_ours(empty, tmp_path):
    foreign = tmp_path / "workspace.json"
    foreign.write_text('{"version": 2, "projects": {}}')
    (tmp_path / "answers").mkdir()
    assert empty("module", "status") == 2
    assert "no workspace" in empty.err
    assert empty("module", "start", "01", "--workspace", tmp_path) == 2
    assert foreign.read_text() == '{"version": 2, "projects": {}}'


def test_no_workspace_is_made_over_other_files(empty, tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    assert empty("module", "start", "01", "--workspace", tmp_path) == 2
    assert sorted(os.listdir(tmp_path)) == ["thesis.txt"]
    assert empty("module", "start", "01", "--workspace", ROOT) == 2, (
        "the book's own package would be overwritten"
    )


@pytest.mark.parametrize(
    "damage", [b"", b'{"format": 3, "bo', b"\xff\x00\xfe", b'{"book": "tinytorch", "format": 3}']
)
def test_a_damaged_index_is_told_kept_and_never_overwritten(tito, damage):
    text = passing(tito, "tensor_add")
    (tito.root / "workspace.json").write_bytes(damage)
    for number in (1, 2):
        assert tito("module", "status", "01") == 0
        assert ("is damaged" in tito.err) == (number == 1)
        assert (tito.root / "workspace.kept-1.json").read_bytes() == damage
        assert tito.file("tensor_add").read_text() == text
    (tito.root / "workspace.json").write_bytes(b"{")
    assert tito("module", "status", "01") == 0
    assert (tito.root / "workspace.kept-1.json").read_bytes() == damage
    assert (tito.root / "workspace.kept-2.json").read_bytes() == b"{"


def test_the_index_of_a_newer_book_is_left_alone(tito):
    newer = json.dumps({**tito.index, "format": 99}).encode()
    (tito.root / "workspace.json").write_bytes(newer)
    assert tito("module", "status", "01") == 2
    assert "newer tinytorch" in tito.err
    assert (tito.root / "workspace.json").read_bytes() == newer


@pytest.mark.skipif(sys.platform == "win32", reason="looks at the lock with fcntl")
def test_nobody_else_reads_or_writes_while_a_change_is_made(tito):
    import fcntl

    def change(work):
        with open(tito.root / ".tito/lock", "rb") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return work

    tito.folder.update(change)
    with open(tito.root / ".tito/lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_write_that_is_killed_leaves_the_file_as_it_was(tito, monkeypatch):
    passing(tito, "tensor_add")
    before = (tito.root / "workspace.json").read_bytes()

    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        passing(tito, "tensor_sum")
    monkeypatch.undo()
    assert (tito.root / "workspace.json").read_bytes() == before
    assert not list(tito.root.glob(".workspace.json*"))


def test_status_follows_the_texts(tito):
    text = passing(tito, "tensor_add")
    statuses = lambda: {  # noqa: E731
        one["name"]: one["status"] for one in tito.json("module", "status", "01")["modules"][0]["exercises"]
    }
    assert statuses()["tensor_add"] == "passed"
    tito.write("tensor_add", text.replace("\n", "\r\n") + "\n\n")
    assert statuses()["tensor_add"] == "passed", "ends of lines are an editor's business"
    tito.write("tensor_add", text + "    # more")
    assert statuses()["tensor_add"] == "todo"
    tito.file("tensor_sum").unlink()
    assert statuses()["tensor_sum"] == "new"


def test_what_was_edited_between_two_commands_becomes_a_version(tito):
    for text in ("one\n", "two\n", "three\n"):
        tito.write("tensor_add", text)
        assert tito("module", "status", "01") == 0
    assert tito.versions("tensor_add") == ["one\n", "two\n"]
    assert tito.record("tensor_add")["text"] == "three\n"


def test_reset_keeps_the_text_as_a_version_and_what_passed_in_the_package(tito):
    text = passing(tito, "tensor_add")
    other = text + "    # and more\n"
    tito.write("tensor_add", other)
    assert tito("module", "reset", "01") == 2, "nobody can be asked"
    assert "--yes" in tito.err
    assert tito.file("tensor_add").read_text() == other
    assert tito("module", "reset", "01", "--yes") == 0
    assert tito.file("tensor_add").read_text() == exercise("tensor_add").stub
    assert tito.versions("tensor_add")[-1] == other
    assert tito.record("tensor_add")["passed"] == text
    assert tito("module", "reset", "01", "--yes") == 0
    assert "Nothing to reset" in tito.out


def test_reset_asks(tito, monkeypatch):
    tito.write("tensor_add", "mine\n")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, left in (("n", "mine\n"), ("", "mine\n"), ("y", exercise("tensor_add").stub)):
        monkeypatch.setattr("builtins.input", lambda words, answer=answer: answer)
        assert tito("module", "reset", "01", "tensor_add") == 0
        assert tito.file("tensor_add").read_text() == left


def test_reset_keeps_even_what_is_no_text(tito):
    tito.write("tensor_add", b"\xff\xfe\x00")
    assert tito("module", "reset", "01", "--yes") == 0
    assert (tito.root / ".tito/kept/tensor_add.kept-1.py").read_bytes() == b"\xff\xfe\x00"


def test_an_exercise_that_was_renamed_takes_its_answer_along(tito, monkeypatch):
    book = library.chapters()
    old = replace(book[1].exercises[0], name="tensor_of_old", formerly=())
    present = replace(book[1].exercises[0], formerly=("tensor_of_old",))
    first, *rest = book[1].exercises
    older, newer = ((book[0], replace(book[1], exercises=(one, *rest)), *book[2:]) for one in (old, present))
    place = folder.Folder(tito.root, older, tito.told.append)
    place.path("tensor_of_old").write_text("an old answer\n")
    place.load()
    place = folder.Folder(tito.root, newer, tito.told.append)
    place.path(first.name).unlink()
    work = place.load()
    assert place.path(first.name).read_text() == "an old answer\n"
    assert changes.find_record(work, first.name).text == "an old answer\n"
    assert not (tito.root / "answers/01_tensor/tensor_of_old.py").exists()
    assert "is called" in tito.told[-1]
    assert place.load() == work


def test_answers_to_unknown_exercises_are_kept(tito):
    record = {**dict.fromkeys(("text", "stub", "stub_hash"), "x"), "passed": "x", "failed": None}
    record |= {"exercise": "from_the_future", "updated": "2031-01-01T00:00:00Z"}
    (tito.root / "workspace.json").write_text(json.dumps({**tito.index, "records": [record]}))
    passing(tito, "tensor_add")
    assert tito.record("from_the_future") == record


def test_the_package_in_the_folder_is_theirs(tito):
    text = passing(tito, "tensor_add") + "    # My own way\n"
    tito.write("tensor_add", text)
    chapters = library.chapters()
    tito.folder.update(lambda work: changes.checked(work, exercise("tensor_add"), text, "passed", chapters))
    tito.folder.assemble()
    assert "# My own way" in (tito.root / "tinytorch/core/tensor.py").read_text()
    assert not (tito.root / "tinytorch/workshop/tito").exists()


def test_a_made_file_that_was_edited_is_kept_before_it_is_made_again(tito):
    made = tito.root / "tinytorch/core/tensor.py"
    book = made.read_text()
    made.write_text("# I wrote this in the wrong place\n")
    tito.folder.assemble()
    assert made.read_text() == book
    assert (tito.root / ".tito/kept/tensor.kept-1.py").read_text() == "# I wrote this in the wrong place\n"
    assert "changed by hand" in tito.told[-1]
    tito.told.clear()
    tito.folder.assemble()
    assert tito.told == []


def test_versions_are_thinned_but_never_what_passed_last():
    def at(minute, text, outcome=None):
        return Version("e", text, "checked", outcome, f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00Z")

    versions = [at(n, f"text {n}", "passed" if n == 20 else "failed") for n in range(80)]
    gone = changes.superfluous(versions)
    left = [version for version in versions if version not in gone]
    assert len(left) == changes.VERSIONS_EACH
    assert versions[0] in left
    assert versions[20] in left
    assert left[-10:] == versions[-10:]
    twice = [at(1, "same"), at(2, "same", "failed"), at(3, "same")]
    assert changes.superfluous(twice) == [twice[0], twice[2]]


def test_files_that_change_together_do_so_or_not_at_all(tmp_path, monkeypatch):
    private = tmp_path / ".tito"
    (tmp_path / "a").write_bytes(b"old a")
    new = {"a": b"new a", "deep/b": b"new b", "c": b"new c"}
    state = lambda: [files.read_or_none(tmp_path / name) for name in new]  # noqa: E731
    real = files.write_whole
    for steps in range(len(new) * 2 + 2):
        for name in new:
            (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / "a").write_bytes(b"old a")
        monkeypatch.setattr(transaction, "write_whole", dies_after(steps, real))
        with suppress(KeyboardInterrupt):
            transaction.write_together(tmp_path, private, new)
        monkeypatch.setattr(transaction, "write_whole", real)
        transaction.finish(tmp_path, private)
        old, all_new = [b"old a", None, None], list(new.values())
        assert state() == (old if steps <= len(new) else all_new), steps
        assert sorted(os.listdir(private)) == []


def test_what_was_edited_after_a_kill_is_kept_aside(tmp_path, monkeypatch):
    private = tmp_path / ".tito"
    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(transaction, "finish", lambda *_: None)  # killed right after the change was made
    transaction.write_together(tmp_path, private, {"a": b"new"})
    monkeypatch.undo()
    (tmp_path / "a").write_bytes(b"edited meanwhile")
    transaction.finish(tmp_path, private)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (private / "kept/a.kept-1").read_bytes() == b"edited meanwhile"
