"""Datasets of pictures: bytes in memory, numbers between 0 and 1 for whoever asks."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.core import Tensor
from tinytorch.data.dataset import Dataset

FILES = Path(__file__).parent / "files"  # where the data lies that comes with the package

Transform = Callable[[Tensor], Any]


class ImageDataset(Dataset):
    """Pictures with a class each: an item is (image, target), a float32 Tensor (C, H, W) and an int.

    The pictures are kept as bytes, a quarter of what they take as float32, and become numbers between 0
    and 1 when they are asked for. `images` and `targets` are all of them at once; `transform` is applied
    to the items, not to those.
    """

    classes: tuple[str, ...] = ()

    def __init__(self, pixels: np.ndarray, targets: np.ndarray, transform: Transform | None = None) -> None:
        name = type(self).__name__
        if pixels.dtype != np.uint8 or pixels.ndim != 4:
            raise ValueError(f"{name}: needs bytes of shape (N, C, H, W), got {pixels.dtype} {pixels.shape}.")
        if targets.shape != pixels.shape[:1]:
            raise ValueError(f"{name}: {len(pixels)} images, but targets of shape {targets.shape}.")
        if self.classes and targets.size and not 0 <= targets.min() <= targets.max() < len(self.classes):
            raise ValueError(
                f"{name}: targets go from {targets.min()} to {targets.max()}; "
                f"there are {len(self.classes)} classes, counted from 0."
            )
        self.pixels = pixels
        self.targets = Tensor(targets, dtype="int32")
        self.transform = transform

    @property
    def images(self) -> Tensor:
        """All images as float32 between 0 and 1: (N, C, H, W). Made anew each time, so keep it."""
        return _to_floats(self.pixels)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        image = _to_floats(self.pixels[index])
        return self.transform(image) if self.transform else image, int(self.targets.data[index])

    def fetch(self, indices: Sequence[int]) -> Any:
        """Return the images and targets at `indices` as one batch; a transform sees one image at a time."""
        if self.transform is not None:
            return super().fetch(indices)
        rows = np.asarray(indices, dtype=np.intp)
        return _to_floats(self.pixels[rows]), Tensor(self.targets.data[rows])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} images of shape {self.pixels.shape[1:]})"


def _to_floats(pixels: np.ndarray) -> Tensor:
    return Tensor(np.divide(pixels, 255, dtype="float32"))


def load_arrays(file: Path, owner: str) -> dict[str, np.ndarray]:
    """Read the arrays of a data file that comes with the package, or say what is wrong with it."""
    from zipfile import BadZipFile

    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise missing(file, owner) from None
    except (OSError, ValueError, EOFError, KeyError, BadZipFile, zlib.error) as error:
        raise damaged(file, owner, str(error)) from error


def missing(file: Path, owner: str) -> FileNotFoundError:
    """Make the error for a data file that is not there."""
    return FileNotFoundError(
        f"{owner}: {file.name} is not in {file.parent}. It comes with the package: install that again. "
        f'In a page of the book, an experiment asks for it with needs=["{file.stem}"].'
    )


def damaged(file: Path, owner: str, why: str) -> ValueError:
    """Make the error for a data file that cannot be read."""
    return ValueError(f"{owner}: {file} is damaged ({why}). It comes with the package: install that again.")
