"""The wrong answers of chapter 05 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WALK = """
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        return accumulate(self, start)
    arrived = {}
    arrived[self.grad_fn] = START
    order = topological_order(self.grad_fn)
    while order:
        node = order.pop(0)
        g = arrived[node]
        for tensor, share in node.gradients(g):
            SHARE
        RELEASE
"""


def walk(share, start="start", release="None if retain_graph else node.release()"):
    """Make an answer to `backward` of its three places where mistakes are made."""
    lines = share.strip("\n").split("\n")
    indented = "\n".join(lines[:1] + [" " * 12 + line for line in lines[1:]])
    return WALK.replace("START", start).replace("SHARE", indented).replace("RELEASE", release)


AT_THE_END = """
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        return accumulate(self, start)
    sums = {self.grad_fn: start}
    for node in topological_order(self.grad_fn):
        for tensor, share in node.gradients(sums[node]):
            key = KEY
            sums[key] = np.add(sums[key], share) if key in sums else share
        if not retain_graph:
            node.release()
    for key, total in sums.items():
        if not isinstance(key, Node):
            AT_THE_END
"""

RIGHT = """
if tensor.grad_fn is not None:
    arrived[tensor.grad_fn] = arrived[tensor.grad_fn] + share if tensor.grad_fn in arrived else share
else:
    accumulate(tensor, share)
"""

WRONG = {
    ("numerical_gradient", "one_side"): """
def numerical_gradient(f, x, eps=1e-6):
    slopes = []
    for position in np.ndindex(x.shape):
        kept = x.data[position]
        less = float(f(x))
        x.data[position] = kept + eps
        more = float(f(x))
        x.data[position] = kept
        slopes.append((more - less) / eps)
    return np.array(slopes, x.dtype).reshape(x.shape)
""",
    ("numerical_gradient", "divides_by_eps"): """
def numerical_gradient(f, x, eps=1e-6):
    slopes = np.empty(x.shape, x.dtype)
    for position in np.ndindex(*x.shape):
        kept, sides = x.data[position], []
        for side in (kept - eps, kept + eps):
            x.data[position] = side
            sides.append(float(f(x)))
        x.data[position] = kept
        slopes[position] = np.diff(sides)[0] / eps
    return slopes
""",
    ("numerical_gradient", "adds_and_subtracts"): """
def numerical_gradient(f, x, eps=1e-6):
    slopes = np.zeros(x.shape)
    for position in np.ndindex(x.shape):
        x.data[position] -= eps
        less = float(f(x))
        x.data[position] += eps * 2
        slopes[position] = (float(f(x)) - less) / eps / 2
        x.data[position] -= eps
    return slopes
""",
    ("numerical_gradient", "forgets_to_put_back"): """
def numerical_gradient(f, x, eps=1e-6):
    slopes = np.zeros(x.shape)
    for position in np.ndindex(x.shape):
        here = x.data[position]
        x.data[position] = here - eps
        less = float(f(x))
        x.data[position] = here + eps
        slopes[position] = (float(f(x)) - less) / (2 * eps)
    return slopes
""",
    ("numerical_gradient", "changes_a_copy"): """
def numerical_gradient(f, x, eps=1e-6):
    slopes = np.zeros(x.shape)
    for position in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[position] = eps
        slopes[position] = float(f(x + step)) - float(f(x - step))
    return slopes / (2 * eps)
""",
    ("mul_gradient", "swaps"): """
def mul_gradient(grad, out, a, b):
    of_a = a * grad
    of_b = b * grad
    return (of_a, of_b)
""",
    ("mul_gradient", "forgets_grad"): """
def mul_gradient(grad, out, a, b):
    return np.zeros_like(grad) + b, np.zeros_like(grad) + a
""",
    ("mul_gradient", "one_gradient"): """
def mul_gradient(grad, out, a, b):
    return np.multiply(b, grad)
""",
    ("mul_gradient", "divides_the_product"): """
def mul_gradient(grad, out, a, b):
    return lambda: grad * (out / a), lambda: grad * (out / b)
""",
    ("mul_gradient", "asks_for_arrays_of_arrays"): """
def mul_gradient(grad, out, a, b):
    if a.shape != b.shape:
        pass
    return b * grad, a * grad
""",
    ("unbroadcast", "first_row"): """
def unbroadcast(grad, shape):
    extra = grad.ndim - len(shape)
    grad = grad[(0,) * extra]
    return grad.sum(axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True)
""",
    ("unbroadcast", "forgets_ones"): """
def unbroadcast(grad, shape):
    return grad.sum(axis=tuple(range(grad.ndim - len(shape))))
