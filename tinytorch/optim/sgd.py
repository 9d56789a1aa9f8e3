"""Stochastic gradient descent: a step downhill, with momentum and weight decay if you like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor
from tinytorch.optim.optimizer import Group, Optimizer, State, blocks


def sgd_update(data: np.ndarray, direction: np.ndarray, lr: float) -> None:
    """Move `data` against `direction`, in place: p ← p - lr · direction.

    Both are NumPy arrays of one shape. `direction` stays as it is.
    """
    # BEGIN SOLUTION sgd_update
    data -= lr * direction
    # END SOLUTION sgd_update


def add_weight_decay(
    grad: np.ndarray,
    data: np.ndarray,
    weight_decay: float,
) -> np.ndarray:
    """Return the gradient of the loss plus (weight_decay / 2) · ‖p‖².

    `grad` is the gradient of the loss alone, `data` the parameter p, both
    arrays of one shape. Neither changes. With a `weight_decay` of 0 the
    answer is `grad` itself: no copy is made.
    """
    # BEGIN SOLUTION add_weight_decay
    return grad + weight_decay * data if weight_decay else grad
    # END SOLUTION add_weight_decay


def momentum_update(
    buffer: np.ndarray,
    grad: np.ndarray,
    momentum: float,
    dampening: float = 0.0,
    nesterov: bool = False,
) -> np.ndarray:
    """Push the velocity `buffer` by `grad`, in place; return the direction.

    b ← momentum · b + (1 - dampening) · g. The direction is b, or with
    `nesterov` it is g + momentum · b, with the new b. `grad` stays as it
    is.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
    """
    # BEGIN SOLUTION momentum_update
    buffer *= momentum
    buffer += (1 - dampening) * grad if dampening else grad
    return grad + momentum * buffer if nesterov else buffer
    # END SOLUTION momentum_update


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum, Nesterov's momentum and weight decay.

    Args:
        params: tensors, or dicts that each hold tensors under "params" and options of their own.
        lr: the learning rate, by which the direction is multiplied.
        momentum: the part of the velocity that is kept from step to step; 0 is none.
        dampening: the part of each gradient, except the first, that does not go into the velocity.
        weight_decay: λ of the penalty (λ/2)·‖p‖².
        nesterov: look ahead: go by where momentum is about to lead.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = Tensor([10.0, -10.0])
    >>> SGD([w], lr=0.1).step()
    >>> w
    Tensor([0., 3.], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Mapping[str, Any]],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
        }
        super().__init__(params, defaults)

    def checked(self, options: Group) -> Group:
        """Return `options`, or raise a ValueError if Nesterov's momentum has nothing to look ahead with."""
        options = super().checked(options)
        if options.get("nesterov") and (options["momentum"] == 0 or options["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs a momentum above 0 and a dampening of 0, "
                f"got momentum={options['momentum']} and dampening={options['dampening']}."
            )
        return options

    def update(self, p: Tensor, state: State, group: Group) -> None:
        """Move `p` by the gradient, or with momentum by the velocity."""
        assert p.grad is not None
        lr, momentum, weight_decay = float(group["lr"]), group["momentum"], group["weight_decay"]
        if not momentum:
            for data, grad in blocks(p.data, p.grad.data):
                sgd_update(data, add_weight_decay(grad, data, weight_decay), lr)
            return
        dampening = group["dampening"]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = np.zeros_like(p.data)
            dampening = 0.0  # as in PyTorch, the first gradient counts in full
        options = momentum, dampening, group["nesterov"]
        velocity = state["momentum_buffer"]
        for data, grad, buffer in blocks(p.data, p.grad.data, velocity):
            grad = add_weight_decay(grad, data, weight_decay)
            sgd_update(data, momentum_update(buffer, grad, *options), lr)
