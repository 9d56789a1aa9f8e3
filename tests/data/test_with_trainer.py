"""A loader and chapter 07's Trainer: a run that is stopped within an epoch ends as if it had not been."""

import numpy as np
import pytest

from tinytorch import manual_seed
from tinytorch.core import disable_autograd, enable_autograd
from tinytorch.data import DataLoader, Subset, TinyDigits
from tinytorch.data.transforms import RandomCrop
from tinytorch.nn import Flatten, Linear, ReLU, Sequential
from tinytorch.nn import functional as F
from tinytorch.optim import SGD
from tinytorch.training import Trainer


@pytest.fixture(autouse=True)
def recording():
    enable_autograd()
    yield
    disable_autograd()


def run(workers=0):
    """A trainer and a loader of augmented digits, both from one seed."""
    manual_seed(0)
    digits = Subset(TinyDigits("train", transform=RandomCrop(28, padding=2)), range(120))
    loader = DataLoader(digits, 16, shuffle=True, num_workers=workers)
    model = Sequential(Flatten(), Linear(784, 8), ReLU(), Linear(8, 10))
    return Trainer(model, SGD(model.parameters(), lr=0.1, momentum=0.9), F.cross_entropy), loader


def weights(trainer):
    return [parameter.data.copy() for parameter in trainer.model.parameters()]


class Stop(Exception):
    pass


@pytest.mark.parametrize("stop", [3, 8, 11])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_stopped_run_ends_with_the_same_weights(tmp_path, stop, workers):
    whole, loader = run()
    whole.fit(loader, epochs=3, progress=False)

    def stopped(row):
        seen.append(row)
        if len(seen) == stop:
            raise Stop

    seen, (first, loader) = [], run()
    with pytest.raises(Stop):
        first.fit(
            loader, epochs=3, checkpoint=tmp_path / "run.npz", every=1, on_batch=stopped, progress=False
        )

    manual_seed(99)
    second, loader = run(workers)
    second.load(tmp_path / "run.npz")
    second.fit(loader, epochs=3, progress=False)
    assert second.epoch == 3
    for ours, theirs in zip(weights(second), weights(whole), strict=True):
        np.testing.assert_array_equal(ours, theirs)
