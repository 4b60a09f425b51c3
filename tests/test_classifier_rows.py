"""Which synthetic rows the gate takes when it is asked to choose."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from imblearn.over_sampling import SMOTE, SMOTENC, RandomOverSampler
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from gan_augment import AugmentedClassifier

RULES = ["all", "consistent", "border", "realistic"]
N_REAL = 200


class Three(BaseEstimator):
    """Draws a third of its rows true to class 1, a third like class 0, a third far from both."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        return self

    def fit_resample(self, X, y):
        raise AssertionError("sample is there")

    def sample(self, *, y):
        rng = np.random.default_rng(self.random_state)
        centres = np.array([[2.0, 0.0], [-2.0, 0.0], [2.0, 9.0]])
        return centres[rng.integers(3, size=len(y))] + rng.normal(size=(len(y), 2))


class Learner(LogisticRegression):
    """Keeps what it learned from."""

    def fit(self, X, y, sample_weight=None):
        self.rows_ = np.asarray(X)[N_REAL:]
        return super().fit(X, y, sample_weight)


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [N_REAL - 40, 40])
    return np.array([[-2.0, 0.0], [2.0, 0.0]])[y] + rng.normal(size=(N_REAL, 2)), y


def added(rows, blobs):
    model = AugmentedClassifier(Learner(), Three(), amount=2, rows=rows, random_state=0)
    model.fit(*blobs)
    assert model.n_synthetic_[0] == 0
    return model.estimator_.rows_


def share(found):
    """Of rows like class 0, and of rows far from everything real."""
    return np.mean(found[:, 0] < 0), np.mean(found[:, 1] > 4.5)


def test_all_rows_come_as_they_were_drawn(blobs):
    like_zero, far = share(added("all", blobs))
    assert len(added("all", blobs)) == 80
    assert 0.2 < like_zero < 0.5
    assert 0.2 < far < 0.5


def test_consistent_rows_look_like_their_class(blobs):
    like_zero, _ = share(added("consistent", blobs))
    assert like_zero == 0


def test_border_rows_are_between_the_classes(blobs):
    found = added("border", blobs)
    assert len(found) == 80
    near = [row for row in found if row[1] < 4.5]
    assert np.median(np.abs(np.array(near)[:, 0])) < 1.6
    assert np.median(np.abs(added("all", blobs)[:, 0])) > 1.8


def test_realistic_rows_are_where_real_rows_of_the_class_are(blobs):
    found = added("realistic", blobs)
    assert len(found) == 80
    like_zero, far = share(found)
    plain_zero, plain_far = share(added("all", blobs))
    assert like_zero + far < 0.6 * (plain_zero + plain_far)


def test_the_gate_tries_every_rule_that_it_is_given(blobs):
    model = AugmentedClassifier(LogisticRegression(), Three(), rows=RULES, cv=2, random_state=0)
    model.fit(*blobs)
    assert set(model.cv_results_["params"][-1]["rows"]) == set(RULES)


@pytest.mark.parametrize("rows", ["likely", [], ["all", "some"]])
def test_unknown_rules_are_named(rows, blobs):
    with pytest.raises(ValueError, match="rows"):
        AugmentedClassifier(LogisticRegression(), Three(), rows=rows).fit(*blobs)


def test_rules_need_probabilities(blobs):
    with pytest.raises(ValueError, match="LinearSVC has no predict_proba"):
        AugmentedClassifier(LinearSVC(), Three(), rows="border").fit(*blobs)


class Scaling(SMOTE):
    """Adds rows, and returns all of them scaled."""

    def fit_resample(self, X, y):
        more, labels = super().fit_resample(X, y)
        return more * 2, labels


class Copying(BaseEstimator):
    """Repeats the rows of class 1, in containers that imbalanced-learn does not know, too."""

    def fit_resample(self, X, y):
        rows = np.r_[np.arange(len(y)), np.flatnonzero(y == 1)]
        return X[rows], y[rows]


@pytest.mark.parametrize("kind", [np.array, pd.DataFrame, sp.csr_array])
def test_real_rows_that_come_back_changed_are_refused(kind, blobs):
    with pytest.raises(ValueError, match="removes, reorders or changes them"):
        AugmentedClassifier(DummyClassifier(), Scaling(), amount=1).fit(kind(blobs[0]), blobs[1])


def mixed(X):
    return pd.DataFrame(
        {
            "number": X[:, 0],
            "whole": X[:, 1].round().astype(int),
            "level": pd.Categorical(np.where(X[:, 0] > 0, "high", "low")),
        }
    )


def gaps(X):
    frame = mixed(X).assign(
        text=pd.Series(np.where(X[:, 1] > 0, "up", None), dtype="string"),
        day=pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(len(X)), "D"),
        yes=pd.array(X[:, 1] > 0, dtype="boolean"),
    )
    frame.loc[::3, ["number", "level", "yes"]] = None
    return frame


@pytest.mark.parametrize(
    ("augmenter", "kind"),
    [
        (SMOTE(), lambda X: X.astype(np.float32)),
        (SMOTE(), sp.csr_array),
        (SMOTENC(["level"]), mixed),
        (RandomOverSampler(), mixed),
        (RandomOverSampler(), gaps),
        (RandomOverSampler(), lambda X: gaps(X).to_numpy(dtype=object)),
        (Copying(), lambda X: pl.DataFrame({"number": X[:, 0], "gaps": [None, "a"] * 100})),
        (RandomOverSampler(), lambda X: np.where(X > 1, np.nan, X)),
    ],
    ids=["float32", "sparse", "levels", "mixed", "gaps", "objects", "polars", "missing"],
)
def test_real_rows_that_come_back_as_they_were_are_known_again(augmenter, kind, blobs):
    X, y = kind(blobs[0]), blobs[1]
    model = AugmentedClassifier(DummyClassifier(), augmenter, amount=1).fit(X, y)
    assert model.n_synthetic_ == {0: 0, 1: 40}
