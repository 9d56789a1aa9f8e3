# %% [markdown]
# # Training
#
# You can compute a loss, its gradients, and a step downhill. Training is doing that ten thousand times, and knowing at any moment whether it still goes
# well. This chapter turns a loop that everybody copies into pieces that can be trusted: a step, an honest evaluation, a stop at the right time, and a file from
# which a run continues as if nothing had happened. At its end a network learns to read digits, here in the page.

# %% setup=true
import math
import os
import tempfile
from pathlib import Path

import numpy as np

from tinytorch import Tensor, manual_seed, randn
from tinytorch.core import enable_autograd
from tinytorch.core.random import default_generator
from tinytorch.nn import CrossEntropyLoss, Dropout, Linear, Module, MSELoss, Parameter, ReLU, Sequential
from tinytorch.optim import SGD, Adam, CosineAnnealingLR
from tinytorch.training import (
    DivergedError,
    EarlyStopping,
    Trainer,
    accuracy,
    backward_in_parts,
    evaluate,
    load_checkpoint,
    save_checkpoint,
    train_step,
)
from tinytorch.training.files import write_safely
from tinytorch.training.randomness import random_state
from tinytorch.training.watch import Watch
from tinytorch.workshop.expect import (
    expect_equal,
    expect_error,
    expect_no_error,
    expect_tensor,
    fail,
)

enable_autograd()


def circle(count):
    """Points of the plane, and for each whether it lies outside of a circle."""
    points = randn(count, 2)
    return points, ((points * points).sum(axis=1) > 1.4).to("int32")


def cut(data, size):
    """Cut (inputs, targets) into a list of batches; the last may be smaller."""
    inputs, targets = data
    return [(inputs[i : i + size], targets[i : i + size]) for i in range(0, len(targets), size)]


def network(dropout=0.0):
    """A small network for points of the plane, with the same first weights every time."""
    manual_seed(1)
    return Sequential(Linear(2, 32), ReLU(), Dropout(dropout), Linear(32, 2))


class Line(Module):
    """y = weight · x: a single weight, so that its every move can be worked out by hand."""

    def __init__(self, weight=2.0):
        super().__init__()
        self.weight = Parameter([weight])

    def forward(self, x):
        return x * self.weight


class Watched(Module):
    """Notes for each forward whether it was training, and whether the output was recorded."""

    def __init__(self):
        super().__init__()
        self.weight, self.seen = Parameter([2.0]), []

    def forward(self, x):
        out = x * self.weight
        self.seen.append((self.training, out.requires_grad))
        return out


class Shuffled:
    """Batches of points that come in another order each time, drawn from the default generator."""

    def __init__(self):
        rng = np.random.default_rng(0)
        points = randn(80, 2, generator=rng)
        self.batches = cut((points, ((points * points).sum(axis=1) > 1.4).to("int32")), 20)

    def __iter__(self):
        return (self.batches[i] for i in default_generator().permutation(len(self.batches)))


def new_run():
    """A run that has not begun: with dropout, Adam, a schedule, and everything else that remembers something."""
    model = network(dropout=0.2)
    optimizer = Adam(model.parameters(), lr=0.02)
    return Trainer(
        model, optimizer, CrossEntropyLoss(), {"accuracy": accuracy}, CosineAnnealingLR(optimizer, 60)
    )


def run(trainer=None, epochs=2, on_batch=None):
    """Let a run, or a new one, go on until so many epochs are done."""
    trainer = trainer or new_run()
    batches = Shuffled()
    seen = on_batch and (lambda row: on_batch(trainer))
    trainer.fit(batches, epochs, batches.batches[:1], patience=50, on_batch=seen, progress=False)
    return trainer


def resumed(state):
    """A new run, with random numbers from elsewhere, that has loaded `state`."""
    again = new_run()
    manual_seed(99)
    hint = "Model, optimizer, schedule and early stopping each have a `state_dict()` of their own: that is what belongs into the state. And if two parts of it do not fit together, one of them went on changing after the state was taken: copy it."
    with expect_no_error("`load_state_dict(…)` with the state of a trainer of the same kind", hint):
        again.load_state_dict(state)
    return again


def fingerprint(value):
    """All that is in a state, in a form that can be compared."""
    if isinstance(value, dict):
        return {name: fingerprint(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [fingerprint(part) for part in value]
    array = value.data if isinstance(value, Tensor) else value
    return (array.shape, array.tobytes()) if isinstance(array, np.ndarray) else value


def compare(again, whole, when):
    """Expect that two runs are in the same place, bit for bit."""
    pairs = {
        "the history differs": (again.history, whole.history),
        "the weights differ": (again.model.state_dict(), whole.model.state_dict()),
        "the optimizer remembers something else": (
            again.optimizer.state_dict(),
            whole.optimizer.state_dict(),
        ),
        "the schedule is elsewhere": (again.schedule.state_dict(), whole.schedule.state_dict()),
        "early stopping remembers something else": (again.stopping.state_dict(), whole.stopping.state_dict()),
    }
    for what, (mine, expected) in pairs.items():
        if fingerprint(mine) != fingerprint(expected):
            fail(
                f"{when} {what}, compared with a run in one go.",
                "Something on which the rest of the run depends is not in the state, or is not as it was at that moment.",
            )


# %% [markdown]
# ## The loop that is copied
#
# You have written it twice by now, in the two chapters before this one. Here it is for the third time, three times in a row, as it happens when one tries things out: each copy is a little
# different from the one above, and in each but the first something is wrong. Can you tell what? Guess also which of them will crash.

# %% experiment="copied_loops" title="The same loop, three times"
manual_seed(0)
inputs, targets = circle(200)
loss_fn = CrossEntropyLoss()

model = network(dropout=0.5)
optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
for _ in range(100):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
print(f"first copy:  loss {loss.item():8.3f}")

model = network(dropout=0.5)
optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
for _ in range(100):
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
print(f"second copy: loss {loss.item():8.3f}")

model = network(dropout=0.5)
optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
for _ in range(100):
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
print(f"third copy:  loss {loss.item():8.3f}")

for question in ("How good is it?", "And again?  ", "Once more?  "):
    print(question, accuracy(model(inputs), targets))

# %% [markdown]
# None of them crashes. The second copy forgot `zero_grad`, so each step follows the sum of all gradients since the beginning. The third clears the gradients just before they
# would have been used, and learns nothing at all. And asked three times how good it is, the same network gives different answers, because nobody told the dropout in it that this is no longer training.
#
# A mistake in a loop like this has no error message. It has a slightly worse model, weeks later. So the loop is written once, from pieces that are checked, and never copied again.

# %% [markdown]
# ## One step
#
# Five lines, and their order is all that matters. Gradients are *added* to what is in `.grad` already, that was the rule of module 05, so old ones have to go first. Then
# forward, loss, backward, and the step.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 620 120" width="620" role="img" aria-labelledby="step-order-title step-order-desc" font-size="13" fill="currentColor">
# <title id="step-order-title">The five parts of a training step</title>
# <desc id="step-order-desc">Five boxes in a row, joined by arrows: zero_grad, forward, loss, backward, step; an arrow leads from the last back to the first. Below the boxes it says what is in memory: after zero_grad no gradients; after forward and loss the graph; after backward the gradients and no graph; after step new weights, and still the gradients.</desc>
# <g stroke="currentColor" fill="none"><rect x="2" y="16" width="96" height="34" rx="4"/><rect x="132" y="16" width="96" height="34" rx="4"/><rect x="262" y="16" width="96" height="34" rx="4"/><rect x="392" y="16" width="96" height="34" rx="4" fill="var(--tt-accent, #2f6fab)" fill-opacity=".14"/><rect x="522" y="16" width="96" height="34" rx="4"/></g>
# <g text-anchor="middle" font-weight="600"><text x="50" y="37">zero_grad</text><text x="180" y="37">forward</text><text x="310" y="37">loss</text><text x="440" y="37">backward</text><text x="570" y="37">step</text></g>
# <g stroke="currentColor" fill="none"><path d="M98 33h30m-6 -5l6 5l-6 5"/><path d="M228 33h30m-6 -5l6 5l-6 5"/><path d="M358 33h30m-6 -5l6 5l-6 5"/><path d="M488 33h30m-6 -5l6 5l-6 5"/><path d="M570 16V5H50V13m-5 -6l5 6l5 -6"/></g>
# <g text-anchor="middle" opacity=".8"><text x="50" y="72">no gradients</text><text x="245" y="72">the graph grows</text><text x="440" y="72">gradients,</text><text x="440" y="90">no graph</text><text x="570" y="72">new weights,</text><text x="570" y="90">old gradients</text></g>
# </svg>
# <figcaption>A step is a circle. Whoever enters it in the middle finds the gradients of somebody else.</figcaption>
# </figure>
#
# What comes back is the loss, as a plain number: `loss.item()`. It looks like a detail, and is the most common leak of memory there is. A Tensor that came out of a computation holds on to its graph, and a list of a
# thousand losses would hold on to a thousand graphs.

# %% exercise="train_step" object="tinytorch.training.loop:train_step" points=2 title="One step of training"
# - Five lines, in the order of the picture. A model is called like a function, and so is `loss_fn`: outputs first, then targets.
# - `optimizer.zero_grad()`, then `loss = loss_fn(model(inputs), targets)`, `loss.backward()`, `optimizer.step()`, and `return loss.item()`.

# %% checks="train_step"


def test_the_weights_move():
    """The weights move by one step against the gradient."""
    model = Line(2.0)
    optimizer = SGD(model.parameters(), lr=1 / 64)
    train_step(model, MSELoss(), optimizer, Tensor([3.0]), Tensor([0.0]))
    moved = model.weight.item()
    if moved == 2.0 and model.weight.grad is None:
        fail(
            "The weight did not move, and has no gradient.",
            "Gradients are computed by `loss.backward()`, with its parentheses, and must still be there when the step is taken: clear the old ones at the very beginning.",
        )
    if moved == 2.0:
        fail(
            "The weight has a gradient and did not move.",
            "The step came before there was a gradient. First `backward`, then `step`.",
        )
    hint = "The loss is 36 and the gradient 2 · 6 · 3 = 36; the learning rate is 1/64."
    expect_equal(moved, 1.4375, "From 2.0, the weight", hint)


def test_every_step_has_its_own_gradient():
    """A second step uses the second gradient alone."""
    model = Line(2.0)
    optimizer = SGD(model.parameters(), lr=1 / 64)
    for _ in range(2):
        train_step(model, MSELoss(), optimizer, Tensor([3.0]), Tensor([0.0]))
    mistakes = [
        (
            0.470703125,
            "The second step used the sum of both gradients: `backward` adds to what is there. Clear it first, with `zero_grad`.",
        )
    ]
    expect_equal(model.weight.item(), 1.033203125, "After two steps from 2.0 the weight", mistakes=mistakes)


def test_gradients_that_lay_around():
    """Gradients that somebody else left behind do not count."""
    model = Line(2.0)
    optimizer = SGD(model.parameters(), lr=1 / 64)
    model.weight.grad = Tensor([64.0])
    train_step(model, MSELoss(), optimizer, Tensor([3.0]), Tensor([0.0]))
    mistakes = [
        (0.4375, "A gradient from before this step was still there and was added. Clear at the beginning."),
        (1.0, "The step used the gradient that was there before, and not the one of this loss."),
    ]
    what = "With a gradient of 64 left behind by somebody, the weight after one step"
    expect_equal(model.weight.item(), 1.4375, what, mistakes=mistakes)


def test_the_loss_comes_back_as_a_number():
    """What comes back is the loss from before the step, as a Python number."""
    model = Line(2.0)
    optimizer = SGD(model.parameters(), lr=1 / 64)
    loss = train_step(model, MSELoss(), optimizer, Tensor([3.0]), Tensor([0.0]))
    mistakes = [
        (18.59765625, "That is the loss after the step: it costs a second forward, and nobody asked for it.")
    ]
    hint = "A Tensor holds on to the graph that it came from; `loss.item()` is only a number."
    expect_equal(loss, 36.0, "`train_step(…)`", hint, mistakes)


def test_outputs_come_first():
    """The loss function gets the outputs first, and the targets second."""
    seen = []

    def loss_fn(outputs, targets):
        seen.append((outputs.item(), targets.item()))
        return (outputs - targets).sum()

    model = Line(2.0)
    train_step(model, loss_fn, SGD(model.parameters(), lr=0.5), Tensor([3.0]), Tensor([1.0]))
    mistakes = [
        ([(1.0, 6.0)], "They are swapped. For some losses that changes nothing; cross-entropy would break.")
    ]
    expect_equal(
        seen,
        [(6.0, 1.0)],
        "What the loss function was given",
        "Call it once, on outputs and targets.",
        mistakes,
    )


# %% wrong="train_step" name="forgets_zero_grad" says="The second step used the sum of both gradients"
def train_step(model, loss_fn, optimizer, inputs, targets):
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


# %% wrong="train_step" name="steps_before_backward" says="The step came before there was a gradient."
def train_step(model, loss_fn, optimizer, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs), targets)
    optimizer.step()
    loss.backward()
    return loss.item()


# %% wrong="train_step" name="clears_what_it_needs" says="must still be there when the step is taken"
def train_step(model, loss_fn, optimizer, inputs, targets):
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


# %% wrong="train_step" name="clears_at_the_end" says="A gradient from before this step was still there"
def train_step(model, loss_fn, optimizer, inputs, targets):
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


# %% wrong="train_step" name="returns_the_tensor" says="A Tensor holds on to the graph that it came from"
def train_step(model, loss_fn, optimizer, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss


# %% wrong="train_step" name="swaps_the_arguments" says="They are swapped."
def train_step(model, loss_fn, optimizer, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(targets, model(inputs))
    loss.backward()
    optimizer.step()
    return loss.item()


# %% [markdown]
# An **epoch** is one pass over all the data, and with your step it is a loop of two lines. The data come as a list of **batches**, pairs of inputs and targets. Our 200 points become
# seven of them.

# %% experiment="first_epochs" title="Five epochs with your step"
manual_seed(0)
train = cut(circle(200), 32)
model = network()
optimizer = Adam(model.parameters(), lr=0.02)
loss_fn = CrossEntropyLoss()
print(len(train), "batches, the last of", len(train[-1][1]))

for epoch in range(1, 6):
    losses = []
    for inputs, targets in train:
        loss = train_step(model, loss_fn, optimizer, inputs, targets)
        losses.append(loss)
    print(f"epoch {epoch}: first {losses[0]:.3f}, last {losses[-1]:.3f}")

# %% [markdown]
# Loss falls. But what does a loss of a half mean to a person, and why believe the number for one batch?

# %% [markdown]
# ## A number for people
#
# A loss is made for gradients: it must be smooth. People ask how many answers are right. **Accuracy** counts: the network's guess is the class with the largest logit, and the share of guesses that equal the
# target is the accuracy. Nothing about it is smooth, and nothing has to be.
#
# Broadcasting has a trap here, and sooner or later everybody falls into it. If the targets are a column, of shape `(4, 1)`, then `guesses == targets` compares four guesses with four targets *each with each*. That gives sixteen truth values, no
# error, and an accuracy that means nothing. So look at the shapes.

# %% exercise="accuracy" object="tinytorch.training.metrics:accuracy" points=2 title="The share of right answers"
# - First what can be wrong: targets of a floating dtype (`is_floating(targets.dtype)`), shapes that differ, no samples at all (`targets.numel()`). Then count.
# - `guesses = logits.argmax(axis=-1)`. Truth values can be summed: `(guesses == targets).sum()` is how many are right, and `int(…)` makes a Python number of it.
# - Put both shapes into the message: `f"accuracy: … {guesses.shape} … {targets.shape}"`.

# %% checks="accuracy"


def test_three_of_four():
    """Three right answers of four are 0.75, a Python number."""
    logits = Tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [0.5, 0.0, -1.0], [0.0, 0.0, 9.0]])
    hint = "Divide the number of right answers by the number of targets; `int(…)` or `.item()` makes it a Python number."
    mistakes = [
        (3, "That is how many are right. Which share is it?"),
        (3.0, "That is how many are right. Which share is it?"),
        (75.0, "That is in percent; the share is between 0 and 1."),
        (0.25, "That is the share of wrong answers."),
    ]
    expect_equal(accuracy(logits, Tensor([0, 1, 1, 2])), 0.75, "Three of four right", hint, mistakes)
    expect_equal(accuracy(logits, Tensor([0, 1, 0, 2])), 1.0, "All right", hint)
    expect_equal(accuracy(logits, Tensor([1, 0, 1, 0])), 0.0, "None right", hint)


def test_the_guess_of_each_row():
    """The guess is looked for among the classes of each sample, along the last axis."""
    logits = Tensor([[5.0, 6.0], [1.0, 2.0]])
    hint = "`argmax(axis=-1)` finds the largest logit of each sample; without an axis, or along 0, samples are compared with one another."
    with expect_no_error("`accuracy` of two samples with two classes", hint):
        share = accuracy(logits, Tensor([1, 1]))
    expect_equal(share, 1.0, "The accuracy of [[5, 6], [1, 2]] for the targets [1, 1]", hint)


def test_a_text_has_many_answers():
    """Logits of shape `(2, 2, 3)` are four answers, for targets of shape `(2, 2)`."""
    logits = Tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]])
    hint = "Divide by the number of targets, `targets.numel()`; `len` counts the first dimension only."
    mistakes = [(1.5, hint)]
    with expect_no_error("`accuracy` of logits of shape (2, 2, 3)", "The classes are on the last axis."):
        share = accuracy(logits, Tensor([[0, 1], [2, 1]]))
    expect_equal(share, 0.75, "Three of these four", hint, mistakes)


