# %% [markdown]
# # Autograd
#
# A network learns by moving each of its weights a little, in the direction that lowers the loss. That direction is the gradient. Twice you
# have worked one out by hand. In this chapter your `Tensor` learns to do it, for every expression that you will ever write. You change
# nothing in modules 01 to 04. They keep computing forward, and something new watches them.

# %% setup=true
import numpy as np

from tinytorch import Tensor, disable_autograd, enable_autograd, manual_seed, no_grad, randn, zeros
from tinytorch.core.autograd import Node, topological_order, unbroadcast
from tinytorch.core.check_gradients import check_gradients, numerical_gradient
from tinytorch.core.gradients import (
    getitem_gradient,
    matmul_gradient,
    mul_gradient,
    sum_gradient,
)
from tinytorch.nn import functional as F
from tinytorch.nn.gradients import cross_entropy_gradient
from tinytorch.workshop.expect import (
    describe,
    expect_array,
    expect_equal,
    expect_no_error,
    expect_tensor,
    expect_unchanged,
    fail,
)


def computed(gradients, count, what):
    """Return what a rule gave as a list of `count` arrays. A gradient may be a function that computes it."""
    if count > 1 and not (isinstance(gradients, tuple) and len(gradients) == count):
        fail(
            f"{what} should return {count} gradients in a tuple, one for each input.",
            f"`return …, …` makes a tuple of {count}.",
        )
    several = gradients if isinstance(gradients, tuple) else (gradients,)
    return [part() if callable(part) else part for part in several]


def kept_of(logits, y, ignored=()):
    """What forward keeps: softmax in rows, classes, positions of ignored rows."""
    rows = logits.reshape(-1, logits.shape[-1])
    p = np.exp(rows - rows.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True), np.array(y), np.array(ignored, "int64")


def expect_nodes(order):
    if not isinstance(order, list) or not all(isinstance(node, Node) for node in order):
        fail(f"`topological_order` gave {describe(order)}; it should be a list of nodes.")


def names_of(order):
    return [repr(node) for node in order]


def diamond(x):
    """6x + 9x²"""
    h = x * 3
    return h * 2 + h * h


def short_and_long_way(x):
    """(x⁴ + x²) x²"""
    h = x * x
    return (h * h + h) * h


def long_and_short_way(x):
    """x² (x² + x⁴)"""
    h = x * x
    return h * (h + h * h)


# %% [markdown]
# ## The problem with working by hand
#
# Here is a network of two layers, and its gradient by hand. The last step is yours, from module 04: the gradient of the cross-entropy with respect to the scores.
# Three more lines carry it back to both weight matrices. Do they do it correctly? There is a simple test. Move all weights a tiny step $s$
# against the gradient. If the gradient $g$ is right, the loss falls by $s$ times the sum of all $g^2$.
#
# Then somebody replaces `relu` by `tanh`, in forward, and forgets the rest. What do you expect to see?


# %% experiment="by_hand" title="A gradient by hand, and a change somewhere else"
def gradient_by_hand(x, y, w1, w2, activation):
    h = activation(x @ w1)
    g = F.cross_entropy_gradient(h @ w2, y)  # module 04
    grad_w2 = h.T @ g
    grad_h = g @ w2.T
    grad_w1 = x.T @ (grad_h * (h > 0))
    return grad_w1, grad_w2


manual_seed(0)
x, y = randn(64, 20, dtype="float64"), Tensor(np.arange(64) % 3)
w1 = randn(20, 30, dtype="float64") * 0.3
w2 = randn(30, 3, dtype="float64")

step = 1e-4
for activation in (F.relu, F.tanh):
    g1, g2 = gradient_by_hand(x, y, w1, w2, activation)
    before = F.cross_entropy(activation(x @ w1) @ w2, y)
    after = activation(x @ (w1 - step * g1)) @ (w2 - step * g2)
    fall = (before - F.cross_entropy(after, y)).item()
    promised = step * ((g1 * g1).sum() + (g2 * g2).sum()).item()
    print(f"{activation.__name__}: promised {promised:.3e},", end=" ")
    print(f"fell by {fall:.3e}, {fall / promised:.0%} of it")

# %% [markdown]
# With `tanh` the gradient is wrong, because the line with `h > 0` belongs to `relu`. No error, no warning: the loss still falls, only less than it should. Such a network
# trains badly, and you would look for the reason everywhere else.
#
# The lines of the gradient repeat those of forward, in reverse. Whoever changes one must change the other, and a network has hundreds of such lines.
# But look at what each gradient line needs: the gradient of the line's result, and what went into the line. Nothing else. So a program could
# write them.

# %% [markdown]
# ## The chain rule, step by step
#
# Take an expression that is small enough for paper, $y = (a b + c) \cdot b$, at $a = 2$, $b = 3$, $c = 4$. Computed in steps it is
#
# $$ d = a b = 6, \qquad e = d + c = 10, \qquad y = e b = 30. $$
#
# Now walk back. Ask each value: if you grew by a little, how many times as much would $y$ grow? That is its **gradient**. For $y$ itself it is 1. The last step multiplied $e$ by $b$, so $e$ gets 3, the
# value of $b$, and $b$ gets 10, the value of $e$. The step before added: $d$ and $c$ both get the 3 of $e$, unchanged. The first
# step multiplied again: $a$ gets $3 \cdot b = 9$, and $b$ gets $3 \cdot a = 6$.
#
# So $b$ got something twice, 10 and 6. It was used twice, and it moves $y$ in both ways, so its gradient is the **sum**, 16.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 640 206" width="640" role="img" aria-labelledby="chain-title chain-desc" font-size="13" fill="currentColor">
# <title id="chain-title">The graph of y = (a b + c) b, with values and gradients</title>
# <desc id="chain-desc">Three boxes on the left hold a = 2, b = 3 and c = 4. a and b lead to d = a b = 6. d and c lead to e = d + c = 10. e and b lead to y = e b = 30. Below each value stands its gradient: y 1, e 3, d 3, c 3, a 9, and b 10 plus 6, which is 16.</desc>
# <g stroke="currentColor" fill="none"><rect x="2" y="2" width="120" height="46" rx="3"/><rect x="2" y="80" width="120" height="46" rx="3"/><rect x="2" y="158" width="120" height="46" rx="3"/><rect x="186" y="30" width="120" height="46" rx="20"/><rect x="352" y="112" width="120" height="46" rx="20"/><rect x="518" y="72" width="120" height="46" rx="20"/></g>
# <g stroke="currentColor" fill="none" stroke-width="1.2"><path d="M 122 25 C 150 25 160 46 186 48"/><path d="M 122 98 C 150 98 160 62 186 60"/><path d="M 306 56 C 330 58 330 126 352 130"/><path d="M 122 181 C 240 181 300 150 352 142"/><path d="M 472 135 C 496 133 496 108 518 102"/><path d="M 122 108 C 260 112 330 92 518 88"/></g>
# <g text-anchor="middle"><text x="62" y="20">a = 2</text><text x="62" y="98">b = 3</text><text x="62" y="176">c = 4</text><text x="246" y="48">d = a · b = 6</text><text x="412" y="130">e = d + c = 10</text><text x="578" y="90">y = e · b = 30</text></g>
# <g text-anchor="middle" fill="var(--tt-accent, #2f6fab)"><text x="62" y="39">gradient 9</text><text x="62" y="117">10 + 6 = 16</text><text x="62" y="195">gradient 3</text><text x="246" y="67">gradient 3</text><text x="412" y="149">gradient 3</text><text x="578" y="109">gradient 1</text></g>
# </svg>
# <figcaption>Values run from left to right. Gradients, in the second lines, run back.</figcaption>
# </figure>
#
# All of it was local. A multiplication never asked what the rest of the expression is. It took the gradient of its own result and
# passed on its share. That is the **chain rule**, and this chapter is nothing else: a rule for each operation, a record of which operations ran, and a walk back through the record.


# %% experiment="nudge" title="Nudge each value and look"
def y_of(a, b, c):
    return (a * b + c) * b


y = y_of(2, 3, 4)
for name, nudged in [
    ("a", y_of(2.001, 3, 4)),
    ("b", y_of(2, 3.001, 4)),
    ("c", y_of(2, 3, 4.001)),
]:
    print(f"{name} grows by 0.001, y by {nudged - y:.6f}:", end=" ")
    print(f"about {(nudged - y) / 0.001:.2f} times as much")

# %% [markdown]
# ## A judge first
#
# What you just saw is a way to find any gradient without knowing a single rule: change a number, compute again, compare. It
# is slow, so nobody trains like this. But it is never wrong by a forgotten term, and so it will judge everything else in this chapter.
#
# One improvement. For a curved function the slope to the right differs from the slope to the left. Take a step to each side, and the
# first-order errors cancel:
#
# $$ \frac{\partial f}{\partial x_i} \approx \frac{f(x_i + \varepsilon) - f(x_i - \varepsilon)}{2 \varepsilon} $$
#
# You change one element at a time, in place, and put back exactly what was there. `np.ndindex(shape)` yields the position of each element, `(0, 0)`, `(0, 1)` and so on. `f(x)` is a number
# or a tensor with one element; `float(…)` makes a Python number of either.

# %% exercise="numerical_gradient" object="tinytorch.core.check_gradients:numerical_gradient" points=3 title="The slope, by trying"
# - Start from `gradient = np.zeros_like(x.data)`, and loop: `for position in np.ndindex(x.shape):`. Both arrays take `position` in brackets.
# - In the loop, remember `before = x.data[position]`. Write `before + eps` there and compute `float(f(x))`, then `before - eps` and compute again, then write `before` back.
# - The entry is `(more - less) / (2 * eps)`. Adding and subtracting eps would not put back what was there: floats round. Keep the old value and write it.

# %% checks="numerical_gradient"


def test_a_parabola():
    """The gradient of the sum of x² is 2x, in x's shape."""
    x = Tensor([[1.0, -2.0, 3.0], [0.5, 0.0, 4.0]], "float64")
    expected = [[2, -4, 6], [1, 0, 8]]
    mistakes = [
        (np.array(expected) * 2.0, "The two sides are 2 ε apart, not ε."),
        (np.array(expected) * 2e-6, "Divide the difference by how far the two sides are apart, 2 ε."),
    ]
    found = numerical_gradient(lambda x: (x * x).sum(), x)
    expect_array(found, expected, "The numerical gradient of the sum of x²", "float64", "", mistakes)


def test_both_sides():
    """It steps to both sides: for a parabola the result is exact even for a large ε."""
    x = Tensor([1.0, 3.0], "float64")
    hint = "f(x + ε) - f(x) leans to one side. Take f(x + ε) - f(x - ε)."
    found = numerical_gradient(lambda x: (x * x).sum(), x, 0.5)
    expect_array(found, [2, 6], "With `eps=0.5`, the gradient of the sum of x²", hint=hint)
    cube = numerical_gradient(lambda x: (x * x * x).sum(), x, eps=0.5)
    expect_array(cube, [3.25, 27.25], "With `eps=0.5`, the gradient of the sum of x³", hint=hint)


def test_one_at_a_time():
    """Each element is changed alone: all others hold their own values meanwhile."""
    x = Tensor([2.0, 3.0, 5.0], "float64")
    hint = "Put each element back before you come to the next one."
    found = numerical_gradient(lambda x: x[0] * x[1] * x[2], x, 0.5)
    expect_array(found, [15, 10, 6], "The gradient of x₀ · x₁ · x₂ at (2, 3, 5)", hint=hint)


def test_everything_is_put_back():
    """Afterwards x holds exactly what it held."""
    values = np.random.default_rng(0).random(50)
    x = Tensor(values.copy())
    numerical_gradient(lambda x: (x * x).sum(), x)
    for was, now in zip(values.tolist(), x.tolist(), strict=True):
        if was != now:
            hint = (
                "Keep the old value and write it back. Adding and subtracting ε leaves what was rounded away."
            )
            if abs(was - now) > 1e-7:
                hint = "Put each element back before you come to the next one."
            fail(f"An element held {was!r} before, and holds {now!r} afterwards.", hint)


