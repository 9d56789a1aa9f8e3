"""mygrad, an educational autograd for NumPy."""

from __future__ import annotations

import mygrad as mg
import workloads as w
from mygrad.nnet.activations import relu, softmax
from mygrad.nnet.losses import softmax_crossentropy


def w1():
    a, b = map(mg.tensor, w.matrices())
    return lambda: a @ b


def w3a():
    x = mg.tensor(w.row(), constant=True)
    return lambda: softmax(x)


def w3b():
    x = mg.tensor(w.heads(), constant=True)
    return lambda: softmax(x)


def network():
    parameters = [mg.tensor(array) for array in w.layers()]

    def step(x, y):
        w1, b1, w2, b2 = parameters
        hidden = relu(mg.matmul(x, w1.T) + b1)
        loss = softmax_crossentropy(mg.matmul(hidden, w2.T) + b2, y)
        loss.backward()
        for parameter in parameters:
            parameter.data -= w.LR * parameter.grad
        return loss

    return step


def w4a():
    step = network()
    x, y = w.pictures(w.BATCH)
    return lambda: step(x, y).item()


def w4b():
    x, y = w.pictures()
    order = w.order()
    return lambda: w.epoch(network(), x, y, order).item()


def w7():
    def adds():
        x = mg.tensor(1.0, dtype="float32")
        w.chain(x).backward()
        return x.grad.item()

    return adds
