"""Stop always stops, under a second; and what had been shown before is made anew, or offered.

No test here measures time. The page's clock stands still while Stop is pressed: what is interrupted ends
without it, and what has to be replaced ends after the half second that the clock is then given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from exercise_page import ADD, ExercisePage, body, solution
from pages import box, run, words
from visits import Site, Visit, visit

FOREVER = body("while True: pass")
REPLACED = "Python was replaced"
HALF_A_SECOND = 500

INTERRUPTED = {
    "a loop": FOREVER,
    "a generator without end": body("return Tensor(sum(1 for _ in iter(list, 1)))"),
    "a long search": body("import re", "return re.match('(a+)+$', 'a' * 40 + 'b')"),
    "a number with a million digits": body(
        "import sys", "sys.set_int_max_str_digits(0)", "while True: int('9' * 10**6)"
    ),
}
NOT_INTERRUPTED = {
    "a loop that swallows everything": body(
        "while True:", "    try:", "        while True: pass", "    except BaseException: pass"
    ),
    "a sleep": body("import time", "time.sleep(1e6)"),
    "one long call of NumPy": body(
        "import numpy as np", "a = np.ones((5000, 5000), 'float32')", "return np.matmul(a, a)"
    ),
    "an iterator inside C": body("return max(iter(int, 1))"),
    "a search in JavaScript": body("import js", "return js.RegExp.new('(a+)+$').test('a' * 40 + 'b')"),
    "a wait in JavaScript": body(
        "import js", "js.Atomics.wait(js.Int32Array.new(js.SharedArrayBuffer.new(8)), 0, 0)"
    ),
}


class Still:
    """The page's clock stands still as long as the block runs."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def __enter__(self) -> None:
        self.page.clock.pause_at(self.page.evaluate("Date.now() + 50") / 1000)

    def __exit__(self, *error: object) -> None:
        self.page.clock.resume()


@pytest.fixture(scope="module")
def plain(chromium: Any, plain_site: Site) -> Iterator[ExercisePage]:
    """The same page on the plainest host, where no memory can be shared."""
    reader = visit(chromium)
    reader.page.clock.install()
    page = ExercisePage(reader, plain_site)
    assert not page.page.evaluate("crossOriginIsolated")
    page.editor(ADD).wait_for()
    yield page
    reader.context.close()
    assert reader.errors == []


def stop(page: ExercisePage, text: str, wait: int = 0) -> None:
    page.write(ADD, text)
    page.begin(ADD)
    with Still(page.page):
        page.press(ADD, "stop")
        if wait:
            page.page.clock.run_for(wait)
        assert page.outcome(ADD) == "timeout"
    assert "You stopped this run" in page.said(ADD)
    assert page.text(ADD) == text


@pytest.mark.parametrize("what", INTERRUPTED)
def test_stop_interrupts_where_the_host_isolates(warm: ExercisePage, what: str) -> None:
    assert warm.page.evaluate("crossOriginIsolated")
    stop(warm, INTERRUPTED[what])
    assert REPLACED not in warm.said(ADD)
    warm.passes(ADD)


@pytest.mark.parametrize("what", NOT_INTERRUPTED)
def test_stop_replaces_what_cannot_be_interrupted(warm: ExercisePage, what: str) -> None:
    """And the new Python does not hear what was meant for the old one."""
    stop(warm, NOT_INTERRUPTED[what], wait=HALF_A_SECOND)
    assert f"{REPLACED}: your code is kept" in warm.said(ADD)
    warm.passes(ADD)


@pytest.mark.parametrize("what", ["a loop", "one long call of NumPy", "a sleep"])
def test_stop_replaces_at_once_on_the_plainest_host(plain: ExercisePage, what: str) -> None:
    stop(plain, (INTERRUPTED | NOT_INTERRUPTED)[what])
    assert f"{REPLACED}: your code is kept" in plain.said(ADD)
    plain.passes(ADD)


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


