"""Do synthetic rows give the training rows away? Signals, and no guarantee."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from gan_augment.columns import FloatArray
from gan_augment.evaluation.space import RowSpace, nearest_distances

_MOST_QUERIES = 10_000


def row_hashes(rows: pd.DataFrame) -> np.ndarray:
    """A number for each row, the same for rows of the same values alone."""
    rows = rows.copy(deep=False)
    for position, dtype in enumerate(rows.dtypes):
        if pd.api.types.is_float_dtype(dtype):
            rows.isetitem(position, rows.iloc[:, position] + 0)  # which makes 0 of -0
    return np.asarray(pd.util.hash_pandas_object(rows, index=False))


def exact_copies(
    rows: Any, training: Any, *, hashes: Callable[[Any], np.ndarray] = row_hashes
) -> float:
    """Share of `rows` that are in `training`, value by value."""
    return float(np.isin(hashes(rows), hashes(training)).mean())


def closest_distances(
    synthetic: Any,
    training: Any,
    holdout: Any,
    *,
    seed: int = 0,
    space: Callable[[Any], Any] = RowSpace,
) -> tuple[FloatArray, FloatArray]:
    """Distance to the closest training row of synthetic rows, and of the holdout's.

    At most 10,000 rows of each are measured, against all training rows.

    Parameters
    ----------
    synthetic, training, holdout : DataFrame, or what `space` takes
        With ``len`` and ``take(positions)``.
    seed : int, default=0
        Of the rows that are drawn.
    space : callable, default=RowSpace
        Learns from the training rows what takes rows to points.
    """
    to_points = space(training)
    points = to_points(training)
    rng = np.random.default_rng(seed)
    ours, fresh = (
        nearest_distances(to_points(_some(rows, rng)), points) for rows in (synthetic, holdout)
    )
    return ours, fresh


def distance_ratio(synthetic: FloatArray, holdout: FloatArray) -> float:
    """Median of the distances of synthetic rows, as a ratio to that of the holdout's.

    Around 1 synthetic rows are as far from the training rows as fresh real rows are; near 0 they
    sit on top of them. Where half of the holdout's rows are at distance 0, means are compared;
    NaN where all are.
    """
    centre = np.median if np.median(holdout) > _NOTHING else np.mean
    usual = centre(holdout)
    return float(centre(synthetic) / usual) if usual > _NOTHING else float("nan")


_NOTHING = 1e-6


def membership_attack(
    synthetic: Any,
    training: Any,
    holdout: Any,
    *,
    seed: int = 0,
    space: Callable[[Any], Any] = RowSpace,
) -> float:
    """AUC of an attack that guesses which real rows the generator was trained on.

    A row is the likelier a member the closer the closest synthetic row is, as in GAN-Leaks [1]_:
    0.5 is a guess, 1 gives all members away. At most 10,000 members and 10,000 others are attacked,
    with all synthetic rows. Parameters are those of `closest_distances`.

    References
    ----------
    .. [1] Chen et al. (2020), "GAN-Leaks: A taxonomy of membership inference attacks against
       generative models", CCS.
    """
    to_points = space(training)
    points = to_points(synthetic)
    rng = np.random.default_rng(seed)
    members, others = (
        nearest_distances(to_points(_some(rows, rng)), points) for rows in (training, holdout)
    )
    truth = np.repeat([1, 0], [len(members), len(others)])
    return float(roc_auc_score(truth, -np.concatenate([members, others])))


def _some(rows: Any, rng: np.random.Generator) -> Any:
    return (
        rows
        if len(rows) <= _MOST_QUERIES
        else rows.take(rng.permutation(len(rows))[:_MOST_QUERIES])
    )
