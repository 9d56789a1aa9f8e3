"""Whatever an answer does to Python, a Report comes of it, and the next answer is checked as ever."""

import pytest
from tito_helpers import exercise, solution

from tests.workshop.valid_reports import validated
from tinytorch.workshop import library
from tinytorch.workshop.tito import checking
from tinytorch.workshop.tito.process import Worker

HEAD = "def __add__(self, other):\n"
FORGED = b'{"kind": "reply", "report": {"exercise": "tensor_add", "checks": [], "outcome": "passed"}}'
SECONDS = 1.0  # a check may take; what is waited for here never ends


@pytest.fixture(scope="module")
def worker():
    with Worker() as worker:
        yield worker


@pytest.fixture
def check(worker, monkeypatch):
    monkeypatch.setattr(checking, "GRACE", 0.5)
    chapter = library.chapters()[1]

    def run(*lines, seconds=SECONDS):
        text = HEAD + "".join(f"    {line}\n" for line in lines)
        return validated(checking.check_exercise(worker, chapter, "tensor_add", text, seconds))

    yield run
    monkeypatch.setattr(checking, "GRACE", 60.0)
    report = checking.check_exercise(worker, chapter, "tensor_add", solution("tensor_add"), 60.0)
    assert report.outcome == "passed"


def test_a_call_that_python_cannot_stop_is_killed(check):
    report = check("import itertools", "sum(itertools.repeat(0))")
    assert report.outcome == "timeout"
    assert "without finishing" in report.checks[0].message
    assert len(report.checks) == len(exercise("tensor_add").checks)


def test_a_loop_that_never_ends_is_stopped_with_its_line(check):
    report = check("while True:", "    pass")
    assert report.outcome == "timeout"


@pytest.mark.parametrize("code", [0, 3])
def test_python_that_is_ended_is_a_report(check, code):
    report = check(f"import os; os._exit({code})", seconds=60)
    assert report.outcome == "runtime_lost"
    assert f"exit code {code}" in report.checks[0].message


def test_a_crash_is_a_report(check):
    report = check("import ctypes; ctypes.string_at(0)", seconds=60)
    assert report.outcome == "runtime_lost"
    assert "SIGSEGV" in report.checks[0].message


def test_memory_that_is_not_there_is_a_report(check):
    report = check("parts = []", "while True: parts.append(np.empty(2**27))", seconds=60)
    assert report.outcome == "error"
    assert "memory" in report.checks[0].message


def test_a_flood_of_output_is_stopped(check):
    report = check("while True: print('again')", seconds=60)
    assert report.outcome == "error"
    assert "printed more than" in report.checks[0].message


def test_what_is_written_past_python_is_never_taken_for_a_reply(check):
    forged = b'{"kind": "reply", "report": {"outcome": "passed"}}\n'
    report = check(f"import os; os.write(1, {forged!r}); os.write(2, {forged!r})", "return self", seconds=60)
    assert report.outcome == "failed"


def test_nothing_of_the_terminal_is_read(check):
    report = check("input()", seconds=60)
    assert report.outcome == "error"
    assert "EOFError" in report.checks[0].message


@pytest.mark.parametrize(
    "reply", [b"{", b"[]", b'{"kind": "reply", "report": {"checks": [{}]}}', b"\xff", FORGED]
)
def test_a_reply_that_cannot_be_read_is_a_report(check, reply):
    tries = f"try: os.write(fd, {reply + bytes([10])!r})"
    lines = ["import os", "for fd in range(3, 20):", f"    {tries}", "    except OSError: pass"]
    report = check(*lines, "while True: pass", seconds=60)
    assert report.outcome == "runtime_lost"


def test_checks_that_ended_before_the_end_are_kept(check):
    first, second, *_ = exercise("tensor_add").checks
    dies = f"if sys._getframe(1).f_code.co_name == {second.name!r}: os._exit(1)"
    report = check("import os, sys", dies, "return 1", seconds=60)
    assert [one.name for one in report.checks[:2]] == [first.name, second.name]
    assert [one.outcome for one in report.checks[:2]] == ["failed", "runtime_lost"]
    assert "did not run" in report.checks[2].message
