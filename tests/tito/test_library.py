"""The shelf: what the book gives natively, from the full wheel or a checkout, and words where it is not."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from lite.runtime.datasets import split
from tinytorch.workshop import curriculum, library

ROOT = Path(__file__).parents[2]
SHELF = "tinytorch/workshop/shelf/"


def only_wheel(folder: str) -> Path:
    (wheel,) = (ROOT / "build" / folder).glob("tinytorch-*.whl")
    return wheel


@pytest.fixture
def unpacked(tmp_path):
    with zipfile.ZipFile(only_wheel("wheels")) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "tinytorch" / "workshop"


def test_the_checkout_has_every_written_chapter_and_its_notebook():
    names = [chapter.name for chapter in library.chapters()]
    assert names == [module.name for module in curriculum.written()]
    assert all(library.notebook(name)["nbformat"] == 4 for name in names)


def test_the_full_wheel_has_what_the_checkout_has(unpacked):
    shelf, checkout = library.find_shelf(unpacked), library.find_shelf()
    assert shelf.chapters == unpacked / "shelf" / "chapters"
    for kind, pattern in (("chapters", "[0-9]*.json"), ("notebooks", "*.ipynb"), ("milestones", "[0-9]*.py")):
        theirs, ours = (
            {file.name: file.read_text() for file in getattr(place, kind).glob(pattern)}
            for place in (shelf, checkout)
        )
        assert theirs == ours, kind


def test_the_browsers_wheel_has_no_shelf_and_no_tito(tmp_path):
    with zipfile.ZipFile(only_wheel("wheel")) as archive:
        assert not [name for name in archive.namelist() if name.startswith(SHELF)]
    split(only_wheel("wheels"), tmp_path / "slim.whl", tmp_path / "data")
    with zipfile.ZipFile(tmp_path / "slim.whl") as archive:
        names = archive.namelist()
    assert not [name for name in names if name.startswith((SHELF, "tinytorch/workshop/tito/"))]
    assert "tinytorch/workshop/service.py" in names


def test_a_package_without_its_book_says_where_to_get_it(tmp_path):
    alone = tmp_path / "site-packages" / "tinytorch" / "workshop"
    with pytest.raises(library.NotOnShelf, match="wheel that the book's site offers"):
        library.find_shelf(alone)


def test_a_checkout_that_is_not_built_says_what_to_run(tmp_path):
    (tmp_path / "exercises").mkdir()
    with pytest.raises(library.NotOnShelf, match="make site"):
        library.find_shelf(tmp_path / "tinytorch" / "workshop")


def test_unknown_names_are_told_what_there_is(monkeypatch, tmp_path):
    with pytest.raises(library.NotOnShelf, match="01_tensor"):
        library.notebook("../chapters/index")
    (tmp_path / "1901_radio.py").write_text("x = 1\n")
    monkeypatch.setattr(library, "find_shelf", lambda: library.Shelf(*[tmp_path] * 4))
    assert library.milestone_source(1901) == "x = 1\n"
    with pytest.raises(library.NotOnShelf, match=r"no milestone 1066\. It has .*1901"):
        library.milestone_source(1066)


def test_the_site_offers_the_full_wheel():
    (wheel,) = (ROOT / "build" / "site" / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        index = json.loads(archive.read(SHELF + "chapters/index.json"))
    assert len(index["chapters"]) == len(curriculum.written())
    page = ROOT / "build" / "site" / "native.html"
    (link,) = re.findall(r'href="([^"]*\.whl)"', page.read_text(encoding="utf-8"))
    assert page.parent / link == wheel
