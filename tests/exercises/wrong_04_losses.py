"""The wrong answers of chapter 04 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WRONG = {
    ("reduce_loss", "divides_by_all"): """
def reduce_loss(losses, reduction="mean", count=None):
    how = {"mean": np.mean, "sum": np.sum, "none": np.asarray}
    return Tensor(how[check_reduction(reduction)](losses))
""",
    ("reduce_loss", "zero_is_no_count"): """
def reduce_loss(losses, reduction="mean", count=None):
    check_reduction(reduction)
    if reduction == "mean":
        if not count:
            return Tensor(losses.mean())
        return Tensor(losses.sum() / count)
    return Tensor(losses.sum() if reduction == "sum" else losses)
""",
    ("reduce_loss", "takes_anything_for_a_mean"): """
def reduce_loss(losses, reduction="mean", count=None):
    if count is None:
        count = losses.size
    result = losses if reduction == "none" else losses.sum()
    if reduction not in ("none", "sum"):
        result = result / count if count else result * np.nan
    return Tensor(result)
""",
    ("reduce_loss", "returns_a_number"): """
def reduce_loss(losses, reduction="mean", count=None):
    check_reduction(reduction)
    if reduction == "sum":
        return np.sum(losses).item()
    if reduction == "mean":
        n = len(losses.reshape(-1)) if count is None else count
        return np.sum(losses).item() / n if n != 0 else np.nan
    return Tensor(losses)
""",
    ("mse_loss", "broadcasts"): """
def mse_loss(pred, target, reduction="mean"):
    squares = (pred - target) ** 2
    return reduce_loss(squares.data, reduction)
""",
    ("mse_loss", "drops_the_sign_only"): """
def mse_loss(pred, target, reduction="mean"):
    x, y = same_shape("mse_loss", pred, target)
    return reduce_loss(((x - y) ** 2) ** 0.5, reduction)
""",
    ("mse_loss", "always_the_mean"): """
def mse_loss(pred, target, reduction="mean"):
    x, y = same_shape("mse_loss", pred, target)
    return reduce_loss((x - y) ** 2)
""",
    ("mse_loss", "works_in_place"): """
def mse_loss(pred, target, reduction="mean"):
    x, y = same_shape("mse_loss", pred, target)
    np.subtract(x, y, out=x)
    return reduce_loss(np.square(x), reduction)
""",
    ("mse_loss_gradient", "uphill"): """
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    return Tensor(-2.0 * (x - y) / x.size)
""",
    ("mse_loss_gradient", "forgets_the_two"): """
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    n = x.size
    return Tensor(x / n - y / n)
""",
    ("mse_loss_gradient", "of_the_sum"): """
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    difference = x - y
    return Tensor(difference + difference)
""",
    ("mse_loss_gradient", "counts_rows"): """
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    rows = x.shape[0] if x.shape else 1
    return Tensor(2.0 * (x - y) / rows)
""",
    ("mse_loss_gradient", "works_in_place"): """
def mse_loss_gradient(pred, target):
    x, y = same_shape("mse_loss_gradient", pred, target)
    np.subtract(x, y, out=x)
    return Tensor(x * 2.0 / x.size)
""",
    ("logsumexp", "naive"): """
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    with np.errstate(all="ignore"):
        total = np.sum(np.exp(array), axis=axes, keepdims=keepdims)
        return Tensor(np.log(total))
""",
    ("logsumexp", "one_maximum_for_all"): """
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    m = np.max(array) if array.size else 0.0
    with np.errstate(all="ignore"):
        return Tensor(m + np.log(np.sum(np.exp(array - m), axis=axes, keepdims=keepdims)))
""",
    ("logsumexp", "does_not_add_it_back"): """
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    highest = np.max(array, axis=axes, keepdims=True, initial=-np.inf)
    z = array - np.where(np.isinf(highest), 0.0, highest)
    with np.errstate(divide="ignore", over="ignore"):
        return Tensor(np.log(np.sum(np.exp(z), axis=axes, keepdims=keepdims)))
