"""Gradient rules of the tensor's own operations.

A rule is called with arrays: `grad`, the gradient of the output; `out`, the array that forward returned, or
what it kept instead; then forward's own arguments. It returns the gradient of each input, in order. It may
leave broadcast dimensions in, and any floating dtype: autograd sums and converts. A gradient that costs
something may be returned as a function without arguments, which is called only if that input asks for it;
the array that it makes is that input's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch.core.gemm import gemm
from tinytorch.core.shapes import Shape, broadcast_shapes
from tinytorch.core.tensor import Axis, Tensor, check_axes, sizes, to_index

Array = np.ndarray

# Arithmetic. `b` may be a plain number: nobody asks for the gradient of the 2 in x * 2.


def add_gradient(grad: Array, out: Array, a: Array, b: Any) -> Any:
    """d(a + b) = da + db."""
    return grad, grad


def sub_gradient(grad: Array, out: Array, a: Array, b: Any) -> Any:
    """d(a - b) = da - db."""
    return grad, lambda: -grad


def mul_gradient(grad: Array, out: Array, a: Array, b: Any) -> Any:
    """Compute the gradients of the product `a * b`, element by element.

    d(a b) = b da + a db, so each side gets the gradient of the product
    times the other side.

    Returns:
        The gradients of `a` and of `b`. Where one was broadcast, its
        gradient still has the shape of the product: autograd sums it.
    """
    # BEGIN SOLUTION mul_gradient
    return grad * b, grad * a
    # END SOLUTION mul_gradient


def truediv_gradient(grad: Array, out: Array, a: Array, b: Any) -> Any:
    """d(a / b) = da / b - (a / b) db / b."""
    return grad / b, lambda: -grad * out / b


def pow_gradient(grad: Array, out: Array, a: Array, b: Any) -> Any:
    """d(aᵇ) = b aᵇ⁻¹ da + aᵇ log(a) db; a number to the power of 0 is 1, and stays 1 wherever a goes."""
    return (
        lambda: grad * np.where(b == 0, 0, b * a ** (b - 1)) if np.any(b == 0) else grad * (b * a ** (b - 1)),
        lambda: grad * np.where((a == 0) & (b >= 0), 0, out * np.log(a, dtype=out.dtype)),
    )


def neg_gradient(grad: Array, out: Array, x: Array) -> Any:
    """d(-x) = -dx."""
    return -grad


def exp_gradient(grad: Array, out: Array, x: Array) -> Any:
    """d(eˣ) = eˣ dx, and eˣ is what forward returned."""
    return grad * out


def log_gradient(grad: Array, out: Array, x: Array) -> Any:
    """d(log x) = dx / x."""
    return grad / x


def sqrt_gradient(grad: Array, out: Array, x: Array) -> Any:
    """d(√x) = dx / (2 √x)."""
    return grad / (2 * out)


# The matrix product


def matmul_gradient(grad: Array, out: Array, a: Array, b: Array) -> Any:
    """Compute the gradients of the matrix product `a @ b`.

    dA = G Bᵀ and dB = Aᵀ G. `x.mT` transposes the last two dimensions,
    and `gemm` multiplies, matrices as well as stacks of them.
    `as_matrices(grad, a, b)` gives the three as matrices: if `a` has one
    dimension it becomes a single row, and `b` a single column.

    Returns:
        The gradients of `a` and of `b`; each may be a function without
        arguments that computes it.

    Shape:
        grad (..., m, p), a (..., m, n), b (..., n, p)
        -> (..., m, n) and (..., n, p). If `b` has one dimension, so has
        its gradient, apart from leading ones: (..., n), not (..., n, 1).
        Autograd sums over leading dimensions that `a` or `b` lacks.
    """
    # BEGIN SOLUTION matmul_gradient
    g, rows, columns = as_matrices(grad, a, b)

    def gradient_of_b() -> Array:
        product = gemm(rows.mT, g)  # (..., n, m) @ (..., m, p)
        return product if b.ndim > 1 else product[..., 0]

    # (..., m, p) @ (..., p, n)
    return lambda: gemm(g, columns.mT), gradient_of_b
    # END SOLUTION matmul_gradient


def as_matrices(grad: Array, a: Array, b: Array) -> Sequence[Array]:
    """Return all as matrices: a 1-D `a` is a row, a 1-D `b` a column."""
    rows = a if a.ndim > 1 else a[np.newaxis, :]
    columns = b if b.ndim > 1 else b[:, np.newaxis]
    stack = broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    grad = grad.reshape(*stack, rows.shape[-2], columns.shape[-1])
    return grad, rows, columns


# Shape: the same elements, seen differently; the gradient is seen the other way round


def reshape_gradient(grad: Array, out: Array, x: Array, *shape: Any) -> Any:
    """Give the gradient the old shape."""
    return grad.reshape(x.shape)


def transpose_gradient(grad: Array, out: Array, x: Array, dim0: int, dim1: int) -> Any:
    """Swap the same two dimensions back."""
    return grad.swapaxes(dim0, dim1)


def permute_gradient(grad: Array, out: Array, x: Array, *dims: Any) -> Any:
    """Put the dimensions back: argsort inverts a permutation."""
    return grad.transpose(np.argsort([dim % x.ndim for dim in sizes(dims)]))


def contiguous_gradient(grad: Array, out: Array, x: Array) -> Any:
    """Moving elements changes no number."""
    return grad


def to_gradient(grad: Array, out: Array, x: Array, dtype: str) -> Any:
    """Converting changes no number either; autograd converts the gradient back."""
    return grad


def getitem_gradient(grad: Array, out: Array, x: Array, index: Any) -> Any:
    """Compute the gradient of a selection, `x[index]`.

    What was selected gets its gradient, and the rest gets 0. An element
    that was selected several times gets the sum. `to_index(index)`
    prepares the index for an array, as it did for the selection, and
    `add_at(array, index, values)` adds values in place there.

    Shape:
        grad (of x[index]) -> the shape of x
    """
    # BEGIN SOLUTION getitem_gradient
    gradient = np.zeros(x.shape, grad.dtype)
    add_at(gradient, to_index(index), grad)
    return gradient
    # END SOLUTION getitem_gradient


def add_at(array: Array, index: tuple[Any, ...], values: Array) -> None:
    """Add to the elements that `index` selects, as often as it does."""
    if any(_is_positions(part) for part in index):
        np.add.at(array, index, values)
    else:  # names nothing twice, and then this is much faster
        array[index] += values


def _is_positions(part: Any) -> bool:
    """Tell whether a part of an index can name an element twice; numbers, slices and masks cannot."""
    plain = part is None or part is Ellipsis or isinstance(part, (slice, int))
    return not plain and np.asarray(part).dtype != bool


# Reductions: what went into one number gets that number's gradient


def sum_gradient(
    grad: Array,
    out: Array,
    x: Array,
    axis: Axis = None,
    keepdims: bool = False,
) -> Any:
    """Compute the gradient of a sum: each element gets that of its sum.

    `with_dims(reduced, x.shape, axis, keepdims)` gives an array that was
    reduced like this its lost dimensions back, each with a size of 1, so
    that it broadcasts over `x`.

    Shape:
        grad (of the sum) -> the shape of x
    """
    # BEGIN SOLUTION sum_gradient
    grad = with_dims(grad, x.shape, axis, keepdims)
    return np.broadcast_to(grad, x.shape)
    # END SOLUTION sum_gradient


def mean_gradient(
    grad: Array,
    out: Array,
    x: Array,
    axis: Axis = None,
    keepdims: bool = False,
) -> Any:
    """A mean is a sum, divided by how many went into it."""
    share = grad / (x.size / max(grad.size, 1))
    return sum_gradient(share, out, x, axis, keepdims)


def max_gradient(
    grad: Array,
    out: Array,
    x: Array,
    axis: Axis = None,
    keepdims: bool = False,
) -> Any:
    """The largest gets it all; several that are equal get equal shares."""
    best = x == with_dims(out, x.shape, axis, keepdims)
    axes = check_axes("max", axis, x.shape)
    count = best.sum(axis=axes, keepdims=True, dtype=grad.dtype)
    return best * (with_dims(grad, x.shape, axis, keepdims) / count)


def with_dims(
    reduced: Array,
    shape: Shape,
    axis: Axis,
    keepdims: bool,
) -> Array:
    """Put back the dimensions that a reduction lost, each with size 1."""
    if keepdims:
        return reduced
    axes = check_axes("sum", axis, shape)
    lost = range(len(shape)) if axes is None else axes
    sizes = [1 if i in lost else size for i, size in enumerate(shape)]
    return reduced.reshape(sizes)


RULES: dict[Callable[..., Any], Callable[..., Any]] = {
    Tensor.__add__: add_gradient,
    Tensor.__sub__: sub_gradient,
    Tensor.__mul__: mul_gradient,
    Tensor.__truediv__: truediv_gradient,
    Tensor.__pow__: pow_gradient,
    Tensor.__neg__: neg_gradient,
    Tensor.exp: exp_gradient,
    Tensor.log: log_gradient,
    Tensor.sqrt: sqrt_gradient,
    Tensor.matmul: matmul_gradient,
    Tensor.reshape: reshape_gradient,
    Tensor.transpose: transpose_gradient,
    Tensor.permute: permute_gradient,
    Tensor.contiguous: contiguous_gradient,
    Tensor.to: to_gradient,
    Tensor.__getitem__: getitem_gradient,
    Tensor.sum: sum_gradient,
    Tensor.mean: mean_gradient,
    Tensor.max: max_gradient,
    Tensor.min: max_gradient,
}
