"""First weights from a seed of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_BORROWED = threading.Lock()


@contextmanager
def first_weights(seed: int) -> Iterator[None]:
    """Within it, layers on the CPU draw their first weights from `seed`.

    Layers know no other source than PyTorch's global generator: it is borrowed, by one thread at a
    time, and put back. The generators of other devices are left alone.
    """
    with _BORROWED, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
