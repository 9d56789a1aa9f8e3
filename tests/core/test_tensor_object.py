"""A Tensor among other Python objects: printing, numbers, lists, iteration, truth, hashing, and NumPy."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from strategies import DTYPES, arrays, full_shapes

import tinytorch
from tinytorch import Tensor, arange, ones, randn, zeros


@given(arrays(shapes=full_shapes))
def test_the_repr_of_small_numbers_is_python_that_makes_the_same_tensor(array):
    x = Tensor(array)
    again = eval(repr(x), {"Tensor": Tensor})
    assert again.dtype == x.dtype and again.shape == x.shape and again.tolist() == x.tolist()


@pytest.mark.parametrize(
    "x, text",
    [
        (Tensor(3), "Tensor(3)"),
        (Tensor(2.5), "Tensor(2.5)"),
        (Tensor(True), "Tensor(True)"),
        (Tensor([1.0, 2.0]), "Tensor([1., 2.])"),
        (Tensor([1, -2]), "Tensor([ 1, -2])"),
        (Tensor([True, False]), "Tensor([ True, False])"),
        (Tensor([1], dtype="int8"), "Tensor([1], dtype='int8')"),
        (Tensor([1.0], dtype="float64"), "Tensor([1.], dtype='float64')"),
        (Tensor([1 / 3]), "Tensor([0.3333])"),
        (Tensor([math.nan, math.inf]), "Tensor([nan, inf])"),
        (Tensor([1.0], requires_grad=True), "Tensor([1.], requires_grad=True)"),
        (Tensor([]), "Tensor([])"),
        (zeros(0, dtype="int32"), "Tensor([], dtype='int32')"),
        (zeros(2, 0), "Tensor([], shape=(2, 0))"),
        (Tensor([[1, 2], [3, 4]]), "Tensor([[1, 2],\n        [3, 4]])"),
    ],
    ids=str,
)
def test_the_repr_reads_like_what_one_would_type(x, text):
    assert repr(x) == text == str(x)


def test_the_repr_of_a_large_tensor_is_short_and_says_what_it_left_out():
    assert "..." in repr(zeros(1000, 1000)) and len(repr(zeros(1000, 1000))) < 1000


@given(arrays())
def test_tolist_gives_plain_python_numbers_in_the_shape_of_the_tensor(array):
    x = Tensor(array)
    assert x.tolist() == array.tolist()
    first = x.reshape(-1).tolist()[:1]
    kinds = {"bool": bool, "int8": int, "int32": int, "float32": float, "float64": float}
    assert not first or type(first[0]) is kinds[x.dtype]


@pytest.mark.parametrize("dtype, kind", [*zip(DTYPES, [bool, int, int, float, float], strict=True)])
def test_item_is_the_only_element_as_a_plain_number_whatever_the_shape(dtype, kind):
    for shape in ((), (1,), (1, 1, 1)):
        item = ones(shape, dtype=dtype).item()
        assert item == 1 and type(item) is kind
    assert float(Tensor([2.5])) == 2.5 and int(Tensor([2.5])) == 2


@pytest.mark.parametrize("shape", [(2,), (0,), (1, 2)])
def test_several_elements_are_no_item_no_number_and_have_no_truth(shape):
    x = zeros(shape)
    for compute in (x.item, lambda: float(x), lambda: int(x)):
        with pytest.raises(ValueError, match=r"item: needs exactly one element.*\("):
            compute()
    with pytest.raises(ValueError, match=r"bool: the truth of a tensor of shape .* ambiguous"):
        bool(x)


def test_the_truth_of_one_element_is_whether_it_is_not_zero():
    assert Tensor([[0.5]]) and Tensor(True) and not Tensor(0) and not Tensor([0.0])
    assert Tensor([3, 4, 5])[1] == 4


@given(arrays())
def test_iteration_goes_along_the_first_dimension_in_views(array):
    x = Tensor(array)
    if array.ndim == 0:
        for compute in (lambda: len(x), lambda: iter(x)):
            with pytest.raises(TypeError, match="0-d"):
                compute()
        return
    rows = list(x)
    assert len(rows) == len(x) == len(array)
    for row, expected in zip(rows, array, strict=True):
        assert isinstance(row, Tensor) and np.array_equal(row.data, expected)
        assert not row.numel() or np.shares_memory(row.data, array)


def test_tensors_are_told_apart_by_identity_in_sets_and_dicts():
    a, b = Tensor([1.0]), Tensor([1.0])
    assert len({a, b, a}) == 2 and {a: "a", b: "b"}[b] == "b" and hash(a) == hash(a)


@given(arrays())
def test_numpy_reads_a_tensor_without_a_copy_and_copies_when_asked(array):
    x = Tensor(array)
    assert np.asarray(x) is array
    assert np.array(x, copy=True) is not array
    assert np.asarray(x, dtype="float64").dtype == "float64"


def test_numpy_is_refused_a_conversion_that_must_not_copy():
    with pytest.raises(ValueError, match="copy"):
        np.asarray(Tensor([1.0]), dtype="float64", copy=False)


def test_a_tensor_survives_copy_and_pickle():
    x = arange(6).reshape(2, 3)
    for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        other[0, 0] = 9
        assert other.tolist() == [[9, 1, 2], [3, 4, 5]]
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]


# Gradients sleep until module 05.


def test_gradients_are_dormant_and_backward_says_who_wakes_them():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert x.requires_grad is True and x.grad is None
    assert Tensor([1.0]).requires_grad is False
    assert (x * 2).requires_grad is False and x.sum().grad is None
    with pytest.raises(RuntimeError, match=r"Module 05.*enable_autograd"):
        x.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize("make", [zeros, ones, randn])
def test_every_way_to_create_can_ask_for_gradients(make):
    assert make(2, requires_grad=True).requires_grad and not make(2).requires_grad


@pytest.mark.parametrize("dtype", ["int32", "int8", "bool"])
def test_only_floats_can_ask_for_gradients(dtype):
    with pytest.raises(
        TypeError, match=f"only floating dtypes can require gradients, and this one is {dtype}"
    ):
        Tensor([1, 0], dtype=dtype, requires_grad=True)


def test_the_version_is_one():
    assert tinytorch.__version__.count(".") == 2


def test_one_whole_number_serves_as_a_position() -> None:
    assert ["a", "b", "c"][Tensor(2)] == "c"
    assert list(range(Tensor(3, dtype="int8"))) == [0, 1, 2]
    for wrong in (Tensor(1.0), Tensor(True)):
        with pytest.raises(TypeError, match="whole numbers"):
            range(wrong)
    with pytest.raises(ValueError, match="exactly one element"):
        range(Tensor([1, 2]))
