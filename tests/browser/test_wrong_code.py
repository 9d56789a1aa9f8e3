"""Whatever a learner writes: a clear message, a page that goes on working, and nothing typed is lost."""

from __future__ import annotations

import pytest
from exercise_page import ADD, ExercisePage, body, solution

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
    "a swallowed interrupt": (body("raise KeyboardInterrupt"), "timeout", ("the code was stopped",), None),
    "an exception without words": (
        body("class Odd(Exception):", "    def __str__(self): raise Odd()", "raise Odd()"),
        "error",
        ("its text cannot be shown",),
        4,
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
