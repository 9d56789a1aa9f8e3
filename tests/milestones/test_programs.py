"""The programs themselves: short, of nothing but tinytorch, and they run from a checkout as they stand."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from short_runs import ROOT, program

from tinytorch.workshop.curriculum import MILESTONES, milestone

WRITTEN = [one.year for one in MILESTONES if one.status == "written"]


def test_written_means_that_the_program_exists():
    for one in MILESTONES:
        assert (one.status == "written") == (ROOT / "milestones" / f"{one.program}.py").exists(), one.year


@pytest.mark.parametrize("year", WRITTEN)
def test_a_program_is_short_and_imports_tinytorch_and_pythons_own_library(year):
    source = program(year)
    assert len(source.splitlines()) <= 80
    nodes = list(ast.walk(ast.parse(source)))
    imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    others = {name for name in imported if name.partition(".")[0] != "tinytorch"}
    assert others <= set(sys.stdlib_module_names) | {"collections.abc"}


@pytest.mark.parametrize(("year", "words"), [(1958, "XOR     loss 0.6931"), (1969, "seed 9     loss 0.00")])
def test_a_program_runs_in_a_checkout_and_prints_its_history(year, words):
    file = ROOT / "milestones" / f"{milestone(year).program}.py"
    run = subprocess.run(
        [sys.executable, str(file)], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert words in run.stdout


def test_a_milestone_stands_on_all_modules_before_it_and_has_names():
    one = milestone(1986)
    assert one.modules == (1, 2, 3, 4, 5, 6, 7, 8) and one.needs == ("tinydigits",)
    assert (one.name, one.program, one.page) == ("milestone_1986", "1986_mlp", "milestones/1986_mlp.html")
    with pytest.raises(KeyError):
        milestone(2001)
