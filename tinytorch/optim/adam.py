"""Adam: a step size for every single number, from averages of its gradients; and AdamW."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor
from tinytorch.optim.optimizer import Group, Optimizer, State, blocks
from tinytorch.optim.sgd import add_weight_decay


def adam_update(
    data: np.ndarray,
    grad: np.ndarray,
    exp_avg: np.ndarray,
    exp_avg_sq: np.ndarray,
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """Move `data` by one step of Adam; it and both averages change in place.

    m ← β₁·m + (1 - β₁)·g        `exp_avg`, of the gradients
    v ← β₂·v + (1 - β₂)·g²       `exp_avg_sq`, of their squares
    p ← p - lr · m̂ / (√v̂ + eps), with m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ)

    All arrays have one shape; `grad` stays as it is. t is `step`, 1 at
    the first step. `sqrt` is `math.sqrt`, imported by name, for a single
    number; `np.sqrt` is for arrays.

    Source: https://arxiv.org/abs/1412.6980
    """
    # BEGIN SOLUTION adam_update
    exp_avg *= beta1
    exp_avg += (1 - beta1) * grad
    exp_avg_sq *= beta2
    exp_avg_sq += (1 - beta2) * (grad * grad)

    # p - lr · m̂ / (√v̂ + eps), the fraction expanded by the root that corrects v
    root = sqrt(1 - beta2**step)
    size = np.sqrt(exp_avg_sq)
    size += eps * root
    move = exp_avg / size
    move *= lr * root / (1 - beta1**step)
    data -= move
    # END SOLUTION adam_update


class Adam(Optimizer):
    """Adam, which divides an average of each gradient by an average of its size.

    Args:
        params: tensors, or dicts that each hold tensors under "params" and options of their own.
        lr: the learning rate: about how far each number moves in a step.
        betas: how much of the two averages is kept from step to step.
        eps: keeps the division away from 0.
        weight_decay: λ of the penalty (λ/2)·‖p‖², whose gradient is averaged with the loss's.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = Tensor([1000.0, -0.001])
    >>> Adam([w], lr=0.5).step()
    >>> w
    Tensor([0.5, 2.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Mapping[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def checked(self, options: Group) -> Group:
        """Return `options`, or raise a ValueError if one is out of range."""
        beta1, beta2 = options["betas"]
        for beta in (beta1, beta2):
            if not 0 <= beta < 1:
                raise ValueError(
                    f"{self.name}: betas must be at least 0 and below 1, got {options['betas']}; "
                    "with a beta of 1 an average would never change."
                )
        others = {key: value for key, value in options.items() if key != "betas"}
        return {**super().checked(others), "betas": (float(beta1), float(beta2))}

    def update(self, p: Tensor, state: State, group: Group) -> None:
        """Move `p` by one step of Adam; the two averages start at zero."""
        assert p.grad is not None
        if not state:
            state["step"] = 0
            state["exp_avg"] = np.zeros_like(p.data)
            state["exp_avg_sq"] = np.zeros_like(p.data)
        state["step"] += 1
        lr, (beta1, beta2), eps = float(group["lr"]), group["betas"], group["eps"]
        averages = state["exp_avg"], state["exp_avg_sq"]
        for data, grad, m, v in blocks(p.data, p.grad.data, *averages):
            grad = self.decay(data, grad, lr, group["weight_decay"])
            adam_update(data, grad, m, v, state["step"], lr, beta1, beta2, eps)

    def decay(
        self,
        data: np.ndarray,
        grad: np.ndarray,
        lr: float,
        weight_decay: float,
    ) -> np.ndarray:
        """Apply weight decay; return the gradient to go on with."""
        return add_weight_decay(grad, data, weight_decay)


class AdamW(Adam):
    """Adam with decoupled weight decay: weights shrink on their own, beside what the gradient says.

    Args: those of Adam; `weight_decay` is the part of each weight, times lr, that is lost at every step.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Mapping[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def decay(
        self,
        data: np.ndarray,
        grad: np.ndarray,
        lr: float,
        weight_decay: float,
    ) -> np.ndarray:
        """Shrink `data` in place; return the gradient to go on with.

        p ← p - lr · weight_decay · p, before Adam's step and apart from
        it: the gradient is that of the loss alone.

        Source: https://arxiv.org/abs/1711.05101
        """
        # BEGIN SOLUTION adamw_decay
        data *= 1 - lr * weight_decay
        return grad
        # END SOLUTION adamw_decay
