"""The datasheets: each table is there, counted in the data, and used on a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tinybook import datasheets

from tinytorch.data import TinyDigits, TinyTalks

FOLDER = Path(__file__).parents[2] / "book" / "datasets"
PARTS = [(name, part) for name, parts in datasheets.PARTS.items() for part in parts]


def cells(name: str, part: str) -> list[list[str]]:
    return [row.strip("| ").split(" | ") for row in datasheets.PARTS[name][part]().splitlines()]


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_every_part_is_on_its_sheet(name: str, part: str) -> None:
    assert f"{{datasheet}} {name} {part}\n" in (FOLDER / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(datasheets.PARTS))
def test_a_sheet_asks_for_parts_that_exist(name: str) -> None:
    asked = re.findall(r"{datasheet} (\w+) (\w+)", (FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    assert set(asked) <= set(PARTS) and asked


def test_the_digits_are_counted() -> None:
    head, _, train, test = cells("tinydigits", "splits")
    assert (
        head[0] == "split" and train[1:] == ["400"] * 10 + ["4,000"] and test[1:] == ["100"] * 10 + ["1,000"]
    )


def test_other_digits_make_another_table(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fewer(TinyDigits):
        def __init__(self, split: str) -> None:
            super().__init__(split)
            self.targets, self.pixels = self.targets[:10], self.pixels[:10]

    monkeypatch.setattr(datasheets, "TinyDigits", Fewer)
    assert cells("tinydigits", "splits")[2][-1] == "10"
    assert cells("tinydigits", "pixels")[2][-1] == "10"


def test_nearest_neighbours_know_some_digits_and_not_all() -> None:
    averages, neighbours = (float(row[1].rstrip("%")) for row in cells("tinydigits", "baselines")[2:])
    assert 70 < averages < neighbours < 99


def test_the_pairs_are_counted() -> None:
    *levels, together = cells("tinytalks", "levels")[2:]
    assert [row[1:4] for row in levels] == [["480", "60", "60"]] * 5
    assert together[1:4] == ["2,400", "300", "300"]


def test_a_question_in_two_splits_would_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict(row for row in cells("tinytalks", "text") if len(row) == 2)
    assert found["questions in two splits, whatever their case and punctuation"] == "0"
    assert found["words of val and test that train does not have"] == "0"

    class Leaky(TinyTalks):
        def __init__(self, split: str, level: int | None = None) -> None:
            super().__init__(split, level)
            if split == "test":
                question, _ = TinyTalks("train")[0]
                self.pairs[0] = (question.upper(), "Unheard.")

    monkeypatch.setattr(datasheets, "TinyTalks", Leaky)
    found = dict(row for row in cells("tinytalks", "text") if len(row) == 2)
    assert found["questions in two splits, whatever their case and punctuation"] == "1"
    assert found["words of val and test that train does not have"] == "1"
