"""Columns of very many levels: memory stays small, and only levels that were seen come back."""

import numpy as np
import pandas as pd
import pytest

from gan_augment import GANAugmenter
from gan_augment.benchmark.meter import Meter


def frame_of(n_levels, n_rows, seed=0):
    rng = np.random.default_rng(seed)
    merchant = np.concatenate([np.arange(n_levels), rng.zipf(1.3, n_rows - n_levels) % n_levels])
    y = rng.permutation(np.arange(n_rows) % 10 == 0)
    X = pd.DataFrame(
        {"merchant": [f"shop {i}" for i in merchant], "amount": rng.gamma(2, 30, n_rows)}
    )
    X.loc[rng.random(n_rows) < 0.01, "merchant"] = None
    return X, y


def test_only_seen_levels_come_back():
    X, y = frame_of(n_levels=2_000, n_rows=4_000)

    drawn = GANAugmenter(max_steps=40, early_stopping=False, random_state=0).fit(X, y).sample(3_000)

    assert set(drawn["merchant"].dropna()) <= set(X["merchant"].dropna())
    assert drawn["merchant"].nunique() > 100


@pytest.mark.slow
def test_a_hundred_thousand_levels_fit_in_memory():
    X, y = frame_of(n_levels=100_000, n_rows=200_000)

    with Meter() as meter:
        drawn = GANAugmenter(max_steps=100, random_state=0).fit(X, y).sample(10_000)

    assert set(drawn["merchant"].dropna()) <= set(X["merchant"].dropna())
    assert not meter.megabytes > 1_000  # NaN where the system does not tell
