"""Neural networks: modules, and the functions behind them."""

from tinytorch.nn.module import Module, Parameter

__all__ = ["Module", "Parameter"]
