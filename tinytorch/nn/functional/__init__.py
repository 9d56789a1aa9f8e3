"""The functions behind the modules: pure, without parameters of their own.

Call them through this namespace, as `F.relu(x)`: module 05 patches the names here, and nowhere else.
"""

from tinytorch.nn.functional.activations import gelu, log_softmax, relu, sigmoid, softmax, tanh
from tinytorch.nn.functional.linear import dropout, linear, linear_loops
from tinytorch.nn.functional.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_gradient,
    logsumexp,
    mse_loss,
    mse_loss_gradient,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "cross_entropy_gradient",
    "dropout",
    "gelu",
    "linear",
    "linear_loops",
    "log_softmax",
    "logsumexp",
    "mse_loss",
    "mse_loss_gradient",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]
