"""A chapter of two exercises, for the tests that need one, with checks of the tests' own making."""

from dataclasses import replace
from functools import cache

from tinytorch.workshop.chapter import Chapter, Check, Exercise, Experiment
from tinytorch.workshop.fresh import book_source
from tinytorch.workshop.regions import blank, without_markers
from tinytorch.workshop.source import pull, stub_hash

MODULE = "tinytorch.core.tensor"
SETUP = """import math, os, random, sys, time, warnings
import numpy as np
import pytest
import tinytorch
from tinytorch import Tensor
from tinytorch.workshop.expect import expect_tensor
"""
# Lets the time be up as soon as this has run: a short limit could end on a slow machine before it begins.
SOON = "__import__('signal').setitimer(0, 0.05, 0.5)"
HEAD = "def __add__(self, other):\n"
RIGHT = HEAD + '    a, b = operands("+", self, other)\n    return Tensor(a + b)\n'

ADDS = """def test_adds():
    expect_tensor(Tensor([1, 2]) + Tensor([10, 20]), [11, 22], "`a + b`")
"""
BROADCASTS = """def test_broadcasts():
    expect_tensor(Tensor([[1], [2]]) + Tensor([10, 20]), [[11, 21], [12, 22]], "`column + row`")
"""
SUMS = """def test_sums():
    expect_tensor(Tensor([1.0, 2.0]).sum(), 3.0, "`x.sum()`")
"""
AVERAGE = """def test_the_average_of_a_sum():
    x = Tensor([1.0, 2.0]) + Tensor([3.0, 4.0])
    expect_tensor(x.sum() / 2, 5.0, "the average")
"""
BIAS = """def test_adding_a_bias():
    expect_tensor(Tensor([[1.0, 2.0]]) + Tensor([1.0, 1.0]), [[2.0, 3.0]], "`x + bias`")
"""


def body(*lines: str) -> str:
    """An answer to tensor_add from the lines of its body."""
    return HEAD + "".join(f"    {line}\n" for line in lines)


def checks_of(*sources: str) -> tuple[Check, ...]:
    names = [source.partition("def ")[2].partition("(")[0] for source in sources]
    return tuple(
        Check(name, f"It holds: {name}.", source) for name, source in zip(names, sources, strict=True)
    )


def exercise(name: str, path: str, *checks: str) -> Exercise:
    source = book_source(MODULE)
    stub = pull(blank(source), path)
    solution = pull(without_markers(source), path)
    target = f"{MODULE}:{path}"
    return Exercise(name, path, target, 1, ("hint",), stub, solution, stub_hash(stub), checks_of(*checks))


@cache
def small_chapter() -> Chapter:
    exercises = (
        exercise("tensor_add", "Tensor.__add__", ADDS, BROADCASTS),
        exercise("tensor_sum", "Tensor.sum", SUMS),
    )
    experiments = (Experiment("count", "Count", "Tensor([1, 2]) + Tensor([3, 4])"),)
    page = "exercises/01_tensor.html"
    return Chapter("01_tensor", 1, "Tensor", page, SETUP, exercises, checks_of(AVERAGE, BIAS), experiments)


def with_checks(*sources: str) -> Chapter:
    """The chapter with other checks of its first exercise."""
    chapter = small_chapter()
    first, *rest = chapter.exercises
    return replace(chapter, exercises=(replace(first, checks=checks_of(*sources)), *rest))


def with_experiment(source: str) -> Chapter:
    return replace(small_chapter(), experiments=(Experiment("measure", "Measure", source),))
