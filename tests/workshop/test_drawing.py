"""What experiments draw: values that draw themselves, and figures that grow while code runs."""

import base64
import re
import subprocess
import sys
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from small_chapter import with_experiment

from tinytorch.workshop import live
from tinytorch.workshop.figures import FIGURE_LIMIT
from tinytorch.workshop.lineplot import describe, line_plot, ticks
from tinytorch.workshop.live import LivePlot
from tinytorch.workshop.picture import ALT_LIMIT, NAMESPACE, picture_of, words_in

DRAWING = """
class Drawing:
    def __init__(self, svg): self.svg = svg
    def _repr_svg_(self): return self.svg
    def __repr__(self): return "a drawing <of> something"
"""
SVG = f"<svg {NAMESPACE}><title>A graph</title><desc>x &amp; y</desc></svg>"
PLOT = """from tinytorch.workshop.live import LivePlot
plot = LivePlot('Training', xlabel='step', ylabel='loss')
"""


def figures(events):
    return [event for event in events if event["kind"] == "figure"]


def svg_of(event):
    assert event["mime"] == "image/svg+xml"
    return base64.b64decode(event["base64"]).decode()


def test_the_last_value_draws_itself(experiment):
    report, events = experiment(with_experiment(DRAWING + f"Drawing({SVG!r})"))
    (figure,) = figures(events)
    assert report.outcome == "passed"
    assert (svg_of(figure), figure["alt"], figure["live"]) == (SVG, "A graph. x & y", None)
    assert "drawing" not in report.stdout, "the picture stands for it"


def test_display_shows_several_and_falls_back_to_words(experiment):
    source = DRAWING + f"display(Drawing({SVG!r}), 7, Drawing(None), Drawing)\ndisplay(Drawing({SVG!r}));"
    report, events = experiment(with_experiment(source))
    assert len(figures(events)) == 2
    assert report.stdout.splitlines()[1:3] == ["7", "a drawing <of> something"]


def test_a_picture_without_words_has_those_of_its_value(experiment):
    _, events = experiment(with_experiment(DRAWING + f"Drawing('<svg {NAMESPACE}/>')"))
    assert figures(events)[0]["alt"] == "a drawing <of> something"


@pytest.mark.parametrize(
    ("svg", "says"),
    [
        ("'<p>'", "no SVG document"),
        ("'<svg/>'", "no SVG document"),
        ("7", "no SVG"),
        ("1 / 0", "ZeroDivision"),
    ],
)
def test_what_is_no_picture_is_an_error_in_words(experiment, svg, says):
    report, events = experiment(
        with_experiment(
            DRAWING + f"Drawing.svg = property(lambda self: {svg})\n"
            "Drawing.__init__ = object.__init__\nDrawing()"
        )
    )
    assert report.outcome == "error" and says in report.checks[0].message
    assert not figures(events)


def test_a_picture_that_no_page_could_show_is_refused():
    class Huge:
        def _repr_svg_(self):
            return SVG + " " * 5_000_000

    with pytest.raises(ValueError, match="has 5,000,"):
        picture_of(Huge())


def test_a_long_description_is_cut():
    assert len(words_in(f"<svg><desc>{'word ' * 500}</desc></svg>")) <= ALT_LIMIT


def test_a_live_figure_is_one_figure_and_its_last_state_is_shown(experiment):
    source = PLOT + "for step in range(1000): plot.add(step, 1000 - step)"
    _, events = experiment(with_experiment(source))
    drawn = figures(events)
    assert {figure["live"] for figure in drawn} == {"live-1"}
    assert 2 <= len(drawn) < 20, "at the first point, at the end, and now and then between"
    assert "from 1000 at 0 to 1 at 999" in drawn[-1]["alt"]


def test_the_last_state_is_shown_however_the_run_ends(experiment):
    for end, outcome in (("1 / 0", "error"), ("raise KeyboardInterrupt", "timeout")):
        report, events = experiment(with_experiment(PLOT + f"plot.add(0, 1)\nplot.add(1, 5)\n{end}"))
        assert report.outcome == outcome and "to 5 at 1" in figures(events)[-1]["alt"]


