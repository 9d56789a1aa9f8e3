"""The mutation run itself: every operator makes what it should, and weak checks are found out."""

import ast
import textwrap
from pathlib import Path

import mutants as program
import pytest
from mutate import OPERATORS, mutants

from tinytorch.workshop.chapter import Chapter, Check, Exercise
from tinytorch.workshop.fresh import book_source
from tinytorch.workshop.regions import without_markers
from tinytorch.workshop.source import pull


def made(body, operator):
    """The changes that one operator makes to a function with this body, as the lines that it puts in."""
    source = (
        'def f(a, b, c):\n    """Say something."""\n    # BEGIN SOLUTION f\n'
        f"{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n    # END SOLUTION f\n"
    )
    found = [mutant for mutant in mutants(source, "f", "f") if mutant.operator == operator]
    for mutant in found:
        ast.parse(mutant.text)
        assert mutant.text != ast.unparse(ast.parse(pull(without_markers(source), "f"))) + "\n"
    return {
        " / ".join(line[2:] for line in mutant.difference.splitlines() if line.startswith("+"))
        for mutant in found
    }


@pytest.mark.parametrize(
    "operator, body, expected",
    [
        ("arithmetic", "return a + b", {"return a - b"}),
        ("arithmetic", "return a * b", {"return a / b", "return a + b"}),
        ("arithmetic", "return a // b", {"return a * b", "return a / b"}),
        ("arithmetic", "return a @ b", {"return a * b"}),
        ("arithmetic", "return -a", {"return a"}),
        ("arithmetic", "a -= b", {"a += b"}),
        ("arithmetic", "return a + b - c", {"return a - b - c", "return a + b + c"}),
        ("comparison", "return a == b", {"return a != b"}),
        ("comparison", "return a < b", {"return a <= b", "return a >= b"}),
        ("comparison", "return a is b", {"return a is not b"}),
        ("comparison", "return a not in b", {"return a in b"}),
        (
            "comparison",
            "return a <= b != c",
            {"return a < b != c", "return a > b != c", "return a <= b == c"},
        ),
        ("constant", "return 3", {"return 4", "return 2"}),
        ("constant", "return 0.5", {"return 1.5", "return -0.5"}),
        ("constant", "return a[0:b]", {"return a[1:b]", "return a[-1:b]"}),
        ("constant", "return True", {"return False"}),
        ("constant", "return 'int32'", {"return 'not int32'"}),
        ("constant", "return None", set()),
        ("boolean", "return a and b or c", {"return (a or b) or c", "return (a and b) and c"}),
        ("boolean", "return not a", {"return a"}),
        ("boolean", "return a if b else c", {"return a if not b else c"}),
        ("boolean", "return [x for x in a if x]", {"return [x for x in a if not x]"}),
        ("boolean", "if a:\n    return b", {"if not a:"}),
        ("boolean", "if a < b:\n    return b", set()),  # a comparison: its own operator turns it round
        (
            "axis and keepdims",
            "return a.sum(axis=b, keepdims=c)",
            {
                "return a.sum(keepdims=c)",
                "return a.sum(axis=None, keepdims=c)",
                "return a.sum(axis=0, keepdims=c)",
                "return a.sum(axis=-1, keepdims=c)",
                "return a.sum(axis=b)",
                "return a.sum(axis=b, keepdims=not c)",
            },
        ),
        ("axis and keepdims", "return a.sum(dtype=b)", {"return a.sum()"}),
        ("axis and keepdims", "return a.sum(**b)", set()),
        ("argument swap", "return g(a, b, c)", {"return g(b, a, c)", "return g(a, c, b)"}),
        ("argument swap", "return a - b", {"return b - a"}),
        ("argument swap", "return a + b", set()),
        ("deleted statement", "a = b\na += c\nreturn a", {"pass"}),
        ("deleted statement", "if a:\n    b = 1\nreturn b", {"pass"}),
        ("return none", "return a", {"return None"}),
        ("return none", "return", set()),
        ("return none", "return None", set()),
    ],
)
def test_an_operator_makes_exactly_the_mutants_that_it_is_for(operator, body, expected):
    assert made(body, operator) == expected


def test_every_operator_is_tried_above():
    tried = test_an_operator_makes_exactly_the_mutants_that_it_is_for.pytestmark[0].args[1]
    assert {operator.__name__.replace("_", " ") for operator in OPERATORS} == {case[0] for case in tried}


