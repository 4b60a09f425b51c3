"""Which rows a training gives away to be scored on."""

from __future__ import annotations

import numpy as np

from gan_augment.columns import IntArray

_HELD_OUT_SHARE = 0.1
_MOST_HELD_OUT = 2_000
_SPARED_CLASS_SIZE = 200


def split_held_out(labels: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Rows to train on and rows to score on.

    Classes of fewer than 200 rows give none away: every row of them trains. Where nothing can be
    spared the training rows themselves are scored against.
    """
    counts = np.bincount(labels)
    share = min(_HELD_OUT_SHARE, _MOST_HELD_OUT / len(labels))
    held_out = []
    for code, count in enumerate(counts):
        if count >= _SPARED_CLASS_SIZE:
            rows = np.flatnonzero(labels == code)
            held_out.append(rng.choice(rows, int(share * count), replace=False))
    if not held_out:
        everything = np.arange(len(labels))
        return everything, rng.permutation(everything)[:_MOST_HELD_OUT]
    scored = np.sort(np.concatenate(held_out))
    return np.setdiff1d(np.arange(len(labels)), scored), scored
