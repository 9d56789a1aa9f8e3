"""The engine: what is recorded, how it is walked, what it leaves behind, and what it says when it cannot."""

import gc
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch import Tensor, disable_autograd, enable_autograd, nn, no_grad, ones, randn, zeros
from tinytorch.core import autograd
from tinytorch.core.autograd import Node, register, topological_order, unbroadcast
from tinytorch.core.recording import keep, recording
from tinytorch.nn import functional as F


def leaf(*values, dtype="float32"):
    return Tensor(list(values) if len(values) > 1 else values[0], dtype, requires_grad=True)


# What is recorded


def test_a_result_knows_where_it_came_from_and_a_leaf_does_not():
    x = leaf(1.0, 2.0)
    y = x * 3
    assert x.grad_fn is None and y.requires_grad and y.grad is None
    assert repr(y.grad_fn) == "<mul>" and repr(y) == "Tensor([3., 6.], grad_fn=<mul>)"
    assert repr(x) == "Tensor([1., 2.], requires_grad=True)"


def test_nothing_is_recorded_that_nobody_asked_for():
    y = Tensor([1.0]) * 2 + 1
    assert y.grad_fn is None and not y.requires_grad


def test_whole_numbers_and_comparisons_are_not_recorded():
    x = leaf(1.0, 2.0)
    for y in (x.to("int32"), x > 1, x.argmax(), x == x):
        assert y.grad_fn is None and not y.requires_grad


def test_detach_shares_memory_and_ends_the_graph():
    x = leaf(1.0, 2.0)
    y = (x * 2).detach()
    assert y.grad_fn is None and not y.requires_grad
    z = x.detach()
    assert np.shares_memory(z.data, x.data) and not z.requires_grad
    (x * z).sum().backward()
    assert x.grad.tolist() == [1, 2]


def test_an_operation_is_one_node_whatever_it_calls_inside():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    for y in (x.mean(), F.cross_entropy(x, Tensor([0, 1])), F.linear(x, ones(4, 3, dtype="float64"))):
        assert len(topological_order(y.grad_fn)) == 1


def test_what_returns_its_input_returns_a_view_of_its_own():
    x = leaf(1.0, 2.0)
    for y in (x.contiguous(), F.dropout(x, training=False)):
        assert y is not x and np.shares_memory(y.data, x.data) and y.grad_fn is not None
    assert x.grad_fn is None
    z = x * 2
    (z.contiguous() + z).sum().backward()
    assert x.grad.tolist() == [4, 4]


def test_aliases_record_too():
    x = leaf(1.0, 2.0)
    array = np.array([10.0, 20.0], "float32")
    for y, slope in [
        (1 + x, 1),
        (3 * x, 3),
        (1 - x, -1),
        (array + x, 1),
        (array * x, [10, 20]),
        (array - x, -1),
    ]:
        x.grad = None
        y.sum().backward()
        assert np.array_equal(x.grad.data, np.broadcast_to(slope, 2)), y
    w = ones(2, 2)
    for y in (w @ x, x @ w, w.__rmatmul__(x), x.matmul(other=w)):
        x.grad = None
        y.sum().backward()
        assert x.grad.tolist() == [2, 2]


def test_plus_equals_rebinds_and_is_recorded():
    x = leaf(1.0, 2.0)
    y = x * 2
    before = y
    y += x
    assert y is not before
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_iterating_is_recorded():
    x = leaf(1.0, 2.0, 3.0)
    total = Tensor(0.0)
    for number in x:
        total = total + number * number
    total.backward()
    assert x.grad.tolist() == [2, 4, 6]


def test_parameters_are_leaves():
    layer = nn.Linear(3, 2)
    F.linear(Tensor([[1.0, 2.0, 3.0]]), layer.weight, layer.bias).sum().backward()
    assert layer.weight.grad.tolist() == [[1, 2, 3]] * 2 and layer.bias.grad.tolist() == [1, 1]


# keep


