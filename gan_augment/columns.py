"""One column of a table: as it came in, as float64 for the models, and back again."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types as pdt

from gan_augment.times import (
    from_counts,
    from_objects,
    holds_times,
    is_temporal,
    object_type,
    to_counts,
    to_objects,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_MAX_DECIMALS = 10
_FEWEST_ON_GRID = 10  # different values that share a grid by more than chance
_MOST_LOOKED_AT = 10_000
_LAST_DAYS = 9.22e18  # nanoseconds beyond which clocks of a zone may not be told
_NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal"}  # as pandas infers them
_LARGEST_OFFSET = np.nextafter(2.0**64, 0)


@dataclass(frozen=True)
class CategoricalColumn:
    """A column whose values are levels; encoded as codes ``0..n_levels-1``, NaN where missing.

    Only levels that were seen exist, so decoding can never invent one.
    """

    name: Hashable
    dtype: Any
    levels: Any
    missing: Any

    @property
    def n_levels(self) -> int:
        """How many levels were seen."""
        return len(self.levels)

    @classmethod
    def learn(cls, series: pd.Series, *, sort: bool = False) -> CategoricalColumn:
        """Find the levels of `series`, in order of appearance or sorted where they can be."""
        try:
            levels = series.dropna().drop_duplicates()
            for level in levels if pdt.is_object_dtype(series.dtype) else ():
                hash(level)
        # Arrow's lists and structs are not even comparable.
        except (TypeError, NotImplementedError) as error:
            raise _unhashable(series, "y" if sort else f"X column {series.name!r}") from error
        if isinstance(series.dtype, pd.CategoricalDtype):
            levels = levels.sort_values() if series.dtype.ordered else levels
        if sort:
            # Labels of several types have an order of appearance only.
            with contextlib.suppress(TypeError):
                levels = levels.sort_values()
        missing = next(iter(series[series.isna()]), np.nan)
        return cls(series.name, series.dtype, levels.array, missing)

    def encode(self, series: pd.Series) -> FloatArray:
        """Codes of `series`, NaN where missing or never seen."""
        if not self.n_levels:
            return np.full(len(series), np.nan)
        index = _index_of(self.levels)
        codes = index.get_indexer(_as_index(series, index))
        return np.where(codes < 0, np.nan, codes).astype(np.float64)

    def decode(self, values: FloatArray) -> pd.Series:
        """Levels for codes, in the dtype that came in."""
        missing = np.isnan(values)
        if not self.n_levels:
            return pd.Series([self.missing] * len(values), dtype=self.dtype, name=self.name)
        codes = np.where(missing, 0, values).astype(np.int64)
        taken = self.levels.take(codes)
        if isinstance(self.dtype, np.dtype):  # pandas looks its own wrapper through for NaN
            taken = np.asarray(taken)
        if missing.any():
            taken = pd.Series(taken, dtype=taken.dtype, copy=True)
            taken[missing] = self.missing
        return pd.Series(taken, dtype=self.dtype, name=self.name)


@dataclass(frozen=True)
class ContinuousColumn:
    """A column whose values lie on a line: numbers, dates, durations.

    Integer-like values (dates among them) are offsets from `origin` in units of `step`, so that
    64-bit integers and nanoseconds survive; real values are rounded to `decimals`, if they had a
    fixed number of them, and to multiples of `step` in the last of these. `scalar` is the Python
    type of an object column's values, and `ends` are its smallest and largest one, which no float
    may equal. Python's dates, times and durations have the dtype that pandas has for them. Times of
    a zone are counted as its clocks show them if `wall_time`.
    """

    name: Hashable
    dtype: Any
    lower: float
    upper: float
    origin: int | None = None
    step: int = 1
    decimals: int | None = None
    missing: Any = np.nan
    scalar: type | None = None
    ends: tuple[Any, Any] | None = None
    wall_time: bool = False

    @classmethod
    def learn(cls, series: pd.Series) -> ContinuousColumn:
        """Find the range, grid and dtype of `series`."""
        present = series.dropna()
        missing = next(iter(series[series.isna()]), np.nan)
        kind = object_type(series)
        if kind is not None:
            return replace(cls.learn(from_objects(series, kind)), missing=missing, scalar=kind)
        are_objects = pdt.is_object_dtype(series.dtype)
        if _is_integer_like(series.dtype) or (are_objects and _are_near_integers(present)):
            integers, wall_time = _to_integers(present), False
            if isinstance(series.dtype, pd.DatetimeTZDtype):
                # Midnights of summer and winter are not whole days apart, but on the clock.
                on_the_wall = _to_integers(present, wall_time=True)
                near_ends = np.abs(integers.astype(np.float64)).max() > _LAST_DAYS
                wall_time = not near_ends and _common_step(on_the_wall) > _common_step(integers)
                integers = on_the_wall if wall_time else integers
            origin = int(min(present)) if are_objects else int(integers.min())
            is_free = not is_temporal(series.dtype) and not _is_grid(integers)
            step = 1 if is_free else _common_step(integers, origin)
            upper = _float_below(int(_offsets(integers, origin).max()) // step)
            column = cls(series.name, series.dtype, 0.0, upper, origin, step, None, missing)
            return replace(column, wall_time=wall_time, scalar=_scalar_type(present))
        values = _to_floats(present)
        if not np.isfinite(values).all():
            raise ValueError(
                f"X column {series.name!r} contains infinity or a value too large for "
                "dtype('float64'). Replace it, for example with the column's largest finite "
                "value, or with NaN if it means 'unknown'."
            )
        lower, upper = float(values.min()), float(values.max())
        decimals = None if series.dtype == np.float16 else _decimals(values, series.dtype)
        step = 1
        if decimals is not None and _is_grid(values):
            step = _common_step(np.rint((values - lower) * 10.0**decimals).astype(np.uint64))
        column = cls(series.name, series.dtype, lower, upper, None, step, decimals, missing)
        if not are_objects:
            return column
        return replace(column, scalar=_scalar_type(present), ends=(min(present), max(present)))

    def encode(self, series: pd.Series) -> FloatArray:
        """Float values of `series`, NaN where missing."""
        if self.scalar is not None and is_temporal(self.dtype):
            series = from_objects(series, self.scalar).astype(self.dtype)
        missing = series.isna().to_numpy(dtype=bool)
        values = np.full(len(series), np.nan)
        present = series[~missing]
        if self.origin is None:
            values[~missing] = _to_floats(present)
        else:
            offsets = _offsets(_to_integers(present, wall_time=self.wall_time), self.origin)
            values[~missing] = (offsets // np.uint64(self.step)).astype(np.float64)
        return values

    def decode(self, values: FloatArray) -> pd.Series:
        """Values on the column's grid and in its range, in the dtype that came in."""
        missing = np.isnan(values)
        values = np.clip(np.where(missing, self.lower, values), self.lower, self.upper)
        if self.origin is not None:
            return self._from_offsets(values, missing)
        if self.decimals is not None:
            if self.step > 1:
                unit = 10.0**self.decimals / self.step
                values = self.lower + np.rint((values - self.lower) * unit) / unit
            values = np.clip(np.round(values, self.decimals), self.lower, self.upper)
        scalars = values if self.scalar is None else [self._as_scalar(value) for value in values]
        if self.ends is not None:
            low, high = self.ends
            scalars = [min(max(scalar, low), high) for scalar in scalars]
        if isinstance(self.dtype, pd.SparseDtype):  # takes no assignment
            scalars = np.where(missing, np.nan, values)
        decoded = pd.Series(scalars, name=self.name, dtype=self.dtype)
        if missing.any() and not isinstance(self.dtype, pd.SparseDtype):
            decoded[missing] = self.missing
        return decoded

    def _as_scalar(self, value: float) -> Any:
        if self.scalar is Decimal and self.decimals is not None:
            return Decimal(f"{value:.{self.decimals}f}")
        assert self.scalar is not None
        return self.scalar(value)

    def _from_offsets(self, values: FloatArray, missing: BoolArray) -> pd.Series:
        assert self.origin is not None
        offsets = np.minimum(np.round(values), _LARGEST_OFFSET).astype(np.uint64)
        if self.scalar is not None and not is_temporal(self.dtype):
            integers = [self.origin + int(offset) * self.step for offset in offsets]
            decoded = pd.Series(map(self.scalar, integers), dtype=object, name=self.name)
        else:
            wrapped = np.uint64(self.origin % 2**64) + offsets * np.uint64(self.step)
            decoded = _from_integers(wrapped.view(np.int64), missing, self)
            if self.scalar is None:
                return decoded
            decoded = to_objects(decoded, self.scalar)
        if missing.any():
            decoded[missing] = self.missing
        return decoded


