"""General matrix multiply: the one place that decides how this machine multiplies matrices."""

from __future__ import annotations

import sys

import numpy as np

_HAS_BLAS = sys.platform != "emscripten"
_SMALL = 32  # below this many terms in a sum, handing the work to einsum costs more than it saves


def gemm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply `a` and `b` as `np.matmul` does, in the form that is fast here.

    Natively NumPy hands the work to BLAS. NumPy for WebAssembly is built without one, and there its
    einsum kernels run several times faster than its own `@`, provided that both operands are read
    along contiguous memory.

    Shape:
        (n,) @ (n,) -> ();  (m, n) @ (n, p) -> (m, p);  (..., m, n) @ (..., n, p) -> (..., m, p)
    """
    if _HAS_BLAS or a.ndim < 2 or b.ndim < 2 or a.shape[-1] < _SMALL or a.dtype.kind != "f":
        return np.asarray(np.matmul(a, b))
    columns = np.ascontiguousarray(np.swapaxes(b, -1, -2))  # (..., p, n): each column of b in one run
    return np.asarray(np.einsum("...ij,...kj->...ik", np.ascontiguousarray(a), columns))
