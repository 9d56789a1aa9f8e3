"""Making tensors: the dtype that data gets, what is shared, copied and refused. NumPy is the oracle."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, FLOATS, arrays, dtypes, shapes

import tinytorch
from tinytorch import Tensor, arange, from_numpy, manual_seed, ones, randn, zeros
from tinytorch.core.random import default_generator


@pytest.mark.parametrize(
    "data, dtype",
    [
        (1, "int32"),
        (1.0, "float32"),
        (True, "bool"),
        ([], "float32"),
        ([[], []], "float32"),
        ([1, 2], "int32"),
        ([1, 2.0], "float32"),
        ([True, False], "bool"),
        ([True, 2], "int32"),
        ([[1, 2], [3, 4.5]], "float32"),
        ((1, 2), "int32"),
        (range(3), "int32"),
        ([np.float64(1.0)], "float32"),
        ([np.int64(1)], "int32"),
        (np.float64(1.0), "float64"),
        (np.int64(1), "int32"),
        (np.uint8(1), "int32"),
        (np.array([1, 2]), "int32"),
        (np.array([1, 2], "uint8"), "int32"),
        (np.array([1, 2], "int16"), "int32"),
        (np.array([1, 2], "float16"), "float32"),
        (np.array([]), "float64"),
        *((np.ones(2, dtype), dtype) for dtype in DTYPES),
    ],
    ids=repr,
)
def test_data_gets_the_dtype_of_its_family_and_an_array_of_ours_keeps_its_own(data, dtype):
    x = Tensor(data)
    assert x.dtype == dtype and x.data.dtype == dtype
    assert x.tolist() == np.asarray(data).tolist()


@given(arrays(), dtypes)
def test_a_dtype_that_is_asked_for_is_given_with_the_values_that_numpy_gives(array, dtype):
    x = Tensor(array, dtype=dtype)
    assert x.dtype == dtype == Tensor(array).to(dtype).dtype
    assert np.array_equal(x.data, array.astype(dtype))
    again = Tensor(array.tolist(), dtype=dtype).data
    assert np.array_equal(again.reshape(array.shape), array.astype(dtype))  # lists forget (0, 0)


@given(arrays())
def test_what_a_tensor_says_about_itself_is_what_numpy_says(array):
    x = Tensor(array)
    assert (x.shape, x.ndim, x.dtype, x.device) == (array.shape, array.ndim, array.dtype.name, "cpu")
    assert x.numel() == array.size and x.nbytes == x.memory_footprint() == array.nbytes
    assert all(type(size) is int for size in (*x.shape, x.numel(), x.nbytes))


@given(arrays())
def test_an_array_or_tensor_of_the_right_dtype_is_shared_and_one_of_another_is_copied(array):
    x = Tensor(array)
    assert (
        x.data is array and Tensor(x).data is array and x.numpy() is array and from_numpy(array).data is array
    )
    other = "float64" if array.dtype != "float64" else "float32"
    assert not np.shares_memory(Tensor(array, dtype=other).data, array)


def test_a_list_of_tensors_becomes_one_tensor():
    assert Tensor([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])]).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert Tensor([Tensor(1.0), Tensor(3)]).dtype == "float32"


@pytest.mark.parametrize(
    "data",
    ["1", ["a"], None, [None], {1: 2}, 1j, [1j], b"1", 2**70, object()],
    ids=lambda data: "an object" if type(data) is object else repr(data),  # repr says where that one lies
)
def test_what_is_not_numbers_is_a_type_error_whatever_dtype_is_asked_for(data):
    for dtype in (None, "float32", "int32", "bool"):
        with pytest.raises(TypeError, match=r"Tensor: cannot hold"):
            Tensor(data, dtype=dtype)


def test_rows_of_different_lengths_are_a_value_error_that_shows_them_and_stays_short():
    with pytest.raises(ValueError, match=r"same length.*\[\[1, 2\], \[3\]\]"):
        Tensor([[1, 2], [3]])
    with pytest.raises(ValueError) as error:
        Tensor([[1.0] * 1000, [2.0]])
    assert len(str(error.value)) < 250


@pytest.mark.parametrize(
    "dtype", ["int64", "float", "float16", "complex64", "", "Float32", np.float32, float, 4]
)
def test_a_dtype_that_does_not_exist_is_a_type_error_that_lists_those_that_do(dtype):
    for make in (
        lambda: Tensor([1], dtype=dtype),
        lambda: Tensor([1]).to(dtype),
        lambda: zeros(1, dtype=dtype),
    ):
        with pytest.raises(TypeError, match="'bool', 'int8', 'int32', 'float32', 'float64'"):
            make()


@pytest.mark.parametrize(
    "value, dtype",
    [
        (128, "int8"),
        (-129, "int8"),
        (2**31, "int32"),
        (-(2**31) - 1, "int32"),
        (2.0**31, "int32"),
        (math.nan, "int32"),
        (math.inf, "int8"),
        (-math.inf, "int32"),
        (2**63, "int32"),
    ],
)
def test_a_value_that_whole_numbers_cannot_hold_is_an_overflow_error_not_a_wrapped_value(value, dtype):
    for data in (value, [0, value], np.array(value), np.array([value], "float64")):
        with pytest.raises(OverflowError, match=dtype):
            Tensor(data, dtype=dtype)


def test_the_extremes_that_whole_numbers_can_hold_are_held():
    for dtype in ("int8", "int32"):
        limits = np.iinfo(dtype)
        values = [int(limits.min), int(limits.max)]
        assert (
            Tensor(values, dtype=dtype).tolist()
            == Tensor(np.array(values, "float64"), dtype=dtype).tolist()
            == values
        )
    with pytest.raises(OverflowError):
        Tensor(np.array([2**31], "float32"), dtype="int32")  # where int32's last number would round up to it
    with pytest.raises(OverflowError):
        Tensor(2**31)  # whole numbers are int32 unless another dtype is given
    assert Tensor(2**31, dtype="float64").item() == 2**31


def test_floats_too_large_for_float32_become_infinite_without_a_warning(recwarn):
    assert Tensor([1e300, -1e300]).tolist() == [math.inf, -math.inf]
    assert not recwarn


@given(shapes, dtypes)
def test_zeros_and_ones_take_sizes_one_by_one_or_as_one_sequence(shape, dtype):
    for make, value in ((zeros, 0), (ones, 1)):
        for x in (make(shape, dtype=dtype), make(list(shape), dtype=dtype), make(*shape, dtype=dtype)):
            assert x.shape == shape and x.dtype == dtype and (x.data == value).all()
    assert zeros(shape).dtype == ones(shape).dtype == randn(shape).dtype == "float32"


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(-5, 5).filter(bool))
def test_arange_of_whole_numbers_counts_as_range_does_in_int32(start, stop, step):
    x = arange(start, stop, step)
    assert x.dtype == "int32" and x.tolist() == list(range(start, stop, step))
    assert arange(stop).tolist() == list(range(stop)) and arange(start, stop).tolist() == list(
        range(start, stop)
    )


def test_arange_of_fractions_is_float32_and_another_dtype_is_given_on_request():
    assert arange(0, 1, 0.25).dtype == "float32" and arange(0, 1, 0.25).tolist() == [0.0, 0.25, 0.5, 0.75]
    assert arange(3.0).dtype == "float32" and arange(3, dtype="float64").dtype == "float64"
    with pytest.raises(ValueError, match="step must not be 0"):
        arange(0, 5, 0)


def test_from_numpy_shares_in_both_directions_and_refuses_what_it_would_have_to_convert():
    array = np.zeros(3, "float32")
    x = from_numpy(array)
    array[0], x[1] = 1, 2
    assert x.tolist() == array.tolist() == [1.0, 2.0, 0.0]
    for data, words in (
        ([1.0], "list"),
        (np.zeros(3, "int64"), "int64"),
        (np.zeros(3, "complex64"), "complex64"),
    ):
        with pytest.raises(TypeError, match=f"from_numpy: .*{words}"):
            from_numpy(data)


def test_the_seed_repeats_random_numbers_and_other_seeds_give_others():
    manual_seed(7)
    first = randn(3, 4)
    second = randn(3, 4)
    manual_seed(7)
    assert randn(3, 4).tolist() == first.tolist() != second.tolist()
    manual_seed(8)
    assert randn(3, 4).tolist() != first.tolist()


def test_a_generator_of_ones_own_leaves_the_default_one_alone():
    generator = manual_seed(7)
    assert generator is default_generator() and default_generator(None) is generator
    expected = randn(2).tolist()
    manual_seed(7)
    mine = randn(2, generator=np.random.default_rng(7)).tolist()
    assert randn(2).tolist() == expected == mine


def test_the_state_of_numpys_random_is_neither_used_nor_touched():
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()
    manual_seed(1)
    randn(10)
    assert np.random.get_state()[1].tolist() == before


@pytest.mark.parametrize("dtype", FLOATS)
def test_randn_is_standard_normal(dtype):
    manual_seed(0)
    x = randn(100, 100, dtype=dtype)
    assert x.shape == (100, 100) and x.dtype == dtype
    assert abs(x.mean().item()) < 0.03 and abs(x.data.std() - 1) < 0.03
    assert abs((abs(x.data) < 1).mean() - 0.6827) < 0.02  # the share within one standard deviation


def test_random_whole_numbers_from_the_normal_distribution_are_refused():
    with pytest.raises(TypeError, match="randn: needs a floating dtype, got int32"):
        randn(3, dtype="int32")


@pytest.mark.parametrize("name", tinytorch.__all__)
def test_everything_that_is_public_is_there(name):
    assert getattr(tinytorch, name) is getattr(tinytorch.core, name)


# Types that depend on the machine: NumPy's default integer is 64 bits wide natively and 32 in the browser.


@given(arrays(), st.data())
def test_no_operation_gives_a_dtype_that_is_not_ours(array, data):
    x = Tensor(array)
    number = data.draw(st.sampled_from([True, 2, 0.5]))
    results = [
        x + number,
        number * x,
        x / 2,
        x < number,
        x == x,
        x.exp(),
        x.log(),
        x.sqrt(),
        x.sum(),
        x.T,
        x[..., None],
    ]
    results += [
        x.reshape(-1),
        Tensor(x.tolist()),
        Tensor(x.shape),
        x.sum(axis=tuple(range(x.ndim)), keepdims=True),
    ]
    if x.dtype != "bool":
        results += [x - number, number - x, -x, abs(x.data) ** Tensor(2), 2 ** Tensor(abs(array))]
    if x.dtype in FLOATS:
        results += [x.mean()]
    if x.numel():
        results += [x.max(), x.min(), x.argmax(), x.argmax(keepdims=True)]
    if x.ndim:
        results += [x @ x.T] if x.ndim < 3 else []
    assert {result.data.dtype.name for result in results} <= set(DTYPES)
    assert {type(result.data) for result in results} == {np.ndarray}
