"""TinyTorch, written as its chapters write it."""

from __future__ import annotations

import numpy as np
import workloads as w

from tinytorch import Tensor, enable_autograd, nn
from tinytorch.data import DataLoader, TensorDataset
from tinytorch.nn import functional as F
from tinytorch.optim import SGD, Adam

enable_autograd()


def w1():
    a, b = map(Tensor, w.matrices())
    return lambda: a @ b


def w3a():
    x = Tensor(w.row())
    return lambda: F.softmax(x)


def w3b():
    x = Tensor(w.heads())
    return lambda: F.softmax(x)


def network():
    """Return a training step for 784-128-10."""
    model = nn.Sequential(nn.Linear(w.PIXELS, w.HIDDEN), nn.ReLU(), nn.Linear(w.HIDDEN, w.CLASSES))
    for parameter, array in zip(model.parameters(), w.layers(), strict=True):
        parameter.data[...] = array
    loss_function = nn.CrossEntropyLoss()
    optimizer = SGD(model.parameters(), lr=w.LR)

    def step(x, y):
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def w4a():
    step = network()
    x, y = map(Tensor, w.pictures(w.BATCH))
    return lambda: step(x, y).item()


def w4b():
    data = TensorDataset(*map(Tensor, w.pictures()))
    loader = DataLoader(data, batch_size=w.BATCH, sampler=InOrder())

    def epoch():
        step = network()
        for x, y in loader:
            loss = step(x, y)
        return loss.item()

    return epoch


class InOrder:
    """The order that all frameworks take, as a sampler."""

    def __init__(self):
        self._order = w.order().tolist()

    def __len__(self):
        return len(self._order)

    def indices(self, epoch):
        return self._order

    def __iter__(self):
        return iter(self._order)


def w7():
    def adds():
        x = Tensor(np.ones((), "float32"), requires_grad=True)
        w.chain(x).backward()
        return x.grad.item()

    return adds


def w8():
    data, gradient = w.floats(2, w.PARAMETERS)
    p = nn.Parameter(data)
    p.grad = Tensor(gradient)
    optimizer = Adam([p], lr=1e-3)

    def adam():
        optimizer.step()
        return p.data.sum()

    return adam
