# %% [markdown]
# # Activations
#
# Between the layers of a network stands a small function that bends every number a little. This chapter builds four of them, and the softmax that turns
# scores into probabilities. The mathematics fits on a napkin. The work is to get it right on a machine whose numbers end.

# %% setup=true
import math

import numpy as np

from tinytorch import Tensor, manual_seed, randn, zeros
from tinytorch.nn import functional as F
from tinytorch.workshop.expect import (
    expect_equal,
    expect_error,
    expect_no_error,
    expect_tensor,
    expect_unchanged,
)

# %% [markdown]
# ## What is the second layer for?
#
# Module 01 ended with a network of two layers: 784 pixels, 64 hidden values, 10 scores. Between the layers stood a line that cut off everything below zero,
# and nobody said why. Leave it out, then. Here is the network with two plain layers, and beside it a network with a *single* layer, whose matrix is the product of the two.
# Before you look: how different are their scores?

# %% experiment="two_layers_are_one" title="Two layers, and the product of their matrices"
manual_seed(0)
x = randn(32, 784)
w1, b1 = randn(784, 64) * 0.05, randn(64)
w2, b2 = randn(64, 10) * 0.1, randn(10)

two = (x @ w1 + b1) @ w2 + b2
one = x @ (w1 @ w2) + (b1 @ w2 + b2)
cut = ((x @ w1 + b1) * (x @ w1 + b1 > 0)) @ w2 + b2


def largest(scores):
    return np.abs(scores.data).max()


print(f"largest score                   {largest(two):.6f}")
print(f"two layers against one          {largest(two - one):.6f}")
print(f"the same with the cut-off line  {largest(cut - one):.6f}")
many = sum(p.numel() for p in (w1, b1, w2, b2))
few = (w1 @ w2).numel() + b2.numel()
print(f"numbers to learn: {many:,} against {few:,}")

# %% [markdown]
# Apart from rounding they are the same. That is no accident of these weights. Matrix products can be regrouped,
#
# $$ (XW_1 + b_1)\,W_2 + b_2 = X\,(W_1W_2) + (b_1W_2 + b_2), $$
#
# so two layers in a row, or a hundred, can say nothing that one cannot. You would pay for all of them, in memory and in time, and get a single matrix. With the
# cut-off line between them the equation breaks: no single matrix gives these scores.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 560 96" width="560" role="img" aria-labelledby="collapse-title collapse-desc" font-size="13" fill="currentColor">
# <title id="collapse-title">Two layers are one matrix, unless something bends between them</title>
# <desc id="collapse-desc">Above: x goes through a matrix W1 and then a matrix W2 to scores, which equals x going through the single matrix W1 times W2. Below: x goes through W1, then a bend, then W2; there is no single matrix that does the same.</desc>
# <text x="6" y="28" text-anchor="start">x</text>
# <path d="M 20 23 H 44 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <g><rect x="48" y="8" width="64" height="30" rx="4" stroke="currentColor" fill="none"/><text x="80" y="27.5" text-anchor="middle">W₁</text></g>
# <path d="M 116 23 H 140 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <g><rect x="144" y="8" width="64" height="30" rx="4" stroke="currentColor" fill="none"/><text x="176" y="27.5" text-anchor="middle">W₂</text></g>
# <path d="M 212 23 H 236 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <text x="242" y="28" text-anchor="start">scores</text>
# <text x="312" y="28" text-anchor="middle" font-weight="600">=</text>
# <text x="336" y="28" text-anchor="start">x</text>
# <path d="M 350 23 H 374 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <g><rect x="378" y="8" width="64" height="30" rx="4" stroke="currentColor" fill="none"/><text x="410" y="27.5" text-anchor="middle">W₁W₂</text></g>
# <path d="M 446 23 H 470 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <text x="476" y="28" text-anchor="start">scores</text>
# <text x="6" y="78" text-anchor="start">x</text>
# <path d="M 20 73 H 44 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <g><rect x="48" y="58" width="64" height="30" rx="4" stroke="currentColor" fill="none"/><text x="80" y="77.5" text-anchor="middle">W₁</text></g>
# <path d="M 116 73 H 140 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <g><rect x="144" y="58" width="64" height="30" rx="4" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="176" y="77.5" text-anchor="middle">bend</text></g>
# <path d="M 212 73 H 236 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <g><rect x="240" y="58" width="64" height="30" rx="4" stroke="currentColor" fill="none"/><text x="272" y="77.5" text-anchor="middle">W₂</text></g>
# <path d="M 308 73 H 332 m -5 -4 l 5 4 l -5 4" stroke="currentColor" fill="none"/>
# <text x="338" y="78" text-anchor="start">scores: no single matrix does this</text>
# </svg>
# <figcaption>Matrices multiply into one matrix. A bend between them is what stops that.</figcaption>
# </figure>
#
# A function that stands between layers for this reason is called an **activation**. It takes each number alone, and it must not be a straight line.

# %% [markdown]
# ## ReLU: cut off below zero
#
# The plainest bend is the one that module 01 used. Keep what is positive, replace everything else by 0:
#
# $$ \mathrm{relu}(x) = \max(x, 0). $$
#
# Its name is short for *rectified linear unit*. You wrote it as `hidden * (hidden > 0)`, and that is nearly right. It goes wrong at the ends: minus infinity is below zero, so it is multiplied
# by 0, and infinity times 0 is not 0 but `nan`, "not a number". NumPy has a function that takes the larger of two values, element by element.
#
# A `nan` that comes in should come out. It says that something went wrong earlier, and whoever turns it into a 0 hides the accident.

# %% exercise="relu" object="tinytorch.nn.functional.activations:relu" points=1 title="Cut off below zero"
# - Python's own `max` compares two things as wholes. `np.maximum(a, b)` compares element by element, and `b` may be a plain number.
# - `x` is a Tensor. Its array is `x.data`, and what you return is `Tensor(…)` of a new array.
# - One line: `return Tensor(np.maximum(x.data, 0))`.

# %% checks="relu"


def test_what_is_below_zero_becomes_zero():
    """Numbers below zero become 0, all others stay."""
    x = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
    mistakes = [
        ([2, 0.5, 0, 0.5, 2], "That is the absolute value: it folds the left side up. Cut it off instead."),
        ([-2, -0.5, 0, 0, 0], "That keeps the negative side: take the larger of the two, not the smaller."),
        ([0, 0, 0, 1, 1], "That says which numbers are positive. Keep those numbers themselves."),
        (2.0, "`np.max(a, 0)` finds the largest element along axis 0. To compare with 0, use `np.maximum`."),
    ]
    hint = "Python's own `max` compares two things as wholes; `np.maximum(a, b)` goes element by element."
    with expect_no_error("`F.relu(x)`", hint):
        out = F.relu(x)
    expect_tensor(
        out, [0, 0, 0, 0.5, 2], "`F.relu(Tensor([-2., -0.5, 0., 0.5, 2.]))`", "float32", hint, mistakes
    )


def test_any_shape():
    """Any shape will do: a stack of matrices, a lone number, nothing at all."""
    array = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    what, hint = (
        "`F.relu` of a `(2, 3, 4)` tensor",
        "`np.maximum` goes element by element, whatever the shape.",
    )
    with expect_no_error(what, hint):
        out = F.relu(Tensor(array))
    expect_tensor(out, np.where(array > 0, array, 0), what, "float32", hint)
    expect_tensor(F.relu(Tensor(-3.0)), 0, "`F.relu(Tensor(-3.0))`", "float32")
    expect_tensor(F.relu(zeros(0, 3)), np.zeros((0, 3)), "`F.relu(zeros(0, 3))`", "float32")


def test_the_dtype_stays():
    """float64 stays float64, and whole numbers stay whole."""
    hint = (
        "Compare with a plain 0: it takes on the type of the array. 0.0 would make floats of whole numbers."
    )
    expect_tensor(F.relu(Tensor([-1.5, 1.5], "float64")), [0, 1.5], "`F.relu` of float64", "float64", hint)
    expect_tensor(F.relu(Tensor([-3, 3])), [0, 3], "`F.relu(Tensor([-3, 3]))`", "int32", hint)


def test_infinity_and_nan():
    """Minus infinity becomes 0, infinity stays, and nan stays nan."""
    ends = Tensor([-math.inf, math.inf])
    hint = "Infinity times 0 is nan. Choose between the number and 0; do not multiply."
    expect_tensor(F.relu(ends), [0, math.inf], "`F.relu` of minus infinity and infinity", hint=hint)
    hint = "Every comparison with nan is false, so it took the other way. `np.maximum` hands nan on."
    expect_tensor(F.relu(Tensor([math.nan, 1.0])), [math.nan, 1], "`F.relu(Tensor([nan, 1.]))`", hint=hint)


def test_the_input_stays_as_it_was():
    """The result is a new tensor; the input keeps its values."""
    x = Tensor([-1.0, 2.0])
    out = F.relu(x)
    expect_unchanged(x, [-1, 2], "x", "`F.relu(x)`")
    out.data[1] = 99
    expect_unchanged(x, [-1, 2], "x", "Writing into the result of `F.relu(x)`")


# %% wrong="relu" name="absolute_value" says="That is the absolute value"
def relu(x):
    return Tensor(np.abs(x.data))


# %% wrong="relu" name="largest_along_an_axis" says="finds the largest element along axis 0"
def relu(x):
    return Tensor(np.max(x.data, 0))


# %% wrong="relu" name="pythons_max" says="Python's own `max` compares two things as wholes"
def relu(x):
    return Tensor(max(x.data, 0))


