"""Real images, moved by a little: what over-sampling adds beside the GAN's."""

from __future__ import annotations

import numpy as np

from gan_augment.backends.image.border import Images
from gan_augment.backends.image.sizing import is_small
from gan_augment.columns import FloatArray, IntArray

_SIDES_PER_PIXEL = 28
_SMALL_MOVE = 0.5
_SHARE, _SMALL_SHARE = 0.75, 0.5


def choose_share(share: float | str, size: tuple[int, int]) -> float:
    """What "auto" means: three quarters, and half of tiny images."""
    if share != "auto":
        return float(share)
    return _SMALL_SHARE if is_small(size) else _SHARE


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
    """Every image moved up or down and left or right; the border's pixels fill the gap.

    By whole pixels, up to a 28th of the sides; tiny images by up to half a pixel, in between.
    """
    n, _, height, width = images.shape
    if is_small((height, width)):
        moves: np.ndarray = rng.uniform(-_SMALL_MOVE, _SMALL_MOVE, (n, 2))
    else:
        most = [max(1, round(side / _SIDES_PER_PIXEL)) for side in (height, width)]
        n_down, n_right = (2 * pixels + 1 for pixels in most)
        drawn = rng.integers(n_down * n_right - 1, size=n)
        drawn += drawn >= n_down * n_right // 2  # all but the one in the middle: no move
        moves = np.column_stack(np.divmod(drawn, n_right)) - most
    for axis in (0, 1):
        images = _moved_along(images, moves[:, axis], axis=2 + axis)
    return images


def _moved_along(images: np.ndarray, moves: np.ndarray, axis: int) -> FloatArray:
    side = images.shape[axis]
    shape = [len(images), 1, 1, 1]
    shape[axis] = side
    source = (np.arange(side) + moves[:, None]).clip(0, side - 1)
    before = source.astype(np.int64)
    share = (source - before).reshape(shape).astype(images.dtype)
    low, high = (
        np.take_along_axis(images, index.reshape(shape), axis)
        for index in (before, (before + 1).clip(max=side - 1))
    )
    return low + share * (high - low)
