# %% [markdown]
# # Optimizers
#
# A gradient says which way is down. It does not say how far to go, what to do in a narrow valley, or when to stop trusting it. An **optimizer** decides
# that. This chapter builds the ones that train nearly everything, SGD with momentum, Adam and AdamW, and what they need to stay on the road: weight decay, clipping and
# schedules. Then it counts what they cost.

# %% setup=true
import math

import numpy as np

from tinytorch import Tensor, arange, manual_seed, nn, ones, randn, zeros
from tinytorch.core import enable_autograd
from tinytorch.optim import (
    SGD,
    Adam,
    AdamW,
    CosineAnnealingLR,
    LinearLR,
    Optimizer,
    SequentialLR,
    StepLR,
    clip_grad_norm_,
)
from tinytorch.optim.adam import adam_update
from tinytorch.optim.sgd import add_weight_decay, momentum_update, sgd_update
from tinytorch.workshop.expect import (
    expect_array,
    expect_equal,
    expect_error,
    expect_no_error,
    expect_number,
    expect_tensor,
    expect_unchanged,
    fail,
)


class Recorder(Optimizer):
    """Notes which parameters it was asked to update, and with what."""

    def __init__(self, params):
        self.calls = []
        super().__init__(params, {"lr": 1.0})

    def update(self, p, state, group):
        self.calls.append((p, state, group))
        state["steps"] = state.get("steps", 0) + 1


def parameters(*gradients):
    """A parameter for each gradient; None makes one without."""
    made = []
    for gradient in gradients:
        p = zeros(2, requires_grad=True)
        p.grad = None if gradient is None else Tensor(gradient)
        made.append(p)
    return made


def take_step(optimizer):
    """Take a step, or say what stopped it."""
    hints = {
        ValueError: "A tensor of several numbers is neither true nor false: ask `p.grad is not None`.",
        AttributeError: 'A group is a dict; its tensors are in the list `group["params"]`.',
    }
    try:
        optimizer.step()
    except tuple(hints) as error:
        fail(f'`step()` raised {type(error).__name__} "{error}".', hints[type(error)], error)


def push(gradients, *options):
    """Push a buffer that starts at zero; return the buffer and the last direction."""
    buffer, direction = np.zeros(2, dtype="float32"), None
    for gradient in gradients:
        direction = momentum_update(buffer, np.array(gradient, dtype="float32"), *options)
    return buffer, direction


def start(values):
    """A float32 parameter and two averages at zero."""
    data = np.array(values, dtype="float32")
    return data, np.zeros_like(data), np.zeros_like(data)


def decayed(lr, weight_decay):
    """Let an AdamW decay a parameter; return the parameter, the gradient, and what came back."""
    data, grad = np.array([10.0, -20.0], dtype="float32"), np.array([1.0, 2.0], dtype="float32")
    optimizer = AdamW([ones(1, requires_grad=True)])
    return data, grad, optimizer.decay(data, grad, lr, weight_decay)


def with_gradients(*gradients):
    """Parameters that have these gradients."""
    made = []
    for gradient in gradients:
        p = zeros(*np.shape(gradient), requires_grad=True)
        p.grad = Tensor(np.array(gradient, dtype="float32"))
        made.append(p)
    return made


def cosine(T_max, eta_min=0.0, lr=0.1):
    """A schedule for an optimizer with one parameter."""
    return CosineAnnealingLR(SGD([ones(1, requires_grad=True)], lr=lr), T_max, eta_min)


def two_moons():
    """Two half circles, 40 points each, and which is which."""
    angle = np.linspace(0, np.pi, 40)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.concatenate([upper, lower]).astype("float32")
    return Tensor(points), Tensor(np.repeat([[0.0], [1.0]], 40, axis=0).astype("float32"))


def network():
    """A small network with the same weights every time."""
    manual_seed(1)
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))


def train(model, optimizer, steps):
    """Take steps on the two moons; return the last loss."""
    points, labels = two_moons()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.BCEWithLogitsLoss()(model(points), labels)
        loss.backward()
        optimizer.step()
    return loss.item()


# %% [markdown]
# ## A valley
#
# So far we trained with one line: `w = w - lr * gradient`. Let us watch it on the smallest loss that gives it trouble, a valley with steep sides and a gentle floor:
#
# $$ L(x, y) = \tfrac{1}{2}\left(x^2 + 50\,y^2\right) $$
#
# The lowest point is (0, 0). Along $y$ the ground is fifty times as curved as along $x$. Both runs start at the same point and take forty steps; only the learning rate differs.
# Which of the two do you expect to come closer?

# %% experiment="zigzag" title="Forty steps through a valley" needs=["matplotlib"] alt="Two paths on the contour lines of a long, narrow valley. With the smaller learning rate the path drops to the valley's floor and then creeps along it. With the larger one it jumps from side to side in a narrowing zigzag and gets further along."
import matplotlib.pyplot as plt

enable_autograd()
curvature = Tensor([1.0, 50.0])


def valley(w):
    return (curvature * w * w).sum() * 0.5


def walk(lr, steps=40):
    w = Tensor([10.0, 1.5], requires_grad=True)
    path = [w.tolist()]
    for _ in range(steps):
        w.grad = None
        valley(w).backward()
        w.data = w.data - lr * w.grad.data
        path.append(w.tolist())
    return np.array(path)


figure, axes = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
x, y = np.meshgrid(np.linspace(-2, 11, 80), np.linspace(-2, 2, 80))
height = x**2 + 50 * y**2
axes.contour(x, y, height, levels=12, colors="gray", linewidths=0.5)
for lr, style in [(0.004, "o-"), (0.036, "s--")]:
    path = walk(lr)
    axes.plot(*path.T, style, markersize=3, label=f"lr = {lr}")
    print(f"lr = {lr}: from (10, 1.5) to", path[-1].round(2))
axes.plot(0, 0, "k*", markersize=10)
axes.set_xlabel("x")
axes.set_ylabel("y")
axes.legend()
axes.grid(alpha=0.3)

print("and with lr = 0.041, y ends at", round(walk(0.041)[-1][1], 1))

# %% [markdown]
# One number has to serve both directions. A step multiplies $y$ by $1 - 50\,\text{lr}$, so with a rate above $2/50$ every step throws it further
# to the other side, which is what the last line shows. Just below that it jumps from wall to wall. Well below, the floor is so gentle that $x$ hardly moves. Real losses are such valleys
# in millions of directions.
#
# Three ideas help. Remember which way you were going: that is **momentum**. Give each number a step size of its own: that is **Adam**. Change the rate as time
# goes on: that is a **schedule**. First we turn the one line into something that they all can share.

# %% [markdown]
# ## One step, in place
#
# Everything here happens to plain NumPy arrays: the parameter's `p.data` and the gradient's `p.grad.data`. Nothing of it should be recorded for a gradient, and nothing is.
#
# The experiment above made a new array in each step and put it into the tensor. So for a moment every parameter is there twice. And
# whoever looked into the old array, through a view, still does. An optimizer writes *into* the array that is there:
#
# $$ p \leftarrow p - \text{lr} \cdot d $$
#
# For plain SGD the direction $d$ is the gradient; soon it will be something cleverer.

# %% exercise="sgd_update" object="tinytorch.optim.sgd:sgd_update" points=2 title="A step of gradient descent"
# - `data = …` would give the name `data` to another array. You want to change the numbers inside the one that the caller has.
# - NumPy's `-=` writes into the array on its left, whatever its shape.
# - One line: `data -= lr * direction`.

# %% checks="sgd_update"


def test_goes_downhill():
    """With lr 0.1 and the direction `[10, -20]`, `[1, 2]` becomes `[0, 4]`."""
    data = np.array([1.0, 2.0], dtype="float32")
    sgd_update(data, np.array([10.0, -20.0], dtype="float32"), 0.1)
    if data.tolist() == [1.0, 2.0]:
        fail(
            "`data` holds what it held before: your step did not reach the caller's array.",
            "`data = …` gives the name to a new array. Write into the old one, as `-=` does.",
        )
    mistakes = [
        ([2, 0], "That is uphill. The gradient points to where the loss grows: go against it."),
        ([-9, 22], "That is the whole direction. Take `lr` times as much."),
    ]
    hint = "Each number moves by `lr` times its direction, against it."
    expect_array(data, [0, 4], "`data` after the step", "float32", hint, mistakes)


def test_writes_into_the_array_that_is_there():
    """Whoever looks at a part of the parameter through a view sees the step."""
    data = np.ones((2, 3), dtype="float32")
    row = data[1]
    sgd_update(data, np.full((2, 3), 2, dtype="float32"), 0.25)
    expect_array(row, [0.5, 0.5, 0.5], "A view of row 1 after the step", "float32")


def test_the_direction_stays():
    """The direction holds the same numbers after the step as before."""
    data, direction = np.ones(2, dtype="float32"), np.array([1.0, 2.0], dtype="float32")
    sgd_update(data, direction, 0.5)
    expect_unchanged(direction, [1, 2], "direction", "`sgd_update(data, direction, 0.5)`")


def test_any_shape():
    """A single number without dimensions moves, too."""
    data = np.array(3.0, dtype="float32")
    hint = "`data[:]` needs a dimension to slice. `-=` works for all shapes; so would `data[...]`."
    with expect_no_error("A step of a 0-d array", hint):
        sgd_update(data, np.array(2.0, dtype="float32"), 0.5)
    expect_array(data, 2, "A 0-d array after the step", "float32", hint)


# %% wrong="sgd_update" name="rebinds" says="your step did not reach the caller's array"
def sgd_update(data, direction, lr):
    data = data - lr * direction


# %% wrong="sgd_update" name="goes_uphill" says="That is uphill."
def sgd_update(data, direction, lr):
    data += lr * direction


# %% wrong="sgd_update" name="forgets_lr" says="Take `lr` times as much"
def sgd_update(data, direction, lr):
    data -= direction


# %% wrong="sgd_update" name="scales_the_direction" says="changed `direction`"
def sgd_update(data, direction, lr):
    direction *= lr
    data -= direction


# %% wrong="sgd_update" name="slices" says="`data[:]` needs a dimension to slice"
def sgd_update(data, direction, lr):
    data[:] = data - lr * direction


# %% experiment="in_place" title="Who sees the step?"
weights = randn(3, 4, generator=np.random.default_rng(0))
first_row = weights[0]
print("before        ", first_row)

sgd_update(weights.data, np.ones((3, 4), dtype="float32"), lr=1.0)
print("in place      ", first_row)

weights.data = weights.data - 1.0
print("another array ", first_row)

# %% [markdown]
# `first_row` is a view. It saw the first step and missed the second one, because that put another array into `weights`. Nothing warned us: the view goes on showing
# numbers that nobody trains any more.

