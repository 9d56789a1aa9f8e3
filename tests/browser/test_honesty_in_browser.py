"""The honesty gate where readers are: in the page, every exercise tells right from blank, wrong and nothing.

Each promise is asked of whole chapters, chapter by chapter, so that a chapter's page is opened once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from pages import CHAPTERS, chapter, open_page
from visits import ROOT, Site, Visit, visit

SCHEMA = json.loads((ROOT / "tinytorch" / "workshop" / "report.schema.json").read_text(encoding="utf-8"))
REPORT = jsonschema.Draft202012Validator(SCHEMA)
Json = dict[str, Any]

# The scope makes pytest finish one chapter before it begins the next.
for_each_chapter = pytest.mark.parametrize("name", CHAPTERS, scope="module")


@pytest.fixture(scope="module")
def here(chromium: Any) -> Iterator[Visit]:
    """One reader for all chapters."""
    reader = visit(chromium)
    yield reader
    reader.context.close()
    assert [*reader.foreign, *reader.errors, *reader.missing, *reader.complaints] == []


class OpenChapter:
    """A chapter's page, asked through its hooks; every report is held to the schema."""

    def __init__(self, page: Any, facts: Json) -> None:
        self.page = page
        self.exercises: list[Json] = facts["exercises"]
        self.experiments: list[Json] = facts["experiments"]
        self.integration: list[Json] = facts["integration"]

    def write(self, exercise: Json, text: str) -> None:
        self.page.evaluate("([name, text]) => tinytorch.setCode(name, text)", [exercise["name"], text])

    def check(self, exercise: Json, text: str) -> Json:
        self.write(exercise, text)
        return self._valid(self.page.evaluate("name => tinytorch.check(name)", exercise["name"]))

    def run(self, name: str) -> Json:
        return self._valid(self.page.evaluate("name => tinytorch.run(name)", name))

    @staticmethod
    def _valid(report: Json) -> Json:
        REPORT.validate(report)
        return report


@pytest.fixture
def opened(here: Visit, site: Site, name: str) -> OpenChapter:
    facts = chapter(name)
    if here.page.url != site.url + facts["page"]:
        open_page(here.page, site, facts["page"])
    return OpenChapter(here.page, facts)


def names(listed: list[Json]) -> list[str]:
    return [one["name"] for one in listed]


def passed(report: Json) -> list[str]:
    return [one["name"] for one in report["checks"] if one["outcome"] == "passed"]


def said(report: Json) -> str:
    wrong = [one for one in report["checks"] if one["outcome"] != "passed"]
    return "\n".join(f"{one['message']}\n{one['hint']}" for one in wrong)


@for_each_chapter
def test_every_reference_passes_every_check(opened: OpenChapter) -> None:
    for exercise in opened.exercises:
        report = opened.check(exercise, exercise["solution"])
        assert report["exercise"] == exercise["name"]
        assert report["outcome"] == "passed", f"{exercise['name']}: {said(report)}"
        assert passed(report) == names(exercise["checks"])


@for_each_chapter
def test_every_blank_is_not_written_yet(opened: OpenChapter) -> None:
    for exercise in opened.exercises:
        report = opened.check(exercise, exercise["stub"])
        assert report["outcome"] == "not_written", f"{exercise['name']}: {said(report)}"
        assert passed(report) == []


@for_each_chapter
def test_nothing_earns_nothing(opened: OpenChapter) -> None:
    for exercise in opened.exercises:
        for text in ("", "\n", "pass\n", "# thinking\n"):
            report = opened.check(exercise, text)
            assert report["outcome"] == "error", f"{exercise['name']}: {text!r}"
            assert passed(report) == []


@for_each_chapter
def test_every_mistake_is_told_in_its_own_words(opened: OpenChapter) -> None:
    for exercise in opened.exercises:
        assert len(exercise["wrong"]) >= 2
        for wrong in exercise["wrong"]:
            report = opened.check(exercise, wrong["source"])
            what = f"{exercise['name']}, {wrong['name']}"
            assert report["outcome"] in ("failed", "error"), f"{what}: {report['outcome']}"
            assert wrong["says"] in said(report), what


@for_each_chapter
def test_the_references_together_are_a_package_that_holds(opened: OpenChapter, name: str) -> None:
    for exercise in opened.exercises:
        opened.write(exercise, exercise["solution"])  # it has passed before, and so it counts again
    if opened.integration:
        report = opened.run(name)
        assert report["outcome"] == "passed", said(report)
        assert passed(report) == names(opened.integration)
    for experiment in opened.experiments:
        report = opened.run(experiment["name"])
        assert report["outcome"] == "passed", f"{experiment['name']}: {said(report)}"
        assert report["stdout"].startswith("Runs on your tinytorch: ")
