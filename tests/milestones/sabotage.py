"""Sabotage: the book's own solutions, broken in four ways. What depends on them must notice."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tinytorch.workshop.fresh import book_source
from tinytorch.workshop.regions import without_markers
from tinytorch.workshop.source import pull


class _Returns(ast.NodeTransformer):
    """Changes every value that is returned, or yielded."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def visit_Return(self, node: ast.Return) -> ast.Return:
        return node if node.value is None else ast.Return(self._broken(node.value))

    def _broken(self, value: ast.expr) -> ast.expr:
        if self.kind == "zeros":
            return ast.BinOp(value, ast.Mult(), ast.Constant(0))
        return ast.UnaryOp(ast.USub(), value)


class _InPlace(ast.NodeTransformer):
    """Turns -= into += and back."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AugAssign:
        turned: ast.operator = ast.Add() if isinstance(node.op, ast.Sub) else node.op
        turned = ast.Sub() if isinstance(node.op, ast.Add) else turned
        return ast.AugAssign(node.target, turned, node.value)


def sabotaged(target: str, kind: str) -> str:
    """Return an answer to the exercise `target` that is broken.

    - "zeros": what it returns is multiplied by 0;
    - "sign": what it returns has the wrong sign;
    - "idle": its body does nothing, and a generator yields nothing;
    - "uphill": what it subtracts in place it adds, and the other way round.
    """
    module, _, path = target.partition(":")
    text = pull(without_markers(book_source(module)), path)
    tree = ast.parse(text)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    if kind == "idle":
        yields = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function))
        idle = ast.parse("yield from ()" if yields else "pass").body
        function.body = [*_docstring(function), *idle]
    elif kind == "uphill":
        _InPlace().visit(function)
    else:
        _Returns(kind).visit(function)
    broken = ast.unparse(ast.fix_missing_locations(tree))
    assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(text)), f"{target} has nothing to break"
    return broken


def _docstring(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        yield first
