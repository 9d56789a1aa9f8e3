"""Losses as modules: a choice of loss and its options, made once and then called."""

from __future__ import annotations

from tinytorch.core.tensor import Tensor
from tinytorch.nn import functional as F
from tinytorch.nn.functional.losses import check_reduction
from tinytorch.nn.module import Module


class _Loss(Module):
    """What all losses share: they reduce in one of three ways, chosen once."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = check_reduction(reduction)

    def extra_repr(self) -> str:
        """Name the reduction, if it is not the usual one."""
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class MSELoss(_Loss):
    """The mean squared error, for predictions that are numbers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html

    >>> MSELoss(reduction="sum")(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
    Tensor(4.)
    """

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """Compare predictions (...) with targets (...)."""
        return F.mse_loss(pred, target, self.reduction)


class CrossEntropyLoss(_Loss):
    """The surprise at the right class, from scores. No softmax belongs before it.

    Args:
        reduction: "mean", "sum" or "none".
        ignore_index: examples with this target do not count.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """

    def __init__(self, reduction: str = "mean", ignore_index: int = -100) -> None:
        super().__init__(reduction)
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compare scores (..., C) with class numbers (...)."""
        return F.cross_entropy(logits, targets, self.reduction, self.ignore_index)


class BCELoss(_Loss):
    """The surprise at yes-or-no answers, from probabilities. From scores, BCEWithLogitsLoss is exact.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
    """

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """Compare probabilities (...) with targets (...) between 0 and 1."""
        return F.binary_cross_entropy(pred, target, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The surprise at yes-or-no answers, from scores. No sigmoid belongs before it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
    """

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Compare scores (...) with targets (...) between 0 and 1."""
        return F.binary_cross_entropy_with_logits(logits, target, self.reduction)
