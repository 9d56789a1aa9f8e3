"""Mutants: small, systematic damage to a function, which good checks must notice.

Every operator looks at one node of the syntax tree and lists what could stand there instead. What the reader
only reads is left alone: error messages (everything inside a `raise`), f-strings and annotations.
"""

import ast
import copy
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tinytorch.workshop.regions import regions
from tinytorch.workshop.source import pull, span

ARITHMETIC = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult, ast.Div],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
}
COMPARISON = {
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}


@dataclass(frozen=True)
class Mutant:
    """A damaged function: which operator made it, its text, and the lines in which it differs.

    The difference is taken between normalised texts without docstring, so it says which mutant this is
    however often the function moves or its comments change.
    """

    exercise: str
    operator: str
    text: str
    difference: str


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """`a + b` to `a - b`, `x += y` to `x -= y`, `-x` to `x`."""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in ARITHMETIC.get(type(node.op), []):
            yield changed(node, op=other())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand


def comparison(node: ast.AST) -> Iterator[ast.AST]:
    """`a < b` to `a <= b` and `a >= b`; of a chain, one link at a time."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in COMPARISON[type(op)]:
                yield changed(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])


def constant(node: ast.AST) -> Iterator[ast.AST]:
    """Numbers one up and one down, truth values flipped, text changed."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int | float):
            yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
        elif isinstance(node.value, str):
            yield ast.Constant(f"not {node.value}")


def boolean(node: ast.AST) -> Iterator[ast.AST]:
    """`and` to `or`, conditions negated; a plain comparison is left to the operator for comparisons."""
    if isinstance(node, ast.BoolOp):
        yield changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
        if not isinstance(node.test, ast.Compare):
            yield changed(node, test=negated(node.test))
    elif isinstance(node, ast.comprehension):
        for i, test in enumerate(node.ifs):
            if not isinstance(test, ast.Compare):
                yield changed(node, ifs=[*node.ifs[:i], negated(test), *node.ifs[i + 1 :]])


def axis_and_keepdims(node: ast.AST) -> Iterator[ast.AST]:
    """`axis=…` to None, 0 and -1, `keepdims=…` to its opposite, and each named argument left out."""
    if isinstance(node, ast.Call):
        for i, keyword in enumerate(node.keywords):
            before, after = node.keywords[:i], node.keywords[i + 1 :]
            if keyword.arg is None:
                continue
            yield changed(node, keywords=[*before, *after])
            values: list[ast.expr] = []
            if keyword.arg == "axis":
                values = [ast.Constant(None), ast.Constant(0), ast.Constant(-1)]
            elif keyword.arg == "keepdims":
                values = [negated(keyword.value)]
            for value in values:
                yield changed(node, keywords=[*before, ast.keyword(keyword.arg, value), *after])


def argument_swap(node: ast.AST) -> Iterator[ast.AST]:
    """`f(a, b)` to `f(b, a)`, for each pair of neighbours; the same for the operands of `-`, `/`, `@`, …"""
    if isinstance(node, ast.Call):
        args = node.args
        for i in range(len(args) - 1):
            yield changed(node, args=[*args[:i], args[i + 1], args[i], *args[i + 2 :]])
    elif isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Mult):
        yield changed(node, left=node.right, right=node.left)


def deleted_statement(node: ast.AST) -> Iterator[ast.AST]:
    """Any statement to `pass`."""
    if isinstance(node, ast.stmt) and not isinstance(node, ast.Return | ast.Pass):
        yield ast.Pass()


def return_none(node: ast.AST) -> Iterator[ast.AST]:
    """`return x` to `return None`."""
    if isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))


Operator = Callable[[ast.AST], Iterator[ast.AST]]
OPERATORS: tuple[Operator, ...] = (
    arithmetic,
    comparison,
    constant,
    boolean,
    axis_and_keepdims,
    argument_swap,
    deleted_statement,
    return_none,
)


def mutants(source: str, path: str, exercise: str) -> list[Mutant]:
    """Return all mutants of the object `path` of a module's `source`, inside the region `exercise`."""
    region = next(region for region in regions(source) if region.name == exercise)
    offset = span(source, path)[0] - 1
    (function,) = ast.parse(pull(source, path)).body
    assert isinstance(function, ast.FunctionDef)
    original = without_docstring(function)
    untouchable = set(only_read(function))
    found: dict[str, Mutant] = {}
    differences: dict[str, int] = {}
    for node in ast.walk(function):
        line = getattr(node, "lineno", None)
        if line is None and isinstance(node, ast.comprehension):
            line = node.target.lineno
        if line is None or not region.begin < line + offset < region.end or node in untouchable:
            continue
        for operator in OPERATORS:
            for replacement in operator(node):
                damaged = replaced(function, node, replacement)
                text = ast.unparse(damaged) + "\n"
                if text in found or without_docstring(damaged) == original:
                    continue
                difference = describe(original, without_docstring(damaged))
                count = differences[difference] = differences.get(difference, 0) + 1
                if count > 1:  # the same line occurs twice, and each is damaged once
                    difference += f"\n# occurrence {count}"
                found[text] = Mutant(exercise, operator.__name__.replace("_", " "), text, difference)
    return list(found.values())


def replaced(tree: ast.FunctionDef, node: ast.AST, replacement: ast.AST) -> ast.FunctionDef:
    """Copy `tree` with `replacement` for `node`: `deepcopy` is told that it has copied `node` already."""
    return copy.deepcopy(tree, {id(node): replacement})


def changed(node: ast.AST, **fields: object) -> ast.AST:
    """Copy `node`, but not what lies below it, with other values for some fields."""
    copied = type(node)(**{**{name: getattr(node, name, None) for name in node._fields}, **fields})
    return ast.copy_location(copied, node)  # `ast.unparse` looks for the line of some nodes


def negated(test: ast.expr) -> ast.expr:
    """Return `not test`, or what stands behind the `not`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def only_read(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """List the nodes that make messages and annotations; computation does not depend on them."""
    for node in ast.walk(function):
        if isinstance(node, ast.Raise | ast.JoinedStr):
            yield from (inner for inner in ast.walk(node) if not isinstance(inner, ast.Raise))
        elif isinstance(node, ast.AnnAssign):
            yield from ast.walk(node.annotation)


def without_docstring(function: ast.FunctionDef) -> str:
    """Return the function's normalised text, docstring left out."""
    has_docstring = ast.get_docstring(function) is not None
    return ast.unparse(changed(function, body=function.body[has_docstring:] or [ast.Pass()]))


def describe(before: str, after: str) -> str:
    """Return the lines that differ, each after - or +, without their indentation."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0))[
        2:
    ]  # two lines of heading
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[0] in "-+")