def test_a_rule_gets_what_forward_kept_instead_of_its_output():
    seen = []

    def double(x, factor=2.0):
        return keep(Tensor(x.data * factor), factor)

    def pair(x):
        return keep(Tensor(x.data), "a", "b")

    def around(x):
        double(x)  # keeps something of its own, which is none of our business
        return Tensor(x.data)

    def rule(grad, kept, x, factor=2.0):
        seen.append(kept)
        return grad

    for function, kept in [(double, 2.0), (pair, ("a", "b")), (around, None)]:
        autograd.recorded(function, rule)(leaf(1.0)).backward()
        assert seen.pop() == (kept if kept else np.ones(()))
    assert recording.switch.kept is None


def test_a_forward_that_raises_leaves_recording_as_it_was():
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError):
        x @ ones(3)
    assert recording.switch.enabled and recording.switch.kept is None
    assert (x * 2).grad_fn is not None


# Walk


def test_reused_nodes_get_the_sum():
    x = leaf(1.0)
    y = x * 3
    (y + y).backward()
    assert x.grad.item() == 6
    x.grad = None
    z = y.detach() * x
    (z * z + z).backward()  # z = 3 x
    assert x.grad.item() == 2 * 9 + 3


def test_a_node_runs_after_everything_that_used_it():
    x = leaf(2.0)
    a = x * x
    b = a * a
    c = b + a  # a is reached directly before it is reached through b
    (c * a).backward()  # x^6 + x^4
    assert x.grad.item() == 6 * 32 + 4 * 8


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=9))
def test_in_topological_order_each_node_comes_before_its_parents_and_once(edges):
    """A random graph: tensor i + 1 is the sum of two earlier ones."""
    tensors = [leaf(1.0)]
    for i, j in edges:
        tensors.append(tensors[i % len(tensors)] + tensors[j % len(tensors)])
    order = topological_order(tensors[-1].grad_fn)
    assert order[0] is tensors[-1].grad_fn and len(set(map(id, order))) == len(order)
    place = {id(node): i for i, node in enumerate(order)}
    for node in order:
        assert all(place[id(parent)] > place[id(node)] for parent in node.parents())
    # As many ways lead back to the leaf as the number says, since each node adds.
    tensors[-1].backward()
    assert tensors[0].grad.item() == tensors[-1].item()


def test_gradients_accumulate_until_somebody_clears_them():
    x = leaf(1.0, 2.0)
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [5, 5]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_number_that_is_used_often_gets_the_sum_of_all_shares_in_its_own_dtype(dtype):
    x, w = leaf(2.0, dtype=dtype), leaf(0.5, dtype=dtype)
    y = x
    for _ in range(100):
        y = y + x * w
    y.backward()
    y = x * 3
    y.backward()  # and adds to what was there
    assert x.grad.item() == 1 + 100 * 0.5 + 3 and w.grad.item() == 200
    for tensor in (x, w):
        assert type(tensor.grad.data) is np.ndarray and tensor.grad.shape == ()
        assert tensor.grad.dtype == dtype and tensor.grad.data.flags.writeable


def test_a_walk_that_fails_leaves_all_gradients_as_they_were():
    x = leaf(1.0, 2.0)
    (x * 5).sum().backward()
    y = x * 2
    z = (y + x).sum()  # x has its share of the sum before y's rule fails

    def broken(grad, out, a, b):
        raise ArithmeticError("broken")

    y.grad_fn.rule = broken
    with pytest.raises(ArithmeticError):
        z.backward()
    assert x.grad.tolist() == [5, 5]


def test_backward_of_a_leaf_itself():
    x = leaf(2.0)
    x.backward()
    x.backward()
    assert x.grad.item() == 2
    one = Tensor([[3.0]], requires_grad=True)
    one.backward()
    assert one.grad.tolist() == [[1]]


def test_any_shape_can_start_with_a_gradient():
    x = leaf(1.0, 2.0)
    (x * x).backward(Tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2, 40]
    one = Tensor([[3.0]], requires_grad=True)
    (one * one).backward()
    assert one.grad.tolist() == [[6]]


