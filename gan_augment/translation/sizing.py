"""The one rule that sizes U-Net, patch discriminator, crops and steps to the images and the device.

========================  =======================================  ============================
What                      On a CPU                                 On a GPU
========================  =======================================  ============================
crops                     64 pixels, or the whole of smaller       128 pixels, or the whole
finest level              half the resolution above 16 pixels      the image's own resolution
levels                    halvings until the side is 4 to 7, at    the same
                          most two below the finest level
U-Net's width             32 channels, doubled at every level      64
discriminator's width     half the U-Net's                         the same
crops per step            16 of 64 pixels; of smaller ones as      32 of 128 pixels
                          many as have the same area, up to 64
========================  =======================================  ============================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MOST_LEVELS = 2
_COARSEST = 4
_SMALL = 16


@dataclass(frozen=True)
class Sizes:
    """What the rule gives."""

    crop: tuple[int, int]
    width: int
    n_levels: int
    halved: bool
    batch_size: int


def choose_sizes(
    size: tuple[int, int], *, accelerated: bool, patch_size: int | None = None
) -> Sizes:
    """Sizes for images of this height and width, seen in crops of `patch_size` pixels."""
    side = patch_size or (128 if accelerated else 64)
    crop = (min(size[0], side), min(size[1], side))
    halved = not accelerated and min(crop) > _SMALL
    finest = min(crop) // (2 if halved else 1)
    n_levels = int(np.clip(np.log2(max(finest, 1) / _COARSEST), 0, _MOST_LEVELS))
    area = 32 * 128**2 if accelerated else 16 * 64**2
    batch_size = int(np.clip(area // (crop[0] * crop[1]), 8, 64))
    return Sizes(crop, 64 if accelerated else 32, n_levels, halved, batch_size)
