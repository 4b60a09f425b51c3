"""Images as points: where the aspects of images measure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gan_augment.backends.image.border import Images
from gan_augment.backends.image.validation import RandomFeatures
from gan_augment.columns import FloatArray
from gan_augment.evaluation.aspects.base import Setting

ORIGIN = (
    "Features are those of a small convolutional network that learned the classes of real images; "
    "without labels, those of an untrained one. Never compare them with published Inception "
    "distances. Images with more than 32 pixels a side are averaged down first.",
)


def feature_space(setting: Setting) -> Callable[[Images], FloatArray]:
    """Takes images to features, which vary by 1 on average among real images."""
    base = setting.some(setting.base)
    if setting.has_labels and len(np.unique(base.y)) > 1:
        features = setting.learn(setting.rows.judges[0], base).features  # type: ignore[attr-defined]
    else:
        n_channels, *size = base.X.pixels.shape[1:]
        network = RandomFeatures(n_channels, (size[0], size[1]))

        def features(images: Images) -> FloatArray:
            return network.of(images.scaled())

    # One scale for all: single features may not vary at all among real images.
    scale = np.sqrt(features(base.X).var(axis=0).mean()) or 1.0
    return lambda images: features(images) / scale
