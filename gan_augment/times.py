"""Dates, times and durations: which columns hold them, and as integers and back.

Python's own take the way over a dtype of pandas.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

# Python's types of them, and the dtypes that hold all their values.
_NATIVE: dict[type, str] = {
    datetime.date: "datetime64[s]",
    datetime.datetime: "datetime64[us]",
    datetime.timedelta: "timedelta64[us]",
    pd.Timestamp: "datetime64[us]",
    pd.Timedelta: "timedelta64[us]",
}
_INFERRED = {"date", "datetime", "timedelta"}  # as pandas infers them


def is_temporal(dtype: Any) -> bool:
    """Whether it is of dates, durations or periods."""
    if isinstance(dtype, pd.ArrowDtype):
        return dtype.kind in "mM"
    return (
        pdt.is_datetime64_any_dtype(dtype)
        or pdt.is_timedelta64_dtype(dtype)
        or isinstance(dtype, pd.PeriodDtype)
    )


def holds_times(series: pd.Series) -> bool:
    """Whether its values are dates, durations or periods, of a dtype or Python's."""
    return is_temporal(series.dtype) or object_type(series) is not None


def object_type(series: pd.Series) -> type | None:
    """Python's type of dates, datetimes or durations that all objects of a column have, if any.

    Times with and without a zone have no common line: a column of both holds none in this sense.
    """
    if not pdt.is_object_dtype(series.dtype):
        return None
    if pdt.infer_dtype(series, skipna=True) not in _INFERRED:
        return None
    present = series.dropna()
    kinds = set(map(type, present))
    if len(kinds) != 1 or not kinds <= set(_NATIVE):
        return None
    zones = _zones(present)
    if zones == [None]:
        return kinds.pop()
    # At the ends of Python's years not all clocks can be told.
    years = {value.year for value in present}
    told = years.isdisjoint((datetime.MINYEAR, datetime.MAXYEAR)) and None not in zones
    return kinds.pop() if told else None


def from_objects(series: pd.Series, kind: type) -> pd.Series:
    """Objects of that type in a dtype of pandas; times of several zones in UTC."""
    missing = series.isna().to_numpy(dtype=bool)
    present = series[~missing]
    zone, *others = _zones(present) or [None]
    objects = present.to_numpy()
    if zone is not None:
        objects = np.array([_in_utc(value) for value in present], dtype=object)
    dtype = _NATIVE[kind]
    if kind in (pd.Timestamp, pd.Timedelta):
        name = "nanosecond" if kind is pd.Timestamp else "nanoseconds"
        unit = "ns" if any(getattr(value, name) for value in objects) else "us"
        objects = np.array([value.as_unit(unit).to_numpy() for value in objects], dtype=object)
        dtype = dtype.replace("us", unit)
    values = np.full(len(series), "NaT", dtype=dtype)
    values[~missing] = objects.astype(dtype)
    times = pd.Series(values, index=series.index, name=series.name)
    if zone is None:
        return times
    return times.dt.tz_localize("UTC").dt.tz_convert("UTC" if others else zone)


def to_objects(times: pd.Series, kind: type) -> pd.Series:
    """The values as objects of that type."""
    if kind is datetime.date:
        objects = times.dt.date.to_numpy()
    elif kind is datetime.datetime:
        objects = times.array.to_pydatetime()
    elif kind is datetime.timedelta:
        objects = times.array.to_pytimedelta()
    else:
        objects = times.astype(object).to_numpy()
    return pd.Series(objects, index=times.index, name=times.name, dtype=object)


def to_counts(times: pd.Series, *, wall_time: bool = False) -> np.ndarray:
    """How many units of its dtype each value is from the origin, by the clocks if `wall_time`."""
    if wall_time:
        times = times.dt.tz_localize(None)
    dtype = times.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return times.to_numpy(dtype=dtype.numpy_dtype).view(np.int64)
    if isinstance(dtype, (pd.PeriodDtype, pd.DatetimeTZDtype)):
        return np.asarray(times.array.asi8)
    return times.to_numpy().view(np.int64)


def from_counts(
    counts: np.ndarray, missing: np.ndarray, dtype: Any, *, wall_time: bool = False
) -> pd.Series:
    """The times, missing where `missing`, that have these counts."""
    values = np.where(missing, np.iinfo(np.int64).min, counts)
    if isinstance(dtype, pd.PeriodDtype):
        return pd.Series(pd.PeriodIndex.from_ordinals(values, freq=dtype.freq))
    if isinstance(dtype, pd.DatetimeTZDtype):
        stamps = pd.DatetimeIndex(values.view(f"datetime64[{dtype.unit}]"))
        if wall_time:
            summer = np.ones(len(stamps), dtype=bool)
            stamps = stamps.tz_localize(dtype.tz, ambiguous=summer, nonexistent="shift_forward")
        else:
            stamps = stamps.tz_localize("UTC").tz_convert(dtype.tz)
        return pd.Series(stamps, dtype=dtype)
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_times(values, missing, dtype)
    return pd.Series(values.view(dtype))


def _arrow_times(values: np.ndarray, missing: np.ndarray, dtype: pd.ArrowDtype) -> pd.Series:
    import pyarrow as pa

    stamps = pa.array(values.view(dtype.numpy_dtype), mask=missing)
    target = dtype.pyarrow_dtype
    if pa.types.is_timestamp(target) and target.tz is not None:
        stamps = stamps.cast(pa.timestamp(stamps.type.unit, tz="UTC"))
    return pd.Series(pd.arrays.ArrowExtensionArray(stamps.cast(target)))


def _in_utc(value: Any) -> Any:
    """The time in UTC, without saying so."""
    return value.astimezone(datetime.UTC).replace(tzinfo=None)


def _zones(present: pd.Series) -> list[Any]:
    """The zones of times, each once; None is that of times without."""
    # Not all zones can be hashed.
    by_identity = {id(z): z for z in (getattr(value, "tzinfo", None) for value in present)}
    zones: list[Any] = []
    for zone in by_identity.values():
        zones += [] if zone in zones else [zone]
    return zones
