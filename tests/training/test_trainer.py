"""The Trainer: losses like PyTorch's, runs that repeat and resume bit for bit, words for what goes wrong."""

import io
import math
import os
import warnings

import numpy as np
import pytest

from tinytorch import Tensor, manual_seed, randn
from tinytorch.core import disable_autograd, enable_autograd
from tinytorch.core.random import default_generator
from tinytorch.data import DataLoader, TensorDataset
from tinytorch.nn import CrossEntropyLoss, Dropout, Linear, Module, MSELoss, Parameter, ReLU, Sequential
from tinytorch.optim import SGD, Adam, CosineAnnealingLR, LinearLR, SequentialLR
from tinytorch.training import (
    CheckpointError,
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
from tinytorch.training.watch import Watch


@pytest.fixture(autouse=True)
def autograd():
    enable_autograd()
    yield
    disable_autograd()


def points(n):
    x = randn(n, 2)
    return x, ((x * x).sum(axis=1) > 1.4).to("int32")


def cut(data, size):
    x, y = data
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


class Shuffled:
    """Batches in another order each time, drawn from the default generator."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return (self.batches[i] for i in default_generator().permutation(len(self.batches)))


@pytest.fixture
def data():
    manual_seed(0)
    return Shuffled(cut(points(200), 16)), [points(100)]


def new_trainer(seed=1, **options):
    manual_seed(seed)
    model = Sequential(Linear(2, 16), ReLU(), Dropout(0.2), Linear(16, 2))
    optimizer = Adam(model.parameters(), lr=0.01)
    warm_up = LinearLR(optimizer, total_iters=10)
    schedule = SequentialLR(optimizer, [warm_up, CosineAnnealingLR(optimizer, 100)], [10])
    return Trainer(model, optimizer, CrossEntropyLoss(), {"accuracy": accuracy}, schedule, **options)


def everything(trainer):
    """All bytes of a run's state, as text that can be compared."""
    return flatten(trainer.state_dict())


def flatten(value):
    if isinstance(value, dict):
        return {key: flatten(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [flatten(item) for item in value]
    if isinstance(value, (Tensor, np.ndarray)):
        array = value.data if isinstance(value, Tensor) else value
        return (array.shape, array.dtype.name, array.tobytes())
    return value


QUIET = {"progress": False}


# The pieces


@pytest.mark.torch
@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_same_losses_as_pytorch(accumulate):
    torch = pytest.importorskip("torch", reason="NOT RUN: comparison with PyTorch", exc_type=ImportError)
    manual_seed(3)
    model = Sequential(Linear(20, 32), ReLU(), Linear(32, 5))
    theirs = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 5))
    for p, q in zip(model.parameters(), theirs.parameters(), strict=True):
        q.data = torch.tensor(p.data.copy())
    x = randn(640, 20)
    y = (x[:, :5] + 0.3 * randn(640, 5)).argmax(axis=1)
    batches = cut((x, y), 32)
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1, momentum=0.9), CrossEntropyLoss())
    losses = []
    trainer.fit(
        batches, 1, accumulate=accumulate, clip=0.5, on_batch=lambda r: losses.append(r["loss"]), **QUIET
    )

    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    expected = []
    for inputs, targets in cut((x, y), 32 * accumulate):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            theirs(torch.tensor(inputs.data.copy())), torch.tensor(targets.data.astype("int64"))
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.5)
        optimizer.step()
        expected.append(loss.item())
    assert len(losses) == 20 // accumulate
    np.testing.assert_allclose(losses, expected, rtol=2e-5)
    for p, q in zip(model.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-4, atol=1e-5)


def test_train_step_is_one_step_of_fit():
    manual_seed(0)
    x, y = points(32)
    trainers = [new_trainer(), new_trainer()]
    trainers[0].schedule = None
    manual_seed(5)
    loss = train_step(trainers[1].model, CrossEntropyLoss(), trainers[1].optimizer, x, y)
    manual_seed(5)
    lr = trainers[0].optimizer.param_groups[0]["lr"]
    history = trainers[0].fit([(x, y)], 1, **QUIET)
    assert history["loss"] == [loss] and type(loss) is float and history["lr"] == [lr]
    a, b = (flatten(t.model.state_dict()) for t in trainers)
    assert a == b


