"""Training: the loop, what it reports, and runs that can be stopped and resumed. Module 07 of the book."""

from tinytorch.training.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from tinytorch.training.loop import backward_in_parts, evaluate, train_step
from tinytorch.training.metrics import accuracy
from tinytorch.training.progress import Progress
from tinytorch.training.stopping import EarlyStopping
from tinytorch.training.trainer import Trainer
from tinytorch.training.watch import DivergedError

__all__ = [
    "CheckpointError",
    "DivergedError",
    "EarlyStopping",
    "Progress",
    "Trainer",
    "accuracy",
    "backward_in_parts",
    "evaluate",
    "load_checkpoint",
    "save_checkpoint",
    "train_step",
]