# %% [markdown]
# ## Walk over all parameters
#
# A model has many parameters, and not all of them want the same treatment. PyTorch's answer is **groups**: each is a dict with a list of tensors and a value for every option. You may
# give an optimizer a plain list, which becomes one group, or groups that differ:
#
# ```python
# optimizer = SGD([{"params": body}, {"params": head, "lr": 0.1}], lr=0.01)
# optimizer.param_groups[0]["lr"]  # 0.01, which the group did not set itself
# ```
#
# The constructor fills the gaps and refuses what cannot work. What is left is the walk itself. Each parameter that has a gradient is handed to `self.update(p, state, group)`, which
# knows the formula; it is different in every kind of optimizer, the walk is not. `self.state` keeps a dict for each parameter, empty at first, where `update` can remember things until the next step.
#
# A parameter whose `grad` is None took no part in the computation. It is left out, which is not the same as a gradient of zero: with momentum, a parameter whose gradient is zero keeps rolling.

# %% exercise="optimizer_step" object="tinytorch.optim.optimizer:Optimizer.step" points=3 title="Move every parameter that has a gradient"
# - Two loops, one inside the other: over `self.param_groups`, and over each group's `"params"`.
# - `if p.grad is not None:` decides. Asking `if p.grad:` would ask a whole tensor whether it is true.
# - `self.update(p, self.state[p], group)`. `self.state` makes an empty dict for a parameter that it has not seen.

# %% checks="optimizer_step"


def test_every_parameter_with_a_gradient_is_updated_once():
    """All parameters of all groups that have a gradient are updated, each once, in order."""
    a, b, c = parameters([1.0, 2.0], [3.0, 4.0], [5.0, 6.0])
    optimizer = Recorder([{"params": [a, b]}, {"params": [c]}])
    take_step(optimizer)
    names = {id(a): "a", id(b): "b", id(c): "c"}
    seen = [names.get(id(call[0]), "something else") for call in optimizer.calls]
    hint = "Go over every group, and over every tensor in its `params`."
    mistakes = [
        (["a", "b"], "The second group was left out. " + hint),
        ([], "`update` knows the formula: hand each parameter to `self.update(p, state, group)`."),
    ]
    expect_equal(seen, ["a", "b", "c"], "The list of what was updated", hint, mistakes)


def test_without_a_gradient_it_stays():
    """A parameter whose `grad` is None is not updated; one whose gradient is zero is."""
    a, b, c = parameters(None, [0.0, 0.0], [1.0, 1.0])
    optimizer = Recorder([a, b, c])
    take_step(optimizer)
    names = {id(a): "a", id(b): "b", id(c): "c"}
    seen = [names[id(call[0])] for call in optimizer.calls]
    mistakes = [
        (["a", "b", "c"], "`a` has no gradient: `update` would find None there."),
        (["c"], "`b` has a gradient, of zeros. With momentum it would roll on."),
    ]
    expect_equal(seen, ["b", "c"], "The list of what was updated", mistakes=mistakes)


def test_each_comes_with_its_group():
    """`update` gets the very dict of the parameter's own group, options included."""
    a, b = parameters([1.0, 1.0], [1.0, 1.0])
    optimizer = Recorder([{"params": [a], "lr": 0.5}, {"params": [b], "lr": 0.25}])
    take_step(optimizer)
    for i in (0, 1):
        if optimizer.calls[i][2] is not optimizer.param_groups[i]:
            fail(
                f"A parameter of group {i} was updated with something else than its group.",
                "The third argument is the group's dict, the one that you are going through.",
            )


def test_its_state_is_remembered():
    """Each parameter has one state, `self.state[p]`, the same dict in every step."""
    a, b = parameters([1.0, 1.0], [1.0, 1.0])
    optimizer = Recorder([a, b])
    for _ in range(3):
        take_step(optimizer)
    for p in (a, b):
        counted = dict(optimizer.state[p]).get("steps")
        if counted != 3:
            fail(
                "What `update` writes into a parameter's state is not there in the next step.",
                "The second argument is `self.state[p]`; a dict of your own would be forgotten.",
            )


def test_gradients_stay():
    """`step` leaves the gradients as they are: forgetting them is the task of `zero_grad`."""
    (a,) = parameters([1.0, 2.0])
    take_step(Recorder([a]))
    if a.grad is None:
        fail("After `step()` the gradient is gone.", "Others may want to look at it: `zero_grad` forgets it.")
    expect_tensor(a.grad, [1, 2], "The gradient after `step()`", hint="`zero_grad` is who forgets gradients.")


# %% wrong="optimizer_step" name="first_group_only" says="The second group was left out."
def step(self):
    group = self.param_groups[0]
    for p in group["params"]:
        if p.grad is not None:
            self.update(p, self.state[p], group)


# %% wrong="optimizer_step" name="updates_all" says="`a` has no gradient"
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            self.update(p, self.state[p], group)


# %% wrong="optimizer_step" name="asks_a_tensor" says="ask `p.grad is not None`"
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad:
                self.update(p, self.state[p], group)


# %% wrong="optimizer_step" name="skips_zeros" says="`b` has a gradient, of zeros."
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is not None and p.grad.data.any():
                self.update(p, self.state[p], group)


# %% wrong="optimizer_step" name="forgets_the_state" says="is not there in the next step"
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                self.update(p, {}, group)


# %% wrong="optimizer_step" name="passes_the_defaults" says="something else than its group"
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                self.update(p, self.state[p], self.defaults)


# %% wrong="optimizer_step" name="clears_gradients" says="After `step()` the gradient is gone."
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                self.update(p, self.state[p], group)
                p.grad = None


# %% [markdown]
# `zero_grad` is the same walk. It drops the gradients, so that the next `backward()` starts from nothing.

# %% pull="tinytorch.optim.optimizer:Optimizer.zero_grad"

# %% experiment="groups" title="Two groups, and one parameter that took no part"
enable_autograd()
body = ones(2, requires_grad=True)
head = ones(2, requires_grad=True)
unused = ones(2, requires_grad=True)
groups = [{"params": [body, unused]}, {"params": [head], "lr": 0.5}]
optimizer = SGD(groups, lr=0.125)

(body * head).sum().backward()
optimizer.step()
for name, p in [("body", body), ("head", head), ("unused", unused)]:
    print(f"{name:7} {p.data}  gradient {p.grad}")

try:
    SGD([body * 2], lr=0.1)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Keep weights small
#
# Data often leaves weights undecided. If two inputs always agree, only the sum of their weights matters, and the difference may be anything. **Weight decay** decides such cases in favour of
# small numbers: it adds a penalty to the loss,
#
# $$ L(p) + \frac{\lambda}{2} \lVert p \rVert^2 $$
#
# The square's gradient is easy: half of $\lambda$ times $2p$. So the penalty never has to be computed. It is enough to add its gradient to the loss's own.

# %% exercise="add_weight_decay" object="tinytorch.optim.sgd:add_weight_decay" points=2 title="The gradient of a penalty"
# - What is the derivative of (λ/2)·p² with respect to p?
# - `grad` belongs to the parameter, and others may look at it: make a new array. But a decay of 0 needs no new one.
# - `return grad + weight_decay * data`, unless `weight_decay` is 0.

# %% checks="add_weight_decay"


def test_adds_the_penaltys_gradient():
    """With a decay of 0.1, the gradient `[1, 1]` at `[10, -20]` becomes `[2, -1]`."""
    data, grad = np.array([10.0, -20.0], dtype="float32"), np.ones(2, dtype="float32")
    mistakes = [
        ([6, 21], "That adds the penalty itself, (λ/2)·p². Its gradient is wanted."),
        ([11, 41], "That adds λ·p², but the derivative of p² is 2·p."),
        ([3, -3], "That is twice the decay: the ½ in the penalty and the 2 of the derivative cancel."),
        ([0, 3], "The penalty grows with p, so its gradient is added."),
        ([1, -2], "That is the gradient of the penalty alone. Add the loss's."),
        ([26, 26], "The penalty is one number. Its gradient has an entry for each weight."),
    ]
    hint = "Every entry of the gradient gets λ times the weight that it belongs to."
    result = add_weight_decay(grad, data, 0.1)
    expect_array(result, [2, -1], "`add_weight_decay(grad, data, 0.1)`", "float32", hint, mistakes)


def test_neither_array_changes():
    """Gradient and parameter hold the same numbers after it as before."""
    data, grad = np.array([10.0, -20.0], dtype="float32"), np.ones(2, dtype="float32")
    add_weight_decay(grad, data, 0.1)
    expect_unchanged(grad, [1, 1], "grad", "`add_weight_decay(grad, data, 0.1)`")
    expect_unchanged(data, [10, -20], "data", "`add_weight_decay(grad, data, 0.1)`")


def test_no_decay_costs_nothing():
    """With a decay of 0 the answer is the gradient itself, not a copy."""
    grad = np.ones(2, dtype="float32")
    result = add_weight_decay(grad, np.ones(2, dtype="float32"), 0.0)
    expect_array(result, [1, 1], "`add_weight_decay(grad, data, 0.0)`", "float32")
    if result is not grad:
        fail(
            "With a decay of 0 you computed a new array; it should be `grad` itself.",
            "Most runs have no decay, and they should not pay for it: look at `weight_decay` first.",
        )


# %% wrong="add_weight_decay" name="adds_the_penalty" says="That adds the penalty itself"
def add_weight_decay(grad, data, weight_decay):
    return grad + weight_decay / 2 * data**2 if weight_decay else grad


# %% wrong="add_weight_decay" name="doubles" says="That is twice the decay"
def add_weight_decay(grad, data, weight_decay):
    if weight_decay == 0:
        return grad
    return grad + 2 * weight_decay * data


# %% wrong="add_weight_decay" name="subtracts" says="so its gradient is added"
def add_weight_decay(grad, data, weight_decay):
    return grad - weight_decay * data if weight_decay else grad


# %% wrong="add_weight_decay" name="works_in_place" says="changed `grad`"
def add_weight_decay(grad, data, weight_decay):
    if weight_decay:
        grad += weight_decay * data
    return grad


# %% wrong="add_weight_decay" name="always_copies" says="With a decay of 0 you computed a new array"
def add_weight_decay(grad, data, weight_decay):
    return grad + weight_decay * data


# %% experiment="undecided" title="What data leaves open"
enable_autograd()
manual_seed(0)
column = randn(100, 1)
inputs = Tensor(np.hstack([column, column]))  # two that always agree
target = 3 * column

for weight_decay in (0.0, 0.05):
    w = Tensor([[5.0], [-4.0]], requires_grad=True)
    optimizer = SGD([w], lr=0.1, weight_decay=weight_decay)
    for _ in range(1500):
        error = inputs @ w - target
        optimizer.zero_grad()
        (error * error).mean().backward()
        optimizer.step()
    a, b = w.data.ravel()
    print(f"weight_decay={weight_decay:<4}:", end=" ")
    print(f"{a:6.3f} and {b:6.3f}, sum {a + b:.3f}")

