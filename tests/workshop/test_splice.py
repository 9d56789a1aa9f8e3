"""Pull and splice: objects leave a file and come back unchanged, and what is not one function is refused."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_chapter import HEAD, MODULE, body

import tinytorch
from tinytorch.workshop.fresh import Answers, fitting
from tinytorch.workshop.source import Refused, pull, read_answer, splice, stub_hash

PACKAGE = sorted(Path(tinytorch.__file__).parent.rglob("*.py"))
ADD = f"{MODULE}:Tensor.__add__"


def functions(source):
    """Name every function that pull can name: those of modules and of classes, however deep."""
    todo = [("", ast.parse(source))]
    while todo:
        prefix, scope = todo.pop()
        for node in scope.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield prefix + node.name
            elif isinstance(node, ast.ClassDef):
                todo.append((f"{prefix}{node.name}.", node))


@pytest.mark.parametrize("file", PACKAGE, ids=lambda file: file.stem)
def test_every_function_of_the_package_survives_a_round_trip(file):
    source = file.read_text(encoding="utf-8")
    for name in functions(source):
        assert splice(source, name, pull(source, name)) == source, name


DECORATORS = st.sampled_from(["", "@staticmethod", "@wrap(1,\n{i}      2)\n{i}@other", "# why\n{i}@once"])
STATEMENTS = [
    "return 1",
    's = """\nflush\n    indented\n\tand tabbed\n"""',
    "s = f'''\n  {1 + 1}\n'''",
    "s = rb'''\n\\x'''",
    "total = 1 + \\\n{i}    2",
    "x = 'a\\\nb'",
    "# a comment\n\n{i}y = 'é → 𝔸 \u2028 \x0c'",
    "if x:\n{i}    pass\n{i}else:\n{i}    def inner(): return 2",
    "call(\n{i}  1,\n\n{i}  2)",
    "class Inner:\n{i}    def f(self): return super()",
    "return [i for i in 'x'  # why\n{i}        if i]",
]


@st.composite
def sources(draw):
    """Files with nested classes, and functions in them that are hard to move."""
    lines, indent, path = ["import os  # é\n"], "", []
    unit = draw(st.sampled_from(["    ", "  ", "\t"]))
    for depth in range(draw(st.integers(0, 3))):
        lines.append(f"{indent}class C{depth}(object):\n{indent}{unit}'''Doc of {depth}.'''\n\n")
        path.append(f"C{depth}")
        indent += unit
    for number in range(draw(st.integers(1, 3))):
        inner = indent + unit
        if decorator := draw(DECORATORS):
            lines.append(indent + decorator.replace("{i}", indent) + "\n")
        kind = draw(st.sampled_from(["def", "async def"]))
        lines.append(f"{indent}{kind} f{number}(self, x=1):\n")
        for statement in draw(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3)):
            lines.append(inner + statement.replace("{i}", inner) + "\n")
        lines.append(draw(st.sampled_from(["", "\n", "\n\n", f"{indent}# after\n"])))
    return "".join(lines), ".".join([*path, "f0"])


@settings(derandomize=True, deadline=None, max_examples=150, database=None)
@given(sources())
def test_generated_functions_survive_a_round_trip(made):
    source, name = made
    compile(source, "made", "exec")
    pulled = pull(source, name)
    compile(pulled, "pulled", "exec")
    assert splice(source, name, pulled) == source


@settings(derandomize=True, deadline=None, max_examples=60, database=None)
@given(sources(), st.sampled_from(["\r\n", "\r"]))
def test_line_ends_of_any_platform_make_the_same_program(made, newline):
    source, name = made
    pulled = pull(source, name)
    assert splice(source, name, pulled.replace("\n", newline)) == source


def test_comments_that_stand_further_left_are_not_cut_into():
    source = "class A:\n    def f(self,\n  x=1):\n# why\n  # not\n        return x\n    y = 1\n"
    assert pull(source, "A.f") == "def f(self,\nx=1):\n# why\n# not\n    return x\n"
    assert ast.dump(ast.parse(splice(source, "A.f", pull(source, "A.f")))) == ast.dump(ast.parse(source))


def test_lines_around_the_object_stay_as_they_are():
    source = (
        "a = 1\nclass A:\n    # above\n    def f(self): return 1\n    # below\n    def g(self): return 2\n"
    )
    spliced = splice(source, "A.f", "# mine\ndef f(self):\n    return 3\n# end\n")
    assert spliced == source.replace(
        "    def f(self): return 1\n", "    # mine\n    def f(self):\n        return 3\n    # end\n"
    )


def test_strings_of_several_lines_mean_the_same_after_splicing():
    source = "class A:\n    def f(self): ...\n"
    text = 'def f(self):\n    return """a\n  b\n\tc""" + f\'\'\'{1}\n d\'\'\' + "e\\\n  f"\n'
    spliced, alone = {}, {}
    exec(splice(source, "A.f", text), spliced)
    exec(text, alone)
    assert spliced["A"]().f() == alone["f"](None) == "a\n  b\n\tc1\n de  f"


def test_a_form_feed_is_white_space_between_lines_and_itself_in_strings():
    spliced = {}
    exec(
        splice("class A:\n    def f(self): ...\n", "A.f", "def f(self):\n\x0c    x = '\x0c'\n    return x\n"),
        spliced,
    )
    assert spliced["A"]().f() == "\x0c"


def test_super_works_in_a_spliced_method():
    names = {}
    exec(
        splice(
            "class A(list):\n    def __len__(self): ...\n",
            "A.__len__",
            "def __len__(self):\n    return super().__len__() + 1\n",
        ),
        names,
    )
    assert len(names["A"]([1])) == 2


@pytest.mark.parametrize("name", ["A.missing", "missing", "A.f.inner", "twice"])
def test_an_object_that_is_not_there_once_is_an_error(name):
    with pytest.raises(LookupError):
        pull("class A:\n    def f(self): pass\ndef twice(): pass\ndef twice(): pass\n", name)


REFUSED = {
    "a signature alone": ("@overload\ndef __add__(self, other): ...\n", "There is no `def __add__`", None),
    "nothing": ("", "no `def __add__`", None),
    "blank lines": ("\n \n", "no `def __add__`", None),
    "a comment": ("# later\n", "no `def __add__`", None),
    "something else": ("x = 1\n", "no `def __add__`", None),
    "another function": ("def add(self, other):\n    return 1\n", "no `def __add__`", None),
    "a class of that name": ("class __add__:\n    pass\n", "no `def __add__`", None),
    "a variable of that name": ("__add__ = lambda self, other: 1\n", "no `def __add__`", None),
    "nested": (f"if True:\n    {HEAD}        return 1\n", "no `def __add__`", None),
    "inside its class": (f"class Tensor:\n    {HEAD}        return 1\n", "no `def __add__`", None),
    "twice": (body("return 1") + "\n" + body("return 2"), "defined twice", 4),
    "two functions": (body("return 1") + "def other(): pass\n", "line 3", 3),
    "a function before": ("def other(): pass\n" + body("return 1"), "line 1", 1),
    "an import": ("import os\n" + body("return 1"), "line 1", 1),
    "a docstring before": ('"""Mine."""\n' + body("return 1"), "line 1", 1),
    "an assignment after": (body("return 1") + "Tensor.__eq__ = None\n", "line 3", 3),
    "return at the margin": (body("x = 1") + "return x\n", "line 3", 3),
    "an open bracket": (body("return (1"), "never closed", 2),
    "no colon": ("def __add__(self, other)\n    return 1\n", "expected ':'", 1),
    "no body": (HEAD, "expected an indented block", 1),
    "a bad indent": (body("x = 1", "  return x"), "unexpected indent", 3),
    "tabs and spaces": (HEAD + "    x = 1\n\treturn x\n", "tab", 3),
    "an open string": (body("return 'x"), "unterminated string", 2),
    "an open long string": (body('return """x'), "unterminated triple-quoted", 2),
    "a trailing backslash": (body("return 1\\"), "unexpected EOF", 2),
    "null bytes": (body("return '\0'"), "null", None),
    "half a character": (body("return '\ud800'"), "half of a character", None),
    "deep brackets": (body("return " + "(" * 5_000 + ")" * 5_000), "too many nested parentheses", 2),
    "deep signs": (body("return " + "-" * 100_000 + "1"), "nests too deeply", None),
    "a long sum": (body("return " + "1 + " * 50_000 + "1"), "nests too deeply", None),
    "await": (body("return await other"), "'await' outside async", 2),
    "break": (body("x = 1", "break"), "'break' outside loop", 3),
    "nonlocal": (body("nonlocal x"), "no binding for nonlocal", 2),
    "the same argument twice": ("# mine\ndef __add__(self, self):\n    return 1\n", "duplicate argument", 2),
    "a late global": (body("x = 1", "global x"), "before global declaration", 3),
    "star import": (body("from math import *"), "import * only allowed at module level", 2),
    "a future import": (body("from __future__ import braces"), "from __future__", 2),
    "many loops": (
        HEAD + "".join(f"{'    ' * (i + 1)}for i in []:\n" for i in range(25)) + "    " * 26 + "pass\n",
        "too many statically nested blocks",
        22,
    ),
    "indented 99 times": (
        HEAD + "".join(f"{' ' * (i + 1)}if 1:\n" for i in range(98)) + " " * 99 + "pass\n",
        "too many levels of indentation",
        100,
    ),
}


