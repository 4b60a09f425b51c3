"""The pictures of comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gan_augment.benchmark.inputs import unknown_name
from gan_augment.benchmark.panel import comparable_scores, fold_scores
from gan_augment.benchmark.scores import LOWER_IS_BETTER
from gan_augment.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gan_augment.benchmark.results import BenchmarkResult

HELPS, HURTS, UNCLEAR = "#1b7837", "#b2182b", "#6b7280"
_COLOURS = {"helps": HELPS, "hurts": HURTS, "no clear difference": UNCLEAR}
_PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_BAND = "#f3f4f6"


def draw(result: BenchmarkResult, metrics: list[str], kind: str, against: str) -> Figure:
    """One row of panels per metric, one column per learner."""
    if kind not in ("differences", "scores"):
        raise unknown_name("kind", kind, ("differences", "scores"))
    others = [name for name in result.methods if name != against]
    width, height = len(result.learners), len(metrics)
    figure = new_figure(2.2 + 3.5 * width, 1.5 + height * (0.95 + 0.36 * len(others)))
    panels = figure.subplots(height, width, squeeze=False, sharey=True)
    for row, metric in zip(panels, metrics, strict=True):
        table = result.differences(metric, against)
        for axes, learner in zip(row, result.learners, strict=True):
            scores = fold_scores(result.cells, metric, learner)
            base = scores[against]
            axes.set_title(
                f"{learner.replace('_', ' ')}\n{against}: {_label(metric)} {base.mean():.3f}",
                fontsize=9,
            )
            axes.axvline(0.0 if kind == "differences" else base.mean(), color="black", lw=0.9)
            for at, name in enumerate(others):
                if name not in scores or not scores[name].notna().any():
                    _write(axes, 0.02, at, "no score", ha="left")
                    continue
                found = table.loc[(learner, name)]
                sign = -1 if metric in LOWER_IS_BETTER else 1
                shift = 0.0 if kind == "differences" else float(found["without"])
                turn = 1 if kind == "differences" else sign
                dots = (scores[name] - base) * sign if kind == "differences" else scores[name]
                _method(axes, at, dots.dropna().to_numpy(), found, shift, turn)
                _write(axes, 1.02, at, f"{found['with']:.3f}", ha="left")
            _write(axes, 1.02, -0.75, "with", ha="left")
            axes.set_xlabel(_direction(metric, kind, against), fontsize=9)
            _tidy(axes, len(others))
        row[0].set_yticks(range(len(others)), others)
        row[0].set_ylim(len(others) - 0.5, -0.5)
        _same_width(row)
    figure.suptitle(_caption(result, kind, against), fontsize=9, x=0.01, ha="left")
    return figure


def draw_panel(
    cells: pd.DataFrame,
    metrics: tuple[str, ...] = ("accuracy", "f1", "f1_best", "average_precision"),
    against: str = "none",
) -> Figure:
    """What each method changed in each of many data sets, a dot per set and learner.

    Parameters
    ----------
    cells : DataFrame
        From :func:`gan_augment.benchmark.panel.all_cells`.
    metrics : tuple of str
        A panel each.
    against : str, default="none"
        The method to compare with.
    """
    others = [name for name in dict.fromkeys(cells["method"]) if name != against]
    learners = list(dict.fromkeys(cells["learner"]))
    figure = new_figure(1.6 + 2.9 * len(metrics), 1.4 + 0.52 * len(others))
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        scores = comparable_scores(cells, metric).reindex(columns=[against, *others])
        sign = -1 if metric in LOWER_IS_BETTER else 1
        better = sign * scores[others].sub(scores[against], axis=0)
        low, high = _limits(better.to_numpy())
        axes.axvline(0, color="black", lw=0.9)
        for at, name in enumerate(others):
            for k, learner in enumerate(learners):
                mine = better.loc[better.index.get_level_values("learner") == learner, name]
                heights = np.full(len(mine), at + (k - (len(learners) - 1) / 2) * 0.2)
                colour = _PALETTE[k % len(_PALETTE)]
                axes.scatter(
                    mine.clip(low, high), heights, s=13, color=colour, alpha=0.55, linewidths=0
                )
            mean = better[name].mean()
            if np.isfinite(mean):
                axes.plot(mean, at, "|", color="black", ms=22, mew=2.2)
            _write(axes, 1.01, at, f"{mean:+.3f}" if np.isfinite(mean) else "no score", ha="left")
        margin = 0.04 * (high - low)
        axes.set_xlim(low - margin, high + margin)
        _write(axes, 1.01, -0.75, "mean", ha="left")
        axes.set_title(f"{_label(metric)}: better than {against} by", fontsize=9)
        _tidy(axes, len(others))
    panels[0].set_yticks(range(len(others)), others)
    panels[0].set_ylim(len(others) - 0.5, -0.5)
    marks = [
        panels[0].scatter([], [], s=20, color=_PALETTE[k % len(_PALETTE)])
        for k in range(len(learners))
    ]
    names = [name.replace("_", " ") for name in learners]
    figure.legend(marks, names, loc="outside lower center", ncols=len(names), fontsize=8)
    sets = cells["dataset"].nunique()
    folds = int(cells.groupby(["dataset", "learner", "method"]).size().max())
    figure.suptitle(
        f"{sets} data set{'s' * (sets > 1)}; a dot is a set and learner, the mean of {folds} test "
        "folds; the bar is their mean. Dots at the edge lie beyond it.",
        fontsize=9,
        x=0.01,
        ha="left",
    )
    return figure


def _method(axes: Any, at: int, dots: np.ndarray, found: Any, shift: float, turn: int) -> None:
    """The mean with its interval, and under it a dot per fold."""
    colour = _COLOURS[found["verdict"]]
    axes.scatter(dots, np.full(len(dots), at + 0.27), s=11, color=colour, alpha=0.5, linewidths=0)
    centre, ends = found["better_by"], np.array([found["low"], found["high"]])
    axes.plot(shift + turn * ends, [at, at], color=colour, lw=2.2, solid_capstyle="butt")
    axes.plot([shift + turn * centre], [at], "o", color=colour, ms=6, mec="white", mew=0.8)


def _write(axes: Any, x: float, at: float, text: str, ha: str) -> None:
    """Small text at a height of the data and a width of the panel."""
    where = axes.get_yaxis_transform()
    axes.text(x, at, text, transform=where, va="center", ha=ha, fontsize=7.5, color="#374151")


def _tidy(axes: Any, n_rows: int) -> None:
    for at in range(0, n_rows, 2):
        axes.axhspan(at - 0.5, at + 0.5, color=_BAND, lw=0, zorder=0)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color="#e5e7eb", lw=0.6)
    axes.tick_params(labelsize=8, length=0, axis="y")
    axes.tick_params(labelsize=8, axis="x")
    axes.locator_params(axis="x", nbins=5)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _same_width(row: Any) -> None:
    """One scale for all learners, so that a bar twice as long means twice as much."""
    limits = np.array([axes.get_xlim() for axes in row])
    for axes in row:
        axes.set_xlim(limits[:, 0].min(), limits[:, 1].max())


def _limits(better: np.ndarray) -> tuple[float, float]:
    """What nearly all differences lie within, so that one of them does not hide the others."""
    known = better[np.isfinite(better)]
    low, high = np.quantile(known, [0.01, 0.99]) if len(known) else (0.0, 0.0)
    return min(float(low), -0.01), max(float(high), 0.01)


def _caption(result: BenchmarkResult, kind: str, against: str) -> str:
    folds = result.cells[["seed", "fold"]].drop_duplicates().shape[0]
    what = f"Paired differences from {against!r}" if kind == "differences" else "Scores"
    return (
        f"{what} on the same {folds} folds of real rows. Large dot and bar: mean and its 95% "
        "interval; small dots: folds.\nGreen: helps. Red: hurts. Grey: no clear difference (the "
        "interval holds 0)."
    )


def _label(metric: str) -> str:
    return metric.replace("_", " ").replace("f1", "F1")


def _direction(metric: str, kind: str, against: str) -> str:
    if kind == "scores":
        return f"{_label(metric)} (lower is better)" * (metric in LOWER_IS_BETTER) or _label(metric)
    return f"{_label(metric)}: worse ← than {against} → better"