""",
    ("logsumexp", "forgets_infinities"): """
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    m = np.max(array, axis=axes, keepdims=True, initial=-np.inf)
    with np.errstate(all="ignore"):
        result = m + np.log(np.sum(np.exp(array - m), axis=axes, keepdims=True))
    if not keepdims:
        result = np.squeeze(result, axis=axes)
    return Tensor(result)
""",
    ("logsumexp", "always_keeps_the_dimension"): """
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    m = array.max(axis=axes, keepdims=True, initial=-np.inf)
    m = np.where(np.isfinite(m), m, 0.0)
    with np.errstate(all="ignore"):
        return Tensor(m + np.log(np.exp(array - m).sum(axis=axes, keepdims=True)))
""",
    ("logsumexp", "works_in_place"): """
def logsumexp(x, axis=-1, keepdims=False):
    axes = check_axes("logsumexp", axis, x.shape)
    array = as_floating(x.data)
    m = array.max(axis=axes, keepdims=True, initial=-np.inf)
    m = np.where(np.isfinite(m), m, 0.0)
    np.subtract(array, m, out=array)
    with np.errstate(all="ignore"):
        out = m + np.log(np.exp(array).sum(axis=axes, keepdims=True))
    return Tensor(out) if keepdims else Tensor(out.squeeze(axes))
""",
    ("logsumexp", "leaves_the_error_to_numpy"): """
def logsumexp(x, axis=-1, keepdims=False):
    with np.errstate(all="ignore"):
        return Tensor(np.logaddexp.reduce(as_floating(x.data), axis=axis, keepdims=keepdims))
""",
    ("cross_entropy", "forgets_the_minus"): """
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = rows - rows.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    losses = log_p[np.arange(len(y)), y]
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, np.exp(log_p), y, ignored)
""",
    ("cross_entropy", "softmax_then_log"): """
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = np.exp(rows - rows.max(axis=-1, keepdims=True))
    p = z / z.sum(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        losses = -np.log(p)[np.arange(len(y)), y]
    losses = np.where(np.isin(np.arange(len(y)), ignored), 0.0, losses)
    return keep(reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored)), p, y, ignored)
""",
    ("cross_entropy", "every_class_of_every_row"): """
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = rows - rows.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    losses = -log_p[:, y]
    return keep(reduce_loss(losses, reduction), np.exp(log_p), y, ignored)
""",
    ("cross_entropy", "subtracts_last"): """
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    log_p = rows - logsumexp(Tensor(rows), keepdims=True).data
    losses = -log_p[range(len(y)), y]
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, np.exp(log_p), y, ignored)
""",
    ("cross_entropy", "counts_what_is_ignored"): """
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = rows - rows.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    losses = -log_p[np.arange(len(y)), y]
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, count=targets.numel())
    return keep(loss, np.exp(log_p), y, ignored)
""",
    ("cross_entropy", "keeps_nothing"): """
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = rows - rows.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    losses = -log_p[np.arange(len(y)), y]
    losses[ignored] = 0.0
    return reduce_loss(losses.reshape(targets.shape), reduction, count=len(y) - len(ignored))
""",
    ("cross_entropy", "works_in_place"): """
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy", logits, targets, ignore_index)
    z = rows
    z -= z.max(axis=-1, keepdims=True)
    p = np.exp(z)
    total = p.sum(axis=-1, keepdims=True)
    losses = np.log(total[:, 0]) - z[np.arange(len(y)), y]
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, p / total, y, ignored)
""",
    ("cross_entropy", "trusts_its_targets"): """
def cross_entropy(logits, targets, reduction="mean", ignore_index=-100):
    z = logits.data - logits.data.max(axis=-1, keepdims=True)
    log_p = (z - np.log(np.exp(z).sum(axis=-1, keepdims=True))).reshape(-1, z.shape[-1])
    y = targets.data.flatten()
    ignored = np.where(y == ignore_index)[0]
    y[ignored] = 0
    losses = -np.array([row[c] for row, c in zip(log_p, y)], z.dtype)
    losses[ignored] = 0.0
    loss = reduce_loss(losses.reshape(targets.shape), reduction, len(y) - len(ignored))
    return keep(loss, np.exp(log_p), y, ignored)
