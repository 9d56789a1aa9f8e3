"""The ways out and in: what comes back is what went out, and what is not ours changes nothing."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from exercise_page import ExercisePage, solution
from visits import Site, Visit, visit

START = "00_start"
NAME = "numel"
INDEX = "tinytorch-workspace/workspace.json"
MINE = "def numel(shape):\n    # mine\n    return 1\n"
MEGABYTE = 2**20


class Panel(ExercisePage):
    """The page with the workspace panel."""

    @property
    def panel(self) -> Any:
        return self.page.locator("[data-workspace]")

    def export(self, form: str = "zip") -> bytes:
        return self.exported(form)[1]

    def exported(self, form: str) -> tuple[str, bytes]:
        """Return the name and the bytes of what comes out of the door."""
        self.panel.locator("select").select_option(form)
        with self.page.expect_download() as download:
            self.panel.locator('button[data-action="export"]').click()
        with open(download.value.path(), "rb") as file:
            return download.value.suggested_filename, file.read()

    def offer(self, name: str, data: bytes) -> str:
        """Choose a file, as the dialog would, and return what the panel says in the end."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, name)
            file.write_bytes(data)
            self.panel.locator('input[type="file"]').set_input_files(file)
            output = self.panel.locator("output[data-result]")
            output.get_by_text("Nothing was changed").or_(output.get_by_text(f"read from {name}")).wait_for()
        return " ".join(output.inner_text().split())


@pytest.fixture(scope="module")
def desk(chromium: Any, site: Site) -> Iterator[Panel]:
    """One page for everything that must change nothing on it."""
    reader = visit(chromium)
    page = Panel(reader, site, START)
    page.write(NAME, MINE)
    page.saved()
    yield page
    reader.context.close()
    assert reader.foreign == []
    assert reader.errors == []


def record(**change: Any) -> dict[str, Any]:
    return {
        "exercise": NAME,
        "text": "def numel(shape):\n    return 2\n",
        "stub": "",
        "stub_hash": "",
        "passed": None,
        "failed": None,
        "updated": "2026-01-01T00:00:00Z",
    } | change


def answers(*records: Any, **change: Any) -> bytes:
    return json.dumps({"format": 1, "book": "tinytorch", "records": list(records)} | change).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def workspace(*records: Any, files: dict[str, bytes] | None = None, **change: Any) -> bytes:
    return zipped({INDEX: answers(*records, **change)} | (files or {}))


ANSWER = f"tinytorch-workspace/answers/{START}/{NAME}.py"


