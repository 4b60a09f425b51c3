"""Many comparisons at once: one table over data sets and learners.

A block is a data set and a learner; its score is the mean over folds and seeds. Over blocks the
rank tests are sound, since different data sets share nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from gan_augment.benchmark.competitors import BASELINE
from gan_augment.benchmark.scores import LOWER_IS_BETTER
from gan_augment.benchmark.statistics import rank_table

if TYPE_CHECKING:
    from gan_augment.benchmark.results import BenchmarkResult


def all_cells(results: Mapping[str, BenchmarkResult]) -> pd.DataFrame:
    """The rows of all comparisons, with the data set's name first."""
    frames = [result.cells.assign(dataset=name) for name, result in results.items()]
    cells = pd.concat(frames, ignore_index=True)
    return cells[["dataset", *cells.columns.drop("dataset")]]


def fold_scores(cells: pd.DataFrame, metric: str, learner: str) -> pd.DataFrame:
    """Folds by methods for one learner; missing where there is no score."""
    mine = cells[cells["learner"] == learner]
    return mine.pivot(index=["seed", "fold"], columns="method", values=metric)  # noqa: PD010


def block_scores(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean score of each method (columns) in each data set and learner (rows).

    A method has a score only where all its folds have one.
    """
    groups = cells.groupby(["dataset", "learner", "method"], sort=False)[metric]
    scores = groups.mean().where(groups.count() == groups.size())
    return scores.unstack("method")[list(dict.fromkeys(cells["method"]))]  # noqa: PD010


def comparable_scores(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """:func:`block_scores` of the methods that ever gave a score.

    A method that is not meant for some of the data (ADASYN for levels, a tuned threshold for three
    classes) has the score of "none" there, since its user would do without it.
    """
    scores = block_scores(cells, metric)
    scores = scores.loc[:, scores.notna().any()]
    skipped = _skipped(cells).reindex(index=scores.index, columns=scores.columns)
    return scores.mask(skipped, scores[BASELINE], axis=0)


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
        ranks last there; for the rest see :func:`comparable_scores`.
    """
    return rank_table(
        comparable_scores(cells, metric),
        against=against,
        lower_is_better=metric in LOWER_IS_BETTER,
        tie=tie,
    )


def panel_summary(
    cells: pd.DataFrame, metric: str, rivals: Sequence[str] = ("none", "smote")
) -> pd.DataFrame:
    """One table of :func:`panel_ranks` against several methods, best rank first.

    Parameters
    ----------
    cells : DataFrame
        From :func:`all_cells`.
    metric : str
        The score.
    rivals : sequence of str, default=("none", "smote")
        Those to compare with; the ones that `cells` lacks are left out.

    Returns
    -------
    DataFrame
        A row per method: ``rank``, and for each rival ``R: +/=/-`` (wins, ties and losses),
        ``R: mean`` and ``R: worst`` (differences, positive where the method is better) and
        ``R: p`` (Wilcoxon's, Holm-corrected). Its ``attrs`` are those of :func:`panel_ranks`.
    """
    table = pd.DataFrame()
    for rival in rivals:
        if rival not in set(cells["method"]):
            continue
        ranks = panel_ranks(cells, metric, rival)
        if table.empty:
            table = ranks[["mean_rank"]].rename(columns={"mean_rank": "rank"})
            table.attrs = dict(ranks.attrs)
        ranks = ranks.reindex(table.index)
        counts = ranks[["wins", "ties", "losses"]].astype(str).agg("/".join, axis=1)
        table[f"{rival}: +/=/-"] = counts.where(table.index != rival, "")
        for name, column in (("mean", "mean"), ("worst", "worst"), ("p", "p_holm")):
            table[f"{rival}: {name}"] = ranks[column].where(table.index != rival)
    return table


def _skipped(cells: pd.DataFrame) -> pd.DataFrame:
    groups = cells.groupby(["dataset", "learner", "method"], sort=False)["status"]
    return groups.agg(lambda s: bool((s == "skipped").any())).unstack("method")  # noqa: PD010


def costs(cells: pd.DataFrame) -> pd.DataFrame:
    """What each method costs on a fold, and how many fits gave no score.

    ``augment_seconds`` is the mean time to make a fold's rows, once for all learners;
    ``fit_seconds`` the mean time to fit all learners of a fold, with whatever the method does then
    (tuning a threshold, training the gate's GANs); ``peak_memory_mb`` the mean over fits.
    """
    by_fold = cells.groupby(["method", "dataset", "seed", "fold"], sort=False)
    of_fold = by_fold.agg(augment_seconds=("augment_seconds", "first"))
    of_fold["fit_seconds"] = by_fold["fit_seconds"].sum(min_count=1)
    table = of_fold.groupby("method", sort=False).mean()
    groups = cells.groupby("method", sort=False)
    table["peak_memory_mb"] = groups["peak_memory_mb"].mean()
    table["fits"] = groups.size()
    for status, names in (("failed", ("failed", "timeout")), ("skipped", ("skipped",))):
        table[status] = groups["status"].agg(lambda s, names=names: int(s.isin(names).sum()))
    return table
