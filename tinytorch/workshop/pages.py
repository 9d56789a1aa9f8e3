"""Pages: in the browser, a notebook's Python has what passed in the book's pages, which hear of its checks.

JupyterLite runs Python in a worker of the pages' own origin, so it reaches their database: through
`kernel.js`, which the build puts beside JupyterLite's other extensions (lite/src/notebook). What stands in
the cells is not seen to here, but in JupyterLite's page. Anywhere but in the browser nothing of this is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tinytorch.workshop.chapter import Exercise

SCRIPT = "extensions/tinytorch-workspace/static/kernel.js"
NAMED = 6  # of many answers so many are named; the others are counted


class Script(Protocol):
    """What `kernel.js` exports. JSON goes in and out."""

    async def answers(self) -> str:
        """Return {"answers": {exercise: text}}, or {"refused": reason}."""

    def judged(self, judgement: str) -> object:
        """Keep what a check came to; nobody waits for it."""


@dataclass
class Pages:
    """The book's pages, as a notebook knows them.

    `adopt` makes a text part of the running tinytorch and returns the name of what it is the text of.
    """

    adopt: Callable[[str, str], str]
    script: Script | None = None
    adopted: dict[str, str] = field(default_factory=dict)
    silent: bool = False  # that the pages cannot be reached is said once

    async def before_cell(self, lines: list[str]) -> list[str]:
        """Take over what has passed in the pages since the last cell; the cell itself stays as it is."""
        try:
            self.script = self.script or await load_script()
            answers = read_answers(await self.script.answers())
        except Exception as error:  # whatever it is, the reader's cell is to run
            if not self.silent:
                print(f"The answers of the book's pages are not here: {error}.")
            self.silent = True
        else:
            self.silent = False
            self.take(answers)
        return lines

    def take(self, answers: Mapping[str, str]) -> None:
        """Adopt the texts that are new here, and say which."""
        names, failed = [], []
        for exercise, text in answers.items():
            if self.adopted.get(exercise, "").rstrip("\n") == text.rstrip("\n"):
                continue
            self.adopted[exercise] = text
            try:
                names.append(self.adopt(exercise, text))
            except Exception as error:  # an answer to another edition of the book, for one
                failed.append(f"`{exercise}` ({type(error).__name__}: {error})")
        if names:
            print(f"Yours in this notebook, from the book's pages: {listed(names)}.")
        if failed:
            print(f"Passed in the book's pages, but not to be used here: {', '.join(failed)}.")

    def judged(self, exercise: Exercise, text: str, outcome: str) -> None:
        """Tell the pages what a check came to."""
        if outcome == "passed":
            self.adopted[exercise.name] = text
        if self.script is None:
            return
        said = {"name": exercise.name, "stub": exercise.stub, "stub_hash": exercise.stub_hash}
        self.script.judged(json.dumps({**said, "text": text, "outcome": outcome}))


def read_answers(said: str) -> dict[str, str]:
    """Read what `kernel.js` says, or raise what it says instead."""
    data = json.loads(said)
    if "refused" in data:
        raise RuntimeError(data["refused"])
    answers = data["answers"]
    if not all(isinstance(text, str) for text in answers.values()):
        raise TypeError("an answer is not text")
    return dict(answers)


def listed(names: list[str]) -> str:
    """Name some of them, and count the others."""
    words = ", ".join(f"`{name}`" for name in names[:NAMED])
    return f"{words} and {len(names) - NAMED} more" if len(names) > NAMED else words


async def load_script() -> Script:
    """Import `kernel.js` from where this JupyterLite lies."""
    import js  # type: ignore[import-not-found]  # Pyodide's way to the worker's global names
    from pyodide.code import run_js  # type: ignore[import-not-found]

    site, found, _ = str(js.location.href).partition("/extensions/")
    if not found:
        raise RuntimeError("this is not the JupyterLite of the book")
    script: Any = await run_js(f"import({json.dumps(f'{site}/{SCRIPT}')})")
    return script  # type: ignore[no-any-return]
