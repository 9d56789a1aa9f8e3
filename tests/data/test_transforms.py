"""Transforms: what they do to an image, and to what is random."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tinytorch import Tensor, manual_seed
from tinytorch.data import DataLoader, TinyDigits
from tinytorch.data.transforms import (
    Compose,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    ToTensor,
    channel_statistics,
)
from tinytorch.workshop.explain import lacks_memory

IMAGE = Tensor(np.arange(24, dtype="float32").reshape(2, 3, 4))


def test_a_picture_becomes_a_tensor():
    colour = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype="uint8")
    image = ToTensor()(colour)
    assert image.shape == (3, 5, 7) and image.dtype == "float32" and image.is_contiguous()
    np.testing.assert_allclose(image.data[2], colour[:, :, 2] / 255, rtol=1e-6)
    assert ToTensor()(colour[:, :, 0]).shape == (1, 5, 7)
    with pytest.raises(ValueError, match=r"needs bytes of shape .* got float64 \(5, 7, 3\)"):
        ToTensor()(colour / 255)


@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 99))
def test_statistics_are_numpys(n, channels, seed):
    images = np.random.default_rng(seed).normal(3, 2, (n, channels, 4, 5)).astype("float32")
    mean, std = channel_statistics(Tensor(images))
    assert mean.dtype == std.dtype == "float32" and mean.shape == std.shape == (channels,)
    np.testing.assert_allclose(mean.data, images.astype("float64").mean((0, 2, 3)), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(std.data, images.astype("float64").std((0, 2, 3)), rtol=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.5, 0.7, 200 / 255, 123.4])
def test_a_constant_channel_can_be_divided_by(value):
    _, std = channel_statistics(Tensor(np.full((10, 1, 28, 28), value, "float32")))
    np.testing.assert_allclose(std.data, [1.0], rtol=1e-4)  # also where the mean is rounded


def test_statistics_of_many_images_lose_nothing():
    images = TinyDigits("train").images
    mean, std = channel_statistics(images)
    exact = images.data.astype("float64")
    assert abs(mean.item() - exact.mean()) < 1e-6 and abs(std.item() - exact.std()) < 1e-6


def test_normalize_centres_and_scales_one_image_or_a_batch():
    images = TinyDigits("train").images
    normalize = Normalize(*channel_statistics(images))
    batch = normalize(images)
    assert batch.dtype == "float32"
    assert abs(batch.mean().item()) < 1e-4 and abs((batch * batch).mean().item() - 1) < 1e-4
    np.testing.assert_array_equal(normalize(images[5]).data, batch.data[5])
    colour = Normalize([1.0, 2.0], [2.0, 4.0])(IMAGE)
    np.testing.assert_allclose(colour.data[1], (IMAGE.data[1] - 2) / 4)
    with pytest.raises(ValueError, match="every standard deviation must be above 0"):
        Normalize([0.0], [0.0])


@given(
    arrays("float32", (2, 5, 6), elements=st.floats(0.5, 1, width=32)), st.integers(0, 3), st.integers(0, 50)
)
def test_a_crop_is_a_window_of_the_padded_image(image, padding, seed):
    crop = RandomCrop((4, 3), padding, np.random.default_rng(seed))(Tensor(image)).data
    assert crop.shape == (2, 4, 3)
    padded = np.pad(image, [(0, 0), (padding,) * 2, (padding,) * 2])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (4, 3), axis=(1, 2))
    assert (windows == crop[:, None, None]).all(axis=(0, 3, 4)).any()


def test_a_crop_reaches_every_place():
    crop = RandomCrop(3, padding=1, generator=np.random.default_rng(0))
    image = Tensor(np.arange(1, 10, dtype="float32").reshape(1, 3, 3))
    middles = {crop(image).data[0, 1, 1] for _ in range(200)}
    assert middles == set(range(1, 10))


def test_a_crop_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"cannot cut \(5, 5\) out of an image of shape \(2, 3, 4\)"):
        RandomCrop(5)(IMAGE)


def test_an_absurd_padding_is_refused():
    """On 32 bits NumPy's own would wrap around, and on 64 it speaks of its types."""
    with pytest.raises(ValueError, match="RandomCrop: padding must be 0 or more, got -1"):
        RandomCrop(3, padding=-1)
    with pytest.raises(ValueError, match="Maximum allowed dimension exceeded") as caught:
        RandomCrop(3, padding=2**64)(IMAGE)
    assert lacks_memory(caught.value)


def test_a_flip_mirrors_as_often_as_it_should():
    flip = RandomHorizontalFlip(0.25, np.random.default_rng(0))
    flipped = [flip(IMAGE) for _ in range(1000)]
    mirrored = [image for image in flipped if image is not IMAGE]
    assert 200 < len(mirrored) < 300
    np.testing.assert_array_equal(mirrored[0].data, IMAGE.data[..., ::-1])
    assert RandomHorizontalFlip(0.0)(IMAGE) is IMAGE and RandomHorizontalFlip(1.0)(IMAGE) is not IMAGE
    with pytest.raises(ValueError, match="probability"):
        RandomHorizontalFlip(1.5)


def test_transforms_are_composed_in_order():
    both = Compose([Normalize([1.0, 1.0], [1.0, 1.0]), lambda image: image * 2])
    assert both(IMAGE).data[0, 0, 0] == -2
    assert (
        repr(Compose([ToTensor(), RandomCrop(28, 2)]))
        == "Compose(ToTensor(), RandomCrop(size=(28, 28), padding=2))"
    )


def test_augmentation_follows_the_loaders_seed_whoever_loads():
    digits = TinyDigits("test", transform=RandomCrop(28, padding=2))
    runs = []
    for workers in (0, 3):
        manual_seed(1)
        runs.append([x.data for x, _ in DataLoader(digits, 100, shuffle=True, num_workers=workers)])
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a, b)