# %% wrong="relu" name="multiplies_by_a_mask" says="Infinity times 0 is nan."
def relu(x):
    return Tensor(x.data * (x.data > 0))


# %% wrong="relu" name="loses_nan" says="Every comparison with nan is false"
def relu(x):
    return Tensor(np.fmax(x.data, 0))


# %% wrong="relu" name="works_in_place" says="`F.relu(x)` changed `x`"
def relu(x):
    x.data[x.data < 0] = 0
    return x


# %% [markdown]
# Is such a plain kink worth anything? Give a network one input, a few hidden values, and one output. Each hidden value is a ReLU that starts to rise at a
# point of its own, a *knot*, and the output is a weighted sum of them, of the input and of the number 1. Here the knots are fixed and the best weights are computed directly. The network should follow a sine.

# %% experiment="bends_make_curves" title="A sine out of kinks" needs=["matplotlib"] alt="Line plot of a sine from -3 to 3 as a thick grey curve, with the best fits of a network without a bend, a straight line far off the curve, and with 2, 4 and 8 ReLUs, which are broken lines that come closer and closer; with 8 the fit lies on the curve."
import matplotlib.pyplot as plt

x = Tensor(np.linspace(-3, 3, 301, dtype="float32").reshape(-1, 1))
target = np.sin(x.data)

figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
axes.plot(x.data, target, linewidth=6, color="gray", alpha=0.4, label="sine")
for bends in (0, 2, 4, 8):
    knots = Tensor(np.linspace(-3, 3, bends + 2, dtype="float32")[1:-1])
    hidden = F.relu(x - knots).data
    inputs = np.concatenate([np.ones_like(target), x.data, hidden], axis=1)
    weights = np.linalg.lstsq(inputs, target, rcond=None)[0]
    fit = inputs @ weights
    print(f"{bends} bends: at most {np.abs(fit - target).max():.3f} away")
    axes.plot(x.data, fit, label=f"{bends} bends")
axes.set_xlabel("x")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# Without a bend the network can only draw a line. Each ReLU lets the line turn once, and with eight turns it follows the sine. Training, from module 06 on, finds the
# knots as well as the weights. That is what the second layer is for.

# %% [markdown]
# ## Sigmoid: squeeze into 0 … 1
#
# Sometimes a number must become a probability: does this picture show a cat? The **sigmoid** squeezes any number into the range from 0 to 1,
#
# $$ \sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^x}{1 + e^x}. $$
#
# Both forms say the same, on paper. A float32 ends somewhere above $3.4 \cdot 10^{38}$, and $e^x$ grows fast.

# %% [markdown] question="where_exp_ends"
# The largest number that a float32 holds is $(2 - 2^{-23}) \cdot 2^{127}$. From which $x$ on is $e^x$ larger than that?
#
# = math.log((2 - 2**-23) * 2**127) ± 1%
# > The logarithm of the largest number. It is not much: scores of a network that trains badly get there.

# %% experiment="exp_overflows" title="Where exp ends, and what the two forms make of it"
import warnings

for dtype in ("float32", "float64"):
    most = np.finfo(dtype).max
    print(f"{dtype}: up to {most:.3g}, so exp ends at {np.log(most):.2f}")

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    print("      x   1/(1+exp(-x))   exp(x)/(1+exp(x))")
    for number in (-100.0, -10.0, 0.0, 10.0, 100.0):
        x = np.array([number], dtype="float32")
        first = 1 / (1 + np.exp(-x))
        second = np.exp(x) / (1 + np.exp(x))
        print(f"{number:7} {first[0]:15.6g} {second[0]:19.6g}")
for message in sorted({str(warning.message) for warning in said}):
    print("NumPy warns:", message)

# %% [markdown]
# Beyond its end `exp` gives infinity. The second form then divides infinity by infinity: `nan`. The first form gets away with it: 1 divided by infinity is 0,
# and the right value at -100, which stands beside it, is next to nothing. That is luck, and it is noisy: NumPy warns of the overflow, and in a log full of warnings that mean nothing nobody sees the one that does. In a browser it does not even warn, since WebAssembly
# does not tell NumPy that a number overflowed. So the checks look at values, and so should you. (That means that they let the first form pass.)
#
# There is a way on which nothing overflows. Never raise $e$ to anything positive: let $z = e^{-|x|}$, which lies between 0 and 1 whatever $x$ is, and
#
# $$ \sigma(x) = \begin{cases} 1 \,/\, (1 + z) & \text{if } x \ge 0,\\ z \,/\, (1 + z) & \text{if } x < 0. \end{cases} $$
#
# These are the two forms from above, each on the side where it is safe. Whole numbers become floats first: `as_floating(x.data)` gives float32 for them and
# leaves floats as they are. (NumPy alone would go to float64.)

# %% exercise="sigmoid" object="tinytorch.nn.functional.activations:sigmoid" points=3 title="Squeeze without overflow"
# - Start with `a = as_floating(x.data)` and `z = np.exp(-np.abs(a))`. Both cases divide by `1 + z`; only the numerator differs.
# - The numerator is 1 where `a >= 0`, and `z` elsewhere. `np.where(condition, p, q)` takes from `p` where the condition holds, else from `q`.
# - `return Tensor(np.where(a >= 0, 1, z) / (1 + z))`. The book writes `np.maximum(z, a >= 0)` for the numerator: True counts as 1, and `z` is never above it. It gives the same, and outside a browser it is faster.

# %% checks="sigmoid"


def test_squeezes_into_0_to_1():
    """0 becomes one half; numbers to the left less, to the right more."""
    x = Tensor([-2.0, -0.5, 0.0, 0.5, 3.0])
    left, right = [0.11920292, 0.37754067], [0.62245933, 0.95257413]
    mistakes = [
        (
            [0.88079708, 0.62245933, 0.5, *right],
            "Left of 0 this is the value of the right side: there the numerator is z.",
        ),
        (
            [*left, 0.5, 0.37754067, 0.04742587],
            "Right of 0 this is the value of the left side: there the numerator is 1.",
        ),
        (
            [0.88079708, 0.62245933, 0.5, 0.37754067, 0.04742587],
            "That falls where it should rise: look at the sign of the exponent, or at which side is which.",
        ),
        ([-0.9640276, -0.46211716, 0, 0.46211716, 0.9950548], "That is tanh, which squeezes into -1 … 1."),
        ([0.13533528, 0.60653066, 1, 0.60653066, 0.04978707], "That is z itself. Divide 1, or z, by 1 + z."),
    ]
    what = "`F.sigmoid(Tensor([-2., -0.5, 0., 0.5, 3.]))`"
    hint = (
        "`math.exp` and `if` take one number at a time; `np.exp`, `np.abs` and `np.where` take whole arrays."
    )
    with expect_no_error(what, hint):
        out = F.sigmoid(x)
    expect_tensor(out, [*left, 0.5, *right], what, "float32", mistakes=mistakes)
    expect_tensor(
        F.sigmoid(Tensor([[2.0], [0.0]])), [[0.88079708], [0.5]], "`F.sigmoid` of a column", "float32"
    )


def test_large_numbers_do_not_overflow():
    """Numbers as large as 1000, on either side, give 0 and 1."""
    hint = "Raise e to nothing positive: `np.exp(-np.abs(a))` cannot overflow, on either side of 0."
    for dtype in ("float32", "float64"):
        x = Tensor([-1000.0, -100.0, 100.0, 1000.0, -math.inf, math.inf], dtype)
        what = f"`F.sigmoid` of {dtype} numbers from -1000 to 1000"
        with expect_no_error(what, hint):
            out = F.sigmoid(x)
        expect_tensor(out, [0, 0, 1, 1, 0, 1], what, dtype, hint)


def test_far_to_the_left_a_little_is_left():
    """Far to the left the result is small but not 0: there it equals e^x."""
    x = np.array([-20.0, -50.0, -80.0], dtype="float32")
    hint = "1 - something close to 1 keeps no digits of the little that is left. Compute z / (1 + z) instead."
    out = F.sigmoid(Tensor(x))
    expect_tensor(out, np.zeros(3), "`F.sigmoid(Tensor([-20., -50., -80.]))`", "float32", hint)
    ratio = Tensor(out.data / np.exp(x))
    expect_tensor(ratio, np.ones(3), "`F.sigmoid(x)` divided by e^x, for x = -20, -50, -80,", "float32", hint)


def test_dtypes():
    """float64 keeps its dtype; whole numbers and truth values become float32."""
    hint = (
        "NumPy makes float64 of whole numbers; `as_floating(x.data)` makes float32. Floats keep their dtype."
    )
    expect_tensor(F.sigmoid(Tensor([0.0], "float64")), [0.5], "`F.sigmoid` of float64", "float64", hint)
    expect_tensor(F.sigmoid(Tensor([0, 0])), [0.5, 0.5], "`F.sigmoid(Tensor([0, 0]))`", "float32", hint)
    with expect_no_error(
        "`F.sigmoid(Tensor([False]))`", "Truth values count as 0 and 1: `as_floating(x.data)`."
    ):
        out = F.sigmoid(Tensor([False]))
    expect_tensor(out, [0.5], "`F.sigmoid(Tensor([False]))`", "float32", hint)
    expect_tensor(F.sigmoid(Tensor(0.0)), 0.5, "`F.sigmoid(Tensor(0.0))`", "float32", hint)


