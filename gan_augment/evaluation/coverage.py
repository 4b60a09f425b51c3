"""Whether synthetic points lie where real ones do, and real ones where synthetic ones do."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from gan_augment.columns import FloatArray

_BLOCK = 2_048


def precision_recall_density_coverage(
    real: FloatArray, synthetic: FloatArray, *, n_neighbors: int = 5
) -> dict[str, float]:
    """Precision, recall, density and coverage of synthetic points.

    A point's ball reaches to its `n_neighbors`-th neighbour of its own kind.

    Parameters
    ----------
    real : ndarray of shape (n_real, n_features)
        Features of real rows, on scales that make Euclidean distances meaningful.
    synthetic : ndarray of shape (n_synthetic, n_features)
        Features of synthetic rows.
    n_neighbors : int, default=5
        Neighbours that set a ball's radius; cut to one less than the smaller number of points.

    Returns
    -------
    scores : dict of str to float
        "precision", the share of synthetic points inside a real point's ball, and "recall", the
        share of real points inside a synthetic point's ball [1]_; "density", the number of real
        balls a synthetic point is in, over `n_neighbors`, and "coverage", the share of real balls
        that hold a synthetic point [2]_. All are better when larger; only density may pass 1.

    Raises
    ------
    ValueError
        If there are fewer than 2 points of a kind, or the widths differ.

    References
    ----------
    .. [1] Kynkäänniemi et al. (2019), "Improved precision and recall metric for assessing
       generative models", NeurIPS.
    .. [2] Naeem et al. (2020), "Reliable fidelity and diversity metrics for generative models",
       ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from gan_augment.evaluation.coverage import precision_recall_density_coverage
    >>> rows = np.random.default_rng(0).normal(size=(100, 2))
    >>> scores = precision_recall_density_coverage(rows[:50], rows[50:] + 100)
    >>> scores["precision"], scores["coverage"]
    (0.0, 0.0)
    """
    real, synthetic = np.asarray(real, np.float64), np.asarray(synthetic, np.float64)
    if real.ndim != 2 or synthetic.ndim != 2 or real.shape[1] != synthetic.shape[1]:
        raise ValueError(
            f"real of shape {real.shape} and synthetic of shape {synthetic.shape} cannot be "
            "compared. Pass two matrices with the same columns."
        )
    if n_neighbors < 1:
        raise ValueError(f"n_neighbors={n_neighbors} is not positive. Use 1 or more.")
    if min(len(real), len(synthetic)) < 2:
        raise ValueError(
            f"real has {len(real)} rows and synthetic {len(synthetic)}; a distance to a neighbour "
            "needs at least 2 of each."
        )
    k = min(n_neighbors, len(real) - 1, len(synthetic) - 1)
    real_radius, synthetic_radius = _radii(real, k), _radii(synthetic, k)
    covered = np.zeros(len(real), dtype=bool)
    recalled = np.zeros(len(real), dtype=bool)
    memberships = np.zeros(len(synthetic))
    for rows in _blocks(len(real)):
        for columns in _blocks(len(synthetic)):
            distances = cdist(real[rows], synthetic[columns])
            inside = distances <= real_radius[rows, None]
            covered[rows] |= inside.any(axis=1)
            recalled[rows] |= (distances <= synthetic_radius[columns]).any(axis=1)
            memberships[columns] += inside.sum(axis=0)
    return {
        "precision": float((memberships > 0).mean()),
        "recall": float(recalled.mean()),
        "density": float(memberships.mean() / k),
        "coverage": float(covered.mean()),
    }


def _blocks(n: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, n, _BLOCK)]


def _radii(points: FloatArray, k: int) -> FloatArray:
    """Distance of each point to its `k`-th neighbour."""
    distances, _ = NearestNeighbors(n_neighbors=k).fit(points).kneighbors()
    return distances[:, -1]
