# %% [markdown]
# # Losses
#
# A network answers with scores. This chapter builds the functions that say how wrong an answer is: in one number, which changes
# whenever the answer does, however little. It also works out, on paper, in which direction that number falls. That is all that training needs,
# and at the end of the chapter something learns.

# %% setup=true
import warnings

import numpy as np

from tinytorch import Tensor, arange, manual_seed, nn, ones, randn, zeros
from tinytorch.nn import functional as F
from tinytorch.nn.functional import losses
from tinytorch.nn.functional.losses import reduce_loss
from tinytorch.workshop.expect import (
    expect_equal,
    expect_error,
    expect_no_error,
    expect_tensor,
    expect_unchanged,
    fail,
)

BCE = "binary_cross_entropy_with_logits"


def by_differences(loss, x, h=1e-5):
    """Estimate the gradient of `loss(x)`: nudge one number after the other, and see what the loss does."""
    slopes = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        nudge = np.zeros(x.shape)
        nudge[i] = h
        slopes[i] = (loss(Tensor(x.data + nudge)).item() - loss(Tensor(x.data - nudge)).item()) / (2 * h)
    return slopes


def expect_opening(name, action):
    """Expect that the message of the error that `action` raises begins with the name of the function."""
    try:
        action()
    except Exception as error:
        what = "The beginning of the message"
        expect_equal(
            str(error)[: len(name)], name, what, "Who reads it wants to know first which function complains."
        )


# %% [markdown]
# ## How wrong is it?
#
# Module 03 built networks. Here is one that sorts points of the plane into three classes. Nobody has trained it, so many of its answers are wrong, and
# we can count them. A natural plan: turn a weight a little and see whether the count goes down. Before you run this: by how
# much will the count change if one weight changes by a ten-thousandth? By a hundredth?

# %% experiment="count_mistakes" title="Counting mistakes while a weight is turned"
manual_seed(0)
centres = Tensor([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])
classes = Tensor(np.arange(300) % 3)
points = centres[classes] + randn(300, 2) * 0.8

network = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3))
print("scores ", network(points[:3]))
print("classes", classes[:3])

weight = network[2].weight
start = weight.data[0, 0].item()
for nudge in (0.0, 0.0001, 0.001, 0.01, -0.01):
    weight.data[0, 0] = start + nudge
    wrong = (network(points).argmax(axis=1) != classes).sum().item()
    print(f"weight {start + nudge:8.4f}: {wrong} of 300 wrong")

# %% [markdown]
# The scores move with every nudge, but a count moves only when a point changes sides, and then by a whole step. Between the steps it is flat, and on flat ground
# nobody can tell which way is down.
#
# What we need instead is a **loss**: a number that is small when the answers are good and that answers to the smallest change. And because
# a network may be wrong about a number (a temperature) or about a class (a digit), there is more than one.

# %% [markdown]
# ## One number out of many
#
# Every loss starts in the same way: each example gets a loss of its own. What then happens to these numbers is called the **reduction**, and there are three in use:
#
# | reduction | result | for |
# |---|---|---|
# | `"mean"` | their average, one number | training: a batch of 8 and one of 32 pull equally hard |
# | `"sum"` | their sum, one number | adding up over batches, and dividing once at the end |
# | `"none"` | all of them | finding the examples that are most wrong |
#
# Sometimes not every example counts. Sentences of different lengths are filled up to make a grid, and what was filled in has no right answer. Such losses are set
# to 0 beforehand, and then `count` says how many are left for the mean. If that is 0, there is no mean, and the honest answer is `nan`, not a number.
#
# Inside the functions of this chapter we work with NumPy arrays. Only what leaves them is a Tensor.

# %% exercise="reduce_loss" object="tinytorch.nn.functional.losses:reduce_loss" points=2 title="Reduce losses to one number"
# - Call `check_reduction(reduction)` first: it raises the error, or does nothing. Three cases are left.
# - `"none"` wraps the array, `"sum"` wraps `losses.sum()`. For `"mean"`, divide that sum by `count`, or by `losses.size` if `count` is None.
# - `None` means that nobody gave a count; `0` means that nothing counts. Ask `count is None`, since both are false. And `total / 0` needs care: if the count is 0, return `Tensor(total * np.nan)`.

# %% checks="reduce_loss"


def test_mean():
    """The mean of 1, 2 and 6 is 3, as a 0-d tensor, also of losses in a grid, and it is what you get if you ask for nothing."""
    mistakes = [(9, "That is the sum. Divide it by how many there are.")]
    losses = np.array([1.0, 2.0, 6.0], dtype="float32")
    expect_tensor(reduce_loss(losses, "mean"), 3, "The mean of 1, 2 and 6", mistakes=mistakes)
    expect_tensor(reduce_loss(losses), 3, "`reduce_loss(losses)`", "float32")
    grid = np.array([[1.0, 2.0], [3.0, 6.0]], dtype="float32")
    hint = "All losses together make one number, whatever the shape."
    expect_tensor(reduce_loss(grid, "mean"), 3, "The mean of a `(2, 2)` grid", "float32", hint)


def test_sum():
    """The sum of 1, 2 and 6 is 9, and the dtype stays."""
    for dtype in ("float32", "float64"):
        losses = np.array([1.0, 2.0, 6.0], dtype=dtype)
        expect_tensor(reduce_loss(losses, "sum"), 9, "The sum of 1, 2 and 6", dtype)
        expect_tensor(reduce_loss(losses, "mean"), 3, "The mean of 1, 2 and 6", dtype)


def test_none():
    """`"none"` gives all losses, in their shape."""
    losses = np.array([[1.0, 2.0], [3.0, 6.0]], dtype="float32")
    expect_tensor(reduce_loss(losses, "none"), losses, '`reduce_loss(losses, "none")`', "float32")


def test_count():
    """With a count, the mean divides by that; sum and none do not look at it."""
    losses = np.array([1.0, 0.0, 5.0], dtype="float32")
    mistakes = [(2, "That divides by all three, but only `count` of them count.")]
    what = "The mean of 1, 0 and 5, of which 2 count,"
    expect_tensor(reduce_loss(losses, "mean", 2), 3, what, "float32", mistakes=mistakes)
    hint = "The count matters for the mean alone."
    expect_tensor(
        reduce_loss(losses, "sum", 2), 6, "The sum of 1, 0 and 5, of which 2 count,", "float32", hint
    )
    expect_tensor(reduce_loss(losses, "none", 2), losses, "The same without reduction", "float32", hint)


def test_the_mean_of_nothing():
    """The mean of no losses, or of losses of which none counts, is nan; their sum is 0."""
    hint = "Nothing counts, so there is no mean: not 0, and not the mean of the others. nan says so."
    empty, zero = np.zeros(0, dtype="float32"), np.zeros(2, dtype="float32")
    for what, action in [
        ("The mean of an empty array", lambda: reduce_loss(empty, "mean")),
        ("The mean of two losses of which none counts", lambda: reduce_loss(zero, "mean", 0)),
    ]:
        with expect_no_error(
            what, "A division of Python's numbers by 0 is an error. Look at the count before you divide."
        ):
            result = action()
        expect_tensor(result, np.nan, what, "float32", hint)
    expect_tensor(reduce_loss(empty, "sum"), 0, "The sum of an empty array", "float32")


def test_unknown_reductions():
    """Any other reduction raises a ValueError that shows it."""
    hint = "A typing error must not turn into another loss. `check_reduction(reduction)` raises the error."
    for reduction in ("average", "Mean", "", None):
        what = f"`reduce_loss(losses, {reduction!r})`"
        expect_error(
            ValueError, lambda r=reduction: reduce_loss(np.ones(2), r), [repr(reduction)], what, hint
        )


# %% wrong="reduce_loss" name="divides_by_all" says="That divides by all three"
def reduce_loss(losses, reduction="mean", count=None):
    check_reduction(reduction)
    if reduction == "none":
        return Tensor(losses)
    if reduction == "sum":
        return Tensor(losses.sum())
    return Tensor(losses.mean())


# %% wrong="reduce_loss" name="zero_is_no_count" says="Nothing counts, so there is no mean"
def reduce_loss(losses, reduction="mean", count=None):
    check_reduction(reduction)
    if reduction == "none":
        return Tensor(losses)
    total = losses.sum()
    if reduction == "mean":
        total = total / (count or losses.size)
    return Tensor(total)


# %% wrong="reduce_loss" name="takes_anything_for_a_mean" says="A typing error must not turn into another loss."
def reduce_loss(losses, reduction="mean", count=None):
    if reduction == "none":
        return Tensor(losses)
    if reduction == "sum":
        return Tensor(losses.sum())
    count = losses.size if count is None else count
    return Tensor(losses.sum() / count)


# %% wrong="reduce_loss" name="returns_a_number" says="Whoever calls this goes on computing with the result"
def reduce_loss(losses, reduction="mean", count=None):
    check_reduction(reduction)
    if reduction == "none":
        return losses
    total = float(losses.sum())
    if reduction == "mean":
        count = losses.size if count is None else count
        total = total / count if count else float("nan")
    return total


# %% experiment="three_reductions" title="Two batches, three reductions"
small = np.array([0.5, 1.5], dtype="float32")
large = np.array([0.5, 1.5, 0.5, 1.5, 0.5, 1.5], dtype="float32")
for reduction in ("mean", "sum", "none"):
    print(f"{reduction:5}", reduce_loss(small, reduction), end=" ")
    print(reduce_loss(large, reduction))
print("if 4 of the large batch count:", reduce_loss(large, count=4))

# %% [markdown]
# The mean is the same for both batches, which are equally wrong. The sum is three times as large for the batch that is three times as long.

# %% [markdown]
# ## The squared error
#
# For a prediction that is a number, take the difference to what was wanted, the **target**, and square it:
#
# $$ L = \frac{1}{n} \sum_{i=1}^{n} (p_i - t_i)^2 $$
#
# The square makes too much and too little equally bad, and one large error worse than many small ones. It is 0 only if all is right.
#
# There is a trap in it, and it is made of shapes. A network with one output gives predictions of shape `(4, 1)`. The targets were read from a file and have shape
# `(4,)`. Both hold four numbers, but look at what broadcasting makes of them:

# %% experiment="perfect_and_wrong" title="Perfect predictions with a loss"
target = np.array([1.0, 2.0, 3.0, 4.0])
pred = target.reshape(4, 1)  # every prediction is right
difference = pred - target
print(difference)
print("mean of the squares:", (difference * difference).mean())

# %% [markdown]
# Each prediction was compared with every target. Nothing crashes, the loss is a believable number, and training makes it smaller, by teaching the network to predict the
# average for everybody. PyTorch warns and goes on. We refuse; this ships written:

# %% pull="tinytorch.nn.functional.losses:same_shape"

# %% exercise="mse_loss" object="tinytorch.nn.functional.losses:mse_loss" points=2 title="Mean squared error"
# - Three steps: two arrays from `same_shape("mse_loss", pred, target)`, the squares of their difference, and `reduce_loss`.
# - `difference = x - y`, and `difference * difference` squares it; so does `(x - y) ** 2`.
# - Pass the reduction on: `return reduce_loss(difference * difference, reduction)`.

# %% checks="mse_loss"


