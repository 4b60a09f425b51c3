"""The containers that users have: opened as pandas, restored as they came.

Each class remembers what one kind of container needs to come back, and nothing of its rows.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike
from typing import Any, Protocol

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils import check_array


class Container(Protocol):
    """How to get back from pandas, and how to put rows after those of the original."""

    def restore(self, rows: Any) -> Any:
        """The original kind of container with these rows."""
        ...

    def append(self, original: Any, new: Any) -> Any:
        """Rows of `original`, untouched, then those of `new`."""
        ...


@dataclass(frozen=True)
class PandasFrame:
    """A pandas frame; the columns' own codecs restore the dtypes."""

    columns: pd.Index

    def restore(self, rows: pd.DataFrame) -> pd.DataFrame:
        rows.columns = self.columns
        return rows

    def append(self, original: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
        original = original.reset_index(drop=True)
        return pd.concat([original, new], ignore_index=True) if len(new) else original.copy()


@dataclass(frozen=True)
class Array:
    """A NumPy array, or something that becomes one."""

    dtype: np.dtype

    def restore(self, rows: pd.DataFrame | pd.Series) -> np.ndarray:
        return rows.to_numpy(dtype=self.dtype)

    def append(self, original: Any, new: Any) -> Any:
        return np.concatenate([np.asarray(original), new])


@dataclass(frozen=True)
class NestedList(Array):
    """A list of rows, or of labels."""

    def restore(self, rows: pd.DataFrame | pd.Series) -> Any:
        return rows.to_numpy(dtype=self.dtype).tolist()

    def append(self, original: Any, new: Any) -> Any:
        return [*original, *new]


@dataclass(frozen=True)
class SparseMatrix:
    """A SciPy sparse matrix or array."""

    kind: type
    dtype: np.dtype
    format: str

    def restore(self, rows: pd.DataFrame) -> Any:
        return self.kind(rows.to_numpy(dtype=self.dtype))

    def append(self, original: Any, new: Any) -> Any:
        return sp.vstack([original, new], format=self.format)


@dataclass(frozen=True)
class PolarsFrame:
    """A polars frame, by its schema and the columns that are NaN where they are missing."""

    schema: dict[str, Any]
    nan_columns: tuple[str, ...] = ()

    def restore(self, rows: pd.DataFrame) -> Any:
        import polars as pl

        columns = [
            _to_polars(rows[name], name, dtype, nan_to_null=name not in self.nan_columns)
            for name, dtype in self.schema.items()
        ]
        return pl.DataFrame(columns)

    def append(self, original: Any, new: Any) -> Any:
        import polars as pl

        return pl.concat([original, new])


@dataclass(frozen=True)
class PandasSeries:
    """Labels in a pandas Series."""

    name: Any

    def restore(self, rows: pd.Series) -> pd.Series:
        return rows.rename(self.name)


@dataclass(frozen=True)
class PandasLabelFrame:
    """Labels in a one-column pandas frame."""

    columns: pd.Index

    def restore(self, rows: pd.Series) -> pd.DataFrame:
        return pd.DataFrame(rows).set_axis(self.columns, axis=1)


@dataclass(frozen=True)
class PolarsSeries:
    """Labels in a polars Series, or in a one-column polars frame."""

    name: str
    dtype: Any
    as_frame: bool

    def restore(self, rows: pd.Series) -> Any:
        labels = _to_polars(rows, self.name, self.dtype)
        return labels.to_frame() if self.as_frame else labels


@dataclass(frozen=True)
class OneHot:
    """Labels as an indicator matrix."""

    width: int
    dtype: np.dtype
    columns: pd.Index | None

    def restore(self, rows: pd.Series) -> Any:
        matrix = np.eye(self.width, dtype=self.dtype)[rows.to_numpy()]
        return matrix if self.columns is None else pd.DataFrame(matrix, columns=self.columns)


CONTAINERS = (PandasFrame, Array, NestedList, SparseMatrix, PolarsFrame)
TARGET_CONTAINERS = (PandasSeries, PandasLabelFrame, PolarsSeries, Array, NestedList, OneHot)


def open_container(X: Any) -> tuple[pd.DataFrame, Container]:
    """Rows of `X` as a pandas frame, and what restores their container."""
    if isinstance(X, pd.DataFrame):
        _reject_duplicate_names(X.columns)
        return X, PandasFrame(X.columns)
    if is_polars(X, "DataFrame"):
        return _open_polars(X)
    if sp.issparse(X):
        dense = check_array(X, accept_sparse=True, dtype=None, input_name="X").toarray()
        return pd.DataFrame(dense), SparseMatrix(type(X), X.dtype, X.format)
    if type(X).__module__.startswith("pyarrow"):
        raise TypeError(
            f"X={type(X).__name__} is Arrow's and no frame. Use X.to_pandas(), or "
            "X.to_pandas(types_mapper=pandas.ArrowDtype), which keeps its types."
        )
    remedy = _remedy_for_rows(X)
    if remedy is not None:
        raise TypeError(f"X is {remedy}")
    if np.ma.is_masked(X):
        raise ValueError(
            "X is a masked array, whose hidden values would be learned. Use X.filled(numpy.nan) "
            "for values that are missing."
        )
    if isinstance(X, pd.Series) or is_polars(X, "Series"):
        raise ValueError(
            "Expected 2D array, got 1D array instead: X is a Series. Reshape your data with "
            "X.to_frame()."
        )
    array = check_array(
        _as_row_array(X) if isinstance(X, (list, tuple)) else X,
        dtype=None,
        ensure_all_finite=False,
        ensure_min_samples=0,
        ensure_min_features=0,
        input_name="X",
    )
    container = NestedList if isinstance(X, (list, tuple)) else Array
    return pd.DataFrame(_as_objects(array)), container(array.dtype)


def _remedy_for_rows(X: Any) -> str | None:
    """What `X` is, and what to do with it, where it holds rows in a form that is not read."""
    if is_polars(X, "LazyFrame"):
        return "a LazyFrame of polars, whose rows are yet to be computed. Use X.collect()."
    if isinstance(X, Mapping):
        return f"a {type(X).__name__}. Use pandas.DataFrame(X)."
    if isinstance(X, np.ndarray) and X.dtype.fields is not None:
        return f"an array of records ({X.dtype!s:.80}). Use pandas.DataFrame(X)."
    if isinstance(X, (list, tuple)) and X and all(isinstance(x, (str, PathLike)) for x in X):
        return (
            f"a {type(X).__name__} of strings or paths. Use pyarrow.dataset.dataset(X) for Parquet "
            "files of these names."
        )
    return None


def open_target(y: Any) -> tuple[pd.Series, Any]:
    """Labels `y` as a pandas Series, and what restores their container."""
    if isinstance(y, pd.Series):
        return y, PandasSeries(y.name)
    if isinstance(y, pd.DataFrame):
        if y.shape[1] == 1:
            return y.iloc[:, 0], PandasLabelFrame(y.columns)
        return _open_one_hot(y.to_numpy(), y.columns)
    if is_polars(y, "Series"):
        return _from_polars(y), PolarsSeries(y.name, y.dtype, as_frame=False)
    if is_polars(y, "DataFrame") and y.shape[1] == 1:
        series = y.to_series()
        return _from_polars(series), PolarsSeries(series.name, series.dtype, as_frame=True)
    array = y if isinstance(y, np.ndarray) else _as_label_array(y)
    if array.ndim == 0:
        by_name = (
            " The name of a column is read where X is a path, a dataset or an iterator of frames, "
            "such as (part.compute() for part in X.partitions) of Dask."
        )
        raise ValueError(
            f"y={y!r:.80} is a single value. Pass one label per row of X."
            f"{by_name if isinstance(y, str) else ''}"
        )
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        return _open_one_hot(array, None)
    if array.dtype.fields is not None:
        raise ValueError(
            f"y is an array of records ({array.dtype}). Pass one label per row of X, such as one "
            "field of it."
        )
    container = NestedList if isinstance(y, (list, tuple)) else Array
    return pd.Series(_as_objects(array)), container(array.dtype)


def is_polars(value: Any, kind: str) -> bool:
    """Whether `value` is a polars object of that kind, without importing polars."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(value, getattr(polars, kind))


def _as_row_array(rows: Any) -> Any:
    """Nested lists as an array that holds what they hold; else as scikit-learn would have it."""
    try:
        array = np.asarray(rows)
    except ValueError:  # ragged, which has an explanation there
        return rows
    if array.ndim == 2 and array.dtype.kind in "US":
        return _unless_text(array, [value for row in rows for value in row])
    huge = array.ndim == 2 and array.dtype.kind == "f" and (array >= 2**63).any()
    if huge and all(isinstance(value, int) and value >= 0 for row in rows for value in row):
        # NumPy makes floats of integers of which some are beyond int64, and some not.
        with suppress(OverflowError):
            return np.asarray(rows, dtype=np.uint64)
    return rows


def _as_label_array(y: Any) -> np.ndarray:
    if not isinstance(y, (list, tuple)):
        return np.asarray(y)
    objects = pd.Series(y, dtype=object).to_numpy()
    if any(isinstance(label, tuple) for label in y):
        return objects
    try:
        return _unless_text(np.asarray(y), y)
    except ValueError:  # ragged
        return objects


def _unless_text(array: np.ndarray, values: Sequence[Any]) -> np.ndarray:
    """The array, of objects where NumPy made text of values of several types."""
    if array.dtype.kind not in "US" or len({type(value) for value in values}) < 2:
        return array
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects.reshape(array.shape)


def _as_objects(array: np.ndarray) -> np.ndarray:
    """The array, of Python's bytes where pandas does not know NumPy's."""
    return array.astype(object) if array.dtype.kind in "SV" else array


def _open_one_hot(array: np.ndarray, columns: pd.Index | None) -> tuple[pd.Series, OneHot]:
    numeric = array.ndim == 2 and array.dtype.kind in "biuf"
    if not numeric or not np.isin(array, (0, 1)).all() or (array.sum(axis=1) != 1).any():
        raise ValueError(
            f"y has shape {array.shape}. Multilabel and multioutput targets are not supported: "
            "pass one label per row, or a one-hot indicator matrix."
        )
    return pd.Series(array.argmax(axis=1)), OneHot(array.shape[1], array.dtype, columns)


def _reject_duplicate_names(names: pd.Index) -> None:
    if names.has_duplicates:
        twice = names[names.duplicated()].unique().tolist()
        raise ValueError(
            f"X has duplicate column names: {twice!r:.200}. Rename them, so that each column can "
            "be told from the others."
        )


def _open_polars(X: Any) -> tuple[pd.DataFrame, PolarsFrame]:
    for name, dtype in X.schema.items():
        if dtype.is_nested() or str(dtype) in {"Object", "Binary"}:
            raise TypeError(
                f"X column {name!r} is {dtype}, which is neither a number, a date nor a level. "
                "Expand it to columns of its own, or turn it into a string."
            )
    frame = pd.DataFrame({name: _from_polars(X[name]) for name in X.columns})
    nan_columns = tuple(
        name
        for name, dtype in X.schema.items()
        if dtype.is_float() and X[name].null_count() == 0 and X[name].is_nan().any()
    )
    return frame, PolarsFrame(dict(X.schema), nan_columns)


def _from_polars(series: Any) -> pd.Series:
    import polars as pl

    dtype = series.dtype
    if isinstance(dtype, (pl.Date, pl.Datetime, pl.Duration)):
        kind = "timedelta64" if isinstance(dtype, pl.Duration) else "datetime64"
        unit = "s" if isinstance(dtype, pl.Date) else dtype.time_unit
        counts = series.cast(pl.Datetime("ms")) if isinstance(dtype, pl.Date) else series
        physical = counts.to_physical().fill_null(np.iinfo(np.int64).min).to_numpy()
        source = "ms" if isinstance(dtype, pl.Date) else unit
        return pd.Series(physical.view(f"{kind}[{source}]").astype(f"{kind}[{unit}]"))
    if dtype.is_integer():
        values = series.to_list()
        if str(dtype) not in {"Int128", "UInt128"}:
            return pd.Series(pd.array(values, dtype=str(dtype)))
        narrow = np.iinfo(np.int64)
        if all(value is None or narrow.min <= value <= narrow.max for value in values):
            return pd.Series(pd.array(values, dtype="Int64"))
        return pd.Series(values, dtype=object)
    if dtype.is_float() or dtype.is_decimal():
        return pd.Series(series.cast(pl.Float64).to_numpy())
    return pd.Series(series.to_list(), dtype=object)


def _to_polars(series: pd.Series, name: str, dtype: Any, *, nan_to_null: bool = True) -> Any:
    import polars as pl

    if isinstance(dtype, (pl.Date, pl.Datetime, pl.Duration)):
        unit = "ms" if isinstance(dtype, pl.Date) else dtype.time_unit
        kind = "timedelta64" if isinstance(dtype, pl.Duration) else "datetime64"
        counts = series.to_numpy().astype(f"{kind}[{unit}]").view(np.int64)
        counts = pl.Series(name, counts)
        present = pl.Series(series.notna().to_numpy())
        counts = counts.zip_with(present, pl.Series(name, [None], dtype=pl.Int64))
        stamps = counts.cast(pl.Datetime("ms")) if isinstance(dtype, pl.Date) else counts
        return stamps.cast(dtype)
    if dtype.is_float() or dtype.is_decimal():
        return pl.Series(name, series.to_numpy(), nan_to_null=nan_to_null).cast(dtype)
    return pl.Series(name, series.to_numpy(dtype=object, na_value=None).tolist(), dtype=dtype)
