"""Tensor: an n-dimensional array of one type, and the arithmetic that networks are made of.

Everything here computes forward only. The attributes `requires_grad`, `grad` and `grad_fn` and the method
`backward` are present from the first day and do nothing until module 05 teaches this class to differentiate.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from operator import index as whole
from typing import TYPE_CHECKING, Any

import numpy as np

from tinytorch.core.dtypes import (
    ITEMSIZE,
    check_dtype,
    dtype_name,
    is_floating,
    result_type,
    to_array,
)
from tinytorch.core.gemm import gemm
from tinytorch.core.shapes import Shape, broadcast_shapes, numel

if TYPE_CHECKING:
    from tinytorch.core.autograd import Node

Axis = int | Sequence[int] | None


class Tensor:
    """An n-dimensional array of numbers of one type.

    Args:
        data: nested lists, a number, a NumPy array or another Tensor. An array that already has the right
            dtype is shared, not copied.
        dtype: "float32", "int32", "bool", "float64" or "int8". Without it Python floats become
            float32 and whole numbers int32.
        requires_grad: ask for gradients; they are computed from module 05 on.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> Tensor([[1.0, 2.0], [3.0, 4.0]]) + 10
    Tensor([[11., 12.],
            [13., 14.]])
    """

    __array_priority__ = 1000  # makes `array + tensor` ask the tensor, so that the result is a Tensor

    grad_fn: Node | None = None  # what computed this tensor, where module 05 recorded it

    def __init__(self, data: Any, dtype: str | None = None, requires_grad: bool = False) -> None:
        """Hold `data` as a NumPy array of one dtype.

        `to_array(data, dtype)` does the conversion; given another Tensor,
        use the array it holds. Sets `data`, `requires_grad`, and `grad`,
        which starts as None. `is_floating(dtype)` tells whether a dtype
        can have gradients.

        Raises:
            TypeError: gradients are asked for on a tensor that is not of
                a floating dtype. The message names the dtype.
        """
        # BEGIN SOLUTION tensor_init
        if isinstance(data, Tensor):
            data = data.data
        self.data: np.ndarray = to_array(data, dtype)
        if requires_grad and not is_floating(self.dtype):
            raise TypeError(
                f"Tensor: only floating dtypes can require gradients, and this one is {self.dtype}. "
                'Pass dtype="float32".'
            )
        self.requires_grad = requires_grad
        self.grad: Tensor | None = None
        # END SOLUTION tensor_init

    # What a tensor says about itself

    @property
    def shape(self) -> Shape:
        """The size of each dimension."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.data.ndim

    @property
    def dtype(self) -> str:
        """The type of the elements, by name."""
        return dtype_name(self.data)

    @property
    def device(self) -> str:
        """Where the data lives. TinyTorch computes on the CPU only."""
        return "cpu"

    @property
    def nbytes(self) -> int:
        """The bytes that the elements take."""
        return self.memory_footprint()

    def numel(self) -> int:
        """Count the elements."""
        return numel(self.shape)

    def memory_footprint(self) -> int:
        """Return the bytes of all elements: how many, times bytes of one.

        `numel(shape)` counts elements, and `ITEMSIZE[dtype]` is the size
        of one in bytes.

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).memory_footprint()
        16
        """
        # BEGIN SOLUTION tensor_memory_footprint
        return numel(self.shape) * ITEMSIZE[self.dtype]
        # END SOLUTION tensor_memory_footprint

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len: a 0-d tensor has no first dimension; use item() to get its number.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.numel() != 1:
            raise ValueError(
                f"bool: the truth of a tensor of shape {self.shape} is ambiguous; "
                "ask about one number, such as (x > 0).min().item() for 'all' or .max().item() for 'any'."
            )
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype not in ("int32", "int8"):
            raise TypeError(f"only a tensor of whole numbers can be a position; this one is {self.dtype}.")
        return int(self.item())

    def __repr__(self) -> str:
        text = np.array2string(self.data, precision=4, separator=", ", prefix="Tensor(")
        if self.ndim > 1 and self.numel() == 0:
            text += f", shape={self.shape}"
        if self.dtype != "float32" and (self.dtype not in ("int32", "bool") or self.numel() == 0):
            text += f", dtype={self.dtype!r}"  # only where the numbers alone would not tell
        if self.grad_fn is not None:
            text += f", grad_fn={self.grad_fn}"
        elif self.requires_grad:
            text += ", requires_grad=True"
        return f"Tensor({text})"

    # Ways out, to Python and to NumPy

    def item(self) -> float | int | bool:
        """Return the only element as a Python number."""
        if self.numel() != 1:
            raise ValueError(f"item: needs exactly one element; this tensor has shape {self.shape}.")
        return self.data.item()  # type: ignore[no-any-return]

    def tolist(self) -> Any:
        """Return the elements as nested Python lists, or as a number if the tensor is 0-d."""
        return self.data.tolist()

    def detach(self) -> Tensor:
        """Return a tensor with the same memory that has no part in any graph: no gradient goes through it."""
        return Tensor(self.data)

    def numpy(self) -> np.ndarray:
        """Return the array itself. It shares memory with this tensor: change one and both change."""
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.data, dtype=dtype, copy=copy)

    def to(self, dtype: str) -> Tensor:
        """Convert to another dtype. Floats lose their fraction on the way to whole numbers."""
        return Tensor(self.data, dtype=check_dtype(dtype))

    # Arithmetic, element by element

    def __add__(self, other: Any) -> Tensor:
        """Add element by element, broadcasting.

        `operands("+", self, other)` gives two arrays that are ready to be
        added: of one dtype, their shapes checked. `other` may be a Tensor,
        a NumPy array or a number.

        Shape:
            self (...), other (...) -> their broadcast shape

        Raises:
            ValueError: the shapes do not broadcast. The message names `+`
                and shows both shapes; `operands` sees to that.
        """
        # BEGIN SOLUTION tensor_add
        a, b = operands("+", self, other)
        return Tensor(a + b)
        # END SOLUTION tensor_add

    def __sub__(self, other: Any) -> Tensor:
        """Subtract element by element, broadcasting."""
        a, b = operands("-", self, other)
        if a.dtype == "bool":
            raise TypeError('-: truth values cannot be subtracted; convert first: x.to("int32").')
        return Tensor(a - b)

    def __mul__(self, other: Any) -> Tensor:
        """Multiply element by element, broadcasting. For the matrix product use `@`."""
        a, b = operands("*", self, other)
        return Tensor(a * b)

    def __truediv__(self, other: Any) -> Tensor:
        """Divide element by element, broadcasting. Whole numbers divide to float32; x / 0 is inf or nan."""
        a, b = operands("/", self, other)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return Tensor(as_floating(a) / as_floating(b))

    def __pow__(self, other: Any) -> Tensor:
        """Raise to a power, element by element, broadcasting."""
        a, b = operands("**", self, other)
        if a.dtype == "bool":
            raise TypeError('**: truth values have no powers; convert first: x.to("int32").')
        if not is_floating(a.dtype.name) and (b < 0).any():
            raise ValueError(
                '**: whole numbers have no negative powers here; convert first: x.to("float32").'
            )
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return Tensor(a**b)

    def __neg__(self) -> Tensor:
        """Change every sign."""
        if self.dtype == "bool":
            raise TypeError('-: truth values have no sign; convert first: x.to("int32").')
        return Tensor(-self.data)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> Tensor:
        return as_tensor(other, self) - self

    def __rtruediv__(self, other: Any) -> Tensor:
        return as_tensor(other, self) / self

    def __rpow__(self, other: Any) -> Tensor:
        return as_tensor(other, self) ** self

    def exp(self) -> Tensor:
        """Raise e to every element."""
        with np.errstate(over="ignore"):
            return Tensor(np.exp(as_floating(self.data)))

    def log(self) -> Tensor:
        """Take the natural logarithm. log(0) is -inf, the logarithm of a negative number nan."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return Tensor(np.log(as_floating(self.data)))

    def sqrt(self) -> Tensor:
        """Take the square root. The root of a negative number is nan."""
        with np.errstate(invalid="ignore"):
            return Tensor(np.sqrt(as_floating(self.data)))

    # Comparisons: each gives a bool tensor

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]
        return compare("==", np.equal, self, other)

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]
        return compare("!=", np.not_equal, self, other)

    def __lt__(self, other: Any) -> Tensor:
        return compare("<", np.less, self, other)

    def __le__(self, other: Any) -> Tensor:
        return compare("<=", np.less_equal, self, other)

    def __gt__(self, other: Any) -> Tensor:
        return compare(">", np.greater, self, other)

    def __ge__(self, other: Any) -> Tensor:
        return compare(">=", np.greater_equal, self, other)

    __hash__ = object.__hash__  # tensors are told apart by identity in sets and dicts, as in PyTorch

    # The matrix product

    def matmul(self, other: Any) -> Tensor:
        """Multiply matrices: rows of `self` with columns of `other`.

        `same_dtype("@", self, other)` gives two arrays of one dtype,
        whatever their shapes; `gemm(a, b)` multiplies them in the way
        that is fast on this machine.

        Shape:
            (n,) @ (n,) -> ();  (m, n) @ (n,) -> (m,)
            (m, n) @ (n, p) -> (m, p);  (n,) @ (n, p) -> (p,)
            (..., m, n) @ (..., n, p) -> (..., m, p), where the leading
            dimensions broadcast

        Raises:
            ValueError: an operand is 0-d, the inner dimensions differ, or
                the leading ones do not broadcast (`broadcast_shapes`
                knows). The message names `matmul` and shows both shapes.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.matmul.html
        """
        # BEGIN SOLUTION tensor_matmul
        a, b = same_dtype("@", self, other)
        if a.ndim == 0 or b.ndim == 0:
            raise ValueError(
                f"matmul: {a.shape} @ {b.shape}: both need a dimension to sum over. Use * to scale."
            )
        columns, rows = a.shape[-1], b.shape[-2] if b.ndim > 1 else b.shape[0]
        if columns != rows:
            raise ValueError(
                f"matmul: {a.shape} @ {b.shape}: the inner dimensions differ, {columns} against {rows}. "
                "The last of the left must equal the second to last of the right; transpose or reshape one."
            )
        try:
            broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError as error:
            raise ValueError(f"matmul: {a.shape} @ {b.shape}: the leading {error}.") from None
        return Tensor(gemm(a, b))
        # END SOLUTION tensor_matmul

    __matmul__ = matmul

    def __rmatmul__(self, other: Any) -> Tensor:
        return as_tensor(other, self) @ self

    # Shape: the same elements, seen differently

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        """Give the same elements, in the same order, another shape.

        Takes sizes, `x.reshape(2, 3)`, or a tuple, `x.reshape((2, 3))`;
        `sizes(shape)` makes one tuple of either. One size may be -1: it
        becomes whatever is left over. The result shares memory with this
        tensor if its elements lie in order there; else it is a copy.

        Raises:
            ValueError: more than one -1, another negative size, or the
                elements do not fill the new shape exactly. The message
                names `reshape` and shows both shapes.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.reshape.html
        """
        # BEGIN SOLUTION tensor_reshape
        new = sizes(shape)
        if new.count(-1) > 1:
            raise ValueError(f"reshape: only one size can be -1, got {new}.")
        if -1 in new:
            known = numel([size for size in new if size != -1])
            left = self.numel() // known if known else -1
            new = tuple(left if size == -1 else size for size in new)
        if numel(new) != self.numel() or min(new, default=0) < 0:
            raise ValueError(
                f"reshape: {self.shape} holds {self.numel()} elements, which cannot fill {sizes(shape)}. "
                "The sizes of both shapes must multiply to the same number."
            )
        return Tensor(self.data.reshape(new))
        # END SOLUTION tensor_reshape

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Swap two dimensions, giving a view: nothing is copied.

        `check_axis("transpose", dim, self.shape)` returns `dim` counted
        from the front, or raises the error.

        Raises:
            IndexError: there is no such dimension. The message names
                `transpose` and shows the shape.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.transpose.html
        """
        # BEGIN SOLUTION tensor_transpose
        dim0 = check_axis("transpose", dim0, self.shape)
        dim1 = check_axis("transpose", dim1, self.shape)
        return Tensor(self.data.swapaxes(dim0, dim1))
        # END SOLUTION tensor_transpose

    def permute(self, *dims: int | Sequence[int]) -> Tensor:
        """Put all dimensions in a new order. The result is a view."""
        order = tuple(check_axis("permute", dim, self.shape) for dim in sizes(dims))
        if sorted(order) != list(range(self.ndim)):
            raise ValueError(
                f"permute: {sizes(dims)} must name each dimension of shape {self.shape} exactly once."
            )
        return Tensor(self.data.transpose(order))

    @property
    def T(self) -> Tensor:
        """All dimensions in reverse order; of a matrix, its transpose."""
        return self.permute(*reversed(range(self.ndim)))

    def stride(self) -> Shape:
        """Return how many elements apart in memory two neighbours along each dimension are."""
        return tuple(step // self.data.itemsize for step in self.data.strides)

    def is_contiguous(self) -> bool:
        """Tell whether the elements lie in memory in the order in which they are read."""
        return self.data.flags.c_contiguous

    def contiguous(self) -> Tensor:
        """Return this tensor if it is contiguous, else a copy whose elements are in order."""
        return self if self.is_contiguous() else Tensor(np.ascontiguousarray(self.data))

    def __getitem__(self, index: Any) -> Tensor:
        """Select by position, slice, mask or a tensor of positions.

        `to_index(index)` prepares `index` for the array. Integers and
        slices give a view that shares memory; masks and tensors of
        positions copy.

        Raises:
            IndexError: a position lies outside the tensor. The message
                shows the shape.
        """
        # BEGIN SOLUTION tensor_getitem
        try:
            return Tensor(self.data[to_index(index)])
        except IndexError as error:
            raise IndexError(f"indexing: {error}. The tensor has shape {self.shape}.") from None
        # END SOLUTION tensor_getitem

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write into the elements that `index` selects, broadcasting `value` to them."""
        self.data[to_index(index)] = to_array(as_tensor(value, self).data, self.dtype)

    # Reductions: many elements become few

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Add up all elements, or those along one axis or several.

        `check_axes("sum", axis, self.shape)` gives what NumPy expects.
        Whole numbers and truth values sum to int32 on every machine,
        floats keep their dtype.

        Shape:
            axis=None -> ()
            axis=i -> without dimension i, or with size 1 there if `keepdims`

        Raises:
            IndexError: there is no such axis. The message names `sum`
                and shows the shape.
        """
        # BEGIN SOLUTION tensor_sum
        axes = check_axes("sum", axis, self.shape)
        dtype = self.dtype if is_floating(self.dtype) else "int32"
        return Tensor(self.data.sum(axis=axes, keepdims=keepdims, dtype=dtype))
        # END SOLUTION tensor_sum

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Average all elements, or those along one axis or several. Needs a floating dtype."""
        if not is_floating(self.dtype):
            raise TypeError(
                f'mean: needs a floating dtype, got {self.dtype}; convert first: x.to("float32").'
            )
        total = self.sum(check_axes("mean", axis, self.shape), keepdims)
        with np.errstate(divide="ignore", invalid="ignore"):  # the mean of nothing is nan, as in PyTorch
            return Tensor(total.data / (self.numel() / max(total.numel(), 1)))

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Find the largest element, of all or along one axis or several."""
        return Tensor(self.data.max(axis=self._axes_with_elements("max", axis), keepdims=keepdims))

    def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Find the smallest element, of all or along one axis or several."""
        return Tensor(self.data.min(axis=self._axes_with_elements("min", axis), keepdims=keepdims))

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """Find where the largest element is: its position along `axis`, or in the flattened tensor."""
        if not (axis is None or isinstance(axis, (int, np.integer))):
            raise TypeError(f"argmax: a position is counted along one axis, got axis={axis!r}.")
        axes = self._axes_with_elements("argmax", axis)
        return Tensor(np.argmax(self.data, axis=axes[0] if axes else None, keepdims=keepdims))

    def _axes_with_elements(self, op: str, axis: Axis) -> Shape | None:
        axes = check_axes(op, axis, self.shape)
        if 0 in (self.shape if axes is None else [self.shape[i] for i in axes]):
            raise ValueError(f"{op}: there is nothing to compare in shape {self.shape} along axis {axis}.")
        return axes

    # Gradients sleep until module 05

    def backward(self, gradient: Tensor | None = None, retain_graph: bool = False) -> None:
        """Compute the gradients of everything that led to this tensor, once module 05 has taught it how."""
        raise RuntimeError(
            "backward: tensors only compute forward so far. Module 05 builds the gradients and wakes this "
            "method up: call enable_autograd() at the start of your program."
        )


# How operands become arrays that fit together


def as_tensor(value: Any, like: Tensor) -> Tensor:
    """Return `value` as a tensor; a plain number takes the dtype that it would have beside `like`."""
    if isinstance(value, Tensor):
        return value
    return Tensor(same_dtype("tensor", like, value)[1])


def same_dtype(op: str, a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both operands as arrays of the dtype that the result will have."""
    x = a.data if isinstance(a, Tensor) else _to_operand(op, a)
    y = b.data if isinstance(b, Tensor) else _to_operand(op, b)
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and x.dtype == y.dtype:
        return x, y
    if isinstance(x, np.ndarray) and x.dtype.kind == "f" and isinstance(y, (int, float)) and abs(y) < 1e18:
        return x, np.asarray(y, x.dtype)  # what follows would find the same, and take its time
    dtype = result_type(x, y)
    return to_array(x, dtype), to_array(y, dtype)


def operands(op: str, a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both operands as arrays of one dtype whose shapes broadcast, or raise an error."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        x, y = a.data, b.data
        if x.dtype is y.dtype and x.shape == y.shape:  # most of the time, so it is asked first
            return x, y
    x, y = same_dtype(op, a, b)
    if x.shape != y.shape:
        try:
            broadcast_shapes(x.shape, y.shape)
        except ValueError as error:
            raise ValueError(f"{op}: {error}. Counted from the last, sizes must be equal or 1.") from None
    return x, y


def compare(op: str, ufunc: Callable[..., Any], a: Tensor, b: Any) -> Tensor:
    """Compare element by element, broadcasting; what is no number is simply not equal."""
    if op in ("==", "!=") and not isinstance(b, (Tensor, np.ndarray, *NUMBERS)):
        return NotImplemented  # type: ignore[no-any-return]
    return Tensor(ufunc(*operands(op, a, b)))


NUMBERS = (bool, int, float, np.generic)


def _to_operand(op: str, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return to_array(value)
    if isinstance(value, NUMBERS):
        return value
    raise TypeError(f"{op}: cannot combine a Tensor with {type(value).__name__}; wrap it first: Tensor(…).")


def as_floating(array: np.ndarray) -> np.ndarray:
    """Return whole numbers and truth values as float32, floats as they are."""
    return array if array.dtype.kind == "f" else array.astype("float32")


# How arguments become positions, axes and sizes


def sizes(args: Sequence[int | Sequence[int]]) -> Shape:
    """Make one tuple of sizes of `f(2, 3)` and of `f((2, 3))`."""
    several: Any = args[0] if len(args) == 1 and not isinstance(args[0], (int, np.integer)) else args
    try:
        return tuple(whole(size) for size in several)
    except TypeError:
        raise TypeError(f"sizes are whole numbers, got {several}. Divide sizes with //, not /.") from None


def to_index(index: Any) -> Any:
    """Turn tensors inside an index into arrays, and keep views of single elements views."""
    if not isinstance(index, tuple):
        if isinstance(index, Tensor):
            index = index.data
        if isinstance(index, np.ndarray):  # selects a copy anyway, and NumPy is fastest if left alone
            return (index,)
        index = (index,)
    arrays = tuple(part.data if isinstance(part, Tensor) else part for part in index)
    for part in arrays:
        if isinstance(part, int) and abs(part) > sys.maxsize:  # NumPy would speak of types, or of C
            raise IndexError(f"index {part} is larger than any tensor")
    return arrays if any(part is Ellipsis for part in arrays) else (*arrays, ...)


def check_axis(op: str, axis: int, shape: Shape) -> int:
    """Return `axis` counted from the front, or raise an error that shows the shape."""
    if not -len(shape) <= axis < len(shape):
        raise IndexError(f"{op}: there is no dimension {axis} in shape {shape}, which has {len(shape)}.")
    return axis % len(shape)


def check_axes(op: str, axis: Axis, shape: Shape) -> Shape | None:
    """Return the axes to reduce as NumPy wants them: None for all, else a tuple counted from the front."""
    if axis is None:
        return None
    axes = (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
    return tuple(check_axis(op, int(i), shape) for i in axes)
