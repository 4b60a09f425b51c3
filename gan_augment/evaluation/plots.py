"""Panels of a report. Each draws on the axes that it is given; matplotlib itself is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from gan_augment.columns import ContinuousColumn, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REAL, SYNTHETIC = "#3b6ea8", "#d9741a"
_MOST_LEVELS = 8
_LONGEST = 24


def text(value: Any) -> str:
    """A name as matplotlib should print it: short, and never taken for mathematics."""
    name = str(value).replace("\n", " ")
    name = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    return name.replace("$", r"\$")


def marginal(
    real: pd.Series, synthetic: pd.Series, date: ContinuousColumn | None, axes: Axes
) -> None:
    """The distribution of one column in both tables; `date` tells what its numbers stand for."""
    if isinstance(real.dtype, pd.CategoricalDtype):
        _levels(real, synthetic, axes)
    else:
        _numbers(real, synthetic, axes)
    if date is not None:
        axes.xaxis.set_major_formatter(lambda value, _: _as_date(value, date))
        axes.locator_params(axis="x", nbins=3)
    axes.set_yticks([])
    _legend(axes)
    _bare(axes, left=False)


def _numbers(real: pd.Series, synthetic: pd.Series, axes: Axes) -> None:
    both = pd.concat([real, synthetic]).dropna().to_numpy()
    if len(both) == 0:
        return
    low, high = np.quantile(both, [0.005, 0.995])
    if low == high:
        low, high = both.min(), both.max()
    n_values = len(np.unique(both))
    edges = np.histogram_bin_edges(both.clip(low, high), bins=min(30, max(5, n_values)))
    for series, name, colour in ((real, "real", REAL), (synthetic, "synthetic", SYNTHETIC)):
        present = series.dropna().to_numpy().clip(low, high)
        counts, _ = np.histogram(present, bins=edges)
        label = name if len(present) == len(series) else f"{name} ({_missing(series)})"
        axes.stairs(counts / max(1, len(present)), edges, fill=True, color=colour, alpha=0.35)
        axes.stairs(counts / max(1, len(present)), edges, color=colour, lw=1.4, label=label)
    axes.locator_params(axis="x", nbins=5)


def _as_date(value: float, column: ContinuousColumn) -> str:
    if not column.lower <= value <= column.upper:
        return ""
    return str(column.decode(np.array([value])).iloc[0]).removesuffix(" 00:00:00")


def _missing(series: pd.Series) -> str:
    return f"{100 * series.isna().mean():.0f}% missing"


def _levels(real: pd.Series, synthetic: pd.Series, axes: Axes) -> None:
    shares = pd.DataFrame(
        {
            name: series.astype(object)
            .where(series.notna(), "(missing)")
            .value_counts(normalize=True)
            for name, series in (("real", real), ("synthetic", synthetic))
        }
    ).fillna(0.0)
    shares = shares.sort_values("real", ascending=False, kind="stable")
    if len(shares) > _MOST_LEVELS:
        axes.set_xlabel(f"the {_MOST_LEVELS} most frequent of {len(shares)} levels", fontsize=8)
        shares = shares.iloc[:_MOST_LEVELS]
    places = np.arange(len(shares))
    for shift, name, colour in ((-0.2, "real", REAL), (0.2, "synthetic", SYNTHETIC)):
        axes.bar(places + shift, shares[name], 0.4, color=colour, alpha=0.8, label=name)
    axes.set_xticks(places, [text(level) for level in shares.index])
    if len(shares) > 3:
        axes.tick_params(axis="x", rotation=35)
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")


def pair_errors(errors: pd.Series, most: int, axes: Axes) -> None:
    """Heat map of the errors of all pairs, or of the columns whose pairs are worst."""
    names = list(
        dict.fromkeys(name for level in (0, 1) for name in errors.index.get_level_values(level))
    )
    grid = pd.DataFrame(np.nan, index=names, columns=names)
    for (a, b), error in errors.items():
        grid.loc[a, b] = grid.loc[b, a] = error
    if len(names) > most:
        worst = grid.mean().sort_values(ascending=False).index[:most]
        names = [name for name in names if name in set(worst)]
        grid = grid.loc[names, names]
    top = max(0.2, float(np.nanmax(grid.to_numpy(), initial=0.0)))
    image = axes.imshow(grid, cmap="Oranges", vmin=0.0, vmax=top)
    size = 8 if len(names) <= 12 else 5.5
    axes.set_xticks(range(len(names)), [text(n) for n in names], rotation=90, fontsize=size)
    axes.set_yticks(range(len(names)), [text(n) for n in names], fontsize=size)
    axes.figure.colorbar(image, ax=axes, shrink=0.8, label="error").ax.tick_params(labelsize=8)


def projection(real: np.ndarray, synthetic: np.ndarray, axes: Axes) -> None:
    """Rows on the first two principal components of the real ones."""
    wide = real.shape[1] > 1
    components = PCA(n_components=2, random_state=0).fit(real) if wide else None
    for points, name, colour in ((real, "real", REAL), (synthetic, "synthetic", SYNTHETIC)):
        flat = components.transform(points) if components else np.column_stack([points, 0 * points])
        axes.scatter(flat[:, 0], flat[:, 1], s=7, color=colour, alpha=0.4, linewidths=0, label=name)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("first component", fontsize=8)
    axes.set_ylabel("second component", fontsize=8)
    _legend(axes)
    _bare(axes)


def bars(values: pd.Series, label: str, axes: Axes) -> None:
    """A bar per name, largest on top."""
    places = np.arange(len(values))
    axes.barh(places, values, color=SYNTHETIC, alpha=0.8)
    axes.set_yticks(places, [text(name) for name in values.index])
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.set_xlim(0, max(0.05, float(values.max()) * 1.05))
    axes.set_xlabel(label, fontsize=8)
    _bare(axes)


def paired(learners: pd.DataFrame, axes: Axes) -> None:
    """AUC and F1 of each learner, trained on real and on synthetic rows."""
    rows = {}
    for learner, values in learners.iterrows():
        for score in ("AUC", "F1"):
            rows[f"{str(learner).replace('_', ' ')}, {score}"] = {
                "real": values[f"{score} trained on real"],
                "synthetic": values[f"{score} trained on synthetic"],
            }
    _dots(pd.DataFrame(rows).T, axes)
    axes.set_xlabel("score on real rows", fontsize=8)


def paired_classes(classes: pd.DataFrame, axes: Axes) -> None:
    """The probability of its own class, in real and in synthetic rows of each class."""
    off = classes["difference"].abs().sort_values(ascending=False, na_position="first")
    _dots(classes.loc[off.index[:12]], axes)
    axes.set_xlabel("mean probability of the class", fontsize=8)


def _dots(table: pd.DataFrame, axes: Axes) -> None:
    places = np.arange(len(table))
    axes.hlines(places, table["real"], table["synthetic"], color="#9ca3af", lw=2, zorder=1)
    axes.scatter(table["real"], places, s=40, color=REAL, label="real", zorder=2)
    axes.scatter(table["synthetic"], places, s=40, color=SYNTHETIC, label="synthetic", zorder=2)
    axes.set_yticks(places, [wrapped(name) for name in table.index])
    axes.set_ylim(len(table) - 0.4, -0.6)
    lowest = np.nanmin(table[["real", "synthetic"]].to_numpy(), initial=1.0)
    axes.set_xlim(max(0.0, lowest - 0.15), 1.02)
    _legend(axes)
    _bare(axes)


def wrapped(name: Any) -> str:
    """A name on two lines where it is long."""
    words = str(name)
    if len(words) <= _LONGEST:
        return text(words)
    middle = words.rfind(" ", 0, _LONGEST)
    return text(words) if middle < 0 else f"{text(words[:middle])}\n{text(words[middle + 1 :])}"


def beside(table: pd.DataFrame, axes: Axes) -> None:
    """Scores of synthetic ones, and of the fresh real ones in the other column."""
    places = np.arange(len(table))
    others = next(name for name in table.columns if name != "synthetic")
    for shift, name, colour in ((-0.2, others, REAL), (0.2, "synthetic", SYNTHETIC)):
        axes.bar(places + shift, table[name], 0.4, color=colour, alpha=0.8, label=name)
    axes.set_xticks(places, [text(name) for name in table.index])
    _legend(axes)
    _bare(axes)


def distances(synthetic: FloatArray, holdout: FloatArray, axes: Axes) -> None:
    """How far they are from the closest that was trained on."""
    high = float(np.quantile(np.concatenate([synthetic, holdout]), 0.99)) or 1.0
    edges = np.linspace(0.0, high, 31)
    for values, name, colour in (
        (holdout, "fresh real", REAL),
        (synthetic, "synthetic", SYNTHETIC),
    ):
        counts, _ = np.histogram(values.clip(0, high), bins=edges)
        axes.stairs(counts / len(values), edges, fill=True, color=colour, alpha=0.35)
        axes.stairs(counts / len(values), edges, color=colour, lw=1.4, label=name)
    axes.set_yticks([])
    axes.set_xlabel("distance", fontsize=8)
    _legend(axes)
    _bare(axes, left=False)


def training_curve(history: pd.DataFrame, best_step: float | None, axes: Axes) -> None:
    """The held-out score during training, and the step that was kept."""
    axes.plot(history["step"], history["score"], color=SYNTHETIC, lw=1.6, marker=".", ms=4)
    if best_step is not None:
        axes.axvline(best_step, color="#374151", lw=1, ls="--")
        axes.annotate(
            f"kept: step {best_step:,.0f}",
            (best_step, 0.97),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            va="top",
            rotation=90,
            fontsize=8,
        )
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel("held-out score, lower is better", fontsize=8)
    _bare(axes)


def _legend(axes: Axes) -> None:
    if not axes.get_legend_handles_labels()[0]:
        return
    legend = axes.legend(
        fontsize=8, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 0.98)
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1.0)


def _bare(axes: Axes, left: bool = True) -> None:
    axes.spines[["top", "right"] if left else ["top", "right", "left"]].set_visible(False)
    axes.tick_params(labelsize=8)
