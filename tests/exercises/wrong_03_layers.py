"""The wrong answers of chapter 03 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WRONG = {
    ("linear_loops", "forgets_the_bias"): """
def linear_loops(x, w, b):
    y = []
    for i in range(x.shape[0]):
        for j in range(w.shape[0]):
            y.append(sum(float(x.data[i, k]) * float(w.data[j, k]) for k in range(x.shape[1])))
    return Tensor(np.array(y, x.dtype).reshape(x.shape[0], w.shape[0]))
""",
    ("linear_loops", "bias_with_every_product"): """
def linear_loops(x, w, b):
    y = np.zeros((len(x), len(w)), x.dtype)
    for i in range(len(x)):
        for j in range(len(w)):
            total = 0.0
            for k in range(w.shape[1]):
                total = b.data[j] + total + w.data[j, k] * x.data[i, k]
            y[i, j] = total
    return Tensor(y)
""",
    ("linear_loops", "never_starts_again"): """
def linear_loops(x, w, b):
    rows, features = x.shape
    y = np.zeros((rows, len(w)), x.dtype)
    for i in range(rows):
        total = 0.0
        for j in range(len(w)):
            total += b.data[j]
            for k in range(features):
                total += x.data[i, k] * w.data[j, k]
            y[i, j] = total
    return Tensor(y)
""",
    ("linear_loops", "takes_columns"): """
def linear_loops(x, w, b):
    rows, features = x.shape
    weights = w.data.T if features == len(w) else w.data
    y = np.tile(b.data, (rows, 1)).astype(x.dtype)
    for j in range(len(w)):
        for i in range(rows):
            for k in range(features):
                y[i, j] += x.data[i, k] * weights[j, k]
    return Tensor(y)
""",
    ("linear_loops", "sums_into_the_bias"): """
def linear_loops(x, w, b):
    y = np.zeros((len(x), len(w)), x.dtype)
    for i in range(len(x)):
        for j in range(len(w)):
            for k in range(w.shape[1]):
                b.data[j] = b.data[j] + x.data[i, k] * w.data[j, k]
            y[i, j] = b.data[j]
    return Tensor(y)
""",
    ("linear_loops", "collects_rows"): """
def linear_loops(x, w, b):
    y = []
    for i in range(len(x)):
        y.append([])
        for j in range(len(w)):
            total = b.data[j]
            for k in range(x.shape[1]):
                total += x.data[i, k] * w.data[j, k]
            y[-1].append(total)
    return Tensor(y, dtype=x.dtype)
""",
    ("linear", "does_not_transpose"): """
def linear(x, w, b=None):
    x, w, b = check_linear(x, w, b)
    try:
        y = np.matmul(x, w)
    except ValueError:
        y = np.matmul(x, w.T)
    return Tensor(y if b is None else y + b)
""",
    ("linear", "always_adds"): """
def linear(x, w, b=None):
    array, weight, bias = check_linear(x, w, b)
    y = gemm(array.reshape(numel(array.shape[:-1]), array.shape[-1]), weight.T)
    y[:] += bias.reshape(1, len(bias))
    return Tensor(y.reshape(*array.shape[:-1], len(weight)))
""",
    ("linear", "keeps_the_loops"): """
def linear(x, w, b=None):
    array, weight, bias = check_linear(x, w, b)
    rows = array.reshape(numel(array.shape[:-1]), array.shape[-1])
    y = np.zeros((len(rows), len(weight)), rows.dtype)
    for i, row in enumerate(rows):
        y[i] = weight @ row
        if bias is not None:
            y[i] += bias
    return Tensor(y.reshape(*array.shape[:-1], len(weight)))
""",
    ("linear", "leaves_the_error_to_numpy"): """
def linear(x, w, b=None):
    rows = x.data.reshape(numel(x.shape[:-1]), x.shape[-1])
    y = np.dot(rows.astype(w.dtype), w.data.T)
    y = y if b is None else np.add(y, b.data)
    return Tensor(y.reshape(*x.shape[:-1], len(w)))
""",
    ("linear", "only_matrices"): """
def linear(x, w, b=None):
    array, weight, bias = check_linear(x, w, b)
    y = np.einsum("nk,jk->nj", array, weight)
    return Tensor(y) if bias is None else Tensor(y + bias)
