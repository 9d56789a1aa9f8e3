"""Clipping, against PyTorch."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import TORCH, torch

from tinytorch import Tensor
from tinytorch.optim import clip_grad_norm_, clip_grad_value_
from tinytorch.optim.clip import vector_norm

pytestmark = pytest.mark.torch
NORMS = [1.0, 2.0, 3.0, 0.5, math.inf]


def both(gradients):
    """Parameters with these gradients (None for one without), as ours and as PyTorch's."""
    ours, theirs = [], []
    for gradient in gradients:
        shape = () if gradient is None else gradient.shape
        dtype = "float32" if gradient is None else gradient.dtype.name
        p = Tensor(np.zeros(shape, dtype), requires_grad=True)
        q = torch.zeros(shape, dtype=TORCH[dtype], requires_grad=True)
        if gradient is not None:
            p.grad, q.grad = Tensor(gradient.copy()), torch.tensor(gradient)
        ours.append(p)
        theirs.append(q)
    return ours, theirs


def assert_same_gradients(ours, theirs, rtol):
    for p, q in zip(ours, theirs, strict=True):
        assert (p.grad is None) == (q.grad is None)
        if p.grad is not None:
            assert p.grad.dtype == p.dtype
            np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=rtol, atol=1e-30)


@given(
    seed=st.integers(0, 999),
    shapes=st.lists(st.sampled_from([(), (3,), (2, 3), (0,), (4, 1, 2), None]), max_size=4),
    dtype=st.sampled_from(["float32", "float64"]),
    scale=st.sampled_from([0.0, 1e-3, 1.0, 1e6]),
    max_norm=st.sampled_from([0.0, 0.1, 1.0, 100.0]),
    norm_type=st.sampled_from(NORMS),
)
def test_norm_and_clipped_gradients_are_those_of_pytorch(seed, shapes, dtype, scale, max_norm, norm_type):
    assume(norm_type != math.inf or (0,) not in shapes)  # of no elements PyTorch knows no largest; we say 0
    rng = np.random.default_rng(seed)
    gradients = [
        None if shape is None else np.asarray(scale * rng.normal(size=shape), dtype) for shape in shapes
    ]
    ours, theirs = both(gradients)
    norm = clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert isinstance(norm, Tensor) and norm.shape == ()
    np.testing.assert_allclose(norm.item(), expected.item(), rtol=1e-5)
    assert_same_gradients(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("special", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("norm_type", NORMS)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_norms_that_are_not_finite_are_those_of_pytorch(special, norm_type):
    ours, theirs = both([np.array([1.0, special], "float32"), np.array([2.0], "float32")])
    norm = clip_grad_norm_(ours, 1.0, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, 1.0, norm_type)
    np.testing.assert_equal(norm.item(), expected.item())
    assert_same_gradients(ours, theirs, rtol=0)


@pytest.mark.parametrize("special", [math.inf, math.nan])
def test_a_norm_that_is_not_finite_can_be_an_error_and_changes_nothing(special):
    gradients = [np.array([1.0, special], "float32"), np.array([2.0], "float32")]
    ours, theirs = both(gradients)
    with pytest.raises(RuntimeError):
        torch.nn.utils.clip_grad_norm_(theirs, 1.0, error_if_nonfinite=True)
    with pytest.raises(RuntimeError, match=f"joint norm of 2 gradients is {special}"):
        clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
    for p, gradient in zip(ours, gradients, strict=True):
        np.testing.assert_array_equal(p.grad.data, gradient)


def test_exploding_gradients_are_clipped_though_their_squares_overflow():
    """PyTorch squares in float32, finds an infinite norm and sets such gradients to zero; we clip them."""
    (p,), (q,) = both([np.array([3e30, 4e30], "float32")])
    assert torch.nn.utils.clip_grad_norm_([q], 5.0).item() == math.inf and q.grad.tolist() == [0, 0]
    assert clip_grad_norm_([p], 5.0).item() == pytest.approx(5e30)
    np.testing.assert_allclose(p.grad.data, [3, 4], rtol=1e-5)
    (p,), _ = both([np.array([3e-30, 4e-30], "float32")])
    assert clip_grad_norm_([p], 5.0).item() == pytest.approx(5e-30, rel=1e-6, abs=0)


@given(st.integers(0, 99), st.sampled_from([1.0, 2.0, 3.0, math.inf]), st.sampled_from(["C", "F"]))
def test_vector_norm_is_numpys(seed, norm_type, order):
    x = np.array(np.random.default_rng(seed).normal(size=(4, 5)), dtype="float32", order=order)
    assert vector_norm(x, norm_type) == pytest.approx(np.linalg.norm(x.ravel(), norm_type), rel=1e-5)
    assert type(vector_norm(x, norm_type)) is float
    assert vector_norm(np.zeros(3), norm_type) == vector_norm(np.zeros(0), norm_type) == 0


def test_a_norm_type_that_is_none_is_refused():
    with pytest.raises(ValueError, match="norm_type must be above 0, got 0"):
        clip_grad_norm_(both([np.ones(2)])[0], 1.0, norm_type=0)


def test_clipping_works_in_place_and_takes_one_tensor_or_an_iterator():
    (p, q), _ = both([np.array([3.0, 4.0], "float32"), np.array([0.0], "float32")])
    held = p.grad.data
    assert clip_grad_norm_(iter([p, q]), 1.0).item() == pytest.approx(5)
    assert p.grad.data is held
    np.testing.assert_allclose(held, [0.6, 0.8], rtol=1e-6)
    clip_grad_norm_(p, 0.5)
    np.testing.assert_allclose(held, [0.3, 0.4], rtol=1e-5)


@given(st.integers(0, 99), st.sampled_from([0.0, 0.5, 2.0]))
def test_clip_grad_value_is_that_of_pytorch(seed, value):
    rng = np.random.default_rng(seed)
    ours, theirs = both([rng.normal(size=(3, 2)), None, rng.normal(size=())])
    clip_grad_value_(ours, value)
    torch.nn.utils.clip_grad_value_(theirs, value)
    assert_same_gradients(ours, theirs, rtol=0)