def test_mean_of_the_squares():
    """Predictions 1, 2, 3 with targets 1, 4, 6 have the loss 13/3: the mean of 0, 4 and 9."""
    mistakes = [
        (5 / 3, "That is the mean of the differences without their signs. Square them."),
        (-5 / 3, "That is the mean of the differences. Square them first."),
        (25 / 9, "That is the square of the mean difference. Square first, then take the mean."),
        (13, "That is the sum of the squares. `reduce_loss` takes their mean if you pass it all of them."),
        (
            13 / 6,
            "That is half of it. Some books put 1/2 in front, to have a simpler slope; PyTorch does not.",
        ),
        (np.sqrt(13 / 3), "That is the root of the mean of the squares. Leave the root out."),
    ]
    what, hint = (
        "The loss of 1, 2, 3 for 1, 4, 6",
        "`same_shape` gives arrays, and `reduce_loss` takes one: compute with NumPy.",
    )
    with expect_no_error(what, hint):
        loss = F.mse_loss(Tensor([1.0, 2.0, 3.0]), Tensor([1.0, 4.0, 6.0]))
    expect_tensor(loss, 13 / 3, what, mistakes=mistakes)
    grid = F.mse_loss(Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[0.0, 2.0], [3.0, 1.0]]))
    expect_tensor(grid, 2.5, "The loss of a `(2, 2)` grid", "float32", "The mean goes over all elements.")


def test_all_reductions():
    """`reduction="sum"` adds the squares up, `"none"` gives each of them."""
    pred, target = Tensor([[1.0, 2.0]]), Tensor([[1.0, 4.0]])
    hint = "Pass `reduction` on to `reduce_loss`."
    expect_tensor(
        F.mse_loss(pred, target, reduction="sum"), 4, 'With `reduction="sum"`, the loss', "float32", hint
    )
    expect_tensor(
        F.mse_loss(pred, target, "none"), [[0, 4]], 'With `reduction="none"`, the loss', "float32", hint
    )
    expect_error(
        ValueError, lambda: F.mse_loss(pred, target, "avg"), ["avg"], 'With `reduction="avg"`, the loss', hint
    )


def test_dtypes():
    """float32 stays float32 and float64 stays float64; whole numbers as targets become floats."""
    hint = "`same_shape` brings both to one floating dtype."
    for dtype in ("float32", "float64"):
        loss = F.mse_loss(Tensor([1.0, 2.5], dtype), Tensor([1, 2]))
        expect_tensor(loss, 0.125, f"The loss of {dtype} predictions for whole numbers", dtype, hint)


def test_shapes_that_differ():
    """Shapes that differ raise a ValueError that names `mse_loss` and shows both, even if they would broadcast."""
    hint = 'Broadcasting would compare each prediction with other targets. `same_shape("mse_loss", …)` refuses that.'
    for a, b in [((4, 1), (4,)), ((4,), (4, 1)), ((4, 2), (2,)), ((3,), ())]:
        what = f"Predictions {a} with targets {b}"
        expect_error(
            ValueError,
            lambda a=a, b=b: F.mse_loss(zeros(*a), zeros(*b)),
            ["mse_loss", str(a), str(b)],
            what,
            hint,
        )
    expect_opening("mse_loss", lambda: F.mse_loss(zeros(4, 1), zeros(4)))


def test_inputs_stay():
    """Predictions and targets keep their values."""
    pred, target = Tensor([1.0, 2.0]), Tensor([1.0, 4.0])
    F.mse_loss(pred, target)
    expect_unchanged(pred, [1, 2], "pred", "`mse_loss(pred, target)`")
    expect_unchanged(target, [1, 4], "target", "`mse_loss(pred, target)`")


# %% wrong="mse_loss" name="broadcasts" says="Broadcasting would compare each prediction with other targets."
def mse_loss(pred, target, reduction="mean"):
    difference = pred.data - target.data
    return reduce_loss(difference * difference, reduction)


# %% wrong="mse_loss" name="drops_the_sign_only" says="That is the mean of the differences without their signs."
def mse_loss(pred, target, reduction="mean"):
    x, y = same_shape("mse_loss", pred, target)
    return reduce_loss(np.abs(x - y), reduction)


# %% wrong="mse_loss" name="always_the_mean" says="Pass `reduction` on to `reduce_loss`."
def mse_loss(pred, target, reduction="mean"):
    x, y = same_shape("mse_loss", pred, target)
    return Tensor(((x - y) * (x - y)).mean())


# %% wrong="mse_loss" name="works_in_place" says="changed `pred`"
def mse_loss(pred, target, reduction="mean"):
    x, y = same_shape("mse_loss", pred, target)
    x -= y
    return reduce_loss(x * x, reduction)


# %% experiment="outliers" title="One large error, or many small ones?"
target = zeros(5)
for pred in (
    [1.0, 1.0, 1.0, 1.0, 1.0],
    [5.0, 0.0, 0.0, 0.0, 0.0],
    [0.5, -0.5, 0.5, -0.5, 0.5],
):
    print(pred, "->", F.mse_loss(Tensor(pred), target))
try:
    F.mse_loss(zeros(4, 1), zeros(4))
except ValueError as error:
    print(error)

# %% [markdown]
# The first two lines are wrong by 5 in total, yet one error of 5 costs five times as much as five errors of 1.

# %% [markdown]
# ## Which way is down?
#
# Now the point of it all. How does the loss change if prediction $p_i$ changes by a little? That is its **gradient**: one slope for each prediction. In the
# sum only one term contains $p_i$. All others are constants, and constants have no slope. The slope of a square is twice what is squared:
#
# $$ \frac{\partial L}{\partial p_i} = \frac{1}{n} \cdot \frac{\partial}{\partial p_i} (p_i - t_i)^2 = \frac{2\,(p_i - t_i)}{n} $$
#
# Read it: where the prediction is too large the slope is positive, so making it larger makes the loss larger. To lower the loss, step *against* the gradient. Far from the target the
# slope is steep, close to it flat. And $n$ counts all elements, not rows.

# %% exercise="mse_loss_gradient" object="tinytorch.nn.functional.losses:mse_loss_gradient" points=2 title="Its gradient, by hand"
# - The gradient has the shape of the predictions: element i is 2 (pred_i - target_i) / n.
# - `x, y = same_shape("mse_loss_gradient", pred, target)`, and n is `x.size`. Nothing is summed.

# %% checks="mse_loss_gradient"