@pytest.mark.parametrize("sizes", [[8], [4, 4], [5, 2, 1], [1] * 8])
def test_accumulation_equals_one_large_batch(sizes):
    manual_seed(0)
    x, y = points(8)
    model = Sequential(Linear(2, 16), ReLU(), Linear(16, 2))
    whole = backward_in_parts(model, CrossEntropyLoss(), [(x, y)])
    expected = [p.grad.data.copy() for p in model.parameters()]
    model.zero_grad()
    ends = np.cumsum(sizes)
    parts = [(x[e - n : e], y[e - n : e]) for n, e in zip(sizes, ends, strict=True)]
    assert backward_in_parts(model, CrossEntropyLoss(), parts) == pytest.approx(whole, rel=1e-6)
    for p, grad in zip(model.parameters(), expected, strict=True):
        np.testing.assert_allclose(p.grad.data, grad, rtol=1e-5, atol=1e-7)


def test_accumulated_runs_equal_runs_with_large_batches():
    manual_seed(0)
    data = points(96)
    runs = []
    for size, accumulate in ((32, 1), (8, 4)):
        trainer = new_trainer()
        trainer.model.eval()  # dropout would draw other masks for other shapes
        trainer.model.train = lambda mode=True: None
        runs.append(trainer.fit(cut(data, size), 5, accumulate=accumulate, **QUIET)["loss"])
    np.testing.assert_allclose(*runs, rtol=1e-5)


def test_evaluate_weighs_samples_and_restores_the_mode():
    manual_seed(0)
    model = Sequential(Linear(2, 4), Dropout(0.5), Linear(4, 2))
    x, y = points(50)
    whole = evaluate(model, CrossEntropyLoss(), [(x, y)], {"accuracy": accuracy})
    parts = evaluate(model, CrossEntropyLoss(), iter(cut((x, y), 16)), {"accuracy": accuracy})
    assert parts == {name: pytest.approx(value, rel=1e-6) for name, value in whole.items()}
    assert model.training and all(module.training for module in model.modules())
    with pytest.raises(ZeroDivisionError):
        evaluate(model.eval(), lambda outputs, targets: 1 / 0, [(x, y)])
    assert not model.training
    assert (model(x) * 1).requires_grad  # recording is on again
    with pytest.raises(ValueError, match="no samples"):
        evaluate(model, CrossEntropyLoss(), [])


# Runs that repeat and resume


def test_a_run_repeats_itself(data):
    runs = []
    for _ in range(2):
        trainer = new_trainer()
        trainer.fit(*([data[0]]), 3, validation=data[1], **QUIET)
        runs.append(everything(trainer))
    assert runs[0] == runs[1]


def resumed(path, data, options, first=5):
    trainer = new_trainer()
    trainer.fit(data[0], first, data[1], checkpoint=path, **options, **QUIET)
    again = new_trainer(seed=77)  # other weights, and the generator elsewhere
    again.load(path)
    again.fit(data[0], 10, data[1], **options, **QUIET)
    return again


@pytest.mark.parametrize(
    "options", [{}, {"accumulate": 3}, {"clip": 0.1}, {"patience": 2}], ids=lambda options: "".join(options)
)
def test_five_epochs_and_five_equal_ten(tmp_path, data, options):
    whole = new_trainer()
    whole.fit(data[0], 10, data[1], **options, **QUIET)
    assert everything(resumed(tmp_path / "run.npz", data, options)) == everything(whole)
    assert len(whole.history["loss"]) == whole.epoch


def test_a_schedule_per_epoch_and_a_generator_of_its_own(tmp_path):
    def run(epochs, load=None, seed=1):
        manual_seed(seed)
        own = np.random.default_rng(seed)
        model = Sequential(Linear(2, 16), ReLU(), Dropout(0.2, generator=own), Linear(16, 2))
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        schedule = CosineAnnealingLR(optimizer, 10)
        trainer = Trainer(model, optimizer, CrossEntropyLoss(), None, schedule, "epoch", generators=[own])
        if load is not None:
            trainer.load(load)
        trainer.fit(batches, epochs, checkpoint=tmp_path / f"{epochs}.npz", **QUIET)
        return trainer

    manual_seed(0)
    batches = Shuffled(cut(points(100), 16))
    whole = run(10)
    run(4)
    assert everything(run(10, tmp_path / "4.npz", seed=8)) == everything(whole)
    rates = [CosineAnnealingLR(SGD([Parameter([0.0])], lr=0.1), 10).lr_at(0.1, t) for t in range(10)]
    assert whole.history["lr"] == pytest.approx(rates)