def test_a_chain_of_20_000_operations_walks_prints_and_dies_without_recursion():
    x = leaf(0.0)
    y = x
    for _ in range(20_000):
        y = y + x
    assert repr(y) == "Tensor(0., grad_fn=<add>)"
    y.backward()
    assert x.grad.item() == 20_001
    for _ in range(20_000):
        y = y + x
    del y


def test_a_chain_that_nobody_walked_is_freed_in_a_loop(monkeypatch):
    """Natively Python does so by itself; in a browser the stack overflowed."""
    depth, deepest, freed = 0, 0, 0

    def watched(self):
        nonlocal depth, deepest, freed
        depth, freed = depth + 1, freed + 1
        deepest = max(deepest, depth)
        autograd.free_in_a_loop(self)
        depth -= 1

    x = leaf(0.0)
    y = x
    for _ in range(20_000):
        y = y + x
    z = y * 2
    monkeypatch.setattr(Node, "__del__", watched, raising=False)
    del y
    assert freed == 0
    del z
    assert freed == 20_001 and deepest == 2


def test_in_a_browser_every_node_is_freed_like_that():
    program = (
        "import sys; sys.platform = 'emscripten'; from tinytorch.core import autograd; "
        "assert autograd.Node.__del__ is autograd.free_in_a_loop"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_residual_additions_run_each_rule_once(monkeypatch):
    calls = []

    def identity(x):
        return Tensor(x.data)

    def identity_gradient(grad, out, x):
        calls.append(1)
        return grad

    f = autograd.recorded(identity, identity_gradient)
    x = leaf(1.0)
    y = x
    for _ in range(30):
        y = y + f(y)
    y.backward()
    assert x.grad.item() == 2**30 and len(calls) == 30


def test_a_gradient_that_costs_something_is_computed_only_where_it_is_asked_for():
    asked = []

    def product(a, b):
        return Tensor(a.data * b.data)

    def product_gradient(grad, out, a, b):
        return lambda: asked.append("a") or grad * b, lambda: asked.append("b") or grad * a

    f = autograd.recorded(product, product_gradient)
    f(leaf(2.0), Tensor(3.0)).backward()
    assert asked == ["a"]


def test_none_is_a_gradient_of_zero():
    f = autograd.recorded(lambda a, b: Tensor(a.data), lambda grad, out, a, b: (grad, None))
    a, b = leaf(1.0, 2.0), leaf(3.0)
    f(a, b * 2).sum().backward()
    assert a.grad.tolist() == [1, 1] and b.grad.item() == 0


# Memory


@pytest.mark.parametrize(
    "compute",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a.reshape(1, 3) + b.reshape(1, 3),
        lambda a, b: a.T + b.contiguous(),
        lambda a, b: a.sum() + b.sum() + a,
        lambda a, b: a[:2].sum() + b[...],
        lambda a, b: a.to("float32") + b + a,
        lambda a, b: a * b,
        lambda a, b: F.dropout(a, training=False) + b,
    ],
)
def test_a_leafs_gradient_is_shared_with_nothing(compute):
    a, b = leaf(1.0, 2.0, 3.0), leaf(4.0, 5.0, 6.0)
    y = compute(a, b)
    start = Tensor(np.ones(y.shape, "float32"))
    y.backward(start)
    arrays = [start.data, a.data, b.data, a.grad.data, b.grad.data]
    for i, one in enumerate(arrays):
        assert not any(np.shares_memory(one, other) for other in arrays[i + 1 :])
    assert a.grad.data.flags.writeable and b.grad.data.flags.writeable
    assert start.tolist() == np.ones(y.shape).tolist()


def test_a_rule_that_returns_an_array_twice_an_input_or_its_own_gradient_shares_nothing():
    def twice(grad, out, a, b):
        fresh = grad * 2
        return fresh, fresh

    def inputs(grad, out, a, b):
        return b, a

    def functions(grad, out, a, b):
        return lambda: grad, lambda: grad

    for rule in (twice, inputs, functions):
        a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
        autograd.recorded(lambda a, b: Tensor(a.data + b.data), rule)(a, b).backward(Tensor([1.0, 1.0]))
        arrays = [a.data, b.data, a.grad.data, b.grad.data]
        assert not any(np.shares_memory(x, y) for i, x in enumerate(arrays) for y in arrays[i + 1 :])