def test_the_watchdog_stops_what_nobody_stops(warm: ExercisePage, plain: ExercisePage) -> None:
    for page in (warm, plain):
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


def large(line: str) -> str:
    """Return a right answer that does something more when it adds large tensors, as one experiment does."""
    return solution(ADD).replace("    return Tensor(", f"    if a.size > 1000: {line}\n    return Tensor(")


QUICK, SLOW = "arithmetic", "standardise"


def test_an_experiment_is_stopped_like_a_check(warm: ExercisePage) -> None:
    warm.write(ADD, large("max(iter(int, 1))"))
    assert warm.check(ADD) == "passed", warm.said(ADD)
    section = box(warm.page, "experiment", SLOW)
    section.locator('button[data-action="run"]').click()
    section.locator("output").get_by_text("Running …").wait_for()
    with Still(warm.page):
        section.locator('button[data-action="stop"]').click()
        warm.page.clock.run_for(HALF_A_SECOND)
        section.locator('output[data-outcome="timeout"]').wait_for()
    assert REPLACED in words(section)
    warm.passes(ADD)


def test_what_had_run_is_run_again_or_offered_after_a_replacement(warm: ExercisePage) -> None:
    warm.write(ADD, large("__import__('time').sleep(2.5)"))
    assert warm.check(ADD) == "passed", warm.said(ADD)
    quick, slow = (box(warm.page, "experiment", name) for name in (QUICK, SLOW))
    assert run(quick) == run(slow) == "passed"
    for section in (quick, slow):
        section.locator("output").evaluate("output => { output.firstElementChild.dataset.before = '1' }")

    stop(warm, NOT_INTERRUPTED["a loop that swallows everything"], wait=HALF_A_SECOND)
    told = "your code is kept, 1 experiment is run again and 1 longer one has a button for that."
    assert told in warm.said(ADD)
    assert warm.result(ADD).get_attribute("aria-live") == "polite"
    quick.locator("output:not(:has([data-before]))[data-outcome=passed]").wait_for()
    assert "[[70.7" in words(quick), "it shows what it computed"
    assert slow.locator("[data-before]").count() == 1, "the result stays until there is another"
    again = slow.get_by_role("button", name="Run again")
    assert quick.get_by_role("button", name="Run again").count() == 0
    again.click()
    slow.locator("output:not(:has([data-before]))[data-outcome=passed]").wait_for()
    assert again.count() == 0
    assert warm.page.evaluate("document.activeElement.dataset.action") == "run"
    warm.passes(ADD)


@pytest.fixture
def cold(reader: Visit, site: Site) -> ExercisePage:
    """A page of its own, for what has to do with Python's start."""
    reader.page.clock.install()
    return ExercisePage(reader, site)


def hold_back(page: ExercisePage) -> None:
    """Let Check wait for a download that never comes."""
    page.page.context.route("**/numpy-*.whl", lambda route: None)
    page.write(ADD, solution(ADD))
    with page.page.expect_request("**/numpy-*.whl"):
        page.press(ADD, "check")
    assert page.section(ADD).locator("progress").is_visible()


def test_stop_while_python_is_still_loading(cold: ExercisePage) -> None:
    hold_back(cold)
    cold.press(ADD, "stop")
    assert cold.outcome(ADD) == "timeout"
    assert "You stopped this run" in cold.said(ADD)
    cold.section(ADD).locator("progress").wait_for(state="detached")
    cold.page.context.unroute_all()
    cold.passes(ADD)


def test_a_start_of_which_nothing_is_heard_is_given_up(cold: ExercisePage) -> None:
    hold_back(cold)
    cold.page.clock.fast_forward(61_000)
    assert cold.outcome(ADD) == "runtime_lost"
    assert "nothing was heard of it for 60 s" in cold.said(ADD)
    cold.page.context.unroute_all()
    cold.passes(ADD)
