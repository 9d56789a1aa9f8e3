"""Names of element types, and which type an operation results in.

A dtype is a string. The rules are PyTorch's, written out here because NumPy's differ (int32 + float32
is float64 there, and the sum of an int32 array changes type from one machine to the next):
https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from typing import Any

import numpy as np

DEFAULT_FLOAT = "float32"
DEFAULT_INT = "int32"

# From narrow to wide: when two types meet, the one further right wins. Bytes per element.
ITEMSIZE = {"bool": 1, "int8": 1, "int32": 4, "float32": 4, "float64": 8}
_RANK = {name: rank for rank, name in enumerate(ITEMSIZE)}

# NumPy puts a dtype's name together anew each time it is asked, which takes longer than adding two numbers.
_NAMES = {np.dtype(name): name for name in ITEMSIZE}
_NUMBERS = {dtype.type for dtype in _NAMES}  # NumPy's single numbers of these types

# What NumPy's families of types become when we do not have that very type: uint8 and int64 -> int32, …
_BY_KIND = {"b": "bool", "i": DEFAULT_INT, "u": DEFAULT_INT, "f": DEFAULT_FLOAT}


def is_floating(dtype: str) -> bool:
    """Tell whether `dtype` can hold fractions, and so gradients."""
    return dtype.startswith("float")


def dtype_name(array: np.ndarray) -> str:
    """Return the name of an array's dtype."""
    return _NAMES.get(array.dtype) or array.dtype.name


def check_dtype(dtype: str) -> str:
    """Return `dtype`, or raise a TypeError that lists the names we know."""
    if not isinstance(dtype, str) or dtype not in ITEMSIZE:
        raise TypeError(
            f"dtype {dtype!r} is not one of {', '.join(map(repr, ITEMSIZE))}. Give it as a string."
        )
    return dtype


def infer_dtype(data: Any) -> str:
    """Choose the dtype for `data` when none was asked for.

    A NumPy array of one of our types keeps it. Everything else goes by family: Python floats become
    float32, whole numbers int32, truth values bool; an empty list is float32, as in PyTorch.

    >>> infer_dtype([1, 2]), infer_dtype([1.0, 2]), infer_dtype(True)
    ('int32', 'float32', 'bool')
    """
    array = np.asarray(data)
    if isinstance(data, (np.ndarray, np.generic)):
        if dtype_name(array) in ITEMSIZE:
            return dtype_name(array)
    elif array.size == 0:
        return DEFAULT_FLOAT
    return _of_family(array, data)


def _of_family(array: np.ndarray, data: Any) -> str:
    """Return the dtype that stands for the family of `array`, which was made of `data`."""
    if array.dtype.kind not in _BY_KIND:
        raise TypeError(
            f"Tensor: cannot hold {type(data).__name__} data (NumPy sees {array.dtype}). "
            "Give numbers or truth values: a list such as [[1.0, 2.0], [3.0, 4.0]], or a NumPy array."
        )
    return _BY_KIND[array.dtype.kind]


def to_array(data: Any, dtype: str | None = None) -> np.ndarray:
    """Turn nested lists, numbers or arrays into an array of one of our dtypes, copying only if it must.

    Raises ValueError for rows of different lengths, TypeError for what is not numbers, and
    OverflowError for values that an integer `dtype` cannot hold.
    """
    if dtype is None:  # every result of an operation comes one of these two ways
        if type(data) is np.ndarray and data.dtype in _NAMES:
            return data
        if type(data) in _NUMBERS:
            return np.asarray(data)
    try:
        array = np.asarray(data)
    except ValueError:
        raise ValueError(
            "Tensor: the rows of a nested list must all have the same length, "
            f"because a tensor is a full grid of numbers; got {_shorten(data)}."
        ) from None
    wanted = infer_dtype(data) if dtype is None else check_dtype(dtype)
    if dtype_name(array) == wanted:
        return array
    if array.dtype.kind not in _BY_KIND:
        infer_dtype(data)  # raises: text and objects stay text and objects, whatever dtype is asked for
    if wanted.startswith("int"):
        _check_range(array, wanted)
    with np.errstate(over="ignore"):  # float64 -> float32 overflows to inf, as in PyTorch
        return array.astype(wanted)


def _check_range(array: np.ndarray, dtype: str) -> None:
    limits = np.iinfo(dtype)
    # Bounds as floats, because float32 would round limits.max up to 2³¹; written so that nan fails, too.
    if not ((array >= float(limits.min)) & (array < limits.max + 1.0)).all():
        raise OverflowError(
            f"Tensor: values between {array.min()} and {array.max()} do not fit {dtype}, "
            f"which holds whole numbers from {limits.min} to {limits.max}."
        )


def _shorten(data: Any, limit: int = 60) -> str:
    text = repr(data)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def result_type(*operands: Any) -> str:
    """Return the dtype of an operation on arrays and numbers, by PyTorch's rules.

    Arrays with dimensions decide; a 0-d array, and after it a plain number, only counts if it is of
    a higher family (truth values < whole numbers < floats). So `int32 array + 1.5` is float32, and
    `float32 array + float64 scalar` stays float32.

    >>> result_type(np.ones(3, "int32"), np.ones(3, "float32"))
    'float32'
    >>> result_type(np.ones(3, "int8"), 1000), result_type(np.ones(3, "int32"), 0.5)
    ('int8', 'float32')
    """
    arrays, scalars, numbers = "", "", ""  # "" means: none of this group was seen yet
    for operand in operands:
        if not isinstance(operand, np.ndarray):
            numbers = _wider(numbers, _of_family(np.asarray(operand), operand))  # np.float64(0.5) is just 0.5
        elif operand.ndim:
            arrays = _wider(arrays, dtype_name(operand))
        else:
            scalars = _wider(scalars, dtype_name(operand))
    return _prefer(arrays, _prefer(scalars, numbers))


def _wider(a: str, b: str) -> str:
    return max(a, b, key=lambda name: _RANK.get(name, -1))


def _prefer(strong: str, weak: str) -> str:
    """Return `strong`, unless `weak` is of a higher family."""
    if strong == "bool" or (is_floating(weak) and not is_floating(strong)):
        return _wider(strong, weak)
    return strong or weak
