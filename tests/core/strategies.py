"""What Hypothesis draws from: shapes, arrays of our dtypes, numbers, and indexes that fit a shape."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DTYPES = ["bool", "int8", "int32", "float32", "float64"]
FLOATS = ["float32", "float64"]

# Zero-size dimensions are as likely as any: that is where reshape, reductions and broadcasting go wrong.
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
full_shapes = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)
dtypes = st.sampled_from(DTYPES)
floats = st.sampled_from(FLOATS)
numbers = st.sampled_from([True, False, 0, 1, 2, -3, 0.5, -1.5, 4.0])
seeds = st.integers(0, 2**16)

# What float arithmetic has to get right beside ordinary numbers.
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-30, 100.0, -100.0, 1e30, np.inf, -np.inf, np.nan]


def fill(shape, dtype, seed):
    """An array of small numbers: products of a few of them fit even int8, and ties are frequent."""
    generator = np.random.default_rng(seed)
    if dtype == "bool":
        return np.asarray(generator.random(shape) < 0.5)
    if dtype.startswith("int"):
        return np.asarray(generator.integers(-3, 4, shape), dtype)
    return np.asarray(np.round(generator.standard_normal(shape), 1), dtype)


def arrays(shapes=shapes, dtypes=dtypes):
    return st.builds(fill, shapes, dtypes, seeds)


@st.composite
def array_pairs(draw, dtypes=dtypes):
    """Two arrays whose shapes broadcast."""
    pair = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=4)
    ).input_shapes
    return tuple(fill(shape, draw(dtypes), draw(seeds)) for shape in pair)


@st.composite
def matmul_pairs(draw, dtypes=floats):
    """Two arrays that can be multiplied as matrices or vectors, batched or not, of one dtype."""
    m, n, p = (draw(st.integers(0, 4)) for _ in "mnp")
    a, b = draw(st.sampled_from([((n,), (n,)), ((m, n), (n,)), ((n,), (n, p)), ((m, n), (n, p))]))
    batches = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=2, max_side=3)
    ).input_shapes
    pair = [
        (*batch, *shape) if len(shape) > 1 else shape for batch, shape in zip(batches, (a, b), strict=True)
    ]
    dtype = draw(dtypes)
    return tuple(fill(shape, dtype, draw(seeds)) for shape in pair)


@st.composite
def arrays_and_axes(draw, dtypes=dtypes):
    """An array, and an axis or axes of it as a reduction takes them."""
    array = draw(arrays(dtypes=dtypes))
    if array.ndim == 0:
        return array, None
    one = st.integers(-array.ndim, array.ndim - 1)
    several = hnp.valid_tuple_axes(array.ndim, min_size=1)
    return array, draw(st.one_of(st.none(), one, several))


@st.composite
def arrays_and_views(draw):
    """An array, and a list of steps that view it: ("permute", dims), ("index", slices)."""
    array = draw(arrays(shapes=full_shapes, dtypes=st.just("float32")))
    steps, seen = [], array
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            dims = tuple(draw(st.permutations(range(seen.ndim))))
            steps.append(("permute", dims))
            seen = seen.transpose(dims)
        else:
            index = draw(forward_indices(seen.shape))
            steps.append(("index", index))
            seen = seen[(*index, ...)] if Ellipsis not in index else seen[index]
    return array, steps


@st.composite
def forward_indices(draw, shape):
    """A tuple of integers, slices that step forward, None and Ellipsis: the basic indexes of PyTorch."""
    index = draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True, max_dims=5))
    index = index if isinstance(index, tuple) else (index,)
    return tuple(
        slice(part.start, part.stop, abs(part.step)) if isinstance(part, slice) and part.step else part
        for part in index
    )
