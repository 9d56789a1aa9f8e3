# %% [markdown]
# # Layers
#
# A network is more than arithmetic. It has parts, the parts have numbers of their own, and somebody has to find these numbers: to train them, to
# count them, to save them. This chapter builds the layers, and the tree that holds them together. At its end a network of any depth is one object.

# %% setup=true
import math
import sys
from contextlib import suppress

import numpy as np

from tinytorch import Tensor, arange, manual_seed, ones, randn, zeros
from tinytorch.core.recording import recording
from tinytorch.nn import Dropout, Flatten, Linear, Module, ModuleList, Parameter, ReLU, Sequential, Tanh, init
from tinytorch.nn import functional as F
from tinytorch.workshop.expect import (
    expect_equal,
    expect_error,
    expect_no_error,
    expect_number,
    expect_tensor,
    expect_unchanged,
    fail,
)


def names_of(module, *prefix):
    """The names that a module gives, or a failure that says what else came."""
    hint = "Is it `in` or `==`? Tensors compare element by element; to tell objects apart, compare `id(parameter)`."
    with expect_no_error("`named_parameters()`", hint):
        pairs = list(module.named_parameters(*prefix))
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)):
            fail(
                "`named_parameters()` should yield pairs of a name and a parameter.",
                "Yield two things: yield name, parameter.",
            )
        if not isinstance(pair[1], Parameter):
            fail(
                f"`{pair[0]}` came with a {type(pair[1]).__name__}; only Parameters are to be found.",
                "Ask isinstance(value, Parameter). Other tensors are constants or buffers, which are not trained.",
            )
    return [name for name, _ in pairs]


class Append(Module):
    """Adds a digit to the end of a number, so that the order can be read off."""

    def __init__(self, digit):
        super().__init__()
        self.digit = digit

    def forward(self, x):
        return x * 10 + self.digit


# %% [markdown]
# ## A dozen loose tensors
#
# The network of module 01 had two layers, and four tensors: a weight and a bias for each. Here it is with six layers. Training will need
# all of its tensors in one list, so the list is there, too, written by hand. Read it before you run it. Do you see what is wrong?

# %% experiment="loose_tensors" title="Six layers, by hand"
manual_seed(0)
w1, b1 = randn(784, 64) * 0.05, zeros(64)
w2, b2 = randn(64, 64) * 0.2, zeros(64)
w3, b3 = randn(64, 64) * 0.2, zeros(64)
w4, b4 = randn(64, 64) * 0.2, zeros(64)
w5, b5 = randn(64, 64) * 0.2, zeros(64)
w6, b6 = randn(64, 10) * 0.2, zeros(10)
parameters = [w1, b1, w2, b2, w3, b3, w4, w5, b5, w6, b6]


def network(x):
    x = F.relu(x @ w1 + b1)
    x = F.relu(x @ w2 + b2)
    x = F.relu(x @ w3 + b3)
    x = F.relu(x @ w4 + b4)
    x = F.relu(x @ w5 + b5)
    return x @ w6 + b6


print("scores", network(randn(32, 784)).shape)
print("training would change", len(parameters), "tensors")
names = [name for name in globals() if name[0] in "wb" and name[1:].isdigit()]
print("the network uses", len(names))

# %% [markdown]
# `b4` is not in the list. Nothing complains: the scores come out, training would run, and `b4` would keep its zeros for ever. In a network of sixty
# layers nobody finds that by reading.
#
# The last lines hint at the way out: Python knows the names of things. If every layer holds its own tensors as attributes, and the network holds its layers as attributes,
# then a program can walk from the network to all of its tensors, and forget none. First, the arithmetic of a layer.

# %% [markdown]
# ## What a layer computes
#
# A linear layer makes each of its outputs from all of its inputs. Output $j$ weighs the inputs with numbers of its own, sums up, and adds one more number, its bias:
#
# $$ y_{ij} = \sum_k x_{ik} w_{jk} + b_j $$
#
# where $i$ counts the examples of a batch.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 520 148" width="520" role="img" aria-labelledby="linear-layer-title linear-layer-desc" font-size="13" fill="currentColor">
# <title id="linear-layer-title">One output of a linear layer</title>
# <desc id="linear-layer-desc">An example x of 4 numbers; a weight of 3 rows and 4 columns; a bias of 3 numbers; an output of 3 numbers. The second output is computed from the whole of x, the second row of the weight and the second number of the bias, which are shaded.</desc>
# <text x="2" y="14" text-anchor="start">x, shape (4,)</text>
# <g><rect x="2" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="19" y="41.5" text-anchor="middle">x₀</text></g><g><rect x="38" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="55" y="41.5" text-anchor="middle">x₁</text></g><g><rect x="74" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="91" y="41.5" text-anchor="middle">x₂</text></g><g><rect x="110" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="127" y="41.5" text-anchor="middle">x₃</text></g>
# <text x="166" y="14" text-anchor="start">weight, shape (3, 4)</text>
# <g><rect x="166" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="183" y="41.5" text-anchor="middle">w₀₀</text></g><g><rect x="202" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="219" y="41.5" text-anchor="middle">w₀₁</text></g><g><rect x="238" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="255" y="41.5" text-anchor="middle">w₀₂</text></g><g><rect x="274" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="291" y="41.5" text-anchor="middle">w₀₃</text></g>
# <g><rect x="166" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="183" y="69.5" text-anchor="middle">w₁₀</text></g><g><rect x="202" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="219" y="69.5" text-anchor="middle">w₁₁</text></g><g><rect x="238" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="255" y="69.5" text-anchor="middle">w₁₂</text></g><g><rect x="274" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="291" y="69.5" text-anchor="middle">w₁₃</text></g>
# <g><rect x="166" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="183" y="97.5" text-anchor="middle">w₂₀</text></g><g><rect x="202" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="219" y="97.5" text-anchor="middle">w₂₁</text></g><g><rect x="238" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="255" y="97.5" text-anchor="middle">w₂₂</text></g><g><rect x="274" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="291" y="97.5" text-anchor="middle">w₂₃</text></g>
# <text x="330" y="14" text-anchor="start">bias</text>
# <g><rect x="330" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="347" y="41.5" text-anchor="middle">b₀</text></g><g><rect x="330" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="347" y="69.5" text-anchor="middle">b₁</text></g><g><rect x="330" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="347" y="97.5" text-anchor="middle">b₂</text></g>
# <text x="386" y="70" text-anchor="middle" font-weight="600">=</text>
# <text x="406" y="14" text-anchor="start">y, shape (3,)</text>
# <g><rect x="406" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="423" y="41.5" text-anchor="middle">y₀</text></g><g><rect x="406" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="423" y="69.5" text-anchor="middle">y₁</text></g><g><rect x="406" y="80" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="423" y="97.5" text-anchor="middle">y₂</text></g>
# <path d="M 74 54 V 65 H 162" stroke="var(--tt-accent, #2f6fab)" stroke-width="1.5" fill="none"/>
# <text x="2" y="136" text-anchor="start">y₁ = x₀ w₁₀ + x₁ w₁₁ + x₂ w₁₂ + x₃ w₁₃ + b₁</text>
# </svg>
# <figcaption>Everything that output 1 needs lies in row 1 of the weight, side by side.</figcaption>
# </figure>
#
# Look at the indices: module 01 multiplied by $w_{kj}$, here it is $w_{jk}$. The weight is stored as `(out, in)`, one *row* for each output. You know from
# module 01 what that buys: the sum over $k$ walks along a row of `x` and along a row of `w`, and both lie in memory side by side. PyTorch stores its weights so, too, and thus
# weights can travel from one to the other.
#
# Write the formula down once as it stands, with a loop for every index. It will be slow, and you will know exactly what a layer does.

# %% exercise="linear_loops" object="tinytorch.nn.functional.linear:linear_loops" points=2 title="A linear layer in three loops"
# - Three loops, one inside the other: over the examples `i`, the outputs `j`, the inputs `k`. What has to happen before the innermost loop, and what after it?
# - `rows, features = x.shape` and `outputs = len(w)`. Make the result first: `y = np.zeros((rows, outputs), x.dtype)`.
# - For each `i` and `j`: start with `total = b.data[j]`, add `x.data[i, k] * w.data[j, k]` for every `k`, and then set `y[i, j] = total`. At the end `return Tensor(y)`.

# %% checks="linear_loops"


def test_one_example():
    """One example of 3 numbers goes through a layer with 2 outputs, as computed by hand."""
    x, w, b = Tensor([[1.0, 2.0, 3.0]]), Tensor([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]), Tensor([10.0, 20.0])
    mistakes = [
        ([[7, -1]], "The bias is missing: each output adds its own `b[j]`."),
        ([[37, 59]], "The bias was added with every product. It is added once for each output."),
        ([[16, 17]], "Only the last product is left: add each one to the total."),
        ([[17, 36]], "Output 1 goes on from the sum of output 0. Start a new total for every output."),
        ([[17, 26]], "Output 1 goes on from the sum of output 0. Start a new total for every output."),
    ]
    hint = "Output j is the sum of x[i, k] * w[j, k] over all k, plus b[j]."
    y = F.linear_loops(x, w, b)
    expect_tensor(y, [[17, 19]], "The layer", "float32", hint, mistakes)


def test_rows_of_the_weight_are_outputs():
    """Each row of the weight belongs to one output, also if the weight is square."""
    x, w = Tensor([[1.0, 2.0]]), Tensor([[1.0, 10.0], [100.0, 1000.0]])
    mistakes = [([[201, 2010]], "The columns of `w` were used. Output j takes row j: `w.data[j, k]`.")]
    expect_tensor(F.linear_loops(x, w, zeros(2)), [[21, 2100]], "The layer", mistakes=mistakes)


def test_a_batch():
    """Every example of a batch gets its own row of outputs, in the dtype of `x`."""
    rng = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        x, w, b = (Tensor(rng.normal(size=shape).astype(dtype)) for shape in [(3, 5), (4, 5), (4,)])
        hint = "Make `y` of shape (rows, outputs) and of the dtype of `x`."
        y = F.linear_loops(x, w, b)
        expect_tensor(y, x.data @ w.data.T + b.data, "A batch of three examples", dtype, hint)


def test_the_inputs_stay_as_they_were():
    """Neither `x` nor the parameters change."""
    x, w, b = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[1.0, 1.0], [2.0, 2.0]]), Tensor([5.0, 6.0])
    F.linear_loops(x, w, b)
    expect_unchanged(b, [5, 6], "b", "`linear_loops(x, w, b)`")
    expect_unchanged(w, [[1, 1], [2, 2]], "w", "`linear_loops(x, w, b)`")
    expect_unchanged(x, [[1, 2], [3, 4]], "x", "`linear_loops(x, w, b)`")


def test_no_examples():
    """A batch without examples gives no rows, of as many outputs as the layer has."""
    hint = "Take the sizes from the shapes, not from the rows that come."
    with expect_no_error("A batch of shape `(0, 3)`", hint):
        y = F.linear_loops(zeros(0, 3), zeros(2, 3), zeros(2))
    expect_tensor(y, np.zeros((0, 2)), "A batch of shape `(0, 3)`", "float32", hint)


# %% wrong="linear_loops" name="forgets_the_bias" says="The bias is missing"
def linear_loops(x, w, b):
    rows, features = x.shape
    y = np.zeros((rows, len(w)), x.dtype)
    for i in range(rows):
        for j in range(len(w)):
            for k in range(features):
                y[i, j] += x.data[i, k] * w.data[j, k]
    return Tensor(y)


# %% wrong="linear_loops" name="bias_with_every_product" says="The bias was added with every product."
def linear_loops(x, w, b):
    rows, features = x.shape
    y = np.zeros((rows, len(w)), x.dtype)
    for i in range(rows):
        for j in range(len(w)):
            for k in range(features):
                y[i, j] += x.data[i, k] * w.data[j, k] + b.data[j]
    return Tensor(y)


# %% wrong="linear_loops" name="never_starts_again" says="Start a new total for every output."
def linear_loops(x, w, b):
    rows, features = x.shape
    y = np.zeros((rows, len(w)), x.dtype)
    for i in range(rows):
        total = 0.0
        for j in range(len(w)):
            for k in range(features):
                total += x.data[i, k] * w.data[j, k]
            y[i, j] = total + b.data[j]
    return Tensor(y)