def test_two_times_the_difference_over_n():
    """Predictions 1 and 2 with targets 1 and 4 have the gradient 0 and -2."""
    mistakes = [
        ([0, 2], "The sign is wrong: along this the loss would grow. It is prediction minus target."),
        ([0, -1], "Half of it. The slope of a square is *twice* what is squared."),
        ([0, -4], "That is the gradient of the sum. The loss is a mean, so each slope is divided by n."),
        ([0, 4], "These are the squares, the losses themselves. Their slope is 2 (pred - target) / n."),
        (-2, "That is the sum of the slopes. Each prediction has its own."),
    ]
    gradient = F.mse_loss_gradient(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
    expect_tensor(gradient, [0, -2], "The gradient at 1 and 2 for 1 and 4", "float32", mistakes=mistakes)


def test_it_is_the_slope():
    """In a grid, each slope is what the loss does when that prediction is nudged."""
    rng = np.random.default_rng(0)
    pred, target = Tensor(rng.normal(size=(3, 2))), Tensor(rng.normal(size=(3, 2)))
    slopes = by_differences(lambda x: F.mse_loss(x, target), pred)
    gradient = F.mse_loss_gradient(pred, target)
    rows = (pred.data - target.data) * 2 / 3
    mistakes = [
        (rows, "You divide by the number of rows. The mean goes over all elements: divide by `x.size`.")
    ]
    expect_tensor(gradient, slopes, "The gradient of a `(3, 2)` grid", "float64", mistakes=mistakes)


def test_shapes_and_dtypes():
    """The gradient has the shape and dtype of the predictions; shapes that differ raise a ValueError."""
    hint = "Use what `same_shape` returns."
    for shape in [(), (2,), (0,), (2, 3)]:
        with expect_no_error(f"The gradient of predictions of shape {shape}", hint):
            gradient = F.mse_loss_gradient(ones(*shape), zeros(*shape))
        n = max(int(np.prod(shape)), 1)
        expect_tensor(
            gradient, np.full(shape, 2 / n), f"The gradient of predictions of shape {shape}", "float32", hint
        )
    what = "Predictions `(4, 1)` with targets `(4,)`"
    says = ["mse_loss_gradient", "(4, 1)", "(4,)"]
    expect_error(ValueError, lambda: F.mse_loss_gradient(zeros(4, 1), zeros(4)), says, what, hint)
    expect_opening("mse_loss_gradient", lambda: F.mse_loss_gradient(zeros(4, 1), zeros(4)))


def test_inputs_stay():
    """Predictions and targets keep their values."""
    pred, target = Tensor([1.0, 2.0]), Tensor([1.0, 4.0])
    F.mse_loss_gradient(pred, target)
    expect_unchanged(pred, [1, 2], "pred", "`mse_loss_gradient(pred, target)`")
    expect_unchanged(target, [1, 4], "target", "`mse_loss_gradient(pred, target)`")


# %% wrong="mse_loss_gradient" name="uphill" says="The sign is wrong: along this the loss would grow."
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    return Tensor((y - x) * 2.0 / x.size)


# %% wrong="mse_loss_gradient" name="forgets_the_two" says="Half of it."
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    return Tensor((x - y) / x.size)


# %% wrong="mse_loss_gradient" name="of_the_sum" says="That is the gradient of the sum."
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    return Tensor((x - y) * 2.0)


# %% wrong="mse_loss_gradient" name="counts_rows" says="You divide by the number of rows."
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    return Tensor((x - y) * 2.0 / (len(x) if x.ndim else 1))


# %% wrong="mse_loss_gradient" name="works_in_place" says="`mse_loss_gradient(pred, target)` changed `pred`"
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    x -= y
    x *= 2.0 / max(x.size, 1)
    return Tensor(x)


# %% [markdown]
# Whoever derives a formula should doubt it. There is a test that needs no calculus: nudge a prediction up and down by $h$, and divide how much the
# loss changed by how far you went. What comes out should be the slope. Before you run this: will a smaller nudge give a better answer?


# %% experiment="nudges" title="The slope by nudges of different sizes"
def loss(second, dtype):
    pred = Tensor([1.0, second], dtype)
    return F.mse_loss(pred, Tensor([1.0, 4.0], dtype)).item()


pred, target = Tensor([1.0, 2.3], "float64"), Tensor([1.0, 4.0])
slope = F.mse_loss_gradient(pred, target)[1].item()
print(f"by hand {slope:.6f}")
print("nudge   error, float32  error, float64")
for exponent in range(1, 8):
    h = 10.0**-exponent
    print(f"1e-{exponent}", end="")
    for dtype in ("float32", "float64"):
        change = loss(2.3 + h, dtype) - loss(2.3 - h, dtype)
        print(f"{abs(change / (2 * h) - slope):16.8f}", end="")
    print()

# %% [markdown]
# In float64 they agree to all the digits that are shown. In float32 they agree for large nudges and get *worse* for small ones: the losses on both sides are so close together that their
# difference is mostly rounding. The checks above nudge in float64. Module 05 turns this test into a tool.
#
# Now something can learn. A line $p = wx + b$ is wrong by some loss. The gradient says how each prediction should move. A prediction moves by $x$ when $w$ moves
# by 1, so the slope for $w$ is the sum of gradient times $x$; for $b$ it is the sum of the gradient.

# %% experiment="fit_a_line" title="A line learns"
manual_seed(0)
x = randn(64, 1)
y = 2 * x + 1 + randn(64, 1) * 0.1
w, b = zeros(1, 1), zeros(1)
for step in range(61):
    pred = F.linear(x, w, b)
    if step % 12 == 0:
        print(f"step {step:2}: loss {F.mse_loss(pred, y).item():.4f},", end=" ")
        print(f"line {w.item():.2f} x + {b.item():.2f}")
    gradient = F.mse_loss_gradient(pred, y)
    w = w - 0.1 * (gradient.T @ x)
    b = b - 0.1 * gradient.sum(axis=0)

# %% [markdown]
# The loss does not reach 0, because the points do not lie on a line: what is left is about the square of the noise, $0.1^2$.

# %% [markdown]
# ## Scores for classes
#
# A digit is a 3 or it is not; there is no "2.9". The network gives a score for each class, and module 02's softmax turns scores $z$ into
# probabilities that sum to 1. A good loss is then the **surprise** at what the right class turned out to be: $-\log p$. A right class that had probability 1 is no
# surprise, and costs 0. The less it was expected, the more it costs, without an end.
#
# Module 02 has this logarithm: `F.log_softmax` never computes a probability that could become 0. So pick the right class of each row, and put a minus before it. Here that is done for 32 words, each
# out of a vocabulary of 5,000:

# %% experiment="one_of_many" title="One logarithm of five thousand"
manual_seed(0)
scores = randn(32, 5000)
right = Tensor(np.random.default_rng(0).integers(0, 5000, 32))

log_p = F.log_softmax(scores)
surprise = -log_p[arange(32), right]
print("the first three:", surprise[:3])
print(f"logarithms computed: {log_p.numel():,}")
print(f"logarithms used:     {surprise.numel():,}")

# %% [markdown]
# It is correct, and 4,999 of 5,000 numbers are thrown away. For one class $y$ the formula needs much less:
#
# $$ -\log \frac{e^{z_y}}{\sum_j e^{z_j}} = \log \sum_j e^{z_j} - z_y $$
#
# The second part is one score. The first is the same whichever class is right: one number for a whole row, and one that comes up all over machine learning. It is called **log-sum-exp**. As it stands it overflows, since $e^{89}$ is too
# large for float32. The remedy is that of softmax: with $m$ for the largest score,
#
# $$ \log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m} $$
#
# Now the largest exponent is 0, so the sum lies between 1 and the number of classes, and its logarithm is harmless. One case needs care. A score of $-\infty$ forbids a class, and counts as
# $e^{-\infty} = 0$. If *all* are $-\infty$ then so is $m$, and $-\infty - (-\infty)$ is `nan`. In that case, and for $+\infty$, take 0 for $m$.
# NumPy warns of $\log 0 = -\infty$ and of an `exp` that overflows, and here both give what they should: compute under `with np.errstate(divide="ignore", over="ignore"):`. An axis of size 0 has no largest score, and `max` raises an error
# unless you give it a start. It is $-\infty$ as well.

# %% exercise="logsumexp" object="tinytorch.nn.functional.losses:logsumexp" points=3 title="The logarithm of a sum of exponentials"
# - `highest = array.max(axis=axes, keepdims=True)` has the size 1 where it reduced, so it can be subtracted from every row. Exponentiate, sum along `axes`, take the logarithm, and add `highest` back.
# - Where `highest` is infinite, use 0: `highest = np.where(np.isinf(highest), 0.0, highest)`. To find the largest of no scores at all, give `max` a start: `initial=-np.inf`.
# - Keep the dimensions until the end: sum with `keepdims=True` as well, and return `Tensor(out if keepdims else out.squeeze(axes))`. Put the lines that take `np.exp` and `np.log` under `with np.errstate(divide="ignore", over="ignore"):` so that log(0) does not warn.

# %% checks="logsumexp"


def test_the_logarithm_of_the_sum():
    """Of three zeros it is log 3; of the logarithms of 1, 2 and 3 it is log 6. float32 stays float32."""
    mistakes = [
        (np.log(3) + 3, "You add the sum of the scores. Only the largest was taken out."),
        (3, "That is the sum. Take its logarithm."),
    ]
    zero = F.logsumexp(Tensor([0.0, 0.0, 0.0]))
    expect_tensor(zero, np.log(3), "`logsumexp` of three zeros", "float32", mistakes=mistakes)
    x = np.log(np.array([1.0, 2.0, 3.0], dtype="float32"))
    mistakes = [
        (np.log(2), "The largest score that you subtracted is missing: add it back after the logarithm."),
        (6, "That is the sum. Take its logarithm."),
    ]
    expect_tensor(
        F.logsumexp(Tensor(x)),
        np.log(6),
        "`logsumexp` of log 1, log 2 and log 3",
        "float32",
        mistakes=mistakes,
    )
    wide = F.logsumexp(Tensor([0.5, 1.5], "float64"))
    expect_tensor(wide, np.log(np.exp(0.5) + np.exp(1.5)), "`logsumexp` of float64", "float64")
    whole = F.logsumexp(Tensor([0, 0]))
    expect_tensor(
        whole,
        np.log(2),
        "`logsumexp` of whole numbers",
        "float32",
        "`as_floating(x.data)` makes floats of them.",
    )


def test_axes():
    """It reduces the last axis, or the one or several that are named, and keeps them with size 1 if `keepdims`."""
    array = np.random.default_rng(0).normal(size=(2, 3, 4))
    for axis in (-1, 0, 1, (0, 2), None):
        for keepdims in (False, True):
            what = f"`logsumexp(x, axis={axis}, keepdims={keepdims})` of shape `(2, 3, 4)`"
            hint = "Let `max` keep its dimensions, whatever is asked for: with size 1 the largest can be subtracted from its row."
            with expect_no_error(what, hint):
                result = F.logsumexp(Tensor(array), axis=axis, keepdims=keepdims)
            expected = np.log(np.exp(array).sum(axis=axis, keepdims=keepdims))
            hint = "Pass what `check_axes` returns to `max`, `sum` and `squeeze` as `axis`."
            expect_tensor(result, expected, what, "float64", hint)
    expected = np.log(np.exp(array).sum(axis=-1))
    expect_tensor(F.logsumexp(Tensor(array)), expected, "`logsumexp(x)` of shape `(2, 3, 4)`", hint=hint)
    hint = "`squeeze()` drops all dimensions of size 1. Tell it which axes were reduced."
    ones_stay = F.logsumexp(zeros(2, 1, 3))
    expect_tensor(
        ones_stay, np.full((2, 1), np.log(3)), "`logsumexp(x)` of shape `(2, 1, 3)`", "float32", hint
    )


def test_large_scores():
    """Neither large nor very negative scores overflow, each row for itself."""
    x = Tensor([[0.0, 0.0], [1000.0, 1000.0], [-1000.0, -1000.0], [0.0, -1000.0]])
    expected = [np.log(2), 1000 + np.log(2), -1000 + np.log(2), 0]
    naive = [np.log(2), np.inf, -np.inf, 0]
    together = [-np.inf, 1000 + np.log(2), -np.inf, -np.inf]
    mistakes = [
        (naive, "exp(1000) is infinite in float32, and exp(-1000) is 0. Subtract the largest score first."),
        (
            together,
            "You subtract one largest score from all rows. Each row needs its own: give `max` the axis.",
        ),
    ]
    hint = "Subtract the largest score of each row before you exponentiate, and add it after the logarithm."
    with expect_no_error(
        "`logsumexp` of four rows",
        "Keep the dimension of the largest, so that it can be subtracted from its row.",
    ):
        result = F.logsumexp(x)
    expect_tensor(result, expected, "`logsumexp` of four rows", "float32", hint, mistakes)


def test_infinite_scores():
    """A score of -inf counts as nothing; of nothing but -inf it is -inf, and with inf it is inf. Nothing warns."""
    inf = np.inf
    mistakes = [
        (
            [0, np.nan, np.nan, np.nan],
            "-inf - -inf is nan, and so is inf - inf. Where the largest is infinite, subtract 0.",
        ),
        ([0, np.nan, inf, inf], "-inf - -inf is nan. Where the largest is -inf, subtract 0."),
        ([0, -inf, np.nan, np.nan], "inf - inf is nan. Where the largest is inf, subtract 0."),
    ]
    x = Tensor([[-inf, 0.0], [-inf, -inf], [inf, 0.0], [inf, 1000.0]])
    with np.errstate(all="ignore"):
        result = F.logsumexp(x)
    expect_tensor(
        result, [0, -inf, inf, inf], "`logsumexp` of rows with infinities", "float32", mistakes=mistakes
    )
    hint = 'Put the lines that compute under `with np.errstate(divide="ignore", over="ignore"):`.'
    with expect_no_error("The same, where warnings are errors,", hint), warnings.catch_warnings():
        warnings.simplefilter("error")
        F.logsumexp(x)


def test_nothing_to_sum():
    """Along an axis of size 0 it is -inf, the logarithm of 0."""
    with expect_no_error(
        "`logsumexp` of shape `(2, 0)`",
        "The largest of nothing is an error, unless `max` is given a start: `initial=-np.inf`.",
    ):
        result = F.logsumexp(zeros(2, 0))
    expect_tensor(result, [-np.inf, -np.inf], "`logsumexp` of shape `(2, 0)`", "float32")


def test_no_such_axis():
    """An axis that is not there raises an IndexError that names `logsumexp` and shows the shape."""
    hint = "`check_axes` raises it for you."
    for axis in (2, -3):
        what = f"`logsumexp(x, axis={axis})` of shape `(2, 3)`"
        expect_error(
            IndexError, lambda axis=axis: F.logsumexp(zeros(2, 3), axis), ["logsumexp", "(2, 3)"], what, hint
        )
    expect_opening("logsumexp", lambda: F.logsumexp(zeros(2, 3), 2))


def test_input_stays():
    """The scores keep their values."""
    x = Tensor([[1.0, 2.0], [-np.inf, -np.inf]])
    F.logsumexp(x)
    expect_unchanged(x, [[1, 2], [-np.inf, -np.inf]], "x", "`logsumexp(x)`")


# %% wrong="logsumexp" name="naive" says="exp(1000) is infinite in float32"
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    with np.errstate(divide="ignore", over="ignore"):
        return Tensor(np.log(np.exp(as_floating(x.data)).sum(axis=axes, keepdims=keepdims)))


# %% wrong="logsumexp" name="one_maximum_for_all" says="You subtract one largest score from all rows."
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    highest = array.max(initial=-np.inf)
    with np.errstate(divide="ignore", over="ignore"):
        return Tensor(np.log(np.exp(array - highest).sum(axis=axes, keepdims=keepdims)) + highest)


# %% wrong="logsumexp" name="does_not_add_it_back" says="The largest score that you subtracted is missing"
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    highest = array.max(axis=axes, keepdims=True, initial=-np.inf)
    return Tensor(np.log(np.exp(array - highest).sum(axis=axes, keepdims=keepdims)))


# %% wrong="logsumexp" name="forgets_infinities" says="-inf - -inf is nan, and so is inf - inf."
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    highest = array.max(axis=axes, keepdims=True, initial=-np.inf)
    out = np.log(np.exp(array - highest).sum(axis=axes, keepdims=True)) + highest
    return Tensor(out if keepdims else out.squeeze(axes))


# %% wrong="logsumexp" name="always_keeps_the_dimension" says="of shape `(2, 3, 4)` has shape (2, 3, 1)"
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    highest = array.max(axis=axes, keepdims=True, initial=-np.inf)
    highest = np.where(np.isinf(highest), 0.0, highest)
    out = np.log(np.exp(array - highest).sum(axis=axes, keepdims=True)) + highest
    return Tensor(out.reshape(-1)[0] if out.size == 1 else out)


# %% wrong="logsumexp" name="works_in_place" says="`logsumexp(x)` changed `x`"
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    highest = array.max(axis=axes, keepdims=True, initial=-np.inf)
    highest = np.where(np.isinf(highest), 0.0, highest)
    array -= highest
    with np.errstate(divide="ignore", over="ignore"):
        out = np.log(np.exp(array).sum(axis=axes, keepdims=True)) + highest
    return Tensor(out if keepdims else out.squeeze(axes))


# %% wrong="logsumexp" name="leaves_the_error_to_numpy" says="`check_axes` raises it for you."
def logsumexp(x, axis=-1, keepdims=False):
    array = as_floating(x.data)
    highest = array.max(axis=axis, keepdims=True, initial=-np.inf)
    highest = np.where(np.isinf(highest), 0.0, highest)
    with np.errstate(divide="ignore", over="ignore"):
        out = np.log(np.exp(array - highest).sum(axis=axis, keepdims=True)) + highest
    return Tensor(out if keepdims else out.squeeze(axis))


# %% experiment="soft_maximum" title="A maximum with soft edges"
for scores in (
    [1.0, 2.0, 3.0],
    [10.0, 20.0, 30.0],
    [3.0, 3.0, 3.0],
    [1000.0, 0.0, 0.0],
):
    total = F.logsumexp(Tensor(scores)).item()
    print(f"{scores}: max {max(scores)}, log-sum-exp {total:.5f}")

# %% [markdown]
# Log-sum-exp is never below the largest score, and above it by at most the logarithm of how many there are. It is a maximum with soft edges. So the surprise, log-sum-exp minus the right score,
# says by how much the right class is behind the best, and it is near 0 only if the right class *is* the best, clearly.

# %% [markdown]
# ## Cross-entropy
#
# The mean of the surprises over a batch is the **cross-entropy**, the loss of nearly all classifiers and of every language model. Its inputs are the raw scores, called **logits**,
# and for each row of them the number of the right class. Logits may have any number of leading dimensions: `(32, 10)` for pictures, `(8, 128, 5000)` for eight sentences of 128 tokens out of
# 5,000. Targets have the same shape without the last dimension.
#
# A helper looks at the inputs, raises the errors, and makes all this flat: `check_classes` returns `rows`, an array `(N, C)` of scores; `y`, an array `(N,)` of classes; and `ignored`, the positions of
# rows that do not count. In a filled-up sentence the targets of the filling are `ignore_index`, -100. There the helper puts class 0 into `y`, so that you can compute with all rows alike, and afterwards set the loss of the ignored ones to 0.
#
# Two more things to know.
#
# - **Subtract first.** The numbers in $\log \sum_j e^{z_j} - z_y$ may be 10,000 and 9,999.3, and float32 has about seven digits: three places after the point here. So subtract the largest score of its row from all scores *before* anything else. That changes no
#   difference, and all numbers that matter become small.
# - **Keep the probabilities.** The gradient will need the softmax of each row, which you nearly have. `keep(loss, p, y, ignored)` returns `loss` and does nothing else until module 05 makes it remember the rest.

# %% exercise="cross_entropy" object="tinytorch.nn.functional.losses:cross_entropy" points=4 title="Cross-entropy from logits"
# - Subtract: `z = minus(rows, rows.max(axis=-1, keepdims=True))`, with module 02's `minus`, which does not warn of $-\infty - (-\infty)$. Then each loss is the log-sum-exp of a row of `z`, minus the element of that row at its class.
# - To take one element of each row, index with two arrays: `z[np.arange(len(y)), y]`. (`z[:, y]` takes all the classes of `y` from every row.) Your `logsumexp(Tensor(z)).data` gives the other part.
# - Set `losses[ignored] = 0.0`, reshape the losses like `targets`, and reduce with the count `len(y) - len(ignored)`. For `p`, divide `np.exp(z)` by its sum in each row: `total[:, np.newaxis]` is a column.

# %% checks="cross_entropy"


def test_surprise_at_the_right_class():
    """Scores 2, 0, 0 with class 0 cost 0.2395: the logarithm of e² + 1 + 1, minus 2."""
    expected = np.log(np.exp(2) + 2) - 2
    mistakes = [
        (-expected, "The sign is wrong: a loss is *minus* the logarithm of a probability, so never below 0."),
        (np.exp(-expected), "That is the probability of the right class. The loss is minus its logarithm."),
        (
            expected / np.log(2),
            "That is in bits, with the logarithm to base 2. Take the natural one, `np.log`.",
        ),
        (np.log(np.exp(2) + 2), "The score of the right class is not subtracted yet."),
    ]
    loss = F.cross_entropy(Tensor([[2.0, 0.0, 0.0]]), Tensor([0]))
    expect_tensor(loss, expected, "The loss of scores 2, 0, 0 for class 0", "float32", mistakes=mistakes)
    hint = "In the row there, take the score at the target, here the last."
    loss = F.cross_entropy(Tensor([[2.0, 0.0, 0.0]]), Tensor([2]))
    expect_tensor(loss, expected + 2, "The loss of scores 2, 0, 0 for class 2", "float32", hint)


def test_each_row_has_its_own_class():
    """In a batch each row is judged by its own target, and the mean is taken over rows."""
    rng = np.random.default_rng(0)
    array, y = rng.normal(size=(5, 3)), np.array([2, 0, 1, 1, 0], dtype="int32")
    log_p = array - np.log(np.exp(array).sum(axis=1, keepdims=True))
    each = -log_p[np.arange(5), y]
    x, target = Tensor(array), Tensor(y)
    hint = "Index with two arrays, `z[np.arange(len(y)), y]`: row 0 with its class, row 1 with its class, and so on."
    with expect_no_error("`cross_entropy` of logits `(5, 3)`", hint):
        result = F.cross_entropy(x, target, reduction="none")
    expect_tensor(result, each, 'The losses of 5 rows, with `reduction="none"`,', "float64", hint)
    expect_tensor(F.cross_entropy(x, target), each.mean(), "The mean of the 5 losses", "float64", hint)
    expect_tensor(F.cross_entropy(x, target, "sum"), each.sum(), "The sum of the 5 losses", "float64", hint)


def test_any_leading_dimensions():
    """Logits `(2, 3, 4)` take targets `(2, 3)`, and logits `(4,)` take a target `()`; without reduction the losses have the shape of the targets."""
    rng = np.random.default_rng(1)
    for shape in [(2, 3), (), (1,), (2, 1, 2)]:
        array, y = rng.normal(size=(*shape, 4)), rng.integers(0, 4, shape).astype("int32")
        log_p = array - np.log(np.exp(array).sum(axis=-1, keepdims=True))
        each = -np.take_along_axis(log_p, y[..., np.newaxis], -1)[..., 0]
        what = f"Logits {array.shape} with targets {shape}"
        hint = "`rows` and `y` are flat. Before you reduce, give the losses the shape of the targets again."
        with expect_no_error(what, hint):
            result = F.cross_entropy(Tensor(array), Tensor(y), reduction="none")
        expect_tensor(result, each, what, "float64", hint)


def test_large_scores():
    """However large the scores, the loss is right to the last digits: far behind costs the gap, and nothing is infinite."""
    behind = "The probability of the right class is 0 in float32, and its logarithm infinite. Take log-sum-exp minus the score instead."
    mistakes = [
        ([np.inf, 0, np.log(2)], behind),
        ([np.nan, np.nan, np.log(2)], "exp(1000) is infinite. Subtract the largest score of each row first."),
        (
            [np.nan, 0, np.log(2)],
            "0 times infinity is nan. Take log-sum-exp minus the score of the right class.",
        ),
        ([1000, 0, np.inf], "You subtract one largest score from all rows. Each row has its own: `axis=-1`."),
        (
            [1000, 0, -np.inf],
            "You subtract one largest score from all rows. Each row has its own: `axis=-1`.",
        ),
    ]
    x = Tensor([[0.0, 1000.0], [1000.0, 0.0], [0.0, 0.0]])
    with np.errstate(all="ignore"):
        gap = F.cross_entropy(x, Tensor([0, 0, 0]), reduction="none")
    what = "The losses of a class behind by 1000, ahead by 1000, and level"
    expect_tensor(gap, [1000, 0, np.log(2)], what, "float32", mistakes=mistakes)
    hint = "Near 10,000 float32 knows three places after the point. Subtract the largest score of the row from all scores first; then subtract."
    close = F.cross_entropy(Tensor([[10_000.0, 10_001.0]]), Tensor([0]))
    expect_tensor(close, np.log1p(np.e), "The loss of scores 10,000 and 10,001 for class 0", "float32", hint)


def test_forbidden_classes():
    """A score of -inf forbids a class: it costs infinitely much if it is right, and nothing changes if it is not."""
    x = Tensor([[-np.inf, 0.0, 0.0], [-np.inf, 0.0, 0.0]])
    result = F.cross_entropy(x, Tensor([1, 0]), reduction="none")
    expect_tensor(
        result, [np.log(2), np.inf], "The losses of scores -inf, 0, 0 for classes 1 and 0", "float32"
    )


def test_rows_to_ignore():
    """Rows whose target is `ignore_index` cost 0, whatever their scores, and do not count in the mean."""
    x = Tensor([[[0.0, 0.0], [5.0, 0.0]], [[1.0, 2.0], [np.nan, 0.0]]])
    y = Tensor([[0, -100], [1, -100]])
    each = np.array([[np.log(2), 0], [np.log1p(np.exp(-1)), 0]])
    hint = "After the losses are computed, `losses[ignored] = 0.0`. Multiplying by 0 is not enough: 0 times nan is nan."
    mistakes = [
        (each.reshape(-1), "The losses are right, but flat: give them the shape of the targets again.")
    ]
    what = "The losses, with every second row ignored,"
    expect_tensor(F.cross_entropy(x, y, "none"), each, what, "float32", hint, mistakes)
    mistakes = [
        (
            each.sum() / 4,
            "The sum is right, but it is divided by all rows. `reduce_loss` takes the count of those that count.",
        )
    ]
    expect_tensor(
        F.cross_entropy(x, y),
        each.sum() / 2,
        "The mean loss, with every second row ignored,",
        "float32",
        hint,
        mistakes,
    )
    other = F.cross_entropy(zeros(2, 3), Tensor([1, 2]), "none", ignore_index=2)
    expect_tensor(
        other,
        [np.log(3), 0],
        "The losses with `ignore_index=2`",
        "float32",
        "Pass `ignore_index` on to `check_classes`.",
    )
    usual = F.cross_entropy(zeros(2, 3), Tensor([-100, 2]))
    expect_tensor(usual, np.log(3), "The mean with targets -100 and 2", "float32")


def test_what_is_kept():
    """It keeps the softmax of each row, the classes and the ignored positions, in this order, and returns the loss."""
    kept = []
    losses.keep = lambda out, *values: kept.append(values) or out
    x = Tensor([[[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]])
    loss = F.cross_entropy(x, Tensor([[1, -100]]))
    expect_tensor(
        loss, np.log(np.exp(-1) + 1 + np.exp(-2)), "The loss of one row, and one to ignore,", "float32"
    )
    if not kept:
        fail("Nothing was kept for the gradient.", "End with `return keep(loss, p, y, ignored)`.")
    if len(kept) != 1 or len(kept[0]) != 3:
        fail(
            "`keep` was not called once with four arguments.",
            "End with `return keep(loss, p, y, ignored)`, and call it nowhere else.",
        )
    p, y, ignored = kept[0]
    if not isinstance(p, np.ndarray):
        fail(
            "The kept probabilities are not a NumPy array.",
            "Rules work on arrays: keep `p`, not `Tensor(p)`.",
        )
    expected = np.exp(x.data[0]) / np.exp(x.data[0]).sum(axis=1, keepdims=True)
    hint = "`p` is exp(z) divided by the sum of its row, of shape (N, C)."
    expect_tensor(Tensor(p), expected, "The kept `p`", "float32", hint)
    expect_tensor(Tensor(y), [1, 0], "The kept `y`", hint="Keep what `check_classes` returned.")
    expect_equal([int(i) for i in ignored], [1], "The kept `ignored`", "Keep what `check_classes` returned.")


def test_errors():
    """Targets with fractions, of a wrong shape, or of no class raise the errors of `check_classes`, which name `cross_entropy`."""
    hint = 'Call `check_classes("cross_entropy", logits, targets, ignore_index)` before anything else.'
    for kind, targets, what in [
        (TypeError, Tensor([0.0, 1.0]), "A target of float32"),
        (ValueError, Tensor([0, 1, 2]), "Logits `(2, 3)` with targets `(3,)`"),
        (IndexError, Tensor([0, 3]), "Class 3 of 3 classes"),
        (IndexError, Tensor([-1, 0]), "Class -1"),
    ]:
        expect_error(
            kind,
            lambda targets=targets: F.cross_entropy(zeros(2, 3), targets),
            ["cross_entropy"],
            what,
            hint,
        )
    expect_opening("cross_entropy", lambda: F.cross_entropy(zeros(2, 3), Tensor([0, 3])))


def test_inputs_stay():
    """Scores and targets keep their values."""
    x, y = Tensor([[1.0, 2.0], [3.0, 0.0]]), Tensor([1, -100])
    F.cross_entropy(x, y)
    expect_unchanged(x, [[1, 2], [3, 0]], "logits", "`cross_entropy(logits, targets)`")
    expect_unchanged(y, [1, -100], "targets", "`cross_entropy(logits, targets)`")


# %% wrong="cross_entropy" name="forgets_the_minus" says="a loss is *minus* the logarithm of a probability"
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = rows - rows.max(axis=-1, keepdims=True)
    losses = z[np.arange(len(y)), y] - logsumexp(Tensor(z)).data
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, softmax(Tensor(rows)).data, y, ignored)


# %% wrong="cross_entropy" name="softmax_then_log" says="Take log-sum-exp minus the score instead."
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    p = softmax(Tensor(rows)).data
    losses = -np.log(p[np.arange(len(y)), y])
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, p, y, ignored)


