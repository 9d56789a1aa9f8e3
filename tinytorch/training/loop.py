"""The loop's three pieces: one step, a large step in parts, and an honest look at what was learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tinytorch.core import Tensor
from tinytorch.core.autograd import no_grad
from tinytorch.nn.module import Module
from tinytorch.optim.optimizer import Optimizer
from tinytorch.training.metrics import Metric

Batch = tuple[Tensor, Tensor]  # inputs, targets; the first dimension of both counts samples
Loss = Callable[[Tensor, Tensor], Tensor]  # of outputs and targets; the mean over the samples


def train_step(
    model: Module,
    loss_fn: Loss,
    optimizer: Optimizer,
    inputs: Tensor,
    targets: Tensor,
) -> float:
    """Move the weights by one step of the optimizer, and return the loss.

    Old gradients away, `optimizer.zero_grad()`; forward; loss; backward;
    `optimizer.step()`. The loss is that of before the step, as a Python
    number: a Tensor would keep the whole graph alive.

    Shape:
        inputs (B, ...), targets (B, ...) -> a Python float
    """
    # BEGIN SOLUTION train_step
    optimizer.zero_grad()
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()
    # END SOLUTION train_step


def backward_in_parts(
    model: Module,
    loss_fn: Loss,
    parts: Sequence[Batch],
) -> float:
    """Add the gradient of one large batch to `.grad`, computed part by part.

    `parts` is a list of pairs (inputs, targets). After this, each
    parameter's `.grad` has grown by what one backward over all the
    samples together would have given. The optimizer is not touched:
    zeroing before and stepping after is up to the caller.

    Returns:
        the mean loss over all samples, as a Python number.
    """
    # BEGIN SOLUTION backward_in_parts
    samples = sum(len(targets) for _, targets in parts)
    mean = 0.0
    for inputs, targets in parts:
        share = len(targets) / samples
        loss = loss_fn(model(inputs), targets) * share
        loss.backward()  # frees this part's graph before the next one
        mean += loss.item()
    return mean
    # END SOLUTION backward_in_parts


def evaluate(
    model: Module,
    loss_fn: Loss,
    batches: Iterable[Batch],
    metrics: Mapping[str, Metric] | None = None,
) -> dict[str, float]:
    """Return the mean loss and metrics over all samples of `batches`.

    Computes in eval mode and without recording, and leaves the model in
    the mode in which it came, also after an error. Batches may be of
    different sizes; each sample counts the same. `metrics` maps a name
    to a function of (outputs, targets) that returns a number.

    Returns:
        {"loss": …} with an entry for each metric, as Python numbers.

    Raises:
        ValueError: there are no samples.
    """
    # BEGIN SOLUTION evaluate
    functions: dict[str, Metric] = {"loss": lambda out, y: loss_fn(out, y).item()}
    functions.update(metrics or {})
    totals, samples = dict.fromkeys(functions, 0.0), 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                samples += len(targets)
                for name, function in functions.items():
                    value = function(outputs, targets)
                    totals[name] += value * len(targets)
    finally:
        model.train(mode)
    if samples == 0:
        raise ValueError("evaluate: there are no samples.")
    return {name: total / samples for name, total in totals.items()}
    # END SOLUTION evaluate
