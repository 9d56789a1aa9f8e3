"""The judge of gradients, judged: it agrees with calculus, and rejects wrong rules of many kinds."""

import numpy as np
import pytest
from hypothesis import given
from strategies import fill, full_shapes, seeds

from tinytorch import Tensor, no_grad
from tinytorch.core.autograd import recorded
from tinytorch.core.check_gradients import check_gradients, numerical_gradient
from tinytorch.nn import functional as F


def leaf(shape, seed=0):
    return Tensor(fill(shape, "float64", seed) + 2.05, requires_grad=True)


@given(full_shapes, seeds)
def test_the_numerical_gradient_of_a_cubic(shape, seed):
    x = Tensor(fill(shape, "float64", seed))
    before = x.data.copy()
    found = numerical_gradient(lambda x: (x * x * x).sum(), x)
    assert found.dtype == np.float64 and found.shape == shape
    np.testing.assert_allclose(found, 3 * before**2, atol=1e-7)
    np.testing.assert_array_equal(x.data, before)


def test_it_computes_f_twice_for_each_element_and_takes_tensors_and_numbers():
    calls = []
    x = Tensor(np.zeros((3, 4)))
    numerical_gradient(lambda x: calls.append(1) or float(x.data.sum()), x)
    assert len(calls) == 24
    assert numerical_gradient(lambda x: x.sum(), Tensor(np.zeros((0, 3)))).shape == (0, 3)
    assert numerical_gradient(lambda x: x * 3, Tensor(np.array(2.0))) == pytest.approx(3)


def test_it_looks_through_views_and_closures():
    whole = Tensor(np.arange(6.0).reshape(2, 3))
    np.testing.assert_allclose(
        numerical_gradient(lambda _: (whole * whole).sum(), whole.T), whole.T.data * 2, atol=1e-7
    )


PRIMITIVES = {
    "add": (lambda a, b: a + b, (2, 3), (3,)),
    "sub": (lambda a, b: a - b, (2, 1), (2, 3)),
    "mul": (lambda a, b: a * b, (2, 3), (1, 3)),
    "truediv": (lambda a, b: a / b, (3,), (2, 3)),
    "pow": (lambda a, b: a**b, (2, 3), (2, 3)),
    "neg": (lambda x: -x, (2, 3)),
    "exp": (lambda x: x.exp(), (2, 3)),
    "log": (lambda x: x.log(), (2, 3)),
    "sqrt": (lambda x: x.sqrt(), (2, 3)),
    "matmul": (lambda a, b: a @ b, (2, 2, 3), (3, 4)),
    "reshape": (lambda x: x.reshape(3, 2), (2, 3)),
    "transpose": (lambda x: x.transpose(0, 2), (2, 3, 4)),
    "permute": (lambda x: x.permute(2, 0, 1), (2, 3, 4)),
    "contiguous": (lambda x: x.T.contiguous(), (2, 3)),
    "to": (lambda x: x.to("float64"), (2, 3)),
    "slices": (lambda x: x[1:, ::2], (3, 4)),
    "positions": (lambda x: x[Tensor([0, 2, 0])], (3, 4)),
    "sum": (lambda x: x.sum(axis=1), (2, 3)),
    "mean": (lambda x: x.mean(axis=(0, 1), keepdims=True), (2, 3)),
    "max": (lambda x: x.max(axis=0), (3, 2)),
    "min": (lambda x: x.min(), (3, 2)),
    "relu": (lambda x: F.relu(x - 2), (2, 3)),
    "sigmoid": (lambda x: F.sigmoid(x), (2, 3)),
    "tanh": (lambda x: F.tanh(x), (2, 3)),
    "gelu": (lambda x: F.gelu(x), (2, 3)),
    "softmax": (lambda x: F.softmax(x, axis=0), (3, 4)),
    "log_softmax": (lambda x: F.log_softmax(x), (3, 4)),
    "logsumexp": (lambda x: F.logsumexp(x, axis=0), (3, 4)),
    "linear": (lambda x, w, b: F.linear(x, w, b), (2, 5, 3), (4, 3), (4,)),
    "dropout": (lambda x: F.dropout(x, 0.5, True, np.random.default_rng(0)), (4, 4)),
    "mse_loss": (lambda a, b: F.mse_loss(a, b), (2, 3), (2, 3)),
    "cross_entropy": (lambda x: F.cross_entropy(x, Tensor([1, 0]), "none"), (2, 3)),
    "bce": (lambda p, y: F.binary_cross_entropy(p / 9, y / 9, "sum"), (2, 3), (2, 3)),
    "bce_with_logits": (lambda x, y: F.binary_cross_entropy_with_logits(x, y / 9), (2, 3), (2, 3)),
}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_rule_of_each_primitive_is_right(name):
    compute, *shapes = PRIMITIVES[name]
    check_gradients(compute, *(leaf(shape, seed) for seed, shape in enumerate(shapes)))


