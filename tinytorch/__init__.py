"""TinyTorch: the deep learning framework that its readers build themselves.

Importing it needs NumPy and nothing else, and runs nothing but definitions.
"""

from tinytorch.core import (
    Tensor,
    arange,
    from_numpy,
    manual_seed,
    ones,
    randn,
    zeros,
)

__version__ = "0.1.0"

__all__ = ["Tensor", "arange", "from_numpy", "manual_seed", "ones", "randn", "zeros"]
