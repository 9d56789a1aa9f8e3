"""Early stopping: end a run that no longer gets better, and go back to its best moment."""

from __future__ import annotations

import math
from typing import Any

from tinytorch.core import Tensor
from tinytorch.nn.module import Module


class EarlyStopping:
    """Watches one number, such as the validation loss, and says when it has not improved for a while.

    Args:
        patience: after so many values in a row without improvement, stop.
        min_delta: a smaller improvement than this does not count.
        mode: "min" if smaller is better, as for a loss, "max" if larger is, as for accuracy.
    """

    def __init__(self, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience must be at least 1, got {patience}.")
        if min_delta < 0:
            raise ValueError(f"EarlyStopping: min_delta must not be negative, got {min_delta}.")
        if mode not in ("min", "max"):
            raise ValueError(f'EarlyStopping: mode must be "min" or "max", got {mode!r}.')
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.best = math.inf if mode == "min" else -math.inf
        self.waited = 0  # values since the best one
        self.weights: dict[str, Tensor] | None = None  # of the best moment

    @property
    def done(self) -> bool:
        """Whether patience has run out."""
        return self.waited >= self.patience

    def improves(self, value: float) -> bool:
        """Tell whether `value` is better than the best so far, by more than `min_delta`. nan never is."""
        gain = self.best - value if self.mode == "min" else value - self.best
        return gain > self.min_delta

    def update(self, value: float, model: Module) -> bool:
        """Take note of a new value and return whether it is time to stop.

        `self.improves(value)` tells whether it is the best so far. If so,
        keep it in `self.best`, keep a *copy* of the model's weights in
        `self.weights`, a dict from name to Tensor, and start `self.waited`
        again at 0. If not, one more was waited for in vain. `self.done`,
        a property and so without parentheses, tells whether
        `self.waited` has reached `self.patience`.

        `model.state_dict()` gives the weights by name, as tensors that
        share their memory with the model.
        """
        # BEGIN SOLUTION early_stopping
        if self.improves(value):
            self.best = value
            own = model.state_dict().items()
            self.weights = {name: Tensor(tensor.data.copy()) for name, tensor in own}
            self.waited = 0
        else:
            self.waited += 1
        return self.done
        # END SOLUTION early_stopping

    def restore(self, model: Module) -> None:
        """Give the model the weights of the best moment. Without one it keeps those that it has."""
        if self.weights is not None:
            model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to keep."""
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        if set(state) != set(vars(self)):
            raise ValueError(f"EarlyStopping: needs {sorted(vars(self))} in its state, got {sorted(state)}.")
        EarlyStopping(state["patience"], state["min_delta"], state["mode"])  # raises if they make no sense
        if type(state["waited"]) is not int or type(state["best"]) is not float:
            raise ValueError(f"EarlyStopping: got {state['waited']!r} and {state['best']!r} in its state.")
        vars(self).update(state)
