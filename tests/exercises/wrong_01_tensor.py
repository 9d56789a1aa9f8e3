"""The wrong answers of chapter 01 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WRONG = {
    ("tensor_init", "keeps_the_list"): """
def __init__(self, data, dtype=None, requires_grad=False):
    self.data = data.data if isinstance(data, Tensor) else list(data) if isinstance(data, tuple) else data
    if dtype is not None:
        self.data = to_array(self.data, dtype)
    self.requires_grad, self.grad = requires_grad, None
""",
    ("tensor_init", "everything_is_float32"): """
def __init__(self, data, dtype="float32", requires_grad=False):
    if isinstance(data, Tensor):
        data = data.data
    self.data = np.array(data).astype(dtype or "float32")
    self.grad = None
    self.requires_grad = requires_grad
""",
    ("tensor_init", "copies"): """
def __init__(self, data, dtype=None, requires_grad=False):
    source = data.data if isinstance(data, Tensor) else data
    self.data = to_array(source, dtype).copy()
    if requires_grad and self.data.dtype.kind != "f":
        raise TypeError(f"Tensor: {self.dtype} cannot require gradients.")
    self.requires_grad = requires_grad
    self.grad = None
""",
    ("tensor_init", "forgets_grad"): """
def __init__(self, data, dtype=None, requires_grad=False):
    self.data = to_array(getattr(data, "data", data) if isinstance(data, Tensor) else data, dtype)
    self.requires_grad = requires_grad
    grad = None
""",
    ("tensor_memory_footprint", "four_bytes_for_all"): """
def memory_footprint(self):
    return self.data.size * ITEMSIZE["float32"]
""",
    ("tensor_memory_footprint", "counts_elements"): """
def memory_footprint(self):
    count = 1
    for size in self.data.shape:
        count *= size
    return count
""",
    ("tensor_memory_footprint", "counts_rows"): """
def memory_footprint(self):
    rows = self.shape[0] if self.shape else 1
    return rows * self.data.itemsize
""",
    ("broadcast_shapes", "lines_up_on_the_left"): """
def broadcast_shapes(a, b):
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    result = list(longer)
    for i, size in enumerate(shorter):
        if result[i] == 1:
            result[i] = size
        elif size != 1 and size != result[i]:
            raise ValueError(f"cannot broadcast {tuple(a)} with {tuple(b)}")
    return tuple(result)
""",
    ("broadcast_shapes", "takes_the_larger"): """
def broadcast_shapes(a, b):
    result = []
    for i in range(1, max(len(a), len(b)) + 1):
        m = a[-i] if i <= len(a) else 1
        n = b[-i] if i <= len(b) else 1
        if m == n or m == 1 or n == 1:
            result.insert(0, m if m > n else n)
        else:
            raise ValueError(f"cannot broadcast {tuple(a)} with {tuple(b)}")
    return tuple(result)
""",
    ("broadcast_shapes", "refuses_nothing"): """
def broadcast_shapes(a, b):
    result = []
    for i in range(1, max(len(a), len(b)) + 1):
        m = a[-i] if i <= len(a) else 1
        n = b[-i] if i <= len(b) else 1
        result.insert(0, n if m == 1 else m)
    return tuple(result)
""",
    ("broadcast_shapes", "bare_assert"): """
def broadcast_shapes(a, b):
    result = []
    for i in range(1, max(len(a), len(b)) + 1):
        m = a[-i] if i <= len(a) else 1
        n = b[-i] if i <= len(b) else 1
        assert m == n or 1 in (m, n), f"shapes {tuple(a)} and {tuple(b)} do not fit"
        result.insert(0, n if m == 1 else m)
    return tuple(result)
""",
    ("tensor_add", "returns_numpy"): """
def __add__(self, other):
    x, y = operands("+", self, other)
    return np.add(x, y)
""",
    ("tensor_add", "works_in_place"): """
def __add__(self, other):
    _, b = operands("+", self, other)
    try:
        self.data += b
    except (TypeError, ValueError):
        self.data = self.data + b
    return self
""",
    ("tensor_add", "wants_a_tensor"): """
def __add__(self, other):
    shape = broadcast_shapes(self.data.shape, other.data.shape)
    out = np.empty(shape, dtype=self.data.dtype)
    np.add(self.data, other.data, out=out)
    return Tensor(out)
""",
    ("tensor_add", "wants_equal_shapes"): """
def __add__(self, other):
    a, b = operands("+", self, other)
    if a.ndim and b.ndim:
        assert a.shape == b.shape
    return Tensor(a + b)
""",
    ("tensor_matmul", "multiplies_elements"): """
def matmul(self, other):
    a, b = operands("@", self, other)
    return Tensor(a * b)