# %% [markdown]
# Both runs find that the sum has to be 3, or nearly. Without decay the difference of 9, which the weights began with, is still there: no example ever spoke against it. With decay the weights
# share the work almost equally. The price shows in the sum, which is a little too small.

# %% [markdown]
# ## Remember where you were going
#
# In the zigzag, two successive gradients along $y$ have opposite signs, while those along $x$ agree. So average over several steps: what alternates cancels, and what agrees adds up. That is **momentum**.
# It keeps a velocity $b$ for each parameter, a *buffer* in PyTorch's words:
#
# $$ b \leftarrow \mu\, b + g \qquad p \leftarrow p - \text{lr} \cdot b $$
#
# If the gradient stayed the same, $b$ would grow to $g + \mu g + \mu^2 g + \dots = g / (1 - \mu)$. With $\mu = 0.9$ that is ten times the gradient: think of a heavy ball that
# gathers speed.
#
# There are two variants. **Dampening** lets only a part of each gradient in: $b \leftarrow \mu b + (1 - \text{dampening})\,g$. And **Nesterov's** momentum looks ahead:
# the ball is about to move along $\mu b$ anyway, so it goes in the direction $g + \mu b$, with the new $b$, and brakes earlier when the ground rises.
# PyTorch refuses to combine the two, and so does our `SGD`.
#
# Your function updates the buffer in place, for the next step needs it, and returns the direction for `sgd_update`.

# %% exercise="momentum_update" object="tinytorch.optim.sgd:momentum_update" points=3 title="A velocity"
# - Two in-place operations make the new buffer: `buffer *= …`, then `buffer += …`.
# - The buffer gets `(1 - dampening) * grad`; momentum and dampening are two different numbers.
# - `return grad + momentum * buffer if nesterov else buffer`: the look-ahead is a new array, the buffer stays the velocity.

# %% checks="momentum_update"


def test_the_velocity_gathers():
    """Three pushes of `[1, -1]` with momentum 0.5 make a velocity of `[1.75, -1.75]`, in `buffer`."""
    buffer, direction = push([[1.0, -1.0]] * 3, 0.5)
    if not buffer.any():
        fail(
            "`buffer` is still zero: the next step would know nothing of this one.",
            "`buffer = …` makes a new array that is forgotten. Use `buffer *= …`, then add what is "
            "left of the gradient after dampening with `buffer += …`.",
        )
    mistakes = [
        ([0.875, -0.875], "That is an average, (1 - momentum) · g. Here all of the gradient is added."),
        ([3, -3], "The old velocity is kept whole. Multiply it by `momentum` first."),
        ([-1.75, 1.75], "The velocity gathers gradients: add them. `sgd_update` does the subtracting."),
        ([1, -1], "The old velocity is lost: multiply it by `momentum`, then add the gradient."),
    ]
    expect_array(buffer, [1.75, -1.75], "`buffer` after three pushes", "float32", mistakes=mistakes)
    expect_array(direction, [1.75, -1.75], "What the third push returned", "float32")


def test_what_alternates_cancels():
    """Pushes of +1 and -1 in turn leave little: after four, with momentum 0.5, -0.625."""
    buffer, _ = push([[1.0, 1.0], [-1.0, -1.0]] * 2, 0.5)
    hint = "First slow the old velocity down, then add the gradient as it is, sign included."
    expect_array(buffer, [-0.625, -0.625], "`buffer` after four pushes", "float32", hint)


def test_dampening_lets_a_part_in():
    """With dampening 0.75 only a quarter of each gradient enters the velocity."""
    buffer, direction = push([[4.0, 8.0]] * 2, 0.5, 0.75)
    hint = "The gradient enters with the factor (1 - dampening), in every push."
    expect_array(buffer, [1.5, 3.0], "`buffer` after two pushes", "float32", hint)
    expect_array(direction, [1.5, 3.0], "What the second push returned", "float32", hint)


def test_nesterov_looks_ahead():
    """With `nesterov` the direction is g + momentum · b, with the new b; the buffer is the same as without."""
    buffer, direction = push([[4.0, 8.0]] * 2, 0.5, 0.0, True)
    mistakes = [([7.5, 15], "The look-ahead went into the buffer. Make a new array for it.")]
    hint = "Nesterov changes the direction, not the velocity."
    expect_array(buffer, [6, 12], "`buffer` after two pushes with nesterov", "float32", hint, mistakes)
    mistakes = [
        ([6, 12], "That is the velocity itself. So is g + momentum · b with the old b: use the new one."),
        ([10, 20], "The velocity comes with the factor `momentum`."),
    ]
    expect_array(direction, [7, 14], "The direction", "float32", mistakes=mistakes)


def test_the_gradient_stays():
    """The gradient holds the same numbers after it as before."""
    for options in [(0.5,), (0.5, 0.5), (0.5, 0.0, True)]:
        buffer, grad = np.ones(2, dtype="float32"), np.array([1.0, 2.0], dtype="float32")
        momentum_update(buffer, grad, *options)
        expect_unchanged(grad, [1, 2], "grad", "`momentum_update`")


# %% wrong="momentum_update" name="rebinds" says="`buffer` is still zero"
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer = momentum * buffer + (1 - dampening) * grad
    return grad + momentum * buffer if nesterov else buffer


# %% wrong="momentum_update" name="averages" says="That is an average"
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer *= momentum
    buffer += (1 - momentum) * grad
    return grad + momentum * buffer if nesterov else buffer


# %% wrong="momentum_update" name="never_slows_down" says="The old velocity is kept whole."
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer += (1 - dampening) * grad
    return grad + momentum * buffer if nesterov else buffer


# %% wrong="momentum_update" name="forgets_dampening" says="The gradient enters with the factor (1 - dampening)"
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer *= momentum
    buffer += grad
    return grad + momentum * buffer if nesterov else buffer


# %% wrong="momentum_update" name="nesterov_in_the_buffer" says="The look-ahead went into the buffer."
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer *= momentum
    buffer += (1 - dampening) * grad
    if nesterov:
        buffer *= momentum
        buffer += grad
    return buffer


# %% wrong="momentum_update" name="forgets_nesterov" says="That is the velocity itself."
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer *= momentum
    buffer += (1 - dampening) * grad
    return buffer


# %% wrong="momentum_update" name="adds_into_the_gradient" says="changed `grad`"
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer *= momentum
    buffer += (1 - dampening) * grad
    if nesterov:
        grad += momentum * buffer
        return grad
    return buffer


# %% [markdown]
# SGD is now your three functions, one after the other. It ships written, because it holds no new idea, only a detail: `blocks` hands out large parameters in pieces. What that is good for, the measurements below show.

# %% pull="tinytorch.optim.sgd:SGD.update"

# %% experiment="momentum" title="Steps until the valley's floor"
enable_autograd()
curvature = Tensor([1.0, 50.0])


def steps_needed(**options):
    w = Tensor([10.0, 1.5], requires_grad=True)
    optimizer = SGD([w], **options)
    last = 0
    for step in range(1, 401):
        loss = (curvature * w * w).sum() * 0.5
        if loss.item() > 0.001:
            last = step
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return last


for options in [
    {"lr": 0.004},
    {"lr": 0.036},
    {"lr": 0.036, "momentum": 0.5},
    {"lr": 0.036, "momentum": 0.8},
    {"lr": 0.036, "momentum": 0.95},
    {"lr": 0.025, "momentum": 0.8},
    {"lr": 0.025, "momentum": 0.8, "nesterov": True},
]:
    last = steps_needed(**options)
    shown = last if last < 400 else "over 400"
    print(f"{shown:>8} steps with", options)

# %% [markdown]
# Momentum helps a lot where the plain method zigzags, and too much of it is a ball that rolls past the lowest point and back again. The last two lines differ in nothing but
# Nesterov's look-ahead. It saves some steps, and it is the more sensitive one: at 0.036 it would run away in this valley.
#
# Momentum remembers one number per parameter. Keep that in mind for the bill.

# %% [markdown]
# ## A step size for every number
#
# Momentum still has a single learning rate, and parameters differ. A bias gets a gradient from every example, the row of a rare word from few; one layer's gradients may be a thousand times another's.
# Adam's idea: measure how large each number's gradient usually is, and divide by it. It keeps two averages,
#
# $$ m \leftarrow \beta_1 m + (1 - \beta_1)\, g \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2 $$
#
# one of the gradient and one of its square, and moves by about $m / \sqrt{v}$. A gradient that is always 1000 and one that is always 0.001 both give a ratio of 1. So the learning rate is now a
# distance: about how far a number moves in a step.
#
# One thing is wrong with these averages. They begin at zero, and $\beta_2$ is typically 0.999, so after the first step $v$ is a thousandth of what it should be. How wrong is it after
# $t$ steps? If every gradient were $g$, then
#
# $$ m_t = (1 - \beta_1)\left(1 + \beta_1 + \dots + \beta_1^{t-1}\right) g = \left(1 - \beta_1^t\right) g $$
#
# by the sum of a geometric series, and in the same way $v_t = \left(1 - \beta_2^t\right) g^2$. Both are too small by a known factor, so divide by it. This is the **bias correction**:
#
# $$ \hat m = \frac{m}{1 - \beta_1^t} \qquad \hat v = \frac{v}{1 - \beta_2^t} \qquad p \leftarrow p - \text{lr} \cdot \frac{\hat m}{\sqrt{\hat v} + \varepsilon} $$
#
# The small $\varepsilon$, outside of the root, keeps the division away from 0. `exp_avg` and `exp_avg_sq` are PyTorch's names for $m$ and $v$: exponential averages.

# %% [markdown] question="predict_first_step"
# With $\beta_1 = 0.9$ and $\beta_2 = 0.999$, by what factor would Adam's very first step be too long without the correction? Put one gradient $g$ into the formulas and see what is left of it.
#
# = (1 - 0.9) / (1 - 0.999) ** 0.5 times ± 2%
# > The corrected step is lr · g/√g² = lr. Without correction m is 0.1·g and √v is √0.001·|g|.

# %% exercise="adam_update" object="tinytorch.optim.adam:adam_update" points=5 title="One step of Adam"
# - Four parts, in this order: `exp_avg`, `exp_avg_sq`, the bottom of the fraction, the move. The first two are in-place: `exp_avg *= beta1`, and then `+=`.
# - The corrected √v̂ is `np.sqrt(exp_avg_sq) / sqrt(1 - beta2**step)`; add `eps` to that.
# - Then `data -= lr / (1 - beta1**step) * exp_avg / (…)`. Correct copies, as here: the averages themselves go on uncorrected.

# %% checks="adam_update"