def test_x_itself_is_changed():
    """The change is made in `x.data` itself, so that it reaches whatever else uses x."""
    x = Tensor([1.0, 3.0], "float64")
    hint = "Write into `x.data`, not into a copy: a model that uses x as its weight has to feel it."
    found = numerical_gradient(lambda _: (x * x).sum(), x)
    expect_array(found, [2, 6], "The gradient of a function that uses x from outside", hint=hint)
    column = Tensor(np.arange(6.0).reshape(2, 3)).T
    found = numerical_gradient(lambda x: (x * x).sum(), column)
    expect_array(found, column.data * 2, "The gradient for a transposed x", hint=hint)


def test_numbers_and_single_elements():
    """f may return a plain number, and x may be 0-d or empty."""
    lone = Tensor(2.0, "float64")
    with expect_no_error("A 0-d x", "Its only position is `()`; `np.ndindex(x.shape)` knows."):
        found = numerical_gradient(lambda x: float(x) ** 2, lone)
    expect_array(found, 4.0, "The gradient of x² at 2")
    expect_array(
        numerical_gradient(lambda x: 0.0, Tensor(np.zeros((0, 3)))), np.zeros((0, 3)), "Of an empty x"
    )


# %% wrong="numerical_gradient" name="one_side" says="leans to one side"
def numerical_gradient(f, x, eps=1e-6):
    gradient = np.zeros_like(x.data)
    here = float(f(x))
    for position in np.ndindex(x.shape):
        before = x.data[position]
        x.data[position] = before + eps
        gradient[position] = (float(f(x)) - here) / eps
        x.data[position] = before
    return gradient


# %% wrong="numerical_gradient" name="divides_by_eps" says="The two sides are 2 ε apart"
def numerical_gradient(f, x, eps=1e-6):
    gradient = np.zeros_like(x.data)
    for position in np.ndindex(x.shape):
        before = x.data[position]
        x.data[position] = before + eps
        more = float(f(x))
        x.data[position] = before - eps
        less = float(f(x))
        x.data[position] = before
        gradient[position] = (more - less) / eps
    return gradient


# %% wrong="numerical_gradient" name="adds_and_subtracts" says="leaves what was rounded away"
def numerical_gradient(f, x, eps=1e-6):
    gradient = np.zeros_like(x.data)
    for position in np.ndindex(x.shape):
        x.data[position] += eps
        more = float(f(x))
        x.data[position] -= 2 * eps
        less = float(f(x))
        x.data[position] += eps
        gradient[position] = (more - less) / (2 * eps)
    return gradient


# %% wrong="numerical_gradient" name="forgets_to_put_back" says="Put each element back before you come to the next one."
def numerical_gradient(f, x, eps=1e-6):
    gradient = np.zeros_like(x.data)
    for position in np.ndindex(x.shape):
        before = x.data[position]
        x.data[position] = before + eps
        more = float(f(x))
        x.data[position] = before - eps
        less = float(f(x))
        gradient[position] = (more - less) / (2 * eps)
    return gradient


# %% wrong="numerical_gradient" name="changes_a_copy" says="Write into `x.data`, not into a copy"
def numerical_gradient(f, x, eps=1e-6):
    gradient = np.zeros_like(x.data)
    for position in np.ndindex(x.shape):
        more, less = x.data.copy(), x.data.copy()
        more[position] += eps
        less[position] -= eps
        gradient[position] = (float(f(Tensor(more))) - float(f(Tensor(less)))) / (2 * eps)
    return gradient


# %% [markdown]
# Now the gradient by hand from the beginning can be judged, element by element.

# %% experiment="judge_by_hand" title="The judge at work"
manual_seed(0)
x, y = randn(8, 4, dtype="float64"), Tensor(np.arange(8) % 3)
w1, w2 = randn(4, 5, dtype="float64"), randn(5, 3, dtype="float64")

for activation in (F.relu, F.tanh):
    h = activation(x @ w1)
    g = F.cross_entropy_gradient(h @ w2, y)
    by_hand = x.T @ ((g @ w2.T) * (h > 0))

    def loss(w1, activation=activation):
        return F.cross_entropy(activation(x @ w1) @ w2, y)

    error = np.abs(by_hand.data - numerical_gradient(loss, w1)).max()
    print(f"{activation.__name__}: largest error {error:.1e}")

# %% [markdown]
# The difference is plain. What is left in the good case is rounding.
#
# ## The first rule
#
# A **rule** says how the gradient of an operation's result becomes the gradients of its inputs. It is a plain function on NumPy arrays, and all rules are called alike:
#
#     mul_gradient(grad, out, a, b)
#
# | argument | what it is |
# |---|---|
# | `grad` | the gradient of the result: for each of its elements, how much the loss grows per unit of that element. It has the shape of the result |
# | `out` | the array that forward returned, as some rules are simplest in terms of it |
# | `a`, `b` | what forward was given, with arrays in place of tensors; numbers, axes and options come as they were |
#
# It returns the gradients of the inputs, in their order. Two rules that ship written show the spirit. A sum passes its gradient to both sides as it is. And the derivative of $e^x$ is $e^x$, which is `out`: no need to compute it again.
# Their first lines are in the shorthand of calculus, where $\mathrm{d}a$ is a small change of $a$: if $a$ changes by $\mathrm{d}a$ and $b$ by $\mathrm{d}b$, the sum changes by both.

# %% pull="tinytorch.core.gradients:add_gradient"

# %% pull="tinytorch.core.gradients:exp_gradient"

# %% [markdown]
# Sometimes what a rule needs is neither an input nor the result. Dropout's rule needs the mask that was drawn, and no one can draw it again. That is why your `dropout` ended with
# `keep(Tensor(…), mask)`. What forward **kept** is handed to the rule in the place of `out`.
#
# Your first rule is the one from the example: of $ab$, the side $a$ gets the gradient times $b$, and $b$ gets it times $a$. `b` may be a plain
# number, as in `x * 2`; then nobody uses its gradient.

# %% exercise="mul_gradient" object="tinytorch.core.gradients:mul_gradient" points=1 title="The rule of multiplication"
# - If $a$ grows by a little, the product grows by that little times $b$, and the loss by that times `grad`.
# - Two products, in a tuple: first the gradient of `a`, then that of `b`.

# %% checks="mul_gradient"


def test_each_side_gets_the_other():
    """The gradient of `a` is `grad * b`, the gradient of `b` is `grad * a`."""
    grad, a, b = np.array([1.0, 10.0]), np.array([2.0, 3.0]), np.array([5.0, 7.0])
    of_a, of_b = computed(mul_gradient(grad, a * b, a, b), 2, "`mul_gradient`")
    mistakes = [
        ([2, 30], "The sides are swapped: if `a` grows, the product grows by `b` times as much."),
        ([5, 7], "That is the slope of this step alone. Times `grad`, what the rest of the way makes of it."),
        ([10, 210], "`out` is the product itself, and `b` is in it already. Take `grad * b`."),
    ]
    expect_array(of_a, [5, 70], "The gradient of `a`", mistakes=mistakes)
    expect_array(of_b, [2, 30], "The gradient of `b`", mistakes=[([2, 3], mistakes[1][1])])
    expect_unchanged(grad, [1, 10], "grad", "`mul_gradient`")


def test_a_zero():
    """Where one side is 0, the other side gets 0, and the side itself still gets its gradient."""
    grad, a, b = np.array([1.0, 10.0]), np.array([0.0, 3.0]), np.array([5.0, 0.0])
    with np.errstate(all="ignore"):
        of_a, of_b = computed(mul_gradient(grad, a * b, a, b), 2, "`mul_gradient`")
    hint = "`out / a` is not `b` where `a` is 0: the 0 in the product has forgotten what `b` was."
    expect_array(of_a, [5, 0], "The gradient of `a` where `a` is 0 or `b` is", hint=hint)
    expect_array(of_b, [0, 30], "The gradient of `b` where `a` is 0 or `b` is", hint=hint)


def test_a_number_on_the_right():
    """`b` may be a plain number, as in `x * 2`."""
    grad, a = np.array([1.0, 10.0]), np.array([2.0, 3.0])
    with expect_no_error(
        "`b = 4.0`", "`b` is then no array and has no shape or dtype. `grad * b` works for both."
    ):
        of_a, _ = computed(mul_gradient(grad, a * 4.0, a, 4.0), 2, "`mul_gradient`")
    expect_array(of_a, [4, 40], "The gradient of `a` in `a * 4.0`")


def test_against_the_judge():
    """It agrees with the numerical gradient, also where one side was broadcast or both are the same tensor."""
    enable_autograd()
    manual_seed(0)
    a, b = randn(3, 4, dtype="float64", requires_grad=True), randn(4, dtype="float64", requires_grad=True)
    with expect_no_error(
        "A `(3, 4)` tensor times one of shape `(4,)`", "Autograd sums over rows: leave that to it."
    ):
        check_gradients(lambda a, b: a * b, a, b)
        check_gradients(lambda a: a * a, a)


def test_single_precision_stays():
    """float32 stays float32."""
    grad, a = np.ones(3, "float32"), np.ones(3, "float32")
    for part in computed(mul_gradient(grad, a, a, a), 2, "`mul_gradient`"):
        expect_array(part, [1, 1, 1], "A gradient of float32 arrays", "float32")


# %% wrong="mul_gradient" name="swaps" says="The sides are swapped"
def mul_gradient(grad, out, a, b):
    return grad * a, grad * b


# %% wrong="mul_gradient" name="forgets_grad" says="That is the slope of this step alone."
def mul_gradient(grad, out, a, b):
    return b, a


# %% wrong="mul_gradient" name="one_gradient" says="should return 2 gradients in a tuple"
def mul_gradient(grad, out, a, b):
    return grad * b


# %% wrong="mul_gradient" name="divides_the_product" says="has forgotten what `b` was"
def mul_gradient(grad, out, a, b):
    return grad * out / a, grad * out / b


# %% wrong="mul_gradient" name="asks_for_arrays_of_arrays" says="has no shape or dtype"
def mul_gradient(grad, out, a, b):
    return grad * b.data, grad * a.data


# %% experiment="first_rule" title="The rule against the judge"
a, b = Tensor([2.0, -1.0], "float64"), Tensor([3.0, 0.5], "float64")
out = a * b
grad = np.array([1.0, 100.0])  # of a loss that weighs both elements

of_a, of_b = mul_gradient(grad, out.data, a.data, b.data)
print("by rule: ", of_a, of_b)
weights = Tensor(grad)
of_a = numerical_gradient(lambda a: (a * b * weights).sum(), a)
of_b = numerical_gradient(lambda b: (a * b * weights).sum(), b)
print("by trying", of_a.round(4), of_b.round(4))

# %% [markdown]
# ## One number, used many times
#
# A bias of 10 numbers is added to each of 32 rows. Broadcasting reads each of its numbers 32 times. You know what happens to a value that is used several times: its gradient is the sum. So
# where broadcasting repeated something, the gradient has to be added up:
#
# - a dimension that the input does not have at all is summed away: from `(32, 10)` to `(10,)`;
# - a dimension where the input has size 1 is summed, and stays with size 1: from `(32, 10)` to `(32, 1)`.
#
# `add_gradient` above returns `grad` for both sides, whatever their shapes. No rule needs to care, because autograd calls this one function on whatever comes out of a rule in a shape that is not the input's.

# %% exercise="unbroadcast" object="tinytorch.core.autograd:unbroadcast" points=3 title="Undo broadcasting"
# - Shapes line up at their last dimension, so what is missing is missing in front: `grad.ndim - len(shape)` dimensions. Sum over those first; they go.
# - Then look at each size of `shape`. Where it is 1, sum over that axis with `keepdims=True`. An array's `sum` takes a tuple of axes.
# - `grad.sum(axis=tuple(range(grad.ndim - len(shape))))`, and then `grad.sum(axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True)`. A sum over no axes changes nothing.