def test_a_figure_is_not_drawn_again_when_nothing_has_come(experiment):
    _, events = experiment(with_experiment(PLOT + "plot.add(0, 1)"))
    assert len(figures(events)) == 1
    _, events = experiment(with_experiment(PLOT))
    assert figures(events) == []


def test_figures_of_one_run_have_names_of_their_own_and_are_not_shown_in_the_next(experiment):
    source = PLOT + "other = LivePlot()\nplot.add(0, 1)\nother.add(0, 2)"
    for _ in range(2):
        _, events = experiment(with_experiment(source))
        assert [figure["live"] for figure in figures(events)] == ["live-1", "live-2"]


def test_a_flood_of_live_figures_is_cut_short_but_those_that_are_shown_go_on(experiment):
    source = PLOT.replace("\nplot", "\nplots = [LivePlot() for _ in range(40)]\nplot")
    source += "for step in range(2):\n    for plot in plots: plot.add(step, 1)"
    report, events = experiment(with_experiment(source))
    assert len({figure["live"] for figure in figures(events)}) == FIGURE_LIMIT
    assert report.stdout.count("Only the first") == 1
    assert all("2 points" in figure["alt"] for figure in figures(events)[-FIGURE_LIMIT:])


def test_drawing_takes_a_small_part_of_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(live.time, "perf_counter", lambda: now[0])
    shown = []

    def place():
        def show(plot):
            shown.append(now[0])
            now[0] += 0.1  # as on a slow machine

        return show

    with live.stage(place):
        plot = LivePlot()
        for step in range(1000):
            now[0] += 0.01
            plot.add(step, 0.0)
    assert len(shown) == 11, "once in ten times what drawing takes, and at the end"


def test_points_may_be_tensors():
    import tinytorch

    with live.stage(lambda: lambda plot: None):
        plot = LivePlot()
        plot.add(tinytorch.Tensor([1.0]), tinytorch.Tensor(2.0))
    assert plot.lines == {"": [(1.0, 2.0)]}


def test_in_a_terminal_it_prints_a_line_now_and_then_and_the_last_one():
    code = PLOT + "for step in range(100): plot.add(step, step / 2, 'train')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "Training, train: step 0, loss 0",
        "Training, train: step 99, loss 49.5",
    ]


def test_in_a_notebook_the_display_is_updated():
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    kernel, client = manager.start_new_kernel()
    messages = []
    try:
        code = PLOT + "for step in range(100): plot.add(step, 1 / (step + 1))"
        client.execute_interactive(code, output_hook=messages.append, timeout=60)
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    shown = [message for message in messages if "display_data" in message["msg_type"]]
    assert [message["msg_type"] for message in shown] == ["display_data", "update_display_data"]
    first, last = (message["content"] for message in shown)
    assert first["transient"]["display_id"] == last["transient"]["display_id"]
    assert "1 point." in first["data"]["image/svg+xml"] and "100 points." in last["data"]["image/svg+xml"]


NAN, INF = float("nan"), float("inf")


def shapes(svg, name):
    return ElementTree.fromstring(svg).findall(f".//{{http://www.w3.org/2000/svg}}{name}")


def test_the_line_goes_through_its_points_and_stays_on_the_paper():
    svg = line_plot("T", "x", "y", {"": [(0, 0.0), (5, 10.0), (10, 0.0)]})
    (line,) = shapes(svg, "polyline")
    (x0, y0), (x1, y1), (x2, y2) = (tuple(map(float, pair.split(","))) for pair in line.get("points").split())
    assert x1 == pytest.approx((x0 + x2) / 2, abs=0.1) and y0 == y2 and y1 < y0
    assert x0 > 0 and x2 < 480 and y1 > 0 and y0 < 290


