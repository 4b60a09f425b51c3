"""What comes in goes out: arrays and frames to a table of float64 and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils import check_array

from gan_augment.columns import CategoricalColumn, Column, FloatArray, IntArray, learn_column


@dataclass(frozen=True)
class Table:
    """Rows as the models see them.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_columns), float64
        Values of continuous columns, level codes of categorical ones, NaN where missing.
    columns : tuple of Column
        What each column is.
    """

    values: FloatArray
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: IntArray) -> Table:
        """The named rows."""
        return Table(self.values[rows], self.columns)


class FrameBorder:
    """Turns two-dimensional containers into a `Table` and rows of it into the same container.

    NumPy arrays, lists of lists, SciPy sparse matrices, pandas frames with any kind of dtype and
    polars frames come back as they came: type, dtypes, column order and names.

    Parameters
    ----------
    categorical_features : "from_dtype", array-like or None
        Which columns are levels even though their dtype is numeric.
    """

    def __init__(self, categorical_features: Any = "from_dtype"):
        self.categorical_features = categorical_features

    def learn(self, X: Any) -> Table:
        """Describe `X` and return its rows as a table."""
        frame, self._restore, self._append = _open_container(X)
        if len(frame) == 0:
            raise ValueError(
                f"Found array with 0 sample(s) (shape={frame.shape}) while a minimum of 2 is "
                "required. X is empty: pass the rows to learn from."
            )
        if frame.shape[1] == 0:
            raise ValueError(
                f"Found array with 0 feature(s) (shape={frame.shape}) while a minimum of 1 is "
                "required. X has no columns: pass at least one."
            )
        if len(frame) == 1:
            raise ValueError(
                "X has 1 sample, and from 1 sample no distribution can be learned. Pass at "
                "least 2 rows."
            )
        forced = self._forced_categorical(frame)
        series = [frame.iloc[:, i] for i in range(frame.shape[1])]
        self.columns = tuple(
            learn_column(s, categorical=bool(f)) for s, f in zip(series, forced, strict=True)
        )
        encoded = [column.encode(s) for column, s in zip(self.columns, series, strict=True)]
        return Table(np.column_stack(encoded), self.columns)

    def decode(self, values: FloatArray) -> Any:
        """Rows of a table in the container that was learned."""
        return self._restore(self.to_pandas(values))

    def to_pandas(self, values: FloatArray) -> pd.DataFrame:
        """Rows of a table as a pandas frame whose columns are numbered."""
        decoded = {i: c.decode(values[:, i]) for i, c in enumerate(self.columns)}
        frame = pd.DataFrame(decoded, copy=False)
        frame.columns = pd.Index([c.name for c in self.columns], tupleize_cols=False)
        return frame

    def append(self, X: Any, new: Any) -> Any:
        """Rows of `X`, untouched, and those of `new` after them."""
        return self._append(X, new)

    def _forced_categorical(self, frame: pd.DataFrame) -> np.ndarray:
        forced = np.zeros(frame.shape[1], dtype=bool)
        wanted = self.categorical_features
        if wanted is None or (isinstance(wanted, str) and wanted == "from_dtype"):
            return forced
        wanted = np.asarray(wanted)
        if wanted.ndim != 1 or isinstance(self.categorical_features, str):
            raise ValueError(
                f"categorical_features={self.categorical_features!r} is not 'from_dtype', None, "
                "or a list of column names, indices or booleans."
            )
        if wanted.dtype == bool:
            if len(wanted) != len(forced):
                raise ValueError(
                    f"categorical_features is a mask of {len(wanted)} entries, but X has "
                    f"{len(forced)} columns. Give one boolean per column."
                )
            return wanted
        names = list(frame.columns)
        by_index = np.issubdtype(wanted.dtype, np.integer)
        for entry in wanted.tolist():
            if entry in names:
                forced[names.index(entry)] = True
            elif by_index and -len(names) <= entry < len(names):
                forced[entry] = True
            else:
                raise ValueError(
                    f"categorical_features names {entry!r}, which is not a column of X. "
                    f"Its columns are {names!r:.300}."
                )
        return forced


class Target:
    """Class labels of any hashable type, as codes ``0..n_classes-1`` and back.

    Takes arrays, lists, Series, one-column frames and the one-hot indicator matrices that
    imbalanced-learn accepts, and gives the same kind back.
    """

    def __init__(self, y: Any):
        series, self._restore = _open_target(y)
        if series.isna().any():
            raise ValueError(
                f"y has {int(series.isna().sum())} missing labels. Drop those rows, or give them "
                "a label of their own."
            )
        self._column = CategoricalColumn.learn(series, sort=True)
        self.codes: IntArray = self._column.encode(series).astype(np.int64)
        self.classes = _as_classes(self._column)

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    @property
    def counts(self) -> IntArray:
        """Rows per class."""
        return np.bincount(self.codes, minlength=self.n_classes)

    def code_of(self, label: Any) -> int | None:
        """Code of a label, or None where it is not one."""
        try:
            found = self._column.encode(pd.Series([label], dtype=object))[0]
        except (TypeError, ValueError):
            return None
        return None if np.isnan(found) else int(found)

    def decode(self, codes: IntArray) -> Any:
        """Labels in the container and dtype that `y` had."""
        return self._restore(self._column.decode(codes.astype(np.float64)))


def _as_classes(column: CategoricalColumn) -> np.ndarray:
    levels = np.asarray(column.levels)
    if levels.ndim == 1 and levels.dtype.kind in "biufUMm":
        return levels
    classes = np.empty(column.n_levels, dtype=object)
    for i, level in enumerate(column.levels):
        classes[i] = level
    return classes


def _is_polars(X: Any, kind: str) -> bool:
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(X, getattr(polars, kind))


Restore = Callable[[pd.DataFrame], Any]
Append = Callable[[Any, Any], Any]


def _open_container(X: Any) -> tuple[pd.DataFrame, Restore, Append]:
    """`X` as a pandas frame, how to restore its container, and how to append to it."""
    if isinstance(X, pd.DataFrame):
        _reject_duplicate_names(X.columns)
        columns = X.columns

        def restore(frame: pd.DataFrame) -> pd.DataFrame:
            frame.columns = columns
            return frame

        return X, restore, _append_pandas
    if _is_polars(X, "DataFrame"):
        return _open_polars(X)
    if sp.issparse(X):
        kind, dtype = type(X), X.dtype
        dense = pd.DataFrame(check_array(X, accept_sparse=True, dtype=None).toarray())
        return dense, lambda frame: kind(frame.to_numpy(dtype=dtype)), _append_sparse
    if isinstance(X, pd.Series) or _is_polars(X, "Series"):
        raise ValueError(
            "Expected 2D array, got 1D array instead: X is a Series. Reshape your data with "
            "X.to_frame()."
        )
    array = check_array(
        X,
        dtype=None,
        ensure_all_finite=False,
        ensure_min_samples=0,
        ensure_min_features=0,
        input_name="X",
    )
    frame = pd.DataFrame(array)
    if isinstance(X, Sequence):
        return frame, lambda f: f.to_numpy(dtype=array.dtype).tolist(), lambda X, new: [*X, *new]

    def append(X: Any, new: Any) -> np.ndarray:
        return np.concatenate([np.asarray(X), new])

    return frame, lambda f: f.to_numpy(dtype=array.dtype), append


def _append_pandas(X: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    if len(new) == 0:
        return X.reset_index(drop=True)
    return pd.concat([X.reset_index(drop=True), new], ignore_index=True)


def _append_sparse(X: Any, new: Any) -> Any:
    return sp.vstack([X, new], format=X.format)


def _reject_duplicate_names(names: Any) -> None:
    index = pd.Index(names)
    if index.has_duplicates:
        twice = index[index.duplicated()].unique().tolist()
        raise ValueError(
            f"X has duplicate column names: {twice!r:.200}. Rename them, so that each column can "
            "be told from the others."
        )


def _open_polars(X: Any) -> tuple[pd.DataFrame, Restore, Append]:
    import polars as pl

    schema = X.schema
    nested = [name for name, dtype in schema.items() if dtype.is_nested()]
    if nested:
        raise TypeError(
            f"X column {nested[0]!r} is {schema[nested[0]]}, which is neither a number, a date nor "
            "a level. Expand it to columns of its own."
        )
    frame = pd.DataFrame({name: _polars_to_pandas(X[name]) for name in X.columns})

    def restore(frame: pd.DataFrame) -> Any:
        return pl.DataFrame(
            [_pandas_to_polars(frame[name], name, dtype) for name, dtype in schema.items()]
        )

    return frame, restore, lambda X, new: pl.concat([X, new])


def _polars_to_pandas(series: Any) -> pd.Series:
    dtype = series.dtype
    if dtype.is_temporal() and str(dtype) != "Time":
        unit = getattr(dtype, "time_unit", None) or "s"
        if str(dtype) == "Date":
            series = series.cast(_polars().Datetime("ms"))
            unit = "ms"
        elif getattr(dtype, "time_zone", None):
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        kind = "timedelta64" if str(dtype).startswith("Duration") else "datetime64"
        return pd.Series(series.to_numpy().astype(f"{kind}[{unit}]"))
    if dtype.is_integer():
        nullable = pd.array(series.to_list(), dtype=_nullable_name(str(dtype)))
        return pd.Series(nullable)
    if dtype.is_float() or dtype.is_decimal():
        return pd.Series(series.cast(_polars().Float64).to_numpy())
    return pd.Series(series.to_list(), dtype=object)


def _nullable_name(polars_name: str) -> str:
    return polars_name if polars_name in {"Int8", "Int16", "Int32", "UInt8", "UInt16", "UInt32"} else (
        "UInt64" if polars_name.startswith("U") else "Int64"
    )


def _pandas_to_polars(series: pd.Series, name: str, dtype: Any) -> Any:
    pl = _polars()
    if pd.api.types.is_datetime64_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(
        series.dtype
    ):
        restored = pl.Series(name, series.to_numpy())
        zone = getattr(dtype, "time_zone", None)
        if zone:
            restored = restored.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        return restored.cast(dtype)
    values = series.to_numpy(dtype=object, na_value=None)
    if dtype.is_float():
        return pl.Series(name, series.to_numpy(), nan_to_null=True).cast(dtype)
    if dtype.is_decimal():
        return pl.Series(name, series.to_numpy(), nan_to_null=True).cast(dtype)
    return pl.Series(name, values.tolist(), dtype=dtype)


def _polars() -> Any:
    import polars

    return polars


def _open_target(y: Any) -> tuple[pd.Series, Callable[[pd.Series], Any]]:
    """`y` as a pandas Series, and how to restore its container."""
    if isinstance(y, pd.Series):
        name = y.name
        return y, lambda labels: labels.rename(name)
    if isinstance(y, pd.DataFrame):
        if y.shape[1] == 1:
            columns = y.columns
            return y.iloc[:, 0], lambda labels: pd.DataFrame(labels).set_axis(columns, axis=1)
        array, indicator = _one_hot_labels(y.to_numpy())
        frame_columns = y.columns
        return array, lambda labels: pd.DataFrame(indicator(labels), columns=frame_columns)
    if _is_polars(y, "Series"):
        name, dtype = y.name, y.dtype
        return _polars_to_pandas(y), lambda labels: _pandas_to_polars(labels, name, dtype)
    if _is_polars(y, "DataFrame") and y.shape[1] == 1:
        series, restore = _open_target(y.to_series())
        return series, lambda labels: restore(labels).to_frame()
    if isinstance(y, (list, tuple)):
        of_tuples = any(isinstance(label, tuple) for label in y)
        labels, restore = _open_target(pd.Series(y, dtype=object) if of_tuples else np.asarray(y))
        return labels, lambda labels: np.asarray(restore(labels)).tolist()
    array = np.asarray(y)
    if array.ndim == 0:
        raise ValueError(f"y={y!r} is a single value. Pass one label per row of X.")
    if array.ndim == 1:
        return pd.Series(array), lambda labels: labels.to_numpy(dtype=array.dtype)
    if array.ndim == 2 and array.shape[1] == 1:
        return pd.Series(array[:, 0]), lambda labels: labels.to_numpy(dtype=array.dtype)
    series, indicator = _one_hot_labels(array)
    return series, indicator


def _one_hot_labels(array: np.ndarray) -> tuple[pd.Series, Callable[[pd.Series], np.ndarray]]:
    numeric = array.ndim == 2 and array.dtype.kind in "biuf"
    if not numeric or not np.isin(array, (0, 1)).all() or (array.sum(axis=1) != 1).any():
        raise ValueError(
            f"y has shape {array.shape}. Multilabel and multioutput targets are not supported: "
            "pass one label per row, or a one-hot indicator matrix."
        )
    width, dtype = array.shape[1], array.dtype

    def restore(labels: pd.Series) -> np.ndarray:
        return np.eye(width, dtype=dtype)[labels.to_numpy()]

    return pd.Series(array.argmax(axis=1)), restore
