"""The one rule that sizes networks, batches and steps to the images and the device.

======================  ==========================================  ===========================
What                    On a CPU                                    On a GPU
======================  ==========================================  ===========================
architecture            "dcgan" from 16 pixels on, else "dense"     "residual" from 16 pixels on
levels                  halvings until the shorter side is 4 to 7   the same
finest level's width    128 below 16 pixels, 24 above               64, or 96 from 5,000 images
batch                   a quarter of the images, from 32 to 64      from 32 to 256
======================  ==========================================  ===========================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_COARSEST = 4
_SMALL = 16


@dataclass(frozen=True)
class Sizes:
    """What the rule gives."""

    arch: str
    width: int
    n_levels: int
    batch_size: int
    n_steps: int


def choose_sizes(size: tuple[int, int], n_images: int, *, accelerated: bool) -> Sizes:
    """Sizes for `n_images` of this height and width."""
    side = min(size)
    n_levels = max(0, int(np.log2(side / _COARSEST))) if side >= _COARSEST else 0
    if accelerated:
        arch = "residual" if side >= _SMALL else "dcgan"
        width = 96 if n_images >= 5_000 else 64
        batch_size = int(np.clip(n_images // 4, 32, 256))
    else:
        arch, width = ("dense", 128) if side < _SMALL else ("dcgan", 24)
        batch_size = int(np.clip(n_images // 4, 32, 64))
    return Sizes(arch, width, n_levels, batch_size, _default_steps(n_images))


def _default_steps(n_images: int) -> int:
    return int(np.clip(2_000 * (max(n_images, 1) / 500) ** 0.5, 1_500, 20_000))