def test_targets_in_a_column():
    """Targets that do not have the shape of the guesses raise a ValueError that shows both shapes."""
    logits, hint = (
        Tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]]),
        "Compare the shapes of guesses and targets before you compare the numbers: `==` would broadcast.",
    )
    for targets in (Tensor([[0], [1], [0]]), Tensor([0]), Tensor(0)):
        what = f"Logits of shape (3, 2) with targets of shape {targets.shape}"
        says = ["(3,)", str(targets.shape)]
        expect_error(ValueError, lambda t=targets: accuracy(logits, t), says, what, hint)


def test_targets_that_are_floats():
    """Floating targets raise a TypeError that names their dtype."""
    logits = Tensor([[2.0, 1.0], [0.0, 3.0]])
    hint = "Classes are counted, so they are whole numbers. Whoever passes floats has mixed something up."
    expect_error(
        TypeError,
        lambda: accuracy(logits, Tensor([0.0, 1.0])),
        ["float32"],
        "`accuracy` with float32 targets",
        hint,
    )


def test_nothing_to_count():
    """No samples at all raise a ValueError, too."""
    logits, targets = Tensor(np.zeros((0, 3), "float32")), Tensor(np.zeros(0, "int32"))
    hint = "The share of nothing is no number: say so before you divide by 0."
    expect_error(ValueError, lambda: accuracy(logits, targets), ["(0,)"], "`accuracy` of no samples", hint)


# %% wrong="accuracy" name="counts" says="That is how many are right."
def accuracy(logits, targets):
    if is_floating(targets.dtype):
        raise TypeError(f"targets are {targets.dtype}")
    guesses = logits.argmax(axis=-1)
    if guesses.shape != targets.shape:
        raise ValueError(f"{guesses.shape} and {targets.shape}")
    return int((guesses == targets).sum())


# %% wrong="accuracy" name="looks_down_the_columns" says="samples are compared with one another"
def accuracy(logits, targets):
    if is_floating(targets.dtype):
        raise TypeError(f"targets are {targets.dtype}")
    guesses = logits.argmax(axis=0)
    if guesses.shape != targets.shape:
        raise ValueError(f"{guesses.shape} and {targets.shape}")
    return int((guesses == targets).sum()) / targets.numel()


# %% wrong="accuracy" name="broadcasts" says="`==` would broadcast."
def accuracy(logits, targets):
    if is_floating(targets.dtype):
        raise TypeError(f"targets are {targets.dtype}")
    guesses = logits.argmax(axis=-1)
    return (guesses == targets).to("float32").mean().item()


# %% wrong="accuracy" name="takes_floats" says="Whoever passes floats has mixed something up."
def accuracy(logits, targets):
    guesses = logits.argmax(axis=-1)
    if guesses.shape != targets.shape:
        raise ValueError(f"{guesses.shape} and {targets.shape}")
    if targets.numel() == 0:
        raise ValueError(f"nothing to count in {targets.shape}")
    return int((guesses == targets).sum()) / targets.numel()


# %% wrong="accuracy" name="divides_by_zero" says="The share of nothing is no number"
def accuracy(logits, targets):
    if is_floating(targets.dtype):
        raise TypeError(f"targets are {targets.dtype}")
    guesses = logits.argmax(axis=-1)
    if guesses.shape != targets.shape:
        raise ValueError(f"{guesses.shape} and {targets.shape}")
    return int((guesses == targets).sum()) / targets.numel()


# %% wrong="accuracy" name="divides_by_the_rows" says="`len` counts the first dimension only"
def accuracy(logits, targets):
    if is_floating(targets.dtype):
        raise TypeError(f"targets are {targets.dtype}")
    guesses = logits.argmax(axis=-1)
    if guesses.shape != targets.shape or targets.numel() == 0:
        raise ValueError(f"{guesses.shape} and {targets.shape}")
    return int((guesses == targets).sum()) / len(targets)


# %% experiment="who_is_right" title="A network that has not learned, and a lazy one"
manual_seed(0)
inputs, targets = circle(1000)
print("untrained:   ", accuracy(network()(inputs), targets))

share = int(targets.sum()) / 1000
print("outside:     ", share, "of all points")
always = Tensor(np.tile([0.0, 1.0], (1000, 1)), "float32")
print("always 'out':", accuracy(always, targets))

# %% [markdown]
# The last line is one to remember. A "network" that looks at nothing and always says the same is right as often as that class occurs. An accuracy means something only beside the accuracy of the lazy answer.

# %% [markdown]
# ## An honest look
#
# The numbers that training prints on its way are too good and too bad at once. Too good, because the network has seen each batch before, in the last epoch. Too bad, because dropout was on, and because the first of these batches met weights that were not yet as good as
# they are now. To know how good the model is, stop, and **evaluate** it on data that it was not trained on. Five things belong to it:
#
# 1. **Eval mode**, so that dropout lets everything pass. `model.eval()` and `model.train(mode)` are from module 03, and `model.training` tells the mode. Whatever it was before, it must be the same afterwards, even if something in between raised an error.
# 2. **No recording.** Nobody will call backward, so no graph is needed, nor the memory that it takes: `with no_grad():`, as in module 05.
# 3. **A fair mean.** The last batch is usually smaller. Weigh each batch by its number of samples, or those few samples count more than the others.
# 4. Any **metrics** the caller wants, as functions of outputs and targets.
# 5. **One pass**: `batches` may be something that can be gone through once only, such as a generator.

# %% exercise="evaluate" object="tinytorch.training.loop:evaluate" points=4 title="Evaluate, and leave no trace"
# - Remember `model.training`, call `model.eval()`, and put the work into `try: … finally: model.train(mode)`. `with no_grad():` turns recording off.
# - Treat the loss as one more metric: `functions = {"loss": lambda out, y: loss_fn(out, y).item()}`, and `functions.update(metrics or {})`. Then there is one total for each name.
# - In the loop: `samples += len(targets)`, and `totals[name] += function(outputs, targets) * len(targets)`. At the end divide every total by `samples`, unless that is 0.

# %% checks="evaluate"


