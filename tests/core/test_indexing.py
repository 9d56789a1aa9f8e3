"""Reading and writing elements, against PyTorch, or NumPy where PyTorch has nothing to compare with."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracle import assert_same, both, outcome, shares_memory
from strategies import arrays, fill, forward_indices, full_shapes, seeds, shapes

from tinytorch import Tensor, arange, zeros

pytestmark = pytest.mark.torch


@given(arrays(), st.data())
def test_integers_slices_none_and_ellipsis_view_what_they_view_in_pytorch(array, data):
    index = data.draw(forward_indices(array.shape))
    x, tx = both(array)
    view, tview = x[index], tx[index]
    assert_same(view, tview)
    if view.numel():
        assert np.shares_memory(view.data, x.data) and shares_memory(tview, tx)


@given(arrays(), st.data())
def test_slices_that_step_backward_work_as_in_numpy(array, data):
    index = data.draw(hnp.basic_indices(array.shape, allow_newaxis=True, allow_ellipsis=True))
    view = Tensor(array)[index]
    assert isinstance(view, Tensor) and view.dtype == array.dtype.name
    assert np.array_equal(view.data, array[index], equal_nan=True) and view.shape == np.shape(array[index])


def in_torch(index):
    """The index with our tensors replaced by PyTorch's."""
    return tuple(both(part.data)[1] if isinstance(part, Tensor) else part for part in index)


@pytest.mark.parametrize("index", [sys.maxsize + 1, -(2**80), (0, 2**64)])
def test_an_absurd_index_is_no_question_of_types_or_of_memory(index):
    number = index if isinstance(index, int) else index[-1]
    with pytest.raises(
        IndexError, match=f"indexing: index {number} is larger than any tensor. The tensor has"
    ):
        zeros(2, 3)[index]


@st.composite
def arrays_and_tensor_indices(draw):
    """An array, and an index with one tensor of positions or one mask, after some slices."""
    array = draw(arrays(shapes=full_shapes))
    axis = draw(st.integers(0, array.ndim - 1))
    slices = tuple(
        draw(st.sampled_from([slice(None), slice(1, None), slice(None, None, 2)])) for _ in range(axis)
    )
    if draw(st.booleans()):
        dims = draw(st.integers(1, array.ndim - axis))
        part = Tensor(fill(array.shape[axis : axis + dims], "bool", draw(seeds)))
    else:
        size = array.shape[axis]
        generator = np.random.default_rng(draw(seeds))
        part = Tensor(generator.integers(-size, size, draw(shapes)).astype("int32"))
    return array, (*slices, part)


@given(arrays_and_tensor_indices())
def test_masks_and_tensors_of_positions_select_what_they_select_in_pytorch(drawn):
    array, index = drawn
    x, tx = both(array)
    selected = x[index]
    assert_same(selected, tx[in_torch(index)])
    assert not np.shares_memory(selected.data, x.data)  # a copy, as the docstring promises
    assert_same(x[index[-1]] if len(index) == 1 else selected, tx[in_torch(index)])


@given(arrays(shapes=full_shapes), st.data())
def test_several_tensors_of_positions_broadcast_as_in_numpy(array, data):
    index = data.draw(
        hnp.integer_array_indices(array.shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3))
    )
    ours = Tensor(array)[tuple(Tensor(part.astype("int32")) for part in index)]
    assert np.array_equal(ours.data, array[index], equal_nan=True)


def test_lists_and_numpy_arrays_select_like_tensors():
    x = arange(10, 14)
    assert x[[3, 0]].tolist() == x[np.array([3, 0])].tolist() == x[Tensor([3, 0])].tolist() == [13, 10]
    assert x[[True, False, False, True]].tolist() == x[x.data != 11][[0, 2]].tolist() == [10, 13]


def test_one_element_is_a_0d_view_not_a_number():
    x = arange(6).reshape(2, 3)
    element = x[1, 2]
    assert isinstance(element, Tensor) and element.shape == () and element.item() == 5
    x[1, 2] = 50
    assert element.item() == 50


@given(shapes, st.lists(st.integers(-6, 5), min_size=1, max_size=5))
def test_positions_outside_are_refused_by_both(shape, index):
    x, tx = both(fill(shape, "float32", 0))
    assert_same(outcome(x.__getitem__, tuple(index)), outcome(tx.__getitem__, tuple(index)))


@pytest.mark.parametrize(
    "index",
    [2, (0, 3), (0, 0, 0), "a", 1.0, Tensor([0.5]), Tensor([5]), Tensor([True]), (..., ...)],
    ids=repr,
)
def test_an_index_that_does_not_fit_is_an_index_error_that_shows_the_shape(index):
    with pytest.raises(IndexError, match=r"indexing: .*The tensor has shape \(2, 3\)"):
        zeros(2, 3)[index]


@st.composite
def assignments(draw):
    """An array, an index of it, and an array that broadcasts to what the index selects."""
    array = draw(arrays(shapes=full_shapes, dtypes=st.sampled_from(["int32", "float32", "float64", "bool"])))
    if draw(st.booleans()):
        index = draw(forward_indices(array.shape))
        selected = array[(*index, ...)] if Ellipsis not in index else array[index]
    else:
        mask = fill(array.shape, "bool", draw(seeds))
        index, selected = (Tensor(mask),), array[mask]
    shape = draw(st.sampled_from([selected.shape, (), selected.shape[-1:]]))
    if not isinstance(index[0], Tensor) or shape == ():
        return array, index, fill(shape, draw(st.sampled_from(["int32", "float32"])), draw(seeds))
    return array, index, fill(selected.shape, "float32", draw(seeds))


@given(assignments())
def test_assignment_writes_what_it_writes_in_pytorch(drawn):
    array, index, value = drawn
    x, tx = both(array)
    v, tv = both(value)
    x[index] = v
    tx[in_torch(index)] = tv.to(tx.dtype)
    assert_same(x, tx)
    y, z = Tensor(array.copy()), Tensor(array.copy())
    y[index] = value  # a NumPy array
    if value.ndim == 0:
        z[index] = value.item()  # a number
        assert np.array_equal(z.data, x.data, equal_nan=True)
    assert np.array_equal(y.data, x.data, equal_nan=True)


def test_assignment_keeps_the_dtype_and_refuses_what_it_cannot_hold():
    x = zeros(3, dtype="int32")
    x[0] = 2.9
    assert x.dtype == "int32" and x.tolist() == [2, 0, 0]
    for value in (float("nan"), float("inf"), 2**31):
        with pytest.raises(OverflowError):
            x[1] = value
    with pytest.raises(TypeError, match="list"):
        x[0] = [1]
    with pytest.raises(ValueError, match="broadcast"):
        x[:] = zeros(2)
    with pytest.raises(IndexError):
        x[3] = 1
    assert x.tolist() == [2, 0, 0]
