"""Nothing is lost: killed browsers, crashed tabs, Reset, tabs deaf to each other, full disks, imports."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import signal
import string
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from exercise_page import ExercisePage, solution
from pages import open_page
from playwright.sync_api import Error
from visits import Site, Visit, visit

ADD, SUM = "tensor_add", "tensor_sum"
NOTE = "def __add__(self, other):\n    # {}\n    return self\n"
NO_CHANNEL = "delete window.BroadcastChannel"


def processes(folder: Path) -> set[int]:
    """Return the browser that has this folder as its profile, and everything it has started."""
    listed = subprocess.check_output(["ps", "-Aww", "-o", "pid=,ppid=,args="], text=True)
    rows = [line.split(None, 2) for line in listed.splitlines()]
    found = {int(row[0]) for row in rows if f"--user-data-dir={folder}" in row[-1]}
    while more := {int(row[0]) for row in rows if int(row[1]) in found} - found:
        found |= more
    return found


class Profile:
    """A browser whose profile outlives it."""

    def __init__(self, chromium: Any, launching: dict[str, Any], folder: Path) -> None:
        self.start = lambda: chromium.browser_type.launch_persistent_context(folder, **launching)
        self.folder = folder
        self.context = self.start()

    def kill(self) -> float:
        """End every process of the browser, without a word to any of them; return when that began."""
        running = processes(self.folder)
        assert len(running) > 2, "the browser and its children"
        began = time.monotonic()
        for process in running:
            with contextlib.suppress(ProcessLookupError):  # its parent's end was its own
                os.kill(process, signal.SIGKILL)
        while processes(self.folder):
            time.sleep(0.02)
        # What marks a profile as being in use names a process that is no more, and may come to name another.
        for lock in self.folder.glob("Singleton*"):
            lock.unlink()
        return began

    def page(self, site: Site) -> ExercisePage:
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        return ExercisePage(Visit(self.context, page), site)


@pytest.fixture
def profile(chromium: Any, launching: dict[str, Any], tmp_path: Path) -> Iterator[Profile]:
    profile = Profile(chromium, launching, tmp_path / "profile")
    yield profile
    profile.context.close()


# How long the page itself stood still: on a machine that has other things to do, its last second is longer.
HEARTBEAT = """() => {
    let last = performance.now();
    window.stood = 0;
    setInterval(() => {
        window.stood = Math.max(window.stood, performance.now() - last);
        last = performance.now();
    }, 10);
}"""


def type_without_pause(page: ExercisePage) -> tuple[list[float], float]:
    """Type numbers; return when each of them was in, and for how many seconds the page ever stood still.

    It goes on until 30 of them must be stored: that takes longer where the page stood still.
    """
    page.type(ADD, "def __add__(self, other):\n    #")
    page.page.evaluate(HEARTBEAT)
    typed: list[float] = []
    stood = 0.0
    while len(typed) < 120 or typed[30] > typed[-1] - 1 - stood:
        page.page.keyboard.type(f" {len(typed)}", delay=8)
        stood = page.page.evaluate("window.stood / 1000")
        typed.append(time.monotonic())
    return typed, stood


def numbers(text: str) -> int:
    """Return how many numbers the text holds, which are in order or something is wrong."""
    found = text.partition("#")[2].split()
    complete = [word for at, word in enumerate(found) if word == str(at)]
    assert len(found) - len(complete) <= 1, text
    return len(complete)


@pytest.mark.parametrize("end", ["the browser is killed", "the tab crashes"])
def test_at_most_the_last_second_is_gone(profile: Profile, site: Site, end: str) -> None:
    page = profile.page(site)
    typed, stood = type_without_pause(page)
    if end == "the browser is killed":
        ended = profile.kill()
        profile.context = profile.start()
    else:
        ended = time.monotonic()
        with page.page.expect_event("crash"), contextlib.suppress(Error):
            page.page.goto("chrome://crash")
    safe = sum(moment <= ended - 1 - stood for moment in typed)
    kept = numbers(profile.page(site).text(ADD))
    print(
        f"{end}: {len(typed)} words typed, {len(typed) - kept} lost; the page stood still for {stood:.2f} s"
    )
    assert safe > 20, "enough was typed before the last second"
    assert kept >= safe


def test_a_reload_in_the_middle_of_a_word_loses_no_letter(reader: Visit, site: Site) -> None:
    page = ExercisePage(reader, site)
    page.type(ADD, NOTE.format("all of it"))
    page.open()
    page.type(ADD, NOTE.format("and this"))
    page.page.reload()
    page.page.evaluate("tinytorch.ready()")
    assert page.text(ADD) == NOTE.format("and this")


# Versions


def versions_of(page: ExercisePage) -> Any:
    return page.section(ADD).locator('[data-role="versions"]')


def test_versions_are_kept_shown_and_restored_by_keyboard(reader: Visit, site: Site) -> None:
    """Through a check, Reset, and a reload: Undo is gone with the page, the version is not."""
    page = ExercisePage(reader, site)
    page.passes(ADD)
    good = solution(ADD)
    page.write(ADD, NOTE.format("another idea"))
    page.press(ADD, "reset")
    stub = page.text(ADD)
    page.saved()
    page.open()
    assert page.text(ADD) == stub
    assert page.section(ADD).get_attribute("data-status") == "todo"

    opener = page.button(ADD, "versions")
    assert opener.get_attribute("aria-expanded") == "false"
    opener.focus()
    page.page.keyboard.press("Enter")
    rows = versions_of(page).locator("li")
    rows.first.wait_for()
    assert opener.get_attribute("aria-expanded") == "true"
    assert rows.locator(".tt-happened").all_inner_texts() == ["Before Reset", "Checked: passed"]

    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    restore = rows.nth(1).get_by_role("button", name="Restore the version of")
    restore.wait_for()
    assert "return" in rows.nth(1).locator("ins").last.inner_text()
    assert "raise NotImplementedError" in rows.nth(1).locator("del").last.inner_text()
    page.page.keyboard.press("Tab")  # the difference can be scrolled
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    page.section(ADD).get_by_text(" is back.").wait_for()
    assert page.text(ADD) == good
    assert page.section(ADD).get_attribute("data-status") == "passed"
    assert page.page.evaluate("document.activeElement.dataset.action") == "versions"

    page.write(ADD, NOTE.format("after the restore"))
    page.section(ADD).get_by_role("button", name="Undo").click()
    assert page.text(ADD) == stub
    page.press(ADD, "versions")
    rows.first.wait_for()
    assert "Before an undo" in rows.first.inner_text(), "what Undo replaced is no less safe"


def test_a_full_disk_costs_versions_and_not_the_answer(reader: Visit, site: Site) -> None:
    """The browser's own limit for this site, and versions that fill it to the brim."""
    reader.page.goto(site.url)
    origin = reader.page.evaluate("location.origin")
    limit = {"origin": origin, "quotaSize": 3_000_000}
    reader.context.new_cdp_session(reader.page).send("Storage.overrideQuotaForOrigin", limit)
    page = ExercisePage(reader, site)
    page.write(ADD, NOTE.format("before"))
    page.saved()
    filled = page.page.evaluate(FILL, ADD)
    assert filled > 5
    long = NOTE.format("é明" * 60_000)
    page.write(ADD, long)
    page.stored("records => records.some(({ text }) => text.length > 100000)")
    page.open()
    assert page.text(ADD) == long
    assert 0 < len(page.versions(ADD)) < filled


