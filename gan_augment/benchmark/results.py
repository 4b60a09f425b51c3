"""What a comparison found: tables, ranks, a picture and a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gan_augment.benchmark.competitors import BASELINE
from gan_augment.benchmark.inputs import unknown_name
from gan_augment.benchmark.panel import fold_scores
from gan_augment.benchmark.scores import LOWER_IS_BETTER, SCORES
from gan_augment.benchmark.statistics import rank_table, resampled_interval
from gan_augment.files import PathLike, written_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = ["method", "learner", "seed", "fold"]
COSTS = ["augment_seconds", "fit_seconds", "peak_memory_mb"]
_COUNTS = ["n_train", "n_test", "n_added"]
_OUTCOME = ["status", "reason", "notes"]


@dataclass(frozen=True)
class BenchmarkResult:
    """The scores of every method with every learner on every fold.

    Attributes
    ----------
    cells : DataFrame
        One row per method, learner, seed and fold: ``status`` ("ok", "failed", "timeout" or
        "skipped") with its ``reason``, all scores, ``augment_seconds`` (making rows),
        ``fit_seconds`` (fitting the learner; tuning included), ``peak_memory_mb`` (by how much
        memory grew at its highest; Linux only), rows of the training fold and added rows, and
        ``notes`` (warnings).
    scoring : tuple of str
        The scores to report.

    See Also
    --------
    compare : Makes one.
    """

    cells: pd.DataFrame
    scoring: tuple[str, ...]

    @property
    def methods(self) -> list[str]:
        """Names of the methods, in the order given."""
        return list(dict.fromkeys(self.cells["method"]))

    @property
    def learners(self) -> list[str]:
        """Names of the learners, in the order given."""
        return list(dict.fromkeys(self.cells["learner"]))

    def table(self, kind: Literal["summary", "tidy", "cells"] = "summary") -> pd.DataFrame:
        """Scores as a table.

        Parameters
        ----------
        kind : {"summary", "tidy", "cells"}, default="summary"
            "summary": a row per learner and method, with mean and standard deviation over folds
            and seeds of each score, and mean costs. "tidy": a row per score. "cells": a row per
            method, learner, seed and fold.

        Returns
        -------
        DataFrame
            "summary" is indexed by ``learner`` and ``method``, and its columns have two levels, the
            score or cost and the statistic; ``("folds", "ok")`` counts the scores.

        Raises
        ------
        ValueError
            If `kind` is none of these.
        """
        if kind == "cells":
            return self.cells.copy()
        if kind == "tidy":
            values = [*self.scoring, *COSTS]
            return self.cells.melt(CELL, values, var_name="metric", value_name="value")
        if kind != "summary":
            raise unknown_name("kind", kind, ("summary", "tidy", "cells"))
        groups = self.cells.groupby(["learner", "method"], sort=False)
        summary = groups[[*self.scoring]].agg(["mean", "std"])
        for cost in COSTS:
            summary[cost, "mean"] = groups[cost].mean()
        summary["folds", "ok"] = groups["status"].agg(lambda s: int((s == "ok").sum()))
        return summary.reindex(self._order())

    def differences(self, metric: str | None = None, against: str = BASELINE) -> pd.DataFrame:
        """How much better each method is than another, fold by fold.

        Parameters
        ----------
        metric : str, default=None
            The score; None is the first asked for, and F1 where no score was.
        against : str, default="none"
            The method to compare with.

        Returns
        -------
        DataFrame
            A row per learner and method. ``with`` and ``without`` are mean scores over the folds
            that both have; ``better_by`` their difference, positive where the method is better,
            with its 95% interval from ``low`` to ``high`` (corrected for folds that share rows),
            wins, ties, losses and the worst fold; ``verdict`` is "helps" or "hurts" where the
            interval leaves out 0, "no score" where it failed, else "no clear difference".

        Raises
        ------
        ValueError
            If `metric` is no score of this comparison, or `against` none of its methods.
        """
        metric = metric or self._first_asked()
        sign = self._sign(metric)
        self._check_method(against)
        share = float((self.cells["n_test"] / self.cells["n_train"]).mean())
        records = {}
        for learner, method in self._order():
            if method == against:
                continue
            mine = fold_scores(self.cells, metric, learner)
            pair = mine.reindex(columns=[method, against]).dropna()
            better = sign * (pair[method] - pair[against]).to_numpy()
            low, high = resampled_interval(better, share)
            records[learner, method] = {
                "with": pair[method].mean(),
                "without": pair[against].mean(),
                "better_by": better.mean() if len(better) else np.nan,
                "low": low,
                "high": high,
                "wins": int((better > 0).sum()),
                "ties": int((better == 0).sum()),
                "losses": int((better < 0).sum()),
                "worst": better.min() if len(better) else np.nan,
                "verdict": _verdict(low, high) if len(better) else "no score",
            }
        table = pd.DataFrame.from_dict(records, orient="index")
        if records:
            table.index = pd.MultiIndex.from_tuples(records, names=["learner", "method"])
        return table

    def ranks(self, metric: str | None = None, against: str = BASELINE) -> pd.DataFrame:
        """Mean ranks over learners, folds and seeds, with tests.

        Folds of one data set share rows, so these p-values are too small: they say which methods
        to look at. :meth:`differences` corrects for it; over many data sets the tests are sound.

        Parameters
        ----------
        metric : str, default=None
            The score; None is the first asked for, and F1 where no score was.
        against : str, default="none"
            The method to compare with.

        Returns
        -------
        DataFrame
            See :func:`gan_augment.benchmark.statistics.rank_table`. A method that failed on a fold
            ranks last there. One that never gave a score, or is not meant for some learner or such
            data, is left out and named in ``attrs["unranked"]``.

        Raises
        ------
        ValueError
            If `metric` is no score of this comparison, or `against` none of its methods.
        """
        metric = metric or self._first_asked()
        lower = self._sign(metric) < 0
        self._check_method(against)
        scores = pd.concat({name: fold_scores(self.cells, metric, name) for name in self.learners})
        out = set(self.cells.loc[self.cells["status"] == "skipped", "method"])
        out |= {name for name in self.methods if scores[name].isna().all()}
        ranked = [name for name in self.methods if name not in out or name == against]
        table = rank_table(scores[ranked], against=against, lower_is_better=lower)
        table.attrs["unranked"] = sorted(out - {against})
        return table

    def failures(self) -> pd.DataFrame:
        """Methods that gave no score, with the reason and how often.

        Returns
        -------
        DataFrame
            ``method``, ``learner``, ``status``, ``reason`` and ``folds``, how many of them.
        """
        bad = self.cells[self.cells["status"] != "ok"]
        return (
            bad.groupby(["method", "learner", "status", "reason"], sort=False)
            .size()
            .rename("folds")
            .reset_index()
        )

    def warned(self) -> pd.DataFrame:
        """Warnings that methods and learners gave, and how often.

        Returns
        -------
        DataFrame
            ``method``, ``learner``, ``notes`` and ``folds``, how many of them.
        """
        notes = self.cells[self.cells["notes"] != ""]
        return (
            notes.groupby(["method", "learner", "notes"], sort=False)
            .size()
            .rename("folds")
            .reset_index()
        )

    def verdicts(self, metric: str | None = None, against: str = BASELINE) -> list[str]:
        """Say :meth:`differences` in sentences.

        Parameters
        ----------
        metric, against
            As in :meth:`differences`.

        Returns
        -------
        list of str
            One for each learner and method that has scores.

        Raises
        ------
        ValueError
            If `metric` is no score of this comparison, or `against` none of its methods.
        """
        metric = metric or self._first_asked()
        return [
            f"{method} with {learner}: {metric} {row['with']:.3f} against {row['without']:.3f}, "
            f"better by {row['better_by']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f}): "
            f"{row['verdict']}."
            for (learner, method), row in self.differences(metric, against).iterrows()
            if not np.isnan(row["better_by"])
        ]

    def plot(
        self,
        metrics: str | Sequence[str] | None = None,
        *,
        kind: Literal["differences", "scores"] = "differences",
        against: str = BASELINE,
    ) -> Figure:
        """Draw what augmentation changed.

        Parameters
        ----------
        metrics : str or sequence of str, optional
            One row of panels each; by default those of :meth:`headline`.
        kind : {"differences", "scores"}, default="differences"
            "differences": a dot per fold for each method, paired with `against`, and their mean
            with its 95% interval. "scores": the scores themselves, `against` as a line.
        against : str, default="none"
            The method to compare with.

        Returns
        -------
        matplotlib.figure.Figure
            Save it with its ``savefig``; a notebook shows it.

        Raises
        ------
        ValueError
            If `metrics` or `against` names no score or method of this comparison, or `kind` is
            none of these.
        ImportError
            If matplotlib, which the ``report`` extra brings, is not installed.
        """
        from gan_augment.benchmark.plots import draw

        self._check_method(against)
        if metrics is None:
            metrics = self.headline()
        elif isinstance(metrics, str):
            metrics = [metrics]
        for metric in metrics:
            self._sign(metric)
        return draw(self, list(metrics), kind, against)

    def to_csv(self, path: PathLike) -> None:
        """Write :meth:`table` of kind "cells" as comma-separated values.

        Parameters
        ----------
        path : path-like
            The file; it appears whole or not at all, and replaces an old one. A suffix such as
            ".gz" compresses it.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        with written_whole(path) as partial:
            self.cells.to_csv(partial, index=False)

    def to_html(self, path: PathLike) -> None:
        """Write a page that needs nothing else: verdicts, picture, tables, failures.

        Parameters
        ----------
        path : path-like
            The file; it appears whole or not at all, and replaces an old one. Without matplotlib
            it has no picture.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        from gan_augment.benchmark.page import render

        page = render(self)
        with written_whole(path) as partial:
            partial.write_text(page, encoding="utf-8")

    def headline(self) -> list[str]:
        """The scores to show first: those asked for, in that order, or accuracy and F1.

        Returns
        -------
        list of str
            Names from `scoring`. Scores of your own come before accuracy and F1.
        """
        if self.scoring[: len(SCORES)] != SCORES:
            return list(self.scoring)
        return [*self.scoring[len(SCORES) :], "accuracy", "f1"]

    def __str__(self) -> str:
        """Scores with and without, a line per learner and method."""
        metrics = self.headline()
        tables = {metric: self.differences(metric) for metric in metrics}
        lines = pd.DataFrame(index=next(iter(tables.values())).index)
        for metric, table in tables.items():
            for name in ("without", "with", "better_by", "verdict"):
                if len(table):
                    lines[metric, name] = table[name]
        lines.columns = pd.MultiIndex.from_tuples(lines.columns, names=[None, None])
        counts = self.cells["status"].value_counts()
        counted = ", ".join(f"{n} {status}" for status, n in counts.items()) + "."
        bad = self.cells[self.cells["status"].isin(["failed", "timeout"])]
        if len(bad):
            often = bad["reason"].value_counts()
            counted += (
                f" {often.iloc[0]} of them: {often.index[0]:.200} (see failures()). Where they are "
                "kept in an output folder, retry_failures=True tries them again."
            )
        return f"{lines.round(3).to_string()}\n{counted}" if len(lines) else counted

    def _first_asked(self) -> str:
        return "f1" if self.scoring == SCORES else self.headline()[0]

    def _order(self) -> pd.MultiIndex:
        return pd.MultiIndex.from_product(
            [self.learners, self.methods], names=["learner", "method"]
        )

    def _sign(self, metric: str) -> int:
        known = [name for name in dict.fromkeys([*SCORES, *self.scoring]) if name in self.cells]
        if metric not in known:
            raise unknown_name("metric", metric, known)
        return -1 if metric in LOWER_IS_BETTER else 1

    def _check_method(self, name: str) -> None:
        if name not in self.methods:
            raise unknown_name("against", name, self.methods)


def make_result(
    rows: Sequence[dict[str, Any]],
    scoring: tuple[str, ...],
    order: tuple[Sequence[str], Sequence[str]],
) -> BenchmarkResult:
    """Results in the order of methods and learners, whatever order the rows came in."""
    scores = list(dict.fromkeys([*SCORES, *scoring]))
    columns = [*CELL, *_OUTCOME[:2], *scores, *COSTS, *_COUNTS, "notes"]
    cells = pd.DataFrame(list(rows)).reindex(columns=columns)
    cells[["reason", "notes"]] = cells[["reason", "notes"]].fillna("")
    methods, learners = order
    positions = pd.DataFrame(
        {
            "learner": cells["learner"].map({name: i for i, name in enumerate(learners)}),
            "method": cells["method"].map({name: i for i, name in enumerate(methods)}),
            "seed": cells["seed"],
            "fold": cells["fold"],
        }
    )
    wanted = positions.dropna().sort_values(["seed", "fold", "method", "learner"]).index
    return BenchmarkResult(cells.loc[wanted].reset_index(drop=True), tuple(scoring))


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "helps"
    return "hurts" if high < 0 else "no clear difference"