class Stop(Exception):
    pass


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_run_that_died_within_an_epoch_goes_on_there(tmp_path, data, accumulate):
    path = tmp_path / "run.npz"
    whole = new_trainer()
    whole.fit(data[0], 4, data[1], accumulate=accumulate, **QUIET)
    expected = everything(whole)

    def die(row):
        if row["epoch"] == 3 and row["batch"] >= 8:
            raise Stop

    trainer = new_trainer()
    with pytest.raises(Stop):
        trainer.fit(
            data[0], 4, data[1], accumulate=accumulate, checkpoint=path, every=2, on_batch=die, **QUIET
        )
    state = load_checkpoint(path)
    assert (state["position"]["epoch"], state["position"]["batch"]) == (2, 8)
    trainer.fit(data[0], 4, data[1], accumulate=accumulate, **QUIET)  # in the same process
    assert everything(trainer) == expected
    again = new_trainer(seed=5)  # and in a new one
    again.load(path)
    again.fit(data[0], 4, data[1], accumulate=accumulate, **QUIET)
    assert everything(again) == expected


@pytest.mark.parametrize("batches_before", [3, 7])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_that_knows_where_it_is(tmp_path, batches_before, workers):
    path = tmp_path / "run.npz"
    manual_seed(0)
    dataset = TensorDataset(*points(100))

    def loader():
        return DataLoader(dataset, 16, shuffle=True, num_workers=workers)

    def die(row):
        if row["epoch"] == 2 and row["batch"] == batches_before:
            raise Stop

    whole = new_trainer()
    whole.fit(loader(), 4, **QUIET)
    expected = everything(whole)
    trainer = new_trainer()
    mine = loader()
    with pytest.raises(Stop):
        trainer.fit(mine, 4, checkpoint=path, every=1, on_batch=die, **QUIET)
    trainer.fit(mine, 4, **QUIET)
    assert everything(trainer) == expected
    again = new_trainer(seed=5)
    again.load(path)
    again.fit(loader(), 4, **QUIET)  # a loader draws its seed when it is made, which must not matter
    assert everything(again) == expected


def test_other_batches_can_follow():
    """A second fit on other data is no resuming."""
    manual_seed(0)
    trainer = new_trainer()
    trainer.fit(DataLoader(TensorDataset(*points(100)), 16), 1, **QUIET)
    trainer.fit(DataLoader(TensorDataset(*points(60)), 8), 2, **QUIET)
    assert trainer.epoch == 2


def test_the_state_does_not_change_when_training_goes_on(data):
    trainer = new_trainer()
    trainer.fit(data[0], 2, data[1], patience=5, **QUIET)
    state = trainer.state_dict()
    before = flatten(state)
    trainer.fit(data[0], 4, data[1], **QUIET)
    assert flatten(state) == before != flatten(trainer.state_dict())


def changed(state, path, value):
    *way, last = path
    part = state
    for key in way:
        part = part[key]
    part[last] = value


BAD = [
    (("model", "0.weight"), Tensor(np.zeros((3, 2), "float32"))),
    (("model", "extra"), Tensor([1.0])),
    (("optimizer",), {}),
    (("optimizer", "param_groups"), []),
    (("optimizer", "state"), {0: {"exp_avg": np.zeros(3)}}),
    (("schedule",), None),
    (("schedule",), {"last_epoch": 1}),
    (("stopping",), {"patience": 0}),
    (("stopping", "patience"), 0),
    (("stopping", "best"), "low"),
    (("stopping", "weights"), {"0.weight": Tensor([1.0])}),
    (("position", "epoch"), 2.0),
    (("position", "epoch"), -1),
    (("position", "batch"), True),
    (("position", "sums"), {"loss": "high"}),
    (("history",), {"loss": [1.0]}),
    (("history",), {"loss": [1.0, "2.0"]}),
    (("history",), 5),
    (("random", "now"), []),
    (("random", "now"), [{"bit_generator": "MT19937"}]),
    (("random", "epoch_start"), [{"state": 3}]),
    (("random",), None),
]


