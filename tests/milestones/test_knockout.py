"""Knock out one function of one module at a time: the gate must fail, and the runner must say so in words."""

from __future__ import annotations

import pytest
from sabotage import sabotaged

from tinytorch.workshop.curriculum import milestone

TENSOR, FUNCTIONS, NN = "tinytorch.core.tensor:Tensor", "tinytorch.nn.functional", "tinytorch.nn"
MATMUL, ADD, SUM = f"{TENSOR}.matmul", f"{TENSOR}.__add__", f"{TENSOR}.sum"
LINEAR, SEQUENTIAL = f"{FUNCTIONS}.linear:linear", f"{NN}.containers:Sequential.forward"
SOFTMAX, TANH = f"{FUNCTIONS}.activations:softmax", f"{FUNCTIONS}.activations:tanh"
SIGMOID = f"{FUNCTIONS}.activations:sigmoid"
PARAMETERS = f"{NN}.module:Module.named_parameters"
LOSS, LOSS_GRADIENT = f"{FUNCTIONS}.losses:cross_entropy", f"{FUNCTIONS}.losses:cross_entropy_gradient"
RULE, BACKWARD = f"{NN}.gradients:cross_entropy_gradient", "tinytorch.core.autograd:backward"
ORDER = "tinytorch.core.autograd:topological_order"
STEP, ADAM = "tinytorch.optim.optimizer:Optimizer.step", "tinytorch.optim.adam:adam_update"
SGD, MOMENTUM = "tinytorch.optim.sgd:sgd_update", "tinytorch.optim.sgd:momentum_update"
COSINE = "tinytorch.optim.schedules:CosineAnnealingLR.lr_at"
PARTS, EVALUATE = "tinytorch.training.loop:backward_in_parts", "tinytorch.training.loop:evaluate"
ACCURACY = "tinytorch.training.metrics:accuracy"
LOADER = "tinytorch.data.loader:DataLoader.__iter__"
SHUFFLE = "tinytorch.data.samplers:RandomSampler.__iter__"
BATCHES = "tinytorch.data.samplers:BatchSampler.__iter__"

# What each milestone stands on, module by module, and the ways to break it that it must notice.
ALL = ("zeros", "sign", "idle")
DEPENDS: dict[int, dict[int, dict[str, tuple[str, ...]]]] = {
    1958: {
        1: {MATMUL: ALL, ADD: ALL, SUM: ALL},
        2: {SOFTMAX: ALL},
        3: {LINEAR: ALL, SEQUENTIAL: ALL, PARAMETERS: ("idle",)},
        4: {LOSS: ALL, LOSS_GRADIENT: ALL},
    },
    1969: {
        1: {f"{TENSOR}.__init__": ("idle",)},
        2: {TANH: ALL},
        3: {LINEAR: ALL, SEQUENTIAL: ALL, PARAMETERS: ("idle",), f"{NN}.linear:Linear.__init__": ("idle",)},
        4: {LOSS: ALL},
        5: {RULE: ALL, BACKWARD: ("idle",), ORDER: ("zeros", "idle")},
        6: {STEP: ("idle",), ADAM: ("idle", "uphill")},
        7: {PARTS: ("idle",), EVALUATE: ("idle",), ACCURACY: ALL},
    },
    1986: {
        1: {f"{TENSOR}.reshape": ("idle", "zeros"), f"{TENSOR}.__init__": ("idle",)},
        2: {SIGMOID: ALL},
        3: {LINEAR: ALL, SEQUENTIAL: ("idle",), PARAMETERS: ("idle",)},
        4: {LOSS: ALL},
        5: {RULE: ALL, BACKWARD: ("idle",), ORDER: ("zeros", "idle")},
        6: {STEP: ("idle",), SGD: ("idle", "uphill"), MOMENTUM: (*ALL, "uphill"), COSINE: ALL},
        7: {PARTS: ("idle", "zeros"), EVALUATE: ("idle",), ACCURACY: ALL},
        8: {LOADER: ("idle",), SHUFFLE: ("idle",), BATCHES: ("idle",)},
    },
}
KNOCKOUTS = [
    pytest.param(year, target, kind, id=f"{year}-{number:02d}-{target.rpartition(':')[2]}-{kind}")
    for year, modules in DEPENDS.items()
    for number, targets in modules.items()
    for target, kinds in targets.items()
    for kind in kinds
]


@pytest.mark.parametrize("year", DEPENDS)
def test_every_module_that_a_milestone_stands_on_is_knocked_out(year):
    assert tuple(DEPENDS[year]) == milestone(year).modules


@pytest.mark.parametrize("year", DEPENDS)
def test_the_good_package_passes_with_the_same_short_training(run, year):
    report = run(year).report
    assert report.outcome == "passed", [check.message for check in report.checks]


@pytest.mark.parametrize(("year", "target", "kind"), KNOCKOUTS)
def test_a_sabotaged_module_does_not_pass(run, year, target, kind):
    report = run(year, {target: sabotaged(target, kind)}).report
    assert report.outcome in ("failed", "error"), report
    assert all(check.message for check in report.checks if check.outcome != "passed")