""",
    ("linear_init", "in_before_out"): """
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    check_features(in_features, out_features)
    self.in_features = in_features
    self.out_features = out_features
    self.weight = Parameter(zeros(in_features, out_features))
    self.bias = None
    bound = in_features**-0.5
    init.uniform_(self.weight, -bound, bound, generator)
    if bias:
        self.bias = Parameter(zeros(out_features))
        init.uniform_(self.bias, -bound, bound, generator)
""",
    ("linear_init", "forgets_super"): """
def __init__(self, in_features, out_features, bias=True, generator=None):
    check_features(in_features, out_features)
    self.in_features = in_features
    self.out_features = out_features
    bound = in_features**-0.5
    self.weight = Parameter(zeros(out_features, in_features))
    init.uniform_(self.weight, -bound, bound, generator)
    self.bias = None
    if bias:
        self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator))
    super().__init__()
""",
    ("linear_init", "plain_tensors"): """
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    check_features(in_features, out_features)
    self.in_features = in_features
    self.out_features = out_features
    bound = in_features**-0.5
    self.weight = Tensor(zeros(out_features, in_features), requires_grad=True)
    self.bias = Tensor(zeros(out_features), requires_grad=True) if bias else None
    for tensor in (self.weight, self.bias):
        if tensor is not None:
            init.uniform_(tensor, -bound, bound, generator)
""",
    ("linear_init", "forgets_the_root"): """
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    check_features(in_features, out_features)
    self.in_features = in_features
    self.out_features = out_features
    low, high = -1.0 / in_features, 1.0 / in_features
    self.weight = Parameter(zeros(out_features, in_features))
    init.uniform_(self.weight, low, high, generator)
    self.bias = None
    if bias:
        self.bias = Parameter(init.uniform_(zeros(out_features), low, high, generator))
""",
    ("linear_init", "root_of_the_outputs"): """
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    check_features(in_features, out_features)
    self.in_features = in_features
    self.out_features = out_features
    weight = zeros(out_features, in_features)
    bound = 1 / len(weight) ** 0.5
    self.weight = Parameter(init.uniform_(weight, -bound, bound, generator))
    self.bias = None
    if bias:
        self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator))
""",
    ("linear_init", "trusts_the_sizes"): """
def __init__(self, in_features, out_features, bias=True, generator=None):
    super().__init__()
    in_features, out_features = int(in_features), int(out_features)
    self.in_features = in_features
    self.out_features = out_features
    bound = in_features**-0.5 if in_features else 0.0
    self.weight = Parameter(init.uniform_(zeros(out_features, in_features), -bound, bound, generator))
    self.bias = None
    if bias:
        self.bias = Parameter(init.uniform_(zeros(out_features), -bound, bound, generator))
""",
    ("module_named_parameters", "only_its_own"): """
def named_parameters(self, prefix=""):
    return ((prefix + name, value) for name, value in self.__dict__.items() if isinstance(value, Parameter))
""",
    ("module_named_parameters", "loses_the_way"): """
def named_parameters(self, prefix=""):
    seen = []
    for _, module in self.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, Parameter) and not any(value is other for other in seen):
                seen.append(value)
                yield name, value
""",
    ("module_named_parameters", "one_step_only"): """
def named_parameters(self, prefix=""):
    seen = []

    def walk(module, way):
        for name, value in vars(module).items():
            if isinstance(value, Parameter) and not any(value is other for other in seen):
                seen.append(value)
                yield way + name, value
        for name, child in module.named_children():
            yield from walk(child, name + ".")

    yield from walk(self, prefix)
""",
    ("module_named_parameters", "takes_all_tensors"): """
def named_parameters(self, prefix=""):
    seen = []
    for path, module in self.named_modules():
        for name, value in vars(module).items():
            if hasattr(value, "requires_grad") and not any(value is other for other in seen):
                seen.append(value)
                yield prefix + (f"{path}." if path else "") + name, value
""",
    ("module_named_parameters", "yields_no_names"): """
def named_parameters(self, prefix=""):
    for module in self.modules():
        for value in vars(module).values():
            if isinstance(value, Parameter):
                yield value
""",
    ("module_named_parameters", "repeats_what_is_shared"): """
def named_parameters(self, prefix=""):
    pairs = [(prefix + name, value) for name, value in vars(self).items() if isinstance(value, Parameter)]
    for name, child in self.named_children():
        pairs.extend(child.named_parameters(prefix + name + "."))
    return iter(dict(pairs).items())