# %% wrong="linear_loops" name="takes_columns" says="The columns of `w` were used."
def linear_loops(x, w, b):
    rows, features = x.shape
    y = np.zeros((rows, len(b)), x.dtype)
    for i in range(rows):
        for j in range(len(b)):
            y[i, j] = b.data[j]
            for k in range(features):
                y[i, j] += x.data[i, k] * w.data[k, j]
    return Tensor(y)


# %% wrong="linear_loops" name="sums_into_the_bias" says="changed `b`"
def linear_loops(x, w, b):
    rows, features = x.shape
    y = np.zeros((rows, len(w)), x.dtype)
    for i in range(rows):
        total = b.data
        for j in range(len(w)):
            for k in range(features):
                total[j] += x.data[i, k] * w.data[j, k]
        y[i] = total
    return Tensor(y)


# %% wrong="linear_loops" name="collects_rows" says="A batch of shape `(0, 3)` has shape (0,)"
def linear_loops(x, w, b):
    rows = []
    for example in x.data:
        row = []
        for weights, bias in zip(w.data, b.data, strict=True):
            row.append(sum(p * q for p, q in zip(example, weights, strict=True)) + bias)
        rows.append(row)
    return Tensor(np.array(rows, dtype=x.dtype))


# %% [markdown] question="predict_products"
# The first layer of a digit classifier takes 784 pixels to 128 values. How many multiplications does a batch of 32 examples need?
#
# = 32 * 128 * 784 multiplications
# > One for every combination of an example, an output and an input: the innermost line of your loops runs that often.

# %% experiment="one_at_a_time" title="One multiplication at a time"
import timeit
from functools import partial

manual_seed(0)
for rows, outputs, inputs in [(1, 8, 784), (1, 16, 784), (2, 16, 784)]:
    x, w, b = randn(rows, inputs), randn(outputs, inputs), zeros(outputs)
    layer = partial(F.linear_loops, x, w, b)
    seconds = min(timeit.repeat(layer, number=1, repeat=7))
    count = rows * outputs * inputs
    print(f"{count:>9,} multiplications: {seconds * 1e3:8.2f} ms,", end=" ")
    print(f"{seconds / count * 1e9:4.0f} ns each")

whole = 32 * 128 * 784
estimate = seconds / count * whole
print(f"{whole:>9,} would take {estimate:8.2f} s, an epoch of", end=" ")
print(f"{60_000 // 32:,} such batches {estimate * (60_000 // 32) / 3600:.1f} hours")

# %% [markdown]
# The time grows with the number of multiplications and with little else. The last line is a single layer, on the way forward only.
# A processor multiplies two numbers in less than a nanosecond. The rest of the time goes to Python, which for every product looks up both arrays, makes objects of the two numbers, and
# throws them away again.

# %% [markdown]
# ## All at once
#
# The three loops are a matrix product: $Y = XW^\top + b$. And `w.T` costs nothing, as you saw: two strides trade places. So `gemm`, which knows this machine's
# fastest way to multiply, gets the transposed view, and finds every row of `w` lying in order.
#
# Two details make it a layer for all that follows. There may be no bias. And `x` may have any leading dimensions: a single example `(in,)`, a batch `(n, in)`, later
# a batch of texts `(n, words, in)`. Only the last dimension is transformed. That is a stack of matrices times
# one matrix, and `gemm`, which multiplies since module 01, computes it. A stack of small products is slower than one large one, so it first makes a single matrix of all rows, and gives the result
# its leading dimensions back.
#
# What can be wrong is looked at first, by a helper that ships written:

# %% pull="tinytorch.nn.functional.linear:check_linear"

# %% exercise="linear" object="tinytorch.nn.functional.linear:linear" points=3 title="The same layer as one product"
# - `array, weight, bias = check_linear(x, w, b)` gives three arrays. Go on with these, not with the tensors.
# - `y = gemm(array, weight.T)` has the leading dimensions of `array`, whatever they are, and one number for each output behind them.
# - `y += bias` adds in place: `y` is fresh, nobody else holds it. Leave it out where `bias` is None.

# %% checks="linear"


def test_a_batch_goes_through():
    """A batch `(n, in)` gives x @ w.T + b, of shape `(n, out)`."""
    x, w, b = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[1.0, 10.0], [100.0, 1000.0]]), Tensor([0.5, 0.25])
    mistakes = [
        (
            [[201.5, 2010.25], [403.5, 4030.25]],
            "That is x @ w. Each row of the weight belongs to an output: transpose it.",
        ),
        ([[21, 2100], [43, 4300]], "The bias is missing."),
    ]
    hint = "Is it `if bias:`? An array of several numbers is neither true nor false; ask `bias is not None`."
    with expect_no_error("`F.linear(x, w, b)`", hint):
        y = F.linear(x, w, b)
    hint = "Multiply by the transposed weight, and add the bias to every row."
    expect_tensor(y, [[21.5, 2100.25], [43.5, 4300.25]], "`F.linear(x, w, b)`", "float32", hint, mistakes)
    rng = np.random.default_rng(0)
    x, w, b = (Tensor(rng.normal(size=shape).astype("float32")) for shape in [(3, 5), (4, 5), (4,)])
    expect_tensor(
        F.linear(x, w, b), x.data @ w.data.T + b.data, "A layer from 5 to 4 numbers", "float32", hint
    )


def test_without_a_bias():
    """Without a bias, `linear(x, w)` is x @ w.T."""
    x, w = Tensor([[1.0, 2.0]]), Tensor([[1.0, 10.0], [100.0, 1000.0]])
    hint = "`b` may be None: `check_linear` then gives None as the third array, and nothing is to be added."
    with expect_no_error("`F.linear(x, w)`", hint):
        y = F.linear(x, w)
    expect_tensor(y, [[21, 2100]], "`F.linear(x, w)`", "float32", hint)


def test_any_leading_dimensions():
    """Only the last dimension is transformed: `(in,)` gives `(out,)`, and `(2, 3, in)` gives `(2, 3, out)`."""
    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(4, 5)).astype("float32"), rng.normal(size=4).astype("float32")
    for leading in [(), (2, 3), (2, 1, 3), (0,), (2, 0)]:
        x = rng.normal(size=(*leading, 5)).astype("float32")
        what = f"An input of shape `{x.shape}`"
        hint = "Leave the leading dimensions to `gemm`: `gemm(array, weight.T)` has those of `array`, whatever they are. If you reshape, a size of -1 does not help where there are no rows."
        with expect_no_error(what, hint):
            y = F.linear(Tensor(x), Tensor(w), Tensor(b))
        expect_tensor(y, x @ w.T + b, what, "float32", hint)


def test_dtypes():
    """float64 stays float64, and whole numbers become what the weight is."""
    hint = "Go on with the arrays that `check_linear` returns: they have one dtype."
    w = ones(2, 3)
    expect_tensor(F.linear(Tensor([[1, 2, 3]]), w, ones(2)), [[7, 7]], "An int32 input", "float32", hint)
    doubles = [ones(*shape, dtype="float64") for shape in [(1, 3), (2, 3), (2,)]]
    expect_tensor(F.linear(*doubles), [[4, 4]], "A layer in float64", "float64", hint)


def test_what_does_not_fit():
    """An input whose last dimension is not `in` raises a ValueError that shows both, and a bias of a wrong shape does, too."""
    hint = "Let `check_linear(x, w, b)` look at the shapes before you multiply."
    says = ["(32, 28, 28)", "784"]
    images, w = zeros(32, 28, 28), zeros(10, 784)
    expect_error(
        ValueError, lambda: F.linear(images, w, zeros(10)), says, "A batch of pictures `(32, 28, 28)`", hint
    )
    what = "A bias of shape `(1,)` for 10 outputs"
    expect_error(ValueError, lambda: F.linear(zeros(32, 784), w, zeros(1)), ["(1,)"], what, hint)


def test_no_loop_over_examples():
    """A larger batch takes no more lines of Python: all products are left to `gemm`."""

    def lines_run(x, w):
        count, before = 0, sys.gettrace()

        def trace(frame, event, arg):
            nonlocal count
            count += event == "line"
            return trace

        sys.settrace(trace)
        try:
            F.linear(x, w)
        finally:
            sys.settrace(before)
        return count

    small, large = lines_run(ones(4, 8), ones(8, 8)), lines_run(ones(32, 8), ones(8, 8))
    if large > 2 * small:
        fail(
            f"For 4 examples {small} lines of Python ran, for 32 examples {large}.",
            "There is a loop over the examples. Leave all of it to one call: gemm(rows, weight.T).",
        )


# %% wrong="linear" name="does_not_transpose" says="Each row of the weight belongs to an output: transpose it."
def linear(x, w, b=None):
    array, weight, bias = check_linear(x, w, b)
    y = gemm(array, weight if weight.shape[0] == weight.shape[1] else weight.T)
    if bias is not None:
        y += bias
    return Tensor(y)


# %% wrong="linear" name="always_adds" says="`b` may be None"
def linear(x, w, b=None):
    return Tensor(gemm(x.data, w.data.T) + b.data)


# %% wrong="linear" name="keeps_the_loops" says="There is a loop over the examples."
def linear(x, w, b=None):
    array, weight, bias = check_linear(x, w, b)
    rows = array.reshape(numel(array.shape[:-1]), array.shape[-1])
    y = linear_loops(Tensor(rows), Tensor(weight), Tensor(np.zeros(len(weight)) if bias is None else bias))
    return y.reshape(*array.shape[:-1], len(weight))


# %% wrong="linear" name="leaves_the_error_to_numpy" says="Let `check_linear(x, w, b)` look at the shapes"
def linear(x, w, b=None):
    y = gemm(x.data.astype(w.dtype), w.data.T)
    if b is not None:
        y = y + b.data
    return Tensor(y)


# %% wrong="linear" name="only_matrices" says="Leave the leading dimensions to `gemm`"
def linear(x, w, b=None):
    array, weight, bias = check_linear(x, w, b)
    y = np.zeros((len(array), len(weight)), array.dtype)
    y += gemm(array, weight.T)
    if bias is not None:
        y += bias
    return Tensor(y)


# %% experiment="loops_against_linear" title="Three loops against one product"
import timeit

manual_seed(0)
x, w, b = randn(2, 784), randn(16, 784), randn(16)
slow = min(timeit.repeat(lambda: F.linear_loops(x, w, b), number=1, repeat=7))
fast = min(timeit.repeat(lambda: F.linear(x, w, b), number=10, repeat=5)) / 10
difference = (F.linear_loops(x, w, b) - F.linear(x, w, b)).data
print(f"loops:   {slow * 1e6:10.1f} µs")
print(f"product: {fast * 1e6:10.1f} µs, {slow / fast:.0f} times faster")
print(f"largest difference: {abs(difference).max():.1e}")

x, w, b = randn(256, 784), randn(128, 784), randn(128)
fast = min(timeit.repeat(lambda: F.linear(x, w, b), number=1, repeat=7))
operations = 2 * 256 * 128 * 784
print(f"a batch of 256 to 128 values: {fast * 1e3:.2f} ms,", end=" ")
print(f"{operations / fast / 1e9:.1f} thousand million operations a second")

try:
    F.linear(randn(32, 28, 28), w, b)
except ValueError as error:
    print(error)

# %% [markdown]
# The results differ in the last digits only, because the sums are formed in another order. From now on nothing in this book uses the loops. And the error that greeted everybody in module 01 now
# says what to do.

# %% [markdown]
# ## A layer that owns its numbers
#
# `F.linear` is handed its weight and bias each time. A **Module** is an object that owns them. It has two halves:
#
# - `__init__` makes the numbers, and assigns them as attributes;
# - `forward` computes with them. Calling the object, `layer(x)`, runs `forward`.
#
# A tensor that training shall change is a `Parameter`. It is a Tensor in every respect, and its class is the mark by which it is found.

# %% pull="tinytorch.nn.module:Parameter"

# %% [markdown]
# What should a weight be at first? If all numbers were equal, all outputs would be equal, and would stay so: training would change them in the same way. So they are random. How large they should be
# is a question of its own, further down. Until then, take what PyTorch takes: numbers spread evenly between $-1/\sqrt{n}$ and $1/\sqrt{n}$, where $n$ is the number of inputs.
#
# Write the constructor of `Linear`. Its first line must be `super().__init__()`: it prepares the object to keep account of its parts. The other half of the class ships written:

