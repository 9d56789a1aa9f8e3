"""Regions: what is marked is found, what is marked wrongly is an error, and blanks keep what must stay."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch.workshop.fresh import book_source
from tinytorch.workshop.regions import RegionError, blank, regions, without_markers
from tinytorch.workshop.source import pull, stub_hash

GOOD = '''\
def f(x: int = 1) -> int:
    """Say one."""
    # BEGIN SOLUTION f_one
    y = x
    return y
    # END SOLUTION f_one
'''


def test_a_region_is_found_with_its_lines_and_indent():
    (region,) = regions(GOOD)
    assert (region.name, region.begin, region.end, region.indent) == ("f_one", 3, 6, "    ")


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("# END SOLUTION a\n", 1, "has not begun"),
        ("x = 1\n# BEGIN SOLUTION a\n", 2, "never ends"),
        (
            "# BEGIN SOLUTION a\n# BEGIN SOLUTION b\n# END SOLUTION b\n# END SOLUTION a\n",
            2,
            "inside region 'a'",
        ),
        ("# BEGIN SOLUTION a\n# END SOLUTION b\n", 2, "has not begun"),
        ("# BEGIN SOLUTION a\n# END SOLUTION a\n" * 2, 3, "two regions"),
        ("# Begin solution a\n", 1, "looks like a marker"),
        ("#BEGIN SOLUTION a\n", 1, "looks like a marker"),
        ("# BEGIN  SOLUTION a\n", 1, "looks like a marker"),
        ("# BEGIN-SOLUTION a\n", 1, "looks like a marker"),
        ("# BEGIN_SOLUTION a\n", 1, "looks like a marker"),
        ("# BEGIN SOLUTION\n", 1, "looks like a marker"),
        ("# BEGIN SOLUTION A\n", 1, "looks like a marker"),
        ("# BEGIN SOLUTION a b\n", 1, "looks like a marker"),
        ("### BEGIN SOLUTION a\n", 1, "looks like a marker"),
        ("# END SOLUTION a.\n", 1, "looks like a marker"),
        ("x = 1  # BEGIN SOLUTION a\n", 1, "line to itself"),
        ("# BEGIN SOLUTION a\ny = 2  # END SOLUTION a\n", 2, "line to itself"),
    ],
)
def test_a_wrong_marker_is_an_error_that_names_file_and_line(source, line, says):
    with pytest.raises(RegionError, match=says) as caught:
        regions(source, "tensor.py")
    assert f"tensor.py:{line}:" in str(caught.value)


def test_markers_inside_strings_are_only_text():
    source = 's = """\n# BEGIN SOLUTION a\n"""\nt = "# END SOLUTION a"\nu = f"""\n# begin solution {s}\n"""\n'
    assert regions(source) == ()
    assert blank(source) == source


def test_a_region_that_does_not_exist_cannot_be_blanked():
    with pytest.raises(RegionError, match="no region missing"):
        blank(GOOD, ["missing"])


def test_only_the_named_regions_are_blanked():
    source = GOOD + GOOD.replace("def f", "def g").replace("f_one", "g_one")
    half = blank(source, ["g_one"])
    assert [region.name for region in regions(half)] == ["f_one"]
    assert 'raise NotImplementedError("g_one")' in half
    assert blank(source, []) == source


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x0c", "\x85", "\x1c", "\x0b"])
def test_what_only_looks_like_a_line_end_shifts_no_region(separator):
    source = f'note = "a{separator}b"  # {separator}\n' + GOOD
    blanked = blank(source)
    assert "return y" not in blanked and blanked.startswith(f'note = "a{separator}b"')
    assert without_markers(source).count("SOLUTION") == 0 and "return y" in without_markers(source)


def test_windows_line_ends_do_not_hide_markers():
    assert "return y" not in blank(GOOD.replace("\n", "\r\n"))


def test_no_solution_survives_in_the_book_s_blanked_package():
    source = book_source("tinytorch.core.tensor")
    found, lines = regions(source), source.splitlines()
    blanked = blank(source)
    assert len(found) >= 5
    assert regions(blanked) == ()
    for region in found:
        assert "\n".join(lines[region.begin : region.end - 1]) not in blanked
        assert f'raise NotImplementedError("{region.name}")' in blanked
    compile(blanked, "blanked", "exec")


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
TYPES = st.sampled_from(["", ": int", ": list[int]", ': "Tensor"'])
DEFAULTS = st.sampled_from(["", " = 1", " = None", ' = "# BEGIN SOLUTION x"'])
DOCS = st.sampled_from(["", '"""Do it."""', '"""Do it.\n\n        # END SOLUTION y\n    """', "'x'"])
BODIES = st.sampled_from(
    ["return 1", "for i in []:\n            pass", 's = """\nflush left\n"""', "pass  # é"]
)


@settings(derandomize=True, deadline=None, max_examples=60, database=None)
@given(st.data())
def test_blank_then_pull_gives_a_stub_that_compiles_and_keeps_signature_and_docstring(data):
    name = data.draw(NAMES)
    types, defaults, doc = data.draw(TYPES), data.draw(DEFAULTS), data.draw(DOCS)
    doc_line = f"        {doc}\n" if doc else ""
    source = (
        "class Box:\n    @staticmethod\n"
        f"    def method_{name}(self, a{types}, *, b{types}{defaults}) -> int:\n{doc_line}"
        f"        # BEGIN SOLUTION {name}\n        {data.draw(BODIES)}\n        # END SOLUTION {name}\n"
    )
    stub = pull(blank(source), f"Box.method_{name}")
    before = ast.parse(pull(source, f"Box.method_{name}")).body[0]
    after = ast.parse(stub).body[0]
    assert ast.dump(before.args) == ast.dump(after.args)
    assert ast.dump(before.returns) == ast.dump(after.returns)
    assert ast.get_docstring(before) == ast.get_docstring(after)
    assert len(after.decorator_list) == 1
    assert ast.unparse(after.body[-1]) == f"raise NotImplementedError('{name}')"
    assert stub_hash(stub) == stub_hash(ast.unparse(after))
