"""Tables to the numbers that networks like, and back.

A continuous column becomes a normal score: its values pass through their empirical distribution
function, tied values spread evenly over their step of it. Missing values and heavy point masses
are levels of a state beside the score. A categorical column is one-hot; one with very many levels
is two one-hot digits, so that memory grows with the square root of the levels. A column that is a
function of a categorical one is left out, and looked up when rows are decoded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor, nn

from gan_augment.backends.tabular.dependencies import (
    determined_columns,
    level_positions,
    values_by_level,
)
from gan_augment.columns import FloatArray
from gan_augment.frames import Table
from gan_augment.plain import from_record, to_record

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
class DeterminedCode:
    """A column that follows from the categorical column at position `source`.

    `values` has one for each of its levels, and at last one for where it is missing.
    """

    source: int
    values: FloatArray

    def decode(self, source: FloatArray) -> FloatArray:
        """Values for level codes of the source."""
        return self.values[level_positions(source, len(self.values) - 1)]


Code = NumericCode | CategoricalCode | DeterminedCode
_CODES = (NumericCode, CategoricalCode, DeterminedCode)


class TableEncoder:
    """Encodes a `Table`; learned from the rows it is made with.

    Attributes
    ----------
    n_scores : int
        How many normal scores a row has; they come first.
    sizes : tuple of int
        Widths of the one-hot digits that follow.
    gate : ndarray of shape (n_scores,)
        Position of the state that says "regular" for each score, -1 where there is none.
    """

    def __init__(self, table: Table):
        codes: list[Code] = []
        levels = table.n_levels
        sources = determined_columns(table.values, levels)
        for position, (n_levels, values) in enumerate(zip(levels, table.values.T, strict=True)):
            if position in sources:
                source = sources[position]
                known = values_by_level(table.values[:, source], values, levels[source] or 0)
                codes.append(DeterminedCode(source, known))
            elif n_levels is None:
                codes.append(NumericCode.learn(values))
            else:
                codes.append(CategoricalCode(n_levels, bool(np.isnan(values).any())))
        self._set_codes(codes)

    def get_state(self) -> list[dict[str, Any]]:
        """What was learned, for `from_state`."""
        return [to_record(code) for code in self.codes]

    @classmethod
    def from_state(cls, state: list[dict[str, Any]]) -> TableEncoder:
        """The encoder that had this state."""
        encoder = cls.__new__(cls)
        encoder._set_codes([from_record(code, _CODES) for code in state])
        return encoder

    def _set_codes(self, codes: list[Code]) -> None:
        self.codes = codes
        numeric = [code for code in self.codes if isinstance(code, NumericCode)]
        self.n_scores = len(numeric)
        sizes: list[int] = []
        gate: list[int] = []
        for code in self.codes:
            if isinstance(code, CategoricalCode):
                sizes.extend(code.sizes)
            elif isinstance(code, DeterminedCode):
                continue
            elif code.n_states:
                gate.append(self.n_scores + sum(sizes))
                sizes.append(code.n_states)
            else:
                gate.append(-1)
        self.sizes = tuple(sizes)
        self.gate = np.array(gate, dtype=np.int64)

    @property
    def width(self) -> int:
        """Numbers per encoded row."""
        return self.n_scores + sum(self.sizes)

    def encode(self, table: Table) -> EncodedRows:
        """Encode rows of the table this was learned from, or others like it."""
        low: list[FloatArray] = []
        high: list[FloatArray] = []
        digits: list[np.ndarray] = []
        for code, values in zip(self.codes, table.values.T, strict=True):
            if isinstance(code, CategoricalCode):
                digits.extend(code.encode(values))
                continue
            if isinstance(code, DeterminedCode):
                continue
            lower, upper = code.bounds(values)
            low.append(lower)
            high.append(upper)
            if code.n_states:
                digits.append(code.states(values))
        n = len(table)
        return EncodedRows(
            torch.tensor(np.column_stack(low) if low else np.empty((n, 0)), dtype=torch.float32),
            torch.tensor(np.column_stack(high) if high else np.empty((n, 0)), dtype=torch.float32),
            torch.tensor(np.column_stack(digits) if digits else np.empty((n, 0), dtype=np.int64)),
            self.sizes,
            self.gate,
        )

    def decode(self, rows: np.ndarray) -> FloatArray:
        """Table values for rows of scores and digits, shape (n, n_scores + n_digits)."""
        scores = iter(rows[:, : self.n_scores].T.astype(np.float64))
        remaining = iter(rows[:, self.n_scores :].T.astype(np.int64))
        decoded = np.empty((len(rows), len(self.codes)))
        for position, code in enumerate(self.codes):
            if isinstance(code, CategoricalCode):
                decoded[:, position] = code.decode([next(remaining) for _ in code.sizes])
            elif isinstance(code, NumericCode):
                states = next(remaining) if code.n_states else None
                decoded[:, position] = code.decode(next(scores), states)
        for position, code in enumerate(self.codes):
            if isinstance(code, DeterminedCode):
                decoded[:, position] = code.decode(decoded[:, code.source])
        return decoded


class EncodedRows:
    """Encoded rows kept small: ties are spread and digits made one-hot anew for each batch.

    Spreading ties with fresh noise keeps the discriminator from learning one draw of it by heart.
    """

    def __init__(
        self, low: Tensor, high: Tensor, digits: Tensor, sizes: tuple[int, ...], gate: np.ndarray
    ):
        self.low, self.spread, self.digits = low, high - low, digits
        self.join = GatedRows(gate, sizes)

    def __len__(self) -> int:
        return len(self.digits)

    def to(self, device: torch.device) -> EncodedRows:
        """Move to `device`."""
        for name in ("low", "spread", "digits", "join"):
            setattr(self, name, getattr(self, name).to(device))
        return self

    def rows(self, index: Tensor, rng: torch.Generator) -> Tensor:
        """Rows of shape (len(index), width) with freshly spread ties."""
        low = self.low[index]
        noise = torch.rand(low.shape, generator=rng, device=low.device)
        scores = torch.special.ndtri(low + noise * self.spread[index])
        return self.join.of_digits(scores, self.digits[index])


class GatedRows(nn.Module):
    """Joins scores and digits; a score counts only as far as its state says "regular"."""

    gated: Tensor
    states: Tensor
    offsets: Tensor

    def __init__(self, gate: np.ndarray, sizes: tuple[int, ...]):
        super().__init__()
        gated = np.flatnonzero(gate >= 0)
        self.n_one_hot = sum(sizes)
        offsets = np.cumsum([0, *sizes])[:-1]
        self.register_buffer("offsets", torch.tensor(offsets, dtype=torch.int64), persistent=False)
        self.any_gated = len(gated) > 0
        self.register_buffer("gated", torch.tensor(gated), persistent=False)
        self.register_buffer("states", torch.tensor(gate[gated] - len(gate)), persistent=False)

    def forward(self, scores: Tensor, one_hot: Tensor) -> Tensor:
        """Encoded rows."""
        if self.any_gated:
            regular = torch.ones_like(scores).index_copy(1, self.gated, one_hot[:, self.states])
            scores = scores * regular
        return torch.cat([scores, one_hot], dim=1)

    def of_digits(self, scores: Tensor, digits: Tensor) -> Tensor:
        """Encoded rows for digits that are numbers, shape (n, n_digits)."""
        one_hot = scores.new_zeros(len(scores), self.n_one_hot)
        return self(scores, one_hot.scatter_(1, digits + self.offsets, 1.0))


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
