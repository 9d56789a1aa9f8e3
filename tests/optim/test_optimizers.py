"""A hundred steps of every optimizer, against PyTorch."""

import itertools

import numpy as np
import pytest
from oracle import TORCH, torch

from tinytorch import Tensor
from tinytorch.optim import SGD, Adam, AdamW

pytestmark = pytest.mark.torch

# Both sides do the same operations in float32, in slightly different orders; a hundred steps add that up.
RTOL = {"float32": 2e-5, "float64": 1e-11}
SHAPES = [(3, 4), (5,), (), (0, 2)]

SGD_OPTIONS = [
    {"lr": 0.05},
    {"lr": 0.05, "weight_decay": 0.1},
    {"lr": 0.02, "momentum": 0.9},
    {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.05},
    {"lr": 0.05, "momentum": 0.5, "dampening": 0.3},
    {"lr": 0.05, "momentum": 0.5, "dampening": 1.0, "weight_decay": 0.1},
    {"lr": 0.02, "momentum": 0.9, "nesterov": True},
    {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05},
    {"lr": 0.0},
]
ADAM_OPTIONS = [
    {"lr": 0.05},
    {"lr": 0.05, "betas": (0.5, 0.9)},
    {"lr": 0.05, "betas": (0.0, 0.99), "eps": 1e-3},
    {"lr": 0.05, "betas": (0.9, 0.0)},
    {"lr": 0.05, "weight_decay": 0.1},
    {},
]
CASES = [
    *((SGD, options) for options in SGD_OPTIONS),
    *((kind, options) for kind in (Adam, AdamW) for options in ADAM_OPTIONS),
]


def ids(value):
    return value.__name__ if isinstance(value, type) else "-".join(f"{k}={v}" for k, v in value.items())


def parameters(shapes, dtype, seed=0):
    """The same parameters twice: as our tensors and as PyTorch's."""
    rng = np.random.default_rng(seed)
    arrays = [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]
    ours = [Tensor(array.copy(), requires_grad=True) for array in arrays]
    theirs = [torch.tensor(array, dtype=TORCH[dtype], requires_grad=True) for array in arrays]
    return ours, theirs


def feed(p, q, gradient):
    """Give both parameters the same gradient."""
    p.grad = Tensor(np.array(gradient, p.dtype))
    q.grad = torch.tensor(np.array(gradient, p.dtype))


def assert_close(ours, theirs, dtype):
    for p, q in zip(ours, theirs, strict=True):
        assert p.dtype == dtype
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=RTOL[dtype], atol=RTOL[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "options"), CASES, ids=ids)
def test_a_hundred_steps_down_a_noisy_bowl_are_those_of_pytorch(kind, options, dtype):
    ours, theirs = parameters(SHAPES, dtype)
    optimizer = kind(ours, **options)
    oracle = getattr(torch.optim, kind.__name__)(theirs, **options)
    rng = np.random.default_rng(1)
    curvature = [10 ** rng.uniform(-1, 1, shape) for shape in SHAPES]
    for _ in range(100):
        for p, q, h in zip(ours, theirs, curvature, strict=True):
            feed(p, q, h * q.detach().numpy() + rng.normal(size=p.shape))
        optimizer.step()
        oracle.step()
        assert_close(ours, theirs, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "options"), CASES, ids=ids)
