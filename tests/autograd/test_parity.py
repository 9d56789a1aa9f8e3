"""The gradient of every primitive, against PyTorch's.

float32 may differ by 1e-5, relative or absolute, as sums run in an order of their own; float64 by 1e-12.
"""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracle import both, torch
from strategies import (
    DTYPES,
    array_pairs,
    arrays,
    arrays_and_axes,
    fill,
    floats,
    forward_indices,
    full_shapes,
    matmul_pairs,
    numbers,
    seeds,
)

from tinytorch import Tensor, no_grad
from tinytorch.nn import functional as F

pytestmark = pytest.mark.torch
T = torch.nn.functional
INT_OR_FLOAT = ["int8", "int32", "float32", "float64"]
float_arrays = arrays(dtypes=floats)


def assert_same_gradients(ours, theirs, *inputs, seed=0, rtol=None):
    """Compute the same with both from leaves made of `inputs`, and compare what arrives at each leaf."""
    mine, other = [], []
    for array in inputs:
        x, tx = both(array)
        if array.dtype.kind == "f":
            x.requires_grad, tx.requires_grad = True, True
        mine.append(x)
        other.append(tx)
    y, ty = ours(*mine), theirs(*other)
    assert y.shape == tuple(ty.shape) and y.requires_grad == ty.requires_grad
    if not y.requires_grad:
        return
    start = np.asarray(np.random.default_rng(seed).normal(size=y.shape), y.dtype)
    y.backward(Tensor(start))
    ty.backward(torch.tensor(start))
    for x, tx in zip(mine, other, strict=True):
        if x.requires_grad:
            close(x, tx, rtol)
        else:
            assert x.grad is None


def close(x, tx, rtol=None):
    assert x.grad is not None, "the leaf got no gradient"
    assert x.grad.shape == x.shape and x.grad.dtype == x.dtype and not x.grad.requires_grad
    expected = np.zeros(x.shape) if tx.grad is None else tx.grad.numpy()
    if rtol is None:
        rtol = 1e-5 if x.dtype == "float32" else 1e-12
    np.testing.assert_allclose(x.grad.data, expected, rtol=rtol, atol=rtol)


OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}


@pytest.mark.parametrize("op", OPERATORS)
@given(pair=array_pairs(dtypes=st.sampled_from(INT_OR_FLOAT)), seed=seeds)
def test_arithmetic_broadcasts_and_mixes_dtypes(op, pair, seed):
    a, b = pair
    assume(a.dtype.kind == "f" or b.dtype.kind == "f")
    if (
        op == "**"
    ):  # a negative number to a fractional power is nan, and so is its gradient in some places only
        a = np.abs(a)
    steep = 1e-4 if op in ("/", "**") else 1e-5
    loose = steep if "float32" in (a.dtype, b.dtype) else None  # the result may be float32 beside a float64
    assert_same_gradients(OPERATORS[op], OPERATORS[op], a, b, seed=seed, rtol=loose)


@pytest.mark.parametrize("op", OPERATORS)
@given(array=arrays(dtypes=floats), number=numbers, right=st.booleans())
def test_numbers_on_either_side(op, array, number, right):
    number = 2.0 if isinstance(number, bool) and op in "-**" else number
    if op == "**" and (right or number < 0):
        array, number = np.abs(array), abs(number)
    function = OPERATORS[op]
    compute = (lambda x: function(number, x)) if right else (lambda x: function(x, number))
    assert_same_gradients(compute, compute, array, rtol=1e-4 if array.dtype == "float32" else None)


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: -x,
        lambda x: x.exp(),
        lambda x: x.log(),
        lambda x: x.sqrt(),
        lambda x: x * x,
        lambda x: x + x,
        lambda x: (x * 2 + x) * x,
        lambda x: x.reshape(-1) * 3,
        lambda x: x.contiguous() * x,
    ],
    ids=["neg", "exp", "log", "sqrt", "square", "twice", "reused", "reshape", "contiguous"],
)
@given(array=float_arrays)
def test_functions_of_one_tensor(compute, array):
    assert_same_gradients(compute, compute, array)


@given(pair=matmul_pairs(), seed=seeds)
def test_matmul_of_vectors_matrices_and_stacks(pair, seed):
    assert_same_gradients(lambda a, b: a @ b, lambda a, b: a @ b, *pair, seed=seed)


@given(array=arrays(shapes=full_shapes, dtypes=floats), data=st.data())
def test_transpose_and_permute(array, data):
    dims = tuple(data.draw(st.permutations(range(array.ndim))))
    dims = tuple(d - array.ndim if data.draw(st.booleans()) else d for d in dims)
    assert_same_gradients(lambda x: x.permute(*dims), lambda x: x.permute(*dims), array)
    i, j = data.draw(st.sampled_from(dims)), data.draw(st.sampled_from(dims))
    assert_same_gradients(lambda x: x.transpose(i, j), lambda x: x.transpose(i, j), array)
    assert_same_gradients(lambda x: x.T.contiguous(), lambda x: x.permute(*range(array.ndim)[::-1]), array)


