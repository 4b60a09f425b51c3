"""What stands for a column of a table, or for several: how its values become numbers, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from gan_augment.backends.tabular.dependencies import level_positions
from gan_augment.columns import FloatArray, IntArray

_KNOTS = 1_000
_ONE_HOT_LEVELS = 256
_MASS_SHARE = 0.1
_MAX_MASSES = 3
_REGULAR = 0


@dataclass(frozen=True)
class NumericCode:
    """A continuous column: knots of its distribution function, and its states if it has any.

    States are 0 for a regular value, 1 for missing, then one for each of `masses`.
    """

    values: FloatArray
    probabilities: FloatArray
    masses: FloatArray
    has_missing: bool
    n_seen: int

    @property
    def n_states(self) -> int:
        """Width of the state's one-hot code; 0 where every value is regular."""
        n = 1 + self.has_missing + len(self.masses)
        return 0 if n == 1 else n

    @classmethod
    def learn(cls, column: FloatArray) -> NumericCode:
        """Find point masses and the distribution function of the rest."""
        missing = np.isnan(column)
        values, counts = np.unique(column[~missing], return_counts=True)
        if not len(values):  # missing in every row of the classes trained on
            return cls(np.zeros(1), np.full(1, 0.5), values, True, 0)
        heavy = counts >= _MASS_SHARE * len(column)
        few = heavy.sum() <= _MAX_MASSES and not heavy.all()
        masses = values[heavy] if few else values[:0]
        if few:
            values, counts = values[~heavy], counts[~heavy]
        knot_values, knots = _distribution(values, counts)
        return cls(knot_values, knots, masses, bool(missing.any()), int(counts.sum()))

    def bounds(self, column: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper end of each value's step of the distribution function."""
        margin = 0.5 / max(1, self.n_seen)
        column = np.where(np.isnan(column), self.values[0], column)
        # A step is a vertical piece of the function: its two ends are found from either side.
        left = np.searchsorted(self.values, column, side="left")
        right = np.searchsorted(self.values, column, side="right") - 1
        tied = left <= right
        between = _interpolated(column, self.values, self.probabilities)
        last = len(self.values) - 1
        low = np.where(tied, self.probabilities[np.minimum(left, last)], between)
        high = np.where(tied, self.probabilities[np.maximum(right, 0)], between)
        single = high - low < margin
        low, high = np.where(single, low - margin, low), np.where(single, high + margin, high)
        return np.clip(low, margin, 1 - margin), np.clip(high, margin, 1 - margin)

    def states(self, column: FloatArray) -> np.ndarray:
        """State of each value."""
        state = np.full(len(column), _REGULAR)
        if self.has_missing:
            state[np.isnan(column)] = 1
        for i, mass in enumerate(self.masses):
            state[column == mass] = 1 + self.has_missing + i
        return state

    def decode(self, scores: FloatArray, states: np.ndarray | None) -> FloatArray:
        """Values for normal scores and states."""
        decoded = _interpolated(ndtr(scores), self.probabilities, self.values)
        if states is None:
            return decoded
        if self.has_missing:
            decoded[(states == 1) | (self.n_seen == 0)] = np.nan
        for i, mass in enumerate(self.masses):
            decoded[states == 1 + self.has_missing + i] = mass
        return decoded


@dataclass(frozen=True)
class CategoricalCode:
    """A categorical column: one digit per level, or two where there are very many levels."""

    n_levels: int
    has_missing: bool

    @property
    def sizes(self) -> tuple[int, ...]:
        """Width of each one-hot digit."""
        n = self.n_levels + self.has_missing
        if n <= _ONE_HOT_LEVELS:
            return (n,)
        base = math.isqrt(n - 1) + 1
        return (base, -(-n // base))

    def encode(self, column: FloatArray) -> list[np.ndarray]:
        """Digits of each value."""
        codes = level_positions(column, self.n_levels)
        if len(self.sizes) == 1:
            return [codes]
        base = self.sizes[0]
        return [codes % base, codes // base]

    def decode(self, digits: list[np.ndarray]) -> FloatArray:
        """Level codes for digits, NaN for missing."""
        codes = digits[0] if len(digits) == 1 else digits[0] + self.sizes[0] * digits[1]
        codes = np.minimum(codes, self.n_levels - 1 + self.has_missing)
        return np.where(codes == self.n_levels, np.nan, codes).astype(np.float64)


@dataclass(frozen=True)
class OneHotCode(CategoricalCode):
    """Columns of which every row has one at its `high` value, the others at their `low` one.

    That is what one-hot encoding leaves of a categorical column, scaled or not; the levels are
    the columns. Where there is one level more, its rows have none that is high.
    """

    columns: IntArray
    low: FloatArray
    high: FloatArray

    def levels(self, values: FloatArray) -> FloatArray:
        """Which of the columns is high in each row, for values of shape (n, n_columns)."""
        height = (values - self.low) / (self.high - self.low)
        if self.n_levels > len(self.columns):
            height = np.column_stack([height, np.full(len(height), 0.5)])
        return height.argmax(axis=1).astype(np.float64)

    def spread(self, levels: FloatArray) -> FloatArray:
        """Values of the columns, shape (n, n_columns)."""
        is_high = levels[:, None] == np.arange(len(self.columns))
        return np.where(is_high, self.high, self.low)


@dataclass(frozen=True)
class DeterminedCode:
    """A column that follows from the categorical one of the code at position `source`.

    `values` has one for each of its levels, and at last one for where it is missing.
    """

    source: int
    values: FloatArray

    def decode(self, source: FloatArray) -> FloatArray:
        """Values for level codes of the source."""
        return self.values[level_positions(source, len(self.values) - 1)]


Code = NumericCode | CategoricalCode | OneHotCode | DeterminedCode
CODES = (NumericCode, CategoricalCode, OneHotCode, DeterminedCode)


def _interpolated(x: FloatArray, knots: FloatArray, values: FloatArray) -> FloatArray:
    """`np.interp`, and the next knot's value where a slope is beyond the range of floats."""
    between = np.asarray(np.interp(x, knots, values))
    broken = ~np.isfinite(between)
    between[broken] = values[np.searchsorted(knots, x[broken]).clip(max=len(knots) - 1)]
    return between


def _distribution(values: FloatArray, counts: Any) -> tuple[FloatArray, FloatArray]:
    """Knots (value, probability) of the distribution function; ties are vertical steps."""
    total = counts.sum()
    upper = np.cumsum(counts) / total
    lower = upper - counts / total
    tied = counts > max(1, 0.0005 * total)
    if not tied.all():
        # Untied values are thinned evenly; their neighbours' line takes their place.
        loose = np.flatnonzero(~tied)
        kept = loose[np.unique(np.linspace(0, len(loose) - 1, _KNOTS).astype(np.int64))]
        keep = tied.copy()
        keep[kept] = True
        values, lower, upper, tied = values[keep], lower[keep], upper[keep], tied[keep]
    middle = (lower + upper) / 2
    ends = np.column_stack([np.where(tied, lower, middle), np.where(tied, upper, middle)]).ravel()
    doubled = np.repeat(values, 2)
    unique = np.r_[True, (doubled[1:] > doubled[:-1]) | (ends[1:] > ends[:-1])]
    return doubled[unique], ends[unique]
