"""From one chapter to the next: the way on, and answers that go along."""

from __future__ import annotations

from exercise_page import ExercisePage, solution
from pages import CHAPTERS, box, chapter, exercise, follow, run, words
from visits import Site, Visit

FIRST, SECOND = CHAPTERS[:2]
SAYS = "this is my own numel"


def mine(text: str) -> str:
    """Return the book's answer with a word of its own."""
    head, body = text.split("\n", 1)
    return f"{head}\n    print({SAYS!r})\n{body}"


def test_the_last_exercise_leads_to_the_next_chapter_and_its_answer_comes_along(
    undisturbed: Visit, site: Site
) -> None:
    page = ExercisePage(undisturbed, site, FIRST)
    tab = page.page
    page.write("numel", mine(solution("numel", FIRST)))
    assert page.check("numel") == "passed", page.said("numel")
    facts = chapter(SECOND)
    way_on = page.section("numel").get_by_role("link", name=f"Next chapter: 01 {facts['title']}")
    follow(tab, way_on, facts["title"])

    experiment = next(one["name"] for one in facts["experiments"] if "memory_footprint" in one["source"])
    section = box(tab, "experiment", experiment)
    assert run(section) == "passed", words(section)
    assert "Runs on your tinytorch: your numel, with the book's code around it." in words(section)
    assert SAYS in words(section), "what runs is the answer of the chapter before"

    together = box(tab, "integration", SECOND)
    assert run(together) == "passed", words(together)
    assert "on your tinytorch: 1 answer of yours" in words(together)
    after = CHAPTERS[2:3]
    links = together.locator('[data-role="next"] a')
    assert links.evaluate_all("all => all.map(one => one.href)") == [
        f"{site.url}{chapter(name)['page']}" for name in after
    ]


def test_an_answer_of_another_chapter_that_breaks_the_whole_is_named(reader: Visit, site: Site) -> None:
    page = ExercisePage(reader, site, SECOND)
    broken = "def numel(shape):\n    raise ValueError('not today')\n"
    facts = exercise("numel")
    record = {"exercise": "numel", "text": broken, "passed": broken, "failed": None}
    record |= {"stub": facts["stub"], "stub_hash": facts["stub_hash"]}
    record |= {"updated": "2026-01-02T03:04:05.678Z", "revision": "elsewhere"}
    # It passed, in an older book perhaps; and so did one of this chapter, which is right.
    page.passes("tensor_add")
    page.saved()
    page.put(record)
    page.open()
    together = box(page.page, "integration", SECOND)
    assert run(together) != "passed"
    assert "With the book's numel in place of yours it passes: look there." in words(together)