# Versions of 150 kB each, behind the page's back, until the browser refuses one more.
FILL = """async (exercise) => {
    const config = JSON.parse(document.getElementById("tinytorch-config").textContent);
    const database = await new Promise((resolve) => {
        const asked = indexedDB.open(config.book);
        asked.onsuccess = () => resolve(asked.result);
    });
    for (let at = 0; at < 100; at += 1) {
        const letters = Array.from({ length: 150_000 }, () => String.fromCharCode(33 + Math.random() * 90));
        const transaction = database.transaction("versions", "readwrite");
        transaction.objectStore("versions").add({
            exercise, text: letters.join(""), happened: "pause", outcome: null,
            saved: new Date(1e12 + at * 6e4).toISOString(),
        });
        const refused = await new Promise((resolve) => {
            transaction.oncomplete = () => resolve(false);
            transaction.onabort = () => resolve(true);
        });
        if (refused) {
            database.close();
            return at;
        }
    }
    return 0;
}"""


# Two tabs


def test_tabs_that_do_not_hear_each_other_lose_nothing(reader: Visit, site: Site) -> None:
    """No channel between them, as with a frozen tab: the next write notices what the other one has done."""
    reader.context.add_init_script(NO_CHANNEL)
    here = ExercisePage(reader, site)
    base = "def __add__(self, other):\n    # one\n    # two\n    # three\n    return self\n"
    here.write(ADD, base)
    here.saved()
    there = ExercisePage(reader, site, page=reader.context.new_page())

    there.write(SUM, "def sum(self):\n    # only there\n")
    there.passes(ADD)
    there.write(ADD, base.replace("three", "3"))
    there.saved()
    here.write(ADD, base.replace("one", "1"))
    notice = here.section(ADD).locator('[data-role="notice"]')
    notice.get_by_text("changed here and in another tab. Your text stays; the other one is kept").wait_for()
    assert here.text(ADD) == base.replace("one", "1")
    [stored] = [one for one in here.records() if one["exercise"] == ADD]
    assert stored["text"] == base.replace("one", "1")
    assert stored["passed"] == solution(ADD), "what passed there has passed"
    assert ("other", base.replace("three", "3"), None) in here.versions(ADD)
    [kept] = [one for one in here.records() if one["exercise"] == SUM]
    assert kept["text"] == "def sum(self):\n    # only there\n"

    notice.get_by_text("From your text to the other").click()
    notice.locator("ins").first.wait_for()
    assert "# 3" in notice.locator("ins").all_inner_texts()[-1]
    notice.get_by_role("button", name="Use the merged text").click()
    assert here.text(ADD) == base.replace("one", "1").replace("three", "3")
    notice.get_by_role("button", name="Undo").click()
    assert here.text(ADD) == base.replace("one", "1")


