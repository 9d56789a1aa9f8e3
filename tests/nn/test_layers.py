"""Linear, Dropout, containers and first weights, against PyTorch."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracle import assert_same, both, outcome, torch
from strategies import fill, seeds

from tinytorch import Tensor, from_numpy, manual_seed, ones, randn, zeros
from tinytorch.core import gemm
from tinytorch.core.recording import recording
from tinytorch.nn import Dropout, Flatten, Linear, Module, ModuleList, Parameter, Sequential, init
from tinytorch.nn import functional as F

pytestmark = pytest.mark.torch

SIZES = st.sampled_from([0, 1, 2, 5, 17, 64, 130])
LEADING = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
LAYOUTS = [np.ascontiguousarray, np.asfortranarray, lambda x: np.repeat(x, 2, axis=-1)[..., ::2]]


@st.composite
def linear_inputs(draw):
    """x of any leading shape and layout, a weight and perhaps a bias, of one floating dtype."""
    n_in, n_out, dtype = draw(SIZES), draw(SIZES), draw(st.sampled_from(["float32", "float64"]))
    x = draw(st.sampled_from(LAYOUTS))(fill((*draw(LEADING), n_in), dtype, draw(seeds)))
    w = draw(st.sampled_from(LAYOUTS))(fill((n_out, n_in), dtype, draw(seeds)))
    b = fill((n_out,), dtype, draw(seeds))
    return (x, w, b) if draw(st.booleans()) else (x, w)


@pytest.mark.parametrize("has_blas", [True, False], ids=["with BLAS", "without"])
@given(arrays=linear_inputs())
def test_linear_is_pytorchs_for_all_leading_shapes_and_layouts(has_blas, arrays):
    theirs = torch.nn.functional.linear(*(torch.tensor(array) for array in arrays))
    before = [array.copy() for array in arrays]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gemm, "_HAS_BLAS", has_blas)
        patch.setattr(gemm, "_WORK", 1)
        ours = F.linear(*map(from_numpy, arrays))
    assert_same(ours, theirs, rtol=1e-5 if ours.dtype == "float32" else 1e-12)
    assert ours.is_contiguous()
    assert all(np.array_equal(array, was) for array, was in zip(arrays, before, strict=True))


def test_linear_goes_through_one_product_of_matrices_without_a_copy_of_the_weight(monkeypatch):
    seen, matmul = [], np.matmul

    def look(a, b):
        seen.append((a.shape, b.shape, np.shares_memory(b, w.data), np.shares_memory(a, x.data)))
        return matmul(a, b)

    monkeypatch.setattr(np, "matmul", look)
    x, w = randn(4, 3, 784), randn(10, 784)
    F.linear(x, w, zeros(10))
    assert seen == [((12, 784), (784, 10), True, True)]


def test_without_blas_the_weight_is_multiplied_as_it_lies(monkeypatch):
    monkeypatch.setattr(gemm, "_HAS_BLAS", False)
    einsum, seen = np.einsum, []

    def look(subscripts, a, b):
        seen.append((np.shares_memory(a, x.data), np.shares_memory(b, w.data)))
        return einsum(subscripts, a, b)

    monkeypatch.setattr(np, "einsum", look)
    for n_in, n_out, rows in [(784, 128, 32), (128, 10, 64), (784, 128, 1), (784, 512, 256)]:
        x, w = randn(rows, n_in), randn(n_out, n_in)
        F.linear(x, w)
    assert seen == [(True, True)] * 4


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32"])
def test_whole_numbers_go_in_and_the_weights_dtype_comes_out(dtype):
    x = fill((3, 4), dtype, 0)
    w, b = randn(2, 4), randn(2)
    out = F.linear(Tensor(x), w, b)
    assert out.dtype == "float32"
    np.testing.assert_allclose(out.data, x.astype("float32") @ w.data.T + b.data, rtol=1e-5, atol=1e-6)


def test_linear_loops_computes_what_linear_computes():
    x, w, b = randn(3, 5), randn(4, 5), randn(4)
    assert F.linear_loops(x, w, b).dtype == "float32"
    np.testing.assert_allclose(F.linear_loops(x, w, b).data, F.linear(x, w, b).data, rtol=1e-5, atol=1e-6)
    assert F.linear_loops(zeros(0, 5), w, b).shape == (0, 4)


@pytest.mark.parametrize(
    "x, w, b, words",
    [
        (
            (32, 28, 28),
            (10, 784),
            (10,),
            "Linear: last dimension is 28, expected in_features=784; input (32, 28, 28). "
            "Flatten first: x.reshape(len(x), -1).",
        ),
        ((28, 28), (10, 784), (10,), "input (28, 28). Is this one example? Flatten it: x.reshape(-1)."),
        (
            (32, 10),
            (10, 784),
            (10,),
            "last dimension is 10, expected in_features=784; input (32, 10). The last",
        ),
        ((784, 32), (10, 784), None, "last dimension is 32, expected in_features=784"),
        ((5,), (10, 1), None, "last dimension is 5, expected in_features=1; input (5,). The last"),
        ((), (10, 784), None, "the input is a single number, expected in_features=784; input ()"),
        ((4, 3), (3,), None, "the weight must be (out_features, in_features), got shape (3,)"),
        ((4, 3), (2, 3), (3,), "the bias must be (2,) for a weight (2, 3), got (3,)"),
        ((4, 3), (2, 3), (1,), "the bias must be (2,) for a weight (2, 3), got (1,)"),
    ],
)
def test_what_does_not_fit_is_said_with_its_shapes(x, w, b, words):
    with pytest.raises(ValueError) as error:
        F.linear(zeros(*x), zeros(*w), None if b is None else zeros(*b))
    assert words in str(error.value)


def test_a_weight_and_a_bias_of_two_dtypes_are_refused():
    with pytest.raises(TypeError, match="the weight is float32 and the bias float64"):
        F.linear(zeros(2, 3), zeros(4, 3), zeros(4, dtype="float64"))


@given(LEADING, st.integers(1, 6), st.integers(1, 6), st.booleans(), seeds)
def test_the_layer_is_pytorchs_with_pytorchs_weights(leading, n_in, n_out, bias, seed):
    theirs = torch.nn.Linear(n_in, n_out, bias=bias)
    ours = Linear(n_in, n_out, bias=bias)
    ours.load_state_dict({name: value.detach().numpy() for name, value in theirs.state_dict().items()})
    x, tx = both(fill((*leading, n_in), "float32", seed))
    assert_same(ours(x), theirs(tx).detach())
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (-1, 3), (3, 2.0), ("3", 3)])
def test_a_layers_sizes_are_whole_and_positive(sizes):
    with pytest.raises(ValueError, match=r"Linear: (in|out)_features must be a whole number above 0, got "):
        Linear(*sizes)


def test_first_weights_are_even_between_bounds_and_repeat_with_a_seed():
    def values(layer):
        return np.concatenate([layer.weight.data.ravel(), layer.bias.data])

    layer = Linear(64, 5000, generator=np.random.default_rng(0))
    assert layer.weight.shape == (5000, 64) and layer.weight.dtype == layer.bias.dtype == "float32"
    for array in (layer.weight.data, layer.bias.data):
        assert abs(array).max() <= 0.125 and abs(array).max() > 0.124
        np.testing.assert_allclose(array.std(), 0.125 / math.sqrt(3), rtol=0.02)
        assert abs(array.mean()) < 0.003
    again = Linear(64, 5000, generator=np.random.default_rng(0))
    np.testing.assert_array_equal(values(layer), values(again))
    manual_seed(3)
    first, second = Linear(4, 4), Linear(4, 4)
    manual_seed(3)
    np.testing.assert_array_equal(values(Linear(4, 4)), values(first))
    assert (values(first) != values(second)).all()


# First weights


@pytest.mark.parametrize("shape", [(200, 300), (300, 200), (40, 30, 5, 5)])
@pytest.mark.parametrize(
    "name, options",
    [
        ("uniform_", (-0.5, 1.5)),
        ("normal_", (2.0, 0.5)),
        ("xavier_uniform_", ()),
        ("xavier_uniform_", (5 / 3,)),
        ("xavier_normal_", ()),
        ("xavier_normal_", (5 / 3,)),
        ("kaiming_uniform_", ()),
        ("kaiming_uniform_", (math.sqrt(5),)),
        ("kaiming_uniform_", (0, "fan_out", "tanh")),
        ("kaiming_normal_", ()),
        ("kaiming_normal_", (0.2, "fan_out")),
        ("kaiming_normal_", (0, "fan_in", "linear")),
    ],
)
def test_first_weights_spread_as_pytorchs_do(name, options, shape):
    ours = zeros(*shape)
    assert getattr(init, name)(ours, *options, generator=np.random.default_rng(1)) is ours
    torch.manual_seed(1)
    theirs = getattr(torch.nn.init, name)(torch.zeros(*shape), *options).numpy()
    assert ours.dtype == "float32"
    np.testing.assert_allclose(ours.data.std(), theirs.std(), rtol=0.02)
    np.testing.assert_allclose(ours.data.mean(), theirs.mean(), atol=0.03 * theirs.std())
    if "uniform" in name:
        np.testing.assert_allclose(ours.data.max(), theirs.max(), rtol=1e-3)
        np.testing.assert_allclose(ours.data.min(), theirs.min(), rtol=1e-3)
    else:
        assert abs(ours.data - ours.data.mean()).max() > 3.5 * ours.data.std(), "normal numbers have tails"


@pytest.mark.parametrize(
    "name, param",
    [(n, None) for n in ("linear", "sigmoid", "tanh", "relu", "selu", "leaky_relu")] + [("leaky_relu", 0.3)],
)
def test_gains_are_pytorchs(name, param):
    assert init.calculate_gain(name, param) == pytest.approx(torch.nn.init.calculate_gain(name, param))


def test_constants():
    x = zeros(2, 3)
    assert init.constant_(x, 3.5) is x and (x.data == 3.5).all()
    assert init.ones_(x) is x and (x.data == 1).all()
    assert init.zeros_(x) is x and (x.data == 0).all()


def test_first_weights_refuse_what_they_cannot_use():
    with pytest.raises(ValueError, match=r"cannot be told apart in shape \(3,\)"):
        init.xavier_uniform_(zeros(3))
    with pytest.raises(ValueError, match='mode is "fan_in" or "fan_out", got \'out\''):
        init.kaiming_normal_(zeros(3, 3), mode="out")
    with pytest.raises(ValueError, match="'swish' is not one of leaky_relu, linear, relu"):
        init.calculate_gain("swish")


# Dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_drops_the_share_p_and_scales_the_rest_as_pytorch_does(p, dtype):
    x = np.linspace(1, 2, 40_000).astype(dtype).reshape(200, 200)
    ours = F.dropout(Tensor(x), p, generator=np.random.default_rng(0))
    theirs = torch.nn.functional.dropout(torch.tensor(x), p).numpy()
    assert ours.dtype == dtype and ours.shape == (200, 200)
    for out in (ours.data, theirs):
        stays = out != 0
        assert abs(stays.mean() - (1 - p)) < 0.01
        np.testing.assert_allclose(out[stays], x[stays] / (1 - p), rtol=1e-6)
        np.testing.assert_allclose(out.mean(), x.mean(), rtol=0.03)
    # Neighbours do not share their fate, along rows or columns.
    stays = ours.data != 0
    for a, b in ((stays[1:], stays[:-1]), (stays[:, 1:], stays[:, :-1])):
        assert abs((a & b).mean() - (1 - p) ** 2) < 0.01


@pytest.mark.parametrize("p, training", [(0.5, False), (0.0, True), (0, False), (1.0, False)])
def test_dropout_can_do_nothing(p, training):
    x = randn(3, 4)
    assert F.dropout(x, p, training) is x


def test_dropout_of_everything_gives_zeros():
    out = F.dropout(ones(3, 4), 1.0)
    assert out.dtype == "float32" and (out.data == 0).all()


def test_the_mask_is_kept_for_the_gradient():
    recording.switch.kept = ()
    try:
        x = randn(50)
        out = F.dropout(x, 0.4)
        assert recording.switch.kept and recording.switch.kept[0] is out
        (mask,) = recording.switch.kept[1]
        assert mask.dtype == "float32"
        np.testing.assert_array_equal(out.data, x.data * mask)
    finally:
        recording.switch.kept = None


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_a_probability_is_between_zero_and_one(p):
    for make in (lambda: Dropout(p), lambda: F.dropout(ones(2), p), lambda: F.dropout(ones(2), p, False)):
        with pytest.raises(ValueError, match=f"between 0 and 1; got {p}"):
            make()


def test_dropout_refuses_whole_numbers():
    with pytest.raises(TypeError, match="needs a floating dtype, got int32"):
        F.dropout(Tensor([1, 2]), 0.5)


def test_the_layer_drops_in_training_only_and_repeats_with_its_generator():
    x = ones(1000)
    layer = Dropout(0.25, generator=np.random.default_rng(7))
    out = layer(x)
    assert sorted(set(out.tolist())) == [0.0, float(np.float32(1 / 0.75))]
    assert (layer(x).data != out.data).any(), "every call draws a new mask"
    np.testing.assert_array_equal(Dropout(0.25, np.random.default_rng(7))(x).data, out.data)
    assert layer.eval()(x) is x
    assert repr(layer) == "Dropout(p=0.25)"


# Containers


def ours_and_theirs():
    """The same network twice: nested, with modules in two kinds of containers, and an own parameter."""

    def build(nn, parameter):
        class Block(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(size, size), nn.Linear(size, size, bias=False)])
                self.scale = parameter(size)

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                return x * self.scale

        return nn.Sequential(
            nn.Flatten(), nn.Linear(12, 5), nn.Sequential(nn.Dropout(0.3), Block(5)), nn.Linear(5, 2)
        )

    import tinytorch.nn as ours

    return (
        build(ours, lambda size: Parameter(ones(size))),
        build(torch.nn, lambda size: torch.nn.Parameter(torch.ones(size))),
    )


def test_a_nested_network_has_pytorchs_names_and_computes_what_pytorchs_computes():
    ours, theirs = ours_and_theirs()
    state = {name: value.detach().numpy() for name, value in theirs.state_dict().items()}
    assert list(ours.state_dict()) == list(state)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]
    assert ours.load_state_dict(state) == ([], [])
    x, tx = both(fill((7, 3, 4), "float32", 0))
    assert_same(ours.eval()(x), theirs.eval()(tx).detach())
    assert_same(copy.deepcopy(ours)(x), theirs(tx).detach())


def test_state_goes_to_pytorch_and_back():
    ours, theirs = ours_and_theirs()
    theirs.load_state_dict({name: torch.tensor(value.data) for name, value in ours.state_dict().items()})
    x, tx = both(fill((2, 12), "float32", 3))
    assert_same(ours.eval()(x), theirs.eval()(tx).detach())


def test_a_nested_network_looks_like_pytorchs():
    ours, theirs = (net[:3] for net in ours_and_theirs())
    expected = repr(theirs[2][0]).replace(", inplace=False", "")
    assert repr(ours[2][0]) == expected
    assert repr(ours[:2]) == repr(theirs[:2])
    nested = repr(Sequential(ours[:2], ours[1]))
    assert nested == repr(torch.nn.Sequential(theirs[:2], theirs[1]))


def test_a_sequence_is_indexed_cut_and_extended_like_a_list():
    layers = [Linear(2, 3), Flatten(), Linear(3, 4)]
    net = Sequential(*layers)
    assert len(net) == 3 and list(net) == layers and net[0] is layers[0] and net[-1] is layers[2]
    assert type(net[1:]) is Sequential and list(net[1:]) == layers[1:]
    assert list(net[1:].state_dict()) == ["1.weight", "1.bias"]
    assert net.append(Flatten()) is net and len(net) == 4
    for index in (4, -5):
        with pytest.raises(IndexError, match=f"Sequential: there is no module {index} among 4"):
            net[index]
    assert list(ModuleList()) == [] and list(ModuleList(layers)[:2]) == layers[:2]
    x = randn(2, 2)
    assert Sequential()(x) is x
    np.testing.assert_array_equal(net(x).data, layers[2](layers[0](x)).data)


def test_a_sequence_of_a_subclass_is_cut_into_the_same_class():
    class Net(Sequential):
        def __init__(self, size):
            super().__init__(Linear(size, size), Linear(size, 1))

    part = Net(3)[1:]
    assert type(part) is Net and part(zeros(2, 3)).shape == (2, 1)


@pytest.mark.parametrize(
    "value, words",
    [
        (Linear, r"Sequential: the class Linear is not a Module\. Make one of it: Linear\(…\)"),
        (F.linear, "Sequential: a function is not a Module. Functions become modules by a class"),
        ([Flatten()], "Sequential: a list is not a Module. Give modules, separated by commas"),
    ],
)
def test_a_sequence_refuses_what_is_not_a_module(value, words):
    with pytest.raises(TypeError, match=words):
        Sequential(Flatten(), value)


def test_a_plain_list_hides_its_modules_and_a_module_list_does_not():
    class Net(Module):
        def __init__(self, container):
            super().__init__()
            self.layers = container([Linear(2, 2)])

    assert list(Net(list).parameters()) == [] and len(list(Net(ModuleList).parameters())) == 2


@given(
    hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=3), st.integers(-4, 3), st.integers(-4, 3)
)
def test_flatten_is_pytorchs(shape, start, end):
    x, tx = both(fill(shape, "float32", 0))
    theirs = outcome(torch.nn.Flatten(start, end), tx)
    assert_same(outcome(Flatten(start, end), x), theirs)


def test_flatten_copies_nothing():
    x = randn(3, 4, 5)
    out = Flatten()(x)
    assert out.shape == (3, 20) and np.shares_memory(out.data, x.data)
