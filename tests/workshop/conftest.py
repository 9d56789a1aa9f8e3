"""What the workshop's tests share: a way to run answers whose every report is held against the schema."""

import json
from importlib.resources import files

import jsonschema
import pytest
from small_chapter import small_chapter, with_checks

from tinytorch.workshop import checks, experiments
from tinytorch.workshop.report import CheckResult, Report

SCHEMA = json.loads((files("tinytorch.workshop") / "report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def validated(report: Report) -> Report:
    """Return the report, if it survives JSON and the schema."""
    data = json.loads(json.dumps(report.to_dict()))
    VALIDATOR.validate(data)
    assert Report(**{**data, "checks": tuple(CheckResult(**check) for check in data["checks"])}) == report
    return report


@pytest.fixture
def check():
    """Check a text as the answer to tensor_add, against the chapter's checks or the given ones."""

    def run(text, *sources, seconds=10.0, emit=None):
        chapter = with_checks(*sources) if sources else small_chapter()
        return validated(checks.run_checks(chapter, "tensor_add", text, emit, seconds))

    return run


@pytest.fixture
def experiment():
    """Run the first experiment of a chapter on answers by object; returns the report and the events."""

    def run(chapter, texts=None, seconds=20.0):
        events = []
        name = chapter.experiments[0].name
        report = experiments.run_experiment(chapter, name, texts or {}, events.append, seconds)
        return validated(report), events

    return run
