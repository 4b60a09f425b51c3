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
_MOST_VALUES = 5_000_000
_MOST_LEVELS = 255
_MOST_TREES = 600
_FEWEST_ROUNDS = 50
_FEWEST_OF_CLASS = 100
_PATIENCE = 10
_NOTABLY_SHARP = 1.05


def learn_classes(data: Table, labels: IntArray, rng: np.random.Generator) -> Teacher:
    """A function from rows to the probability of each class.

    The mean of five boosted classifiers. Each grows trees until another fifth of the rows, which it
    has not learned, is told no better, so that they are as sure as they may be.

    Parameters
    ----------
    data : Table
        Real rows; of very many, 100,000 are learned, or 5,000,000 values.
    labels : ndarray of shape (n_rows,)
        Class codes, ``0..n_classes-1``, ten or more of each.
    rng : Generator
        Chooses rows and parts.
    """
    chosen = _few_enough(labels, min(_MOST_ROWS, _MOST_VALUES // data.values.shape[1]), rng)
    view = ForestView(data.values)
    X, y = view(data.values[chosen]), labels[chosen]
    counts = np.bincount(labels)
    weight = (counts / np.bincount(y))[y]
    categorical = [n is not None and 0 < n <= _MOST_LEVELS for n in data.n_levels]
    members = [
        HistGradientBoostingClassifier(
            max_iter=max(_FEWEST_ROUNDS, _MOST_TREES // len(counts)),
            l2_regularization=1.0,
            early_stopping=True,
            validation_fraction=1 / _MEMBERS,
            n_iter_no_change=_PATIENCE,
            categorical_features=categorical,
            random_state=int(rng.integers(2**31)),
        ).fit(X, y, sample_weight=weight)
        for _ in range(_MEMBERS)
    ]

    def teacher(rows: FloatArray) -> FloatArray:
        seen = view(rows)
        return np.asarray(np.mean([member.predict_proba(seen) for member in members], axis=0))

    return teacher


def remarks_on(weight: float, sharpness: float) -> list[str]:
    """What a teacher's say and the sharpness of its labels mean, as sentences."""
    remarks = []
    if weight:
        remarks.append(
            f"A classifier of the real rows has a say of {weight:.0%} in what their class is."
        )
    if sharpness >= _NOTABLY_SHARP:
        remarks.append(
            f"Log-odds of the classes are {sharpness:.1f} times those of real rows, so that fewer "
            "rows could be of either class: label_sharpness=1 leaves them as mixed as they are."
        )
    return remarks


def _few_enough(labels: IntArray, n_rows: int, rng: np.random.Generator) -> IntArray:
    """About `n_rows` rows in the shares of the classes, but of every class a hundred if it has."""
    shuffled = rng.permutation(len(labels))
    if len(labels) <= n_rows:
        return shuffled
    chosen = []
    for code, count in enumerate(np.bincount(labels)):
        share = count * n_rows // len(labels)
        chosen.append(shuffled[labels[shuffled] == code][: max(share, _FEWEST_OF_CLASS)])
    return np.concatenate(chosen)