def test_nan_stays_and_the_input_too():
    """nan stays nan, and the input keeps its values."""
    x = Tensor([math.nan, -1.0, 2.0])
    out = F.sigmoid(x)
    expect_unchanged(x, [math.nan, -1, 2], "x", "`F.sigmoid(x)`")
    hint = "Whoever turns nan into a number hides that something went wrong earlier."
    expect_tensor(out[:1], [math.nan], "`F.sigmoid` of nan", None, hint)


# %% wrong="sigmoid" name="overflows" says="Raise e to nothing positive"
def sigmoid(x):
    e = np.exp(as_floating(x.data))
    return Tensor(e / (1 + e))


# %% wrong="sigmoid" name="forgets_the_sign" says="there the numerator is z"
def sigmoid(x):
    z = np.exp(-np.abs(as_floating(x.data)))
    return Tensor(1 / (1 + z))


# %% wrong="sigmoid" name="falls" says="That falls where it should rise"
def sigmoid(x):
    a = as_floating(x.data)
    z = np.exp(-np.abs(a))
    return Tensor(np.where(a >= 0, z, 1) / (1 + z))


# %% wrong="sigmoid" name="one_minus" says="keeps no digits of the little that is left"
def sigmoid(x):
    a = as_floating(x.data)
    right = 1 / (1 + np.exp(-np.abs(a)))
    return Tensor(np.where(a >= 0, right, 1 - right))


# %% wrong="sigmoid" name="becomes_float64" says="NumPy makes float64 of whole numbers"
def sigmoid(x):
    z = np.exp(-np.abs(x.data))
    return Tensor(np.where(x.data >= 0, 1, z) / (1 + z))


# %% wrong="sigmoid" name="works_in_place" says="`F.sigmoid(x)` changed `x`"
def sigmoid(x):
    a = as_floating(x.data)
    right = a >= 0
    z = np.exp(-np.abs(a, out=a))
    return Tensor(np.where(right, 1, z) / (1 + z))


# %% experiment="sure_and_surer" title="Scores as probabilities"
for score in (-100.0, -3.0, 0.0, 3.0, 10.0, 20.0):
    p = F.sigmoid(Tensor([score, -score]))
    print(f"score {score:6}: cat {p[0].item():<12.6g} no cat {p[1].item():.6g}")

# %% [markdown]
# Look at the last lines. On the right end the probability of a cat is rounded to 1 soon, while that of no cat goes on and keeps its digits. Numbers close to 0 are packed densely; numbers close to 1
# are not. The next two exercises live off that difference.

# %% [markdown]
# ## Tanh: squeeze into -1 … 1
#
# Hidden values should not all be positive, so people wanted a sigmoid around zero. That is the hyperbolic tangent, and you are nearly done:
#
# $$ \tanh(x) = \frac{e^{2x} - 1}{e^{2x} + 1} = 2\,\sigma(2x) - 1. $$
#
# Use the second form, then? Close to zero tanh(x) is almost x itself, which makes it easy to see whether the digits are right.

# %% experiment="digits_near_zero" title="2σ(2x) - 1, close to zero"
for number in (1.0, 0.1, 1e-3, 1e-5, 1e-7, 1e-8):
    through = (2 * F.sigmoid(Tensor([2 * number])) - 1).item()
    error = abs(through / math.tanh(number) - 1)
    print(f"x = {number:<7g} gives {through:<13.7g}", end=" ")
    print(f"relative error {error:.1e}")
print("neighbours of 0.5 are", np.spacing(np.float32(0.5)), "apart,", end=" ")
print("those of 1e-8", np.spacing(np.float32(1e-8)))

# %% [markdown]
# One digit after the other goes, and in the end everything. Close to zero the sigmoid is close to one half, where two neighbouring float32 are far apart. So it has to
# round, and the subtraction takes the half away and leaves the rounding. This is called **cancellation**: no operation went wrong, but the answer was in digits that had been rounded off before.
#
# The cure is not to add what you will subtract. The form with $e^{2x} - 1$ suffers in the same way, but NumPy has a function for just that: `np.expm1(y)` computes $e^y - 1$ without passing through numbers close
# to 1. With $t = e^{2x} - 1$ the fraction is
#
# $$ \tanh(x) = \frac{t}{t + 2}. $$
#
# One thing is left. Far to the right $t$ overflows, and infinity divided by infinity is `nan`. But for $x$ from 20 on the result is 1 in any dtype that we have, and from -20 on it is -1. So let no $x$ go out further than
# that: where `a` holds the values of $x$, `np.clip(a, -20, 20)` pulls everything that lies beyond in to the border. (NumPy also has `np.tanh`, which was written with the same care. Write it yourself once.)

# %% exercise="tanh" object="tinytorch.nn.functional.activations:tanh" points=2 title="Squeeze and keep the digits"
# - Three steps: the values as floats, pulled in to -20 … 20; `t`; the fraction. `np.clip` hands nan on.
# - The exponent is twice the value: `t = np.expm1(2 * np.clip(as_floating(x.data), -20, 20))`.
# - Then `return Tensor(t / (t + 2))`.

# %% checks="tanh"


def test_squeezes_into_minus_1_to_1():
    """0 stays 0; the left goes towards -1, the right towards 1."""
    x = Tensor([-1.0, 0.0, 0.5])
    right = [-0.76159416, 0, 0.46211716]
    mistakes = [
        ([-0.46211716, 0, 0.24491866], "That is tanh of half of x: the exponent is 2x, not x."),
        ([0.26894142, 0.5, 0.62245933], "That is the sigmoid. Tanh goes from -1 to 1."),
        ([0.76159416, 0, -0.46211716], "The sign is wrong: tanh rises."),
        ([-0.86466472, 0, 1.71828183], "That is t itself. Divide it by t + 2."),
        (
            [-6.3890561, 0, 0.63212056],
            "Divided by t + 1: with t = e^2x - 1 the denominator e^2x + 1 is t + 2.",
        ),
    ]
    expect_tensor(F.tanh(x), right, "`F.tanh(Tensor([-1., 0., 0.5]))`", "float32", mistakes=mistakes)
    expect_tensor(F.tanh(Tensor([[-0.5]])), [[-0.46211716]], "`F.tanh(Tensor([[-0.5]]))`", "float32")
    expect_tensor(F.tanh(Tensor(0.5)), 0.46211716, "`F.tanh(Tensor(0.5))`", "float32")


def test_close_to_zero_no_digit_is_lost():
    """Close to zero tanh(x) is x, to the last digit."""
    hint = "Something close to 1 was subtracted, and the digits had been rounded off before: use `np.expm1`."
    for dtype, number in [("float32", 1e-4), ("float32", -1e-6), ("float32", 1e-20), ("float64", -1e-12)]:
        what = f"`F.tanh(x) / x` for x = {number} in {dtype}"
        expect_tensor(F.tanh(Tensor([number], dtype)) / Tensor([number], dtype), [1], what, dtype, hint)


def test_far_from_zero_nothing_overflows():
    """Far from zero the result is -1 or 1."""
    hint = "Infinity divided by infinity is nan. Pull the values in to -20 … 20 before you take `np.expm1`."
    for dtype in ("float32", "float64"):
        x = Tensor([-1000.0, -30.0, 30.0, 1000.0, -math.inf, math.inf], dtype)
        what = f"`F.tanh` of {dtype} numbers from -1000 to 1000"
        with expect_no_error(what, hint):
            out = F.tanh(x)
        expect_tensor(out, [-1, -1, 1, 1, -1, 1], what, dtype, hint)


def test_nothing_is_cut_off_too_early():
    """In float64 there is still a difference to 1 at 15, and it is right; at 1000 there is none."""
    rest = 1 - F.tanh(Tensor([15.0], "float64"))
    hint = "Pull in what lies beyond 20, and nothing that is closer."
    expect_equal(f"{rest.item():.1e}", "1.9e-13", "1 - `F.tanh(x)` for x = 15 in float64", hint)
    far = F.tanh(Tensor(1000.0, "float64")).item()
    expect_equal(
        far, 1.0, "`F.tanh(x)` for x = 1000 in float64", "At 20 even a float64 is 1. Do not stop before."
    )


def test_dtypes_nan_and_the_input():
    """Whole numbers become float32, nan stays nan, and the input keeps its values."""
    hint = "NumPy makes float64 of whole numbers; `as_floating(x.data)` makes float32."
    expect_tensor(F.tanh(Tensor([0, 0])), [0, 0], "`F.tanh(Tensor([0, 0]))`", "float32", hint)
    x = Tensor([math.nan, 30.0])
    hint = "Whoever turns nan into a number hides that something went wrong earlier."
    expect_tensor(F.tanh(x), [math.nan, 1], "`F.tanh(Tensor([nan, 30.]))`", "float32", hint)
    expect_unchanged(x, [math.nan, 30], "x", "`F.tanh(x)`")


# %% wrong="tanh" name="through_the_sigmoid" says="Something close to 1 was subtracted"
def tanh(x):
    return Tensor(2 * sigmoid(Tensor(2 * as_floating(x.data))).data - 1)


# %% wrong="tanh" name="overflows" says="Pull the values in to -20 … 20"
def tanh(x):
    t = np.expm1(2 * as_floating(x.data))
    return Tensor(t / (t + 2))


# %% wrong="tanh" name="half_the_exponent" says="the exponent is 2x, not x"
def tanh(x):
    t = np.expm1(np.clip(as_floating(x.data), -20, 20))
    return Tensor(t / (t + 2))


# %% wrong="tanh" name="becomes_float64" says="NumPy makes float64 of whole numbers"
def tanh(x):
    t = np.expm1(2.0 * np.clip(x.data, -20.0, 20.0))
    return Tensor(t / (t + 2))


