"""The progress bar, on a terminal and elsewhere; the clock is ours."""

import io
import math

import pytest

from tinytorch.training.progress import Progress, bar, duration


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def screen(text):
    """What a terminal shows in the end: a carriage return goes back to the line's first column."""
    lines = []
    for line in text.split("\n"):
        shown = ""
        for piece in line.split("\r"):
            shown = piece + shown[len(piece) :]
        lines.append(shown.rstrip())
    return lines


def test_elsewhere_there_is_one_line_an_epoch(clock):
    stream = io.StringIO()
    progress = Progress(epochs=10, batches=4, stream=stream, clock=clock)
    for epoch in (1, 2):
        for batch in range(1, 5):
            clock.now += 5
            progress.batch(epoch, batch, {"loss": 1.0})
        progress.epoch(epoch, {"loss": 0.5 / epoch, "validation_loss": 0.75})
    assert stream.getvalue().splitlines() == [
        "epoch  1/10  loss 0.5000  validation loss 0.7500  0:20, 3:00 left",
        "epoch  2/10  loss 0.2500  validation loss 0.7500  0:40, 2:40 left",
    ]


def test_a_terminal_sees_one_line_that_is_rewritten(clock):
    stream = Terminal()
    progress = Progress(epochs=2, batches=4, stream=stream, clock=clock)
    for batch in (1, 2):
        clock.now += 10
        progress.batch(1, batch, {"loss": 12345.678 if batch == 1 else 1.0})
    assert screen(stream.getvalue()) == [
        "epoch 1/2  [==========          ] 2/4  loss 1.0000  0:20, 1:00 left"
    ]
    clock.now += 20
    progress.epoch(1, {"loss": 0.5})
    clock.now += 30
    progress.epoch(2, {"loss": 0.25})
    assert screen(stream.getvalue()) == [
        "epoch 1/2  loss 0.5000  0:40, 0:40 left",
        "epoch 2/2  loss 0.2500  1:10",
        "",
    ]


def test_a_line_never_wraps(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    stream = Terminal()
    progress = Progress(epochs=1, batches=10, stream=stream, clock=clock)
    clock.now += 1
    progress.batch(1, 5, {"loss": 1.0, "accuracy": 0.5})
    assert max(map(len, stream.getvalue().split("\r"))) == 29


def test_a_fast_loop_is_not_slowed_by_writing(clock):
    stream = Terminal()
    progress = Progress(epochs=1, batches=1000, stream=stream, clock=clock)
    for batch in range(1, 1001):
        clock.now += 0.001
        progress.batch(1, batch, {"loss": 1.0})
    assert stream.getvalue().count("\r") == pytest.approx(10, abs=1)


def test_the_time_left_counts_what_was_done_now(clock):
    stream = io.StringIO()
    progress = Progress(epochs=10, batches=4, done=8, stream=stream, clock=clock)
    clock.now += 60
    progress.epoch(9, {})
    assert stream.getvalue().endswith("1:00, 1:00 left\n")


def test_nobody_knows_how_many_batches(clock):
    stream = Terminal()
    progress = Progress(epochs=2, stream=stream, clock=clock)
    clock.now += 1
    progress.batch(1, 7, {})
    assert "[                    ] 7" in stream.getvalue() and "left" not in stream.getvalue()


def test_it_writes_to_standard_output_of_the_moment(capsys):
    Progress(epochs=1).epoch(1, {"loss": 2.0})
    assert capsys.readouterr().out.startswith("epoch 1/1  loss 2.0000")


def test_numbers_of_every_size():
    stream = io.StringIO()
    Progress(epochs=1, stream=stream).epoch(1, {"a": 0.0, "b": 1e30, "c": 2e-7, "d": math.nan, "e": -3.14159})
    assert "a 0.0000  b 1e+30  c 2e-07  d nan  e -3.1416" in stream.getvalue()


def test_words():
    assert [bar(share) for share in (-1, 0, 0.049, 0.05, 1, 2)] == [
        "[" + "=" * n + " " * (20 - n) + "]" for n in (0, 0, 0, 1, 20, 20)
    ]
    assert [duration(s) for s in (0, 59.4, 59.6, 3599, 3600, 90061)] == [
        "0:00",
        "0:59",
        "1:00",
        "59:59",
        "1:00:00",
        "25:01:01",
    ]