def test_each_sample_counts_the_same():
    """The loss is the mean over all samples, also if the last batch is smaller."""
    batches = [
        (Tensor([[1.0]] * 3), Tensor([[1.0]] * 3)),
        (Tensor([[1.0]]), Tensor([[-1.0]])),
    ]
    with expect_no_error(
        "`evaluate` without metrics", "`metrics` may be None: `metrics or {}` is a dict in any case."
    ):
        found = evaluate(Line(2.0), MSELoss(), batches)
    mistakes = [
        (
            {"loss": 5.0},
            "That is the mean of the batches' means: the single sample of the second batch counts as much as three. Weigh each batch by its samples.",
        ),
        ({"loss": 12.0}, "That is the sum over all samples; divide it by their number."),
        ({"loss": 10.0}, "That is the sum of the batches' means."),
        ({"loss": 9.0}, "That is the loss of the last batch alone."),
    ]
    hint = "Three samples with a loss of 1 and one with a loss of 9: the mean is 12 / 4."
    expect_equal(found, {"loss": 3.0}, "`evaluate(…)` over batches of three and of one", hint, mistakes)
    if isinstance(found["loss"], Tensor):
        fail("The loss is a Tensor; it should be a plain number.", "`loss_fn(…).item()` is one.")


def test_metrics_too():
    """Each metric is called with outputs and targets, and averaged in the same way."""
    metrics = {
        "out": lambda outputs, targets: outputs.sum().item() / len(outputs),
        "goal": lambda outputs, targets: targets.sum().item() / len(targets),
    }
    batches = [(Tensor([[1.0]] * 3), Tensor([[1.0]] * 3)), (Tensor([[3.0]]), Tensor([[-1.0]]))]
    hint = "Go through `metrics.items()`; each function gets (outputs, targets), and its result counts as often as the batch has samples."
    mistakes = [
        (
            {"loss": -2.5, "out": 3.0, "goal": 0.5},
            "The loss function got the targets first; outputs come first.",
        )
    ]
    with expect_no_error("`evaluate` with two metrics", hint):
        found = evaluate(Line(2.0), lambda outputs, targets: (outputs - targets).mean(), batches, metrics)
    what = "`evaluate` with the mean difference as loss, and two metrics,"
    expect_equal(found, {"loss": 2.5, "out": 3.0, "goal": 0.5}, what, hint, mistakes)


def test_in_eval_mode():
    """The model computes in eval mode."""
    model = Watched()
    evaluate(model, MSELoss(), [(Tensor([[1.0]]), Tensor([[1.0]]))])
    if any(training for training, _ in model.seen):
        fail(
            "The model was in training mode while it was evaluated.",
            "Dropout would still drop. Call `model.eval()` before the first batch.",
        )
    expect_equal(
        len(model.seen),
        1,
        "The number of forward passes for one batch",
        "One pass gives the outputs for the loss and for all metrics.",
    )


def test_without_recording():
    """Nothing is recorded meanwhile, and recording goes on afterwards."""
    model = Watched()
    evaluate(model, MSELoss(), [(Tensor([[1.0]]), Tensor([[1.0]]))])
    if any(recorded for _, recorded in model.seen):
        fail(
            "The forward pass was recorded.",
            "A graph that nobody walks is memory for nothing: compute inside `with no_grad():`.",
        )
    if not model(Tensor([[1.0]])).requires_grad:
        fail(
            "After `evaluate` nothing is recorded any more.",
            "`with no_grad():` turns recording on again by itself.",
        )


def test_the_mode_is_restored():
    """The model is left in the mode in which it came, whichever that was."""
    batches = [(Tensor([[1.0]]), Tensor([[1.0]]))]
    for mode, says in [(True, "training"), (False, "eval")]:
        model = Sequential(Dropout(0.5), Line()).train(mode)
        evaluate(model, MSELoss(), batches)
        if not all(module.training is mode for module in model.modules()):
            fail(
                f"The model came in {says} mode and was left in the other one.",
                "Remember `model.training` first, and put it back with `model.train(mode)`.",
            )


def test_the_mode_is_restored_after_an_error():
    """An error passes on to the caller, and the mode is restored even then."""
    model = Line().train()
    wrong = Tensor([[1.0, 2.0, 3.0]]), Tensor([[1.0, 2.0]])
    hint = "Errors pass through; only the mode is put back, in a `finally:`."
    expect_error(
        ValueError,
        lambda: evaluate(model, MSELoss(), [wrong]),
        [],
        "`evaluate` on a batch that does not fit",
        hint,
    )
    if not model.training:
        fail(
            "After an error the model was left in eval mode.",
            "It would train on without dropout, and nobody would notice. Put the mode back in a `finally:`.",
        )


def test_batches_from_a_generator():
    """Batches that can be gone through only once are enough."""
    once = ((Tensor([[1.0]]), Tensor([[float(i)]])) for i in range(2))
    hint = "A generator is empty after one pass, and has no length: count the samples as they come by."
    with expect_no_error("`evaluate` on a generator of batches", hint):
        found = evaluate(Line(2.0), MSELoss(), once)
    expect_equal(found, {"loss": 2.5}, "`evaluate` on a generator of two batches", hint)


def test_no_samples():
    """No samples raise a ValueError, and the mode is restored."""
    model = Line().train()
    hint = "A mean over nothing is no number. After the loop, look whether any sample came by."
    expect_error(ValueError, lambda: evaluate(model, MSELoss(), []), [], "`evaluate` on no batches", hint)
    expect_equal(model.training, True, "`model.training` afterwards", "Put the mode back in a `finally:`.")


# %% wrong="evaluate" name="in_training_mode" says="Dropout would still drop."
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": lambda outputs, targets: loss_fn(outputs, targets).item(), **(metrics or {})}
    totals, samples = dict.fromkeys(functions, 0.0), 0
    with no_grad():
        for inputs, targets in batches:
            outputs = model(inputs)
            samples += len(targets)
            for name, function in functions.items():
                totals[name] += function(outputs, targets) * len(targets)
    if samples == 0:
        raise ValueError("no samples")
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="records" says="A graph that nobody walks is memory for nothing"
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": lambda outputs, targets: loss_fn(outputs, targets).item(), **(metrics or {})}
    totals, samples = dict.fromkeys(functions, 0.0), 0
    mode = model.training
    model.eval()
    try:
        for inputs, targets in batches:
            outputs = model(inputs)
            samples += len(targets)
            for name, function in functions.items():
                totals[name] += function(outputs, targets) * len(targets)
    finally:
        model.train(mode)
    if samples == 0:
        raise ValueError("no samples")
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="always_back_to_training" says="The model came in eval mode and was left in the other one."
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": lambda outputs, targets: loss_fn(outputs, targets).item(), **(metrics or {})}
    totals, samples = dict.fromkeys(functions, 0.0), 0
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                samples += len(targets)
                for name, function in functions.items():
                    totals[name] += function(outputs, targets) * len(targets)
    finally:
        model.train()
    if samples == 0:
        raise ValueError("no samples")
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="stays_in_eval_after_an_error" says="After an error the model was left in eval mode."
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": lambda outputs, targets: loss_fn(outputs, targets).item(), **(metrics or {})}
    totals, samples = dict.fromkeys(functions, 0.0), 0
    mode = model.training
    model.eval()
    with no_grad():
        for inputs, targets in batches:
            outputs = model(inputs)
            samples += len(targets)
            for name, function in functions.items():
                totals[name] += function(outputs, targets) * len(targets)
    model.train(mode)
    if samples == 0:
        raise ValueError("no samples")
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="mean_of_means" says="Weigh each batch by its samples."
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": lambda outputs, targets: loss_fn(outputs, targets).item(), **(metrics or {})}
    totals, count = dict.fromkeys(functions, 0.0), 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                count += 1
                for name, function in functions.items():
                    totals[name] += function(outputs, targets)
    finally:
        model.train(mode)
    if count == 0:
        raise ValueError("no samples")
    return {name: total / count for name, total in totals.items()}


# %% wrong="evaluate" name="goes_through_twice" says="A generator is empty after one pass"
def evaluate(model, loss_fn, batches, metrics=None):
    samples = sum(len(targets) for _, targets in batches)
    if samples == 0:
        raise ValueError("no samples")
    functions = {"loss": lambda outputs, targets: loss_fn(outputs, targets).item(), **(metrics or {})}
    totals = dict.fromkeys(functions, 0.0)
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                for name, function in functions.items():
                    totals[name] += function(outputs, targets) * len(targets)
    finally:
        model.train(mode)
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="sums_up_tensors" says="The loss is a Tensor; it should be a plain number."
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": loss_fn, **(metrics or {})}
    totals, samples = dict.fromkeys(functions, 0.0), 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                samples += len(targets)
                for name, function in functions.items():
                    totals[name] += function(outputs, targets) * len(targets)
    finally:
        model.train(mode)
    if samples == 0:
        raise ValueError("no samples")
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="needs_metrics" says="`metrics` may be None"
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": lambda outputs, targets: loss_fn(outputs, targets).item(), **metrics}
    totals, samples = dict.fromkeys(functions, 0.0), 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                samples += len(targets)
                for name, function in functions.items():
                    totals[name] += function(outputs, targets) * len(targets)
    finally:
        model.train(mode)
    if samples == 0:
        raise ValueError("no samples")
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="targets_first" says="The loss function got the targets first"
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": lambda outputs, targets: loss_fn(targets, outputs).item(), **(metrics or {})}
    totals, samples = dict.fromkeys(functions, 0.0), 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                samples += len(targets)
                for name, function in functions.items():
                    totals[name] += function(outputs, targets) * len(targets)
    finally:
        model.train(mode)
    if samples == 0:
        raise ValueError("no samples")
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="divides_by_nothing" says="A mean over nothing is no number."
def evaluate(model, loss_fn, batches, metrics=None):
    functions = {"loss": lambda outputs, targets: loss_fn(outputs, targets).item(), **(metrics or {})}
    totals, samples = dict.fromkeys(functions, 0.0), 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                samples += len(targets)
                for name, function in functions.items():
                    totals[name] += function(outputs, targets) * len(targets)
    finally:
        model.train(mode)
    return {name: total / samples for name, total in totals.items()}


# %% wrong="evaluate" name="forgets_the_metrics" says="Go through `metrics.items()`"
def evaluate(model, loss_fn, batches, metrics=None):
    total, samples = 0.0, 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in batches:
                samples += len(targets)
                total += loss_fn(model(inputs), targets).item() * len(targets)
    finally:
        model.train(mode)
    if samples == 0:
        raise ValueError("no samples")
    return {"loss": total / samples}


# %% experiment="honest_numbers" title="The same network, asked in two ways"
manual_seed(0)
train, unseen = cut(circle(60), 20), cut(circle(1000), 100)
model = network(dropout=0.3)
optimizer = Adam(model.parameters(), lr=0.02)
loss_fn, metrics = CrossEntropyLoss(), {"accuracy": accuracy}
for _ in range(100):
    losses = []
    for inputs, targets in train:
        loss = train_step(model, loss_fn, optimizer, inputs, targets)
        losses.append(loss)

print(f"loss while training       {sum(losses) / len(losses):.3f}")
for name, batches in [("trained on", train), ("unseen    ", unseen)]:
    found = evaluate(model, loss_fn, batches, metrics)
    print(f"{name} {found['accuracy']:9.3f} right,", end=" ")
    print(f"loss {found['loss']:.3f}")
again = evaluate(model, loss_fn, unseen, metrics)
print("asked again, the same answer:", again == found)

# %% [markdown]
# Same network, same epoch, three losses. Only the last two are comparable, and only the last tells what will happen on new data. And asked again, it says the same again.

# %% [markdown]
# ## A large batch in small parts
#
# Large batches give smoother gradients, and need more memory: every layer keeps its activations until backward has been there. What if a batch of 512 does not fit, but 64 do?
#
# Gradients add up. So go through the parts one after the other, forward and backward each time, and step only at the end. It is called **gradient accumulation**. The loss is a *mean*, and there the care is needed. The mean over a batch is not the
# sum of the means over its parts:
#
# $$ \frac{1}{n} \sum_{i=1}^{n} \ell_i \;=\; \sum_{\text{parts}} \frac{n_\text{part}}{n} \cdot \Bigl( \text{mean of } \ell \text{ in the part} \Bigr) $$
#
# Each part's loss is weighed by its share of the samples before `backward`. Then the sum of the gradients is the gradient of the whole, whatever sizes the parts have.

