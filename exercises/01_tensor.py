# %% [markdown]
# # Tensor
#
# A neural network is arithmetic on grids of numbers. This chapter builds the grid: it holds numbers of one type, knows its
# shape, adds and multiplies, and says what it costs in bytes. Everything in the nineteen chapters after this one is made of it.

# %% setup=true
import numpy as np

from tinytorch import Tensor, arange, manual_seed, ones, randn, zeros
from tinytorch.core.shapes import broadcast_shapes
from tinytorch.workshop.expect import (
    expect_equal,
    expect_error,
    expect_no_error,
    expect_tensor,
    expect_unchanged,
    expect_view,
    fail,
)

# %% [markdown]
# ## What is wrong with lists?
#
# Python can hold a grid already: a list of rows, each a list of numbers. Here is a batch of 256 pictures of 28 × 28 = 784 pixels,
# once as lists and once as a NumPy array, added to itself. Before you look at the output, guess: how many times faster
# is the array, and how many times smaller?

# %% experiment="lists_against_array" title="A batch of pictures as lists and as an array"
import sys
import timeit

rows = [[i + j / 784 for j in range(784)] for i in range(256)]
array = np.array(rows, dtype="float32")


def add(a, b):
    total = []
    for p, q in zip(a, b, strict=True):
        total.append([x + y for x, y in zip(p, q, strict=True)])
    return total


slow = min(timeit.repeat(lambda: add(rows, rows), number=1, repeat=5))
fast = min(timeit.repeat(lambda: array + array, number=20, repeat=5)) / 20
size = sum(map(sys.getsizeof, rows))
size += sum(sys.getsizeof(number) for row in rows for number in row)

each = size / array.size, array.nbytes / array.size
print(f"lists: {slow * 1e3:7.3f} ms, {each[0]:5.2f} bytes a number")
print(f"array: {fast * 1e3:7.3f} ms, {each[1]:5.2f} bytes a number")
print(f"The array is {slow / fast:.0f} times faster", end=" ")
print(f"and {each[0] / each[1]:.1f} times smaller.")
print(f"rows + rows has {len(rows + rows)} rows.")

# %% [markdown]
# A list does not hold numbers. It holds addresses of objects that hold numbers, each with a header that says what kind of object it is. The
# loop follows every address and asks every object what adding means for it. And the last line shows that `+` of two
# lists was never meant for arithmetic: it strings them together.
#
# An array holds the bare numbers side by side, all of one type, and asks once. That is the idea to build on, and NumPy
# has it. So why not use NumPy and be done?

# %% experiment="numpy_alone" title="Three things that NumPy does"
print("floats become    ", np.array([0.5, 1.5]).dtype)
mixed = np.ones(2, "int32") + np.ones(2, "float32")
print("int32 + float32 is", mixed.dtype)
try:
    np.ones((32, 28, 28)) @ np.ones((784, 10))
except ValueError as error:
    print("a wrong product:  ", error)

# %% [markdown]
# NumPy is made for science, where 64 bits are a good default. Networks do well with 32, at half the memory, and want to stay
# there. Its error speaks of a *gufunc* and does not show the shapes that you would need to see. And it can never tell you a
# gradient, which is the point of module 05.
#
# So we wrap it: a class `Tensor` that holds one NumPy array and adds rules of our own, the rules that PyTorch has. NumPy keeps
# doing the loops.

# %% [markdown]
# ## Hold numbers of one type
#
# Every element of a tensor has the same type, its **dtype**, which we give by name:
#
# | you pass | without a dtype it becomes | bytes each |
# |---|---|---|
# | `[1.5, 2.0]` | `"float32"` | 4 |
# | `[1, 2]` | `"int32"` | 4 |
# | `[True, False]` | `"bool"` | 1 |
# | a NumPy array of `float32`, `int32`, `bool`, `float64` or `int8` | what it was | 4, 4, 1, 8, 1 |
#
# These rules are written already: `to_array(data, dtype)` turns lists, numbers or arrays into an array of the right dtype,
# and copies only if it must. Your constructor keeps that array in `self.data`, together with two
# attributes that sleep until module 05: `requires_grad`, the wish for a gradient, and `grad`, the gradient, so far `None`.
# Only a floating dtype can have one: a whole number cannot change by a little.

# %% exercise="tensor_init" object="tinytorch.core.tensor:Tensor.__init__" points=3 title="Hold data as an array of one dtype"
# - Four steps: if `data` is a Tensor already, take the array out of it; convert; refuse gradients for whole numbers and truth values; set the attributes.
# - `isinstance(data, Tensor)` recognises a tensor, and `data.data` is its array. After `self.data = to_array(data, dtype)` you can ask `self.dtype`.
# - The refusal: `if requires_grad and not is_floating(self.dtype): raise TypeError(f"… {self.dtype} …")`. Then `self.requires_grad = requires_grad` and `self.grad = None`.

# %% checks="tensor_init"


def test_lists_become_an_array():
    """Nested lists become a NumPy array of the same shape and values, in `data`."""
    expect_tensor(
        Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        [[1, 2, 3], [4, 5, 6]],
        "`Tensor([[1., 2., 3.], [4., 5., 6.]])`",
    )
    expect_tensor(Tensor(7.0), 7, "`Tensor(7.0)`")
    expect_tensor(Tensor([]), np.zeros(0), "`Tensor([])`")


def test_the_dtype_follows_the_data():
    """Without a dtype, Python's floats become float32, whole numbers int32, truth values bool."""
    hint = "`to_array(data, dtype)` knows these rules, also when `dtype` is None: let it choose."
    expect_tensor(Tensor([1.5, 2.0]), [1.5, 2.0], "`Tensor([1.5, 2.0])`", "float32", hint)
    expect_tensor(Tensor([1, 2]), [1, 2], "`Tensor([1, 2])`", "int32", hint)
    expect_tensor(Tensor([True, False]), [True, False], "`Tensor([True, False])`", "bool", hint)
    expect_tensor(Tensor(np.array([0.5])), [0.5], "`Tensor` of a float64 array", "float64", hint)


def test_a_dtype_can_be_asked_for():
    """A dtype that is given wins over the data's own."""
    hint = "Pass `dtype` on to `to_array`."
    expect_tensor(
        Tensor([1, 2], dtype="float32"), [1, 2], '`Tensor([1, 2], dtype="float32")`', "float32", hint
    )
    expect_tensor(Tensor([1.9, -1.9], "int32"), [1, -1], '`Tensor([1.9, -1.9], "int32")`', "int32", hint)


def test_an_array_is_shared():
    """An array that already has the right dtype is shared, not copied."""
    array = np.zeros(3, dtype="float32")
    expect_view(Tensor(array), array, "`Tensor(array)`", "Keep the array that `to_array` returns, as it is.")


def test_a_tensor_of_a_tensor():
    """`Tensor(tensor)` holds the same array, of the same dtype."""
    inner = Tensor([0.5, 1.5], dtype="float64")
    with expect_no_error("`Tensor(tensor)`", "If `data` is a Tensor, go on with the array that it holds."):
        outer = Tensor(inner)
    expect_tensor(
        outer, [0.5, 1.5], "`Tensor(tensor)`", "float64", "Go on with the array that the tensor holds."
    )
    expect_view(outer, inner, "`Tensor(tensor)`")


def test_gradients_sleep():
    """`requires_grad` is kept, and False if not given; `grad` starts as None."""
    plain, wishing = Tensor([1.0]), Tensor([1.0], requires_grad=True)
    for name in ("requires_grad", "grad"):
        if not hasattr(plain, name):
            fail(f"The tensor has no attribute `{name}`.", f"Set `self.{name}` in the constructor.")
    expect_equal(plain.requires_grad, False, "`Tensor([1.0]).requires_grad`")
    expect_equal(wishing.requires_grad, True, "`Tensor([1.0], requires_grad=True).requires_grad`")
    if wishing.grad is not None:
        fail("`grad` should start as None.", "None says that no gradient was computed; zero would be one.")


def test_whole_numbers_have_no_gradients():
    """Asking an int32 or bool tensor for gradients raises a TypeError that names the dtype."""
    hint = "Check it after `self.data` is set: then `self.dtype` is known."
    what = "`Tensor([1, 2], requires_grad=True)`"
    expect_error(TypeError, lambda: Tensor([1, 2], requires_grad=True), ["int32"], what, hint)
    expect_error(TypeError, lambda: Tensor([True], None, True), ["bool"], "the same with truth values", hint)
    with expect_no_error('`Tensor([1, 2], dtype="float32", requires_grad=True)`'):
        Tensor([1, 2], dtype="float32", requires_grad=True)


# %% wrong="tensor_init" name="keeps_the_list" says="A list has no shape and no dtype"
def __init__(self, data, dtype=None, requires_grad=False):
    self.data = data
    self.requires_grad = requires_grad
    self.grad = None


# %% wrong="tensor_init" name="everything_is_float32" says="`Tensor([1, 2])` has dtype float32; it should be int32."
def __init__(self, data, dtype=None, requires_grad=False):
    if isinstance(data, Tensor):
        data = data.data
    self.data = np.asarray(data, dtype=dtype or "float32")
    self.requires_grad = requires_grad
    self.grad = None


# %% wrong="tensor_init" name="copies" says="`Tensor(array)` made a copy"
def __init__(self, data, dtype=None, requires_grad=False):
    if isinstance(data, Tensor):
        data = data.data
    self.data = np.array(to_array(data, dtype))
    self.requires_grad = requires_grad
    self.grad = None


# %% wrong="tensor_init" name="forgets_grad" says="The tensor has no attribute `grad`."
def __init__(self, data, dtype=None, requires_grad=False):
    if isinstance(data, Tensor):
        data = data.data
    self.data = to_array(data, dtype)
    if requires_grad and not is_floating(self.dtype):
        raise TypeError(f"{self.dtype} cannot require gradients.")
    self.requires_grad = requires_grad


# %% [markdown]
# Now there are tensors. `shape`, `dtype` and `ndim`, the number of dimensions, are read off the array; `repr` and a few other small methods ship
# written, so that you can look at what you made.

# %% experiment="first_tensors" title="Your first tensors"
x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
print(x)
print("shape", x.shape, "ndim", x.ndim, "dtype", x.dtype)
print(Tensor([1, 2, 3]), Tensor([1, 2, 3], "float64"), Tensor(True))
try:
    Tensor([[1, 2], [3]])
