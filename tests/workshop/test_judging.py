"""The verdict on an answer: right passes, wrong fails in words, and nothing that dodges the checks passes."""

import gc
import warnings
from dataclasses import replace

import pytest
from small_chapter import ADDS, BROADCASTS, HEAD, RIGHT, body, small_chapter
from valid_reports import validated

from tinytorch.workshop.chapter import Check
from tinytorch.workshop.checks import run_checks

REST = [line.strip() for line in RIGHT.splitlines()[1:]]
PRINTS = """def test_prints():
    print("from the check")
    expect_tensor(Tensor([1]) + Tensor([2]), [3], "`a + b`")
"""


def test_the_book_s_solution_passes(check):
    report = check(small_chapter().exercise("tensor_add").solution)
    assert report.outcome == "passed"
    assert [result.name for result in report.checks] == ["test_adds", "test_broadcasts"]


def test_the_stub_is_not_written_yet(check):
    stub = small_chapter().exercise("tensor_add").stub
    report = check(stub)
    assert {result.outcome for result in report.checks} == {report.outcome} == {"not_written"}
    assert report.checks[0].line == len(stub.splitlines())


def test_an_exercise_without_checks_never_passes():
    chapter = small_chapter()
    empty = replace(chapter, exercises=(replace(chapter.exercises[0], checks=()),))
    report = validated(run_checks(empty, "tensor_add", RIGHT))
    assert (report.outcome, report.checks) == ("error", ())


def test_one_failure_among_passes_is_a_failure(check):
    report = check(body("return Tensor(self.data.reshape(-1) + other.data)"))
    assert [result.outcome for result in report.checks] == ["passed", "failed"]
    assert report.outcome == "failed"
    assert "should have shape" in report.checks[1].message


WRONG = {
    "an array": ("return self.data + other.data", "failed", "a NumPy array"),
    "a list": ("return (self.data + other.data).tolist()", "failed", "a list"),
    "nothing": ("self.data + other.data", "failed", "None"),
    "a generator": ("yield Tensor(self.data + other.data)", "failed", "a generator"),
    "not implemented": ("return NotImplemented", "error", "unsupported operand"),
    "the function": ("return Tensor.__add__", "failed", "a function"),
    "a class": ("return Tensor", "failed", "a type"),
    "wrong numbers": ("return Tensor(self.data - other.data)", "failed", "it should be"),
    "an object array": ("t = Tensor([1]); t.data = [11, 22]; return t", "failed", "NumPy array"),
    "an error": ("return 1 / 0", "error", "ZeroDivisionError: division by zero"),
    "a missing name": ("return missing", "error", "name 'missing' is not defined"),
    "a missing package": ("import torch_is_not_here", "error", "No module named"),
    "an assert of its own": ("assert False, 'mine'", "error", "mine"),
    "an exit": ("raise SystemExit(0)", "error", "SystemExit: 0"),
    "quit": ("import sys; sys.exit()", "error", "SystemExit"),
    "the end of a generator": ("raise GeneratorExit", "error", "GeneratorExit"),
    "the end of an iterator": ("raise StopIteration", "error", "StopIteration"),
    "skip": ("import pytest; pytest.skip('x')", "error", "x"),
    "xfail": ("import pytest; pytest.xfail('x')", "error", "x"),
    "exit from pytest": ("import pytest; pytest.exit('x', returncode=0)", "error", "x"),
    "fail": ("import pytest; pytest.fail('x')", "error", "x"),
    "importorskip": ("import pytest; pytest.importorskip('torch_is_not_here')", "error", "could not import"),
    "unittest's skip": ("import unittest; raise unittest.SkipTest('x')", "error", "x"),
    "Ctrl-C": ("raise KeyboardInterrupt", "timeout", "was stopped"),
    "too much memory": ("return Tensor(np.ones((2**20, 2**20)))", "error", "not enough memory"),
    "a list without end": ("return Tensor([0] * 2**40)", "error", "not enough memory"),
    "recursion": ("return self + other", "error", "calls itself without end"),
    "recursion by name": ("return self.__add__(other)", "error", "calls itself without end"),
    "recursion through NumPy": ("return np.add(self, other) + self", "error", ""),
    "another's stub": ("raise NotImplementedError('tensor_sum')", "error", "not written"),
    "a strange stub": ("raise NotImplementedError(np.zeros(3))", "error", "not written"),
    "an error without words": (
        "E = type('E', (Exception,), {'__str__': lambda self: 1 / 0}); raise E",
        "error",
        "cannot be shown: ZeroDivisionError",
    ),
    "an error of a megabyte": ("raise ValueError('x' * 10**6)", "error", "xxx …"),
    "half a character": ("raise ValueError('\\ud800')", "error", "\ud800"),
    "a group": ("raise ExceptionGroup('many', [ValueError(1)])", "error", "many"),
}


