"""Everything by hand in NumPy, forward and backward: what all others are measured by."""

from __future__ import annotations

from functools import partial

import numpy as np
import workloads as w


def w1():
    a, b = w.matrices()
    return lambda: a @ b


def softmax(x):
    exps = x - np.fmax.reduce(x, -1, keepdims=True)
    np.exp(exps, out=exps)
    exps /= (exps @ np.ones(x.shape[-1], "float32"))[..., np.newaxis]  # on short rows faster than a sum
    return exps


def w3a():
    x = w.row()
    return lambda: softmax(x)


def w3b():
    x = w.heads()
    return lambda: softmax(x)


def step(parameters, x, y):
    """Train 784-128-10 on one batch, and return the loss."""
    w1, b1, w2, b2 = parameters
    hidden = x @ w1.T
    hidden += b1
    np.maximum(hidden, 0, out=hidden)
    logits = hidden @ w2.T
    logits += b2

    logits -= np.fmax.reduce(logits, 1, keepdims=True)
    rows = np.arange(len(y))
    chosen = logits[rows, y]
    p = np.exp(logits, out=logits)
    sums = np.add.reduce(p, 1, keepdims=True)
    loss = (np.log(sums[:, 0]) - chosen).sum() / len(y)

    p /= sums
    p[rows, y] -= 1
    p *= 1 / len(y)
    to_hidden = p @ w2
    to_hidden *= hidden > 0
    for parameter, gradient in (
        (w2, p.T @ hidden),
        (b2, np.add.reduce(p, 0)),
        (w1, to_hidden.T @ x),
        (b1, np.add.reduce(to_hidden, 0)),
    ):
        gradient *= w.LR
        parameter -= gradient
    return loss


def w4a():
    parameters = w.layers()
    x, y = w.pictures(w.BATCH)
    return lambda: step(parameters, x, y)


def w4b():
    x, y = w.pictures()
    order = w.order()
    return lambda: w.epoch(partial(step, w.layers()), x, y, order)


def w7():
    x = np.ones((), dtype="float32")

    def adds():
        values = [x]
        for _ in range(w.ADDS):
            values.append(np.asarray(values[-1] + x))
        gradient, of_x = np.ones_like(x), np.zeros_like(x)
        for _ in range(w.ADDS):
            of_x = np.asarray(of_x + gradient)
        return of_x + gradient

    return adds


def w8():
    p, g = w.floats(2, w.PARAMETERS)
    m, v = np.zeros_like(p), np.zeros_like(p)
    size, move = np.empty(1 << 16, "float32"), np.empty(1 << 16, "float32")
    steps = 0

    def adam():
        nonlocal steps
        steps += 1
        root, rate = (1 - 0.999**steps) ** 0.5, 1e-3 / (1 - 0.9**steps)
        for start in range(0, len(p), 1 << 16):
            part = slice(start, start + (1 << 16))
            data, grad, mean, square = p[part], g[part], m[part], v[part]
            one, two = size[: len(data)], move[: len(data)]
            mean *= 0.9
            np.multiply(grad, 0.1, out=one)
            mean += one
            square *= 0.999
            np.multiply(grad, grad, out=one)
            one *= 0.001
            square += one
            np.sqrt(square, out=one)
            one /= root
            one += 1e-8
            np.divide(mean, one, out=two)
            two *= rate
            data -= two
        return p.sum()

    return adam
