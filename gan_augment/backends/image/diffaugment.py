"""DiffAugment: the discriminator sees images shifted and with a patch cut out, real ones or not.

With few images it would otherwise learn them by heart.

References
----------
Zhao et al. (2020), "Differentiable augmentation for data-efficient GAN training", NeurIPS.
"""

from __future__ import annotations

import torch
from torch import Tensor

POLICIES: dict[str, tuple[float, float]] = {
    # Largest shift and side of the patch, as shares of the image's sides.
    "none": (0.0, 0.0),
    "shift": (0.125, 0.0),
    "shift_cutout": (0.125, 0.5),
}
_SMALL = 16
_MANY_IMAGES = 10_000


def choose_policy(policy: str, size: tuple[int, int], n_images: int) -> str:
    """What "auto" means: none for many images and for tiny ones, shifts and cutout for others."""
    if policy != "auto":
        return policy
    if n_images >= _MANY_IMAGES or min(size) < _SMALL:
        return "none"
    return "shift_cutout"


class DiffAugment:
    """Shifts by whole pixels and cuts out a rectangle, each image its own.

    A shift is a product with a matrix of zeros and ones, which is differentiable twice, as
    gradient penalties need, and deterministic on every device. Pixels that come in are those of
    the border.

    Parameters
    ----------
    policy : {"none", "shift", "shift_cutout"}
        What is done.
    size : tuple of int
        Height and width.
    """

    def __init__(self, policy: str, size: tuple[int, int]):
        shift, patch = POLICIES[policy]
        self.size = size
        self.shifts = tuple(max(1, round(shift * side)) if shift else 0 for side in size)
        self.patches = tuple(round(patch * side) for side in size)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Uniform numbers for shifts and patches, shape (n, 4)."""
        return torch.rand(n, 4, generator=rng, device=rng.device)

    def __call__(self, rows: Tensor, drawn: Tensor) -> Tensor:
        """Images of shape (n, channels, height, width), changed."""
        if any(self.shifts):
            vertical, horizontal = (
                _shift_matrix(drawn[:, axis], self.shifts[axis], self.size[axis]).to(rows.dtype)
                for axis in (0, 1)
            )
            rows = vertical[:, None] @ rows @ horizontal[:, None].mT
        if any(self.patches):
            outside = [
                _outside(drawn[:, 2 + axis], self.patches[axis], self.size[axis]) for axis in (0, 1)
            ]
            kept = outside[0][:, :, None] | outside[1][:, None, :]
            rows = rows * kept[:, None].to(rows.dtype)
        return rows


def _shift_matrix(uniform: Tensor, most: int, size: int) -> Tensor:
    """Matrices of shape (n, size, size) that shift by up to `most` either way."""
    shift = (uniform * (2 * most + 1)).floor().long().clamp(max=2 * most) - most
    position = torch.arange(size, device=uniform.device)
    source = (position + shift[:, None]).clamp(0, size - 1)
    return (source[:, :, None] == position).float()


def _outside(uniform: Tensor, patch: int, size: int) -> Tensor:
    """Whether a position is outside a patch that may reach over the edge, shape (n, size)."""
    centre = (uniform * (size + 1)).floor()
    distance = torch.arange(size, device=uniform.device) + 0.5 - centre[:, None]
    return distance.abs() > patch / 2
