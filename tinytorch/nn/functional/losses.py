"""Losses: how wrong a prediction is, in one number. Module 04 of the book.

Two of them come with their gradient, worked out by hand: of mse_loss and of cross_entropy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.core.recording import keep
from tinytorch.core.shapes import Shape
from tinytorch.core.tensor import Axis, Tensor, as_floating, check_axes, same_dtype
from tinytorch.nn.functional.activations import minus, softmax

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(reduction: str) -> str:
    """Return `reduction`, or raise a ValueError that lists the ones we know."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction {reduction!r} is not one of {', '.join(map(repr, REDUCTIONS))}.")
    return reduction


def reduce_loss(losses: np.ndarray, reduction: str = "mean", count: int | None = None) -> Tensor:
    """Make one number of many losses: their mean, or their sum.

    With "none" they stay as they are. `losses` is a NumPy array, the
    result a Tensor. `count` is how many of the losses count in the mean;
    without it, all do. The mean of nothing is nan.
    `check_reduction(reduction)` raises the error.

    Shape:
        losses (...) -> (); with reduction="none" (...)

    Raises:
        ValueError: the reduction is not "mean", "sum" or "none".
    """
    # BEGIN SOLUTION reduce_loss
    check_reduction(reduction)
    if reduction == "none":
        return Tensor(losses)
    total = losses.sum()
    if reduction == "mean":
        count = losses.size if count is None else count
        total = total / count if count else total * np.nan
    return Tensor(total)
    # END SOLUTION reduce_loss