@pytest.mark.parametrize(("text", "says", "line"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_one_function_is_refused_with_reason_and_line(text, says, line):
    with pytest.raises(Refused) as caught:
        Answers({ADD: text})
    assert says in caught.value.message
    assert caught.value.object == ADD
    assert caught.value.line == line


@pytest.mark.parametrize("text", [text for text, _, _ in REFUSED.values()], ids=REFUSED)
def test_a_refused_text_is_a_report_not_an_exception(check, text):
    report = check(text)
    (result,) = report.checks
    assert (report.outcome, result.name, result.outcome) == ("error", "reads", "error")
    assert result.claim == "Your text is one Python function named __add__."


ACCEPTED = {
    "comments around": "# mine\n\n" + body("return 1") + "# end\n",
    "decorated": "@wrap\n@wrap(2)\n" + body("return 1"),
    "no end of line": body("return 1").rstrip(),
    "a byte order mark": "\ufeff" + body("return 1"),
    "white space after": body("return 1") + "   \n\t\n",
    "tabs": "def __add__(self, other):\n\tif other:\n\t\treturn 1\n\treturn 2\n",
    "inner definitions": body("class A: pass", "def g(): return A", "return g"),
    "its own name inside": body("def __add__(): return 1", "return __add__()"),
    "one line": "def __add__(self, other): return 1",
    "continued": body("return 1 + \\", "2"),
    "another language": body("größe = '尺寸'", "return größe"),
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_one_function_is_accepted_however_it_is_written(text):
    Answers({ADD: text})


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(st.text(max_size=60) | st.text(alphabet="def __add(slfo:)\n '\"\\#{}[]=@\t\r\x0c\0", max_size=60))
def test_no_text_at_all_raises_anything_but_refused(text):
    for candidate in (text, HEAD + "    " + text, HEAD + "    return 1\n" + text):
        try:
            Answers({ADD: candidate})
        except Refused as refused:
            assert refused.message
            assert (
                refused.line is None or 1 <= refused.line <= candidate.count("\n") + candidate.count("\r") + 1
            )


def test_only_texts_that_fit_are_kept():
    texts = {ADD: body("return 1"), f"{MODULE}:Tensor.sum": "nonsense ("}
    assert list(fitting(texts)) == [ADD]


def test_the_stub_hash_ignores_prose_and_nothing_else():
    stub = 'def f(x: int = 1) -> int:\n    """Doc."""\n    # why\n    raise NotImplementedError("f")\n'
    same = [
        stub.replace("Doc.", "Other words."),
        stub.replace("# why", "# because"),
        stub.replace('    """Doc."""\n', ""),
        stub.replace("    #", "\n    #"),
    ]
    different = [
        stub.replace("x: int", "y: int"),
        stub.replace("x: int", "x: float"),
        stub.replace("= 1", "= 2"),
        stub.replace("-> int", "-> float"),
        stub.replace("def f", "def g"),
        stub.replace("def f", "async def f"),
        stub.replace('("f")', '("g")'),
        "@once\n" + stub,
        stub.replace('"""Doc."""', '"""Doc."""\n    x = 2'),
    ]
    assert {stub_hash(text) for text in same} == {stub_hash(stub)}
    assert len({stub_hash(text) for text in [stub, *different]}) == 1 + len(different)


def test_reading_an_answer_gives_its_text_in_one_form():
    assert read_answer("def f():\r\n    return 1\r\n\r\n", "f") == "def f():\n    return 1\n"
