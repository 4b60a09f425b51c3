"""Exponential moving average of a network's weights."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


class ExponentialMovingAverage(Generic[Network]):
    """A copy of `network` that follows it slowly, and so forgets the last steps' noise.

    The decay is warmed up, so that a short training is not an average with its random start.

    References
    ----------
    Yazici et al. (2019), "The unusual effectiveness of averaging in GAN training", ICLR.
    """

    def __init__(self, network: Network, decay: float):
        self.decay = decay
        self.network: Network = copy.deepcopy(network)
        self.network.requires_grad_(False).eval()
        self.n_updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move a little towards the weights of `network`."""
        self.n_updates += 1
        decay = min(self.decay, self.n_updates / (self.n_updates + 10))
        mine: list[torch.Tensor] = list(self.network.parameters())
        current: list[torch.Tensor] = list(network.parameters())
        torch._foreach_lerp_(mine, current, 1 - decay)
        for buffer, source in zip(self.network.buffers(), network.buffers(), strict=True):
            buffer.copy_(source)