# %% wrong="cross_entropy" name="every_class_of_every_row" says="Index with two arrays"
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    p = softmax(Tensor(rows)).data
    losses = logsumexp(Tensor(rows), keepdims=True).data - rows[:, y]
    losses[ignored] = 0.0
    return keep(reduce_loss(losses, reduction), p, y, ignored)


# %% wrong="cross_entropy" name="subtracts_last" says="Near 10,000 float32 knows three places after the point."
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    losses = logsumexp(Tensor(rows)).data - rows[np.arange(len(y)), y]
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, softmax(Tensor(rows)).data, y, ignored)


# %% wrong="cross_entropy" name="counts_what_is_ignored" says="but it is divided by all rows"
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = rows - rows.max(axis=-1, keepdims=True)
    losses = logsumexp(Tensor(z)).data - z[np.arange(len(y)), y]
    losses[ignored] = 0.0
    return keep(reduce_loss(losses.reshape(targets.shape), reduction), softmax(Tensor(z)).data, y, ignored)


# %% wrong="cross_entropy" name="keeps_nothing" says="Nothing was kept for the gradient."
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = rows - rows.max(axis=-1, keepdims=True)
    losses = logsumexp(Tensor(z)).data - z[np.arange(len(y)), y]
    losses[ignored] = 0.0
    return reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))