except ValueError as error:
    print(error)

# %% [markdown]
# ## Count its bytes
#
# What does a tensor cost? As many bytes as it has elements, times the bytes of one element. `ITEMSIZE` is a table of the second factor:
# `ITEMSIZE["float32"]` is 4. The first factor is what your `numel` counts, on the page before. You will
# ask this of every model in this book: it decides what fits on a device before anything runs.

# %% exercise="tensor_memory_footprint" object="tinytorch.core.tensor:Tensor.memory_footprint" points=2 title="Bytes of a tensor"
# - Two factors: how many elements, and how large each is. Both are one look-up away.
# - `numel(self.shape)` counts the elements, `ITEMSIZE[self.dtype]` gives the bytes of one.

# %% checks="tensor_memory_footprint"


def test_four_bytes_a_float():
    """A float32 tensor of shape `(2, 3)` takes 24 bytes."""
    mistakes = [
        (6, "That is the number of elements. How many bytes does each take?"),
        (8, "That counts the rows, not the elements: `len` sees the first dimension only."),
    ]
    hint = "Count what the elements take, 4 bytes each, and nothing else."
    expect_equal(zeros(2, 3).memory_footprint(), 24, "`zeros(2, 3).memory_footprint()`", hint, mistakes)


def test_a_batch_of_pictures():
    """A batch of shape `(32, 3, 224, 224)` takes 19,267,584 bytes."""
    hint = "All dimensions count, however many there are."
    expect_equal(zeros(32, 3, 224, 224).memory_footprint(), 19_267_584, "The batch", hint)


def test_every_dtype_has_its_size():
    """bool and int8 take 1 byte an element, int32 and float32 take 4, float64 takes 8."""
    hint = "Not every element has 4 bytes: ask `ITEMSIZE` about the tensor's dtype."
    for dtype, size in [("bool", 1), ("int8", 1), ("int32", 4), ("float32", 4), ("float64", 8)]:
        what = f'`zeros(5, dtype="{dtype}").memory_footprint()`'
        expect_equal(zeros(5, dtype=dtype).memory_footprint(), 5 * size, what, hint)


def test_one_number_and_none():
    """A 0-d tensor holds one element; a tensor with a dimension of 0 takes no bytes."""
    with expect_no_error("The footprint of a 0-d tensor", "A shape of `()` has no dimensions to ask for."):
        lone = Tensor(7.0).memory_footprint()
    expect_equal(lone, 4, "`Tensor(7.0).memory_footprint()`", "A 0-d tensor holds one element.")
    expect_equal(
        zeros(0, 3).memory_footprint(), 0, "`zeros(0, 3).memory_footprint()`", "No elements, no bytes."
    )


def test_a_selection_counts_its_own():
    """A part of a tensor counts its own elements, not the memory that it looks into."""
    part = Tensor(np.zeros((4, 6), dtype="float32")[:, ::2])
    hint = "Count the elements of this tensor, whatever lies between them."
    expect_equal(
        part.memory_footprint(), 48, "The footprint of every second column of a `(4, 6)` tensor", hint
    )


# %% wrong="tensor_memory_footprint" name="four_bytes_for_all" says="Not every element has 4 bytes"
def memory_footprint(self):
    return numel(self.shape) * 4


# %% wrong="tensor_memory_footprint" name="counts_elements" says="That is the number of elements."
def memory_footprint(self):
    return numel(self.shape)


# %% wrong="tensor_memory_footprint" name="counts_rows" says="`len` sees the first dimension only"
def memory_footprint(self):
    return len(self.data) * ITEMSIZE[self.dtype]


# %% experiment="dtype_costs" title="The same batch in five dtypes"
for dtype in ("float64", "float32", "int32", "int8", "bool"):
    batch = zeros(32, 3, 224, 224, dtype=dtype)
    size = batch.memory_footprint()
    print(f"{dtype:8} {size:>12,} bytes = {size / 1e6:6.1f} MB")

# %% [markdown]
# One line of code, and already a decision: the same pictures take eight times the memory in one dtype as in another. Module 15 turns that into a method.

# %% [markdown]
# ## Decide which shapes fit
#
# Adding two grids of one shape is plain: element by element. But a layer adds one bias of 10 numbers to each of 32 rows, and copying the bias 32 times
# would cost memory to say nothing new. Instead the small shape is **broadcast**: read again and again, as if it were large.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 504 112" width="504" role="img" aria-labelledby="broadcasting-title broadcasting-desc" font-size="13" fill="currentColor">
# <title id="broadcasting-title">Broadcasting a bias over a batch</title>
# <desc id="broadcasting-desc">A grid of 3 rows and 4 columns plus a single row of 4 numbers. The row is used again for every row of the grid; the repeated rows are drawn dashed, because they are never stored. The result has 3 rows and 4 columns.</desc>
# <text x="2" y="14" text-anchor="start">images, shape (3, 4)</text>
# <g><rect x="2" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="19" y="41.5" text-anchor="middle">1</text></g><g><rect x="38" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="55" y="41.5" text-anchor="middle">2</text></g><g><rect x="74" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="91" y="41.5" text-anchor="middle">3</text></g><g><rect x="110" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="127" y="41.5" text-anchor="middle">4</text></g><g><rect x="2" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="19" y="69.5" text-anchor="middle">5</text></g><g><rect x="38" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="55" y="69.5" text-anchor="middle">6</text></g><g><rect x="74" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="91" y="69.5" text-anchor="middle">7</text></g><g><rect x="110" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="127" y="69.5" text-anchor="middle">8</text></g><g><rect x="2" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="19" y="97.5" text-anchor="middle">9</text></g><g><rect x="38" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="55" y="97.5" text-anchor="middle">10</text></g><g><rect x="74" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="91" y="97.5" text-anchor="middle">11</text></g><g><rect x="110" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="127" y="97.5" text-anchor="middle">12</text></g>
# <text x="162" y="68" text-anchor="middle" font-weight="600">+</text>
# <text x="180" y="14" text-anchor="start">bias, shape (4,)</text>
# <g><rect x="180" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="197" y="41.5" text-anchor="middle">10</text></g><g><rect x="216" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="233" y="41.5" text-anchor="middle">20</text></g><g><rect x="252" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="269" y="41.5" text-anchor="middle">30</text></g><g><rect x="288" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="305" y="41.5" text-anchor="middle">40</text></g>
# <g opacity=".75"><rect x="180" y="52" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="197" y="69.5" text-anchor="middle">10</text></g><g opacity=".75"><rect x="216" y="52" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="233" y="69.5" text-anchor="middle">20</text></g><g opacity=".75"><rect x="252" y="52" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="269" y="69.5" text-anchor="middle">30</text></g><g opacity=".75"><rect x="288" y="52" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="305" y="69.5" text-anchor="middle">40</text></g><g opacity=".75"><rect x="180" y="80" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="197" y="97.5" text-anchor="middle">10</text></g><g opacity=".75"><rect x="216" y="80" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="233" y="97.5" text-anchor="middle">20</text></g><g opacity=".75"><rect x="252" y="80" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="269" y="97.5" text-anchor="middle">30</text></g><g opacity=".75"><rect x="288" y="80" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="305" y="97.5" text-anchor="middle">40</text></g>
# <text x="340" y="68" text-anchor="middle" font-weight="600">=</text>
# <text x="358" y="14" text-anchor="start">sum, shape (3, 4)</text>
# <g><rect x="358" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="375" y="41.5" text-anchor="middle">11</text></g><g><rect x="394" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="411" y="41.5" text-anchor="middle">22</text></g><g><rect x="430" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="447" y="41.5" text-anchor="middle">33</text></g><g><rect x="466" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="483" y="41.5" text-anchor="middle">44</text></g><g><rect x="358" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="375" y="69.5" text-anchor="middle">15</text></g><g><rect x="394" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="411" y="69.5" text-anchor="middle">26</text></g><g><rect x="430" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="447" y="69.5" text-anchor="middle">37</text></g><g><rect x="466" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="483" y="69.5" text-anchor="middle">48</text></g><g><rect x="358" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="375" y="97.5" text-anchor="middle">19</text></g><g><rect x="394" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="411" y="97.5" text-anchor="middle">30</text></g><g><rect x="430" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="447" y="97.5" text-anchor="middle">41</text></g><g><rect x="466" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="483" y="97.5" text-anchor="middle">52</text></g>
# </svg>
# <figcaption>The bias is stored once. Its dashed copies exist only as a rule for reading it again.</figcaption>
# </figure>
#
# The rule needs only the shapes. Line them up at their *last* dimension; where one is shorter, it counts as 1 there. Then each pair of sizes must be
# equal, or one of them must be 1, which stretches to the other.
#
# ```
# (32, 10)     (4, 1)      (32, 10)
#     (10,)       (3,)         (32,)
# (32, 10)     (4, 3)      10 against 32: an error
# ```
#
# Write the rule as a function of two shapes. It returns a shape, or raises a `ValueError` that shows both: whoever meets that
# message at two in the morning has nothing else to go by.

# %% exercise="broadcast_shapes" object="tinytorch.core.shapes:broadcast_shapes" points=3 title="The shape that two shapes broadcast to"
# - Make both shapes equally long first. `(1,) * 3` is `(1, 1, 1)`, and `+` joins tuples; on which side do the ones belong?
# - Then go through both with `zip`. There are three cases: the sizes are equal, or one of them is 1, or it is an error.
# - `size_b if size_a == 1 else size_a` picks the size that counts. Think of 0 against 1 before you write `max`. Show the shapes as they came: `f"shapes {tuple(a)} and {tuple(b)} do not broadcast"`.

# %% checks="broadcast_shapes"


def test_equal_shapes_stay():
    """Two equal shapes give that shape, as a tuple."""
    expect_equal(
        broadcast_shapes((2, 3), (2, 3)), (2, 3), "`broadcast_shapes((2, 3), (2, 3))`", "Return a tuple."
    )
    expect_equal(
        broadcast_shapes((), ()), (), "`broadcast_shapes((), ())`", "Two lone numbers give a lone number."
    )


def test_ones_stretch():
    """A size of 1 stretches to the size it meets, on either side."""
    hint = "If one of the two sizes is 1, the other one counts."
    expect_equal(broadcast_shapes((4, 1), (4, 3)), (4, 3), "`broadcast_shapes((4, 1), (4, 3))`", hint)
    expect_equal(broadcast_shapes((4, 3), (1, 3)), (4, 3), "`broadcast_shapes((4, 3), (1, 3))`", hint)
    expect_equal(broadcast_shapes((4, 1), (1, 3)), (4, 3), "`broadcast_shapes((4, 1), (1, 3))`", hint)