def test_a_hundred_steps_of_logistic_regression_are_those_of_pytorch(kind, options, dtype):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(40, 6)), rng.integers(0, 2, 40)
    ours, theirs = parameters([(6,)], dtype)
    optimizer = kind(ours, **options)
    oracle = getattr(torch.optim, kind.__name__)(theirs, **options)
    for _ in range(100):
        weights = theirs[0].detach().numpy()
        feed(ours[0], theirs[0], x.T @ (1 / (1 + np.exp(-x @ weights)) - y) / len(x))
        optimizer.step()
        oracle.step()
        assert_close(ours, theirs, dtype)


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW])
def test_groups_have_options_of_their_own_as_in_pytorch(kind):
    ours, theirs = parameters([(3,), (2, 2), (4,)], "float64")
    own = {"lr": 0.2, "weight_decay": 0.3}

    def make(kind, params):
        groups = [{"params": params[:1]}, {"params": params[1:2], **own}]
        optimizer = kind(groups, lr=0.01)
        optimizer.add_param_group({"params": params[2], "lr": 0.5})
        return optimizer

    optimizer, oracle = make(kind, ours), make(getattr(torch.optim, kind.__name__), theirs)
    rng = np.random.default_rng(3)
    for t in range(50):
        for p, q in zip(ours, theirs, strict=True):
            feed(p, q, rng.normal(size=p.shape))
        if t == 25:
            optimizer.param_groups[1]["lr"] = oracle.param_groups[1]["lr"] = 0.07
        optimizer.step()
        oracle.step()
        assert_close(ours, theirs, "float64")


@pytest.mark.parametrize(("kind", "options"), [(SGD, {"lr": 0.1, "momentum": 0.9}), (Adam, {}), (AdamW, {})])
def test_a_parameter_without_a_gradient_stays_and_keeps_its_own_time_as_in_pytorch(kind, options):
    ours, theirs = parameters([(3,), (4,)], "float64")
    optimizer, oracle = kind(ours, **options), getattr(torch.optim, kind.__name__)(theirs, **options)
    rng = np.random.default_rng(4)
    for t in range(30):
        for p, q in zip(ours, theirs, strict=True):
            feed(p, q, rng.normal(size=p.shape))
        if t % 3:
            ours[1].grad = theirs[1].grad = None
        optimizer.step()
        oracle.step()
        assert_close(ours, theirs, "float64")


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(300, 500), (1, 150_000), (150_000,), (7, 5, 6000)])
def test_large_parameters_are_cut_into_blocks_without_a_seam(kind, shape, order):
    rng = np.random.default_rng(5)
    start, gradient = rng.normal(size=shape), rng.normal(size=shape)
    p = Tensor(np.array(start, order=order), requires_grad=True)
    q = torch.tensor(start, requires_grad=True)
    options = {"momentum": 0.9} if kind is SGD else {}
    optimizer = kind([p], lr=0.1, **options)
    oracle = getattr(torch.optim, kind.__name__)([q], lr=0.1, **options)
    for _ in range(3):
        p.grad, q.grad = Tensor(gradient.copy()), torch.tensor(gradient)
        optimizer.step()
        oracle.step()
    np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("kind", [SGD, Adam])
def test_a_gradient_that_is_not_finite_is_applied_as_in_pytorch(kind, special):
    (p,), (q,) = parameters([(3,)], "float32")
    feed(p, q, [1.0, special, 0.0])
    with np.errstate(invalid="ignore"):
        kind([p], lr=0.1).step()
    getattr(torch.optim, kind.__name__)([q], lr=0.1).step()
    assert_close([p], [q], "float32")


def test_the_options_meet_in_every_combination():
    """Every combination of SGD's options that both accept gives the same; what one refuses the other does."""
    names = "momentum", "dampening", "weight_decay", "nesterov"
    for values in itertools.product([0.0, 0.9], [0.0, 0.5], [0.0, 0.1], [False, True]):
        (p,), (q,) = parameters([(5,)], "float64")
        options = dict(zip(names, values, strict=True))
        try:
            oracle = torch.optim.SGD([q], lr=0.1, **options)
        except ValueError:
            with pytest.raises(ValueError, match="nesterov"):
                SGD([p], lr=0.1, **options)
            continue
        optimizer = SGD([p], lr=0.1, **options)
        for t in range(10):
            feed(p, q, np.cos(np.arange(5) + t))
            optimizer.step()
            oracle.step()
        assert_close([p], [q], "float64")