# %% checks="unbroadcast"


def test_a_bias():
    """Rows are summed for an input without them: from `(2, 3)` to `(3,)`."""
    grad = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    mistakes = [
        ([1, 2, 3], "That is the first row only. All rows used the number, so all count."),
        ([5.5, 11, 16.5], "That is the mean. Each use adds to the gradient: sum."),
        ([[11, 22, 33]], "A dimension that the input does not have goes away."),
    ]
    with expect_no_error(
        "`unbroadcast(grad, (3,))`", "Numbers have to be added up. A reshape only rearranges them."
    ):
        summed = unbroadcast(grad, (3,))
    expect_array(summed, [11, 22, 33], "`unbroadcast(grad, (3,))`", "float64", "", mistakes)
    expect_unchanged(grad, [[1, 2, 3], [10, 20, 30]], "grad", "`unbroadcast`")


def test_a_column():
    """Where the input has size 1 the sum stays with size 1: from `(2, 3)` to `(2, 1)` and to `(1, 3)`."""
    grad = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    hint = "Sizes of 1 were stretched, too. Sum over them, and keep the dimension: `keepdims=True`."
    expect_array(unbroadcast(grad, (2, 1)), [[6], [60]], "`unbroadcast(grad, (2, 1))`", hint=hint)
    expect_array(unbroadcast(grad, (1, 3)), [[11, 22, 33]], "`unbroadcast(grad, (1, 3))`", hint=hint)
    expect_array(unbroadcast(grad, (1, 1)), [[66]], "`unbroadcast(grad, (1, 1))`", hint=hint)


def test_a_single_number():
    """For an input of shape `()` everything is summed."""
    grad = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    expect_array(
        unbroadcast(grad, ()), 66, "`unbroadcast(grad, ())`", hint="All dimensions are missing in front."
    )


def test_both_at_once():
    """From `(4, 2, 3)` to `(2, 1)`: one dimension goes, one is summed and stays."""
    grad = np.arange(24.0).reshape(4, 2, 3)
    hint = "Sum the missing dimensions in front away first. Then positions in `shape` and in the array agree."
    expect_array(
        unbroadcast(grad, (2, 1)), [[120], [156]], "`unbroadcast(grad, (2, 1))` from `(4, 2, 3)`", hint=hint
    )
    expect_array(
        unbroadcast(grad, (1, 3)), [[84, 92, 100]], "`unbroadcast(grad, (1, 3))` from `(4, 2, 3)`", hint=hint
    )


def test_nothing_to_do():
    """A gradient that has the shape already stays as it is, also in sizes of 1 and of 0."""
    for shape in [(2, 3), (3,), (), (1, 3), (0, 3), (2, 1)]:
        grad = np.arange(float(np.prod(shape))).reshape(shape)
        expect_array(unbroadcast(grad, shape), grad, f"`unbroadcast` from {shape} to {shape}")


def test_an_empty_batch():
    """Nothing was read in an empty batch: from `(0, 3)` to `(3,)` and to `(1, 3)` the gradient is 0, in float32."""
    grad = np.zeros((0, 3), "float32")
    expect_array(unbroadcast(grad, (3,)), np.zeros(3), "`unbroadcast` from (0, 3) to (3,)", "float32")
    expect_array(
        unbroadcast(grad, (1, 3)), np.zeros((1, 3)), "`unbroadcast` from (0, 3) to (1, 3)", "float32"
    )


# %% wrong="unbroadcast" name="first_row" says="That is the first row only."
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad[0]
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


# %% wrong="unbroadcast" name="forgets_ones" says="Sizes of 1 were stretched, too."
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad


# %% wrong="unbroadcast" name="takes_the_mean" says="That is the mean."
def unbroadcast(grad, shape):
    grad = grad.mean(axis=tuple(range(grad.ndim - len(shape))))
    return grad.mean(axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True)


# %% wrong="unbroadcast" name="loses_ones" says="and keep the dimension"
def unbroadcast(grad, shape):
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    return grad.sum(axis=tuple(i for i, size in enumerate(shape) if size == 1))


# %% experiment="bias_gradient" title="The gradient of a bias"
manual_seed(0)
x, b = randn(32, 10, dtype="float64"), zeros(10, dtype="float64")
grad = 2 * (x + b).data  # of the loss ((x + b) ** 2).sum()

of_b = unbroadcast(grad, b.shape)
print("gradient of x + b", grad.shape, "of b", of_b.shape)
judge = numerical_gradient(lambda b: ((x + b) ** 2).sum(), b)
print(f"largest error {np.abs(of_b - judge).max():.1e}")

# %% [markdown]
# ## The matrix product
#
# A layer is a matrix product, so this is the rule that networks live on. For $Y = A B$ and $G$, the gradient of $Y$, the gradients of $A$ and $B$, here called $\mathrm{d}A$ and $\mathrm{d}B$, are
#
# $$ \mathrm{d}A = G B^\top, \qquad \mathrm{d}B = A^\top G. $$
#
# You need not believe it: the shapes alone hardly leave another way. $A$ is $(m, n)$, and of $G$, $(m, p)$, and $B$, $(n, p)$, only $G B^\top$ makes an $(m, n)$. The reason is the one that you know. $A_{ik}$ meets $B_{kj}$ once for each
# $j$, on the way to $Y_{ij}$, so it gets $G_{ij} B_{kj}$, summed over $j$.
#
# Two things are left to settle. A 1-D side stands for a single row or column; `as_matrices` turns everything into matrices, and at the end you take the extra dimension of a column away again. And stacks of matrices: `x.mT` transposes the
# last two dimensions only, and `gemm` multiplies pair by pair.

# %% pull="tinytorch.core.gradients:as_matrices"

# %% [markdown]
# These products are expensive, and often one of them is for nobody: the input of a network's *first* layer is data, which asks for no gradient. So a rule may return, instead of an array, a
# function without arguments that computes it: `lambda: gemm(…)`. It is called only if that input asks. You may use that here or return arrays; below we measure what it saves.
#
# The experiments from here on use what the end of the chapter builds: `enable_autograd()` switches the recording on, `requires_grad=True` says that a tensor asks for its gradient, and `backward()` calls the
# rules and leaves the gradients in `grad`. If you know PyTorch you know all but the first.

# %% exercise="matmul_gradient" object="tinytorch.core.gradients:matmul_gradient" points=3 title="The rule of the matrix product"
# - `g, rows, columns = as_matrices(grad, a, b)` first. All three are matrices now, or stacks of matrices.
# - `gemm(g, columns.mT)` is the gradient of `a`. What is the gradient of `b`? Look at the formula, and at the shapes.
# - If `b.ndim == 1`, the gradient of `b` is now a column, `(n, 1)` or `(..., n, 1)`: take `[..., 0]` of it. A row, `(1, n)`, needs nothing: autograd sums leading dimensions away.

# %% checks="matmul_gradient"


def test_two_matrices():
    """dA = G Bᵀ and dB = Aᵀ G."""
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])
    grad = np.array([[1.0, 0.0], [0.0, 10.0]])
    with expect_no_error("`matmul_gradient` of two (2, 2) matrices"):
        of_a, of_b = computed(matmul_gradient(grad, a @ b, a, b), 2, "`matmul_gradient`")
    mistakes = [
        (grad @ b, "Transpose B: `columns.mT`. With square matrices nothing else would tell you."),
        (b.T @ grad, "The order matters: G comes first, then Bᵀ."),
        (grad * b, "That multiplies element by element."),
    ]
    expect_array(of_a, [[5, 7], [60, 80]], "The gradient of A", mistakes=mistakes)
    mistakes = [
        (a @ grad, "Transpose A: `rows.mT`. With square matrices nothing else would tell you."),
        (grad @ a.T, "The order matters: Aᵀ comes first, then G."),
        (grad * a, "That multiplies element by element."),
    ]
    expect_array(of_b, [[1, 30], [2, 40]], "The gradient of B", mistakes=mistakes)


def test_other_shapes():
    """Each gradient has the shape of its input: (2, 3) and (3, 4)."""
    rng = np.random.default_rng(0)
    a, b, grad = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    hint = "G is (m, p), Bᵀ is (p, n): the product is (m, n). Aᵀ is (n, m), G is (m, p): (n, p)."
    with expect_no_error("`(2, 3) @ (3, 4)`", hint):
        of_a, of_b = computed(matmul_gradient(grad, a @ b, a, b), 2, "`matmul_gradient`")
    expect_array(of_a, np.einsum("ij,kj->ik", grad, b), "The gradient of A, (2, 3)", hint=hint)
    expect_array(of_b, np.einsum("ik,ij->kj", a, grad), "The gradient of B, (3, 4)", hint=hint)


def test_stacks():
    """In stacks each pair of matrices goes by itself."""
    rng = np.random.default_rng(0)
    a, b, grad = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 2, 4))
    hint = "`.T` reverses all dimensions, the stack's, too. `.mT` transposes each matrix."
    with expect_no_error("`(5, 2, 3) @ (5, 3, 4)`", hint):
        of_a, of_b = computed(matmul_gradient(grad, a @ b, a, b), 2, "`matmul_gradient`")
    expect_array(of_a, np.einsum("sij,skj->sik", grad, b), "The gradient of A", hint=hint)
    expect_array(of_b, np.einsum("sik,sij->skj", a, grad), "The gradient of B", hint=hint)


def test_against_the_judge():
    """It agrees with the numerical gradient for matrices, vectors and stacks that broadcast."""
    enable_autograd()
    manual_seed(0)
    hint = "A 1-D side became a row or a column in `as_matrices`. A gradient of shape (n, 1) for a `b` of shape (n,) loses its last dimension: `[..., 0]`."
    for left, right in [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 1, 2, 3), (4, 3, 2)),
        ((2, 0), (0, 3)),
    ]:
        a = randn(*left, dtype="float64", requires_grad=True)
        b = randn(*right, dtype="float64", requires_grad=True)
        try:
            check_gradients(lambda a, b: a @ b, a, b)
        except (AssertionError, ValueError, IndexError) as error:
            fail(f"`{left} @ {right}`: {error}", hint)


# %% wrong="matmul_gradient" name="forgets_to_transpose" says="Transpose B"
def matmul_gradient(grad, out, a, b):
    g, rows, columns = as_matrices(grad, a, b)
    return gemm(g, columns), gemm(rows, g)


# %% wrong="matmul_gradient" name="wrong_order" says="The order matters: G comes first"
def matmul_gradient(grad, out, a, b):
    g, rows, columns = as_matrices(grad, a, b)
    return gemm(columns.mT, g), gemm(g, rows.mT)


# %% wrong="matmul_gradient" name="reverses_stacks" says="`.T` reverses all dimensions"
def matmul_gradient(grad, out, a, b):
    g, rows, columns = as_matrices(grad, a, b)
    product = gemm(rows.T, g)
    return gemm(g, columns.T), product if b.ndim > 1 else product[..., 0]


# %% wrong="matmul_gradient" name="leaves_the_column" says="loses its last dimension"
def matmul_gradient(grad, out, a, b):
    g, rows, columns = as_matrices(grad, a, b)
    return gemm(g, columns.mT), gemm(rows.mT, g)


# %% wrong="matmul_gradient" name="element_by_element" says="That multiplies element by element."
def matmul_gradient(grad, out, a, b):
    return grad * b, grad * a


# %% experiment="layer_rule" title="What asking only for the weights saves"
import timeit
from functools import partial

enable_autograd()
manual_seed(0)
w = randn(256, 256, requires_grad=True)


def there_only(x):
    return (x @ w).sum()


def backward(x):
    there_only(x).backward()


for asks in (True, False):
    x = randn(256, 256, requires_grad=asks)
    backward(x)
    both = min(timeit.repeat(partial(backward, x), number=1, repeat=9))
    there = min(timeit.repeat(partial(there_only, x), number=1, repeat=9))
    print(f"x asks for a gradient: {asks!s:5}", end=" ")
    print(f"both ways take {both / there:.1f} times forward")