@pytest.mark.parametrize("later", [False, True], ids=["an array", "a function"])
def test_a_fresh_gradient_is_kept_without_a_copy(later):
    made = []

    def rule(grad, out, a):
        def of_a():
            made.append(grad * 2)
            return made[-1]

        return of_a if later else of_a()

    a = leaf(1.0, 2.0)
    autograd.recorded(lambda a: Tensor(a.data * 2), rule)(a).sum().backward()
    assert a.grad.data is made[0]


def test_memory_is_flat_over_1_000_steps():
    x, w = randn(4, 8), Tensor(np.ones((3, 8), "float32"), requires_grad=True)

    def step():
        w.grad = None
        F.cross_entropy(F.relu(F.linear(x, w)), Tensor([0, 1, 2, 0])).backward()

    gc.disable()  # nothing may wait for the collector: a graph holds no circles
    try:
        for _ in range(20):
            step()
        tracemalloc.start()
        step()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            step()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()
    assert (
        after - before < 50_000
    )  # bytes: a single node that stays behind at each step takes several times that


def test_a_graph_that_nobody_walked_is_freed_with_its_result():
    def nodes():
        return sum(type(held) is Node for held in gc.get_objects())

    x = leaf(1.0)
    y = (x * 2 + 1) * 3
    before = nodes()
    assert before >= 3
    del y
    assert nodes() == before - 3


def test_backward_releases_what_was_kept_unless_told_otherwise():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    middle = y.grad_fn.parents()[0]
    y.backward(retain_graph=True)
    assert middle.inputs is not None
    y.backward()
    assert middle.inputs is None and middle.kept is None and x.grad.tolist() == [4, 8]


# Where it cannot


def test_a_second_backward_explains_retain_graph():
    x = leaf(1.0)
    shared = x * 2
    y, z = shared * 3, shared * 4
    y.backward()
    for again in (y, z):
        with pytest.raises(RuntimeError, match="retain_graph=True"):
            again.backward()
    assert x.grad.item() == 6, "a backward that fails adds nothing"


def test_backward_needs_a_single_number_or_a_gradient_of_the_right_shape():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"single number.*\(2,\).*gradient="):
        (x * 2).backward()
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        (x * 2).backward(ones(3))


def test_backward_of_what_was_not_recorded_says_why():
    disable_autograd()
    x = leaf(1.0)
    early = x * 2
    with pytest.raises(RuntimeError, match="enable_autograd"):
        early.backward()
    enable_autograd()
    with no_grad():
        inside = x * 2
    for y in (early, inside, x.detach(), Tensor(1.0) * 2):
        with pytest.raises(RuntimeError, match=r"nothing was recorded.*requires_grad=True.*no_grad"):
            y.backward()


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (lambda grad: grad[:1], r"bad_gradient.*\(1,\).*\(2,\)"),
        (lambda grad: np.ones((3, 2, 5), "float32"), r"bad_gradient.*shape \(5,\)|bad_gradient.*\(2, 5\)"),
        (lambda grad: (), "bad_gradient.*none for it"),
        (lambda grad: np.float32(1), r"bad_gradient.*\(\).*\(2,\)"),
    ],
)
def test_a_rule_with_a_gradient_of_the_wrong_shape_is_named(parts, says):
    def bad_gradient(grad, out, x):
        return parts(grad)

    y = autograd.recorded(lambda x: Tensor(x.data), bad_gradient)(leaf(1.0, 2.0))
    with pytest.raises(ValueError, match=says):
        y.sum().backward()