def test_short_shapes_are_filled_up_on_the_left():
    """Shapes line up at their last dimension: `(32, 10)` and `(10,)` give `(32, 10)`."""
    hint = "Line the shapes up at their last dimension; the missing ones are at the front."
    for a, b in [
        ((32, 10), (10,)),
        ((10,), (32, 10)),
        ((32, 10), ()),
        ((1,), (32, 10)),
        ((2, 32, 10), (10,)),
    ]:
        what = f"`broadcast_shapes({a}, {b})`"
        with expect_no_error(what, hint):
            shape = broadcast_shapes(a, b)
        expect_equal(shape, max(a, b, key=len), what, hint)


def test_one_meets_zero():
    """A 1 stretches to whatever it meets, and that may be 0: `(1,)` and `(0,)` give `(0,)`."""
    hint = "1 stretches to the other size, which is not always the larger one."
    expect_equal(broadcast_shapes((0,), (1,)), (0,), "`broadcast_shapes((0,), (1,))`", hint)
    expect_equal(broadcast_shapes((3, 1), (3, 0)), (3, 0), "`broadcast_shapes((3, 1), (3, 0))`", hint)


def test_what_does_not_fit_is_refused():
    """Sizes that differ without a 1 raise a ValueError that shows both shapes."""
    hint = "Sizes that differ fit only if one of them is 1. Otherwise raise a ValueError with both shapes in its message."
    for a, b in [((32, 10), (32,)), ((2, 3), (4, 3)), ((0,), (2,)), ((2,), (0,)), ((5, 1, 2), (5, 3, 3))]:
        what = f"`broadcast_shapes({a}, {b})`"
        expect_error(ValueError, lambda a=a, b=b: broadcast_shapes(a, b), [str(a), str(b)], what, hint)


def test_every_pair_of_small_shapes():
    """For all pairs of shapes with up to three dimensions of 0 to 3, the answer is NumPy's."""
    sizes = (0, 1, 2, 3)
    hint = "Write the two shapes below each other, flush right, and go through the pairs by hand."
    shapes = [(), *((i,) for i in sizes), *((i, j) for i in sizes for j in sizes), (2, 1, 3), (1, 3, 1)]
    for a in shapes:
        for b in shapes:
            what = f"`broadcast_shapes({a}, {b})`"
            try:
                expected = np.broadcast_shapes(a, b)
            except ValueError:
                expect_error(
                    ValueError, lambda a=a, b=b: broadcast_shapes(a, b), [str(a), str(b)], what, hint
                )
            else:
                expect_equal(broadcast_shapes(a, b), expected, what, hint)


# %% wrong="broadcast_shapes" name="lines_up_on_the_left" says="Line the shapes up at their last dimension"
def broadcast_shapes(a, b):
    ndim = max(len(a), len(b))
    padded_a = tuple(a) + (1,) * (ndim - len(a))
    padded_b = tuple(b) + (1,) * (ndim - len(b))
    shape = []
    for size_a, size_b in zip(padded_a, padded_b, strict=True):
        if size_a != size_b and 1 not in (size_a, size_b):
            raise ValueError(f"{a} and {b} do not broadcast")
        shape.append(size_b if size_a == 1 else size_a)
    return tuple(shape)


# %% wrong="broadcast_shapes" name="takes_the_larger" says="which is not always the larger one"
def broadcast_shapes(a, b):
    ndim = max(len(a), len(b))
    padded_a = (1,) * (ndim - len(a)) + tuple(a)
    padded_b = (1,) * (ndim - len(b)) + tuple(b)
    for size_a, size_b in zip(padded_a, padded_b, strict=True):
        if size_a != size_b and 1 not in (size_a, size_b):
            raise ValueError(f"{a} and {b} do not broadcast")
    return tuple(max(sizes) for sizes in zip(padded_a, padded_b, strict=True))


# %% wrong="broadcast_shapes" name="refuses_nothing" says="Sizes that differ fit only if one of them is 1."
def broadcast_shapes(a, b):
    ndim = max(len(a), len(b))
    padded_a = (1,) * (ndim - len(a)) + tuple(a)
    padded_b = (1,) * (ndim - len(b)) + tuple(b)
    pairs = zip(padded_a, padded_b, strict=True)
    return tuple(size_b if size_a == 1 else size_a for size_a, size_b in pairs)


# %% wrong="broadcast_shapes" name="bare_assert" says="`assert` states what you believe of your own code"
def broadcast_shapes(a, b):
    ndim = max(len(a), len(b))
    padded_a = (1,) * (ndim - len(a)) + tuple(a)
    padded_b = (1,) * (ndim - len(b)) + tuple(b)
    shape = []
    for size_a, size_b in zip(padded_a, padded_b, strict=True):
        assert size_a == size_b or size_a == 1 or size_b == 1
        shape.append(size_b if size_a == 1 else size_a)
    return tuple(shape)


# %% experiment="try_shapes" title="Which of these fit?"
for a, b in [
    ((256, 784), (784,)),
    ((32, 3, 224, 224), (3, 1, 1)),
    ((5, 1), (1, 5)),
    ((32, 10), (32,)),
]:
    try:
        print(a, "and", b, "give", broadcast_shapes(a, b))
    except ValueError as error:
        print(error)

# %% [markdown]
# The second line is how a picture gets one correction for each colour. The last one is the classic mistake: one number for each *row* needs
# the shape `(32, 1)`.

# %% [markdown]
# ## Add
#
# Your rule goes to work in `operands`, a helper that ships written. It prepares both sides of an operation: arrays out of tensors, one common dtype, and
# shapes that fit, or else an error that names the operation and shows the shapes.

# %% pull="tinytorch.core.tensor:operands"

# %% [markdown]
# The common dtype follows PyTorch. Of two arrays the wider type wins, in the order bool, int8, int32, float32, float64. A plain number does not
# widen anything of its own family: `x + 0.5` is `float32` if `x` is.
#
# Python turns `a + b` into `a.__add__(b)`. Here `b` may be a Tensor, an array or a number. The result is a **new** tensor: others may still
# need what `a` and `b` hold, and in module 05 the gradient does.

# %% exercise="tensor_add" object="tinytorch.core.tensor:Tensor.__add__" points=2 title="Add with broadcasting"
# - `operands("+", self, other)` returns two arrays. NumPy adds arrays, and broadcasts them, with `+`.
# - What you have then is an array, and whoever called wants a Tensor.
# - Two lines: `a, b = operands("+", self, other)` and `return Tensor(a + b)`.

# %% checks="tensor_add"


def test_adds_element_by_element():
    """Tensors of one shape add element by element, and the result is a Tensor."""
    a, b = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[10.0, 20.0], [30.0, 40.0]])
    expect_tensor(a + b, [[11, 22], [33, 44]], "`a + b`", "float32")
    expect_tensor(Tensor(1.5) + Tensor(2.0), 3.5, "`Tensor(1.5) + Tensor(2.0)`", "float32")


def test_broadcasts():
    """A bias of shape `(3,)` is added to every row of a `(2, 3)` batch, and `(2, 1)` to every column."""
    batch = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for other, expected in [
        (Tensor([10.0, 20.0, 30.0]), [[11, 22, 33], [14, 25, 36]]),
        (Tensor([[10.0], [20.0]]), [[11, 12, 13], [24, 25, 26]]),
    ]:
        what = f"A `(2, 3)` tensor plus one of shape `{other.shape}`"
        with expect_no_error(what, "Shapes need not be equal, they must broadcast; `operands` sees to that."):
            total = batch + other
        expect_tensor(total, expected, what)
    expect_tensor(Tensor([[1.0], [2.0]]) + Tensor([10.0, 20.0]), [[11, 21], [12, 22]], "`(2, 1)` plus `(2,)`")


def test_numbers_and_arrays_are_welcome():
    """The other side may be a plain number or a NumPy array, and either may stand on the left."""
    x, array = Tensor([1.0, 2.0]), np.array([10.0, 20.0], dtype="float32")
    hint = "`other` is not always a Tensor, so it need not have `.data`; `operands` takes all three."
    for what, action, expected in [
        ("`x + 1`", lambda: x + 1, [2, 3]),
        ("`1 + x`", lambda: 1 + x, [2, 3]),
        ("`x + array`", lambda: x + array, [11, 22]),
        ("`array + x`", lambda: array + x, [11, 22]),
    ]:
        with expect_no_error(what, hint):
            total = action()
        expect_tensor(total, expected, what, "float32")


def test_the_dtype_follows_pytorch():
    """int32 stays int32, int32 with float32 is float32, and a float does not widen float32."""
    whole, real = Tensor([1, 2]), Tensor([0.5, 0.5])
    hint = "NumPy has other rules; `operands` brings both sides to the dtype that the result should have."
    expect_tensor(whole + whole, [2, 4], "int32 plus int32", "int32", hint)
    expect_tensor(whole + real, [1.5, 2.5], "int32 plus float32", "float32", hint)
    expect_tensor(whole + 0.5, [1.5, 2.5], "int32 plus 0.5", "float32", hint)
    expect_tensor(real + np.float64(0.5), [1, 1], "float32 plus `np.float64(0.5)`", "float32", hint)


def test_the_inputs_stay_as_they_were():
    """Adding changes neither side, and the result has memory of its own."""
    a, b = Tensor([1.0, 2.0]), Tensor([10.0, 20.0])
    total = a + b
    expect_unchanged(a, [1, 2], "a", "`a + b`")
    expect_unchanged(b, [10, 20], "b", "`a + b`")
    total.data[0] = 99
    expect_unchanged(a, [1, 2], "a", "Writing into the sum")


def test_shapes_that_do_not_fit():
    """Shapes that do not broadcast raise a ValueError that names `+` and shows both shapes."""
    what = "A `(2, 3)` tensor plus one of shape `(2,)`"
    says = ["+", "(2, 3)", "(2,)"]
    expect_error(
        ValueError, lambda: zeros(2, 3) + zeros(2), says, what, "`operands` writes such a message for you."
    )


# %% wrong="tensor_add" name="returns_numpy" says="`a + b` gave a NumPy array; it should be a Tensor."
def __add__(self, other):
    a, b = operands("+", self, other)
    return a + b


