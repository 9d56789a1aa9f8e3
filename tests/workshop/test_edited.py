"""A project that somebody went on with in an editor comes in again: their texts, and all that was kept."""

import json
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_chapter import RIGHT, small_chapter
from works import TEXTS, record, version, zipped

from tinytorch.workshop.archive import FOLDER, export_archive, import_archive
from tinytorch.workshop.project import answer_file, as_bytes, edited, project_files, write_index
from tinytorch.workshop.tito.changes import status_of
from tinytorch.workshop.workspace import MAX_TEXT, InvalidWorkspace, Work, with_texts

CHAPTERS = (small_chapter(),)
STUBS = {one.name: one.stub for one in CHAPTERS[0].exercises}
WORK = Work((record(passed=RIGHT, failed="x"), record("other_book", "é\r\n")), (), (version(),))
MINE = "def __add__(self, other):\n    return 1\n"
ADD, SUM = "answers/01_tensor/tensor_add.py", "answers/01_tensor/tensor_sum.py"
FILES = project_files(WORK, CHAPTERS)


def packed(files, folder=f"{FOLDER}/", *more):
    return zipped(*((folder + path, data) for path, data in files.items()), *more)


def texts(work):
    return {one.exercise: one.text for one in work.records}


def refusal(data):
    with pytest.raises(InvalidWorkspace) as caught:
        import_archive(data, CHAPTERS)
    return str(caught.value)


def test_each_answer_is_a_file_in_its_chapters_folder():
    assert FILES[ADD] == RIGHT.encode()
    assert FILES["answers/other_book.py"] == "é\r\n".encode()
    assert answer_file("tensor_sum", CHAPTERS) == SUM


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(TEXTS, TEXTS)
def test_only_what_was_edited_is_read_again(before, after):
    work = Work((record(text=before),))
    assert edited(work, {ADD: as_bytes(before)}, CHAPTERS) == ({}, [])
    found, _ = edited(work, {ADD: as_bytes(after)}, CHAPTERS)
    assert found == ({} if as_bytes(after) == as_bytes(before) else {"tensor_add": as_bytes(after).decode()})


def test_an_edited_answer_takes_its_records_place_and_is_not_checked_yet():
    work, notes = import_archive(packed({**FILES, ADD: MINE.encode()}), CHAPTERS)
    assert texts(work) == {"tensor_add": MINE, "other_book": "é\r\n"}
    assert work.records[0].passed == RIGHT and work.records[0].status == "todo"
    assert work.versions == WORK.versions and work.records[1] == WORK.records[1]
    assert any("edited: tensor_add." in note for note in notes)
    again = export_archive(work, CHAPTERS)
    assert import_archive(again, CHAPTERS)[0] == work
    with zipfile.ZipFile(BytesIO(again)) as archive:
        assert archive.read(f"{FOLDER}/{ADD}") == MINE.encode()


def test_a_new_answer_stands_on_its_chapters_stub():
    work, _ = import_archive(packed({**FILES, SUM: b"mine\n"}), CHAPTERS)
    new = next(one for one in work.records if one.exercise == "tensor_sum")
    exercise = CHAPTERS[0].exercise("tensor_sum")
    assert (new.text, new.passed, new.failed) == ("mine\n", None, None)
    assert (new.stub, new.stub_hash) == (exercise.stub, exercise.stub_hash)


def test_a_stub_that_nobody_wrote_on_is_no_answer():
    assert import_archive(packed({**FILES, SUM: STUBS["tensor_sum"].encode()}), CHAPTERS)[0] == WORK


def test_an_answer_whose_file_is_gone_is_kept():
    files = {path: data for path, data in FILES.items() if not path.startswith("answers/")}
    assert import_archive(packed(files), CHAPTERS)[0] == WORK


@pytest.mark.parametrize("folder", ["", "my-work-main/", "tinytorch-workspace (1)/", "é/"])
def test_the_folder_may_have_another_name(folder):
    assert import_archive(packed({**FILES, ADD: MINE.encode()}, folder), CHAPTERS)[0].records[0].text == MINE


def test_what_an_operating_system_adds_is_passed_over():
    beside = [("__MACOSX/._tinytorch-workspace", b"x"), (f"{FOLDER}/", b""), (f"{FOLDER}/.DS_Store", b"x")]
    beside += [
        (f"{FOLDER}/answers/01_tensor/._tensor_add.py", b"x"),
        (f"{FOLDER}/answers/__pycache__/a.py", b""),
    ]
    work, notes = import_archive(packed(FILES, f"{FOLDER}/", *beside), CHAPTERS)
    assert work == WORK and not any("Not read" in note for note in notes)


