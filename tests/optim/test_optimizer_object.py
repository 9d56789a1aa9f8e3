"""What every optimizer promises beside its formula: memory, state, and errors that help."""

import copy
import json
import tracemalloc

import numpy as np
import pytest

from tinytorch import Tensor, randn
from tinytorch.core import disable_autograd, enable_autograd
from tinytorch.optim import SGD, Adam, AdamW, Optimizer, adam, sgd
from tinytorch.optim.optimizer import BLOCK, blocks

KINDS = [SGD, Adam, AdamW]
REMEMBERING = [(SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}), (Adam, {}), (AdamW, {})]


def weights(*shape, seed=0):
    return randn(*shape, requires_grad=True, generator=np.random.default_rng(seed))


def give_gradients(params, seed):
    rng = np.random.default_rng(seed)
    for p in params:
        p.grad = Tensor(np.asarray(rng.normal(size=p.shape), p.dtype))


@pytest.mark.parametrize(("kind", "options"), REMEMBERING)
def test_parameters_move_in_place_and_gradients_stay(kind, options):
    p = weights(4, 3)
    view, array = p.data[1], p.data
    optimizer = kind([p], **options)
    for seed in range(3):
        give_gradients([p], seed)
        before = p.grad.data.copy()
        optimizer.step()
        np.testing.assert_array_equal(p.grad.data, before)
    assert p.data is array and np.shares_memory(view, p.data)
    assert not np.array_equal(array, weights(4, 3).data)


@pytest.mark.parametrize(("kind", "options"), REMEMBERING)
def test_what_is_remembered_is_float32(kind, options):
    p = weights(4, 3)
    optimizer = kind([p], **options)
    for seed in range(3):
        give_gradients([p], seed)
        optimizer.step()
    arrays = [value for value in optimizer.state[p].values() if isinstance(value, np.ndarray)]
    assert arrays and all(array.dtype == np.float32 for array in (p.data, *arrays))


@pytest.mark.parametrize(
    ("kind", "module", "rule"),
    [(SGD, sgd, "sgd_update"), (Adam, adam, "adam_update"), (AdamW, adam, "adam_update")],
)
def test_no_number_of_numpys_reaches_the_arrays(kind, module, rule, monkeypatch):
    """An array times a float64 scalar is a float64 array: twice the memory, and many times the time."""
    p = weights(4, 3)
    options = {"momentum": np.float64(0.9)} if kind is SGD else {"betas": (np.float64(0.9), np.float64(0.99))}
    optimizer = kind([p], lr=np.float64(0.1), weight_decay=np.float64(0.1), **options)
    optimizer.param_groups[0]["lr"] = np.float64(0.2)  # as a schedule with NumPy in it would
    numbers = []
    original = getattr(module, rule)

    def spy(*args):
        numbers.extend(value for value in args if not isinstance(value, np.ndarray))
        original(*args)

    monkeypatch.setattr(module, rule, spy)
    give_gradients([p], 0)
    optimizer.step()
    options = [value for value in optimizer.param_groups[0].values() if isinstance(value, (float, tuple))]
    assert 0.2 in numbers and all(type(number) in (int, float) for number in numbers)
    assert all(type(value) in (bool, tuple, float) for value in options[1:])


@pytest.mark.parametrize(("kind", "limit"), [(SGD, 2.5), (Adam, 3.5), (AdamW, 2.5)])
def test_a_step_takes_the_memory_of_a_few_blocks(kind, limit):
    p = weights(2**20)
    optimizer = kind([p], weight_decay=0.1)
    give_gradients([p], 0)
    optimizer.step()
    tracemalloc.start()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1] / (4 * BLOCK)
    tracemalloc.stop()
    assert peak < limit, f"{peak:.1f} blocks of float32 at a time"


def test_adam_remembers_twice_the_parameters():
    params = [weights(100, 30), weights(30)]
    optimizer = Adam(params)
    give_gradients(params, 0)
    optimizer.step()
    remembered = sum(
        value.nbytes
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, np.ndarray)
    )
    assert remembered == 2 * sum(p.nbytes for p in params)