@pytest.mark.parametrize(("place", "value"), BAD, ids=lambda part: str(part)[:40])
def test_a_state_that_does_not_fit_changes_nothing(tmp_path, data, place, value):
    trainer = new_trainer()
    trainer.fit(data[0], 2, data[1], patience=5, **QUIET)
    state = trainer.state_dict()
    trainer.fit(data[0], 3, data[1], **QUIET)
    before = everything(trainer)
    trainer.load_state_dict(state)  # sound as it is
    trainer.fit(data[0], 3, data[1], **QUIET)
    assert everything(trainer) == before
    changed(state, place, value)
    save_checkpoint(tmp_path / "bad.npz", state)
    with pytest.raises(CheckpointError, match="Nothing was changed"):
        trainer.load(tmp_path / "bad.npz")
    assert everything(trainer) == before


def test_a_damaged_file_changes_nothing(tmp_path, data):
    trainer = new_trainer()
    trainer.fit(data[0], 1, **QUIET, checkpoint=tmp_path / "run.npz")
    whole = (tmp_path / "run.npz").read_bytes()
    (tmp_path / "run.npz").write_bytes(whole[: len(whole) // 2])
    before = everything(trainer)
    with pytest.raises(CheckpointError, match="cut off or damaged"):
        trainer.load(tmp_path / "run.npz")
    assert everything(trainer) == before and os.listdir(tmp_path) == ["run.npz"]


def test_a_generator_that_no_checkpoint_would_hold_is_pointed_out(tmp_path):
    class Loader(list):
        generator = np.random.default_rng(0)

    batches = Loader(cut(points(8), 4))
    with pytest.raises(ValueError, match="generators="):
        new_trainer().fit(batches, 1, checkpoint=tmp_path / "run.npz", **QUIET)
    new_trainer(generators=[Loader.generator]).fit(batches, 1, checkpoint=tmp_path / "run.npz", **QUIET)
    new_trainer().fit(batches, 1, **QUIET)


# Early stopping


class Constant(Module):
    """Answers with its parameter, whatever it is asked."""

    def __init__(self, value=0.0):
        super().__init__()
        self.value = Parameter([value])

    def forward(self, x):
        return x * 0 + self.value


def test_patience_restores_the_best_weights():
    """Training pulls the answer towards 10; the validation loss is least near 8, on the way."""
    model = Constant()
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1), MSELoss())
    train, unseen = [(Tensor([0.0]), Tensor([10.0]))], [(Tensor([0.0]), Tensor([8.0]))]
    seen = []

    def note(row):
        seen.append((row["validation_loss"], trainer.stopping.done or model.value.item()))

    trainer.fit(train, 100, unseen, patience=3, on_epoch=note, **QUIET)
    losses = [loss for loss, _ in seen]
    best = losses.index(min(losses))
    assert trainer.epoch == len(seen) == best + 1 + 3
    assert model.value.item() == seen[best][1] != seen[best + 2][1]
    assert evaluate(model, MSELoss(), unseen)["loss"] == min(losses)
    trainer.fit(train, 200, unseen, **QUIET)
    assert trainer.epoch == len(seen)  # it is over


def test_early_stopping_for_a_number_that_should_grow():
    stopping = EarlyStopping(2, min_delta=0.1, mode="max")
    model = Constant()
    answers = [stopping.update(value, model) for value in (0.5, 0.55, 0.7, math.nan, 0.75)]
    assert answers == [False, False, False, False, True] and stopping.best == 0.7
    model.value.data[...] = 3
    stopping.restore(model)
    assert model.value.item() == 0


@pytest.mark.parametrize(
    "options", [{"patience": 0}, {"patience": 1, "min_delta": -1}, {"patience": 1, "mode": "up"}]
)
def test_early_stopping_refuses(options):
    with pytest.raises(ValueError, match="EarlyStopping"):
        EarlyStopping(**options)


# What goes wrong


def test_a_loss_that_is_no_number_ends_the_run_where_it_happened():
    manual_seed(0)
    x, y = randn(40, 2), randn(40, 1)
    batches = cut((x, y), 8)
    model = Linear(2, 1)
    trainer = Trainer(model, SGD(model.parameters(), lr=50.0), MSELoss())
    rows = []
    with warnings.catch_warnings(), pytest.raises(DivergedError) as caught:
        warnings.simplefilter("error")  # NumPy's warnings of overflow would say less
        warnings.filterwarnings("ignore", "exploding gradient")
        trainer.fit(batches, 100, on_batch=rows.append, **QUIET)
    text, last = str(caught.value), rows[-1]
    assert "learning rate ten times smaller" in text and "clip" in text
    place = last["batch"] + 1 if last["batch"] < 5 else 1
    assert f"epoch {last['epoch'] + (place == 1)}, batch {place}." in text
    assert str(last["loss"]) in text
    assert f"{max(row['gradient_norm'] for row in rows):.4g}" in text
    assert all(np.isfinite(p.data).all() for p in model.parameters())
    assert trainer.epoch == last["epoch"] - (place != 1)


