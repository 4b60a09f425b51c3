"""Small networks that judge images, and what they say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from gan_augment.backends.image.border import Images
from gan_augment.classes import aligned_probabilities
from gan_augment.columns import FloatArray, IntArray
from gan_augment.evaluation.convnet import ConvClassifier

_FEWEST_STEPS, _MOST_STEPS = 200, 600
_EPOCHS = 30
_BATCH = 64
_FOLDS = 2
_MOST_DETECTED = 5_000


class ConvJudge:
    """A `ConvClassifier` that has learned classes: gives their probabilities, and features.

    Parameters
    ----------
    values : ndarray of shape (n, n_channels, height, width)
        Images to learn from.
    codes : ndarray of shape (n,)
        Their class codes.
    n_classes : int
        How many classes there are, also such as have no images here.
    seed : int
        Of the training.
    prepare : callable
        Takes `Images` to values as those it learned from.
    """

    def __init__(
        self,
        values: np.ndarray,
        codes: IntArray,
        n_classes: int,
        seed: int,
        prepare: Callable[[Images], np.ndarray],
    ):
        self._classes = np.arange(n_classes)
        self._prepare = prepare
        self._network = _fitted(values, codes, seed)

    def __call__(self, X: Images) -> FloatArray:
        """Probability of every class, 0 for those that it has not seen."""
        return aligned_probabilities(self._network, self._prepare(X), self._classes)

    def features(self, X: Images) -> FloatArray:
        """What its last hidden layer makes of images; shape (n, 64)."""
        return self._network.features(self._prepare(X))


def detect_images(real: np.ndarray, synthetic: np.ndarray, *, seed: int = 0) -> float:
    """Cross-validated AUC of a network that tells synthetic images from as many real ones.

    Parameters
    ----------
    real, synthetic : ndarray of shape (n, n_channels, height, width)
        At most 5,000 of each are used.
    seed : int, default=0
        Of what is drawn, of the folds and the network.

    Returns
    -------
    float
        0.5 cannot tell, 1 always can. Below 0.5 synthetic images repeat real ones.
    """
    rng = np.random.default_rng(seed)
    n = min(len(real), len(synthetic), _MOST_DETECTED)
    both = np.concatenate(
        [values[rng.permutation(len(values))[:n]] for values in (real, synthetic)]
    )
    truth = np.repeat([0, 1], n)
    aucs = []
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(both, truth):
        network = _fitted(both[train], truth[train], seed)
        aucs.append(roc_auc_score(truth[test], network.predict_proba(both[test])[:, 1]))
    return float(np.mean(aucs))


def _fitted(values: np.ndarray, codes: IntArray, seed: int) -> ConvClassifier:
    n_steps = int(np.clip(_EPOCHS * len(values) / _BATCH, _FEWEST_STEPS, _MOST_STEPS))
    network = ConvClassifier(n_steps=n_steps, channel_axis=1, random_state=seed)
    return network.fit(values, codes)
