"""Columns that are a function of another column, such as a code and its description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gan_augment.columns import BoolArray, FloatArray, IntArray

_PREVIEW = 1_000
_CHANCE = 1e-6
_FEWEST_OF_PAIR = 5
_EXPECTED_OF_COLUMN, _EXPECTED_OF_GROUP = 7, 14
_FEWEST_ROWS = 30  # from which on no chance makes a one-hot code of independent columns


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
    for source, n in enumerate(n_levels):
        if n is None or source in sources:
            continue
        taken = {source, *sources, *sources.values()}
        targets = [j for j in range(len(n_levels)) if j not in taken]
        # Few columns get beyond the first rows, and only they are worth sorting all rows for.
        targets = _constant_within(values[:_PREVIEW], source, targets)
        targets = _beyond_chance(values, source, targets)
        sources |= dict.fromkeys(_constant_within(values, source, targets), source)
    return sources


def one_hot_groups(values: FloatArray, highs: FloatArray, taken: set[int]) -> list[IntArray]:
    """Positions of columns that are the one-hot code of a categorical one, group by group.

    The columns of a group follow each other among those of two values, and in every row exactly
    one of them is high. Of two columns alone, both values must not be rare.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        As in `determined_columns`.
    highs : ndarray of shape (n_columns,)
        Which value of a column is its high one; NaN where none is.
    taken : set of int
        Columns that belong to no group.
    """
    groups: list[IntArray] = []
    if len(values) < _FEWEST_ROWS:
        return groups
    run: dict[int, np.ndarray] = {}
    covered = np.zeros(len(values), dtype=bool)
    for position, is_high in _two_valued(values, highs, taken):
        while run and (is_high & covered).any():
            covered = covered & ~run.pop(next(iter(run)))
        run[position] = is_high
        covered = covered | is_high
        rarest = min(np.count_nonzero(is_high), np.count_nonzero(~is_high))
        if covered.all() and (len(run) > 2 or rarest >= _FEWEST_OF_PAIR):
            groups.append(np.array(list(run)))
            run, covered = {}, np.zeros(len(values), dtype=bool)
    return groups


def exclusive_groups(values: FloatArray, highs: FloatArray, taken: set[int]) -> list[IntArray]:
    """Positions of columns that are what is left of a one-hot code without its first column.

    As in `one_hot_groups`, but in every row at most one of them is high, and in some none is. Each
    joins only where chance is ruled out: with the columns independent, it would be high together
    with one of those before it in seven rows, and any two of the group in fourteen.
    """
    groups: list[IntArray] = []
    run: list[int] = []
    covered, expected = np.zeros(len(values), dtype=bool), 0.0

    def end() -> None:
        if expected >= _EXPECTED_OF_GROUP:
            groups.append(np.array(run))

    for position, is_high in _two_valued(values, highs, taken):
        together = is_high.mean() * np.count_nonzero(covered)
        if run and (together < _EXPECTED_OF_COLUMN or (is_high & covered).any()):
            end()
            run, covered, expected, together = [], np.zeros_like(covered), 0.0, 0.0
        run.append(position)
        covered, expected = covered | is_high, expected + together
    end()
    return groups


def _two_valued(
    values: FloatArray, highs: FloatArray, taken: set[int]
) -> Iterator[tuple[int, BoolArray]]:
    """Columns of two values that are not `taken`, and where each is high."""
    for position in range(values.shape[1]):
        column = values[:, position]
        is_high = column == highs[position]
        rest = column[~is_high]
        if position in taken or not 0 < len(rest) < len(column) or not (rest == rest[0]).all():
            continue
        yield position, is_high


def level_positions(codes: FloatArray, n_levels: int) -> IntArray:
    """Level codes as positions in an array whose last entry is for where they are missing."""
    return np.where(np.isnan(codes), n_levels, codes).astype(np.int64)


def values_by_level(source: FloatArray, target: FloatArray, n_levels: int) -> FloatArray:
    """The target's value at each level of the source, and at last where the source is missing."""
    # Of a level that no row has, any value would do; this one was seen.
    found = np.full(n_levels + 1, target[0])
    found[level_positions(source, n_levels)] = target
    return found


def _beyond_chance(values: FloatArray, source: int, targets: list[int]) -> list[int]:
    """Targets whose rows would hardly ever agree within all levels if they were independent."""
    if not targets:
        return []
    n_agreeing = len(values) - len(np.unique(values[:, source]))
    agreement = np.array([_agreement(values[:, j]) for j in targets])
    beyond = n_agreeing * np.log(agreement) < np.log(_CHANCE)
    return [j for j, is_beyond in zip(targets, beyond, strict=True) if is_beyond]


def _agreement(column: FloatArray) -> float:
    """Probability that two rows drawn at random have the same value."""
    _, counts = np.unique(column, return_counts=True)
    return float(np.square(counts / len(column)).sum())


def _constant_within(values: FloatArray, source: int, targets: list[int]) -> list[int]:
    """Targets that have one value in all rows of a level of the source."""
    if not targets:
        return []
    order = np.argsort(values[:, source], kind="stable")
    levels, columns = values[order, source], values[:, targets][order]
    same_level = _equal(levels[1:], levels[:-1])
    changes = ~_equal(columns[1:], columns[:-1]) & same_level[:, None]
    return [j for j, changed in zip(targets, changes.any(axis=0), strict=True) if not changed]


def _equal(a: FloatArray, b: FloatArray) -> np.ndarray:
    return (a == b) | (np.isnan(a) & np.isnan(b))
