"""TinyDigits: 5,000 handwritten digits that come with the package."""

from __future__ import annotations

from tinytorch.data.images import FILES, ImageDataset, Transform, damaged, load_arrays

SPLITS = {"train": 4000, "test": 1000}


class TinyDigits(ImageDataset):
    """5,000 digits of MNIST, 500 of each class: 4,000 to train with and 1,000 to test.

    An item is (image, target): a float32 Tensor of shape (1, 28, 28) between 0 and 1, and the digit as an
    int. `images` and `targets` hold the whole split. The test digits are from MNIST's own test set, so that
    a model trained on all of MNIST can be tested with them, too.

    >>> digits = TinyDigits(split="test")
    >>> digits
    TinyDigits(1,000 images of shape (1, 28, 28))
    >>> image, target = digits[0]

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits
    (licence: CC BY-SA 3.0); book/datasets/tinydigits.md says how the 5,000 were chosen.
    """

    classes = tuple("0123456789")

    def __init__(self, split: str = "train", transform: Transform | None = None) -> None:
        if split not in SPLITS:
            raise ValueError(f"TinyDigits: split is {split!r}; it should be 'train' or 'test'.")
        file = FILES / "tinydigits.npz"
        arrays = load_arrays(file, "TinyDigits")
        try:
            pixels, targets = arrays[f"{split}_images"], arrays[f"{split}_targets"]
        except KeyError as error:
            raise damaged(file, "TinyDigits", f"it has no {error}") from None
        if pixels.shape != (SPLITS[split], 28, 28):
            raise damaged(file, "TinyDigits", f"its {split} images have shape {pixels.shape}")
        super().__init__(pixels[:, None], targets, transform)
        self.split = split