@pytest.mark.parametrize(
    "shape", [(), (0,), (0, 5), (5, 0), (7,), (2 * BLOCK - 1,), (2 * BLOCK,), (3, BLOCK), (300, 2, 400)]
)
def test_blocks_cover_every_element_once_as_views(shape):
    x, y = np.zeros(shape, "float32"), np.zeros(shape, "float32").T.copy().T
    for a, b in blocks(x, y):
        assert a.shape == b.shape
        assert x.size < 2 * BLOCK or a.size <= max(BLOCK, x[:1].size)
        a += 1
        b += 1
    assert (x == 1).all() and (y == 1).all()


def test_zero_grad_forgets_or_clears():
    p, q = weights(3), weights(2)
    optimizer = SGD([p, q], lr=0.1)
    give_gradients([p], 0)
    held = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is held and (held.data == 0).all() and q.grad is None
    optimizer.zero_grad()
    assert p.grad is None and q.grad is None
    optimizer.step()
    np.testing.assert_array_equal(p.data, weights(3).data)


@pytest.mark.parametrize(("kind", "options"), REMEMBERING)
def test_a_run_resumed_from_its_state_goes_on_exactly(kind, options):
    def run(p, q, optimizer, steps):
        for seed in steps:
            give_gradients([p, q], seed)
            optimizer.step()

    def make(p, q):
        return kind([{"params": [p]}, {"params": [q], "lr": 0.3}], **options)

    p, q = weights(4, 3), weights(2, seed=1)
    optimizer = make(p, q)
    run(p, q, optimizer, range(5))
    saved = copy.deepcopy(optimizer.state_dict())
    p2, q2 = Tensor(p.data.copy(), requires_grad=True), Tensor(q.data.copy(), requires_grad=True)
    resumed = make(p2, q2)
    run(p2, q2, resumed, range(2))  # what it remembers by now must not matter
    p2.data[...], q2.data[...] = p.data, q.data
    resumed.load_state_dict(saved)
    run(p, q, optimizer, range(5, 10))
    run(p2, q2, resumed, range(5, 10))
    np.testing.assert_array_equal(p.data, p2.data)
    np.testing.assert_array_equal(q.data, q2.data)


@pytest.mark.parametrize(("kind", "options"), REMEMBERING)
def test_the_state_is_arrays_and_plain_values_and_survives_json(kind, options):
    p = weights(3)
    optimizer = kind([p], **options)
    give_gradients([p], 0)
    optimizer.step()
    state = optimizer.state_dict()
    assert set(state) == {"state", "param_groups"} and state["param_groups"][0]["params"] == [0]
    as_text = json.dumps(state, default=lambda array: {"array": array.tolist()})
    back = json.loads(as_text, object_hook=lambda d: np.array(d["array"], "float32") if "array" in d else d)
    other = kind([weights(3, seed=5)], lr=7.0)
    other.load_state_dict(back)
    again = other.state_dict()
    assert again["param_groups"] == state["param_groups"]
    for key, value in state["state"][0].items():
        np.testing.assert_array_equal(again["state"][0][key], value)


def test_a_loaded_state_is_a_copy():
    p, q = weights(3), weights(3)
    first, second = Adam([p]), Adam([q])
    give_gradients([p], 0)
    first.step()
    second.load_state_dict(first.state_dict())
    assert not np.shares_memory(first.state[p]["exp_avg"], second.state[q]["exp_avg"])
    assert first.param_groups[0] is not second.param_groups[0]


def test_loading_the_state_of_a_fresh_optimizer_forgets():
    p = weights(3)
    optimizer = Adam([p])
    give_gradients([p], 0)
    optimizer.step()
    optimizer.load_state_dict(Adam([weights(3)]).state_dict())
    assert p not in optimizer.state


