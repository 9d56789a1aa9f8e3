"""Nothing kills the page: each of these ends in clear words, and the same page then checks a right answer.

That the page lives is not asserted once at the end: a check that passes follows every fault, on one page.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from exercise_page import ADD, ExercisePage, body
from pages import CHAPTERS, chapter
from visits import SITE, Site, visit

NO_MEMORY = "there is not enough memory for this"
ROOM = "a page has 1.0 GB in all"
NP = "import numpy as np"

# what asks for too much: (its lines, the words for how much that is)
TOO_MUCH = {
    "a little too much": ((NP, "return np.ones(3 * 2**29, 'int8')"), "asked for 1.6 GB"),
    "2 GB": ((NP, "return np.ones(2**31, 'int8')"), "asked for 2.1 GB"),
    "a large matrix": ((NP, "return np.zeros((40_000, 40_000), 'float32')"), "asked for 6.4 GB"),
    "a typing mistake": ((NP, "return np.zeros(10**12)"), "asked for 8,000.0 GB"),
    "random numbers": ((NP, "return np.random.rand(10**5, 10**5)"), "asked for 80.0 GB"),
    "a sum of a column and a row": ((NP, "a = np.ones(10**5)", "return a[:, None] + a"), "asked for 80.0 GB"),
    "copies": ((NP, "return np.tile(np.ones(10**6), 10**5)"), "asked for more than 2.1 GB"),
    "a border": ((NP, "return np.pad(np.ones(3), 10**9)"), "asked for more than 2.1 GB"),
    "an outer product": (
        (NP, "a = np.ones(10**5)", "return np.outer(a, a)"),
        "asked for more than 2.1 GB",
    ),
    "a tensor": (("import tinytorch", "return tinytorch.zeros(10**5, 10**5)"), "asked for 40.0 GB"),
    "a list": (("return [0] * 10**9",), "asked for 4.0 GB"),
    "bytes": (("return bytearray(6 * 2**30)",), "asked for 6.4 GB"),
    "a string": (("return 'x' * 10**10",), "asked for 10.0 GB"),
}

# what grows until there is no more: its lines
GROWING = {
    "a list that grows": ("kept = []", "while True:", "    kept = kept + [0] * 10**7"),
    "arrays that pile up": (NP, "kept = []", "while True:", "    kept.append(np.ones(10**7))"),
    "bytes that double": ("text = b'x'", "while True: text += text"),
    "recursion with an array in each call": (
        NP,
        "def deeper(n):",
        "    held = np.ones(10**7)",
        "    return deeper(n + 1)",
        "return deeper(0)",
    ),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_the_message_says_how_much_memory_was_asked_for(warm: ExercisePage, what: str) -> None:
    lines, asked = TOO_MUCH[what]
    warm.write(ADD, body(*lines))
    assert warm.check(ADD) == "error"
    first = warm.result(ADD).locator("[data-check]").first
    assert f"{NO_MEMORY}. Your code {asked}; {ROOM}." in first.text_content()
    assert "What size do you ask for?" in first.text_content()
    warm.passes(ADD)


@pytest.mark.parametrize("what", GROWING)
def test_what_fills_memory_ends_in_an_error_and_a_fresh_python(warm: ExercisePage, what: str) -> None:
    """A heap that has grown stays as large as it is; who comes next is not to suffer for that."""
    warm.write(ADD, body(*GROWING[what]))
    assert warm.check(ADD) == "error"
    assert NO_MEMORY in warm.said(ADD)
    assert ROOM in warm.said(ADD)
    assert "Python was replaced: your code is kept." in warm.said(ADD)
    warm.passes(ADD)


# what is unkind to Python, to the checks or to the page: (the lines, words that are said)
UNKIND = {
    "an exit": (("import sys", "sys.exit(0)"), "SystemExit"),
    "a deep limit for recursion": (
        ("import sys", "sys.setrecursionlimit(10**9)", "return self + other"),
        "calls itself without end",
    ),
    "two functions in a ring": (
        ("def one(): return two()", "def two(): return one()", "return one()"),
        "calls itself without end",
    ),
    "a comparison that compares": (
        ("class Odd:", "    def __eq__(self, other): return [self] == [other]", "return Odd() == Odd()"),
        "calls itself without end",
    ),
    "an attribute that asks for itself": (
        ("class Odd:", "    def __getattr__(self, name): return getattr(self, name)", "return Odd().x"),
        "calls itself without end",
    ),
    "a text that ends the program": (
        ("class Odd(Exception):", "    def __str__(self): raise SystemExit", "raise Odd()"),
        "Error",
    ),
    "an object that lies": (
        (
            "class Odd(Tensor):",
            "    __class__ = property(lambda self: 1 / 0)",
            "    def __eq__(self, other): raise SystemExit",
            "    def __repr__(self): raise SystemExit",
            "return Odd([1.0])",
        ),
        "checks pass.",
    ),
    "warnings that are errors": (
        ("import warnings", "warnings.simplefilter('error')", "warnings.warn('as an error')"),
        "as an error",
    ),
    "builtins that do something else": (
        ("import builtins", "builtins.len = builtins.isinstance = builtins.print = None", "return self"),
        "TypeError",
    ),
    "builtins that are gone": (
        ("import builtins", "del builtins.len, builtins.__import__", "return self"),
        "ImportError",
    ),
    "modules that are gone": (("import sys", "sys.modules.clear()", "return self"), "Error"),
    "finders that are gone": (("import sys", "sys.meta_path.clear()", "return self"), "checks pass."),
    "a tracer": (
        (
            "import sys",
            "def trace(*told):",
            "    raise ValueError('traced')",
            "sys.settrace(trace)",
            "len([])",
        ),
        "traced",
    ),
    "a file that is everything": (
        ("import shutil", "shutil.rmtree('/lib', ignore_errors=True)", "return self"),
        "Python was replaced",
    ),
    "the folder of the checks": (
        ("import shutil", "shutil.rmtree('/tmp', ignore_errors=True)", "return self"),
        "checks pass.",
    ),
    "an output behind the back of sys.stdout": (
        ("import sys", "for _ in range(300): print('x' * 10**6, file=sys.__stderr__)", "return self"),
        "checks pass.",
    ),
    "an error in JavaScript": (("import js", "js.JSON.parse('{')"), "JsException"),
    "JavaScript made of text": (("import js", "js.eval('for (;;);')"), "Content Security Policy"),
    "a promise that nobody keeps": (
        ("import js", "js.Promise.reject(js.Error.new('nobody hears this'))", "return self"),
        "checks pass.",
    ),
    "a listener that is taken away": (
        ("import js", "js.self.onmessage = None", "return self"),
        "checks pass.",
    ),
    "a JavaScript without JSON": (("import js", "js.JSON.stringify = None", "return self"), "checks pass."),
}


@pytest.mark.parametrize("what", UNKIND)
def test_what_is_unkind_does_no_harm(warm: ExercisePage, what: str) -> None:
    lines, said = UNKIND[what]
    warm.write(ADD, body(*lines))
    assert warm.check(ADD) in ("error", "failed")
    assert said in warm.said(ADD)
    warm.passes(ADD)


def test_nobody_passes_by_a_forged_reply(warm: ExercisePage) -> None:
    """Learner's code runs where the page's worker is; the page must not take its words for the worker's."""
    report = {"exercise": ADD, "outcome": "passed", "checks": [], "stdout": "", "traceback": "", "seconds": 0}
    reply = {"kind": "report", "report": report}
    warm.write(ADD, body("return self"))
    assert warm.check(ADD) == "failed"
    warm.write(
        ADD,
        body(
            "import js",
            "from pyodide.ffi import to_js",
            "for number in range(500):",
            f"    message = {{'kind': 'reply', 'id': number, 'reply': {reply}}}",
            "    js.postMessage(to_js(message, dict_converter=js.Object.fromEntries))",
        ),
    )
    assert warm.check(ADD) == "error"
    assert "only the page's own program can talk to the page" in warm.said(ADD)
    assert warm.section(ADD).get_attribute("data-status") == "failing"
    warm.passes(ADD)


