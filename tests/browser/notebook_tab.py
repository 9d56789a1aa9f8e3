"""A chapter's notebook in JupyterLite as its reader uses it, by mouse and keyboard."""

from __future__ import annotations

from typing import Any

from visits import Site

TEXT = "cell => [...cell.querySelectorAll('.cm-line')].map(line => line.textContent).join('\\n')"

KEPT = """async (text) => {
    const answers = () => new Promise((resolve, reject) => {
        const asked = indexedDB.open("tinytorch");
        asked.onerror = () => reject(asked.error);
        asked.onsuccess = () => {
            const all = asked.result.transaction("answers").objectStore("answers").getAll();
            all.onsuccess = () => { asked.result.close(); resolve(all.result); };
        };
    });
    while (!(await answers()).some((answer) => answer.text === text)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}"""


class Notebook:
    """A notebook in a tab of its own."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.tab.set_default_timeout(120_000)
        self.runs = 0
        self.strip = tab.locator(".tt-strip")
        self.cell("%load_ext tinytorch.workshop.notebook").wait_for()

    @classmethod
    def linked_from(cls, page: Any) -> Notebook:
        """Open it as the chapter's page links it."""
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Open this chapter as a notebook").click()
        return cls(opened.value)

    @classmethod
    def at(cls, context: Any, site: Site, name: str) -> Notebook:
        """Open it by its address."""
        tab = context.new_page()
        tab.goto(f"{site.url}lite/notebooks/index.html?path={name}.ipynb")
        return cls(tab)

    def cell(self, text: str) -> Any:
        """A cell of code that holds this text. Cells far below are not made before one gets there."""
        return self.tab.locator(".jp-Notebook .jp-CodeCell").filter(has_text=text).first

    def scroll_to(self, text: str) -> Any:
        cell = self.cell(text)
        self.tab.locator(".jp-Notebook").first.hover()
        for _ in range(500):
            if cell.count():
                return cell
            self.tab.mouse.wheel(0, 600)
            self.tab.wait_for_function("() => new Promise(requestAnimationFrame)")
        raise LookupError(f"no cell from here on holds {text!r}")

    def add_cell(self) -> Any:
        """Add an empty cell below the first, and return it."""
        first = self.tab.locator(".jp-Notebook .jp-CodeCell").first
        first.locator(".cm-content").click()
        self.tab.keyboard.press("Escape")
        self.tab.keyboard.press("b")
        added = self.tab.locator(".jp-Notebook .jp-CodeCell.jp-mod-active")
        added.filter(has_not_text="%load_ext").wait_for()
        self.tab.keyboard.press("Enter")
        return self.tab.locator(".jp-Notebook .jp-CodeCell").nth(1)

    def answers(self, state: str) -> None:
        """Wait until the answers are "shared", or it is clear that they stay "apart"."""
        self.tab.locator(f'.tt-strip[data-answers="{state}"]').wait_for()

    def python(self) -> None:
        """Wait until nothing that is run is forgotten."""
        self.tab.locator('.tt-strip[data-python="ready"]').wait_for()

    def text(self, exercise: str) -> str:
        """Return the answer in the exercise's cell."""
        return self.scroll_to(f"%%exercise {exercise}").evaluate(TEXT).partition("\n")[2]

    def holds(self, exercise: str, text: str) -> None:
        """Wait until the exercise's cell holds this answer."""
        self.tab.wait_for_function(
            f"([cells, wanted]) => [...document.querySelectorAll(cells)].map({TEXT}).includes(wanted)",
            arg=[".jp-Notebook .jp-CodeCell", f"%%exercise {exercise}\n{text}"],
        )

    def kept(self, text: str) -> None:
        """Wait until this answer is in the browser's storage."""
        self.tab.evaluate(KEPT, text)

    def write(self, exercise: str, text: str) -> None:
        """Type an answer in place of the one that is there."""
        self.type(self.scroll_to(f"%%exercise {exercise}"), f"%%exercise {exercise}\n{text}")

    def type(self, cell: Any, source: str) -> None:
        cell.locator(".cm-content").click()
        self.tab.keyboard.press("Control+A")
        self.tab.keyboard.insert_text(source)

    def start(self) -> str:
        """Run the first cell, and return what it says."""
        self.python()
        self.runs = 0
        return self.run(self.scroll_to("%load_ext")).strip()

    def run(self, cell: Any, code: str | None = None) -> str:
        """Run a cell, with other code if that is given, and return what it shows once it has ended."""
        if code is not None:
            self.type(cell, code)
        cell.locator(".cm-content").click()
        self.tab.keyboard.press("Control+Enter")
        self.runs += 1
        cell.locator(".jp-InputPrompt").get_by_text(f"[{self.runs}]").wait_for()
        return cell.locator(".jp-OutputArea").inner_text()

    def restart_and_run_all(self) -> None:
        """Press what begins with a new Python."""
        self.tab.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.tab.get_by_text("Restart Kernel and Run All Cells…", exact=True).click()
        self.tab.get_by_role("button", name="Confirm Kernel Restart").click()
