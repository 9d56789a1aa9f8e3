"""The wheel: as the packaging specifications want it, the same each time, and a copy of the work, too.

That pip installs it, and takes it away again, is shown in test_installed.py.
"""

import base64
import csv
import hashlib
import io
import re
import zipfile
from dataclasses import replace
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from small_chapter import RIGHT, small_chapter
from works import WORKS, record, version, zipped

from tinytorch.workshop import wheel
from tinytorch.workshop.archive import import_archive
from tinytorch.workshop.wheel import export_wheel
from tinytorch.workshop.workspace import InvalidWorkspace, Work

CHAPTERS = (small_chapter(),)
MINE = "# made by a learner\n" + RIGHT
WORK = Work((record(text="half", passed=MINE),), (), (version(),))
NAME, WHEEL = export_wheel(WORK, CHAPTERS)


def contents(data=WHEEL):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def folder():
    return next(name for name in contents() if name.endswith("/WHEEL")).removesuffix("WHEEL")


def refusal(data):
    with pytest.raises(InvalidWorkspace) as caught:
        import_archive(data, CHAPTERS)
    return str(caught.value)


def test_it_is_named_as_pip_reads_it():
    found = re.fullmatch(r"my_tinytorch-([a-z0-9.+]+)-py3-none-any\.whl", NAME)
    assert found is not None and folder() == f"my_tinytorch-{found[1]}.dist-info/"
    metadata = BytesParser().parsebytes(contents()[folder() + "METADATA"])
    assert (metadata["Name"], metadata["Version"]) == ("my-tinytorch", found[1])
    assert metadata.get_all("Requires-Dist") == ["numpy>=2.0", "pytest>=9.0; extra == 'checks'"]
    assert "tinytorch.core.tensor:Tensor.__add__" in metadata.get_payload()


def test_the_record_lists_every_file_with_its_hash_and_size():
    files = contents()
    rows = list(csv.reader(io.StringIO(files[folder() + "RECORD"].decode())))
    assert [path for path, _, _ in rows] == list(files)
    for path, digest, size in rows[:-1]:
        found = base64.urlsafe_b64encode(hashlib.sha256(files[path]).digest()).rstrip(b"=").decode()
        assert (digest, size) == (f"sha256={found}", str(len(files[path])))
    assert rows[-1] == [folder() + "RECORD", "", ""]


def test_it_holds_the_package_of_what_passed():
    files = contents()
    assert "# made by a learner" in files["tinytorch/core/tensor.py"].decode()
    assert {"tinytorch/__init__.py", "tinytorch/py.typed", "tinytorch/data/files/tinydigits.npz"} < {*files}
    assert {name.partition("/")[0] for name in files} == {"tinytorch", folder().rstrip("/")}


def test_another_answer_is_another_version_and_the_same_work_the_same_bytes():
    assert export_wheel(WORK, CHAPTERS) == (NAME, WHEEL)
    other = Work((replace(WORK.records[0], passed=MINE.replace("a learner", "another")),))
    assert export_wheel(other, CHAPTERS)[0] != NAME


def test_another_book_under_the_same_answers_is_another_version(monkeypatch):
    before = wheel.assembled
    monkeypatch.setattr(wheel, "assembled", lambda texts: before(texts) | {"tinytorch/py.typed": b"new"})
    assert export_wheel(WORK, CHAPTERS)[0] != NAME


@settings(derandomize=True, deadline=None, max_examples=15, database=None)
@given(WORKS)
def test_what_went_out_comes_in_again_and_the_next_wheel_is_the_same(work):
    name, data = export_wheel(work, CHAPTERS)
    found, _ = import_archive(data, CHAPTERS)
    assert found == work
    assert export_wheel(found, CHAPTERS) == (name, data)


def repacked(change):
    """The wheel with some files changed, added, or, where there is None, left out."""
    files = contents() | change
    return zipped(*((name, data) for name, data in files.items() if data is not None))


FOREIGN = {
    "of somebody else": (repacked({folder() + "workspace.json": None}), "not made by this book"),
    "of another book": (
        repacked({folder() + "workspace.json": b'{"format": 3, "book": "cookery", "records": []}'}),
        "does not come from this book",
    ),
    "with a file that climbs": (repacked({"tinytorch/../../evil.py": b""}), "never has"),
    "with another package": (repacked({"numpy/__init__.py": b""}), "never has"),
    "with a path file": (repacked({"evil.pth": b"import os"}), "never has"),
    "with two works": (repacked({"other-1.dist-info/workspace.json": b"{}"}), "never has"),
    "with a bomb": (repacked({"tinytorch/a": b"0" * (64 * 2**20)}), "unpacks to more than"),
    "cut off": (WHEEL[:-50], "damaged"),
    "without its beginning": (WHEEL[50:], "neither a ZIP nor"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_wheel_that_is_not_one_of_ours_is_refused(what):
    data, words = FOREIGN[what]
    assert words in refusal(data)