# %% [markdown]
# Forward is one product. Backward is two, or one if the data asks for nothing. In total that is about three products against two.
#
# ## From many to one, and back
#
# Reductions end most computations: a loss is a mean of many. In a sum every element counts once, so every element gets the gradient of the sum it went into, as it is. The only work is to
# spread it: if `axis` was summed away, that dimension must come back with size 1 before the gradient can broadcast over `x`. `with_dims` does that, for one axis, several or all, with `keepdims` or without.
#
# This is `unbroadcast` the other way round. Where forward repeats, backward sums, and where forward sums, backward repeats.

# %% pull="tinytorch.core.gradients:with_dims"

# %% exercise="sum_gradient" object="tinytorch.core.gradients:sum_gradient" points=2 title="The rule of the sum"
# - `with_dims(grad, x.shape, axis, keepdims)` first: it lines the gradient up with `x`.
# - `np.broadcast_to(array, shape)` repeats an array without copying it.

# %% checks="sum_gradient"


def test_the_sum_of_everything():
    """Every element gets the gradient of the sum."""
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (found,) = computed(sum_gradient(np.array(10.0), x.sum(), x), 1, "`sum_gradient`")
    mistakes = [
        (10, "The gradient of x has the shape of x: one entry for each element."),
        ([[10]], "Lined up, but not yet spread: `np.broadcast_to` repeats it in the shape of x."),
        (x * 10, "The slope of a sum is 1 for each element, whatever the element is."),
        (np.full((2, 3), 10 / 6), "That is the rule of the mean. A sum is not divided."),
        (np.ones((2, 3)), "Times `grad`: the sum is not yet the loss."),
    ]
    expect_array(found, np.full((2, 3), 10), "The gradient of x for `x.sum()`", mistakes=mistakes)


def test_along_an_axis():
    """Each element gets the gradient of the sum that it went into."""
    x = np.arange(9.0).reshape(3, 3)
    grad = np.array([1.0, 10.0, 100.0])
    rows, columns = [[1, 1, 1], [10, 10, 10], [100, 100, 100]], [[1, 10, 100]] * 3
    hint = "The sum along axis 1 of row i belongs to all of row i: its dimension must come back, with size 1, before it broadcasts. `with_dims` does that."
    for axis, expected in [(1, rows), (0, columns), (-1, rows), (-2, columns)]:
        (found,) = computed(sum_gradient(grad, x.sum(axis=axis), x, axis), 1, "`sum_gradient`")
        expect_array(found, expected, f"The gradient of x for `x.sum(axis={axis})`", hint=hint)


def test_options_by_name():
    """`axis` and `keepdims` come as forward got them, by position or by name."""
    x = np.arange(6.0).reshape(2, 3)
    hint = "Pass `keepdims` on to `with_dims`: the gradient has the shape that forward's result had."
    with expect_no_error("`keepdims=True`", hint):
        (found,) = computed(sum_gradient(np.array([[1.0], [10.0]]), x, x, 1, True), 1, "`sum_gradient`")
        expect_array(found, [[1, 1, 1], [10, 10, 10]], "With `axis=1, keepdims=True`", hint=hint)
        (found,) = computed(
            sum_gradient(np.array([[7.0]]), x, x, axis=None, keepdims=True), 1, "`sum_gradient`"
        )
        expect_array(found, np.full((2, 3), 7), "With `axis=None, keepdims=True`", hint=hint)


def test_against_the_judge():
    """It agrees with the numerical gradient for several axes, and so does the mean, which is made of it."""
    enable_autograd()
    manual_seed(0)
    x = randn(2, 3, 4, dtype="float64", requires_grad=True)
    for axis in [None, 0, (0, 2), (-1, 1), (0, 1, 2), ()]:
        with expect_no_error(f"`axis={axis}`"):
            check_gradients(lambda x, axis=axis: x.sum(axis=axis), x)
            check_gradients(lambda x, axis=axis: x.mean(axis=axis), x)


# %% wrong="sum_gradient" name="leaves_it_small" says="The gradient of x has the shape of x"
def sum_gradient(grad, out, x, axis=None, keepdims=False):
    return grad


# %% wrong="sum_gradient" name="does_not_line_up" says="its dimension must come back"
def sum_gradient(grad, out, x, axis=None, keepdims=False):
    if grad.ndim == x.ndim or axis is None:
        return np.broadcast_to(grad, x.shape)
    return np.broadcast_to(grad, x.shape)


# %% wrong="sum_gradient" name="divides" says="That is the rule of the mean."
def sum_gradient(grad, out, x, axis=None, keepdims=False):
    grad = with_dims(grad, x.shape, axis, keepdims)
    return np.broadcast_to(grad * grad.size / x.size, x.shape)


# %% wrong="sum_gradient" name="times_x" says="The slope of a sum is 1 for each element"
def sum_gradient(grad, out, x, axis=None, keepdims=False):
    return with_dims(grad, x.shape, axis, keepdims) * x


# %% [markdown]
# The mean is a sum that was divided, so its rule is yours with a division. In a maximum only the largest element counts, and if several are the largest, they share.

# %% pull="tinytorch.core.gradients:mean_gradient"

# %% pull="tinytorch.core.gradients:max_gradient"

# %% experiment="reductions" title="Who gets what"
enable_autograd()
values = [[1.0, 5.0, 2.0], [3.0, 3.0, 0.0]]
for name in ("sum", "mean", "max"):
    x = Tensor(values, requires_grad=True)
    getattr(x, name)(axis=1).sum().backward()
    print(name)
    print(x.grad)

# %% [markdown]
# ## Selecting
#
# `x[3:5]`, `x[mask]`, `x[Tensor([2, 0, 2])]`: a selection copies some elements and ignores the others. So the gradient of `x` is mostly zeros, with the gradient of the selection written where the elements came from.
#
# Now look at the third form again. Element 2 was selected twice. You know the sentence by heart: used twice, the sum of both. To write is not enough, you must **add**. NumPy makes that a trap: `array[[2, 0, 2]] += values` adds only the last of
# the values for position 2. `add_at` adds them all. This is how a table of word vectors learns (module 11): a word that occurs ten times in a batch gets ten contributions.

# %% pull="tinytorch.core.gradients:add_at"

# %% exercise="getitem_gradient" object="tinytorch.core.gradients:getitem_gradient" points=2 title="The rule of selecting"
# - Begin with zeros in the shape of `x` and the dtype of `grad`.
# - `add_at(gradient, to_index(index), grad)` works in place and returns nothing. Return the array.

# %% checks="getitem_gradient"


def test_a_slice():
    """Selected elements get their gradient, all others 0."""
    x, grad = np.arange(12.0).reshape(3, 4), np.array([[1.0, 2.0], [3.0, 4.0]])
    hint = "Zeros in x's shape, and in them the gradient, at the index."
    with expect_no_error("`x[1:3, ::2]`", hint):
        gradient = getitem_gradient(grad, None, x, (slice(1, 3), slice(0, 4, 2)))
    (found,) = computed(gradient, 1, "`getitem_gradient`")
    expected = [[0, 0, 0, 0], [1, 0, 2, 0], [3, 0, 4, 0]]
    expect_array(found, expected, "The gradient of x for `x[1:3, ::2]`", "float64", hint)


def test_rows_elements_and_masks():
    """A row, a single element, a mask: each gets its gradient back."""
    x = np.arange(6.0).reshape(2, 3)
    hint = "Zeros in x's shape, and in them the gradient, at the index."
    for what, index, grad, expected in [
        ("x[1]", 1, [7.0, 8.0, 9.0], [[0, 0, 0], [7, 8, 9]]),
        ("x[0, -1]", (0, -1), 5.0, [[0, 0, 5], [0, 0, 0]]),
        ("x[..., 0]", (Ellipsis, 0), [5.0, 6.0], [[5, 0, 0], [6, 0, 0]]),
        ("x[x > 3]", x > 3, [8.0, 9.0], [[0, 0, 0], [0, 8, 9]]),
    ]:
        (found,) = computed(getitem_gradient(np.array(grad), None, x, index), 1, "`getitem_gradient`")
        expect_array(found, expected, f"The gradient of x for `{what}`", hint=hint)


def test_positions_that_repeat():
    """An element that was selected several times gets the sum."""
    x = np.zeros(4)
    grad = np.array([1.0, 10.0, 100.0, 1000.0])
    (found,) = computed(getitem_gradient(grad, None, x, np.array([2, 0, 2, 2])), 1, "`getitem_gradient`")
    hint = "Position 2 was selected three times, and each time counts. Assigning keeps the last, and so does `+=`: use `add_at`."
    expect_array(found, [10, 0, 1101, 0], "The gradient of x for `x[[2, 0, 2, 2]]`", hint=hint)


def test_single_precision_stays():
    """The gradient has the dtype of `grad`."""
    (found,) = computed(
        getitem_gradient(np.ones(3, "float32"), None, np.ones((2, 3), "float32"), 1), 1, "`getitem_gradient`"
    )
    expect_array(
        found,
        [[0, 0, 0], [1, 1, 1]],
        "For float32",
        "float32",
        "`np.zeros` makes float64 unless it is told: `grad.dtype`.",
    )


# %% wrong="getitem_gradient" name="assigns" says="each time counts"
def getitem_gradient(grad, out, x, index):
    gradient = np.zeros(x.shape, grad.dtype)
    gradient[to_index(index)] = grad
    return gradient


# %% wrong="getitem_gradient" name="returns_the_selection" says="Zeros in x's shape"
def getitem_gradient(grad, out, x, index):
    return grad


# %% wrong="getitem_gradient" name="returns_nothing" says="gave None; it should be a NumPy array."
def getitem_gradient(grad, out, x, index):
    return add_at(np.zeros(x.shape, grad.dtype), to_index(index), grad)


# %% wrong="getitem_gradient" name="makes_float64" says="`np.zeros` makes float64 unless it is told"
def getitem_gradient(grad, out, x, index):
    gradient = np.zeros(x.shape)
    add_at(gradient, to_index(index), grad)
    return gradient


# %% experiment="repeated" title="A table, and rows that are used several times"
enable_autograd()
table = zeros(5, 2, requires_grad=True)
words = Tensor([3, 1, 3, 3])
table[words].sum().backward()
print("each row's gradient is how often it was used:")
print(table.grad)

# %% [markdown]
# ## One rule for many steps
#
# Softmax, logarithm, selection, mean: cross-entropy is made of steps that all have rules. Autograd could go through them one by one. But in module 04 you derived the gradient of the whole, and it is simpler than any of its parts: softmax minus one-hot. So
# cross-entropy gets **one** rule. It is faster, since each step costs an array and a visit. And it is safer: the logarithm's rule
# divides by the probability, and softmax's multiplies by it. On paper that cancels; in float32 the probability may be 0, and what was divided by 0 and then multiplied by 0 is `nan`.
#
# Your `cross_entropy` of module 04 prepared this. It ended with `keep(loss, p, y, ignored)`: the softmax of each row, each row's class, the positions of ignored rows. What module 04's gradient had to compute again, this rule is given.
# Rules are called after their operation, so it has the same name, and lives in `tinytorch.nn.gradients`.
# New is only the beginning of the chain: `grad`, the gradient of the loss itself, by which everything is scaled.

# %% exercise="cross_entropy_rule" object="tinytorch.nn.gradients:cross_entropy_gradient" points=3 title="The rule of cross-entropy"
# - Take a copy of `p`, subtract 1 from each row at its class, and set the rows in `ignored` to 0. `rows[np.arange(len(y)), y]` names one element in each row.
# - Then the scale. For "mean", `grad / number of rows that count`, which is `len(y) - len(ignored)`, or 1 if that is 0. For "sum", `grad`. For "none", `grad` has one number for each row: as a column it broadcasts over the classes.
# - `(rows * scale).reshape(logits.shape)`; the column is `grad.reshape(-1, 1)`.

