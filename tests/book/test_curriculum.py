"""The one table: complete, in order, and true about what exists."""

from __future__ import annotations

from pathlib import Path

from tinybook.components.growth import courses, description

from tinytorch.workshop import curriculum

ROOT = Path(__file__).parents[2]


def test_twenty_modules_in_four_tiers_and_six_milestones() -> None:
    assert [module.number for module in curriculum.MODULES] == list(range(1, 21))
    assert [len(tier.modules) for tier in curriculum.TIERS] == [8, 5, 6, 1]
    assert [milestone.year for milestone in curriculum.MILESTONES] == [1958, 1969, 1986, 1998, 2017, 2018]


def test_a_module_needs_earlier_ones_only() -> None:
    for module in curriculum.MODULES:
        assert all(0 < needed < module.number for needed in module.needs), module


def test_what_opens_is_what_needs() -> None:
    for module in curriculum.MODULES:
        for later in curriculum.opens(module.number):
            assert module.number in later.needs
    assert sum(len(curriculum.opens(module.number)) for module in curriculum.MODULES) == sum(
        len(module.needs) for module in curriculum.MODULES
    )


def test_every_module_leads_somewhere() -> None:
    assert all(curriculum.opens(module.number) for module in curriculum.MODULES[:-1])


def test_written_means_that_the_chapter_exists() -> None:
    for module in (curriculum.START, *curriculum.MODULES):
        assert (module.status == "written") == (ROOT / "exercises" / f"{module.name}.py").exists(), (
            module.name
        )


def test_written_chapters_are_in_the_table_of_contents() -> None:
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    for module in curriculum.written():
        assert f"exercises/{module.name}\n" in toc


def test_the_picture_has_every_brick_once() -> None:
    bricks = [module for course in courses() for module in course.modules]
    assert bricks == list(curriculum.MODULES)
    written = ", ".join(module.title for module in curriculum.written()[1:])
    assert f"Written so far: {written}." in description()
