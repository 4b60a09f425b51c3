from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from gan_augment.benchmark.inputs import open_problem
from gan_augment.benchmark.scores import PROBABILITY_SCORES, score


@pytest.fixture(params=[2, 3])
def fitted(request):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(150, 2)), columns=["a", "b"])
    y = np.digitize(X["a"] + rng.normal(size=150), [0.8, 1.5][: request.param - 1])
    return LogisticRegression().fit(X, y), X, y, open_problem(X, y)


def test_scores_are_scikit_learns(fitted):
    classifier, X, y, problem = fitted
    found = score(classifier, X, y, problem, {})
    predicted, shares = classifier.predict(X), classifier.predict_proba(X)
    binary = problem.is_binary
    expected = {
        "accuracy": metrics.accuracy_score(y, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, predicted),
        "f1": metrics.f1_score(y, predicted, average="binary" if binary else "macro"),
        "log_loss": metrics.log_loss(y, shares),
        "roc_auc": metrics.roc_auc_score(
            y, shares[:, 1] if binary else shares, multi_class="ovr", average="macro"
        ),
        "average_precision": metrics.average_precision_score(y, shares[:, 1] if binary else shares),
        "brier": metrics.brier_score_loss(y, shares[:, 1] if binary else shares),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_the_best_threshold_is_at_least_as_good_as_any(fitted):
    classifier, X, y, problem = fitted
    if not problem.is_binary:
        pytest.skip("a threshold is for two classes")
    share = classifier.predict_proba(X)[:, 1]
    of_each = [metrics.f1_score(y, share >= t) for t in np.unique(share)]
    assert score(classifier, X, y, problem, {})["f1_best"] == pytest.approx(max(of_each))


def test_the_rarest_class_is_the_positive_one_unless_another_is_named():
    X, y = np.zeros((5, 1)), ["a", "b", "b", "b", "b"]
    assert open_problem(X, y).positive_label == "a"
    assert open_problem(X, y, "b").positive_label == "b"


def test_a_class_that_was_never_seen_has_probability_zero():
    X, y = pd.DataFrame({"a": [0.0, 1.0, 2.0]}), np.array([0, 1, 2])
    partial = DummyClassifier(strategy="prior").fit(X[:2], y[:2])
    assert np.isfinite(list(score(partial, X, y, open_problem(X, y), {}).values())).all()


def test_without_probabilities_there_are_no_scores_of_them():
    X, y = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]}), np.array([0, 0, 1, 1])
    found = score(LinearSVC().fit(X, y), X, y, open_problem(X, y), {})
    assert np.isnan([found[name] for name in PROBABILITY_SCORES]).all()
    assert found["accuracy"] == 1.0
