"""Data that the gates judge with: made here or read from its file, never by the learner's package."""

from __future__ import annotations

import functools
import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tinytorch.workshop.fresh import data_folder

NEW_POINTS = 1000


class Labelled(NamedTuple):
    """Inputs (n, features) and their classes (n,)."""

    inputs: np.ndarray
    classes: np.ndarray


CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
AND = Labelled(CORNERS, np.array([0, 0, 0, 1]))
OR = Labelled(CORNERS, np.array([0, 1, 1, 1]))
XOR = Labelled(CORNERS, np.array([0, 1, 1, 0]))


def separable_points(count: int = NEW_POINTS, seed: int = 58) -> Labelled:
    """Make points that no program has seen, on both sides of x + y = 0 and away from that line."""
    points = np.random.default_rng(seed).normal(size=(count, 2))
    above = points.sum(axis=1) > 0
    return Labelled((points + (above[:, np.newaxis] - 0.5)).astype("float32"), above.astype("int64"))


class Pictures(NamedTuple):
    """Handwritten digits: bytes (n, 28, 28), and which digit each is (n,)."""

    pixels: np.ndarray
    labels: np.ndarray

    @property
    def inputs(self) -> np.ndarray:
        """One row of 784 numbers between 0 and 1 for each picture."""
        return self.pixels.reshape(len(self.pixels), -1).astype("float32") / 255


@functools.lru_cache(maxsize=1)
def unseen_digits(data: str = "tinydigits", folder: str = ".") -> Pictures:
    """Read the digits to test with: those of TinyDigits, or of MNIST in a folder.

    Raises:
        OSError, ValueError, KeyError: the file is not there, or damaged.
    """
    if data == "tinydigits":
        with np.load(data_folder() / "tinydigits.npz", allow_pickle=False) as arrays:
            return _pictures(arrays["test_images"], arrays["test_targets"])
    if data == "mnist":
        pixels = _idx(Path(folder), "t10k-images-idx3-ubyte", 16).reshape(-1, 28, 28)
        return _pictures(pixels, _idx(Path(folder), "t10k-labels-idx1-ubyte", 8))
    raise ValueError(f"there is no dataset {data!r}")


def _pictures(pixels: np.ndarray, labels: np.ndarray) -> Pictures:
    if pixels.shape != (len(labels), 28, 28) or not len(labels):
        raise ValueError(f"the file holds pictures {pixels.shape} and labels {labels.shape}")
    return Pictures(pixels, labels.astype("int64"))


def _idx(folder: Path, name: str, header: int) -> np.ndarray:
    """Read the bytes after the header of an IDX file, compressed or not."""
    plain = folder / name
    content = plain.read_bytes() if plain.is_file() else gzip.decompress(Path(f"{plain}.gz").read_bytes())
    return np.frombuffer(content, np.uint8, offset=header)
