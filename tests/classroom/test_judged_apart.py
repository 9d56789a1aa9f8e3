"""The judge: an answer runs in a Python of its own, which neither hangs, nor lies, nor reaches anything."""

import json
import sys
from pathlib import Path

import pytest

from tinytorch.workshop import checks, library
from tinytorch.workshop.nbgrader.judging import judge, judge_together

START, TENSOR = library.chapters()[:2]
ROOT = Path(__file__).parents[2]
HEAD = "def numel(shape):\n"
RIGHT = START.exercises[0].solution


def numel(*lines):
    return HEAD + "".join(f"    {line}\n" for line in lines)


def words(report):
    return "\n".join(f"{check.message} {check.hint}" for check in report.checks)


def test_it_says_what_a_check_in_this_process_says():
    wrong = numel("return sum(shape)")
    theirs, ours = judge(START, "numel", wrong), checks.run_checks(START, "numel", wrong)
    assert [c.message for c in theirs.checks] == [c.message for c in ours.checks]
    assert judge(START, "numel", RIGHT).outcome == "passed"
    assert judge(START, "numel", START.exercises[0].stub).outcome == "not_written"
    assert judge(START, "numel", "nothing of the sort").outcome == "error"


ATTEMPTS = """import ctypes, os, shutil, signal, socket, sqlite3, subprocess, sys
outside = {outside!r}
def attempt(what):
    try:
        what()
        tried.append("done")
    except PermissionError as error:
        tried.append(str(error).replace(outside, "…"))  # a message has room for so many letters
    except BaseException as error:
        tried.append(f"other: {{error!r}}")
tried = []
link = lambda: (os.symlink(outside, "link"), open("link/new.txt", "w"))
for what in (
    lambda: open(outside + "/new.txt", "w"),
    lambda: open(outside + "/there.txt", "a"),
    lambda: open("../../new.txt", "x"),
    lambda: os.open(outside + "/new.txt", os.O_CREAT | os.O_WRONLY),
    lambda: os.remove(outside + "/there.txt"),
    lambda: os.rename(outside + "/there.txt", "mine.txt"),
    lambda: os.mkdir(outside + "/new"),
    lambda: os.truncate(outside + "/there.txt", 0),
    lambda: os.chmod(outside + "/there.txt", 0),
    lambda: shutil.rmtree(outside),
    link,
    lambda: sqlite3.connect(outside + "/new.db"),
    lambda: np.save(outside + "/new.npy", np.zeros(1)),
    lambda: open(outside + "/there.txt").read(),
    lambda: open({root!r} + "/README.md").read(),
    lambda: os.system("true"),
    lambda: subprocess.run(["true"]),
    os.fork,
    lambda: os.kill(os.getppid(), signal.SIGTERM),
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: ctypes.CDLL(None),
):
    attempt(what)
raise ValueError(chr(10).join(tried))"""


def test_what_is_outside_stays_as_it_is(tmp_path):
    (tmp_path / "there.txt").write_text("private")
    lines = ATTEMPTS.format(outside=str(tmp_path), root=str(ROOT)).splitlines()
    report = judge(START, "numel", numel("import numpy as np", *lines))
    tried = report.checks[0].message.removeprefix("ValueError: ").splitlines()
    assert len(tried) == 22, words(report)
    assert [line for line in tried if not line.startswith("checks ")] == []
    assert [file.name for file in tmp_path.iterdir()] == ["there.txt"]
    assert (tmp_path / "there.txt").read_text() == "private"


def test_its_own_folder_may_be_written_and_is_gone_afterwards():
    where = numel(
        "import os",
        "with open('mine.txt', 'w') as file: file.write('x')",
        "assert open('mine.txt').read() == 'x'",
        "raise ValueError(os.getcwd())",
    )
    folder = judge(START, "numel", where).checks[0].message.removeprefix("ValueError: ")
    assert folder.endswith("work") and not Path(folder).exists()


def test_a_loop_inside_of_c_is_killed():
    report = judge(START, "numel", numel("return sum(iter(int, 1))"), seconds=3)
    assert report.outcome == "timeout"
    assert "stopped after 3 seconds" in words(report)


def test_python_that_ends_is_not_a_pass():
    for end in ("os._exit(0)", "sys.exit(0)", "os.abort()"):
        report = judge(START, "numel", numel("import os, sys", end))
        assert report.outcome in ("error", "runtime_lost"), end


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_memory_is_limited_and_the_limit_cannot_be_raised():
    ask = "return bytearray(6 * 1024**3)"
    raised = "resource.setrlimit(resource.RLIMIT_AS, (resource.getrlimit(resource.RLIMIT_AS)[1],) * 2)"
    for lines in ([ask], ["import resource", raised, ask]):
        assert "MemoryError" in words(judge(START, "numel", numel(*lines)))


def test_a_reply_that_an_answer_writes_is_not_believed():
    forged = {
        "token": "guessed",
        "report": {"exercise": "numel", "outcome": "passed", "checks": [], "stdout": ""},
    }
    lines = [
        "import os",
        f"forged = {json.dumps(forged)!r}.encode()",
        "for number in range(3, 30):",
        "    try: os.pwrite(number, forged, 0)",
        "    except OSError: pass",
        "os._exit(0)",
    ]
    report = judge(START, "numel", numel(*lines))
    assert report.outcome == "runtime_lost", words(report)


def test_patches_here_do_not_reach_it(monkeypatch):
    passes = checks.run_checks(START, "numel", RIGHT)
    monkeypatch.setattr(checks, "run_checks", lambda *a, **k: passes)
    monkeypatch.setattr(pytest, "main", lambda *a, **k: 0)
    monkeypatch.setattr(library, "chapters", lambda: ())
    assert judge(START, "numel", numel("return 0")).outcome == "failed"


def test_modules_beside_the_notebook_are_not_imported(tmp_path, monkeypatch):
    for name in ("tinytorch", "numpy", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert judge(START, "numel", RIGHT).outcome == "passed"


def test_together_runs_on_the_answers_given():
    exercise = TENSOR.exercise("tensor_add")
    assert judge_together(TENSOR, {exercise.object: exercise.solution}).outcome == "passed"
    broken = exercise.solution.replace("Tensor(a + b)", "Tensor(a - b)")
    report = judge_together(TENSOR, {exercise.object: broken})
    assert report.exercise == TENSOR.name
    assert report.outcome == "failed" and "`Tensor.__add__`" in words(report)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_nobody_is_left_behind_when_whoever_asks_is_interrupted(ctrl_c):
    begun, _ = ctrl_c
    with pytest.raises(KeyboardInterrupt):
        judge(START, "numel", numel("return sum(iter(int, 1))"))
    assert begun[0].poll() is not None
