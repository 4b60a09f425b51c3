"""Images in strips, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gan_augment.backends.image.layout import PixelRange

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Strip = tuple[str, np.ndarray]
"""A name, and images of shape (n, n_channels, height, width) in [-1, 1]."""

_WIDTH, _LABELS = 4.6, 0.9
_SHARPEST = 48
_IN_COLOUR = (3, 4)


def draw_strips(axes: Axes, strips: Sequence[Strip], n_columns: int, *, group: int = 0) -> None:
    """Draw strips of images under each other.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    strips : sequence of (str, ndarray)
        Names and images; those that are too many are left out.
    n_columns : int
        Images of a strip.
    group : int, default=0
        So many strips belong together; a wider gap comes after them.
    """
    n_channels, height, width = strips[0][1].shape[1:]
    tops, gap = _tops(len(strips), height, group), _gap(width)
    shape = (tops[-1] + height, n_columns * (width + gap) - gap, n_channels)
    sheet = np.ones(shape, np.float32)
    for top, (_, images) in zip(tops, strips, strict=True):
        for j, image in enumerate(images[:n_columns].clip(-1, 1)):
            left = j * (width + gap)
            sheet[top : top + height, left : left + width] = image.transpose(1, 2, 0) / 2 + 0.5
    if n_channels not in _IN_COLOUR:
        sheet = sheet[:, :, 0]
    smoothing = "nearest" if max(height, width) < _SHARPEST else "auto"
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation=smoothing)
    axes.set_xticks([])
    middles = [top + (height - 1) / 2 for top in tops]
    axes.set_yticks(middles, [name for name, _ in strips], fontsize=7)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def in_true_colours(images: np.ndarray, learned: PixelRange) -> np.ndarray:
    """Images whose channels each fill ``[-1, 1]``, with one scale for all that make a colour."""
    low, span = learned.low.min(), learned.high.max() - learned.low.min()
    if images.shape[1] not in _IN_COLOUR or not span:
        return images
    starts, spans = (v[:, None, None] for v in (learned.low, learned.high - learned.low))
    pixels = starts + (images.astype(np.float64) + 1) * spans / 2
    return 2 * (pixels - low) / span - 1


def sheet_size(
    n_strips: int, n_columns: int, size: tuple[int, int], group: int = 0
) -> tuple[float, float]:
    """Width and height in inches of a picture of strips of images of this height and width."""
    height = _tops(n_strips, size[0], group)[-1] + size[0]
    width = n_columns * (size[1] + _gap(size[1])) - _gap(size[1])
    return _WIDTH, (_WIDTH - _LABELS) * height / width + 0.2


def _tops(n_strips: int, height: int, group: int) -> list[int]:
    step, wide = height + _gap(height), height // 4 + 1
    return [i * step + (i // group * wide if group else 0) for i in range(n_strips)]


def _gap(side: int) -> int:
    return max(1, side // 12)