def test_what_is_not_finite_is_a_gap():
    points = [(0, 1.0), (1, 2.0), (2, NAN), (3, 1.0), (4, 3.0), (5, INF), (6, -INF), (7, 2.0)]
    svg = line_plot("", "", "", {"": points})
    assert len(shapes(svg, "polyline")) == 2 and len(shapes(svg, "circle")) == 1
    assert "3 of them not a finite number" in describe("x", "y", {"": points})


@pytest.mark.parametrize(
    "points",
    [
        *([], [(0, NAN)], [(3, 7.0)], [(0, 0.0), (1, 0.0)], [(0, -4.0), (1, -4.0)]),
        *([(0, 1.7e308), (1, -1.7e308)], [(0, 1e-30), (1, 2e-30)], [(1e9, 5.0), (1e9 + 1, 5.0)]),
    ],
)
def test_any_numbers_make_a_picture(points):
    svg = line_plot("<T> & co", "x<", "y&", {"a<b": points})
    numbers = re.findall(r"nan|inf", svg.replace("finite", ""))
    assert not numbers and shapes(svg, "text")


def test_thousands_of_points_stay_small_and_keep_their_peak():
    points = [(step, 100.0 if step == 7777 else 1.0) for step in range(50_000)]
    svg = line_plot("", "", "", {"": points})
    assert len(svg) < 20_000
    (line,) = shapes(svg, "polyline")
    heights = [float(pair.split(",")[1]) for pair in line.get("points").split()]
    assert min(heights) < max(heights) - 150


@pytest.mark.parametrize(
    "values", [[0.0, 1.0], [-3.0, 8.5], [0.1, 0.3], [2.5, 2.5], [1e-8, 3e-8], [-5.0, -1.0]]
)
def test_ticks_enclose_all_values_evenly(values):
    marks = ticks(values, 5)
    assert marks[0] <= min(values) + 1e-12 and marks[-1] >= max(values) - 1e-12
    assert 3 <= len(marks) <= 9
    steps = {round((b - a) / (marks[1] - marks[0]), 6) for a, b in pairwise(marks)}
    assert steps == {1.0}


def test_lines_that_step_back_are_thin_share_one_name_and_stay_on_the_paper():
    with live.stage(lambda: lambda plot: None):
        plot = LivePlot("Loss", xlabel="epoch", ylabel="loss")
        for number in range(9):
            for step in range(3):
                plot.add(step, 10.0 * number - step, f"seed {number}")
            if number < 8:
                plot.step_back(f"seed {number}", "before")
    svg = plot._repr_svg_()
    widths = [line.get("stroke-width") for line in shapes(svg, "polyline")]
    assert widths == ["1"] * 8 + ["2"], "the present one is drawn over the others"
    names = [text.text for text in shapes(svg, "text") if text.get("paint-order")]
    assert names == ["seed 8", "before"]
    heights = [
        float(pair.split(",")[1]) for line in shapes(svg, "polyline") for pair in line.get("points").split()
    ]
    assert min(heights) >= 34 and max(heights) <= 242
    assert "before, 8 thin lines: first from 0 to 70, last from \N{MINUS SIGN}2 to 68." in repr(plot)


def test_thin_lines_without_a_finite_number_are_survived():
    assert "nan" not in line_plot("", "", "", {}, {"before": [[(0, NAN)], []]})
    assert "no finite number" in describe("x", "y", {}, {"before": [[(0, NAN)]]})


def test_no_line_runs_through_the_names():
    level = {name: [(x, height) for x in range(60)] for name, height in (("AND", 0.2), ("XOR", 0.79))}
    svg = line_plot("Loss", "epoch", "loss", level)
    lowest = max(float(text.get("y")) for text in shapes(svg, "text") if text.get("paint-order"))
    for line in shapes(svg, "polyline"):
        assert all(float(pair.split(",")[1]) > lowest for pair in line.get("points").split())
    many = {f"line {number}": [(0, number), (1, 10.0 * number)] for number in range(40)}
    assert line_plot("", "", "", many).count("<polyline") == 40, "it comes to an end"
