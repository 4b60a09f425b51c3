"""Synthetic rows for the gate: one training, one draw, and subsets of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing

from gan_augment.columns import IntArray
from gan_augment.containers import is_polars, open_container
from gan_augment.frames import listed
from gan_augment.notices import FewRowsWarning
from gan_augment.training.interrupts import interrupts_passed_on

_ROUNDING = 1e-5


@dataclass(frozen=True)
class Pool:
    """Synthetic rows of several classes.

    Attributes
    ----------
    X : same type as the real rows
        The rows.
    codes : ndarray of shape (n_rows,)
        Their class codes.
    augmenter : estimator
        What drew them, fitted.
    """

    X: Any
    codes: IntArray
    augmenter: Any

    def take(self, rows: IntArray) -> Any:
        """The named rows."""
        return _safe_indexing(self.X, rows)


def check_augmenter(augmenter: Any) -> None:
    """Refuse what is known, untrained, not to add rows of the kind that real ones are."""
    if isinstance(augmenter, Pipeline):
        raise ValueError(
            f"augmenter={augmenter!r:.80} is a Pipeline, whose other steps would change synthetic "
            "rows and not the real ones, and which cannot be told how many rows to add. Pass the "
            "over-sampler by itself, and put the other steps before the classifier, as in "
            "make_pipeline(StandardScaler(), AugmentedClassifier(learner, SMOTE()))."
        )
    if getattr(augmenter, "_sampling_type", None) in {"under-sampling", "clean-sampling"}:
        raise ValueError(
            f"augmenter={augmenter!r:.80} removes rows. Use an over-sampler, which only adds."
        )


def draws_any_class(augmenter: Any) -> bool:
    """Whether it can be fitted once and asked for rows of every class, the largest included."""
    learns_all = getattr(augmenter, "train_on", "all") == "all"
    return hasattr(augmenter, "sample") and learns_all


def draw_pool(
    augmenter: Any,
    X: Any,
    y: np.ndarray,
    classes: np.ndarray,
    wanted: IntArray,
    seed: int,
    memory: Any,
) -> Pool:
    """Train a clone of `augmenter` once and draw `wanted` rows of each class.

    What can be asked for a class is looked up in `memory` fitted, so that other amounts share its
    training; what tells `fill` from `sample` gives the rows that over-sampling would add. Other
    over-samplers are run through `fit_resample`; the rows after the real ones are theirs.
    """
    sizes = {
        label: int(np.count_nonzero(y == label) + n)
        for label, n in zip(listed(classes), wanted, strict=True)
        if n
    }
    if hasattr(augmenter, "sample"):
        strategy = "not majority" if draws_any_class(augmenter) else sizes
        model = memory.cache(_train)(augmenter, X, y, strategy, seed)
        codes = np.repeat(np.arange(len(classes)), wanted)
        labels = classes[codes]
        fills = hasattr(model, "fill")
        rows = model.fill(X, y, labels) if fills else model.sample(y=labels)
        return Pool(rows, codes, model)
    try:
        model, X_new, y_new = memory.cache(_resample)(augmenter, X, y, sizes, seed)
    except ValueError as error:
        there = {label: int(np.count_nonzero(y == label)) for label in sizes}
        raise ValueError(
            f"augmenter={augmenter!r:.80} cannot add to classes of {there!r:.200} rows: {error} "
            "An inner fold has fewer rows than all: use more folds, an augmenter that can do with "
            "so few, or a number as amount, which needs no folds without threshold."
        ) from error
    if (
        len(y_new) < len(y)
        or not np.array_equal(np.asarray(y_new)[: len(y)], y)
        or not _same_rows(_safe_indexing(X_new, np.arange(len(y))), X)
    ):
        raise ValueError(
            f"augmenter={augmenter!r:.80} returned {len(y_new)} rows for {len(y)}, of which the "
            "first are not the real ones: it removes, reorders or changes them. Use an "
            "over-sampler, which only adds."
        )
    added = np.arange(len(y), len(y_new))
    codes = np.searchsorted(classes, np.asarray(y_new)[added])
    return Pool(_safe_indexing(X_new, added), codes, model)


def _train(augmenter: Any, X: Any, y: np.ndarray, strategy: Any, seed: int) -> Any:
    with interrupts_passed_on():
        return _asked(augmenter, strategy, seed).fit(X, y)


def _resample(augmenter: Any, X: Any, y: np.ndarray, sizes: dict[Any, int], seed: int) -> Any:
    model = _asked(augmenter, sizes, seed)
    with interrupts_passed_on():
        return model, *model.fit_resample(X, y)


def _asked(augmenter: Any, strategy: Any, seed: int) -> Any:
    model = seeded(augmenter, seed)
    if "sampling_strategy" in model.get_params():
        model.set_params(sampling_strategy=strategy)
    return model


def _same_rows(found: Any, X: Any) -> bool:
    """Whether these are the rows of `X`, in any container, and numbers up to rounding."""
    if np.shape(found) != np.shape(X):
        return False
    if sp.issparse(X):
        gap, size = abs(sp.csr_array(found) - sp.csr_array(X)), abs(X).max()
        return not bool((gap.data > _ROUNDING * size).any())
    if np.ndim(X) > 2:
        return np.allclose(found, X, equal_nan=True)
    was, now = (
        open_container(rows)[0] if is_polars(rows, "DataFrame") else pd.DataFrame(rows)
        for rows in (X, found)
    )
    return all(_same_values(was.iloc[:, i], now.iloc[:, i]) for i in range(was.shape[1]))


def _same_values(was: pd.Series, now: pd.Series) -> bool:
    if all(pd.api.types.is_numeric_dtype(column.dtype) for column in (was, now)):
        a, b = (column.to_numpy(np.float64, na_value=np.nan) for column in (was, now))
        return np.allclose(a, b, rtol=_ROUNDING, equal_nan=True)
    plain = [column.astype(object).reset_index(drop=True) for column in (was, now)]
    return plain[0].equals(plain[1])


@contextmanager
def not_of_folds() -> Iterator[None]:
    """No warnings of few rows in a fold; of the whole training set they are given."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewRowsWarning)
        yield


def append_rows(X: Any, new: Any) -> Any:
    """Rows of `X`, then those of `new`, in the container of `X`."""
    if isinstance(X, pd.DataFrame):
        return pd.concat([X, new], ignore_index=True)
    if is_polars(X, "DataFrame"):
        import polars as pl

        return pl.concat([X, new])
    if sp.issparse(X):
        return sp.vstack([X, new], format=X.format)
    return np.concatenate([np.asarray(X), np.asarray(new)])


def seeded(estimator: Any, seed: int) -> Any:
    """A clone whose unset `random_state`, nested ones included, follow from `seed`."""
    model = clone(estimator)
    unset = [
        name
        for name, value in sorted(model.get_params(deep=True).items())
        if (name == "random_state" or name.endswith("__random_state")) and value is None
    ]
    states = np.random.SeedSequence(seed).generate_state(len(unset) + 1) >> 1
    return model.set_params(**dict(zip(unset, states.tolist(), strict=False)))