# %% checks="cross_entropy_rule"


def test_the_mean():
    """For the mean it is softmax minus one-hot, divided by the number of rows, times `grad`."""
    logits = np.zeros((2, 4))
    kept = kept_of(logits, [1, 3])
    (found,) = computed(cross_entropy_gradient(np.array(1.0), kept, logits, np.array([1, 3])), 1, "The rule")
    mistakes = [
        (
            [[0.25, -0.75, 0.25, 0.25], [0.25, 0.25, 0.25, -0.75]],
            "Of the mean, divide by the number of rows.",
        ),
        (np.full((2, 4), 0.125), "Subtract 1 at the right class of each row."),
        (
            [[0.125, -0.375, 0.125, -0.375]] * 2,
            "`rows[:, y]` names all these classes in all rows. Name one for each row: `rows[np.arange(len(y)), y]`.",
        ),
        (
            [[-0.125, 0.375, -0.125, -0.125], [-0.125, -0.125, -0.125, 0.375]],
            "Softmax minus one-hot, not the other way round.",
        ),
    ]
    expected = [[0.125, -0.375, 0.125, 0.125], [0.125, 0.125, 0.125, -0.375]]
    expect_array(found, expected, "The gradient of equal scores", "float64", "", mistakes)
    (scaled,) = computed(cross_entropy_gradient(np.array(8.0), kept, logits, np.array([1, 3])), 1, "The rule")
    hint = "The loss may not be the end: scale everything with `grad`."
    expect_array(scaled, [[1, -3, 1, 1], [1, 1, 1, -3]], "The same with `grad` 8", hint=hint)


def test_the_sum():
    """For the sum nothing is divided."""
    logits = np.zeros((2, 4))
    (found,) = computed(
        cross_entropy_gradient(np.array(4.0), kept_of(logits, [1, 3]), logits, np.array([1, 3]), "sum"),
        1,
        "The rule",
    )
    hint = "Only the mean is divided by the number of rows."
    expect_array(found, [[1, -3, 1, 1], [1, 1, 1, -3]], 'With reduction="sum" and `grad` 4', hint=hint)


def test_each_row_by_itself():
    """With reduction="none" each row is scaled with its own gradient."""
    logits, grad = np.zeros((2, 2)), np.array([2.0, 20.0])
    hint = "`grad` has one number for each row. As a column, `grad.reshape(-1, 1)`, it broadcasts over the classes."
    with expect_no_error('`reduction="none"`', hint):
        (found,) = computed(
            cross_entropy_gradient(grad, kept_of(logits, [0, 1]), logits, np.array([0, 1]), reduction="none"),
            1,
            "The rule",
        )
    expect_array(found, [[-1, 1], [10, -10]], 'With reduction="none"', hint=hint)


def test_rows_that_do_not_count():
    """Ignored rows get 0, and do not count in the mean."""
    logits, targets = np.zeros((3, 2)), np.array([0, -100, 1])
    kept = kept_of(logits, [0, 0, 1], [1])
    (found,) = computed(cross_entropy_gradient(np.array(2.0), kept, logits, targets), 1, "The rule")
    mistakes = [
        (
            [[-1 / 3, 1 / 3], [0, 0], [1 / 3, -1 / 3]],
            "Ignored rows do not count: divide by `len(y) - len(ignored)`.",
        ),
        ([[-0.5, 0.5], [-0.5, 0.5], [0.5, -0.5]], "Rows in `ignored` get the gradient 0."),
    ]
    expect_array(found, [[-0.5, 0.5], [0, 0], [0.5, -0.5]], "With the middle row ignored", mistakes=mistakes)
    kept = kept_of(np.zeros((2, 2)), [0, 0], [1])
    (found,) = computed(
        cross_entropy_gradient(np.array(2.0), kept, np.zeros((2, 2)), targets[:2]), 1, "The rule"
    )
    expect_array(found, [[-1, 1], [0, 0]], "With one row that counts")
    kept = kept_of(np.zeros((2, 2)), [0, 0], [0, 1])
    (found,) = computed(
        cross_entropy_gradient(np.array(1.0), kept, np.zeros((2, 2)), targets[:2]), 1, "The rule"
    )
    hint = "If no row counts, there is nothing to divide by: take at least 1."
    expect_array(found, np.zeros((2, 2)), "With all rows ignored", hint=hint)


def test_what_was_kept_stays():
    """The kept arrays are unchanged: with retain_graph=True they are used again."""
    logits = np.zeros((2, 2))
    kept = kept_of(logits, [0, 1])
    cross_entropy_gradient(np.array(1.0), kept, logits, np.array([0, 1]))
    if not np.array_equal(kept[0], np.full((2, 2), 0.5)):
        fail(
            "The rule changed `p`, which forward kept.",
            "Work on a copy: `p.copy()`. A second backward needs `p` as it was.",
        )


def test_more_dimensions():
    """The result has the shape of the logits, also if rows come in several dimensions; float32 stays."""
    enable_autograd()
    manual_seed(0)
    logits = randn(2, 3, 4, dtype="float64", requires_grad=True)
    targets = Tensor([[0, 3, 1], [2, -100, 0]])
    for reduction in ("mean", "sum", "none"):
        with expect_no_error(
            f'Logits of shape (2, 3, 4), reduction="{reduction}"',
            "Forward's rows are (N, C): give the result the shape of the logits at the end.",
        ):
            check_gradients(lambda x, how=reduction: F.cross_entropy(x, targets, how), logits)
    single = randn(2, 3, requires_grad=True)
    F.cross_entropy(single, Tensor([0, 1])).backward()
    expect_tensor(
        single.grad,
        F.cross_entropy_gradient(single, Tensor([0, 1])).data,
        "The gradient of float32 logits",
        "float32",
    )


# %% wrong="cross_entropy_rule" name="changes_what_was_kept" says="Work on a copy"
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    p[np.arange(len(y)), y] -= 1
    p[ignored] = 0
    if reduction == "mean":
        grad = grad / max(len(y) - len(ignored), 1)
    if reduction == "none":
        grad = grad.reshape(-1, 1)
    return (p * grad).reshape(logits.shape)


# %% wrong="cross_entropy_rule" name="forgets_grad" says="scale everything with `grad`"
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    rows = p.copy()
    rows[np.arange(len(y)), y] -= 1
    rows[ignored] = 0
    return (rows / max(len(y) - len(ignored), 1)).reshape(logits.shape)


# %% wrong="cross_entropy_rule" name="counts_ignored_rows" says="divide by `len(y) - len(ignored)`"
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    rows = p.copy()
    rows[np.arange(len(y)), y] -= 1
    rows[ignored] = 0
    if reduction == "mean":
        grad = grad / len(y)
    if reduction == "none":
        grad = grad.reshape(-1, 1)
    return (rows * grad).reshape(logits.shape)


# %% wrong="cross_entropy_rule" name="forgets_the_mean" says="Of the mean, divide by the number of rows."
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    rows = p.copy()
    rows[np.arange(len(y)), y] -= 1
    rows[ignored] = 0
    return (rows * grad.reshape(-1, 1)).reshape(logits.shape)


# %% wrong="cross_entropy_rule" name="a_row_of_gradients" says="As a column"
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    rows = p.copy()
    rows[np.arange(len(y)), y] -= 1
    rows[ignored] = 0
    if reduction == "mean":
        grad = grad / max(len(y) - len(ignored), 1)
    return (rows * grad).reshape(logits.shape)


# %% experiment="fused" title="One rule against many"
import timeit
from functools import partial

enable_autograd()
manual_seed(0)
logits = randn(256, 100, requires_grad=True)
rows, classes = Tensor(np.arange(256)), Tensor(np.arange(256) % 100)


def in_steps():
    return -F.log_softmax(logits)[rows, classes].mean()


def in_one():
    return F.cross_entropy(logits, classes)


def train(loss):
    logits.grad = None
    loss().backward()
    return logits.grad.data


gradients = [train(in_steps), train(in_one)]
times = []
for loss in (in_steps, in_one):
    step = partial(train, loss)
    times.append(min(timeit.repeat(step, number=5, repeat=9)))
difference = np.abs(gradients[0] - gradients[1]).max()
print(f"largest difference {difference:.1e}")
print(f"in steps takes {times[0] / times[1]:.1f} times as long")

# %% [markdown]
# ## Who writes it down?
#
# You have rules. To apply them, somebody must know which operations ran, on what. Your code in modules 01 to 04 does not say, and it shall not change. So we change what is called when you write `a * b`.
#
# Python looks `__mul__` up in the class each time. Put another function there, one that calls yours and then takes a note, and every multiplication in every program is recorded. Here is that other function. It is the heart of the chapter, so read it slowly.

# %% pull="tinytorch.core.autograd:recorded"

# %% [markdown]
# In words, with `primitive` your own multiplication and `rule` its rule:
#
# 1. Tensors that were passed by name are put in their positions, because gradients come back by position. If recording is off in this thread, or no input asks for gradients, your function runs and that is all.
# 2. Else recording is switched off, and your function runs. A `mean` that calls `sum` inside is then one entry, not two.
# 3. What came out is marked: `requires_grad` is True, and `grad_fn` is a **node** with the rule, the inputs, the options, and the array that came out, or instead what forward kept. If your function gave back one of its inputs, as `contiguous` may, the result is first made a tensor of its own: no tensor has two pasts.
#
# A node holds the tensors that went in, and each of these has a node of its own, or none if it is a **leaf**: a weight, or data. So from the last result you can reach everything. There is no list of operations and nothing to clean up. When the result goes, the graph goes.
#
# A table, such as `{Tensor.__mul__: mul_gradient, …}`, says which rule belongs to which primitive. `enable_autograd()` makes a recording version of each and puts it wherever the original is found. `__radd__` is the
# same function as `__add__`, so it is replaced with it. A program calls this once, at its start; `disable_autograd()` puts all originals back.

# %% pull="tinytorch.core.autograd:enable_autograd"

# %% experiment="look_inside" title="What a tensor knows of its past"
disable_autograd()
a, b = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
print("before:", (a * b).grad_fn)

enable_autograd()
d = a * b
e = d + 4
y = e * b
print("after: ", y)
node = y.grad_fn
print("rule   ", node.rule.__name__)
print("inputs ", node.inputs)
(parent,) = node.parents()
print("parent ", parent, "and its parents", parent.parents())
print("a leaf has none:", a.grad_fn)

# %% [markdown]
# The values did not change, and neither did your code. And because a graph is just objects that point at each other, it can be drawn. Here is yours: boxes with corners are leaves and constants, round ones are operations with
# the shape of their result.

# %% experiment="draw" title="The graph of your own network"
from tinytorch.core.draw import draw_graph

enable_autograd()
manual_seed(0)
x, y = randn(32, 20), Tensor(np.arange(32) % 3)
w1, b1 = randn(20, 30, requires_grad=True), zeros(30, requires_grad=True)
w2 = randn(30, 3, requires_grad=True)

scores = F.tanh(x @ w1 + b1) @ w2
decay = (w1 * w1).sum() + (w2 * w2).sum()
loss = F.cross_entropy(scores, y) + 0.01 * decay
draw_graph(loss, x=x, y=y, w1=w1, b1=b1, w2=w2)

# %% [markdown]
# Two paths lead from `w1` to the loss, through the layer and through the decay. Change the expression and draw it again.
#
# ## In which order?
#
# Backward starts at the loss, at the bottom of the picture, and goes up, towards the inputs. At each node it needs the gradient of the node's output, **all** of it. In the picture, `w1` has two children; in the example at the beginning, $b$ had. If an operation's result was used twice, its node must wait until both uses have sent their share.
#
# So we need an order in which each node comes before everything that it was computed from: a **topological order**. Depth first is a way to find one. To list a node: list all its parents, each with what stands above it, unless listed already; *then* list the node itself. So
# each node comes after its parents, and the list, turned round, is what we want.
#
# That asks for recursion, and here is the trap. A loop in your program, such as a text read letter by letter, makes a graph that is thousands of nodes deep, and Python allows about a thousand nested calls. In the browser deep
# recursion can even end Python altogether. So you keep the list of open work yourself, in a **stack**, a list with `append` and `pop`. An entry says what is to be done with a node:
#
# - `(node, False)`: visit it. If it was seen before there is nothing to do. Else push `(node, True)`, and on top of it its parents, each with False.
# - `(node, True)`: everything above it is listed. Now list the node.