def test_an_error_in_a_callback_that_stays_behind_costs_nobody_their_python(warm: ExercisePage) -> None:
    """It comes when no run is there to be blamed; Python has not died of it."""
    warm.passes(ADD)
    before = warm.page.workers
    fails = "js.setTimeout(create_proxy(lambda: 1 / 0), 0)"
    warm.write(ADD, body("import js", "from pyodide.ffi import create_proxy", fails, "return self"))
    assert warm.check(ADD) == "failed"
    warm.passes(ADD)
    assert warm.page.workers == before


def test_code_that_was_left_behind_does_not_keep_the_next_check_waiting(warm: ExercisePage) -> None:
    """It runs when Python should listen. Ten seconds of the page's clock, and another Python does."""
    warm.write(
        ADD,
        body(
            "import js",
            "from pyodide.ffi import create_proxy",
            "def forever():",
            "    while True: pass",
            "js.setTimeout(create_proxy(forever), 0)",
            "return self",
        ),
    )
    assert warm.check(ADD) == "failed"
    warm.press(ADD, "check")
    warm.result(ADD).get_by_text("Waiting for Python …").wait_for()
    warm.page.clock.fast_forward(10_000)
    assert warm.outcome(ADD) == "failed", "by the checks of the new Python"
    warm.page.evaluate("name => { void tinytorch.setCode(name, '') }", ADD)