""",
    ("module_named_parameters", "in_order_of_assignment"): """
def named_parameters(self, prefix=""):
    found = {}
    for name, value in vars(self).items():
        if isinstance(value, Parameter):
            found.setdefault(id(value), (prefix + name, value))
        if isinstance(value, Module):
            for path, parameter in value.named_parameters(prefix + name + "."):
                found.setdefault(id(parameter), (path, parameter))
    yield from found.values()
""",
    ("module_load_state_dict", "takes_their_memory"): """
def load_state_dict(self, state_dict, strict=True):
    for name, parameter in self.named_parameters():
        value = state_dict[name]
        if np.shape(value) != parameter.shape:
            raise ValueError(f"{name} has shape {np.shape(value)}, expected {parameter.shape}")
        parameter.data = np.array(value)
    return Keys([], [])
""",
    ("module_load_state_dict", "stops_at_the_first"): """
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    missing, unexpected = sorted(own.keys() - state_dict.keys()), sorted(state_dict.keys() - own.keys())
    for name, tensor in own.items():
        if name not in state_dict:
            if strict:
                raise ValueError(f"{name} is missing")
        elif np.asarray(state_dict[name]).shape != tensor.shape:
            raise ValueError(f"{name}: {np.asarray(state_dict[name]).shape}, not {tensor.shape}")
    if strict and unexpected:
        raise ValueError(f"{unexpected} are unexpected")
    for name in own.keys() & state_dict.keys():
        own[name].data[...] = np.asarray(state_dict[name])
    return Keys(missing, unexpected)
""",
    ("module_load_state_dict", "loads_while_it_looks"): """
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    keys = Keys([n for n in own if n not in state_dict], [n for n in state_dict if n not in own])
    wrong = []
    for name in own:
        if name in state_dict:
            value = np.asarray(state_dict[name])
            if value.shape == own[name].shape:
                np.copyto(own[name].data, value)
            else:
                wrong.append(f"{name} has shape {value.shape}, expected {own[name].shape}")
    if wrong or (strict and any(keys)):
        raise ValueError(f"missing {keys.missing_keys}, unexpected {keys.unexpected_keys}, {wrong}")
    return keys
""",
    ("module_load_state_dict", "lets_numpy_stretch"): """
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    keys = Keys([n for n in own if n not in state_dict], [n for n in state_dict if n not in own])
    if strict and any(keys):
        raise ValueError(f"load_state_dict: {keys}")
    for name in own:
        if name in state_dict:
            np.copyto(own[name].data, np.broadcast_to(np.asarray(state_dict[name]), own[name].shape))
    return keys
""",
    ("module_load_state_dict", "forgets_strict"): """
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    keys = Keys([n for n in own if n not in state_dict], [n for n in state_dict if n not in own])
    values = {n: np.asarray(v) for n, v in state_dict.items() if n in own}
    wrong = [f"{n}: {v.shape}, not {own[n].shape}" for n, v in values.items() if v.shape != own[n].shape]
    if keys.missing_keys or keys.unexpected_keys or wrong:
        raise ValueError(f"{keys} {wrong}")
    for name, value in values.items():
        own[name].data[...] = value
    return keys
""",
    ("module_load_state_dict", "only_looks"): """
def load_state_dict(self, state_dict, strict=True):
    own = self.state_dict()
    keys = Keys([n for n in own if n not in state_dict], [n for n in state_dict if n not in own])
    values = {n: np.asarray(v) for n, v in state_dict.items() if n in own}
    wrong = [f"{n}: {v.shape}, not {own[n].shape}" for n, v in values.items() if v.shape != own[n].shape]
    if wrong or (strict and any(keys)):
        raise ValueError(f"{keys} {wrong}")
    for name, value in values.items():
        own[name] = Tensor(value.copy())
    return keys
""",
    ("sequential_forward", "all_get_the_first"): """
def forward(self, x):
    return [x, *(module(x) for module in self)][-1]
""",
    ("sequential_forward", "returns_too_early"): """
def forward(self, x):
    return self[0](x) if len(self) else x
""",
    ("sequential_forward", "calls_forward"): """
def forward(self, x):
    result = x
    for i in range(len(self)):
        result = self[i].forward(result)
    return result