""",
    ("cross_entropy_gradient", "uphill"): """
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    one_hot = (y[:, np.newaxis] == np.arange(rows.shape[-1])).astype(rows.dtype)
    g = (one_hot - softmax(Tensor(rows)).data) / max(len(y) - len(ignored), 1)
    g[ignored] = 0.0
    return Tensor(g.reshape(logits.shape))
""",
    ("cross_entropy_gradient", "of_the_sum"): """
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    one_hot = (y[:, np.newaxis] == np.arange(rows.shape[-1])).astype(rows.dtype)
    g = softmax(Tensor(rows)).data - one_hot
    g[ignored] = 0.0
    return Tensor(g.reshape(logits.shape))
""",
    ("cross_entropy_gradient", "whole_columns"): """
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    one_hot = np.zeros_like(rows)
    one_hot[:, y] = 1.0
    g = (softmax(Tensor(rows)).data - one_hot) / max(len(y) - len(ignored), 1)
    g[ignored] = 0.0
    return Tensor(g.reshape(logits.shape))
""",
    ("cross_entropy_gradient", "pushes_ignored_rows"): """
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    rows, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    one_hot = (y[:, np.newaxis] == np.arange(rows.shape[-1])).astype(rows.dtype)
    g = (softmax(Tensor(rows)).data - one_hot) / max(len(y) - len(ignored), 1)
    return Tensor(g.reshape(logits.shape))
""",
    ("cross_entropy_gradient", "works_in_place"): """
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    p, y, ignored = check_classes("cross_entropy_gradient", logits, targets, ignore_index)
    np.exp(p - p.max(axis=-1, keepdims=True), out=p)
    p /= p.sum(axis=-1, keepdims=True)
    p[np.arange(len(y)), y] -= 1.0
    p[ignored] = 0.0
    return Tensor(p.reshape(logits.shape) / max(len(y) - len(ignored), 1))
""",
    ("cross_entropy_gradient", "trusts_its_targets"): """
def cross_entropy_gradient(logits, targets, ignore_index=-100):
    p = softmax(logits).data.reshape(-1, logits.shape[-1])
    y = targets.data.reshape(-1)
    rows = np.flatnonzero(y != ignore_index)
    p[rows, y[rows]] -= 1.0
    p[y == ignore_index] = 0.0
    return Tensor(p.reshape(logits.shape) / max(len(rows), 1))
""",
    ("binary_cross_entropy_with_logits", "by_way_of_a_probability"): """
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    z = np.exp(-np.abs(logits.data))
    p = np.where(logits.data >= 0, 1 / (1 + z), z / (1 + z))
    return binary_cross_entropy(Tensor(p.astype(logits.dtype)), target, reduction=reduction)
""",
    ("binary_cross_entropy_with_logits", "overflows"): """
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    return reduce_loss(x - y * x + np.log(1.0 + np.exp(-x)), reduction)
""",
    ("binary_cross_entropy_with_logits", "exchanges_yes_and_no"): """
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    no = np.maximum(-x, 0.0) + np.log1p(np.exp(-np.abs(x)))
    yes = x + no
    return reduce_loss(y * yes + (1.0 - y) * no, reduction)
""",
    ("binary_cross_entropy_with_logits", "adds_before_the_logarithm"): """
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    return reduce_loss(np.maximum(x, 0.0) - x * y + np.log(np.exp(-np.abs(x)) + 1.0), reduction)
""",
    ("binary_cross_entropy_with_logits", "works_in_place"): """
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    check_probabilities("binary_cross_entropy_with_logits", "targets", y)
    softplus = np.logaddexp(x.dtype.type(0), -x)
    np.multiply(x, 1.0 - y, out=x)
    return reduce_loss(x + softplus, reduction)
""",
    ("binary_cross_entropy_with_logits", "takes_any_target"): """
def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    x, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    return reduce_loss((1.0 - y) * x + np.logaddexp(0.0, -x), reduction)
""",
}
