"""Large images in overlapping tiles, so that memory does not grow with them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

TILE = 256
OVERLAP = 32


def in_tiles(
    mapping: Callable[[Tensor], Tensor],
    images: Tensor,
    *,
    tile: int = TILE,
    overlap: int = OVERLAP,
) -> Tensor:
    """What `mapping` makes of `images`, tile by tile where a side is longer than `tile`.

    Where tiles overlap they are blended, each by weights that fall towards its border, so that
    there are no seams.
    """
    height, width = images.shape[2:]
    if max(height, width) <= tile:
        return mapping(images)
    total = weights = None
    for top in _starts(height, tile, overlap):
        for left in _starts(width, tile, overlap):
            part = mapping(images[:, :, top : top + tile, left : left + tile])
            if total is None or weights is None:
                total = images.new_zeros(len(images), part.shape[1], height, width)
                weights = images.new_zeros(height, width)
            here = (slice(top, top + part.shape[2]), slice(left, left + part.shape[3]))
            falling = torch.outer(*(_ramp(n, overlap, images) for n in part.shape[2:]))
            total[:, :, here[0], here[1]] += part * falling
            weights[here] += falling
    assert total is not None
    assert weights is not None
    return total / weights


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin, evenly spread so that the last one ends with the image."""
    if length <= tile:
        return [0]
    n_tiles = 1 + -(-(length - tile) // (tile - overlap))
    # Even numbers keep the grid of networks that work at half the resolution.
    return [2 * round(i * (length - tile) / (n_tiles - 1) / 2) for i in range(n_tiles - 1)] + [
        length - tile
    ]


def _ramp(length: int, overlap: int, like: Tensor) -> Tensor:
    position = torch.arange(length, dtype=like.dtype, device=like.device) + 1
    return torch.minimum(position, length + 1 - position).clamp(max=overlap) / overlap