def notebook(texts: dict[str, str]) -> bytes:
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": f"%%exercise {name}\n{text}"}
        for name, text in texts.items()
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def flipped(data: bytes) -> bytes:
    """Turn the bits of one byte in the middle of the first file's data."""
    at = data.index(INDEX.encode()) + len(INDEX) + 20
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def lying(data: bytes) -> bytes:
    """State a size of one byte for what unpacks to much more."""
    at = data.index(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", 1) + data[at + 28 :]


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


BOMB = b"0" * (64 * MEGABYTE)

# what it is: (how it is made, words of the reason)
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a flipped byte": (lambda: flipped(workspace(record())), "damaged"),
    "cut off": (lambda: workspace(record())[:-40], "damaged"),
    "its beginning is missing": (lambda: workspace(record())[40:], "neither a ZIP nor"),
    "larger than 20 MB": (lambda: b"PK" + bytes(21 * MEGABYTE), "a workspace has at most 20"),
    "a bomb as the index": (lambda: zipped({INDEX: BOMB}), "unpacks to more than"),
    "a bomb beside the index": (
        lambda: workspace(record(), files={"tinytorch-workspace/a": BOMB}),
        "unpacks to more than",
    ),
    "a bomb that lies": (lambda: lying(zipped({INDEX: BOMB})), "Nothing was changed"),
    "another ZIP": (lambda: zipped({"holiday.txt": b"sun"}), "not a workspace of this book"),
    "a picture": (png, "neither a ZIP nor"),
    "an empty file": (lambda: b"", "neither a ZIP nor"),
    "only the letters PK": (lambda: b"PK", "damaged"),
    "a path that climbs": (
        lambda: workspace(record(), files={"tinytorch-workspace/../../evil.py": b""}),
        "files that a workspace never has",
    ),
    "an absolute path": (
        lambda: workspace(record(), files={"/etc/passwd": b""}),
        "files that a workspace never has",
    ),
    "another book": (lambda: workspace(record(), book="cookery"), "does not come from this book"),
    "an answer that is no text": (
        lambda: workspace(record(), files={ANSWER: b"\xff\xfed\x00"}),
        f"{ANSWER.partition('/')[2]} is not text in UTF-8",
    ),
    "two answers to one exercise": (
        lambda: workspace(record(), files={ANSWER: b"1", ANSWER.replace("00_start", "copy"): b"2"}),
        "Keep one of them",
    ),
    "a wheel of somebody else": (
        lambda: zipped({"numpy/__init__.py": b"", "numpy-2.dist-info/WHEEL": b""}),
        "not made by this book",
    ),
    "a wheel with a file that climbs": (
        lambda: zipped({"my-1.dist-info/workspace.json": answers(record()), "tinytorch/../../x": b""}),
        "files that a workspace never has",
    ),
    "a notebook that is cut off": (lambda: notebook({NAME: MINE})[:-9], "not JSON"),
    "a notebook of something else": (lambda: notebook({}), "no exercises of this book"),
    "a notebook of strange cells": (
        lambda: json.dumps({"nbformat": 4, "cells": [None, 7, {"cell_type": []}, ["x"]]}).encode(),
        "no exercises of this book",
    ),
    "a giant notebook": (lambda: notebook({NAME: "x" * 21 * MEGABYTE}), "clear the outputs first"),
    "a notebook with an endless answer": (
        lambda: notebook({NAME: "x" * 300_000}),
        "longer than 200,000 characters",
    ),
    "another version": (lambda: workspace(record(), format=4), "another version of this book"),
    "no list": (lambda: workspace(records={}), "no list of answers"),
    "a number for a text": (lambda: workspace(record(text=5)), "text is not text"),
    "a name that climbs": (lambda: workspace(record(exercise="../x")), "cannot be an exercise's name"),
    "the same exercise twice": (lambda: workspace(record(), record()), "the same exercise twice"),
    "an endless answer": (lambda: workspace(record(text="x" * 300_000)), "longer than 200,000 characters"),
    "deep JSON": (lambda: zipped({INDEX: b"[" * 100_000}), "Nothing was changed"),
    "JSON of another kind": (lambda: b'{"hello": "world"}', "not a file of answers"),
    "JSON that is cut off": (lambda: answers(record())[:-9], "not JSON"),
    "JSON of another book": (lambda: answers(record(), book="cookery"), 'another book, "cookery"'),
    "JSON of another version": (lambda: answers(record(), format=4), "another version of the book"),
    "JSON with a number for a text": (lambda: answers(record(text=5)), "expected text, got number"),
    "JSON with a name that climbs": (lambda: answers(record(exercise="__proto__")), "no exercise's name"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_a_workspace_is_refused(desk: Panel, what: str) -> None:
    make, reason = REFUSED[what]
    before = desk.records()
    said = desk.offer("file.zip", make())
    assert reason in said
    assert "Nothing was changed" in said
    assert desk.records() == before
    assert desk.text(NAME) == MINE


def test_after_all_refusals_a_workspace_is_still_read(desk: Panel) -> None:
    said = desk.offer("file.zip", workspace(record()))
    assert said.startswith("1 answer read from file.zip. 1 answer that differed was replaced.")
    assert desk.text(NAME) == record()["text"]
    desk.panel.locator('button[data-action="undo"]').click()
    desk.panel.get_by_text("everything is as it was before").wait_for()
    assert desk.text(NAME) == MINE
    desk.saved()
    assert [kept["text"] for kept in desk.records()] == [MINE]


TELL = """() => {
    const output = document.querySelector("[data-workspace] output[data-result]");
    window.told = [];
    new MutationObserver(() => window.told.push(output.textContent)).observe(output, { childList: true });
}"""


def test_two_files_are_read_one_after_the_other_and_both_are_told(
    reader: Visit, site: Site, tmp_path: Path
) -> None:
    """The second is chosen while Python is still being loaded for the first."""
    page = Panel(reader, site, START)
    page.page.evaluate(TELL)
    for number in ("1", "2"):
        file = tmp_path / f"{number}.zip"
        file.write_bytes(workspace(record(text=f"def numel(shape):\n    return {number}\n")))
        page.panel.locator('input[type="file"]').set_input_files(file)
    page.panel.get_by_text("read from 2.zip").wait_for()
    beginnings = [told.partition(".zip")[0] for told in page.page.evaluate("window.told")]
    assert beginnings == ["Reading 1", "1 answer read from 1", "Reading 2", "1 answer read from 2"]
    assert page.text(NAME) == "def numel(shape):\n    return 2\n"
    assert ("import", "def numel(shape):\n    return 1\n", None) in page.versions(NAME)


HOSTILE = "<img src=x onerror='window.hacked = 1'><script>window.hacked = 1</script></textarea></pre>"


@pytest.mark.parametrize("pack", [workspace, answers])
def test_hostile_text_is_text(reader: Visit, site: Site, pack: Callable[..., bytes]) -> None:
    page = Panel(reader, site, START)
    unknown = record(exercise="no_such_exercise", text=HOSTILE)
    said = page.offer(f"{HOSTILE[:38]}.zip", pack(record(text=HOSTILE, stub="<b>", stub_hash="x"), unknown))
    assert "2 answers read from <img" in said
    page.saved()
    page.open()
    assert page.text(NAME) == HOSTILE
    assert HOSTILE in page.editor(NAME).inner_text()
    assert page.page.evaluate("window.hacked") is None
    assert page.page.locator("main img[src=x]").count() == 0


ODD = "def numel(shape):\r\n    # naïve 明日 🐍 \u2028 \\r\\n \x00? \t tab\r\n    return '''\r\n'''\n\n\n"


def test_what_went_out_comes_back_byte_for_byte(
    reader: Visit, chromium: Any, site: Site, plain_site: Site
) -> None:
    """Line ends and letters of all kinds, into a browser that has never been here."""
    page = Panel(reader, site, START)
    passed = solution(NAME, START)
    page.put(record(text=ODD, stub="an old\r\nstub", passed=passed, failed=ODD + " "))
    page.put(record(exercise="of_an_older_book", text="é\ud7ff"))
    page.open()
    before = page.records()
    data = page.export()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.read(f"tinytorch-workspace/answers/{START}/{NAME}.py").decode() == ODD
        assert "count *= size" in archive.read("tinytorch-workspace/tinytorch/core/shapes.py").decode()

    elsewhere = visit(chromium)
    other = Panel(elsewhere, plain_site, START)
    assert "2 answers read from" in other.offer("tinytorch-workspace.zip", data)
    other.stored("records => records.length === 2")
    assert other.records() == before
    other.open()
    assert other.export() == data
    other.passes(NAME)
    elsewhere.context.close()
    assert elsewhere.errors == []
    assert elsewhere.foreign == []


@pytest.fixture(scope="module")
def full(chromium: Any, site: Site) -> Iterator[Panel]:
    """A page of somebody who has written odd things, passed one check, and edited and replied.

    Who changes what is there comes last.
    """
    reader = visit(chromium)
    page = Panel(reader, site, START)
    page.passes(NAME)
    page.write(NAME, MINE)
    assert page.check(NAME) == "failed"
    page.saved()
    page.put(record(text=ODD, passed=solution(NAME, START), failed=MINE))
    page.put(record(exercise="of_an_older_book", text="é\ud7ff\f\r\t no end"))
    page.put(record(exercise="tensor_add", text="", passed=solution("tensor_add")))
    page.open()
    question = page.page.locator('[data-question]:has(input[type="radio"])').first
    question.locator('input[type="radio"]').first.check()
    question.locator('[data-action="answer"]').click()
    question.locator("[data-outcome] .tt-verdict").wait_for()
    yield page
    reader.context.close()
    assert reader.foreign == []
    assert reader.errors == []


def contents(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


NOTEBOOK = f"notebook:{START}"


def test_what_went_out_into_an_empty_browser_goes_out_from_there_the_same(
    full: Panel, chromium: Any, site: Site
) -> None:
    """A wheel brings all of the work, a notebook that of its chapter."""
    out = {form: full.exported(form) for form in ("zip", "wheel", NOTEBOOK)}
    assert [Path(name).suffix for name, _ in out.values()] == [".zip", ".whl", ".ipynb"]
    for form, again, count in (("wheel", tuple(out), "3 answers"), (NOTEBOOK, (NOTEBOOK,), "1 answer")):
        elsewhere = visit(chromium)
        other = Panel(elsewhere, site, START)
        assert other.offer("a_file", out[form][1]).startswith(f"{count} read from a_file.")
        other.open()
        assert {one: other.exported(one) for one in again} == {one: out[one] for one in again}
        kept = [one for one in full.records() if form == "wheel" or one["exercise"] == NAME]
        assert other.records() == kept
        if form == "wheel":
            assert other.versions(NAME) == full.versions(NAME) != []
        elsewhere.context.close()
        assert elsewhere.errors == []
        assert elsewhere.foreign == []


def test_the_wheel_is_the_readers_package_and_the_notebook_has_their_answers(full: Panel, site: Site) -> None:
    name, data = full.exported("wheel")
    inside = contents(data)
    assert (
        name.startswith("my_tinytorch-")
        and f"{name.removesuffix('-py3-none-any.whl')}.dist-info/RECORD" in inside
    )
    assert "count *= size" in inside["tinytorch/core/shapes.py"].decode()
    there = json.loads(full.export(f"notebook:{START}"))
    sources = [cell["source"] for cell in there["cells"]]
    assert f"{site.url}wheels/tinytorch-" in sources[0]
    assert f"%%exercise {NAME}\n{ODD}" in sources


def test_what_was_written_in_an_editor_or_a_notebook_comes_in(full: Panel) -> None:
    page = full
    before = page.versions(NAME)
    mine = MINE.replace("mine", "of an editor")
    edited = contents(page.export()) | {ANSWER: mine.encode()}
    said = page.offer("edited.zip", zipped(edited))
    assert "1 answer that differed was replaced." in said
    assert f"Taken from files in answers/ that were edited: {NAME}." in said
    assert page.text(NAME) == mine
    assert ("import", ODD, None) in page.versions(NAME)
    assert page.section(NAME).get_attribute("data-status") == "todo", "nobody has checked it yet"
    ended = solution(NAME, START) + "\n"
    page.offer("ended.zip", zipped(edited | {ANSWER: ended.encode()}))
    assert page.text(NAME) == ended
    assert page.section(NAME).get_attribute("data-status") == "passed", "as tito counts it"
    page.offer("edited.zip", zipped(edited))
    other = MINE.replace("mine", "of a notebook")
    assert "1 answer read from" in page.offer("00_start.ipynb", notebook({NAME: other}))
    assert page.text(NAME) == other
    page.panel.locator('button[data-action="undo"]').click()
    page.panel.get_by_text("everything is as it was before").wait_for()
    assert page.text(NAME) == mine
    assert len(page.versions(NAME)) > len(before)


def test_a_notebook_that_cannot_be_had_is_said_to_be_missing(reader: Visit, site: Site) -> None:
    page = Panel(reader, site, START)
    reader.context.route("**/lite/files/*", lambda route: route.abort())
    page.panel.locator("select").select_option(f"notebook:{START}")
    page.panel.locator('button[data-action="export"]').click()
    page.panel.get_by_text("could not be downloaded. Nothing was exported.").wait_for()
    page.panel.locator("select").select_option("zip")
    assert page.export()[:2] == b"PK", "the other doors are open"


def test_export_is_chosen_and_pressed_by_keyboard(reader: Visit, site: Site) -> None:
    page = Panel(reader, site, START)
    choice = page.panel.get_by_label("Export as")
    choice.focus()
    page.page.keyboard.press("ArrowDown")
    assert choice.input_value() == "wheel"
    page.page.keyboard.press("Tab")
    with page.page.expect_download() as download:
        page.page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".whl")
