"""How far samples of features lie from each other."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from gan_augment.columns import FloatArray


def frechet_distance(real: FloatArray, synthetic: FloatArray) -> float:
    """Distance of two normal distributions with the means and covariances of the samples.

    Parameters
    ----------
    real, synthetic : ndarray of shape (n, n_features)
        Features, two rows or more of each.

    Returns
    -------
    float
        0 for the same; only comparable between figures of the same features and numbers of rows.

    References
    ----------
    Heusel et al. (2017), "GANs trained by a two time-scale update rule converge to a local Nash
    equilibrium", NeurIPS.
    """
    difference = real.mean(axis=0) - synthetic.mean(axis=0)
    first, second = (np.cov(rows, rowvar=False) for rows in (real, synthetic))
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(0)).sum()
    return float(difference @ difference + np.trace(first) + np.trace(second) - 2 * cross)


def kernel_distance(real: FloatArray, synthetic: FloatArray) -> float:
    """Unbiased squared maximum mean discrepancy of a cubic kernel; can fall below 0.

    Parameters
    ----------
    real, synthetic : ndarray of shape (n, n_features)
        Features, two rows or more of each.

    Returns
    -------
    float
        About 0 for samples of one distribution, however few.

    References
    ----------
    Bińkowski et al. (2018), "Demystifying MMD GANs", ICLR.
    """

    def kernel(first: FloatArray, second: FloatArray) -> FloatArray:
        return (first @ second.T / real.shape[1] + 1) ** 3

    def within(rows: FloatArray) -> float:
        values = kernel(rows, rows)
        return float((values.sum() - np.trace(values)) / (len(rows) * (len(rows) - 1)))

    return within(real) + within(synthetic) - 2 * float(kernel(real, synthetic).mean())


def nearest_ratio(real: FloatArray, synthetic: FloatArray) -> float:
    """Median distance to the nearest real row, over that of a real row to the nearest other.

    Parameters
    ----------
    real, synthetic : ndarray of shape (n, n_features)
        Features, two rows or more of `real`.
    """
    among = cdist(real, real)
    np.fill_diagonal(among, np.inf)
    usual = float(np.median(among.min(axis=1)))
    return float(np.median(cdist(synthetic, real).min(axis=1))) / max(usual, 1e-12)