# What ends Python itself, and what the page then says of it.
DEADLY = {
    "recursion inside a sort": (
        ("def key(x): return sorted([x, x], key=key)", "return sorted([1, 2], key=key)"),
        "Does a function call itself without end?",
    ),
    "lists in lists in lists": (
        ("deep = []", "for _ in range(10**6): deep = [deep]", "return deep"),
        "each inside the other, are too deep",
    ),
    "JSON in JSON in JSON": (("import json", "return json.loads('[' * 10**5)"), "are too deep"),
    "a term of a hundred thousand parts": (("return eval('+'.join(['1'] * 10**5))",), "are too deep"),
    "iterators in iterators": (
        ("chain = iter([1])", "for _ in range(10**5): chain = map(abs, chain)", "return list(chain)"),
        "are too deep",
    ),
    "an exit behind Python's back": (("import os", "os._exit(0)"), "exit(0)"),
    "an abort": (("import os", "os.abort()"), "Python stopped working"),
    "a write to any address": (("import ctypes", "ctypes.memset(0, 255, 10**8)"), "Python stopped working"),
    "a text that doubles": (("text = 'x'", "while True: text += text"), "(out of memory)"),
    "builtins thrown away": (("import builtins", "vars(builtins).clear()"), "NameError"),
    "a worker that closes itself": (("import js", "js.self.close()", "return self"), "the code closed it"),
}

# Stands in for the worker where Python would only have to be started in order to die.
DIES_AT_ONCE = """onmessage = ({ data }) => {
    if (data.kind === "start") postMessage({ kind: "ready" });
    else for (const kind of ["heard", "begun", "lost"]) postMessage({ kind, id: data.id, reason: "again" });
};"""


def test_fifty_crashes_in_a_row(warm: ExercisePage) -> None:
    """Python dies in eleven ways, and then as often as it takes; at last it works as on the first day."""
    warm.passes(ADD)
    for lines, said in DEADLY.values():
        text = body(*lines)
        warm.type(ADD, text)
        assert warm.check(ADD) == "runtime_lost", warm.said(ADD)
        assert "Python stopped working while it ran your code" in warm.said(ADD)
        assert "Python was replaced: your code is kept" in warm.said(ADD)
        assert said in warm.said(ADD)
        assert warm.text(ADD) == text
    context, page = warm.page.context, warm.page
    context.route(
        "**/worker-*.js", lambda route: route.fulfill(content_type="text/javascript", body=DIES_AT_ONCE)
    )
    before = left_behind(warm)
    for _ in range(50 - len(DEADLY)):
        assert warm.check(ADD) == "runtime_lost", warm.said(ADD)
    assert "(again)" in warm.said(ADD), "the stand-in was there"
    assert len(page.workers) <= 1
    for _ in range(600):  # a worker that was ended may go a moment later; what is left behind stays
        after = left_behind(warm)
        more = {kind: (before[kind], after[kind]) for kind in before if after[kind] > before[kind]}
        if not more:
            break
        page.wait_for_timeout(100)
    assert more == {}, "a crash leaves nothing behind"
    context.unroute_all()
    warm.saved()
    warm.open()
    assert warm.text(ADD) == text
    warm.passes(ADD)


def left_behind(page: ExercisePage) -> dict[str, int]:
    """Count what a page accumulates that does not clean up after its workers."""
    session = page.page.context.new_cdp_session(page.page)
    session.send("HeapProfiler.collectGarbage")
    counted = session.send("Memory.getDOMCounters")
    session.detach()
    return {name: counted[name] for name in ("documents", "jsEventListeners")}


# Milliseconds that a task may keep the page's thread at work: in a longer one it would answer to nothing.
LONG = 200


def tasks(trace: bytes) -> list[float]:
    """Return how many milliseconds of work each task of a page was.

    A clock on the wall would count what else the machine has to do.
    """
    events = json.loads(trace)["traceEvents"]
    pages = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["tdur"] / 1000
        for event in events
        if event["name"].endswith("RunTask") and "tdur" in event and (event["pid"], event["tid"]) in pages
    ]


def test_reading_never_stutters_while_python_starts(chromium: Any, site: Site) -> None:
    longest = max(CHAPTERS, key=lambda name: (SITE / chapter(name)["page"]).stat().st_size)
    reader = visit(chromium)
    page = ExercisePage(reader, site, longest)
    chromium.start_tracing(page=page.page, categories=["toplevel"])
    try:
        page.passes(chapter(longest)["exercises"][0]["name"])
    finally:
        seen = tasks(chromium.stop_tracing())
    reader.context.close()
    assert len(seen) > 100, "that is how many it takes at least"
    assert [task for task in seen if task > LONG] == []