# %% exercise="backward_in_parts" object="tinytorch.training.loop:backward_in_parts" points=3 title="Accumulate gradients"
# - `sum(len(targets) for _, targets in parts)` is the number of all samples. `parts` is a list, so you may go through it twice.
# - A loss is a Tensor and can be multiplied by a number: `loss_fn(model(inputs), targets) * (len(targets) / samples)`.
# - Call `backward()` inside the loop, for each part: that frees the part's graph before the next one is built. Return the sum of the weighed losses, as a number.

# %% checks="backward_in_parts"


def test_equal_to_one_large_batch():
    """The gradient is that of one large batch, also if the parts differ in size."""
    inputs, targets = Tensor([[1.0], [2.0], [3.0], [4.0]]), Tensor([[0.0], [0.0], [0.0], [16.0]])
    model = Line(2.0)
    backward_in_parts(model, MSELoss(), [(inputs[:3], targets[:3]), (inputs[3:], targets[3:])])
    if model.weight.grad is None:
        fail("The weight has no gradient.", "Call `backward()` on each part's loss, and clear no gradients.")
    mistakes = [
        (
            [56 / 3 - 64],
            "The parts' gradients were added as they are. Each belongs to a mean, so weigh each loss by its share of the samples, before `backward`.",
        ),
        (
            [28 / 3 - 32],
            "Each part counted the same. The first has three samples and the second has one: weigh by samples, not by parts.",
        ),
        ([-16.0], "Only the last part's gradient is there. Clear no gradients between the parts."),
        ([-8.0], "That is the sum over the samples; the loss is the mean."),
    ]
    hint = "The gradient of the mean over all four samples is the mean of 2 · (2x - y) · x, that is of 4, 16, 36 and -64."
    expect_tensor(
        model.weight.grad, [-2.0], "The gradient from parts of three and one", hint=hint, mistakes=mistakes
    )


def test_equal_to_one_large_batch_of_a_network():
    """For a network, each parameter's gradient is that of one large batch."""
    manual_seed(0)
    inputs, targets = circle(24)
    model = network()
    CrossEntropyLoss()(model(inputs), targets).backward()
    expected = {name: p.grad.data.copy() for name, p in model.named_parameters()}
    model.zero_grad()
    backward_in_parts(model, CrossEntropyLoss(), cut((inputs, targets), 10))
    for name, parameter in model.named_parameters():
        expect_tensor(
            parameter.grad,
            expected[name],
            f"The gradient of {name} from parts of 10, 10 and 4",
            hint="Weigh each part by its share of the 24 samples.",
        )


def test_gradients_grow():
    """The gradient is added to what was there: whoever wants none there clears it first."""
    model = Line(2.0)
    model.weight.grad = Tensor([100.0])
    backward_in_parts(model, MSELoss(), [(Tensor([[1.0]]), Tensor([[0.0]]))])
    if model.weight.grad is None:
        fail("The gradient is gone.", "Clearing gradients is up to the caller.")
    mistakes = [([4.0], "The gradient that was there is gone. Clearing is up to the caller, like the step.")]
    expect_tensor(model.weight.grad, [104.0], "100 plus a gradient of 4", mistakes=mistakes)
    expect_tensor(model.weight, [2.0], "The weight", hint="The step is up to the caller.")


def test_one_graph_at_a_time():
    """Each part goes backward before the next one goes forward."""
    order = []

    class Noted(Line):
        def forward(self, x):
            order.append("forward, with a gradient" if self.weight.grad is not None else "forward")
            return super().forward(x)

    parts = [(Tensor([[1.0]]), Tensor([[0.0]])), (Tensor([[1.0]]), Tensor([[0.0]]))]
    backward_in_parts(Noted(2.0), MSELoss(), parts)
    if order == ["forward", "forward"]:
        fail(
            "When the second part went forward, the first had not gone backward yet.",
            "The gradient is right, but all graphs were in memory at once: that is what the parts were to avoid. Call `backward` inside the loop.",
        )
    expect_equal(
        order, ["forward", "forward, with a gradient"], "The order of things", "One forward for each part."
    )


def test_the_mean_loss_comes_back():
    """What comes back is the mean loss over all samples, as a Python number."""
    inputs, targets = Tensor([[1.0], [1.0], [1.0], [1.0]]), Tensor([[1.0], [1.0], [1.0], [-1.0]])
    loss = backward_in_parts(Line(2.0), MSELoss(), [(inputs[:3], targets[:3]), (inputs[3:], targets[3:])])
    mistakes = [
        (10.0, "That is the sum of the parts' losses; add up the weighed ones."),
        (5.0, "That is the mean of the parts' losses; add up the weighed ones."),
        (2.25, "That is the weighed loss of the last part alone."),
        (9.0, "That is the loss of the last part alone."),
    ]
    hint = "Add up the weighed losses, as numbers: a Tensor would hold on to graphs. `loss.item()`."
    expect_equal(loss, 3.0, "`backward_in_parts(…)`", hint, mistakes)


# %% wrong="backward_in_parts" name="adds_the_means" says="The parts' gradients were added as they are."
def backward_in_parts(model, loss_fn, parts):
    total = 0.0
    for inputs, targets in parts:
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        total += loss.item()
    return total


# %% wrong="backward_in_parts" name="weighs_parts_alike" says="weigh by samples, not by parts"
def backward_in_parts(model, loss_fn, parts):
    mean = 0.0
    for inputs, targets in parts:
        loss = loss_fn(model(inputs), targets) * (1 / len(parts))
        loss.backward()
        mean += loss.item()
    return mean


# %% wrong="backward_in_parts" name="one_large_graph" says="all graphs were in memory at once"
def backward_in_parts(model, loss_fn, parts):
    samples = sum(len(targets) for _, targets in parts)
    losses = [loss_fn(model(inputs), targets) * (len(targets) / samples) for inputs, targets in parts]
    mean = losses[0]
    for loss in losses[1:]:
        mean = mean + loss
    mean.backward()
    return mean.item()


# %% wrong="backward_in_parts" name="clears_in_between" says="Clear no gradients between the parts."
def backward_in_parts(model, loss_fn, parts):
    samples = sum(len(targets) for _, targets in parts)
    mean = 0.0
    for inputs, targets in parts:
        model.zero_grad()
        loss = loss_fn(model(inputs), targets) * (len(targets) / samples)
        loss.backward()
        mean += loss.item()
    return mean


# %% wrong="backward_in_parts" name="returns_a_tensor" says="a Tensor would hold on to graphs"
def backward_in_parts(model, loss_fn, parts):
    samples = sum(len(targets) for _, targets in parts)
    mean = 0.0
    for inputs, targets in parts:
        loss = loss_fn(model(inputs), targets) * (len(targets) / samples)
        loss.backward()
        mean = mean + loss
    return mean


# %% experiment="memory_of_parts" title="One batch of 1,024, whole and in parts"
import tracemalloc

manual_seed(0)
inputs, targets = randn(1024, 100), randn(1024, 100).argmax(axis=1)
layers = []
for _ in range(6):
    layers += [Linear(100, 100), ReLU()]
model, loss_fn = Sequential(*layers), CrossEntropyLoss()

