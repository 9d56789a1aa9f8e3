"""Trainer: the loop, with everything that surrounds it in a run of hours."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from tinytorch.core import Tensor
from tinytorch.core.autograd import no_grad
from tinytorch.nn.module import Module
from tinytorch.optim.clip import clip_grad_norm_
from tinytorch.optim.optimizer import Optimizer
from tinytorch.optim.schedules import LRScheduler
from tinytorch.training.batches import check_batch, describe, groups
from tinytorch.training.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from tinytorch.training.loop import Batch, Loss, backward_in_parts, evaluate
from tinytorch.training.metrics import Metric
from tinytorch.training.progress import Progress
from tinytorch.training.randomness import random_state, set_random_state
from tinytorch.training.stopping import EarlyStopping
from tinytorch.training.watch import Watch

Row = dict[str, float]  # numbers by name
State = dict[str, Any]
Callback = Callable[[Row], object]


class Trainer:
    """Trains a model, and keeps what a run needs to be watched, stopped and resumed.

    Args:
        model: what is trained.
        optimizer: what moves its parameters.
        loss_fn: the mean loss over a batch, of (outputs, targets).
        metrics: further numbers to report, by name: functions of (outputs, targets).
        schedule: sets the learning rate after each step of the optimizer, or after each epoch.
        schedule_per: "step" or "epoch".
        generators: random generators whose state belongs to the run, besides the default one.

    Attributes:
        history: a list for each number that was reported, with an entry for each epoch.
        epoch: epochs that are done.
        batch: batches that are done in the epoch that has begun.

        trainer = Trainer(model, Adam(model.parameters()), CrossEntropyLoss(), {"accuracy": accuracy})
        history = trainer.fit(train, epochs=10, validation=test, checkpoint="run.npz")
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        loss_fn: Loss,
        metrics: Mapping[str, Metric] | None = None,
        schedule: LRScheduler | None = None,
        schedule_per: str = "step",
        generators: Sequence[np.random.Generator] = (),
    ) -> None:
        if schedule_per not in ("step", "epoch"):
            raise ValueError(f'Trainer: schedule_per must be "step" or "epoch", got {schedule_per!r}.')
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.metrics: dict[str, Metric] = dict(metrics or {})
        self.schedule, self.schedule_per = schedule, schedule_per
        self.generators = tuple(generators)
        self.stopping: EarlyStopping | None = None  # from the first fit(…, patience=…) on
        self.history: dict[str, list[float]] = {}
        self.epoch, self.batch = 0, 0
        self.sums: dict[str, float] = {}  # over the epoch that has begun
        self.epoch_start: list[State] = random_state(self.generators)  # when that epoch began
        self.loader: State | None = None  # where the loader is, if the batches come from one that can tell
        self.loaded: list[State] | None = None  # the generators' states to begin with, after a load
        self.watch = Watch()

    def fit(
        self,
        batches: Iterable[Batch],
        epochs: int,
        validation: Iterable[Batch] | None = None,
        *,
        accumulate: int = 1,
        clip: float | None = None,
        patience: int | None = None,
        checkpoint: str | Path | None = None,
        every: int | None = None,
        on_batch: Callback | None = None,
        on_epoch: Callback | None = None,
        progress: bool | TextIO = True,
    ) -> dict[str, list[float]]:
        """Train until `epochs` epochs are done, those before this call included, and return the history.

        Args:
            batches: pairs (inputs, targets), anew for each epoch: a list, or a loader.
            epochs: how many shall be done in the end.
            validation: pairs on which to evaluate after each epoch.
            accumulate: so many batches make one step, as if they were one batch.
            clip: the largest gradient norm with which to take a step.
            patience: stop when the validation loss has not improved for so many epochs, and go back to the
                best weights.
            checkpoint: where to save the run's state, after each epoch.
            every: save it also after each so many steps within an epoch.
            on_batch, on_epoch: called after each step and after each epoch with a dict of its numbers.
            progress: whether to report, or the stream to write reports to.

        Raises:
            DivergedError: the loss or a gradient was not finite. The weights are those before that step.
            ValueError, TypeError: an option, or a batch, makes no sense.
        """
        self._check_options(accumulate=accumulate, patience=patience, every=every, clip=clip)
        if patience is not None:
            if validation is None:
                raise ValueError("fit: patience watches the validation loss: give validation=batches, too.")
            self.stopping = self.stopping or EarlyStopping(patience)
            self.stopping.patience = patience
        if checkpoint:
            self._check_generator(batches)
        self._resume(batches)
        report = _reporter(progress, epochs, batches, self.epoch)
        self.watch = Watch()
        if report:
            self.watch.tell = report.say
        if report and self.finished(epochs):
            report.say(f"{self.epoch} epochs are done already; epochs={epochs} counts them, too.")
        while not self.finished(epochs):
            self.model.train()
            for parts in groups(self._remaining(batches), accumulate):
                row = self._step(parts, clip)
                self.loader = _where(batches)
                whole = len(parts) == accumulate  # else the epoch is over, and will be saved as such
                if checkpoint and every and whole and self.batch // accumulate % every == 0:
                    self.save(checkpoint)
                if report:
                    report.batch(self.epoch + 1, self.batch, {n: row[n] for n in ("loss", *self.metrics)})
                if on_batch:
                    on_batch(row)
            if self.batch == 0:
                raise ValueError(
                    f"fit: there are no batches in epoch {self.epoch + 1}. A generator is used up after one "
                    "epoch: give a list of batches, or a loader."
                )
            self.loader = _where(batches)
            row = self._end_epoch(validation)
            if checkpoint:
                self.save(checkpoint)
            if report:
                hidden = ("epoch", "gradient_norm", "lr")
                report.epoch(self.epoch, {name: row[name] for name in row if name not in hidden})
            if on_epoch:
                on_epoch(row)
        return self.history

    def finished(self, epochs: int) -> bool:
        """Tell whether so many epochs are done, or patience has run out."""
        return self.epoch >= epochs or (self.stopping is not None and self.stopping.done)

    # The run's state

    def state_dict(self) -> State:
        """Return a copy of everything on which the rest of the run depends.

        A dict with these entries:

            "model", "optimizer"     their own `state_dict()`
            "schedule", "stopping"   theirs, or None where there is none
            "position"               {"epoch": …, "batch": …, "sums": …},
                                     the attributes of these names
            "history", "loader"      the attributes of these names
            "random"                 {"now": …, "epoch_start": …}: what
                                     `random_state(self.generators)` gives,
                                     and `self.epoch_start`

        Training goes on after this, and the copy must not change with it:
        `copy.deepcopy(state)` copies a dict with all that is in it.
        """
        # BEGIN SOLUTION trainer_state_dict
        schedule, stopping = self.schedule, self.stopping
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if schedule is None else schedule.state_dict(),
            "stopping": None if stopping is None else stopping.state_dict(),
            "position": {
                "epoch": self.epoch,
                "batch": self.batch,
                "sums": self.sums,
            },
            "history": self.history,
            "loader": self.loader,
            "random": {
                "now": random_state(self.generators),
                "epoch_start": self.epoch_start,
            },
        }
        return copy.deepcopy(state)
        # END SOLUTION trainer_state_dict

    def load_state_dict(self, state: State) -> None:
        """Go on where `state_dict` was taken: the same steps follow, bit for bit.

        Raises:
            CheckpointError: the state is not one of such a run. Nothing has changed then.
        """
        before, loaded = self.state_dict(), self.loaded
        try:
            self._load(copy.deepcopy(state))
        except Exception as error:  # whatever a strange state makes model, optimizer or schedule raise
            self._load(before)
            self.loaded = loaded
            raise CheckpointError(
                f"this state does not fit the trainer ({type(error).__name__}: {error}). Nothing was changed."
            ) from error

    def save(self, path: str | Path) -> None:
        """Write the run's state to one file, which is either whole or not there."""
        save_checkpoint(path, self.state_dict())

    def load(self, path: str | Path) -> None:
        """Go on where `save` wrote this file.

        Raises:
            CheckpointError: the file is damaged, foreign, or of another model. Nothing has changed then.
        """
        self.load_state_dict(load_checkpoint(path))

    def _load(self, state: State) -> None:
        position, history = state["position"], state["history"]
        epoch, batch, sums = position["epoch"], position["batch"], position["sums"]
        if not (type(epoch) is int and type(batch) is int and epoch >= 0 and batch >= 0):
            raise ValueError(f"its position is epoch {epoch!r}, batch {batch!r}")
        if any(len(numbers) != epoch or not all(map(_is_number, numbers)) for numbers in history.values()):
            raise ValueError(f"its history does not have {epoch} numbers for each name")
        if (sums or batch) and set(sums) != {"samples", "loss", "gradient_norm", "lr", *self.metrics}:
            raise ValueError(f"it is in the middle of an epoch with sums of {sorted(sums)}")
        if not all(map(_is_number, sums.values())):
            raise ValueError("its sums are not numbers")
        if (state["schedule"] is None) != (self.schedule is None):
            raise ValueError("only one of the two has a schedule")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        self.stopping = None
        if state["stopping"] is not None:
            self.stopping = EarlyStopping(patience=1)
            self.stopping.load_state_dict(state["stopping"])
            _check_same_shapes(self.stopping.weights, self.model)
        set_random_state(state["random"]["epoch_start"], self.generators)  # would raise at a strange one
        set_random_state(state["random"]["now"], self.generators)
        self.epoch, self.batch, self.sums = epoch, batch, sums
        self.history, self.epoch_start = history, state["random"]["epoch_start"]
        self.loader, self.loaded = state["loader"], state["random"]["now"]

    # One epoch

    def _resume(self, batches: Any) -> None:
        """Bring generators, and a loader that can tell where it is, to where the run is."""
        goes_on = self.loaded is not None or self.batch > 0
        if goes_on and self.loader is not None and hasattr(batches, "load_state_dict"):
            batches.load_state_dict(self.loader)
        if self.loaded is not None:  # whatever was drawn since, such as the first weights of a model
            set_random_state(self.loaded, self.generators)
        self.loaded = None

    def _remaining(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the batches of this epoch that are not done yet, shuffled as they were when it began."""
        if self.batch == 0 or hasattr(batches, "load_state_dict"):
            self.epoch_start = random_state(self.generators)
            yield from batches
        else:
            now = random_state(self.generators)
            set_random_state(self.epoch_start, self.generators)
            left = iter(batches)
            skipped = sum(1 for _ in islice(left, self.batch))
            set_random_state(now, self.generators)
            if skipped < self.batch:
                raise ValueError(
                    f"fit: batch {self.batch} is done, and now there are only {skipped} an epoch."
                )
            yield from left

    def _step(self, parts: Sequence[Batch], clip: float | None) -> Row:
        """Take one step of the optimizer, on `parts` as on one batch."""
        epoch, batch = self.epoch + 1, self.batch + len(parts)
        for number, part in enumerate(parts, self.batch + 1):
            check_batch(part, f"batch {number} of epoch {epoch}")
        sums = dict(self.sums)  # become the new ones if the step works

        def observed_loss(outputs: Tensor, targets: Tensor) -> Tensor:
            with no_grad():
                for name, metric in self.metrics.items():
                    value = metric(outputs, targets) * len(targets)
                    sums[name] = sums.get(name, 0.0) + value
            return self.loss_fn(outputs, targets)

        self.optimizer.zero_grad()
        try:
            # NumPy would warn of what the watch tells better.
            with np.errstate(over="ignore", invalid="ignore"):
                loss = backward_in_parts(self.model, observed_loss, parts)
        except Exception as error:
            what = describe(parts[-1])
            error.add_note(f"This was in epoch {epoch}, batch {batch}: {what}.")
            raise
        self.watch.loss(loss, epoch, batch)
        most = math.inf if clip is None else clip
        norm = float(clip_grad_norm_(self.model.parameters(), most))
        self.watch.gradient(norm, epoch, batch)
        lr = float(self.optimizer.param_groups[0]["lr"])
        self.optimizer.step()
        if self.schedule is not None and self.schedule_per == "step":
            self.schedule.step()

        samples = sum(len(targets) for _, targets in parts)
        sums["samples"] = sums.get("samples", 0) + samples
        sums["loss"] = sums.get("loss", 0.0) + loss * samples
        sums["gradient_norm"] = max(sums.get("gradient_norm", 0.0), norm)
        sums["lr"] = lr
        self.sums, self.batch = sums, batch
        means = {name: sums[name] / sums["samples"] for name in self.metrics}
        row = {"epoch": epoch, "batch": batch, "loss": loss, **means}
        return {**row, "gradient_norm": norm, "lr": lr}

    def _end_epoch(self, validation: Iterable[Batch] | None) -> Row:
        """Evaluate, keep the epoch's numbers, and let schedule and early stopping see them."""
        names = ("loss", *self.metrics)
        row = {name: self.sums[name] / self.sums["samples"] for name in names}
        if validation is not None:
            found = evaluate(self.model, self.loss_fn, validation, self.metrics)
            row |= {f"validation_{name}": value for name, value in found.items()}
        row |= {name: self.sums[name] for name in ("gradient_norm", "lr")}
        for name in {**self.history, **row}:  # a number that is reported only at times is nan at others
            earlier = self.history.setdefault(name, [math.nan] * self.epoch)
            earlier.append(row.get(name, math.nan))
        self.epoch, self.batch, self.sums = self.epoch + 1, 0, {}
        if self.schedule is not None and self.schedule_per == "epoch":
            self.schedule.step()
        if self.stopping is not None and validation is not None:
            self.stopping.update(row["validation_loss"], self.model)
            if self.stopping.done:
                self.stopping.restore(self.model)
        return {"epoch": self.epoch, **row}

    def _check_generator(self, batches: Any) -> None:
        """Raise if `batches` are shuffled by a generator whose state no checkpoint would hold."""
        own = getattr(batches, "generator", None)
        if isinstance(own, np.random.Generator) and not any(own is known for known in self.generators):
            raise ValueError(
                "fit: these batches draw from a generator of their own, which the checkpoint would not hold, "
                "so a resumed run would shuffle differently. Give it to Trainer(…, generators=[…])."
            )

    @staticmethod
    def _check_options(clip: float | None, **counts: int | None) -> None:
        for name, value in counts.items():
            if value is not None and value < 1:
                raise ValueError(f"fit: {name} must be at least 1, got {value}.")
        if clip is not None and not clip > 0:
            raise ValueError(f"fit: clip must be above 0, got {clip}.")


def _check_same_shapes(weights: dict[str, Tensor] | None, model: Module) -> None:
    own = {name: tensor.shape for name, tensor in model.state_dict().items()}
    if weights is not None and {name: tensor.shape for name, tensor in weights.items()} != own:
        raise ValueError("its best weights are those of another model")


def _reporter(progress: bool | TextIO, epochs: int, batches: Any, done: int) -> Progress | None:
    if progress is False:
        return None
    count = len(batches) if hasattr(batches, "__len__") else None
    return Progress(epochs, count, done, None if progress is True else progress)


def _where(batches: Any) -> State | None:
    """Return where a loader is, if it can tell."""
    return dict(batches.state_dict()) if hasattr(batches, "load_state_dict") else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