def test_a_file_that_answers_nothing_is_said_not_to_be_read():
    _, notes = import_archive(packed({**FILES, "answers/01_tensor/scratch.py": b"x"}), CHAPTERS)
    assert any("Not read" in note and "answers/01_tensor/scratch.py" in note for note in notes)


def test_in_the_second_format_answers_lie_without_folders():
    old = {**FILES, "answers/tensor_add.py": MINE.encode()}
    del old[ADD]
    index = json.loads(write_index(WORK)) | {"format": 2}
    work, _ = import_archive(packed({**old, "workspace.json": json.dumps(index).encode()}), CHAPTERS)
    assert work.records[0].text == MINE


def test_a_renamed_exercises_edited_answer_moves_with_its_record():
    chapter = small_chapter()
    first = replace(chapter.exercises[0], formerly=("plus",))
    now = (replace(chapter, exercises=(first, *chapter.exercises[1:])),)
    old = Work((record("plus", "before"),))
    work, _ = import_archive(packed({**project_files(old, ()), "answers/plus.py": b"after"}), now)
    assert texts(work) == {"tensor_add": "after"}
    index = write_index(Work(()))
    new, _ = import_archive(packed({"workspace.json": index, "answers/plus.py": b"after"}), now)
    assert texts(new) == {"tensor_add": "after"}


def test_two_files_that_answer_the_same_exercise_are_refused_unless_they_agree():
    copy = "answers/copy/tensor_add.py"
    assert "Keep one of them" in refusal(packed({**FILES, ADD: b"one", copy: b"two"}))
    same = packed({**FILES, ADD: b"one", copy: b"one"})
    assert import_archive(same, CHAPTERS)[0].records[0].text == "one"
    untouched = packed({**FILES, copy: b"two"})
    assert import_archive(untouched, CHAPTERS)[0].records[0].text == "two"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfeh\x00i\x00", "not text in UTF-8"),
        (b"x" * (MAX_TEXT + 1), f"longer than {MAX_TEXT:,} characters"),
    ],
)
def test_a_file_that_holds_no_answer_is_refused_by_name(data, words):
    said = refusal(packed({**FILES, ADD: data}))
    assert "tensor_add" in said and words in said


def test_answers_that_together_unpack_to_too_much_are_refused():
    many = {f"answers/a/e{number}.py": b"\0" * 3_000_000 for number in range(7)}
    assert "unpacks to more" in refusal(packed({**FILES, **many}))


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(st.dictionaries(st.text(max_size=12), st.binary(max_size=12), max_size=4))
def test_whatever_lies_among_the_answers_is_read_or_refused(files):
    try:
        work, _ = import_archive(
            packed(
                {"workspace.json": write_index(WORK)},
                "",
                *((f"answers/{name}.py", data) for name, data in files.items()),
            ),
            CHAPTERS,
        )
    except InvalidWorkspace as error:
        assert str(error)
    else:
        assert work == WORK


def test_texts_from_elsewhere_change_only_what_differs():
    same = with_texts(WORK, {"tensor_add": RIGHT}, "2027-01-01T00:00:00Z", CHAPTERS)
    assert same == WORK
    changed = with_texts(WORK, {"tensor_add": MINE}, "2027-01-01T00:00:00Z", CHAPTERS).records[0]
    assert changed == replace(WORK.records[0], text=MINE, updated="2027-01-01T00:00:00Z")
    for name in ("", "../x", "A", "__proto__"):
        with pytest.raises(InvalidWorkspace):
            with_texts(WORK, {name: "x"}, "2027-01-01T00:00:00Z")


ENDS = (RIGHT + "\n", RIGHT.rstrip(), RIGHT.replace("\n", "\r\n"), "\ufeff" + RIGHT)


@pytest.mark.parametrize("ends", ENDS)
def test_an_answer_that_an_editor_ended_otherwise_still_passes_and_keeps_its_bytes(ends):
    """The page compares texts as they are, and tito as Python reads them: both must say the same."""
    work, _ = import_archive(packed({**FILES, ADD: ends.encode()}), CHAPTERS)
    assert (work.records[0].text, work.records[0].status) == (ends, "passed")
    assert status_of(work.records[0], ends, STUBS["tensor_add"]) == "passed"
    again = export_archive(work, CHAPTERS)
    assert import_archive(again, CHAPTERS)[0] == work
    with zipfile.ZipFile(BytesIO(again)) as archive:
        assert archive.read(f"{FOLDER}/{ADD}") == ends.encode()


def test_a_failure_stays_one_too():
    work = Work((record(text="x", passed=RIGHT, failed="x"),))
    changed = with_texts(work, {"tensor_add": "x\n"}, "2027-01-01T00:00:00Z", CHAPTERS).records[0]
    assert (changed.passed, changed.failed, changed.status) == (RIGHT, "x\n", "failing")
