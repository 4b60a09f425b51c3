"""Real images, moved by a little: what over-sampling adds beside the GAN's."""

from __future__ import annotations

import numpy as np

from gan_augment.backends.image.border import Images
from gan_augment.backends.image.sizing import is_small
from gan_augment.columns import FloatArray, IntArray

_SIDES_PER_PIXEL = 28
_SHARE = 0.75


def choose_share(share: float | str, size: tuple[int, int]) -> float:
    """What "auto" means: three quarters, but none of tiny images."""
    if share != "auto":
        return float(share)
    return 0.0 if is_small(size) else _SHARE


def with_moved(
    values: np.ndarray,
    asked: IntArray,
    data: Images,
    labels: IntArray,
    share: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """`values` with a share of every class replaced by moved images of `data`.

    Parameters
    ----------
    values : ndarray of shape (n, n_channels, height, width)
        Synthetic images in [-1, 1], of the classes `asked`.
    asked : ndarray of shape (n,)
        Class codes.
    data, labels : Images, ndarray of shape (n_images,)
        Real images and their class codes. Each of a class is taken about equally often.
    share : float
        Share of every class that is replaced.
    rng : Generator
        Chooses what is replaced and how far images move.
    """
    values = values.copy()
    for code in np.unique(asked).tolist():
        places = rng.permutation(np.flatnonzero(asked == code))
        places = places[: round(share * len(places))]
        real = rng.permutation(np.flatnonzero(labels == code))
        values[places] = move(data.take(np.resize(real, len(places))).scaled(), rng)
    return values


def move(images: np.ndarray, rng: np.random.Generator) -> FloatArray:
    """Every image moved by whole pixels, up to a 28th of its sides; the border's fill the gap."""
    n, _, height, width = images.shape
    rows, columns = (
        (np.arange(side) + rng.integers(-most, most + 1, (n, 1))).clip(0, side - 1)
        for side, most in ((s, max(1, round(s / _SIDES_PER_PIXEL))) for s in (height, width))
    )
    image = np.arange(n)[:, None, None]
    moved = images.transpose(0, 2, 3, 1)[image, rows[:, :, None], columns[:, None, :]]
    return np.ascontiguousarray(moved.transpose(0, 3, 1, 2))