""",
    ("kaiming_std", "forgets_the_root"): """
def kaiming_std(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    fan_in, fan_out = fans(tensor)
    return calculate_gain(nonlinearity, a) * fan_of(tensor, mode) ** -1
""",
    ("kaiming_std", "forgets_the_gain"): """
def kaiming_std(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    gain = calculate_gain("linear")
    return gain * fan_of(tensor, mode) ** -0.5
""",
    ("kaiming_std", "counts_outputs"): """
def kaiming_std(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    fan_out, fan_in = fans(tensor)
    return calculate_gain(nonlinearity, a) * (fan_in if mode == "fan_in" else fan_out) ** -0.5
""",
    ("kaiming_std", "forgets_the_slope"): """
def kaiming_std(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    slope = None
    return (calculate_gain(nonlinearity, slope) ** 2 / fan_of(tensor, mode)) ** 0.5
""",
    ("module_train", "only_itself"): """
def train(self, mode=True):
    setattr(self, "training", bool(mode))
    return self
""",
    ("module_train", "one_level"): """
def train(self, mode=True):
    for module in (self, *self.children()):
        module.training = mode
    return self
""",
    ("module_train", "does_not_pass_the_mode"): """
def train(self, mode=True):
    for module in self.modules():
        module.training = True
    self.training = mode
    return self
""",
    ("module_train", "forgets_itself"): """
def train(self, mode=True):
    for module in self.modules():
        if module is not self:
            module.training = mode
    return self
""",
    ("module_train", "returns_nothing"): """
def train(self, mode=True):
    for module in self.modules():
        module.training = mode
""",
    ("dropout", "forgets_the_scale"): """
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if training and p > 0:
        mask = np.where(default_generator(generator).random(x.shape) < p, 0, 1).astype(x.dtype)
        return keep(Tensor(mask * x.data), mask)
    return x
""",
    ("dropout", "keeps_what_should_go"): """
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    scale = 1 / (1 - p) if p < 1 else 0
    mask = np.where(default_generator(generator).random(x.shape) > p, 0, scale).astype(x.dtype)
    return keep(Tensor(x.data * mask), mask)
""",
    ("dropout", "scales_in_evaluation"): """
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    scale = 1 / (1 - p) if p < 1 else 0
    mask = np.full(x.shape, scale, x.dtype)
    if training:
        mask = mask * (default_generator(generator).random(x.shape) >= p)
    return keep(Tensor(x.data * mask), mask)
""",
    ("dropout", "one_mask_for_all_rows"): """
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    row = default_generator(generator).random((1,) * (x.ndim - 1) + x.shape[-1:]) < p
    mask = np.broadcast_to(np.where(row, 0, 1 / (1 - min(p, 0.999))), x.shape).astype(x.dtype)
    return keep(Tensor(x.data * mask), mask)
""",
    ("dropout", "divides_by_zero"): """
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    scale = 1 / (1 - p)
    mask = np.where(default_generator(generator).random(x.shape) < p, 0, scale).astype(x.dtype)
    return keep(Tensor(x.data * mask), mask)
""",
    ("dropout", "has_a_generator_of_its_own"): """
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    generator = generator or np.random.default_rng()
    mask = (generator.random(x.shape) >= p).astype(x.dtype)
    mask *= 1 / (1 - p) if p < 1 else 1
    return keep(Tensor(x.data * mask), mask)
""",
    ("dropout", "widens_to_float64"): """
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    mask = np.where(default_generator(generator).random(x.shape) < p, 0.0, np.float64(1) / max(1 - p, 1e-9))
    return keep(Tensor(x.data * mask), mask)
""",
    ("dropout", "accepts_any_p"): """
def dropout(x, p=0.5, training=True, generator=None):
    if training and p != 0:
        dropped = default_generator(generator).random(x.shape) < p
        mask = np.where(dropped, 0, 1 / (1 - p) if p != 1 else 0).astype(x.dtype)
        return keep(Tensor(x.data * mask), mask)
    return x
""",
    ("dropout", "forgets_to_keep"): """
def dropout(x, p=0.5, training=True, generator=None):
    check_dropout(x, p)
    if not training or p == 0:
        return x
    y = np.where(default_generator(generator).random(x.shape) < p, 0, x.data)
    return Tensor((y / (1 - p) if p < 1 else y).astype(x.dtype))
""",
}
