"""The core: tensors, and what they stand on. Module 01 of the book."""

from tinytorch.core.creation import arange, from_numpy, ones, randn, zeros
from tinytorch.core.random import manual_seed
from tinytorch.core.tensor import Tensor

__all__ = ["Tensor", "arange", "from_numpy", "manual_seed", "ones", "randn", "zeros"]