@pytest.mark.parametrize(("line", "outcome", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_never_passes_and_says_why(check, line, outcome, says):
    report = check(body(line), ADDS)
    (result,) = report.checks
    assert (report.outcome, result.outcome) == (outcome, outcome)
    assert says in result.message
    assert len(result.message) < 3_000


def test_a_coroutine_is_not_a_tensor(check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nobody awaited it
        report = check("async " + RIGHT, ADDS)
        gc.collect()
    assert report.outcome == "failed" and "a coroutine" in report.checks[0].message


CHEATS = {
    "everything is equal": "Tensor.__eq__ = lambda self, other: True",
    "every array is close": "np.testing.assert_allclose = lambda *args, **kwargs: None",
    "lists are equal": "Tensor.tolist = lambda self: [11, 22]",
    "no assertion fails": "import builtins; builtins.AssertionError = ValueError",
    "nothing can be expected": "import tinytorch.workshop.expect as e; e.expect_tensor = print",
    "no failure is told": "import tinytorch.workshop.report as r; r.overall = lambda checks: 'passed'",
    "no claims": "import pytest; pytest.fail = lambda *a, **k: None",
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_patching_does_not_make_a_wrong_answer_right(check, cheat):
    report = check(body(cheat, "return Tensor([0, 0])"), ADDS, BROADCASTS)
    assert all(result.outcome in ("failed", "error") for result in report.checks)


def test_an_object_that_equals_everything_is_not_a_tensor(check):
    report = check(
        body(
            "class Yes:",
            "    shape = (2,)",
            "    def __eq__(self, other): return True",
            "    def __getattr__(self, name): return self",
            "    def __call__(self, *args): return self",
            "return Yes()",
        ),
        ADDS,
    )
    assert report.outcome == "failed"


def test_a_bare_assert_in_a_check_fails_with_a_sentence(check):
    report = check(RIGHT, "def test_wrong():\n    assert (Tensor([1]) + Tensor([1])).tolist() == [3]\n")
    assert report.outcome == "failed"
    assert report.checks[0].message.startswith("assert [2] == [3]")
    assert report.checks[0].line is None


def test_message_and_hint_are_the_first_line_and_the_rest(check):
    report = check(
        RIGHT, "def test_wrong():\n    assert 1 == 2, 'What is wrong.\\nWhat to do.\\nAnd then.'\n"
    )
    assert (report.checks[0].message, report.checks[0].hint) == ("What is wrong.", "What to do.\nAnd then.")


PARAMETRIZED = """@pytest.mark.parametrize("n", [1, 2, 3])
def test_many(n):
    out = Tensor([n]) + Tensor([1])
    assert out.tolist() == [n + 1], f"wrong for {n}"
"""


def test_a_parametrized_check_is_one_check(check):
    events = []
    report = check(RIGHT, PARAMETRIZED, ADDS, emit=events.append)
    assert [result.name for result in report.checks] == ["test_many", "test_adds"]
    assert report.outcome == "passed"
    assert [event["check"]["name"] for event in events] == ["test_many", "test_adds"]


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_any_failing_parameter_fails_the_check_and_speaks_for_it(check, bad):
    events = []
    line = f"return Tensor([0 if int(self.data[0]) == {bad} else int(self.data[0]) + 1])"
    report = check(body(line), PARAMETRIZED, emit=events.append)
    assert report.outcome == "failed" and report.checks[0].message == f"wrong for {bad}"
    assert len(events) == 1 and events[0]["check"]["outcome"] == "failed"


def test_every_check_is_told_once_in_order_as_it_ends(check):
    events = []
    report = check(body("print('from the answer')", "return Tensor([3])"), PRINTS, ADDS, emit=events.append)
    assert [event["kind"] for event in events if event["kind"] == "checked"] == ["checked"] * 2
    assert [event["check"] for event in events if event["kind"] == "checked"] == [
        result.to_dict() for result in report.checks
    ]
    first = next(number for number, event in enumerate(events) if event["kind"] == "checked")
    text = "".join(event["text"] for event in events[:first])
    assert text == "from the check\nfrom the answer\n"


def test_output_of_the_report_is_capped_and_all_of_it_streamed(check):
    events = []
    report = check(body("print('x' * 30_000)", *REST), ADDS, emit=events.append)
    streamed = "".join(event["text"] for event in events if event["kind"] == "stdout")
    assert report.outcome == "passed"
    assert len(report.stdout) == 20_000 and streamed == "x" * 30_000 + "\n"


def test_standard_error_and_every_way_of_writing_are_output(check):
    report = check(
        body(
            "import sys",
            "sys.stdout.writelines(['a', 'b'])",
            "print('c', file=sys.stderr, flush=True)",
            "sys.stdout.write('d')",
            "assert not sys.stdout.isatty()",
            *REST,
        ),
        ADDS,
    )
    assert report.outcome == "passed", report.checks
    assert report.stdout == "abc\nd"


@pytest.mark.parametrize(
    "source",
    [
        "def test_x(:\n    pass\n",
        "import nothing_of_this_name\ndef test_x():\n    pass\n",
        "def test_x(no_such_fixture):\n    pass\n",
        "@pytest.mark.skip\ndef test_x():\n    pass\n",
        "@pytest.fixture\ndef broken():\n    1 / 0\n\ndef test_x(broken):\n    pass\n",
        "@pytest.fixture\ndef broken():\n    yield\n    1 / 0\n\ndef test_x(broken):\n    pass\n",
    ],
    ids=["syntax", "import", "fixture", "skip", "setup", "teardown"],
)
def test_checks_that_cannot_run_are_an_error_and_not_a_pass(source):
    chapter = small_chapter()
    broken = replace(chapter.exercises[0], checks=(Check("test_x", "It runs.", source),))
    report = validated(run_checks(replace(chapter, exercises=(broken,)), "tensor_add", RIGHT))
    assert report.outcome == "error"
    assert report.checks[0].message


def test_functions_that_only_look_like_checks_are_left_out():
    chapter = small_chapter()
    setup = chapter.setup + "def test_stray():\n    assert False\n"
    report = validated(run_checks(replace(chapter, setup=setup), "tensor_add", RIGHT))
    assert [result.outcome for result in report.checks] == ["passed", "passed"]


def test_an_answer_may_be_decorated(check):
    assert check("@(lambda method: method)\n" + RIGHT).outcome == "passed"
    assert check("@staticmethod\n" + HEAD + "    return Tensor(self.data + other.data)\n").outcome == "error"