for size in (1024, 256, 64):
    parts = cut((inputs, targets), size)
    model.zero_grad()
    tracemalloc.start()
    loss = backward_in_parts(model, loss_fn, parts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    slope = model[0].weight.grad.data[0, 0]
    print(f"{len(parts):2} parts of {size:4}:", end=" ")
    print(f"{peak / 1e6:5.2f} MB at most,", end=" ")
    print(f"loss {loss:.5f}, a gradient {slope:.4e}")

# %% [markdown]
# Loss and gradients agree to the digits of float32. The memory does not shrink all the way with the parts, because the gradients themselves need their place, and that is the same for every cut.

# %% [markdown]
# ## When numbers stop being numbers
#
# Sooner or later a run explodes: a learning rate too large, a picture of nothing but nan. One loss of nan makes all gradients nan, one step makes all weights nan, and from then on the run computes nonsense at full speed, perhaps for a whole night.
#
# The moment it happens is the only moment at which one can still say why. So a `Watch` looks at every loss *before* the step is taken, and raises an error that tells everything that is known: where, what the last good loss was, how large gradients had become. What to try is the same each time, so that text is written: the constant `ADVICE`.
#
# Beware of one thing: `nan == nan` is False. Nothing equals nan, not even itself, so a comparison cannot find it. `math.isfinite(x)` does: it is False for nan and for both infinities.

# %% exercise="watch_loss" object="tinytorch.training.watch:Watch.loss" points=2 title="Notice a loss that is no number"
# - `if not math.isfinite(value): raise DivergedError(…)`. Otherwise keep the value in `self.last_loss`.
# - The message is an f-string with `{value}`, `{epoch}`, `{batch}`, `{self.last_loss}`, `{self.largest_norm}` in it, and the constant `ADVICE` at its end. Mind that `self.last_loss` may be None, which has no decimals to be formatted.

# %% checks="watch_loss"


def test_good_losses_are_kept():
    """A finite loss is kept, and nothing is raised; it may be zero or negative."""
    watch = Watch()
    for value in (2.5, 0.0, -3.0, 1e30):
        with expect_no_error(f"A loss of {value}", "Only nan and the infinities are refused."):
            watch.loss(value, 1, 1)
        if watch.last_loss != value:
            fail(
                f"After a loss of {value} `last_loss` is {watch.last_loss}.",
                "Keep each finite loss in `self.last_loss`.",
            )


def test_nan_is_noticed():
    """A loss of nan raises a DivergedError."""
    watch = Watch()
    watch.loss(2.5, 1, 1)
    hint = "nan equals nothing, not even nan, so `==` cannot find it. Ask `math.isfinite(value)`, and `raise DivergedError(…)`."
    expect_error(DivergedError, lambda: watch.loss(math.nan, 1, 2), ["nan"], "A loss of nan", hint)


def test_infinities_are_noticed():
    """Losses of inf and -inf raise one, too."""
    hint = "An infinite loss is no number to go on from. `math.isfinite` is False for both infinities, `math.isnan` only for nan."
    for value in (math.inf, -math.inf):
        expect_error(
            DivergedError,
            lambda value=value: Watch().loss(value, 1, 2),
            [str(value)],
            f"A loss of {value}",
            hint,
        )


def test_the_message_tells_what_is_known():
    """The message shows where it happened, the last finite loss and the largest gradient norm."""
    watch = Watch()
    watch.loss(7.25, 3, 40)
    watch.largest_norm = 512.0
    hint = "Whoever finds this in the morning has nothing but the message."
    for known in ("epoch 3", "batch 41", "7.25", "512"):
        expect_error(
            DivergedError,
            lambda: watch.loss(math.nan, 3, 41),
            [known],
            "A loss of nan in epoch 3, batch 41",
            hint,
        )


def test_it_says_what_to_try():
    """The message also says what to try."""
    hint = "End the message with `ADVICE`."
    expect_error(
        DivergedError, lambda: Watch().loss(math.nan, 1, 1), ["learning rate"], "A loss of nan", hint
    )


def test_the_last_good_loss_stays():
    """After the error, `last_loss` is still the last finite one."""
    watch = Watch()
    watch.loss(7.25, 3, 40)
    expect_error(DivergedError, lambda: watch.loss(math.nan, 3, 41), [], "A loss of nan")
    if watch.last_loss != 7.25:
        fail(
            f"After losses of 7.25 and nan `last_loss` is {watch.last_loss}; it should be 7.25.",
            "Look at the value first, and keep it only if it is finite.",
        )


def test_the_very_first_loss():
    """If there was no finite loss before, the message says None."""
    hint = "`self.last_loss` is None at the beginning: show it as it is, without a format for numbers."
    expect_error(DivergedError, lambda: Watch().loss(math.nan, 1, 1), ["None"], "A first loss of nan", hint)


# %% wrong="watch_loss" name="compares_with_nan" says="so `==` cannot find it"
def loss(self, value, epoch, batch):
    if value == math.nan or value in (math.inf, -math.inf):
        raise DivergedError(
            f"{value} in epoch {epoch}, batch {batch}: {self.last_loss}, {self.largest_norm}. {ADVICE}"
        )
    self.last_loss = value


# %% wrong="watch_loss" name="forgets_infinity" says="`math.isnan` only for nan"
def loss(self, value, epoch, batch):
    if math.isnan(value):
        raise DivergedError(
            f"{value} in epoch {epoch}, batch {batch}: {self.last_loss}, {self.largest_norm}. {ADVICE}"
        )
    self.last_loss = value


# %% wrong="watch_loss" name="keeps_it_first" says="keep it only if it is finite"
def loss(self, value, epoch, batch):
    before, self.last_loss = self.last_loss, value
    if not math.isfinite(value):
        raise DivergedError(
            f"{value} in epoch {epoch}, batch {batch}: {before}, {self.largest_norm}. {ADVICE}"
        )


# %% wrong="watch_loss" name="keeps_nothing" says="Keep each finite loss in `self.last_loss`."
def loss(self, value, epoch, batch):
    if not math.isfinite(value):
        raise DivergedError(
            f"{value} in epoch {epoch}, batch {batch}: {self.last_loss}, {self.largest_norm}. {ADVICE}"
        )


# %% wrong="watch_loss" name="says_little" says="the message should show epoch 3"
def loss(self, value, epoch, batch):
    if not math.isfinite(value):
        raise DivergedError(f"loss is {value}")
    self.last_loss = value


# %% wrong="watch_loss" name="formats_none" says="`self.last_loss` is None at the beginning"
def loss(self, value, epoch, batch):
    if not math.isfinite(value):
        raise DivergedError(
            f"{value} in epoch {epoch}, batch {batch}: {self.last_loss:.4f}, {self.largest_norm:.4f}. {ADVICE}"
        )
    self.last_loss = value


# %% wrong="watch_loss" name="gives_no_advice" says="End the message with `ADVICE`."
def loss(self, value, epoch, batch):
    if not math.isfinite(value):
        raise DivergedError(f"{value} in epoch {epoch}, batch {batch}: {self.last_loss}, {self.largest_norm}")
    self.last_loss = value


# %% [markdown]
# Here is where it stands: the step that the book's `Trainer` takes, with everything from this chapter in it. Look for your five lines. Your `backward_in_parts` is one of them, and between backward and step there is now room
# for your `Watch`, and for the clipping of module 06, which also tells how long the gradient was.

# %% pull="tinytorch.training.trainer:Trainer._step"

# %% experiment="an_explosion" title="A learning rate that is far too large"
manual_seed(0)
inputs = randn(64, 1)
batches = cut((inputs, 3 * inputs), 16)

model = Linear(1, 1)
trainer = Trainer(model, SGD(model.parameters(), lr=3.0), MSELoss())
try:
    trainer.fit(batches, epochs=100)
except DivergedError as error:
    print(error)
print("the weight:", model.weight)

# %% [markdown]
# Look at the losses from top to bottom. One line among them warned early: the gradient was many times longer than usual. Then look at the message at the end. The weight is enormous, but it is still a number: the step that would have destroyed it was not taken.

# %% [markdown]
# ## Stop at the right time
#
# A network that trains for long enough learns its training data by heart. The training loss goes on falling, and the loss on unseen data turns and climbs: **overfitting**. The best model was there, some epochs ago, and has been trained away.
#
# **Early stopping** keeps an eye on one number, usually the loss on validation data, data that are used for nothing but decisions like this one. Each time it is the best so far, the weights are put aside. If it did not get better for a number of epochs, the **patience**, training ends and
# the best weights come back. Some patience is needed, because the number goes up and down by chance.
#
# What is better is decided by a method that is written already. Read it once: what does it answer if the value is nan?

# %% pull="tinytorch.training.stopping:EarlyStopping.improves"

# %% [markdown]
# In the word *aside* there is a trap. `model.state_dict()` gives tensors that share their memory with the model, so that nothing is copied without need. Here there is a need. The model goes on training, in place, and what was put aside without copying would be trained along.

# %% exercise="early_stopping" object="tinytorch.training.stopping:EarlyStopping.update" points=3 title="Keep the best, know when to stop"
# - Two cases: `self.improves(value)`, or not. In the first, three attributes change; in the second, one.
# - A copy of a tensor: `Tensor(tensor.data.copy())`. Make a dict of them, from `model.state_dict().items()`.
# - At the end, in both cases: `return self.done`.

# %% checks="early_stopping"


def test_it_stops_after_its_patience():
    """With a patience of 3 it is time to stop at the third value that is no better."""
    stopping, model = EarlyStopping(patience=3), Line()
    answers = [stopping.update(value, model) for value in (5.0, 4.0, 4.5, 4.5, 4.5)]
    mistakes = [
        (
            [False, False, True, True, True],
            "One value that is no better is no reason yet: count them, and compare with `self.patience`.",
        ),
        (
            [False, False, False, False, False],
            "It never stopped. Count in `self.waited` what did not improve, and return `self.done`.",
        ),
    ]
    expect_equal(
        answers,
        [False, False, False, False, True],
        "For the losses 5, 4, 4.5, 4.5, 4.5 `update`",
        "Return whether it is time to stop: `self.done`.",
        mistakes,
    )


def test_an_improvement_starts_the_count_again():
    """After an improvement, patience starts anew."""
    stopping, model = EarlyStopping(patience=2), Line()
    answers = [stopping.update(value, model) for value in (5.0, 6.0, 4.0, 6.0, 3.0, 6.0, 6.0)]
    hint = "Count values *in a row*: an improvement sets `self.waited` back to 0."
    expect_equal(answers, [False] * 6 + [True], "For the losses 5, 6, 4, 6, 3, 6, 6 `update`", hint)
    stopping.update(2.0, model)
    if stopping.waited != 0 or stopping.done:
        fail(
            f"Right after an improvement `waited` is {stopping.waited}; it should be 0.",
            "It counts the values since the best one.",
        )


def test_the_best_value_is_kept():
    """`best` is the best value so far."""
    stopping, model = EarlyStopping(patience=9), Line()
    for value, best in [(5.0, 5.0), (6.0, 5.0), (4.0, 4.0), (4.5, 4.0)]:
        stopping.update(value, model)
        expect_equal(
            stopping.best,
            best,
            f"After a loss of {value} `best`",
            "Keep a value in `self.best` only if it improves.",
        )


def test_the_best_weights_are_kept():
    """`weights` are those of the best moment, and do not change when training goes on."""
    stopping, model = EarlyStopping(patience=9), Line(1.0)
    stopping.update(5.0, model)
    if not isinstance(stopping.weights, dict) or "weight" not in stopping.weights:
        fail(
            "`weights` is not a dict with the model's weights by name.",
            "Make a dict of `model.state_dict().items()`.",
        )
    if isinstance(stopping.weights["weight"], np.ndarray):
        fail(
            "The kept weight is a NumPy array; it should be a Tensor.",
            "Wrap each copy: `Tensor(tensor.data.copy())`.",
        )
    model.weight.data[...] = 2.0
    hint = "`state_dict()` shares its memory with the model, which goes on training. Keep copies: `Tensor(tensor.data.copy())`."
    expect_tensor(
        stopping.weights["weight"], [1.0], "The kept weight, after the model moved on to 2.0,", hint=hint
    )
    stopping.update(6.0, model)
    expect_tensor(
        stopping.weights["weight"],
        [1.0],
        "The kept weight after a worse value",
        hint="Keep weights only when the value improves.",
    )
    stopping.update(4.0, model)
    expect_tensor(
        stopping.weights["weight"],
        [2.0],
        "The kept weight after a better value",
        hint="Keep the weights again at each improvement.",
    )
    model.weight.data[...] = 3.0
    stopping.restore(model)
    expect_tensor(model.weight, [2.0], "The restored weight")


def test_nothing_but_its_own_rule():
    """What is better is decided by `improves`: it knows of accuracies, of small improvements and of nan."""
    stopping, model = EarlyStopping(patience=2, min_delta=0.25, mode="max"), Line()
    answers = [stopping.update(value, model) for value in (0.5, 1.0, math.nan, 1.125)]
    hint = "Ask `self.improves(value)`: for an accuracy larger is better, a small gain may not count, and nan never does."
    expect_equal(
        answers,
        [False, False, False, True],
        'For 0.5, 1.0, nan, 1.125, with mode="max" and min_delta=0.25, `update`',
        hint,
    )
    expect_equal(stopping.best, 1.0, "The best of these", hint)


# %% wrong="early_stopping" name="shares_the_weights" says="Keep copies"
def update(self, value, model):
    if self.improves(value):
        self.best = value
        self.weights = model.state_dict()
        self.waited = 0
    else:
        self.waited += 1
    return self.done


# %% wrong="early_stopping" name="never_starts_again" says="Count values *in a row*"
def update(self, value, model):
    if self.improves(value):
        self.best = value
        self.weights = {name: Tensor(tensor.data.copy()) for name, tensor in model.state_dict().items()}
    else:
        self.waited += 1
    return self.done


# %% wrong="early_stopping" name="counts_every_value" says="It counts the values since the best one."
def update(self, value, model):
    if self.improves(value):
        self.best = value
        self.weights = {name: Tensor(tensor.data.copy()) for name, tensor in model.state_dict().items()}
        self.waited = 0
    self.waited += 1
    return self.waited > self.patience


# %% wrong="early_stopping" name="keeps_arrays" says="Wrap each copy"
def update(self, value, model):
    if self.improves(value):
        self.best = value
        self.weights = {name: tensor.data.copy() for name, tensor in model.state_dict().items()}
        self.waited = 0
    else:
        self.waited += 1
    return self.done


# %% wrong="early_stopping" name="has_no_patience" says="One value that is no better is no reason yet"
def update(self, value, model):
    if self.improves(value):
        self.best = value
        self.weights = {name: Tensor(tensor.data.copy()) for name, tensor in model.state_dict().items()}
        return False
    return True


# %% wrong="early_stopping" name="keeps_the_last" says="Keep weights only when the value improves."
def update(self, value, model):
    self.weights = {name: Tensor(tensor.data.copy()) for name, tensor in model.state_dict().items()}
    if self.improves(value):
        self.best = value
        self.waited = 0
    else:
        self.waited += 1
    return self.done


# %% wrong="early_stopping" name="has_its_own_rule" says="Ask `self.improves(value)`"
def update(self, value, model):
    if value < self.best:
        self.best = value
        self.weights = {name: Tensor(tensor.data.copy()) for name, tensor in model.state_dict().items()}
        self.waited = 0
    else:
        self.waited += 1
    return self.done


# %% wrong="early_stopping" name="forgets_the_best" says="Keep a value in `self.best` only if it improves."
def update(self, value, model):
    if self.improves(value):
        self.weights = {name: Tensor(tensor.data.copy()) for name, tensor in model.state_dict().items()}
        self.waited = 0
    else:
        self.waited += 1
    self.best = value
    return self.done


# %% [markdown]
# Forty points, some of them with the wrong answer, and a network that could learn a thousand by heart. `patience=15` brings your class into `fit`.

# %% experiment="overfitting" title="Forty points, learned by heart" alt="Line plot: the loss on the training points falls all the way; the loss on unseen points falls at first, turns, and climbs until training stops."
from tinytorch.workshop.live import LivePlot

manual_seed(3)
points, targets = circle(40)
wrong = default_generator().random(40) < 0.15
noisy = Tensor(np.where(wrong, 1 - targets.data, targets.data))
train = cut((points, noisy), 10)
unseen = cut(circle(500), 500)

manual_seed(0)
middle = Linear(2, 64), ReLU(), Linear(64, 64), ReLU()
model = Sequential(*middle, Linear(64, 2))
optimizer = Adam(model.parameters(), lr=0.01)
trainer = Trainer(model, optimizer, CrossEntropyLoss())
plot = LivePlot("Learned by heart", xlabel="epoch", ylabel="loss")


def draw(row):
    plot.add(row["epoch"], row["loss"], "training")
    plot.add(row["epoch"], row["validation_loss"], "unseen")


quiet = {"progress": False, "on_epoch": draw}
trainer.fit(train, 200, unseen, patience=15, **quiet)
losses = trainer.history["validation_loss"]
print("stopped after epoch", trainer.epoch)
print(f"loss on unseen points then: {losses[-1]:.3f}")
best = min(losses)
print(f"best, after epoch {losses.index(best) + 1}: {best:.3f}")
now = evaluate(model, CrossEntropyLoss(), unseen)["loss"]
print(f"with the weights that came back: {now:.3f}")

# %% [markdown]
# The last two numbers agree: the weights that came back are those of the best epoch.

# %% [markdown]
# ## A file that is whole, or not there
#
# A run of hours has to survive a crash, so its state goes to disk after every epoch: a **checkpoint**. Now think of the worst moment for the crash. `open(path, "wb")` empties the old file at once, and then the new bytes arrive, for a second or for ten. If the power fails in that time, the old checkpoint is gone and the new one
# is half a file.
#
# The way out is as old as file systems. Write to a temporary file *beside* the old one. When it is whole, and really on the disk, rename it over the old one. A rename is a single operation of the file system: before it there is the old file, after it the new one, and no moment in between.
#
# ```
# run.npz            the old checkpoint, whole
# run.npz.417.part   the new one, growing       <- a crash here costs nothing
# run.npz            the new checkpoint, whole  <- after os.replace
# ```
#
# Beside, because a rename cannot cross from one disk to another. And *really on the disk*, because `write` only fills a buffer of Python's, and `flush` only one of the operating system's. `os.fsync` waits for the disk.

# %% exercise="write_safely" object="tinytorch.training.files:write_safely" points=3 title="Write safely"
# - `path = Path(path)`; a name beside it: `path.with_name(f"{path.name}.{os.getpid()}.part")`. The number of the process keeps two runs from writing into one file.
# - Inside `with open(temporary, "wb") as file:` come `write(file)`, `file.flush()`, `os.fsync(file.fileno())`. After the block, when the file is closed: `os.replace(temporary, path)`.
# - All of that in a `try:`. In `except BaseException:`, which a press of Stop is too, call `temporary.unlink(missing_ok=True)` and then `raise`.

# %% checks="write_safely"


def test_the_file_is_written():
    """What `write` puts into the file is what `path` holds afterwards; a path may be a text, too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")
        how = "`write` is a function that wants the open file: `write(file)`. And after `os.replace` there is no temporary file any more that could be removed."
        for given, hint in [(path, how), (str(path), "`Path(path)` makes a Path of either.")]:
            with expect_no_error(f"`write_safely` to a {'Path' if given is path else 'text'}", hint):
                write_safely(given, lambda file: file.write(b"all of it"))
            if not path.exists():
                fail(
                    "There is no file at `path` afterwards.",
                    "When the temporary file is whole, `os.replace` it to `path`.",
                )
            expect_equal(path.read_bytes(), b"all of it", "The content of the file")
        expect_equal(
            os.listdir(folder),
            ["run.npz"],
            "What is in the folder afterwards",
            "The temporary file becomes the file itself: `os.replace` moves it.",
        )


def test_the_old_file_stays_until_the_end():
    """While `write` is at work, `path` still holds the old content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")
        path.write_bytes(b"old")
        seen = []

        def write(file):
            file.write(b"new")
            file.flush()
            seen.append(path.read_bytes() if path.exists() else b"nothing at all")

        write_safely(path, write)
        hint = "A crash at this moment would leave that. Write to a temporary file, and leave the old one alone until `os.replace`."
        expect_equal(seen, [b"old"], "While the new content is written, the file", hint)
        expect_equal(path.read_bytes(), b"new", "Afterwards the file")


def test_an_error_halfway():
    """If `write` raises, the error passes on, the old file stays, and nothing is left behind."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")
        path.write_bytes(b"old")

        def half(file):
            file.write(b"ne")
            raise OSError("the disk is full")

        hint = "Clean up, and then `raise`: whoever called must know that nothing was saved."
        expect_error(
            OSError,
            lambda: write_safely(path, half),
            ["the disk is full"],
            "`write_safely` on a full disk",
            hint,
        )
        content = path.read_bytes() if path.exists() else b"nothing at all"
        expect_equal(
            content,
            b"old",
            "After an error the file",
            "Until the new file is whole, the old one must not be touched.",
        )
        expect_equal(
            os.listdir(folder),
            ["run.npz"],
            "What is in the folder after an error",
            "Remove the temporary file: `temporary.unlink(missing_ok=True)`.",
        )


def test_a_key_press_halfway():
    """The same if somebody presses Stop, which is a KeyboardInterrupt and no Exception."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")

        def half(file):
            file.write(b"ne")
            raise KeyboardInterrupt

        try:
            write_safely(path, half)
        except KeyboardInterrupt:
            pass
        else:
            fail("The KeyboardInterrupt was swallowed.", "Clean up, and then `raise`.")
        expect_equal(
            os.listdir(folder),
            [],
            "What is in the folder after a KeyboardInterrupt",
            "`except Exception` does not see it; `except BaseException` does.",
        )


