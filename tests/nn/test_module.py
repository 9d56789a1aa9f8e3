"""The module tree: what it finds, under which names, and what it refuses."""

import copy
import pickle

import numpy as np
import pytest

from tinytorch import Tensor, ones, randn, zeros
from tinytorch.nn import Module, Parameter


class Affine(Module):
    def __init__(self, size):
        super().__init__()
        self.scale = Parameter(np.ones(size, "float32"))
        self.shift = Parameter(np.zeros(size, "float32"))
        self.register_buffer("calls", zeros(1))
        self.register_buffer("scratch", zeros(size), persistent=False)

    def forward(self, x):
        return x * self.scale + self.shift

    def extra_repr(self):
        return f"size={len(self.scale)}"


class Net(Module):
    """Own parameters between children, one child in two places, one parameter under two names."""

    def __init__(self):
        super().__init__()
        self.first = Affine(3)
        self.bias = Parameter(np.zeros(3, "float32"))
        self.again = self.first
        self.tied = Affine(3)
        self.tied.shift = self.bias
        self.note = "no tensor"

    def forward(self, x, twice=False):
        x = self.first(x) + self.bias
        return self.first(x) if twice else x


def names(pairs):
    return [name for name, _ in pairs]


def test_calling_a_module_computes_its_forward():
    net = Net()
    net.bias.data[...] = 1
    assert net(ones(2, 3)).tolist() == [[2.0] * 3] * 2
    assert net(ones(3), twice=True).tolist() == [2.0] * 3
    with pytest.raises(TypeError, match="Module has no forward"):
        Module()(1)


def test_parameters_come_with_dotted_names_own_ones_first_and_each_once():
    net = Net()
    assert names(net.named_parameters()) == ["bias", "first.scale", "first.shift", "tied.scale"]
    assert names(net.named_parameters(prefix="net.")) == [
        "net.bias",
        "net.first.scale",
        "net.first.shift",
        "net.tied.scale",
    ]
    assert [id(p) for p in net.parameters()] == [id(p) for _, p in net.named_parameters()]
    assert names(net.named_modules()) == ["", "first", "tied"]
    assert names(net.named_children()) == ["first", "again", "tied"]
    assert list(net.modules()) == [net, net.first, net.tied]
    assert list(net.children()) == [net.first, net.first, net.tied]
    assert names(net.named_buffers()) == ["first.calls", "first.scratch", "tied.calls", "tied.scratch"]
    assert [id(b) for b in net.buffers()] == [id(b) for _, b in net.named_buffers()]


def test_a_shared_buffer_comes_once_and_is_saved_under_each_name():
    net = Module()
    net.one, net.two = Affine(1), Affine(1)
    net.two.calls = net.one.calls
    assert names(net.named_buffers()) == ["one.calls", "one.scratch", "two.scratch"]
    assert [name for name in net.state_dict() if "calls" in name] == ["one.calls", "two.calls"]


def test_a_buffer_can_be_empty_replaced_and_deleted():
    net = Affine(2)
    net.register_buffer("later", None)
    assert names(net.named_buffers()) == ["calls", "scratch"]
    net.later = ones(2)
    net.calls = ones(4)
    assert names(net.named_buffers()) == ["calls", "scratch", "later"]
    assert net.state_dict()["calls"].shape == (4,)
    with pytest.raises(TypeError, match=r"Affine\.calls is a buffer: assign a Tensor, not a list"):
        net.calls = [1.0]
    del net.calls
    assert names(net.named_buffers()) == ["scratch", "later"]
    net.later = Parameter(ones(2))
    assert names(net.named_buffers()) == ["scratch"]
    assert "later" in names(net.named_parameters())


@pytest.mark.parametrize("name", ["forward", "scale", "training", "a.b", ""])
def test_a_buffers_name_must_be_free_and_a_name(name):
    with pytest.raises(ValueError, match="register_buffer: Affine cannot have"):
        Affine(2).register_buffer(name, zeros(1))


def test_a_buffer_must_be_a_tensor():
    with pytest.raises(TypeError, match="register_buffer: 'mask' must be a Tensor or None, got ndarray"):
        Affine(2).register_buffer("mask", np.zeros(2))