def test_the_first_step_is_lr():
    """In the first step every number moves by `lr` against its gradient, however large that is."""
    data, m, v = start([1.0, 1.0, 1.0])
    gradient = np.array([1000.0, -0.001, 3.0], dtype="float32")
    with expect_no_error("The first step", "`sqrt` takes a single number, `np.sqrt` takes arrays."):
        adam_update(data, gradient, m, v, 1, 0.1, 0.9, 0.999, 1e-10)
    if np.isnan(data).any():
        fail(
            "After the first step `data` holds nan.",
            "0 / 0? `step` is 1 in the first step, so 1 - β**step is not 0.",
        )
    if data.tolist() == [1.0, 1.0, 1.0]:
        fail(
            "`data` holds what it held before: your step did not reach the caller's array.",
            "Write into it: `data -= …`.",
        )
    long = 0.1 * 0.1 / math.sqrt(0.001)
    mistakes = [
        ([1.1, 0.9, 1.1], "That is uphill: subtract."),
        ([1 - long, 1 + long, 1 - long], "That is the move without bias correction."),
        ([0.99, 1.01, 0.99], "`exp_avg_sq` is corrected and `exp_avg` is not."),
        ([1 - 10 * long, 1 + 10 * long, 1 - 10 * long], "`exp_avg` is corrected and `exp_avg_sq` is not."),
    ]
    hint = "Both averages are divided by 1 - βᵗ; what is left of m̂ / √v̂ in the first step is the sign."
    expect_array(data, [0.9, 1.1, 0.9], "`data` after the first step", "float32", hint, mistakes)


def test_the_averages():
    """Gradients 2 and then 4 give averages of 0.58 and, of their squares, 0.019996."""
    data, m, v = start([0.0])
    for t, gradient in enumerate([2.0, 4.0], 1):
        adam_update(data, np.array([gradient], dtype="float32"), m, v, t, 0.1, 0.9, 0.999, 1e-8)
    if not (m.any() and v.any()):
        fail(
            "The averages are still zero: the next step would know nothing of this one.",
            "`exp_avg = …` makes a new array that is forgotten. Use `exp_avg *= …` and `exp_avg += …`.",
        )
    mistakes = [
        ([5.8], "The gradient enters with the factor (1 - beta1)."),
        ([2.2 / 0.19], "Keep the averages uncorrected: only the move uses corrected ones."),
        ([0.005998], "`beta1` belongs to the average of gradients, `beta2` to that of squares."),
    ]
    expect_array(m, [0.58], "`exp_avg` after two steps", "float32", mistakes=mistakes)
    mistakes = [
        ([19.996], "The square enters with the factor (1 - beta2)."),
        ([0.005998], "That is an average of gradients. Square them."),
        ([0.00037636], "Square the gradient, not its average."),
        ([4.012 / 0.001999], "Keep the averages uncorrected: only the move uses corrected ones."),
        (
            [0.99 * 0.4 + 0.01 * 40],
            "`beta1` belongs to the average of gradients, `beta2` to that of squares.",
        ),
    ]
    expect_array(
        v * 1000,
        [19.996],
        "A thousand times `exp_avg_sq`",
        "float32",
        mistakes=[(np.array(wrong) * 1000, why) for wrong, why in mistakes],
    )


def test_eps_stands_outside_of_the_root():
    """With a gradient of 1 and eps = 1 the first step is lr / 2."""
    data, m, v = start([0.0])
    adam_update(data, np.array([1.0], dtype="float32"), m, v, 1, 1.0, 0.9, 0.999, 1.0)
    mistakes = [
        ([-math.sqrt(0.5)], "`eps` went into the root. It is added to the root: √v̂ + eps."),
        (
            [-math.sqrt(0.001) / (math.sqrt(0.001) + 1)],
            "`eps` was added before the correction. It is added to the corrected root.",
        ),
        ([-1.0], "`eps` is missing."),
        ([-2.0], "`eps` is added to the whole fraction. Put its bottom into parentheses."),
        ([0.0], "`eps` is added to the whole fraction. Put its bottom into parentheses."),
    ]
    expect_array(data, [-0.5], "`data` after the first step", "float32", mistakes=mistakes)


def test_ten_steps():
    """Ten steps with changing gradients are those of the formulas, computed in float64."""
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(10, 2, 3)).astype("float32")
    data, m, v = start(np.ones((2, 3)))
    p, a, b = np.ones((2, 3)), 0.0, 0.0
    for t, gradient in enumerate(gradients, 1):
        adam_update(data, gradient, m, v, t, 0.1, 0.8, 0.95, 0.01)
        g = gradient.astype("float64")
        a, b = 0.8 * a + 0.2 * g, 0.95 * b + 0.05 * g * g
        p = p - 0.1 * (a / (1 - 0.8**t)) / (np.sqrt(b / (1 - 0.95**t)) + 0.01)
        hint = (
            f"Step {t} is the first that is wrong. The corrections of step t are 1 - βᵗ, with t = `step`, "
            "and what moves `data` is the average, not the gradient."
        )
        expect_array(data, p, f"`data` after step {t}", "float32", hint)


def test_the_gradient_stays_and_zero_is_no_trouble():
    """The gradient holds the same numbers after it as before; a gradient of zero moves nothing."""
    data, m, v = start([1.0, 1.0])
    grad = np.array([0.0, 2.0], dtype="float32")
    adam_update(data, grad, m, v, 1, 0.5, 0.9, 0.999, 1e-8)
    expect_unchanged(grad, [0, 2], "grad", "`adam_update`")
    hint = "Where the gradient is 0 nothing moves, for 0 / (0 + eps) is 0. The other moves by `lr`."
    expect_array(data, [1, 0.5], "`data` after the first step", "float32", hint)


# %% wrong="adam_update" name="no_correction" says="That is the move without bias correction."
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg *= beta1
    exp_avg += (1 - beta1) * grad
    exp_avg_sq *= beta2
    exp_avg_sq += (1 - beta2) * grad * grad
    data -= lr * exp_avg / (np.sqrt(exp_avg_sq) + eps)


# %% wrong="adam_update" name="corrects_one" says="`exp_avg` is corrected and `exp_avg_sq` is not."
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg *= beta1
    exp_avg += (1 - beta1) * grad
    exp_avg_sq *= beta2
    exp_avg_sq += (1 - beta2) * grad * grad
    data -= lr / (1 - beta1**step) * exp_avg / (np.sqrt(exp_avg_sq) + eps)


# %% wrong="adam_update" name="rebinds" says="The averages are still zero"
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg = beta1 * exp_avg + (1 - beta1) * grad
    exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * grad * grad
    m_hat = exp_avg / (1 - beta1**step)
    v_hat = exp_avg_sq / (1 - beta2**step)
    data -= lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong="adam_update" name="corrects_the_averages" says="Keep the averages uncorrected"
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg *= beta1
    exp_avg += (1 - beta1) * grad
    exp_avg_sq *= beta2
    exp_avg_sq += (1 - beta2) * grad * grad
    exp_avg /= 1 - beta1**step
    exp_avg_sq /= 1 - beta2**step
    data -= lr * exp_avg / (np.sqrt(exp_avg_sq) + eps)


# %% wrong="adam_update" name="eps_in_the_root" says="`eps` went into the root."
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg *= beta1
    exp_avg += (1 - beta1) * grad
    exp_avg_sq *= beta2
    exp_avg_sq += (1 - beta2) * grad * grad
    data -= lr / (1 - beta1**step) * exp_avg / np.sqrt(exp_avg_sq / (1 - beta2**step) + eps)


# %% wrong="adam_update" name="eps_before_the_correction" says="`eps` was added before the correction."
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg *= beta1
    exp_avg += (1 - beta1) * grad
    exp_avg_sq *= beta2
    exp_avg_sq += (1 - beta2) * grad * grad
    step_size = lr * sqrt(1 - beta2**step) / (1 - beta1**step)
    data -= step_size * exp_avg / (np.sqrt(exp_avg_sq) + eps)


# %% wrong="adam_update" name="forgets_to_square" says="That is an average of gradients. Square them."
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg *= beta1
    exp_avg += (1 - beta1) * grad
    exp_avg_sq *= beta2
    exp_avg_sq += (1 - beta2) * np.abs(grad)
    data -= lr / (1 - beta1**step) * exp_avg / (np.sqrt(exp_avg_sq / (1 - beta2**step)) + eps)


# %% wrong="adam_update" name="swaps_the_betas" says="`beta1` belongs to the average of gradients"
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg *= beta2
    exp_avg += (1 - beta2) * grad
    exp_avg_sq *= beta1
    exp_avg_sq += (1 - beta1) * grad * grad
    data -= lr / (1 - beta2**step) * exp_avg / (np.sqrt(exp_avg_sq / (1 - beta1**step)) + eps)


# %% wrong="adam_update" name="counts_from_the_second" says="Step 2 is the first that is wrong."
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg *= beta1
    exp_avg += (1 - beta1) * grad
    exp_avg_sq *= beta2
    exp_avg_sq += (1 - beta2) * grad * grad
    m_hat, v_hat = exp_avg / (1 - beta1), exp_avg_sq / (1 - beta2)
    data -= lr * m_hat / (np.sqrt(v_hat) + eps)


# %% experiment="three_paths" title="The same valley, three ways to walk" needs=["matplotlib"] alt="Three paths on the contour lines of a long, narrow valley. Plain SGD zigzags between the walls. Momentum swings in wide curves and overshoots a little. Adam sets out along both axes at the same speed, weaves across the floor in two long waves, goes past the lowest point and turns back."
import matplotlib.pyplot as plt

enable_autograd()
curvature = Tensor([1.0, 50.0])


def walk(make, steps=60, scale=1.0):
    w = Tensor([10.0, 1.5], requires_grad=True)
    optimizer = make([w])
    path = [w.tolist()]
    for _ in range(steps):
        optimizer.zero_grad()
        ((curvature * w * w).sum() * (0.5 * scale)).backward()
        optimizer.step()
        path.append(w.tolist())
    return np.array(path)


makers = {
    "SGD": lambda params: SGD(params, lr=0.036),
    "momentum": lambda params: SGD(params, lr=0.02, momentum=0.8),
    "Adam": lambda params: Adam(params, lr=0.4),
}
figure, axes = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
x, y = np.meshgrid(np.linspace(-2, 11, 80), np.linspace(-2, 2, 80))
height = x**2 + 50 * y**2
axes.contour(x, y, height, levels=12, colors="gray", linewidths=0.5)
for name, style in [("SGD", "s--"), ("momentum", "o-"), ("Adam", "^-")]:
    path = walk(makers[name])
    axes.plot(*path.T, style, markersize=3, linewidth=1, label=name)
    scaled = walk(makers[name], steps=10, scale=3.0)
    print(f"{name:9} ends at x = {path[-1][0]:5.2f};", end=" ")
    print(f"after 10 steps y = {path[10][1]:5.2f},", end=" ")
    print(f"or {scaled[-1][1]:.2f}")