""",
    ("unbroadcast", "takes_the_mean"): """
def unbroadcast(grad, shape):
    for _ in range(grad.ndim - len(shape)):
        grad = grad.sum(axis=0) / max(len(grad), 1)
    for i in range(len(shape)):
        if shape[i] == 1:
            grad = grad.sum(axis=i, keepdims=True) / max(grad.shape[i], 1)
    return grad
""",
    ("unbroadcast", "loses_ones"): """
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis in reversed(range(len(shape))):
        if shape[axis] == 1:
            grad = grad.sum(axis=axis)
    return grad
""",
    ("matmul_gradient", "forgets_to_transpose"): """
def matmul_gradient(grad, out, a, b):
    grad, a, b = as_matrices(grad, a, b)
    return lambda: gemm(grad, b), lambda: gemm(a, grad)
""",
    ("matmul_gradient", "wrong_order"): """
def matmul_gradient(grad, out, a, b):
    g, rows, columns = as_matrices(grad, a, b)
    of_a = gemm(np.swapaxes(columns, -1, -2), g)
    of_b = gemm(g, np.swapaxes(rows, -1, -2))
    return of_a, of_b
""",
    ("matmul_gradient", "reverses_stacks"): """
def matmul_gradient(grad, out, a, b):
    g, rows, columns = as_matrices(grad, a, b)
    of_b = gemm(np.transpose(rows), g)
    if b.ndim == 1:
        of_b = of_b[..., 0]
    return gemm(g, np.transpose(columns)), of_b
""",
    ("matmul_gradient", "leaves_the_column"): """
def matmul_gradient(grad, out, a, b):
    g, rows, columns = as_matrices(grad, a, b)
    return lambda: gemm(g, columns.swapaxes(-1, -2)), lambda: gemm(rows.swapaxes(-1, -2), g)
""",
    ("matmul_gradient", "element_by_element"): """
def matmul_gradient(grad, out, a, b):
    g, rows, columns = as_matrices(grad, a, b)
    return np.multiply(g, columns), np.multiply(g, rows)
""",
    ("sum_gradient", "leaves_it_small"): """
def sum_gradient(grad, out, x, axis=None, keepdims=False):
    return with_dims(grad, x.shape, axis, keepdims) if axis is not None else grad.copy()
""",
    ("sum_gradient", "does_not_line_up"): """
def sum_gradient(grad, out, x, axis=None, keepdims=False):
    return np.ones_like(x) * grad
""",
    ("sum_gradient", "divides"): """
def sum_gradient(grad, out, x, axis=None, keepdims=False):
    spread = np.broadcast_to(with_dims(grad, x.shape, axis, keepdims), x.shape)
    return spread / (x.size / grad.size)
""",
    ("sum_gradient", "times_x"): """
def sum_gradient(grad, out, x, axis=None, keepdims=False):
    return np.multiply(x, with_dims(grad, x.shape, axis, keepdims))
""",
    ("getitem_gradient", "assigns"): """
def getitem_gradient(grad, out, x, index):
    gradient = np.zeros(x.shape, grad.dtype)
    gradient[to_index(index)] += grad
    return gradient
""",
    ("getitem_gradient", "returns_the_selection"): """
def getitem_gradient(grad, out, x, index):
    return np.array(grad) + np.zeros_like(grad)
""",
    ("getitem_gradient", "returns_nothing"): """
def getitem_gradient(grad, out, x, index):
    gradient = np.zeros(x.shape, grad.dtype)
    add_at(gradient, to_index(index), grad)
""",
    ("getitem_gradient", "makes_float64"): """
def getitem_gradient(grad, out, x, index):
    whole = np.zeros_like(x, dtype="float64")
    np.add.at(whole, to_index(index), grad)
    return whole
""",
    ("cross_entropy_rule", "changes_what_was_kept"): """
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    rows, y, ignored = kept
    for i, label in enumerate(y):
        rows[i, label] -= 1
    rows[ignored] = 0
    count = max(len(y) - len(ignored), 1) if reduction == "mean" else 1
    scale = grad.reshape(-1, 1) if reduction == "none" else grad
    return (rows * scale / count).reshape(logits.shape)
""",
    ("cross_entropy_rule", "forgets_grad"): """
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    rows = p - np.eye(p.shape[1])[y]
    rows[ignored] = 0
    return rows.reshape(logits.shape) / max(len(y) - len(ignored), 1)
