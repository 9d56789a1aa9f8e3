"""TinyDigits: what it promises, and that it can be built again from MNIST."""

import hashlib
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from book.datasets import build_tinydigits
from tinytorch import Tensor
from tinytorch.data import TinyDigits, collate, images
from tinytorch.data.images import FILES

MNIST = os.environ.get("TINYTORCH_MNIST")
needs_mnist = pytest.mark.skipif(
    not MNIST, reason="NOT RUN: what needs MNIST; set TINYTORCH_MNIST to the folder of its four files"
)


@pytest.mark.parametrize(("split", "each"), [("train", 400), ("test", 100)])
def test_every_digit_is_there_equally_often(split, each):
    digits = TinyDigits(split)
    assert len(digits) == 10 * each
    assert np.bincount(digits.targets.data).tolist() == [each] * 10


def test_no_picture_is_there_twice():
    pictures = [p.tobytes() for split in ("train", "test") for p in TinyDigits(split).pixels]
    assert len(set(pictures)) == 5000


def test_the_digits_are_mixed():
    """Any hundred in a row hold every digit: whoever takes the first n gets all classes."""
    for split in ("train", "test"):
        for hundred in TinyDigits(split).targets.data.reshape(-1, 100):
            assert len(set(hundred.tolist())) == 10


def test_an_item_is_an_image_between_0_and_1_and_an_int():
    image, target = TinyDigits("train")[7]
    assert isinstance(image, Tensor) and image.shape == (1, 28, 28) and image.dtype == "float32"
    assert image.min().item() == 0 and 0.5 < image.max().item() <= 1
    assert type(target) is int


def test_whole_arrays_items_and_batches_agree():
    digits = TinyDigits("test")
    everything, indices = digits.images, [5, 0, 999, 5]
    x, y = digits.fetch(indices)
    assert x.dtype == everything.dtype == "float32" and y.dtype == digits.targets.dtype == "int32"
    np.testing.assert_array_equal(x.data, everything.data[indices])
    for ours, one_by_one in zip((x, y), collate([digits[i] for i in indices]), strict=True):
        assert ours.dtype == one_by_one.dtype
        np.testing.assert_array_equal(ours.data, one_by_one.data)


def test_a_transform_sees_every_item_also_in_batches():
    digits = TinyDigits("test", transform=lambda image: image.reshape(-1) * 2)
    x, _ = digits.fetch([1, 2])
    assert x.shape == (2, 784) and digits[1][0].shape == (784,)
    np.testing.assert_array_equal(x.data, 2 * digits.images.data[1:3].reshape(2, 784))


def test_indices_end():
    digits = TinyDigits("test")
    assert digits[-1][1] == digits[999][1]
    with pytest.raises(IndexError):
        digits[1000]
    assert sum(1 for _ in digits) == 1000


def test_a_split_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"'validation'.*'train' or 'test'"):
        TinyDigits("validation")


def test_a_missing_file_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("tinytorch.data.digits.FILES", tmp_path)
    with pytest.raises(FileNotFoundError, match=r'install that again.*needs=\["tinydigits"\]'):
        TinyDigits()


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty", "other"])
def test_a_damaged_file_is_told_so(tmp_path, monkeypatch, damage):
    content = bytearray((FILES / "tinydigits.npz").read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[200_000:200_004] = bytes(255 - byte for byte in content[200_000:200_004])
    elif damage in ("text", "empty"):
        content = b"<html>404</html>" if damage == "text" else b""
    if damage == "other":
        np.savez(tmp_path / "tinydigits.npz", train_images=np.zeros((3, 28, 28), "uint8"))
    else:
        (tmp_path / "tinydigits.npz").write_bytes(content)
    monkeypatch.setattr("tinytorch.data.digits.FILES", tmp_path)
    with pytest.raises(ValueError, match=r"tinydigits\.npz is damaged .*install that again"):
        TinyDigits()


def test_the_file_is_small_and_needs_no_pickle():
    assert (FILES / "tinydigits.npz").stat().st_size < 1_000_000
    with np.load(FILES / "tinydigits.npz", allow_pickle=False) as archive:
        assert {archive[name].dtype.name for name in archive.files} == {"uint8"}


@needs_mnist
def test_the_builder_builds_this_very_file(tmp_path):
    arrays = build_tinydigits.build(Path(MNIST))
    with np.load(build_tinydigits.TARGET) as shipped:
        assert sorted(shipped.files) == sorted(arrays)
        for name in shipped.files:
            np.testing.assert_array_equal(shipped[name], arrays[name])
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng compresses the same arrays to other bytes
        build_tinydigits.write(arrays, tmp_path / "again.npz")
        assert (tmp_path / "again.npz").read_bytes() == build_tinydigits.TARGET.read_bytes()


@needs_mnist
def test_test_digits_are_not_in_mnists_training_set():
    train, _ = build_tinydigits.read_mnist(Path(MNIST), "train")
    seen = {hashlib.sha256(image.tobytes()).digest() for image in train}
    ours = {hashlib.sha256(image.tobytes()).digest() for image in TinyDigits("test").pixels}
    assert not seen & ours


def test_what_is_no_image_dataset_is_refused():
    bytes_, floats = np.zeros((3, 1, 2, 2), "uint8"), np.zeros((3, 1, 2, 2))
    for pixels, targets, says in [
        (floats, np.zeros(3, int), "needs bytes"),
        (bytes_[0], np.zeros(1, int), "needs bytes"),
        (bytes_, np.zeros(4, int), "3 images, but targets of shape"),
    ]:
        with pytest.raises(ValueError, match=says):
            images.ImageDataset(pixels, targets)
