"""Do synthetic rows give the training rows away: signals, and no guarantee."""

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
    percent,
    worst,
)
from gan_augment.evaluation.privacy import (
    closest_distances,
    distance_ratio,
    exact_copies,
    membership_attack,
)

NO_GUARANTEE = "this is a signal, not a guarantee of privacy"
_COPIES = (0.01, 0.05)  # beyond those among fresh real rows
_TOO_CLOSE = (0.20, 0.45)  # below a ratio of 1
_ATTACK = (0.55, 0.65)

NOTES = (
    "Exact copies: the share of synthetic rows that are training rows, value by value; "
    f"{NO_GUARANTEE}.",
    "Distance ratio: the median distance of synthetic rows to the closest training row, over that "
    f"of held-out real rows. Near 0 they sit on training rows; {NO_GUARANTEE}.",
    "Membership attack: how well training rows are told from held-out ones by how close the "
    f"closest synthetic row is. An AUC of 0.5 is guessing; {NO_GUARANTEE}: other attacks exist.",
)
_NO_TRAINING_ROWS = "the training rows were not given, so nothing can be said about copies of them"


def assess(setting: Setting) -> Aspect:
    """Look for rows that give training rows away."""
    if not setting.has_training_rows:
        return Aspect("Privacy", UNMEASURED, _NO_TRAINING_ROWS, notes=NOTES)
    real, synthetic = setting.rows.real.X, setting.rows.synthetic.X
    fresh, base = setting.fresh.X, setting.base.X
    setting.step("exact copies")
    copies, usual = exact_copies(synthetic, real), exact_copies(fresh, base)
    scores = {
        "privacy_copies": copies,
        "privacy_copies_fresh": usual,
        "privacy_distance_ratio": float("nan"),
        "privacy_attack_auc": float("nan"),
    }
    chance = 1 / np.sqrt(len(fresh))
    # Where fresh rows are never training rows, chance has no part in copies.
    more = usual + min(usual, chance)
    grades = [grade(copies, _COPIES[0] + more, _COPIES[1] + more)]
    sentence = f"{percent(copies)} of the synthetic rows are exact copies of training rows "
    sentence += f"(of fresh real rows {percent(usual)})"
    pictures: tuple[Picture, ...] = ()
    if setting.has_holdout:
        setting.step("distances to training rows")
        distances = closest_distances(synthetic, real, fresh, seed=setting.seed)
        ratio = scores["privacy_distance_ratio"] = distance_ratio(*distances)
        setting.step("membership attack")
        attack = membership_attack(synthetic, real, fresh, seed=setting.seed)
        scores["privacy_attack_auc"] = attack
        grades.append(grade(1 - ratio, _TOO_CLOSE[0] + chance, _TOO_CLOSE[1] + chance))
        grades.append(grade(attack, _ATTACK[0] + chance / 2, _ATTACK[1] + chance / 2))
        sentence += (
            f"; they are {ratio:.2f} times as far from training rows as fresh real rows are; an "
            f"attack tells training rows from others with an AUC of {attack:.2f}"
        )
        pictures = (
            Picture(
                "Distance to the closest training row",
                f"Histogram for synthetic and fresh real rows; the ratio of medians is {ratio:.2f}",
                partial(plots.distances, *distances),
            ),
        )
    else:
        sentence += "; without a holdout neither distances nor an attack can be judged"
    table = pd.DataFrame({"value": scores})
    return Aspect(
        "Privacy",
        worst(grades),
        f"{sentence}; {NO_GUARANTEE}",
        scores,
        {"Signals": table},
        pictures,
        NOTES,
    )
