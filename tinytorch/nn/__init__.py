"""Neural networks: modules, and the functions behind them."""

from tinytorch.nn.containers import Flatten, ModuleList, Sequential
from tinytorch.nn.dropout import Dropout
from tinytorch.nn.linear import Linear
from tinytorch.nn.module import Module, Parameter

__all__ = ["Dropout", "Flatten", "Linear", "Module", "ModuleList", "Parameter", "Sequential"]
