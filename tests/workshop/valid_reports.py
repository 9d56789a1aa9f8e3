"""Every report of these tests is held against the schema, and must survive JSON."""

import json
from importlib.resources import files

import jsonschema

from tinytorch.workshop.report import CheckResult, Report

SCHEMA = json.loads((files("tinytorch.workshop") / "report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def validated(report: Report) -> Report:
    """Return the report, if it survives JSON and the schema."""
    data = json.loads(json.dumps(report.to_dict()))
    VALIDATOR.validate(data)
    assert Report(**{**data, "checks": tuple(CheckResult(**check) for check in data["checks"])}) == report
    return report
