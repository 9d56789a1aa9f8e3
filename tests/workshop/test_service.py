"""The service: every request of a page gets a reply in JSON; nothing that a learner does is an exception."""

import base64
import contextlib
import json

import pytest
from small_chapter import RIGHT, body, small_chapter, with_experiment
from valid_reports import VALIDATOR

import tinytorch
from tinytorch.workshop.service import Service
from tinytorch.workshop.workspace import MAX_TEXT

RECORD = {
    "exercise": "tensor_add",
    "text": RIGHT,
    "stub": "s",
    "stub_hash": "h",
    "passed": RIGHT,
    "failed": None,
}
RECORD["updated"] = "2026-01-02T03:04:05.678Z"
WORK = {
    "records": [RECORD],
    "questions": [{"question": "batch_bytes", "answer": "12"}],
    "versions": [
        {
            "exercise": "tensor_add",
            "text": "earlier",
            "happened": "checked",
            "outcome": "failed",
            "saved": RECORD["updated"],
        }
    ],
}


@pytest.fixture
def ask():
    service, events = Service(), []

    def send(kind, **fields):
        events.clear()
        reply = json.loads(service.handle(json.dumps({"kind": kind, **fields}), events.append))
        if reply["kind"] == "report":
            VALIDATOR.validate(reply["report"])
        return reply

    send.events = lambda: [json.loads(event) for event in events]
    return send


@pytest.fixture
def page(ask):
    assert ask("open", chapter=small_chapter().to_dict()) == {"kind": "opened", "chapter": "01_tensor"}
    return ask


def test_a_check_gives_events_and_a_report(page):
    report = page("check", exercise="tensor_add", text=RIGHT)["report"]
    assert report["outcome"] == "passed"
    assert [event["check"] for event in page.events()] == report["checks"]


@pytest.mark.parametrize(
    "text", ["", "\0", "\ud800", "def __add__(", body("return '\\ud800'"), body("print('\\ud800')")]
)
def test_no_text_of_a_learner_is_an_exception(page, text):
    report = page("check", exercise="tensor_add", text=text)["report"]
    assert report["outcome"] in ("error", "failed")


def test_a_run_streams_and_reports(page):
    report = page("run", experiment="count", answers={"tensor_add": RIGHT, "unknown": "x"})["report"]
    assert report["outcome"] == "passed" and "Tensor([4, 6])" in report["stdout"]
    assert "".join(event["text"] for event in page.events()) == report["stdout"]


def test_integration_runs_on_the_answers(page):
    assert page("integrate", chapter="01_tensor", answers={})["report"]["outcome"] == "passed"
    wrong = {"tensor_add": body("return Tensor(self.data)")}
    assert page("integrate", chapter="01_tensor", answers=wrong)["report"]["outcome"] == "failed"


def test_the_source_of_the_package_holds_the_answers_that_fit(page):
    path = "tinytorch/core/tensor.py"
    text = page("source", path=path, answers={"tensor_add": "# mine\n" + RIGHT, "tensor_sum": "("})["text"]
    assert "    # mine\n    def __add__" in text and "def sum(" in text
    compile(text, path, "exec")
    assert page("source", path="tinytorch/__init__.py", answers={})["text"]


def test_the_source_says_which_lines_are_whose(page):
    path = "tinytorch/core/tensor.py"
    reply = page("source", path=path, answers={"tensor_add": RIGHT + "    # the last line of mine"})
    lines = reply["text"].splitlines()
    regions = {region["exercise"]: region for region in reply["regions"]}
    add, others = regions.pop("tensor_add"), list(regions.values())
    assert (add["object"], add["mine"]) == ("Tensor.__add__", True)
    assert lines[add["first"] - 1].strip().startswith("def __add__")
    assert lines[add["last"] - 1].strip() == RIGHT.rstrip().splitlines()[-1].strip()
    assert others and not any(region["mine"] for region in others)
    for region in others:
        assert f"def {region['object'].rpartition('.')[2]}(" in "".join(
            lines[region["first"] - 1 : region["last"]]
        )
    assert [region["first"] for region in reply["regions"]] == sorted(r["first"] for r in reply["regions"])


