"""1969: one layer cannot compute exclusive or; a hidden layer can, and it learns how.

Marvin Minsky and Seymour Papert asked in "Perceptrons" what a single layer of adjustable
weights can compute, and proved that some simple questions are beyond it. XOR, true when its
inputs differ, is the smallest: no straight line has (0,1) and (1,0) on one side, (0,0) and
(1,1) on the other. Two layers can, as was known. What nobody could say was how the first of
two layers should learn: no error can be seen there.

The answer that came is the chain rule, which module 05 has taught our tensors: it carries the
error back through the second layer to the first. Adam, which takes the steps, is from 2014.
First the single layer tries, then the hidden layer, from ten different first weights.
"""

from collections.abc import Iterator

from tinytorch import Tensor, enable_autograd, manual_seed
from tinytorch.nn import CrossEntropyLoss, Linear, Module, Sequential, Tanh
from tinytorch.optim import Adam
from tinytorch.training import Trainer, accuracy, evaluate

CORNERS = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = Tensor([0, 1, 1, 0])


def network(hidden: int = 8) -> Module:
    """Make a network with one hidden layer, or a single layer if `hidden` is 0."""
    if hidden == 0:
        return Sequential(Linear(2, 2))
    return Sequential(Linear(2, hidden), Tanh(), Linear(hidden, 2))


def train(
    seeds: int = 10,
    epochs: int = 8,
    steps: int = 25,
    lr: float = 0.03,
) -> Iterator[dict]:
    """Train the single layer, then the hidden one from each seed; tell after each epoch how far it is."""
    enable_autograd()
    runs = [("one layer", 0, 0)] + [(f"seed {seed}", seed, 8) for seed in range(seeds)]
    for task, seed, hidden in runs:
        manual_seed(seed)
        model = network(hidden)
        trainer = Trainer(model, Adam(model.parameters(), lr=lr), CrossEntropyLoss())
        for epoch in range(1, epochs + 1):
            trainer.fit([(CORNERS, XOR)] * steps, epochs=epoch, progress=False)
            now = evaluate(model, CrossEntropyLoss(), [(CORNERS, XOR)], {"accuracy": accuracy})
            yield {
                "task": task,
                "tasks": len(runs),
                "epoch": epoch,
                "epochs": epochs,
                "model": model,
                **now,
            }


if __name__ == "__main__":
    for row in train():
        if row["epoch"] == row["epochs"]:
            print(f"{row['task']:9}  loss {row['loss']:.4f}  accuracy {row['accuracy']:.0%}")
