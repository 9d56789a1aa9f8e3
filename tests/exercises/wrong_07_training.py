"""The wrong answers of chapter 07 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WRONG = {
    ("train_step", "forgets_zero_grad"): """
def train_step(model, loss_fn, optimizer, inputs, targets):
    outputs = model.forward(inputs)
    loss = loss_fn(outputs, targets)
    value = loss.item()
    loss.backward()
    optimizer.step()
    return value
""",
    ("train_step", "steps_before_backward"): """
def train_step(model, loss_fn, optimizer, inputs, targets):
    model.zero_grad()
    optimizer.step()
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    return float(loss)
""",
    ("train_step", "clears_what_it_needs"): """
def train_step(model, loss_fn, optimizer, inputs, targets):
    outputs = model(inputs)
    error = loss_fn(outputs, targets)
    error.backward()
    for parameter in model.parameters():
        parameter.grad = None
    optimizer.step()
    return error.item()
""",
    ("train_step", "clears_at_the_end"): """
def train_step(model, loss_fn, optimizer, inputs, targets):
    try:
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss.item()
    finally:
        model.zero_grad()
""",
    ("train_step", "returns_the_tensor"): """
def train_step(model, loss_fn, optimizer, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.detach()
""",
    ("train_step", "swaps_the_arguments"): """
def train_step(model, loss_fn, optimizer, inputs, targets):
    outputs = model(inputs)
    loss = loss_fn(*(targets, outputs))
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    ("accuracy", "counts"): """
def accuracy(logits, targets):
    if targets.dtype == "float32":
        raise TypeError("targets are float32")
    right = logits.argmax(axis=-1) == targets
    return right.sum().item()
""",
    ("accuracy", "looks_down_the_columns"): """
def accuracy(logits, targets):
    if targets.dtype.startswith("float"):
        raise TypeError(f"targets are {targets.dtype}")
    guesses = logits.data.argmax(0)
    if guesses.shape != targets.shape:
        raise ValueError(f"guesses {guesses.shape}, targets {targets.shape}")
    return float((guesses == targets.data).mean())
""",
    ("accuracy", "broadcasts"): """
def accuracy(logits, targets):
    assert targets.dtype != "float32"
    hits = logits.argmax(axis=-1) == targets
    return int(hits.sum()) / max(hits.numel(), 1)
""",
    ("accuracy", "takes_floats"): """
def accuracy(logits, targets):
    guesses = logits.argmax(axis=logits.ndim - 1)
    if guesses.shape != targets.shape or targets.numel() < 1:
        raise ValueError(f"guesses {guesses.shape}, targets {targets.shape}")
    right = sum(bool(a == b) for a, b in zip(guesses.reshape(-1), targets.reshape(-1)))
    return right / targets.numel()
""",
    ("accuracy", "divides_by_zero"): """
def accuracy(logits, targets):
    guesses = logits.argmax(axis=-1)
    if "float" in targets.dtype:
        raise TypeError(f"targets have dtype {targets.dtype}")
    if guesses.shape != targets.shape:
        raise ValueError(f"guesses {guesses.shape}, targets {targets.shape}")
    wrong = (guesses != targets).sum().item()
    return 1 - wrong / guesses.numel()
""",
    ("accuracy", "divides_by_the_rows"): """
def accuracy(logits, targets):
    guesses = logits.argmax(axis=-1)
    if is_floating(targets.dtype):
        raise TypeError(f"{targets.dtype} targets")
    if guesses.shape != targets.shape or not targets.numel():
        raise ValueError(f"{guesses.shape} is not {targets.shape}")
    return (guesses == targets).sum().item() / logits.shape[0]
""",
    ("evaluate", "in_training_mode"): """
def evaluate(model, loss_fn, batches, metrics=None):
    sums, count, was = {"loss": 0.0}, 0, model.training
    with no_grad():
        for inputs, targets in batches:
            outputs, n = model(inputs), len(targets)
            count += n
            sums["loss"] += loss_fn(outputs, targets).item() * n
            for name, metric in (metrics or {}).items():
                sums[name] = sums.get(name, 0.0) + metric(outputs, targets) * n
    model.train(was)
    if not count:
        raise ValueError("nothing")
    return {name: value / count for name, value in sums.items()}
""",
    ("evaluate", "records"): """
def evaluate(model, loss_fn, batches, metrics=None):
    was = model.training
    try:
        model.train(False)
        sums, count = {"loss": 0.0}, 0
        for inputs, targets in batches:
            outputs, n = model(inputs), len(targets)
            with no_grad():
                count += n
                sums["loss"] += loss_fn(outputs, targets).item() * n
                for name, metric in (metrics or {}).items():
                    sums[name] = sums.get(name, 0.0) + metric(outputs, targets) * n
    finally:
        model.train(was)
    if not count:
        raise ValueError("nothing")
    return {name: value / count for name, value in sums.items()}
""",
    ("evaluate", "always_back_to_training"): """
def evaluate(model, loss_fn, batches, metrics=None):
    sums, count = {"loss": 0.0}, 0
    try:
        model.eval()
        with no_grad():
            for inputs, targets in batches:
                outputs, n = model(inputs), len(targets)
                count += n
                sums["loss"] += loss_fn(outputs, targets).item() * n
                for name, metric in (metrics or {}).items():
                    sums[name] = sums.get(name, 0.0) + metric(outputs, targets) * n
        if not count:
            raise ValueError("nothing")
        return {name: value / count for name, value in sums.items()}
    finally:
        model.train(True)
""",
    ("evaluate", "stays_in_eval_after_an_error"): """
def evaluate(model, loss_fn, batches, metrics=None):
    sums, count, was = {"loss": 0.0}, 0, model.training
    model.train(False)
    with no_grad():
        for inputs, targets in batches:
            outputs, n = model(inputs), len(targets)
            count += n
            sums["loss"] += loss_fn(outputs, targets).item() * n
            for name, metric in (metrics or {}).items():
                sums[name] = sums.get(name, 0.0) + metric(outputs, targets) * n
    if not count:
        raise ValueError("nothing")
    if was:
        model.train()
    return {name: value / count for name, value in sums.items()}
""",
    ("evaluate", "mean_of_means"): """
def evaluate(model, loss_fn, batches, metrics=None):
    rows, was = [], model.training
    try:
        model.eval()
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                row = {"loss": loss_fn(outputs, targets).item()}
                for name, metric in (metrics or {}).items():
                    row[name] = metric(outputs, targets)
                rows.append(row)
    finally:
        model.train(was)
    if not rows:
        raise ValueError("nothing")
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
""",
    ("evaluate", "goes_through_twice"): """
def evaluate(model, loss_fn, batches, metrics=None):
    was = model.training
    try:
        model.eval()
        with no_grad():
            found = {"loss": [loss_fn(model(x), y).item() * len(y) for x, y in batches]}
            for name, metric in (metrics or {}).items():
                found[name] = [metric(model(x), y) * len(y) for x, y in batches]
            samples = sum(len(y) for _, y in batches)
    finally:
        model.train(was)
    if not samples:
        raise ValueError("nothing")
    return {name: sum(values) / samples for name, values in found.items()}
""",
    ("evaluate", "sums_up_tensors"): """
def evaluate(model, loss_fn, batches, metrics=None):
    sums, count, was = {"loss": Tensor(0.0)}, 0, model.training
    try:
        model.eval()
        with no_grad():
            for x, y in batches:
                outputs = model(x)
                count += len(y)
                sums["loss"] = sums["loss"] + loss_fn(outputs, y) * len(y)
                for name, metric in (metrics or {}).items():
                    sums[name] = sums.get(name, 0.0) + metric(outputs, y) * len(y)
    finally:
        model.train(was)
    if not count:
        raise ValueError("nothing")
    return {name: value / count for name, value in sums.items()}
""",
    ("evaluate", "needs_metrics"): """
def evaluate(model, loss_fn, batches, metrics=None):
    sums, count, was = {"loss": 0.0}, 0, model.training
    try:
        model.eval()
        with no_grad():
            for x, y in batches:
                outputs = model(x)
                count += len(y)
                sums["loss"] += loss_fn(outputs, y).item() * len(y)
                for name, metric in metrics.items():
                    sums[name] = sums.get(name, 0.0) + metric(outputs, y) * len(y)
    finally:
        model.train(was)
    if not count:
        raise ValueError("nothing")
    return {name: value / count for name, value in sums.items()}
""",
    ("evaluate", "targets_first"): """
def evaluate(model, loss_fn, batches, metrics=None):
    sums, count, was = {"loss": 0.0}, 0, model.training
    try:
        model.eval()
        with no_grad():
            for x, y in batches:
                outputs = model(x)
                count += len(y)
                sums["loss"] += loss_fn(y, outputs).item() * len(y)
                for name, metric in (metrics or {}).items():
                    sums[name] = sums.get(name, 0.0) + metric(outputs, y) * len(y)
    finally:
        model.train(was)
    if not count:
        raise ValueError("nothing")
    return {name: value / count for name, value in sums.items()}
""",
    ("evaluate", "divides_by_nothing"): """
def evaluate(model, loss_fn, batches, metrics=None):
    sums, count, was = {"loss": 0.0}, 0, model.training
    try:
        model.eval()
        with no_grad():
            for inputs, targets in batches:
                outputs, n = model(inputs), len(targets)
                count += n
                sums["loss"] += loss_fn(outputs, targets).item() * n
                for name, metric in (metrics or {}).items():
                    sums[name] = sums.get(name, 0.0) + metric(outputs, targets) * n
    finally:
        model.train(was)
    return {name: value / max(count, 1) for name, value in sums.items()}
""",
    ("evaluate", "forgets_the_metrics"): """
def evaluate(model, loss_fn, batches, metrics=None):
    metrics = metrics or {}
    was = model.training
    losses, sizes = [], []
    try:
        model.eval()
        with no_grad():
            for inputs, targets in batches:
                losses.append(loss_fn(model(inputs), targets).item() * len(targets))
                sizes.append(len(targets))
    finally:
        model.train(was)
    if sum(sizes) == 0:
        raise ValueError("nothing")
    return {"loss": sum(losses) / sum(sizes)}
""",
    ("backward_in_parts", "adds_the_means"): """
def backward_in_parts(model, loss_fn, parts):
    losses = []
    for part in parts:
        losses.append(loss_fn(model(part[0]), part[1]))
        losses[-1].backward()
    return sum(loss.item() for loss in losses) / len(losses)
""",
    ("backward_in_parts", "weighs_parts_alike"): """
def backward_in_parts(model, loss_fn, parts):
    losses = []
    for x, y in parts:
        loss = loss_fn(model(x), y) / len(parts)
        loss.backward()
        losses.append(loss.item())
    return sum(losses)
""",
    ("backward_in_parts", "one_large_graph"): """
def backward_in_parts(model, loss_fn, parts):
    samples = sum(len(y) for _, y in parts)
    total = 0.0
    for x, y in parts:
        total = loss_fn(model(x), y) * len(y) + total
    mean = total / samples
    mean.backward()
    return mean.item()
""",
    ("backward_in_parts", "clears_in_between"): """
def backward_in_parts(model, loss_fn, parts):
    samples, mean = 0, 0.0
    for _, y in parts:
        samples += len(y)
    for x, y in parts:
        for parameter in model.parameters():
            parameter.grad = None
        loss = loss_fn(model(x), y) * (len(y) / samples)
        loss.backward()
        mean += float(loss)
    return mean
""",
    ("backward_in_parts", "returns_a_tensor"): """
def backward_in_parts(model, loss_fn, parts):
    samples = sum(len(y) for _, y in parts)
    losses = []
    for x, y in parts:
        losses.append(loss_fn(model(x), y) * (len(y) / samples))
        losses[-1].backward()
    return Tensor(sum(loss.item() for loss in losses))
""",
    ("watch_loss", "compares_with_nan"): """
def loss(self, value, epoch, batch):
    if value in [float("nan"), float("inf"), float("-inf")]:
        raise DivergedError(
            f"{value}: epoch {epoch}, batch {batch}, {self.last_loss}, {self.largest_norm} {ADVICE}"
        )
    self.last_loss = value
""",
    ("watch_loss", "forgets_infinity"): """
def loss(self, value, epoch, batch):
    if value != value:
        raise DivergedError(
            f"{value}: epoch {epoch}, batch {batch}, {self.last_loss}, {self.largest_norm} {ADVICE}"
        )
    self.last_loss = value
""",
    ("watch_loss", "keeps_it_first"): """
def loss(self, value, epoch, batch):
    last = self.last_loss
    self.last_loss = value
    if math.isfinite(value):
        return
    raise DivergedError(f"{value}: epoch {epoch}, batch {batch}, {last}, {self.largest_norm} {ADVICE}")
""",
    ("watch_loss", "keeps_nothing"): """
def loss(self, value, epoch, batch):
    last_loss = value
    if math.isnan(value) or math.isinf(value):
        raise DivergedError(
            f"{value}: epoch {epoch}, batch {batch}, {self.last_loss}, {self.largest_norm} {ADVICE}"
        )
""",
    ("watch_loss", "says_little"): """
def loss(self, value, epoch, batch):
    if math.isfinite(value):
        self.last_loss = value
    else:
        raise DivergedError(f"{value}! The last was {self.last_loss}. {ADVICE}")
""",
    ("watch_loss", "formats_none"): """
def loss(self, value, epoch, batch):
    if not math.isfinite(value):
        last = round(self.last_loss, 4)
        raise DivergedError(f"{value}: epoch {epoch}, batch {batch}, {last}, {self.largest_norm} {ADVICE}")
    self.last_loss = value
""",
    ("watch_loss", "gives_no_advice"): """
def loss(self, value, epoch, batch):
    if math.isnan(value) or math.isinf(value):
        where = f"epoch {epoch}, batch {batch}"
        raise DivergedError(f"{value} in {where}. Last: {self.last_loss}, norm: {self.largest_norm}.")
    self.last_loss = value
""",
    ("early_stopping", "shares_the_weights"): """
def update(self, value, model):
    better = self.improves(value)
    if better:
        self.best, self.waited = value, 0
        self.weights = dict(model.named_parameters())
    self.waited += not better
    return self.done
""",
    ("early_stopping", "never_starts_again"): """
def update(self, value, model):
    if not self.improves(value):
        self.waited = self.waited + 1
        return self.done
    self.best = value
    self.weights = {n: Tensor(t.data + 0) for n, t in model.state_dict().items()}
    return self.done
""",
    ("early_stopping", "counts_every_value"): """
def update(self, value, model):
    self.waited += 1
    if self.improves(value):
        self.best, self.waited = value, 1
        self.weights = {n: Tensor(t.data.copy()) for n, t in model.state_dict().items()}
    return self.waited >= self.patience + 1
""",
    ("early_stopping", "keeps_arrays"): """
def update(self, value, model):
    if not self.improves(value):
        self.waited += 1
        return self.done
    self.best, self.waited, self.weights = value, 0, {}
    for name, tensor in model.state_dict().items():
        self.weights[name] = tensor.numpy() + 0
    return self.done
""",
    ("early_stopping", "has_no_patience"): """
def update(self, value, model):
    better = self.improves(value)
    if better:
        self.best, self.waited = value, 0
        self.weights = {n: Tensor(t.data.copy()) for n, t in model.state_dict().items()}
    else:
        self.waited += 1
    return not better
""",
    ("early_stopping", "keeps_the_last"): """
def update(self, value, model):
    if self.improves(value):
        self.best, self.waited = value, 0
    else:
        self.waited += 1
    copies = {}
    for name, tensor in model.state_dict().items():
        copies[name] = Tensor(tensor.data.copy())
    self.weights = copies
    return self.waited >= self.patience
""",
    ("early_stopping", "has_its_own_rule"): """
def update(self, value, model):
    if value >= self.best:
        self.waited += 1
    else:
        self.waited = 0
        self.best = value
        self.weights = {n: Tensor(t.data.copy()) for n, t in model.state_dict().items()}
    return self.waited >= self.patience
""",
    ("early_stopping", "forgets_the_best"): """
def update(self, value, model):
    better, self.best = self.improves(value), value
    if better:
        self.waited = 0
        self.weights = {n: Tensor(t.data.copy()) for n, t in model.state_dict().items()}
    else:
        self.waited += 1
    return self.done
""",
    ("write_safely", "writes_in_place"): """
def write_safely(path, write):
    import io

    buffer = io.BytesIO()
    write(buffer)
    path = Path(path)
    path.write_bytes(b"")
    with open(path, "r+b") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
""",
    ("write_safely", "wants_a_path"): """
def write_safely(path, write):
    part = path.parent / (path.name + ".tmp")
    file = part.open("wb")
    try:
        write(file)
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(part, path)
    except BaseException:
        file.close()
        part.unlink(missing_ok=True)
        raise
""",
    ("write_safely", "always_cleans_up"): """
def write_safely(path, write):
    part = str(path) + ".tmp"
    file = open(part, "wb")
    try:
        write(file)
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(part, path)
    finally:
        file.close()
        os.remove(part)
""",
    ("write_safely", "leaves_its_rubbish"): """
def write_safely(path, write):
    part = str(path) + ".tmp"
    file = open(part, "wb")
    try:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    finally:
        file.close()
    os.replace(part, path)
""",
    ("write_safely", "catches_exceptions_only"): """
def write_safely(path, write):
    part = Path(str(path) + ".tmp")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, ValueError, TypeError):
        os.remove(part)
        raise
    os.replace(part, path)
""",
    ("write_safely", "swallows_the_error"): """
def write_safely(path, write):
    part = Path(str(path) + ".tmp")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except Exception:
        part.unlink(missing_ok=True)
        return False
    return True
""",
    ("write_safely", "does_not_wait"): """
def write_safely(path, write):
    part = Path(str(path) + ".tmp")
    try:
        file = open(part, "wb")
        try:
            write(file)
            file.flush()
        finally:
            file.close()
        os.replace(part, path)
    except BaseException:
        os.remove(part)
        raise
""",
    ("write_safely", "does_not_flush"): """
def write_safely(path, write):
    part = Path(str(path) + ".tmp")
    file = open(part, "wb")
    try:
        write(file)
        os.fsync(file.fileno())
        file.close()
        os.replace(part, path)
    except BaseException:
        file.close()
        os.remove(part)
        raise
""",
    ("write_safely", "renames"): """
def write_safely(path, write):
    part = Path(str(path) + ".tmp")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
""",
    ("write_safely", "somewhere_else"): """
def write_safely(path, write):
    from tempfile import mkstemp

    number, part = mkstemp()
    try:
        os.close(number)
        with open(part, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        os.remove(part)
        raise
""",
    ("trainer_state_dict", "model_and_optimizer"): """
def state_dict(self):
    return {
        "model": copy.deepcopy(self.model.state_dict()),
        "optimizer": copy.deepcopy(self.optimizer.state_dict()),
        "position": {"epoch": self.epoch, "batch": self.batch, "sums": dict(self.sums)},
        "history": copy.deepcopy(self.history),
    }
""",
    ("trainer_state_dict", "keeps_the_objects"): """
def state_dict(self):
    names = ("model", "optimizer", "schedule", "stopping", "history", "loader")
    state = {name: getattr(self, name) for name in names}
    state["position"] = {name: getattr(self, name) for name in ("epoch", "batch", "sums")}
    state["random"] = {"now": random_state(self.generators), "epoch_start": self.epoch_start}
    return copy.deepcopy(state)
""",
    ("trainer_state_dict", "shares"): """
def state_dict(self):
    state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
    state["schedule"] = None if self.schedule is None else self.schedule.state_dict()
    state["stopping"] = None if self.stopping is None else self.stopping.state_dict()
    state["position"] = {"epoch": self.epoch, "batch": self.batch, "sums": self.sums}
    state["history"], state["loader"] = self.history, self.loader
    state["random"] = {"now": random_state(self.generators), "epoch_start": self.epoch_start}
    return copy.copy(state)
""",
    ("trainer_state_dict", "always_a_schedule"): """
def state_dict(self):
    parts = ("model", "optimizer", "schedule", "stopping")
    state = {name: getattr(self, name).state_dict() for name in parts}
    state["position"] = {name: getattr(self, name) for name in ("epoch", "batch", "sums")}
    state["history"], state["loader"] = self.history, self.loader
    state["random"] = {"now": random_state(self.generators), "epoch_start": self.epoch_start}
    return copy.deepcopy(state)
""",
    ("trainer_state_dict", "one_random_state"): """
def state_dict(self):
    state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
    for name in ("schedule", "stopping"):
        part = getattr(self, name)
        state[name] = part and part.state_dict()
    state["position"] = {name: getattr(self, name) for name in ("epoch", "batch", "sums")}
    state["history"], state["loader"] = self.history, self.loader
    begin = self.epoch_start
    state["random"] = {"now": begin, "epoch_start": begin}
    return copy.deepcopy(state)
""",
    ("trainer_state_dict", "the_default_generator_only"): """
def state_dict(self):
    from tinytorch.core.random import default_generator

    state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
    for name in ("schedule", "stopping"):
        part = getattr(self, name)
        state[name] = part and part.state_dict()
    state["position"] = {name: getattr(self, name) for name in ("epoch", "batch", "sums")}
    state["history"], state["loader"] = self.history, self.loader
    now = [dict(default_generator().bit_generator.state)]
    state["random"] = {"now": now, "epoch_start": self.epoch_start}
    return copy.deepcopy(state)
""",
    ("trainer_state_dict", "whole_epochs_only"): """
def state_dict(self):
    state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
    for name in ("schedule", "stopping"):
        part = getattr(self, name)
        state[name] = part and part.state_dict()
    state["position"] = dict(epoch=self.epoch, batch=0, sums=self.sums)
    state["history"], state["loader"] = self.history, self.loader
    state["random"] = {"now": random_state(self.generators), "epoch_start": self.epoch_start}
    return copy.deepcopy(state)
""",
}