def test_a_tab_that_wakes_up_shows_what_was_written_meanwhile(reader: Visit, site: Site) -> None:
    reader.context.add_init_script(NO_CHANNEL)
    here = ExercisePage(reader, site)
    there = ExercisePage(reader, site, page=reader.context.new_page())
    there.write(ADD, NOTE.format("while you were away"))
    there.saved()
    assert "while you were away" not in here.text(ADD)
    here.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    here.section(ADD).get_by_text("This answer was changed in another tab.").wait_for()
    assert here.text(ADD) == NOTE.format("while you were away")


# Doors


def workspace(**parts: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("tinytorch-workspace/workspace.json", json.dumps({"book": "tinytorch", **parts}))
    return out.getvalue()


def record(text: str, **change: Any) -> dict[str, Any]:
    fields = {"exercise": ADD, "text": text, "stub": "s", "stub_hash": "", "passed": None, "failed": None}
    return {**fields, "updated": "2026-01-01T00:00:00Z", **change}


IMPORT = """async (bytes) => tinytorch.importWorkspace(new Blob([new Uint8Array(bytes)]))"""
EXPORT = """async () => {
    const bytes = new Uint8Array(await (await tinytorch.exportWorkspace()).arrayBuffer());
    return Array.from(bytes);
}"""


def test_answers_versions_and_replies_go_out_and_come_in_again(
    reader: Visit, chromium: Any, site: Site, plain_site: Site
) -> None:
    page = ExercisePage(reader, site)
    page.passes(ADD)
    page.write(ADD, NOTE.format("mine now"))
    question = page.page.locator('[data-question]:has(input[type="radio"])').first
    question.locator('input[type="radio"]').first.check()
    question.locator('[data-action="answer"]').click()
    question.locator("[data-outcome] .tt-verdict").wait_for()
    data = page.page.evaluate(EXPORT)

    elsewhere = visit(chromium)
    other = ExercisePage(elsewhere, plain_site)
    other.write(ADD, NOTE.format("was here before"))
    other.saved()
    assert other.page.evaluate(IMPORT, data) == {"count": 1, "replaced": 1, "notes": []}
    assert other.text(ADD) == NOTE.format("mine now")
    kept = other.versions(ADD)
    assert ("checked", solution(ADD), "passed") in kept
    assert ("import", NOTE.format("was here before"), None) in kept
    [stored] = other.records()
    assert stored["passed"] == solution(ADD)
    other.open()
    name = question.get_attribute("data-question")
    assert other.page.locator(f'[data-question="{name}"] input:checked').count() == 1
    elsewhere.context.close()
    assert elsewhere.errors == []


def test_an_archive_of_the_first_format_comes_in_and_takes_no_pass_away(reader: Visit, site: Site) -> None:
    page = ExercisePage(reader, site)
    page.passes(ADD)
    old = workspace(format=1, records=[record(NOTE.format("from long ago"))])
    assert page.page.evaluate(IMPORT, list(old))["replaced"] == 1
    assert page.text(ADD) == NOTE.format("from long ago")
    page.saved()
    [stored] = page.records()
    assert stored["passed"] == solution(ADD)


# Care


PERSIST = """
    window.asked = 0;
    window.promised = false;
    navigator.storage.persisted = async () => window.promised;
    navigator.storage.persist = async () => { window.asked += 1; return (window.promised = true); };"""


# The database has the first of two answers, and the page never gets to the second.
HELD = """() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value) {
        const request = put.call(this, value);
        if (this.name === "answers" && value.exercise === "tensor_add") {
            console.info("held");
            for (;;);
        }
        return request;
    };
}"""


def exported(reader: Visit, site: Site) -> list[int]:
    """Two answers, one with an earlier text, as another browser exports them."""
    source = ExercisePage(reader, site)
    for text in ("an earlier text", "the text that goes out"):
        source.write(ADD, NOTE.format(text))
        assert source.check(ADD) == "failed"
    source.write(SUM, NOTE.format("another"))
    source.saved()
    return source.page.evaluate(EXPORT)


def test_a_browser_killed_in_the_middle_of_an_import_has_taken_in_nothing(
    profile: Profile, site: Site, reader: Visit
) -> None:
    data = exported(reader, site)
    page = profile.page(site)
    page.write(ADD, NOTE.format("mine"))
    page.saved()
    before = page.records(), page.versions(ADD)
    page.page.evaluate(HELD)
    with page.page.expect_console_message(lambda said: said.text == "held", timeout=60_000):
        page.page.evaluate(f"bytes => void ({IMPORT})(bytes)", data)
    profile.kill()
    profile.context = profile.start()
    page = profile.page(site)
    assert (page.records(), page.versions(ADD)) == before
    assert page.text(ADD) == NOTE.format("mine")
    assert page.page.evaluate(IMPORT, data)["count"] == 2
    assert page.text(ADD) == NOTE.format("the text that goes out")


def test_a_browser_killed_in_the_middle_of_an_undo_has_undone_nothing(
    profile: Profile, site: Site, reader: Visit
) -> None:
    data = bytes(exported(reader, site))
    page = profile.page(site)
    page.write(ADD, NOTE.format("mine"))
    page.saved()
    open_page(page.page, site, "mine.html")  # where the import's Undo is
    file = {"name": "work.zip", "mimeType": "application/zip", "buffer": data}
    page.page.locator('[data-workspace] input[type="file"]').set_input_files(file)
    page.page.locator('[data-workspace] button[data-action="undo"]').wait_for()
    imported = page.records(), page.versions(ADD)
    assert len(imported[0]) == 2
    page.page.evaluate(HELD)
    with page.page.expect_console_message(lambda said: said.text == "held", timeout=60_000):
        page.page.evaluate("document.querySelector('[data-workspace] [data-action=\"undo\"]').click()")
    profile.kill()
    profile.context = profile.start()
    page = profile.page(site)
    assert (page.records(), page.versions(ADD)) == imported
    assert page.text(ADD) == NOTE.format("the text that goes out")


def test_an_import_that_finds_no_room_changes_nothing_and_says_so(reader: Visit, site: Site) -> None:
    reader.page.goto(site.url)
    origin = reader.page.evaluate("location.origin")
    tools = reader.context.new_cdp_session(reader.page)
    tools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1_000_000})
    page = ExercisePage(reader, site)
    page.write(ADD, NOTE.format("mine"))
    page.saved()
    before = page.records()
    chance = random.Random(5)  # what repeats itself takes hardly any room
    texts = ["".join(chance.choices(string.printable, k=199_000)) for _ in range(20)]
    long = [{**before[0], "exercise": f"e{at}", "text": text} for at, text in enumerate(texts)]
    file = {"format": 3, "book": "tinytorch", "records": long, "questions": [], "versions": []}
    said = page.page.evaluate(REFUSED, json.dumps(file))
    assert "full. Nothing was changed." in said
    assert page.records() == before
    assert page.text(ADD) == NOTE.format("mine")
    tools.send("Storage.overrideQuotaForOrigin", {"origin": origin})
    assert page.page.evaluate(REFUSED, json.dumps(file)) == "imported"
    assert len(page.records()) == len(long) + 1


