"""Schedules: learning rates that change while training goes on.

Each is a formula for the learning rate at time t, computed from the rate that the optimizer was given. Time
counts calls of `step()`, whatever the caller makes of them: epochs or single steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, pi
from typing import Any

from tinytorch.optim.optimizer import Optimizer


class LRScheduler:
    """Set the learning rate of each of an optimizer's groups. The base of every schedule.

    The first rate is set at once. Call `step()` after each of the optimizer's steps, or after each epoch.

    Source: https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.last_epoch = 0
        self._set()

    def lr_at(self, base_lr: float, t: int) -> float:
        """Return the learning rate after `t` calls of `step`, for a group that was given `base_lr`."""
        raise NotImplementedError(f"{type(self).__name__} does not say which rate holds at which time.")

    def step(self) -> None:
        """Let one unit of time pass."""
        self.last_epoch += 1
        self._set()

    def _set(self) -> None:
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
            group["lr"] = self.lr_at(group["initial_lr"], self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """Return the learning rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return the time and the options. The groups' base rates are in the optimizer's state."""
        return {key: value for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken."""
        missing = set(self.state_dict()) - set(state_dict)
        if missing:
            raise ValueError(f"{type(self).__name__}: the saved state lacks {', '.join(sorted(missing))}.")
        vars(self).update({key: state_dict[key] for key in self.state_dict()})
        self._set()


class StepLR(LRScheduler):
    """Multiply the rate by `gamma` after every `step_size` units of time.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        if step_size < 1:
            raise ValueError(f"StepLR: step_size must be at least 1, got {step_size}.")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, t: int) -> float:
        """Return base_lr · gamma^⌊t / step_size⌋."""
        return base_lr * self.gamma ** (t // self.step_size)


class LinearLR(LRScheduler):
    """Multiply the rate by a factor that goes in a straight line from one value to another: a warm-up.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(
                "LinearLR: start_factor must be above 0, and neither factor above 1, "
                f"got {start_factor} and {end_factor}."
            )
        if total_iters < 1:
            raise ValueError(f"LinearLR: total_iters must be at least 1, got {total_iters}.")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, t: int) -> float:
        """Return base_lr times the factor of time `t`."""
        done = min(t, self.total_iters) / self.total_iters
        change = self.end_factor - self.start_factor
        return base_lr * (self.start_factor + done * change)


class CosineAnnealingLR(LRScheduler):
    """Lower the rate along half a wave of the cosine, slowly at first and at last.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        if T_max < 1:
            raise ValueError(f"CosineAnnealingLR: T_max must be at least 1, got {T_max}.")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, t: int) -> float:
        """Return the learning rate at time `t`.

        eta_min + (base_lr - eta_min) · (1 + cos(π · t / T_max)) / 2, which
        is `base_lr` at 0 and `eta_min` at `T_max`. `self.T_max` and
        `self.eta_min` are the schedule's options; `cos` and `pi` are
        those of Python's `math`, already imported by name.
        """
        # BEGIN SOLUTION cosine_lr_at
        return self.eta_min + (base_lr - self.eta_min) * (1 + cos(pi * t / self.T_max)) / 2
        # END SOLUTION cosine_lr_at


class SequentialLR(LRScheduler):
    """Follow several schedules, one after the other.

    Args:
        schedulers: the schedules, all of the same optimizer.
        milestones: when each but the first takes over; its own time starts at 0 then.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedules need {max(len(schedulers) - 1, 0)} milestones "
                f"between them, got {list(milestones)}."
            )
        if list(milestones) != sorted(set(milestones)) or min(milestones, default=1) < 1:
            raise ValueError(f"SequentialLR: milestones must be positive and rise, got {list(milestones)}.")
        if any(schedule.optimizer is not optimizer for schedule in schedulers):
            raise ValueError("SequentialLR: every schedule must have been made for this optimizer.")
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        super().__init__(optimizer)

    def lr_at(self, base_lr: float, t: int) -> float:
        """Ask the schedule that is on; its time began when it took over."""
        current = sum(t >= milestone for milestone in self.milestones)
        start = self.milestones[current - 1] if current else 0
        return self.schedulers[current].lr_at(base_lr, t - start)

    def state_dict(self) -> dict[str, Any]:
        """Return the time, the milestones, and the states of all schedules in a list."""
        return {**super().state_dict(), "schedulers": [schedule.state_dict() for schedule in self.schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken."""
        for schedule, saved in zip(self.schedulers, state_dict["schedulers"], strict=True):
            schedule.load_state_dict(saved)
        super().load_state_dict({**state_dict, "schedulers": self.schedulers})
