"""One training by several processes, such as ``torchrun`` starts.

Every process draws the same batch and works on its share of it; gradients are averaged by one flat
all-reduce for each player, so that all have the same weights after every step.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist


@dataclass(frozen=True)
class Ranks:
    """The processes of this training, and which of them this is."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes files and shows progress."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """Rows of a batch that are for this process."""
        if self.size == 1:
            return rows
        return rows[self._start(len(rows), self.rank) : self._start(len(rows), self.rank + 1)]

    def stride(self, n_rows: int, step: int) -> tuple[slice, float]:
        """Every `step`-th row of a batch, as this process finds them in its share, and a weight.

        The mean over them, times the weight, is what `average_gradients` makes the mean over all
        such rows of the batch.
        """
        start, end = self._start(n_rows, self.rank), self._start(n_rows, self.rank + 1)
        first = -start % step
        n_mine, n_all = len(range(first, end - start, step)), len(range(0, n_rows, step))
        return slice(first, None, step), n_mine / n_all * n_rows / (end - start)

    def average_gradients(self, network: nn.Module, n_rows: int) -> None:
        """Give every process the gradient of the mean over a batch of `n_rows`."""
        if self.size == 1:
            return
        n_mine = self._start(n_rows, self.rank + 1) - self._start(n_rows, self.rank)
        gradients = [w.grad for w in network.parameters() if w.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients]) * (n_mine / n_rows)
        dist.all_reduce(flat)
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def mean(self, value: Tensor, n_rows: int) -> Tensor:
        """Mean over a batch of `n_rows` from each process's mean over its share."""
        if self.size == 1:
            return value
        n_mine = self._start(n_rows, self.rank + 1) - self._start(n_rows, self.rank)
        total = value.detach().clone() * (n_mine / n_rows)
        dist.all_reduce(total)
        return total

    def from_first(self, compute: Callable[..., Any], *args: Any) -> Any:
        """What the first process computes, for all; the others wait."""
        if self.size == 1:
            return compute(*args)
        shared = [compute(*args) if self.is_first else None]
        dist.broadcast_object_list(shared)
        return shared[0]

    def check_alike(self, what: str, value: Any) -> None:
        """Refuse to go on where the processes were given different things."""
        if self.size == 1:
            return
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        if any(other != values[0] for other in values):
            raise ValueError(
                f"The {self.size} processes of this training were given different {what}. Every "
                "process must call fit with all the rows and the same parameters: which rows it "
                "works on is seen to."
            )

    def check_batch(self, n_rows: int) -> None:
        """Refuse a batch that leaves a process without a row."""
        if n_rows < self.size:
            raise ValueError(
                f"batch_size={n_rows} leaves some of {self.size} processes without a row. Use a "
                "larger batch_size or fewer processes."
            )

    def _start(self, n_rows: int, rank: int) -> int:
        return n_rows * rank // self.size


def ranks() -> Ranks:
    """The processes that were started together with this one; joins them at the first call."""
    if not dist.is_available():
        return Ranks()
    if not dist.is_initialized():
        if not _launched_together():
            return Ranks()
        # Gradients meet where they are: on the GPUs, or in the processors' memory.
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
        atexit.register(dist.destroy_process_group)
    return Ranks(dist.get_rank(), dist.get_world_size())


def local_rank() -> int | None:
    """Number of this process on its machine; None where it trains alone."""
    return int(os.environ.get("LOCAL_RANK", 0)) if ranks().size > 1 else None


def _launched_together() -> bool:
    # Workers of joblib and the like inherit the variables, but are no ranks.
    is_worker = multiprocessing.current_process().name != "MainProcess"
    return not is_worker and "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", 1)) > 1
