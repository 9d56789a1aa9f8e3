"""PyTorch as the oracle, where it is installed.

The mapping: our dtypes are named after PyTorch's, except that whole numbers are int32 here where PyTorch's
default is int64. So our "int32" stands for torch.int64, the default on its side, and tests keep whole numbers
small enough that the width does not show. PyTorch's own int32 stands for nothing here.
"""

import os

import numpy as np
import pytest

from tinytorch import Tensor

NOT_RUN = "NOT RUN: comparison with PyTorch, which is not installed; install it: pip install torch"
if "torch" in os.environ.get("TINYTORCH_REQUIRE", ""):
    import torch
else:
    torch = pytest.importorskip("torch", reason=NOT_RUN, exc_type=ImportError)

TORCH = {
    "bool": torch.bool,
    "int8": torch.int8,
    "int32": torch.int64,
    "float32": torch.float32,
    "float64": torch.float64,
}
OURS = {theirs: ours for ours, theirs in TORCH.items()}


def both(array):
    """The same array as a Tensor and as PyTorch's; each has its own memory."""
    return Tensor(array.copy()), torch.tensor(array, dtype=TORCH[array.dtype.name])


def outcome(compute, *args):
    """What `compute` returned, or the exception it raised."""
    try:
        return compute(*args)
    except Exception as error:
        return error


def assert_same(ours, theirs, rtol=None):
    """Either both raised, or both are tensors of one shape, dtype and (nearly) the same values."""
    if isinstance(theirs, Exception):
        assert isinstance(ours, Exception), f"PyTorch raised {theirs!r}, we returned {ours!r}"
        return
    if isinstance(ours, Exception):
        raise AssertionError(f"PyTorch returned {theirs!r}, we raised") from ours
    assert isinstance(ours, Tensor)
    assert ours.shape == tuple(theirs.shape)
    assert ours.dtype == OURS[theirs.dtype]
    if rtol is None:
        rtol = 1e-5 if ours.dtype == "float32" else 1e-12
    np.testing.assert_allclose(ours.data, theirs.numpy(), rtol=rtol, atol=rtol)  # nan equals nan here


def shares_memory(theirs, base):
    """Whether PyTorch's tensor looks at the memory of `base`."""
    return theirs.untyped_storage().data_ptr() == base.untyped_storage().data_ptr()
