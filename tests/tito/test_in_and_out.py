"""Export and import: to the page and back, byte for byte; what is damaged or hostile changes nothing."""

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from tito_helpers import dies_after, exercise, solution

from tinytorch.workshop import library
from tinytorch.workshop.archive import FOLDER, export_archive, import_archive
from tinytorch.workshop.tito import changes, transaction
from tinytorch.workshop.workspace import Record, Reply, Version, Work


def work_of(*names, text=None, **fields):
    """Work as a page exports it."""
    records = []
    for name in sorted(names):
        one = exercise(name)
        said = text or one.solution
        given = {"passed": said, "failed": None, "updated": "2026-01-01T00:00:00.000Z", **fields}
        records.append(Record(name, said, one.stub, one.stub_hash, **given))
    versions = (Version(names[0], "an early try", "pause", None, "2025-12-31T00:00:00.000Z"),)
    return Work(tuple(records), (Reply("a_question", "42"),), versions)


@pytest.fixture
def exported(tmp_path):
    """A file as the page's Export gives it."""
    file = tmp_path / "from-the-page.zip"
    file.write_bytes(export_archive(work_of("tensor_add", "tensor_sum"), library.chapters()))
    return file


def state(root):
    """Everything in a workspace but tito's own, by path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".tito" not in path.parts
    }


def test_a_round_trip_loses_nothing_byte_for_byte(empty, exported):
    assert empty("workspace", "import", exported) == 0
    assert empty("workspace", "export", "back.zip", "--workspace", empty.root) == 0
    assert Path("back.zip").read_bytes() == exported.read_bytes()


def test_the_folder_is_what_the_archive_unpacks_to(empty, exported, tmp_path):
    assert empty("workspace", "import", exported) == 0
    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert state(empty.root) == state(tmp_path / "unpacked" / FOLDER)


def test_an_unpacked_archive_is_a_workspace(empty, exported):
    with zipfile.ZipFile(exported) as archive:
        archive.extractall()
    (row,) = [row for row in empty.json("module", "list") if row["number"] == 1]
    assert row["passed"] == 2


def test_what_was_here_is_kept_as_versions_and_told(tito, exported):
    tito.write("tensor_add", "def __add__(self, other):\n    return mine\n")
    assert tito("workspace", "import", exported) == 0
    assert "New here: tensor_sum" in tito.out
    assert "kept as versions: tensor_add" in tito.out
    assert tito.file("tensor_add").read_text() == solution("tensor_add")
    assert "def __add__(self, other):\n    return mine\n" in tito.versions("tensor_add")
    assert tito.index["questions"] == [{"question": "a_question", "answer": "42"}]
    before = state(tito.root)
    assert tito("workspace", "import", exported) == 0
    assert "here already" in tito.out
    assert state(tito.root) == before


def test_an_untouched_stub_takes_no_place_of_an_answer(tito, tmp_path):
    tito.write("tensor_add", solution("tensor_add"))
    stub = exercise("tensor_add").stub
    (tmp_path / "stub.zip").write_bytes(
        export_archive(work_of("tensor_add", text=stub, passed=None), library.chapters())
    )
    assert tito("workspace", "import", tmp_path / "stub.zip") == 0
    assert tito.file("tensor_add").read_text() == solution("tensor_add")


def test_files_of_older_books_still_come_in(tito, tmp_path):
    for form in (1, 2):
        index = {"format": form, "book": "tinytorch", "version": "0.0.1", "records": []}
        index["records"] = [record.__dict__ for record in work_of("tensor_add").records]
        (tmp_path / "old.json").write_text(json.dumps(index))
        assert tito("workspace", "import", tmp_path / "old.json") == 0
        assert tito.file("tensor_add").read_text() == solution("tensor_add")


def bad_zip(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b'{"book": "another"}', "not come from this book"),
        (b'{"book": "tinytorch", "format": 99}', "another version"),
        (b'{"book": "tinytorch", "format": 2, "records": [{}]}', "fields"),
        (bad_zip(**{f"{FOLDER}/workspace.json": "{}", f"{FOLDER}/../../evil.py": "x"}), "never has"),
        (b"[" * 100_000, "damaged"),
        (b"x" * (20 * 1024**2 + 1), "larger than"),
    ],
)
def test_what_is_damaged_or_hostile_changes_nothing(tito, tmp_path, data, words):
    tito.write("tensor_add", solution("tensor_add"))
    assert tito("module", "status") == 0
    before = state(tito.root)
    (tmp_path / "bad").write_bytes(data)
    assert tito("workspace", "import", tmp_path / "bad") == 2
    assert words in tito.err
    assert state(tito.root) == before


def test_a_bad_file_makes_no_workspace(empty, tmp_path):
    (tmp_path / "bad").write_bytes(b"PK nonsense")
    assert empty("workspace", "import", tmp_path / "bad") == 2
    assert empty("workspace", "import", tmp_path / "not-there") == 2
    assert "cannot be read" in empty.err
    assert not empty.root.exists()


def test_an_import_that_is_killed_leaves_the_old_state_or_all_of_the_new(
    tito, exported, monkeypatch, tmp_path
):
    tito.write("tensor_add", "def __add__(self, other):\n    return mine\n")
    assert tito("module", "status", "01") == 0
    saved = tmp_path / "saved"
    shutil.copytree(tito.root, saved)
    answers = ("tensor_add", "tensor_sum")
    texts = lambda: [tito.file(name).read_text() for name in answers]  # noqa: E731
    old, new = texts(), [solution(name) for name in answers]
    real = transaction.write_whole
    ends = []
    for steps in range(20):
        shutil.rmtree(tito.root)
        shutil.copytree(saved, tito.root)
        os.chdir(tito.root)
        monkeypatch.setattr(transaction, "write_whole", dies_after(steps, real))
        code = tito("workspace", "import", exported)
        monkeypatch.setattr(transaction, "write_whole", real)
        passed = sum(row["passed"] for row in tito.json("module", "list"))
        ends.append((texts(), passed))
        if code == 0:
            break
    assert ends[0] == (old, 0)
    assert ends[-1] == (new, 2)
    assert all(end in ((old, 0), (new, 2)) for end in ends)
    assert len(ends) > 6


def test_export_replaces_no_file_unasked(tito, tmp_path):
    (tmp_path / "there.zip").write_text("x")
    assert tito("workspace", "export", tmp_path / "there.zip") == 2
    assert (tmp_path / "there.zip").read_text() == "x"
    assert tito("workspace", "export", tmp_path / "there.zip", "--force") == 0
    work, _ = import_archive((tmp_path / "there.zip").read_bytes(), library.chapters())
    assert work == Work(())


def test_what_passed_here_stays_passed():
    one = exercise("tensor_add")
    mine = Record("tensor_add", "newer", one.stub, one.stub_hash, "passed here", None, "2026-01-01T00:00:00Z")
    theirs = Record("tensor_add", "theirs", one.stub, one.stub_hash, None, None, "2026-01-01T00:00:00Z")
    result = changes.merged(Work((mine,)), Work((theirs,)))
    (record,) = result.work.records
    assert (record.text, record.passed) == ("theirs", "passed here")
    assert [version.text for version in result.work.versions] == ["newer"]
