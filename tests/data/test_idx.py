"""Files of other people's data: MNIST's format and CIFAR-10's, whole, damaged, and from a folder."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tinytorch.data import CIFAR10, MNIST, DataLoader, TinyDigits, cifar10
from tinytorch.data.idx import parse_idx, read_idx

FOLDER = os.environ.get("TINYTORCH_MNIST")


def idx(array):
    """Write an array of bytes in IDX format."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A folder with a very small MNIST: one file compressed, the others not."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype="uint8")
    labels = np.arange(12, dtype="uint8") % 10
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pixels)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(pixels[:5]))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(labels[:5]))
    return tmp_path


@given(arrays("uint8", array_shapes(min_dims=1, max_dims=4, max_side=4)), st.booleans())
def test_what_was_written_is_read(array, compressed):
    from tinytorch.data.idx import unzipped

    content = gzip.compress(idx(array)) if compressed else idx(array)
    found = parse_idx(unzipped(content, "file"), "file")
    assert found.shape == array.shape and found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda content: content[:-1], r"should hold 12 bytes of data for shape \(3, 4\), and holds 11"),
        (lambda content: content + b"\0", "holds 13"),
        (lambda content: content[:9], "ends within its header"),
        (lambda content: b"", "it starts with nothing"),
        (lambda content: b"<html>not found</html>", "it starts with 3c 68 74 6d"),
        (lambda content: b"\0\0\x0d" + content[3:], "not an IDX file of bytes"),
        (lambda content: gzip.compress(content)[:-9], "ends too early"),
        (lambda content: gzip.compress(content)[:-8] + b"\xff" * 8, "damaged gzip file"),
    ],
)
def test_a_damaged_file_is_told_so_by_name(tmp_path, damage, says):
    file = tmp_path / "labels"
    file.write_bytes(damage(idx(np.zeros((3, 4), "uint8"))))
    with pytest.raises(ValueError, match=says) as caught:
        read_idx(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(("train", "n"), [(True, 12), (False, 5)])
def test_mnist_from_a_folder(mnist, train, n):
    data = MNIST(mnist, train=train)
    assert len(data) == n and data.images.shape == (n, 1, 28, 28)
    image, target = data[3]
    assert image.dtype == "float32" and image.shape == (1, 28, 28) and target == 3
    (x, y), *_ = DataLoader(data, 4)
    assert x.shape == (4, 1, 28, 28) and y.tolist() == [0, 1, 2, 3]


def test_a_file_that_is_not_there_is_asked_for(mnist):
    (mnist / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"train-labels-idx1-ubyte.*download=True"):
        MNIST(mnist)
    assert len(MNIST(mnist, train=False)) == 5


def test_files_that_do_not_belong_together_are_refused(mnist):
    (mnist / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(11, "uint8")))
    with pytest.raises(ValueError, match="12 images, but targets of shape"):
        MNIST(mnist)
    (mnist / "train-labels-idx1-ubyte").write_bytes(idx(np.full(12, 10, "uint8")))
    with pytest.raises(ValueError, match="targets go from 10 to 10; there are 10 classes"):
        MNIST(mnist)
    (mnist / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(12, "uint8"))))
    with pytest.raises(ValueError, match="not pictures"):
        MNIST(mnist)


@pytest.mark.skipif(
    not FOLDER, reason="NOT RUN: what needs MNIST; set TINYTORCH_MNIST to the folder of its four files"
)
def test_the_real_mnist():
    train, test = MNIST(Path(FOLDER)), MNIST(Path(FOLDER), train=False)
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.targets.data[:5].tolist() == [5, 0, 4, 1, 9]
    tiny = TinyDigits("test")
    at = next(i for i in range(10_000) if np.array_equal(test.pixels[i], tiny.pixels[0]))
    assert test[at][1] == tiny[0][1]
    np.testing.assert_array_equal(test[at][0].data, tiny[0][0].data)


@pytest.fixture
def small_cifar(monkeypatch):
    """Let a file of CIFAR-10 have 20 records instead of 10,000."""
    monkeypatch.setattr(cifar10, "PER_FILE", 20)
    records = np.random.default_rng(0).integers(0, 256, (20, cifar10.RECORD), dtype="uint8")
    records[:, 0] = np.arange(20) % 10
    return records


@pytest.mark.parametrize("inside", [".", cifar10.FOLDER])
def test_cifar10_from_a_folder(tmp_path, small_cifar, inside):
    folder = tmp_path / inside
    folder.mkdir(exist_ok=True)
    for name in (*cifar10.TRAIN, *cifar10.TEST):
        small_cifar.tofile(folder / name)
    train, test = CIFAR10(tmp_path), CIFAR10(tmp_path, train=False)
    assert (len(train), len(test)) == (100, 20)
    image, target = train[21]
    assert image.shape == (3, 32, 32) and target == 1 and train.classes[target] == "automobile"
    green = small_cifar[1, 1 + 1024 : 1 + 2048].reshape(32, 32)
    np.testing.assert_allclose(image.data[1], green / 255, rtol=1e-6)


def test_a_damaged_or_missing_file_of_cifar10_is_told_so(tmp_path, small_cifar):
    with pytest.raises(FileNotFoundError, match=r"data_batch_1\.bin is not in .*download=True"):
        CIFAR10(tmp_path)
    small_cifar[:-1].tofile(tmp_path / "test_batch.bin")
    with pytest.raises(ValueError, match=r"test_batch\.bin should have 20 records"):
        CIFAR10(tmp_path, train=False)
    small_cifar[:, 0] = 11
    small_cifar.tofile(tmp_path / "test_batch.bin")
    with pytest.raises(ValueError, match="targets go from 11 to 11"):
        CIFAR10(tmp_path, train=False)
