"""1986: learning representations by back-propagating errors, on handwritten digits.

David Rumelhart, Geoffrey Hinton and Ronald Williams showed in four pages that a network can
find out by itself what its hidden units should stand for. They carried the error backwards,
layer by layer, by the chain rule. Others had found the method before them, Seppo Linnainmaa
and Paul Werbos among them; these pages made it known.

Theirs as here: sigmoid units, first weights that are small and random, and steps with
momentum, which they called acceleration. Different here: they minimised the squared error and
we the cross-entropy; a step of theirs was a sweep over all examples, and ours are small
shuffled batches, with a learning rate that falls. And their networks judged symmetry and
learned two family trees. Digits came a little later.
"""

import argparse
from collections.abc import Iterator

from tinytorch import enable_autograd, manual_seed
from tinytorch.data import MNIST, DataLoader, TinyDigits
from tinytorch.nn import CrossEntropyLoss, Flatten, Linear, Module, Sequential, Sigmoid
from tinytorch.optim import SGD, CosineAnnealingLR
from tinytorch.training import Trainer, accuracy


def network(hidden: int = 100) -> Module:
    """Make a network with one hidden layer that gives a score for each of ten digits."""
    return Sequential(
        Flatten(),  # (B, 1, 28, 28) -> (B, 784)
        Linear(784, hidden),
        Sigmoid(),
        Linear(hidden, 10),
    )


def train(
    data: str = "tinydigits",
    folder: str = ".",
    epochs: int = 10,
    batch_size: int = 32,
    lr: float = 0.3,
    seed: int = 1986,
) -> Iterator[dict]:
    """Train on TinyDigits, or on MNIST from a folder; tell after each epoch how far it is."""
    enable_autograd()
    manual_seed(seed)
    if data == "mnist":
        digits, unseen = MNIST(folder), MNIST(folder, train=False)
    else:
        digits, unseen = TinyDigits("train"), TinyDigits("test")

    model = network()
    optimizer = SGD(model.parameters(), lr=lr, momentum=0.9)
    schedule = CosineAnnealingLR(optimizer, T_max=epochs)
    trainer = Trainer(model, optimizer, CrossEntropyLoss(), {"accuracy": accuracy}, schedule, "epoch")
    batches = DataLoader(digits, batch_size=batch_size, shuffle=True)
    tests = DataLoader(unseen, batch_size=500)
    for epoch in range(1, epochs + 1):
        history = trainer.fit(batches, epochs=epoch, validation=tests, progress=False)
        yield {
            "epoch": epoch,
            "epochs": epochs,
            "loss": history["loss"][-1],
            "test_loss": history["validation_loss"][-1],
            "accuracy": history["validation_accuracy"][-1],
            "model": model,
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a network to read digits.")
    parser.add_argument("--data", choices=["tinydigits", "mnist"], default="tinydigits")
    parser.add_argument("--folder", default=".", help="where MNIST's four files are")
    options = parser.parse_args()
    for row in train(options.data, options.folder):
        print(f"epoch {row['epoch']:2}  loss {row['loss']:.4f}  test accuracy {row['accuracy']:.2%}")
