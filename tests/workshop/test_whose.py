"""The line that says whose code runs: true, and readable with sixty answers."""

from dataclasses import replace

import pytest
from small_chapter import small_chapter

from tinytorch.workshop.whose import whose


def chapter(module, count):
    """A chapter of so many exercises, `f1`, `f2`, … of its module."""
    (first, *_) = small_chapter().exercises
    exercises = tuple(replace(first, object=f"tinytorch.m{module}:f{n}") for n in range(1, count + 1))
    return replace(small_chapter(), module=module, exercises=exercises)


def answers(*wanted):
    """Answers to the first so many exercises of modules."""
    return {f"tinytorch.m{module}:f{n}": "…" for module, count in wanted for n in range(1, count + 1)}


BOOK = tuple(chapter(module, 8) for module in (2, 1, 3, 4))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        ([], "the book's tinytorch; your answers join it as they pass."),
        ([(1, 2), (3, 1)], "your tinytorch: your f1, f2 and f1, with the book's code around them."),
        ([(1, 8)], "your tinytorch: 8 exercises of yours (module 01), with the book's code around"),
        (
            [(1, 8), (2, 8), (3, 8)],
            "24 exercises of yours (modules 01 to 03), with the book's code",
        ),
        (
            [(1, 8), (2, 8), (4, 8)],
            "24 exercises of yours (modules 01, 02 and 04), with the",
        ),
        (
            [(1, 8), (2, 6), (4, 3)],
            "17 exercises of yours (module 01; 02 but for f7 and f8; 3 of 8 in 04),",
        ),
        ([(1, 7), (9, 5)], "12 exercises of yours (01 but for f8; 5 in other modules), with"),
    ],
)
def test_it_says_what_is_the_learner_s(mine, says):
    assert says in whose(answers(*mine), BOOK)


def test_one_line_is_enough_for_a_whole_book():
    book = tuple(chapter(module, 9) for module in range(1, 21))
    everything_but_a_few = [(module, 9 - module % 4) for module in range(1, 21)]
    assert len(whose(answers(*[(module, 9) for module in range(1, 21)]), book)) < 200
    assert len(whose(answers(*everything_but_a_few), book)) < 500
