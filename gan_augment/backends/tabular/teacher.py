"""What class rows are of, as trees see them that have learned the real rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from gan_augment.backends.tabular.forests import ForestView
from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import Table

Teacher = Callable[[FloatArray], FloatArray]
_MEMBERS = 5
_MOST_ROWS = 100_000
_MOST_LEVELS = 255
_MOST_TREES = 300
_PATIENCE = 10


def learn_classes(data: Table, labels: IntArray, rng: np.random.Generator) -> Teacher:
    """A function from rows to the probability of each class.

    The mean of five boosted classifiers. Each grows trees until another fifth of the rows, which it
    has not learned, is told no better, so that they are as sure as they may be.

    Parameters
    ----------
    data : Table
        Real rows; of very many, 100,000 are learned.
    labels : ndarray of shape (n_rows,)
        Class codes, ``0..n_classes-1``, ten or more of each.
    rng : Generator
        Chooses rows and parts.
    """
    chosen = rng.permutation(len(labels))[:_MOST_ROWS]
    view = ForestView(data.values)
    X, y = view(data.values[chosen]), labels[chosen]
    levels = np.array([getattr(column, "n_levels", None) or 0 for column in data.columns])
    members = [
        HistGradientBoostingClassifier(
            max_iter=_MOST_TREES,
            l2_regularization=1.0,
            early_stopping=True,
            validation_fraction=1 / _MEMBERS,
            n_iter_no_change=_PATIENCE,
            categorical_features=(levels > 0) & (levels <= _MOST_LEVELS),
            random_state=int(rng.integers(2**31)),
        ).fit(X, y)
        for _ in range(_MEMBERS)
    ]

    def teacher(rows: FloatArray) -> FloatArray:
        seen = view(rows)
        return np.asarray(np.mean([member.predict_proba(seen) for member in members], axis=0))

    return teacher
