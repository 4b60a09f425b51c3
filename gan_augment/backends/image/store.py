"""Images and networks on a device, in the order in memory that is fastest there."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_augment.backends.image.border import Images


class PixelStore:
    """Images on the device, as small as they came, and scaled batch by batch."""

    def __init__(self, images: Images, device: torch.device):
        self.pixels = torch.from_numpy(np.ascontiguousarray(images.pixels)).to(device)
        self.factor, self.offset = (
            torch.as_tensor(value, dtype=torch.float32, device=device)[:, None, None]
            for value in (images.factor, images.offset)
        )

    def rows(self, index: Tensor, rng: torch.Generator) -> Tensor:
        """Images in [-1, 1] of shape (len(index), channels, height, width)."""
        images = self.pixels[index].float() * self.factor + self.offset
        return images.contiguous(memory_format=_memory_format(index.device))


def placed(network: Any, device: torch.device) -> Any:
    """The network on its device."""
    return network.to(device=device, memory_format=_memory_format(device))


def _memory_format(device: torch.device) -> torch.memory_format:
    """Channels last is faster on GPUs, and slower in small convolutions on CPUs."""
    return torch.channels_last if device.type == "cuda" else torch.contiguous_format