def test_a_batch_with_nan_leaves_the_weights_alone():
    model = Constant(2.0)
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1), MSELoss())
    good, bad = (Tensor([1.0]), Tensor([1.0])), (Tensor([math.nan]), Tensor([1.0]))
    with pytest.raises(
        DivergedError, match=r"loss is nan in epoch 1, batch 3\. The last finite loss was 0\.6"
    ):
        trainer.fit([good, good, bad, good], 1, **QUIET)
    assert model.value.item() == pytest.approx(1 + 0.8 * 0.8, rel=1e-6) and trainer.batch == 2
    trainer.fit([good] * 4, 1, **QUIET)  # goes on with the third
    assert model.value.item() == pytest.approx(1 + 0.8**4, rel=1e-6)


def test_an_infinite_gradient_of_a_finite_loss():
    class Root(Module):
        def __init__(self):
            super().__init__()
            self.value = Parameter([0.0])

        def forward(self, x):
            return self.value.sqrt() * x

    model = Root()
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1), MSELoss())
    with np.errstate(all="ignore"), pytest.raises(DivergedError, match=r"gradient norm is (inf|nan)"):
        trainer.fit([(Tensor([1.0]), Tensor([1.0]))], 1, **QUIET)
    assert model.value.item() == 0.0


def test_exploding_gradients_are_reported_once():
    model = Constant(0.0)
    trainer = Trainer(model, SGD(model.parameters(), lr=1e-9), MSELoss())
    usual, far = (Tensor([0.0]), Tensor([1.0])), (Tensor([0.0]), Tensor([1e4]))
    with pytest.warns(
        RuntimeWarning, match=r"2e\+04 in epoch 1, batch 21, and was 2 in .*clip=1\.0"
    ) as caught:
        history = trainer.fit([usual] * 20 + [far] * 3, 1, **QUIET)
    assert len(caught) == 1 and history["gradient_norm"] == [pytest.approx(2e4, rel=1e-3)]
    assert caught[0].filename == __file__  # it points at the call of fit
    stream = io.StringIO()
    trainer.fit([usual] * 20 + [far] * 3, 2, progress=stream)  # whoever reads the progress reads it there
    assert stream.getvalue().startswith("exploding gradient: its norm is 2e+04 in epoch 2, batch 21")
    watch = Watch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for norm in [1.0] * 9 + [99.0] * 5:  # too early to say what is usual, and then not so much more
            watch.gradient(norm, 1, 1)


def bad_batches():
    x, y = Tensor(np.zeros((4, 2), "float32")), Tensor([0, 1, 0, 1])
    return {
        "no batches in epoch 1": [],
        "no batches in epoch 2": iter([(x, y)]),
        "batch 2 of epoch 1 is empty: inputs (0, 2)": [(x, y), (x[:0], y[:0])],
        "batch 1 of epoch 1 has inputs (4, 2) float32, targets (3,)": [(x, y[:3])],
        "batch 1 of epoch 1 is (Tensor)": [x],
        "batch 1 of epoch 1 is (ndarray, Tensor)": [(x.data, y)],
        "batch 1 of epoch 1 is (Tensor, Tensor, Tensor)": [(x, y, y)],
        "()": [(x[0, 0], y)],
    }


@pytest.mark.parametrize("says", bad_batches())
def test_batches_that_make_no_sense(says):
    with pytest.raises((ValueError, TypeError)) as caught:
        new_trainer().fit(bad_batches()[says], 2, **QUIET)
    assert says in str(caught.value)


def test_an_error_in_a_batch_says_which_batch():
    x, y = points(4)
    with pytest.raises(TypeError, match="float32") as caught:
        new_trainer().fit([(x, y), (x, y.to("float32"))], 1, **QUIET)
    assert "epoch 1, batch 2: inputs (4, 2) float32, targets (4,) float32" in caught.value.__notes__[0]
    model = Sequential(Dropout(0.5), Linear(2, 2))
    with pytest.raises(TypeError, match="int32") as caught:
        Trainer(model, SGD(model.parameters(), lr=0.1), CrossEntropyLoss()).fit(
            [(Tensor([[0, 255]]), Tensor([1]))], 1, **QUIET
        )
    assert "epoch 1, batch 1: inputs (1, 2) int32" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    "options",
    [{"accumulate": 0}, {"clip": 0}, {"clip": math.nan}, {"patience": 0}, {"every": 0}, {"patience": 3}],
    ids=str,
)
def test_options_that_make_no_sense(options):
    with pytest.raises(ValueError, match=f"fit: {next(iter(options))}"):
        new_trainer().fit([points(4)], 1, **options, **QUIET)
    with pytest.raises(ValueError, match="schedule_per"):
        new_trainer(schedule_per="day")


