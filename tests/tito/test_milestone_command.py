"""Milestones, the book and assignments from the terminal."""

import json
import re
import urllib.request
import zipfile
from dataclasses import asdict

import pytest
from test_in_and_out import work_of
from tito_helpers import ROOT, process, solution

from tests.workshop.valid_reports import VALIDATOR, validated
from tinytorch.workshop import library
from tinytorch.workshop.archive import export_archive
from tinytorch.workshop.report import CheckResult
from tinytorch.workshop.tito import checking, milestone_run
from tinytorch.workshop.tito.process import Lost, Reply, Silent, Worker


def take(tito, *names, **fields):
    (tito.root / "in.zip").write_bytes(export_archive(work_of(*names, **fields), library.chapters()))
    assert tito("workspace", "import", tito.root / "in.zip") == 0


def test_milestones_come_from_the_books_table(tito):
    take(tito, "tensor_add", "tensor_sum")
    rows = tito.json("milestone", "list")
    assert [row["year"] for row in rows] == [1958, 1969, 1986, 1998, 2017, 2018]
    assert rows[0]["mine"] == 2
    assert tito("milestone", "list") == 0
    assert "2 of 31 yours" in tito.out
    assert tito("milestone", "run", "1998") == 2
    assert "planned" in tito.err
    assert tito("milestone", "run", "1066") == 2
    assert "There are 1958, 1969, 1986" in tito.err
    assert tito("milestone", "run", "1986", "--data", "mnist") == 2
    assert "belong together" in tito.err
    assert tito("milestone", "run", "1986", "--data", "mnist", "--folder", tito.root / "none") == 2
    assert tito("milestone", "run", "1958", "--data", "mnist", "--folder", tito.root) == 2
    assert "makes its own data" in tito.err


def test_other_data_is_read_from_its_folder(tito):
    report = tito.json("milestone", "run", "1986", "--data", "mnist", "--folder", tito.root / "answers")
    VALIDATOR.validate(report)
    assert (tito.code, report["outcome"]) == (1, "error")
    assert str(tito.root / "answers") in report["checks"][0]["message"]


def test_a_milestone_trains_on_your_tinytorch_and_draws(tito, tmp_path):
    take(tito, "tensor_add")
    assert tito("milestone", "run", "1958", "--figures", tmp_path / "drawn") == 0
    assert "your Tensor.__add__" in tito.out
    assert "ok    milestone_1958" in tito.out
    drawn = sorted((tmp_path / "drawn").iterdir())
    assert drawn
    assert all(re.match(r"1958-[a-z0-9-]+\.svg$", path.name) for path in drawn)
    assert all(path.read_text(encoding="utf-8").startswith("<svg") for path in drawn)


def test_a_milestone_fails_where_a_module_does(tito):
    take(tito, "tensor_add", text=solution("tensor_add").replace("a + b", "a - b"))
    report = tito.json("milestone", "run", "1958")
    VALIDATOR.validate(report)
    assert tito.code == 1
    assert report["exercise"] == "milestone_1958"
    assert report["outcome"] != "passed"
    named = "With the book's module 01 (Tensor) in place of yours it passes: look there."
    assert next(named in check["hint"] for check in report["checks"] if check["outcome"] != "passed")
    assert tito("milestone", "run", "1958") == 1
    assert named in " ".join(tito.out.split())
    assert tito("milestone", "run", "1958", "--book", "--json") == 0


class Ends:
    """Stands in for a worker: some checks are told, and then the run ends."""

    def __init__(self, end, *outcomes):
        self.end, self.outcomes = end, outcomes

    def run(self, job, heard, silence, most):
        for number, outcome in enumerate(self.outcomes):
            message = "" if outcome == "passed" else "No."
            heard({"kind": "checked", "check": asdict(CheckResult(f"c{number}", "So.", outcome, message))})
        if isinstance(self.end, BaseException):
            raise self.end
        return self.end


