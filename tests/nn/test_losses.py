"""Losses and their gradients by hand, against PyTorch."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracle import assert_same, both, outcome, torch
from strategies import FLOATS, arrays, fill, floats, seeds, shapes

from tinytorch import Tensor, nn, ones, zeros
from tinytorch.nn import functional as F
from tinytorch.nn.functional import losses

pytestmark = pytest.mark.torch

REDUCTIONS = ["mean", "sum", "none"]
reductions = st.sampled_from(REDUCTIONS)
EXTREME = [1e4, -1e4, 1e30, 88.8, -104.0, np.inf, -np.inf, np.nan]


def close(ours, theirs):
    """float32 losses are sums of a few hundred numbers at most, in an order of their own."""
    assert_same(ours, theirs, rtol=1e-5 if ours.dtype == "float32" else 1e-12)


def sprinkle(array, values, seed):
    """Put some of `values` at random places of `array`."""
    generator = np.random.default_rng(seed)
    places = generator.random(array.shape) < 0.2
    array[places] = generator.choice(values, int(places.sum()))
    return array


@st.composite
def classifications(draw, min_classes=1, special=()):
    """Scores (..., C) and the class of each row, some of them -100."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    classes = draw(st.integers(min_classes, 6))
    logits = fill((*shape, classes), draw(floats), draw(seeds)) * draw(st.sampled_from([1.0, 30.0]))
    if special:
        sprinkle(logits, special, draw(seeds))
    generator = np.random.default_rng(draw(seeds))
    targets = np.asarray(generator.integers(0, classes, shape), "int32")
    if draw(st.booleans()):
        targets = np.where(generator.random(shape) < 0.3, -100, targets).astype("int32")
    return logits, targets


def as_pytorch_wants(x, y):
    """PyTorch has the classes along dimension 1; flat rows mean the same."""
    return x.reshape(-1, x.shape[-1]), y.reshape(-1)


# Cross-entropy


@given(classifications(), reductions)
def test_cross_entropy_is_that_of_pytorch(drawn, reduction):
    (x, tx), (y, ty) = map(both, drawn)
    theirs = torch.nn.functional.cross_entropy(*as_pytorch_wants(tx, ty), reduction=reduction)
    if reduction == "none":
        theirs = theirs.reshape(ty.shape)
    close(F.cross_entropy(x, y, reduction=reduction), theirs)


@pytest.mark.parametrize("dtype", FLOATS)
def test_cross_entropy_takes_a_batch_or_one_example_as_pytorch_does(dtype):
    for shape in [(5, 4), (4,)]:
        (x, tx), (y, ty) = both(fill(shape, dtype, 0)), both(np.asarray(fill(shape[:-1], "int32", 1) % 4))
        close(F.cross_entropy(x, y), torch.nn.functional.cross_entropy(tx, ty))


