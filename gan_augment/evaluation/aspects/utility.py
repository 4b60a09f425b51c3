"""Do synthetic rows teach classifiers what real ones do."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from gan_augment.columns import IntArray
from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import (
    UNMEASURED,
    Aspect,
    Picture,
    Setting,
    grade,
    worst,
)
from gan_augment.evaluation.comparison import Sample
from gan_augment.evaluation.utility import class_scores

_AUC = (0.03, 0.10)  # below the classifier that learned from real rows
_F1 = (0.05, 0.15)
_STANDARD_ERRORS = 1.5


def assess(setting: Setting) -> Aspect:
    """Compare classifiers trained on synthetic ones with those trained on real ones."""
    rows = setting.noun
    if not setting.has_labels:
        return Aspect("Utility", UNMEASURED, "no labels were given, so there is nothing to predict")
    if not _has_classes(setting):
        sentence = f"the real {rows} to test on are of one class, so nothing can be told apart"
        return Aspect("Utility", UNMEASURED, sentence)
    test, synthetic = setting.some(setting.fresh), setting.some(setting.rows.synthetic)
    sources = {"real": setting.some(setting.base, len(synthetic)), "synthetic": synthetic}
    table = {}
    for judge in setting.rows.judges:
        setting.step(f"utility for {judge.replace('_', ' ')}")
        row: dict[str, float] = {}
        for source, train in sources.items():
            found = class_scores(setting.learn(judge, train)(test.X), test)
            row |= {f"{name} {source}": value for name, value in found.items()}
        table[judge] = row
    learners = pd.DataFrame(table).T.rename(columns=_TITLES)
    means = learners.mean()
    grades = []
    for name, (good, poor) in {"AUC": _AUC, "F1": _F1}.items():
        reached = means[f"{name} trained on real"]
        lost = reached - means[f"{name} trained on synthetic"]
        chance = _chance(reached, test, *sources.values())
        grades.append(grade(lost, good + chance, poor + chance))
    status = worst(grades)
    sentence = (
        f"trained on synthetic {rows}, classifiers reach a mean AUC of "
        f"{means['AUC trained on synthetic']:.3f} on real ones (trained on real {rows}: "
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
    return Aspect(
        "Utility", status, sentence, scores, {"Learners": learners}, (picture,), _notes(setting)
    )


def n_steps(setting: Setting) -> int:
    """How many steps `assess` tells of."""
    return len(setting.rows.judges) if setting.has_labels and _has_classes(setting) else 0


def _has_classes(setting: Setting) -> bool:
    return len(np.unique(_codes(setting.some(setting.fresh)))) > 1


def _notes(setting: Setting) -> tuple[str, ...]:
    rows = setting.noun
    return (
        f"Train on synthetic, test on real: classifiers learn from synthetic {rows} and are "
        f"scored on real {rows} that they have not seen, beside the same classifiers trained on "
        f"real {rows} (as many, where there are fewer synthetic ones).",
    )


def _chance(score: float, *parts: Sample) -> float:
    """How far two classifiers' scores differ by chance, where some classes have few rows."""
    errors = []
    for rows in parts:
        counts = np.bincount(_codes(rows))
        counts = counts[counts > 0]
        share = (score * counts + 1) / (counts + 2)
        errors.append((share * (1 - share) / counts).sum() / len(counts) ** 2)
    return _STANDARD_ERRORS * float(np.sqrt(np.sum(errors)))


def _codes(rows: Sample) -> IntArray:
    assert rows.y is not None
    return rows.y


_TITLES = {
    "auc real": "AUC trained on real",
    "auc synthetic": "AUC trained on synthetic",
    "f1 real": "F1 trained on real",
    "f1 synthetic": "F1 trained on synthetic",
}
