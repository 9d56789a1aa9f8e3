"""TinyTorch: the deep learning framework that its readers build themselves.

Importing it needs NumPy and nothing else, and runs nothing but definitions.
"""

from tinytorch.core import (
    Tensor,
    arange,
    disable_autograd,
    enable_autograd,
    from_numpy,
    manual_seed,
    no_grad,
    ones,
    randn,
    zeros,
)

__version__ = "0.1.0"

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
