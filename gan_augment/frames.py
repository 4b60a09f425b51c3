"""What comes in goes out: arrays and frames to a table of float64 and back."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gan_augment.columns import (
    COLUMNS,
    CategoricalColumn,
    Column,
    FloatArray,
    IntArray,
    learn_column,
)
from gan_augment.containers import CONTAINERS, TARGET_CONTAINERS, open_container, open_target
from gan_augment.plain import decode, encode, from_record, to_record


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

    @property
    def n_levels(self) -> list[int | None]:
        """How many levels each column has; None for continuous ones."""
        return [getattr(column, "n_levels", None) for column in self.columns]

    def take(self, rows: IntArray) -> Table:
        """The named rows."""
        return Table(self.values[rows], self.columns)

    def digest(self) -> str:
        """What differs for other rows, or columns of other kinds."""
        digest = hashlib.sha256(repr((self.values.shape, self.n_levels)).encode())
        digest.update(np.ascontiguousarray(self.values).data)
        return digest.hexdigest()


class _PlainState:
    """Pickles and skops files as plain data, wherever the labels and levels allow it.

    Arrays of pandas cannot be written by skops, and tie a pickle to a version of pandas.
    """

    def __getstate__(self) -> dict[str, Any]:
        try:
            return {"plain": encode(self.get_state())}
        except TypeError:  # levels of a user's own class
            return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        plain = state.get("plain")
        self.__dict__.update(state if plain is None else self.from_state(decode(plain)).__dict__)

    def get_state(self) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Any:
        raise NotImplementedError


class FrameBorder(_PlainState):
    """Turns two-dimensional containers into a `Table` and rows of it into the same container.

    NumPy arrays, lists of lists, SciPy sparse matrices, pandas frames with any kind of dtype and
    polars frames come back as they came: type, dtypes, column order and names.

    Parameters
    ----------
    categorical_features : "from_dtype", array-like or None
        Which columns are levels even though their dtype is numeric.
    """

    def __init__(self, categorical_features: Any = "from_dtype"):
        if isinstance(categorical_features, (pd.Series, pd.Index)):
            categorical_features = categorical_features.tolist()
        self.categorical_features = categorical_features

    def learn(self, X: Any) -> Table:
        """Describe `X` and return its rows as a table."""
        frame, self._container = open_container(X)
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
        forced = self.forced_categorical(frame)
        series = [frame.iloc[:, i] for i in range(frame.shape[1])]
        self.columns = tuple(
            learn_column(s, categorical=bool(f)) for s, f in zip(series, forced, strict=True)
        )
        encoded = [column.encode(s) for column, s in zip(self.columns, series, strict=True)]
        return Table(np.column_stack(encoded), self.columns)

    def get_state(self) -> dict[str, Any]:
        """What was learned, for `from_state`."""
        return {
            "categorical_features": self.categorical_features,
            "container": to_record(self._container),
            "columns": [to_record(column) for column in self.columns],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> FrameBorder:
        """The border that had this state."""
        border = cls(state["categorical_features"])
        border._container = from_record(state["container"], CONTAINERS)
        border.columns = tuple(from_record(column, COLUMNS) for column in state["columns"])
        return border

    def decode(self, values: FloatArray) -> Any:
        """Rows of a table in the container that was learned."""
        return self._container.restore(self.to_pandas(values))

    def to_pandas(self, values: FloatArray) -> pd.DataFrame:
        """Rows of a table as a pandas frame whose columns are numbered."""
        decoded = {i: c.decode(values[:, i]) for i, c in enumerate(self.columns)}
        frame = pd.DataFrame(decoded, copy=False)
        frame.columns = pd.Index([c.name for c in self.columns], tupleize_cols=False)
        return frame

    def specimen(self, n_rows: int = 3) -> FloatArray:
        """At least `n_rows` made-up rows: all levels, and of ranges the ends and the first step."""
        n_rows = max(3, n_rows, *(getattr(column, "n_levels", 3) for column in self.columns))
        order = np.arange(n_rows)
        values = [
            order % max(1, column.n_levels)
            if isinstance(column, CategoricalColumn)
            else np.take(
                [column.lower, column.upper, min(column.lower + 1, column.upper)], order % 3
            )
            for column in self.columns
        ]
        return np.column_stack(values).astype(np.float64)

    def append(self, X: Any, new: Any) -> Any:
        """Rows of `X`, untouched, and those of `new` after them."""
        return self._container.append(X, new)

    def forced_categorical(self, frame: pd.DataFrame) -> np.ndarray:
        """Which columns of `frame` `categorical_features` names, as a boolean mask."""
        forced = np.zeros(frame.shape[1], dtype=bool)
        wanted = self.categorical_features
        if wanted is None or (isinstance(wanted, str) and wanted == "from_dtype"):
            return forced
        if isinstance(wanted, list) and any(isinstance(name, tuple) for name in wanted):
            names, wanted = wanted, np.empty(len(wanted), dtype=object)
            wanted[:] = names
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


class Target(_PlainState):
    """Class labels of any hashable type, as codes ``0..n_classes-1`` and back.

    Takes arrays, lists, Series, one-column frames and the one-hot indicator matrices that
    imbalanced-learn accepts, and gives the same kind back.
    """

    def __init__(self, y: Any):
        series, self._container = open_target(y)
        if series.isna().any():
            raise ValueError(
                f"y has {int(series.isna().sum())} missing labels. Drop those rows, or give them "
                "a label of their own."
            )
        self._column = CategoricalColumn.learn(series, sort=True)
        self.codes: IntArray = self._column.encode(series).astype(np.int64)
        self.classes = _as_classes(self._column)
        self.counts: IntArray = np.bincount(self.codes, minlength=self.n_classes)

    def get_state(self) -> dict[str, Any]:
        """What was learned, for `from_state`; the rows' labels are not kept."""
        return {
            "container": to_record(self._container),
            "column": to_record(self._column),
            "counts": self.counts,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Target:
        """The target that had this state, with no rows."""
        target = cls.__new__(cls)
        target._container = from_record(state["container"], TARGET_CONTAINERS)
        target._column = from_record(state["column"], COLUMNS)
        target.codes = np.empty(0, dtype=np.int64)
        target.classes = _as_classes(target._column)
        target.counts = state["counts"]
        return target

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    @property
    def name(self) -> Any:
        """Name of the labels, None where they have none."""
        return getattr(self._container, "name", self._column.name)

    def code_of(self, label: Any) -> int | None:
        """Code of a label, or None where it is not one."""
        try:
            found = self._column.encode(pd.Series([label], dtype=object))[0]
        except (TypeError, ValueError):
            return None
        return None if np.isnan(found) else int(found)

    def decode(self, codes: IntArray) -> Any:
        """Labels in the container and dtype that `y` had."""
        return self._container.restore(self.to_pandas(codes))

    def to_pandas(self, codes: IntArray) -> pd.Series:
        """Labels as a pandas Series."""
        return self._column.decode(codes.astype(np.float64))


def reject_other_columns(X: Any, width: int | None, names: Any, *, ordered: bool = False) -> None:
    """Refuse an `X` of other columns than those learned, if any were, or `ordered` otherwise."""
    shape = getattr(X, "shape", None)
    if width is None or shape is None or len(shape) != 2:
        return
    found = getattr(X, "columns", None)
    if names is not None and found is not None and set(names) != set(found):
        different = f"the columns {sorted(map(str, set(names) ^ set(found)))!r:.200} differ"
    elif shape[1] != width:
        different = f"X has {shape[1]} columns, not {width}"
    elif ordered and names is not None and found is not None and list(names) != list(found):
        different = "they are in another order, and columns are pixels in their places"
    else:
        return
    raise ValueError(
        f"X has other columns than this augmenter was fitted on: {different}. Pass the same "
        "columns, or start afresh with clone(augmenter).fit_resample(X, y), or, where it is a step "
        "of a Pipeline, clone(pipeline).fit(X, y)."
    )


def listed(labels: np.ndarray) -> list[Any]:
    """Labels as Python objects; dates and durations to the nanosecond stay NumPy's."""
    return list(labels) if labels.dtype.kind in "mM" else labels.tolist()


def shown(labels: np.ndarray) -> list[Any]:
    """Labels for messages: dates and durations as text, as short as they can be written."""
    return [_shown(label) for label in listed(labels)]


def _shown(label: Any) -> Any:
    if isinstance(label, np.datetime64):
        label = pd.Timestamp(label)
    elif isinstance(label, np.timedelta64):
        label = pd.Timedelta(label)
    if isinstance(label, (datetime.date, datetime.timedelta)):
        return str(label).removesuffix(" 00:00:00")
    return label


def _as_classes(column: CategoricalColumn) -> np.ndarray:
    levels = np.asarray(column.levels)
    if levels.ndim == 1 and levels.dtype.kind in "biufUMm":
        return levels
    classes = np.empty(column.n_levels, dtype=object)
    for i, level in enumerate(column.levels):
        classes[i] = level
    return classes
