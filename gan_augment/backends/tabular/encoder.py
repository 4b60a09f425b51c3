"""Tables to the numbers that networks like, and back.

A continuous column becomes a normal score: its values pass through their empirical distribution
function, tied values spread evenly over their step of it. Missing values and heavy point masses
are levels of a state beside the score. A categorical column is one-hot; one with very many levels
is two one-hot digits, so that memory grows with the square root of the levels. Columns that a
user has one-hot encoded, with or without the first level, are one categorical column again. A
column that is a function of a categorical one is left out, and looked up when rows are decoded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gan_augment.backends.tabular.codes import (
    CODES,
    CategoricalCode,
    Code,
    DeterminedCode,
    NumericCode,
    OneHotCode,
)
from gan_augment.backends.tabular.dependencies import (
    determined_columns,
    exclusive_groups,
    one_hot_groups,
    values_by_level,
)
from gan_augment.columns import CategoricalColumn, Column, FloatArray
from gan_augment.frames import Table
from gan_augment.plain import from_record, to_record


class TableEncoder:
    """Encodes a `Table`; learned from the rows it is made with.

    Attributes
    ----------
    n_scores : int
        How many normal scores a row has; they come first.
    sizes : tuple of int
        Widths of the one-hot digits that follow.
    n_columns : int
        Columns of the table.
    gate : ndarray of shape (n_scores,)
        Position of the state that says "regular" for each score, -1 where there is none.
    """

    def __init__(self, table: Table):
        levels, values = table.n_levels, table.values
        sources = determined_columns(values, levels)
        highs = np.array([_high(*pair) for pair in zip(table.columns, values.T, strict=True)])
        taken = {*sources, *sources.values()}
        groups = one_hot_groups(values, highs, taken)
        n_complete = len(groups)
        groups += exclusive_groups(values, highs, taken.union(*groups))
        incomplete = {int(columns[0]) for columns in groups[n_complete:]}
        first = {int(columns[0]): columns for columns in groups}
        grouped = {int(position) for columns in groups for position in columns[1:]}
        kept = [position for position in range(len(levels)) if position not in grouped]
        codes: list[Code] = []
        for position in kept:
            n_levels, column = levels[position], values[:, position]
            if position in sources:
                source = sources[position]
                known = values_by_level(values[:, source], column, levels[source] or 0)
                codes.append(DeterminedCode(kept.index(source), known))
            elif position in first:
                columns = first[position]
                high = highs[columns]
                low = np.where(values[:, columns] == high, np.nan, values[:, columns])
                n_levels = len(columns) + (position in incomplete)
                codes.append(OneHotCode(n_levels, False, columns, np.nanmax(low, 0), high))
            elif n_levels is None or (column == column[0]).all():  # the level of all rows
                codes.append(NumericCode.learn(column))
            else:
                codes.append(CategoricalCode(n_levels, bool(np.isnan(column).any())))
        self._set_codes(codes)

    def get_state(self) -> list[dict[str, Any]]:
        """What was learned, for `from_state`."""
        return [to_record(code) for code in self.codes]

    @classmethod
    def from_state(cls, state: list[dict[str, Any]]) -> TableEncoder:
        """The encoder that had this state."""
        encoder = cls.__new__(cls)
        encoder._set_codes([from_record(code, CODES) for code in state])
        return encoder

    def __getstate__(self) -> dict[str, Any]:
        return {"codes": self.codes}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._set_codes(state["codes"])

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
        one_hot = [code.columns for code in self.codes if isinstance(code, OneHotCode)]
        self.n_columns = len(self.codes) + sum(len(columns) - 1 for columns in one_hot)
        grouped = {int(position) for columns in one_hot for position in columns}
        alone = (position for position in range(self.n_columns) if position not in grouped)
        self._places: list[Any] = [
            code.columns if isinstance(code, OneHotCode) else next(alone) for code in self.codes
        ]

    @property
    def width(self) -> int:
        """Numbers per encoded row."""
        return self.n_scores + sum(self.sizes)

    def encode(self, table: Table) -> EncodedRows:
        """Encode rows of the table this was learned from, or others like it."""
        low: list[FloatArray] = []
        high: list[FloatArray] = []
        digits: list[np.ndarray] = []
        for code, place in zip(self.codes, self._places, strict=True):
            values = table.values[:, place]
            if isinstance(code, OneHotCode):
                values = code.levels(values)
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
        if self.n_columns == len(self.codes):
            return decoded
        values = np.empty((len(rows), self.n_columns))
        for code, place, column in zip(self.codes, self._places, decoded.T, strict=True):
            values[:, place] = code.spread(column) if isinstance(code, OneHotCode) else column
        return values


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


def _high(column: Column, values: FloatArray) -> float:
    """The larger of a column's two values, True of booleans; NaN where they have no order."""
    if not isinstance(column, CategoricalColumn):
        return float(values.max())
    if column.n_levels != 2:
        return float("nan")
    first, second = column.levels
    try:
        return float(first < second)
    except TypeError:
        return float("nan")
