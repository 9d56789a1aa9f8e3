"""The functions behind the modules: pure, without parameters of their own.

Call them through this namespace, as `F.relu(x)`: module 05 patches the names here, and nowhere else.
"""

from tinytorch.nn.functional.activations import gelu, log_softmax, relu, sigmoid, softmax, tanh

__all__ = ["gelu", "log_softmax", "relu", "sigmoid", "softmax", "tanh"]