ENDS = [KeyboardInterrupt(), Lost(-11), Silent(605.0), Reply({"kind": "reply"})]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: type(end).__name__)
def test_what_the_gates_have_said_stands_however_the_search_ends(end):
    report, _ = checking.run_program(Ends(end, "passed", "failed"), "milestone_1958", {}, 1, [].append)
    validated(report)
    assert (report.outcome, len(report.checks)) == ("failed", 2)


@pytest.mark.parametrize("end", ENDS[1:], ids=lambda end: type(end).__name__)
def test_a_pass_that_is_told_without_a_report_is_none(end):
    report, _ = checking.run_program(Ends(end, "passed"), "milestone_1958", {}, 1, [].append)
    assert report.outcome in ("timeout", "runtime_lost")


def test_ctrl_c_before_the_gates_have_spoken_stops_tito():
    with pytest.raises(KeyboardInterrupt):
        checking.run_program(Ends(KeyboardInterrupt()), "milestone_1958", {}, 1, [].append)


def test_a_package_that_does_not_import_is_a_report(tito):
    text = "def __add__(self, other=nothing_of_that_name):\n    return self\n"
    take(tito, "tensor_add", text=text)
    report = tito.json("milestone", "run", "1958")
    VALIDATOR.validate(report)
    assert (tito.code, report["outcome"]) == (1, "error")
    assert "nothing_of_that_name" in report["checks"][0]["message"] + report["checks"][0]["hint"]


def test_a_milestone_that_ends_python_or_never_ends_is_a_report(tito, monkeypatch):
    take(tito, "tensor_add", text="def __add__(self, other):\n    import os; os._exit(5)\n")
    report = tito.json("milestone", "run", "1958")
    VALIDATOR.validate(report)
    assert report["outcome"] == "runtime_lost"
    assert "exit code 5" in report["checks"][0]["message"]
    endless = "def __add__(self, other):\n    import itertools\n    sum(itertools.repeat(0))\n"
    take(tito, "tensor_add", text=endless)
    monkeypatch.setattr(milestone_run, "MILESTONE_SECONDS", 1.0)
    monkeypatch.setattr(checking, "GRACE", 0.5)
    report = tito.json("milestone", "run", "1958")
    VALIDATOR.validate(report)
    assert report["outcome"] == "timeout"


def test_progress_is_told_while_it_trains():
    heard = []
    job = {"action": "milestone", "year": 1958, "texts": {}, "options": {}, "seconds": 600.0}
    with Worker() as worker:
        ending = worker.run(job, heard.append, 600, 600)
    assert isinstance(ending, Reply)
    assert ending.data["model"]
    progress = [event for event in heard if event["kind"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == len(progress)


def test_the_built_book_is_served(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<title>The book</title>")
    started = process("book", "serve", site, "--port", "0", cwd=tmp_path)
    try:
        address = re.search(r"http://\S+", started.stdout.readline())[0]
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.read() == b"<title>The book</title>"
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    finally:
        started.terminate()
        started.communicate(timeout=60)


def test_what_cannot_be_served_is_told(empty, tmp_path, monkeypatch):
    assert empty("book", "serve", tmp_path) == 2
    assert "no built site" in empty.err
    assert empty("book", "serve", "--port", "70000") == 2
    with zipfile.ZipFile(next((ROOT / "build/wheels").glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "installed")
    shelf = library.find_shelf(tmp_path / "installed/tinytorch/workshop")
    assert shelf.server.is_file()
    monkeypatch.setattr(library, "find_shelf", lambda: shelf)
    assert empty("book", "serve") == 2
    assert "Name the folder" in empty.err


@pytest.mark.parametrize("names", [["03"], ["layers", "0"]])
def test_assignments_are_generated_for_the_modules_named(empty, tmp_path, names):
    assert empty("nbgrader", "generate", tmp_path / "course", *names) == 0
    made = {path.stem for path in (tmp_path / "course").rglob("*.ipynb")}
    assert made == {"03_layers", "00_start"} if len(names) > 1 else {"03_layers"}
    assert json.loads(next((tmp_path / "course").rglob("03_layers.ipynb")).read_text())["nbformat"] == 4
    assert empty("nbgrader", "generate", tmp_path / "course", "99") == 2
