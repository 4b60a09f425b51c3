"""Do synthetic images give training images away: signals, pairs to look at, and no guarantee."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min

from gan_augment.evaluation.aspects import privacy
from gan_augment.evaluation.aspects.base import Aspect, Picture, Setting
from gan_augment.evaluation.mosaic import draw_strips, sheet_size

_COLUMNS = 10
_MOST_SEARCHED = 2_000

NOTES = (
    "Images are compared pixel by pixel: a training image that is moved, mirrored or recoloured "
    "is not found by these figures. Look at the pairs.",
)


def assess(setting: Setting) -> Aspect:
    """Look for what gives training images away, and show the nearest ones."""
    found = privacy.assess(setting)
    setting.step("nearest images")
    return replace(found, pictures=(_pairs(setting), *found.pictures), notes=(*found.notes, *NOTES))


def n_steps(setting: Setting) -> int:
    """How many steps `assess` tells of."""
    return privacy.n_steps(setting) + 1


def _pairs(setting: Setting) -> Picture:
    """Synthetic images above the real ones that they are nearest to."""
    real = setting.rows.real.X
    synthetic = setting.some(setting.rows.synthetic, _MOST_SEARCHED).X
    to_points = setting.rows.space(real)
    nearest, distances = pairwise_distances_argmin_min(to_points(synthetic), to_points(real))
    n = min(_COLUMNS, len(synthetic))
    drawn = np.random.default_rng(setting.seed).permutation(len(synthetic))[:n]
    closest = np.argsort(distances, kind="stable")[:n]
    strips = []
    for name, chosen in (("closest", closest), ("at random", drawn)):
        strips.append((name, setting.rows.shown(synthetic.take(chosen))))
        strips.append(("nearest real", setting.rows.shown(real.take(nearest[chosen]))))
    kind = "training" if setting.has_training_rows else "real"
    relative = distances[closest].mean() / max(float(np.median(distances)), 1e-12)
    return Picture(
        f"Synthetic, and nearest {kind} image",
        f"Pairs of a synthetic image and the {kind} image nearest to it: the {n} closest, whose "
        f"mean distance is {relative:.2f} times the median of all, and {n} drawn at random",
        partial(draw_strips, strips=strips, n_columns=n, group=2),
        sheet_size(len(strips), n, strips[0][1].shape[2:], group=2),
    )
