"""CIFAR-10: 60,000 small colour pictures of ten kinds of things, from a folder or downloaded into it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tinytorch.data.download import Progress, download
from tinytorch.data.images import ImageDataset, Transform

FOLDER = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
MIRRORS = (
    "https://www.cs.toronto.edu/~kriz/",
    "https://cave.cs.toronto.edu/kriz/",
    "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
)
TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = ("test_batch.bin",)
RECORD = 1 + 3 * 32 * 32  # a byte for the class, then the red, green and blue pixels
PER_FILE = 10_000


class CIFAR10(ImageDataset):
    """50,000 pictures to train with, or 10,000 to test: float32 (3, 32, 32) between 0 and 1, and an int.

    The binary version is read, from `root` or its folder `cifar-10-batches-bin`; `download=True` fetches and
    checks it if it is not there. (The version for Python is made of pickles, which can run any code when
    they are read.)

    Raises:
        FileNotFoundError: a file is not in the folder.
        ValueError: a file is damaged.
        DownloadError: no mirror had the archive.

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009;
    https://www.cs.toronto.edu/~kriz/cifar.html
    """

    classes = (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    )

    def __init__(
        self,
        root: str | Path,
        train: bool = True,
        transform: Transform | None = None,
        download: bool = False,
        *,
        progress: Progress | None = None,
    ) -> None:
        folder = Path(root)
        if download and not _is_there(folder):
            fetch(folder, progress)
        if not (folder / TEST[0]).is_file():
            folder = folder / FOLDER
        records = np.concatenate([read_records(folder / name) for name in (TRAIN if train else TEST)])
        super().__init__(records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0], transform)


def read_records(file: Path) -> np.ndarray:
    """Read one file: bytes of shape (10000, 3073)."""
    try:
        content = np.fromfile(file, np.uint8)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"CIFAR10: {file.name} is not in {file.parent}. Put the files of {ARCHIVE} there, or pass "
            "download=True."
        ) from None
    if content.size != PER_FILE * RECORD:
        raise ValueError(
            f"CIFAR10: {file} should have {PER_FILE:,} records of {RECORD:,} bytes, {PER_FILE * RECORD:,} in "
            f"all, and has {content.size:,} bytes. Delete it and get it again."
        )
    return content.reshape(PER_FILE, RECORD)


def fetch(folder: Path, progress: Progress | None = None) -> None:
    """Download the archive into the folder, unpack it, and remove it again.

    The files come into sight together, when the last one is written.
    """
    import shutil
    import tarfile

    archive = folder / ARCHIVE
    download([mirror + ARCHIVE for mirror in MIRRORS], archive, SHA256, progress=progress)
    unpacked = folder / f"{FOLDER}.{os.getpid()}.part"
    try:
        unpacked.mkdir()
        with tarfile.open(archive) as tar:
            for name in (*TRAIN, *TEST):
                member = tar.extractfile(f"{FOLDER}/{name}")  # these names and no others are written
                if member is None:
                    raise ValueError(f"CIFAR10: {name} in {archive} is not a file.")
                with member, open(unpacked / name, "wb") as file:
                    shutil.copyfileobj(member, file)
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
        os.replace(unpacked, folder / FOLDER)
    finally:
        archive.unlink()
        shutil.rmtree(unpacked, ignore_errors=True)


def _is_there(folder: Path) -> bool:
    names = (*TRAIN, *TEST)
    return any(all((place / name).is_file() for name in names) for place in (folder, folder / FOLDER))
