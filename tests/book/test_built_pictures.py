"""Pictures that experiments make: what the built page shows of them, and in which words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag


@pytest.fixture
def pictures(page: Callable[[str], str]) -> list[Tag]:
    chapter = BeautifulSoup(page("exercises/01_tensor.html"), "html.parser")
    return chapter.select('section[data-experiment="growing_loss"] img')


def file_of(picture: Tag, site: Path) -> str:
    return (site / "exercises" / str(picture["src"])).resolve().read_text(encoding="utf-8")


def test_of_a_live_figure_only_the_last_state_is_shown(pictures: list[Tag], site: Path) -> None:
    live, _ = pictures
    (line,) = re.findall(r'<polyline points="([^"]+)"', file_of(live, site))
    assert len(line.split()) == 50
    assert "from 1 at 0 to 0.02 at 49" in live["alt"]


def test_a_value_that_draws_itself_is_shown_in_its_own_words(pictures: list[Tag], site: Path) -> None:
    _, chain = pictures
    assert chain["alt"] == "A chain. x leads to y."
    assert "<desc>x leads to y.</desc>" in file_of(chain, site)


def test_a_wide_drawing_scrolls_before_it_is_too_small_to_read(pictures: list[Tag]) -> None:
    live, chain = (str(picture.find_parent(class_="tt-frame")["style"]) for picture in pictures)
    assert (live, chain) == ("--tt-least: 288px", "--tt-least: 540px")