# %% pull="tinytorch.nn.linear:Linear.forward"

# %% exercise="linear_init" object="tinytorch.nn.linear:Linear.__init__" points=3 title="Make a layer's parameters"
# - In this order: `super().__init__()`, the check of the sizes, the two attributes with the sizes, the weight, the bias. One line makes a tensor of zeros, fills it and wraps it.
# - `bound = 1 / math.sqrt(in_features)`, and the weight is `Parameter(init.uniform_(zeros(out_features, in_features), -bound, bound, generator))`.
# - The bias is made in the same way, with `zeros(out_features)`, if `bias` is true; else `self.bias = None`.

# %% checks="linear_init"


def test_two_parameters():
    """`Linear(3, 2)` has a `weight` of shape `(2, 3)` and a `bias` of shape `(2,)`, both Parameters of float32."""
    layer = Linear(3, 2)
    for name, shape in [("weight", (2, 3)), ("bias", (2,))]:
        if not hasattr(layer, name):
            fail(f"The layer has no attribute `{name}`.", f"Assign it: self.{name} = Parameter(…).")
        value = getattr(layer, name)
        if not isinstance(value, Parameter):
            fail(
                f"`{name}` is a {type(value).__name__}; it should be a Parameter.",
                "Training finds what is a Parameter. Wrap the tensor: Parameter(…).",
            )
        hint = (
            "Weights are stored as (out_features, in_features): a row for each output."
            if value.ndim == 2
            else ""
        )
        expect_equal(value.shape, shape, f"`Linear(3, 2).{name}.shape`", hint)
        hint = "`zeros(…)` gives a tensor of float32; `np.zeros(…)` is an array of float64."
        expect_equal(value.dtype, "float32", f"`Linear(3, 2).{name}.dtype`", hint)
        expect_equal(value.requires_grad, True, f"`Linear(3, 2).{name}.requires_grad`")


def test_without_bias():
    """`Linear(3, 2, bias=False)` has a weight, and None as its bias."""
    hint = "Make a bias only if `bias` is true; else set `self.bias = None`, which `forward` passes on."
    with expect_no_error("`Linear(3, 2, bias=False)`", hint):
        layer = Linear(3, 2, bias=False)
        y = layer(ones(1, 3))
    if layer.bias is not None:
        fail("`Linear(3, 2, bias=False).bias` should be None.", hint)
    expect_equal(y.shape, (1, 2), "The shape of `Linear(3, 2, bias=False)(ones(1, 3))`")


def test_the_bounds():
    """Weight and bias spread evenly between -1 / sqrt(in_features) and 1 / sqrt(in_features)."""
    layer = Linear(100, 400, generator=np.random.default_rng(0))
    for name in ("weight", "bias"):
        values = getattr(layer, name).data
        mistakes = [
            (0.01, "That is 1 / in_features; the root is missing."),
            (0.05, "The root is taken of out_features. What counts is how many numbers each sum is made of."),
            (1.0, "Pass the bounds on: init.uniform_(tensor, -bound, bound, generator)."),
        ]
        largest = float(abs(values).max())
        hint = next(
            (why for bound, why in mistakes if 0.97 * bound <= largest <= bound),
            "Use bound = 1 / sqrt(in_features).",
        )
        if not 0.097 <= largest <= 0.1:
            fail(
                f"In `Linear(100, 400)` the largest number of `{name}` is {largest:.4f}; it should be just below 0.1.",
                hint,
            )
        if not -0.1 <= values.min() <= -0.097:
            fail(
                f"In `Linear(100, 400)` the numbers of `{name}` begin at {values.min():.4f}; they should begin at -0.1.",
                "Half of them should be negative.",
            )
        expect_number(
            round(float(values.std()) / 0.1 * math.sqrt(3), 1),
            1.0,
            f"The spread of `{name}`, for evenly spread numbers",
            "`init.uniform_` makes every number between the bounds equally likely.",
        )


def test_the_generator():
    """The numbers come from `generator`, the weight's first; without one they come from the default generator."""
    rng, bound = np.random.default_rng(5), 0.5
    weight, bias = rng.uniform(-bound, bound, (2, 4)), rng.uniform(-bound, bound, 2)
    layer = Linear(4, 2, generator=np.random.default_rng(5))
    hint = "Give `generator` to both calls of `init.uniform_`, the weight's first."
    expect_tensor(layer.weight, weight, "The weight of `Linear(4, 2, generator=…)`", hint=hint)
    expect_tensor(layer.bias, bias, "The bias of `Linear(4, 2, generator=…)`", hint=hint)
    manual_seed(5)
    hint = "Nothing may be drawn from elsewhere: `init.uniform_` takes the default generator if `generator` is None."
    expect_tensor(Linear(4, 2).weight, weight, "The weight after `manual_seed(5)`", hint=hint)


def test_the_options_stay_readable():
    """`in_features` and `out_features` are attributes."""
    layer = Linear(3, 2)
    for name, size in [("in_features", 3), ("out_features", 2)]:
        if not hasattr(layer, name):
            fail(f"The layer has no attribute `{name}`.", f"Keep it: self.{name} = {name}.")
        expect_equal(getattr(layer, name), size, f"`Linear(3, 2).{name}`")


def test_sizes_that_mean_nothing():
    """Sizes that are not whole or not positive raise a ValueError that names the one at fault."""
    hint = "`check_features(in_features, out_features)` writes the message."
    for sizes, name in [((0, 2), "in_features"), ((2, -1), "out_features"), ((2.5, 2), "in_features")]:
        expect_error(ValueError, lambda sizes=sizes: Linear(*sizes), [name], f"`Linear{sizes}`", hint)


# %% wrong="linear_init" name="in_before_out" says="Weights are stored as (out_features, in_features)"
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    check_features(in_features, out_features)
    self.in_features, self.out_features = in_features, out_features
    bound = 1 / math.sqrt(in_features)
    self.weight = Parameter(init.uniform_(zeros(in_features, out_features), -bound, bound, generator))
    self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator)) if bias else None


# %% wrong="linear_init" name="forgets_super" says="before super().__init__() was called"
def __init__(self, in_features, out_features, bias=True, generator=None):
    check_features(in_features, out_features)
    self.in_features, self.out_features = in_features, out_features
    bound = 1 / math.sqrt(in_features)
    self.weight = Parameter(init.uniform_(zeros(out_features, in_features), -bound, bound, generator))
    self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator)) if bias else None


# %% wrong="linear_init" name="plain_tensors" says="Training finds what is a Parameter."
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    check_features(in_features, out_features)
    self.in_features, self.out_features = in_features, out_features
    bound = 1 / math.sqrt(in_features)
    self.weight = init.uniform_(zeros(out_features, in_features), -bound, bound, generator)
    self.bias = init.uniform_(zeros(out_features), -bound, bound, generator) if bias else None


# %% wrong="linear_init" name="forgets_the_root" says="That is 1 / in_features; the root is missing."
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    check_features(in_features, out_features)
    self.in_features, self.out_features = in_features, out_features
    bound = 1 / in_features
    self.weight = Parameter(init.uniform_(zeros(out_features, in_features), -bound, bound, generator))
    self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator)) if bias else None


# %% wrong="linear_init" name="root_of_the_outputs" says="The root is taken of out_features."
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    check_features(in_features, out_features)
    self.in_features, self.out_features = in_features, out_features
    bound = 1 / math.sqrt(out_features)
    self.weight = Parameter(init.uniform_(zeros(out_features, in_features), -bound, bound, generator))
    self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator)) if bias else None


# %% wrong="linear_init" name="trusts_the_sizes" says="`check_features(in_features, out_features)` writes the message."
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    self.in_features, self.out_features = in_features, out_features
    bound = 1 / math.sqrt(in_features)
    self.weight = Parameter(init.uniform_(zeros(out_features, in_features), -bound, bound, generator))
    self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator)) if bias else None


# %% experiment="first_layer" title="A layer, and what it refuses"
manual_seed(0)
layer = Linear(784, 10)
print(layer)
print("weight", layer.weight.shape, "bias", layer.bias.shape)
print("scores", layer(randn(32, 784)).shape)
print("bytes ", layer.weight.nbytes + layer.bias.nbytes)

try:
    layer.weight = layer.weight * 0.5
except TypeError as error:
    print(error)
try:
    Linear(784, 7.5)
except ValueError as error:
    print(error)

# %% [markdown]
# The first error guards what this chapter is about. A product of a Parameter is an ordinary Tensor; put in the parameter's place, it would be lost to everybody who looks for parameters. `Module` watches assignments for that one reason.

# %% [markdown]
# ## Find every parameter
#
# A network is a Module whose attributes are Modules, whose attributes are Modules, and so on: a tree. Its leaves are the parameters, and each has a natural name, the way to it from the top.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 560 224" width="560" role="img" aria-labelledby="module-tree-title module-tree-desc" font-size="13" fill="currentColor">
# <title id="module-tree-title">A network is a tree of modules with parameters as leaves</title>
# <desc id="module-tree-desc">At the top a module of class Net. It owns a parameter called scale, and two modules: body, a Sequential, and head, a Linear. The Sequential owns a module called 0, a Linear. Each Linear owns two parameters, weight and bias. The names of the parameters are scale, body.0.weight, body.0.bias, head.weight and head.bias.</desc>
# <g><rect x="236" y="2" width="88" height="26" rx="3" stroke="currentColor" fill="none"/><text x="280" y="19.5" text-anchor="middle">Net</text></g>
# <path d="M 280 28 V 47 H 62 V 66" stroke="currentColor" fill="none" opacity=".6"/>
# <path d="M 280 28 V 47 H 222 V 66" stroke="currentColor" fill="none" opacity=".6"/>
# <path d="M 280 28 V 47 H 450 V 66" stroke="currentColor" fill="none" opacity=".6"/>
# <g><rect x="27" y="66" width="70" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="62" y="83.5" text-anchor="middle">scale</text></g>
# <g><rect x="162" y="66" width="120" height="26" rx="3" stroke="currentColor" fill="none"/><text x="222" y="83.5" text-anchor="middle">body: Sequential</text></g>
# <g><rect x="395" y="66" width="110" height="26" rx="3" stroke="currentColor" fill="none"/><text x="450" y="83.5" text-anchor="middle">head: Linear</text></g>
# <path d="M 222 92 V 108 H 222 V 124" stroke="currentColor" fill="none" opacity=".6"/>
# <g><rect x="177" y="124" width="90" height="26" rx="3" stroke="currentColor" fill="none"/><text x="222" y="141.5" text-anchor="middle">0: Linear</text></g>
# <path d="M 222 150 V 167 H 180 V 184" stroke="currentColor" fill="none" opacity=".6"/>
# <path d="M 222 150 V 167 H 270 V 184" stroke="currentColor" fill="none" opacity=".6"/>
# <path d="M 450 92 V 108 H 408 V 124" stroke="currentColor" fill="none" opacity=".6"/>
# <path d="M 450 92 V 108 H 498 V 124" stroke="currentColor" fill="none" opacity=".6"/>
# <g><rect x="140" y="184" width="70" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="175" y="201.5" text-anchor="middle">weight</text></g>
# <g><rect x="235" y="184" width="70" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="270" y="201.5" text-anchor="middle">bias</text></g>
# <g><rect x="373" y="124" width="70" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="408" y="141.5" text-anchor="middle">weight</text></g>
# <g><rect x="463" y="124" width="70" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="498" y="141.5" text-anchor="middle">bias</text></g>
# </svg>
# <figcaption>The shaded leaves are called <code>scale</code>, <code>body.0.weight</code>, <code>body.0.bias</code>, <code>head.weight</code> and <code>head.bias</code>: the way down from the top, joined by dots.</figcaption>
# </figure>
#
# To walk it, use what Python knows: `vars(self)` is a dictionary of all attributes, in the order in which they were assigned. A method that ships written picks out those that are Modules:

# %% pull="tinytorch.nn.module:Module.named_children"

# %% [markdown]
# A child that is a Module can tell its own parameters by the same method. So the walk is short: yield your own, then let each child yield its, with a longer `prefix`. Plain Tensors are passed by: a tensor that is no Parameter is not trained. One thing needs care. A network may use the same
# parameter in two places; module 13 ties the first and the last layer of a language model so. Training must not change it twice in a step, so it comes once, under its first name.

