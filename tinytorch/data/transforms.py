"""Transforms: small changes to an image on its way out of a dataset.

Each is made with its settings and then called with one image, a Tensor of shape (C, H, W).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch.core import Tensor
from tinytorch.core.random import default_generator


class Compose:
    """Several transforms, one after the other.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Compose.html
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.transforms))})"


class ToTensor:
    """A picture as cameras and files give it becomes a Tensor: bytes (H, W, C) to float32 (C, H, W).

    The numbers 0 … 255 become 0 … 1. A grey picture (H, W) gets one channel.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ToTensor.html
    """

    def __call__(self, image: np.ndarray) -> Tensor:
        array = np.asarray(image)
        if array.dtype != np.uint8 or array.ndim not in (2, 3):
            raise ValueError(
                f"ToTensor: needs bytes of shape (H, W) or (H, W, C), got {array.dtype} {array.shape}."
            )
        channels = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
        return Tensor(np.ascontiguousarray(np.divide(channels, 255, dtype="float32")))

    def __repr__(self) -> str:
        return "ToTensor()"


def channel_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the standard deviation of each channel.

    Over all images and all their pixels. The standard deviation is the
    root of the mean squared distance from the mean. A channel that is
    the same everywhere has none; it gets 1, so that one can divide by it.
    It is the one whose largest number equals its smallest: `std == 0`
    may miss it, because the mean is rounded.

    Shape:
        (N, C, H, W) -> (C,), (C,)
    """
    # BEGIN SOLUTION channel_statistics
    axes = (0, 2, 3)
    mean = images.mean(axis=axes)
    distance = images - mean.reshape(-1, 1, 1)
    std = (distance * distance).mean(axis=axes).sqrt()
    flat = images.max(axis=axes) == images.min(axis=axes)
    return mean, std + flat
    # END SOLUTION channel_statistics


class Normalize:
    """Give every channel mean 0 and standard deviation 1: `(image - mean) / std`.

    `mean` and `std` have one number a channel, those of the data that the model is trained with, for
    whatever goes into the model later.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html
    """

    def __init__(self, mean: Any, std: Any) -> None:
        self.mean = Tensor(mean, dtype="float32").reshape(-1, 1, 1)  # (C, 1, 1) broadcasts over (…, C, H, W)
        self.std = Tensor(std, dtype="float32").reshape(-1, 1, 1)
        if not (self.std.data > 0).all():
            raise ValueError(f"Normalize: every standard deviation must be above 0, got {std}.")

    def __call__(self, image: Tensor) -> Tensor:
        return (image - self.mean) / self.std

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean.reshape(-1).tolist()}, std={self.std.reshape(-1).tolist()})"


class RandomCrop:
    """Cut out a part of the given size, anywhere in the image; `padding` first adds zeros all around.

    With the image's own size and a padding of 2, it shifts the image by up to 2 pixels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html
    """

    def __init__(
        self, size: int | tuple[int, int], padding: int = 0, generator: np.random.Generator | None = None
    ) -> None:
        if padding < 0:
            raise ValueError(f"RandomCrop: padding must be 0 or more, got {padding}.")
        self.size = (size, size) if isinstance(size, int) else size
        self.padding = padding
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        p, (height, width) = self.padding, self.size
        *rest, h, w = image.shape
        # np.pad would forget a width of 2**33 on 32 bits.
        padded = np.zeros((*rest, h + 2 * p, w + 2 * p), image.dtype)
        padded[..., p : p + h, p : p + w] = image.data
        room_below, room_right = padded.shape[-2] - height, padded.shape[-1] - width
        if room_below < 0 or room_right < 0:
            raise ValueError(
                f"RandomCrop: cannot cut {self.size} out of an image of shape {image.shape} with padding {p}."
            )
        generator = default_generator(self.generator)
        top, left = int(generator.integers(room_below + 1)), int(generator.integers(room_right + 1))
        return Tensor(padded[..., top : top + height, left : left + width])

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"


class RandomHorizontalFlip:
    """Mirror the image, left to right, with probability `p`.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomHorizontalFlip.html
    """

    def __init__(self, p: float = 0.5, generator: np.random.Generator | None = None) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"RandomHorizontalFlip: p is a probability, from 0 to 1; got {p}.")
        self.p = p
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        if default_generator(self.generator).random() >= self.p:
            return image
        return Tensor(np.ascontiguousarray(image.data[..., ::-1]))

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"
