"""The archive: what goes out comes in again byte for byte, and whatever else comes in is refused whole."""

import contextlib
import io
import json
import os
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zipfile
from dataclasses import asdict, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_chapter import RIGHT, body, small_chapter

from tinytorch.workshop.archive import FOLDER, MAX_BYTES, export_archive, import_archive
from tinytorch.workshop.fresh import module_file
from tinytorch.workshop.workspace import (
    MAX_RECORDS,
    MAX_TEXT,
    MAX_VERSIONS,
    InvalidWorkspace,
    Record,
    Reply,
    Version,
    Work,
    read_records,
)

CHAPTERS = (small_chapter(),)
INDEX = f"{FOLDER}/workspace.json"
WHEN = "2026-01-02T03:04:05.678Z"


def record(name="tensor_add", text=RIGHT, passed=None, failed=None, **more):
    return Record(name, text, "def stub(): ...\n", "0" * 16, passed, failed, more.get("updated", WHEN))


def version(exercise="tensor_add", text="an earlier text", happened="checked", outcome="failed", saved=WHEN):
    return Version(exercise, text, happened, outcome, saved)


MINE = Work(
    (record(passed=RIGHT), record("tensor_sum", "half é\r\n\t'''", failed="x"), record("other_book", "")),
    (Reply("batch_bytes", "1 500"), Reply("which_axis", "0")),
    (version(), version(text="later\r\n", happened="reset", outcome=None), version("other_book", "\ud800")),
)
GOOD = export_archive(MINE, CHAPTERS)


def index(**changes):
    data = {"format": 3, "book": "tinytorch", "version": "0.1.0", **asdict(MINE)}
    return json.dumps({**data, **changes}).encode()


def zipped(*entries):
    """Make a ZIP of (name or ZipInfo, bytes) pairs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def refusal(data):
    with pytest.raises(InvalidWorkspace) as caught:
        import_archive(data, CHAPTERS)
    assert str(caught.value).strip()
    return str(caught.value)


TEXTS = st.text(st.characters(), max_size=80) | st.sampled_from(
    ["", "\r\n", "\0", '"""', "\\", "\ud800", "\u2028", RIGHT]
)
RECORDS = st.builds(
    Record,
    st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True),
    TEXTS,
    TEXTS,
    TEXTS,
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.datetimes().map(lambda when: when.isoformat()),
)


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
DATES = st.datetimes().map(lambda when: when.isoformat())
VERSIONS = st.builds(Version, NAMES, TEXTS, NAMES, st.sampled_from([None, "passed", "timeout"]), DATES)


@settings(derandomize=True, deadline=None, max_examples=60, database=None)
@given(
    st.lists(RECORDS, max_size=4, unique_by=lambda one: one.exercise),
    st.lists(st.builds(Reply, NAMES, TEXTS), max_size=4, unique_by=lambda one: one.question),
    st.lists(VERSIONS, max_size=4),
)
def test_export_then_import_loses_nothing(records, replies, versions):
    work = Work(tuple(records), tuple(replies), tuple(versions))
    found, _ = import_archive(export_archive(work, CHAPTERS), CHAPTERS)
    assert found == work


def test_the_same_work_makes_the_same_bytes():
    assert export_archive(MINE, CHAPTERS) == GOOD == export_archive(MINE, list(CHAPTERS))


def test_an_archive_of_the_first_format_holds_answers_alone_and_is_still_read():
    first = {"format": 1, "book": "tinytorch", "version": "0.1.0", "records": asdict(MINE)["records"]}
    for data in (json.dumps(first).encode(), zipped((INDEX, json.dumps(first).encode()))):
        assert import_archive(data, CHAPTERS)[0] == Work(MINE.records)


def test_the_index_alone_can_be_imported_too():
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        assert import_archive(archive.read(INDEX), CHAPTERS)[0] == MINE


def test_answers_of_exercises_that_are_not_in_the_book_are_kept_with_a_note():
    _, notes = import_archive(GOOD, CHAPTERS)
    assert len(notes) == 1 and "other_book" in notes[0]
    assert import_archive(GOOD)[1] == []


