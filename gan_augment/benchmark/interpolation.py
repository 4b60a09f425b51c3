"""imbalanced-learn's over-samplers at their own defaults, on tables that they would reject.

They reject missing values, levels (but for SMOTENC and SMOTEN) and classes smaller than their
number of neighbours. Here the training fold is imputed first and the number of neighbours lowered
where it must be. The real rows stay as they are, missing values included; only the rows that are
added come from the imputed table. Integer columns are rounded; left alone, they would be truncated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from imblearn.over_sampling import ADASYN, SMOTE, SMOTEN, SMOTENC, RandomOverSampler
from pandas.api import types as pdt

from gan_augment.benchmark.inputs import NotApplicableError
from gan_augment.learners import categorical_columns, numeric_columns


class RandomOver:
    """Repeats rows of the rarer classes."""

    def __init__(self, seed: int):
        self.seed = seed

    def fit_resample(self, X: pd.DataFrame, y: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
        """Balance the classes."""
        rows = np.arange(len(X)).reshape(-1, 1)
        chosen, labels = RandomOverSampler(random_state=self.seed).fit_resample(rows, y)
        return X.iloc[chosen.ravel()].reset_index(drop=True), labels


class Smote:
    """SMOTE, SMOTENC or SMOTEN, whichever the columns call for.

    Parameters
    ----------
    seed : int
        Of what is drawn.
    sampling_strategy : str or dict, default="auto"
        Which classes grow, and how far, as in imbalanced-learn.
    """

    def __init__(self, seed: int, sampling_strategy: Any = "auto"):
        self.seed = seed
        self.sampling_strategy = sampling_strategy

    def fit_resample(self, X: pd.DataFrame, y: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
        """Balance the classes."""
        numeric, categorical = numeric_columns(X), categorical_columns(X)
        settings: dict[str, Any] = {
            "random_state": self.seed,
            "k_neighbors": _neighbours(y, "SMOTE"),
            "sampling_strategy": self.sampling_strategy,
        }
        if not categorical:
            return _fill(SMOTE(**settings), X, y)
        if not numeric:
            return _fill(SMOTEN(**settings), X, y)
        levels = list(range(len(numeric), X.shape[1]))
        return _fill(SMOTENC(levels, **settings), X, y)


class Adasyn:
    """ADASYN, for numeric columns."""

    def __init__(self, seed: int):
        self.seed = seed

    def fit_resample(self, X: pd.DataFrame, y: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
        """Balance the classes, with more rows where a class is hard to tell."""
        if categorical_columns(X):
            raise NotApplicableError("ADASYN takes numeric columns only")
        return _fill(ADASYN(random_state=self.seed, n_neighbors=_neighbours(y, "ADASYN")), X, y)


def _neighbours(y: np.ndarray, name: str) -> int:
    """The default of 5, or as many as the smallest class has beside a row."""
    classes, counts = np.unique(y, return_counts=True)
    smallest = int(counts[counts < counts.max()].min(initial=counts.max()))
    if smallest < 2:
        raise ValueError(
            f"{name} interpolates between rows of a class, and class "
            f"{classes[counts.argmin()].item()!r} has 1 row in the training fold"
        )
    return min(5, smallest - 1)


def _fill(sampler: Any, X: pd.DataFrame, y: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Resample the imputed and encoded `X`; return `X` itself and the rows that were added."""
    numeric, levels = numeric_columns(X), _levels(X)
    table = pd.DataFrame({name: _imputed(X[name]) for name in numeric})
    for name, known in levels.items():
        table[name] = _codes(X[name], known)
    filled, labels = sampler.fit_resample(table.to_numpy(dtype=float), y)
    new = pd.DataFrame(filled[len(X) :], columns=table.columns)
    added = {
        name: _decoded(new[name], levels[name], X[name])
        if name in levels
        else _as_dtype(new[name], X[name].dtype)
        for name in X.columns
    }
    if len(new) == 0:
        return X, labels
    return pd.concat([X, pd.DataFrame(added)], ignore_index=True), labels


def _imputed(series: pd.Series) -> pd.Series:
    middle = series.median() if series.notna().any() else 0.0
    return series.astype(float).fillna(middle)


def _levels(X: pd.DataFrame) -> dict[str, np.ndarray]:
    present = {name: X[name].astype(object).dropna() for name in categorical_columns(X)}
    return {name: values.unique() for name, values in present.items()}


def _codes(series: pd.Series, known: np.ndarray) -> np.ndarray:
    """Position of each level in `known`; a missing value is a level of its own, after them."""
    codes = pd.Index(known, dtype=object).get_indexer(pd.Index(series.astype(object)))
    return np.where(codes < 0, len(known), codes)


def _decoded(codes: pd.Series, known: np.ndarray, like: pd.Series) -> pd.Series:
    values = np.append(known, np.nan)[codes.round().astype(int)]
    return pd.Series(values, dtype=object).astype(like.dtype)


def _as_dtype(values: pd.Series, dtype: Any) -> pd.Series:
    return values.round().astype(dtype) if pdt.is_integer_dtype(dtype) else values.astype(dtype)