def test_a_parameter_is_a_tensor_that_asks_for_gradients():
    array = np.zeros((2, 3), "float32")
    parameter = Parameter(array)
    assert isinstance(parameter, Tensor) and parameter.data is array
    assert parameter.requires_grad and parameter.grad is None
    assert not Parameter(array, requires_grad=False).requires_grad
    assert type(parameter + 1) is Tensor
    assert repr(Parameter([1.0])) == "Parameter containing:\nTensor([1.], requires_grad=True)"
    with pytest.raises(TypeError, match="int32"):
        Parameter([1, 2])


@pytest.mark.parametrize("value", [Parameter([1.0]), Affine(1)], ids=["Parameter", "Module"])
def test_forgetting_super_init_is_said_at_the_first_assignment(value):
    class Forgets(Module):
        def __init__(self):
            self.part = value

    with pytest.raises(RuntimeError, match=r"Forgets.__init__ assigns 'part' before super\(\).__init__\(\)"):
        Forgets()


def test_forgetting_super_init_is_said_for_buffers_too():
    class Forgets(Module):
        def __init__(self):
            self.register_buffer("mask", zeros(1))

    with pytest.raises(RuntimeError, match="'mask' before super"):
        Forgets()


def test_a_module_that_has_nothing_to_keep_track_of_may_forget_super_init():
    class Double(Module):
        def __init__(self):
            self.factor = 2

        def forward(self, x):
            return x * self.factor

    double = Double()
    assert double(ones(1)).tolist() == [2.0]
    assert double.eval().training is False and double.state_dict() == {} and list(double.buffers()) == []
    assert repr(double) == "Double()"


def test_a_parameter_is_not_silently_replaced_by_what_training_would_not_see():
    net = Net()
    with pytest.raises(TypeError, match=r"Net\.bias is a Parameter; a Tensor in its place would be lost"):
        net.bias = net.bias - 0.1
    with pytest.raises(TypeError, match=r"bias\.data\[...\] = values"):
        net.bias = np.zeros(3)
    with pytest.raises(TypeError, match=r"Net\.first is a Module; a function .* Assign a Module or None"):
        net.first = lambda x: x
    net.bias = Parameter(np.ones(3, "float32"))
    net.first = Affine(1)
    net.tied = None
    assert names(net.named_parameters()) == [
        "bias",
        "first.scale",
        "first.shift",
        "again.scale",
        "again.shift",
    ]


def test_the_state_shares_memory_and_names_what_is_shared_each_time():
    net = Net()
    state = net.state_dict()
    assert list(state) == [
        "bias",
        *(f"{child}.{name}" for child in ("first", "again", "tied") for name in ("scale", "shift", "calls")),
    ]
    assert all(type(value) is Tensor and not value.requires_grad for value in state.values())
    assert all(np.shares_memory(state[name].data, p.data) for name, p in net.named_parameters())
    assert np.shares_memory(state["tied.shift"].data, net.bias.data)
    assert state["first.calls"].data is net.first.calls.data


@pytest.mark.parametrize("as_arrays", [False, True], ids=["tensors", "arrays"])
def test_loading_copies_into_the_same_memory(as_arrays):
    net, other = Net(), Net()
    for i, tensor in enumerate(other.state_dict().values()):
        tensor.data[...] = i  # what is shared gets the last number under all of its names
    state = {name: t.data if as_arrays else t for name, t in other.state_dict().items()}
    before = {name: (p, p.data) for name, p in net.named_parameters()}
    assert net.load_state_dict(state) == ([], [])
    for name, (parameter, array) in before.items():
        assert dict(net.named_parameters())[name] is parameter and parameter.data is array
    values = [(t.tolist(), other.state_dict()[name].tolist()) for name, t in net.state_dict().items()]
    assert all(ours == theirs for ours, theirs in values) and net.bias.tolist() != [0.0] * 3
    other.bias.data[...] = -7
    assert net.bias.tolist() != [-7.0] * 3, "what was loaded is a copy"