# %% wrong="cross_entropy" name="works_in_place" says="`cross_entropy(logits, targets)` changed `logits`"
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    rows -= rows.max(axis=-1, keepdims=True)
    losses = logsumexp(Tensor(rows)).data - rows[np.arange(len(y)), y]
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, softmax(Tensor(rows)).data, y, ignored)


# %% wrong="cross_entropy" name="trusts_its_targets" says="Call `check_classes("
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows = logits.data.reshape(-1, logits.shape[-1])
    y = targets.data.reshape(-1)
    ignored = np.flatnonzero(y == ignore_index)
    y = np.where(y == ignore_index, 0, y)
    z = rows - rows.max(axis=-1, keepdims=True)
    losses = logsumexp(Tensor(z)).data - z[np.arange(len(y)), y]
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, softmax(Tensor(z)).data, y, ignored)


# %% experiment="surprises" title="What the right class costs"
for p in (0.99, 0.9, 0.5, 0.1, 0.01, 0.001):
    # the logarithms of probabilities are logits that give them
    scores = Tensor(np.log([[p, 1 - p]]), "float32")
    loss = F.cross_entropy(scores, Tensor([0])).item()
    print(f"probability {p:5}: loss {loss:.4f}")

scores = zeros(4, 10)
print("no idea:", F.cross_entropy(scores, Tensor([0, 3, 5, 9])))
try:
    F.cross_entropy(scores, Tensor([0, 3, 5, 10]))
except IndexError as error:
    print(error)

# %% [markdown]
# Remember the 2.3026, which is log 10. A network that has learned nothing gives all of $C$ classes nearly the same score and costs about $\log C$. If training *starts* far above that, the first
# weights are too large; if it *stays* there, nothing is learned.

# %% [markdown]
# ## Softmax minus one-hot
#
# Now its slope. Of the loss $L = \log \sum_j e^{z_j} - z_y$ of one row, take the slope for score $z_k$. The logarithm's slope is one over what is inside, times the slope of what is inside, where only $e^{z_k}$ depends on
# $z_k$ and is its own slope:
#
# $$ \frac{\partial}{\partial z_k} \log \sum_j e^{z_j} = \frac{e^{z_k}}{\sum_j e^{z_j}} = p_k $$
#
# That is softmax again. The second part, $-z_y$, has the slope $-1$ if $k$ is the right class, and else 0. Together, with $n$ rows in the mean:
#
# $$ \frac{\partial L}{\partial z_k} = \frac{1}{n} \left( p_k - \begin{cases} 1 & \text{if } k = y \\ 0 & \text{else} \end{cases} \right) $$
#
# What is subtracted is a row of zeros with a single one, called **one-hot**: the probabilities as they should be.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 500 186" width="500" role="img" aria-labelledby="ce-gradient-title ce-gradient-desc" font-size="13" fill="currentColor">
# <title id="ce-gradient-title">The gradient of cross-entropy: softmax minus one-hot</title>
# <desc id="ce-gradient-desc">Four classes as bars. Their scores are 2, 1, 0 and -1, their probabilities 0.64, 0.24, 0.09, 0.03. The second class is the right one; a dashed outline shows that its probability should be 1. The difference of bar and wish is the gradient: +0.64, -0.76, +0.09, +0.03.</desc>
# <path d="M 88 128.5 H 496" stroke="currentColor" fill="none"/>
# <text x="2" y="82" text-anchor="start">probability</text><text x="2" y="148" text-anchor="start">score</text><text x="2" y="174" text-anchor="start">gradient</text>
# <g><rect x="112" y="63.6" width="52" height="64.4" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="138" y="57.6" text-anchor="middle">0.64</text><text x="138" y="148" text-anchor="middle">2</text><text x="138" y="174" text-anchor="middle" font-weight="600">+0.64</text></g>
# <rect x="212" y="28" width="52" height="100" rx="3" stroke="currentColor" stroke-dasharray="3 3" fill="none"/><text x="238" y="20" text-anchor="middle">right class</text>
# <g><rect x="212" y="104.3" width="52" height="23.7" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="238" y="98.3" text-anchor="middle">0.24</text><text x="238" y="148" text-anchor="middle">1</text><text x="238" y="174" text-anchor="middle" font-weight="600">-0.76</text></g>
# <g><rect x="312" y="119.3" width="52" height="8.7" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="338" y="113.3" text-anchor="middle">0.09</text><text x="338" y="148" text-anchor="middle">0</text><text x="338" y="174" text-anchor="middle" font-weight="600">+0.09</text></g>
# <g><rect x="412" y="124.8" width="52" height="3.2" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="438" y="118.8" text-anchor="middle">0.03</text><text x="438" y="148" text-anchor="middle">-1</text><text x="438" y="174" text-anchor="middle" font-weight="600">+0.03</text></g>
# </svg>
# <figcaption>Every class is pushed by as much as its probability is off: the right one up, the others down.</figcaption>
# </figure>
#
# The logarithm has gone, and what is left of the exponentials is the softmax. The slopes of a row sum to 0, none is larger than 1, and the worse the answer, the stronger the push.
#
# Rows to ignore do not touch the loss: their slopes are 0, and $n$ counts the other rows only. If none is left all slopes are 0, although the mean is `nan`.

# %% exercise="cross_entropy_gradient" object="tinytorch.nn.functional.losses:cross_entropy_gradient" points=3 title="The gradient of cross-entropy, by hand"
# - Begin with the softmax of each row: `p = softmax(Tensor(rows)).data`, shape (N, C). It is a new array, so you may write into it.
# - Subtract 1 at the right class of each row: the same two index arrays as before, now on the left of `-=`. Then set the ignored rows to 0.
# - Divide by the rows that count, `len(y) - len(ignored)`, but never by 0: `max(…, 1)`. Return it as a Tensor with the shape of the logits.

# %% checks="cross_entropy_gradient"


def test_softmax_minus_one_hot():
    """Scores 0 and 0 with class 1 have the gradient 0.5 and -0.5."""
    mistakes = [
        ([[-0.5, 0.5]], "The sign is wrong: along this the loss would grow. It is softmax minus one-hot."),
        ([[0.5, 0.5]], "That is the softmax. Subtract 1 at the right class."),
        ([[0.25, -0.25]], "You divide by the number of all scores. The mean goes over rows only."),
    ]
    gradient = F.cross_entropy_gradient(zeros(1, 2), Tensor([1]))
    expect_tensor(
        gradient, [[0.5, -0.5]], "The gradient at scores 0 and 0 for class 1", "float32", mistakes=mistakes
    )


def test_it_is_the_slope():
    """In a batch, each slope is what the mean loss does when that score is nudged."""
    rng = np.random.default_rng(0)
    x, y = Tensor(rng.normal(size=(4, 3))), Tensor([2, 0, 1, 0])
    slopes = by_differences(lambda x: F.cross_entropy(x, y), x)
    p = F.softmax(x).data
    everywhere = p.copy()
    everywhere[:, y.data] -= 1
    mistakes = [
        (
            slopes * 4,
            "That is the gradient of the sum. The loss is the mean over rows: divide by their number.",
        ),
        (slopes / 3, "You divide by the number of all scores. The mean goes over rows only."),
        (
            everywhere / 4,
            "You subtract 1 in whole columns. Only the right class of each row gets it: index with two arrays.",
        ),
    ]
    gradient = F.cross_entropy_gradient(x, y)
    expect_tensor(gradient, slopes, "The gradient of a batch `(4, 3)`", "float64", mistakes=mistakes)


def test_any_leading_dimensions():
    """The gradient has the shape and dtype of the logits."""
    rng = np.random.default_rng(1)
    hint = "Each row has the slopes of its own scores. `rows` are flat: give the result the shape of the logits again."
    for shape in [(2, 3), (), (2, 1, 2)]:
        x, y = Tensor(rng.normal(size=(*shape, 4))), Tensor(rng.integers(0, 4, shape).astype("int32"))
        what = f"The gradient of logits {x.shape}"
        with expect_no_error(what, hint):
            gradient = F.cross_entropy_gradient(x, y)
        slopes = by_differences(lambda x, y=y: F.cross_entropy(x, y), x)
        expect_tensor(gradient, slopes, what, "float64", hint)
    empty = F.cross_entropy_gradient(zeros(0, 3), zeros(0, dtype="int32"))
    expect_tensor(empty, np.zeros((0, 3)), "The gradient of logits (0, 3)", "float32", hint)