@pytest.mark.parametrize("passed", ["def add(self): pass\n", "(", "\ud800", body("break")])
def test_an_answer_that_no_longer_fits_does_not_stop_the_export(passed):
    records = (record(passed=passed), record("tensor_sum", passed=CHAPTERS[0].exercises[1].solution))
    data = export_archive(Work(records), CHAPTERS)
    assert import_archive(data, CHAPTERS)[0].records == records
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        readme = archive.read(f"{FOLDER}/README.md").decode()
    assert "Tensor.sum" in readme and "Tensor.__add__" not in readme


def test_files_can_be_read_by_whoever_unpacks_them_and_are_compressed():
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        infos = archive.infolist()
    assert {info.external_attr >> 16 for info in infos} == {0o644}
    assert {info.create_system for info in infos} == {3}
    texts = [info for info in infos if info.filename.endswith(".py")]
    assert sum(info.compress_size for info in texts) < sum(info.file_size for info in texts) / 2


def test_the_datasets_that_are_here_come_along():
    """Its checks read them."""
    digits = module_file("tinytorch.data").parent / "files/tinydigits.npz"
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        packed = archive.read("tinytorch-workspace/tinytorch/data/files/tinydigits.npz")
    assert packed == digits.read_bytes()


def test_an_exported_project_runs_its_own_tests_on_its_own_package(tmp_path):
    text = "# made by a learner\n" + RIGHT
    data = export_archive(Work((record(text=text, passed=text),)), CHAPTERS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    project = tmp_path / FOLDER
    assert "# made by a learner" in (project / "tinytorch/core/tensor.py").read_text()
    assert (project / "answers/01_tensor/tensor_add.py").read_text() == text
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))
    }
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # what changes within a second must be compiled again

    def run(*arguments):
        command = [sys.executable, "-P", *arguments]
        return subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, timeout=120
        )

    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0 and "5 passed" in done.stdout, done.stdout + done.stderr
    core = project / "tinytorch/core/tensor.py"
    core.write_text(core.read_text().replace("return Tensor(a + b)", "return Tensor(a - b)"))
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 1 and "4 failed, 1 passed" in done.stdout, done.stdout + done.stderr


# Damage


