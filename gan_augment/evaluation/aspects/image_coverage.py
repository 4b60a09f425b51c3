"""Are synthetic images where real ones are, and are there some wherever real ones are."""

from __future__ import annotations

from dataclasses import replace

from gan_augment.evaluation.aspects.base import Aspect, Setting
from gan_augment.evaluation.aspects.coverage import equally_many, neighbourhoods
from gan_augment.evaluation.aspects.image_features import ORIGIN, feature_space


def assess(setting: Setting) -> Aspect:
    """Compare where the images lie among features."""
    setting.step("coverage")
    to_features = feature_space(setting)
    real, synthetic, fresh = (to_features(part.X) for part in equally_many(setting))
    found = neighbourhoods(real, synthetic, fresh, setting.noun)
    return replace(found, notes=(*found.notes, *ORIGIN))


def n_steps(setting: Setting) -> int:
    """How many steps `assess` tells of."""
    return 1
