"""What the benchmarks found becomes medians, tables and a chart; seen on results made up for this."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tinybook.measured import browser, chart, frameworks, gemm, milestones
from tinybook.measured.numbers import Spread, ratios, spread, table

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def visit(number, contender, kind, seconds, **more):
    return {"round": number, "contender": contender, "visit": kind, "seconds": seconds, **more}


@pytest.fixture
def results():
    """Three rounds. In the second everything took twice as long; in the third the bare worker failed."""
    sent = {
        "/exercises/01_tensor.html": 100_000,
        "/runtime/pyodide/pyodide.asm.wasm": 7_000_000,
        "/runtime/pyodide/numpy-2.4.3-0b418f9c4-cp314.whl": 3_000_000,
        "/runtime/pyodide/pytest-9.0.2-0dbb10ac8-py3-none-any.whl": 800_000,
        "/runtime/276baf1bc750/tinytorch-0.1.0-py3-none-any.whl": 60_000,
        "": 500,
    }
    published = {
        "/bench/published/numpy-2.4.3-cp314.whl": 2_900_000,
        "/bench/published/pyodide.asm.wasm": 6_000_000,
    }
    visits = []
    for number, slow in enumerate((1, 2, 3)):
        for kind, seconds in (("cold", 6.0), ("warm", 1.0), ("slowed", 4.0)):
            memory = {"memory": 250_000_000 + number} if kind != "slowed" else {}
            steps = {"boot": 400 * slow, f"only {kind}": 1}
            ours = visit(number, "ours", kind, seconds * slow, bytes=sent, steps=steps, **memory)
            visits.append(ours | ({"snapshot": "made", "bytes later": sent} if kind == "cold" else {}))
            if number < 2:
                visits.append(visit(number, "bare", kind, 4 * seconds * slow, bytes=published))
        visits.append(visit(number, "ours", "ready", 0.2 * slow))
    machine = {
        "date": "2026-01-01",
        "cpu": "A & B",
        "cores": 2,
        "memory": 2**33,
        "load": 0.1,
        "chromium": "1",
        "pyodide": "314",
    }
    return browser.in_parts(
        {**machine, "rounds": 3, "slow": 4, "notes": ["Round 3, bare: gone"], "visits": visits}
    )


def test_quartiles_are_those_of_all_values():
    assert spread([4.0, 1.0, 3.0, 2.0, 5.0]) == Spread(2.0, 3.0, 4.0)
    assert spread([7.0]) == Spread(7.0, 7.0, 7.0)
    assert f"{spread([1.0, 2.0]):.2f}" == "1.50 (1.25–1.75)"


def test_ratios_are_taken_within_a_round(results):
    assert ratios([1.0, 8.0], [2.0, 4.0]) == [0.5, 2.0]
    with pytest.raises(ValueError):
        ratios([1.0], [1.0, 2.0])
    # The slow round changes the times and not the ratio; the round without the bare worker does not count.
    assert browser.seconds(results, "ours", "warm") == Spread(1.5, 2.0, 2.5)
    assert browser.against_bare(results, "ours", "warm") == Spread(0.25, 0.25, 0.25)


def test_a_busy_machine_is_named(results):
    assert browser.circumstances(results).endswith(
        "A & B, 2 cores, 8 GiB. Rounds: 3. Chromium 1, Pyodide 314."
    )
    assert "busy with other work: load 9.5" in browser.circumstances(results | {"load": 9.5})


def test_what_was_not_measured_is_a_dash(results):
    assert browser.seconds(results, "JupyterLite", "cold") is None
    assert browser.against_bare(results, "JupyterLite", "cold") is None
    assert "| JupyterLite, to the first output | – | – | – |" in browser.times(results)
    assert "NaN" not in str([part(results) for part in browser.PARTS.values()])


def test_a_table_has_as_many_cells_in_each_line(results):
    assert table(["a", "b"], [["c", "1"]]) == "| a | b |\n| :-- | --: |\n| c | 1 |"
    for part in (browser.times, browser.shares, browser.sizes, browser.memory, browser.steps):
        assert len({line.count("|") for line in part(results).splitlines()}) == 1


def test_bytes_are_sorted_by_what_they_are_for(results):
    assert "7.00 | 3.00 | 0.80 | 0.06 | 0.10 | 10.96 | 10.96 |" in browser.sizes(results)
    assert (
        "| Bare worker, files as published | 6.00 | 2.90 | 0.00 | 0.00 | 0.00 | 8.90 | – |"
        in browser.sizes(results)
    )


def test_steps_are_medians_in_the_order_of_their_appearance(results):
    lines = browser.steps(results).splitlines()
    assert lines[2] == "| boot | 800 | 800 | – | 800 |"
    assert [line.split(" | ")[0] for line in lines[3:]] == ["| only cold", "| only warm", "| only slowed"]


def test_the_verdict_compares_with_each_goal(results):
    said = browser.verdict(results)
    assert "Warm: 0.25 of the bare worker's time; at most 0.5, aim 0.25: the aim is reached." in said
    assert "Warm, 4 times slowed: 0.25" in said
    assert "Slowed 4 times, the bare worker took 4.0 times as long as warm." in said
    assert "Core and NumPy: 10.00 MB over the wire; at most 10.5: the goal is reached." in said
    assert "Memory, warm, at the result: 250 MB; less than 260: the goal is reached." in said
    assert "after the cold visits: made (3)." in said
    assert "- Round 3, bare: gone" in said


@pytest.mark.parametrize(
    "times, words", [(1.0, "the aim is reached"), (1.5, "the goal is reached"), (2.5, "the goal is missed")]
)
def test_a_goal_can_be_missed(results, times, words):
    for entry in results["visits"]:
        if entry["contender"] == "ours":
            entry["seconds"] *= times
            entry.update({"memory": 300_000_000} if "memory" in entry else {})
    assert browser.verdict(results).splitlines()[0].endswith(f"{words}.")
    assert "300 MB; less than 260: the goal is missed" in browser.verdict(results)


@pytest.mark.parametrize("standalone", [True, False])
def test_the_chart_is_svg_that_can_be_heard(results, standalone):
    drawn = chart.picture(results, standalone)
    root = ET.fromstring(drawn if standalone else drawn.replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1))
    names = root.attrib["aria-labelledby"].split()
    assert root.attrib["role"] == "img" and [root.find(f"*[@id='{name}']").tag for name in names] == [
        f"{SVG}title",
        f"{SVG}desc",
    ]
    said = root.find(f"{SVG}desc").text
    assert (
        "Warm. Ours, to the Report of a check: 2.0 seconds; Bare worker, files as published: 6.0 seconds."
        in said
    )
    written = [text.text for text in root.iter(f"{SVG}text")]
    assert "2.00 (0.25 × bare)" in written and "6.00" in written
    # Three kinds of visits, two contenders: a bar each, as long as its time, inside the picture.
    bars = [(float(bar.attrib["x"]), float(bar.attrib["width"])) for bar in root.iter(f"{SVG}rect")]
    assert len(bars) == 6 and all(width > 0 and x + width < chart.WIDTH for x, width in bars)
    assert bars[2][1] / bars[3][1] == pytest.approx(2.0 / 6.0, rel=0.01)
    # Colours are the page's: none is written into the picture, but for the file that stands alone.
    assert ("#" in re.sub(r"&#\d+;", "", drawn)) == standalone


@pytest.fixture
def products():
    """One size where ours is four times as fast, one where it is slower."""
    fast, slow = {"a @ b": [0.4, 0.8], "gemm": [0.1, 0.2]}, {"a @ b": [1e-3, 1e-3], "gemm": [2e-3, 2e-3]}
    product = {
        "left": [2, 3],
        "right": [3],
        "turned": ["T", ""],
        "where": "here",
        "operations": 12,
        "seconds": slow,
    }
    return {
        "squares": [{"n": 512, "operations": 1e9, "seconds": {**fast, "np.dot": [1.0, 1.0]}}],
        "layouts": [{"n": 64, "left": "", "right": "T", "seconds": fast}],
        "dtypes": [{"n": 32, "dtype": "int32", "seconds": fast}],
        "products": [product],
        "errors": [
            {"k": 10_000, "errors": dict.fromkeys([*fast, "einsum along rows", "einsum along sums"], 1e-6)}
        ],
    }


def test_speedups_are_judged_and_what_became_slower_is_named(products):
    said = gemm.verdict(products)
    assert "512: 4.0 times as fast; the goal, 3.5, is reached." in said
    assert said.endswith("Slower than NumPy's own: here: (2, 3) view @ (3,).")
    products["squares"][0]["seconds"]["gemm"] = [0.2, 0.4]
    assert "512: 2.0 times as fast; the goal, 3.5, is missed." in gemm.verdict(products)
    products["products"][0]["seconds"]["gemm"] = [1.04e-3, 1.04e-3]
    assert gemm.verdict(products).endswith("Slower than NumPy's own: none of all that was measured.")


def test_products_are_shown_with_their_speed(products):
    assert "| 512 | 1.67 | 6.67 | 1.00 |" in gemm.squares(products)
    assert "| 64, `x` @ `x.T` | 600.000 | 150.000 | 4.00 (4.00–4.00) |" in gemm.layouts(products)
    assert "| int32, 32 square | 600.000 | 150.000 | 4.00 (4.00–4.00) |" in gemm.dtypes(products)
    assert "| 10,000 | 1.0e-06 | 1.0e-06 | 1.0e-06 | 1.0e-06 |" in gemm.errors(products)


@pytest.fixture
def beside_others(results):
    """Two rounds, in which all goals are reached and all rivals are slower."""
    seconds = {
        workload: {
            frameworks.RAW: [1.0, 2.0],
            frameworks.OURS: [1.0, 2.0],
            frameworks.TORCH: [3.0, 6.0],
            "mygrad": [2.0, 4.0],
        }
        for workload in frameworks.GOALS
    }
    versions = {frameworks.RAW: "2", frameworks.OURS: "0.1", frameworks.TORCH: "2.1", "mygrad": "2"}
    found = {"a @ b": [2e-4, 4e-4], "gemm": [1e-4, 2e-4]}
    layer = {"left": [32, 784], "turned": ["", "T"], "right": [784, 128], "where": "Linear(784, 128)"}
    products = [{**layer, "seconds": found}]
    measured = {"seconds": seconds, "versions": versions, "products": products}
    return results | measured | {"python": "3.11.2 (main)"}


def test_a_framework_is_compared_within_each_round_and_every_miss_is_named(beside_others):
    assert frameworks.verdict(beside_others).startswith("Every goal is reached")
    row = "| W7: 1,000 additions of single numbers, graph and backward | 1.5e+03 | 1.00 | 3.00 | 2.00 | 3.4 |"
    assert row in frameworks.ratio_table(beside_others)
    assert "| Linear(784, 128): (32, 784) @ (784, 128) view | 0.300 | 0.150 | 2.00 " in frameworks.PARTS[
        "products"
    ](beside_others)
    assert "Python 3.11.2 (main)." in frameworks.circumstances(beside_others)
    all_parts = frameworks.report(beside_others)
    assert "Linear(784, 128)" in all_parts
    del beside_others["products"]  # they are not measured if somebody asks for some workloads only
    assert frameworks.report(beside_others) == all_parts[: all_parts.index("\n\n| product")]

    seconds = beside_others["seconds"]
    seconds["w7"][frameworks.OURS] = [4.0, 8.0]
    seconds["w4a"]["PyTorch"] = [0.9, 1.8]
    seconds["w1"]["mygrad"] = [0.96, 1.92]  # one call for both: level
    assert frameworks.verdict(beside_others).splitlines() == [
        "Missed:",
        "",
        "- W4a: training step of 784-128-10, batch 32, SGD: 1.11 times the time of PyTorch.",
        "- W7: 1,000 additions of single numbers, graph and backward: 4.00 times by hand, the goal is 3.4.",
        "- W7: 1,000 additions of single numbers, graph and backward: 2.00 times the time of mygrad.",
    ]


@pytest.mark.parametrize(
    "name, parts", [("browser", browser.PARTS), ("frameworks", frameworks.PARTS), ("gemm", gemm.PARTS)]
)
def test_what_is_committed_can_be_shown(name, parts):
    found = json.loads((ROOT / "book/developers/measured" / f"{name}.json").read_text(encoding="utf-8"))
    page = (ROOT / "book/developers/performance.md").read_text(encoding="utf-8")
    for part, render in parts.items():
        assert render(found).strip()
        assert f"{{measured}} {name} {part}\n" in page


def test_the_times_of_a_milestone_stand_once_and_a_page_that_was_not_measured_is_a_dash(results):
    found = [
        {"what": "AND", "needed": "100%", "share": 1.0},
        {"what": "XOR", "needed": "a guess", "share": 0.5},
    ]
    digits = [{"what": "digits", "needed": "93%", "share": 0.9471}]
    native = [
        {"year": 1958, "title": "Perceptron", "data": None, "found": found, "seconds": [1.0, 3.0, 2.0]},
        {"year": 1986, "title": "MLP", "data": None, "found": digits, "seconds": [4.0]},
        {"year": 1986, "title": "MLP", "data": "mnist", "found": digits, "seconds": [50.0]},
    ]
    pages = [{"year": 1986, "package": "book", "seconds": 12.0}]
    measured = results | {"native": native, "in page": pages}
    assert milestones.outcomes(measured).splitlines()[2:] == [
        "| 1958 Perceptron | AND | 100% | 100% | 2.0 | – | – |",
        "|  | XOR | a guess | 50% |  |  |  |",
        "| 1986 MLP | digits | 93% | 94.71% | 4.0 | 12.0 | – |",
        "| 1986 MLP | digits | 93% | 94.71% | 50.0 | – | – |",
    ]
    assert "Chromium 1" in milestones.circumstances(measured)
    assert "Chromium" not in milestones.circumstances(measured | {"in page": []})


def test_the_readme_has_the_table_that_was_measured():
    results = json.loads((ROOT / "book/developers/measured/milestones.json").read_text(encoding="utf-8"))
    assert milestones.short(results) in (ROOT / "README.md").read_text(encoding="utf-8"), "make milestones"