def test_large_scores():
    """Large scores give a gradient between -1 and 1, and no nan."""
    x = Tensor([[0.0, 1000.0], [1000.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    gradient = F.cross_entropy_gradient(x, Tensor([0, 0, 0, 0]))
    expected = np.array([[-1, 1], [0, 0], [-0.5, 0.5], [-0.5, 0.5]]) / 4
    hint = "`softmax` from module 02 survives any scores; exponentials of your own may not."
    expect_tensor(gradient, expected, "The gradient of classes behind, ahead and level", "float32", hint)


def test_rows_to_ignore():
    """Rows to ignore have the gradient 0, whatever their scores, and do not count in the mean."""
    x, y = Tensor([[0.0, 0.0], [5.0, 0.0], [0.0, 0.0], [np.nan, 0.0]]), Tensor([0, -100, 1, -100])
    expected = np.array([[-0.25, 0.25], [0, 0], [0.25, -0.25], [0, 0]])
    mistakes = [
        (expected / 2, "Divided by all rows. Only those that count make the mean: `len(y) - len(ignored)`.")
    ]
    hint = "Rows to ignore do not change the loss, so their slope is 0: `p[ignored] = 0.0`."
    gradient = F.cross_entropy_gradient(x, y)
    expect_tensor(gradient, expected, "The gradient with every second row ignored", "float32", hint, mistakes)
    other = F.cross_entropy_gradient(zeros(2, 2), Tensor([1, 0]), ignore_index=0)
    expect_tensor(
        other,
        [[0.5, -0.5], [0, 0]],
        "The gradient with `ignore_index=0`",
        "float32",
        "Pass `ignore_index` on.",
    )
    none = F.cross_entropy_gradient(zeros(1, 2), Tensor([-100]))
    expect_tensor(
        none, [[0, 0]], "The gradient if no row counts", "float32", "Do not divide by 0: `max(count, 1)`."
    )


def test_errors():
    """Targets with fractions, of a wrong shape, or of no class raise the errors of `check_classes`, which name `cross_entropy_gradient`."""
    hint = (
        'Call `check_classes("cross_entropy_gradient", logits, targets, ignore_index)` before anything else.'
    )
    for kind, targets, what in [
        (TypeError, Tensor([0.0, 1.0]), "A target of float32"),
        (ValueError, Tensor([0, 1, 2]), "Logits `(2, 3)` with targets `(3,)`"),
        (IndexError, Tensor([0, 3]), "Class 3 of 3 classes"),
    ]:
        says = ["cross_entropy_gradient"]
        expect_error(
            kind, lambda targets=targets: F.cross_entropy_gradient(zeros(2, 3), targets), says, what, hint
        )
    expect_opening("cross_entropy_gradient", lambda: F.cross_entropy_gradient(zeros(2, 3), Tensor([0, 3])))


def test_inputs_stay():
    """Scores and targets keep their values."""
    x, y = Tensor([[1.0, 2.0], [3.0, 0.0]]), Tensor([1, -100])
    F.cross_entropy_gradient(x, y)
    expect_unchanged(x, [[1, 2], [3, 0]], "logits", "`cross_entropy_gradient(logits, targets)`")
    expect_unchanged(y, [1, -100], "targets", "`cross_entropy_gradient(logits, targets)`")


# %% wrong="cross_entropy_gradient" name="uphill" says="The sign is wrong: along this the loss would grow."
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    p = -softmax(Tensor(rows)).data
    p[np.arange(len(y)), y] += 1.0
    p[ignored] = 0.0
    return Tensor(p.reshape(logits.shape) / max(len(y) - len(ignored), 1))


# %% wrong="cross_entropy_gradient" name="of_the_sum" says="That is the gradient of the sum."
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    p = softmax(Tensor(rows)).data
    p[np.arange(len(y)), y] -= 1.0
    p[ignored] = 0.0
    return Tensor(p.reshape(logits.shape))


# %% wrong="cross_entropy_gradient" name="whole_columns" says="You subtract 1 in whole columns."
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    p = softmax(Tensor(rows)).data
    p[:, y] -= 1.0
    p[ignored] = 0.0
    return Tensor(p.reshape(logits.shape) / max(len(y) - len(ignored), 1))


# %% wrong="cross_entropy_gradient" name="pushes_ignored_rows" says="Rows to ignore do not change the loss, so their slope is 0"
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    p = softmax(Tensor(rows)).data
    p[np.arange(len(y)), y] -= 1.0
    return Tensor(p.reshape(logits.shape) / max(len(y) - len(ignored), 1))


# %% wrong="cross_entropy_gradient" name="works_in_place" says="`cross_entropy_gradient(logits, targets)` changed `logits`"
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    rows -= rows.max(axis=-1, keepdims=True)
    p = np.exp(rows) / np.exp(rows).sum(axis=-1, keepdims=True)
    p[np.arange(len(y)), y] -= 1.0
    p[ignored] = 0.0
    return Tensor(p.reshape(logits.shape) / max(len(y) - len(ignored), 1))


# %% wrong="cross_entropy_gradient" name="trusts_its_targets" says="Call `check_classes("
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    p = softmax(logits).data
    one_hot = targets.data[..., np.newaxis] == np.arange(logits.shape[-1])
    counts = targets.data != ignore_index
    p = np.where(counts[..., np.newaxis], p - one_hot, 0.0)
    return Tensor((p / max(counts.sum(), 1)).astype(logits.dtype))


# %% experiment="push_scores" title="Scores, pushed by their own gradient"
scores, target = Tensor([[2.0, 1.0, 0.0, -1.0]]), Tensor([1])
for step in range(41):
    if step % 10 == 0:
        loss = F.cross_entropy(scores, target).item()
        p = F.softmax(scores).numpy().round(2)
        print(f"step {step:2}: loss {loss:.4f}, probabilities {p[0]}")
    scores = scores - 0.5 * F.cross_entropy_gradient(scores, target)

# %% [markdown]
# It begins at the figure's scores. The loss falls fast at first, when much is wrong, then slower and slower: the push is the error itself.

# %% [markdown]
# ## Yes or no
#
# For two classes one score is enough. Module 02's sigmoid turns a score $x$ into the probability of *yes*, and the target $y$ is 1 for yes and 0 for no; a number between them says how
# sure the teacher was. The surprise is $-\log \sigma(x)$ or $-\log(1 - \sigma(x))$, whichever applies:
#
# $$ L = -y \log \sigma(x) - (1 - y) \log (1 - \sigma(x)) $$
#
# That can be computed from probabilities, and ships written. The clamp at -100 is PyTorch's:

# %% pull="tinytorch.nn.functional.losses:binary_cross_entropy"

# %% [markdown]
# Why is there a clamp at all? Look at a network that is quite sure of *yes* where *no* is right. The exact loss is $\log(1 + e^x)$, nearly $x$ itself.

# %% experiment="almost_one" title="Wrong and quite sure, by way of a probability"
for x in (5.0, 10.0, 14.0, 16.0, 17.0, 20.0, 50.0):
    p = F.sigmoid(Tensor(x))
    loss = F.binary_cross_entropy(p, Tensor(0.0)).item()
    exact = np.log1p(np.exp(x))
    print(f"x {x:4}, p {p.item():.8f}:", end=" ")
    print(f"loss {loss:9.5f}, exact {exact:8.5f}")

# %% [markdown]
# A probability close to 0 can be small in float32 by many powers of ten. Close to 1 it cannot: the next number below 1 is 1 - 0.00000006. So the loss loses digits from a score of 10 on, and from 17 on the
# probability *is* 1, and the clamp makes up a loss of 100. Its slope is made up as well: it says nothing about the score any more.
#
# Once more the logarithm belongs on paper. From $1 - \sigma(x) = e^{-x}\sigma(x)$ follows $\log(1 - \sigma(x)) = -x + \log\sigma(x)$, and with $-\log\sigma(x) = \log(1 + e^{-x})$ all becomes
#
# $$ L = (1 - y)\,x + \log(1 + e^{-x}) $$
#
# The last part overflows for very negative $x$, and there it is nearly $-x$. A form without overflow for all $x$ is $\max(-x, 0) + \log(1 + e^{-|x|})$. For a small $u$, `np.log1p(u)` computes $\log(1 + u)$
# with all digits, which `np.log(1 + u)` would lose.

# %% exercise="binary_cross_entropy_with_logits" object="tinytorch.nn.functional.losses:binary_cross_entropy_with_logits" points=3 title="Binary cross-entropy from scores"
# - Two arrays from `same_shape("binary_cross_entropy_with_logits", logits, target)`; then let `check_probabilities` look at the targets.
# - `np.maximum(-x, 0.0) + np.log1p(np.exp(-np.abs(x)))` is log(1 + exp(-x)) for any x. (`np.logaddexp(0.0, -x)` is the same, and slower.)
# - Add `(1.0 - y) * x` to it, and reduce.

# %% checks="binary_cross_entropy_with_logits"


def test_yes_and_no():
    """Scores 2, 2 and -1 for yes, no and yes cost 0.1269, 2.1269 and 1.3133."""
    x, y = Tensor([2.0, 2.0, -1.0]), Tensor([1.0, 0.0, 1.0])
    each = np.log1p(np.exp([-2, 2, 1]))
    exchanged = (
        "Yes and no are exchanged: `(1 - y) * x` is the part that a score costs where the answer is no."
    )
    mistakes = [
        (np.log1p(np.exp([2, -2, -1])), exchanged),
        (np.log1p(np.exp([-2, 2, 1])) + y.data * x.data - (1 - y.data) * x.data, exchanged),
        (-each, "The sign is wrong: a loss is minus the logarithm of a probability, so never below 0."),
        (each - [0, 2, 0], "That is the loss where the answer is yes. For no, `(1 - y) * x` is added."),
        (
            each + x.data,
            "The maximum is that of `-x` and 0: it replaces log(1 + exp(-x)) where x is far below 0.",
        ),
        (
            each + np.maximum(-x.data, 0),
            "Beside the maximum belongs `np.log1p(np.exp(-np.abs(x)))`, with the absolute value of x.",
        ),
        (each - np.maximum(-x.data, 0), "For scores below 0, `np.maximum(-x, 0.0)` is missing."),
    ]
    result = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    expect_tensor(result, each, "The losses of scores 2, 2, -1 for 1, 0, 1", "float32", mistakes=mistakes)


def test_all_reductions():
    """The mean is taken if nothing else is asked for; `"sum"` adds up. Targets between 0 and 1 are taken, too."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 2)), rng.random((3, 2))
    each = (1 - y) * x + np.log1p(np.exp(-x))
    result = F.binary_cross_entropy_with_logits(Tensor(x), Tensor(y), reduction="none")
    expect_tensor(result, each, "The losses of a `(3, 2)` grid", "float64")
    hint = "Pass `reduction` on to `reduce_loss`."
    for reduction, expected in [("mean", each.mean()), ("sum", each.sum())]:
        result = F.binary_cross_entropy_with_logits(Tensor(x), Tensor(y), reduction=reduction)
        expect_tensor(result, expected, f'With `reduction="{reduction}"`, the loss', "float64", hint)
    usual = F.binary_cross_entropy_with_logits(Tensor(x), Tensor(y))
    expect_tensor(usual, each.mean(), "The loss", "float64", hint)


def test_large_scores():
    """A score of 1000 costs nothing if it is right, and 1000 if it is wrong; so does -1000."""
    x, y = Tensor([1000.0, 1000.0, -1000.0, -1000.0]), Tensor([1.0, 0.0, 0.0, 1.0])
    overflow = "exp(1000) is infinite. Exponentiate `-np.abs(x)`, which is never above 0."
    mistakes = [
        (
            [0, 100, 0, 100],
            "Losses of 100 come from the clamp: this went through a probability. Compute from the scores.",
        ),
        (
            [0, np.inf, 0, np.inf],
            "The logarithm of a probability that is 0. Compute from the scores, without sigmoid.",
        ),
        (
            [np.nan, np.inf, np.nan, np.inf],
            "0 times the logarithm of 0. Compute from the scores, without sigmoid.",
        ),
        ([0, 1000, np.inf, np.inf], overflow),
        ([0, 1000, np.nan, np.inf], overflow),
    ]
    with np.errstate(all="ignore"):
        result = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    expect_tensor(
        result, [0, 1000, 0, 1000], "The losses of ±1000, right and wrong,", "float32", mistakes=mistakes
    )


def test_small_losses_keep_their_digits():
    """A score of 20 for yes costs 0.0000000020612, not 0."""
    result = F.binary_cross_entropy_with_logits(Tensor(20.0), Tensor(1.0)) * 1e9
    hint = "1 + 0.000000002 is 1 in float32, and log(1) is 0. `np.log1p(u)` computes log(1 + u) without adding first."
    expect_tensor(
        result,
        np.log1p(np.exp(-20)) * 1e9,
        "A thousand million times the loss of a score of 20 for yes",
        "float32",
        hint,
    )


def test_shapes_and_targets():
    """Shapes that differ, and targets outside 0 to 1, raise a ValueError that names the function."""
    hint = f'Call `same_shape("{BCE}", logits, target)` first, then `check_probabilities("{BCE}", "targets", y)`.'
    for what, x, y, says in [
        ("Scores `(4, 1)` with targets `(4,)`", zeros(4, 1), zeros(4), ["(4, 1)", "(4,)"]),
        ("A target of -1", zeros(2), Tensor([1.0, -1.0]), ["targets", "-1.0"]),
        ("A target of 2", zeros(2), Tensor([2.0, 1.0]), ["targets", "2.0"]),
    ]:
        action = lambda x=x, y=y: F.binary_cross_entropy_with_logits(x, y)  # noqa: E731
        expect_error(ValueError, action, [BCE, *says], what, hint)
        expect_opening(BCE, action)


def test_inputs_stay():
    """Scores and targets keep their values."""
    x, y = Tensor([1.0, -2.0]), Tensor([1.0, 0.0])
    F.binary_cross_entropy_with_logits(x, y)
    expect_unchanged(x, [1, -2], "logits", f"`{BCE}(logits, target)`")
    expect_unchanged(y, [1, 0], "target", f"`{BCE}(logits, target)`")


# %% wrong="binary_cross_entropy_with_logits" name="by_way_of_a_probability" says="this went through a probability"
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    p = Tensor(1.0 / (1.0 + np.exp(-logits.data)))
    return binary_cross_entropy(p, target, reduction)


# %% wrong="binary_cross_entropy_with_logits" name="overflows" says="Exponentiate `-np.abs(x)`, which is never above 0."
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    return reduce_loss((1.0 - y) * x + np.log1p(np.exp(-x)), reduction)


# %% wrong="binary_cross_entropy_with_logits" name="exchanges_yes_and_no" says="Yes and no are exchanged"
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    return reduce_loss(y * x + np.maximum(-x, 0.0) + np.log1p(np.exp(-np.abs(x))), reduction)


# %% wrong="binary_cross_entropy_with_logits" name="adds_before_the_logarithm" says="`np.log1p(u)` computes log(1 + u) without adding first."
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    softplus = np.maximum(-x, 0.0) + np.log(1.0 + np.exp(-np.abs(x)))
    return reduce_loss((1.0 - y) * x + softplus, reduction)


# %% wrong="binary_cross_entropy_with_logits" name="works_in_place" says="changed `logits`"
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    softplus = np.maximum(-x, 0.0) + np.log1p(np.exp(-np.abs(x)))
    x *= 1.0 - y
    return reduce_loss(x + softplus, reduction)


# %% wrong="binary_cross_entropy_with_logits" name="takes_any_target" says="then `check_probabilities("
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    softplus = np.maximum(-x, 0.0) + np.log1p(np.exp(-np.abs(x)))
    return reduce_loss((1.0 - y) * x + softplus, reduction)


# %% [markdown]
# The table again, from the scores:

# %% experiment="from_scores" title="Wrong and quite sure, from the score"
for x in (5.0, 10.0, 14.0, 16.0, 17.0, 20.0, 50.0):
    no = Tensor(0.0)
    loss = F.binary_cross_entropy_with_logits(Tensor(x), no).item()
    exact = np.log1p(np.exp(x))
    print(f"x {x:4}: loss {loss:8.5f}, exact {exact:8.5f}")

# %% [markdown]
# Networks hold their losses as modules, made once with their options. They ship written and do nothing but call your functions, through the namespace `F`, so that module 05 finds them:

# %% pull="tinytorch.nn.losses:CrossEntropyLoss.__init__"

# %% pull="tinytorch.nn.losses:CrossEntropyLoss.forward"

# %% [markdown]
# ## Measure
#
# Three measurements: where float32 gives up if the loss goes by way of a probability, what a loss costs in time, and what it costs in memory. Predict first.

# %% [markdown] question="predict_log_zero"
# The smallest positive number of float32 is $2^{-149}$; what is smaller than half of it is rounded to 0. How far behind must the right class be, so that $e^{-gap}$ is rounded to 0?
#
# = 150 * math.log(2) ± 2%
# > Half of the smallest number is $2^{-150}$, and $e^{-gap} = 2^{-150}$ where the gap is 150 log 2.

# %% experiment="digits_lost" title="The loss by way of a probability, and directly" needs=["matplotlib"] alt="Line plot: loss against how far the right class is behind, from 96 to 107. The direct loss is a straight line. The loss by way of softmax and logarithm follows it at first, then climbs in larger and larger steps, and ends at 104, where it becomes infinite."
import matplotlib.pyplot as plt

gaps = np.arange(96, 107, 0.02)
scores = Tensor(np.stack([0 * gaps, gaps], axis=1), "float32")
target = zeros(len(gaps), dtype="int32")
direct = F.cross_entropy(scores, target, reduction="none").numpy()
indirect = -F.softmax(scores)[:, 0].log().numpy()

off = np.abs(indirect - direct) > 0.001
print(f"first off by more than 0.001: {gaps[off][0]:.1f}")
print(f"first infinite: {gaps[np.isinf(indirect)][0]:.1f}")

figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
finite = np.isfinite(indirect)
axes.plot(gaps, direct, label="cross_entropy", lw=4, alpha=0.35)
axes.plot(gaps[finite], indirect[finite], label="softmax, then log")
axes.set_xlabel("how far the right class is behind")
axes.set_ylabel("loss")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# Below $2^{-126}$, from a gap of about 87 on, float32 has fewer and fewer digits left for a number, so the steps grow; then there is nothing. The direct way does not notice, at no extra cost.
#
# And the cost? A layer with $D$ inputs multiplies and adds $D$ times for each of its scores. The loss does a handful of things to each score: it looks for the largest, subtracts,
# exponentiates, sums, divides.

# %% [markdown] question="predict_loss_time"
# A layer from 784 inputs to 10 classes, 32 pictures. Count operations: 2 × 784 for each score in the layer, let us say 6 in the loss. How many times more work is the layer?
#
# = 2 * 784 / 6 times ± 5%
# > By operations alone the loss should take less than half a percent of the layer's time. The next experiment says what it does take.

# %% experiment="loss_time" title="The time of a loss and of the layer before it"
import timeit
from functools import partial


def milliseconds(function, *args):
    call = partial(function, *args)
    return min(timeit.repeat(call, number=1, repeat=9)) * 1e3


def in_pieces(scores, target):
    log_p = F.log_softmax(scores)
    return -log_p[arange(len(target)), target].mean()


manual_seed(0)
rng = np.random.default_rng(0)
for rows, inputs, classes in [(32, 784, 10), (64, 256, 5000)]:
    x, w = randn(rows, inputs), randn(classes, inputs) * 0.05
    target = Tensor(rng.integers(0, classes, rows))
    scores = F.linear(x, w)
    layer = milliseconds(F.linear, x, w)
    loss = milliseconds(F.cross_entropy, scores, target)
    pieces = milliseconds(in_pieces, scores, target)

    count = scores.numel()
    print(f"({rows}, {inputs}) -> ({rows}, {classes})")
    print(f"  layer {layer:7.3f} ms, {2 * inputs * count:>12,} operations")
    print(f"  loss  {loss:7.3f} ms, {6 * count:>12,} operations")
    print(f"  loss / layer: {loss / layer:.2f},", end=" ")
    print(f"loss in pieces / loss: {pieces / loss:.2f}")

# %% [markdown]
# Far more than the count says, in both cases. With ten classes it is hardly arithmetic at all: `cross_entropy` calls NumPy some twenty times, each call has its price however small the array is, and the layer is one call or two. Where the matrix product is fast, the loss can take longer than its layer. With
# 5,000 classes the arrays are large, and what the loss does is dear: an exponential is as much work as many additions, and each step walks through all of memory again, where the matrix product uses each number that it fetches many times.
#
# `in_pieces` is the same loss, put together of what module 02 and the tensor already had. Where the calls are what costs, more of them cost more; and in module 05, when every operation also has a gradient and a place in a
# graph, each piece will cost again. That is why the loss is one function with one gradient. Next its memory, which for language models is the real concern.

# %% [markdown] question="predict_logits_memory"
# GPT-2 chooses among 50,257 tokens. How many GB (10⁹ bytes) do the logits of 8 sequences of 1,024 tokens take as float32?
#
# = 8 * 1024 * 50_257 * 4 / 1e9 GB ± 2%
# > More than three times the 124 million parameters of that model, as float32. For training the softmax is kept beside the logits, and their gradient is a third array of this size.

# %% experiment="loss_memory" title="What the loss allocates"
import tracemalloc

manual_seed(0)
rows, vocabulary = 256, 5000
scores = randn(rows, vocabulary)
target = zeros(rows, dtype="int32")
print(f"logits: {scores.nbytes / 1e6:.2f} MB")
for name, function in [
    ("cross_entropy", F.cross_entropy),
    ("cross_entropy_gradient", F.cross_entropy_gradient),
]:
    tracemalloc.start()
    function(scores, target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{name}: {peak / 1e6:.2f} MB at its peak,", end=" ")
    print(f"{peak / scores.nbytes:.1f} logits")

parameters, logits = 124_000_000 * 4, 8 * 1024 * 50_257 * 4
print(f"GPT-2: parameters {parameters / 1e9:.2f} GB,", end=" ")
print(f"logits {logits / 1e9:.2f} GB")

# %% [markdown]
# The book's `cross_entropy` needs one more array of the logits' size, because it exponentiates in place; if yours needs two or three, that is why. The number that comes out in the end has four bytes.

# %% [markdown]
# ## Put it together
#
# The three classes from the beginning of the chapter, and one linear layer. Its scores are $z = x W^T + b$, and `cross_entropy_gradient` gives $G$, the slope for each score. As with the line, a score moves by $x$ when its
# weight moves by 1, so the slopes for the weights are $G^T x$, and those for the bias are the column sums of $G$. It runs on *your* tinytorch.

# %% experiment="three_classes" title="A classifier learns" needs=["matplotlib"] alt="Left: three clouds of points in three colours, with the plane divided into three areas by straight lines, one around each cloud. Right: the loss against the step, falling steeply and then ever more slowly."
import matplotlib.pyplot as plt

manual_seed(0)
centres = Tensor([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])
classes = Tensor(np.arange(300) % 3)
points = centres[classes] + randn(300, 2) * 0.8

w, b = zeros(3, 2), zeros(3)
history = []
for step in range(101):
    scores = F.linear(points, w, b)
    loss = F.cross_entropy(scores, classes).item()
    history.append(loss)
    if step % 20 == 0:
        wrong = (scores.argmax(axis=1) != classes).sum().item()
        print(f"step {step:3}: loss {loss:.4f}, {wrong:3} of 300 wrong")
    gradient = F.cross_entropy_gradient(scores, classes)  # (300, 3)
    w = w - 0.5 * (gradient.T @ points)  # (3, 300) @ (300, 2)
    b = b - 0.5 * gradient.sum(axis=0)

figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
line = np.linspace(-5, 5, 120)
grid = Tensor(np.stack(np.meshgrid(line, line), axis=-1), "float32")
areas = F.linear(grid, w, b).argmax(axis=2).numpy()
axes[0].contourf(line, line, areas, levels=[-0.5, 0.5, 1.5, 2.5], alpha=0.25)
axes[0].scatter(*points.numpy().T, c=classes.numpy(), s=6)
axes[1].plot(history)
axes[1].set_ylim(bottom=0)
axes[1].set_xlabel("step")
axes[1].set_ylabel("loss")
axes[1].grid(alpha=0.3)

# %% [markdown]
# It starts at log 3 = 1.0986, knowing nothing, and learns. The borders are straight lines, for that is all that one layer can draw.
#
# Two layers can draw more. So here is a task that no straight line solves, the points inside a ring against those outside, and a network with a hidden layer. Its gradient is derived by hand as well. Read the lines under the comment:

# %% experiment="two_layers_by_hand" title="Two layers, by hand"
manual_seed(0)
points = randn(400, 2)
distance = (points * points).sum(axis=1, keepdims=True)
inside = (distance < 1.4).to("float32")

first, second = nn.Linear(2, 16), nn.Linear(16, 1)
w1, b1, w2, b2 = first.weight, first.bias, second.weight, second.bias
for step in range(601):
    h = F.tanh(F.linear(points, w1, b1))  # (400, 16)
    scores = F.linear(h, w2, b2)  # (400, 1)
    if step % 100 == 0:
        loss = F.binary_cross_entropy_with_logits(scores, inside)
        wrong = ((scores > 0) != (inside > 0)).sum().item()
        print(f"step {step:3}: loss {loss.item():.4f},", end=" ")
        print(f"{wrong:3} of 400 wrong")

    # backwards, each line from the one before it
    g = (F.sigmoid(scores) - inside) / 400  # the loss
    g_w2, g_b2 = g.T @ h, g.sum(axis=0)  # the second layer
    g = g @ w2  # what reaches h
    g = g * (1 - h * h)  # tanh
    g_w1, g_b1 = g.T @ points, g.sum(axis=0)  # the first layer

    slopes = [(w1, g_w1), (b1, g_b1), (w2, g_w2), (b2, g_b2)]
    for parameter, slope in slopes:
        parameter.data -= 1.0 * slope.data

# %% [markdown]
# It works, without anything that you have not built. And nobody wants to do it again. Each of those lines was worked out on paper, in the right order, with the right transposes. A forgotten factor
# crashes nothing; the network just learns worse, and you find out after days. With a third layer there are more of them. Another loss, another activation: begin anew. A transformer has hundreds.
#
# But look at the lines once more. Each needs nothing but the step that it belongs to and the `g` from the line before. There is a rule for `linear`, one for `tanh`, one for the loss; the rest is bookkeeping, backwards. Bookkeeping is what machines are for, and module 05 builds that one.

# %% integration=true


def test_the_losses_agree_with_softmax():
    """Cross-entropy is minus the log_softmax of module 02 at the right class, for whole batches."""
    manual_seed(0)
    scores, classes = randn(20, 5) * 5, Tensor(np.arange(20) % 5)
    picked = F.log_softmax(scores)[Tensor(np.arange(20)), classes]
    expect_tensor(F.cross_entropy(scores, classes), -picked.data.mean(), "`cross_entropy`", "float32")
    total = F.logsumexp(F.log_softmax(scores))
    expect_tensor(total + 1, np.ones(20), "One more than `logsumexp` of `log_softmax`", "float32")


def test_two_classes_are_a_yes_or_a_no():
    """Cross-entropy of scores 0 and x is binary cross-entropy of x, and so is the loss of its probability."""
    manual_seed(0)
    x, yes = randn(30) * 3, Tensor(np.arange(30) % 2)
    two = Tensor(np.stack([np.zeros(30), x.data], axis=1), "float32")
    expected = F.cross_entropy(two, yes).data
    expect_tensor(
        F.binary_cross_entropy_with_logits(x, yes), expected, "The loss of a score for yes", "float32"
    )
    loss = F.binary_cross_entropy(F.sigmoid(x), yes)
    expect_tensor(loss, expected, "The loss of its probability", "float32")


def test_modules_compute_what_the_functions_do():
    """The loss modules call your functions with their options."""
    x, y = Tensor([[1.0, 2.0], [0.0, 0.0]]), Tensor([0, -100])
    module = nn.CrossEntropyLoss(reduction="sum")
    expect_tensor(module(x, y), F.cross_entropy(x, y, "sum").data, "`CrossEntropyLoss`", "float32")
    target = Tensor([[1.0, 0.0], [0.0, 1.0]])
    expect_tensor(nn.MSELoss()(x, target), F.mse_loss(x, target).data, "`MSELoss`", "float32")
    loss = F.binary_cross_entropy_with_logits(x, target).data
    expect_tensor(nn.BCEWithLogitsLoss()(x, target), loss, "`BCEWithLogitsLoss`", "float32")


def test_a_classifier_learns_by_hand():
    """One layer learns three well separated classes, with your gradient and nothing else."""
    manual_seed(0)
    centres = Tensor([[0.0, 4.0], [-4.0, -2.0], [4.0, -2.0]])
    classes = Tensor(np.arange(90) % 3)
    points = centres[classes] + randn(90, 2) * 0.5
    w, b = zeros(3, 2), zeros(3)
    before = F.cross_entropy(F.linear(points, w, b), classes).item()
    for _ in range(50):
        gradient = F.cross_entropy_gradient(F.linear(points, w, b), classes)
        w = w - 0.3 * (gradient.T @ points)
        b = b - 0.3 * gradient.sum(axis=0)
    scores = F.linear(points, w, b)
    after = F.cross_entropy(scores, classes).item()
    expect_equal(round(before, 4), round(float(np.log(3)), 4), "The loss before training")
    expect_equal(
        (scores.argmax(axis=1) != classes).sum().item(), 0, "The number of wrong answers after training"
    )
    if not after < 0.05:
        fail(f"The loss after training is {after:.4f}; it should be below 0.05.")


def test_a_line_learns_by_hand():
    """A linear layer finds the line y = 2x + 1 with the gradient of the squared error."""
    manual_seed(0)
    x = randn(64, 1)
    y = 2 * x + 1
    w, b = zeros(1, 1), zeros(1)
    for _ in range(100):
        gradient = F.mse_loss_gradient(F.linear(x, w, b), y)
        w = w - 0.2 * (gradient.T @ x)
        b = b - 0.2 * gradient.sum(axis=0)
    expect_equal((round(w.item(), 2), round(b.item(), 2)), (2.0, 1.0), "The line's slope and offset")


# %% [markdown]
# ## Questions

# %% [markdown] question="loss_of_ignorance"
# A new language model with 5,000 tokens in its vocabulary makes its first prediction, with scores that are all nearly 0. About which cross-entropy do you expect?
#
# = math.log(5000) ± 2%
# > Every token has the probability 1/5000, whichever is right. If the first loss is much larger, the first scores are too large.

# %% [markdown] question="one_slope"
# In a batch of 32 pictures the network gives the right class of one of them the probability 0.9. What is the gradient of the mean loss for that score?
#
# = (0.9 - 1) / 32 ± 2%
# > Softmax minus one-hot, divided by the rows. It is negative: a larger score would lower the loss.

# %% [markdown] question="shapes_of_targets"
# The logits have shape `(8, 128, 5000)`: eight sentences, 128 positions, 5,000 tokens. Which targets does `cross_entropy` take?
#
# - [ ] shape `(8, 128, 5000)`, one-hot, float32 :: 20 MB, to say 1,024 whole numbers. Class numbers are enough.
# - [x] shape `(8, 128)`, int32 :: One class number for each row of scores.
# - [ ] shape `(1024,)`, int32 :: It flattens for itself. Targets have the shape of the logits without the last dimension.
# - [ ] shape `(8, 5000)`, int32 :: The last dimension holds the classes, and is the one that is missing in the targets.

# %% [markdown] question="softmax_twice"
# Somebody applies softmax and gives the probabilities to `cross_entropy`, as if they were logits. There are ten classes. Nothing crashes. What is the smallest loss that training can reach?
#
# = math.log(math.e + 9) - 1 ± 2%
# > At best the probabilities are one 1 and nine 0. Taken as logits, they give log(e¹ + 9 e⁰) - 1. The scores are squeezed between 0 and 1, the loss stays high however good the answers are, and the gradients are tiny. This mistake is
# > made every day.

# %% [markdown] question="filled_up"
# Two sentences of 3 and 5 tokens are filled up to 5 each, and the filling has the target -100. Each real token costs 2.0. What does `cross_entropy` with `reduction="mean"` give?
#
# - [ ] 1.6 :: That divides the sum, 16, by all ten positions, so the same answers would look better the more is filled up.
# - [x] 2.0 :: The sum, 16, divided by the eight positions that count.
# - [ ] 3.2 :: The sum divided by 5: the mean goes over all positions that count, not over one sentence.
# - [ ] nan :: Only if nothing at all counted.

# %% [markdown] question="add_batches"
# 1,000 examples are evaluated in batches of 32, so the last one has 8. You want the mean loss over all examples. What do you add up over the batches?
#
# - [ ] the means, and divide by the number of batches :: The last 8 examples would count four times as much as the others.
# - [x] the sums, and divide by 1,000 at the end :: Every example counts once.
# - [ ] the means, and divide by 1,000 :: A mean is not the sum of its examples any more.

# %% [markdown] question="why_not_squares"
# Why not train a classifier with the squared error between its probabilities and the one-hot targets? Think of a network that is wrong and very sure, and of the slope of softmax there.
#
# > It can be done, and it learns slowly where it should learn fast. The slope of that loss for the scores has the slope of softmax as a factor, p (1 - p), and a network that is sure has p close to 0 or 1, so that the slope is nearly 0 exactly when the answer is
# > badly wrong. In cross-entropy the logarithm cancels that factor, and what is left is the error itself, p - 1. Besides, the squared error of probabilities is at most 2, so it hardly tells "wrong" from "wrong and certain".

# %% [markdown]
# ## Looking further
#
# ```{admonition} In production
# :class: tip
#
# PyTorch's `cross_entropy` is `log_softmax` and then `nll_loss`, two operations with a gradient each. It keeps the log-probabilities, so the same array lives on. It wants classes along dimension 1,
# `(N, C, …)`, which comes from images with one prediction for each pixel; ours go last, as language models have them, and for `(N, C)` the two agree. For vocabularies of 100,000 tokens the logits are the largest array
# of the training step by far, so libraries compute matrix product, loss and gradient together in pieces and never hold all of them. Loss functions there also accept a weight for each class, and stay in 32-bit floats when the
# rest of the network has 16.
# ```
#
# ### What we left out
#
# - **Class weights and label smoothing.** A rare class can be made to count more, and targets can be made a little unsure of themselves. PyTorch's `weight` and `label_smoothing` are a line each; try one.
# - **Probabilities as targets.** `cross_entropy` takes class numbers only. Module 16 teaches a small network with a large one's probabilities, and writes that loss itself.
# - **Other losses.** Absolute and Huber error for outliers, Kullback-Leibler divergence, contrastive and ranking losses. All of them end in a reduction.
# - **Loss in pieces.** Our logits are made whole before the loss sees them.
# - **The gradients of the others.** `binary_cross_entropy_with_logits` has a beautiful one, which stood in the last experiment: sigmoid minus target. Module 05 gives every function of modules 01 to 04 its rule, and you have derived two of the hardest already.