@given(array=arrays(shapes=full_shapes, dtypes=floats), data=st.data())
def test_selecting_by_numbers_and_slices(array, data):
    index = data.draw(forward_indices(array.shape))
    assert_same_gradients(lambda x: x[index], lambda x: x[index], array)


@given(array=arrays(shapes=full_shapes, dtypes=floats), data=st.data())
def test_selecting_by_masks_and_by_positions_that_repeat(array, data):
    mask = fill(array.shape, "bool", data.draw(seeds))
    assert_same_gradients(lambda x: x[Tensor(mask)], lambda x: x[torch.tensor(mask)], array)
    where = np.random.default_rng(data.draw(seeds)).integers(-len(array), len(array), (2, 3))
    assert_same_gradients(lambda x: x[Tensor(where)], lambda x: x[torch.tensor(where)], array)
    assert_same_gradients(lambda x: x[where.tolist()], lambda x: x[torch.tensor(where)], array)
    if array.ndim > 1:
        last = np.zeros((2, 3), "int64")
        pair = Tensor(where), slice(None), Tensor(last)
        theirs = torch.tensor(where), slice(None), torch.tensor(last)
        if array.ndim > 2:
            assert_same_gradients(lambda x: x[pair], lambda x: x[theirs], array)
        assert_same_gradients(lambda x: x[pair[::2]], lambda x: x[theirs[::2]], array)


@pytest.mark.parametrize("name", ["sum", "mean"])
@given(drawn=arrays_and_axes(dtypes=floats), keepdims=st.booleans(), seed=seeds)
def test_sums_and_means(name, drawn, keepdims, seed):
    array, axis = drawn
    if array.ndim and axis is None:
        assert_same_gradients(lambda x: getattr(x, name)(), lambda x: getattr(x, name)(), array, seed=seed)
    assert_same_gradients(
        lambda x: getattr(x, name)(axis, keepdims),
        lambda x: getattr(x, name)(axis, keepdim=keepdims),
        array,
        seed=seed,
    )


@pytest.mark.parametrize("name", ["max", "min"])
@given(drawn=arrays_and_axes(dtypes=floats), keepdims=st.booleans(), seed=seeds)
def test_extremes_share_the_gradient_among_ties_as_amax_and_amin_do(name, drawn, keepdims, seed):
    array, axis = drawn
    assume(array.size)
    dims = tuple(range(array.ndim)) if axis is None else axis
    assert_same_gradients(
        lambda x: getattr(x, name)(axis=axis, keepdims=keepdims),
        lambda x: getattr(torch, f"a{name}")(x, dims, keepdim=keepdims),
        array,
        seed=seed,
    )


@given(array=float_arrays, dtype=st.sampled_from(DTYPES))
def test_converting(array, dtype):
    theirs = {"float32": torch.float32, "float64": torch.float64}.get(dtype, torch.int64)
    assert_same_gradients(lambda x: x.to(dtype), lambda x: x.to(theirs), array, rtol=1e-6)


# Functions of tinytorch.nn