@given(classifications(special=EXTREME), reductions)
def test_extreme_scores_cost_what_they_cost_in_pytorch_and_nothing_warns(drawn, reduction):
    (x, tx), (y, ty) = map(both, drawn)
    theirs = torch.nn.functional.cross_entropy(*as_pytorch_wants(tx, ty), reduction="none").reshape(ty.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        close(F.cross_entropy(x, y, reduction="none"), theirs)
        F.cross_entropy(x, y, reduction=reduction)
        F.cross_entropy_gradient(x, y)
        F.logsumexp(x)


def test_large_scores_keep_their_digits():
    x = Tensor([[1e4, 1e4 + 1.0, -1e4]])
    assert abs(F.cross_entropy(x, Tensor([0])).item() - np.log1p(np.e)) < 1e-6


@given(classifications(min_classes=2), st.integers(0, 1))
def test_any_class_can_be_ignored(drawn, ignore_index):
    (x, tx), (y, ty) = map(both, (drawn[0], np.maximum(drawn[1], 0)))
    theirs = torch.nn.functional.cross_entropy(*as_pytorch_wants(tx, ty), ignore_index=ignore_index)
    close(F.cross_entropy(x, y, ignore_index=ignore_index), theirs)


def test_an_ignored_row_costs_nothing_even_if_it_is_nan():
    x, y = Tensor([[np.nan, 1.0], [0.0, 0.0]]), Tensor([-100, 1])
    assert F.cross_entropy(x, y, reduction="none").data[0] == 0.0
    assert F.cross_entropy(x, y).item() == pytest.approx(np.log(2))
    assert F.cross_entropy_gradient(x, y).tolist() == [[0.0, 0.0], [0.5, -0.5]]


@given(classifications())
def test_the_gradient_of_cross_entropy_by_hand_is_that_of_pytorch(drawn):
    (x, tx), (y, ty) = map(both, drawn)
    tx.requires_grad_()
    torch.nn.functional.cross_entropy(*as_pytorch_wants(tx, ty)).backward()
    close(F.cross_entropy_gradient(x, y), tx.grad)


@given(classifications(special=[1e4, -1e4, -np.inf]))
def test_extreme_scores_have_the_gradient_of_pytorch(drawn):
    (x, tx), (y, ty) = drawn = [both(array) for array in (drawn[0], np.maximum(drawn[1], 0))]
    tx.requires_grad_()
    torch.nn.functional.cross_entropy(*as_pytorch_wants(tx, ty)).backward()
    close(F.cross_entropy_gradient(x, y), tx.grad)


def test_cross_entropy_keeps_what_its_gradient_needs(monkeypatch):
    kept = []
    monkeypatch.setattr(losses, "keep", lambda out, *values: kept.extend([out, *values]) or out)
    x, y = Tensor([[[1.0, 2.0], [0.0, 0.0]]]), Tensor([[1, -100]])
    loss = F.cross_entropy(x, y)
    out, p, classes, ignored = kept
    assert out is loss
    np.testing.assert_allclose(p, torch.softmax(torch.tensor(x.data[0]), -1), rtol=1e-6)
    assert (classes[0], ignored.tolist()) == (1, [1])


@pytest.mark.parametrize("dtype", ["int32", "int8"])
def test_classes_of_any_whole_dtype_and_the_inputs_stay(dtype):
    x, y = Tensor(fill((4, 3), "float32", 0)), Tensor([0, 2, -100, 1], dtype)
    before = x.data.copy(), y.data.copy()
    close(
        F.cross_entropy(x, y),
        torch.nn.functional.cross_entropy(torch.tensor(x.data), torch.tensor(y.data).long()),
    )
    F.cross_entropy_gradient(x, y)
    assert np.array_equal(x.data, before[0]) and np.array_equal(y.data, before[1])


def test_whole_numbers_as_scores_cost_as_floats_do():
    x, y = Tensor([[1, 2, 3]]), Tensor([0])
    assert F.cross_entropy(x, y).tolist() == F.cross_entropy(x.to("float32"), y).tolist()


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (Tensor([0.0, 1.0]), r"whole numbers.*got float32.*targets.to\(\"int32\"\)"),
        (Tensor([True, False]), "got bool"),
        ([0, 1], "got list"),
        (np.array([0, 1], "int32"), "got ndarray"),
    ],
)
def test_targets_that_are_no_whole_numbers_are_refused(targets, says):
    for function in (F.cross_entropy, F.cross_entropy_gradient):
        with pytest.raises(TypeError, match=rf"{function.__name__}: .*{says}"):
            function(zeros(2, 3), targets)


@pytest.mark.parametrize(
    ("logits", "targets", "says"),
    [
        ((2, 3), (3,), r"logits \(2, 3\).*need shape \(2,\); got \(3,\)\.$"),
        ((2, 3), (2, 3), r"one-hot rows, targets\.argmax"),
        ((2, 3, 5), (2, 5), r"need shape \(2, 3\); got \(2, 5\)\. PyTorch counts classes along dimension 1"),
        ((), (), r"have no dimension; got \(\)"),
        ((3,), (1,), r"need shape \(\); got \(1,\)"),
    ],
)
def test_targets_that_do_not_fit_the_scores_are_refused(logits, targets, says):
    for function in (F.cross_entropy, F.cross_entropy_gradient):
        with pytest.raises(ValueError, match=rf"{function.__name__}: .*{says}"):
            function(zeros(logits), zeros(targets, dtype="int32"))