""",
    ("cross_entropy_rule", "counts_ignored_rows"): """
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    rows = p - np.eye(p.shape[1])[y]
    rows[ignored] = 0
    scale = {"mean": grad / len(rows), "sum": grad, "none": grad.reshape(-1, 1)}[reduction]
    return (rows * scale).reshape(logits.shape)
""",
    ("cross_entropy_rule", "forgets_the_mean"): """
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    rows = p - np.eye(p.shape[1])[y]
    rows[ignored] = 0
    if reduction == "none":
        grad = grad[..., np.newaxis].reshape(-1, 1)
    return (rows * grad).reshape(logits.shape)
""",
    ("cross_entropy_rule", "a_row_of_gradients"): """
def cross_entropy_gradient(grad, kept, logits, targets, reduction="mean", ignore_index=-100):
    p, y, ignored = kept
    rows = p - np.eye(p.shape[1])[y]
    rows[ignored] = 0
    scale = grad / max(len(y) - len(ignored), 1) if reduction == "mean" else grad.reshape(-1)
    return np.multiply(rows, scale).reshape(logits.shape)
""",
    ("topological_order", "recursion"): """
def topological_order(last):
    seen = {}

    def list_with_parents(node):
        if node in seen:
            return
        for parent in node.parents():
            list_with_parents(parent)
        seen[node] = True

    list_with_parents(last)
    return list(reversed(seen))
""",
    ("topological_order", "in_order_of_discovery"): """
def topological_order(last):
    order = [last]
    for node in order:
        for parent in node.parents():
            if parent not in order[-50:] and parent not in set(order):
                order.append(parent)
    return order
""",
    ("topological_order", "oldest_first"): """
def topological_order(last):
    seen, stack = {}, [last]
    while stack:
        node = stack[-1]
        missing = [parent for parent in node.parents() if parent not in seen]
        if missing:
            stack.append(missing[0])
        else:
            seen[stack.pop()] = True
    return list(seen)
""",
    ("topological_order", "every_way"): """
def topological_order(last):
    order, stack = [], [last]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            order.insert(0, node[0])
            continue
        stack.append((node,))
        stack.extend(node.parents())
    return order
""",
    ("backward", "every_way"): """
def backward(self, gradient=None, retain_graph=False):
    start = first_gradient(self, gradient)
    if self.grad_fn is None:
        return accumulate(self, start)
    level = [(self.grad_fn, start)]
    while level:
        above = []
        for node, g in level:
            for tensor, share in node.gradients(g):
                if tensor.grad_fn is not None:
                    above.append((tensor.grad_fn, share))
                else:
                    accumulate(tensor, share)
        level = above
""",
    ("backward", "overwrites"): walk("""
if tensor.grad_fn is None:
    accumulate(tensor, share)
else:
    arrived.update({tensor.grad_fn: share})
"""),
    ("backward", "adds_in_place"): walk("""
if tensor.grad_fn is None:
    accumulate(tensor, share)
elif tensor.grad_fn in arrived:
    np.add(arrived[tensor.grad_fn], share, out=arrived[tensor.grad_fn])
else:
    arrived[tensor.grad_fn] = share
"""),
    ("backward", "keeps_everything"): walk(RIGHT, release="pass"),
    ("backward", "always_releases"): walk(RIGHT, release="node.release()"),
    ("backward", "sets_leaves"): walk("""
if tensor.grad_fn is not None:
    arrived[tensor.grad_fn] = arrived[tensor.grad_fn] + share if tensor.grad_fn in arrived else share
else:
    tensor.grad = None
    accumulate(tensor, share)
"""),
    ("backward", "replaces_what_was_there"): AT_THE_END.replace(
        "KEY", "tensor if tensor.grad_fn is None else tensor.grad_fn"
    ).replace("AT_THE_END", "key.grad = Tensor(total)"),
    ("backward", "waits_for_nodes_only"): AT_THE_END.replace("KEY", "tensor.grad_fn").replace(
        "AT_THE_END", "accumulate(key, total)"
    ),
    ("backward", "a_gradient_for_all"): walk("""
if tensor.grad_fn is not None:
    arrived[tensor.grad_fn] = arrived[tensor.grad_fn] + share if tensor.grad_fn in arrived else share
    tensor.grad = Tensor(arrived[tensor.grad_fn])
else:
    accumulate(tensor, share)
"""),
    ("backward", "forgets_leaves"): walk("""
if tensor.grad_fn is not None:
    arrived[tensor.grad_fn] = arrived[tensor.grad_fn] + share if tensor.grad_fn in arrived else share
"""),
    ("backward", "starts_from_one"): walk(RIGHT, start="np.ones(self.shape, self.dtype)"),
}