def test_no_primitive_is_left_out():
    from tinytorch.core.gradients import RULES as of_tensors
    from tinytorch.nn.gradients import RULES as of_layers

    names = {primitive.__name__.strip("_") for primitive in (*of_tensors, *of_layers)}
    names -= {"getitem", "binary_cross_entropy", "binary_cross_entropy_with_logits"}
    assert names == set(PRIMITIVES) - {"slices", "positions", "bce", "bce_with_logits"}


WRONG = {
    "mul forgets the other side": (Tensor.__mul__, lambda g, out, a, b: (g, g), (3,), (3,)),
    "mul swaps the sides": (Tensor.__mul__, lambda g, out, a, b: (g * a, g * b), (3,), (3,)),
    "one side of mul gets nothing": (Tensor.__mul__, lambda g, out, a, b: (g * b, None), (3,), (3,)),
    "sub forgets the minus": (Tensor.__sub__, lambda g, out, a, b: (g, g), (3,), (3,)),
    "matmul forgets to transpose": (Tensor.matmul, lambda g, out, a, b: (g @ b, a @ g), (3, 3), (3, 3)),
    "exp uses its input": (Tensor.exp, lambda g, out, x: g * x, (3,)),
    "mean is not divided": (Tensor.mean, lambda g, out, x: np.broadcast_to(g, x.shape), (3,)),
    "transpose is a reshape": (
        Tensor.transpose,
        lambda g, out, x, i, j: g.reshape(x.shape),
        (3, 2),
    ),
    "an index sets where it should add": (
        Tensor.__getitem__,
        lambda g, out, x, index: [y := np.zeros_like(x), y.__setitem__(index, g)][0],
        (3,),
    ),
    "softmax ignores the others": (F.softmax, lambda g, out, x: g * out * (1 - out), (3,)),
    "wrong in one element": (Tensor.__neg__, lambda g, out, x: -g * [1, 1.001, 1], (3,)),
    "nan": (Tensor.__neg__, lambda g, out, x: -g * [1, np.nan, 1], (3,)),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_rule_is_rejected(mistake):
    primitive, rule, *shapes = WRONG[mistake]  # autograd was off when the table was made: no version records
    arguments = {"transpose": (0, 1), "__getitem__": ([0, 0, 2],)}.get(primitive.__name__, ())
    compute = recorded(primitive, rule)
    with pytest.raises(AssertionError, match="check_gradients: input"):
        check_gradients(
            lambda *inputs: compute(*inputs, *arguments),
            *(leaf(shape, seed) for seed, shape in enumerate(shapes)),
        )


def test_the_message_says_where_and_what():
    wrong = recorded(lambda x: Tensor(-x.data), lambda g, out, x: -g * [[1.0, 1.0, 1.0], [1.0, 1.0, 3.0]])
    with pytest.raises(AssertionError, match=r"input 0, shape \(2, 3\): at \(1, 2\).*1 of 6 elements"):
        check_gradients(lambda x: wrong(x), leaf((2, 3)))


def test_what_it_is_given_stays_as_it_was():
    x, plain = leaf((2, 3)), Tensor(np.ones((2, 3)))
    before = x.data.copy()
    check_gradients(lambda x, c: x * c, x, plain)
    assert x.grad is None and plain.grad is None and np.array_equal(x.data, before)


def test_what_it_cannot_judge():
    with pytest.raises(TypeError, match="float64"):
        check_gradients(lambda x: x * 2, Tensor([1.0], requires_grad=True))
    with pytest.raises(ValueError, match="requires_grad=True"):
        check_gradients(lambda x: x * 2, Tensor([1.0]))
    with pytest.raises(ValueError, match="two results"):
        check_gradients(lambda x: F.dropout(x), leaf((10, 10)))
    with pytest.raises(RuntimeError, match="nothing was recorded"), no_grad():
        check_gradients(lambda x: x * 2, leaf(3))