@pytest.mark.parametrize("value", [3, -1, 100])
def test_a_class_that_does_not_exist_is_shown_with_its_place(value):
    y = zeros(2, 2, dtype="int32")
    y.data[1, 0] = value
    for function in (F.cross_entropy, F.cross_entropy_gradient):
        with pytest.raises(IndexError, match=rf"targets\[1, 0\] is {value}, and .* 3 classes.*from 0 to 2"):
            function(zeros(2, 2, 3), y)


# log-sum-exp


@st.composite
def arrays_with_extremes_and_axes(draw):
    array = sprinkle(draw(arrays(dtypes=floats)), [0.0, *EXTREME], draw(seeds))
    if array.ndim == 0:
        return array, 0  # PyTorch lets a number have a dimension 0; here it has none
    several = hnp.valid_tuple_axes(array.ndim, min_size=1)
    return array, draw(st.integers(-array.ndim, array.ndim - 1) | several)


@given(arrays_with_extremes_and_axes(), st.booleans())
def test_logsumexp_is_that_of_pytorch(drawn, keepdims):
    array, axis = drawn
    x, tx = both(array)
    if array.ndim == 0:
        with pytest.raises(IndexError, match=r"logsumexp: there is no dimension 0 in shape \(\)"):
            F.logsumexp(x, axis)
        return
    close(F.logsumexp(x, axis=axis, keepdims=keepdims), torch.logsumexp(tx, axis, keepdim=keepdims))


def test_logsumexp_over_all_axes_and_of_whole_numbers():
    assert F.logsumexp(zeros(2, 3), axis=None).item() == pytest.approx(np.log(6))
    assert F.logsumexp(Tensor([0, 0])).dtype == "float32"


# Squared error


@given(shapes, floats, floats, seeds, reductions)
def test_mse_loss_is_that_of_pytorch(shape, dtype, other, seed, reduction):
    (x, tx), (y, ty) = both(fill(shape, dtype, seed)), both(fill(shape, other, seed + 1))
    close(F.mse_loss(x, y, reduction=reduction), torch.nn.functional.mse_loss(tx, ty, reduction=reduction))


@given(shapes, floats, seeds)
def test_the_gradient_of_mse_loss_by_hand_is_that_of_pytorch(shape, dtype, seed):
    (x, tx), (y, ty) = both(fill(shape, dtype, seed)), both(fill(shape, dtype, seed + 1))
    tx.requires_grad_()
    torch.nn.functional.mse_loss(tx, ty).backward()
    close(F.mse_loss_gradient(x, y), tx.grad)


def test_whole_numbers_have_no_squared_error_as_in_pytorch_unless_they_meet_floats():
    x, y = Tensor([1, 2]), Tensor([0.5, 0.5])
    assert F.mse_loss(x, y).dtype == "float32"
    with pytest.raises(TypeError, match="mse_loss: needs a floating dtype, got int32"):
        F.mse_loss(x, x)


@pytest.mark.parametrize(
    "function",
    [F.mse_loss, F.mse_loss_gradient, F.binary_cross_entropy, F.binary_cross_entropy_with_logits],
)
def test_shapes_must_be_equal_because_broadcasting_compares_the_wrong_things(function):
    with pytest.raises(ValueError, match=r"shape \(4,\) and targets \(4, 1\).*targets\.reshape\(4,\) fits"):
        function(zeros(4), zeros(4, 1))
    with pytest.raises(ValueError, match=r"shape \(4, 2\) and targets \(2,\).*one target"):
        function(zeros(4, 2), zeros(2))


# Binary cross-entropy


@st.composite
def yes_or_no(draw):
    """Numbers of a shape, and targets in 0 to 1 of the same shape and dtype."""
    shape, dtype, generator = draw(shapes), draw(floats), np.random.default_rng(draw(seeds))
    targets = np.round(generator.random(shape)) if draw(st.booleans()) else generator.random(shape)
    return fill(shape, dtype, draw(seeds)), np.asarray(targets, dtype)


@given(yes_or_no(), reductions)
def test_bce_with_logits_is_that_of_pytorch(drawn, reduction):
    (x, tx), (y, ty) = map(both, drawn)
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(tx, ty, reduction=reduction)
    close(F.binary_cross_entropy_with_logits(x, y, reduction=reduction), theirs)


