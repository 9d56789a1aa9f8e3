"""1958: the perceptron, a machine that learns from its mistakes, and what it cannot learn.

Frank Rosenblatt's machine had an eye of light cells, wires with adjustable weights, and
response cells. Nobody programmed its answers: after a wrong one, the weights that led to it
were moved. It was soon proved that this ends, without a mistake left, whenever a straight
line (in more dimensions, a plane) separates the classes. Where none does, it never ends.

Here two response cells look at a point, `Linear(2, 2)`, and the one with the higher score
gives the answer. Rosenblatt's cells fired or did not, and weights moved only after a mistake.
We make the threshold soft, with a softmax, and walk down the slope of a loss, as Widrow and
Hoff did in 1960. The step has the same form: error times input. There is no autograd yet: the
slope was worked out by hand, in module 04.
"""

from collections.abc import Iterator

from tinytorch import Tensor, manual_seed, randn
from tinytorch.nn import Linear, Module, Sequential
from tinytorch.nn.functional import cross_entropy, cross_entropy_gradient

CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
TABLES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}


def network() -> Module:
    """Make two response cells that look at a point (x, y)."""
    return Sequential(Linear(2, 2))


def points(count: int = 200) -> tuple[Tensor, Tensor]:
    """Scatter points on both sides of the line x + y = 0, and push the sides apart."""
    scattered = randn(count, 2)
    above = scattered.sum(axis=1) > 0
    push = above.to("float32") - 0.5  # (count,): half a step up and right, or down and left
    return scattered + push.reshape(count, 1), above.to("int32")


def step(model: Module, inputs: Tensor, targets: Tensor, lr: float) -> tuple[float, float]:
    """Move the weights by error times input; return the loss and the accuracy before."""
    scores = model(inputs)  # (B, 2)
    loss = cross_entropy(scores, targets)
    right = (scores.argmax(axis=-1) == targets).to("float32").mean()

    error = cross_entropy_gradient(scores, targets)  # (B, 2): softmax minus one-hot, over B
    weight, bias = model.parameters()
    weight.data -= lr * (error.T @ inputs).data  # (2, B) @ (B, 2)
    bias.data -= lr * error.sum(axis=0).data
    return loss.item(), right.item()


def train(
    epochs: int = 60,
    steps: int = 20,
    lr: float = 0.2,
    seed: int = 1958,
) -> Iterator[dict]:
    """Train a new perceptron for each task, and tell after each epoch how far it is."""
    manual_seed(seed)
    tasks = {"points": points()}
    tasks |= {name: (Tensor(CORNERS), Tensor(table)) for name, table in TABLES.items()}
    for task, (inputs, targets) in tasks.items():
        model = network()
        for epoch in range(1, epochs + 1):
            for _ in range(steps):
                loss, accuracy = step(model, inputs, targets, lr)
            yield {
                "task": task,
                "tasks": len(tasks),
                "epoch": epoch,
                "epochs": epochs,
                "loss": loss,
                "accuracy": accuracy,
                "model": model,
            }


if __name__ == "__main__":
    for row in train():
        if row["epoch"] == row["epochs"]:
            print(f"{row['task']:6}  loss {row['loss']:.4f}  accuracy {row['accuracy']:.1%}")