Column = CategoricalColumn | ContinuousColumn
COLUMNS = (CategoricalColumn, ContinuousColumn)


def learn_column(series: pd.Series, *, categorical: bool = False) -> Column:
    """Describe `series`: its kind by its dtype, or categorical where the user says so."""
    try:
        nothing = bool(series.isna().all())
    except ArithmeticError as error:
        raise ValueError(
            f"X column {series.name!r} holds a signalling NaN of Decimal. Replace it with None."
        ) from error
    # A column that is missing in every row has no levels, and stays so.
    if nothing or categorical or not is_continuous(series):
        return CategoricalColumn.learn(series)
    return ContinuousColumn.learn(series)


def _scalar_type(present: pd.Series) -> type | None:
    """The type that all objects can have: of several, the first if all are whole, else float."""
    if not pdt.is_object_dtype(present.dtype):
        return None
    kinds = list(dict.fromkeys(map(type, present)))
    whole = all(issubclass(kind, Integral) for kind in kinds)
    return kinds[0] if whole or len(kinds) == 1 else float


def _unhashable(series: pd.Series, name: str) -> TypeError:
    culprit = next(value for value in series.dropna() if not is_hashable(value))
    found = f"{name} holds a {type(culprit).__name__}, {culprit!r:.60}, which is"
    if name == "y":
        return TypeError(f"{found} no label. Turn it into a string, a number or a tuple.")
    return TypeError(
        f"{found} neither a number, a date nor a level. Expand it to columns of their own, or turn "
        "it into a string."
    )