@settings(derandomize=True, deadline=None, max_examples=400, database=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_flipped_bytes_are_refused_or_harmless(flips):
    data = bytearray(GOOD)
    for place, byte in flips:
        data[place] = byte
    with contextlib.suppress(InvalidWorkspace):
        assert import_archive(bytes(data), CHAPTERS)[0] == MINE


DIRECTORY = GOOD.index(b"PK\x01\x02")


@settings(derandomize=True, deadline=None, max_examples=400, database=None)
@given(st.integers(DIRECTORY, len(GOOD) - 1) | st.integers(0, 120), st.binary(min_size=1, max_size=8))
def test_a_damaged_directory_is_refused_or_harmless(place, garbage):
    data = GOOD[:place] + garbage + GOOD[place + len(garbage) :]
    with contextlib.suppress(InvalidWorkspace):
        assert import_archive(data, CHAPTERS)[0] == MINE


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(st.integers(0, len(GOOD) - 1), st.booleans())
def test_a_truncated_file_is_refused(length, front):
    refusal(GOOD[:length] if front else GOOD[len(GOOD) - length :][: len(GOOD) - 30])


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"PK", b"PK\x03\x04", b"PK\x05\x06", b"[", b"{", b"\xff\xfe"]),
)
def test_arbitrary_bytes_are_refused(data, start):
    refusal(start + data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(JSON, st.sampled_from(["records", "questions", "versions", "format", "book", None]))
def test_arbitrary_json_is_refused(value, place):
    assume(value not in ([], 1, 2, "tinytorch"))
    refusal(json.dumps(value).encode() if place is None else index(**{place: value}))


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(JSON, st.sampled_from([*Record.__dataclass_fields__, "extra"]))
def test_a_record_with_a_wrong_field_is_refused(value, field):
    assume(not isinstance(value, str) and not (value is None and field in ("passed", "failed")))
    good = asdict(record())
    refusal(index(records=[{**good, field: value}]))


@pytest.mark.parametrize("field", list(Record.__dataclass_fields__))
def test_a_record_without_a_field_is_refused(field):
    data = asdict(record())
    del data[field]
    refusal(index(records=[data]))


PARTS = {"versions": (version(), ("outcome",)), "questions": (Reply("batch_bytes", "1"), ())}


@pytest.mark.parametrize("part", PARTS)
@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(st.data())
def test_a_version_or_reply_with_a_wrong_field_is_refused(part, data):
    good, optional = PARTS[part]
    field = data.draw(st.sampled_from([*asdict(good), "extra"]))
    value = data.draw(JSON)
    assume(not isinstance(value, str) and not (value is None and field in optional))
    refusal(index(**{part: [{**asdict(good), field: value}]}))


@pytest.mark.parametrize("part", PARTS)
def test_a_version_or_reply_without_a_field_is_refused(part):
    good, _ = PARTS[part]
    for field in asdict(good):
        data = asdict(good)
        del data[field]
        refusal(index(**{part: [data]}))


# Attacks


@pytest.mark.parametrize(
    ("part", "items"),
    [
        ("versions", [asdict(version(text=""))] * (MAX_VERSIONS + 1)),
        ("versions", [asdict(version(text="x" * (MAX_TEXT + 1)))]),
        ("versions", [asdict(version("../../etc/passwd"))]),
        ("versions", [asdict(version("__proto__"))]),
        ("versions", [asdict(version(happened="<b>"))]),
        ("versions", [asdict(version(happened=""))]),
        ("versions", [asdict(version(outcome="won"))]),
        ("versions", [asdict(version(saved="yesterday"))]),
        ("versions", {"0": asdict(version())}),
        ("versions", None),
        ("questions", [asdict(Reply(f"q{number}", "1")) for number in range(MAX_RECORDS + 1)]),
        ("questions", [asdict(Reply("q", "x" * (MAX_TEXT + 1)))]),
        ("questions", [asdict(Reply("q", "1")), asdict(Reply("q", "2"))]),
        ("questions", [asdict(Reply("../q", "1"))]),
        ("questions", "all right"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_versions_and_replies_that_no_workspace_holds_are_refused(part, items):
    refusal(index(**{part: items}))


def test_a_file_that_is_too_large_is_refused_unread():
    assert "larger than 20 MB" in refusal(GOOD + b"\0" * MAX_BYTES)


@pytest.mark.parametrize(
    "records",
    [
        [asdict(record(f"e{number}")) for number in range(MAX_RECORDS + 1)],
        [{}] * 1_000_000,
        [asdict(record(text="x" * (MAX_TEXT + 1)))],
        [asdict(record(passed="x" * (MAX_TEXT + 1)))],
        [asdict(record("a")), asdict(record("a"))],
        [asdict(record("../../etc/passwd"))],
        [asdict(record("A"))],
        [asdict(record("a" * 100))],
        [asdict(record("a\n"))],
        [asdict(record(""))],
        [asdict(record(updated="yesterday"))],
        [asdict(record(updated=""))],
        {"0": asdict(record())},
        None,
    ],
    ids=lambda records: str(records)[:30],
)
def test_records_that_no_workspace_holds_are_refused(records):
    refusal(index(records=records))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"format": 1, "book": "tinytorch", "records": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"format": NaN, "book": "tinytorch", "records": []}',
        b'{"format": 1' + b"0" * 100_000 + b', "book": "tinytorch", "records": []}',
        b'{"format": 1e999, "book": "tinytorch", "records": []}',
        b'{"format": 0, "book": "tinytorch", "records": []}',
        b'{"format": 4, "book": "tinytorch", "records": []}',
        b'{"format": 3, "book": "tinytorch", "records": [], "versions": null}',
        b'{"format": "1", "book": "tinytorch", "records": []}',
        b'{"format": 1, "book": "another", "records": []}',
        b'{"format": 1, "records": []}',
        b'{"format": 1, "book": "tinytorch"}',
        b"\xff\xfe\xfa",
        b"\x80abc",
    ],
    ids=lambda data: data[:24].decode("latin-1"),
)
def test_json_that_is_no_workspace_is_refused(data):
    refusal(data)


def link():
    info = zipfile.ZipInfo(INDEX)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


FOREIGN = {
    "no index": zipped(("readme.txt", b"hello")),
    "empty": zipped(),
    "the index elsewhere": zipped(("a/b/workspace.json", index())),
    "a folder named like the index": zipped((INDEX + "/", b"")),
    "a path that climbs": zipped((INDEX, index()), (f"{FOLDER}/../../evil", b"x")),
    "an absolute path": zipped((INDEX, index()), ("/etc/passwd", b"x")),
    "a path of Windows": zipped((INDEX, index()), (f"{FOLDER}\\..\\evil", b"x")),
    "a drive": zipped((INDEX, index()), ("C:/evil", b"x")),
    "a file beside": zipped((INDEX, index()), ("other/file", b"x")),
    "two indexes": zipped((INDEX, index(records=[])), (INDEX, index())),
    "a file twice": zipped((INDEX, index()), (f"{FOLDER}/a", b"1"), (f"{FOLDER}/a", b"2")),
    "a link": zipped((link(), b"/etc/passwd")),
    "an index that is no JSON": zipped((INDEX, b"\x00\x01")),
    "an index that is a ZIP": zipped((INDEX, GOOD)),
    "another book": zipped((INDEX, index(book="another"))),
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
def test_a_zip_that_was_not_made_here_is_refused(data):
    refusal(data)


def test_an_encrypted_index_is_refused():
    data = bytearray(zipped((INDEX, index())))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    refusal(bytes(data))


def lying(data, size):
    """Let the ZIP's directory and header state another unpacked size of its first file."""
    data = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, size)
    return bytes(data)


BOMBS = {
    "honest": zipped((INDEX, b" " * (100 * 1024**2))),
    "lying": lying(zipped((INDEX, b" " * (100 * 1024**2))), 1000),
    "lying a little": lying(zipped((INDEX, index() + b" " * (100 * 1024**2))), len(index())),
    "many": zipped((INDEX, index()), *((f"{FOLDER}/{i}", b"\0" * (5 * 1024**2)) for i in range(5))),
    "nested": zipped((INDEX, zipped((INDEX, b" " * (100 * 1024**2))))),
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_without_unpacking_it(data):
    assert len(data) < MAX_BYTES
    tracemalloc.start()
    try:
        refusal(data)
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_BYTES
    finally:
        tracemalloc.stop()


# Records


def test_status_follows_from_the_texts():
    assert record(text="a", passed="a").status == "passed"
    assert record(text="b", passed="a", failed="b").status == "failing"
    assert record(text="c", passed="a", failed="b").status == "todo"


def with_former_names(**formerly):
    chapter = small_chapter()
    changed = [replace(one, formerly=formerly.get(one.name, ())) for one in chapter.exercises]
    return [replace(chapter, exercises=tuple(changed))]


def test_a_renamed_exercise_keeps_its_answer_and_its_versions():
    data = export_archive(Work((record("plus", "mine"),), (), (version("plus"), version("minus"))), [])
    work, notes = import_archive(data, with_former_names(tensor_add=("plus", "add")))
    assert ([(one.exercise, one.text) for one in work.records], notes) == ([("tensor_add", "mine")], [])
    assert [one.exercise for one in work.versions] == ["tensor_add", "minus"]


@pytest.mark.parametrize("names", [("plus", "tensor_add"), ("tensor_add", "plus"), ("plus", "add")])
def test_a_rename_never_makes_two_answers_of_one_name(names):
    records = tuple(record(name, f"text of {name}") for name in names)
    data = export_archive(Work(records), [])
    found = import_archive(data, with_former_names(tensor_add=("plus", "add")))[0].records
    assert [one.text for one in found] == [one.text for one in records]
    assert len({one.exercise for one in found}) == 2
    assert read_records([asdict(one) for one in found]) == found
