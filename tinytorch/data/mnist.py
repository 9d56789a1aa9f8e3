"""MNIST: 70,000 handwritten digits, from a folder or downloaded into it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from tinytorch.data.download import CHUNK, Progress, download
from tinytorch.data.idx import read_idx
from tinytorch.data.images import ImageDataset, Transform

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
# SHA-256 of the files once they are unpacked: mirrors compress them differently
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class MNIST(ImageDataset):
    """60,000 digits to train with, or 10,000 to test: float32 (1, 28, 28) between 0 and 1, and an int.

    The four files, compressed or not, are read from the folder `root`; `download=True` first fetches those
    that are not there and checks them. A folder with other data in the same format is read just as well.

    Raises:
        FileNotFoundError: a file is not in the folder.
        ValueError: a file is damaged, or does not fit the others.
        DownloadError: no mirror had a file.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits;
    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.MNIST.html
    """

    classes = tuple("0123456789")

    def __init__(
        self,
        root: str | Path,
        train: bool = True,
        transform: Transform | None = None,
        download: bool = False,
        *,
        progress: Progress | None = None,
    ) -> None:
        folder, part = Path(root), "train" if train else "t10k"
        if download:
            fetch_missing(folder, progress)
        images, labels = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
        pixels, targets = read_idx(find(folder, images)), read_idx(find(folder, labels))
        if pixels.ndim != 3:
            raise ValueError(f"MNIST: {images} in {folder} holds {pixels.shape}, not pictures (N, H, W).")
        super().__init__(pixels[:, None], targets, transform)


def find(folder: Path, name: str) -> Path:
    """Return the file of that name in the folder, compressed or not."""
    for file in (folder / name, folder / f"{name}.gz"):
        if file.is_file():
            return file
    raise FileNotFoundError(
        f"MNIST: neither {name} nor {name}.gz is in {folder}. Put it there, or pass download=True."
    )


def fetch_missing(folder: Path, progress: Progress | None = None) -> None:
    """Download the files that the folder does not have."""
    for name, sha256 in FILES.items():
        if not any((folder / f).is_file() for f in (name, f"{name}.gz")):
            urls = [f"{mirror}{name}.gz" for mirror in MIRRORS]
            download(urls, folder / f"{name}.gz", sha256, progress=progress, contents=_unpacked)


def _unpacked(file: Path) -> Iterator[bytes]:
    """Yield what a gzip file holds, piece by piece."""
    try:
        with gzip.open(file, "rb") as stream:
            while piece := stream.read(CHUNK):
                yield piece
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise OSError(f"it sent no whole gzip file ({error})") from None
