"""The same page in Firefox: it opens, judges, stops, and survives what kills Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from exercise_page import ADD, CHAPTER, body, solution
from firefox import FIREFOX, Firefox
from pages import all_answers
from visits import Site

pytestmark = pytest.mark.skipif(
    FIREFOX is None,
    reason="NOT RUN: these tests need Firefox, and there is none. "
    "Install it (Debian: sudo apt-get install firefox-esr) and run make test again.",
)

# Firefox says that a page has loaded before its `async` program has run.
READY = """async () => {
    while (!window.tinytorch) await new Promise((resolve) => setTimeout(resolve, 50));
    await tinytorch.ready();
}"""

CHECK = """async (name, text) => {
    await tinytorch.setCode(name, text);
    return tinytorch.check(name);
}"""

# Presses Check, and Stop as soon as the learner's code has printed something; gives what is then said.
STOP = """async (name, text) => {
    await tinytorch.setCode(name, text);
    const box = document.querySelector(`[data-exercise="${name}"]`);
    const output = box.querySelector("output[data-result]");
    const until = (test) => new Promise((resolve) => {
        const look = () => { if (test()) { seen.disconnect(); resolve(); } };
        const seen = new MutationObserver(look);
        seen.observe(output, { attributes: true, childList: true, subtree: true, characterData: true });
        look();
    });
    box.querySelector('button[data-action="check"]').click();
    await until(() => output.textContent.includes("it runs"));
    box.querySelector('button[data-action="stop"]').click();
    await until(() => output.dataset.outcome && !output.hasAttribute("aria-busy"));
    return [output.dataset.outcome, output.textContent];
}"""


@pytest.fixture(scope="module")
def firefox(site: Site) -> Iterator[Firefox]:
    with Firefox() as firefox:
        firefox.go(f"{site.url}exercises/{CHAPTER}.html")
        firefox.call(READY)
        yield firefox


def check(firefox: Firefox, text: str) -> Any:
    return firefox.call(CHECK, ADD, text)


def passes(firefox: Firefox) -> None:
    assert check(firefox, solution(ADD))["outcome"] == "passed"


def test_a_wrong_answer_fails_and_a_right_one_passes(firefox: Firefox) -> None:
    report = check(firefox, body("a, b = operands('+', self, other)", "return a + b"))
    assert report["outcome"] == "failed"
    assert "gave a NumPy array; it should be a Tensor" in report["checks"][0]["message"]
    passes(firefox)
    status = "name => document.querySelector(`[data-exercise=${name}]`).dataset.status"
    assert firefox.call(status, ADD) == "passed"


# An interrupt that comes while this is said must not end what is meant to survive one.
SAYS_UNHARMED = ("try: print('it runs')", "except BaseException: pass")
ENDLESS = {
    "a loop": (("print('it runs')", "while True: pass"), False),
    "a loop that swallows everything": (
        (
            *SAYS_UNHARMED,
            "while True:",
            "    try:",
            "        while True: pass",
            "    except BaseException: pass",
        ),
        True,
    ),
    "a sleep": (("import time", *SAYS_UNHARMED, "time.sleep(1e6)"), True),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_stop_stops(firefox: Firefox, what: str) -> None:
    lines, replaced = ENDLESS[what]
    outcome, said = firefox.call(STOP, ADD, body(*lines))
    assert outcome == "timeout"
    assert "You stopped this run" in said
    if replaced:  # on a slow machine a loop, too, may not hear of it in time
        assert "Python was replaced" in said
    passes(firefox)


# what it is: (its lines, how it ends, words that are said)
FAULTS = {
    "an operator that calls itself": (("return self + other",), "error", "calls itself without end"),
    "a repr that calls itself": (
        ("class Odd:", "    def __repr__(self): return repr([self])", "return repr(Odd())"),
        "error",
        "calls itself without end",
    ),
    "too much memory": (("import numpy as np", "return np.zeros(10**9)"), "error", "asked for 8.0 GB"),
    "arrays that pile up": (
        ("import numpy as np", "kept = []", "while True: kept.append(np.ones(10**7))"),
        "error",
        "a page has 1.0 GB in all",
    ),
    "lists in lists": (
        ("deep = []", "for _ in range(10**6): deep = [deep]", "return deep"),
        "runtime_lost",
        "too deep",
    ),
    "an exit": (("import os", "os._exit(0)"), "runtime_lost", "exit(0)"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_nothing_kills_the_page(firefox: Firefox, what: str) -> None:
    lines, outcome, words = FAULTS[what]
    report = check(firefox, body(*lines))
    assert report["outcome"] == outcome, report
    last = next(one for one in report["checks"] if one["outcome"] != "passed")
    assert words in f"{last['message']} {last['hint']}"
    passes(firefox)


# Presses a button of a box, waits for the end of what it begins, and gives the result's outcome and words.
RUN = """async (box) => {
    const section = document.querySelector(box);
    const output = section.querySelector("output[data-result]");
    const ended = new Promise((resolve) => {
        const look = () => output.dataset.outcome && !output.hasAttribute("aria-busy") && resolve();
        new MutationObserver(look).observe(output, { attributes: true });
    });
    delete output.dataset.outcome;
    section.querySelector('button[data-action="run"]').click();
    await ended;
    const drawn = [...output.querySelectorAll(".tt-figures img")];
    await Promise.all(drawn.map((image) => image.decode()));
    return {
        outcome: output.dataset.outcome,
        whose: output.dataset.whose ?? null,
        words: output.textContent,
        figures: drawn.map((image) => [image.naturalWidth > 0, image.alt]),
    };
}"""

WAIT = """async (place, words) => {
    const there = () => [...document.querySelectorAll(place)].some((one) => one.textContent.includes(words));
    while (!there()) await new Promise((resolve) => setTimeout(resolve, 50));
}"""

OPEN_FILE = """async (path) => {
    document.querySelector(`[data-path="${path}"] button[data-action="open-file"]`).click();
    const lines = () => [...document.querySelectorAll(".tt-file .cm-line")];
    while (lines().length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    return [document.querySelector(".tt-file").textContent, lines().length];
}"""

# Exports the work, loses an answer by an import, and chooses in the panel what went out.
ROUND_TRIP = """async (path, damage) => {
    const exported = await tinytorch.exportWorkspace();
    const before = await tinytorch.packageSource(path);
    await tinytorch.importWorkspace(new Blob([damage]));
    const lost = await tinytorch.packageSource(path);
    const panel = document.querySelector("[data-workspace]");
    const chosen = new DataTransfer();
    chosen.items.add(new File([exported], "work.zip"));
    panel.querySelector('input[type="file"]').files = chosen.files;
    panel.querySelector('input[type="file"]').dispatchEvent(new Event("change"));
    const undo = () => panel.querySelector('[data-action="undo"]');
    while (!undo()) await new Promise((resolve) => setTimeout(resolve, 50));
    const said = panel.querySelector("output").textContent;
    return { said, before, lost, after: await tinytorch.packageSource(path) };
}"""


def test_a_milestone_my_tinytorch_and_the_ways_out_and_in(firefox: Firefox, site: Site) -> None:
    firefox.go(f"{site.url}milestones/1958_perceptron.html")
    firefox.call(READY)
    firefox.call("text => tinytorch.importWorkspace(new Blob([text])).then(() => null)", all_answers())
    firefox.call(WAIT, '[data-milestone="1958"] .tt-head', "Every exercise yours")
    ran = firefox.call(RUN, '[data-milestone="1958"]')
    assert (ran["outcome"], ran["whose"]) == ("passed", "mine"), ran
    assert "Every exercise of every module in it is your code." in ran["words"]
    assert ran["figures"] and all(drawn and len(alt) > 30 for drawn, alt in ran["figures"])

    firefox.go(f"{site.url}mine.html")
    firefox.call(READY)
    firefox.call(WAIT, '[data-mine-milestone="1958"] [data-role="standing"]', "Passed on")
    firefox.call(WAIT, '[data-mine-module="1"] [data-role="count"]', "all passed")
    path = "tinytorch/core/tensor.py"
    words, lines = firefox.call(OPEN_FILE, path)
    assert "are yours" in words and lines > 5

    damage = all_answers(lambda name, text: f"{text}    # lost\n" if name == ADD else text)
    trip = firefox.call(ROUND_TRIP, path, damage)
    assert "read from work.zip. 1 answer that differed was replaced." in trip["said"], trip["said"]
    assert trip["before"] == trip["after"] != trip["lost"]
