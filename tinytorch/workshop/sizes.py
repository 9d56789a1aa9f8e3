"""Sizes: how many bytes an expression asked for, when there was not enough memory for it.

NumPy says it in some of its errors, and on a 32-bit platform in hardly any. So the expression at which the
error arose is read, and computed from what its names hold: numbers, shapes and arrays. Nothing is called.
"""

from __future__ import annotations

import ast
import linecache
import math
import operator
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice, zip_longest
from types import FrameType, ModuleType, TracebackType
from typing import Any

import numpy as np

_POINTER = struct.calcsize("P")
_DOUBLE = 8  # bytes of a float64, which is what NumPy makes where it is not told


def bytes_asked(error: BaseException) -> int | None:
    """Return how many bytes were asked for, or None if that cannot be told."""
    with suppress(Exception):  # also for lack of memory, and then the error itself must do
        match error.args:
            case (tuple() as shape, np.dtype() as dtype):  # as NumPy raises it
                return _count(shape) * dtype.itemsize
        for trace in reversed(_traces(error)):
            with suppress(_Unknown, SyntaxError):
                return _bytes(_expression(trace), trace.tb_frame)
    return None


def in_words(count: int) -> str:
    """Write a number of bytes as people say it."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"


class _Unknown(Exception):
    """This is not among the things that can be computed without a risk."""


def _traces(error: BaseException) -> list[TracebackType]:
    trace, found = error.__traceback__, []
    while trace is not None:
        found.append(trace)
        trace = trace.tb_next
    return found


def _expression(trace: TracebackType) -> ast.expr:
    """Return the expression at which a frame was left."""
    code = trace.tb_frame.f_code
    first, last, start, end = next(islice(code.co_positions(), trace.tb_lasti // 2, None), (None,) * 4)
    if first is None or last is None:
        raise _Unknown
    lines = linecache.getlines(code.co_filename, trace.tb_frame.f_globals)[first - 1 : last]
    if not lines:
        raise _Unknown
    text = [line.encode() for line in lines]
    text[-1] = text[-1][:end]
    text[0] = text[0][start:]
    return ast.parse(b"(" + b"".join(text) + b"\n)", mode="eval").body


def _bytes(node: ast.expr, frame: FrameType) -> int:
    if isinstance(node, ast.Call):
        call = _Call(node, frame)
        if "size" in call.options:
            return _count(call.option("size")) * _DOUBLE
        return _CALLS.get(call.name, _unknown)(call)
    if isinstance(node, ast.BinOp):
        return _of_operation(node, frame)
    raise _Unknown


class _Call:
    """A call that did not come back: its name, and the values of its arguments."""

    def __init__(self, node: ast.Call, frame: FrameType) -> None:
        self.node, self.frame = node, frame
        self.name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        self.options = {option.arg: option.value for option in node.keywords}

    def __getitem__(self, place: int) -> Any:
        if place >= len(self.node.args):
            raise _Unknown
        return _value(self.node.args[place], self.frame)

    def option(self, name: str, place: int | None = None) -> Any:
        """Return an argument that may be left out, by its name or its place."""
        if name in self.options:
            return _value(self.options[name], self.frame)
        return self[place] if place is not None and place < len(self.node.args) else None

    def all(self) -> list[Any]:
        """Return all arguments that have no name."""
        return [self[place] for place in range(len(self.node.args))]

    @property
    def element(self) -> int:
        """The size of an element where no dtype is given: tinytorch computes with float32."""
        with suppress(_Unknown):
            function = _value(self.node.func, self.frame)
            if str(getattr(function, "__module__", "")).startswith("tinytorch"):
                return _DOUBLE // 2
        return _DOUBLE


def _filled(call: _Call) -> int:
    given = [call.option("shape")] if "shape" in call.options else call.all()
    sizes = [size for size in given if isinstance(size, int)]  # zeros(2, 3) makes the same as zeros((2, 3))
    dtype = call.option("dtype", None if len(sizes) == len(given) else 1)
    return _count(sizes or given[0]) * _itemsize(dtype, call.element)


def _random(call: _Call) -> int:
    return _count(call.all()) * call.element


def _range(call: _Call) -> int:
    return _steps(call.all()) * _itemsize(call.option("dtype"), _POINTER)


def _list(call: _Call) -> int:
    inner = call.node.args[0] if call.node.args else None
    if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "range":
        return _steps(_Call(inner, call.frame).all()) * _POINTER
    raise _Unknown


def _unknown(call: _Call) -> int:
    raise _Unknown


_CALLS: dict[str, Callable[[_Call], int]] = {
    **dict.fromkeys(("zeros", "ones", "empty"), _filled),
    "full": lambda call: _count(call[0]) * _itemsize(call.option("dtype", 2)),
    "eye": lambda call: _count((call[0], call.option("M", 1) or call[0])) * _itemsize(call.option("dtype")),
    "arange": _range,
    "linspace": lambda call: _count(call.option("num", 2)) * _DOUBLE,
    **dict.fromkeys(("rand", "randn"), _random),
    **dict.fromkeys(("random", "standard_normal"), lambda call: _count(call[0]) * _DOUBLE),
    **dict.fromkeys(("normal", "uniform", "integers", "randint"), lambda call: _count(call[2]) * _DOUBLE),
    **dict.fromkeys(("bytes", "bytearray"), lambda call: _count(call[0])),
    "list": _list,
}


def _of_operation(node: ast.BinOp, frame: FrameType) -> int:
    if isinstance(node.op, ast.Mult):
        for many, times in ((node.left, node.right), (node.right, node.left)):
            with suppress(_Unknown):
                return _length(many, frame) * _count(_value(times, frame))
    left, right = _value(node.left, frame), _value(node.right, frame)
    if not (isinstance(left, np.ndarray) or isinstance(right, np.ndarray)):
        raise _Unknown
    one, other = np.shape(left), np.shape(right)
    if isinstance(node.op, ast.MatMult):
        shape: tuple[int, ...] = (*one[:-1], *other[-1:])
    else:
        shape = tuple(max(pair) for pair in zip_longest(reversed(one), reversed(other), fillvalue=1))
    return _count(shape) * int(np.result_type(left, right).itemsize)


def _length(node: ast.expr, frame: FrameType) -> int:
    """Return the bytes of a sequence that is to be repeated."""
    if isinstance(node, ast.List):
        return len(node.elts) * _POINTER
    value = _value(node, frame)
    if type(value) is list:
        return len(value) * _POINTER
    if type(value) in (str, bytes, bytearray):
        return len(value)
    raise _Unknown


def _itemsize(dtype: Any, default: int = _DOUBLE) -> int:
    return default if dtype is None else int(np.dtype(dtype).itemsize)


def _steps(bounds: Sequence[Any]) -> int:
    steps = range(*bounds)  # its len() ends at sys.maxsize
    return max(0, -((steps.start - steps.stop) // steps.step))


def _count(shape: Any) -> int:
    if isinstance(shape, (int, np.integer)):
        return int(shape)
    if isinstance(shape, Sequence) and shape and all(isinstance(size, (int, np.integer)) for size in shape):
        return math.prod(int(size) for size in shape)
    raise _Unknown


_OPERATIONS: dict[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
}
_BITS = 256  # of a number to compute with: more would take time and memory in its turn
_FACTS = ("shape", "size", "ndim", "dtype", "nbytes", "itemsize", "T")


def _value(node: ast.expr, frame: FrameType) -> Any:
    """Compute what an expression holds, where that is sure to have no effect."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            for names in (frame.f_locals, frame.f_globals, frame.f_builtins):
                if node.id in names:
                    return names[node.id]
        case ast.Tuple() | ast.List():
            return tuple(_value(item, frame) for item in node.elts)
        case ast.Attribute():
            owner = _value(node.value, frame)
            if isinstance(owner, ModuleType) and node.attr in vars(owner):
                return vars(owner)[node.attr]
            if type(owner) is np.ndarray and node.attr in _FACTS:
                return getattr(owner, node.attr)
        case ast.BinOp() if type(node.op) in _OPERATIONS:
            left, right = _value(node.left, frame), _value(node.right, frame)
            limit = _BITS if isinstance(node.op, (ast.Pow, ast.LShift)) else math.inf
            if type(left) is type(right) is int and left.bit_length() < _BITS and 0 <= right < limit:
                return _OPERATIONS[type(node.op)](left, right)
        case ast.Subscript():
            owner = _value(node.value, frame)
            if type(owner) in (np.ndarray, tuple, list):
                return owner[_index(node.slice, frame)]
    raise _Unknown


def _index(node: ast.expr, frame: FrameType) -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_index(part, frame) for part in node.elts)
    if isinstance(node, ast.Slice) and node.lower is node.upper is node.step is None:
        return slice(None)
    return _value(node, frame)
