"""TinyTalks: what it promises, and that its grammar builds it."""

import csv
from collections import Counter

import pytest

from book.datasets import build_tinytalks as grammar
from tinytorch.data import DataLoader, TinyTalks
from tinytorch.data.images import FILES

SPLITS = {split: TinyTalks(split) for split in ("train", "val", "test")}


def words(pairs):
    return {word for pair in pairs for text in pair for word in grammar.normal(text).split()}


def test_five_levels_of_six_hundred():
    levels = Counter(level for talks in SPLITS.values() for level in talks.levels)
    assert levels == dict.fromkeys(range(1, 6), 600)
    for split, each in [("train", 480), ("val", 60), ("test", 60)]:
        assert Counter(SPLITS[split].levels) == dict.fromkeys(range(1, 6), each)
        assert [len(TinyTalks(split, level)) for level in range(1, 6)] == [each] * 5


def test_no_question_is_there_twice_whatever_its_case_and_punctuation():
    questions = [grammar.normal(question) for talks in SPLITS.values() for question, _ in talks]
    assert len(set(questions)) == len(questions) == 3000


def test_the_same_question_in_other_writing_is_recognised():
    assert grammar.normal("What is 3 plus 4?") == grammar.normal("what is 3, plus 4")
    assert grammar.normal("What is 3 plus 4?") != grammar.normal("What is 34?")


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("split", ["val", "test"])
def test_what_is_held_out_uses_words_and_characters_that_were_trained(split, level):
    train, held_out = SPLITS["train"].pairs, TinyTalks(split, level).pairs
    assert words(held_out) <= words(train)
    characters = {c for pair in held_out for text in pair for c in text}
    assert characters <= {c for pair in train for text in pair for c in text}


def test_facts_that_are_held_out_were_trained_in_other_words():
    for split in ("val", "test"):
        answers = {answer for _, answer in TinyTalks("train", 2)}
        assert {answer for _, answer in TinyTalks(split, 2)} <= answers


def operands(split, level, kind):
    """The numbers of all questions of one kind; those that plus joins are sorted: order changes nothing."""
    texts = [answer if level == 3 else question for question, answer in TinyTalks(split, level)]
    asked = [grammar.normal(text).split() for text in texts]
    numbers = [[int(word) for word in words if word.isdigit()] for words in asked if kind in words]
    wanted = [found[:2] if level == 3 else found for found in numbers]
    return {tuple(sorted(found)) if kind == "plus" else tuple(found) for found in wanted}


def test_arithmetic_that_is_held_out_was_never_trained():
    """Not in other words either, nor with its numbers swapped; tables are learned by heart and excepted."""
    for level, kind in [(3, "plus"), (3, "minus"), (4, "plus")]:
        asked = {split: operands(split, level, kind) for split in SPLITS}
        assert len(asked["test"]) > 5 and len(asked["val"]) > 5
        for a, b in [("test", "train"), ("val", "train"), ("val", "test")]:
            assert not asked[a] & asked[b]


def test_a_group_is_never_divided():
    pairs = [(f"question {i}", "answer", group) for i, group in enumerate([1, 1, 2, 2, 2, 3])]
    held_out, rest = grammar.hold_out_groups(pairs, 3)
    assert [said[2] for said in held_out] == [1, 1, 2] and [said[2] for said in rest] == [3]


def test_the_answers_are_right():
    """Whatever has numbers is computed again, from the words of the question."""
    signs = {"plus": "+", "minus": "-", "times": "*"}
    computed = 0
    for talks in SPLITS.values():
        for question, answer in talks:
            for part in answer.rstrip(".").replace(" and ", "").replace(" so ", "").split(","):
                found = part.split()
                if len(found) >= 5 and found[1] in signs and found[3] == "is":
                    assert eval(f"{found[0]} {signs[found[1]]} {found[2]}") == int(found[4]), answer
                    assert found[0] in grammar.normal(question).split() or "and" in answer
                    computed += 1
            if " comes next" in answer and "step" in answer:
                a, b, c = (int(word) for word in grammar.normal(question).split() if word.isdigit())
                assert b - a == c - b and f"so {2 * c - b} comes" in answer
                computed += 1
            if "larger" in answer or "smaller" in answer:
                x, y = (int(word) for word in grammar.normal(answer).split() if word.isdigit())
                assert (x > y) == ("larger" in answer) and x != y
                computed += 1
    assert computed > 1000


def test_a_question_fits_a_small_model():
    for talks in SPLITS.values():
        for question, answer in talks:
            assert question == question.strip() and answer == answer.strip()
            assert len(question) <= 96 and len(answer) <= 48
            assert (question + answer).isascii()


def test_the_grammar_builds_this_very_file():
    rows = [list(map(str, row)) for row in grammar.build()]
    with open(FILES / "tinytalks.tsv", encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, delimiter="\t"))[1:] == rows


def test_a_loader_gives_lists_of_strings():
    questions, answers = next(iter(DataLoader(SPLITS["test"], batch_size=3)))
    assert questions == [question for question, _ in SPLITS["test"].pairs[:3]]
    assert [type(answer) for answer in answers] == [str] * 3


@pytest.mark.parametrize("options", [{"split": "dev"}, {"level": 0}, {"level": 6}])
def test_what_does_not_exist_is_refused(options):
    with pytest.raises(ValueError, match="it should be"):
        TinyTalks(**options)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"<html>404</html>", None])
def test_a_damaged_or_missing_file_is_told_so(tmp_path, monkeypatch, content):
    monkeypatch.setattr("tinytorch.data.talks.FILES", tmp_path)
    if content is None:
        with pytest.raises(FileNotFoundError, match=r'install that again.*needs=\["tinytalks"\]'):
            TinyTalks()
        return
    for damage in (content, (FILES / "tinytalks.tsv").read_bytes()[:100_000]):
        (tmp_path / "tinytalks.tsv").write_bytes(damage)
        with pytest.raises(ValueError, match=r"tinytalks\.tsv is damaged"):
            TinyTalks()
