"""Do synthetic rows teach classifiers what real ones do."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import (
    UNMEASURED,
    Aspect,
    Picture,
    Setting,
    grade,
    worst,
)
from gan_augment.evaluation.learners import JUDGES
from gan_augment.evaluation.utility import train_and_test

_AUC = (0.03, 0.10)  # below the classifier that learned from real rows
_F1 = (0.05, 0.15)

NOTES = (
    "Train on synthetic, test on real: classifiers learn from synthetic rows and are scored on "
    "real rows that they have not seen, beside the same classifiers trained on real rows.",
)


def assess(setting: Setting) -> Aspect:
    """Compare classifiers trained on synthetic rows with those trained on real ones."""
    if not setting.has_labels:
        return Aspect("Utility", UNMEASURED, "no labels were given, so there is nothing to predict")
    test = setting.some(setting.fresh)
    sources = {"real": setting.base, "synthetic": setting.rows.synthetic}
    table = {}
    for judge in JUDGES:
        setting.step(f"utility for {judge.replace('_', ' ')}")
        row: dict[str, float] = {}
        for source, rows in sources.items():
            found = train_and_test(
                setting.some(rows),
                test,
                len(setting.rows.classes),
                judge=judge,
                seed=setting.seed,
            )
            row |= {f"{name} {source}": value for name, value in found.items()}
        table[judge] = row
    learners = pd.DataFrame(table).T.rename(columns=_TITLES)
    means = learners.mean()
    chance = 0.5 / np.sqrt(len(test))
    lost = {
        name: means[f"{name} trained on real"] - means[f"{name} trained on synthetic"]
        for name in ("AUC", "F1")
    }
    status = worst(
        grade(lost[name], good + chance, poor + chance)
        for name, (good, poor) in {"AUC": _AUC, "F1": _F1}.items()
    )
    sentence = (
        f"trained on synthetic rows, classifiers reach a mean AUC of "
        f"{means['AUC trained on synthetic']:.3f} on real ones (trained on real rows: "
        f"{means['AUC trained on real']:.3f}) and a macro-F1 of "
        f"{means['F1 trained on synthetic']:.3f} ({means['F1 trained on real']:.3f})"
    )
    scores = {
        f"utility_{name.split()[0].lower()}_{judge}_{name.split()[-1]}": float(value)
        for judge, values in learners.iterrows()
        for name, value in values.items()
    }
    picture = Picture(
        "Scores, by what was learned from",
        f"Dot plot: {sentence}",
        partial(plots.paired, learners),
    )
    return Aspect("Utility", status, sentence, scores, {"Learners": learners}, (picture,), NOTES)


_TITLES = {
    "auc real": "AUC trained on real",
    "auc synthetic": "AUC trained on synthetic",
    "f1 real": "F1 trained on real",
    "f1 synthetic": "F1 trained on synthetic",
}
