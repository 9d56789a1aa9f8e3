"""tito as people and scripts run it: exit codes, JSON, words in a terminal."""

import json
import os
import pty
import re
import select
import signal
import sys

import jsonschema
import pytest
from tito_helpers import exercise, process, solution

from tests.workshop.valid_reports import VALIDATOR
from tinytorch.workshop import curriculum, library
from tinytorch.workshop.tito import module_check, show

WRONG = "def __add__(self, other):\n    a, b = operands('+', self, other)\n    return Tensor(a - b)\n"


def finish(started):
    out, err = started.communicate(timeout=300)
    return started.returncode, out, err


def test_a_script_hears_by_exit_code_and_json(tito):
    tito.write("tensor_add", solution("tensor_add"))
    tito.write("tensor_sum", "def total(self):\n    return 0\n")
    code, out, err = finish(process("module", "check", "01", "tensor_add", "--json", cwd=tito.root))
    (report,) = json.loads(out)
    assert (code, report["outcome"], err) == (0, "passed", "")
    code, out, _ = finish(
        process("module", "check", "01", "tensor_add", "tensor_sum", "--json", cwd=tito.root)
    )
    reports = json.loads(out)
    for report in reports:
        VALIDATOR.validate(report)
    assert code == 1
    assert [report["outcome"] for report in reports] == ["passed", "error"]
    code, out, err = finish(process("module", "check", "01", "nonsense", "--json", cwd=tito.root))
    assert (code, out) == (2, "")
    assert "has no exercise 'nonsense'" in err
    assert finish(process("module", "chek", cwd=tito.root))[0] == 2


def test_a_whole_module_is_checked_and_remembered(tito):
    chapter = library.chapters()[0]
    tito("module", "start", "00")
    assert tito("module", "check", "00") == 1
    assert "todo" in tito.out
    (only,) = chapter.exercises
    tito.write(only.name, only.solution)
    assert tito("module", "check", "00") == 0
    assert f"{chapter.module:02d} {chapter.title}: 1 of 1 exercises pass." in tito.out
    assert tito.record(only.name)["passed"] == only.solution
    assert tito.versions(only.name) == [only.solution]
    (row,) = [row for row in tito.json("module", "list") if row["number"] == 0]
    assert (row["passed"], row["started"], row["exercises"]) == (1, 1, 1)


def test_what_failed_is_remembered_and_shown_with_its_line(tito):
    tito.write("tensor_add", WRONG)
    assert tito("module", "check", "01", "tensor_add") == 1
    assert tito.record("tensor_add")["failed"] == WRONG
    assert tito.record("tensor_add")["passed"] is None
    claim = exercise("tensor_add").checks[0].claim
    assert f"FAIL  {claim}" in re.sub(r"\n +", " ", tito.out)
    tito.write("tensor_add", "def __add__(self, other):\n    return self.dta\n")
    assert tito("module", "check", "01", "tensor_add") == 1
    assert "line 2: return self.dta" in tito.out


@pytest.mark.parametrize(
    ("content", "outcome", "words"),
    [
        (b"\xff\xfed\x00e\x00f\x00", "error", "not text in UTF-8"),
        (b"x = " + b"1" * 300_000, "error", "longer than"),
        (b"def other():\n    pass\n", "error", "no `def __add__`"),
        (b"def __add__(self, other):\n    return (\n", "error", "never closed"),
        (b"import os\n" + WRONG.encode(), "error", "Only the function"),
        (None, "not_written", "not started"),
    ],
)
def test_a_file_that_is_no_answer_is_a_report(tito, content, outcome, words):
    if content is None:
        tito.file("tensor_add").unlink()
    else:
        tito.write("tensor_add", content)
    (report,) = tito.json("module", "check", "01", "tensor_add")
    VALIDATOR.validate(report)
    assert tito.code == 1
    assert report["outcome"] == outcome
    assert words in report["checks"][0]["message"]


def test_the_checks_of_the_whole_module_come_at_its_end(tito, monkeypatch):
    for one in library.chapters()[1].exercises:
        tito.write(one.name, one.solution)
    reports = tito.json("module", "check", "01")
    assert [report["outcome"] for report in reports] == ["passed"] * 10
    assert reports[-1]["exercise"] == "01_tensor"
    assert "missing" in tito.json("module", "status", "01")["modules"][0]
    assert tito("module", "start", "02") == 0
    assert "It stands on" not in tito.out


def test_prerequisites_are_told(tito):
    assert tito("module", "start", "03") == 0
    assert "It stands on 01 Tensor (0 of 9), 02 Activations (0 of 6)" in re.sub(r"\s+", " ", tito.out)


