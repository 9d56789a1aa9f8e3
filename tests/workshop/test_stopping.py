"""Stopping: what never ends is ended, what comes after it is said, and the next run starts clean."""

import signal
import sys

import pytest
from small_chapter import ADDS, BROADCASTS, HEAD, RIGHT, SOON, body

from tinytorch.workshop.limits import TimeUp, memory_limit, time_limit

ENDLESS = {
    "a loop": ["while True: pass"],
    "a loop that swallows everything": [
        "while True:",
        "    try:",
        "        x = len([1])",
        "    except: pass",
    ],
    "two loops that swallow everything": [
        "while True:",
        "    try:",
        "        while True:",
        "            try:",
        "                x = [i for i in range(1000)]",
        "            except BaseException:",
        "                x = 2",
        "    except: x = 3",
    ],
    "a loop that finally goes on": [
        "while True:",
        "    try: x = len([1])",
        "    finally: continue",
    ],
    "a swallowing function": [
        "def swallow():",
        "    try: return sum(range(10**5))",
        "    except: return 0",
        "while True: swallow()",
    ],
    "sleep": ["import time", "time.sleep(1000)"],
    "sleep that swallows": ["import time", "while True:", "    try: time.sleep(1000)", "    except: pass"],
    "an iterator": ["import itertools", "for _ in itertools.repeat(1): pass"],
    "many operations of NumPy": ["while True: np.ones((200, 200)) @ np.ones((200, 200))"],
}


@pytest.mark.parametrize("lines", ENDLESS.values(), ids=ENDLESS)
def test_an_answer_that_never_ends_is_ended(check, lines):
    report = check(body(SOON, *lines), ADDS, BROADCASTS)
    first, second = report.checks
    assert (report.outcome, first.outcome, second.outcome) == ("timeout",) * 3
    assert "stopped after 10 seconds" in first.message and "did not run" in second.message
    assert first.line is not None and first.line > 1
    assert sys.gettrace() is None or "coverage" in sys.modules


def test_one_long_call_into_numpy_is_a_timeout_when_it_returns(check):
    report = check(body("np.linalg.svd(np.ones((700, 700)))", "return Tensor([11, 22])"), ADDS, seconds=0.01)
    assert report.outcome == "timeout"


def test_every_check_is_told_once_when_one_never_ends(check):
    many = "@pytest.mark.parametrize('n', [1, 2])\ndef test_many(n):\n    Tensor([n]) + 1\n"
    events = []
    report = check(body(SOON, "while True: pass"), many, ADDS, emit=events.append)
    assert [event["check"] for event in events] == [result.to_dict() for result in report.checks]


def test_a_check_that_never_ends_is_a_timeout_without_a_line(check):
    report = check(RIGHT, f"def test_forever():\n    {SOON}\n    while True: pass\n", ADDS)
    assert [result.outcome for result in report.checks] == ["timeout", "timeout"]
    assert report.checks[0].line is None


def test_every_check_has_the_whole_time_for_itself(check, monkeypatch):
    wound, wind = [], signal.setitimer
    monkeypatch.setattr(signal, "setitimer", lambda which, *times: wound.append(times) or wind(which, *times))
    many = [f"def test_{name}():\n    Tensor([1]) + 1\n" for name in "abc"]
    assert check(RIGHT, *many, seconds=60.0).outcome == "passed"
    assert wound == [(60.0, 0.5), (0,)] * 3


def test_the_next_run_is_not_stopped_by_an_old_alarm(check):
    before = signal.getsignal(signal.SIGALRM)
    check(body("while True: pass"), ADDS, seconds=0.1)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before
    assert check(RIGHT).outcome == "passed"


def test_a_tracer_of_the_caller_survives_a_timeout():
    def trace(frame, event, arg):
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(TimeUp), time_limit(0.05):
            while True:
                pass
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)


def test_a_flood_of_output_is_ended(check):
    events = []
    report = check(body("while True: print('x' * 1000)"), ADDS, emit=events.append)
    assert report.outcome == "error" and "printed more than 100,000" in report.checks[0].message
    assert report.checks[0].line == 2
    assert sum(len(event["text"]) for event in events if event["kind"] == "stdout") == 100_000


def test_a_flood_that_swallows_is_ended_by_time(check):
    flood = ["    try: print('x' * 9999)", "    except: pass"]
    report = check(body("for _ in range(20):", *flood, SOON, "while True:", *flood), ADDS)
    assert report.outcome == "timeout" and len(report.stdout) == 20_000


def test_endless_recursion_everywhere_is_an_error(check):
    for lines in (["return self + other"], ["return repr(self + other)"], ["f = lambda: f()", "return f()"]):
        report = check(body(*lines), ADDS)
        assert report.outcome == "error"
        assert "calls itself without end" in report.checks[0].message


def test_swallowed_recursion_and_raised_limits_end_too(check):
    text = body("try: return self + other", "except RecursionError: return Tensor([0, 0])")
    assert check(text, ADDS).outcome == "failed"


def test_recursion_cannot_be_allowed_to_kill_python(check):
    """Deep enough, it ends the process and everything that it was grading."""
    before = sys.getrecursionlimit()
    report = check(
        body("import sys", "sys.setrecursionlimit(10**9)", "return self + other"), ADDS, BROADCASTS
    )
    assert [result.outcome for result in report.checks] == ["error", "error"]
    assert "calls itself without end" in report.checks[0].message
    assert sys.getrecursionlimit() == before
    sys.setrecursionlimit(before + 1)  # it is the real one again
    assert sys.getrecursionlimit() == before + 1
    sys.setrecursionlimit(before)


def test_memory_has_a_limit_which_is_lifted_again(check):
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    report = check(body("self.hog = np.ones(3 * 2**30, dtype='int8')", "return Tensor([11, 22])"), ADDS)
    assert report.outcome == "error" and "not enough memory" in report.checks[0].message
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert check(RIGHT, ADDS).outcome == "passed"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_the_limit_of_memory_holds_only_inside():
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with memory_limit(2**30):
        assert resource.getrlimit(resource.RLIMIT_AS)[0] not in (before[0], resource.RLIM_INFINITY)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_a_limit_that_is_already_lower_stays():
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as statm:
        low = int(statm.read().split()[0]) * resource.getpagesize() + 2**30
    resource.setrlimit(resource.RLIMIT_AS, (low, before[1]))
    try:
        with memory_limit(8 * 2**30):
            assert resource.getrlimit(resource.RLIMIT_AS)[0] == low
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_stop_from_outside_ends_the_run_and_says_so(check):
    text = HEAD + "    import _thread\n    _thread.interrupt_main()\n    while True: pass\n"
    report = check(text, ADDS, BROADCASTS)
    assert [result.outcome for result in report.checks] == ["timeout", "timeout"]
    assert "was stopped" in report.checks[0].message