# %% exercise="module_named_parameters" object="tinytorch.nn.module:Module.named_parameters" points=4 title="Walk the tree"
# - Without sharing it would be two loops: one over `vars(self).items()`, yielding what is a `Parameter`, as `prefix + name, value`; one over `self.named_children()`.
# - In the second loop, `child.named_parameters(f"{prefix}{name}.")` yields pairs whose names are complete already; pass them on.
# - To yield each parameter once, remember what you have seen, by `id(parameter)`: tensors compare element by element, so `in` and `==` are no help. A dictionary from id to (name, parameter), filled with `setdefault`, keeps the first name.

# %% checks="module_named_parameters"


def test_its_own():
    """A module yields its own parameters by the names of the attributes, in order."""
    layer = Linear(3, 2)
    expect_equal(names_of(layer), ["weight", "bias"], "The names in `Linear(3, 2)`")
    hint = "A default such as seen=set() is made once and remembers every call. Make a new one inside the function."
    expect_equal(names_of(layer), ["weight", "bias"], "The names in the same layer, asked for again,", hint)
    found = dict(layer.named_parameters())
    if found["weight"] is not layer.weight or found["bias"] is not layer.bias:
        fail(
            "The parameters that come out are not the layer's own objects.",
            "Yield them as they are, without a copy.",
        )
    expect_equal(names_of(Linear(3, 2, bias=False)), ["weight"], "The names in `Linear(3, 2, bias=False)`")
    expect_equal(
        names_of(ReLU()), [], "The names in `ReLU()`", "Without parameters there is nothing to yield."
    )


def test_the_whole_tree():
    """It goes down to every level, and a name is the way through the tree, joined by dots."""
    inner = Sequential(Sequential(Linear(2, 2, bias=False)), Linear(2, 1))
    mistakes = [
        ([], "Children have parameters, too: go through `self.named_children()`."),
        (
            ["weight", "weight", "bias"],
            "The names lack the way to the parameter: give each child a longer prefix.",
        ),
        (
            ["0.weight", "1.weight", "1.bias"],
            "The names hold one step of the way only: a child's prefix begins with your own.",
        ),
        (
            ["0.0weight", "1weight", "1bias"],
            "There is a dot after each step of the way: the child's prefix ends with one.",
        ),
        (
            ["00weight", "1weight", "1bias"],
            "There is a dot after each step of the way: the child's prefix ends with one.",
        ),
        (
            ["1.weight", "1.bias"],
            "The tree has more than two levels: let each child search its own children, with the same method.",
        ),
    ]
    expect_equal(
        names_of(inner),
        ["0.0.weight", "1.weight", "1.bias"],
        "The names in a Sequential in a Sequential",
        mistakes=mistakes,
    )


def test_own_ones_come_first():
    """A module's own parameters come before those of its children, and constants and buffers do not come at all."""

    class Scaled(Module):
        def __init__(self):
            super().__init__()
            self.body = Sequential(Linear(4, 3), ReLU(), Linear(3, 3, bias=False))
            self.scale = Parameter(ones(3))
            self.head = Linear(3, 2)
            self.note = "not a parameter"
            self.constant = ones(3)
            self.register_buffer("count", zeros(1))

    expected = ["scale", "body.0.weight", "body.0.bias", "body.2.weight", "head.weight", "head.bias"]
    mistakes = [
        (
            [*expected[1:4], "scale", *expected[4:]],
            "First all of its own, then the children's: two loops, one after the other.",
        ),
        ([*expected[1:], "scale"], "First its own, then the children's."),
    ]
    expect_equal(
        names_of(Scaled()), expected, "The names in a network with a parameter of its own", mistakes=mistakes
    )


def test_shared_once():
    """A parameter or a module that is in the tree twice comes once, under its first name."""
    net = Sequential(Linear(2, 2), Linear(2, 2))
    net[1].weight = net[0].weight
    hint = "Remember the ids of those that you have seen; `id(parameter)` tells objects apart."
    expect_equal(
        names_of(net), ["0.weight", "0.bias", "1.bias"], "The names if two layers share a weight", hint
    )
    layer = Linear(2, 2)
    expect_equal(
        names_of(Sequential(layer, ReLU(), layer)),
        ["0.weight", "0.bias"],
        "The names if one layer is used twice",
        hint,
    )
    net = Module()
    net.first = net.second = Parameter(ones(2))
    expect_equal(names_of(net), ["first"], "The name of a parameter that is assigned twice", hint)
    same = Sequential(Linear(2, 2), Linear(2, 2))
    for parameter in same.parameters():
        parameter.data[...] = 1.0
    hint = "Equal numbers do not make it the same parameter: compare `id(parameter)`, not values."
    expect_equal(len(names_of(same)), 4, "The number of parameters of two layers with equal numbers", hint)


def test_a_prefix():
    """`prefix` goes in front of every name."""
    expected = ["net.0.weight", "net.0.bias"]
    hint = "Put `prefix` in front of your own names, and of the prefix that children get."
    expect_equal(names_of(Sequential(Linear(2, 2)), "net."), expected, '`named_parameters("net.")`', hint)


# %% wrong="module_named_parameters" name="only_its_own" says="Children have parameters, too"
def named_parameters(self, prefix=""):
    for name, value in vars(self).items():
        if isinstance(value, Parameter):
            yield prefix + name, value


# %% wrong="module_named_parameters" name="loses_the_way" says="The names lack the way to the parameter"
def named_parameters(self, prefix=""):
    found = {}
    for name, value in vars(self).items():
        if isinstance(value, Parameter):
            found.setdefault(id(value), (name, value))
    for child in self.children():
        for name, value in child.named_parameters():
            found.setdefault(id(value), (name, value))
    yield from found.values()


# %% wrong="module_named_parameters" name="one_step_only" says="The names hold one step of the way only"
def named_parameters(self, prefix=""):
    found = {}
    for name, value in vars(self).items():
        if isinstance(value, Parameter):
            found.setdefault(id(value), (prefix + name, value))
    for name, child in self.named_children():
        for path, value in child.named_parameters(f"{name}."):
            found.setdefault(id(value), (path, value))
    yield from found.values()


# %% wrong="module_named_parameters" name="takes_all_tensors" says="only Parameters are to be found"
def named_parameters(self, prefix=""):
    found = {}
    for name, value in vars(self).items():
        if isinstance(value, Tensor):
            found.setdefault(id(value), (prefix + name, value))
    for name, child in self.named_children():
        for path, value in child.named_parameters(f"{prefix}{name}."):
            found.setdefault(id(value), (path, value))
    yield from found.values()


# %% wrong="module_named_parameters" name="yields_no_names" says="should yield pairs of a name and a parameter"
def named_parameters(self, prefix=""):
    for value in vars(self).values():
        if isinstance(value, Parameter):
            yield value
    for child in self.children():
        yield from child.named_parameters()


# %% wrong="module_named_parameters" name="repeats_what_is_shared" says="Remember the ids of those that you have seen"
def named_parameters(self, prefix=""):
    for name, value in vars(self).items():
        if isinstance(value, Parameter):
            yield prefix + name, value
    for name, child in self.named_children():
        yield from child.named_parameters(f"{prefix}{name}.")


# %% wrong="module_named_parameters" name="in_order_of_assignment" says="First all of its own, then the children's"
def named_parameters(self, prefix=""):
    seen = set()
    for name, value in vars(self).items():
        below = value.named_parameters(f"{prefix}{name}.") if isinstance(value, Module) else []
        for path, parameter in [(prefix + name, value)] if isinstance(value, Parameter) else below:
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield path, parameter


# %% [markdown]
# A small network of your own, as every chapter from here on will write them. It keeps its layers in a list, in two ways.

# %% experiment="two_lists" title="A list that hides its layers"


class Net(Module):
    def __init__(self, container):
        super().__init__()
        self.layers = container([Linear(64, 64) for _ in range(3)])
        self.head = Linear(64, 10)

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.head(x)


for container in (list, ModuleList):
    net = Net(container)
    print(container.__name__, "- scores", net(randn(32, 64)).shape)
    for name, parameter in net.named_parameters():
        print(f"  {name:16} {parameter.shape}")

# %% [markdown]
# A plain list is no Module, so the walk passes it by: the network computes, and three of its four layers would never be trained. It is the mistake of the beginning once more, and in PyTorch it is just as easy to make.
# `ModuleList` is a Module that behaves like a list, and in it the layers are found.

# %% [markdown]
# ## Keep the state, and bring it back
#
# With names, a network can be saved: its **state** is a dictionary of tensors. Here is how it is made. Buffers are tensors that belong to the state but are not trained; module 09 will need them.

# %% pull="tinytorch.nn.module:Module.state_dict"

# %% [markdown]
# The dictionary shares its memory with the network. So it costs nothing, and it is the network's own, now and after the next step of training; whoever wants to keep this moment must copy.
#
# The way back is yours. `load_state_dict` writes values *into* the tensors that are there, so that an optimizer that holds them goes on with the same objects. And it must be strict. A file that lacks a name, or has one too many, or a tensor
# of another shape, was made by another network; a half-loaded network computes without complaint, and computes nonsense. So look first, and name everything that is wrong in one message: who has twenty wrong names wants to see all twenty. Write only if nothing is.

# %% exercise="module_load_state_dict" object="tinytorch.nn.module:Module.load_state_dict" points=4 title="Load a state, all of it or none"
# - Three parts: find what is missing, unexpected or ill-shaped; raise one ValueError if there is such a thing; copy. Begin with `own = self.state_dict()`.
# - Two lists: `missing = [name for name in own if name not in state_dict]`, and the other way round. They are problems only if `strict`. Shapes always are: `np.asarray(value).shape != own[name].shape`, for the names that both have.
# - Collect the problems as strings, join them with `"; ".join(problems)` and raise if there are any. Then `own[name].data[...] = np.asarray(value)` for the names that both have, and `return Keys(missing, unexpected)`.

# %% checks="module_load_state_dict"


def test_values_are_copied():
    """The values arrive in the module, for the whole tree."""
    net, other = Sequential(Linear(3, 2), Linear(2, 1)), Sequential(Linear(3, 2), Linear(2, 1))
    net.load_state_dict(other.state_dict())
    for name, tensor in net.state_dict().items():
        expect_tensor(
            tensor,
            other.state_dict()[name].data,
            f"`{name}` after loading",
            "float32",
            "Copy each value into the tensor of the same name: own[name].data[...] = value. Without the dots only a name changes its meaning.",
        )


def test_the_tensors_stay_the_same():
    """The parameters remain the same objects with the same memory, and share none with what was loaded."""
    layer = Linear(3, 2)
    weight, array = layer.weight, layer.weight.data
    state = {"weight": ones(2, 3), "bias": np.full(2, 0.5, "float32")}
    with expect_no_error(
        "Loading NumPy arrays", "`np.asarray(value)` makes an array of a Tensor and of an array."
    ):
        layer.load_state_dict(state)
    if layer.weight is not weight:
        fail(
            "`layer.weight` is another object after loading.",
            "Write into the tensor that is there: own[name].data[...] = value.",
        )
    if layer.weight.data is not array:
        fail(
            "`layer.weight.data` is another array after loading.",
            "Write into the memory that is there: own[name].data[...] = value. The dots select all of it.",
        )
    expect_tensor(layer.weight, np.ones((2, 3)), "`weight` after loading")
    expect_tensor(layer.bias, [0.5, 0.5], "`bias` after loading")


def test_everything_wrong_is_named_at_once():
    """Missing names, unexpected names and wrong shapes are all in one ValueError, shapes with both of them."""
    net = Sequential(Linear(3, 2), Linear(2, 1))
    state = {"0.weight": zeros(3, 2), "0.bais": zeros(2), "1.weight": zeros(2), "1.bias": zeros(1)}
    what = "Loading a state with five mistakes"
    hint = "Collect all problems first, and raise once, with every name in the message; for shapes with both shapes."
    for says in (["0.bias"], ["0.bais"], ["0.weight", "(3, 2)", "(2, 3)"], ["1.weight", "(2,)", "(1, 2)"]):
        expect_error(ValueError, lambda: net.load_state_dict(state), says, what, hint)
    right = {name: tensor for name, tensor in net.state_dict().items() if name != "1.bias"}
    expect_error(
        ValueError, lambda: net.load_state_dict(right), ["1.bias"], "Loading a state without `1.bias`", hint
    )
    right = {**net.state_dict(), "2.weight": zeros(1)}
    expect_error(
        ValueError,
        lambda: net.load_state_dict(right),
        ["2.weight"],
        "Loading a state with a name too many",
        hint,
    )
    try:
        net.load_state_dict({**net.state_dict(), "0.weight": zeros(3, 2)})
    except ValueError as error:
        if "1.weight" in str(error) or "bias" in str(error):
            fail(
                f'The message "{error}" names entries that are right.',
                "Name only what is missing, unexpected or of another shape.",
            )