def test_an_answer_that_does_not_fit_is_not_said_to_be_there(page):
    reply = page("source", path="tinytorch/core/tensor.py", answers={"tensor_add": "("})
    assert [region["mine"] for region in reply["regions"]] == [False] * len(reply["regions"])
    assert page("source", path="tinytorch/core/dtypes.py", answers={})["regions"] == []


@pytest.mark.parametrize(
    "path", ["", "tinytorch/nothing.py", "/etc/passwd", "tinytorch/../pyproject.toml", "README.md"]
)
def test_a_file_that_is_not_in_the_package_is_refused(page, path):
    assert page("source", path=path, answers={})["kind"] == "refused"


def test_export_and_import_are_inverse(page):
    archive = page("export", **WORK)
    assert (archive["kind"], archive["name"]) == ("archive", "tinytorch-workspace.zip")
    assert page("import", base64=archive["base64"]) == {"kind": "records", **WORK, "notes": []}


@pytest.mark.parametrize("data", [b"", b"PK", b"nonsense", b"{}", b"[" * 100_000])
def test_a_file_that_is_no_workspace_is_refused_with_a_reason(page, data):
    reply = page("import", base64=base64.b64encode(data).decode())
    assert reply["kind"] == "refused" and reply["reason"].strip()


def test_an_answer_that_is_too_long_is_refused_on_export(page):
    reply = page("export", records=[{**RECORD, "text": "x" * (MAX_TEXT + 1)}])
    assert reply["kind"] == "refused" and "longer than" in reply["reason"]


def test_an_answer_with_half_a_character_or_without_sense_can_be_exported(page):
    records = [{**RECORD, "text": "\ud800", "passed": "nonsense ("}]
    reply = page("import", base64=page("export", records=records)["base64"])
    assert reply["records"] == records


@pytest.mark.parametrize(
    "request_",
    [
        {"kind": "check", "exercise": "tensor_mul", "text": RIGHT},
        {"kind": "run", "experiment": "unknown", "answers": {}},
        {"kind": "integrate", "chapter": "02_unknown", "answers": {}},
    ],
    ids=lambda request_: request_["kind"],
)
def test_what_no_open_chapter_has_is_refused(page, request_):
    reply = page(**request_)
    assert reply["kind"] == "refused" and "open" in reply["reason"]


@pytest.mark.parametrize(
    "request_",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        '{"kind": "dance"}',
        '{"kind": "texts"}',
        '{"kind": "_init__"}',
        '{"kind": "chapter_with"}',
        '{"kind": ["check"]}',
        '{"kind": "check"}',
        '{"kind": "export", "records": 7}',
        '{"kind": "import", "base64": "***"}',
        '{"kind": "open", "chapter": {"format": 0}}',
        '{"kind": "open", "chapter": {"format": 1}}',
        '{"kind": "open", "chapter": {"format": 1, "exercises": [], "extra": 1}}',
    ],
)
def test_a_request_that_no_page_sends_is_refused_or_raises_and_harms_nothing(request_):
    service = Service()
    service.handle(json.dumps({"kind": "open", "chapter": small_chapter().to_dict()}), str)
    with contextlib.suppress(KeyError, TypeError, ValueError):
        assert json.loads(service.handle(request_, str))["kind"] == "refused"
    reply = service.handle(json.dumps({"kind": "check", "exercise": "tensor_add", "text": RIGHT}), str)
    assert json.loads(reply)["report"]["outcome"] == "passed"


def test_opening_a_chapter_again_replaces_it(page):
    page("open", chapter=with_experiment("print('new')").to_dict())
    assert "new" in page("run", experiment="measure", answers={})["report"]["stdout"]
    assert page("run", experiment="count", answers={})["kind"] == "refused"


def test_the_service_notices_that_its_files_are_gone(monkeypatch, tmp_path):
    assert Service().is_whole()
    monkeypatch.setattr(tinytorch, "__file__", str(tmp_path / "__init__.py"))
    assert not Service().is_whole()