def same_shape(op: str, pred: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both as floating arrays of one dtype, or raise an error if their shapes differ."""
    x, y = same_dtype(op, pred, target)
    if x.shape != y.shape:
        raise ValueError(
            f"{op}: predictions have shape {x.shape} and targets {y.shape}. They must be equal: broadcasting "
            f"would compare predictions with the targets of other examples. {_way_out(x, y)}"
        )
    if x.dtype.kind != "f":
        raise TypeError(f'{op}: needs a floating dtype, got {x.dtype}; convert first: x.to("float32").')
    return x, y


def _way_out(x: np.ndarray, y: np.ndarray) -> str:
    if x.size == y.size:
        return f"Both hold {x.size} elements: targets.reshape{x.shape} fits."
    return "Each prediction needs one target."


# The squared error, and its gradient


def mse_loss(pred: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Square the difference of each prediction to its target.

    `same_shape("mse_loss", pred, target)` gives two arrays of one shape
    and dtype, or raises the error. `reduce_loss(losses, reduction)` makes
    the result.

    Shape:
        pred (...), target (...) -> (); with reduction="none" (...)

    Raises:
        ValueError: the shapes differ, or the reduction is unknown.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html

    >>> mse_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
    Tensor(2.)
    """
    # BEGIN SOLUTION mse_loss
    x, y = same_shape("mse_loss", pred, target)
    difference = x - y
    return reduce_loss(difference * difference, reduction)
    # END SOLUTION mse_loss


def mse_loss_gradient(pred: Tensor, target: Tensor) -> Tensor:
    """Return the gradient of the mean `mse_loss` for `pred`.

    Element i is 2 (pred_i - target_i) / n, where n counts all elements.
    `same_shape` prepares both sides, as in `mse_loss`.

    Shape:
        pred (...), target (...) -> (...)

    >>> mse_loss_gradient(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
    Tensor([ 0., -2.])
    """
    # BEGIN SOLUTION mse_loss_gradient
    x, y = same_shape("mse_loss_gradient", pred, target)
    return Tensor((x - y) * 2.0 / x.size)
    # END SOLUTION mse_loss_gradient


# Scores for classes: cross-entropy, and its gradient


def logsumexp(x: Tensor, axis: Axis = -1, keepdims: bool = False) -> Tensor:
    """Compute log(sum(exp(x))) along an axis, without overflow.

    `check_axes("logsumexp", axis, x.shape)` gives what NumPy expects,
    and `as_floating(x.data)` an array that can hold fractions.

    Shape:
        x (..., C) -> (...), or (..., 1) if `keepdims`

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html

    >>> logsumexp(Tensor([100.0, 100.0]))
    Tensor(100.6931)
    """
    # BEGIN SOLUTION logsumexp
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    highest = array.max(axis=axes, keepdims=True, initial=-np.inf)
    highest = np.where(np.isinf(highest), 0.0, highest)  # -inf - -inf would be nan
    with np.errstate(divide="ignore", over="ignore"):
        out = np.log(np.exp(array - highest).sum(axis=axes, keepdims=True)) + highest
    return Tensor(out if keepdims else out.squeeze(axes))
    # END SOLUTION logsumexp


def check_classes(
    op: str, logits: Tensor, targets: Tensor, ignore_index: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the scores in rows, the class of each row, and which rows are ignored, or raise an error.

    An ignored row gets class 0, so that it can be computed with like all others.

    Shape:
        logits (..., C), targets (...) -> (N, C), (N,), and positions below N, usually none
    """
    if not isinstance(targets, Tensor) or targets.data.dtype.kind != "i":
        got = targets.dtype if isinstance(targets, Tensor) else type(targets).__name__
        raise TypeError(
            f"{op}: targets are whole numbers, the class of each example, in a Tensor; got {got}. "
            'Class numbers convert with targets.to("int32"), one-hot rows with targets.argmax(axis=-1).'
        )
    shape = logits.shape
    if targets.shape != shape[:-1] or not shape:
        raise ValueError(_shapes_of_classes(op, shape, targets.shape))
    classes = shape[-1]
    y, ignored = targets.data.reshape(-1).astype(np.intp), _NONE  # the type that NumPy selects with
    if 0 <= ignore_index < classes or not _are_classes(y, classes):
        ignored = np.flatnonzero(y == ignore_index)
        y = np.where(y == ignore_index, 0, y)
        if not _are_classes(y, classes):
            raise IndexError(_no_class(op, logits, targets, y))
    return as_floating(logits.data).reshape(y.size, classes), y, ignored


_NONE = np.flatnonzero([])  # no positions


def _are_classes(y: np.ndarray, classes: int) -> bool:
    """Tell whether all are in range. Read without its sign, a negative number is a very large one."""
    unsigned = y.view(np.uintp)
    return y.size == 0 or unsigned.item(unsigned.argmax()) < classes


def _no_class(op: str, logits: Tensor, targets: Tensor, y: np.ndarray) -> str:
    classes = logits.shape[-1]
    first = np.flatnonzero((y < 0) | (y >= classes))[0]
    where = ", ".join(str(int(i)) for i in np.unravel_index(first, targets.shape))
    return (
        f"{op}: targets[{where}] is {y[first]}, and there are {classes} classes: "
        f"logits have shape {logits.shape}. Classes are counted from 0 to {classes - 1}."
    )


def _shapes_of_classes(op: str, logits: Shape, targets: Shape) -> str:
    wanted = f"so targets need shape {logits[:-1]}" if logits else "and these have no dimension"
    text = f"{op}: logits {logits} hold the classes along their last dimension, {wanted}; got {targets}."
    if logits == targets:
        return text + " If these are one-hot rows, targets.argmax(axis=-1) gives the classes."
    if logits[:1] + logits[2:] == targets:
        return text + " PyTorch counts classes along dimension 1: move them to the end with permute."
    return text


def cross_entropy(
    logits: Tensor, targets: Tensor, reduction: str = "mean", ignore_index: int = -100
) -> Tensor:
    """Compute -log softmax(logits)[target], the surprise at the class.

    `check_classes("cross_entropy", logits, targets, ignore_index)` gives
    three arrays: the scores as rows (N, C), the class of each row (N,),
    and the positions of the rows to ignore, mostly none. Their loss is 0,
    and they do not count in the mean. `reduce_loss` makes the result.

    End with `return keep(loss, p, y, ignored)`, where the array p (N, C)
    holds the softmax of each row: module 05 will need it for the gradient.

    Shape:
        logits (..., C), targets (...) -> (); with reduction="none" (...)

    Raises:
        TypeError, ValueError, IndexError: the targets are not whole
            numbers, do not fit the logits, or are no classes.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html

    >>> cross_entropy(Tensor([[2.0, 0.0, 0.0]]), Tensor([0]))
    Tensor(0.2395)
    """
    # BEGIN SOLUTION cross_entropy
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = minus(rows, rows.max(axis=-1, keepdims=True))
    right = z[np.arange(len(y)), y]
    p = np.exp(z, out=z)  # in place: scores of a language model are too large to have twice
    total = p.sum(axis=-1)
    p /= total[:, np.newaxis]
    losses = np.log(total) - right
    if len(ignored):
        losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, p, y, ignored)
    # END SOLUTION cross_entropy


def cross_entropy_gradient(logits: Tensor, targets: Tensor, ignore_index: int = -100) -> Tensor:
    """Return the gradient of the mean `cross_entropy` for the logits.

    In each row it is softmax minus one-hot, divided by the number of
    rows that count; in rows to ignore it is 0, also if no row counts.
    `check_classes` prepares the arrays, as in `cross_entropy`, and
    `softmax(Tensor(rows))` is the softmax of each row.

    Shape:
        logits (..., C), targets (...) -> (..., C)

    >>> cross_entropy_gradient(Tensor([[0.0, 0.0]]), Tensor([1]))
    Tensor([[ 0.5, -0.5]])
    """
    # BEGIN SOLUTION cross_entropy_gradient
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    p = softmax(Tensor(rows)).data
    p[np.arange(len(y)), y] -= 1.0
    p[ignored] = 0.0
    p /= max(len(y) - len(ignored), 1)
    return Tensor(p.reshape(logits.shape))
    # END SOLUTION cross_entropy_gradient


# Yes or no: binary cross-entropy


def check_probabilities(op: str, name: str, array: np.ndarray) -> None:
    """Raise an error that shows the first number outside 0 to 1, if there is one."""
    inside = (array >= 0.0) & (array <= 1.0)
    if not inside.all():  # nan is not inside, either
        where = tuple(int(i) for i in np.argwhere(~inside)[0])
        advice = "They are probabilities of yes: 1 for yes, 0 for no."
        if name == "predictions":
            advice = "Scores are for binary_cross_entropy_with_logits, without a sigmoid before it."
        raise ValueError(
            f"{op}: {name} must lie between 0 and 1, got {array[where]} at position {where}. {advice}"
        )


def binary_cross_entropy(pred: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Compute the surprise at yes-or-no answers, given probabilities of yes.

    -(target log(pred) + (1 - target) log(1 - pred)), where no logarithm counts as less than -100: a wrong
    prediction of exactly 0 or 1 would cost infinitely much. From scores use binary_cross_entropy_with_logits.

    Shape:
        pred (...), target (...) -> (); with reduction="none" (...)

    Raises:
        ValueError: the shapes differ, or numbers lie outside 0 to 1.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
    """
    p, y = same_shape("binary_cross_entropy", pred, target)
    check_probabilities("binary_cross_entropy", "predictions", p)
    check_probabilities("binary_cross_entropy", "targets", y)
    with np.errstate(divide="ignore"):
        log_yes, log_no = np.maximum(np.log(p), -100.0), np.maximum(np.log1p(-p), -100.0)
    return reduce_loss((y - 1.0) * log_no - y * log_yes, reduction)


def binary_cross_entropy_with_logits(logits: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Compute the surprise at yes-or-no answers, given their scores.

    The loss of a score x with target y is (1 - y) x + log(1 + exp(-x)).
    `same_shape` prepares both sides, `reduce_loss` makes the result, and
    `check_probabilities(op, "targets", y)` refuses other targets.

    Shape:
        logits (...), target (...) -> (); with reduction="none" (...)

    Raises:
        ValueError: the shapes differ, or targets lie outside 0 to 1.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html

    >>> yes = Tensor([1.0, 1.0])
    >>> binary_cross_entropy_with_logits(Tensor([0.0, 1000.0]), yes, "none")
    Tensor([0.6931, 0.    ])
    """
    # BEGIN SOLUTION binary_cross_entropy_with_logits
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    with np.errstate(invalid="ignore"):
        softplus = np.maximum(-x, 0.0) + np.log1p(np.exp(-np.abs(x)))  # log(1 + exp(-x)), without overflow
        return reduce_loss((1.0 - y) * x + softplus, reduction)
    # END SOLUTION binary_cross_entropy_with_logits
