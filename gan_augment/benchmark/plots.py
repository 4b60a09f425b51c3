"""The picture of a comparison. matplotlib is imported here only."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_augment.benchmark.inputs import unknown_name
from gan_augment.benchmark.scores import LOWER_IS_BETTER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gan_augment.benchmark.results import BenchmarkResult

HELPS, HURTS, UNCLEAR = "#1b7837", "#b2182b", "#6b7280"
_COLOURS = {"helps": HELPS, "hurts": HURTS, "no clear difference": UNCLEAR}


def draw(result: BenchmarkResult, metrics: list[str], kind: str, against: str) -> Figure:
    """One row of panels per metric, one column per learner."""
    if kind not in ("differences", "scores"):
        raise unknown_name("kind", kind, ("differences", "scores"))
    others = [name for name in result.methods if name != against]
    width, height = len(result.learners), len(metrics)
    figure = new_figure(1.5 + 3.4 * width, 0.9 + height * (0.9 + 0.32 * len(others)))
    panels = figure.subplots(height, width, squeeze=False, sharey=True)
    for row, metric in zip(panels, metrics, strict=True):
        table = result.differences(metric, against)
        for axes, learner in zip(row, result.learners, strict=True):
            scores = result._scores(metric, learner)
            base = scores[against]
            axes.set_title(f"{learner.replace('_', ' ')}\n{against}: {_mean(base)}", fontsize=9)
            for height_of, name in enumerate(others):
                if name not in scores or not scores[name].notna().any():
                    _nothing(axes, height_of)
                    continue
                found = table.loc[(learner, name)]
                sign = -1 if metric in LOWER_IS_BETTER else 1
                shift = 0.0 if kind == "differences" else float(found["without"])
                turn = 1 if kind == "differences" else sign
                dots = (scores[name] - base) * sign if kind == "differences" else scores[name]
                _method(axes, height_of, dots.dropna().to_numpy(), found, shift, turn)
            axes.axvline(0.0 if kind == "differences" else base.mean(), color="black", lw=0.8)
            axes.set_xlabel(_label(metric, kind, against), fontsize=9)
            axes.tick_params(labelsize=8)
            axes.locator_params(axis="x", nbins=5)
            axes.spines[["top", "right"]].set_visible(False)
        row[0].set_yticks(range(len(others)), others)
        row[0].set_ylim(len(others) - 0.5, -0.5)
    return figure


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, apart from pyplot's state."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            'Pictures need matplotlib. Install it with: pip install "gan-augment[report]"'
        ) from error
    return Figure(figsize=(width, height), layout="constrained")


def as_data_uri(figure: Figure) -> str:
    """A figure as text that an HTML page can show."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _method(axes: Any, height: int, dots: np.ndarray, found: Any, shift: float, turn: int) -> None:
    """The mean with its interval, and under it a dot per fold."""
    colour = _COLOURS[found["verdict"]]
    spread = height + np.linspace(0.12, 0.36, len(dots))
    axes.scatter(dots, spread, s=9, color=colour, alpha=0.35, linewidths=0)
    centre, ends = found["better_by"], np.array([found["low"], found["high"]])
    axes.plot(shift + turn * ends, [height, height], color=colour, lw=2.2)
    axes.plot([shift + turn * centre], [height], "o", color=colour, ms=5)


def _nothing(axes: Any, height: int) -> None:
    axes.text(
        0.02,
        height,
        "no score",
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=7,
        color=UNCLEAR,
    )


def _mean(scores: Any) -> str:
    return (
        f"{scores.mean():.3f} ± {scores.std():.3f}" if len(scores) > 1 else f"{scores.mean():.3f}"
    )


def _label(metric: str, kind: str, against: str) -> str:
    name = metric.replace("_", " ").replace("f1", "F1")
    if kind == "scores":
        return f"{name} (lower is better)" if metric in LOWER_IS_BETTER else name
    return f"{name}: better than {against} by"
