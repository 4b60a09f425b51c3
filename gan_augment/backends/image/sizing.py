"""The one rule that sizes networks, batches, steps and threads to the images and the device.

======================  ==========================================  ===========================
What                    On a CPU                                    On a GPU
======================  ==========================================  ===========================
architecture            "dcgan" from 16 pixels on, else "dense"     "residual" from 16 pixels on
patch                   2 x 2 pixels from 16 pixels on, else 1      1
behind the patches      4 channels per colour, full resolution      none
levels                  halvings until the shorter side is 4 to 7   the same
finest level's width    128 if dense, else 32                       64, or 96 from 5,000 images
blocks per level        none if "dcgan", else 1                     1
penalty's weight        1 from 16 pixels on, else 0.1               the same
batch                   32 from 16 pixels on, else a quarter of     a quarter of the images, from
                        the images, from 32 to 64                   32 to 256
steps for 500 images    4,000 from 16 pixels on, else 2,000         2,000
======================  ==========================================  ===========================

Steps grow with the square root of the images, from 1,500 to 20,000.

On a CPU convolutions cost what they compute. At full resolution they are most of the cost, so
there the networks work on patches of pixels. One thread works on images of fewer than 256 pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np

from gan_augment.training.devices import one_thread

_COARSEST = 4
_SMALL = 16
_FEWEST_PIXELS_FOR_THREADS = 16 * 16
_PER_CHANNEL = 4


@dataclass(frozen=True)
class Sizes:
    """What the rule gives."""

    accelerated: bool
    arch: str
    conv_width: int
    n_levels: int
    patch: int
    gamma: float
    batch_size: int
    n_steps: int

    def width(self, arch: str) -> int:
        """Channels of the finest resolution, or units of the narrowest layer."""
        return 128 if arch == "dense" and not self.accelerated else self.conv_width

    def pixel_width(self, n_channels: int) -> int:
        """Channels at full resolution of a generator of patches; 0 where it makes pixels."""
        return _PER_CHANNEL * n_channels if self.patch > 1 else 0

    def depth(self, arch: str) -> int:
        """Blocks per resolution, or layers besides the first."""
        return 0 if arch == "dcgan" and not self.accelerated else 1


def is_small(size: tuple[int, int]) -> bool:
    """Whether images are so small that a pixel is much of them."""
    return min(size) < _SMALL


@contextmanager
def threads_for_images(height: int, width: int) -> Iterator[None]:
    """Within it, one thread works on small images, and several, which pay there, on others."""
    with one_thread() if height * width < _FEWEST_PIXELS_FOR_THREADS else nullcontext():
        yield


def choose_sizes(size: tuple[int, int], n_images: int, *, accelerated: bool) -> Sizes:
    """Sizes for `n_images` of this height and width."""
    small = is_small(size)
    patch = 1 if accelerated or small else 2
    coarse = -(-min(size) // patch)
    n_levels = max(0, int(np.log2(coarse / _COARSEST))) if coarse >= _COARSEST else 0
    if accelerated:
        arch = "dcgan" if small else "residual"
        width = 96 if n_images >= 5_000 else 64
        most = 256
    else:
        arch, width = "dense" if small else "dcgan", 32
        most = 64 if small else 32
    return Sizes(
        accelerated=accelerated,
        arch=arch,
        conv_width=width,
        n_levels=n_levels,
        patch=patch,
        gamma=0.1 if small else 1.0,
        batch_size=int(np.clip(n_images // 4, 32, most)),
        n_steps=_default_steps(n_images, 4_000 if patch > 1 else 2_000),
    )


def _default_steps(n_images: int, for_500: int) -> int:
    return int(np.clip(for_500 * (max(n_images, 1) / 500) ** 0.5, 1_500, 20_000))