def test_a_state_that_does_not_fit_changes_nothing():
    p, q = weights(3), weights(4)
    small, large = Adam([p]), Adam([q], lr=0.5)
    give_gradients([p, q], 0)
    small.step()
    large.step()
    before = copy.deepcopy(large.state_dict())
    with pytest.raises(ValueError, match=r"exp_avg of parameter 0 has shape \(3,\), the parameter \(4,\)"):
        large.load_state_dict(small.state_dict())
    two = Adam([weights(3), weights(2)])
    with pytest.raises(ValueError, match=r"groups of \[2\] parameters.*groups of \[1\]"):
        large.load_state_dict(two.state_dict())
    with pytest.raises(ValueError, match=r"Adam: the saved state lacks betas, eps; was it saved by an"):
        large.load_state_dict(SGD([weights(4)]).state_dict())
    bad = copy.deepcopy(before)
    bad["param_groups"][0]["lr"] = -1
    with pytest.raises(ValueError, match="lr must be 0 or more"):
        large.load_state_dict(bad)
    after = large.state_dict()
    assert after["param_groups"] == before["param_groups"]
    np.testing.assert_array_equal(after["state"][0]["exp_avg"], before["state"][0]["exp_avg"])


ALL = [("lr", -0.1), ("lr", float("nan")), ("lr", float("inf")), ("weight_decay", -1.0)]
OF_ADAM = [("betas", (1.0, 0.9)), ("betas", (0.9, -0.1)), ("eps", -1e-8)]
OUT_OF_RANGE = [
    *((SGD, *case) for case in [*ALL, ("momentum", -0.5), ("dampening", -0.5)]),
    *((kind, *case) for kind in (Adam, AdamW) for case in [*ALL, *OF_ADAM]),
]


@pytest.mark.parametrize(("kind", "option", "value"), OUT_OF_RANGE)
def test_an_option_out_of_range_is_refused_with_its_value(kind, option, value):
    shown = str(value) if not isinstance(value, tuple) else str(value).replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(ValueError, match=rf"{kind.__name__}: {option} .*{shown}"):
        kind([weights(1)], **{option: value})
    with pytest.raises(ValueError, match=option):
        kind([{"params": [weights(1)], option: value}])


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_that_cannot_be_optimized_are_refused_with_the_reason(kind):
    p = weights(2)
    with pytest.raises(ValueError, match=r"no parameters.*call it again"):
        kind([])
    used = iter([p])
    kind(used)
    with pytest.raises(ValueError, match=r"no parameters.*call it again"):
        kind(used)
    with pytest.raises(TypeError, match=r"wrap it: \[params\]"):
        kind(p)
    with pytest.raises(TypeError, match="parameter 1 must be a Tensor, got ndarray"):
        kind([p, p.data])
    with pytest.raises(ValueError, match=r"parameter 0 of shape \(2,\) has requires_grad=False"):
        kind([Tensor([1.0, 2.0])])
    with pytest.raises(ValueError, match="given twice"):
        kind([p, p])
    with pytest.raises(ValueError, match="given twice"):
        kind([{"params": [p]}, {"params": [p], "lr": 1.0}])
    with pytest.raises(ValueError, match="a group sets lrr, which is no option here; its options are lr, "):
        kind([{"params": [p], "lrr": 1.0}])
    with pytest.raises(TypeError, match="dict with tensors"):
        kind([{"param": [p]}])


def test_the_result_of_an_operation_is_refused():
    enable_autograd()
    try:
        with pytest.raises(ValueError, match=r"parameter 0 of shape \(2,\) is the result of <mul>"):
            SGD([weights(2) * 2], lr=0.1)
    finally:
        disable_autograd()


def test_nesterov_needs_momentum():
    for options in ({}, {"momentum": 0.9, "dampening": 0.1}):
        with pytest.raises(ValueError, match="nesterov needs a momentum above 0 and a dampening of 0"):
            SGD([weights(1)], nesterov=True, **options)


def test_a_gradient_of_another_shape_is_refused_and_not_broadcast():
    p = weights(3, 2)
    p.grad = Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match=r"parameter of shape \(3, 2\) has a gradient of shape \(2,\)"):
        SGD([p], lr=0.1).step()


def test_the_base_class_says_what_is_missing():
    p = weights(2)
    give_gradients([p], 0)
    with pytest.raises(NotImplementedError, match="how to update"):
        Optimizer([p], {"lr": 0.1}).step()


def test_repr_shows_the_options_of_each_group():
    text = repr(AdamW([{"params": [weights(2)]}, {"params": [weights(3)], "lr": 0.5}]))
    assert text.startswith("AdamW (") and "lr: 0.5" in text and "betas: (0.9, 0.999)" in text
