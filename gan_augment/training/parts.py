"""Many rows drawn in parts, side by side where the processor has several cores."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch

from gan_augment.training.devices import one_thread, threads_borrowed

_PART = 32_768
_MOST_THREADS = 16


def draw_in_parts(
    draw: Callable[[slice, int], None], n_rows: int, seed: int, device: torch.device
) -> None:
    """Call `draw` with consecutive parts of so many rows, and with a seed for each.

    The parts and their seeds depend on `n_rows` and `seed` alone. On a CPU, threads that draw a
    part each get more out of the cores than threads that share every matrix product.

    Parameters
    ----------
    draw : callable
        ``draw(part, seed)`` draws the rows of a slice; it may be called in other threads.
    n_rows : int
        Rows to draw.
    seed : int
        Seed of the first part, from which those of the others follow.
    device : torch.device
        Where they are drawn.
    """
    n_parts = max(1, -(-n_rows // _PART))
    ends = np.linspace(0, n_rows, n_parts + 1).astype(int).tolist()
    parts = [slice(start, stop) for start, stop in pairwise(ends)]
    others = np.random.SeedSequence(seed).generate_state(n_parts - 1)
    seeds = [seed, *others.tolist()]
    n_threads = min(torch.get_num_threads(), n_parts, _MOST_THREADS)
    if device.type != "cpu" or n_threads == 1:
        with one_thread():
            for part, own_seed in zip(parts, seeds, strict=True):
                draw(part, own_seed)
        return
    with (
        threads_borrowed(),
        ThreadPoolExecutor(n_threads, initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        for _ in pool.map(draw, parts, seeds):
            pass