axes.plot(0, 0, "k*", markersize=10)
axes.set_xlabel("x")
axes.set_ylabel("y")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# Adam is not the fastest here, and it was not meant to be. Look at its first steps: it sets out along both axes at the same speed, as if the valley were round. The last column shows what that is worth: it is $y$ after ten steps with
# three times the loss, and so three times the gradient. Plain SGD is thrown out of the valley by the very rate that suited it before, and momentum takes another path. Adam takes the same steps. In a network, where every layer has a
# scale of its own, that is one reason why Adam often works with little tuning.

# %% experiment="bias" title="An average that starts at zero"
gradient = np.ones(1, dtype="float32")
data, m, v = np.zeros((3, 1), dtype="float32")
print(" step   exp_avg   corrected   exp_avg_sq   corrected")
for step in range(1, 101):
    adam_update(data, gradient, m, v, step, 0.1, 0.9, 0.999, 1e-8)
    if step in (1, 2, 3, 10, 100):
        m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.999**step)
        print(f"{step:5} {m[0]:9.4f} {m_hat[0]:11.4f}", end="")
        print(f"{v[0]:13.4f} {v_hat[0]:11.4f}")

# %% [markdown]
# All gradients are 1, so both averages should say 1 from the first step on. Corrected, they do. After a hundred steps the average of squares, left alone, is still nowhere near.

# %% [markdown]
# ## Decay that Adam cannot undo
#
# Put weight decay into Adam as we put it into SGD, by adding $\lambda p$ to the gradient, and something odd happens. The sum goes through both averages, and is divided by the typical size of
# the gradient, like everything else. A weight with large gradients then hardly decays, and one with small gradients decays quickly, though $\lambda$ is the same for both.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 560 178" width="560" role="img" aria-labelledby="decay-title decay-desc" font-size="13" fill="currentColor">
# <title id="decay-title">Two ways for weight decay to reach a parameter</title>
# <desc id="decay-desc">Above, Adam: the gradient and lambda times p are added, the sum goes through the averages and the division, and the result moves p. Below, AdamW: only the gradient goes through the averages and the division; lambda times p goes around them and moves p directly.</desc>
# <text x="2" y="36" font-weight="600">Adam</text>
# <rect x="70" y="18" width="84" height="28" rx="3" stroke="currentColor" fill="none"/><text x="112" y="36.5" text-anchor="middle">g + λ·p</text>
# <path d="M 154 32 H 192" stroke="currentColor" fill="none"/><path d="M 192 32 l -7 -4 v 8 z"/>
# <rect x="194" y="18" width="182" height="28" rx="3" stroke="currentColor" fill="none"/><text x="285" y="36.5" text-anchor="middle">averages, division by √v̂</text>
# <path d="M 376 32 H 472" stroke="currentColor" fill="none"/><path d="M 472 32 l -7 -4 v 8 z"/>
# <rect x="474" y="18" width="60" height="28" rx="3" stroke="currentColor" fill="none"/><text x="504" y="36.5" text-anchor="middle">p</text>
# <text x="2" y="110" font-weight="600">AdamW</text>
# <rect x="70" y="92" width="84" height="28" rx="3" stroke="currentColor" fill="none"/><text x="112" y="110.5" text-anchor="middle">g</text>
# <path d="M 154 106 H 192" stroke="currentColor" fill="none"/><path d="M 192 106 l -7 -4 v 8 z"/>
# <rect x="194" y="92" width="182" height="28" rx="3" stroke="currentColor" fill="none"/><text x="285" y="110.5" text-anchor="middle">averages, division by √v̂</text>
# <path d="M 376 106 H 472" stroke="currentColor" fill="none"/><path d="M 472 106 l -7 -4 v 8 z"/>
# <rect x="474" y="92" width="60" height="28" rx="3" stroke="currentColor" fill="none"/><text x="504" y="110.5" text-anchor="middle">p</text>
# <rect x="70" y="140" width="84" height="28" rx="3" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><text x="112" y="158.5" text-anchor="middle">λ·p</text>
# <path d="M 154 154 H 504 V 122" stroke="var(--tt-accent, #2f6fab)" stroke-width="1.5" fill="none"/><path d="M 504 121 l -4 8 h 8 z" fill="var(--tt-accent, #2f6fab)"/>
# </svg>
# <figcaption>Decoupled decay goes around the averages.</figcaption>
# </figure>
#
# **AdamW** takes the decay out of the gradient. It shrinks the weights directly, each by the same part, and lets Adam see the loss's gradient alone:
#
# $$ p \leftarrow p - \text{lr} \cdot \lambda\, p, \quad \text{then Adam's step with } g $$
#
# In our package `Adam.update` asks `self.decay(…)` for the gradient to go on with, and in `Adam` itself that is your `add_weight_decay`. `AdamW` replaces this one method.

# %% pull="tinytorch.optim.adam:Adam.update"

# %% exercise="adamw_decay" object="tinytorch.optim.adam:AdamW.decay" points=2 title="Decoupled weight decay"
# - Two things: shrink `data` in place, and return the gradient that Adam should see.
# - p - lr·λ·p is (1 - lr·λ)·p: one multiplication in place.
# - `data *= 1 - lr * weight_decay`, then `return grad`.

# %% checks="adamw_decay"


def test_weights_shrink():
    """With lr 0.5 and a decay of 0.2 every weight loses a tenth, in place."""
    data, _, _ = decayed(0.5, 0.2)
    mistakes = [
        ([10, -20], "`data` did not change. Write into it: `data *= …`; the caller keeps that array."),
        ([8, -16], "That is the decay without the learning rate: lr · λ is the part that is lost."),
        ([1, -2], "That is the part to be lost. What should be left is the rest."),
        ([11, -22], "The weights grew. Subtract the decay."),
        ([9.5, -21], "The gradient is not yours to apply here: Adam does that after you."),
        ([9.9, -20.1], "Every weight lost the same amount. lr · λ is the part of itself that each loses."),
    ]
    expect_array(data, [9, -18], "`data` after the decay", "float32", mistakes=mistakes)


def test_adam_sees_the_losss_gradient():
    """What is returned is the gradient as it was, without any decay in it."""
    _, grad, returned = decayed(0.5, 0.2)
    mistakes = [
        ([3, -2], "λ·p is in the gradient, so it would go through Adam's averages. Return `grad` alone."),
        ([2.8, -1.6], "λ·p is in the gradient, so it would go through Adam's averages. Return `grad` alone."),
        ([9, -18], "That is the parameter, which you have changed in place already. Return `grad`."),
    ]
    expect_array(returned, [1, 2], "What `decay` returned", "float32", mistakes=mistakes)
    expect_unchanged(grad, [1, 2], "grad", "`decay`")


def test_a_step_of_adamw():
    """A weight of 1 whose gradient is zero loses lr · decay in a step; another one moves by lr beyond that."""
    w = Tensor([1.0, 1.0], requires_grad=True)
    w.grad = Tensor([0.0, 7.0])
    AdamW([w], lr=0.1, weight_decay=0.5).step()
    hint = "First the weights shrink by the factor 1 - lr·λ, then Adam's step follows."
    expect_tensor(w, [0.95, 0.85], "`w` after one step", "float32", hint)


# %% wrong="adamw_decay" name="couples" says="so it would go through Adam's averages"
def decay(self, data, grad, lr, weight_decay):
    data *= 1 - lr * weight_decay
    return grad + weight_decay * data


# %% wrong="adamw_decay" name="still_l2" says="`data` did not change."
def decay(self, data, grad, lr, weight_decay):
    return grad + weight_decay * data


# %% wrong="adamw_decay" name="forgets_lr" says="That is the decay without the learning rate"
def decay(self, data, grad, lr, weight_decay):
    data *= 1 - weight_decay
    return grad


# %% wrong="adamw_decay" name="keeps_the_part" says="That is the part to be lost."
def decay(self, data, grad, lr, weight_decay):
    data *= lr * weight_decay
    return grad


# %% wrong="adamw_decay" name="returns_nothing" says="Does your function end with a return?"
def decay(self, data, grad, lr, weight_decay):
    data -= lr * weight_decay * data


# %% experiment="decoupled" title="Who decays, and how fast?"
for kind in (Adam, AdamW):
    w = Tensor([1.0, 1.0], requires_grad=True)
    optimizer = kind([w], lr=0.01, weight_decay=0.1)
    for step in range(500):
        sign = 1 if step % 2 else -1  # they ask for nothing, on average
        w.grad = Tensor([sign * 0.5, sign * 50.0])
        optimizer.step()
    print(f"{kind.__name__:6}", end="")
    print(f"small gradients {w.data[0]:.3f}, large {w.data[1]:.3f}")
print("decay alone:", round((1 - 0.01 * 0.1) ** 500, 3))

# %% [markdown]
# The same decay for both weights was asked for. With Adam, it depends on how large their gradients happen to be. AdamW does what it says, and is the usual choice for transformers. (Both of its weights end a little above the last line: while the averages are young, the ups and
# downs do not quite cancel.)

# %% [markdown]
# ## When gradients explode
#
# A batch with a broken example, or a loss with a cliff in it, can make a gradient a thousand times its usual size. One such step can undo hours. **Clipping** sets a limit to the length of
# the gradient without changing its direction: if the joint norm of all gradients is above a limit, scale them all down by the same factor.
#
# $$ n = \sqrt{\textstyle\sum_p \lVert g_p \rVert^2} \qquad g_p \leftarrow g_p \cdot \min\left(1, \frac{n_{\max}}{n + 10^{-6}}\right) $$
#
# The joint norm is that of all numbers of all gradients together, which is the norm of the norms. Two helpers ship written, and stay out of trouble when squares leave float32's range:

# %% pull="tinytorch.optim.clip:vector_norm"

# %% pull="tinytorch.optim.clip:gradients"

# %% exercise="clip_grad_norm" object="tinytorch.optim.clip:clip_grad_norm_" points=4 title="Clip the joint norm"
# - First `grads = gradients(parameters)`, then the norm: put the norms of all of them into an array, `np.array([...])`, and take the `vector_norm` of that. Pass `norm_type` on both times.
# - If `error_if_nonfinite` and not `math.isfinite(norm)`, raise a `RuntimeError` that shows the norm, before anything changes.
# - `scale = max_norm / (norm + 1e-6)`; if it is below 1, `grad *= scale` for each of the arrays. Return `Tensor(norm)`, the norm from before.

# %% checks="clip_grad_norm"


def test_the_joint_norm_comes_back():
    """For the gradients `[3, 4]` and `[12]` the joint norm is 13, returned as a 0-d Tensor."""
    a, b = with_gradients([3.0, 4.0], [12.0])
    mistakes = [
        (17, "Norms do not add up. The joint norm is √(5² + 12²): the norm of the norms."),
        (12, "That is the largest norm. The joint norm is that of all numbers together."),
        (1, "That is the norm after clipping. The one from before is what tells you about your training."),
        (169, "That is the square of the norm."),
    ]
    hint = "`vector_norm` takes one array; the norms of all gradients are one: `np.array([…])`."
    with expect_no_error("`clip_grad_norm_([a, b], 1.0)`", hint):
        norm = clip_grad_norm_([a, b], 1.0)
    expect_tensor(norm, 13, "`clip_grad_norm_([a, b], 1.0)`", "float32", mistakes=mistakes)


