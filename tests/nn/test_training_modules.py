"""Modules while gradients are recorded: what training, copying and loading do to them, against PyTorch."""

import copy
import pickle

import numpy as np
import pytest
from oracle import both, torch
from strategies import fill

from tinytorch import Tensor, disable_autograd, enable_autograd, nn
from tinytorch.nn import functional as F

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def autograd():
    enable_autograd()
    yield
    disable_autograd()


def ours_and_theirs():
    """The same network twice, with the same numbers; its first weight is also its second."""

    def build(library):
        net = library.Sequential(
            library.Flatten(),
            library.Linear(6, 6),
            library.ReLU(),
            library.Dropout(0.0),
            library.Linear(6, 6),
            library.Linear(6, 3, bias=False),
        )
        net[4].weight = net[1].weight
        return net

    ours, theirs = build(nn), build(torch.nn)
    ours.load_state_dict({name: value.detach().numpy() for name, value in theirs.state_dict().items()})
    return ours, theirs


def loss(net, x, target):
    return F.mse_loss(net(x), target)


def test_the_gradients_of_a_network_are_pytorchs_also_of_a_shared_weight():
    ours, theirs = ours_and_theirs()
    (x, tx), (t, tt) = both(fill((5, 2, 3), "float32", 0)), both(fill((5, 3), "float32", 1))
    loss(ours, x, t).backward()
    torch.nn.functional.mse_loss(theirs(tx), tt).backward()
    expected = {name: p.grad.numpy() for name, p in theirs.named_parameters()}
    assert [name for name, _ in ours.named_parameters()] == list(expected)
    for name, parameter in ours.named_parameters():
        np.testing.assert_allclose(parameter.grad.data, expected[name], rtol=1e-4, atol=1e-6)
    ours.zero_grad()
    assert all(parameter.grad is None for parameter in ours.parameters())


def test_a_dropped_value_gets_no_gradient_and_the_others_are_scaled():
    x = Tensor(np.ones(1000, "float32"), requires_grad=True)
    y = nn.Dropout(0.2, generator=np.random.default_rng(0))(x)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)
    assert sorted(set(x.grad.tolist())) == [0.0, 1.25]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_network_can_be_copied_after_a_step_and_trains_on_its_own(copied):
    net, _ = ours_and_theirs()
    x, t = Tensor(fill((5, 6), "float32", 0)), Tensor(fill((5, 3), "float32", 1))
    loss(net, x, t).backward()
    twin = copied(net)
    before = net[1].weight.grad.data.copy()
    loss(twin, x, t).backward()
    np.testing.assert_array_equal(net[1].weight.grad.data, before)
    np.testing.assert_allclose(twin[1].weight.grad.data, 2 * before, rtol=1e-5)
    assert twin[4].weight is twin[1].weight


def test_the_state_is_detached_and_loading_records_nothing():
    net, _ = ours_and_theirs()
    state = net.state_dict()
    assert all(not t.requires_grad and t.grad_fn is None for t in state.values())
    net.load_state_dict({name: t.data + 1 for name, t in state.items()})
    assert all(p.grad_fn is None and p.requires_grad for p in net.parameters())


def test_frozen_parameters_get_no_gradient():
    net, _ = ours_and_theirs()
    net[5].weight.requires_grad = False
    loss(net, Tensor(fill((5, 6), "float32", 0)), Tensor(fill((5, 3), "float32", 1))).backward()
    assert net[5].weight.grad is None and net[4].bias.grad is not None