def test_beside_the_old_file():
    """The temporary file lies in the same folder, under another name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")
        names = []
        write_safely(path, lambda file: names.append(Path(file.name)))
        hint = "A rename cannot cross from one disk to another, and the system's folder for temporary files may be on another. `path.with_name(…)` is beside."
        expect_equal(str(names[0].parent), folder, "The folder of the temporary file", hint)


def test_on_the_disk_before_the_rename():
    """All bytes are on the disk before the file takes its place."""
    with tempfile.TemporaryDirectory() as folder:
        path, order = Path(folder, "run.npz"), []
        sync, replace, rename = os.fsync, os.replace, os.rename

        def noted_sync(number):
            order.append(f"fsync with {os.fstat(number).st_size} bytes")
            sync(number)

        def noted_replace(source, target):
            order.append("replace")
            replace(source, target)

        def noted_rename(source, target):
            order.append("rename")
            rename(source, target)

        os.fsync, os.replace, os.rename = noted_sync, noted_replace, noted_rename
        try:
            write_safely(path, lambda file: file.write(b"12345"))
        finally:
            os.fsync, os.replace, os.rename = sync, replace, rename
        hint = "First `file.flush()`, so that Python's buffer is empty, then `os.fsync(file.fileno())`, then, after the `with` block, `os.replace`."
        mistakes = [
            (
                ["replace"],
                "The rename may reach the disk before the content does. Wait for the disk: `os.fsync(file.fileno())`.",
            ),
            (
                ["fsync with 5 bytes", "rename"],
                "On some systems `rename` refuses if there is an old file. `os.replace` never does.",
            ),
            (
                ["fsync with 0 bytes", "replace"],
                "When the disk was waited for, the bytes were still in Python's buffer: `file.flush()` first.",
            ),
        ]
        expect_equal(order, ["fsync with 5 bytes", "replace"], "The order of things", hint, mistakes)


# %% wrong="write_safely" name="writes_in_place" says="A crash at this moment would leave that."
def write_safely(path, write):
    with open(path, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


# %% wrong="write_safely" name="wants_a_path" says="`Path(path)` makes a Path of either."
def write_safely(path, write):
    temporary = path.with_name(path.name + ".part")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# %% wrong="write_safely" name="always_cleans_up" says="there is no temporary file any more that could be removed"
def write_safely(path, write):
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink()


# %% wrong="write_safely" name="leaves_its_rubbish" says="Remove the temporary file"
def write_safely(path, write):
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    with open(temporary, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


# %% wrong="write_safely" name="catches_exceptions_only" says="`except Exception` does not see it"
def write_safely(path, write):
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except Exception:
        temporary.unlink(missing_ok=True)
        raise


# %% wrong="write_safely" name="swallows_the_error" says="whoever called must know that nothing was saved"
def write_safely(path, write):
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        print("not saved:", error)
        temporary.unlink(missing_ok=True)


# %% wrong="write_safely" name="does_not_wait" says="Wait for the disk"
def write_safely(path, write):
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        with open(temporary, "wb") as file:
            write(file)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# %% wrong="write_safely" name="does_not_flush" says="`file.flush()` first"
def write_safely(path, write):
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        with open(temporary, "wb") as file:
            write(file)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# %% wrong="write_safely" name="renames" says="`os.replace` never does"
def write_safely(path, write):
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# %% wrong="write_safely" name="somewhere_else" says="A rename cannot cross from one disk to another"
def write_safely(path, write):
    import tempfile

    path = Path(path)
    temporary = Path(tempfile.gettempdir(), f"{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# %% [markdown]
# What goes into the file is a second question. Python's own answer is `pickle`, and it is a dangerous one: a pickle is a small program, and whoever loads it runs it. So our checkpoints hold numbers, texts and arrays, and nothing else. `save_checkpoint` makes a zip of
# them, with a list of all members, their sizes and their checksums; your `write_safely` writes it. `load_checkpoint` believes nothing until it has checked everything.

# %% experiment="a_checkpoint" title="Save, damage, load"
import zipfile

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "run.npz")
    state = {"epoch": 3, "note": "so far, so good"}
    save_checkpoint(path, {**state, "weights": randn(20, 10)})
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            print(f"{member.filename:14} {member.file_size:5} bytes")
    state = load_checkpoint(path)
    print(state["note"], state["epoch"], state["weights"].shape)

    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    try:
        load_checkpoint(path)
    except ValueError as error:
        print(error)
    path.write_bytes(whole.replace(b"so far", b"so bad"))
    try:
        load_checkpoint(path)
    except ValueError as error:
        print(error)

# %% [markdown]
# Half a file, and a single word changed: both are told, and nothing was loaded from either.

# %% [markdown]
# ## Everything on which the rest depends
#
# Now the question that most checkpoints get wrong. Weights alone are enough to *use* a model. What does it take to *continue a run*, so that five epochs, a crash, and five more give the same weights as ten in a row, bit for bit? Go through a step and ask of each part what it remembers from the step before:
#
# | who | remembers | if it is lost |
# |---|---|---|
# | the model | weights and buffers | everything |
# | the optimizer | momentum, Adam's averages and its count | the next steps have other lengths |
# | the schedule | how many steps were taken | the learning rate starts over |
# | early stopping | the best value, the best weights, the waiting | it waits too long |
# | the generator | where in its sequence it is | other shuffles, other dropout masks |
# | the trainer | epoch, batch, sums within the epoch, history | data are seen twice, curves have gaps |
#
# The generator is the one that is forgotten. Random numbers are made by a formula from a few large whole numbers, the generator's state. Put the state back, and the same numbers follow; `random_state(self.generators)` gives it, of all generators. The trainer also keeps the state from the moment when the current epoch *began*: with it, a run that
# died within an epoch can draw the same shuffle again, and skip the batches that are done.
#
# And once more: training goes on while the state lies in memory, and in place. So it must be a copy, all the way down.

# %% exercise="trainer_state_dict" object="tinytorch.training.trainer:Trainer.state_dict" points=3 title="Collect the state of a run"
# - It is a dict with the entries that the docstring lists, one after the other. `"model": self.model.state_dict()` is the first.
# - There may be no schedule: `self.schedule.state_dict() if self.schedule is not None else None`. The same goes for `self.stopping`.
# - `"position"` is `{"epoch": self.epoch, "batch": self.batch, "sums": self.sums}`, and `"random"` is `{"now": random_state(self.generators), "epoch_start": self.epoch_start}`. At the end: `return copy.deepcopy(state)`.

# %% checks="trainer_state_dict"


def test_all_entries_are_there():
    """The state has all its entries, and no others."""
    state = run().state_dict()
    if not isinstance(state, dict):
        fail(
            f"`state_dict()` gave {type(state).__name__}; it should be a dict.",
            "Does your method end with a return?",
        )
    wanted = {"model", "optimizer", "schedule", "stopping", "position", "history", "loader", "random"}
    missing = ", ".join(sorted(wanted - set(state)))
    if missing:
        fail(
            f"The state has no entry for: {missing}.",
            "A run that continues without it goes another way. The docstring lists all entries.",
        )
    expect_equal(sorted(state), sorted(wanted), "The entries of the state")
    for name in ("model", "optimizer", "schedule", "stopping", "position", "random"):
        if not isinstance(state[name], dict):
            fail(
                f"The entry `{name}` is a {type(state[name]).__name__}; it should be a dict.",
                "What has a `state_dict()` of its own is asked for it; position and random states are dicts that you write.",
            )
    expect_equal(sorted(state["position"]), ["batch", "epoch", "sums"], "The entries of the position")
    expect_equal(sorted(state["random"]), ["epoch_start", "now"], "The entries of the random states")


def test_without_schedule_and_early_stopping():
    """Where there is no schedule and no early stopping, the entries are None."""
    hint = "Not every run has a schedule: `self.schedule` may be None, and so may `self.stopping`."
    with expect_no_error("`state_dict()` of a trainer without a schedule", hint):
        state = Trainer(Line(), SGD(Line().parameters(), lr=0.1), MSELoss()).state_dict()
    expect_equal((state["schedule"], state["stopping"]), (None, None), "Schedule and stopping", hint)


def test_it_is_a_copy():
    """The state stays as it was when training goes on."""
    trainer = run(epochs=2)
    state = trainer.state_dict()
    before = fingerprint(state)
    run(trainer, epochs=4)
    for name, part in fingerprint(state).items():
        if part != before[name]:
            fail(
                f"While training went on, the entry `{name}` of a state that was taken before changed with it.",
                "It shares memory with what is being trained. `copy.deepcopy(state)` copies everything in it; `dict(…)` and `copy.copy` copy the outermost dict only.",
            )


def test_where_the_generators_are():
    """The state knows where all random generators are at that moment, and where they were when the epoch began."""
    states = []
    run(
        epochs=1,
        on_batch=lambda trainer: states.append(
            (trainer.state_dict()["random"], random_state(), trainer.epoch_start)
        ),
    )
    for found, now, began in states:
        if found["now"] != now:
            fail(
                "The entry `now` is not where the generators are.",
                "With other random numbers there are other shuffles, other dropout masks: ask `random_state(self.generators)`.",
            )
        if found["epoch_start"] != began:
            fail(
                "The entry `epoch_start` is not where the generators were when the epoch began.",
                "The trainer has noted it: `self.epoch_start`.",
            )
    trainer = Trainer(
        Line(), SGD(Line().parameters(), lr=0.1), MSELoss(), generators=[np.random.default_rng(5)]
    )
    if trainer.state_dict()["random"]["now"] != random_state(trainer.generators):
        fail(
            "The state of a generator that was given to the trainer is missing.",
            "Besides the default generator there are those in `self.generators`: pass them on.",
        )


def test_five_and_five_are_ten():
    """Five epochs, a new process, and five more give what ten in a row give, bit for bit."""
    whole = run(epochs=10)
    state = run(epochs=5).state_dict()
    again = resumed(state)
    run(again, epochs=10)
    compare(again, whole, "After 5 + 5 epochs")


def test_in_the_middle_of_an_epoch():
    """The same if the run is interrupted within an epoch."""
    whole, states = run(epochs=4), []
    run(epochs=4, on_batch=lambda trainer: states.append(trainer.state_dict()))
    state = states[9]
    expect_equal(
        (state["position"]["epoch"], state["position"]["batch"]),
        (2, 2),
        "The position after ten batches, four an epoch,",
        "`self.epoch` epochs are done, and `self.batch` batches of the next one.",
    )
    again = resumed(state)
    run(again, epochs=4)
    compare(again, whole, "After an interruption within the third epoch")


def test_it_fits_into_a_file():
    """The state can be saved, loaded, and continued from."""
    trainer = run(epochs=3)
    with tempfile.TemporaryDirectory() as folder, expect_no_error("`trainer.save(path)` and `load(path)`"):
        trainer.save(Path(folder, "run.npz"))
        again = new_run()
        again.load(Path(folder, "run.npz"))
    compare(again, trainer, "After saving and loading")


# %% wrong="trainer_state_dict" name="model_and_optimizer" says="A run that continues without it goes another way."
def state_dict(self):
    state = {
        "model": self.model.state_dict(),
        "optimizer": self.optimizer.state_dict(),
        "position": {"epoch": self.epoch, "batch": self.batch, "sums": self.sums},
    }
    return copy.deepcopy(state)


# %% wrong="trainer_state_dict" name="keeps_the_objects" says="What has a `state_dict()` of its own is asked for it"
def state_dict(self):
    state = {
        "model": self.model,
        "optimizer": self.optimizer,
        "schedule": self.schedule,
        "stopping": self.stopping,
        "position": {"epoch": self.epoch, "batch": self.batch, "sums": self.sums},
        "history": self.history,
        "loader": self.loader,
        "random": {"now": random_state(self.generators), "epoch_start": self.epoch_start},
    }
    return copy.deepcopy(state)


# %% wrong="trainer_state_dict" name="shares" says="It shares memory with what is being trained."
def state_dict(self):
    return {
        "model": self.model.state_dict(),
        "optimizer": self.optimizer.state_dict(),
        "schedule": self.schedule.state_dict() if self.schedule is not None else None,
        "stopping": self.stopping.state_dict() if self.stopping is not None else None,
        "position": {"epoch": self.epoch, "batch": self.batch, "sums": self.sums},
        "history": self.history,
        "loader": self.loader,
        "random": {"now": random_state(self.generators), "epoch_start": self.epoch_start},
    }


# %% wrong="trainer_state_dict" name="always_a_schedule" says="Not every run has a schedule"
def state_dict(self):
    state = {
        "model": self.model.state_dict(),
        "optimizer": self.optimizer.state_dict(),
        "schedule": self.schedule.state_dict(),
        "stopping": self.stopping.state_dict(),
        "position": {"epoch": self.epoch, "batch": self.batch, "sums": self.sums},
        "history": self.history,
        "loader": self.loader,
        "random": {"now": random_state(self.generators), "epoch_start": self.epoch_start},
    }
    return copy.deepcopy(state)


# %% wrong="trainer_state_dict" name="one_random_state" says="other shuffles, other dropout masks"
def state_dict(self):
    state = {
        "model": self.model.state_dict(),
        "optimizer": self.optimizer.state_dict(),
        "schedule": self.schedule.state_dict() if self.schedule is not None else None,
        "stopping": self.stopping.state_dict() if self.stopping is not None else None,
        "position": {"epoch": self.epoch, "batch": self.batch, "sums": self.sums},
        "history": self.history,
        "loader": self.loader,
        "random": {"now": self.epoch_start, "epoch_start": self.epoch_start},
    }
    return copy.deepcopy(state)


# %% wrong="trainer_state_dict" name="the_default_generator_only" says="those in `self.generators`: pass them on"
def state_dict(self):
    state = {
        "model": self.model.state_dict(),
        "optimizer": self.optimizer.state_dict(),
        "schedule": self.schedule.state_dict() if self.schedule is not None else None,
        "stopping": self.stopping.state_dict() if self.stopping is not None else None,
        "position": {"epoch": self.epoch, "batch": self.batch, "sums": self.sums},
        "history": self.history,
        "loader": self.loader,
        "random": {"now": random_state(), "epoch_start": self.epoch_start},
    }
    return copy.deepcopy(state)


# %% wrong="trainer_state_dict" name="whole_epochs_only" says="`self.batch` batches of the next one"
def state_dict(self):
    state = {
        "model": self.model.state_dict(),
        "optimizer": self.optimizer.state_dict(),
        "schedule": self.schedule.state_dict() if self.schedule is not None else None,
        "stopping": self.stopping.state_dict() if self.stopping is not None else None,
        "position": {"epoch": self.epoch, "batch": 0, "sums": {}},
        "history": self.history,
        "loader": self.loader,
        "random": {"now": random_state(self.generators), "epoch_start": self.epoch_start},
    }
    return copy.deepcopy(state)


# %% experiment="five_and_five" title="Ten epochs, and twice five"
def start():
    manual_seed(7)
    middle = Linear(2, 32), ReLU(), Dropout(0.2)
    model = Sequential(*middle, Linear(32, 2))
    optimizer = Adam(model.parameters(), lr=0.01)
    return Trainer(model, optimizer, CrossEntropyLoss())


manual_seed(0)
train = cut(circle(200), 20)

whole = start()
whole.fit(train, epochs=10, progress=False)

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "run.npz")
    start().fit(train, epochs=5, checkpoint=path, progress=False)
    print("the checkpoint has", path.stat().st_size, "bytes")

    again = start()
    print("an untrained network; nobody remembers anything")
    again.load(path)
    again.fit(train, epochs=10)

pairs = zip(whole.model.parameters(), again.model.parameters(), strict=True)
for a, b in pairs:
    difference = np.abs(a.data - b.data).max()
    print(a.shape, "largest difference", difference)
print("same history:", again.history == whole.history)

# %% [markdown]
# Not "about the same": the differences are zero. That is worth more than convenience. If two runs that should be the same differ in the last digit, something is random that you do not know of, and you will not know what your next change has done.

# %% [markdown]
# ## Measure
#
# A training step is short, and in it the memory in use climbs and falls again. The network for the next experiment has layers of 784, 256, 256 and 10 numbers, and a batch of 1,024 goes through it.

# %% [markdown] question="predict_adam"
# That network has 784 · 256 + 256 + 256 · 256 + 256 + 256 · 10 + 10 parameters, in float32. How many megabytes (MB, 10⁶ bytes) does Adam remember besides, from its first step on?
#
# = 2 * 4 * (784 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10) / 1e6 MB ± 2%
# > Two running averages for each parameter: as much as the weights and the gradients together.

# %% [markdown] question="predict_peak"
# At which moment of a step is the most memory in use?
#
# - [ ] At the beginning, before the old gradients are cleared :: Gradients are as large as the weights, but there is no graph yet.
# - [x] Within backward :: The graph is there with all its activations, and the first gradients come on top, until activations go.
# - [ ] After the optimizer's step :: The graph is gone by then. The optimizer's memory stays, but it is there at every other moment, too.

# %% experiment="life_of_memory" title="The life of memory in two steps" needs=["matplotlib"] alt="Line plot: memory in use at each moment of two training steps. It climbs through the forward pass, is highest within backward, has fallen after it, rises at the first optimizer step to a level at which it stays, and falls when gradients are cleared. The second step repeats the shape, higher by what Adam remembers."
import gc
import tracemalloc

import matplotlib.pyplot as plt

manual_seed(0)
images, digits = randn(1024, 784), randn(1024, 10).argmax(axis=1)
middle = Linear(784, 256), ReLU(), Linear(256, 256), ReLU()
model = Sequential(*middle, Linear(256, 10))
optimizer = Adam(model.parameters())
moments, used = [], []


def note(moment):
    moments.append(moment)
    used.append(tracemalloc.get_traced_memory()[0] / 1e6)


gc.collect()
tracemalloc.start()
for _ in range(2):
    optimizer.zero_grad()
    note("zero_grad")
    x = images
    for number, layer in enumerate(model):
        x = layer(x)
        note(f"layer {number}")
    loss = CrossEntropyLoss()(x, digits)
    note("loss")
    tracemalloc.reset_peak()
    loss.backward()
    moments.append("in backward")
    used.append(tracemalloc.get_traced_memory()[1] / 1e6)
    note("backward")
    optimizer.step()
    note("step")
tracemalloc.stop()

half = len(used) // 2
for i in range(half):
    print(f"{moments[i]:12} {used[i]:6.2f} MB {used[half + i]:6.2f} MB")

figure, axes = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
axes.plot(range(len(used)), used, marker="o")
axes.set_xticks(range(len(used)), moments, rotation=90)
axes.set_ylim(bottom=0)
axes.set_ylabel("MB, weights not counted")
axes.grid(alpha=0.3)

# %% [markdown]
# Read it from left to right. Through the layers memory climbs, by one activation after the other. It is highest within backward, where the first gradients come and most activations are still there; then they go, and what stays are the gradients of the weights, as large as the weights themselves. The first step of Adam makes its two averages for each weight, and they never go away: the second step has the same shape, and
# stands higher. Between two steps the gradients, too, are still there, until `zero_grad` lets them go.
#
# So there are two kinds of memory. Weights, gradients and the optimizer's averages have a size that only the model decides. Activations grow with the batch, and they are what accumulation keeps small.

# %% [markdown]
# Now time. Guess first: if a step with a batch of 4 takes some time, how much longer takes one with a batch of 16, four times as large?

# %% experiment="batch_size" title="Batch size and time" needs=["matplotlib"] alt="Log-log line plot: microseconds per sample against batch size from 1 to 256. The time per sample falls steeply at first, and then levels off."
import time

import matplotlib.pyplot as plt

manual_seed(0)
model = Sequential(Linear(784, 64), ReLU(), Linear(64, 10))
optimizer, loss_fn = SGD(model.parameters(), lr=0.01), CrossEntropyLoss()
images, digits = randn(256, 784), randn(256, 10).argmax(axis=1)

train_step(model, loss_fn, optimizer, images, digits)  # to warm up
sizes, per_sample = [1, 4, 16, 64, 256], []
for size in sizes:
    batch = images[:size], digits[:size]
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        train_step(model, loss_fn, optimizer, *batch)
        seconds.append(time.perf_counter() - started)
    per_sample.append(min(seconds) / size * 1e6)
    print(f"batch {size:3}:", end=" ")
    print(f"{min(seconds) * 1e3:7.2f} ms a step,", end=" ")
    print(f"{per_sample[-1]:7.1f} µs a sample")

figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
axes.loglog(sizes, per_sample, marker="o")
axes.set_xticks(sizes, [str(size) for size in sizes])
axes.set_xlabel("samples in a batch")
axes.set_ylabel("microseconds per sample")
axes.grid(alpha=0.3)

# %% [markdown]
# A step has a price that does not depend on the batch: Python's calls, the graph, the optimizer, which visits every weight however few samples there were. Small batches pay it again and again. The larger the batch, the more of the time is arithmetic, and the flatter the curve. Where it is flat, twice the batch is twice the time and nothing is saved any more.
#
# That is about time per sample. It does not say that large batches *learn* faster. Fewer samples in a batch mean more steps in an epoch, and each of them moves the weights.

# %% [markdown]
# ## Put it together: a network learns to read
#
# All eight pieces, and those of six chapters before, on real data: **TinyDigits**, handwritten digits of 28 × 28 pixels, which come with the book; the next chapter says where they are from. Each pixel is an input, each digit a class. The network has never seen the digits that it is tested on.
#
# It runs on *your* tinytorch, as far as your answers passed. Press Run, and watch.

# %% experiment="digits" title="Learn to read digits" needs=["tinydigits"] alt="Line plot: the loss on training batches falls quickly at first and then slowly; the loss on unseen digits, once an epoch, follows it down and stays a little above in the end."
from tinytorch.data import TinyDigits
from tinytorch.workshop.live import LivePlot

manual_seed(0)
learned, unseen = TinyDigits("train"), TinyDigits("test")
order = Tensor(default_generator().permutation(len(learned)))
rows = learned.images.reshape(-1, 784)
train = cut((rows[order], learned.targets[order]), 32)
test = cut((unseen.images.reshape(-1, 784), unseen.targets), 250)

middle = Linear(784, 128), ReLU(), Dropout(0.2)
model = Sequential(*middle, Linear(128, 10))
optimizer, loss_fn = Adam(model.parameters()), CrossEntropyLoss()
trainer = Trainer(model, optimizer, loss_fn, {"accuracy": accuracy})
plot = LivePlot("Learning to read", xlabel="step", ylabel="loss")
losses = []


def draw_step(row):
    losses.append(row["loss"])
    if len(losses) % 10 == 0:  # single batches jump up and down
        plot.add(len(losses), sum(losses[-10:]) / 10, "training")


def draw_epoch(row):
    plot.add(len(losses), row["validation_loss"], "unseen")


trainer.fit(train, 6, test, on_batch=draw_step, on_epoch=draw_epoch)
right = trainer.history["validation_accuracy"][-1]
print(f"{right:.1%} of unseen digits are read right")

# %% [markdown]
# Nothing in it was prepared. Each number on the way from the pixels to the curve was computed by code that you have written or read: the matrix product, the softmax, the gradient of each, Adam's averages, the loop. The milestone of 1986 goes on from here, with all the digits there are.

# %% integration=true


def test_a_network_learns():
    """With the trainer, a small network learns to tell inside from outside, and says so itself."""
    manual_seed(0)
    train, unseen = cut(circle(320), 32), cut(circle(500), 100)
    model = network(dropout=0.1)
    trainer = Trainer(model, Adam(model.parameters(), lr=0.02), CrossEntropyLoss(), {"accuracy": accuracy})
    trainer.fit(train, 15, unseen, progress=False)
    reached = trainer.history["validation_accuracy"][-1]
    if reached < 0.9:
        fail(
            f"After 15 epochs only {reached:.0%} of unseen points are right.",
            "The book's own code reaches more than 90%.",
        )
    expect_equal(
        evaluate(model, CrossEntropyLoss(), unseen, {"accuracy": accuracy})["accuracy"],
        reached,
        "Its accuracy, asked again",
    )


def test_the_trainer_steps_as_train_step_does():
    """An epoch of `fit` does the same as your step on each batch."""
    manual_seed(0)
    batches = cut(circle(100), 10)
    by_hand, fitted = network(), network()
    optimizer = SGD(by_hand.parameters(), lr=0.1, momentum=0.9)
    for batch in batches:
        train_step(by_hand, CrossEntropyLoss(), optimizer, *batch)
    optimizer = SGD(fitted.parameters(), lr=0.1, momentum=0.9)
    Trainer(fitted, optimizer, CrossEntropyLoss()).fit(batches, 1, progress=False)
    for (name, p), q in zip(by_hand.named_parameters(), fitted.parameters(), strict=True):
        expect_tensor(q, p.data, f"{name} after one epoch")


def test_accumulation_is_a_larger_batch():
    """Batches of 10, four at a time, train like batches of 40."""
    manual_seed(0)
    data, models = circle(160), []
    for size, accumulate in [(40, 1), (10, 4)]:
        model = network()
        trainer = Trainer(model, SGD(model.parameters(), lr=0.1), CrossEntropyLoss())
        trainer.fit(cut(data, size), 3, accumulate=accumulate, progress=False)
        models.append(model)
    for (name, p), q in zip(models[0].named_parameters(), models[1].parameters(), strict=True):
        expect_tensor(q, p.data, f"{name} after three epochs")


def test_a_bad_batch_ends_the_run_in_time():
    """A batch with nan in it ends the run with its place, and the weights are still numbers."""
    model = Line(2.0)
    trainer = Trainer(model, SGD(model.parameters(), lr=0.01), MSELoss())
    good, bad = (Tensor([[1.0]]), Tensor([[1.0]])), (Tensor([[math.nan]]), Tensor([[1.0]]))
    expect_error(
        DivergedError,
        lambda: trainer.fit([good, good, bad], 1, progress=False),
        ["batch 3"],
        "A third batch of nan",
    )
    if not np.isfinite(model.weight.data).all():
        fail("The weight is no number any more.", "The loss must be looked at before the step is taken.")


def test_best_weights_come_back():
    """With patience, training ends, and the model has the weights of its best epoch."""
    manual_seed(3)
    train, unseen = cut(circle(30), 10), cut(circle(300), 300)
    model = network()
    trainer = Trainer(model, Adam(model.parameters(), lr=0.05), CrossEntropyLoss())
    losses = trainer.fit(train, 300, unseen, patience=5, progress=False)["validation_loss"]
    expect_equal(
        len(losses) - losses.index(min(losses)), 6, "From the best epoch on, the epochs", "The patience is 5."
    )
    expect_equal(
        evaluate(model, CrossEntropyLoss(), unseen)["loss"],
        min(losses),
        "The loss with the weights that came back",
    )


def test_a_run_continues_from_its_file():
    """Three epochs, a file, and three more equal six in a row, with dropout and a schedule."""
    whole = run(epochs=6)
    with tempfile.TemporaryDirectory() as folder:
        run(epochs=3).save(Path(folder, "run.npz"))
        again = new_run()
        again.load(Path(folder, "run.npz"))
    run(again, epochs=6)
    compare(again, whole, "After 3 + 3 epochs")


# %% [markdown]
# ## Questions

# %% [markdown] question="where_zero_grad"
# A colleague calls `optimizer.zero_grad()` once before the loop, and never again. What do the steps follow?
#
# - [ ] Each its own gradient, because backward starts from zero :: Backward adds to what is in `.grad`; it has to, or a weight that is used twice would lose a part.
# - [x] Each the sum of all gradients so far :: It is like momentum that never fades, and mostly it oscillates and diverges.
# - [ ] The first one's gradient, for ever :: New gradients do arrive; they are added.

# %% [markdown] question="weigh_the_last"
# 1,000 samples are evaluated in batches of 64. The last batch is smaller, and all of its answers are wrong, while all others are right. Somebody averages the accuracies of the batches without weighing them. Which accuracy, in percent, do they report?
#
# = 100 * 15 / 16 % ± 0.1%
# > There are 15 full batches, and one of 40 samples. Weighed by samples the accuracy is 96%.

# %% [markdown] question="accumulate_which_layer"
# A batch of 256 is cut into four parts of 64 and accumulated. For which layer does that *not* give the same as one batch of 256?
#
# - [ ] Linear :: Each row is computed by itself, however many others there are.
# - [ ] Softmax over the classes :: It looks along a row only.
# - [x] A layer that takes the mean over the batch, as batch norm in module 09 :: It sees 64 samples at a time, so its means are others.

# %% [markdown] question="adam_checkpoint"
# A model has a million parameters in float32 and is trained with Adam. How many MB (10⁶ bytes) does a checkpoint take from which the run can continue?
#
# = 3 * 4 * 1_000_000 / 1e6 MB ± 5%
# > Weights and two averages. To use the model, a third of it is enough: that is why finished models are published without the optimizer's state.

# %% [markdown] question="why_not_pickle"
# Why is a checkpoint from the internet that is a pickle more dangerous than one that is a zip of arrays?
#
# > A pickle is a list of instructions for building objects, and one of the instructions is "call this function with these arguments". Whoever loads it runs whatever its author put there, before a single weight has been looked at. An array file has a header with a shape and a type, and then numbers. It can be wrong, too, or
# > claim a size that fills the memory, so a loader still has to check; but there is nothing in it to be run.

# %% [markdown] question="test_as_validation"
# A student stops training when the loss on the *test* set is best, and reports the accuracy on that test set. What is wrong with it?
#
# > The test set took part in a decision: of many epochs, the one was chosen that suits just these samples. The number reported is the best of many, and so on average better than what new data would give. That is why there are three sets: one to train on, one for decisions (validation), and one that is looked at once, at the end.

# %% [markdown]
# ## Looking further
#
# ```{admonition} In production
# :class: tip
#
# PyTorch itself has no trainer: its tutorials write the loop out, and libraries such as Lightning and Transformers offer one, with gradient accumulation and early stopping. Our `fit` has that name in Lightning; in Transformers it is `train`. For large models the loop is spread over thousands of devices. Then the state of a run
# is as well: each device writes its own part of the checkpoint, while the next step is already being computed. `torch.load` refuses pickled code by default since version 2.6, and the *safetensors* format, made for published models, is a close relative of our file: a header in JSON, then bare arrays. Bit-for-bit
# repetition is harder there. On a GPU some sums are added up in an order that changes from run to run, and `torch.use_deterministic_algorithms(True)` costs speed.
# ```
#
# ### What we left out
#
# - **Shuffling.** Our batches came in the same order in every epoch. Module 08 mixes them, and the trainer's generators are ready for it.
# - **Mixed precision.** Training in 16 bits halves the activations, and needs the loss to be scaled so that small gradients do not vanish.
# - **Recomputing activations.** Instead of keeping them all, one can keep a few and compute the others again during backward: less memory for more time.
# - **Choosing hyper-parameters.** Learning rate, batch size and patience were given. Finding them is a search over many runs, and each run is one call of `fit`.
#
# Next, module 08 takes care of what comes before the loop: data that are mixed, cut, changed and fetched ahead while the network computes.
