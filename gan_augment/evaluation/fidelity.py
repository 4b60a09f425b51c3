"""How far columns and the relations between them are off, by sdmetrics' measures."""

from __future__ import annotations

import importlib
import itertools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

_INSTALL = (
    'Column shapes and pair trends need sdmetrics. Install it with: pip install "gan-augment['
    'report]"'
)
_BINS = 10


def column_shape_errors(real: pd.DataFrame, synthetic: pd.DataFrame) -> pd.Series:
    """How far each column's distribution is off: 0 is the same, 1 is nothing in common.

    The Kolmogorov-Smirnov distance of numbers, the total variation distance of levels, each the
    complement of sdmetrics' score; missing values are left out.

    Parameters
    ----------
    real, synthetic : DataFrame
        Columns of float64 and categories.

    Returns
    -------
    Series
        Error of each column; NaN where a side has only missing values.
    """
    single = _sdmetrics("single_column")
    errors = {}
    for name in real.columns:
        a, b = real[name].dropna(), synthetic[name].dropna()
        if len(a) == 0 or len(b) == 0:
            errors[name] = float("nan") if len(a) == len(b) else 1.0
        elif _is_levels(real[name]):
            errors[name] = 1 - single.TVComplement.compute(a.astype(object), b.astype(object))
        else:
            with warnings.catch_warnings():
                # SciPy warns that it approximates a p-value, which nobody reads.
                warnings.simplefilter("ignore", RuntimeWarning)
                errors[name] = 1 - single.KSComplement.compute(a, b)
    return pd.Series(errors, dtype=float)


def missing_errors(real: pd.DataFrame, synthetic: pd.DataFrame) -> pd.Series:
    """By how much the share of missing values differs, column by column."""
    return (real.isna().mean() - synthetic.isna().mean()).abs()


def pair_trend_errors(
    real: pd.DataFrame, synthetic: pd.DataFrame, chosen: Sequence[tuple[str, str]] | None = None
) -> pd.Series:
    """How far each pair of columns is off in the way that its columns hang together.

    Half the difference of the Pearson correlations for two columns of numbers; the total variation
    distance of the joint table otherwise, numbers in ten bins of the real column's range. Both are
    complements of sdmetrics' scores.

    Parameters
    ----------
    real, synthetic : DataFrame
        Columns of float64 and categories.
    chosen : sequence of pairs of str, default=None
        The pairs to compare; None takes all.

    Returns
    -------
    Series
        Error of each pair, indexed by both names; NaN where a real column is constant.
    """
    pairs = _sdmetrics("column_pairs")
    levels = {name for name in real.columns if _is_levels(real[name])}
    binned = [
        pd.DataFrame({name: _discrete(frame[name], real[name]) for name in real.columns})
        for frame in (real, synthetic)
    ]
    constant = {name for name in real.columns if real[name].nunique(dropna=False) < 2}
    errors: dict[tuple[str, str], float] = {}
    for pair in all_pairs(real) if chosen is None else chosen:
        names = list(pair)
        if constant & set(pair):
            errors[pair] = float("nan")
        elif levels & set(pair):
            a, b = (frame[names] for frame in binned)
            errors[pair] = 1 - pairs.ContingencySimilarity.compute(a, b)
        else:
            errors[pair] = _correlation_error(pairs, real[names].dropna(), synthetic[names])
    index = pd.MultiIndex.from_tuples(errors, names=["column", "other"]) if errors else None
    return pd.Series(list(errors.values()), index=index, dtype=float)


def all_pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Every two columns of `table`."""
    return list(itertools.combinations(table.columns, 2))


def _correlation_error(pairs: Any, real: pd.DataFrame, synthetic: pd.DataFrame) -> float:
    synthetic = synthetic.dropna()
    if len(real) < 2 or (real.nunique() < 2).any():
        return float("nan")
    if len(synthetic) < 2 or (synthetic.nunique() < 2).any():  # nothing varies with anything
        return abs(float(real.corr().iloc[0, 1])) / 2
    with warnings.catch_warnings():
        # SciPy warns of columns that hardly vary, whose correlation is still the best there is.
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(1 - pairs.CorrelationSimilarity.compute(real, synthetic))


def _discrete(series: pd.Series, real: pd.Series) -> Any:
    """Codes: of the level, or of the bin of the real column's range."""
    if _is_levels(series):
        return series.cat.codes
    present = real.dropna()
    if len(present) == 0:
        return np.zeros(len(series), dtype=np.int64)
    edges = np.histogram_bin_edges(present, bins=_BINS)
    codes = np.digitize(series, edges[1:-1])
    return np.where(series.isna(), -1, codes)


def _is_levels(series: pd.Series) -> bool:
    return isinstance(series.dtype, pd.CategoricalDtype)


def require_sdmetrics() -> None:
    """Raise the error that says how to install sdmetrics, if it is missing."""
    _sdmetrics("single_column")


def _sdmetrics(module: str) -> Any:
    try:
        return importlib.import_module(f"sdmetrics.{module}")
    except ImportError as error:
        raise ImportError(_INSTALL) from error
