"""Batches of real rows for the training loop."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from gan_augment.columns import IntArray


class RowStore(Protocol):
    """Rows that are kept small, and made what the networks take batch by batch."""

    def rows(self, index: Tensor, rng: torch.Generator) -> Tensor:
        """The named rows, shape (len(index), ...)."""
        ...


class ClassTemperedRows:
    """Batches whose classes are drawn by their frequency to a power below one."""

    def __init__(self, rows: RowStore, labels: IntArray, balance: float, device: torch.device):
        self.rows = rows
        self.labels = torch.as_tensor(labels, dtype=torch.int64, device=device)
        counts = np.bincount(labels).astype(np.float64)
        weights = counts[labels] ** -balance
        cumulative = np.cumsum(weights) / weights.sum()
        self.cumulative = torch.tensor(cumulative, dtype=torch.float32, device=device)

    def draw(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Rows drawn with replacement."""
        uniform = torch.rand(n, generator=rng, device=self.labels.device)
        index = torch.searchsorted(self.cumulative, uniform).clamp(max=len(self.labels) - 1)
        return self.rows.rows(index, rng), self.labels[index]
