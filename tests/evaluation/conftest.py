from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from gan_augment.evaluation import quality_report


@pytest.fixture(scope="session")
def thirds():
    """Real rows in three parts, as a generator meets them: training, held out, and fresh."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X, y = X.iloc[:, :6], y.map({0: "malignant", 1: "benign"})
    train, rest, y_train, y_rest = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
    holdout, fresh, y_holdout, y_fresh = train_test_split(
        rest, y_rest, test_size=0.5, stratify=y_rest, random_state=0
    )
    return {"train": (train, y_train), "holdout": (holdout, y_holdout), "fresh": (fresh, y_fresh)}


@pytest.fixture(scope="session")
def report_of(thirds):
    """The report of a generator that gives these rows."""

    def make(synthetic, y_synthetic, **settings):
        train, y_train = thirds["train"]
        holdout, y_holdout = thirds["holdout"]
        return quality_report(
            train,
            synthetic,
            y_real=y_train,
            y_synthetic=y_synthetic,
            **{"holdout": holdout, "y_holdout": y_holdout, "verbose": 0, **settings},
        )

    return make


@pytest.fixture(scope="session")
def fresh_report(thirds, report_of):
    return report_of(*thirds["fresh"])


@pytest.fixture(scope="session")
def copies_report(thirds, report_of):
    return report_of(*thirds["train"])


@pytest.fixture(scope="session")
def shuffled_report(thirds, report_of):
    """Every column right, no relation left."""
    train, y = thirds["train"]
    rng = np.random.default_rng(0)
    shuffled = pd.DataFrame({name: rng.permutation(train[name]) for name in train})
    return report_of(shuffled, y)
