"""Do synthetic rows give the training rows away: signals, and no guarantee."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import (
    CHECK,
    UNMEASURED,
    Aspect,
    Picture,
    Setting,
    grade,
    worst,
)
from gan_augment.evaluation.privacy import (
    closest_distances,
    distance_ratio,
    exact_copies,
    membership_attack,
)
from gan_augment.wording import percent

NO_GUARANTEE = "this is a signal, not a guarantee of privacy"
_COPIES = (0.01, 0.05)  # beyond those among fresh real rows
_TOO_CLOSE = (0.20, 0.45)  # below a ratio of 1
_ATTACK = (0.55, 0.65)


def assess(setting: Setting) -> Aspect:
    """Look for what gives training rows away."""
    many = setting.noun
    if not setting.has_training_rows:
        sentence = (
            f"the training {many} were not given, so nothing can be said about copies of them"
        )
        return Aspect("Privacy", UNMEASURED, sentence, notes=_notes(setting))
    real, synthetic = setting.rows.real.X, setting.rows.synthetic.X
    fresh, base = setting.fresh.X, setting.base.X
    setting.step("exact copies")
    hashes, space = setting.rows.hashes, setting.rows.space
    copies = exact_copies(synthetic, real, hashes=hashes)
    usual = exact_copies(fresh, base, hashes=hashes)
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
    sentence = f"{percent(copies)} of the synthetic {many} are exact copies of training {many} "
    sentence += f"(of fresh real {many} {percent(usual)})"
    pictures: tuple[Picture, ...] = ()
    if setting.has_holdout:
        setting.step(f"distances to training {many}")
        distances = closest_distances(synthetic, real, fresh, seed=setting.seed, space=space)
        ratio = scores["privacy_distance_ratio"] = distance_ratio(*distances)
        setting.step("membership attack")
        attack = membership_attack(synthetic, real, fresh, seed=setting.seed, space=space)
        scores["privacy_attack_auc"] = attack
        grades.append(grade(1 - ratio, _TOO_CLOSE[0] + chance, _TOO_CLOSE[1] + chance))
        grades.append(grade(attack, _ATTACK[0] + chance / 2, _ATTACK[1] + chance / 2))
        far = f"; they are {ratio:.2f} times as far from training {many} as fresh real {many} are"
        if np.isnan(ratio):
            far = (
                f"; fresh real {many} all are training {many}, too, so distances tell nothing: is "
                "the holdout one?"
            )
            grades.append(CHECK)
        sentence += (
            f"{far}; an attack tells training {many} from others with an AUC of {attack:.2f}"
        )
        pictures = (
            Picture(
                f"Distance to the closest training {setting.rows.noun}",
                f"Histogram for synthetic and fresh real {many}; the ratio of medians is "
                f"{ratio:.2f}",
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
        _notes(setting),
    )


def n_steps(setting: Setting) -> int:
    """How many steps `assess` tells of."""
    return 0 if not setting.has_training_rows else 3 if setting.has_holdout else 1


def _notes(setting: Setting) -> tuple[str, ...]:
    one, many = setting.rows.noun, setting.noun
    return (
        f"Exact copies: the share of synthetic {many} that are training {many}, value by value; "
        f"{NO_GUARANTEE}.",
        f"Distance ratio: the median distance of synthetic {many} to the closest training {one}, "
        f"over that of held-out real {many}. Near 0 they sit on training {many}; {NO_GUARANTEE}.",
        f"Membership attack: how well training {many} are told from held-out ones by how close "
        f"the closest synthetic {one} is. An AUC of 0.5 is guessing; {NO_GUARANTEE}: other attacks "
        "exist.",
    )
