"""New tensors from nothing: zeros, ones, ranges, random numbers, and from NumPy without a copy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinytorch.core.dtypes import ITEMSIZE, check_dtype, infer_dtype, is_floating
from tinytorch.core.random import default_generator
from tinytorch.core.tensor import Tensor, sizes


def zeros(*shape: int | Sequence[int], dtype: str = "float32", requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros: `zeros(2, 3)` or `zeros((2, 3))`."""
    return Tensor(np.zeros(sizes(shape), check_dtype(dtype)), requires_grad=requires_grad)


def ones(*shape: int | Sequence[int], dtype: str = "float32", requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones: `ones(2, 3)` or `ones((2, 3))`."""
    return Tensor(np.ones(sizes(shape), check_dtype(dtype)), requires_grad=requires_grad)


def arange(start: float, stop: float | None = None, step: float = 1, dtype: str | None = None) -> Tensor:
    """Count from `start` up to but not including `stop`; `arange(n)` counts 0 … n-1.

    The dtype is int32 if all arguments are whole numbers, else float32, unless one is given.

    >>> arange(4)
    Tensor([0, 1, 2, 3])
    """
    if stop is None:
        start, stop = 0, start
    if step == 0:
        raise ValueError("arange: step must not be 0; it would never arrive.")
    return Tensor(np.arange(start, stop, step), dtype=dtype or infer_dtype([start, stop, step]))


def randn(
    *shape: int | Sequence[int],
    dtype: str = "float32",
    requires_grad: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Draw from the normal distribution with mean 0 and standard deviation 1."""
    if not is_floating(check_dtype(dtype)):
        raise TypeError(f"randn: needs a floating dtype, got {dtype}; the numbers it draws have fractions.")
    data = default_generator(generator).standard_normal(sizes(shape))
    return Tensor(data, dtype=dtype, requires_grad=requires_grad)


def from_numpy(array: np.ndarray) -> Tensor:
    """Make a tensor that shares its memory with `array`.

    Raises:
        TypeError: the array is of a type that tensors do not have; `Tensor(array)` converts a copy.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.from_numpy.html
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: needs a NumPy array, got {type(array).__name__}. Use Tensor(…).")
    if array.dtype.name not in ITEMSIZE:
        raise TypeError(f"from_numpy: cannot share {array.dtype} data. Tensor(array) converts a copy.")
    return Tensor(array)