# %% experiment="digits_kept" title="The same numbers through your tanh"
for number in (1.0, 0.1, 1e-3, 1e-5, 1e-7, 1e-8):
    ours = F.tanh(Tensor([number])).item()
    error = abs(ours / math.tanh(number) - 1)
    print(f"x = {number:<7g} gives {ours:<13.7g}", end=" ")
    print(f"relative error {error:.1e}")

# %% [markdown]
# A float32 carries about seven digits, and now they are right everywhere, not only where numbers are large.

# %% [markdown]
# ## GELU: let through by degree
#
# ReLU decides hard: all or nothing. Many language models use a softer form. It multiplies $x$ by the probability that a normally distributed number is smaller than $x$: large numbers pass, very negative ones do not, and close
# to zero it is a matter of degree. That probability needs a function that NumPy does not have, so one uses an approximation. This is PyTorch's, called `approximate="tanh"`:
#
# $$ \mathrm{gelu}(x) = \tfrac{1}{2}\,x\,(1 + \tanh u), \qquad u = \sqrt{2/\pi}\,\left(x + 0.044715\,x^3\right). $$
#
# Since $\tanh u = 2\,\sigma(2u) - 1$, the bracket is $2\,\sigma(2u)$, and what remains is shorter, loses no digits and needs a single `exp`:
#
# $$ \mathrm{gelu}(x) = x\,\sigma(2u) = \frac{x}{1 + e^{-2u}}. $$
#
# The constant is a trap. `np.sqrt(2 / np.pi)` is a float64 *of NumPy's*, and float32 times that is float64: from here on the whole network would run at double width, and nobody would say a word.
# `math.sqrt` gives a Python float, which adapts to the array that it meets. `_TWICE_ROOT` is $2\sqrt{2/\pi}$, made in this way. `math` is there as well, and so is your `sigmoid`.

# %% exercise="gelu" object="tinytorch.nn.functional.activations:gelu" points=3 title="A soft cut-off"
# - With `a = as_floating(x.data)`, first the exponent `2 * u`: that is `_TWICE_ROOT * (a + 0.044715 * a * a * a)`. Why not `a**3`? A general power takes far longer than two products; time both, if you like.
# - Your `sigmoid` takes a Tensor and gives one: `a * sigmoid(Tensor(…)).data` is the array to return as a Tensor.
# - The fraction is faster. If its `exp` overflows, `a` divided by infinity is the 0 that it should be, so you may silence the warning: `with np.errstate(over="ignore"):`.

# %% checks="gelu"


