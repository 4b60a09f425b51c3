"""Samplers that the tests pass to the benchmark. Importable, so workers can unpickle them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator


class Repeat(BaseEstimator):
    """Repeats the rarest class; stands for a sampler with parameters."""

    def __init__(self, times=1, random_state=None):
        self.times = times
        self.random_state = random_state

    def fit_resample(self, X, y):
        labels, counts = np.unique(y, return_counts=True)
        rare = np.flatnonzero(y == labels[counts.argmin()])
        rows = np.concatenate([np.arange(len(X)), np.tile(rare, self.times)])
        return X.iloc[rows].reset_index(drop=True), y[rows]


class Spy(Repeat):
    """Writes down what it received."""

    def __init__(self, log=None, times=1, random_state=None):
        super().__init__(times, random_state)
        self.log = log

    def fit_resample(self, X, y):
        record = {
            "amounts": X["amount"].tolist(),
            "labels": y.tolist(),
            "index": X.index.tolist(),
            "seed": self.random_state,
        }
        with Path(self.log).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        X["amount"] = -99.0  # a method that ruins its copy ruins nobody else's
        return X, y


class Slow(Repeat):
    def fit_resample(self, X, y):
        time.sleep(60)
        return X, y


class Broken(Repeat):
    def fit_resample(self, X, y):
        raise RuntimeError("the loss\nis nan")


class Dying(Repeat):
    def fit_resample(self, X, y):
        os._exit(9)


class Chatty(Repeat):
    def fit_resample(self, X, y):
        os.write(1, b"noise on standard output\n")
        return super().fit_resample(X, y)


class Reordering(Repeat):
    def fit_resample(self, X, y):
        return X[X.columns[::-1]], y


class Inventing(Repeat):
    def fit_resample(self, X, y):
        return X, np.array(["new"] * len(y))


class AsArrays(Repeat):
    def fit_resample(self, X, y):
        made, labels = super().fit_resample(X, y)
        return made.to_numpy(dtype=object), labels.tolist()


class Plain:
    """No parameters in scikit-learn's sense."""

    def fit_resample(self, X: pd.DataFrame, y: np.ndarray):
        return X, y