def test_writing_into_what_is_recorded_is_refused():
    x = leaf(1.0, 2.0)
    y = x * 2
    plain = zeros(2)
    for write in (
        lambda: x.__setitem__(0, 5),
        lambda: y.__setitem__(0, 5),
        lambda: plain.__setitem__(0, x[0]),
    ):
        with pytest.raises(RuntimeError, match=r"item assignment.*no_grad"):
            write()
    plain[0] = 7
    with no_grad():
        x[0] = 5
    assert plain.tolist() == [7, 0] and x.tolist() == [5, 2] and y.tolist() == [2, 4]


def test_gradients_of_divisions_by_zero_come_without_warnings(recwarn):
    for f in (Tensor.log, Tensor.sqrt, lambda x: 1 / x, lambda x: x**0.5):
        x = leaf(0.0, -1.0)
        f(x).backward(Tensor([1.0, 1.0]))
        assert not recwarn.list and not np.isfinite(x.grad.data[0])


# On and off


def everything(where):
    return {name: value for name, value in vars(where).items() if callable(value)}


def test_enabling_twice_is_enabling_once_and_disabling_restores_every_attribute():
    disable_autograd()
    before = everything(Tensor), everything(F)
    enable_autograd()
    on = everything(Tensor), everything(F)
    enable_autograd()
    assert on == (everything(Tensor), everything(F))
    assert on[0]["__add__"] is on[0]["__radd__"] is not before[0]["__add__"]
    assert on[0]["__matmul__"] is on[0]["matmul"] and on[1]["relu"] is not before[1]["relu"]
    disable_autograd()
    disable_autograd()
    for was, now in zip(before, (everything(Tensor), everything(F)), strict=True):
        assert was.keys() == now.keys() and all(was[name] is now[name] for name in was)


def test_every_rule_has_a_primitive_that_is_recorded():
    from tinytorch.core import gradients as of_tensors
    from tinytorch.nn import gradients as of_layers

    for where, rules in [(Tensor, of_tensors.RULES), (F, of_layers.RULES)]:
        for primitive in rules:
            assert getattr(where, primitive.__name__).__wrapped__ is primitive


def test_rules_that_come_later_are_in_force_at_once(monkeypatch):
    def triple(x):
        return Tensor(x.data * 3)

    monkeypatch.setattr(F, "triple", triple, raising=False)
    register({triple: lambda grad, out, x: grad * 3})
    x = leaf(1.0)
    F.triple(x).backward()
    assert x.grad.item() == 3
    disable_autograd()
    assert F.triple is triple
    del autograd._replacements[triple]


def test_no_grad_nests_ends_with_an_error_and_decorates():
    x = leaf(1.0)
    with no_grad():
        with no_grad():
            pass
        assert (x * 2).grad_fn is None
        assert Tensor([1.0], requires_grad=True).requires_grad
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * 2).grad_fn is not None

    @no_grad()
    def predict(x, depth=2):
        return predict(x, depth - 1) if depth else x * 2

    assert predict(x).grad_fn is None and predict(x).grad_fn is None
    assert (x * 2).grad_fn is not None


def test_each_thread_records_for_itself():
    x = leaf(1.0)
    inside, outside = threading.Event(), threading.Event()
    seen = {}

    def other():
        with no_grad():
            inside.set()
            outside.wait(5)
            seen["in no_grad"] = (x * 2).requires_grad
        seen["after"] = (x * 2).requires_grad

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(5)
    seen["here"] = (x * 2).requires_grad
    outside.set()
    thread.join()
    assert seen == {"in no_grad": False, "after": True, "here": True}


# unbroadcast


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=4))
def test_unbroadcast_is_the_transpose_of_broadcasting(shapes):
    """<broadcast(x), g> = <x, unbroadcast(g)> for all x and g: that is what a gradient rule is."""
    (small, _), full = shapes.input_shapes, shapes.result_shape
    rng = np.random.default_rng(0)
    x, g = rng.integers(-5, 6, small).astype("float64"), rng.integers(-5, 6, full).astype("float64")
    back = unbroadcast(g, small)
    assert back.shape == small and back.dtype == g.dtype
    assert (np.broadcast_to(x, full) * g).sum() == (x * back).sum()