def test_nothing_is_half_loaded():
    """If anything is wrong, nothing was written."""
    net = Sequential(Linear(3, 2), Linear(2, 1))
    before = net[0].weight.data.copy()
    state = {"0.weight": ones(2, 3), "0.bias": ones(2), "1.weight": ones(1, 2), "1.bias": ones(3)}
    for broken in (state, {"0.weight": ones(2, 3)}):
        with suppress(ValueError):
            net.load_state_dict(broken)
        if not np.array_equal(net[0].weight.data, before):
            fail(
                "A state with a mistake was loaded in part.",
                "Look at all names and shapes first; write only when nothing is wrong.",
            )


def test_shapes_are_exact():
    """A value that would broadcast is refused, too."""
    hint = "NumPy stretches a 1 to fill a tensor. Compare the shapes before you write."
    for value in (zeros(1, 3), zeros(3), zeros(1, 2, 3), zeros(())):
        state = {"weight": value, "bias": zeros(2)}
        what = f"Loading a weight of shape `{value.shape}` into one of `(2, 3)`"
        expect_error(
            ValueError,
            lambda state=state: Linear(3, 2).load_state_dict(state),
            [str(value.shape), "(2, 3)"],
            what,
            hint,
        )


def test_not_strict():
    """With `strict=False` missing and unexpected names are returned instead; wrong shapes stay an error."""
    layer = Linear(3, 2)
    state = {"weight": ones(2, 3), "extra": ones(1)}
    with expect_no_error(
        "`load_state_dict(state, strict=False)`",
        "Names are a problem only if `strict` is true. Without it, what is not the module's own is passed by.",
    ):
        keys = layer.load_state_dict(state, strict=False)
    hint = "Return Keys(missing, unexpected): what the module has and the state has not, then the other way round."
    if not isinstance(keys, tuple) or len(keys) != 2:
        fail("`load_state_dict` should return `Keys(missing, unexpected)`.", hint)
    expect_equal(list(keys[0]), ["bias"], "The missing names", hint)
    expect_equal(list(keys[1]), ["extra"], "The unexpected names", hint)
    expect_equal(
        (list(layer.load_state_dict(layer.state_dict())[0])),
        [],
        "The missing names of a state that fits",
        hint,
    )
    expect_tensor(layer.weight, np.ones((2, 3)), "The weight, which both have,")
    what = "`load_state_dict` with `strict=False` and a wrong shape"
    expect_error(
        ValueError,
        lambda: layer.load_state_dict({"weight": ones(3, 2)}, strict=False),
        ["(3, 2)"],
        what,
        "Shapes are compared in any case.",
    )


# %% wrong="module_load_state_dict" name="takes_their_memory" says="`layer.weight.data` is another array after loading."
def load_state_dict(self, state_dict, strict=True):
    own = dict(self.named_parameters())
    missing = [name for name in own if name not in state_dict]
    unexpected = [name for name in state_dict if name not in own]
    for name in own:
        if name in state_dict:
            own[name].data = np.asarray(state_dict[name])
    return Keys(missing, unexpected)


# %% wrong="module_load_state_dict" name="stops_at_the_first" says="Collect all problems first"
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    missing = [name for name in own if name not in state_dict]
    unexpected = [name for name in state_dict if name not in own]
    if strict and missing:
        raise ValueError(f"missing {missing}")
    if strict and unexpected:
        raise ValueError(f"unexpected {unexpected}")
    both = {name: np.asarray(value) for name, value in state_dict.items() if name in own}
    for name, value in both.items():
        if value.shape != own[name].shape:
            raise ValueError(f"{name} has shape {value.shape}, expected {own[name].shape}")
    for name, value in both.items():
        own[name].data[...] = value
    return Keys(missing, unexpected)


# %% wrong="module_load_state_dict" name="loads_while_it_looks" says="A state with a mistake was loaded in part."
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    problems = []
    for name, value in state_dict.items():
        if name not in own:
            problems.append(f"unexpected {name}")
        elif np.asarray(value).shape != own[name].shape:
            problems.append(f"{name} has shape {np.asarray(value).shape}, expected {own[name].shape}")
        else:
            own[name].data[...] = np.asarray(value)
    missing = [name for name in own if name not in state_dict]
    problems += [f"missing {name}" for name in missing]
    if problems and strict:
        raise ValueError("; ".join(problems))
    return Keys(missing, [name for name in state_dict if name not in own])


# %% wrong="module_load_state_dict" name="lets_numpy_stretch" says="NumPy stretches a 1 to fill a tensor."
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    missing = [name for name in own if name not in state_dict]
    unexpected = [name for name in state_dict if name not in own]
    if strict and (missing or unexpected):
        raise ValueError(f"missing {missing}, unexpected {unexpected}")
    for name, tensor in own.items():
        if name in state_dict:
            tensor.data[...] = np.asarray(state_dict[name])
    return Keys(missing, unexpected)


# %% wrong="module_load_state_dict" name="forgets_strict" says="Names are a problem only if `strict` is true."
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    problems = [f"missing {name}" for name in own if name not in state_dict]
    for name, value in state_dict.items():
        if name not in own:
            problems.append(f"unexpected {name}")
        elif np.asarray(value).shape != own[name].shape:
            problems.append(f"{name} has shape {np.asarray(value).shape}, expected {own[name].shape}")
    if problems:
        raise ValueError("; ".join(problems))
    for name, value in state_dict.items():
        own[name].data[...] = np.asarray(value)
    return Keys([], [])


# %% wrong="module_load_state_dict" name="only_looks" says="Copy each value into the tensor of the same name"
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    missing = [name for name in own if name not in state_dict]
    unexpected = [name for name in state_dict if name not in own]
    problems = [f"missing {name}" for name in missing if strict]
    problems += [f"unexpected {name}" for name in unexpected if strict]
    for name in own:
        if name in state_dict and np.asarray(state_dict[name]).shape != own[name].shape:
            problems.append(f"{name}: {np.asarray(state_dict[name]).shape}, not {own[name].shape}")
    if problems:
        raise ValueError("; ".join(problems))
    self.state_dict().update(state_dict)
    return Keys(missing, unexpected)


# %% experiment="save_and_load" title="Through a file and back"
import io

manual_seed(1)
net = Sequential(Linear(784, 64), ReLU(), Linear(64, 10))
file = io.BytesIO()
np.savez(file, **{name: tensor.data for name, tensor in net.state_dict().items()})
numbers = sum(parameter.numel() for parameter in net.parameters())
print(f"{numbers:,} numbers of 4 bytes make a file of {file.tell():,} bytes")

file.seek(0)
with np.load(file) as state:
    twin = Sequential(Linear(784, 64), ReLU(), Linear(64, 10))
    x = randn(1, 784)
    print("same scores before loading:", (net(x) == twin(x)).min().item())
    twin.load_state_dict(state)
    print("same scores after loading: ", (net(x) == twin(x)).min().item())

    smaller = Sequential(Linear(784, 32), ReLU(), Linear(32, 10, bias=False))
    try:
        smaller.load_state_dict(state)
    except ValueError as error:
        print(error)

# %% [markdown]
# The file is a plain archive of arrays: nothing in it can run when it is opened. Module 07 makes checkpoints of it.

# %% [markdown]
# ## One after another
#
# Most networks are a chain: what one layer gives, the next one takes. `Sequential` is a Module that holds others in order, under the names "0", "1", "2" …, and its `forward` is the chain. You have used the
# book's in the last experiment. Write the loop.

# %% exercise="sequential_forward" object="tinytorch.nn.containers:Sequential.forward" points=1 title="A chain of modules"
# - `for module in self:` goes through the modules in order. Each is called like a function.
# - Every module gets what the one before it returned: `x = module(x)`.

# %% checks="sequential_forward"


def test_in_order():
    """Every module gets what the one before it returned, in order."""
    mistakes = [
        (
            [3.0],
            "Only the last module's work is left: each one got the first `x`. Give it what the one before it returned.",
        ),
        ([1.0], "Only the first module has run. Return after the loop, not inside it."),
        ([321.0], "The modules ran in reverse order."),
        ([0.0], "No module has run: keep what each returns, x = module(x)."),
    ]
    net = Sequential(Append(1), Append(2), Append(3))
    expect_tensor(
        net(Tensor([0.0])), [123], "A chain that appends 1, 2 and 3 to 0", "float32", mistakes=mistakes
    )


def test_chains_in_chains():
    """A Sequential may be a part of another, and may have a single part."""
    net = Sequential(Sequential(Append(1), Append(2)), Sequential(Append(3)))
    expect_tensor(net(Tensor([0.0])), [123], "A chain of chains", hint="Call each module: x = module(x).")


def test_nothing_in_it():
    """Without modules, what goes in comes out."""
    x = Tensor([1.0, 2.0])
    hint = "With nothing to do, the loop does not run, and `x` is returned."
    expect_tensor(Sequential()(x), [1, 2], "`Sequential()(x)`", hint=hint)


def test_modules_are_called():
    """Each module is called as `module(x)`, so that what a class adds to the call takes part."""

    class Doubled(Append):
        def __call__(self, x):
            return super().__call__(x) * 2

    hint = "Write module(x), not module.forward(x): later modules of the book measure layers by what happens around the call."
    expect_tensor(
        Sequential(Doubled(1), Append(5))(Tensor([0.0])),
        [25],
        "A chain with a module that extends the call",
        hint=hint,
    )


# %% wrong="sequential_forward" name="all_get_the_first" says="each one got the first `x`"
def forward(self, x):
    for module in self:
        y = module(x)
    return y


# %% wrong="sequential_forward" name="returns_too_early" says="Return after the loop, not inside it."
def forward(self, x):
    for module in self:
        y = module(x)
        break
    return y


# %% wrong="sequential_forward" name="calls_forward" says="Write module(x), not module.forward(x)"
def forward(self, x):
    for module in self:
        x = module.forward(x)
    return x


# %% [markdown]
# Pictures have to become rows first. In a chain that is a module as well, one without parameters:

# %% pull="tinytorch.nn.containers:Flatten.forward"

# %% experiment="one_object" title="Six layers in one object"
manual_seed(0)
layers = [Flatten(), Linear(784, 64), ReLU()]
for _ in range(4):
    layers += [Linear(64, 64), ReLU()]
net = Sequential(*layers, Linear(64, 10))

print(net)
print("scores", net(randn(32, 28, 28)).shape)
parameters = list(net.parameters())
print("training would change", len(parameters), "tensors", end=" ")
print(f"with {sum(p.numel() for p in parameters):,} numbers")

# %% [markdown]
# Twelve tensors, none forgotten, and no list to keep.

# %% [markdown]
# ## How large should the first weights be?
#
# The six layers at the beginning had weights of `randn(…) * 0.2`. Why 0.2? In the next experiment ten layers of 256 inputs and outputs, each with a ReLU, begin with normal random weights of a standard deviation of 0.02, and then once more with 0.3.
# What comes out of each layer is measured by its size: the root of the mean square. The input has size 1.

# %% [markdown] question="predict_growth"
# Each output sums 256 products, and the ReLU halves the mean square. If the weights have a standard deviation of 0.3, by which factor does the size grow from layer to layer? (Squares of independent numbers with mean 0 add up: the mean square of the sum is 256 times that of one product.)
#
# = (256 * 0.3**2 / 2) ** 0.5 times ± 3%
# > One product has the mean square 0.3² = 0.09, the sum 256 times as much, 23.04, and the ReLU leaves half of it, 11.52. The size is the root.

# %% experiment="ten_layers" title="Ten layers with two sizes of weights" needs=["matplotlib"] alt="Line plot: the size of the values after each of ten layers, on a logarithmic axis. With weights of 0.02 it falls along a straight line to less than a millionth; with weights of 0.3 it rises along a straight line to more than a hundred thousand."
import matplotlib.pyplot as plt