def test_all_shrink_by_one_factor():
    """Gradients that are too long together are scaled by one factor, in place, to the joint norm that is asked for."""
    a, b = with_gradients([3.0, 4.0], [12.0])
    held = a.grad.data
    clip_grad_norm_([a, b], 6.5)
    mistakes = [([3, 4], "This gradient did not change, though the joint norm is above the limit.")]
    hint = "Both gradients get the same factor, max_norm / norm, or the direction would change."
    expect_tensor(a.grad, [1.5, 2], "The first gradient", "float32", hint, mistakes)
    expect_tensor(b.grad, [6], "The second gradient", "float32", hint)
    expect_array(held, [1.5, 2], "Whoever held the gradient's array before", "float32", "Use `*=`.")


def test_what_is_short_enough_stays():
    """If the joint norm is below the limit, nothing changes."""
    a, b = with_gradients([3.0, 4.0], [12.0])
    norm = clip_grad_norm_([a, b], 26.0)
    hint = "Never make gradients longer: scale only if the factor is below 1."
    expect_tensor(a.grad, [3, 4], "A gradient below the limit", "float32", hint)
    expect_tensor(b.grad, [12], "A gradient below the limit", "float32", hint)
    expect_tensor(norm, 13, "The joint norm", "float32")


def test_no_gradients_and_zero_gradients():
    """Without gradients the norm is 0; gradients of zero stay zero, even with a limit of 0."""
    hint = "There may be no gradients at all. And do not divide by a norm of 0: 1e-6 is added to it."
    with expect_no_error("Clipping a parameter that has no gradient", hint):
        norm = clip_grad_norm_([zeros(2, requires_grad=True)], 1.0)
    expect_tensor(norm, 0, "The norm of no gradients", hint=hint)
    (a,) = with_gradients([0.0, 0.0])
    with expect_no_error("Clipping gradients of zero", hint), np.errstate(all="raise"):
        clip_grad_norm_([a], 0.0)
    expect_tensor(a.grad, [0, 0], "The gradient", hint=hint)


def test_a_millionth_is_added():
    """The factor is max_norm / (norm + 1e-6): a norm of 5e-6 is scaled to 1e-6 by a sixth."""
    (a,) = with_gradients([3e-6, 4e-6])
    clip_grad_norm_([a], 1e-6)
    hint = "PyTorch adds 1e-6 to the norm before it divides, and so do we."
    expect_array(a.grad.data * 6e6, [3, 4], "Six million times the clipped gradient", "float32", hint)


def test_other_norms():
    """`norm_type` says which norm: with 1 the sizes are added up, with infinity the largest one counts."""
    hint = "Pass `norm_type` on to `vector_norm`, for each gradient and for their norms."
    for norm_type, expected in [(1.0, 19), (math.inf, 12)]:
        a, b = with_gradients([3.0, -4.0], [12.0])
        norm = clip_grad_norm_([a, b], expected / 2, norm_type)
        expect_tensor(norm, expected, f"The norm of type {norm_type}", hint=hint)
        expect_tensor(b.grad, [6], f"A gradient, clipped by the norm of type {norm_type}", hint=hint)


def test_norms_that_are_no_numbers():
    """With `error_if_nonfinite`, a norm of nan or infinity raises a RuntimeError, and no gradient changes."""
    for bad in (math.nan, math.inf):
        a, b = with_gradients([1.0, 8.0], [bad])
        what = f"Clipping a gradient of {bad} with `error_if_nonfinite=True`"
        hint = "Look at the norm before you scale anything: `math.isfinite(norm)`."
        expect_error(
            RuntimeError,
            lambda a=a, b=b: clip_grad_norm_([a, b], 1.0, error_if_nonfinite=True),
            [str(bad)],
            what,
            hint,
        )
        expect_tensor(a.grad, [1, 8], "The other gradient", "float32", hint)
    (a,) = with_gradients([3.0, 4.0])
    with expect_no_error("Clipping ordinary gradients with `error_if_nonfinite=True`"):
        clip_grad_norm_([a], 1.0, error_if_nonfinite=True)
    (a,) = with_gradients([math.nan])
    with expect_no_error("Clipping nan without `error_if_nonfinite`", "It raises only if asked to."):
        clip_grad_norm_([a], 1.0)


# %% wrong="clip_grad_norm" name="clips_each_alone" says="The joint norm is √(5² + 12²)"
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    total = 0.0
    for grad in gradients(parameters):
        norm = vector_norm(grad, norm_type)
        if norm > max_norm:
            grad *= max_norm / (norm + 1e-6)
        total += norm
    return Tensor(total)


# %% wrong="clip_grad_norm" name="returns_the_norm_after" says="That is the norm after clipping."
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    scale = min(1.0, max_norm / (norm + 1e-6))
    for grad in grads:
        grad *= scale
    return Tensor(norm * scale)


# %% wrong="clip_grad_norm" name="always_scales" says="Never make gradients longer"
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(f"clip_grad_norm_: the norm is {norm}.")
    for grad in grads:
        grad *= max_norm / (norm + 1e-6)
    return Tensor(norm)


# %% wrong="clip_grad_norm" name="makes_new_arrays" says="This gradient did not change"
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(f"clip_grad_norm_: the norm is {norm}.")
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        for grad in grads:
            grad = grad * scale
    return Tensor(norm)


# %% wrong="clip_grad_norm" name="divides_by_zero" says="do not divide by a norm of 0"
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(f"clip_grad_norm_: the norm is {norm}.")
    scale = max_norm / norm
    if scale < 1:
        for grad in grads:
            grad *= scale
    return Tensor(norm)


# %% wrong="clip_grad_norm" name="knows_one_norm" says="Pass `norm_type` on to `vector_norm`"
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = math.sqrt(sum(float((grad * grad).sum()) for grad in grads))
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(f"clip_grad_norm_: the norm is {norm}.")
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        for grad in grads:
            grad *= scale
    return Tensor(norm)


# %% wrong="clip_grad_norm" name="looks_too_late" says="Look at the norm before you scale anything"
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1:
        for grad in grads:
            grad *= scale
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(f"clip_grad_norm_: the norm is {norm}.")
    return Tensor(norm)


# %% experiment="outlier" title="One broken example"
enable_autograd()

for limit in (math.inf, 5.0):
    rng = np.random.default_rng(0)
    w = zeros(3, 1, requires_grad=True)
    optimizer = SGD([w], lr=0.1)
    print("limit", limit)
    for step in range(1, 61):
        x = rng.normal(size=(16, 3)).astype("float32")
        y = x @ np.array([[1.0], [-2.0], [0.5]], dtype="float32")
        if step == 40:
            y[0] = 10_000.0  # a slip of the hand
        optimizer.zero_grad()
        nn.MSELoss()(Tensor(x) @ w, Tensor(y)).backward()
        norm = clip_grad_norm_([w], limit)
        optimizer.step()
        if step in (39, 40, 60):
            print(f"  step {step}: norm {norm.item():10.4f},", end=" ")
            print("w", w.data.ravel().round(3))

# %% [markdown]
# Twenty good steps later the run without clipping has not recovered. With clipping, the same bad step cost no more than `lr` times the limit. The norm that `clip_grad_norm_` returns is worth a look even without clipping, with
# a limit of infinity: it is the first sign that a run is about to go wrong.

# %% [markdown]
# ## Change the rate as you go
#
# At the start large steps are welcome, for there is far to go. At the end they are not: gradients of small batches are noisy, and a step of constant length keeps jumping around the lowest point. And the very first steps
# of Adam rest on averages of hardly anything. So the rate is often **warmed up** at first, and lowered later.
#
# A schedule is a formula for the rate at time $t$, computed from the rate that each group began with. The most used one lowers it along half a wave of the cosine, slowly at first, slowly at last:
#
# $$ \text{lr}(t) = \text{lr}_{\min} + (\text{lr}_0 - \text{lr}_{\min}) \cdot \frac{1 + \cos(\pi\, t / T)}{2} $$
#
# PyTorch calls it `CosineAnnealingLR`, $T$ `T_max` and the lowest rate `eta_min`. Everything around the formula ships written, in the class that all schedules share: `step()` lets a unit of time pass, and puts what your `lr_at` returns into each
# group. `last_epoch` is PyTorch's name for the time $t$, whether it counts epochs or single steps; `initial_lr` is the rate that the group began with.

# %% pull="tinytorch.optim.schedules:LRScheduler.step"

# %% pull="tinytorch.optim.schedules:LRScheduler._set"

# %% exercise="cosine_lr_at" object="tinytorch.optim.schedules:CosineAnnealingLR.lr_at" points=2 title="Half a wave"
# - The fraction goes from 1 to 0 as `t` goes from 0 to `self.T_max`. What lies at either end of the whole formula?
# - `cos` takes radians: half a wave is `pi`.
# - `self.eta_min + (base_lr - self.eta_min) * (1 + cos(pi * t / self.T_max)) / 2`.

# %% checks="cosine_lr_at"


def test_from_the_base_rate_down_to_zero():
    """The rate is `base_lr` at 0, half of it in the middle, and 0 at `T_max`."""
    schedule = cosine(10)
    for t, expected in [(0, 8.0), (5, 4.0), (10, 0.0)]:
        mistakes = [(expected / 8, "That is the factor. Multiply the rate by it.")]
        hint = "The fraction (1 + cos(π·t/T)) / 2 goes from 1 to 0."
        expect_number(schedule.lr_at(8.0, t), expected, f"`lr_at(8.0, {t})` with T_max=10", hint, mistakes)


def test_a_wave_and_not_a_line():
    """After a quarter of the time about 85% of the rate is left, after three quarters about 15%."""
    schedule = cosine(100)
    for t, line in [(25, 0.75), (75, 0.25)]:
        expected = (1 + math.cos(math.pi * t / 100)) / 2
        mistakes = [
            (line, "That is a straight line."),
            ((1 + math.cos(t / 100)) / 2, "Half a wave is π long: cos(π · t / T_max)."),
            ((1 + math.cos(2 * math.pi * t / 100)) / 2, "That is a whole wave. Half a wave is π long."),
            (1.0, "The rate does not change with `t`, the time that you are asked about."),
        ]
        hint = "Python's `cos` takes radians: half a wave is π long, cos(π · t / T_max)."
        expect_number(schedule.lr_at(1.0, t), expected, f"`lr_at(1.0, {t})` with T_max=100", hint, mistakes)