# %% wrong="tensor_add" name="works_in_place" says="changed `a`"
def __add__(self, other):
    a, b = operands("+", self, other)
    if a.shape == b.shape:
        a += b
        return self
    return Tensor(a + b)


# %% wrong="tensor_add" name="wants_a_tensor" says="`other` is not always a Tensor"
def __add__(self, other):
    return Tensor(self.data + other.data)


# %% wrong="tensor_add" name="wants_equal_shapes" says="Shapes need not be equal"
def __add__(self, other):
    if isinstance(other, Tensor) and self.shape != other.shape:
        raise ValueError(f"+: shapes {self.shape} and {other.shape} differ.")
    a, b = operands("+", self, other)
    return Tensor(a + b)


# %% [markdown]
# The other operators are made in the same way and ship written. Multiplication is the same two lines; division also turns whole numbers into floats first.

# %% pull="tinytorch.core.tensor:Tensor.__mul__"

# %% pull="tinytorch.core.tensor:Tensor.__truediv__"

# %% [markdown]
# And `1 - x`? The number 1 does not know tensors, so Python asks the right-hand side: `x.__rsub__(1)`.

# %% pull="tinytorch.core.tensor:Tensor.__rsub__"

# %% experiment="arithmetic" title="Arithmetic on a whole batch"
celsius = Tensor([[21.5, 19.0, 24.5], [-3.0, 0.0, 4.5]])
print(celsius * 9 / 5 + 32)
print(1 - celsius / 100)
print(celsius > 20)
print(celsius + Tensor([0.5, 0.0, -0.5]))

# %% [markdown]
# ## Multiply matrices
#
# A layer is a matrix product. Each of its outputs weighs all inputs and sums them up, which for a batch $X$ and weights $W$ is
#
# $$ (XW)_{ij} = \sum_k X_{ik} W_{kj} $$
#
# The sum runs over the last dimension of the left and the second to last of the right, so those two sizes, the inner ones, must be
# equal: `(32, 784) @ (784, 10)` gives `(32, 10)`. A 1-D tensor stands for a single row or column and its dimension is gone from the
# result. More than two dimensions are a stack of matrices, multiplied pair by pair, and the stack's dimensions broadcast.
#
# How to multiply fast depends on the machine, and one function decides it:

# %% pull="tinytorch.core.gemm:gemm"

# %% [markdown]
# What is left for you is what PyTorch's users see most: the error when the shapes are wrong. Say it well. Look at the shapes
# before you multiply, and put both into the message.

# %% exercise="tensor_matmul" object="tinytorch.core.tensor:Tensor.matmul" points=4 title="Matrix product with errors that teach"
# - `a, b = same_dtype("@", self, other)` gives two arrays of one dtype, whatever their shapes. If all is well, `Tensor(gemm(a, b))` is the answer; think about what can be wrong before that.
# - Three things can be wrong: a side is 0-d; the inner sizes differ; the leading dimensions do not broadcast. The inner sizes are `a.shape[-1]` and `b.shape[-2]`, or `b.shape[0]` if `b` is 1-D.
# - For the leading ones call `broadcast_shapes(a.shape[:-2], b.shape[:-2])` inside `try`, and on `except ValueError` raise a new one: `f"matmul: {a.shape} @ {b.shape}: …"`.

# %% checks="tensor_matmul"


def test_rows_times_columns():
    """Each element is a row of the left times a column of the right."""
    a, b = [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]
    mistakes = [
        (
            [[5, 12], [21, 32]],
            "These are products element by element. A matrix product sums over the inner dimension.",
        ),
        ([[23, 34], [31, 46]], "That is `B @ A`: the sides are swapped, and for matrices the order matters."),
    ]
    hint = "The element in row i, column j sums the products of row i of the left with column j of the right."
    expect_tensor(Tensor(a) @ Tensor(b), [[19, 22], [43, 50]], "`A @ B`", "float32", hint, mistakes)
    left, right = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), arange(12, dtype="float32").reshape(3, 4)
    expect_tensor(left @ right, [[32, 38, 44, 50], [68, 83, 98, 113]], "`(2, 3) @ (3, 4)`", "float32")
    expect_tensor(left.matmul(right), [[32, 38, 44, 50], [68, 83, 98, 113]], "`left.matmul(right)`")


def test_vectors():
    """A 1-D tensor is a single row or column: `(3,) @ (3,)` is 0-d, `(2, 3) @ (3,)` is `(2,)`, `(3,) @ (3, 2)` is `(2,)`."""
    v, m = Tensor([1.0, 2.0, 3.0]), Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for what, action, expected in [
        ("`(3,) @ (3,)`", lambda: v @ v, 14),
        ("`(2, 3) @ (3,)`", lambda: m @ v, [14, 32]),
        ("`(3,) @ (3, 2)`", lambda: v @ Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), [22, 28]),
    ]:
        with expect_no_error(
            what, "A 1-D right side has no second to last dimension: its only one is the inner one."
        ):
            product = action()
        expect_tensor(product, expected, what, "float32")