ACTIVATIONS = {
    "relu": T.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": lambda x: T.gelu(x, approximate="tanh"),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(array=float_arrays, scale=st.sampled_from([1.0, 10.0, 100.0]))
def test_activations(name, array, scale):
    array = np.asarray(array * scale, array.dtype)
    assert_same_gradients(lambda x: getattr(F, name)(x), ACTIVATIONS[name], array)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(array=float_arrays, scale=st.sampled_from([1.0, 100.0]), data=st.data())
def test_softmax_along_any_axis(name, array, scale, data):
    axis = data.draw(st.integers(-array.ndim, array.ndim - 1)) if array.ndim else -1
    array = np.asarray(array * scale, array.dtype)
    assert_same_gradients(lambda x: getattr(F, name)(x, axis), lambda x: getattr(torch, name)(x, axis), array)
    if axis == -1:
        assert_same_gradients(lambda x: getattr(F, name)(x), lambda x: getattr(torch, name)(x, -1), array)


@given(drawn=arrays_and_axes(dtypes=floats), keepdims=st.booleans())
def test_logsumexp(drawn, keepdims):
    array, axis = drawn
    axis = tuple(range(array.ndim)) if axis is None else axis
    assert_same_gradients(
        lambda x: F.logsumexp(x, axis, keepdims), lambda x: torch.logsumexp(x, axis, keepdims), array
    )


@given(
    batch=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    sizes=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    bias=st.booleans(),
    dtype=floats,
    seed=seeds,
)
def test_linear(batch, sizes, bias, dtype, seed):
    n_in, n_out = sizes
    x, w, b = (
        fill(shape, dtype, seed + i) for i, shape in enumerate([(*batch, n_in), (n_out, n_in), (n_out,)])
    )
    inputs = (x, w, b) if bias else (x, w)
    assert_same_gradients(lambda *a: F.linear(*a), T.linear, *inputs, seed=seed)
    if bias:
        assert_same_gradients(lambda x, w, b: F.linear(x, b=b, w=w), T.linear, *inputs, seed=seed)


@given(array=float_arrays, p=st.sampled_from([0.0, 0.3, 1.0]), training=st.booleans(), seed=seeds)
def test_dropout_masks_its_gradient_with_the_mask_of_its_output(array, p, training, seed):
    x = Tensor(array, requires_grad=True)
    y = F.dropout(x, p, training, np.random.default_rng(seed))
    y.backward(Tensor(np.ones_like(array)))
    with no_grad():
        mask = F.dropout(Tensor(np.ones_like(array)), p, training, np.random.default_rng(seed))
    np.testing.assert_array_equal(x.grad.data, mask.data)


reductions = st.sampled_from(["mean", "sum", "none"])


@given(pair=st.tuples(full_shapes, floats, seeds), reduction=reductions, both_sides=st.booleans())
def test_squared_error(pair, reduction, both_sides):
    shape, dtype, seed = pair
    a, b = fill(shape, dtype, seed), fill(shape, dtype, seed + 1)
    assert_same_gradients(
        lambda a, b: F.mse_loss(a, b, reduction),
        lambda a, b: T.mse_loss(a, b, reduction=reduction),
        a,
        b if both_sides else np.asarray(b * 10, "int32"),
    )


@given(shape=full_shapes, dtype=floats, seed=seeds, reduction=reductions)
def test_binary_cross_entropy_of_probabilities_and_of_scores(shape, dtype, seed, reduction):
    rng = np.random.default_rng(seed)
    p, y = (np.asarray(rng.random(shape).round(1), dtype) for _ in "py")
    p = np.clip(p, 0.1, 0.9)
    loose = 1e-4 if dtype == "float32" else 1e-10
    assert_same_gradients(
        lambda p, y: F.binary_cross_entropy(p, y, reduction),
        lambda p, y: T.binary_cross_entropy(p, y, reduction=reduction),
        p,
        y,
        rtol=loose,
    )
    assert_same_gradients(
        lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction=reduction),
        lambda x, y: T.binary_cross_entropy_with_logits(x, y, reduction=reduction),
        fill(shape, dtype, seed) * 20,
        y,
        rtol=loose,
    )


def test_binary_cross_entropy_of_a_wrong_certainty_is_as_steep_as_in_pytorch():
    p, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0, 1.0])
    assert_same_gradients(
        lambda p: F.binary_cross_entropy(p, Tensor(y), "sum"),
        lambda p: T.binary_cross_entropy(p, torch.tensor(y), reduction="sum"),
        p,
        rtol=1e-8,  # PyTorch's smallest divisor is 1e-12 in float32, whatever the dtype
    )


@given(
    batch=hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=4),
    classes=st.integers(1, 5),
    dtype=floats,
    seed=seeds,
    reduction=reductions,
    scale=st.sampled_from([1.0, 100.0]),
)
def test_cross_entropy(batch, classes, dtype, seed, reduction, scale):
    rng = np.random.default_rng(seed)
    logits = np.asarray(fill((*batch, classes), dtype, seed) * scale, dtype)
    targets = rng.integers(0, classes, batch)
    targets = np.where(rng.random(batch) < 0.2, -100, targets)

    def theirs(x):
        flat = T.cross_entropy(x.reshape(-1, classes), torch.tensor(targets.reshape(-1)), reduction=reduction)
        return flat.reshape(batch) if reduction == "none" else flat

    y = Tensor(targets.astype("int32"))
    if targets.size == 0 and classes:
        classes_of_nothing = F.cross_entropy(Tensor(logits, requires_grad=True), y, reduction)
        classes_of_nothing.backward(Tensor(np.ones(classes_of_nothing.shape, dtype)))  # and does not fail
        return
    assert_same_gradients(lambda x: F.cross_entropy(x, y, reduction=reduction), theirs, logits)


def test_rows_with_an_index_of_their_own_are_ignored():
    logits = fill((3, 4), "float64", 0)
    assert_same_gradients(
        lambda x: F.cross_entropy(x, Tensor([1, 3, 2]), ignore_index=3),
        lambda x: T.cross_entropy(x, torch.tensor([1, 3, 2]), ignore_index=3),
        logits,
    )


def test_two_layers_and_a_loss():
    shapes = [(8, 5), (7, 5), (7,), (3, 7), (3,)]
    inputs = [fill(shape, "float32", i) for i, shape in enumerate(shapes)]
    classes = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    assert_same_gradients(
        lambda x, w, b, v, c: F.cross_entropy(
            F.linear(F.gelu(F.linear(x, w, b)), v, c), Tensor(classes.astype("int32"))
        ),
        lambda x, w, b, v, c: T.cross_entropy(
            T.linear(T.gelu(T.linear(x, w, b), approximate="tanh"), v, c), torch.tensor(classes)
        ),
        *inputs,
    )