# %% exercise="topological_order" object="tinytorch.core.autograd:topological_order" points=4 title="An order to walk in"
# - Three things: `order = []`, `seen = set()`, `stack = [(last, False)]`. Loop while the stack is not empty, and `node, done = stack.pop()`.
# - If `done`, append the node to `order`. Else, if the node is not in `seen`: add it there, push `(node, True)`, and then `(parent, False)` for each of `node.parents()`.
# - The order now begins with the oldest node. Backward wants the last one first: return `order[::-1]`.

# %% checks="topological_order"


def test_a_chain():
    """In a chain the last node comes first, and each is listed once."""
    enable_autograd()
    x = Tensor(2.0, requires_grad=True)
    y = ((x * 3).exp() + 1).sqrt()
    order = topological_order(y.grad_fn)
    expect_nodes(order)
    wanted = ["<sqrt>", "<add>", "<exp>", "<mul>"]
    hints = {
        str(wanted[::-1]): "The last operation comes first: backward starts at the end. Turn the list round.",
        str(wanted[1:]): "`last` itself is missing.",
    }
    found = names_of(order)
    if found != wanted:
        fail(f"The order of a chain is {found}; it should be {wanted}.", hints.get(str(found), ""))
    expect_equal(len(topological_order((x * 2).grad_fn)), 1, "The number of nodes of `x * 2`")


def test_each_before_its_parents():
    """Each node comes before the nodes that its inputs came out of, wherever else these are used."""
    enable_autograd()
    hint = "A node may be listed only when everything that it stands on is. Mark it as seen when you take it from the stack, not when you push it; and list it after its parents."
    for build in (diamond, short_and_long_way, long_and_short_way):
        order = topological_order(build(Tensor(2.0, requires_grad=True)).grad_fn)
        expect_nodes(order)
        place = {id(node): i for i, node in enumerate(order)}
        for node in order:
            for parent in node.parents():
                if id(parent) not in place:
                    fail(
                        f"{parent} is missing in the order {names_of(order)}.",
                        "All nodes are listed, however far up.",
                    )
                if place[id(parent)] < place[id(node)]:
                    fail(
                        f"In the order {names_of(order)}, {parent} comes before {node}, which was computed from it.",
                        hint,
                    )


def test_each_once():
    """A node that is reached in several ways is listed once."""
    enable_autograd()
    y = Tensor(1.0, requires_grad=True) * 2
    for _ in range(8):
        y = y + y
    order = topological_order(y.grad_fn)
    hint = "Two ways to each node are 256 ways after 8 additions. Remember in a set which nodes you have seen, and do nothing for them a second time."
    if len(order) != 9:
        fail(f"A graph of 9 operations gave an order of {len(order)} nodes.", hint)
    asked = []
    parents = Node.parents
    Node.parents = lambda self: asked.append(1) or parents(self)
    topological_order(y.grad_fn)
    Node.parents = parents
    if len(asked) > 30:
        fail(f"For 9 operations, `parents()` was asked {len(asked)} times.", hint)


def test_a_deep_graph():
    """A chain of 20,000 operations is no deeper for a stack than one of three."""
    enable_autograd()
    x = y = Tensor(1.0, requires_grad=True)
    for _ in range(20_000):
        y = y + x
    try:
        order = topological_order(y.grad_fn)
    except RecursionError:
        fail(
            "A chain of 20,000 operations is too deep: Python gave up with a RecursionError.",
            "A function that calls itself for each parent goes as deep as the graph. Keep a stack of your own, and loop.",
        )
    expect_equal(len(order), 20_000, "The number of nodes in the order")


# %% wrong="topological_order" name="recursion" says="Keep a stack of your own, and loop."
def topological_order(last):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents():
                visit(parent)
            order.append(node)

    visit(last)
    return order[::-1]


# %% wrong="topological_order" name="in_order_of_discovery" says="comes before"
def topological_order(last):
    order, seen, stack = [], {last}, [last]
    while stack:
        node = stack.pop()
        order.append(node)
        for parent in node.parents():
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return order


