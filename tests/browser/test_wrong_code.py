"""Whatever a learner writes: a clear message, a page that goes on working, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from exercise_page import ExercisePage, solution
from visits import Site, Visit, visit

ADD = "tensor_add"


def body(*lines: str) -> str:
    return "\n    ".join(["def __add__(self, other):", *lines]) + "\n"


@pytest.fixture(scope="module")
def warm(chromium: Any, site: Site) -> Iterator[ExercisePage]:
    """A page that lives as long as these tests, most of which leave its Python as they found it."""
    reader = visit(chromium)
    reader.page.clock.install()  # it goes on by itself; the watchdog's ten seconds can be skipped
    page = ExercisePage(reader, site)
    page.editor(ADD).wait_for()
    yield page
    reader.context.close()
    assert reader.foreign == []
    assert reader.errors == []


@pytest.fixture
def cold(reader: Visit, site: Site) -> ExercisePage:
    """A page of its own, for what has to do with starting and stopping Python."""
    return ExercisePage(reader, site)


MEMORY = "there is not enough memory for this"
TOO_MUCH_PRINTED = "printed more than 100,000 characters and was stopped"

# what it is: (the text, how it ends, words that must be said, the line that is marked)
MISTAKES: dict[str, tuple[str, str, tuple[str, ...], int | None]] = {
    "a colon is missing": (
        "def __add__(self, other)\n    return self\n",
        "error",
        ("SyntaxError", "expected ':'", "ends with a colon"),
        1,
    ),
    "a name that is not there": (
        body("a, b = operands('+', self, other)", "return Tensor(a + c)"),
        "error",
        ("NameError: name 'c' is not defined", "Is it spelt right"),
        3,
    ),
    "a wrong shape": (
        body("a, b = operands('+', self, other)", "return Tensor((a + b).ravel())"),
        "failed",
        ("shape",),
        None,
    ),
    "a NumPy array for a Tensor": (
        body("a, b = operands('+', self, other)", "return a + b"),
        "failed",
        ("gave a NumPy array; it should be a Tensor",),
        None,
    ),
    "an operator that calls itself": (
        body("return self + other"),
        "error",
        ("RecursionError: your function calls itself without end", "in __add__, self + other calls"),
        2,
    ),
    "a repr that calls itself": (
        body("class Odd:", "    def __repr__(self): return repr(self)", "return repr(Odd())"),
        "error",
        ("calls itself without end",),
        3,
    ),
    "an array of 6 GB": (
        body("import numpy as np", "return np.zeros(6 * 2**30 // 4, 'float32')"),
        "error",
        (MEMORY, "What size do you ask for?"),
        3,
    ),
    "more than the page allows itself": (
        body("import numpy as np", "return np.ones(3 * 2**29, 'int8')"),
        "error",
        (MEMORY,),
        3,
    ),
    "bytes of 6 GB": (body("return bytearray(6 * 2**30)"), "error", (MEMORY,), 2),
    "a list that grows and grows": (
        body("kept = []", "while True:", "    kept = kept + [0] * 10**7"),
        "error",
        (MEMORY,),
        4,
    ),
    "arrays that pile up": (
        body("import numpy as np", "kept = []", "while True:", "    kept.append(np.ones(10**7))"),
        "error",
        (MEMORY,),
        5,
    ),
    "one enormous print": (body("print('x' * 10**7)", "return self"), "error", (TOO_MUCH_PRINTED,), 2),
    "prints without end": (
        body("while True:", "    print('again')"),
        "error",
        (TOO_MUCH_PRINTED, "Is there a print inside a loop that never ends?"),
        3,
    ),
    "a package that is not there": (
        body("import pandas", "return self"),
        "error",
        ("No module named 'pandas'", "is not installed here"),
        2,
    ),
    "another name": (
        "def add(self, other):\n    return self\n",
        "error",
        ("There is no def __add__", "The checks could not be run"),
        None,
    ),
    "two functions": (
        body("return helper(self)") + "\n\ndef helper(x):\n    return x\n",
        "error",
        ("Only the function __add__ belongs here", "line 5"),
        5,
    ),
    "nothing at all": ("", "error", ("There is no def __add__",), None),
    "half a character": (
        body("return '\ud800'"),
        "error",
        ("Python cannot read this text",),
        None,
    ),
    "an exit": (body("import sys", "sys.exit(0)"), "error", ("SystemExit",), 3),
    "an error in JavaScript": (body("import js", "js.JSON.parse('{')"), "error", ("JsException",), 3),
    "JavaScript made of text": (
        body("import js", "js.eval('for (;;);')"),
        "error",
        ("Content Security Policy",),
        3,
    ),
    "a swallowed interrupt": (body("raise KeyboardInterrupt"), "timeout", ("the code was stopped",), None),
    "an exception without words": (
        body("class Odd(Exception):", "    def __str__(self): raise Odd()", "raise Odd()"),
        "error",
        ("its text cannot be shown",),
        4,
    ),
    "modules thrown away": (
        body("import sys", "sys.modules.clear()", "return self"),
        "error",
        ("Error",),
        None,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_its_message(warm: ExercisePage, mistake: str) -> None:
    text, outcome, words, line = MISTAKES[mistake]
    warm.write(ADD, text)
    assert warm.check(ADD) == outcome, warm.said(ADD)
    for expected in words:
        assert expected in warm.said(ADD)
    marked = warm.section(ADD).locator(".tt-failing-line")
    if line is not None:
        assert marked.all_inner_texts() == [text.splitlines()[line - 1]]
        assert warm.button(ADD, "line").inner_text() == f"Go to line {line}"
    assert warm.text(ADD) == text
    warm.passes(ADD)
    assert marked.count() == 0


def test_memory_is_free_again_after_an_error(warm: ExercisePage) -> None:
    """A quarter of what there is, in each of six checks that fail; then as much in code that is right."""
    hold = "held = np.ones(250 * 2**20, 'int8')"
    warm.write(ADD, body("import numpy as np", hold, "raise ValueError('with my arms full')"))
    assert warm.check(ADD) == "error"
    assert "with my arms full" in warm.said(ADD)
    assert MEMORY not in warm.said(ADD)
    right = solution(ADD).replace("    a, b =", f"    import numpy as np\n    {hold}\n    a, b =")
    warm.write(ADD, right)
    assert warm.check(ADD) == "passed", warm.said(ADD)


def test_what_is_printed_is_text(warm: ExercisePage) -> None:
    printed = "\x1b[31mred\x1b[0m <script>window.hacked = 1</script> <img src=x onerror='window.hacked = 1'>"
    warm.write(ADD, body(f"print({printed!r})", "print('y' * 5000)", f"raise ValueError({printed!r})"))
    assert warm.check(ADD) == "error"
    output = warm.result(ADD).locator('[data-role="stdout"]')
    assert printed in output.inner_text()
    assert "y" * 5000 in output.inner_text()
    assert "<script>window.hacked = 1</script>" in warm.said(ADD)
    assert warm.result(ADD).locator("script, img").count() == 0
    assert warm.page.evaluate("window.hacked") is None
    widths = warm.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], "a long line must not widen the page"
    warm.passes(ADD)


# What ends Python itself, and what the page then says of it.
DEADLY = {
    "recursion inside a sort": (
        body("def key(x): return sorted([x, x], key=key)", "return sorted([1, 2], key=key)"),
        "Does a function call itself without end?",
    ),
    "an exit behind Python's back": (body("import os", "os._exit(0)"), "exit(0)"),
    "lists in lists in lists": (
        body("deep = []", "for _ in range(10**6): deep = [deep]", "return deep"),
        "each inside the other, are too deep",
    ),
    "builtins thrown away": (body("import builtins", "vars(builtins).clear()"), "NameError"),
    "a worker that closes itself": (
        body("import js", "js.self.close()", "return self"),
        "the code closed it",
    ),
}


def test_five_crashes_in_a_row(warm: ExercisePage) -> None:
    """Python dies five times, in five ways, and says so each time; at last it works as on the first day."""
    for text, words in DEADLY.values():
        warm.type(ADD, text)
        assert warm.check(ADD) == "runtime_lost"
        assert "Python stopped working while it ran your code" in warm.said(ADD)
        assert "your code is kept" in warm.said(ADD)
        assert words in warm.said(ADD)
        assert warm.text(ADD) == text
    warm.saved()
    warm.open()
    assert warm.text(ADD) == text
    warm.passes(ADD)


FOREVER = body("while True: pass")
ENDLESS = {
    "a loop that swallows everything": body(
        "while True:", "    try:", "        while True: pass", "    except BaseException: pass"
    ),
    "a sleep": body("import time", "time.sleep(1e6)"),
    "one long call of NumPy": body(
        "import numpy as np", "a = np.ones((5000, 5000), 'float32')", "return a @ a"
    ),
}


def stop(page: ExercisePage, text: str) -> None:
    page.write(ADD, text)
    page.begin(ADD)
    page.press(ADD, "stop")
    assert page.outcome(ADD) == "timeout"
    assert "You stopped this run" in page.said(ADD)
    assert page.text(ADD) == text


def watchdog(page: ExercisePage, text: str) -> None:
    """Ten seconds pass on the page's clock; the worker's loop is real."""
    page.write(ADD, text)
    page.begin(ADD)
    page.page.clock.fast_forward(9_000)
    assert page.result(ADD).get_attribute("data-outcome") is None, "it has ten seconds"
    page.page.clock.fast_forward(1_500)
    assert page.outcome(ADD) == "timeout"
    assert "without finishing" in page.said(ADD)
    assert "Is there a loop that never ends?" in page.said(ADD)
    assert page.text(ADD) == text


def test_what_runs_is_interrupted_where_the_host_isolates(warm: ExercisePage) -> None:
    """By Stop and by the watchdog, in turn; lite/test/runner.test.ts shows that Python is not replaced."""
    assert warm.page.evaluate("crossOriginIsolated")
    warm.passes(ADD)
    stop(warm, FOREVER)
    watchdog(warm, FOREVER)
    stop(warm, FOREVER)
    warm.passes(ADD)


@pytest.mark.parametrize("what", ENDLESS)
def test_stop_ends_what_cannot_be_interrupted(warm: ExercisePage, what: str) -> None:
    """Python is replaced, and the new one does not hear what was meant for the old one."""
    warm.passes(ADD)
    stop(warm, ENDLESS[what])
    warm.passes(ADD)


def test_what_runs_is_stopped_on_the_plainest_host(reader: Visit, plain_site: Site) -> None:
    reader.page.clock.install()
    page = ExercisePage(reader, plain_site)
    assert not page.page.evaluate("crossOriginIsolated")
    stop(page, FOREVER)
    watchdog(page, FOREVER)
    page.passes(ADD)


def test_another_check_takes_the_place_of_one_that_runs(warm: ExercisePage) -> None:
    warm.write(ADD, FOREVER)
    warm.begin(ADD)
    warm.passes("tensor_sum")
    assert warm.outcome(ADD) == "timeout"
    assert "Stopped, because another run was asked for" in warm.said(ADD)
    warm.passes(ADD)


def test_check_pressed_twice_shows_the_newer_result(warm: ExercisePage) -> None:
    warm.write(ADD, FOREVER)
    warm.begin(ADD)
    warm.passes(ADD)


def test_stop_while_python_is_still_loading(cold: ExercisePage) -> None:
    """The download is held back, so that loading would never end."""
    cold.page.context.route("**/numpy-*.whl", lambda route: None)
    cold.write(ADD, solution(ADD))
    with cold.page.expect_request("**/numpy-*.whl"):
        cold.press(ADD, "check")
    assert cold.section(ADD).locator("progress").is_visible()
    cold.press(ADD, "stop")
    assert cold.outcome(ADD) == "timeout"
    assert "You stopped this run" in cold.said(ADD)
    cold.section(ADD).locator("progress").wait_for(state="detached")
    cold.page.context.unroute_all()
    cold.passes(ADD)