""",
    ("tensor_matmul", "swaps_the_sides"): """
def matmul(self, other):
    a, b = same_dtype("@", other, self)
    return Tensor(np.matmul(a, b))
""",
    ("tensor_matmul", "dots_stacks"): """
def matmul(self, other):
    a, b = same_dtype("@", self, other)
    return Tensor(np.tensordot(a, b, axes=([a.ndim - 1], [max(b.ndim - 2, 0)])))
""",
    ("tensor_matmul", "leaves_the_error_to_numpy"): """
def matmul(self, other):
    left, right = same_dtype("@", self, other)
    try:
        return Tensor(left @ right)
    except ValueError as error:
        raise ValueError(f"matmul failed: {error}")
""",
    ("tensor_reshape", "changes_itself"): """
def reshape(self, *shape):
    wanted = sizes(shape)
    self.data.shape = wanted
    return self
""",
    ("tensor_reshape", "copies"): """
def reshape(self, *shape):
    return Tensor(np.array(self.data.flatten().tolist(), dtype=self.dtype).reshape(sizes(shape)))
""",
    ("tensor_reshape", "repeats_to_fill"): """
def reshape(self, *shape):
    new = sizes(shape)
    if -1 in new:
        return Tensor(self.data.reshape(new))
    flat = self.data.ravel()
    count = numel(new)
    while 0 < flat.size < count:
        flat = np.concatenate([flat, flat])
    return Tensor(flat[:count].reshape(new))
""",
    ("tensor_reshape", "goes_by_columns"): """
def reshape(self, *shape):
    flat = self.data.T.ravel()
    return Tensor(flat.reshape(sizes(shape)[::-1]).T)
""",
    ("tensor_transpose", "reshapes"): """
def transpose(self, dim0, dim1):
    new = list(self.data.shape)
    new[dim0] = self.data.shape[dim1]
    new[dim1] = self.data.shape[dim0]
    return Tensor(self.data.reshape(tuple(new)))
""",
    ("tensor_transpose", "reverses_all"): """
def transpose(self, dim0, dim1):
    for dim in (dim0, dim1):
        check_axis("transpose", dim, self.shape)
    return Tensor(np.transpose(self.data))
""",
    ("tensor_transpose", "copies"): """
def transpose(self, dim0, dim1):
    order = list(range(self.ndim))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return Tensor(self.data.transpose(order).copy())
""",
    ("tensor_transpose", "leaves_the_error_to_numpy"): """
def transpose(self, dim0, dim1):
    order = list(range(self.ndim))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return Tensor(self.data.transpose(order))
""",
    ("tensor_getitem", "returns_numpy"): """
def __getitem__(self, index):
    if isinstance(index, Tensor):
        index = index.data
    try:
        return self.data[index]
    except IndexError as error:
        raise IndexError(f"{error} (shape {self.shape})")
""",
    ("tensor_getitem", "copies"): """
def __getitem__(self, index):
    return Tensor(np.array(self.data[to_index(index)]))
""",
    ("tensor_getitem", "swallows_the_error"): """
def __getitem__(self, index):
    try:
        return Tensor(self.data[to_index(index)])
    except Exception as error:
        print("something went wrong:", error)
        return Tensor([])
""",
    ("tensor_getitem", "hides_the_shape"): """
def __getitem__(self, index):
    try:
        return Tensor(self.data[to_index(index)])
    except IndexError:
        raise IndexError("index out of range")
""",
    ("tensor_sum", "forgets_keepdims"): """
def sum(self, axis=None, keepdims=False):
    axes = check_axes("sum", axis, self.shape)
    total = np.sum(self.data, axis=axes, dtype=self.dtype if is_floating(self.dtype) else "int32")
    return Tensor(np.squeeze(total))
""",
    ("tensor_sum", "axis_zero_is_false"): """
def sum(self, axis=None, keepdims=False):
    axes = check_axes("sum", axis or None, self.shape)
    dtype = self.dtype if is_floating(self.dtype) else "int32"
    return Tensor(self.data.sum(axis=axes, keepdims=keepdims, dtype=dtype))
""",
    ("tensor_sum", "returns_a_number"): """
def sum(self, axis=None, keepdims=False):
    axes = check_axes("sum", axis, self.shape)
    dtype = self.dtype if is_floating(self.dtype) else "int32"
    total = Tensor(self.data.sum(axis=axes, keepdims=keepdims, dtype=dtype))
    return total.item() if total.ndim == 0 else total
""",
    ("tensor_sum", "stays_in_eight_bits"): """
def sum(self, axis=None, keepdims=False):
    axes = check_axes("sum", axis, self.shape)
    total = self.data.sum(axis=axes, keepdims=keepdims)
    return Tensor(total.astype(self.data.dtype))
""",
}
