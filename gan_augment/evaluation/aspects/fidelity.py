"""Do the columns match, do the relations hold, and what gives synthetic rows away."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import Aspect, Picture, Setting, grade, worst
from gan_augment.evaluation.detection import detect
from gan_augment.evaluation.fidelity import (
    all_pairs,
    column_shape_errors,
    missing_errors,
    pair_trend_errors,
)
from gan_augment.evaluation.learners import JUDGES
from gan_augment.evaluation.space import RowSpace
from gan_augment.wording import joined_by_and, quoted

_COLUMNS = (0.04, 0.10)  # beyond what fresh real rows are off by
_PAIRS = (0.04, 0.10)
_MISSING = (0.03, 0.10)
_DETECTION = (0.65, 0.85)
_GIVES_AWAY = 0.01
_REPEATS = 0.4
_WORTH_NAMING = 0.01
_MOST_PAIRS = 2_000
_WORST_PAIRS = 20
_MOST_MARGINALS = 30
_MOST_IN_HEAT_MAP = 30
_POINTS = 1_000

NOTES = (
    "Column error: Kolmogorov-Smirnov distance of numbers, total variation distance of levels. "
    "Pair error: half the difference of correlations, or total variation distance of the joint "
    "table. Both are sdmetrics' measures; 0 is the same, 1 has nothing in common.",
    "Fresh real rows are off too, by chance: what synthetic rows are compared with.",
    "The detector is trained to tell real from synthetic rows and scored on rows that it has not "
    "seen: an AUC of 0.5 is guessing. Below 0.5, synthetic rows repeat real ones.",
)


def assess(setting: Setting) -> Aspect:
    """Compare columns, pairs and whole rows."""
    real, synthetic = (
        setting.rows.table(setting.rows.real),
        setting.rows.table(setting.rows.synthetic),
    )
    base, fresh = setting.rows.table(setting.base), setting.rows.table(setting.fresh)
    setting.step("column shapes")
    columns = pd.DataFrame(
        {
            "error": column_shape_errors(real, synthetic),
            "of fresh real rows": column_shape_errors(base, fresh),
            "missing values off by": missing_errors(real, synthetic),
        }
    )
    a, b, c, d = (
        setting.rows.table(setting.some(rows))
        for rows in (setting.rows.real, setting.rows.synthetic, setting.base, setting.fresh)
    )
    setting.step("pair trends")
    chosen = _some_pairs(all_pairs(a), setting.seed)
    pairs = pair_trend_errors(a, b, chosen)
    setting.step("pair trends of fresh real rows")
    fresh_pairs = pair_trend_errors(c, d, chosen)
    aucs = {}
    for judge in JUDGES:
        setting.step(f"detection by {judge.replace('_', ' ')}")
        found = detect(a, b, judge=judge, seed=setting.seed, importance=judge == JUDGES[0])
        aucs[judge] = found.auc
        if len(found.columns):
            columns["gives rows away by"] = found.columns.clip(lower=0)
    columns = columns.sort_values("error", ascending=False, kind="stable")
    more_chance = _chance(len(real), len(synthetic)) - _chance(len(base), len(fresh))
    scores = {
        "fidelity_column_error": columns["error"].mean(),
        "fidelity_column_error_fresh": columns["of fresh real rows"].mean(),
        "fidelity_pair_error": pairs.mean() if len(pairs) else float("nan"),
        "fidelity_pair_error_fresh": fresh_pairs.mean() if len(pairs) else float("nan"),
        "fidelity_missing_error": columns["missing values off by"].max(),
        **{f"detection_auc_{judge}": auc for judge, auc in aucs.items()},
    }
    status, sentence = _verdict(scores, columns, pairs, max(0.0, more_chance), min(len(a), len(b)))
    return Aspect(
        "Fidelity",
        status,
        sentence,
        scores,
        {
            "Columns, worst first": columns,
            "Worst pairs": _worst_pairs(pairs, fresh_pairs),
        },
        _pictures(setting, columns, pairs),
        NOTES,
    )


def n_steps(setting: Setting) -> int:
    """How many steps `assess` tells of."""
    return 3 + len(JUDGES)


def _some_pairs(pairs: list[tuple[str, str]], seed: int) -> list[tuple[str, str]]:
    if len(pairs) <= _MOST_PAIRS:
        return pairs
    rows = np.random.default_rng(seed).choice(len(pairs), _MOST_PAIRS, replace=False)
    return [pairs[row] for row in np.sort(rows)]


def _chance(n: int, m: int) -> float:
    """What two samples of these sizes from one distribution differ by: the mean of KS."""
    return 0.87 * np.sqrt(1 / n + 1 / m)


def _verdict(
    scores: dict[str, float], columns: pd.DataFrame, pairs: pd.Series, allowance: float, n: int
) -> tuple[str, str]:
    limits = {
        "fidelity_column_error": (_COLUMNS, scores["fidelity_column_error_fresh"] + allowance),
        "fidelity_pair_error": (_PAIRS, scores["fidelity_pair_error_fresh"] + allowance),
        "fidelity_missing_error": (_MISSING, 1 / np.sqrt(n)),
        f"detection_auc_{JUDGES[0]}": (_DETECTION, 0.5 / np.sqrt(n)),
        f"detection_auc_{JUDGES[1]}": (_DETECTION, 0.5 / np.sqrt(n)),
    }
    grades = {
        name: grade(scores[name], good + more, poor + more)
        for name, ((good, poor), more) in limits.items()
    }
    return worst(grades.values()), _sentence(scores, columns, pairs)


def _sentence(scores: dict[str, float], columns: pd.DataFrame, pairs: pd.Series) -> str:
    sentence = (
        f"columns are off by {scores['fidelity_column_error']:.3f} on average (fresh real rows: "
        f"{scores['fidelity_column_error_fresh']:.3f})"
    )
    errors = columns["error"]
    if shown := [
        f"{quoted(n)} ({e:.2f})" for n, e in errors[errors >= _WORTH_NAMING].head(3).items()
    ]:
        sentence += f", worst {joined_by_and(shown)}"
    if pairs.notna().any():
        a, b = pairs.idxmax()
        sentence += (
            f"; pairs of columns by {scores['fidelity_pair_error']:.3f} "
            f"({scores['fidelity_pair_error_fresh']:.3f}), worst {quoted(a)} with "
            f"{quoted(b)} ({pairs.max():.2f})"
        )
    detector = max(scores[f"detection_auc_{judge}"] for judge in JUDGES)
    sentence += f"; a detector tells synthetic from real rows with an AUC of {detector:.2f}"
    culprits = _culprits(columns)
    if detector > _DETECTION[0] and culprits:
        sentence += f", most of all by {joined_by_and(culprits)}"
    elif detector < _REPEATS:
        sentence += " (far below 0.5: they repeat real rows)"
    return sentence


def _culprits(columns: pd.DataFrame) -> list[str]:
    drops = columns["gives rows away by"].sort_values(ascending=False)
    return [quoted(name) for name in drops[drops > _GIVES_AWAY].head(3).index]


def _worst_pairs(pairs: pd.Series, fresh: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"error": pairs, "of fresh real rows": fresh})
    table.index = pd.Index([f"{a} with {b}" for a, b in pairs.index], name="pair")
    return table.sort_values("error", ascending=False, kind="stable").head(_WORST_PAIRS)


def _pictures(setting: Setting, columns: pd.DataFrame, pairs: pd.Series) -> tuple[Picture, ...]:
    shown = setting.some(setting.rows.real), setting.some(setting.rows.synthetic)
    real, synthetic = (setting.rows.table(rows) for rows in shown)
    pictures = []
    if len(pairs):
        pictures.append(
            Picture(
                "Relations between columns",
                f"Heat map of the error of every pair of columns; the mean is {pairs.mean():.3f}",
                partial(plots.pair_errors, pairs, _MOST_IN_HEAT_MAP),
                (4.6, 4.2),
            )
        )
    pictures.append(_projection(real, synthetic))
    drops = columns["gives rows away by"].sort_values(ascending=False).head(10)
    pictures.append(
        Picture(
            "What gives synthetic rows away",
            f"Bars: what the detector's AUC loses without each column; most by {drops.index[0]}",
            partial(plots.bars, drops, "AUC lost when the column is shuffled"),
        )
    )
    for name, error in columns["error"].head(_MOST_MARGINALS).items():
        pictures.append(
            Picture(
                f"{name}: error {error:.3f}",
                f"Distribution of {name} in real and synthetic rows; error {error:.3f}",
                partial(
                    plots.marginal, real[name], synthetic[name], setting.rows.dates.get(str(name))
                ),
                (4.6, 2.8),
            )
        )
    return tuple(pictures)


def _projection(real: pd.DataFrame, synthetic: pd.DataFrame) -> Picture:
    space = RowSpace(real)
    return Picture(
        "Rows on two principal components",
        "Scatter plot of real and synthetic rows on two principal components",
        partial(plots.projection, space(real[:_POINTS]), space(synthetic[:_POINTS])),
        (4.6, 4.2),
    )
