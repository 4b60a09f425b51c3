"""Are the rows of a class of that class."""

from __future__ import annotations

from functools import partial

import pandas as pd
from scipy.stats import norm

from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import (
    POOR,
    UNMEASURED,
    Aspect,
    Picture,
    Setting,
    grade,
    worst,
)
from gan_augment.evaluation.utility import own_probability
from gan_augment.wording import joined_by_and, numbered, quoted

_DIFFERENCE = (0.08, 0.20)
_FALSE_ALARMS = 0.01
_MOST_NAMED = 3


def assess(setting: Setting) -> Aspect:
    """Compare how surely they are of their class."""
    rows = setting.noun
    if not setting.has_labels:
        return Aspect("Condition", UNMEASURED, "no labels were given, so no class was asked for")
    setting.step("condition accuracy")
    base, synthetic, fresh = (
        setting.some(part) for part in (setting.base, setting.rows.synthetic, setting.fresh)
    )
    learned = setting.learn(setting.rows.judges[0], base)
    table = own_probability(learned, synthetic, fresh, setting.rows.classes)
    absent = table.index[table["synthetic"].isna() & table["real"].notna()]
    off = table["difference"].abs()
    # Of many classes some differ by more than their standard errors by chance.
    chance = norm.isf(_FALSE_ALARMS / 2 / len(table)) * table["standard error"]
    grades = [grade(value, *_DIFFERENCE) for value in off.mask(off <= chance, 0)]
    status = POOR if len(absent) else worst(grades)
    scores = {
        "condition_mean_difference": float(off.mean()),
        "condition_largest_difference": float(off.max()),
        **{f"condition_{label}_synthetic": float(v) for label, v in table["synthetic"].items()},
        **{f"condition_{label}_real": float(v) for label, v in table["real"].items()},
    }
    if off.notna().any():
        worst_class = off.idxmax()
        sentence = (
            f"{rows} of class {quoted(worst_class)} get a mean probability of "
            f"{table.loc[worst_class, 'synthetic']:.2f} for it where real ones get "
            f"{table.loc[worst_class, 'real']:.2f}, the largest difference of "
            f"{len(table)} classes"
        )
    else:
        sentence = f"no class has both synthetic and real {rows}"
    if len(absent):
        names = [quoted(label) for label in absent[:_MOST_NAMED]]
        classes = numbered(len(absent), "class", "classes")
        sentence += f"; there are no synthetic {rows} of {classes}: {joined_by_and(names)}"
        sentence += " and others" if len(absent) > _MOST_NAMED else ""
    picture = Picture(
        "Probability of the right class",
        f"Dot plot, real and synthetic {rows}: {sentence}",
        partial(plots.paired_classes, table),
    )
    worst_first = table.loc[off.sort_values(ascending=False, na_position="first").index]
    tables = {"Classes": worst_first.set_axis(pd.Index(map(str, worst_first.index), name="class"))}
    return Aspect("Condition", status, sentence, scores, tables, (picture,), _notes(setting))


def n_steps(setting: Setting) -> int:
    """How many steps `assess` tells of."""
    return int(setting.has_labels)


def _notes(setting: Setting) -> tuple[str, ...]:
    one, many = setting.rows.noun, setting.noun
    return (
        f"A classifier that learned from real {many} gives its mean probability of the class that "
        f"each {one} should have. Synthetic {many} should get what real ones get: less means "
        f"{many} of the wrong class, more means {many} that are too typical, or copied. What may "
        "well be chance does not count.",
    )
