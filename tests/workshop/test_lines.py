"""Lines: whatever stands around it, the line of a report is the line that the learner sees."""

import re

import pytest
from small_chapter import ADDS, HEAD, MODULE, body, small_chapter

from tinytorch.workshop.checks import run_integration

MARK = "#!"

TEXTS = {
    "plain": body(f"return 1 / 0  {MARK}"),
    "comments first": "# one\n\n# two\n" + body("x = 1", f"return x / 0  {MARK}"),
    "decorated": f"@(lambda f: f)\n@(lambda f: f)\n{HEAD}    return 1 / 0  {MARK}\n",
    "comment and decorator": f"# why\n@(lambda f: f)\n\n{HEAD}    return 1 / 0  {MARK}\n",
    "signature of several lines": f"def __add__(\n    self,\n    other,\n):\n    return 1 / 0  {MARK}\n",
    "docstring": body('"""Add.', "", '    Words."""', f"return 1 / 0  {MARK}"),
    "long string": body('text = """', "flush", '"""', f"return 1 / 0  {MARK}"),
    "long statement": body("return [", "    1,", f"    1 / 0,  {MARK}", "]"),
    "backslash": body("x = 1 + \\", f"    1 / 0  {MARK}"),
    "nested function": body("def inner():", f"    return 1 / 0  {MARK}", "return inner()"),
    "nested in nested": body(
        "def a():", "    def b():", f"        return 1 / 0  {MARK}", "    return b()", "return a()"
    ),
    "lambda": body(f"inner = lambda: 1 / 0  {MARK}", "return inner()"),
    "comprehension": body("return [", f"    1 / n  {MARK}", "    for n in [0]", "]"),
    "generator": body("each = (", f"    1 / n  {MARK}", "    for n in [0]", ")", "return list(each)"),
    "class": body("class Inner:", f"    x = 1 / 0  {MARK}", "return Inner"),
    "except": body("try:", "    1 / 0", "except ZeroDivisionError:", f"    raise ValueError  {MARK}"),
    "finally": body("try:", "    pass", "finally:", f"    1 / 0  {MARK}"),
    "with": body("with open('/dev/null') as f:", f"    1 / 0  {MARK}"),
    "deep in NumPy": body(f"return np.zeros(2).reshape(3)  {MARK}"),
    "deep in the package": body(f"return self.reshape(7, 7)  {MARK}"),
    "windows": body("x = 1", f"return 1 / 0  {MARK}").replace("\n", "\r\n"),
    "old macs": body("x = 1", f"return 1 / 0  {MARK}").replace("\n", "\r"),
    "form feed": body("x = '\x0c \u2028'", f"return 1 / 0  {MARK}"),
    "an assert": body("x = 1", f"assert x == 2  {MARK}"),
    "a name": body("x = 1", f"return missing  {MARK}"),
}


def line_of(text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return next(number for number, line in enumerate(lines, 1) if MARK in line)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_line_is_the_learner_s(check, text):
    report = check(text, ADDS)
    assert report.outcome == "error"
    assert report.checks[0].line == line_of(text)
    shown = report.traceback.splitlines()
    assert f"line {line_of(text)}, in " in report.traceback
    assert any(line.startswith("    ") and line.endswith(MARK) for line in shown)


@pytest.mark.parametrize(
    "text", [TEXTS["deep in NumPy"], TEXTS["deep in the package"], TEXTS["nested function"]]
)
def test_a_traceback_shows_only_the_learner_s_lines(check, text):
    *places, last = check(text, ADDS).traceback.splitlines()
    source = {line.strip() for line in text.splitlines()}
    assert all(line.strip() in source for line in places[1::2])
    assert all(re.fullmatch(r"line \d+, in (__add__|inner)", line) for line in places[::2])
    assert "Error" in last


def test_a_line_that_calls_itself_is_shown_once(check):
    report = check(body("return self + other"), ADDS)
    assert report.traceback.count("return self + other") == 1


def test_a_failure_of_the_check_has_no_line(check):
    report = check(body("return Tensor([0])"), ADDS)
    assert report.checks[0].line is None and report.traceback == ""


@pytest.mark.parametrize("order", [1, -1])
def test_two_answers_in_one_file_keep_their_own_lines(order):
    add = "# a long\n# introduction\n\n" + body("a, b = operands('+', self, other)", "return Tensor(a + b)")
    total = (
        f"# also\n\ndef sum(self, axis=None, keepdims=False):\n    x = [\n    ]\n    return x[0]  {MARK}\n"
    )
    texts = {f"{MODULE}:Tensor.__add__": add, f"{MODULE}:Tensor.sum": total}
    report = run_integration(small_chapter(), dict(list(texts.items())[::order]))
    assert report.checks[0].line == line_of(total)
    assert f"return x[0]  {MARK}" in report.traceback


def test_an_error_that_a_check_puts_into_words_still_points_at_the_learners_line(check):
    report = check(
        body("x = 1", "raise ValueError('no')"),
        """def test_adds():
    from tinytorch.workshop.expect import expect_no_error
    with expect_no_error("`a + b`"):
        Tensor([1]) + Tensor([2])
""",
    )
    (result,) = report.checks
    assert (result.outcome, result.line) == ("failed", 3)
    assert "line 3, in __add__" in report.traceback
