"""Collapses that show in what a generator draws, beside real rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import CategoricalNB

from gan_augment.columns import Column, FloatArray, IntArray
from gan_augment.training.faults import Fault

_BINS = 20
_MOST_LEVELS = 50
_MOST_ROWS = 2_000
_FREQUENT = 0.1
_RARE = 0.02
_LARGE_PART = 0.25
_FEWEST_OF_CLASS = 20


def table_faults(
    columns: Sequence[Column],
    real: FloatArray,
    labels: IntArray,
    drawn: FloatArray,
    drawn_labels: IntArray,
    rng: np.random.Generator,
) -> list[Fault]:
    """Few different rows, a frequent value that is never drawn, a class that is lost.

    Parameters
    ----------
    columns : sequence of Column
        What the columns are.
    real, drawn : ndarray of shape (n_rows, n_columns)
        Values of a `Table`.
    labels, drawn_labels : ndarray of shape (n_rows,)
        Class codes; those of drawn rows as they were asked for, in the shares of the real ones.
    rng : Generator
        Chooses real rows where there are many.
    """
    chosen = rng.permutation(len(real))[:_MOST_ROWS]
    binned = [_binned(column, real[chosen, i], drawn[:, i]) for i, column in enumerate(columns)]
    seen = np.column_stack([a for a, _ in binned])
    new = np.column_stack([b for _, b in binned])
    repeated = _repeated_rows(seen, new, "rows")
    # Few different rows have few values and classes too.
    return repeated or [
        *_lost_values(columns, seen, new),
        *_lost_classes(seen, labels[chosen], new, drawn_labels, "rows"),
    ]


def feature_faults(
    real: FloatArray, labels: IntArray, drawn: FloatArray, drawn_labels: IntArray, things: str
) -> list[Fault]:
    """What shows in features without names: few different rows, a class that is lost.

    Parameters
    ----------
    real, drawn : ndarray of shape (n_rows, n_features)
        Few features, which tell the rows apart.
    labels, drawn_labels : ndarray of shape (n_rows,)
        As for `table_faults`.
    things : str
        What the rows are, such as "images".
    """
    binned = [_quantile_bins(real[:, i], drawn[:, i]) for i in range(real.shape[1])]
    seen = np.column_stack([a for a, _ in binned])
    new = np.column_stack([b for _, b in binned])
    return _repeated_rows(seen, new, things) or _lost_classes(
        seen, labels, new, drawn_labels, things
    )


def _binned(column: Column, real: FloatArray, drawn: FloatArray) -> tuple[IntArray, IntArray]:
    """Values as a few bins: levels, or twentieths of the real distribution; 0 is missing."""
    if not hasattr(column, "n_levels"):
        return _quantile_bins(real, drawn)
    bins = [1 + np.nan_to_num(values) % _MOST_LEVELS for values in (real, drawn)]
    return _without_missing(real, drawn, bins)


def _quantile_bins(real: FloatArray, drawn: FloatArray) -> tuple[IntArray, IntArray]:
    present = real[~np.isnan(real)]
    if len(present):
        # Of halves, since differences between the ends of the range of floats are none.
        edges = 2 * np.unique(np.quantile(present / 2, np.arange(1, _BINS) / _BINS))
        bins = [1 + np.searchsorted(edges, v, side="right").astype(float) for v in (real, drawn)]
    else:
        bins = [np.zeros(len(values)) for values in (real, drawn)]
    return _without_missing(real, drawn, bins)


def _without_missing(
    real: FloatArray, drawn: FloatArray, bins: Sequence[FloatArray]
) -> tuple[IntArray, IntArray]:
    seen, new = (
        np.where(np.isnan(values), 0, bin_).astype(np.int64)
        for values, bin_ in zip((real, drawn), bins, strict=True)
    )
    return seen, new


def _repeated_rows(seen: IntArray, new: IntArray, things: str) -> list[Fault]:
    n = min(len(seen), len(new))
    different = [len(np.unique(rows[:n], axis=0)) / n for rows in (seen, new)]
    if different[1] >= 0.25 * different[0]:
        return []
    return [
        Fault(
            "repeated rows",
            f"The generator collapsed: of {n} {things} drawn, {different[1]:.0%} differ from each "
            f"other by more than a little, of as many real ones {different[0]:.0%}.",
            "Use a larger gamma or batch_size, or a smaller learning_rate.",
        )
    ]


def _lost_values(columns: Sequence[Column], seen: IntArray, new: IntArray) -> list[Fault]:
    lost = []
    for i, column in enumerate(columns):
        shares = np.bincount(seen[:, i]) / len(seen)
        drawn = np.bincount(new[:, i], minlength=len(shares))[: len(shares)]
        gone = np.where((shares > _RARE) & (drawn == 0), shares, 0.0)
        # One frequent value, or a large part of the range; the end of a tail is no such loss.
        if gone.max() >= _FREQUENT or gone.sum() >= _LARGE_PART:
            lost.append((float(gone.sum()), str(column.name)))
    if not lost:
        return []
    lost.sort(reverse=True)
    worst = ", ".join(f"{name!r:.60} ({share:.0%})" for share, name in lost[:3])
    return [
        Fault(
            "lost values",
            f"Frequent values of {len(lost)} of {len(columns)} columns are never drawn; most of "
            f"all in {worst} of the real rows have such a value.",
            "Train longer (max_steps), or use a larger gamma.",
        )
    ]


def _lost_classes(
    seen: IntArray, labels: IntArray, new: IntArray, drawn_labels: IntArray, things: str
) -> list[Fault]:
    counts = np.bincount(labels)
    if (counts >= _FEWEST_OF_CLASS).sum() < 2:
        return []
    sizes = 1 + np.maximum(seen.max(axis=0), new.max(axis=0))
    judge = CategoricalNB(min_categories=sizes, fit_prior=False)
    large = counts[labels] >= _FEWEST_OF_CLASS
    X, y = seen[large], labels[large]
    held_out = cross_val_predict(judge, X, y, cv=StratifiedKFold(2, shuffle=True, random_state=0))
    given = judge.fit(X, y).predict(new)
    faults = []
    for code in np.unique(y).tolist():
        asked = drawn_labels == code
        if asked.sum() < _FEWEST_OF_CLASS:
            continue
        real = float((held_out[y == code] == code).mean())
        synthetic = float((given[asked] == code).mean())
        if real >= 0.6 and synthetic < 0.3 * real:
            faults.append(
                Fault(
                    "lost class",
                    f"is lost: a classifier takes {synthetic:.0%} of the {things} drawn for it for "
                    f"that class, and {real:.0%} of its real ones.",
                    "Train longer (max_steps), or raise class_balance.",
                    code,
                )
            )
    return faults