def test_messages_annotations_and_what_lies_outside_the_region_are_left_alone():
    source = '''\
def f(a: int = 1, b=2 + 3) -> "str":
    """Say 1 + 1."""
    before = 1 + 1
    # BEGIN SOLUTION f
    x: "int" = a
    if a:
        raise ValueError(f"{a + 1}: not {2 - 1}")
    return f"{x + 1}"
    # END SOLUTION f
'''
    assert [mutant.difference for mutant in mutants(source, "f", "f")] == [
        "- x: 'int' = a\n+ pass",
        "- if a:\n+ if not a:",
        "- if a:\n- raise ValueError(f'{a + 1}: not {2 - 1}')\n+ pass",
        "- return f'{x + 1}'\n+ return None",
        "- raise ValueError(f'{a + 1}: not {2 - 1}')\n+ pass",
    ]


def test_a_mutant_is_recognised_when_its_function_moves_and_its_words_change():
    before = "def f(a):\n    # BEGIN SOLUTION f\n    return a + 1  # one more\n    # END SOLUTION f\n"
    after = (
        'import sys\n\n\nclass A:\n    def f(a):\n        """Add."""\n        # Why: because.\n'
        "        # BEGIN SOLUTION f\n        return a + 1\n        # END SOLUTION f\n"
    )
    assert [m.difference for m in mutants(before, "f", "f")] == [
        m.difference for m in mutants(after, "A.f", "f")
    ]


def test_the_same_change_in_two_places_makes_two_mutants_with_names_of_their_own():
    source = "def f(a):\n    # BEGIN SOLUTION f\n    a += 1\n    a += 1\n    # END SOLUTION f\n"
    differences = [mutant.difference for mutant in mutants(source, "f", "f")]
    assert len(differences) == len(set(differences)) == 8


def a_chapter(check):
    """A chapter with one exercise, `numel`, and one check."""
    text = without_markers(book_source("tinytorch.core.shapes"))
    exercise = Exercise(
        name="numel",
        title="Count",
        object="tinytorch.core.shapes:numel",
        points=1,
        hints=(),
        stub="",
        solution=pull(text, "numel"),
        stub_hash="",
        checks=(Check("test_numel", "It counts.", textwrap.dedent(check)),),
    )
    setup = "from tinytorch.core.shapes import numel"
    return Chapter("00_start", 0, "Start", "exercises/00_start.html", setup, (exercise,))


WEAK = """
def test_numel():
    assert numel((2,)) > 1
"""
STRONG = """
def test_numel():
    assert numel((2, 3, 5)) == 30 and numel(()) == 1 and numel((7,)) == 7
"""
NEVER_TRUE = """
def test_numel():
    assert numel((2,)) == 3
"""


def test_a_mutant_that_weak_checks_let_pass_is_shown():
    text, share = program.run([a_chapter(WEAK)], ["numel"], {})
    assert share < program.THRESHOLD
    assert "survived: arithmetic\n        - count *= size\n        + count += size" in text
    assert "return None" not in text  # that one even these checks notice


def test_strong_checks_kill_every_mutant():
    text, share = program.run([a_chapter(STRONG)], [], {})
    assert share == 1 and "survived" not in text


def test_an_equivalent_does_not_count_and_a_wrong_one_is_refused():
    check = "def test_numel():\n    assert numel((1,)) == 1"
    without = program.run([a_chapter(check)], [], {})
    listed = {("numel", "- count *= size\n+ count /= size"): "1 / 1 is 1"}
    with_it = program.run([a_chapter(check)], [], listed)
    assert with_it[1] > without[1] and "1 equivalent" in with_it[0]
    with pytest.raises(program.RunError, match="is killed, so it is no equivalent"):
        program.run([a_chapter(STRONG)], [], listed)
    with pytest.raises(program.RunError, match="does not exist any more"):
        program.run([a_chapter(STRONG)], [], {("numel", "- count = 7\n+ count = 8"): "whatever"})


def test_a_reference_that_fails_its_own_checks_stops_the_run():
    with pytest.raises(program.RunError, match="own solution does not pass"):
        program.run([a_chapter(NEVER_TRUE)], [], {})


def test_a_mutant_that_never_ends_is_stopped_and_counts_as_killed(monkeypatch):
    monkeypatch.setattr(program, "SECONDS", 0.3)
    chapter = a_chapter(STRONG)
    endless = program.Mutant("numel", "none", "def numel(shape):\n    while True:\n        pass\n", "")
    assert program.judge(chapter, endless).killed


def test_a_name_that_is_no_exercise_is_an_error():
    with pytest.raises(program.RunError, match="no exercise nonsense"):
        program.run([a_chapter(STRONG)], ["nonsense"], {})


def test_the_list_of_equivalents_has_a_proof_for_each(tmp_path):
    assert all(len(proof.split()) > 4 for proof in program.read_equivalents().values())
    file = Path(tmp_path / "equivalents.toml")
    file.write_text('[[equivalent]]\nexercise = "numel"\nmutant = "- a\\n+ b"\nproof = " "\n')
    with pytest.raises(program.RunError, match="without a proof"):
        program.read_equivalents(file)
