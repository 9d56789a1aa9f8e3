"""Optimizers, and what goes with them: clipping and schedules. Module 06 of the book."""

from tinytorch.optim.adam import Adam, AdamW
from tinytorch.optim.clip import clip_grad_norm_, clip_grad_value_
from tinytorch.optim.optimizer import Optimizer
from tinytorch.optim.schedules import CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR, StepLR
from tinytorch.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "LRScheduler",
    "LinearLR",
    "Optimizer",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
]
