"""The wrong answers of chapter 02 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WRONG = {
    ("relu", "absolute_value"): """
def relu(x):
    a = x.data
    return Tensor(np.where(a < 0, -a, a))
""",
    ("relu", "largest_along_an_axis"): """
def relu(x):
    largest = x.data.max(axis=0)
    return Tensor(largest)
""",
    ("relu", "pythons_max"): """
def relu(x):
    return max(Tensor(0.0), x)
""",
    ("relu", "multiplies_by_a_mask"): """
def relu(x):
    mask = (x > 0).to(x.dtype)
    return x * mask
""",
    ("relu", "loses_nan"): """
def relu(x):
    a = x.data.copy()
    a[~(a > 0)] = 0
    return Tensor(a)
""",
    ("relu", "works_in_place"): """
def relu(x):
    np.maximum(x.data, 0, out=x.data)
    return Tensor(x.data)
""",
    ("sigmoid", "overflows"): """
def sigmoid(x):
    return x.exp() / (1 + x.exp())
""",
    ("sigmoid", "forgets_the_sign"): """
def sigmoid(x):
    a = np.abs(as_floating(x.data))
    return Tensor(1 - np.exp(-a) / (1 + np.exp(-a)))
""",
    ("sigmoid", "falls"): """
def sigmoid(x):
    a = as_floating(-x.data)
    z = np.exp(-np.abs(a))
    return Tensor(np.maximum(z, a >= 0) / (1 + z))
""",
    ("sigmoid", "one_minus"): """
def sigmoid(x):
    a = as_floating(x.data)
    small = np.exp(-np.abs(a))
    out = 1 / (1 + small)
    out = np.where(a < 0, np.asarray(1, a.dtype) - out, out)
    return Tensor(out)
""",
    ("sigmoid", "becomes_float64"): """
def sigmoid(x):
    out = np.zeros(x.shape)
    a = x.data.astype("float64")
    z = np.exp(-np.abs(a))
    out[...] = np.maximum(z, a >= 0) / (1 + z)
    return Tensor(out if x.dtype != "float32" else out.astype("float32"))
""",
    ("sigmoid", "works_in_place"): """
def sigmoid(x):
    a = as_floating(x.data)
    numerator = np.exp(np.minimum(a, 0))
    a[a > 0] *= -1
    return Tensor(numerator / (1 + np.exp(a)))
""",
    ("tanh", "through_the_sigmoid"): """
def tanh(x):
    a = as_floating(x.data)
    z = np.exp(-2 * np.abs(np.clip(a, -100, 100)))
    return Tensor(np.sign(a) * (1 - z) / (1 + z))
""",
    ("tanh", "overflows"): """
def tanh(x):
    up, down = np.exp(as_floating(x.data)), np.exp(-as_floating(x.data))
    return Tensor((up - down) / (up + down))
""",
    ("tanh", "half_the_exponent"): """
def tanh(x):
    a = np.clip(as_floating(x.data), -20, 20)
    return Tensor(np.expm1(a) / (np.exp(a) + 1))
""",
    ("tanh", "becomes_float64"): """
def tanh(x):
    t = np.expm1(2 * np.clip(x.data, -20, 20))
    return Tensor(np.divide(t, t + 2))
""",
    ("gelu", "numpys_constant"): """
def gelu(x):
    c = np.float64(0.7978845608028654)
    a = as_floating(x.data)
    with np.errstate(over="ignore"):
        return Tensor(a / (1 + np.exp(-2 * c * (a + 0.044715 * a * a * a))))
""",
    ("gelu", "half_the_exponent"): """
def gelu(x):
    c = _TWICE_ROOT / 2
    return x * sigmoid(c * (x + 0.044715 * x * x * x))
""",
    ("gelu", "the_other_approximation"): """
def gelu(x):
    a = as_floating(x.data)
    with np.errstate(over="ignore"):
        return Tensor(a / (1 + np.exp(-1.702 * a)))
""",
    ("gelu", "overflows"): """
def gelu(x):
    power = (_TWICE_ROOT * (x + 0.044715 * x * x * x)).exp()
    return x * (power / (power + 1))
""",
    ("gelu", "through_tanh"): """
def gelu(x):
    a = as_floating(x.data)
    u = math.sqrt(2 / math.pi) * a * (1 + 0.044715 * a * a)
    half = Tensor(a * 0.5)
    return half + half * tanh(Tensor(u))
""",
    ("gelu", "works_in_place"): """
def gelu(x):
    a = as_floating(x.data)
    share = sigmoid(_TWICE_ROOT * (x + 0.044715 * x * x * x))
    return Tensor(np.multiply(a, share.data, out=a))
""",
    ("softmax", "overflows"): """
def softmax(x, axis=-1):
    powers = x.exp()
    return powers / powers.sum(axis=check_axis("softmax", axis, x.shape), keepdims=True)
""",
    ("softmax", "forgets_the_sum"): """
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    powers = np.exp(a - np.max(a, axis=axis, keepdims=True))
    return Tensor(powers / powers.max(axis=axis, keepdims=True))
""",
    ("softmax", "one_largest_for_all"): """
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    top = np.max(a) if a.size else 0
    powers = np.exp(a - top)
    return Tensor(powers / powers.sum(axis=axis, keepdims=True))
""",
    ("softmax", "forgets_keepdims"): """
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    powers = np.exp(a - np.max(a, axis=axis, keepdims=True))
    total = np.sum(powers, axis=axis)
    return Tensor(powers / total)
""",
    ("softmax", "sums_everything"): """
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    powers = np.exp(a - a.max(axis=axis, keepdims=True))
    return Tensor(powers / np.sum(powers))
""",
    ("softmax", "works_in_place"): """
def softmax(x, axis=-1):
    a, axis = along("softmax", x, axis)
    with np.errstate(invalid="ignore"):
        np.subtract(a, a.max(axis=axis, keepdims=True, initial=-np.inf), out=a)
    np.exp(a, out=a)
    np.divide(a, a.sum(axis=axis, keepdims=True), out=a)
    return Tensor(a)
""",
    ("log_softmax", "logarithm_of_softmax"): """
def log_softmax(x, axis=-1):
    a, axis = along("log_softmax", x, axis)
    with np.errstate(invalid="ignore"):
        e = np.exp(a - a.max(axis=axis, keepdims=True, initial=-np.inf))
    return Tensor(np.log(e / e.sum(axis=axis, keepdims=True)))
""",
    ("log_softmax", "overflows"): """
def log_softmax(x, axis=-1):
    powers = np.exp(as_floating(x.data))
    return x - Tensor(np.log(powers.sum(axis=axis, keepdims=True)))
""",
    ("log_softmax", "adds_before_it_subtracts"): """
def log_softmax(x, axis=-1):
    a, axis = along("log_softmax", x, axis)
    m = np.max(a, axis=axis, keepdims=True)
    log_total = np.log(np.sum(np.exp(a - m), axis=axis, keepdims=True))
    return x - Tensor(log_total + m)
""",
    ("log_softmax", "shifts_one_side"): """
def log_softmax(x, axis=-1):
    a, axis = along("log_softmax", x, axis)
    top = a.max(axis=axis, keepdims=True, initial=-np.inf)
    total = np.exp(a - top).sum(axis=axis, keepdims=True)
    return Tensor(a) - Tensor(total).log()
""",
    ("log_softmax", "forgets_keepdims"): """
def log_softmax(x, axis=-1):
    a, axis = along("log_softmax", x, axis)
    top = np.max(a, axis=axis)
    return Tensor(a - top - np.log(np.exp(a - top).sum(axis=axis)))
""",
}
