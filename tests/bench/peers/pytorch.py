"""PyTorch on the CPU, with one thread."""

from __future__ import annotations

import torch
import workloads as w
from torch import nn

torch.set_num_threads(1)


def w1():
    a, b = map(torch.from_numpy, w.matrices())
    return lambda: a @ b


def w3a():
    x = torch.from_numpy(w.row())
    return lambda: torch.softmax(x, -1)


def w3b():
    x = torch.from_numpy(w.heads())
    return lambda: torch.softmax(x, -1)


def network():
    model = nn.Sequential(nn.Linear(w.PIXELS, w.HIDDEN), nn.ReLU(), nn.Linear(w.HIDDEN, w.CLASSES))
    with torch.no_grad():
        for parameter, array in zip(model.parameters(), w.layers(), strict=True):
            parameter.copy_(torch.from_numpy(array))
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=w.LR)

    def step(x, y):
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def w4a():
    step = network()
    x, y = map(torch.from_numpy, w.pictures(w.BATCH))
    return lambda: step(x, y).item()


def w4b():
    x, y = map(torch.from_numpy, w.pictures())
    order = torch.from_numpy(w.order())
    return lambda: w.epoch(network(), x, y, order).item()


def w7():
    def adds():
        x = torch.ones((), requires_grad=True)
        w.chain(x).backward()
        return x.grad.item()

    return adds


def w8():
    data, gradient = w.floats(2, w.PARAMETERS)
    p = nn.Parameter(torch.from_numpy(data))
    p.grad = torch.from_numpy(gradient)
    optimizer = torch.optim.Adam([p], lr=1e-3)

    def adam():
        optimizer.step()
        return float(p.detach().sum())

    return adam
