"""Learning rates over time, against PyTorch."""

import copy
import json
import math

import numpy as np
import pytest
from oracle import torch

from tinytorch import Tensor
from tinytorch.optim import SGD, CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR, StepLR

torch_schedules = torch.optim.lr_scheduler
pytestmark = pytest.mark.torch


def two_groups(kind, tensor):
    return kind([{"params": [tensor(1.0)]}, {"params": [tensor(2.0)], "lr": 0.02}], lr=0.5)


def pair():
    ours = two_groups(SGD, lambda x: Tensor([x], requires_grad=True))
    theirs = two_groups(torch.optim.SGD, lambda x: torch.tensor([x], requires_grad=True))
    return ours, theirs


def assert_same_rates(ours, theirs, optimizer, oracle, steps):
    for t in range(steps):
        rates = [group["lr"] for group in optimizer.param_groups]
        expected = [group["lr"] for group in oracle.param_groups]
        np.testing.assert_allclose(rates, expected, rtol=1e-9, atol=1e-12, err_msg=f"at {t}")
        assert rates == ours.get_last_lr() and all(type(rate) is float for rate in rates)
        assert ours.last_epoch == theirs.last_epoch
        oracle.step()
        ours.step()
        theirs.step()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (StepLR, {"step_size": 1}),
        (StepLR, {"step_size": 7, "gamma": 0.5}),
        (LinearLR, {}),
        (LinearLR, {"start_factor": 0.01, "total_iters": 20}),
        (LinearLR, {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 13}),
        (CosineAnnealingLR, {"T_max": 10}),
        (CosineAnnealingLR, {"T_max": 60, "eta_min": 0.001}),
        (CosineAnnealingLR, {"T_max": 1}),
    ],
)
def test_rates_are_those_of_pytorch(kind, options):
    optimizer, oracle = pair()
    theirs = getattr(torch_schedules, kind.__name__)(oracle, **options)
    assert_same_rates(kind(optimizer, **options), theirs, optimizer, oracle, 50)


@pytest.mark.parametrize("milestones", [[5, 12], [1, 2], [3, 40]])
@pytest.mark.filterwarnings("ignore:.*epoch parameter.*")
def test_schedules_in_sequence_are_those_of_pytorch(milestones):
    def make(module, optimizer):
        parts = [
            module.LinearLR(optimizer, start_factor=0.1, total_iters=milestones[0]),
            module.CosineAnnealingLR(optimizer, T_max=30, eta_min=0.001),
            module.StepLR(optimizer, step_size=4, gamma=0.5),
        ]
        return module.SequentialLR(optimizer, parts, milestones)

    import tinytorch.optim as ours_module

    optimizer, oracle = pair()
    schedule = make(ours_module, optimizer)
    assert_same_rates(schedule, make(torch_schedules, oracle), optimizer, oracle, 50)


def warm_up_and_cosine(optimizer, warm_up=5):
    parts = [LinearLR(optimizer, 0.1, total_iters=warm_up), CosineAnnealingLR(optimizer, T_max=30)]
    return SequentialLR(optimizer, parts, [warm_up])


@pytest.mark.parametrize(
    "make",
    [lambda o: StepLR(o, 3), lambda o: CosineAnnealingLR(o, 10, 0.01), LinearLR, warm_up_and_cosine],
    ids=["step", "cosine", "linear", "sequential"],
)
@pytest.mark.parametrize("optimizer_first", [True, False])
def test_a_schedule_resumes_exactly_in_whatever_order_states_are_loaded(make, optimizer_first):
    optimizer, _ = pair()
    schedule = make(optimizer)
    for _ in range(7):
        schedule.step()
    saved = json.loads(json.dumps(schedule.state_dict())), copy.deepcopy(optimizer.state_dict())
    rates = []
    for _ in range(10):
        rates.append(schedule.get_last_lr())
        schedule.step()

    other, _ = pair()
    resumed = make(other)
    if optimizer_first:
        other.load_state_dict(saved[1])
        resumed.load_state_dict(saved[0])
    else:
        resumed.load_state_dict(saved[0])
        other.load_state_dict(saved[1])
    for expected in rates:
        assert resumed.get_last_lr() == expected
        resumed.step()


def test_a_loaded_schedule_sets_the_rate_at_once():
    schedule = StepLR(pair()[0], 1, gamma=0.5)
    schedule.step()
    schedule.step()
    optimizer, _ = pair()
    StepLR(optimizer, 1, gamma=0.5).load_state_dict(schedule.state_dict())
    assert [group["lr"] for group in optimizer.param_groups] == [0.125, 0.005]


def test_a_state_of_another_schedule_is_refused():
    optimizer, _ = pair()
    with pytest.raises(ValueError, match="StepLR: the saved state lacks gamma, step_size"):
        StepLR(optimizer, 3).load_state_dict(CosineAnnealingLR(optimizer, 5).state_dict())


def test_the_state_restores_the_options_as_in_pytorch():
    optimizer, _ = pair()
    saved = warm_up_and_cosine(optimizer, warm_up=8).state_dict()
    other = warm_up_and_cosine(pair()[0], warm_up=2)
    other.load_state_dict(saved)
    assert other.state_dict() == saved and other.schedulers[0].total_iters == 8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: StepLR(o, 0), "step_size must be at least 1, got 0"),
        (lambda o: LinearLR(o, start_factor=0), "start_factor must be above 0"),
        (lambda o: LinearLR(o, end_factor=1.5), "neither factor above 1, got 0.33.* and 1.5"),
        (lambda o: LinearLR(o, total_iters=0), "total_iters must be at least 1, got 0"),
        (lambda o: CosineAnnealingLR(o, 0), "T_max must be at least 1, got 0"),
        (
            lambda o: SequentialLR(o, [LinearLR(o)], [5]),
            r"1 schedules need 0 milestones between them, got \[5\]",
        ),
        (lambda o: SequentialLR(o, [LinearLR(o)] * 3, [5, 5]), r"positive and rise, got \[5, 5\]"),
        (lambda o: SequentialLR(o, [LinearLR(o)] * 2, [0]), r"positive and rise, got \[0\]"),
        (lambda o: SequentialLR(o, [LinearLR(pair()[0])], []), "made for this optimizer"),
        (LRScheduler, "does not say which rate"),
    ],
)
def test_options_that_mean_nothing_are_refused(make, message):
    with pytest.raises((ValueError, NotImplementedError), match=message):
        make(pair()[0])


def test_a_group_added_later_is_scheduled_from_its_own_rate():
    optimizer, _ = pair()
    schedule = StepLR(optimizer, 2, gamma=0.5)
    schedule.step()
    optimizer.add_param_group({"params": [Tensor([1.0], requires_grad=True)], "lr": 8.0})
    schedule.step()
    assert schedule.get_last_lr() == [0.25, 0.01, 4.0]
    assert math.isclose(optimizer.param_groups[0]["initial_lr"], 0.5)
