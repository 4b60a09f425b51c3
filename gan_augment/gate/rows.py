"""Which synthetic rows to take: all, or those that a look at the real rows recommends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import _safe_indexing

from gan_augment.classes import aligned_probabilities
from gan_augment.columns import FloatArray, IntArray
from gan_augment.gate.supply import Pool, append_rows, seeded

RULES = ("all", "consistent", "border", "realistic")

_LEAST_CONSISTENT = 0.2  # this share of real rows would themselves fail the filter
_SCORING_FOLDS = 3
_MOST_REALISTIC = 20.0  # a density ratio beyond this is the discriminator's overconfidence


def orders(
    rules: Iterable[str],
    estimator: Any,
    X: Any,
    y: np.ndarray,
    classes: np.ndarray,
    pool: Pool,
    seed: int,
) -> dict[str, IntArray]:
    """Per rule, the rows of the pool in the order in which they are taken.

    - "all": as they were drawn.
    - "consistent": those that the learner, cross-fitted on real rows, believes to be of their class
      more than the least believable fifth of its real rows.
    - "border": those first to which it gives their own and the likeliest other class the most
      equal probabilities, had the classes equal shares; as Borderline-SMOTE [1]_ prefers them.
    - "realistic": drawn without replacement with the weights of discriminator rejection sampling
      [2]_, the ratio of densities according to a learner that tells real from synthetic rows of a
      class and did not see the row. Any augmenter's rows can be judged so; the GAN's own
      discriminator has fitted its training rows.

    Parameters
    ----------
    rules : iterable of str
        Of :data:`RULES`.
    estimator : classifier
        The learner, unfitted. It judges the rows, since it can read their columns, and it is the
        one to be convinced.
    X, y : of n_samples rows
        Real rows and their labels; the only ones that are looked at.
    classes : ndarray of shape (n_classes,)
        Class labels, sorted.
    pool : Pool
        Synthetic rows.
    seed : int
        Of folds and learners.

    References
    ----------
    .. [1] Han, Wang & Mao (2005), "Borderline-SMOTE", ICIC.
    .. [2] Azadi et al. (2019), "Discriminator rejection sampling", ICLR.
    """
    wanted = set(rules)
    everything = np.arange(len(pool.codes))
    codes = np.searchsorted(classes, y)
    found = {"all": everything}
    if wanted & {"consistent", "border"}:
        judged = _cross_fitted(estimator, X, codes, classes, pool, seed)
        if judged is None:  # too few real rows to judge by
            found |= {"consistent": everything, "border": everything}
        else:
            found["consistent"] = np.flatnonzero(_is_consistent(*judged, codes, pool.codes))
            found["border"] = np.argsort(_margins(judged[1], codes, pool.codes), kind="stable")
    if "realistic" in wanted:
        weights = _density_ratios(estimator, X, codes, pool, seed)
        # Keys of Efraimidis and Spirakis (2006): sorted, they are a weighted draw.
        keys = np.log(np.random.default_rng(seed).random(len(weights))) / weights
        found["realistic"] = np.argsort(-keys, kind="stable")
    return {rule: found[rule] for rule in wanted}


def _cross_fitted(
    estimator: Any, X: Any, codes: IntArray, classes: np.ndarray, pool: Pool, seed: int
) -> tuple[FloatArray, FloatArray] | None:
    """Class probabilities of real rows, held out, and of the pool, by the mean of the models."""
    n_folds = min(_SCORING_FOLDS, int(np.bincount(codes).min()))
    if n_folds < 2:
        return None
    real = np.zeros((len(codes), len(classes)))
    synthetic = np.zeros((len(pool.codes), len(classes)))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    for train, test in folds.split(np.zeros(len(codes)), codes):
        model = seeded(estimator, seed).fit(_safe_indexing(X, train), classes[codes[train]])
        real[test] = aligned_probabilities(model, _safe_indexing(X, test), classes)
        synthetic += aligned_probabilities(model, pool.X, classes) / n_folds
    return real, synthetic


def _is_consistent(
    real: FloatArray, synthetic: FloatArray, codes: IntArray, drawn: IntArray
) -> np.ndarray:
    of_real = real[np.arange(len(codes)), codes]
    cuts = [np.quantile(of_real[codes == c], _LEAST_CONSISTENT) for c in range(real.shape[1])]
    return synthetic[np.arange(len(drawn)), drawn] >= np.array(cuts)[drawn]


def _margins(synthetic: FloatArray, codes: IntArray, drawn: IntArray) -> FloatArray:
    """How far the own class is from the likeliest other, under equal shares of the classes."""
    equal = synthetic / np.bincount(codes, minlength=synthetic.shape[1])
    equal /= np.maximum(equal.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    index = np.arange(len(drawn))
    own = equal[index, drawn]
    equal[index, drawn] = 0.0
    return np.abs(own - equal.max(axis=1))


def _density_ratios(estimator: Any, X: Any, codes: IntArray, pool: Pool, seed: int) -> FloatArray:
    """Density of real over that of synthetic rows, up to a factor per class."""
    ratios = np.ones(len(pool.codes))
    rng = np.random.default_rng(seed)
    for code in np.unique(pool.codes):
        mine = rng.permutation(np.flatnonzero(pool.codes == code))
        real = _safe_indexing(X, np.flatnonzero(codes == code))
        n_real = int(np.count_nonzero(codes == code))
        for judged, shown in (np.array_split(mine, 2), np.array_split(mine, 2)[::-1]):
            if not len(judged) or not len(shown):
                continue
            is_real = np.repeat([1, 0], [n_real, len(shown)])
            both = append_rows(real, pool.take(shown))
            model = seeded(estimator, seed).fit(both, is_real)
            odds = _odds(model, pool.take(judged)) * len(shown) / n_real
            ratios[judged] = np.clip(odds, 1 / _MOST_REALISTIC, _MOST_REALISTIC)
    return ratios


def _odds(model: Any, X: Any) -> FloatArray:
    p = aligned_probabilities(model, X, np.array([0, 1]))[:, 1]
    return p / np.maximum(1 - p, 1e-3)
