"""Real and synthetic images side by side, checked and in one form, before any work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from gan_augment.backends.image.border import ImageBorder, Images
from gan_augment.backends.image.layout import PixelRange
from gan_augment.columns import FloatArray
from gan_augment.evaluation.comparison import Comparison, Learned, Sample, labelled
from gan_augment.evaluation.image_judges import ConvJudge
from gan_augment.evaluation.learners import only_class
from gan_augment.evaluation.mosaic import in_true_colours

_LARGEST_SIDE = 32
_SHOWN_SIDE = 96
_CHUNK = 1_024
_FEWEST = 10
_HASHED_STEPS = 8_192
_TOO_NARROW, _TOO_WIDE = 0.01, 10.0  # ranges of values that cannot be meant


@dataclass(frozen=True)
class ImageComparison(Comparison):
    """Images side by side; the `X` of every sample is `Images`.

    Attributes
    ----------
    range : PixelRange
        Of the pixels of `real`.
    """

    real: Sample
    synthetic: Sample
    holdout: Sample | None
    range: PixelRange

    noun = "image"
    judges = ("convolutional_network",)

    def learn(self, judge: str, train: Sample, seed: int) -> Learned:
        """A small convolutional network that has learned the classes of `train`."""
        assert train.y is not None
        if len(np.unique(train.y)) < 2:
            return only_class(train.y[0], len(self.classes))
        return ConvJudge(small(train.X), train.y, len(self.classes), seed, small)

    def space(self, X: Images) -> Callable[[Images], FloatArray]:
        """Images as the row of their pixels."""
        return lambda images: small(images).reshape(len(images), -1)

    def hashes(self, X: Images) -> np.ndarray:
        """A number for each image, the same where pixels differ by no more than rounding."""
        found = []
        for part in _chunks(X):
            steps = np.rint(part.scaled().clip(-1e4, 1e4) * _HASHED_STEPS).astype(np.int32)
            found += [hashlib.blake2b(image, digest_size=8).digest() for image in steps]
        return np.frombuffer(b"".join(found), dtype=np.uint64)

    def shown(self, images: Images) -> np.ndarray:
        """Images in ``[-1, 1]`` for `draw_strips`."""
        return in_true_colours(small(images, _SHOWN_SIDE), self.range)

    def contents(self) -> str:
        """How large they are."""
        n_channels, height, width = self.real.X.pixels.shape[1:]
        of_channels = f" in {n_channels} channels" if n_channels > 1 else ""
        return f"{height} by {width} pixels{of_channels}"


def small(images: Images, largest: int = _LARGEST_SIDE) -> np.ndarray:
    """Images as float32 in ``[-1, 1]``, sides above `largest` averaged down to it."""
    size = tuple(min(side, largest) for side in images.pixels.shape[2:])
    parts = []
    for part in _chunks(images):
        values = part.scaled()
        if values.shape[2:] != size:
            values = F.adaptive_avg_pool2d(torch.from_numpy(values), size).numpy()
        parts.append(values)
    return np.concatenate(parts)


def open_images(
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    *,
    y_real: Any = None,
    y_synthetic: Any = None,
    y_holdout: Any = None,
    image_shape: Any = None,
    channel_axis: Any = "auto",
) -> ImageComparison:
    """Bring batches of images of any layout into one form.

    Parameters
    ----------
    real, synthetic, holdout : array-like
        Images of one shape and one range of values; `holdout` may be None.
    y_real, y_synthetic, y_holdout : array-like of shape (n_images,) or None
        Class labels, for all of them or for none.
    image_shape, channel_axis
        As in `GANAugmenter` and `ImageGAN`.

    Raises
    ------
    ValueError
        If the images do not belong together, or there is nothing to compare.
    """
    border = ImageBorder(image_shape, channel_axis, name="real", fewest=_FEWEST)
    samples = {"real": Sample(border.learn(real))}
    pixels = samples["real"].X.pixels
    if (pixels.max(axis=0) == pixels.min(axis=0)).all():
        raise ValueError(
            "every image of real is the same, so there is no distribution to compare. Pass images "
            "that differ."
        )
    for name, images in (("synthetic", synthetic), ("holdout", holdout)):
        if images is not None:
            samples[name] = Sample(_opened(border, name, images))
    labels = {"y_real": y_real, "y_synthetic": y_synthetic, "y_holdout": y_holdout}
    samples, classes = labelled(samples, labels, "image")
    return ImageComparison(
        real=samples["real"],
        synthetic=samples["synthetic"],
        holdout=samples.get("holdout"),
        classes=classes,
        range=border.range,
    )


def _opened(border: ImageBorder, name: str, images: Any) -> Images:
    border.name = name
    opened = border.open(images, any_scale=True)  # what follows is stricter
    if len(opened) < _FEWEST:
        raise ValueError(
            f"{name} has {len(opened)} images, and fewer than {_FEWEST} say nothing about a "
            "distribution. Pass more images."
        )
    pixels = opened.pixels
    ends = [end.reshape(-1) for end in (pixels.min(axis=(0, 2, 3)), pixels.max(axis=(0, 2, 3)))]
    low, high = (end * opened.factor + opened.offset for end in ends)
    widest = float(np.max(high - low)) / 2
    if 0 < widest < _TOO_NARROW or widest > _TOO_WIDE:
        raise ValueError(
            f"the values of {name} span {widest:.3g} times the range of those of real. Bring both "
            "to one scale, such as 0 to 255 or 0 to 1."
        )
    return opened


def _chunks(images: Images) -> list[Images]:
    starts = range(0, max(1, len(images)), _CHUNK)
    return [images.take(np.arange(i, min(i + _CHUNK, len(images)))) for i in starts]