def sizes_after_each_layer(std):
    x, sizes = randn(256, 256), []
    for _ in range(10):
        weight = init.normal_(zeros(256, 256), 0.0, std)
        x = F.relu(F.linear(x, weight))
        sizes.append((x * x).mean().sqrt().item())
    return sizes


manual_seed(0)
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
for std in (0.02, 0.3):
    sizes = sizes_after_each_layer(std)
    axes.plot(range(1, 11), sizes, marker="o", label=f"weights of {std}")
    growth = sizes[-1] / sizes[-2]
    print(f"{std:4}: {sizes[0]:.3g} after one layer, {sizes[-1]:.3g} after ten,", end=" ")
    print(f"times {growth:.3g} in the last")

axes.set_yscale("log")
axes.set_xlabel("layer")
axes.set_ylabel("size of the values")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# One line **vanishes**, the other one **explodes**, and both are straight on a logarithmic axis: every layer multiplies the size by the same factor. With a hundred layers instead of ten, float32 would run out of numbers in both directions. Gradients, which
# module 05 sends back through the same weights, suffer in the same way.
#
# So ask for a factor of 1. With $n$ inputs, weights of standard deviation $\sigma$ and an input of mean square $m$, the sum has the mean square $n \sigma^2 m$, and after the ReLU $n \sigma^2 m / 2$. For that to be $m$ again,
#
# $$ \sigma = \frac{\sqrt 2}{\sqrt n} $$
#
# The $\sqrt 2$ makes up for what a ReLU takes away, and is called its **gain**. Other activations have other gains; 1 is that of none at all. The rule is named after Kaiming He, who found it in 2015. Five years before, Xavier Glorot had asked for a compromise: $n$ inputs count on the way
# forward, but on the way back the outputs count, so he took the mean of the two.
#
# `fans` counts both, also for the windows of module 09, and `fan_of(tensor, mode)` picks one of the two. `calculate_gain(nonlinearity, a)` knows the gains. Its `a` is for the *leaky* ReLU, which does not cut numbers below zero off but multiplies
# them by a small `a`; with `a` = 0 it is the plain one. So the default of the next exercise, PyTorch's as well, is a ReLU under a longer name.

# %% pull="tinytorch.nn.init:fans"

# %% exercise="kaiming_std" object="tinytorch.nn.init:kaiming_std" points=2 title="Weights of the right size"
# - gain divided by the root of the fan. Both are given by helpers that the docstring names.
# - `calculate_gain(nonlinearity, a)` and `fan_of(tensor, mode)`; the root is `math.sqrt`.

# %% checks="kaiming_std"


def test_for_a_relu():
    """A weight `(64, 200)` before a ReLU gets √2 / √200 = 0.1."""
    mistakes = [
        (2**0.5 / 200, "The root of the fan is missing."),
        (1 / 200**0.5, "The gain is missing: a ReLU takes half of the mean square, and √2 makes up for it."),
        (2 / 200**0.5, "`calculate_gain` has taken the root already."),
        (
            2**0.5 / 64**0.5,
            "That counts the outputs. Each sum is made of as many products as there are inputs.",
        ),
        (
            init.calculate_gain("leaky_relu") / 200**0.5,
            "Pass `a` on as well: calculate_gain(nonlinearity, a). Its own default is a slope of 0.01.",
        ),
    ]
    hint = "Divide the gain by the root of the fan."
    expect_number(
        init.kaiming_std(zeros(64, 200)), 0.1, "`kaiming_std` of a weight `(64, 200)`", hint, mistakes
    )


def test_either_fan():
    """`mode="fan_out"` counts outputs instead of inputs; another mode is an error."""
    hint = "`fan_of(tensor, mode)` counts what `mode` asks for."
    weight = zeros(50, 200)
    expect_number(
        init.kaiming_std(weight, mode="fan_out"),
        0.2,
        '`kaiming_std` with `mode="fan_out"` of a weight `(50, 200)`',
        hint,
    )
    expect_number(
        init.kaiming_std(weight, mode="fan_in"),
        0.1,
        '`kaiming_std` with `mode="fan_in"` of a weight `(50, 200)`',
        hint,
    )
    expect_error(
        ValueError,
        lambda: init.kaiming_std(weight, mode="out"),
        ["'out'"],
        '`kaiming_std` with `mode="out"`',
        hint,
    )


def test_other_activations():
    """Other activations have other gains, and a leaky ReLU's depends on its slope `a`."""
    hint = "`calculate_gain(nonlinearity, a)` knows the gains."
    for name, gain in [("linear", 1.0), ("tanh", 5 / 3), ("relu", math.sqrt(2))]:
        what = f'`kaiming_std` with `nonlinearity="{name}"` of a weight `(10, 100)`'
        expect_number(init.kaiming_std(zeros(10, 100), nonlinearity=name), gain / 10, what, hint)
    what = "`kaiming_std` with `a=1`, a ReLU that leaks everything, of a weight `(10, 100)`"
    expect_number(init.kaiming_std(zeros(10, 100), a=1), 0.1, what, hint)


def test_windows_count():
    """In a weight of shape `(8, 2, 3, 3)` each sum is made of 2 · 3 · 3 products."""
    hint = "`fan_of` counts windows, too; the shape's second number alone does not tell."
    expect_number(
        init.kaiming_std(zeros(8, 2, 3, 3)), 1 / 3, "`kaiming_std` of a weight `(8, 2, 3, 3)`", hint
    )


