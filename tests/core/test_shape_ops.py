"""Reshape, transpose, permute: PyTorch's shapes, values, strides and, above all, shared memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import assert_same, both, outcome, shares_memory
from strategies import arrays, arrays_and_views, full_shapes

from tinytorch import Tensor, arange, zeros

pytestmark = pytest.mark.torch


@st.composite
def arrays_and_new_shapes(draw):
    """An array and a shape for it: often a true rearrangement, sometimes with a -1, sometimes wrong."""
    array = draw(arrays())
    new = list(draw(st.permutations(array.shape)))
    if len(new) > 1 and draw(st.booleans()):
        new[:2] = [new[0] * new[1]]
    if new and draw(st.booleans()):
        new[draw(st.integers(0, len(new) - 1))] = draw(st.sampled_from([-1, -1, -1, 0, 2, -2]))
    if draw(st.booleans()):
        new.insert(draw(st.integers(0, len(new))), draw(st.sampled_from([1, 1, -1])))
    return array, tuple(new)


@given(arrays_and_new_shapes())
def test_reshape_gives_what_pytorch_gives_or_is_refused_by_both(drawn):
    array, new = drawn
    x, tx = both(array)
    assert_same(outcome(x.reshape, new), outcome(tx.reshape, new))


@given(arrays())
def test_reshape_takes_sizes_one_by_one_or_as_a_tuple_or_list(array):
    x = Tensor(array)
    assert x.reshape(*x.shape, 1).shape == x.reshape((*x.shape, 1)).shape == x.reshape([*x.shape, 1]).shape


@pytest.mark.parametrize(
    "shape, new, words",
    [
        ((2, 3), (4, 2), r"\(2, 3\) holds 6 elements, which cannot fill \(4, 2\)"),
        ((2, 3), (-1, 4), r"cannot fill \(-1, 4\)"),
        ((2, 3), (-2, -3), r"cannot fill \(-2, -3\)"),
        ((0, 3), (0, -1), r"cannot fill \(0, -1\)"),
        ((2, 3), (-1, -1), r"only one size can be -1"),
    ],
)
def test_the_error_of_reshape_shows_both_shapes(shape, new, words):
    with pytest.raises(ValueError, match=f"reshape: .*{words}"):
        zeros(shape).reshape(new)


def test_sizes_that_are_no_whole_numbers_are_refused_not_truncated():
    for compute in (lambda: zeros(2, 3).reshape(6 / 2, -1), lambda: zeros(2.5), lambda: zeros((2, 1.5))):
        with pytest.raises(TypeError, match=r"Divide sizes with //"):
            compute()


def apply(steps, tensor):
    for kind, argument in steps:
        tensor = tensor.permute(argument) if kind == "permute" else tensor[argument]
    return tensor


def meaningful(stride, shape):
    """The strides along which there is a neighbour to reach; the others are arbitrary, and differ."""
    return [step for step, size in zip(stride, shape, strict=True) if size > 1]


@given(arrays_and_views(), st.data())
def test_views_have_pytorchs_strides_share_memory_and_so_does_reshape_exactly_when_pytorch_does(drawn, data):
    array, steps = drawn
    x, tx = both(array)
    view, tview = apply(steps, x), apply(steps, tx)
    assert_same(view, tview)
    assert view.is_contiguous() == tview.is_contiguous()
    if not view.numel():
        return  # there is no memory to share
    assert np.shares_memory(view.data, x.data) and shares_memory(tview, tx)
    assert meaningful(view.stride(), view.shape) == meaningful(tview.stride(), view.shape)

    new = tuple(data.draw(st.permutations([*view.shape, 1])))
    if data.draw(st.booleans()):
        new = (-1, *new[2:])
    reshaped, treshaped = view.reshape(new), tview.reshape(new)
    assert_same(reshaped, treshaped)
    assert np.shares_memory(reshaped.data, x.data) == shares_memory(treshaped, tx)
    assert meaningful(reshaped.stride(), reshaped.shape) == meaningful(treshaped.stride(), reshaped.shape)

    ordered, tordered = view.contiguous(), tview.contiguous()
    assert_same(ordered, tordered)
    assert ordered.is_contiguous()
    assert np.shares_memory(ordered.data, x.data) == shares_memory(tordered, tx)
    assert meaningful(ordered.stride(), ordered.shape) == meaningful(tordered.stride(), ordered.shape)


@given(arrays(shapes=full_shapes))
def test_a_new_tensor_has_pytorchs_strides(array):
    x, tx = both(array)
    assert x.stride() == tx.stride()


def test_writing_through_a_view_shows_in_the_tensor_it_came_from():
    x = arange(6).reshape(2, 3)
    x.T[2, 0] = 20
    x.reshape(6)[0] = 10
    x.permute(1, 0)[1][1] = 40
    assert x.tolist() == [[10, 1, 20], [3, 40, 5]]
    x.T.contiguous()[0] = 99  # a copy
    assert x.tolist() == [[10, 1, 20], [3, 40, 5]]


def test_contiguous_returns_the_very_tensor_if_nothing_is_to_be_done():
    x = zeros(2, 3)
    assert x.contiguous() is x and x.T.contiguous() is not x


@given(arrays(), st.integers(-5, 5), st.integers(-5, 5))
def test_transpose_swaps_the_dimensions_that_pytorch_swaps_or_both_refuse(array, dim0, dim1):
    if array.ndim == 0:
        return  # PyTorch lets a number be transposed along a dimension that it does not have
    x, tx = both(array)
    assert_same(outcome(x.transpose, dim0, dim1), outcome(tx.transpose, dim0, dim1))


@given(arrays(), st.lists(st.integers(-5, 4), max_size=5))
def test_permute_orders_the_dimensions_as_pytorch_does_or_both_refuse(array, dims):
    x, tx = both(array)
    assert_same(outcome(x.permute, dims), outcome(tx.permute, dims))
    assert_same(outcome(x.permute, *dims), outcome(tx.permute, dims))


@given(arrays())
def test_t_reverses_all_dimensions_and_is_its_own_inverse(array):
    x = Tensor(array)
    assert x.T.shape == x.shape[::-1]
    assert np.array_equal(x.T.data, array.T, equal_nan=True)
    assert x.T.T.stride() == x.stride()


def test_the_errors_of_dimensions_that_do_not_exist_show_the_shape():
    x = zeros(2, 3)
    with pytest.raises(IndexError, match=r"transpose: there is no dimension 2 in shape \(2, 3\)"):
        x.transpose(0, 2)
    with pytest.raises(IndexError, match=r"permute: there is no dimension -3 in shape \(2, 3\)"):
        x.permute(0, -3)
    for dims in ((0, 0), (0,), (0, 1, 1)):
        with pytest.raises(ValueError, match=r"permute: .* each dimension of shape \(2, 3\) exactly once"):
            x.permute(dims)
