"""General matrix multiply: the one place that decides how this machine multiplies matrices."""

from __future__ import annotations

import sys

import numpy as np

from tinytorch.core.shapes import numel

_HAS_BLAS = sys.platform != "emscripten"

# For BLAS, measured natively: `make bench` prints the table, the documentation has it.
_FEWER = 4  # rows are few if the other side has so many times as many rows and columns
_WORTH = 2**18  # with fewer multiplications BLAS has forms that copy nothing

# Without BLAS, measured in Chromium: `make bench-gemm` prints the table, the documentation has it.
_WORK = 2**16  # with fewer multiplications NumPy's own product is over before a better one has begun
_RUN = 128  # a shorter run costs more to begin than it saves
_FEW = 16  # a matrix that meets fewer rows or columns than this is not worth a copy in another layout


def gemm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply `a` and `b` as `np.matmul` does, in the form that is fast here.

    A stack of matrices times one matrix is one large product, not many small ones. Natively NumPy hands the
    work to BLAS, which may be faster with the sides exchanged. NumPy for WebAssembly is built without one.
    There the loops of its einsum are several times faster than its own `@`, provided that they run along
    contiguous memory.

    Shape:
        (n,) @ (n,) -> ();  (m, n) @ (n, p) -> (m, p);  (..., m, n) @ (..., n, p) -> (..., m, p)
    """
    if a.ndim > 2 and b.ndim == 2:
        return gemm(as_rows(a), b).reshape(*a.shape[:-1], b.shape[-1])
    if not _HAS_BLAS:
        return gemm_in_runs(a, b)
    if _FEWER * len(a) <= len(b) and _turned_is_faster(a, b):
        return np.ascontiguousarray(np.matmul(b.T, a.T).T)  # A B = (Bᵀ Aᵀ)ᵀ
    return np.asarray(np.matmul(a, b))


def as_rows(x: np.ndarray) -> np.ndarray:
    """Make one of all leading dimensions. One dimension becomes a single row."""
    return x if x.ndim == 2 else x.reshape(numel(x.shape[:-1]), x.shape[-1])


def _turned_is_faster(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether BLAS is faster with B on the left: a few rows meet a transposed view, as in x @ weight.T.

    BLAS copies both sides before it multiplies, in the order in which it will read them. With few rows in A
    the copy of B is most of the work, and it takes longest of a transposed B on the right.
    """
    if a.ndim != 2 or b.ndim != 2 or _FEWER * len(a) > b.shape[1]:
        return False
    return a.size * b.shape[1] >= _WORTH and _has_runs(b.T) and b.dtype.char == "f"


def gemm_in_runs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply without BLAS: by einsum where the matrices have, or can be given, long runs of memory.

    The product C of A (m, k) and B (k, n) can be computed along either of two runs:

    - sums: C[i, j] is the dot product of a row of A and a column of B; a run is k numbers long;
    - rows: C[i] is the sum of B's rows, each times a number of A[i]; a run is n numbers long. Here C is read
      and written again for each row, and n must be twice as long to be as good.
    """
    if a.size * b.size < _WORK:  # there are no more multiplications than that, and to count them costs time
        return np.asarray(np.matmul(a, b))
    m, k = a.shape[-2] if a.ndim > 1 else 1, a.shape[-1]
    n = b.shape[-1] if b.ndim > 1 else 1
    if max(a.size * n, m * b.size) < _WORK or a.dtype != b.dtype or a.dtype.char not in "fd":
        return np.asarray(np.matmul(a, b))
    if b.ndim == 1:
        return gemm_in_runs(a, b[:, np.newaxis])[..., 0]
    if a.ndim == 1:
        return gemm_in_runs(a[np.newaxis], b)[..., 0, :]

    sums, rows = 2 * k >= _RUN, n >= _RUN
    if m < _FEW:  # B stays as it is
        sums, rows = sums and _has_runs(b.mT), rows and _has_runs(b)
    if not (sums or rows) or (n < _FEW and not _has_runs(a)):
        return np.asarray(np.matmul(a, b))
    along_sums = sums and (2 * k >= n or not rows)
    b = _in_runs(b.mT).mT if along_sums else _in_runs(b)
    # Einsum looks at the layouts and takes the runs that they offer.
    return np.ascontiguousarray(np.einsum("...ij,...jk->...ik", _in_runs(a), b))


def _has_runs(x: np.ndarray) -> bool:
    """Tell whether each row of `x` lies in one run of memory."""
    return x.strides[-1] == x.itemsize


def _in_runs(x: np.ndarray) -> np.ndarray:
    """Return `x`, or a copy of it if its rows are scattered."""
    return x if _has_runs(x) else np.ascontiguousarray(x)
