from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def mixed():
    """240 rows, mixed types, missing values, a signal, 40 rows of the class "rare"."""
    rng = np.random.default_rng(0)
    y = np.array(["rare"] * 40 + ["usual"] * 200)
    rng.shuffle(y)
    rare = y == "rare"
    X = pd.DataFrame(
        {
            "amount": rng.normal(size=240) + 1.5 * rare,
            "count": rng.integers(0, 9, 240),
            "colour": rng.choice(["red", "green", "blue"], 240),
            "shape": pd.Categorical(rng.choice(["round", "square"], 240)),
            "known": rng.random(240) > 0.4,
        }
    )
    X.loc[rng.random(240) < 0.1, ["amount", "colour"]] = np.nan
    return X, y


@pytest.fixture(scope="session")
def numeric(mixed):
    X, y = mixed
    return X[["amount", "count"]].fillna(0.0), y
