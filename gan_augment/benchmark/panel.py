"""Many comparisons at once: one table over data sets and learners.

A block is a data set and a learner; its score is the mean over folds and seeds. Over blocks the
rank tests are sound, since different data sets share nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gan_augment.benchmark.competitors import BASELINE
from gan_augment.benchmark.results import BenchmarkResult
from gan_augment.benchmark.scores import LOWER_IS_BETTER
from gan_augment.benchmark.statistics import rank_table


def all_cells(results: Mapping[str, BenchmarkResult]) -> pd.DataFrame:
    """The rows of all comparisons, with the data set's name first."""
    frames = [result.cells.assign(dataset=name) for name, result in results.items()]
    cells = pd.concat(frames, ignore_index=True)
    return cells[["dataset", *cells.columns.drop("dataset")]]


def block_scores(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean score of each method (columns) in each data set and learner (rows).

    A method has a score only where all its folds have one.
    """
    groups = cells.groupby(["dataset", "learner", "method"], sort=False)[metric]
    scores = groups.mean().where(groups.count() == groups.size())
    return scores.unstack("method")[list(dict.fromkeys(cells["method"]))]  # noqa: PD010


def panel_ranks(
    cells: pd.DataFrame, metric: str, against: str = "none", *, tie: float = 0.002
) -> pd.DataFrame:
    """Mean ranks, wins, ties and losses over data sets and learners.

    Parameters
    ----------
    cells : DataFrame
        From :func:`all_cells`.
    metric : str
        The score.
    against : str, default="none"
        The method to compare with.
    tie : float, default=0.002
        Differences up to this size are ties.

    Returns
    -------
    DataFrame
        See :func:`gan_augment.benchmark.statistics.rank_table`. A method that failed somewhere
        ranks last there. One that is not meant for some of the data (ADASYN for levels, a tuned
        threshold for three classes) has the score of "none" there, since its user would do without
        it. One that never gave a score is left out.
    """
    scores = block_scores(cells, metric)
    scores = scores.loc[:, scores.notna().any()]
    skipped = _skipped(cells).reindex(index=scores.index, columns=scores.columns)
    scores = scores.mask(skipped, scores[BASELINE], axis=0)
    return rank_table(scores, against=against, lower_is_better=metric in LOWER_IS_BETTER, tie=tie)


def _skipped(cells: pd.DataFrame) -> pd.DataFrame:
    groups = cells.groupby(["dataset", "learner", "method"], sort=False)["status"]
    return groups.agg(lambda s: bool((s == "skipped").any())).unstack("method")  # noqa: PD010


def costs(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean seconds and peak memory of each method, and how many fits gave no score."""
    groups = cells.groupby("method", sort=False)
    table = groups[["augment_seconds", "fit_seconds", "peak_memory_mb"]].mean()
    table["fits"] = groups.size()
    table["failed"] = groups["status"].agg(lambda s: int(s.isin(("failed", "timeout")).sum()))
    table["skipped"] = groups["status"].agg(lambda s: int((s == "skipped").sum()))
    return table