def test_accuracy():
    logits = Tensor([[0.1, 2.0, 0.0], [3.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert accuracy(logits, Tensor([1, 0, 0])) == 2 / 3
    assert accuracy(logits.reshape(1, 3, 3), Tensor([[1, 0, 2]])) == 1.0
    for targets, kind in [(Tensor([[1], [0], [0]]), ValueError), (Tensor([1.0, 0.0, 0.0]), TypeError)]:
        with pytest.raises(kind, match="accuracy"):
            accuracy(logits, targets)
    with pytest.raises(ValueError, match=r"\(0,\)"):
        accuracy(logits[:0], Tensor(np.zeros(0, "int32")))


# What is told on the way


def test_history_callbacks_and_progress(data):
    trainer, batches, epochs, stream = new_trainer(), [], [], io.StringIO()
    state = default_generator().bit_generator.state
    order = list(data[0])
    default_generator().bit_generator.state = state
    history = trainer.fit(
        data[0], 3, data[1], on_batch=batches.append, on_epoch=epochs.append, progress=stream
    )
    assert history is trainer.history
    assert sorted(history) == [
        *("accuracy", "gradient_norm", "loss", "lr", "validation_accuracy", "validation_loss")
    ]
    assert all(type(number) is float for numbers in history.values() for number in numbers)
    assert [row["epoch"] for row in epochs] == [1, 2, 3]
    assert [(row["epoch"], row["batch"]) for row in batches] == [
        (e, b) for e in (1, 2, 3) for b in range(1, 14)
    ]
    sizes = [len(targets) for _, targets in order]
    mean = sum(row["loss"] * n for row, n in zip(batches[:13], sizes, strict=True)) / 200
    assert (
        history["loss"][0] == pytest.approx(mean) != pytest.approx(sum(r["loss"] for r in batches[:13]) / 13)
    )
    assert history["accuracy"][0] == batches[12]["accuracy"]
    assert history["gradient_norm"][0] == max(row["gradient_norm"] for row in batches[:13])
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3 and lines[2].startswith(f"epoch 3/3  loss {history['loss'][2]:.4f}  accuracy")
    trainer.fit(data[0], 3, progress=stream)
    assert "3 epochs are done already" in stream.getvalue()


def test_metrics_are_weighed_by_samples_and_not_recorded():
    seen = []

    def mean_target(outputs, targets):
        seen.append((outputs * 1).requires_grad)
        return targets.sum().item() / len(targets)

    model = Constant()
    trainer = Trainer(model, SGD(model.parameters(), lr=0.1), MSELoss(), {"mean": mean_target})
    three, one = (Tensor([0.0] * 3), Tensor([2.0] * 3)), (Tensor([0.0]), Tensor([6.0]))
    rows = []
    history = trainer.fit([three, one], 1, [three, one], on_batch=rows.append, **QUIET)
    assert [row["mean"] for row in rows] == [2.0, 3.0]  # so far in this epoch
    assert history["mean"] == history["validation_mean"] == [3.0]
    assert seen == [False] * 4


def test_a_number_that_is_reported_at_times_is_nan_at_others(data):
    trainer = new_trainer()
    trainer.fit(data[0], 1, **QUIET)
    trainer.fit(data[0], 2, data[1], **QUIET)
    history = trainer.fit(data[0], 3, **QUIET)
    assert [math.isnan(value) for value in history["validation_loss"]] == [True, False, True]
    assert {len(values) for values in history.values()} == {3}


def test_training_leaves_no_graphs_behind(data):
    import gc
    import tracemalloc

    trainer = new_trainer()
    trainer.fit(data[0], 2, **QUIET)
    gc.collect()
    tracemalloc.start()
    trainer.fit(data[0], 3, **QUIET)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    trainer.fit(data[0], 30, **QUIET)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 50_000