# %% wrong="topological_order" name="oldest_first" says="Turn the list round."
def topological_order(last):
    order, seen, stack = [], set(), [(last, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            for parent in node.parents():
                stack.append((parent, False))
    return order


# %% wrong="topological_order" name="every_way" says="Remember in a set which nodes you have seen"
def topological_order(last):
    order, stack = [], [(last, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        else:
            stack.append((node, True))
            for parent in node.parents():
                stack.append((parent, False))
    return order[::-1]


# %% experiment="order" title="The order of a graph that forks"
enable_autograd()
x = Tensor([1.0, 2.0], requires_grad=True)
h = x * 3
y = (h.exp() + h.sqrt()).sum()
print(topological_order(y.grad_fn))

# %% [markdown]
# `<mul>` comes last: both `<exp>` and `<sqrt>` have to send it something first.
#
# ## Backward
#
# Everything is there. Walk through the nodes in that order. Run each one's rule, and hand the shares on to its inputs. There each share **waits**, and if one is waiting already, they are added: a result's share waits until it is the turn of its node; a leaf has no node, so its share waits until the walk is over. What waits then is the whole gradient of each leaf, and goes into its `grad`.
#
# One method does the small work of a node: it runs the rule, undoes broadcasting, converts dtypes, calls gradients that are functions, and returns each input that asks for a gradient together with its share. It also refuses a share of the wrong shape, and names the rule.

# %% pull="tinytorch.core.autograd:Node.gradients"

# %% [markdown]
# Two things to take care of. Do not add in place, as in `waiting[…] += share`: `add_gradient` gave the *same* array to both of its inputs, and you would change the other one's share, too. And when a node is done, `node.release()` lets go of its inputs and of what was kept, unless the caller wants to walk the graph
# again. In a large network that memory matters.
#
# The first lines are written: they find the array to start from, and deal with a tensor that is a leaf itself.

# %% pull="tinytorch.core.autograd:accumulate"

# %% exercise="backward" object="tinytorch.core.autograd:backward" points=4 title="Walk back"
# - A dict holds what waits: `waiting = {self.grad_fn: start}`. Loop over `topological_order(self.grad_fn)`, and take each node's gradient out: `waiting.pop(node)`.
# - `for tensor, share in node.gradients(…):` a share waits under `tensor.grad_fn`, or, if that is None, under the tensor itself: `place = tensor.grad_fn or tensor`. Where something waits already, put the sum, as a new array; else the share itself.
# - At the end of each round: `if not retain_graph: node.release()`. After the last one only leaves are left: `for leaf, total in waiting.items():` call `accumulate(leaf, total)`.

# %% checks="backward"


def test_one_operation():
    """The gradients of a product arrive at both leaves, as tensors in `grad`."""
    enable_autograd()
    a, b = Tensor([2.0, 3.0], requires_grad=True), Tensor([5.0, 7.0], requires_grad=True)
    with expect_no_error(
        "`(a * b).sum().backward()`",
        "What waits for a node has the node as its key, `tensor.grad_fn`; what waits for a leaf has the leaf.",
    ):
        (a * b).sum().backward()
    for leaf, name in ((a, "a"), (b, "b")):
        if leaf.grad is None:
            fail(
                f"`{name}.grad` is None after `(a * b).sum().backward()`.",
                "A tensor without `grad_fn` is a leaf: `accumulate` puts what came for it into its `grad`.",
            )
    expect_tensor(a.grad, [5, 7], "`a.grad` after `(a * b).sum().backward()`", "float32")
    expect_tensor(b.grad, [2, 3], "`b.grad`", "float32")


def test_the_example():
    """In y = (a b + c) b the value b is used twice: its gradient is 10 + 6."""
    enable_autograd()
    a, b, c = (Tensor(value, requires_grad=True) for value in (2.0, 3.0, 4.0))
    ((a * b + c) * b).backward()
    expect_tensor(a.grad, 9, "The gradient of a")
    hint = "b gets a share twice, and both count: a share may be waiting already when the next one comes."
    expect_tensor(b.grad, 16, "The gradient of b", hint=hint)
    expect_tensor(c.grad, 3, "The gradient of c")


def test_results_that_are_used_twice():
    """A result that is used several times gets the sum of all shares, before its own rule runs."""
    enable_autograd()
    x = Tensor(1.0, requires_grad=True)
    y = x * 3
    (y + y).backward()
    hint = "For a result, too, a share may be waiting already when the next one comes: add the two."
    expect_tensor(x.grad, 6, "The gradient of x for y = 3x and `(y + y).backward()`", hint=hint)
    for build, expected in ((diamond, 42), (short_and_long_way, 224), (long_and_short_way, 224)):
        x = Tensor(2.0, requires_grad=True)
        build(x).backward()
        expect_tensor(x.grad, expected, f"The gradient of x for `{build.__doc__}` at 2", hint=hint)


def test_shares_are_not_changed():
    """A share that two tensors were given is never added to in place."""
    enable_autograd()
    x = Tensor([1.0, 1.0], requires_grad=True)
    a, b = x * 2, x * 3
    ((a + b) + (a + b)).backward(Tensor([1.0, 1.0]))  # the rule of + gives one array to both sides
    hint = "`+=` changes an array that somebody else was given, too. Make a new one: `waiting[…] = waiting[…] + share`."
    expect_tensor(x.grad, [10, 10], "The gradient of x for (a + b) + (a + b), a = 2x, b = 3x", hint=hint)
    start = Tensor([1.0, 10.0])
    (x * 2 + x).backward(start)
    expect_unchanged(start, [1, 10], "gradient", "`backward(gradient)`")


def test_gradients_accumulate():
    """A second loss adds to what `grad` holds; the caller clears it."""
    enable_autograd()
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * 2).sum().backward()
    (x * 5).sum().backward()
    expect_tensor(x.grad, [7, 7], "`x.grad` after backward from two losses")


def test_only_leaves_that_ask():
    """Only leaves that ask for a gradient get one; results in between keep none."""
    enable_autograd()
    x, plain = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    h = x * plain
    h.sum().backward()
    if plain.grad is not None or h.grad is not None:
        fail(
            "A tensor got a `grad` that is no leaf or did not ask.",
            "Call `accumulate` for tensors whose `grad_fn` is None, and for no others.",
        )


def test_a_gradient_to_start_from():
    """`backward(gradient)` starts from that gradient, for a tensor of any shape."""
    enable_autograd()
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * x).backward(Tensor([1.0, 10.0]))
    hint = "The walk starts with `start`: it waits at the node of this tensor."
    expect_tensor(x.grad, [2, 40], "`x.grad` after `(x * x).backward(Tensor([1., 10.]))`", hint=hint)


def test_the_graph_is_released_unless_it_is_retained():
    """Afterwards the nodes hold nothing, and a second backward says so; with retain_graph=True it works."""
    enable_autograd()
    x = Tensor(3.0, requires_grad=True)
    y = x * x
    z = y * 2
    z.backward(retain_graph=True)
    with expect_no_error(
        "A second backward after `retain_graph=True`", "Release nodes only `if not retain_graph`."
    ):
        z.backward()
    expect_tensor(x.grad, 24, "`x.grad` after walking the same graph twice")
    if z.grad_fn.inputs is not None or y.grad_fn.inputs is not None:
        fail(
            "After backward, a node still holds its inputs.",
            "Call `node.release()` for each node that is done: it frees memory.",
        )


def test_each_rule_runs_once():
    """12 additions of a result to itself run 12 rules, not 2¹²."""
    enable_autograd()
    runs = []
    gradients = Node.gradients
    Node.gradients = lambda self, grad: runs.append(1) or gradients(self, grad)
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(12):
        y = y + y
    y.backward(retain_graph=True)
    Node.gradients = gradients
    hint = "Two ways lead to each node. Its rule waits until both shares have come, and runs once with their sum."
    if len(runs) != 12:
        fail(f"For 12 additions {len(runs)} rules ran.", hint)
    expect_tensor(x.grad, 2.0**12, "The gradient of x, doubled 12 times", hint=hint)


# %% wrong="backward" name="every_way" says="runs once with their sum"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    stack = [(self.grad_fn, start)]
    while stack:
        node, grad = stack.pop()
        for tensor, share in node.gradients(grad):
            if tensor.grad_fn is None:
                accumulate(tensor, share)
            else:
                stack.append((tensor.grad_fn, share))


# %% wrong="backward" name="overwrites" says="a share may be waiting already"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            waiting[tensor.grad_fn or tensor] = share
        if not retain_graph:
            node.release()
    for leaf, total in waiting.items():
        accumulate(leaf, total)


# %% wrong="backward" name="adds_in_place" says="changes an array that somebody else was given"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            place = tensor.grad_fn or tensor
            if place in waiting:
                waiting[place] += share
            else:
                waiting[place] = share
        if not retain_graph:
            node.release()
    for leaf, total in waiting.items():
        accumulate(leaf, total)


# %% wrong="backward" name="keeps_everything" says="a node still holds its inputs"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            place = tensor.grad_fn or tensor
            waiting[place] = waiting[place] + share if place in waiting else share
    for leaf, total in waiting.items():
        accumulate(leaf, total)


# %% wrong="backward" name="always_releases" says="Release nodes only `if not retain_graph`."
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            place = tensor.grad_fn or tensor
            waiting[place] = waiting[place] + share if place in waiting else share
        node.release()
    for leaf, total in waiting.items():
        accumulate(leaf, total)


# %% wrong="backward" name="sets_leaves" says="b gets a share twice"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            if tensor.grad_fn is None:
                tensor.grad = Tensor(share)
            else:
                before = waiting.get(tensor.grad_fn)
                waiting[tensor.grad_fn] = share if before is None else before + share
        if not retain_graph:
            node.release()


# %% wrong="backward" name="replaces_what_was_there" says="from two losses"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            place = tensor.grad_fn or tensor
            waiting[place] = waiting[place] + share if place in waiting else share
        if not retain_graph:
            node.release()
    for leaf, total in waiting.items():
        leaf.grad = Tensor(total)


# %% wrong="backward" name="a_gradient_for_all" says="that is no leaf or did not ask"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            accumulate(tensor, share)
            if tensor.grad_fn is not None:
                before = waiting.get(tensor.grad_fn)
                waiting[tensor.grad_fn] = share if before is None else before + share
        if not retain_graph:
            node.release()


# %% wrong="backward" name="forgets_leaves" says="A tensor without `grad_fn` is a leaf"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            place = tensor.grad_fn or tensor
            waiting[place] = waiting[place] + share if place in waiting else share
        if not retain_graph:
            node.release()


# %% wrong="backward" name="waits_for_nodes_only" says="what waits for a leaf has the leaf"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            before = waiting.get(tensor.grad_fn)
            waiting[tensor.grad_fn] = share if before is None else before + share
        if not retain_graph:
            node.release()
    for leaf, total in waiting.items():
        accumulate(leaf, total)


# %% wrong="backward" name="starts_from_one" says="The walk starts with `start`"
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        accumulate(self, start)
        return
    waiting = {self.grad_fn: np.ones_like(self.data)}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(waiting.pop(node)):
            place = tensor.grad_fn or tensor
            waiting[place] = waiting[place] + share if place in waiting else share
        if not retain_graph:
            node.release()
    for leaf, total in waiting.items():
        accumulate(leaf, total)


# %% experiment="alive" title="The network from the beginning, without a line of gradient"
enable_autograd()
manual_seed(0)
x, y = randn(64, 20, dtype="float64"), Tensor(np.arange(64) % 3)
w1 = Tensor(randn(20, 30, dtype="float64") * 0.3, requires_grad=True)
w2 = randn(30, 3, dtype="float64", requires_grad=True)

step = 1e-4
for activation in (F.relu, F.tanh, F.gelu, F.sigmoid):
    w1.grad = w2.grad = None
    before = F.cross_entropy(activation(x @ w1) @ w2, y)
    before.backward()
    g1, g2 = w1.grad, w2.grad
    with no_grad():
        after = activation(x @ (w1 - step * g1)) @ (w2 - step * g2)
        fall = (before - F.cross_entropy(after, y)).item()
    promised = step * ((g1 * g1).sum() + (g2 * g2).sum()).item()
    print(f"{activation.__name__:8} promised {promised:.3e},", end=" ")
    print(f"fell by {fall:.3e}, {fall / promised:.0%} of it")

# %% [markdown]
# Change the activation, add a layer, use a weight twice: the gradient follows, and the promise is kept. The functions of module 04 that computed gradients by hand have done their duty. One of them, `mse_loss_gradient`, lives on inside a rule.
#
# Two more words that you need. Where gradients are of no use, as in evaluation, recording only costs memory. `no_grad()` switches it off for a block of code, or for a function. And `x.detach()` is the same values without the past.

# %% pull="tinytorch.core.autograd:no_grad"

# %% [markdown]
# ## Measure
#
# **How small a step?** The judge needs an $\varepsilon$. Smaller should be better, says mathematics. Before you run this: what do you expect for $\varepsilon = 10^{-12}$?

# %% experiment="step_size" title="The best step" needs=["matplotlib"] alt="Line plot with two curves on logarithmic axes: the relative error of the numerical gradient against the step. Both curves fall as the step gets smaller and then rise again. float64 reaches its lowest error near a few millionths, float32 near a few thousandths, where the error is about a hundred thousand times larger."
import matplotlib.pyplot as plt

steps = 10.0 ** np.arange(-13, 0.1, 0.5)
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
for dtype in ("float32", "float64"):
    x = Tensor([0.5, 1.0, 2.0], dtype)
    right = np.exp(x.data.astype("float64"))
    errors = []
    for eps in steps:
        found = numerical_gradient(lambda x: x.exp().sum(), x, eps)
        errors.append(np.abs(found / right - 1).max())
    axes.loglog(steps, errors, marker=".", label=dtype)
    best = int(np.argmin(errors))
    print(f"{dtype}: best step {steps[best]:.0e},", end=" ")
    print(f"error {errors[best]:.0e}")
axes.set_xlabel("step ε")
axes.set_ylabel("relative error")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# From the right the error falls with $\varepsilon^2$, as the formula promises. Then rounding takes over: $f(x + \varepsilon)$ and $f(x - \varepsilon)$ agree in most of their digits, and only the rest is left. In float32 there are seven digits to
# begin with, so the judge wants float64.
#
# **What does judging cost?** The numerical gradient computes forward twice for each *element*. Backward computes all elements at once. The next experiment takes both for larger and larger weights.

# %% experiment="cost_of_judging" title="One walk back against two computations an element"
import time

enable_autograd()
manual_seed(0)


def seconds(action, *arguments):
    started = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - started


for n in (4, 8, 16, 32):
    x = randn(8, n, dtype="float64")
    w = randn(n, n, dtype="float64", requires_grad=True)

    def loss(w, x=x):
        return F.tanh(x @ w).sum()

    back = min(seconds(lambda y: y.backward(), loss(w)) for _ in range(20))
    with no_grad():
        judge = min(seconds(numerical_gradient, loss, w) for _ in range(3))
    print(f"{n * n:5} elements: the judge takes", end=" ")
    print(f"{judge / back:7.0f} times as long")

# %% [markdown]
# Four times the elements, about four times the factor. Backward does not care how many there are, apart from the arithmetic itself.
#
# **Backward against forward.** Each product of forward needs two in backward. So what do you predict: how much longer does backward take?

# %% experiment="backward_time" title="Backward against forward"
import time

enable_autograd()
manual_seed(0)
weights = [randn(256, 256, requires_grad=True) for _ in range(6)]
for w in weights:
    w.data *= 0.1


def forward(x):
    for w in weights:
        x = F.relu(F.linear(x, w))
    return x.mean()


def clock(x):
    started = time.perf_counter()
    loss = forward(x)
    middle = time.perf_counter()
    loss.backward()
    return middle - started, time.perf_counter() - middle


x = randn(256, 256, requires_grad=True)
runs = np.array([clock(x) for _ in range(9)])
there, back = np.median(runs, axis=0)
print(f"backward takes {back / there:.1f} times as long as forward")

# %% [markdown]
# About twice, on most machines. A training step is roughly three forwards, and people who plan the training of large models count like this.
#
# **How deep, how long?** If the work is linear in the graph, then twice the operations take twice the time, and each operation the same. No depth is too deep.

# %% experiment="long_chain" title="Chains of up to 20,000 operations"
import time

enable_autograd()
x = Tensor(1.0, requires_grad=True)


def there_and_back(n):
    started = time.perf_counter()
    x.grad = None
    y = x
    for _ in range(n):
        y = y + x
    y.backward()
    return time.perf_counter() - started


for n in (1250, 2500, 5000, 10_000, 20_000):
    each = min(there_and_back(n) for _ in range(3)) / n
    print(f"{n:6} additions: gradient {x.grad.item():.0f},", end=" ")
    print(f"{each * 1e6:5.1f} µs each, there and back")

# %% [markdown]
# Were the work quadratic, the last line would be sixteen times the first. It is not: an addition hardly cares how many came before it.
#
# One walk is easy to overlook. A graph that nobody needs is freed, and Python frees an object and then what only that object held: a node, the tensor above it, the node of that tensor, and so on up. That is recursion again, this time inside of Python. In the
# browser a long chain overflowed the stack of our first version, after all checks had passed elsewhere: outside of a browser Python looks after that itself. Here, too, the answer is a list and a loop. In the browser this function is the
# `__del__` of every node, which Python calls when it frees one.

# %% pull="tinytorch.core.autograd:free_in_a_loop"

# %% [markdown]
# **What a graph remembers.** Rules need what forward computed, so the graph keeps every array alive until backward has been there. `no_grad()` keeps none. Predict what the memory of a recorded forward grows with, and whether it does so without recording.

# %% [markdown] question="predict_activations"
# A batch of 256 goes through eight layers of 256 values, each a `linear` and a `relu`, in float32. Each of the two operations makes an array of `(256, 256)`, and the graph keeps it. How many megabytes (10⁶ bytes) are these activations together?
#
# = 8 * 2 * 256 * 256 * 4 / 1e6 MB ± 3%
# > 16 arrays of 65,536 numbers, four bytes each. The weights are not among them: they were there before.

# %% experiment="graph_memory" title="Memory that forward holds, with a graph and without"
import tracemalloc

enable_autograd()
manual_seed(0)
weights = [randn(256, 256, requires_grad=True) for _ in range(8)]
for w in weights:
    w.data *= 0.1


def forward(x):
    for w in weights:
        x = F.relu(F.linear(x, w))
    return x.mean()


def held(x, record):
    tracemalloc.start()
    if record:
        loss = forward(x)
    else:
        with no_grad():
            loss = forward(x)
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return now, peak, loss


for batch in (32, 64, 128, 256):
    x = randn(batch, 256)
    now, _, _ = held(x, True)
    after, peak, _ = held(x, False)
    print(f"batch {batch:3}: graph {now / 1e6:5.2f} MB,", end=" ")
    print(f"without {after / 1e6:.2f} MB,", end=" ")
    print(f"at most {peak / 1e6:.2f} MB")

# %% [markdown]
# The weights take the same in all lines and are not counted. What grows with the batch are the **activations**: 16 arrays of `(batch, 256)` here, two for each layer. They are the reason why training needs so much more memory than using a model, and why a batch that is too large is the first thing to fail.

# %% [markdown]
# ## Put it together
#
# With gradients, anything that you can write you can train. Here are points inside and outside of a circle, which no straight line separates, and a network of two layers from module 03. The loop is the simplest there is: forward, backward, a step against the gradient. Modules 06 and 07
# are about doing it better.

# %% experiment="train" title="A network learns a circle"
from tinytorch import nn
from tinytorch.workshop.live import LivePlot

enable_autograd()
manual_seed(0)
points = randn(256, 2)
inside = ((points * points).sum(axis=1) < 1.2).to("int32")

model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
plot = LivePlot("Learning a circle", xlabel="step", ylabel="loss")
for step in range(300):
    loss = F.cross_entropy(model(points), inside)
    plot.add(step, loss)
    model.zero_grad()
    loss.backward()
    with no_grad():
        for parameter in model.parameters():
            parameter.data -= 0.5 * parameter.grad.data

with no_grad():
    right = model(points).argmax(axis=1) == inside
share = right.to("float32").mean().item()
print(f"loss {loss.item():.3f}, {share:.1%} right")

# %% [markdown]
# None of the code of modules 01 to 04 was touched: layers, activations and loss are what you wrote then. The checks below make sure of it, on your own tinytorch.

# %% integration=true


def test_forward_is_what_it_was():
    """After `enable_autograd()` everything from modules 01 to 04 gives exactly what it gave before, and records nothing unasked."""

    def everything():
        manual_seed(0)
        x, w, b = randn(4, 3), randn(5, 3), randn(5)
        y = Tensor([0, 1, 2, 0])
        p = F.sigmoid(x)
        return [
            *(x + 1, 2 - x, x * x, x / 3, x**2, -x, x.exp(), (x * x).log(), (x * x).sqrt()),
            *(x @ w.T, x.reshape(-1), x.transpose(0, 1), x[1:, ::2], x[Tensor([2, 0])], x[x > 0]),
            *(x.sum(), x.sum(axis=0), x.mean(), x.max(axis=1), x.min(), x.argmax(axis=1), x > 0),
            *(F.relu(x), F.sigmoid(x), F.tanh(x), F.gelu(x), F.softmax(x), F.log_softmax(x, axis=0)),
            *(F.linear(x, w, b), F.dropout(x, 0.5), F.logsumexp(x), F.mse_loss(x, p)),
            *(F.cross_entropy(x, y), F.binary_cross_entropy(p, p), F.binary_cross_entropy_with_logits(x, p)),
        ]

    before = everything()
    enable_autograd()
    for was, now in zip(before, everything(), strict=True):
        if was.dtype != now.dtype or not np.array_equal(was.data, now.data):
            fail(f"After `enable_autograd()` an operation gives {now}; before it gave {was}.")
        if now.requires_grad or now.grad_fn is not None:
            fail(f"{now.grad_fn} was recorded, though no input asked for gradients.")


def test_everything_is_alive():
    """After `enable_autograd()` the gradient of each of these operations agrees with the judge."""
    enable_autograd()
    manual_seed(0)
    x = randn(4, 3, dtype="float64", requires_grad=True)
    w, b = randn(5, 3, dtype="float64", requires_grad=True), randn(5, dtype="float64", requires_grad=True)
    y = Tensor([0, 1, 2, 0])
    for f in [
        *(lambda x: x + 1, lambda x: 2 - x * x, lambda x: x / 3, lambda x: 1 / (x * x + 1), lambda x: x**2),
        *(lambda x: -x.exp(), lambda x: (x * x + 1).log(), lambda x: (x * x + 1).sqrt(), lambda x: x.T @ x),
        *(
            lambda x: x.reshape(2, 6),
            lambda x: x.transpose(0, 1),
            lambda x: x[1:, ::2],
            lambda x: x[Tensor([2, 2])],
        ),
        *(lambda x: x.sum(axis=0), lambda x: x.mean(), lambda x: x.max(axis=1), lambda x: x.min()),
        *(F.relu, F.sigmoid, F.tanh, F.gelu, F.softmax, F.log_softmax, F.logsumexp),
        *(lambda x: F.mse_loss(x, Tensor(np.ones((4, 3)))), lambda x: F.cross_entropy(x, y)),
        lambda x: F.binary_cross_entropy_with_logits(x, Tensor(np.ones((4, 3)))),
        lambda x: F.binary_cross_entropy(F.sigmoid(x), Tensor(np.ones((4, 3)))),
    ]:
        check_gradients(f, x)
    check_gradients(F.linear, x, w, b)


def test_two_layers_by_hand_and_by_autograd():
    """For a network of two layers, backward gives the gradient by hand, also if the result is used twice."""
    enable_autograd()
    manual_seed(0)
    x, y = randn(8, 4), Tensor(np.arange(8) % 3)
    w1, w2 = randn(4, 5, requires_grad=True), randn(5, 3, requires_grad=True)
    h = F.relu(x @ w1)
    loss = F.cross_entropy(h @ w2, y)
    (loss + loss).backward()
    g = 2 * F.cross_entropy_gradient(h.detach() @ w2.detach(), y)
    expect_tensor(w2.grad, (h.detach().T @ g).data, "The gradient of w2", "float32")
    by_hand = x.T @ ((g @ w2.detach().T) * (h.detach() > 0))
    expect_tensor(w1.grad, by_hand.data, "The gradient of w1", "float32")


def test_a_network_learns():
    """A network of two layers learns which points lie inside a circle."""
    enable_autograd()
    manual_seed(0)
    points = randn(128, 2)
    inside = ((points * points).sum(axis=1) < 1.2).to("int32")
    w1, b1 = Tensor(randn(16, 2), requires_grad=True), zeros(16, requires_grad=True)
    w2, b2 = Tensor(randn(2, 16) * 0.3, requires_grad=True), zeros(2, requires_grad=True)
    for _ in range(200):
        loss = F.cross_entropy(F.linear(F.tanh(F.linear(points, w1, b1)), w2, b2), inside)
        loss.backward()
        for weight in (w1, b1, w2, b2):
            weight.data -= 0.5 * weight.grad.data
            weight.grad = None
    if not loss.item() < 0.2:
        fail(f"After 200 steps the loss is {loss.item():.3f}; it should have fallen below 0.2.")


def test_a_long_loop():
    """A loop of 5,000 steps, each of which uses the result of the last one twice, is walked back without trouble."""
    enable_autograd()
    x, half = Tensor(1.0, requires_grad=True), Tensor(0.5)
    y = x
    for _ in range(5000):
        y = (y + y) * half
    y.backward()
    expect_tensor(x.grad, 1, "The gradient of x, doubled and halved 5,000 times", "float32")


# %% [markdown]
# ## Questions

# %% [markdown] question="used_twice"
# $y = (a b + c) \cdot b$, now at $a = 1$, $b = 4$, $c = 2$. What is the gradient of $y$ with respect to $b$?
#
# = 2 * 1 * 4 + 2
# > From the last product $b$ gets $a b + c = 6$, from the first $b \cdot a = 4$. Or by calculus: $2 a b + c$.

# %% [markdown] question="bias_shape"
# A bias `b` of shape `(10,)` is added to `x` of shape `(32, 10)`. Which statement about the gradient of `b` is right?
#
# - [ ] It is the gradient of the sum as it is, of shape `(32, 10)` :: A gradient has the shape of its tensor: one entry for each number that can change.
# - [ ] It is the mean of that gradient over the 32 rows :: Each row's use contributes in full. Only a loss that is a mean divides, and it has done so already.
# - [x] It is the sum of that gradient over the 32 rows :: Each number was read 32 times, and what is used several times gets the sum.

# %% [markdown] question="what_relu_needs"
# `relu_gradient(grad, out, x)` returns `grad * (out > 0)`, so it uses `out` and not `x`. What is that good for?
#
# - [ ] It is more exact :: Both give the same truth values: `out` is above zero where `x` is.
# - [x] A framework that keeps for each rule only what it needs could free `x` early, and even overwrite it in place :: That is what PyTorch does with `relu_`. Ours keeps the inputs of every node, so here the gain is none.
# - [ ] `x` may have changed since :: So may `out`. Whoever writes into arrays that a graph holds gets wrong gradients from any rule.

# %% [markdown] question="forgotten_clearing"
# A training loop never clears `grad`. Each step uses other data, of the same kind. What happens?
#
# - [ ] An error at the second `backward()` :: Each step records a new graph; nothing is walked twice.
# - [ ] Nothing: `backward` overwrites `grad` :: It adds, so that several losses, or several parts of a batch, can contribute.
# - [x] Each step uses the sum of all gradients so far, so the steps grow and point into the past :: This is why loops begin with `zero_grad()`.

# %% [markdown] question="cost_of_numerical"
# A layer has a `(128, 784)` weight and a bias of 128. How many times does a numerical gradient of all its parameters compute forward?
#
# = 2 * (128 * 784 + 128) times
# > Twice for each parameter. Backward needs the time of about two.

# %% [markdown] question="which_records"
# Autograd is enabled, `w` asks for gradients, `x` does not. Which result has no `grad_fn`?
#
# - [ ] `x * w` :: One input that asks is enough.
# - [x] `(x * w).argmax()` :: A position is a whole number. It does not change by a little, so there is no gradient to speak of.
# - [ ] `w.reshape(-1)` :: A view is an operation like any other, and its rule gives the gradient the old shape.
# - [ ] `w[0] + 1` :: Both the selection and the sum are recorded.

# %% [markdown] question="second_backward"
# `loss.backward()` ran, and then somebody calls `loss.backward()` again. Why is that an error, though the first one worked?
#
# - [x] The first walk released what the rules need, to free memory early :: `retain_graph=True` keeps it, at the price of the memory.
# - [ ] Because `grad` is not empty any more :: That is allowed: gradients add up.
# - [ ] Because the loss has changed :: It has not. Nothing was computed forward in between.

# %% [markdown] question="why_backward"
# One could also walk the graph forward: begin at one weight, and carry along how every value changes with it. Each operation has a rule for that direction, too. Why do networks go backward?
#
# > Because of how many numbers stand at each end. A walk forward answers, for *one* weight, how all results change with it; a network with a million weights would need a million walks. A walk back answers, for *one* result, how it changes with all weights, and the loss is one number.
# > The price is memory: forward could forget each value at once, backward has to keep them until it comes by. With one input and many outputs the walk forward would win.

# %% [markdown]
# ## Looking further
#
# ```{admonition} In production
# :class: tip
#
# PyTorch records in the same way: each result has a `grad_fn` with edges to those of its inputs, made anew in each step, so that Python's loops and branches work. The recording versions are not patched in but generated, in C++, from a table, `derivatives.yaml`, that pairs each operation with its formulas, as our `RULES` do. A formula names
# which inputs or results it needs, and only these **saved tensors** are kept. Each of them remembers a version number that every write in place counts up; if it differs in backward, PyTorch refuses to give a wrong gradient. Backward runs in the thread that called it, and for GPUs in one more for each device; it takes the nodes from a queue, latest first. With
# `create_graph=True` the walk back is itself recorded, so that gradients have gradients.
#
# When activations do not fit, **checkpointing** keeps only some of them and computes the others again on the way back: less memory for one more forward. JAX goes another way: it traces a function once, and transforms the trace into that of its gradient, to be compiled.
# ```
#
# ### What we left out
#
# - **Gradients of gradients.** Our rules work on arrays and are not recorded, so there is no `create_graph`.
# - **Versions.** `x[0] = 1` is refused on a tensor that takes part in a graph. But whoever writes into `x.data` between forward and backward, or into data that asks for no gradient, gets wrong gradients and no error. Optimizers do write there, after backward, when nobody needs the old values.
# - **Saving only what is needed.** A node holds all of its inputs and its output, which costs up to twice the memory.
# - **The walk forward**, hooks that run in the middle of a walk, and operations of your own in the graph: for the last, `register({function: rule})` is all that later modules use, too.
#
# From here on every module that computes forward brings its rules along, and nobody writes a gradient by hand again, except inside a rule.
