"""The user's X and y, checked and as pandas sees them, before any work."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt
from sklearn.utils.multiclass import type_of_target

from gan_augment.classes import rarest
from gan_augment.columns import is_numeric
from gan_augment.times import holds_times, object_type


class NotApplicableError(Exception):
    """The method is not meant for such data: a reason to leave it out, not a failure."""


@dataclass(frozen=True)
class Problem:
    """A classification problem.

    Attributes
    ----------
    X : pandas.DataFrame
        Features. Numeric columns are NumPy numbers, the others levels; missing values are NaN.
    y : ndarray of shape (n_rows,)
        Labels as they were given.
    classes : ndarray
        The distinct labels, sorted.
    positive : int
        Index in `classes` of the class that binary scores are about.
    """

    X: pd.DataFrame
    y: np.ndarray
    classes: np.ndarray
    positive: int

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    @property
    def positive_label(self) -> Any:
        """The class that binary scores are about."""
        return self.classes[self.positive]


def open_problem(X: Any, y: Any, pos_label: Any = None) -> Problem:
    """Check `X` and `y` and return them as a `Problem`."""
    frame, labels = as_frame(X), _as_labels(y)
    if len(frame) != len(labels):
        raise ValueError(
            f"X has {len(frame)} rows and y has {len(labels)} labels. Pass one label per row."
        )
    kind = type_of_target(labels)
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"y is a {kind} target, and the benchmark compares classifiers. Pass one class label "
            "per row; bin a quantity first, for example with pandas.qcut."
        )
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise ValueError(
            f"y has one class, {classes[0].item()!r}, so there is nothing to tell apart. Pass "
            "the rows of at least two classes."
        )
    if pos_label is None:
        return Problem(frame, labels, classes, rarest(counts))
    if pos_label not in classes:
        raise ValueError(
            f"pos_label={pos_label!r} is not a class of y. Its classes are "
            f"{classes.tolist()!r:.200}."
        )
    return Problem(frame, labels, classes, int(np.flatnonzero(classes == pos_label)[0]))


def as_frame(X: Any) -> pd.DataFrame:
    """A copy of `X` as a pandas frame of numbers and levels, indexed from 0."""
    if not isinstance(X, pd.DataFrame) and hasattr(X, "to_pandas"):
        X = X.to_pandas()
    if hasattr(X, "toarray"):
        X = X.toarray()
    if isinstance(X, pd.DataFrame):
        frame = X.reset_index(drop=True)
    else:
        array = np.asarray(X)
        if array.ndim != 2:
            raise ValueError(
                f"X has shape {array.shape}. Pass a table: rows by columns, as a DataFrame or a "
                "two-dimensional array."
            )
        frame = pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])])
    if frame.shape[1] == 0:
        raise ValueError("X has no columns. Pass at least one feature.")
    frame.columns = pd.Index([str(name) for name in frame.columns])
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()].unique().tolist()
        raise ValueError(f"X has duplicate column names: {twice!r:.200}. Rename them.")
    return pd.DataFrame({name: _plain(frame[name]) for name in frame.columns})


def unknown_name(parameter: str, value: Any, known: Iterable[str]) -> ValueError:
    """An error for a name that is not known, with the nearest that is."""
    names = list(known)
    nearest = difflib.get_close_matches(str(value), names, n=1)
    guess = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return ValueError(
        f"{parameter}={value!r} is not known.{guess} The names are: {', '.join(names)}."
    )


def _plain(series: pd.Series) -> pd.Series:
    """Numbers as NumPy numbers, everything else as levels that sort."""
    dtype = series.dtype
    if pdt.is_complex_dtype(dtype) or holds_times(series):
        raise _unusable(series)
    if isinstance(dtype, pd.CategoricalDtype) or dtype == np.dtype(bool):
        return series
    if not is_numeric(series):
        return (
            series.astype(object)
            .where(series.isna(), series.astype(str))
            .where(series.notna(), np.nan)
        )
    if pdt.is_object_dtype(dtype):
        series = series.astype(float)
    elif not isinstance(dtype, np.dtype):
        series = series.astype(float) if series.isna().any() else series.astype(_numpy_kind(dtype))
    values = series.to_numpy()
    if values.dtype.kind == "f" and np.isinf(values).any():
        raise ValueError(
            f"X column {series.name!r} holds infinity. Replace it by the column's largest finite "
            "value, or by NaN if it means 'unknown'."
        )
    return series


def _numpy_kind(dtype: Any) -> str:
    return "int64" if pdt.is_integer_dtype(dtype) else "float64"


def _unusable(series: pd.Series) -> ValueError:
    kind = object_type(series)
    name = str(series.dtype) if kind is None else kind.__name__
    return ValueError(
        f"X column {series.name!r} is {name}, which the learners cannot read. Turn it "
        "into numbers first, for example days since a date."
    )


def _as_labels(y: Any) -> np.ndarray:
    if hasattr(y, "to_pandas"):
        y = y.to_pandas()
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(f"y has shape {labels.shape}. Pass one label per row of X.")
    if pd.isna(labels).any():
        raise ValueError(
            f"y has {int(pd.isna(labels).sum())} missing labels. Drop those rows, or give them a "
            "label of their own."
        )
    if labels.dtype == object:
        alike = len({type(label) for label in labels}) == 1
        if alike or all(isinstance(label, (numbers.Real, np.bool_)) for label in labels):
            labels = np.array(list(labels))
        else:
            labels = labels.astype(str)
    return labels
