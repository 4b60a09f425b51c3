"""Classifiers that judge rows, and what they say."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score

from gan_augment.classes import aligned_probabilities
from gan_augment.columns import FloatArray, IntArray
from gan_augment.evaluation.comparison import Learned, Sample
from gan_augment.learners import make_learner

JUDGES = ("hist_gradient_boosting", "logistic_regression")


def fit_judge(name: str, X: pd.DataFrame, y: IntArray, seed: int) -> Any:
    """A classifier of the benchmark's, trained."""
    known = [column for column in X.columns if X[column].notna().any()]
    if not known:
        return DummyClassifier().fit(X, y)
    X = X[known]
    judge = make_learner(name, X).set_params(classifier__random_state=seed)
    if name == "hist_gradient_boosting":
        # Without it boosting diverges on several classes of which one is rare, whatever the rows.
        judge.set_params(classifier__l2_regularization=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return judge.fit(X, y)


def learn_rows(judge: str, train: Sample, n_classes: int, seed: int) -> Learned:
    """What a classifier that was trained on `train` says of rows."""
    assert train.y is not None
    if len(np.unique(train.y)) < 2:
        return only_class(train.y[0], n_classes)
    model = fit_judge(judge, train.X, train.y, seed)
    return lambda X: probabilities(model, X, n_classes)


def only_class(code: int, n_classes: int) -> Learned:
    """What is said by those who know one class."""
    return lambda X: np.tile(np.eye(n_classes)[code], (len(X), 1))


def probabilities(judge: Any, X: pd.DataFrame, n_classes: int) -> FloatArray:
    """Probability of every class, 0 for those that the judge has not seen."""
    with warnings.catch_warnings():
        # A level that only the scored rows have is no concern of theirs.
        warnings.filterwarnings("ignore", "Found unknown categories", UserWarning)
        return aligned_probabilities(judge, X, np.arange(n_classes))


def class_auc(y: IntArray, probability: FloatArray) -> float:
    """Area under the ROC curve; for several classes the mean of one against the rest."""
    present = np.flatnonzero(np.bincount(y, minlength=probability.shape[1]))
    if len(present) < 2:
        return float("nan")
    if probability.shape[1] == 2:
        return float(roc_auc_score(y, probability[:, 1]))
    return float(np.mean([roc_auc_score(y == code, probability[:, code]) for code in present]))
