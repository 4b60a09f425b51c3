"""Crops of images for the training loop: of pairs, of two kinds, or of images and noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from gan_augment.backends.image.store import PixelStore


@dataclass(frozen=True)
class Places:
    """Which crops: of which images, where, and how they are turned.

    Attributes
    ----------
    index, top, left : Tensor of shape (n,)
        The image, and the crop's corner in it.
    size : tuple of int
        Height and width.
    turns : Tensor of shape (n, 3) or None
        Whether to flip top and bottom, left and right, and to transpose.
    """

    index: Tensor
    top: Tensor
    left: Tensor
    size: tuple[int, int]
    turns: Tensor | None


class CropStore(PixelStore):
    """Images on the device, as small as they came; crops of them are scaled to ``[-1, 1]``."""

    def draw_places(
        self, n: int, size: tuple[int, int], *, turned: bool, rng: torch.Generator
    ) -> Places:
        """Places drawn with replacement, every one as likely as another."""
        n_images, _, height, width = self.pixels.shape
        index, top, left = (
            torch.randint(most, (n,), generator=rng, device=rng.device)
            for most in (n_images, height - size[0] + 1, width - size[1] + 1)
        )
        turns = None
        if turned:
            turns = torch.randint(2, (n, 3), generator=rng, device=rng.device).bool()
            if size[0] != size[1]:
                turns[:, 2] = False
        return Places(index, top, left, size, turns)

    def crops(self, places: Places) -> Tensor:
        """Crops at these places, shape (n, channels, height, width)."""
        rows, columns = (torch.arange(n, device=self.pixels.device)[None] for n in places.size)
        if places.turns is not None:
            rows = torch.where(places.turns[:, :1], places.size[0] - 1 - rows, rows)
            columns = torch.where(places.turns[:, 1:2], places.size[1] - 1 - columns, columns)
        rows, columns = places.top[:, None] + rows, places.left[:, None] + columns
        channels = torch.arange(self.pixels.shape[1], device=self.pixels.device)
        crops = self.pixels[
            places.index[:, None, None, None],
            channels[None, :, None, None],
            rows[:, None, :, None],
            columns[:, None, None, :],
        ]
        if places.turns is not None and places.size[0] == places.size[1]:
            crops = torch.where(places.turns[:, 2, None, None, None], crops.mT, crops)
        return crops.float() * self.factor + self.offset


@dataclass
class NoisyCrops:
    """Clean crops, as many of each store, and the same with noise, of which they are to be made."""

    stores: Sequence[CropStore]
    noise: Callable[[Tensor, torch.Generator], Tensor]
    size: tuple[int, int]
    turned: bool

    def draw(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Clean and noisy crops."""
        bounds = [i * n // len(self.stores) for i in range(len(self.stores) + 1)]
        parts = []
        for store, (start, end) in zip(self.stores, pairwise(bounds), strict=True):
            places = store.draw_places(end - start, self.size, turned=self.turned, rng=rng)
            parts.append(store.crops(places))
        clean = torch.cat(parts)
        return clean, self.noise(clean, rng)


@dataclass
class PairedCrops:
    """Crops of pairs, both at the same place."""

    inputs: CropStore
    outputs: CropStore
    size: tuple[int, int]
    turned: bool

    def draw(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Crops of the outputs and of their inputs."""
        places = self.outputs.draw_places(n, self.size, turned=self.turned, rng=rng)
        return self.outputs.crops(places), self.inputs.crops(places)


@dataclass
class UnpairedCrops:
    """Crops of two kinds of images that know nothing of each other, stacked in their channels."""

    inputs: CropStore
    outputs: CropStore
    size: tuple[int, int]
    turned: bool

    def draw(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Outputs above inputs, as what is real; inputs above outputs, as what is translated."""
        x, y = (
            store.crops(store.draw_places(n, self.size, turned=self.turned, rng=rng))
            for store in (self.inputs, self.outputs)
        )
        return torch.cat([y, x], dim=1), torch.cat([x, y], dim=1)