def test_loading_names_everything_that_does_not_fit_and_writes_nothing():
    net = Net()
    state = {name: t.data + 5 for name, t in net.state_dict().items()}
    del state["bias"], state["again.calls"]
    state["first.scale"] = np.zeros((2, 2))
    state["tied.scale"] = np.zeros(4)
    state["nonsense"] = np.zeros(1)
    with pytest.raises(ValueError) as error:
        net.load_state_dict(state)
    for part in (
        "missing bias; missing again.calls",
        "unexpected nonsense",
        "first.scale has shape (2, 2), expected (3,)",
        "tied.scale has shape (4,), expected (3,)",
        "Nothing was loaded",
    ):
        assert part in str(error.value)
    assert net.first.shift.tolist() == [0.0] * 3, "nothing was loaded"


def test_loading_what_cannot_be_converted_writes_nothing():
    net = Affine(2)
    state = dict.fromkeys(("scale", "shift"), np.full(2, 3.0)) | {"calls": np.array(["five"])}
    with pytest.raises(ValueError):
        net.load_state_dict(state)
    assert net.scale.tolist() == [1.0, 1.0]


def test_loading_loosely_reports_what_was_left_but_never_forces_a_shape():
    net = Affine(2)
    keys = net.load_state_dict({"scale": ones(2) * 3, "nonsense": ones(1)}, strict=False)
    assert keys.missing_keys == ["shift", "calls"] and keys.unexpected_keys == ["nonsense"]
    assert net.scale.tolist() == [3.0, 3.0]
    with pytest.raises(ValueError, match=r"scale has shape \(3,\), expected \(2,\)"):
        net.load_state_dict({"scale": ones(3)}, strict=False)
    with pytest.raises(ValueError, match=r"scale has shape \(\), expected \(2,\)"):
        net.load_state_dict({"scale": 1.0}, strict=False)


def test_modes_reach_the_whole_tree():
    net = Net()
    assert all(module.training for module in net.modules())
    assert net.eval() is net and not any(module.training for module in net.modules())
    assert net.train() is net and all(module.training for module in net.modules())
    net.first.eval()
    assert net.training and not net.again.training and net.tied.training


def test_gradients_are_forgotten():
    net = Net()
    for parameter in net.parameters():
        parameter.grad = zeros(3)
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [None] * 4


def test_to_converts_parameters_and_floating_buffers_in_place():
    net = Net()
    net.register_buffer("count", zeros(1, dtype="int32"))
    parameter = net.bias
    assert net.to("float64") is net
    assert net.bias is parameter and {p.dtype for p in net.parameters()} == {"float64"}
    assert net.count.dtype == "int32" and net.first.calls.dtype == "float64"
    assert net.tied.shift is net.bias, "what was shared still is"
    for dtype, words in (("int32", "needs a floating dtype"), ("float16", "is not one of")):
        with pytest.raises(TypeError, match=words):
            net.to(dtype)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_is_independent_and_shares_within_itself_what_was_shared(copied):
    net = Net()
    net.bias.data[...] = 4
    net.eval()
    twin = copied(net)
    assert type(twin.bias) is Parameter and twin.bias.requires_grad
    assert twin.bias.tolist() == [4.0] * 3 and twin.training is False
    assert twin.tied.shift is twin.bias and twin.again is twin.first
    assert names(twin.named_parameters()) == names(net.named_parameters())
    assert names(twin.named_buffers()) == names(net.named_buffers())
    assert not any(
        np.shares_memory(a.data, b.data)
        for a, b in zip(net.state_dict().values(), twin.state_dict().values(), strict=True)
    )
    x = randn(2, 3)
    np.testing.assert_array_equal(net(x).data, twin(x).data)


def test_repr_shows_the_tree():
    class Small(Module):
        def __init__(self):
            super().__init__()
            self.one = Affine(1)
            self.inner = Module()
            self.inner.two = Affine(2)

        def extra_repr(self):
            return "size=3"

    assert repr(Small()) == (
        "Small(\n  size=3\n  (one): Affine(size=1)\n  (inner): Module(\n    (two): Affine(size=2)\n  )\n)"
    )