def test_modules_come_from_the_books_table(empty):
    rows = empty.json("module", "list")
    assert [row["number"] for row in rows] == list(range(21))
    assert [row["name"] for row in rows if row["status"] == "written"] == [
        module.name for module in curriculum.written()
    ]
    assert empty("module", "start", "20") == 2
    assert "planned" in empty.err
    assert empty("module", "start", "99") == 2
    assert "no module '99'" in empty.err


def test_every_group_says_what_it_can_do(empty):
    for words in ([], ["module"], ["milestone"], ["workspace"], ["book"], ["nbgrader"]):
        assert empty(*words, "--help") == 0
        assert empty(*words) == 2


def test_colours_are_for_terminals_and_lines_as_wide_as_they_are(tito):
    tito.write("tensor_add", WRONG)
    plain = finish(process("module", "check", "01", "tensor_add", cwd=tito.root))[1]
    assert "\x1b" not in plain
    near, far = pty.openpty()
    started = process(
        "module", "check", "01", "tensor_add", cwd=tito.root, stdout=far, stderr=far,
        env={"TERM": "xterm", "COLUMNS": "40", "NO_COLOR": ""},
    )  # fmt: skip
    os.close(far)
    said = b""
    while select.select([near], [], [], 300)[0]:
        try:
            said += os.read(near, 65536)
        except OSError:
            break
    os.close(near)
    assert started.wait(300) == 1
    text = said.decode().replace("\r\n", "\n")
    assert "\x1b[" in text
    words = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert max(len(line.rpartition("\r")[2].rstrip()) for line in words.split("\n")) <= 40


def test_what_learners_print_cannot_reach_the_terminal(tito):
    tito.write(
        "tensor_add", "def __add__(self, other):\n    print('\\x1b[2J[bold]x[/bold]\\x07')\n    return 1\n"
    )
    assert tito("module", "check", "01", "tensor_add") == 1
    assert "\\x1b[2J[bold]x[/bold]\\x07" in tito.out
    assert show.plain("é\t→\x9b") == "é\t→\\x9b"


def test_watching_checks_what_changes(tito, monkeypatch):
    steps = iter([solution("tensor_add"), None])

    def sleep(seconds):
        text = next(steps)
        if text is None:
            raise KeyboardInterrupt
        tito.write("tensor_add", text)

    monkeypatch.setattr(module_check.time, "sleep", sleep)
    assert tito("module", "check", "01", "tensor_add", "tensor_sum", "--watch") == 130
    assert tito.out.count("ok    tensor_add") == 1
    assert tito.out.count("Watching") == 2


def test_ctrl_c_ends_a_check_and_loses_nothing(tito):
    tito.write("tensor_add", solution("tensor_add"))
    tito.write("tensor_matmul", "def __matmul__(self, other):\n    while True:\n        pass\n")
    started = process("module", "check", "01", cwd=tito.root)
    while "tensor_add" not in (line := started.stdout.readline()):
        assert line, started.stderr.read()
    started.send_signal(signal.SIGINT)
    code, _, err = finish(started)
    assert (code, err) == (130, "tito: stopped\n")
    assert tito.record("tensor_add")["passed"] == solution("tensor_add")


def test_a_kill_in_the_middle_loses_nothing(tito):
    tito.write("tensor_add", solution("tensor_add"))
    tito.write("tensor_matmul", "def __matmul__(self, other):\n    while True:\n        pass\n")
    started = process("module", "check", "01", cwd=tito.root, env={"PYTHONUNBUFFERED": "1"})
    while "tensor_add" not in (line := started.stdout.readline()):
        assert line, started.stderr.read()
    started.kill()
    finish(started)
    assert tito("module", "status", "01") == 0
    assert tito.record("tensor_add")["passed"] == solution("tensor_add")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends a child with its parent")
def test_an_endless_call_does_not_outlive_tito(tito, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    lines = ["import itertools", f"held = open({str(pipe)!r}, 'w')", "print('here', file=held, flush=True)"]
    lines.append("sum(itertools.repeat(0))")
    tito.write("tensor_add", "def __add__(self, other):\n" + "".join(f"    {line}\n" for line in lines))
    started = process("module", "check", "01", "tensor_add", cwd=tito.root)
    with pipe.open() as held:
        assert held.readline() == "here\n"
        started.kill()
        assert held.read() == "", "the pipe ends when the process does"
    finish(started)


def test_two_titos_at_once_lose_nothing(tito):
    names = ["tensor_init", "tensor_add", "tensor_sum"]
    for name in names:
        tito.write(name, solution(name))
    started = [process("module", "check", "01", name, "--json", cwd=tito.root) for name in names]
    assert [finish(one)[0] for one in started] == [0, 0, 0]
    assert {record["exercise"] for record in tito.index["records"] if record["passed"]} == set(names)


def test_the_schema_refuses_a_report_that_is_none():
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({"outcome": "passed"})
