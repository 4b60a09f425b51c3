"""The one rule that sizes networks, crops and steps to the images and the device.

========================  =======================================  ============================
What                      On a CPU                                 On a GPU
========================  =======================================  ============================
finest level              half the resolution above 16 pixels      the image's own resolution
patch discriminator       half the generator's width, and as       the same
                          many halvings as it, or 1 at least
*Denoiser:* noise is known from what is near, so that all its blocks are at the finest level
crops                     40 pixels, or the whole of smaller       64 pixels, or the whole
channels, blocks          48, 4                                    64, 8
crops per step            8 of 40 pixels; of smaller ones as       32 of 64 pixels
                          many as have the same area, up to 32
steps                     2,500; 1,000 on images up to 16 pixels   the same
*Translator:* a U-Net, since what to draw depends on all of the object
crops                     64 pixels, or the whole of smaller       128 pixels, or the whole
channels, blocks          32, doubled at every level; 1 a level,   64, 1, 4; 16 up to 16 pixels
                          4 at the coarsest; 16 up to 16 pixels
levels                    halvings until the side is 3 to 6, at    the same
                          most two below the finest level
crops per step            16 of 64 pixels; of smaller ones as      32 of 128 pixels
                          many as have the same area, up to 32
steps                     1,000; 500 on images up to 16 pixels     the same
========================  =======================================  ============================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MOST_LEVELS = 2
_COARSEST = 3
_SMALL = 16


@dataclass(frozen=True)
class Sizes:
    """What the rule gives."""

    crop: tuple[int, int]
    width: int
    depth: int
    n_levels: int
    halved: bool
    batch_size: int
    n_steps: int


def choose_sizes(
    size: tuple[int, int], *, local: bool, accelerated: bool, patch_size: int | None = None
) -> Sizes:
    """Sizes for images of this height and width.

    Parameters
    ----------
    size : tuple of int
        Height and width.
    local : bool
        Whether what becomes of a pixel depends on those near it only.
    accelerated : bool
        Whether on a GPU.
    patch_size : int, default=None
        Side of the crops, if not the rule's.
    """
    if local:
        side, width, depth, n_crops = (64, 64, 8, 32) if accelerated else (40, 48, 4, 8)
    else:
        side, width, depth, n_crops = (128, 64, 1, 32) if accelerated else (64, 32, 1, 16)
    area = n_crops * side**2
    side = patch_size or side
    crop = (min(size[0], side), min(size[1], side))
    if min(crop) <= _SMALL and not local:
        width = 16
    halved = not accelerated and min(crop) > _SMALL
    finest = min(crop) // (2 if halved else 1)
    most = 0 if local else _MOST_LEVELS
    n_levels = int(np.clip(np.log2(max(finest, 1) / _COARSEST), 0, most))
    batch_size = int(np.clip(area // (crop[0] * crop[1]), 8, 32))
    if local:
        n_steps = 1_000 if min(crop) <= _SMALL else 2_500
    else:
        n_steps = 500 if min(crop) <= _SMALL else 1_000
    return Sizes(crop, width, depth, n_levels, halved, batch_size, n_steps)