def test_stacks_of_matrices():
    """Leading dimensions are a stack: they broadcast, and matrices are multiplied pair by pair."""
    rng = np.random.default_rng(0)
    hint = "Multiply the matrices of both stacks pair by pair. `np.dot` multiplies all with all; `gemm` does what is wanted."
    for left, right in [
        ((5, 2, 3), (5, 3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((2, 1, 2, 3), (4, 3, 2)),
        ((5, 2, 3), (3,)),
    ]:
        a, b = rng.normal(size=left).astype("float32"), rng.normal(size=right).astype("float32")
        with expect_no_error(f"`{left} @ {right}`", hint):
            product = Tensor(a) @ Tensor(b)
        expect_tensor(product, np.matmul(a, b), f"`{left} @ {right}`", "float32", hint)


def test_dtypes_meet():
    """int32 times int32 stays int32; int32 with float32 is float32."""
    whole, real = Tensor([[1, 2], [3, 4]]), Tensor([[0.5, 0.0], [0.0, 0.5]])
    hint = "`same_dtype` brings both sides to the dtype that the product should have."
    expect_tensor(whole @ whole, [[7, 10], [15, 22]], "int32 @ int32", "int32", hint)
    expect_tensor(whole @ real, [[0.5, 1], [1.5, 2]], "int32 @ float32", "float32", hint)


def test_inner_sizes_that_differ():
    """Inner sizes that differ raise a ValueError that names `matmul` and shows both shapes."""
    hint = "NumPy's own message shows no shapes. Compare the inner sizes before you multiply, and show both shapes."
    for left, right in [
        ((32, 28), (784, 10)),
        ((2, 3), (2,)),
        ((3,), (2, 3)),
        ((2,), (3,)),
        ((5, 2, 3), (2, 3)),
    ]:
        says = ["matmul", str(left), str(right)]
        expect_error(
            ValueError, lambda a=left, b=right: zeros(*a) @ zeros(*b), says, f"`{left} @ {right}`", hint
        )


def test_a_single_number():
    """A 0-d tensor on either side raises such a ValueError, too: it has nothing to sum over."""
    hint = "A 0-d tensor has no dimension to sum over. Look at `ndim` first."
    lone, matrix = Tensor(2.0), zeros(2, 2)
    expect_error(ValueError, lambda: lone @ matrix, ["matmul", "()", "(2, 2)"], "`() @ (2, 2)`", hint)
    expect_error(ValueError, lambda: matrix @ lone, ["matmul", "(2, 2)", "()"], "`(2, 2) @ ()`", hint)


def test_stacks_that_do_not_fit():
    """Leading dimensions that do not broadcast raise such a ValueError; it shows both whole shapes."""
    hint = "Everything before the last two dimensions must broadcast: `broadcast_shapes` knows. Show the whole shapes."
    what = "`(2, 3, 4) @ (5, 4, 6)`"
    says = ["matmul", "(2, 3, 4)", "(5, 4, 6)"]
    expect_error(ValueError, lambda: zeros(2, 3, 4) @ zeros(5, 4, 6), says, what, hint)


# %% wrong="tensor_matmul" name="multiplies_elements" says="These are products element by element."
def matmul(self, other):
    return self * other


# %% wrong="tensor_matmul" name="swaps_the_sides" says="the sides are swapped"
def matmul(self, other):
    a, b = same_dtype("@", self, other)
    return Tensor(gemm(b, a))


# %% wrong="tensor_matmul" name="dots_stacks" says="`np.dot` multiplies all with all"
def matmul(self, other):
    a, b = same_dtype("@", self, other)
    return Tensor(np.dot(a, b))


# %% wrong="tensor_matmul" name="leaves_the_error_to_numpy" says="NumPy's own message shows no shapes."
def matmul(self, other):
    a, b = same_dtype("@", self, other)
    return Tensor(gemm(a, b))


# %% [markdown]
# Here it is at work: a batch of 32 pictures, ten scores for each.

# %% experiment="ten_scores" title="A layer, and the error that everybody meets"
manual_seed(0)
images, weights = randn(32, 28, 28), randn(784, 10)
try:
    images @ weights
except ValueError as error:
    print(error)

scores = images.reshape(32, 784) @ weights
print("scores", scores.shape, scores.dtype)

# %% [markdown]
# The first attempt fails because a picture is a grid and the layer wants a row. The sizes fit, 28 × 28 is 784. Only the shape does not, and
# the last lines show the way out: `reshape`, which is next.

# %% [markdown]
# ## The same numbers, another shape
#
# Memory is one long row. A shape is only a way of reading it, and each tensor knows how many elements to move for
# one step along each dimension: its **strides**. A tensor of shape `(2, 3)` has the strides `(3, 1)`: one step down skips a row of three.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 500 164" width="500" role="img" aria-labelledby="strides-title strides-desc" font-size="13" fill="currentColor">
# <title id="strides-title">A matrix and its transpose share one block of memory</title>
# <desc id="strides-desc">A block of memory holds the six numbers a to f one after the other. The tensor x reads it as two rows of three: a step to the right moves by 1 element, a step down by 3. Its transpose reads the same block as three rows of two: a step to the right moves by 3 elements, a step down by 1.</desc>
# <text x="2" y="14" text-anchor="start">x, shape (2, 3), stride (3, 1)</text>
# <g><rect x="2" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="19" y="41.5" text-anchor="middle">a</text></g><g><rect x="38" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="55" y="41.5" text-anchor="middle">b</text></g><g><rect x="74" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="91" y="41.5" text-anchor="middle">c</text></g><g><rect x="2" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="19" y="69.5" text-anchor="middle">d</text></g><g><rect x="38" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="55" y="69.5" text-anchor="middle">e</text></g><g><rect x="74" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="91" y="69.5" text-anchor="middle">f</text></g>
# <text x="290" y="14" text-anchor="start">x.T, shape (3, 2), stride (1, 3)</text>
# <g><rect x="290" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="307" y="41.5" text-anchor="middle">a</text></g><g><rect x="326" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="343" y="41.5" text-anchor="middle">d</text></g><g><rect x="290" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="307" y="69.5" text-anchor="middle">b</text></g><g><rect x="326" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="343" y="69.5" text-anchor="middle">e</text></g><g><rect x="290" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="307" y="97.5" text-anchor="middle">c</text></g><g><rect x="326" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="343" y="97.5" text-anchor="middle">f</text></g>
# <path d="M 56 82 V 130" stroke="var(--tt-accent, #2f6fab)" stroke-width="1.5" fill="none"/><path d="M 326 110 V 118 H 164 V 130" stroke="var(--tt-accent, #2f6fab)" stroke-width="1.5" fill="none"/>
# <g><rect x="2" y="132" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="19" y="149.5" text-anchor="middle">a</text></g><g><rect x="38" y="132" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="55" y="149.5" text-anchor="middle">b</text></g><g><rect x="74" y="132" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="91" y="149.5" text-anchor="middle">c</text></g><g><rect x="110" y="132" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="127" y="149.5" text-anchor="middle">d</text></g><g><rect x="146" y="132" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="163" y="149.5" text-anchor="middle">e</text></g><g><rect x="182" y="132" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="199" y="149.5" text-anchor="middle">f</text></g>
# <text x="228" y="150" text-anchor="start">one block of memory, six numbers in a row</text>
# </svg>
# <figcaption>Two tensors, one block. Only the shape and the strides differ.</figcaption>
# </figure>
#
# If only shape and strides change, no number has to move. The new tensor is a **view**: it looks at the same memory, it costs
# nothing however large the tensor is, and whoever writes into one sees it in the other.
#
# `reshape` keeps the elements in reading order, row by row, and cuts the row into new pieces. One size may be `-1`, which stands for
# whatever is left over. An array's own `reshape` makes a view where that is possible; the error is again yours to write.

# %% exercise="tensor_reshape" object="tinytorch.core.tensor:Tensor.reshape" points=3 title="Another shape, the same elements"
# - `new = sizes(shape)` is one tuple in either case. If all is well, `Tensor(self.data.reshape(new))` does it: what can be wrong before that?
# - Two things: more than one `-1` (`new.count(-1)`), or sizes that do not multiply to `self.numel()`. If there is a `-1`, work out what it stands for, and compare then. `numel` multiplies sizes.
# - `known = numel([size for size in new if size != -1])` and `self.numel() // known` is left over, unless `known` is 0: then nobody can tell. Refuse negative sizes too: `(-2, -2)` multiplies to 4.

# %% checks="tensor_reshape"


def test_reading_order_stays():
    """The elements keep their order, row by row, and the dtype stays."""
    mistakes = [
        ([[1, 3, 5], [2, 4, 6]], "The elements went in column by column; row by row is the order here.")
    ]
    x = arange(1, 7).reshape(2, 3)
    expect_tensor(x, [[1, 2, 3], [4, 5, 6]], "`arange(1, 7).reshape(2, 3)`", "int32", mistakes=mistakes)
    expect_tensor(x.reshape(3, 2), [[1, 2], [3, 4], [5, 6]], "`x.reshape(3, 2)`", "int32")
    turned = Tensor(np.array([[1, 2, 3], [4, 5, 6]], dtype="int32").T)
    expect_tensor(turned.reshape(6), [1, 4, 2, 5, 3, 6], "reshaping a transposed tensor to `(6,)`", "int32")


def test_sizes_or_a_tuple():
    """`reshape(2, 3)`, `reshape((2, 3))` and `reshape([2, 3])` mean the same; `reshape(())` gives a 0-d tensor."""
    x = arange(6)
    for what, action in [
        ("`x.reshape((2, 3))`", lambda: x.reshape((2, 3))),
        ("`x.reshape([2, 3])`", lambda: x.reshape([2, 3])),
        ("`x.reshape(2, 3)`", lambda: x.reshape(2, 3)),
    ]:
        with expect_no_error(what, "`sizes(shape)` makes one tuple of all three forms."):
            result = action()
        expect_tensor(result, [[0, 1, 2], [3, 4, 5]], what)
    with expect_no_error(
        "`Tensor([7.0]).reshape(())`", "The shape `()` has one element; `min` of it needs a default."
    ):
        lone = Tensor([7.0]).reshape(())
    expect_tensor(lone, 7, "`Tensor([7.0]).reshape(())`")


def test_minus_one_is_what_is_left():
    """One size of -1 becomes whatever is left over."""
    x = arange(24)
    hint = "-1 stands for the number of elements divided by the product of the other sizes."
    for shape, full in [((-1,), (24,)), ((2, -1), (2, 12)), ((-1, 3, 2), (4, 3, 2)), ((2, -1, 3), (2, 4, 3))]:
        with expect_no_error(f"`arange(24).reshape{shape}`", hint):
            result = x.reshape(*shape)
        expect_tensor(result, np.arange(24).reshape(full), f"`arange(24).reshape{shape}`", hint=hint)
    with expect_no_error("`zeros(0, 3).reshape(-1, 3)`", hint):
        empty = zeros(0, 3).reshape(-1, 3)
    expect_tensor(empty, np.zeros((0, 3)), "`zeros(0, 3).reshape(-1, 3)`", hint=hint)


def test_no_copy_and_no_change():
    """The result is a view of the same memory, and the tensor itself keeps its shape."""
    x = arange(6)
    y = x.reshape(2, 3)
    if x.data.shape != (6,):
        fail(
            "`x.reshape(2, 3)` changed the shape of `x` itself.",
            "Return a new Tensor of the new shape; whoever holds `x` goes on reading it as it was.",
        )
    expect_view(
        y,
        x,
        "`x.reshape(2, 3)`",
        "An array's `reshape` moves nothing if it need not: use its result as it is.",
    )


def test_elements_that_do_not_fill_the_shape():
    """Sizes that do not multiply to the number of elements raise a ValueError that names `reshape` and shows both shapes."""
    hint = "Compare `numel` of both shapes first. Elements are never left out, repeated or invented."
    for shape in [(4,), (2, 2), (7,), (2, 3, 2), (0,), ()]:
        what = f"A `(2, 3)` tensor's `reshape({shape})`"
        expect_error(
            ValueError,
            lambda shape=shape: zeros(2, 3).reshape(shape),
            ["reshape", "(2, 3)", str(shape)],
            what,
            hint,
        )
    what = "A `(2, 3)` tensor's `reshape(4, -1)`"
    expect_error(ValueError, lambda: zeros(2, 3).reshape(4, -1), ["reshape", "(2, 3)", "-1"], what, hint)


def test_sizes_that_mean_nothing():
    """More than one -1, a -1 beside a 0, or another negative size raises a ValueError."""
    for tensor, shape in [
        (zeros(2, 3), (-1, -1)),
        (zeros(1), (-1, -1)),
        (zeros(0), (-1, -1)),
        (zeros(0, 3), (0, -1)),
        (zeros(4), (-2, -2)),
    ]:
        what = f"A `{tensor.shape}` tensor's `reshape{shape}`"
        hint = "Only one size can be worked out from the others, and no other size is negative."
        expect_error(ValueError, lambda tensor=tensor, shape=shape: tensor.reshape(shape), ["-"], what, hint)


# %% wrong="tensor_reshape" name="changes_itself" says="changed the shape of `x` itself"
def reshape(self, *shape):
    new = sizes(shape)
    if -1 not in new and numel(new) != self.numel():
        raise ValueError(f"reshape: {self.shape} cannot fill {new}.")
    self.data = self.data.reshape(new)
    return self


# %% wrong="tensor_reshape" name="copies" says="`x.reshape(2, 3)` made a copy"
def reshape(self, *shape):
    new = sizes(shape)
    if -1 not in new and numel(new) != self.numel():
        raise ValueError(f"reshape: {self.shape} cannot fill {new}.")
    return Tensor(self.data.copy().reshape(new))


# %% wrong="tensor_reshape" name="repeats_to_fill" says="Elements are never left out, repeated or invented."
def reshape(self, *shape):
    new = sizes(shape)
    if -1 in new:
        return Tensor(self.data.reshape(new))
    return Tensor(np.resize(self.data, new))


# %% wrong="tensor_reshape" name="goes_by_columns" says="The elements went in column by column"
def reshape(self, *shape):
    return Tensor(self.data.reshape(sizes(shape), order="F"))


# %% [markdown]
# Swapping two dimensions is another matter: rows become columns, so the reading order does change, but not the memory. Only two strides trade places.
# Dimensions may be counted from the end, `-1` being the last; `check_axis` turns such a number into the usual one, or
# raises an error with the shape in it.

# %% exercise="tensor_transpose" object="tinytorch.core.tensor:Tensor.transpose" points=2 title="Swap two dimensions"
# - First let `check_axis("transpose", dim0, self.shape)` look at both dimensions.
# - An array's `swapaxes(i, j)` swaps two dimensions and moves nothing. (Its `.T` reverses all of them.)

# %% checks="tensor_transpose"


def test_rows_become_columns():
    """`transpose(0, 1)` of a matrix makes its rows columns."""
    mistakes = [
        (
            [[1, 2], [3, 4], [5, 6]],
            "That is what `reshape(3, 2)` gives: the right shape, and the old reading order.",
        ),
    ]
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    hint = "The element in row i, column j moves to row j, column i."
    expect_tensor(
        x.transpose(0, 1), [[1, 4], [2, 5], [3, 6]], "`x.transpose(0, 1)`", "float32", hint, mistakes
    )


def test_any_two_dimensions():
    """Exactly the two dimensions that are named are swapped, and all others stay."""
    array = np.arange(24, dtype="int32").reshape(2, 3, 4)
    hint = "Swap just these two. `.T` reverses all dimensions, and `reshape` swaps none."
    for dim0, dim1 in [(1, 2), (0, 1), (0, 2), (2, 0), (1, 1)]:
        result = Tensor(array).transpose(dim0, dim1)
        what = f"`x.transpose({dim0}, {dim1})` of shape `(2, 3, 4)`"
        expect_tensor(result, np.swapaxes(array, dim0, dim1), what, "int32", hint)


def test_dimensions_from_the_end():
    """Negative dimensions count from the end."""
    array = np.arange(24, dtype="int32").reshape(2, 3, 4)
    hint = "-1 is the last dimension, -2 the one before; `check_axis` translates them."
    for dim0, dim1 in [(-1, -2), (0, -1), (-3, 1)]:
        what = f"`x.transpose({dim0}, {dim1})` of shape `(2, 3, 4)`"
        with expect_no_error(what, hint):
            result = Tensor(array).transpose(dim0, dim1)
        expect_tensor(result, np.swapaxes(array, dim0, dim1), what, "int32", hint)


def test_nothing_moves():
    """The result is a view, and the tensor itself keeps its shape."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    y = x.transpose(0, 1)
    expect_unchanged(x, [[1, 2, 3], [4, 5, 6]], "x", "`x.transpose(0, 1)`")
    expect_view(
        y, x, "`x.transpose(0, 1)`", "Only the strides change: return what `swapaxes` gives, without copying."
    )


def test_no_such_dimension():
    """A dimension that is not there raises an IndexError that names `transpose` and shows the shape."""
    hint = "NumPy's message leaves the shape out. Let `check_axis` look at both dimensions first."
    for dim0, dim1 in [(0, 2), (2, 0), (-3, 0), (0, -3)]:
        what = f"`x.transpose({dim0}, {dim1})` of shape `(2, 3)`"
        expect_error(
            IndexError,
            lambda i=dim0, j=dim1: zeros(2, 3).transpose(i, j),
            ["transpose", "(2, 3)"],
            what,
            hint,
        )


# %% wrong="tensor_transpose" name="reshapes" says="That is what `reshape(3, 2)` gives"
def transpose(self, dim0, dim1):
    shape = list(self.shape)
    shape[dim0], shape[dim1] = shape[dim1], shape[dim0]
    return self.reshape(shape)


# %% wrong="tensor_transpose" name="reverses_all" says="`.T` reverses all dimensions"
def transpose(self, dim0, dim1):
    check_axis("transpose", dim0, self.shape)
    check_axis("transpose", dim1, self.shape)
    return Tensor(self.data.T)


# %% wrong="tensor_transpose" name="copies" says="`x.transpose(0, 1)` made a copy"
def transpose(self, dim0, dim1):
    dim0 = check_axis("transpose", dim0, self.shape)
    dim1 = check_axis("transpose", dim1, self.shape)
    return Tensor(np.ascontiguousarray(self.data.swapaxes(dim0, dim1)))


# %% wrong="tensor_transpose" name="leaves_the_error_to_numpy" says="NumPy's message leaves the shape out."
def transpose(self, dim0, dim1):
    return Tensor(np.swapaxes(self.data, dim0, dim1))


# %% [markdown]
# `permute` reorders all dimensions at once, and `x.T` is the permutation that reverses them. A tensor whose elements lie in memory in reading
# order is called **contiguous**. A transpose is usually not, and `contiguous()` makes a copy that is.

# %% pull="tinytorch.core.tensor:Tensor.contiguous"

# %% experiment="views" title="Two tensors, one block of memory"
x = arange(6).reshape(2, 3)
y = x.T
for name, t in [("x", x), ("x.T", y)]:
    print(name, t.shape, "strides", t.stride())
    print("  contiguous:", t.is_contiguous())

x.data[0, 2] = 99
print("after a write into x, x.T is")
print(y)

bias = np.ones(10, dtype="float32")
batch = Tensor(np.broadcast_to(bias, (32, 10)))
print("a bias, seen as a batch, has strides", batch.stride())

# %% [markdown]
# The last line is how broadcasting gets by without copies: a stride of 0 means that a step along that dimension moves nowhere.

# %% [markdown]
# ## Select
#
# `x[0]`, `x[:, 1:3]`, `x[x > 0]`: brackets select. Python calls `x.__getitem__(index)` with whatever stands between them: a number, a slice,
# a tuple of both, a tensor of truth values or of positions. Numbers and slices select along strides, so they give views.
# Truth values and lists of positions can select anything in any order, so they copy.
#
# `to_index` prepares the index for the array, and sees to it that even a single element comes as a view. A position outside the tensor is
# an `IndexError`, to which you add what NumPy leaves out: the shape.

# %% exercise="tensor_getitem" object="tinytorch.core.tensor:Tensor.__getitem__" points=2 title="Select by position, slice or mask"
# - `self.data[to_index(index)]` selects from the array. What should come out of a tensor?
# - Only the IndexError is yours to catch: `try: … except IndexError as error: raise IndexError(f"… {error} … {self.shape}")`. Everything else may pass as it is.

# %% checks="tensor_getitem"


def test_rows_and_elements():
    """`x[1]` is a row and `x[0, 2]` a 0-d tensor; negative positions count from the end."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect_tensor(x[1], [4, 5, 6], "`x[1]`", "float32")
    expect_tensor(x[-2], [1, 2, 3], "`x[-2]`", "float32")
    expect_tensor(x[0, 2], 3, "`x[0, 2]`", "float32")
    expect_tensor(x[-1, -1], 6, "`x[-1, -1]`", "float32")


def test_slices():
    """Slices select along each dimension, and the dtype stays."""
    array = np.arange(24, dtype="int32").reshape(4, 6)
    x = Tensor(array)
    expect_tensor(x[1:3], array[1:3], "`x[1:3]`", "int32")
    expect_tensor(x[:, 2], array[:, 2], "`x[:, 2]`", "int32")
    expect_tensor(x[::2, 1:-1], array[::2, 1:-1], "`x[::2, 1:-1]`", "int32")
    expect_tensor(x[..., -1], array[..., -1], "`x[..., -1]`", "int32")
    expect_tensor(x[4:], array[4:], "`x[4:]`", "int32")


def test_masks_and_positions():
    """A bool tensor selects where it is True, an int32 tensor selects those positions, in that order."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    hint = "`to_index` takes the arrays out of tensors that stand between the brackets."
    expect_tensor(x[x > 2], [3, 4, 5, 6], "`x[x > 2]`", "float32", hint)
    expect_tensor(
        x[Tensor([1, 0, 1])], [[4, 5, 6], [1, 2, 3], [4, 5, 6]], "`x[Tensor([1, 0, 1])]`", "float32", hint
    )
    expect_tensor(x[:, Tensor([2, 0])], [[3, 1], [6, 4]], "`x[:, Tensor([2, 0])]`", "float32", hint)
    expect_tensor(
        x[Tensor([0, 1]), Tensor([2, 0])], [3, 4], "`x[Tensor([0, 1]), Tensor([2, 0])]`", "float32", hint
    )


def test_positions_and_slices_are_views():
    """Numbers and slices give views of the same memory, even of a single element."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    hint = "Wrap what the array gives, as it is."
    expect_view(x[1], x, "`x[1]`", hint)
    expect_view(x[:, 1:], x, "`x[:, 1:]`", hint)
    expect_view(
        x[1, 2],
        x,
        "`x[1, 2]`",
        "NumPy hands out single elements as copies; with `to_index(index)` it does not.",
    )


def test_outside():
    """A position outside the tensor raises an IndexError that shows the shape."""
    x = zeros(2, 3)
    hint = "Catch the array's IndexError, and raise one whose message has `self.shape` in it, too."
    for what, action in [
        ("`x[2]` of shape `(2, 3)`", lambda: x[2]),
        ("`x[0, -4]` of shape `(2, 3)`", lambda: x[0, -4]),
        ("`x[0, 0, 0]` of shape `(2, 3)`", lambda: x[0, 0, 0]),
        ("`x[Tensor([0, 5])]` of shape `(2, 3)`", lambda: x[Tensor([0, 5])]),
    ]:
        expect_error(IndexError, action, ["(2, 3)"], what, hint)


# %% wrong="tensor_getitem" name="returns_numpy" says="`x[1]` gave a NumPy array; it should be a Tensor."
def __getitem__(self, index):
    return self.data[to_index(index)]


# %% wrong="tensor_getitem" name="copies" says="`x[1]` made a copy"
def __getitem__(self, index):
    try:
        return Tensor(self.data[to_index(index)].copy())
    except IndexError as error:
        raise IndexError(f"{error}; the shape is {self.shape}") from None


# %% wrong="tensor_getitem" name="swallows_the_error" says="raised no error but gave"
def __getitem__(self, index):
    try:
        return Tensor(self.data[to_index(index)])
    except IndexError:
        return None


# %% wrong="tensor_getitem" name="hides_the_shape" says="the message should show (2, 3)"
def __getitem__(self, index):
    return Tensor(self.data[to_index(index)])


# %% experiment="select" title="Cut a batch"
batch = arange(24, dtype="float32").reshape(4, 6)
first, rest = batch[:1], batch[1:]
print("first", first.shape, "rest", rest.shape)
print("even columns of row 0:", batch[0, ::2])
print("all above 20:", batch[batch > 20])

batch[:, 0] = 0
print("row 3 after writing zeros into column 0:", batch[3])
try:
    batch[4]
except IndexError as error:
    print(error)

# %% [markdown]
# ## From many to few
#
# A loss is a single number made of thousands; an average over a batch goes down one dimension. Both are **reductions**, and all of them
# rest on one: the sum. `axis` names the dimensions that disappear: one, several in a tuple, or all with `None`. With
# `keepdims` they stay with a size of 1, so that the result broadcasts back over what it was computed from.
#
# And its dtype? Floats keep theirs. Whole numbers and truth values sum to `int32`: a few `int8` values soon add up to more than
# an `int8` can hold, and the sum of truth values counts how many are true.

# %% exercise="tensor_sum" object="tinytorch.core.tensor:Tensor.sum" points=3 title="Sum over any dimensions"
# - `check_axes("sum", axis, self.shape)` turns `axis` into what an array's `sum` expects. Pass `keepdims` on.
# - The dtype of the result is `self.dtype` if `is_floating(self.dtype)`, else `"int32"`; an array's `sum` takes `dtype=…`.
# - The sum over everything is a lone NumPy number. Wrap it: `Tensor(self.data.sum(axis=axes, keepdims=keepdims, dtype=dtype))`.

# %% checks="tensor_sum"


def test_everything():
    """Without an axis all elements are summed, and the result is a 0-d Tensor."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect_tensor(x.sum(), 21, "`x.sum()`", "float32")
    expect_unchanged(x, [[1, 2, 3], [4, 5, 6]], "x", "`x.sum()`")
    expect_tensor(zeros(0, 3).sum(), 0, "`zeros(0, 3).sum()`", "float32", "The sum of nothing is 0.")


def test_one_axis():
    """`sum(axis=0)` sums down the columns and `sum(axis=1)` along the rows; negative axes count from the end."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    mistakes = [(21, "All elements were summed. Is it `if axis:`? Zero counts as false; ask `axis is None`.")]
    hint = "The axis that is named disappears: axis 0 of `(2, 3)` leaves `(3,)`."
    expect_tensor(x.sum(axis=0), [5, 7, 9], "`x.sum(axis=0)`", "float32", hint, mistakes)
    expect_tensor(x.sum(axis=1), [6, 15], "`x.sum(axis=1)`", "float32", hint, mistakes)
    expect_tensor(x.sum(axis=-1), [6, 15], "`x.sum(axis=-1)`", "float32", hint, mistakes)
    expect_tensor(x.sum(-2), [5, 7, 9], "`x.sum(-2)`", "float32", hint, mistakes)


def test_several_axes():
    """A tuple of axes sums over all of them."""
    array = np.arange(24, dtype="float32").reshape(2, 3, 4)
    hint = "`check_axes` accepts one axis and several, as a tuple or a list."
    for axis in [(0, 2), (1, 2), (-1, 0), [0, 1], (0, 1, 2), ()]:
        what = f"`x.sum(axis={axis})` of shape `(2, 3, 4)`"
        with expect_no_error(what, hint):
            total = Tensor(array).sum(axis=axis)
        expect_tensor(total, array.sum(axis=tuple(axis)), what, "float32", hint)


def test_keepdims():
    """With `keepdims=True` summed dimensions stay, with a size of 1."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    hint = "Pass `keepdims` on, so that the result broadcasts over `x`."
    expect_tensor(x.sum(axis=1, keepdims=True), [[6], [15]], "`x.sum(axis=1, keepdims=True)`", hint=hint)
    expect_tensor(x.sum(axis=0, keepdims=True), [[5, 7, 9]], "`x.sum(axis=0, keepdims=True)`", hint=hint)
    expect_tensor(x.sum(None, True), [[21]], "`x.sum(keepdims=True)`", hint=hint)


def test_dtypes_of_sums():
    """Floats keep their dtype; int32, int8 and bool sum to int32, without overflow."""
    hint = "In 8 bits 100 + 100 does not fit, and truth values could only say true. Sum in int32; floats stay as they are."
    expect_tensor(
        Tensor([100, 100], dtype="int8").sum(), 200, "The sum of the int8 values 100 and 100", "int32", hint
    )
    expect_tensor(Tensor([True, True, False]).sum(), 2, "`Tensor([True, True, False]).sum()`", "int32", hint)
    expect_tensor(Tensor([1, 2, 3]).sum(axis=0), 6, "`Tensor([1, 2, 3]).sum(axis=0)`", "int32", hint)
    expect_tensor(
        Tensor([0.5, 0.25], dtype="float64").sum(), 0.75, "The sum of float64 values", "float64", hint
    )


def test_no_such_axis():
    """An axis that is not there raises an IndexError that names `sum` and shows the shape."""
    hint = "NumPy's message leaves the shape out; `check_axes` puts it in."
    for axis in (2, -3, (0, 5)):
        what = f"`x.sum(axis={axis})` of shape `(2, 3)`"
        expect_error(IndexError, lambda axis=axis: zeros(2, 3).sum(axis), ["sum", "(2, 3)"], what, hint)


# %% wrong="tensor_sum" name="forgets_keepdims" says="Pass `keepdims` on"
def sum(self, axis=None, keepdims=False):
    axes = check_axes("sum", axis, self.shape)
    dtype = self.dtype if is_floating(self.dtype) else "int32"
    return Tensor(self.data.sum(axis=axes, dtype=dtype))


# %% wrong="tensor_sum" name="axis_zero_is_false" says="Zero counts as false"
def sum(self, axis=None, keepdims=False):
    dtype = self.dtype if is_floating(self.dtype) else "int32"
    if axis:
        axes = check_axes("sum", axis, self.shape)
        return Tensor(self.data.sum(axis=axes, keepdims=keepdims, dtype=dtype))
    return Tensor(self.data.sum(keepdims=keepdims, dtype=dtype))


# %% wrong="tensor_sum" name="returns_a_number" says="Whoever calls this goes on computing with the result"
def sum(self, axis=None, keepdims=False):
    if axis is None and not keepdims:
        return float(self.data.sum())
    axes = check_axes("sum", axis, self.shape)
    return Tensor(self.data.sum(axis=axes, keepdims=keepdims))


# %% wrong="tensor_sum" name="stays_in_eight_bits" says="In 8 bits 100 + 100 does not fit"
def sum(self, axis=None, keepdims=False):
    axes = check_axes("sum", axis, self.shape)
    return Tensor(self.data.sum(axis=axes, keepdims=keepdims, dtype=self.dtype))


# %% [markdown]
# The mean is your sum, divided by how many elements went into each result. `max`, `min` and `argmax` are written in the same manner.

# %% pull="tinytorch.core.tensor:Tensor.mean"

# %% experiment="standardise" title="Give every column mean 0 and spread 1"
manual_seed(0)
x = randn(1000, 3) * Tensor([1.0, 5.0, 0.2]) + Tensor([0.0, -4.0, 10.0])

mean = x.mean(axis=0, keepdims=True)
spread = ((x - mean) ** 2).mean(axis=0, keepdims=True).sqrt()
z = (x - mean) / spread

print("mean of x  ", mean, "shape", mean.shape)
print("spread of x", spread)
print("mean of z  ", z.mean(axis=0))
print("spread of z", (z * z).mean(axis=0).sqrt())

# %% [markdown]
# `mean` has the shape `(1, 3)`, thanks to `keepdims`, and so it broadcasts over the thousand rows. The means of `z` are not exactly 0: float32 keeps about
# seven digits, and what is printed is the rest.

# %% [markdown]
# ## Measure
#
# You can now say what data costs before you load it. Predict each of the following first, on paper; then run it.

# %% [markdown] question="predict_mnist"
# MNIST has 60,000 pictures of 28 × 28 pixels for training. How many megabytes (MB, a million bytes) is that as float32?
#
# = 60_000 * 28 * 28 * 4 / 1e6 MB ± 2%
# > Every pixel takes four bytes. The "180 MB" of the literature is the same number, counted in MiB of 2²⁰ bytes.

# %% [markdown] question="predict_imagenet"
# ImageNet has about 1.2 million pictures. Cut to 224 × 224 with three colours: how many gigabytes (GB, 10⁹ bytes) as float32?
#
# = 1_200_000 * 224 * 224 * 3 * 4 / 1e9 GB ± 2%
# > In GiB of 2³⁰ bytes it is what the literature calls 670 GB. It never fits at once, which is why module 08 loads data in batches.

# %% experiment="datasets" title="What two datasets take"
mnist = zeros(60_000, 28, 28).memory_footprint()
print(f"MNIST    {mnist:>15,} bytes")
print(f"         {mnist / 1e6:15.1f} MB = {mnist / 2**20:.1f} MiB")

picture = zeros(224, 224, 3).memory_footprint()
imagenet = 1_200_000 * picture
print(f"ImageNet {imagenet:>15,} bytes")
print(f"         {imagenet / 1e9:15.1f} GB = {imagenet / 2**30:.1f} GiB")

print(f"A MiB is {2**20 / 1e6 - 1:.1%} more than a MB,", end=" ")
print(f"a GiB {2**30 / 1e9 - 1:.1%} more than a GB.")

# %% [markdown]
# MNIST fits, even in a browser's tab. ImageNet does not fit into any computer that you can carry, so the experiment computes its size without
# making it. Two kinds of units are in use, powers of 1000 and powers of 1024, and people write MB for both: ask which one is meant.

# %% [markdown] question="predict_matmul"
# A program multiplies two 1000 × 1000 matrices of float32. How many megabytes do both together with their product take?
#
# = 3 * 1000 * 1000 * 4 / 1e6 MB ± 2%
# > Three matrices of a million numbers, four bytes each. Broadcasting or transposing would add nothing; the product is new.

# %% experiment="matmul_cost" title="Memory and time of a product"
import timeit
from functools import partial

a, b = randn(1000, 1000), randn(1000, 1000)
c = a @ b
print(f"three matrices: {a.nbytes + b.nbytes + c.nbytes:,} bytes")

for n in (64, 128, 256, 512):
    a, b = randn(n, n), randn(n, n)
    product = partial(a.matmul, b)
    seconds = min(timeit.repeat(product, number=1, repeat=7))
    print(f"n = {n:4}: {3 * a.nbytes / 1e6:6.3f} MB,", end=" ")
    print(f"{2 * n**3:>12,} operations, {seconds * 1e3:8.3f} ms")

# %% [markdown]
# Twice the size means four times the memory and eight times the operations: $2n^3$ operations for $3n^2$ numbers. Large
# products are limited by how fast a machine computes, small ones by everything around that: your checks, Python, the call.
#
# Element-wise work is the other way round. It does one operation for each number that it fetches, so it is limited by memory, and then it matters *where* the
# numbers lie. The next experiment adds two matrices of the same sizes twice. Once both are read row by row, and once
# the second one is a transpose, whose neighbours are a whole row apart. Will that be slower, and by how much?

# %% experiment="transposed_add" title="The same addition, in two orders"
import timeit

a, b = randn(2000, 2000), randn(2000, 2000)


def milliseconds(action):
    return min(timeit.repeat(action, number=1, repeat=7)) * 1e3


print(f"b.T alone         {milliseconds(lambda: b.T):8.3f} ms")
print(f"a + b             {milliseconds(lambda: a + b):8.3f} ms")
print(f"a + b.T           {milliseconds(lambda: a + b.T):8.3f} ms")
print(f"a.T + b.T         {milliseconds(lambda: a.T + b.T):8.3f} ms")
copy = milliseconds(lambda: b.T.contiguous())
print(f"b.T.contiguous()  {copy:8.3f} ms")
print("strides of b", b.stride(), "and of b.T", b.T.stride())

# %% [markdown]
# Transposing costs nothing; somebody else pays, later, whenever the elements are read. If both sides are transposed nobody does, because NumPy then
# walks both in the order in which they lie.
#
# The reason is that memory comes in **cache lines**, on most machines of 64 bytes: sixteen float32. Whoever reads one number
# gets its neighbours for free, and whoever steps over them pays for a line per number. To see that, sum the same number
# of elements each time, but take only every second one, every fourth, and so on. From which step on should it get no worse?

# %% experiment="steps" title="The price of a step" needs=["matplotlib"] alt="Line plot: nanoseconds per summed element against the step between elements, 1 to 64, on a logarithmic axis. The time grows with the step; a dotted line marks a step of 16, one cache line."
import timeit

import matplotlib.pyplot as plt

count = 2**16
memory = ones(count * 64)
steps, times = [1, 2, 4, 8, 16, 32, 64], []
for step in steps:
    part = memory[: count * step : step]
    seconds = min(timeit.repeat(part.sum, number=20, repeat=9)) / 20
    times.append(seconds / count * 1e9)
    print(f"{len(part):,} elements, step {step:2}: {times[-1]:5.2f} ns")

figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
axes.plot(steps, times, marker="o")
axes.axvline(16, linestyle=":", color="gray")
axes.set_xscale("log", base=2)
axes.set_xticks(steps, [str(step) for step in steps])
axes.set_ylim(bottom=0)
axes.set_xlabel("step between elements (16 is one cache line)")
axes.set_ylabel("nanoseconds per element")
axes.grid(alpha=0.3)

# %% [markdown]
# The additions are the same at every step; what grows is the way to the numbers. Up to 16 each step spreads the elements over more lines. Beyond, every element has a line of its own already, and
# what still grows comes from the next larger units in which machines fetch and find memory.
#
# Keep this picture. It is why deep learning cares for layouts, why module 09 rearranges pictures before it multiplies, and why module 18 works in tiles.

# %% [markdown]
# ## Put it together
#
# This is a network with two layers: 784 pixels to 64 values, everything below zero cut off, and 64 values to 10 scores. It runs on *your* tinytorch: your
# answers as far as they passed, and the book's code in the gaps.

# %% experiment="two_layers" title="A network, forward"
manual_seed(1)
images = randn(32, 28, 28)
w1, b1 = randn(784, 64) * 0.05, zeros(64)
w2, b2 = randn(64, 10) * 0.1, zeros(10)

x = images.reshape(len(images), -1)
hidden = x @ w1 + b1
hidden = hidden * (hidden > 0)
scores = hidden @ w2 + b2

print("images", images.shape)
print("hidden", hidden.shape)
print("scores", scores.shape)
print("guesses", scores.argmax(axis=1))
size = sum(p.memory_footprint() for p in (w1, b1, w2, b2))
print("parameters", size, "bytes")

# %% [markdown]
# The guesses are nonsense, since nobody has trained it. But nothing else is missing in the forward direction. The checks below ask whether all of your pieces
# work together; the last one even trains something, with a gradient worked out by hand.

# %% integration=true


def test_two_layers():
    """A batch of pictures goes through two layers and comes out as NumPy computes it, in float32."""
    manual_seed(0)
    images, w1, b1, w2, b2 = randn(8, 28, 28), randn(784, 16) * 0.05, randn(16), randn(16, 10), randn(10)
    hidden = images.reshape(len(images), -1) @ w1 + b1
    scores = (hidden * (hidden > 0)) @ w2 + b2
    flat = images.data.reshape(8, 784).astype("float64")
    expected = np.maximum(flat @ w1.data + b1.data, 0) @ w2.data + b2.data
    expect_tensor(
        (scores - Tensor(expected.astype("float32"))) * 0.01,
        np.zeros((8, 10)),
        "A hundredth of the scores' error",
        "float32",
    )


def test_standardised_columns():
    """Columns from which the mean is taken, divided by their spread, have mean 0 and spread 1."""
    manual_seed(0)
    x = randn(500, 4) * 3 + Tensor([1.0, -2.0, 0.5, 10.0])
    centred = x - x.sum(axis=0, keepdims=True) / len(x)
    z = centred / ((centred * centred).sum(axis=0, keepdims=True) / len(x)).sqrt()
    expect_tensor(z.mean(axis=0) * 0.01, np.zeros(4), "A hundredth of the means")
    expect_tensor((z * z).mean(axis=0), np.ones(4), "The squared spreads", "float32")


def test_products_and_transposes():
    """For matrices, `(A @ B).T` equals `B.T @ A.T`; a reshaped transpose reads the columns."""
    a, b = arange(6).reshape(2, 3), arange(12).reshape(3, 4)
    expect_tensor(b.transpose(0, 1) @ a.T, (a @ b).transpose(0, 1).data, "`B.T @ A.T`", "int32")
    expect_tensor(a.transpose(0, 1).reshape(-1), [0, 3, 1, 4, 2, 5], "`A.T.reshape(-1)`", "int32")


def test_rows_of_a_batch():
    """Summing a batch row by row gives the same as summing along its rows."""
    batch = arange(12, dtype="float32").reshape(3, 4)
    rows = [row.sum().item() for row in batch]
    expect_tensor(batch.sum(axis=-1), rows, "`batch.sum(axis=-1)`", "float32")
    expect_equal(
        sum(row.memory_footprint() for row in batch), batch.memory_footprint(), "The bytes of all rows"
    )


def test_a_line_is_learned():
    """Gradient descent with a gradient worked out by hand finds the line y = 2x + 1."""
    manual_seed(0)
    x = randn(64, 1)
    y = 2 * x + 1
    w, b = zeros(1, 1), zeros(1)
    for _ in range(200):
        error = x @ w + b - y
        w = w - 0.1 * (x.T @ error) / len(x)
        b = b - 0.1 * error.sum(axis=0) / len(x)
    expect_equal((round(w.item(), 2), round(b.item(), 2)), (2.0, 1.0), "The line's slope and offset")


# %% [markdown]
# ## Questions

# %% [markdown] question="batch_bytes"
# How many bytes does a batch of 32 MNIST pictures take as float32?
#
# = 32 * 28 * 28 * 4 bytes
# > `numel` gives 25,088 elements, of 4 bytes each.

# %% [markdown] question="one_per_picture"
# `images` has the shape `(32, 3, 224, 224)`. You want to add another number to each *picture*. Which shape should the 32 numbers have?
#
# - [ ] `(32,)` :: It lines up with the last dimension: 32 against 224 is an error.
# - [ ] `(1, 1, 1, 32)` :: The same once more, with ones in front that would have been added anyway.
# - [x] `(32, 1, 1, 1)` :: The 32 meets the 32, and the ones stretch over colours, rows and columns.
# - [ ] `(32, 3)` :: 3 would meet 224.

# %% [markdown] question="stride_of_a_batch"
# A contiguous tensor has the shape `(32, 3, 224, 224)`. How many elements lie between the first pixel of one picture and the first pixel of the next: what is its stride along dimension 0?
#
# = 3 * 224 * 224 elements
# > One step to the next picture skips three colours of 224 rows of 224 pixels.

# %% [markdown] question="which_copies"
# `x` is a contiguous `(1000, 1000)` tensor. Which line has to copy a million numbers?
#
# - [ ] `x.T` :: Only the strides trade places.
# - [ ] `x.reshape(10, -1)` :: The reading order stays, so it is a view.
# - [x] `x.T.reshape(-1)` :: The transpose's reading order is not the order in memory, and no stride can express it in one dimension.
# - [ ] `x[:500]` :: The same strides, half the rows.

# %% [markdown] question="which_dtype"
# `x` is an `int32` tensor. What is the dtype of `x * 0.5`?
#
# - [ ] `"int32"`, the halves are cut off :: PyTorch's rules never drop fractions silently.
# - [x] `"float32"` :: A plain float belongs to a higher family than whole numbers; it brings the default float dtype.
# - [ ] `"float64"`, as in NumPy :: That would be twice the memory for nothing, in every operation after it.

# %% [markdown] question="fewer_bits"
# A phone has 4 GiB free for a network's weights. How many thousand million weights (10⁹) fit as int8 that do not fit as float32? Give the difference.
#
# = (2**32 - 2**32 / 4) / 1e9 thousand million ± 2%
# > 4 GiB are 2³² bytes: as many weights of one byte, and a quarter as many of four bytes.

# %% [markdown] question="views_for_better_or_worse"
# A view shares memory with the tensor that it came from. Name one way in which that helps, and one in which it hurts.
#
# > It helps because slicing, transposing and reshaping cost the same tiny amount for a gigabyte as for a number: you can cut a dataset into batches without copying it. It hurts in two ways. A write into one is a write into the
# > other, which is hard to find when it happens by accident. And a small view keeps the whole block alive: whoever stores `batch[0]` of a large batch stores the batch. When you want to be independent of the original, copy.

# %% [markdown]
# ## Looking further
#
# ```{admonition} In production
# :class: tip
#
# PyTorch's tensor has the same anatomy: a block of memory (its *storage*), a dtype, a shape, strides and an offset into the block. Views share the storage, and broadcasting is a stride of 0 there, too.
# What our `operands` does for two arrays, its `TensorIterator` does for any number: it broadcasts, finds the common dtype, and reorders dimensions so that memory is walked in order. Then
# it calls a loop that was compiled for exactly that dtype and device. Where we have one `gemm`, PyTorch has a **dispatcher**, which picks an implementation by device and by whether gradients are
# recorded. `view` is a `reshape` that refuses to copy: production code likes to know.
# ```
#
# ### What we left out
#
# - **The loops.** NumPy runs them, in C. Where that matters you write loops yourself and measure them: modules 03, 09 and 18.
# - **Other devices.** There is only the CPU. On a GPU the same ideas hold, with more memory traffic to save.
# - **Other dtypes.** No 16-bit floats, no 64-bit integers, no complex numbers. PyTorch's default for whole numbers is int64; ours is int32, so that it is the same in a browser.
# - **Warnings.** Whole numbers that grow beyond their dtype wrap around silently, as they do in PyTorch.
# - **Work in place.** `x += 1` makes a new tensor here. PyTorch also has operations such as `add_` that overwrite; they save memory, and module 06 shows where that counts.
#
# Gradients are missing as well, but not forgotten: `requires_grad`, `grad` and `backward()` are there, and module 05 wakes them up without a change to what you have written today.