def is_hashable(value: Any) -> bool:
    """Whether it and all that it holds can be a key."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _as_index(series: pd.Series, like: pd.Index) -> pd.Index:
    if isinstance(series.dtype, pd.CategoricalDtype) and not isinstance(
        like.dtype, pd.CategoricalDtype
    ):
        series = series.astype(series.dtype.categories.dtype)
    return _index_of(series.array)


def _index_of(values: Any) -> pd.Index:
    if values.dtype.name == "float16":  # pandas has no index of these
        values = values.astype(np.float32)
    return pd.Index(values, tupleize_cols=False)


def is_numeric(series: pd.Series) -> bool:
    """Whether its values are real numbers, of a dtype or of Python's; booleans are none."""
    dtype = series.dtype
    if pdt.is_object_dtype(dtype):
        return pdt.infer_dtype(series, skipna=True) in _NUMBERS
    return pdt.is_numeric_dtype(dtype) and not (
        pdt.is_bool_dtype(dtype) or pdt.is_complex_dtype(dtype)
    )


def is_continuous(series: pd.Series) -> bool:
    """Whether its values lie on a line: numbers, dates, durations.

    Raises
    ------
    ValueError
        If they are complex.
    """
    if pdt.is_complex_dtype(series.dtype):
        raise ValueError(
            f"Complex data not supported: X column {series.name!r} is {series.dtype}. Split it "
            "into its real and its imaginary part."
        )
    return is_numeric(series) or holds_times(series)


def _to_floats(present: pd.Series) -> FloatArray:
    """The values as float64, infinite where they are beyond it."""
    with np.errstate(over="ignore"):
        try:
            return present.to_numpy(dtype=np.float64)
        except OverflowError:  # of Python's integers, which have no bounds
            return np.full(len(present), np.inf)


def _is_integer_like(dtype: Any) -> bool:
    return pdt.is_integer_dtype(dtype) or is_temporal(dtype)


def _are_near_integers(present: pd.Series) -> bool:
    """Whether objects are integers so near to each other that their offsets have 64 bits."""
    are_integers = pdt.infer_dtype(present) == "integer"
    return are_integers and int(max(present)) - int(min(present)) < 2**64


def _is_grid(values: npt.NDArray[Any]) -> bool:
    """Whether they are so many that a common step is no chance."""
    return len(np.unique(values[:_MOST_LOOKED_AT])) >= _FEWEST_ON_GRID


def _common_step(integers: npt.NDArray[Any], origin: int | None = None) -> int:
    """The largest number that all their differences from the smallest are multiples of."""
    origin = int(integers.min()) if origin is None else origin
    return int(np.gcd.reduce(_offsets(integers, origin))) or 1


def _to_integers(present: pd.Series, *, wall_time: bool = False) -> npt.NDArray[Any]:
    dtype = present.dtype
    if is_temporal(dtype):
        return to_counts(present, wall_time=wall_time)
    if pdt.is_object_dtype(dtype):
        return np.array([int(value) % 2**64 for value in present], dtype=np.uint64)
    wide = np.uint64 if pdt.is_unsigned_integer_dtype(dtype) else np.int64
    return present.to_numpy(dtype=wide)


def _float_below(number: int) -> float:
    """The largest float that is not above `number`."""
    nearest = float(number)
    return nearest if int(nearest) <= number else float(np.nextafter(nearest, 0.0))


def _offsets(integers: npt.NDArray[Any], origin: int) -> npt.NDArray[np.uint64]:
    # Modulo 2**64, so that even int64's full range has an exact difference.
    return integers.astype(np.uint64) - np.uint64(origin % 2**64)


def _from_integers(integers: IntArray, missing: BoolArray, column: ContinuousColumn) -> pd.Series:
    dtype = column.dtype
    if is_temporal(dtype):
        times = from_counts(integers, missing, dtype, wall_time=column.wall_time)
        return times.rename(column.name)
    if pdt.is_unsigned_integer_dtype(dtype):
        integers = integers.view(np.uint64)
    decoded = pd.Series(integers, name=column.name).astype(dtype)
    if missing.any():
        decoded[missing] = column.missing
    return decoded


def _decimals(values: FloatArray, dtype: Any) -> int | None:
    """How many decimals every value has, or None where that number is not a property of them."""
    sample = values if len(values) <= 100_000 else values[:: len(values) // 50_000]
    # A float32 column's 0.1 is not float64's: compare at the precision that both have.
    is_single = getattr(getattr(dtype, "subtype", dtype), "itemsize", 8) == 4
    precision = 1e-7 if is_single else 2e-15

    def have(numbers: FloatArray, decimals: int) -> bool:
        error = np.abs(np.round(numbers, decimals) - numbers)
        return bool((error <= np.minimum(precision * np.abs(numbers), 0.01 / 10**decimals)).all())

    scale = np.abs(sample).max()
    for decimals in range(_MAX_DECIMALS + 1):
        if scale * 10.0**decimals > 2**52:
            return None
        if have(sample, decimals):
            return decimals if have(values, decimals) else None
    return None
