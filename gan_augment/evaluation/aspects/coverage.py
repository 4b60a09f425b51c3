"""Are synthetic rows where real ones are, and are there some wherever real ones are."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import Aspect, Picture, Setting, grade, worst
from gan_augment.evaluation.coverage import precision_recall_density_coverage
from gan_augment.evaluation.levels import rare_levels
from gan_augment.evaluation.space import RowSpace
from gan_augment.wording import numbered, percent

_LOST = (0.10, 0.25)  # below what fresh real rows reach
_LOST_LEVELS = (0.10, 0.30)  # beyond what chance loses
_MOST_POINTS = 5_000
_KEYS = ("precision", "recall", "density", "coverage")
_RARE = "A rare level has less than 5% of the real rows. Chance loses some, which is allowed for."


def assess(setting: Setting) -> Aspect:
    """Compare where the rows lie, and which rare levels are left."""
    setting.step("coverage")
    real, synthetic, fresh = (rows.X for rows in equally_many(setting))
    space = RowSpace(real)
    found = neighbourhoods(space(real), space(synthetic), space(fresh), setting.noun)
    setting.step("rare levels")
    levels = rare_levels(setting.rows.real.X, setting.rows.synthetic.X)
    found = replace(found, notes=(*found.notes, _RARE))
    return _with_levels(found, levels) if len(levels) else found


def n_steps(setting: Setting) -> int:
    """How many steps `assess` tells of."""
    return 2


def equally_many(setting: Setting) -> list[Any]:
    """As many real, synthetic and fresh ones, 5,000 at most."""
    parts = [setting.base, setting.rows.synthetic, setting.fresh]
    n = min(_MOST_POINTS, *map(len, parts))
    return [setting.some(part, n) for part in parts]


def neighbourhoods(real: Any, synthetic: Any, fresh: Any, noun: str) -> Aspect:
    """Compare where points lie, as many of each origin; `noun` is what they are called."""
    others = f"fresh real {noun}"
    points = np.asarray(real, dtype=np.float64)
    table = pd.DataFrame(
        {
            name: precision_recall_density_coverage(points, np.asarray(rows, dtype=np.float64))
            for name, rows in {"synthetic": synthetic, others: fresh}.items()
        }
    ).loc[[*_KEYS]]
    scores = {
        f"coverage_{key}{suffix}": float(table.loc[key, name])
        for name, suffix in {"synthetic": "", others: "_fresh"}.items()
        for key in _KEYS
    }
    chance = 1 / np.sqrt(len(points))
    status = worst(
        grade(table.loc[key, others] - table.loc[key, "synthetic"], good + chance, poor + chance)
        for key in ("precision", "recall", "coverage")
        for good, poor in [_LOST]
    )
    sentence = (
        f"{percent(scores['coverage_precision'])} of synthetic {noun} lie among real ones (of "
        f"fresh real {noun} {percent(scores['coverage_precision_fresh'])}), and "
        f"{percent(scores['coverage_coverage'])} of real {noun} have a synthetic one nearby "
        f"({percent(scores['coverage_coverage_fresh'])})"
    )
    picture = Picture(
        f"Neighbourhoods, beside fresh real {noun}",
        f"Bars of precision, recall, density and coverage: {sentence}",
        partial(plots.beside, table),
    )
    return Aspect(
        "Coverage",
        status,
        sentence,
        scores,
        {"Neighbourhoods": table},
        (picture,),
        (_note(noun),),
    )


def _with_levels(found: Aspect, levels: pd.DataFrame) -> Aspect:
    kept, expected = levels["kept"].mean(), levels["expected"].mean()
    more = 0.5 / np.sqrt(len(levels))
    status = grade(expected - kept, _LOST_LEVELS[0] + more, _LOST_LEVELS[1] + more)
    lost = levels[~levels["kept"]]
    tables = dict(found.tables)
    if len(lost):
        tables["Rare levels lost, most frequent first"] = lost.drop(columns="kept").head(20)
    return replace(
        found,
        status=worst([found.status, status]),
        sentence=f"{found.sentence}; of {numbered(len(levels), 'rare level')} {percent(kept)} are "
        f"kept (chance: {percent(expected)})",
        scores={
            **found.scores,
            "coverage_rare_levels_kept": float(kept),
            "coverage_rare_levels_expected": float(expected),
        },
        tables=tables,
    )


def _note(noun: str) -> str:
    one = noun.removesuffix("s")
    return (
        f"Precision: the share of synthetic {noun} that lie among real ones. Recall: the share of "
        f"real {noun} that lie among synthetic ones. Density: how many real {noun}' "
        f"neighbourhoods a synthetic {one} is in, 1 where it is as among real {noun}. Coverage: "
        f"the share of real {noun} with a synthetic one in their neighbourhood. As many real, "
        f"synthetic and fresh {noun} are used."
    )