@given(yes_or_no(), seeds)
def test_extreme_scores_for_yes_cost_what_they_cost_in_pytorch_and_nothing_warns(drawn, seed):
    (x, tx), (y, ty) = both(sprinkle(drawn[0], EXTREME, seed)), both(drawn[1])
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(tx, ty, reduction="none")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        close(F.binary_cross_entropy_with_logits(x, y, reduction="none"), theirs)
        F.binary_cross_entropy_with_logits(x, y)


@given(yes_or_no(), seeds, reductions)
def test_bce_is_that_of_pytorch_up_to_certainty(drawn, seed, reduction):
    p = np.asarray(1.0 / (1.0 + np.exp(-drawn[0])), drawn[0].dtype)
    (p, tp), (y, ty) = both(sprinkle(p, [0.0, 1.0, 1e-30], seed)), both(drawn[1])
    theirs = torch.nn.functional.binary_cross_entropy(tp, ty, reduction=reduction)
    close(F.binary_cross_entropy(p, y, reduction=reduction), theirs)


@pytest.mark.parametrize("value", [-0.1, 1.5, np.nan, np.inf])
def test_probabilities_outside_zero_to_one_are_refused_as_in_pytorch_and_shown(value):
    bad, good = both(np.array([[0.5, value]], "float32")), both(np.array([[0.5, 0.5]], "float32"))
    for (p, tp), (y, ty), name in [(bad, good, "predictions"), (good, bad, "targets")]:
        assert_same(
            outcome(F.binary_cross_entropy, p, y),
            outcome(torch.nn.functional.binary_cross_entropy, tp, ty),
        )
        with pytest.raises(ValueError, match=rf"{name} must lie between 0 and 1, got {value}.*\(0, 1\)"):
            F.binary_cross_entropy(p, y)
    with pytest.raises(ValueError, match="with_logits: targets must lie between 0 and 1"):
        F.binary_cross_entropy_with_logits(good[0], bad[0])  # PyTorch computes; -1 for no is a common slip


# Reductions, and the modules


def test_an_unknown_reduction_is_refused_by_functions_and_at_construction():
    for make in (
        lambda: losses.reduce_loss(np.zeros(2), "average"),
        lambda: F.mse_loss(ones(2), ones(2), reduction="average"),
        lambda: nn.MSELoss(reduction="average"),
        lambda: nn.CrossEntropyLoss("average"),
    ):
        with pytest.raises(ValueError, match="reduction 'average' is not one of 'mean', 'sum', 'none'"):
            make()


def test_nothing_has_no_mean_and_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(F.mse_loss(zeros(0), zeros(0)).item())
        assert np.isnan(F.cross_entropy(zeros(0, 3), zeros(0, dtype="int32")).item())
        assert np.isnan(F.binary_cross_entropy(zeros(0), zeros(0)).item())
        assert F.mse_loss_gradient(zeros(0), zeros(0)).shape == (0,)
        assert F.cross_entropy_gradient(zeros(0, 3), zeros(0, dtype="int32")).shape == (0, 3)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["MSELoss", "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss"])
def test_modules_compute_what_pytorchs_do_and_say_how_they_reduce(name, reduction):
    generator = np.random.default_rng(0)
    x, tx = both(np.asarray(generator.random((4, 3)), "float32"))
    y, ty = both(
        np.array([0, 2, 1, 0], "int32") if name == "CrossEntropyLoss" else np.eye(4, 3, dtype="float32")
    )
    ours, theirs = getattr(nn, name)(reduction=reduction), getattr(torch.nn, name)(reduction=reduction)
    close(ours(x, y), theirs(tx, ty))
    assert repr(ours) == (f"{name}()" if reduction == "mean" else f"{name}(reduction={reduction!r})")


def test_the_module_ignores_the_class_it_was_told_to():
    x, y = zeros(2, 2), Tensor([0, 1])
    assert nn.CrossEntropyLoss(reduction="none", ignore_index=0)(x, y).tolist() == pytest.approx(
        [0, np.log(2)]
    )