def test_it_ends_at_eta_min():
    """With `eta_min` the rate ends there, and the middle lies half-way between both rates."""
    schedule = cosine(4, eta_min=2.0)
    hint = (
        "The wave spans from base_lr to eta_min: its height is (base_lr - eta_min), and it stands on eta_min."
    )
    for t, expected in [(0, 10.0), (2, 6.0), (4, 2.0)]:
        what = f"`lr_at(10.0, {t})` with T_max=4 and eta_min=2"
        expect_number(schedule.lr_at(10.0, t), expected, what, hint)


def test_groups_follow():
    """Two steps of a schedule with `T_max=4` halve the rate of each group."""
    groups = [{"params": [ones(1, requires_grad=True)], "lr": lr} for lr in (0.5, 2.0)]
    optimizer = SGD(groups)
    schedule = CosineAnnealingLR(optimizer, T_max=4)
    schedule.step()
    schedule.step()
    for group, expected in zip(optimizer.param_groups, (0.25, 1.0), strict=True):
        hint = "Compute from `base_lr`, which is that of the group."
        expect_number(group["lr"], expected, "A group's rate after two steps", hint)


# %% wrong="cosine_lr_at" name="straight_line" says="That is a straight line."
def lr_at(self, base_lr, t):
    return self.eta_min + (base_lr - self.eta_min) * (1 - t / self.T_max)


# %% wrong="cosine_lr_at" name="forgets_pi" says="Half a wave is π long: cos(π · t / T_max)."
def lr_at(self, base_lr, t):
    return self.eta_min + (base_lr - self.eta_min) * (1 + cos(t / self.T_max)) / 2


# %% wrong="cosine_lr_at" name="whole_wave" says="That is a whole wave."
def lr_at(self, base_lr, t):
    return self.eta_min + (base_lr - self.eta_min) * (1 + cos(2 * pi * t / self.T_max)) / 2


# %% wrong="cosine_lr_at" name="forgets_the_floor" says="it stands on eta_min"
def lr_at(self, base_lr, t):
    return base_lr * (1 + cos(pi * t / self.T_max)) / 2


# %% wrong="cosine_lr_at" name="returns_the_factor" says="That is the factor."
def lr_at(self, base_lr, t):
    return (1 + cos(pi * t / self.T_max)) / 2


# %% [markdown]
# A warm-up is a straight line, and `SequentialLR` puts one schedule after another. Each is again a formula.

# %% pull="tinytorch.optim.schedules:LinearLR.lr_at"

# %% pull="tinytorch.optim.schedules:SequentialLR.lr_at"

# %% experiment="schedules" title="Three schedules" needs=["matplotlib"] alt="Line plot of the learning rate over 100 steps. One line is a staircase that halves every 25 steps. One follows half a cosine wave from 0.1 down to 0. One rises in a straight line for 10 steps and then follows the cosine."
import matplotlib.pyplot as plt


def warm_up_and_cosine(optimizer):
    warm_up = LinearLR(optimizer, start_factor=0.1, total_iters=10)
    cosine = CosineAnnealingLR(optimizer, T_max=90)
    return SequentialLR(optimizer, [warm_up, cosine], milestones=[10])


figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for name, make, style in [
    ("StepLR", lambda sgd: StepLR(sgd, 25, gamma=0.5), ":"),
    ("CosineAnnealingLR", lambda sgd: CosineAnnealingLR(sgd, 100), "--"),
    ("warm-up, then cosine", warm_up_and_cosine, "-"),
]:
    optimizer = SGD([ones(1, requires_grad=True)], lr=0.1)
    schedule = make(optimizer)
    rates = []
    for _ in range(101):
        rates.append(optimizer.param_groups[0]["lr"])
        schedule.step()
    axes.plot(rates, style, label=name)
    shown = [f"{rates[t]:.4f}" for t in (0, 5, 10, 50, 100)]
    print(f"{name:21}", *shown)
axes.set_xlabel("step")
axes.set_ylabel("learning rate")
axes.legend()
axes.grid(alpha=0.3)

# %% [markdown]
# What is it worth? Let us learn a line from batches of eight noisy points, once with a constant rate and once with the cosine, ten times each, and see how far the weights end from the best ones.

# %% experiment="annealing" title="A constant rate against a cosine"
enable_autograd()
best = np.array([[1.0], [-2.0], [0.5]], dtype="float32")


def distance(seed, annealed):
    rng = np.random.default_rng(seed)
    w = zeros(3, 1, requires_grad=True)
    optimizer = SGD([w], lr=0.1)
    schedule = CosineAnnealingLR(optimizer, T_max=100)
    for _ in range(100):
        x = rng.normal(size=(8, 3)).astype("float32")
        y = x @ best + rng.normal(size=(8, 1)).astype("float32")
        optimizer.zero_grad()
        nn.MSELoss()(Tensor(x) @ w, Tensor(y)).backward()
        optimizer.step()
        if annealed:
            schedule.step()
    return np.linalg.norm(w.data - best)


constant = np.mean([distance(seed, False) for seed in range(10)])
annealed = np.mean([distance(seed, True) for seed in range(10)])
print("from the best weights, on average:")
print(f"constant rate {constant:.3f}")
print(f"cosine        {annealed:.3f}")
print(f"{constant / annealed:.1f} times closer")

# %% [markdown]
# Nothing else changed. While the rate is high the weights tremble with the noise of every batch; as it falls, the steps average the noise out.

# %% [markdown]
# ## Measure
#
# Now the bill. What does an optimizer remember, and what does a step cost? Predict first.

# %% [markdown] question="predict_state"
# A network with layers of 784, 128 and 10 units has 784 · 128 + 128 + 128 · 10 + 10 parameters. How many bytes does Adam remember about them, all in float32?
#
# = 2 * 4 * (784 * 128 + 128 + 128 * 10 + 10) bytes
# > Two averages, each as large as the parameters: 101,770 numbers of four bytes, twice.

# %% [markdown] question="predict_total"
# And how many times the parameters' memory do parameters, gradients and Adam's state take together?
#
# = 4 times
# > One for the parameters, one for the gradients, two for the averages.

# %% experiment="what_is_remembered" title="Count the bytes of a training step"
import tracemalloc

enable_autograd()


def measure(name, make):
    manual_seed(0)
    layers = nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)
    model = nn.Sequential(*layers)
    params = list(model.parameters())
    optimizer = make(params)
    images, labels = randn(10, 784), arange(10)
    nn.CrossEntropyLoss()(model(images), labels).backward()

    tracemalloc.start()
    optimizer.step()
    traced = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    state = 0
    for remembered in optimizer.state.values():
        for value in remembered.values():
            state += value.nbytes if isinstance(value, np.ndarray) else 0
    weights = sum(p.nbytes for p in params)
    gradients = sum(p.grad.nbytes for p in params)
    total = weights + gradients + state
    print(f"{name:9} {weights:>8,} {gradients:>9,} {state:>9,}", end="")
    print(f" {total / weights:8.2f} {traced / weights:8.2f}")


print("           weights gradients     state    total   traced")
measure("SGD", lambda params: SGD(params, lr=0.1))
measure("momentum", lambda params: SGD(params, lr=0.1, momentum=0.9))
measure("Adam", lambda params: Adam(params))

gigabytes = 4 * 7  # four bytes for each of seven thousand million
print(f"7 billion parameters: {gigabytes} GB to run,", end=" ")
print(f"{4 * gigabytes} GB to train with Adam")

# %% [markdown]
# The first three columns are bytes, the others multiples of the weights. The total counts weights, gradients and state; the last column was measured in another way, by Python's own memory tracer, and is what the first step left
# behind. It agrees with the state: Adam remembers **twice** the parameters. And training with it takes **four times** their memory before a single activation
# is stored. For a large model that decides on how many machines it can be trained, which is why so many tricks of large models are about the optimizer's state.
#
# The state stays. A step also needs *temporary* memory, and there the way of writing it makes a difference. Below are three ways to write Adam for a million parameters:
#
# - as in a textbook: each line makes new arrays;
# - your `adam_update` on the whole arrays;
# - your `adam_update` on blocks of 2¹⁶ elements, one after the other, as the package calls it.
#
# They do the same arithmetic. Which will be fastest, and by how much?

# %% experiment="three_ways" title="The same step, written in three ways"
import time
import tracemalloc

size = 2**20
rng = np.random.default_rng(0)
grad = rng.standard_normal(size, dtype="float32")
p, m, v = (np.zeros(size, dtype="float32") for _ in range(3))


def textbook(step):
    global p, m, v
    m = 0.9 * m + (1 - 0.9) * grad
    v = 0.999 * v + (1 - 0.999) * grad * grad
    m_hat = m / (1 - 0.9**step)
    v_hat = v / (1 - 0.999**step)
    p = p - 0.001 * m_hat / (np.sqrt(v_hat) + 1e-8)


def whole(step):
    adam_update(p, grad, m, v, step, 0.001, 0.9, 0.999, 1e-8)


def in_blocks(step, block=2**16):
    for i in range(0, size, block):
        arrays = (array[i : i + block] for array in (p, grad, m, v))
        adam_update(*arrays, step, 0.001, 0.9, 0.999, 1e-8)


ways = [textbook, whole, in_blocks]
times = {way: [] for way in ways}
for step in range(1, 8):
    for way in ways:  # in turn, so that a busy moment hits all three
        start = time.perf_counter()
        way(step)
        times[way].append(time.perf_counter() - start)

best = min(times[in_blocks])
for way in ways:
    tracemalloc.start()
    way(8)
    peak = tracemalloc.get_traced_memory()[1] / (4 * size)
    tracemalloc.stop()
    ratio = min(times[way]) / best
    print(f"{way.__name__:10} time {ratio:5.2f}, extra memory {peak:5.2f}")

# %% [markdown]
# Times are multiples of the third way's, memory multiples of the parameters. The memory hardly depends on the machine: at its peak the textbook's way holds seven new arrays as large as the parameters, and blocks need next to
# nothing. The times depend on where you are. Natively the textbook's way loses much of its time with memory: it asks the system for fresh pages, and waits for numbers that have left the cache. In a browser arithmetic itself takes so long that
# the waiting hardly shows, and all three take about the same time.
#
# Natively the blocks are a surprise: they make *more* calls from Python and win all the same. The reason is where the numbers are. The lines of `adam_update` go over the same arrays again and again. If the arrays are small, they are
# still in the processor's cache from the line before. How small should a block be?

# %% experiment="block_sizes" title="Time of a step against the size of its blocks" needs=["matplotlib"] alt="Line plot: nanoseconds per parameter of an Adam step against the number of elements in a block, from a thousand to a million, on logarithmic axes. Small blocks cost more because of the calls; a dotted line marks the 65,536 elements that the package uses."
import time

import matplotlib.pyplot as plt

size = 2**20
grad = np.random.default_rng(0).standard_normal(size, dtype="float32")
p, m, v = (np.zeros(size, dtype="float32") for _ in range(3))
blocks = [2**k for k in range(10, 21)]
best = dict.fromkeys(blocks, math.inf)
for step in range(1, 5):
    for block in blocks:
        start = time.perf_counter()
        for i in range(0, size, block):
            arrays = (array[i : i + block] for array in (p, grad, m, v))
            adam_update(*arrays, step, 0.001, 0.9, 0.999, 1e-8)
        best[block] = min(best[block], time.perf_counter() - start)

figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
times = [best[block] / size * 1e9 for block in blocks]
axes.plot(blocks, times, marker="o")
axes.axvline(2**16, linestyle=":", color="gray")
axes.set_xscale("log", base=2)
axes.set_yscale("log", base=2)
axes.set_xlabel("elements in a block")
axes.set_ylabel("nanoseconds per parameter")
axes.grid(alpha=0.3)
for block, nanoseconds in zip(blocks, times, strict=True):
    print(f"{block:>9,} elements: {nanoseconds:6.2f} ns")

# %% [markdown]
# On the left, each call of NumPy costs more than the arithmetic that it starts. On the right, blocks outgrow the cache, if the machine is fast enough to notice. In between is a broad plain, and 2¹⁶ lies on it. This is how `blocks` cuts, along the first dimension, so that
# it works for arrays of any layout, and without copying:

# %% pull="tinytorch.optim.optimizer:blocks"

# %% [markdown]
# ## Put it together
#
# Everything at once, on your package: two interleaved spirals, a small network, AdamW with two groups, clipping, a warm-up and a cosine. Weight decay goes to the matrices only; biases are left alone, as is the custom.

# %% experiment="spirals" title="Two spirals"
enable_autograd()
manual_seed(0)
angle = np.linspace(0.5, 7.5, 100)
arm = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1)
points = Tensor(np.concatenate([arm, -arm]).astype("float32") / 4)
labels = Tensor([[0.0]] * 100 + [[1.0]] * 100)

hidden = [nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh()]
model = nn.Sequential(*hidden, nn.Linear(32, 1))
params = list(model.parameters())
groups = [
    {"params": [p for p in params if p.ndim > 1]},
    {"params": [p for p in params if p.ndim == 1], "weight_decay": 0.0},
]
optimizer = AdamW(groups, lr=0.02, weight_decay=0.01)
warm_up = LinearLR(optimizer, 0.1, total_iters=20)
cosine = CosineAnnealingLR(optimizer, T_max=380)
schedule = SequentialLR(optimizer, [warm_up, cosine], milestones=[20])

for step in range(401):
    scores = model(points)
    loss = nn.BCEWithLogitsLoss()(scores, labels)
    optimizer.zero_grad()
    loss.backward()
    norm = clip_grad_norm_(params, 1.0)
    if step % 80 == 0:
        right = ((scores.data > 0) == labels.data).mean()
        rate = schedule.get_last_lr()[0]
        print(f"{step:3}: loss {loss.item():.4f},", end=" ")
        print(f"right {right:6.1%}, norm {norm.item():.3f}, lr {rate:.4f}")
    optimizer.step()
    schedule.step()

# %% [markdown]
# The norm never comes near 1 here, so clipping has nothing to do. It stays in the loop all the same: it changes nothing until a batch comes that needs it.

# %% integration=true


def test_each_optimizer_trains_a_network():
    """SGD, SGD with momentum, Adam and AdamW each bring the loss of a small network below a third of its start."""
    enable_autograd()
    for name, make in [
        ("SGD", lambda params: SGD(params, lr=1.0)),
        ("SGD with Nesterov's momentum", lambda params: SGD(params, lr=0.3, momentum=0.9, nesterov=True)),
        ("Adam", lambda params: Adam(params, lr=0.05)),
        ("AdamW", lambda params: AdamW(params, lr=0.05, weight_decay=0.01)),
    ]:
        model = network()
        optimizer = make(model.parameters())
        first, last = train(model, optimizer, 1), train(model, optimizer, 150)
        if not last < first / 3:
            fail(
                f"{name} went from a loss of {first:.3f} to {last:.3f} in 150 steps; it should get below a third."
            )


def test_momentum_beats_plain_descent_in_the_valley():
    """In the valley of this chapter's beginning momentum needs less than half the steps."""
    enable_autograd()
    curvature = Tensor([1.0, 50.0])

    def steps(**options):
        w = Tensor([10.0, 1.5], requires_grad=True)
        optimizer = SGD([w], **options)
        last = 0
        for step in range(300):
            loss = (curvature * w * w).sum() * 0.5
            last = step if loss.item() > 0.001 else last
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return last

    plain, rolling = steps(lr=0.036), steps(lr=0.02, momentum=0.8)
    if not (rolling < plain / 2 < 150):
        fail(f"Plain descent took {plain} steps and momentum {rolling}; it should be less than half.")


def test_a_run_goes_on_exactly_where_it_stopped():
    """A second optimizer that loads the first one's state, with the same weights, ends at the same loss."""
    enable_autograd()
    model = network()
    optimizer = Adam(model.parameters(), lr=0.05)
    train(model, optimizer, 10)
    other = network()
    other.load_state_dict(model.state_dict())
    resumed = Adam(other.parameters(), lr=0.5)
    resumed.load_state_dict(optimizer.state_dict())
    expect_equal(
        train(other, resumed, 10), train(model, optimizer, 10), "The loss after ten more steps of the copy"
    )


def test_clipping_and_schedule_shape_every_step():
    """With gradients clipped to 1, no step of SGD is longer than the schedule's rate."""
    enable_autograd()
    model = network()
    params = list(model.parameters())
    optimizer = SGD(params, lr=0.5)
    schedule = SequentialLR(
        optimizer,
        [LinearLR(optimizer, 0.5, total_iters=4), CosineAnnealingLR(optimizer, T_max=16)],
        milestones=[4],
    )
    points, labels = two_moons()
    for step in range(20):
        before = [p.data.copy() for p in params]
        optimizer.zero_grad()
        (nn.BCEWithLogitsLoss()(model(points), labels) * 1000).backward()
        clip_grad_norm_(params, 1.0)
        optimizer.step()
        length = math.sqrt(sum(((p.data - b) ** 2).sum() for p, b in zip(params, before, strict=True)))
        rate = optimizer.param_groups[0]["lr"]
        if not 0.99 * rate < length < 1.01 * rate:
            fail(
                f"Step {step} was {length:.4f} long; with a rate of {rate:.4f} and a norm of 1 it should be as long as the rate."
            )
        schedule.step()
    expect_number(optimizer.param_groups[0]["lr"] + 1.0, 1.0, "One plus the rate at the end")


# %% [markdown]
# ## Questions

# %% [markdown] question="largest_rate"
# A loss has the curvature 200 in its steepest direction. Above which learning rate does plain gradient descent run away?
#
# = 2 / 200
# > A step multiplies the distance along that direction by 1 - 200·lr, which leaves the range from -1 to 1 there.

# %% [markdown] question="terminal_velocity"
# SGD with `momentum=0.95` meets the same gradient in every step. How many times the plain step does it make in the end?
#
# = 1 / (1 - 0.95) times ± 2%
# > 1 + 0.95 + 0.95² + … is 1 / (1 - 0.95). Who raises the momentum from 0.9 to 0.95 doubles the steps, and often has to halve the rate.

# %% [markdown] question="scaled_loss"
# Somebody multiplies the loss by 100 and changes nothing else. Which optimizer takes almost the same steps as before?
#
# - [ ] SGD :: Its steps are proportional to the gradient.
# - [ ] SGD with momentum :: A velocity made of gradients that are a hundred times as large is a hundred times as large.
# - [x] Adam without weight decay :: Both averages grow, and the ratio m̂ / √v̂ stays; only eps notices.
# - [ ] Adam with weight decay in the gradient :: λ·p did not grow with the gradient, so the decay now counts for less.

# %% [markdown] question="none_or_zero"
# After `zero_grad(set_to_none=False)` a layer took no part in the forward computation. The optimizer is SGD with momentum. What happens to the layer in `step()`?
#
# - [ ] Nothing :: That would be so with `grad` None. A gradient of zeros is a gradient.
# - [x] It keeps rolling along its velocity, a little slower each time :: b ← μ·b + 0, and p moves by lr·b.
# - [ ] An error is raised :: Zeros are perfectly good gradients.

# %% [markdown] question="optimizer_for_a_phone"
# Training with SGD with momentum needs three times the parameters' memory, with Adam four times. How many million parameters (10⁶) of float32 can be trained with Adam in 2 GB (2 · 10⁹ bytes), if activations need nothing?
#
# = 2e9 / (4 * 4) / 1e6 million ± 2%
# > Sixteen bytes for each parameter: four times four.

# %% [markdown] question="resume"
# A run with Adam is stopped, and continued from saved weights with a fresh optimizer. Which part of the saved optimizer would have been missed most, and what does one see?
#
# - [ ] The learning rate :: It is an option, and the new run sets it.
# - [x] The two averages and the step count :: The first steps are like the first steps of all: every number moves by the full rate, whatever its gradient, and the loss jumps.
# - [ ] The gradients :: They are computed anew in each step.

# %% [markdown] question="why_not_always_adam"
# Adam often needs little tuning. Give a reason to use SGD with momentum all the same.
#
# > It remembers half as much, which decides whether a large model fits. On convolutional networks for pictures, well tuned SGD with momentum often ends at a better test accuracy; why is still being discussed. And its step is simple: what you know about
# > curvature, batch size and rate carries over from one run to the next. Where gradients differ much in size from layer to layer, as in transformers, Adam wins clearly.

# %% [markdown]
# ## Looking further
#
# ```{admonition} In production
# :class: tip
#
# The names are PyTorch's: `torch.optim.SGD`, `Adam`, `AdamW`, `lr_scheduler.CosineAnnealingLR`, `torch.nn.utils.clip_grad_norm_`. So are the formulas: this book's tests take a hundred steps with both and compare. What differs is the loop. PyTorch's `foreach` implementation
# treats all parameters of a group in one call, because on a GPU every call costs some microseconds and a model has hundreds of small tensors; its `fused` one does a whole step of Adam in a single kernel, which reads and writes each number once. Your blocks are the CPU's version of that
# idea. Large runs split the optimizer's state over many machines, since it is the largest thing that there is, or keep it in eight bits.
# ```
#
# ### What we left out
#
# - **More optimizers.** Adagrad and RMSprop led to Adam; LAMB, Lion, Adafactor and Muon came after. Each is an `update` of a few lines in your `Optimizer`.
# - **Second derivatives.** Newton's method would divide by the curvature itself and cross our valley in one step. For a million parameters the table of second derivatives has a million million entries; Adam's √v̂ is a cheap stand-in for its diagonal.
# - **`maximize`, `amsgrad`, closures and hooks** of PyTorch's classes.
# - **Proofs.** That gradient descent goes down a valley is easy to prove. Why these methods do so well on losses that are no valleys is, in good part, not known.
#
# A training loop has grown around the optimizer in this chapter's experiments, and it was written again each time. Module 07 writes it once.
