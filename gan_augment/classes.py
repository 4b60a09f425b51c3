"""Classes as classifiers know them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gan_augment.columns import FloatArray, IntArray


def aligned_probabilities(model: Any, X: Any, classes: np.ndarray) -> FloatArray:
    """Class probabilities with a column per class, 0 for those that the model has not seen.

    Parameters
    ----------
    model : classifier
        Fitted, with ``predict_proba`` and ``classes_``.
    X : array-like of shape (n_rows, ...)
        What to classify.
    classes : ndarray of shape (n_classes,)
        The classes that there are.
    """
    probabilities = model.predict_proba(X)
    seen = np.asarray(model.classes_)
    if np.array_equal(seen, classes):
        return probabilities
    aligned = np.zeros((len(probabilities), len(classes)))
    positions, columns = np.nonzero(classes[:, None] == seen[None, :])
    aligned[:, positions] = probabilities[:, columns]
    return aligned


def rarest(counts: IntArray) -> int:
    """Which class has the fewest rows; of several, the last."""
    return int(len(counts) - 1 - counts[::-1].argmin())
