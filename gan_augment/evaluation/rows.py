"""Real and synthetic rows side by side, checked and in one form, before any work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from gan_augment.columns import CategoricalColumn, ContinuousColumn, is_numeric, learn_column
from gan_augment.containers import open_container
from gan_augment.evaluation.comparison import Comparison, Learned, Sample, labelled
from gan_augment.evaluation.fidelity import require_sdmetrics
from gan_augment.evaluation.learners import JUDGES, learn_rows
from gan_augment.evaluation.privacy import row_hashes
from gan_augment.evaluation.space import RowSpace
from gan_augment.frames import FrameBorder
from gan_augment.times import is_temporal


@dataclass(frozen=True)
class Rows(Sample):
    """Rows of one origin.

    Attributes
    ----------
    X : DataFrame
        Numbers, dates and durations as float64, everything else as categories; the same columns
        and the same categories in every `Rows` of a comparison. Missing values are NaN.
    y : ndarray of shape (n_rows,) or None
        Class codes.
    """

    X: pd.DataFrame

    def take(self, positions: Any) -> Rows:
        """The rows at these positions."""
        X = self.X.iloc[positions].reset_index(drop=True)
        return Rows(X, None if self.y is None else self.y[positions])

    def with_label(self, name: str, classes: np.ndarray) -> pd.DataFrame:
        """The columns, and the class as one more of them."""
        if self.y is None:
            return self.X
        labels = pd.Categorical.from_codes(self.y, categories=[str(c) for c in classes])
        return self.X.assign(**{name: labels})


@dataclass(frozen=True)
class TableComparison(Comparison):
    """Tables side by side.

    Attributes
    ----------
    label : str
        Name of the class as a column.
    dates : mapping of str to ContinuousColumn
        What turns the numbers of a column of dates or durations back.
    """

    real: Rows
    synthetic: Rows
    holdout: Rows | None
    label: str = "target"
    dates: Mapping[str, ContinuousColumn] = field(default_factory=dict)

    noun = "row"
    judges = JUDGES

    def table(self, rows: Rows) -> pd.DataFrame:
        """The columns of `rows`, the class among them."""
        return rows.with_label(self.label, self.classes)

    def learn(self, judge: str, train: Any, seed: int) -> Learned:
        """A classifier that has learned the classes of `train`."""
        return learn_rows(judge, train, len(self.classes), seed)

    def space(self, X: pd.DataFrame) -> RowSpace:
        """Rows as points, whose distances treat all columns alike."""
        return RowSpace(X)

    def hashes(self, X: pd.DataFrame) -> np.ndarray:
        """A number for each row."""
        return row_hashes(X)

    def contents(self) -> str:
        """How many columns there are."""
        n = self.real.X.shape[1]
        return f"{n:,} {'column' if n == 1 else 'columns'}"


def open_comparison(
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    *,
    y_real: Any = None,
    y_synthetic: Any = None,
    y_holdout: Any = None,
    categorical_features: Any = "from_dtype",
) -> TableComparison:
    """Bring tables of any container into one form.

    Parameters
    ----------
    real, synthetic, holdout : array-like or DataFrame of shape (n_rows, n_columns)
        Tables with the same columns; `holdout` may be None.
    y_real, y_synthetic, y_holdout : array-like of shape (n_rows,) or None
        Class labels, for all of them or for none.
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Columns that are levels although their dtype is numeric.

    Raises
    ------
    ValueError
        If the tables do not belong together, or hold nothing to compare.
    ImportError
        If sdmetrics, which compares columns, is not installed.
    """
    require_sdmetrics()
    given = {"real": real, "synthetic": synthetic}
    if holdout is not None:
        given["holdout"] = holdout
    frames = {name: _opened(name, table) for name, table in given.items()}
    for name in ("synthetic", "holdout"):
        if name in frames:
            frames[name] = _aligned(frames[name], frames["real"], name)
    tables, dates = _encoded(frames, categorical_features)
    if all(tables["real"][name].nunique(dropna=False) < 2 for name in tables["real"]):
        raise ValueError(
            "every column of real is constant, so there is no distribution to compare. Pass "
            "columns that vary."
        )
    labels = {"y_real": y_real, "y_synthetic": y_synthetic, "y_holdout": y_holdout}
    rows, classes = labelled({n: Rows(table) for n, table in tables.items()}, labels, "row")
    name = _free_name(getattr(y_real, "name", None), tables["real"].columns)
    return TableComparison(
        rows["real"], rows["synthetic"], rows.get("holdout"), classes, name, dates
    )


def _opened(name: str, table: Any) -> pd.DataFrame:
    frame, _ = open_container(table)
    if frame.shape[1] == 0:
        raise ValueError(f"{name} has no columns. Pass a table with at least one.")
    if len(frame) < _FEWEST_ROWS:
        raise ValueError(
            f"{name} has {len(frame)} rows, and fewer than {_FEWEST_ROWS} say nothing about a "
            "distribution. Pass more rows."
        )
    frame = frame.reset_index(drop=True)
    frame.columns = pd.Index([str(column) for column in frame.columns])
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()].unique().tolist()
        raise ValueError(f"{name} has duplicate column names: {twice!r:.200}. Rename them.")
    return frame


_FEWEST_ROWS = 10


def _aligned(frame: pd.DataFrame, real: pd.DataFrame, name: str) -> pd.DataFrame:
    missing = [c for c in real.columns if c not in frame.columns]
    extra = [c for c in frame.columns if c not in real.columns]
    if missing or extra:
        parts = [f"lacks {missing!r:.200}"] if missing else []
        parts += [f"has {extra!r:.200} besides"] if extra else []
        raise ValueError(
            f"{name} has other columns than real: it {' and '.join(parts)}. Pass the same columns "
            "in both; labels go into the y_ parameters."
        )
    frame = frame[list(real.columns)]
    for column in real.columns:
        if frame[column].isna().all() or real[column].isna().all():
            continue
        kinds = {_kind(real[column]), _kind(frame[column])}
        if len(kinds) > 1:
            raise ValueError(
                f"Column {column!r} holds {_kind(real[column])} in real and {_kind(frame[column])} "
                f"in {name}. Give it the same type in both."
            )
    return frame


def _kind(series: pd.Series) -> str:
    """What a column holds, as far as two tables must agree on it."""
    if isinstance(series.dtype, pd.CategoricalDtype) or pdt.is_bool_dtype(series.dtype):
        series = series.astype(object)
    found = pdt.infer_dtype(series, skipna=True)
    if is_numeric(series) or found == "boolean":
        return "numbers"
    if found.startswith(("datetime", "date", "period")):
        return "dates"
    return "durations" if found.startswith("timedelta") else "text"


def _encoded(
    frames: Mapping[str, pd.DataFrame], categorical: Any
) -> tuple[dict[str, pd.DataFrame], dict[str, ContinuousColumn]]:
    """Every table in the codes of columns that are learned on all of them together."""
    real = frames["real"]
    forced = FrameBorder(categorical).forced_categorical(real) | np.array(
        [isinstance(dtype, pd.CategoricalDtype) for dtype in real.dtypes]
    )
    ends = np.cumsum([len(frame) for frame in frames.values()])
    parts: dict[str, dict[str, Any]] = {name: {} for name in frames}
    dates = {}
    for i, name in enumerate(real.columns):
        together = pd.concat([_plain(frame[name]) for frame in frames.values()], ignore_index=True)
        if together.isna().all():
            values: Any = np.full(len(together), np.nan)
        else:
            column = learn_column(together, categorical=bool(forced[i]))
            values = column.encode(together)
            if isinstance(column, CategoricalColumn):
                codes = np.where(np.isnan(values), -1, values).astype(np.int64)
                values = pd.Categorical.from_codes(codes, categories=_names(column))
            elif is_temporal(column.dtype):
                dates[name] = column
            # Beyond, numbers that differ would be the same float.
            elif abs(column.origin or 0) < 2**53:
                values = values + float(column.origin or 0)
        for part, start, end in zip(parts, [0, *ends], ends, strict=False):
            parts[part][name] = values[start:end]
    return {name: pd.DataFrame(columns) for name, columns in parts.items()}, dates


def _plain(series: pd.Series) -> pd.Series:
    """Categories as what they are categories of, so that two frames' can be put together."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.astype(object)
    return series


def _names(column: CategoricalColumn) -> list[str]:
    """A level's name as text, told apart from the others."""
    names = [str(level) for level in column.levels]
    twice = {name for name, count in Counter(names).items() if count > 1}
    levels = list(column.levels)
    return [
        repr(level) if name in twice else name for name, level in zip(names, levels, strict=True)
    ]


def _free_name(wanted: Any, taken: pd.Index) -> str:
    name = str(wanted) if wanted is not None else "target"
    while name in taken:
        name += "_"
    return name
