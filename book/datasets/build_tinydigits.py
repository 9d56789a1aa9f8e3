"""Build TinyDigits out of the four files of MNIST: `make datasets MNIST=FOLDER`.

Of each digit, 400 are taken from MNIST's training files and 100 from its test files: those whose pixels have
the smallest SHA-256. That is as good as drawing lots, needs no seed, gives the same on every machine, and
takes no picture twice.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np

from tinytorch.data.idx import read_idx

TARGET = Path(__file__).parents[2] / "tinytorch" / "data" / "files" / "tinydigits.npz"
SPLITS = {"train": ("train", 400), "test": ("t10k", 100)}


def read_mnist(folder: Path, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the images and labels of one half of MNIST, compressed or not."""
    names = [f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"]
    files = [next(file for file in (folder / f"{name}.gz", folder / name) if file.exists()) for name in names]
    return read_idx(files[0]), read_idx(files[1])


def choose(images: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of `count` different images of each class, mixed."""
    hashes = [hashlib.sha256(image.tobytes()).hexdigest() for image in images]
    taken: dict[str, int] = {}
    left = {int(label): count for label in np.unique(labels)}
    for position in sorted(range(len(images)), key=lambda i: hashes[i]):
        if left[int(labels[position])] and hashes[position] not in taken:
            left[int(labels[position])] -= 1
            taken[hashes[position]] = position
    # A rare class reaches up to larger hashes, so their order would put it last; that of their ends does not.
    return np.array([taken[digest] for digest in sorted(taken, key=lambda digest: digest[::-1])])


def build(folder: Path) -> dict[str, np.ndarray]:
    """Return the arrays of the file."""
    arrays = {}
    for split, (prefix, count) in SPLITS.items():
        images, labels = read_mnist(folder, prefix)
        chosen = choose(images, labels, count)
        arrays[f"{split}_images"], arrays[f"{split}_targets"] = images[chosen], labels[chosen]
    return arrays


def write(arrays: dict[str, np.ndarray], file: Path) -> None:
    """Write the arrays, compressed. No date goes into the file: the same arrays make the same file."""
    file.parent.mkdir(exist_ok=True)
    np.savez_compressed(file, allow_pickle=False, **arrays)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the four files of MNIST lie")
    write(build(parser.parse_args().folder), TARGET)
