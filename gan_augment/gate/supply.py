"""Synthetic rows for the gate: one training, one draw, and subsets of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from gan_augment.columns import IntArray
from gan_augment.containers import is_polars


@dataclass(frozen=True)
class Pool:
    """Synthetic rows of several classes.

    Attributes
    ----------
    X : same type as the real rows
        The rows.
    codes : ndarray of shape (n_rows,)
        Their class codes.
    augmenter : estimator
        What drew them, fitted.
    """

    X: Any
    codes: IntArray
    augmenter: Any

    def take(self, rows: IntArray) -> Any:
        """The named rows."""
        return _safe_indexing(self.X, rows)


def draws_any_class(augmenter: Any) -> bool:
    """Whether it can be fitted once and asked for rows of every class, the largest included."""
    learns_all = getattr(augmenter, "train_on", "all") == "all"
    return hasattr(augmenter, "sample") and learns_all


def draw_pool(
    augmenter: Any, X: Any, y: np.ndarray, classes: np.ndarray, wanted: IntArray, seed: int
) -> Pool:
    """Train a clone of `augmenter` once and draw `wanted` rows of each class.

    Over-samplers that cannot be asked for a class are run through `fit_resample`; the rows after
    the real ones are theirs.
    """
    present = np.array([np.count_nonzero(y == label) for label in classes])
    grown = np.flatnonzero(wanted)
    model = seeded(augmenter, seed)
    if "sampling_strategy" in model.get_params():
        sizes = {classes.tolist()[c]: int(present[c] + wanted[c]) for c in grown}
        model.set_params(sampling_strategy=sizes)
    with warnings.catch_warnings():
        # The whole training set was looked at already, and told of once.
        warnings.filterwarnings("ignore", message="The GAN has few rows")
        warnings.filterwarnings("ignore", message="Class .* has .* rows, and a classifier finds")
        if hasattr(model, "sample"):
            codes = np.repeat(np.arange(len(classes)), wanted)
            model.fit(X, y)
            return Pool(model.sample(y=classes[codes]), codes, model)
        X_new, y_new = model.fit_resample(X, y)
    if len(y_new) < len(y):
        raise ValueError(
            f"augmenter={augmenter!r:.80} returned {len(y_new)} rows for {len(y)}: it removes real "
            "rows. Use an over-sampler, which only adds."
        )
    added = np.arange(len(y), len(y_new))
    codes = np.searchsorted(classes, np.asarray(y_new)[added])
    return Pool(_safe_indexing(X_new, added), codes, model)


def append_rows(X: Any, new: Any) -> Any:
    """Rows of `X`, then those of `new`, in the container of `X`."""
    if isinstance(X, pd.DataFrame):
        return pd.concat([X, new], ignore_index=True)
    if is_polars(X, "DataFrame"):
        import polars as pl

        return pl.concat([X, new])
    if sp.issparse(X):
        return sp.vstack([X, new], format=X.format)
    return np.concatenate([np.asarray(X), np.asarray(new)])


def seeded(estimator: Any, seed: int) -> Any:
    """A clone whose unset `random_state`, nested ones included, follow from `seed`."""
    model = clone(estimator)
    unset = [
        name
        for name, value in sorted(model.get_params(deep=True).items())
        if (name == "random_state" or name.endswith("__random_state")) and value is None
    ]
    states = np.random.SeedSequence(seed).generate_state(len(unset) + 1) >> 1
    return model.set_params(**dict(zip(unset, states.tolist(), strict=False)))
