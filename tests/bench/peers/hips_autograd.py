"""HIPS autograd, which differentiates NumPy's own functions; what it lacks is composed of them."""

from __future__ import annotations

import autograd.numpy as np
import workloads as w
from autograd import grad, value_and_grad


def w1():
    a, b = w.matrices()
    return lambda: np.matmul(a, b)


def softmax(x):
    exps = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return exps / np.sum(exps, axis=-1, keepdims=True)


def w3a():
    x = w.row()
    return lambda: softmax(x)


def w3b():
    x = w.heads()
    return lambda: softmax(x)


def loss_of(parameters, x, y):
    w1, b1, w2, b2 = parameters
    hidden = np.maximum(np.dot(x, w1.T) + b1, 0)
    logits = np.dot(hidden, w2.T) + b2
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(y)), y])


loss_and_gradients = value_and_grad(loss_of)


def network():
    parameters = list(w.layers())

    def step(x, y):
        loss, gradients = loss_and_gradients(parameters, x, y)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= w.LR * gradient
        return loss

    return step


def w4a():
    step = network()
    x, y = w.pictures(w.BATCH)
    return lambda: step(x, y)


def w4b():
    x, y = w.pictures()
    order = w.order()
    return lambda: w.epoch(network(), x, y, order)


def w7():
    gradient = grad(w.chain)
    return lambda: gradient(np.array(1.0, dtype="float32"))