REFUSED = (
    "text => tinytorch.importWorkspace(new Blob([text])).then(() => 'imported', (error) => error.message)"
)


def test_the_browser_is_asked_to_keep_the_work_after_the_first_pass(reader: Visit, site: Site) -> None:
    reader.page.add_init_script(PERSIST)
    page = ExercisePage(reader, site, "00_start")
    panel = page.page.locator("[data-workspace]")
    page.write("numel", "def numel(shape):\n    return 0\n")
    assert page.check("numel") == "failed"
    panel.get_by_text("The browser may clear them when the disk is full").wait_for()
    assert page.page.evaluate("window.asked") == 0
    page.passes("numel")
    panel.get_by_text("The browser has promised not to clear them by itself.").wait_for()
    page.passes("numel")
    page.open()
    page.passes("numel")
    assert page.page.evaluate("window.asked") == 0, "once, and not at every visit"


def test_a_reminder_to_export_comes_after_a_week_and_rests(reader: Visit, site: Site) -> None:
    reader.page.clock.set_fixed_time("2026-03-01T12:00:00Z")
    page = ExercisePage(reader, site)
    for name in ("tensor_mul", "tensor_neg"):
        page.put(record("x", exercise=name, passed="x"))
    page.open()
    reminder = page.page.locator('[data-role="reminder"]')
    page.passes(ADD)
    assert reminder.count() == 0
    reader.page.clock.set_fixed_time("2026-03-08T13:00:00Z")
    page.passes(ADD)
    reminder.get_by_text("3 passed answers are in this browser only.").wait_for()
    reminder.get_by_role("button", name="Not now").click()
    reader.page.clock.set_fixed_time("2026-03-10T13:00:00Z")
    page.open()
    page.passes(ADD)
    assert reminder.count() == 0
    reader.page.clock.set_fixed_time("2026-03-14T13:00:00Z")
    page.passes(ADD)
    with page.page.expect_download():
        reminder.get_by_role("button", name="Export as ZIP").click()
    reminder.get_by_text("is in your downloads").wait_for()
    reader.page.clock.set_fixed_time("2026-04-14T13:00:00Z")
    page.open()
    page.passes(ADD)
    assert reminder.count() == 0, "all of it is in that export"


