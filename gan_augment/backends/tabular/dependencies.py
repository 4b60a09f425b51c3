"""Columns that are a function of another column, such as a code and its description."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gan_augment.columns import FloatArray

_PREVIEW = 1_000
_CHANCE = 1e-6


def determined_columns(values: FloatArray, n_levels: Sequence[int | None]) -> dict[int, int]:
    """Columns whose value follows from the level of a categorical one: column to its source.

    A source is never determined itself. Chance is ruled out: with the columns independent, rows
    of the same level would agree so often with a probability below one in a million.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Level codes of categorical columns, values of continuous ones, NaN where missing.
    n_levels : sequence of int or None
        Number of levels of each column, None for continuous ones.
    """
    sources: dict[int, int] = {}
    n_columns = values.shape[1]
    agreement = np.array([_agreement(column) for column in values.T])
    for source in range(n_columns):
        if n_levels[source] is None or source in sources:
            continue
        targets = [j for j in range(n_columns) if j != source and j not in sources]
        targets = [j for j in targets if j not in sources.values() and agreement[j] < 1]
        for rows in (values[:_PREVIEW], values):
            targets = [targets[i] for i in _constant_within(rows[:, source], rows[:, targets])]
        n_seen = len(np.unique(values[:, source]))
        chances = (len(values) - n_seen) * np.log(agreement)
        sources |= {j: source for j in targets if chances[j] < np.log(_CHANCE)}
    return sources


def values_by_level(source: FloatArray, target: FloatArray, n_levels: int) -> FloatArray:
    """The target's value at each level of the source, and at last where the source is missing."""
    levels = np.where(np.isnan(source), n_levels, source).astype(np.int64)
    # Of a level that no row has, any value would do; this one was seen.
    found = np.full(n_levels + 1, target[0])
    found[levels] = target
    return found


def _agreement(column: FloatArray) -> float:
    """Probability that two rows drawn at random have the same value."""
    _, counts = np.unique(column, return_counts=True)
    return float(np.square(counts / len(column)).sum())


def _constant_within(levels: FloatArray, columns: FloatArray) -> np.ndarray:
    """Positions of the columns that have one value in all rows of a level."""
    order = np.argsort(levels, kind="stable")
    levels, columns = levels[order], columns[order]
    same_level = _equal(levels[1:], levels[:-1])
    changes = ~_equal(columns[1:], columns[:-1]) & same_level[:, None]
    return np.flatnonzero(~changes.any(axis=0))


def _equal(a: FloatArray, b: FloatArray) -> np.ndarray:
    return (a == b) | (np.isnan(a) & np.isnan(b))
