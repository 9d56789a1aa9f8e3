"""The core: tensors, what they stand on, and their gradients. Modules 01 and 05 of the book."""

from tinytorch.core.autograd import disable_autograd, enable_autograd, no_grad
from tinytorch.core.creation import arange, from_numpy, ones, randn, zeros
from tinytorch.core.random import manual_seed
from tinytorch.core.tensor import Tensor

__all__ = [
    "Tensor",
    "arange",
    "disable_autograd",
    "enable_autograd",
    "from_numpy",
    "manual_seed",
    "no_grad",
    "ones",
    "randn",
    "zeros",
]
