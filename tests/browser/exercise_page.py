"""A chapter's page as its reader uses it: write, press, read what comes, and look at what is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from visits import SITE, Site, Visit

CHAPTER = "01_tensor"
ADD = "tensor_add"


def body(*lines: str) -> str:
    """Return an answer to tensor_add from the lines of its body."""
    return "\n    ".join(["def __add__(self, other):", *lines]) + "\n"


def solution(exercise: str, chapter: str = CHAPTER, site: Path = SITE) -> str:
    """Return the book's answer, as the site itself serves it."""
    facts = json.loads((site / "chapters" / f"{chapter}.json").read_text(encoding="utf-8"))
    return next(one["solution"] for one in facts["exercises"] if one["name"] == exercise)


class ExercisePage:
    """One open page; what it shows is read from the page, and not from the hooks that tests might use."""

    def __init__(self, reader: Visit, site: Site, chapter: str = CHAPTER, page: Any = None) -> None:
        self.page = page or reader.page
        self.chapter = chapter
        self.address = f"{site.url}exercises/{chapter}.html"
        self.open()

    def open(self) -> None:
        self.page.goto(self.address)
        self.page.evaluate("tinytorch.ready()")

    def section(self, exercise: str) -> Any:
        return self.page.locator(f'[data-exercise="{exercise}"]')

    def button(self, exercise: str, action: str) -> Any:
        return self.section(exercise).locator(f'button[data-action="{action}"]').first

    def result(self, exercise: str) -> Any:
        return self.section(exercise).locator("output[data-result]")

    def editor(self, exercise: str) -> Any:
        self.section(exercise).scroll_into_view_if_needed()
        return self.section(exercise).locator(".cm-content")

    def text(self, exercise: str) -> str:
        return self.page.evaluate("name => tinytorch.getCode(name)", exercise)

    def write(self, exercise: str, text: str) -> None:
        self.page.evaluate("([name, text]) => tinytorch.setCode(name, text)", [exercise, text])

    def type(self, exercise: str, text: str) -> None:
        """Put `text` in with the keyboard, in place of what is there."""
        self.editor(exercise).click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def press(self, exercise: str, action: str) -> None:
        self.button(exercise, action).click()

    def begin(self, exercise: str) -> None:
        """Press Check and wait until the learner's code runs."""
        self.press(exercise, "check")
        self.result(exercise).get_by_text("Running …").wait_for()

    def outcome(self, exercise: str) -> str:
        """Wait for the end of a run and return how it ended."""
        output = self.section(exercise).locator('output[data-outcome]:not([aria-busy="true"])')
        output.wait_for()
        return output.get_attribute("data-outcome")

    def check(self, exercise: str) -> str:
        self.press(exercise, "check")
        return self.outcome(exercise)

    def said(self, exercise: str) -> str:
        """Return what the result says to somebody who opens everything in it."""
        return " ".join(self.result(exercise).evaluate("output => output.textContent").split())

    def passes(self, exercise: str) -> None:
        """A right answer passes: the page and its Python work."""
        self.write(exercise, solution(exercise, self.chapter))
        assert self.check(exercise) == "passed", self.said(exercise)
        assert self.section(exercise).get_attribute("data-status") == "passed"

    def records(self) -> list[dict[str, Any]]:
        """Return all answers that are in the browser's storage, by name."""
        return self.page.evaluate(RECORDS)

    def versions(self, exercise: str) -> list[tuple[str, str, str | None]]:
        """Return what happened, the text and the outcome of each stored version, in their order."""
        return [tuple(one) for one in self.page.evaluate(VERSIONS, exercise)]

    def put(self, record: dict[str, Any]) -> None:
        """Write a record into the browser's storage behind the page's back."""
        self.page.evaluate(PUT, record)

    def saved(self) -> None:
        """Wait until everything written so far is in the browser's storage."""
        self.stored(SAME_AS_SHOWN)

    def stored(self, condition: str) -> None:
        """Wait until the stored answers fulfil a condition, a JavaScript function of them."""
        self.page.evaluate(STORED % condition)


OPEN = """
    const open = () => new Promise((resolve, reject) => {
        const config = document.getElementById("tinytorch-config").textContent;
        const asked = indexedDB.open(JSON.parse(config).book);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
    });
    const ended = (transaction) => new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
    });"""

RECORDS = f"""async () => {{ {OPEN}
    const database = await open();
    const all = database.transaction("answers").objectStore("answers").getAll();
    await ended(all.transaction);
    database.close();
    return all.result.map(({{ revision, ...record }}) => record);
}}"""

VERSIONS = f"""async (exercise) => {{ {OPEN}
    const database = await open();
    const all = database.transaction("versions").objectStore("versions").index("exercise").getAll(exercise);
    await ended(all.transaction);
    database.close();
    return all.result.map(({{ happened, text, outcome }}) => [happened, text, outcome]);
}}"""

PUT = f"""async (record) => {{ {OPEN}
    const database = await open();
    const transaction = database.transaction("answers", "readwrite");
    transaction.objectStore("answers").put(record);
    await ended(transaction);
    database.close();
}}"""

SAME_AS_SHOWN = """(records) => {
    const shown = new Map(tinytorch.exercises().map(({ name }) => [name, tinytorch.getCode(name)]));
    const same = ({ exercise, text }) => (shown.get(exercise) ?? text) === text;
    return records.length > 0 && records.every(same);
}"""

STORED = f"""async () => {{
    const condition = %s;
    for (let tries = 0; tries < 3000; tries += 1) {{
        if (condition(await ({RECORDS})())) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }}
    throw new Error("this was never stored");
}}"""
