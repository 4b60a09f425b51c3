"""Are synthetic rows where real ones are, and are there some wherever real ones are."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import (
    Aspect,
    Picture,
    Setting,
    grade,
    numbered,
    percent,
    worst,
)
from gan_augment.evaluation.coverage import precision_recall_density_coverage
from gan_augment.evaluation.levels import rare_levels
from gan_augment.evaluation.space import RowSpace

_LOST = (0.10, 0.25)  # below what fresh real rows reach
_LOST_LEVELS = (0.10, 0.30)  # beyond what chance loses
_MOST_POINTS = 5_000

NOTES = (
    "Precision: the share of synthetic rows that lie among real ones. Recall: the share of real "
    "rows that lie among synthetic ones. Density: how many real rows' neighbourhoods a synthetic "
    "row is in, 1 where it is as among real rows. Coverage: the share of real rows with a "
    "synthetic one in their neighbourhood. As many real, synthetic and fresh rows are used.",
    "A rare level has less than 5% of the real rows. Chance loses some, which is allowed for.",
)


def assess(setting: Setting) -> Aspect:
    """Compare where the rows lie, and which rare levels are left."""
    setting.step("coverage")
    parts = [setting.base, setting.rows.synthetic, setting.fresh]
    n = min(_MOST_POINTS, *map(len, parts))
    real, synthetic, fresh = (setting.some(rows, n).X for rows in parts)
    space = RowSpace(real)
    points = np.asarray(space(real), dtype=np.float64)
    scores: dict[str, float] = {}
    for name, rows in {"": synthetic, "_fresh": fresh}.items():
        found = precision_recall_density_coverage(points, np.asarray(space(rows), dtype=np.float64))
        scores |= {f"coverage_{key}{name}": value for key, value in found.items()}
    table = pd.DataFrame(
        {
            "synthetic": {key: scores[f"coverage_{key}"] for key in _KEYS},
            "fresh real rows": {key: scores[f"coverage_{key}_fresh"] for key in _KEYS},
        }
    )
    setting.step("rare levels")
    levels = rare_levels(setting.rows.real.X, setting.rows.synthetic.X)
    kept, expected = levels["kept"].mean(), levels["expected"].mean()
    chance = 1 / np.sqrt(n)
    grades = [
        grade(table.loc[key, "fresh real rows"] - table.loc[key, "synthetic"], good, poor)
        for key in ("precision", "recall", "coverage")
        for good, poor in [(_LOST[0] + chance, _LOST[1] + chance)]
    ]
    if len(levels):
        scores |= {"coverage_rare_levels_kept": kept, "coverage_rare_levels_expected": expected}
        more = 0.5 / np.sqrt(len(levels))
        grades.append(grade(expected - kept, _LOST_LEVELS[0] + more, _LOST_LEVELS[1] + more))
    sentence = (
        f"{percent(scores['coverage_precision'])} of synthetic rows lie among real ones (of fresh "
        f"real rows {percent(scores['coverage_precision_fresh'])}), and "
        f"{percent(scores['coverage_coverage'])} of real rows have a synthetic one nearby "
        f"({percent(scores['coverage_coverage_fresh'])})"
    )
    tables = {"Neighbourhoods": table}
    if len(levels):
        lost = levels[~levels["kept"]]
        sentence += f"; of {numbered(len(levels), 'rare level')} {percent(kept)} are kept"
        sentence += f" (chance: {percent(expected)})"
        if len(lost):
            tables["Rare levels lost, most frequent first"] = lost.drop(columns="kept").head(20)
    picture = Picture(
        "Neighbourhoods, beside fresh real rows",
        f"Bars of precision, recall, density and coverage: {sentence}",
        partial(plots.beside, table),
    )
    return Aspect("Coverage", worst(grades), sentence, scores, tables, (picture,), NOTES)


_KEYS = ("precision", "recall", "density", "coverage")
