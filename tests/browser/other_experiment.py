"""A page whose experiment is another one: what the tests of experiments need, and no chapter has."""

from __future__ import annotations

import json
from typing import Any

from exercise_page import ExercisePage
from pages import box
from visits import Site, Visit

CHAPTER, NAME = "00_start", "count_pictures"


class ExperimentPage(ExercisePage):
    """The first page of the book, with `source` in place of its experiment."""

    def __init__(self, reader: Visit, site: Site, source: str, **chapter: Any) -> None:
        self.experiment = {"source": source, "needs": []}
        self.changes = chapter
        reader.context.route(f"**/chapters/{CHAPTER}.json", self._answer)
        super().__init__(reader, site, CHAPTER)
        self.box = box(self.page, "experiment", NAME)
        self.figures = self.box.locator(".tt-figures img")

    def _answer(self, route: Any) -> None:
        facts = json.loads(route.fetch().text())
        (experiment,) = [one for one in facts["experiments"] if one["name"] == NAME]
        needs = self.changes.get("needs", {})
        experiment |= self.experiment | {"needs": needs.get(NAME, [])}
        for exercise in facts["exercises"]:
            exercise["needs"] = needs.get(exercise["name"], [])
        headers = {"cross-origin-resource-policy": "same-origin"}
        route.fulfill(status=200, headers=headers, content_type="application/json", body=json.dumps(facts))
