"""Ranks, tests and intervals over paired scores.

All functions take a frame of *blocks by methods*: one row per fold (or per data set and learner),
one column per method, every score of a row obtained on the same rows of data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

TIE = 1e-9
_FEW_BLOCKS = 12


def block_ranks(scores: pd.DataFrame, *, lower_is_better: bool = False) -> pd.DataFrame:
    """Rank of each method in each block: 1 is best, ties share, a missing score is last."""
    signed = scores if lower_is_better else -scores
    return signed.fillna(np.inf).rank(axis=1, method="average")


def rank_table(
    scores: pd.DataFrame, *, against: str, lower_is_better: bool = False, tie: float = TIE
) -> pd.DataFrame:
    """Mean ranks, and each method against one of them.

    Parameters
    ----------
    scores : DataFrame of blocks by methods
        Missing where a method failed: that counts as last in ranks and is left out of differences.
    against : str
        The method to compare with.
    lower_is_better : bool, default=False
        Whether small scores are good.
    tie : float, default=1e-9
        Differences up to this size are ties.

    Returns
    -------
    DataFrame
        One row per method, the best first: ``mean_rank``; ``wins``, ``ties``, ``losses``, ``mean``
        and ``worst`` difference against the other, positive where the method is better; ``p``
        (Wilcoxon's signed-rank test, two-sided), ``p_holm`` (the same, corrected for the number of
        methods) and ``p_nemenyi``. Its ``attrs`` have the number of ``blocks``, Friedman's test's
        ``friedman_p`` and Nemenyi's ``critical_difference`` of mean ranks at 5%.
    """
    ranks = block_ranks(scores, lower_is_better=lower_is_better).mean()
    better = better_by(scores, against, lower_is_better=lower_is_better)
    records = {name: _versus(better[name].dropna().to_numpy(), tie) for name in scores.columns}
    table = pd.DataFrame.from_dict(records, orient="index")
    table.insert(0, "mean_rank", ranks)
    table["p_holm"] = holm(table["p"].drop(against)).reindex(table.index)
    distance = (ranks - ranks[against]).abs()
    n_blocks, n_methods = scores.shape
    table["p_nemenyi"] = nemenyi(distance, n_blocks, n_methods).where(distance.index != against)
    table.index.name = "method"
    table = table.sort_values("mean_rank", kind="stable")
    table.attrs |= {
        "blocks": n_blocks,
        "friedman_p": friedman(scores, lower_is_better=lower_is_better),
        "critical_difference": critical_difference(n_blocks, n_methods),
    }
    return table


def better_by(scores: pd.DataFrame, against: str, *, lower_is_better: bool) -> pd.DataFrame:
    """By how much each method is better than `against`, block by block."""
    difference = scores.sub(scores[against], axis=0)
    return 0.0 - difference if lower_is_better else difference


def _versus(better: np.ndarray, tie: float) -> dict[str, Any]:
    return {
        "wins": int((better > tie).sum()),
        "ties": int((np.abs(better) <= tie).sum()),
        "losses": int((better < -tie).sum()),
        "mean": float(better.mean()) if len(better) else np.nan,
        "worst": float(better.min()) if len(better) else np.nan,
        "p": wilcoxon(better),
    }


def wilcoxon(differences: np.ndarray) -> float:
    """Two-sided p-value of the signed-rank test; 1 where all differences are 0."""
    differences = np.round(differences[~np.isnan(differences)], 12)
    if not len(differences):
        return float("nan")
    if not differences.any() or len(differences) == 1:
        return 1.0
    method: Any = "approx"
    if len(differences) <= _FEW_BLOCKS:  # all signs are tried
        method = stats.PermutationMethod(n_resamples=np.inf)
    return float(stats.wilcoxon(differences, zero_method="zsplit", method=method).pvalue)


def holm(p_values: pd.Series) -> pd.Series:
    """P-values corrected for their number by Holm's step-down method."""
    known = p_values.dropna().sort_values()
    factors = np.arange(len(known), 0, -1)
    corrected = pd.Series(np.maximum.accumulate(known.to_numpy() * factors), index=known.index)
    return corrected.clip(upper=1.0).reindex(p_values.index)


def friedman(scores: pd.DataFrame, *, lower_is_better: bool = False) -> float:
    """P-value of Friedman's test that all methods rank alike; NaN for fewer than 3."""
    ranks = block_ranks(scores, lower_is_better=lower_is_better)
    if ranks.shape[1] < 3 or len(ranks) < 2:
        return float("nan")
    if (ranks.max(axis=1) == ranks.min(axis=1)).all():
        return 1.0
    return float(stats.friedmanchisquare(*ranks.to_numpy().T).pvalue)


def nemenyi(rank_distance: pd.Series, n_blocks: int, n_methods: int) -> pd.Series:
    """P-values of differences of mean ranks, corrected for all pairs."""
    if n_methods < 2:
        return rank_distance * np.nan
    scale = np.sqrt(n_methods * (n_methods + 1) / (6 * n_blocks))
    statistic = rank_distance / scale * np.sqrt(2)
    p = stats.studentized_range.sf(statistic.to_numpy(), n_methods, np.inf)
    return pd.Series(p, index=rank_distance.index)


def critical_difference(n_blocks: int, n_methods: int, level: float = 0.05) -> float:
    """Mean ranks that differ by more than this differ significantly (Nemenyi)."""
    if n_methods < 2:
        return float("nan")
    quantile = stats.studentized_range.isf(level, n_methods, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(n_methods * (n_methods + 1) / (6 * n_blocks)))


def resampled_interval(
    differences: np.ndarray, test_share: float, level: float = 0.95
) -> tuple[float, float]:
    """Interval of a mean difference over folds of the *same* data.

    Folds share training rows, so their scores are not independent and the usual interval is too
    narrow. This is Nadeau and Bengio's corrected one (Inference for the Generalization Error,
    Machine Learning 52, 2003).

    Parameters
    ----------
    differences : ndarray
        One per fold and seed.
    test_share : float
        Test rows per training row.
    level : float, default=0.95
        Coverage.
    """
    differences = differences[~np.isnan(differences)]
    n = len(differences)
    if n < 2:
        return float("nan"), float("nan")
    mean, variance = differences.mean(), differences.var(ddof=1)
    half = stats.t.isf((1 - level) / 2, n - 1) * np.sqrt((1 / n + test_share) * variance)
    return float(mean - half), float(mean + half)