def test_lets_through_by_degree():
    """Values are those of PyTorch's `approximate="tanh"`."""
    x = np.array([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
    u = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    right = x / (1 + np.exp(-2 * u))
    exact = x * [0.5 * math.erfc(-number / math.sqrt(2)) for number in x]
    mistakes = [
        (x / (1 + np.exp(-u)), "The exponent is 2u: σ(2u), not σ(u)."),
        (x / (1 + np.exp(-4 * u)), "That is σ(4u): `_TWICE_ROOT` contains the 2 already."),
        (1 / (1 + np.exp(-2 * u)), "That is the share that gets through. Multiply x by it."),
        (x / (1 + np.exp(2 * u)), "That lets through what is negative: look at the sign of the exponent."),
        (x / (1 + np.exp(-1.702 * x)), "That is another approximation, x·σ(1.702x). Use the one above."),
        (x * (1 + np.tanh(u)), "That is twice as much: one half is missing."),
        (
            exact,
            "That is the exact GELU, and well done. The approximation differs a little; the book uses that.",
        ),
    ]
    what = "`F.gelu` of -3, -1, -0.5, 0, 0.5, 1 and 3"
    with expect_no_error(what, "`sigmoid` takes a Tensor and gives a Tensor, whose array is its `.data`."):
        out = F.gelu(Tensor(x, "float32"))
    hint = "Look at u again: √(2/π) times the sum of x and 0.044715·x³. What goes into the sigmoid is 2u."
    expect_tensor(out, right, what, None, hint, mistakes)
    expect_tensor(F.gelu(Tensor(x.reshape(1, 7))), right.reshape(1, 7), "The same as one row of float64")
    expect_tensor(F.gelu(Tensor(1.0)), right[5], "`F.gelu(Tensor(1.0))`")


def test_dtypes():
    """float32 stays float32, float64 stays float64, whole numbers become float32."""
    hint = (
        "`np.sqrt(…)` is a float64 of NumPy's and widens all that it meets; `math.sqrt(…)` is a plain number."
    )
    expect_tensor(F.gelu(zeros(2)), [0, 0], "`F.gelu(zeros(2))`", "float32", hint)
    expect_tensor(F.gelu(zeros(2, dtype="float64")), [0, 0], "`F.gelu` of float64", "float64", hint)
    hint = "NumPy makes float64 of whole numbers; `as_floating(x.data)` makes float32."
    expect_tensor(F.gelu(Tensor([0, 0])), [0, 0], "`F.gelu(Tensor([0, 0]))`", "float32", hint)


def test_large_numbers():
    """A large number passes, a very negative one gives 0."""
    hint = "Somewhere `exp` overflows, and infinity meets infinity, or 0. Use your `sigmoid`, or x / (1 + e^-2u)."
    for dtype in ("float32", "float64"):
        what = f"`F.gelu` of -1000, -30, 30 and 1000 in {dtype}"
        with expect_no_error(what, hint):
            out = F.gelu(Tensor([-1000.0, -30.0, 30.0, 1000.0], dtype))
        expect_tensor(out, [0, 0, 30, 1000], what, dtype, hint)


def test_far_to_the_left_digits_are_left():
    """Left of zero, where little gets through, that little is right."""
    x = Tensor([-5.0, -4.0])
    hint = "1 + tanh(u) loses its digits where tanh is close to -1; σ(2u) keeps them."
    expect_tensor(
        F.gelu(x) * 1e5,
        [-0.02291796, -7.02459482],
        "100,000 times `F.gelu(Tensor([-5., -4.]))`",
        "float32",
        hint,
    )


def test_nan_stays_and_the_input_too():
    """nan stays nan, and the input keeps its values."""
    x = Tensor([math.nan, -1.0, 2.0])
    out = F.gelu(x)
    expect_unchanged(x, [math.nan, -1, 2], "x", "`F.gelu(x)`")
    hint = "Whoever turns nan into a number hides that something went wrong earlier."
    expect_tensor(out[:1], [math.nan], "`F.gelu` of nan", None, hint)


# %% wrong="gelu" name="numpys_constant" says="is a float64 of NumPy's and widens all that it meets"
def gelu(x):
    a = as_floating(x.data)
    u = np.sqrt(2 / np.pi) * (a + 0.044715 * a * a * a)
    return Tensor(a * sigmoid(Tensor(2 * u)).data)


# %% wrong="gelu" name="half_the_exponent" says="The exponent is 2u"
def gelu(x):
    a = as_floating(x.data)
    u = math.sqrt(2 / math.pi) * (a + 0.044715 * a * a * a)
    return Tensor(a * sigmoid(Tensor(u)).data)


# %% wrong="gelu" name="the_other_approximation" says="That is another approximation"
def gelu(x):
    return Tensor(as_floating(x.data) * sigmoid(1.702 * x).data)


# %% wrong="gelu" name="overflows" says="Somewhere `exp` overflows"
def gelu(x):
    a = as_floating(x.data)
    e = np.exp(_TWICE_ROOT * (a + 0.044715 * a * a * a))
    return Tensor(a * e / (1 + e))


# %% wrong="gelu" name="through_tanh" says="1 + tanh(u) loses its digits"
def gelu(x):
    a = as_floating(x.data)
    u = _TWICE_ROOT / 2 * (a + 0.044715 * a * a * a)
    return Tensor(0.5 * a * (1 + np.tanh(u)))


# %% wrong="gelu" name="works_in_place" says="`F.gelu(x)` changed `x`"
def gelu(x):
    a = as_floating(x.data)
    a *= sigmoid(Tensor(_TWICE_ROOT * (a + 0.044715 * a * a * a))).data
    return Tensor(a)


# %% [markdown]
# Here are all four, and on the right the **slope** of each: by how much the output changes if the input changes by a little. It is measured the plain way, from two points close to each other. Training will live off these slopes: what
# has a slope of 0 learns nothing.

# %% experiment="four_bends" title="Four bends and their slopes" needs=["matplotlib"] alt="Two line plots for x from -6 to 6. Left, the functions: ReLU is 0 and then rises, GELU follows it with a soft dip below zero, sigmoid is an S from 0 to 1, tanh a steeper S from -1 to 1. Right, their slopes: that of ReLU jumps from 0 to 1; that of GELU goes smoothly from 0 to 1, a little below 0 and a little above 1 on the way; that of tanh is a hill of height 1 around zero; that of sigmoid a flat hill of height one quarter; both fall to zero on the sides."
import matplotlib.pyplot as plt

x, h = np.linspace(-6, 6, 601), 1e-4
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
for name in ("relu", "gelu", "tanh", "sigmoid"):
    bend = getattr(F, name)
    slope = (bend(Tensor(x + h)).data - bend(Tensor(x - h)).data) / (2 * h)
    left.plot(x, bend(Tensor(x)).data, label=name)
    right.plot(x, slope, label=name)
    at = {i: slope[np.abs(x - i).argmin()] for i in (-5, 1, 5)}
    print(f"{name:8} largest slope {slope.max():.3f}", end=", ")
    print(", ".join(f"at {i} {value:.4f}" for i, value in at.items()))
left.set_ylim(-1.2, 3)
left.set_title("function")
right.set_title("slope")
left.legend()
left.grid(alpha=0.3)
right.grid(alpha=0.3)

# %% [markdown]
# Sigmoid and tanh are flat on both sides: they *saturate*. A network of many such layers multiplies many small slopes, and what arrives at the first layer is next to nothing. ReLU has the slope 1 wherever it lets
# something through, however large it is. That, and the fact that it is cheap, is why it won. Its own weakness is on the left: a ReLU that gets only negative inputs has the slope 0 for all of them, and nothing wakes it up. GELU still has some slope a little to the left of zero.

# %% [markdown]
# ## Softmax: scores become probabilities
#
# The last layer gives ten scores, one for each digit, and we want ten probabilities: all positive, with the sum 1, and the larger the score the larger the probability. Raise $e$ to each score, which makes it positive, and
# divide by the sum:
#
# $$ \mathrm{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}. $$
#
# You know what happens to $e^{1000}$. But the fraction does not change if all scores become smaller by the same number $m$, since $e^{x - m} = e^x / e^m$ and the factor $e^m$ cancels. So subtract the largest score: then the largest exponent is 0,
# and nothing can overflow. The sum cannot be 0 either, because $e^0 = 1$ is in it.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 470 84" width="470" role="img" aria-labelledby="softmax-shift-title softmax-shift-desc" font-size="13" fill="currentColor">
# <title id="softmax-shift-title">Each row of scores minus its own largest</title>
# <desc id="softmax-shift-desc">A grid of 2 rows and 3 columns of scores. From each row its own largest score is subtracted, which has shape (2, 1) and is used again along the row. The differences are the exponents: each row has a 0 where its largest score was, and negative numbers elsewhere.</desc>
# <text x="2" y="14" text-anchor="start">scores, shape (2, 3)</text>
# <g><rect x="2" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="19" y="41.5" text-anchor="middle">1</text></g><g><rect x="38" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="55" y="41.5" text-anchor="middle">3</text></g><g><rect x="74" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="91" y="41.5" text-anchor="middle">2</text></g><g><rect x="2" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="19" y="69.5" text-anchor="middle">5</text></g><g><rect x="38" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="55" y="69.5" text-anchor="middle">5</text></g><g><rect x="74" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="91" y="69.5" text-anchor="middle">0</text></g>
# <text x="146" y="58" text-anchor="middle" font-weight="600">−</text>
# <text x="164" y="14" text-anchor="start">largest, (2, 1)</text>
# <g><rect x="164" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="181" y="41.5" text-anchor="middle">3</text></g><g><rect x="164" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="181" y="69.5" text-anchor="middle">5</text></g>
# <g opacity=".75"><g><rect x="200" y="24" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="217" y="41.5" text-anchor="middle">3</text></g><g><rect x="236" y="24" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="253" y="41.5" text-anchor="middle">3</text></g><g><rect x="200" y="52" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="217" y="69.5" text-anchor="middle">5</text></g><g><rect x="236" y="52" width="34" height="26" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="253" y="69.5" text-anchor="middle">5</text></g></g>
# <text x="296" y="58" text-anchor="middle" font-weight="600">=</text>
# <text x="318" y="14" text-anchor="start">exponents, (2, 3)</text>
# <g><rect x="318" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="335" y="41.5" text-anchor="middle">−2</text></g><g><rect x="354" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="371" y="41.5" text-anchor="middle">0</text></g><g><rect x="390" y="24" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="407" y="41.5" text-anchor="middle">−1</text></g><g><rect x="318" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="335" y="69.5" text-anchor="middle">0</text></g><g><rect x="354" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="371" y="69.5" text-anchor="middle">0</text></g><g><rect x="390" y="52" width="34" height="26" rx="3" stroke="currentColor" fill="none"/><text x="407" y="69.5" text-anchor="middle">−5</text></g>
# </svg>
# <figcaption>The largest score of each row keeps its dimension, with a size of 1, and so broadcasts back over its row. No exponent is above 0.</figcaption>
# </figure>
#
# Scores come in batches, so softmax works along one axis, by default the last: each row is a competition of its own, with its own largest score and its own sum. `keepdims=True` keeps both ready to broadcast.
# The arrays' methods `max` and `sum` take it, as your `Tensor.sum` did. They work on an array of floats and on an axis that exists, and a helper gives you both: `along("softmax", x, axis)` returns a
# pair, the array and the axis, or raises an error that begins with the name.
#
# Three things happen at the ends. A score of `-inf` means "impossible" and gets probability 0; module 12 masks with it. If *all* scores of a row are impossible, the row becomes `nan`: there is no answer,
# and nobody should pretend that there is. NumPy would warn of $-\infty - (-\infty)$ there; as the `nan` is meant, a helper `minus(a, b)` subtracts without a warning. And an axis of size 0 has no largest element,
# unless you say what to start from: `a.max(…, initial=-np.inf)`.

# %% exercise="softmax" object="tinytorch.nn.functional.activations:softmax" points=4 title="Probabilities along any axis"
# - `a, axis = along("softmax", x, axis)` gives floats and a checked axis. Then: largest score, difference, `np.exp`, sum, quotient.
# - The largest: `top = a.max(axis=axis, keepdims=True, initial=-np.inf)`. Then `e = np.exp(minus(a, top))`.
# - `return Tensor(e / e.sum(axis=axis, keepdims=True))`. The book's version writes its steps into the same memory; you will measure why.

# %% checks="softmax"


def test_two_scores():
    """Probabilities go by powers of e, and sum to 1."""
    scores = Tensor([0.0, math.log(3)])
    mistakes = [
        ([1, 3], "These are the powers. Divide them by their sum."),
        ([0, 1], "The scores were divided by their sum. First raise e to them."),
        ([1 / 3, 1], "These are the shifted powers: the largest is 1. Divide by the sum of all."),
        ([math.log(0.25), math.log(0.75)], "That is the logarithm of what was asked for."),
    ]
    expect_tensor(
        F.softmax(scores), [0.25, 0.75], "`F.softmax(Tensor([0, log 3]))`", "float32", mistakes=mistakes
    )
    expect_tensor(F.softmax(zeros(4)), [0.25] * 4, "`F.softmax(zeros(4))`", "float32")


def test_each_row_for_itself():
    """By default each row is a competition of its own."""
    scores = Tensor([[0.0, math.log(3)], [math.log(4), 0.0]])
    powers = np.array([[1, 3], [4, 1]])
    shifted = powers / [[3], [4]]
    together = "All rows compete with each other. Sum along `axis`, and keep the dimension."
    mistakes = [
        (powers / 9, together),
        (shifted / shifted.sum(), together),
        (powers / [[5, 4]], "Columns compete where rows should: the default axis is the last, -1."),
    ]
    hint = "Did the sums meet the wrong rows? Without `keepdims=True` they line up with columns."
    right = [[0.25, 0.75], [0.8, 0.2]]
    expect_tensor(F.softmax(scores), right, "`F.softmax` of a square", "float32", hint, mistakes)


def test_any_axis():
    """`axis` may be any dimension, counted from either end, and probabilities sum to 1 along it."""
    array = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32") * 3
    hint = "Take the largest and the sum along `axis`, both with `keepdims=True`."
    for axis in (0, 1, 2, -1, -2, -3):
        e = np.exp(array.astype("float64"))
        what = f"`F.softmax(x, axis={axis})` of shape `(2, 3, 5)`"
        with expect_no_error(what, hint):
            out = F.softmax(Tensor(array), axis=axis)
        expect_tensor(out, e / e.sum(axis=axis, keepdims=True), what, "float32", hint)


def test_large_scores():
    """Scores may be as large as you like: what counts is their distance from the largest of their row."""
    hint = "Subtract the largest score before you raise e to anything: `a - a.max(axis=axis, keepdims=True)`."
    with expect_no_error("`F.softmax(Tensor([1000., 1000.]))`", hint):
        out = F.softmax(Tensor([1000.0, 1000.0]))
    expect_tensor(out, [0.5, 0.5], "`F.softmax(Tensor([1000., 1000.]))`", "float32", hint)
    rows = Tensor([[1000.0, 1000.0], [0.0, 0.0], [-1000.0, -1000.0]])
    hint = (
        "Each row needs its own largest score. Beside 1000 from another row, or an `initial` of 0, "
        "low scores vanish: e^-1000 is 0."
    )
    what = "`F.softmax` of rows with scores around 1000, 0 and -1000"
    with expect_no_error(what, hint):
        out = F.softmax(rows)
    expect_tensor(out, np.full((3, 2), 0.5), what, "float32", hint)


def test_impossible_scores():
    """-inf gets probability 0; a row of nothing but -inf becomes nan; a nan spoils its own row only."""
    what = "`F.softmax` of the rows [-inf, 0, 0] and [-inf, -inf, -inf]"
    hint = "Where every score is impossible there is nothing to choose from: only nan is an honest answer."
    with expect_no_error(what, hint):
        out = F.softmax(Tensor([[-math.inf, 0.0, 0.0], [-math.inf] * 3]))
    expect_tensor(out, [[0, 0.5, 0.5], [math.nan] * 3], what, "float32", hint)
    expect_tensor(
        F.softmax(Tensor([[0.0, math.nan], [0.0, 0.0]])),
        [[math.nan] * 2, [0.5] * 2],
        "Beside a nan",
        hint="A nan spoils its own row, and no other.",
    )


def test_a_lone_number_and_no_scores():
    """A lone number gets probability 1, and where there are no scores there are no probabilities."""
    hint = (
        "A lone number has no last axis; `along` counts it as a row of one. Arithmetic on a 0-d array gives "
        "a plain number, which has no memory for `out=`."
    )
    with expect_no_error("`F.softmax(Tensor(3.0))`", hint):
        lone = F.softmax(Tensor(3.0))
    expect_tensor(lone, 1, "`F.softmax(Tensor(3.0))`", "float32", hint)
    hint = "Nothing has no largest element. Tell `max` where to start: `initial=-np.inf`."
    for shape, axis in [((3, 0), -1), ((0, 3), -1), ((0, 3), 0)]:
        what = f"`F.softmax(zeros{shape}, axis={axis})`"
        with expect_no_error(what, hint):
            out = F.softmax(zeros(*shape), axis=axis)
        expect_tensor(out, np.zeros(shape), what, "float32", hint)


def test_dtypes_axes_and_the_input():
    """float64 stays, whole numbers become float32, a wrong axis is refused, and the input keeps its values."""
    hint = "`along` gives the values as floats, in the dtype that the result should have."
    expect_tensor(
        F.softmax(Tensor([0.0, 0.0], "float64")), [0.5, 0.5], "`F.softmax` of float64", "float64", hint
    )
    expect_tensor(F.softmax(Tensor([2, 2])), [0.5, 0.5], "`F.softmax(Tensor([2, 2]))`", "float32", hint)
    what = "`F.softmax(zeros(2, 3), axis=2)`"
    expect_error(
        IndexError,
        lambda: F.softmax(zeros(2, 3), axis=2),
        ["softmax", "(2, 3)"],
        what,
        "`along` checks the axis.",
    )
    x = Tensor([[1.0, 2.0]])
    F.softmax(x)
    expect_unchanged(x, [[1, 2]], "x", "`F.softmax(x)`")


# %% wrong="softmax" name="overflows" says="Subtract the largest score before you raise e to anything"
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    e = np.exp(a)
    return Tensor(e / e.sum(axis=axis, keepdims=True))


# %% wrong="softmax" name="forgets_the_sum" says="Divide by the sum of all."
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    return Tensor(np.exp(a - a.max(axis=axis, keepdims=True, initial=-np.inf)))


# %% wrong="softmax" name="one_largest_for_all" says="Each row needs its own largest score."
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        e = np.exp(a - a.max(initial=-np.inf))
        return Tensor(e / e.sum(axis=axis, keepdims=True))


# %% wrong="softmax" name="forgets_keepdims" says="Without `keepdims=True` they line up with columns."
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    e = np.exp(a - a.max(axis=axis, keepdims=True))
    return Tensor(e / e.sum(axis=axis))


# %% wrong="softmax" name="sums_everything" says="All rows compete with each other."
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    e = np.exp(a - a.max())
    return Tensor(e / e.sum())


# %% wrong="softmax" name="works_in_place" says="`F.softmax(x)` changed `x`"
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    with np.errstate(invalid="ignore"):
        a -= a.max(axis=axis, keepdims=True, initial=-np.inf)
    a = np.exp(a)
    a /= a.sum(axis=axis, keepdims=True)
    return Tensor(a)


# %% experiment="temperature" title="How sure? A temperature decides"
scores = Tensor([2.0, 1.0, 0.1, -3.0])
for temperature in (0.01, 0.5, 1.0, 2.0, 100.0):
    p = F.softmax(scores / temperature)
    print(f"T = {temperature:6}:", "  ".join(f"{v:.3f}" for v in p.tolist()))
shifted = F.softmax(scores + 1000) - F.softmax(scores)
print(f"all scores + 1000: a difference of {np.abs(shifted.data).max():.1e}")

# %% [markdown]
# Dividing the scores by a small number widens the gaps: the largest takes all, and softmax becomes a soft form of "which is the maximum?". A large number makes all alike. Language models choose their next word in this way, and the number is
# called temperature there, too.
#
# Adding 1000 to all scores changes nothing on paper. Here it changes a little, and that is not the fault of softmax: a float32 near 1000 has fewer digits left for the fractions of the scores.

# %% [markdown]
# ## The logarithm of softmax
#
# Module 04 will measure how wrong a network is by the *logarithm* of the probability that it gave to the right answer. You could take `F.softmax(x).log()`. Look at what a network gets for a confident mistake.

# %% experiment="log_of_softmax" title="The logarithm of almost nothing"
for gap in (1.0, 10.0, 50.0, 100.0, 110.0, 1000.0):
    scores = Tensor([0.0, gap])
    p = F.softmax(scores)[0].item()
    log_p = F.softmax(scores).log()[0].item()
    print(f"the right answer is {gap:6} behind: p = {p:.3g}, log p = {log_p:.6g}")
print("smallest float32 above 0:", np.nextafter(np.float32(0), np.float32(1)))

# %% [markdown]
# The true logarithm is about minus the gap: nothing special. But on the way there the probability becomes too small for a float32, then it is 0, and the logarithm of 0 is $-\infty$. One confident mistake, and the loss of the whole batch is infinite.
#
# The way out is never to compute that probability. With $m$ the largest score,
#
# $$ \log \frac{e^{x_i - m}}{\sum_j e^{x_j - m}} = (x_i - m) - \log \sum_j e^{x_j - m}. $$
#
# The sum on the right is at least 1, so its logarithm is harmless, and the difference on the left stays what it is, large or small.

# %% exercise="log_softmax" object="tinytorch.nn.functional.activations:log_softmax" points=3 title="Logarithms without the probabilities"
# - It begins like softmax: `along("log_softmax", x, axis)`, the largest along the axis, the difference. Keep the difference; you need it twice.
# - `shifted = minus(a, a.max(axis=axis, keepdims=True, initial=-np.inf))`, and the sum is `np.exp(shifted).sum(axis=axis, keepdims=True)`.
# - `return Tensor(shifted - np.log(total))`. The sum of no scores at all is 0; if NumPy is not to warn of its logarithm, write that line under `with np.errstate(divide="ignore"):`.

# %% checks="log_softmax"


def test_the_logarithm_of_softmax():
    """For ordinary scores it is what the name says."""
    scores = Tensor([0.0, math.log(3), math.log(3)])
    right = np.log([1 / 7, 3 / 7, 3 / 7])
    mistakes = [
        (
            np.log([1, 3, 3]) - np.log(7 / 3),
            "The sum was shifted, the scores were not: subtract the largest from both.",
        ),
        (np.log([1, 3, 3]) - np.log(3) - np.log(7), "The scores were shifted, the sum was not: shift both."),
        (
            np.log([1, 3, 3]) - np.log(3),
            "That is the shifted score alone. The logarithm of the sum is missing.",
        ),
        (np.log([1, 3, 3]) - np.log(3) - 7 / 3, "The sum was subtracted as it is. Take its logarithm first."),
        (np.array([1, 3, 3]) / 7, "That is softmax itself."),
        (-right, "The sign is wrong: logarithms of probabilities are below 0."),
    ]
    expect_tensor(
        F.log_softmax(scores), right, "`F.log_softmax(Tensor([0, log 3, log 3]))`", "float32", "", mistakes
    )


def test_any_axis():
    """`axis` may be any dimension; e raised to the results sums to 1 along it."""
    array = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32") * 3
    hint = (
        "Take the largest and the sum along `axis`, both with `keepdims=True`; the default axis is the last."
    )
    wide = array.astype("float64")
    for axis in (0, 1, 2, -1, -2, -3):
        what = f"`F.log_softmax(x, axis={axis})` of shape `(2, 3, 5)`"
        with expect_no_error(what, hint):
            out = F.log_softmax(Tensor(array), axis=axis)
        expect_tensor(out, wide - np.log(np.exp(wide).sum(axis=axis, keepdims=True)), what, "float32", hint)
    expect_tensor(
        F.log_softmax(zeros(2, 2)), np.full((2, 2), -math.log(2)), "`F.log_softmax(zeros(2, 2))`", hint=hint
    )


def test_hopeless_scores():
    """A score that is far behind has a finite logarithm: about minus the gap."""
    hint = (
        "The probability was computed, became 0, and log(0) is -inf. Subtract logarithms; never compute it."
    )
    for dtype in ("float32", "float64"):
        what = f"`F.log_softmax` of -1000 and 0 in {dtype}"
        with expect_no_error(what, hint):
            out = F.log_softmax(Tensor([-1000.0, 0.0], dtype))
        expect_tensor(out, [-1000, 0], what, dtype, hint)


def test_large_scores():
    """Each row is shifted by its own largest score."""
    what = "`F.log_softmax` of rows with scores around 1000, 0 and -1000"
    hint = "Subtract each row's own largest score before you raise e to anything."
    with expect_no_error(what, hint):
        out = F.log_softmax(Tensor([[1000.0, 1000.0], [0.0, 0.0], [-1000.0, -1000.0]]))
    top = np.array([[1000], [0], [-1000]], "float32")
    late = np.repeat(top - (top + np.log(np.float32(2))), 2, axis=1)
    why = "The logarithm was added to a large score and lost digits there. Subtract the largest first, it after that."
    expect_tensor(out, np.full((3, 2), -math.log(2)), what, "float32", hint, [(late, why)])


def test_impossible_scores():
    """-inf stays -inf, and a row of nothing but -inf becomes nan."""
    what = "`F.log_softmax` of the rows [-inf, 0, 0] and [-inf, -inf, -inf]"
    hint = "Where every score is impossible there is nothing to choose from: only nan is an honest answer."
    with expect_no_error(what, hint):
        out = F.log_softmax(Tensor([[-math.inf, 0.0, 0.0], [-math.inf] * 3]))
    expect_tensor(out, [[-math.inf, -math.log(2), -math.log(2)], [math.nan] * 3], what, "float32", hint)


def test_a_lone_number_and_no_scores():
    """A lone number has probability 1, whose logarithm is 0; no scores have none."""
    expect_tensor(F.log_softmax(Tensor(3.0)), 0, "`F.log_softmax(Tensor(3.0))`", "float32")
    hint = "Nothing has no largest element. Tell `max` where to start: `initial=-np.inf`."
    for shape, axis in [((3, 0), -1), ((0, 3), -1), ((0, 3), 0)]:
        what = f"`F.log_softmax(zeros{shape}, axis={axis})`"
        with expect_no_error(what, hint):
            out = F.log_softmax(zeros(*shape), axis=axis)
        expect_tensor(out, np.zeros(shape), what, "float32", hint)


def test_dtypes_axes_and_the_input():
    """Whole numbers become float32, a wrong axis is refused, and the input keeps its values."""
    expect_tensor(
        F.log_softmax(Tensor([2, 2])), [-math.log(2)] * 2, "`F.log_softmax(Tensor([2, 2]))`", "float32"
    )
    what = "`F.log_softmax(zeros(2, 3), axis=2)`"
    says = ["log_softmax", "(2, 3)"]
    expect_error(
        IndexError, lambda: F.log_softmax(zeros(2, 3), axis=2), says, what, "`along` checks the axis."
    )
    x = Tensor([[1.0, 2.0]])
    F.log_softmax(x)
    expect_unchanged(x, [[1, 2]], "x", "`F.log_softmax(x)`")


# %% wrong="log_softmax" name="logarithm_of_softmax" says="The probability was computed, became 0, and log(0) is -inf."
def log_softmax(x, axis=-1):
    return softmax(x, axis).log()


# %% wrong="log_softmax" name="overflows" says="Subtract each row's own largest score"
def log_softmax(x, axis=-1):
    a, axis = along("log_softmax", x, axis)
    return Tensor(a - np.log(np.exp(a).sum(axis=axis, keepdims=True)))


# %% wrong="log_softmax" name="adds_before_it_subtracts" says="lost digits there"
def log_softmax(x, axis=-1):
    a, axis = along("log_softmax", x, axis)
    top = a.max(axis=axis, keepdims=True, initial=-np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = top + np.log(np.exp(a - top).sum(axis=axis, keepdims=True))
        return Tensor(a - total)


# %% wrong="log_softmax" name="shifts_one_side" says="The sum was shifted, the scores were not"
def log_softmax(x, axis=-1):
    a, axis = along("log_softmax", x, axis)
    shifted = a - a.max(axis=axis, keepdims=True)
    return Tensor(a - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


# %% wrong="log_softmax" name="forgets_keepdims" says="both with `keepdims=True`"
def log_softmax(x, axis=-1):
    a, axis = along("log_softmax", x, axis)
    shifted = a - a.max(axis=axis, keepdims=True)
    return Tensor(shifted - np.log(np.exp(shifted).sum(axis=axis)))


# %% experiment="log_softmax_at_work" title="The same confident mistakes"
for gap in (1.0, 10.0, 50.0, 100.0, 110.0, 1000.0):
    log_p = F.log_softmax(Tensor([0.0, gap]))
    print(f"the right answer is {gap:6} behind: log p = {log_p[0].item():.6g}")

# %% [markdown]
# Subtracting in one place what would have been divided in another: that is all. Module 04 builds its most important loss on this function.

# %% [markdown]
# ## Measure
#
# Module 01 compared lists with arrays for an addition. Softmax has more to do for each number, so does the array still win so clearly? Guess before you run: how many times faster is it, for 10,000 scores?

# %% experiment="loop_against_array" title="Softmax as a loop and as array operations"
import timeit


def softmax_loop(scores):
    largest = scores[0]
    for score in scores:
        if score > largest:
            largest = score
    powers, total = [], 0.0
    for score in scores:
        power = math.exp(score - largest)
        powers.append(power)
        total += power
    return [power / total for power in powers]


manual_seed(0)
scores = randn(10_000)
numbers = scores.tolist()
slow = min(timeit.repeat(lambda: softmax_loop(numbers), number=1, repeat=7))
fast = min(timeit.repeat(lambda: F.softmax(scores), number=20, repeat=5)) / 20
apart = np.abs(F.softmax(scores).data - softmax_loop(numbers)).max()
print(f"loop   {slow * 1e3:8.3f} ms")
print(f"arrays {fast * 1e3:8.3f} ms, {slow / fast:.0f} times faster")
print(f"largest difference {apart:.1e}")

# %% [markdown]
# The loop is correct. It is also the only one of the two whose every step is an object, a type check and a jump. The work itself, ten thousand powers of $e$, is the same for both.
#
# What does each activation cost, then, and does a number cost the same in a short array as in a long one? Guess the order of the five first, from cheap to expensive.

# %% experiment="cost_per_number" title="Nanoseconds per number, by length" needs=["matplotlib"] alt="Line plot on logarithmic axes: nanoseconds per number against the length of the array, from 64 to about two million, for relu, gelu, tanh, sigmoid and softmax. All curves fall steeply at first, because the cost of a call is shared by more numbers, and then level out; relu lies below the others."
import timeit

import matplotlib.pyplot as plt


def cost(function, x):
    calls = max(1, 2**14 // x.numel())
    seconds = timeit.repeat(lambda: function(x), number=calls, repeat=5)
    return min(seconds) / calls / x.numel() * 1e9


manual_seed(0)
lengths = [2**6, 2**9, 2**12, 2**15, 2**18, 2**21]
arrays = [randn(length) for length in lengths]
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name in ("relu", "gelu", "tanh", "sigmoid", "softmax"):
    costs = [cost(getattr(F, name), x) for x in arrays]
    print(f"{name:8}", " ".join(f"{each:7.2f}" for each in costs), "ns")
    axes.plot(lengths, costs, marker="o", label=name)
print("length  ", " ".join(f"{length:7}" for length in lengths))
ordered = Tensor(np.sort(arrays[-1].data))
print(f"relu of the longest, sorted: {cost(F.relu, ordered):.2f} ns")
axes.set_xscale("log", base=2)
axes.set_yscale("log")
axes.set_xlabel("numbers in the array")
axes.set_ylabel("nanoseconds per number")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# Two lessons. On the left you pay for calls, not for numbers: a call of NumPy costs the same however short the array is, and ReLU makes one where the others make several. A batch of one wastes nearly everything. On the right ReLU is cheapest, because it compares and does nothing else; the others pay for a power of $e$ and for
# several passes over the array, one for each operation.
#
# Look at the far right, too. Where NumPy is compiled for the machine most curves rise again: the arrays no longer fit into the cache, and every pass fetches them from memory. In a browser arithmetic is slower and hides that. There it is ReLU that rises, and the last line says why. Its loop asks
# of each number whether it is above 0. Processors guess the answer in advance and go on; in a long array of random signs they are often wrong and have to turn back, and in a sorted one they are nearly always right. Compiled for the machine, the loop does not ask.
#
# How much has to be fetched can be counted. Take the attention scores of module 12: 64 × 12 matrices of 128 × 128, in float32.

# %% [markdown] question="predict_relu_traffic"
# ReLU reads each number once and writes each result once. How many megabytes (10⁶ bytes) move through memory for a `(64, 12, 128, 128)` tensor of float32?
#
# = 2 * 64 * 12 * 128 * 128 * 4 / 1e6 MB ± 2%
# > 12.6 million numbers of four bytes, once in and once out. The one comparison for each of them is free beside that.

# %% [markdown] question="predict_softmax_traffic"
# Softmax in whole-array steps: the largest (read), the difference (read, write), exp (read, write), the sum (read), the quotient (read, write). How many megabytes is that for the same tensor?
#
# = 8 * 64 * 12 * 128 * 128 * 4 / 1e6 MB ± 2%
# > Eight times the tensor, where reading it once and writing it once would do. A program that handles one row after the other needs no more: a row stays in the cache between the steps.

# %% experiment="memory_traffic" title="A copy, ReLU and softmax of a large tensor"
import timeit

manual_seed(0)
x = randn(32, 12, 128, 128)


def softmax_in_new_memory(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


ways = {
    "a copy, 2 moves": lambda: x.data.copy(),
    "relu, 2 moves": lambda: F.relu(x),
    "softmax, 8 moves": lambda: F.softmax(x),
    "softmax in new memory": lambda: softmax_in_new_memory(x.data),
}
print(f"{x.nbytes / 1e6:.1f} MB of scores")
for name, way in ways.items():
    seconds = min(timeit.repeat(way, number=1, repeat=5))
    copy = seconds if name.startswith("a copy") else copy
    print(f"{name:22} {seconds * 1e3:8.2f} ms, {seconds / copy:5.1f} copies")

# %% [markdown]
# A copy moves each number once in and once out and computes nothing: that is what memory alone costs. Compare ReLU with it. If ReLU takes the time of a copy or two, as it does where NumPy is compiled for the machine, then you wait for memory. If it takes the time of ten or
# more, as in a browser, you wait for arithmetic. The same line of code has a **bottleneck** in two different places.
#
# The last two lines do the same arithmetic. The book's `softmax` asks for one array and writes each step over the one before; the other asks for a new array at every step, which has to be prepared and fetched. That saves time where memory is the bottleneck, and next to nothing where it
# is not. Before you make something faster, find out what it waits for. Modules 14 and 18 make a method of that.

# %% [markdown]
# ## Put it together
#
# The smallest problem that one layer cannot solve has four points. *Exclusive or* is 1 if exactly one of two inputs is 1. The first attempt computes the best that any single layer can do; the second is a network with two hidden values, whose weights were found by
# thinking.

# %% experiment="exclusive_or" title="Exclusive or, with and without a bend"
points = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
wanted = np.array([0.0, 1.0, 1.0, 0.0])

inputs = np.concatenate([points.data, np.ones((4, 1), "float32")], axis=1)
best = np.linalg.lstsq(inputs, wanted, rcond=None)[0]
print("wanted             ", wanted.tolist())
print("the best one layer ", np.round(inputs @ best, 3).tolist())

w1, b1 = Tensor([[1.0, 1.0], [1.0, 1.0]]), Tensor([0.0, -1.0])
w2 = Tensor([1.0, -2.0])
hidden = F.relu(points @ w1 + b1)
print("two layers and ReLU", (hidden @ w2).tolist())
print("as probabilities   ", end=" ")
print([round(p, 3) for p in F.sigmoid(20 * (hidden @ w2) - 10).tolist()])

# %% [markdown]
# The single layer answers one half to everything, and no training could have helped it. In 1969 a book about such limits helped to stop research on networks for years. The milestone XOR, short for *exclusive or*, is open to you after module 07, when your network finds such weights by itself.
#
# The checks below run on your tinytorch, all pieces together. The last one trains: a single layer with a sigmoid, with a gradient worked out by hand.

# %% integration=true


def test_a_classifier():
    """Pictures go through two layers with a ReLU, and come out as probabilities that NumPy agrees with."""
    manual_seed(0)
    images, w1, b1, w2 = randn(8, 28, 28), randn(784, 16) * 0.05, randn(16), randn(16, 10)
    scores = F.relu(images.reshape(len(images), -1) @ w1 + b1) @ w2
    flat = images.data.reshape(8, 784).astype("float64")
    powers = np.exp(np.maximum(flat @ w1.data + b1.data, 0) @ w2.data)
    expected = powers / powers.sum(axis=1, keepdims=True)
    out = F.softmax(scores)
    expect_tensor(out * 0.1, (expected * 0.1).astype("float32"), "A tenth of the probabilities", "float32")
    expect_tensor(out.sum(axis=1), np.ones(8), "Their sums", "float32")


def test_the_family():
    """They are relatives: sigmoid is softmax of two, tanh a stretched sigmoid, GELU a ReLU far from zero."""
    x = Tensor(np.linspace(-4, 4, 33, dtype="float32"))
    pairs = Tensor(np.stack([x.data, np.zeros(33, "float32")], axis=1))
    expect_tensor(F.softmax(pairs)[:, 0], F.sigmoid(x).data, "`F.softmax` of the scores x and 0", "float32")
    expect_tensor(F.tanh(x), 2 * F.sigmoid(2 * x).data - 1, "`F.tanh(x)`", "float32")
    far = x * 10
    keep = np.abs(far.data) > 5
    expect_tensor(F.gelu(far)[Tensor(keep)], F.relu(far).data[keep], "`F.gelu` far from zero", "float32")
    expect_tensor(F.gelu(x) - F.gelu(-x), x.data, "`F.gelu(x) - F.gelu(-x)`", "float32")


def test_logarithms_agree():
    """e raised to `log_softmax` is `softmax`, along every axis."""
    manual_seed(0)
    x = randn(3, 4, 5) * 5
    for axis in (0, 1, 2):
        expect_tensor(
            F.log_softmax(x, axis=axis).exp(), F.softmax(x, axis=axis).data, f"Along axis {axis}", "float32"
        )


def test_exclusive_or():
    """Two layers with a ReLU between them solve exclusive or."""
    points = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    hidden = F.relu(points @ Tensor([[1.0, 1.0], [1.0, 1.0]]) + Tensor([0.0, -1.0]))
    expect_tensor(hidden @ Tensor([1.0, -2.0]), [0, 1, 1, 0], "Exclusive or", "float32")


def test_a_border_is_learned():
    """Gradient descent on a layer with a sigmoid finds the border between two clouds of points."""
    manual_seed(0)
    x = randn(200, 2)
    inside = (x @ Tensor([2.0, -1.0]) > 0.5).to("float32")
    w, b = zeros(2), zeros(1)
    for _ in range(300):
        error = F.sigmoid(x @ w + b) - inside
        w = w - x.T @ error / len(x)
        b = b - error.mean()
    right = ((F.sigmoid(x @ w + b) > 0.5) == (inside > 0.5)).sum().item()
    expect_equal(right >= 195, True, "That at least 195 of 200 points are on the right side")


# %% [markdown]
# ## Questions

# %% [markdown] question="numbers_of_one_layer"
# A network has layers from 784 to 64, from 64 to 32 and from 32 to 10 values, each with a bias, and no activations. How many numbers does the single layer have that computes the same?
#
# = 784 * 10 + 10 numbers
# > One matrix from 784 to 10 and one bias. The 64 and the 32 leave no trace.

# %% [markdown] question="ten_sigmoids"
# The slope of a sigmoid is nowhere above one quarter. Ten of them in a row multiply their slopes. At most how much of a change at the beginning arrives at the end? (The weights between them are 1.)
#
# = 0.25**10 ± 2%
# > About a millionth, and that is the best case. That is one reason why deep networks with sigmoids hardly learned. ReLU's slope of 1 can be multiplied as often as you like.

# %% [markdown] question="shifted_scores"
# The scores of a picture are `[1, 2, 3]`. Which scores give exactly the same probabilities?
#
# - [ ] `[2, 4, 6]` :: The gaps are twice as large: as if the temperature were one half.
# - [x] `[-2, -1, 0]` :: All are smaller by 3, and $e^{-3}$ cancels. This is the shift that your softmax makes.
# - [ ] `[10, 20, 30]` :: Then the largest takes nearly all.
# - [ ] `[1, 4, 9]` :: Squares change the gaps, and gaps are all that counts.

# %% [markdown] question="which_axis"
# `scores` has the shape `(64, 12, 128, 128)`: batch, head, query, key. For each query the probabilities of the keys should sum to 1. Which axis is it?
#
# - [ ] `axis=1` :: Then the twelve heads would compete with each other.
# - [ ] `axis=2` :: Then for each key the queries would compete. The shapes are equal, so nothing would fail: such a mistake trains and is merely bad.
# - [x] `axis=-1` :: Along the keys, which are the last dimension.
# - [ ] all of them :: Then the whole batch would share a single 1.

# %% [markdown] question="which_form"
# A loss needs the logarithm of $\sigma(x)$ for very negative $x$, down to $-1000$. Which form works in float32?
#
# - [ ] `F.sigmoid(x).log()` :: The sigmoid of -1000 is 0 in float32, and its logarithm is $-\infty$.
# - [ ] `-(1 + (-x).exp()).log()` :: $e^{1000}$ is infinite. The logarithm comes too late.
# - [x] `x - (1 + x.exp()).log()` :: Below zero $e^x$ is at most 1. It is what `log_softmax` computes for the scores $x$ and 0.

# %% [markdown] question="quiet_nan"
# After an hour of training, all your scores are `nan`. Which activation would have hidden that?
#
# - [x] one with `np.where(a > 0, a, 0)` :: nan is not larger than 0, so it becomes a harmless 0, and the network goes on computing nonsense.
# - [ ] one with `np.maximum(a, 0)` :: It hands nan on.
# - [ ] one with `1 / (1 + np.exp(-a))` :: All arithmetic hands nan on.

# %% [markdown] question="why_still_sigmoid"
# ReLU replaced the sigmoid between layers. Where would you still use a sigmoid, and why does saturation not hurt there?
#
# > At the end of a network that answers yes or no, because the output has to be a probability, and inside cells and attention blocks as a *gate* that says how much of something passes. At the end, saturation does little harm: the sigmoid is combined with a loss that takes the logarithm, and
# > together they have the slope "probability minus truth", which is flat only where the answer is right. (Module 04 derives that.) Between layers there is no logarithm to undo the flatness, and slopes of many layers multiply.

# %% [markdown]
# ## Looking further
#
# ```{admonition} In production
# :class: tip
#
# PyTorch has these functions under the same names, in `torch.nn.functional`. Each is one compiled loop, a *kernel*, that reads every number once and writes it once: where you make several passes over an array, `gelu` in PyTorch makes one. Its sigmoid is the plain
# $1/(1 + e^{-x})$. Compiled loops do not warn, and 1 divided by infinity is right, so there is nothing to protect; your version is for a library that tells you about every overflow. `F.gelu` uses the exact form unless you ask for `approximate="tanh"`, and ours is the latter.
# On a GPU softmax can keep a running maximum and a running sum, so that it needs one pass less, and attention kernels never store the scores at all. And `log_softmax` is rarely called alone: `cross_entropy` contains it, as yours will.
# ```
#
# ### What we left out
#
# - **Other bends.** Leaky ReLU, ELU, SiLU, Mish and more: each is one line, now that you know where the traps are. They differ little in what a network can learn.
# - **The exact GELU.** It needs the error function, which NumPy does not have. The approximation differs from it in the fourth decimal.
# - **Work in place.** PyTorch can write the result of a ReLU over its input, to save memory. In module 05 you will see who may still need that input.
# - **Classes.** `nn.ReLU()`, `nn.Softmax(axis=-1)` and the others exist in the package, each a few lines around your function. They are modules, and modules come next.
# - **Slopes.** We looked at them and did nothing with them. Module 04 derives two by hand, module 05 all of them.