# %% wrong="kaiming_std" name="forgets_the_root" says="The root of the fan is missing."
def kaiming_std(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    return calculate_gain(nonlinearity, a) / fan_of(tensor, mode)


# %% wrong="kaiming_std" name="forgets_the_gain" says="The gain is missing"
def kaiming_std(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    return 1 / math.sqrt(fan_of(tensor, mode))


# %% wrong="kaiming_std" name="counts_outputs" says="That counts the outputs."
def kaiming_std(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    return calculate_gain(nonlinearity, a) / math.sqrt(tensor.shape[0])


# %% wrong="kaiming_std" name="forgets_the_slope" says="Pass `a` on as well"
def kaiming_std(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    return calculate_gain(nonlinearity) / math.sqrt(fan_of(tensor, mode))


# %% [markdown]
# Four functions fill weights by such rules, under PyTorch's names: a rule, and how the numbers are spread. Here is one of them.

# %% pull="tinytorch.nn.init:kaiming_normal_"

# %% experiment="ten_layers_mended" title="Ten layers, mended" needs=["matplotlib"] alt="Line plot: the size of the values after each of ten layers, on a logarithmic axis. With He's rule before ReLU and with Xavier's rule before Tanh the lines stay level; with PyTorch's default for Linear before ReLU the line falls to about a ten-thousandth."
import matplotlib.pyplot as plt


def sizes_after_each_layer(fill, activation):
    x, sizes = randn(256, 256), []
    for _ in range(10):
        layer = Linear(256, 256, bias=False)
        fill(layer.weight)
        x = activation(layer(x))
        sizes.append((x * x).mean().sqrt().item())
    return sizes


manual_seed(0)
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, fill, activation in [
    ("He, ReLU", init.kaiming_normal_, ReLU()),
    ("Xavier with gain, Tanh", lambda w: init.xavier_normal_(w, 5 / 3), Tanh()),
    ("as Linear makes them, ReLU", lambda w: w, ReLU()),
]:
    sizes = sizes_after_each_layer(fill, activation)
    axes.plot(range(1, 11), sizes, marker="o", label=name)
    print(f"{name:27} {sizes[0]:.3f} after one layer, {sizes[-1]:.2g} after ten")
print(f"He's rule for 64 inputs: {init.kaiming_std(zeros(64, 64)):.3f}")

axes.set_yscale("log")
axes.set_ylim(1e-5, 10)
axes.set_xlabel("layer")
axes.set_ylabel("size of the values")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# For 64 inputs the rule asks for a standard deviation not far from the 0.2 of the beginning, which was no accident. And the first two lines stay level, as they would in a deeper network. The third is a surprise: what `Linear` does by itself, and PyTorch's as well, is made for shallow networks. Its numbers are spread evenly up to $1/\sqrt n$, so their mean square is a third of $1/n$, and every ReLU halves what is left.
# In a deep network, fill the weights yourself.

# %% [markdown]
# ## Two modes
#
# Some layers behave differently while a network is trained. The next section builds one. So every module has an attribute `training`, and one call at the top must reach all of them, through the whole tree.
#
# `eval()` is written already: it is `train(False)`. Both return the module, so that `net = Net().eval()` can be written in one line.

# %% exercise="module_train" object="tinytorch.nn.module:Module.train" points=1 title="Set the mode of a whole tree"
# - Three things: set your own `training`, tell each child, return yourself.
# - A child is a Module and has `train(mode)`, too. If each tells its children, the call reaches everybody.

# %% checks="module_train"


def test_its_own_mode():
    """`train(False)` sets `training` to False, `train(True)` and `train()` to True."""
    module = Dropout()
    module.train(False)
    expect_equal(module.training, False, "`training` after `train(False)`", "Set self.training = mode.")
    module.train()
    expect_equal(module.training, True, "`training` after `train()`", "Set self.training = mode.")
    module.train(False)
    module.train(True)
    expect_equal(module.training, True, "`training` after `train(True)`", "Set self.training = mode.")


def test_the_whole_tree():
    """It reaches every module, however deep."""
    net = Sequential(Linear(2, 2), Sequential(Dropout(), Sequential(ReLU(), Dropout())))
    everything = ["", "0", "1", "1.0", "1.1", "1.1.0", "1.1.1"]
    net.train(False)
    mistakes = [
        (everything[1:], "The children keep their mode. Tell each of them: child.train(mode)."),
        (
            everything[3:],
            "It reaches the children and stops there. Call child.train(mode), which tells the child's children.",
        ),
    ]
    left = [name for name, module in net.named_modules() if module.training]
    expect_equal(
        left, [], "The modules that are still in training after `net.train(False)`", mistakes=mistakes
    )
    net.train()
    back = [name for name, module in net.named_modules() if module.training]
    expect_equal(
        back,
        everything,
        "The modules that are in training after `net.train()`",
        "Tell each child the mode that was asked for.",
    )


def test_the_mode_is_passed_on():
    """Children get the mode that was asked for, whatever they had before."""
    net = Sequential(Dropout())
    net[0].training = False
    net.train(False)
    expect_equal(
        net[0].training,
        False,
        "`training` of a child after `net.train(False)`",
        "The child was sent back to training: pass `mode` on, child.train(mode).",
    )


def test_it_returns_itself():
    """It returns the module, so that calls can be chained."""
    net = Sequential(Dropout())
    for what, result in [
        ("`net.train(False)`", net.train(False)),
        ("`net.train()`", net.train()),
        ("`net.eval()`", net.eval()),
    ]:
        if result is not net:
            fail(f"{what} should return `net` itself.", "End with return self.")


# %% wrong="module_train" name="only_itself" says="The children keep their mode."
def train(self, mode=True):
    self.training = mode
    return self


# %% wrong="module_train" name="one_level" says="It reaches the children and stops there."
def train(self, mode=True):
    self.training = mode
    for child in self.children():
        child.training = mode
    return self


# %% wrong="module_train" name="does_not_pass_the_mode" says="The child was sent back to training"
def train(self, mode=True):
    self.training = mode
    for child in self.children():
        child.train()
    return self


# %% wrong="module_train" name="forgets_itself" says="Set self.training = mode."
def train(self, mode=True):
    for child in self.children():
        child.training = mode
        child.train(mode)
    return self


# %% wrong="module_train" name="returns_nothing" says="should return `net` itself"
def train(self, mode=True):
    self.training = mode
    for child in self.children():
        child.train(mode)


# %% [markdown]
# ## Noise on purpose
#
# A network with many parameters can learn its examples by heart. One remedy is to disturb it while it learns: **dropout** sets each value to zero with probability $p$, anew for every value and every batch. No output can then rely on a single input, so the network learns to read several signs of the same thing.
#
# Two things follow. In evaluation nothing may be dropped: an answer should not depend on chance. And the sums of the next layer must have the same size in both modes. With a share of $1 - p$ of the values left, they would be too small in training; so what is left grows by $1/(1 - p)$.
# All of the work is then in training, and evaluation hands `x` through untouched.
#
# The last line of your function calls `keep(result, mask)`. It returns its first argument and, until module 05 listens, forgets the mask. Whoever will compute the gradient needs to know which values were dropped, and a random mask cannot be computed again.

# %% exercise="dropout" object="tinytorch.nn.functional.linear:dropout" points=3 title="Drop at random, and keep the mean"
# - In this order: `check_dropout(x, p)`; hand `x` back where there is nothing to do; draw, scale, multiply.
# - `stays = default_generator(generator).random(x.shape, x.data.dtype) >= p` is true with probability 1 - p. `stays.astype(x.dtype)` makes ones and zeros of it.
# - The mask is those ones and zeros times `1 / (1 - p)`. With p = 1 nothing stays and there is nothing to divide by: take any scale then, such as 0.

# %% checks="dropout"


def test_zero_or_scaled():
    """In training every value becomes 0 or x / (1 - p)."""
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 2, (40, 50)).astype("float32")
    for p in (0.5, 0.25, 0.8):
        y = F.dropout(Tensor(x), p, generator=np.random.default_rng(1))
        expect_tensor(y * 0, np.zeros((40, 50)), f"`F.dropout(x, {p})` times 0", "float32")
        stays = y.data != 0
        if stays.all() or not stays.any():
            fail(
                f"`F.dropout(x, {p})` dropped {'nothing' if stays.all() else 'everything'}.",
                "Draw a number for each value, and compare it with p.",
            )
        factor = float(np.median(y.data[stays] / x[stays]))
        mistakes = [
            (1.0, "What stays is as it was, so the sums shrink. Scale it by 1 / (1 - p)."),
            (1 - p, "What stays was multiplied by 1 - p, so that it shrinks twice. Divide by it."),
            (1 / p, "The scale is 1 / (1 - p), one over the share that stays."),
        ]
        expect_number(
            factor,
            1 / (1 - p),
            f"With p = {p}, what stays was scaled and its factor",
            "Scale what stays by 1 / (1 - p).",
            mistakes,
        )
        expect_tensor(
            y,
            np.where(stays, x / (1 - p), 0),
            f"`F.dropout(x, {p})`",
            "float32",
            "All that stays is scaled by the same factor.",
        )


def test_the_share():
    """A share of p is dropped, give or take what chance does."""
    for p in (0.2, 0.9):
        y = F.dropout(ones(100, 200), p, generator=np.random.default_rng(2))
        share = float((y.data == 0).mean())
        hint = (
            "p is the probability to drop a value, and 1 - p that it stays."
            if abs(share - (1 - p)) < 0.02
            else ""
        )
        if abs(share - p) > 0.02:
            fail(f"With p = {p}, `F.dropout` dropped a share of {share:.2f}.", hint)


def test_each_value_on_its_own():
    """Each value has a chance of its own: rows and columns do not share their fate."""
    stays = F.dropout(ones(100, 200), 0.5, generator=np.random.default_rng(3)).data != 0
    hint = "Draw as many numbers as `x` has values: random(x.shape, …)."
    for what, first, second in [("rows", stays[0], stays[1]), ("columns", stays[:, 0], stays[:, 1])]:
        if np.array_equal(first, second):
            fail(f"The first two {what} of a batch lost the same values.", hint)


def test_evaluation_changes_nothing():
    """With `training=False`, and with p = 0, `x` comes back as it is."""
    x = Tensor([1.0, 2.0, 3.0, 4.0])
    mistakes = [
        (x.data * 0.5, "In evaluation nothing is scaled: what stayed in training was scaled up already."),
        (x.data * 2, "In evaluation nothing is scaled, because nothing was dropped."),
    ]
    hint = "Hand `x` back if `training` is False."
    y = F.dropout(x, 0.5, training=False)
    expect_tensor(y, x.data, "`F.dropout(x, 0.5, training=False)`", "float32", hint, mistakes)
    for p in (0.0, 0):
        if F.dropout(x, p) is not x:
            fail(
                f"`F.dropout(x, {p})` should hand back `x` itself.",
                "With p = 0 there is nothing to do, and nothing to compute.",
            )
    if y is not x:
        fail(
            "`F.dropout(x, 0.5, training=False)` should hand back `x` itself.",
            "A copy would cost time and memory in every answer of a trained network.",
        )
    state = np.random.default_rng(4)
    F.dropout(x, 0.5, False, state)
    expect_equal(
        state.random(),
        np.random.default_rng(4).random(),
        "The generator's next number after a dropout in evaluation",
        "Draw nothing in evaluation.",
    )


def test_everything_dropped():
    """With p = 1 all values become 0, without a division by zero."""
    hint = "1 - p is 0 there: do not divide by it. Nothing stays that could be scaled."
    with expect_no_error("`F.dropout(x, 1.0)`", hint), np.errstate(all="raise"):
        y = F.dropout(Tensor([1.0, 2.0, 3.0]), 1.0)
    expect_tensor(y, [0, 0, 0], "`F.dropout(x, 1.0)`", "float32", hint)


def test_the_generator():
    """The same generator gives the same mask, every call draws a new one, and without one the default generator decides."""
    x = ones(50)
    first, again = (F.dropout(x, 0.5, generator=np.random.default_rng(6)) for _ in range(2))
    expect_tensor(
        again,
        first.data,
        "`F.dropout` with an equal generator",
        hint="Draw from `default_generator(generator)`.",
    )
    rng = np.random.default_rng(6)
    first, second = F.dropout(x, 0.5, generator=rng), F.dropout(x, 0.5, generator=rng)
    if np.array_equal(first.data, second.data):
        fail("Two calls with one generator dropped the same values.", "Draw new numbers in every call.")
    manual_seed(6)
    first = F.dropout(x, 0.5)
    manual_seed(6)
    expect_tensor(
        F.dropout(x, 0.5),
        first.data,
        "`F.dropout` after the same `manual_seed`",
        hint="Draw from `default_generator(generator)`.",
    )


def test_dtype_and_input():
    """float32 and float64 stay what they are, and `x` itself does not change."""
    for dtype in ("float32", "float64"):
        x = ones(20, dtype=dtype)
        y = F.dropout(x, 0.5)
        hint = "Make the mask of x's dtype: stays.astype(x.dtype)."
        expect_tensor(y * 0, np.zeros(20), f"A dropout of {dtype} values, times 0,", dtype, hint)
        expect_unchanged(x, np.ones(20), "x", "`F.dropout(x, 0.5)`")


def test_the_mask_is_kept():
    """The mask is kept for the gradient: x times the mask is the result."""
    x = ones(30) * 3
    recording.switch.kept = ()
    try:
        y = F.dropout(x, 0.5)
        kept = recording.switch.kept
    finally:
        recording.switch.kept = None
    hint = "End with return keep(Tensor(x.data * mask), mask)."
    if not kept or kept[0] is not y:
        fail("The mask is not kept for module 05.", hint)
    if len(kept[1]) != 1 or not isinstance(kept[1][0], np.ndarray):
        fail("What is kept should be the mask alone, as an array.", hint)
    expect_tensor(
        Tensor(x.data * kept[1][0]),
        y.data,
        "x times what was kept",
        "float32",
        "Keep the scaled mask, by which `x` was multiplied, in x's dtype.",
    )


def test_what_makes_no_sense():
    """A p that is no probability raises a ValueError, whole numbers a TypeError."""
    hint = "Begin with check_dropout(x, p), in training and in evaluation."
    for p in (-0.1, 1.5):
        expect_error(ValueError, lambda p=p: F.dropout(ones(2), p), [str(p)], f"`F.dropout(x, {p})`", hint)
        expect_error(
            ValueError,
            lambda p=p: F.dropout(ones(2), p, False),
            [str(p)],
            f"`F.dropout(x, {p}, False)`",
            hint,
        )
    expect_error(TypeError, lambda: F.dropout(arange(3), 0.5), ["int32"], "A dropout of int32 values", hint)


# %% wrong="dropout" name="forgets_the_scale" says="What stays is as it was, so the sums shrink."
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    stays = default_generator(generator).random(x.shape, x.data.dtype) >= p
    mask = stays.astype(x.dtype)
    return keep(Tensor(x.data * mask), mask)


# %% wrong="dropout" name="keeps_what_should_go" says="p is the probability to drop a value"
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    stays = default_generator(generator).random(x.shape, x.data.dtype) < p
    mask = stays.astype(x.dtype) * (1 / (1 - p) if p < 1 else 0.0)
    return keep(Tensor(x.data * mask), mask)


# %% wrong="dropout" name="scales_in_evaluation" says="In evaluation nothing is scaled"
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training:
        return Tensor(x.data * (1 - p))
    stays = default_generator(generator).random(x.shape, x.data.dtype) >= p
    mask = stays.astype(x.dtype)
    return keep(Tensor(x.data * mask), mask)


# %% wrong="dropout" name="one_mask_for_all_rows" says="The first two rows of a batch lost the same values."
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    stays = default_generator(generator).random(x.shape[-1], x.data.dtype) >= p
    mask = stays.astype(x.dtype) * (1 / (1 - p) if p < 1 else 0.0)
    return keep(Tensor(x.data * mask), mask)


# %% wrong="dropout" name="forgets_to_keep" says="The mask is not kept for module 05."
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    stays = default_generator(generator).random(x.shape, x.data.dtype) >= p
    return Tensor(x.data * stays.astype(x.dtype) * (1 / (1 - p) if p < 1 else 0.0))


# %% wrong="dropout" name="divides_by_zero" says="1 - p is 0 there: do not divide by it."
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    stays = default_generator(generator).random(x.shape, x.data.dtype) >= p
    mask = stays.astype(x.dtype) / (1 - p)
    return keep(Tensor(x.data * mask), mask)


# %% wrong="dropout" name="has_a_generator_of_its_own" says="Draw from `default_generator(generator)`."
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    stays = np.random.default_rng().random(x.shape, x.data.dtype) >= p
    mask = stays.astype(x.dtype) * (1 / (1 - p) if p < 1 else 0.0)
    return keep(Tensor(x.data * mask), mask)


# %% wrong="dropout" name="widens_to_float64" says="Make the mask of x's dtype"
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    stays = default_generator(generator).random(x.shape) >= p
    mask = stays * (1 / (1 - p) if p < 1 else 0.0)
    return keep(Tensor(x.data * mask), mask)


# %% wrong="dropout" name="accepts_any_p" says="Begin with check_dropout(x, p)"
def dropout(x, p=0.5, training=True, generator=None):
    if not training or p == 0:
        return x
    stays = default_generator(generator).random(x.shape, x.data.dtype) >= p
    mask = stays.astype(x.dtype) * (1 / (1 - p) if p < 1 else 0.0)
    return keep(Tensor(x.data * mask), mask)


# %% experiment="two_modes" title="The same network in two modes"
manual_seed(3)
net = Sequential(Linear(100, 50), ReLU(), Dropout(0.5), Linear(50, 1, bias=False))
x = randn(1, 100)

print("in training:  ", [round(net(x).item(), 3) for _ in range(4)])
scores = Tensor([net(x).item() for _ in range(1000)])
print(f"mean of 1,000: {scores.mean().item():.3f}")

net.eval()
print("in evaluation:", [round(net(x).item(), 3) for _ in range(4)])

# %% [markdown]
# In training every answer is another one. Their mean comes near the answer in evaluation: that is what the scaling is for. Whoever forgets `net.eval()` before using a network gets a different answer to the same question each time, and a worse one.

# %% [markdown]
# ## Measure
#
# A network takes memory in two ways. Its **parameters** are there once, however many examples pass through. Its **activations**, the values that each layer puts out, are there for every example of a batch, and training must keep them: module 05 will need them to
# compute gradients. Which of the two is larger?

# %% [markdown] question="predict_parameters"
# The network 784 → 128 → ReLU → 10 has two linear layers with biases, in float32. How many bytes do its parameters take?
#
# = (784 * 128 + 128 + 128 * 10 + 10) * 4 bytes
# > Nearly all of it is the first weight.

# %% [markdown] question="predict_crossing"
# Its three modules put out 128, 128 and 10 numbers for each example. At which batch size do the kept outputs take as much memory as the parameters?
#
# = (784 * 128 + 128 + 128 * 10 + 10) / (128 + 128 + 10) examples ± 2%
# > Four bytes a number stand on both sides and cancel. Below that the parameters dominate, above it the activations.

# %% experiment="memory_by_batch" title="Parameters against activations" needs=["matplotlib"] alt="Line plot with logarithmic axes: bytes against batch size from 1 to 4096 for two networks. Two level dashed lines, close to each other, show the parameters. Two rising lines show the kept outputs; that of the deep network crosses its dashed line near a batch of 32, that of the wide network near 400."
import tracemalloc

import matplotlib.pyplot as plt


def kept_bytes(net, batch):
    """Measure the memory that is taken when every module's output is kept."""
    x, outputs = randn(batch, net[0].in_features), []
    tracemalloc.start()
    for module in net:
        x = module(x)
        outputs.append(x)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size


wide = Sequential(Linear(784, 128), ReLU(), Linear(128, 10))
deep = Sequential(*[module for _ in range(20) for module in (Linear(64, 64), ReLU())])
batches = [4**i for i in range(7)]

figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
for name, net, color in [("784-128-10", wide, "C0"), ("20 layers of 64", deep, "C1")]:
    parameters = sum(parameter.nbytes for parameter in net.parameters())
    sizes = [kept_bytes(net, batch) for batch in batches]
    axes.plot(batches, sizes, marker="o", color=color, label=f"{name}, outputs kept")
    axes.axhline(parameters, linestyle="--", color=color, label=f"{name}, parameters")
    print(f"{name}: parameters {parameters:,} bytes")
    for batch, size in zip(batches, sizes, strict=True):
        print(f"  batch {batch:4}: {size:>12,} bytes, {size / parameters:8.2f} times")

axes.set_xscale("log", base=2)
axes.set_yscale("log")
axes.set_xlabel("batch size")
axes.set_ylabel("bytes")
axes.legend(fontsize=8)
axes.grid(alpha=0.3)

# %% [markdown]
# Both networks have about as many parameters. But the deep one puts out ten times as many numbers for each example, so its activations overtake at a tenth of the batch. As a rule of thumb, a layer's outputs weigh as much as its weight once the batch has as many examples as the layer has *inputs*.
# (For a batch of one the measured bytes are more than the numbers alone take: each tensor is also a Python object of a few hundred bytes.)
#
# This is why people who train large networks speak of activations and of batch sizes first, and why a network that is only *used* needs so much less: nothing has to be kept.

# %% experiment="keep_or_let_go" title="What a forward pass needs, kept or let go"
import tracemalloc

deep = Sequential(*[module for _ in range(20) for module in (Linear(64, 64), ReLU())])
x = randn(1024, 64)
output = 1024 * 64 * 4

tracemalloc.start()
deep(x)
_, peak = tracemalloc.get_traced_memory()
tracemalloc.reset_peak()
outputs = [x]
for module in deep:
    outputs.append(module(outputs[-1]))
_, kept = tracemalloc.get_traced_memory()
tracemalloc.stop()

print(f"let go: at most {peak / output:5.1f} outputs of a layer at a time")
print(f"kept:   at most {kept / output:5.1f}")

# %% [markdown]
# `Sequential.forward` gives each result the name `x`, and with that lets the one before it go. Forty outputs pass by, and two or three are in memory at any time.

# %% [markdown]
# ## Put it together
#
# The checks below use everything at once, on *your* tinytorch: a class of one's own, a state that travels, ten deep layers, and a layer that learns, with a gradient worked out by hand.

# %% integration=true


def test_pictures_to_scores():
    """A network from pictures to scores computes what NumPy computes with the same parameters."""
    manual_seed(0)
    net = Sequential(Flatten(), Linear(784, 16), ReLU(), Dropout(0.3), Linear(16, 10)).eval()
    images = randn(8, 28, 28)
    state = {name: tensor.data.astype("float64") for name, tensor in net.state_dict().items()}
    hidden = np.maximum(images.data.reshape(8, 784) @ state["1.weight"].T + state["1.bias"], 0)
    expected = hidden @ state["4.weight"].T + state["4.bias"]
    expect_tensor(
        (net(images) - Tensor(expected.astype("float32"))) * 0.01,
        np.zeros((8, 10)),
        "A hundredth of the scores' error",
        "float32",
    )
    expect_equal(
        sum(p.numel() for p in net.parameters()), 784 * 16 + 16 + 16 * 10 + 10, "The number of parameters"
    )


def test_a_class_of_ones_own():
    """In a class of one's own, with layers in a ModuleList and a parameter beside them, everything is found and used."""

    class Net(Module):
        def __init__(self):
            super().__init__()
            self.layers = ModuleList([Linear(4, 4, bias=False), Linear(4, 4)])
            self.scale = Parameter(ones(4) * 2)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x * self.scale

    net = Net()
    expect_equal(
        [name for name, _ in net.named_parameters()],
        ["scale", "layers.0.weight", "layers.1.weight", "layers.1.bias"],
        "The names",
    )
    x = randn(3, 4)
    first = F.linear_loops(x, net.layers[0].weight, zeros(4))
    second = F.linear_loops(first, net.layers[1].weight, net.layers[1].bias)
    expect_tensor((net(x) - second * 2) * 0.1, np.zeros((3, 4)), "A tenth of the difference from the loops")


def test_a_state_travels():
    """A state goes to a network with other numbers, which then computes the same; a broken one changes nothing."""
    net, twin = (Sequential(Linear(6, 5), Tanh(), Dropout(0.5), Linear(5, 2)).eval() for _ in range(2))
    x = randn(3, 6)
    before = twin(x).data.copy()
    broken = {name: tensor for name, tensor in net.state_dict().items() if name != "3.bias"}
    expect_error(
        ValueError, lambda: twin.load_state_dict(broken), ["3.bias"], "Loading a state without `3.bias`"
    )
    expect_tensor(twin(x), before, "The twin's output after a state that did not fit")
    twin.load_state_dict(net.state_dict())
    expect_tensor(twin(x), net(x).data, "The twin's output after loading")
    net[0].weight.data[...] = 0
    expect_equal(bool((twin[0].weight.data != 0).any()), True, "Whether the twin's weight is its own")


def test_two_modes():
    """Dropout inside a network disturbs it in training, and not in evaluation."""
    manual_seed(0)
    net = Sequential(Linear(20, 20), Sequential(Dropout(0.5)), Linear(20, 20))
    x = randn(2, 20)
    expect_equal(
        np.array_equal(net(x).data, net(x).data), False, "Whether two calls in training give the same"
    )
    net.eval()
    expect_tensor(net(x), net(x).data, "A second call in evaluation")


def test_ten_layers_stay_level():
    """Ten layers of 256, filled by He's rule, put out numbers about as large as those that went in."""
    manual_seed(0)
    net = Sequential(*[module for _ in range(10) for module in (Linear(256, 256, bias=False), ReLU())])
    for parameter in net.parameters():
        init.kaiming_normal_(parameter)
    y = net(randn(128, 256))
    size = (y * y).mean().sqrt().item()
    expect_equal(0.3 < size < 3, True, f"Whether the size after ten layers, {size:.3g}, is between 0.3 and 3")


def test_a_layer_learns():
    """Gradient descent, with gradients worked out by hand and written into the layer's own memory, finds a plane."""
    manual_seed(0)
    x = randn(128, 2)
    y = x @ Tensor([[3.0], [-2.0]]) + 0.5
    layer = Linear(2, 1)
    held = dict(layer.named_parameters())
    for _ in range(200):
        error = layer(x) - y
        held["weight"].data[...] -= 0.1 * (error.T @ x).data / len(x)
        held["bias"].data[...] -= 0.1 * error.mean(axis=0).data
    found = [round(float(number), 2) for number in (*layer.weight.data[0], layer.bias.data[0])]
    expect_equal(found, [3.0, -2.0, 0.5], "The plane's slopes and offset")


# %% [markdown]
# ## Questions

# %% [markdown] question="count_a_layer"
# How many parameters has `Linear(784, 128)`, with its bias?
#
# = 784 * 128 + 128 parameters
# > A weight for every pair of an input and an output, and a bias for every output.

# %% [markdown] question="count_names"
# How many entries has the `state_dict()` of `Sequential(Flatten(), Linear(784, 64), ReLU(), Dropout(0.2), Linear(64, 10, bias=False))`?
#
# = 2 + 1 entries
# > Two for the first Linear, one for the second, which has no bias. The others have no parameters.

# %% [markdown] question="whose_layers_train"
# A class writes `self.heads = {"a": Linear(8, 2), "b": Linear(8, 2)}`. What happens to the two layers?
#
# - [ ] They are found under `heads.a` and `heads.b` :: Only attributes that are Modules are children, and a dictionary is none.
# - [ ] The assignment raises an error :: `Module` watches for Parameters and Modules that are replaced; a dictionary is an ordinary attribute.
# - [x] They compute, but `parameters()` does not find them :: The walk passes everything by that is not a Module: lists, tuples, dictionaries.
# - [ ] They are found, but not saved :: What is saved is found by the same walk.

# %% [markdown] question="scaled_value"
# In training, a value of 3.0 passes through `Dropout(0.4)` and is not dropped. What does it become?
#
# = 3 / (1 - 0.4) ± 1%
# > Six values out of ten stay, so each must stand for ten sixths of itself.

# %% [markdown] question="default_shrinks"
# As `Linear` makes them, weights are spread evenly between -1/√n and 1/√n: their mean square is 1/(3n). Without biases and with a ReLU after each layer, how many times smaller are the values after *ten* layers?
#
# = 6 ** 5 times ± 2%
# > The sum has the mean square n · 1/(3n) = 1/3 of what went in, the ReLU leaves half: 1/6 a layer, and the size is the root of that. After ten layers the root of 6 to the 10th is 6 to the 5th. Compare with the plot.

# %% [markdown] question="outputs_weigh"
# A layer `Linear(1024, 1024)` without a bias, in float32. At which batch size do its outputs take as many bytes as its weight?
#
# = 1024 examples
# > The weight has 1024 · 1024 numbers, the outputs 1024 for each example: as many examples as inputs.

# %% [markdown] question="answers_that_vary"
# A colleague's trained network gives a slightly different answer each time it sees the same picture. What do you look for first?
#
# - [ ] A weight that was loaded under a wrong name :: Then the answers would be wrong, and always the same.
# - [x] A forgotten `net.eval()` :: In training mode Dropout draws a new mask for every call.
# - [ ] A missing `manual_seed` :: A seed would make the noise repeat itself. It should not be there at all.
# - [ ] A `ModuleList` that should be a list :: That would change which layers are trained, not what a call computes.

# %% [markdown] question="why_in_place"
# `load_state_dict` could assign new Parameters instead of writing into the old ones: `layer.weight = Parameter(value)`. Name something that would then go wrong.
#
# > Whoever holds the old objects goes on with them. An optimizer that was given `net.parameters()` would keep updating tensors that no network uses any more, and training would change nothing, without an error. Layers that share a weight would each get one of their own and drift apart. A `state_dict()` taken before
# > would no longer show the network's memory. Writing in place keeps every such tie, and needs no memory for a second set of weights.

# %% [markdown]
# ## Looking further
#
# ```{admonition} In production
# :class: tip
#
# PyTorch's `Module` keeps parameters, buffers and children in three dictionaries of its own, filled by `__setattr__` and searched by `__getattr__`; ours leaves attributes where Python puts them and looks at them when asked. Names, order and `state_dict()` are the same, so a state of the one loads into the other. `F.linear` calls a single
# routine of a BLAS library or of a GPU that multiplies and adds the bias in one go. Files of weights are increasingly `safetensors`: names, dtypes, shapes and raw bytes. PyTorch's older format is a pickle, which can run any code when it is opened, so
# `torch.load` has come to refuse by default all but tensors and plain data. And very large models are built without memory at first, on a "meta" device, and filled from a file after that: first weights nobody needs are not computed.
# ```
#
# ### What we left out
#
# - **Hooks.** PyTorch lets you attach functions to a module that run before or after its `forward`.
# - **Devices.** There is only the CPU; `Module.to` changes dtypes alone.
# - **Lazy layers**, which learn their input size from the first batch. It is convenient, and hides the shapes that this chapter wants you to see.
# - **Other regularisation.** Weight decay comes with the optimizers in module 06, normalisation with modules 09 and 13.
# - **Half loading.** PyTorch loads what fits before it raises its error; ours loads nothing then.
#
# The layers compute, but they do not learn by themselves yet. For that somebody has to say how wrong an answer is, which is the next chapter, and who is to blame for it, which is the one after that.