# Around a check


def test_what_is_not_written_yet_is_not_marked_and_a_pass_leads_on(reader: Visit, site: Site) -> None:
    page = ExercisePage(reader, site)
    page.editor(ADD).wait_for()
    assert page.check(ADD) == "not_written"
    assert page.section(ADD).locator(".tt-failing-line").count() == 0
    page.write(ADD, "def __add__(self, other):\n    return 1 / 0\n")
    assert page.check(ADD) != "passed"
    page.section(ADD).locator(".tt-failing-line").wait_for()
    page.passes(ADD)
    link = page.section(ADD).get_by_role("link", name="Next: Exercise 1.")
    link.click()
    assert page.page.url.endswith("#exercise-tensor_matmul")


def test_on_a_phone_the_result_comes_into_view_and_keys_are_not_spoken_of(chromium: Any, site: Site) -> None:
    phone = visit(chromium, viewport={"width": 390, "height": 560}, has_touch=True, is_mobile=True)
    page = ExercisePage(phone, site)
    assert not page.section(ADD).get_by_text("To leave the editor press Esc").is_visible()
    page.write(ADD, NOTE.format("\n    #" * 12))
    page.button(ADD, "check").evaluate("button => button.scrollIntoView({ block: 'end' })")
    page.button(ADD, "check").focus()
    page.check(ADD)
    page.page.wait_for_function(IN_VIEW, arg=ADD)
    assert page.page.evaluate("document.activeElement.dataset.action") == "check"
    phone.context.close()
    assert phone.errors == []


IN_VIEW = """(name) => {
    const summary = document.querySelector(`[data-exercise="${name}"] output .tt-summary`);
    const { top, bottom } = summary.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
}"""
