"""What the build shows of a milestone: run with the book's package, kept while it holds, never a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinybook import milestones
from tinybook.milestones import Failed, built_milestone, program

from tinytorch.workshop import curriculum

ROOT = Path(__file__).parents[2]
PERCEPTRON = curriculum.milestone(1958)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The package as it is, and one program to change."""
    (tmp_path / "tinytorch").symlink_to(ROOT / "tinytorch")
    (tmp_path / "milestones").mkdir()
    program(PERCEPTRON, tmp_path).write_text(program(PERCEPTRON, ROOT).read_text(encoding="utf-8"))
    return tmp_path


def change(root: Path, before: str, after: str) -> None:
    file = program(PERCEPTRON, root)
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_a_result_is_shown_and_kept_until_something_changes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = root / "cache"
    first = built_milestone(PERCEPTRON, root, cache)
    assert {check["outcome"] for check in first.checks} == {"passed"}
    assert first.figures
    found = dict(first.found)
    assert [found[task] for task in ("points", "AND", "OR")] == [1, 1, 1]
    assert found["XOR"] < 1, "no line does"
    assert all(len(figure["alt"]) > 30 for figure in first.figures)

    runs: list[int] = []
    run = milestones._run
    monkeypatch.setattr(milestones, "_run", lambda *given: runs.append(1) or run(*given))
    assert built_milestone(PERCEPTRON, root, cache) == first
    assert runs == []
    change(root, "seed: int = 1958", "seed: int = 1959")
    assert built_milestone(PERCEPTRON, root, cache) != first
    assert runs == [1]
    assert len(list(cache.iterdir())) == 1, "what nobody will ask for again goes"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("lr: float = 0.2", "lr: float = 0.0", "Of 1,000 new points"),
        ("import Iterator", "import Iterators", "ImportError"),
    ],
    ids=["a gate fails", "it does not run"],
)
def test_what_does_not_pass_is_no_page(root: Path, before: str, after: str, words: str) -> None:
    change(root, before, after)
    with pytest.raises(Failed, match=words):
        built_milestone(PERCEPTRON, root, root / "cache")
    assert not (root / "cache").exists()
