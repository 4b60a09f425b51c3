"""What a fit of the gate plans, and what it tells."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from made_problems import Numbered, Y, problem_of
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from gan_augment import AugmentedClassifier
from gan_augment.gate.candidates import (
    Candidate,
    Recipe,
    no_rows,
)
from gan_augment.gate.folds import FoldScores
from gan_augment.gate.outcome import decide, tune_threshold
from gan_augment.gate.plan import check_data, make_candidates, make_problem, make_splits


def test_problem_is_about_the_rarer_class():
    gate = AugmentedClassifier(GaussianNB())
    assert make_problem(gate, np.array([0, 0, 1])).positive == 1
    assert make_problem(gate, np.array([0, 1, 1])).positive == 0
    assert make_problem(gate, np.array([0, 1])).positive == 1
    assert make_problem(gate, np.array([0, 1])).scorer is None
    scoring = AugmentedClassifier(GaussianNB(), scoring="accuracy")
    assert make_problem(scoring, np.array([0, 1])).scorer is not None
    problem = make_problem(gate, np.array(["x", "y", "z", "x"]))
    assert not problem.is_binary
    assert problem.counts(np.array(["x", "z", "x"])).tolist() == [2, 0, 1]
    with pytest.raises(ValueError, match=r"y has one class, \[0\]"):
        make_problem(gate, np.zeros(3, dtype=int))
    tuned = AugmentedClassifier(GaussianNB(), threshold="f1")
    with pytest.raises(ValueError, match=r"threshold='f1' needs two classes.*y has 3 classes"):
        make_problem(tuned, np.array([0, 1, 2]))


def candidates_of(estimator, y=Y, **options):
    gate = AugmentedClassifier(estimator, Numbered(), **options)
    return make_candidates(gate, make_problem(gate, y), y)


def test_plan_follows_what_the_learner_can_do():
    none, mean = candidates_of(GaussianNB())
    assert not none.adds
    told = [(r.amount, r.rows, r.grow, r.prior) for r in mean.recipes[1:]]
    assert sorted(told, key=str) == [
        ("auto", "all", "minority", "weighted"),
        ("auto", "border", "minority", "weighted"),
        ("auto", "consistent", "minority", "weighted"),
        (1.0, "all", "every class", "moved"),
    ]
    for estimator, priors in (
        (GaussianNB(), {"kept", "weighted", "corrected", "moved"}),
        (KNeighborsClassifier(), {"kept", "corrected", "moved"}),
        (LinearSVC(), {"kept", "weighted", "moved"}),
    ):
        each = candidates_of(estimator, hedge=False)
        assert {c.recipes[0].prior for c in each} == priors
        assert all(len(c.recipes) == 1 for c in each)
    moved = candidates_of(GaussianNB(), hedge=False, keep_prior=False)
    assert {c.recipes[0].prior for c in moved} == {"kept", "moved"}
    assert {c.recipes[0].rows for c in candidates_of(LinearSVC(), hedge=False)} == {"all"}
    (fixed,) = candidates_of(GaussianNB(), amount=1)
    assert (fixed.recipes[0].prior, fixed.recipes[0].rows) == ("weighted", "all")
    (zero,) = candidates_of(GaussianNB(), amount=0)
    assert not zero.adds
    assert zero.recipes[0].prior == "kept"
    assert candidates_of(GaussianNB(), amount=1, rows="border")[0].recipes[0].rows == "border"
    assert candidates_of(GaussianNB(), amount=1, rows=["border", "all"])[0].params["rows"] == (
        "border"
    )


def test_plan_tells_what_it_cannot_do():
    with pytest.warns(UserWarning, match=r"cannot be validated, since class 'q' has 1 row"):
        (only,) = candidates_of(GaussianNB(), np.array(["p", "p", "p", "q"]))
    assert not only.adds
    with pytest.warns(UserWarning, match=r"keep_prior=True cannot be kept with amount=1"):
        (moved,) = candidates_of(_Deaf(), amount=1)
    assert moved.recipes[0].prior == "moved"
    for rows in ([], ["some"], "none"):
        with pytest.raises(ValueError, match=r"rows=.*holds none, or others than all, consist"):
            candidates_of(GaussianNB(), rows=rows)
    with pytest.raises(ValueError, match=r"needs probabilities, and LinearSVC has no predict_p"):
        candidates_of(LinearSVC(), rows=["all", "border"])


class _Deaf(ClassifierMixin, BaseEstimator):
    """Takes no weights and gives no probabilities."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X))


def splits_of(y, **options):
    gate = AugmentedClassifier(GaussianNB(), Numbered(), **options)
    problem = make_problem(gate, y)
    return make_splits(
        gate, np.zeros((len(y), 1)), y, problem, make_candidates(gate, problem, y), 0
    )


def test_inner_folds_are_as_many_as_the_smallest_class_allows():
    y = np.repeat([0, 1], [20, 3])
    assert len(splits_of(y)) == 3
    assert len(splits_of(y, cv=2)) == 2
    assert len(splits_of(y, cv=np.int64(5))) == 3
    assert len(splits_of(y, cv=None)) == 3
    assert len(splits_of(np.repeat([0, 1], 20))) == 5
    assert len(splits_of(np.repeat([0, 1], 20), cv=7)) == 7
    assert splits_of(y, amount=1) == []
    assert len(splits_of(y, amount=1, threshold="f1")) == 3
    own = [(np.arange(10), np.arange(10, 23))]
    assert len(splits_of(y, cv=own)) == 1
    with pytest.raises(ValueError, match=r"cv=GroupKFold.*needs groups.*split\(X, y, X\['group"):
        splits_of(y, cv=GroupKFold(2))
    for train, test in splits_of(y):
        assert sorted([*train, *test]) == list(range(23))
        assert (y[test] == 1).sum() == 1
    with pytest.raises(ValueError, match=r"threshold='f1' cannot be tuned by cv=5.*has 1 row"):
        splits_of(np.repeat([0, 1], [9, 1]), amount=1, threshold="f1")


def scored(score, f1=0.5, accuracy=0.75, test=(), outputs=None):
    return FoldScores(None, score, f1, accuracy, np.array(test, dtype=int), outputs)


def test_decision_is_told_with_its_reason():
    counts = np.array([9, 3])
    candidates = [Candidate((no_rows(counts),)), Candidate((Recipe(1.0, np.array([0, 1.0])),))]
    folds = [[scored(0.5), scored(0.7, 0.6, 0.8)], [scored(0.4), scored(0.6, 0.6, 0.8)]]
    best, results, why = decide(candidates, folds, "average precision", 1.0)
    assert best == 1
    assert "average precision +0.2000 over none, standard error 0.0000" in why
    assert "(+1.0 of them were asked for), in 2 folds (F1 0.600, accuracy 0.800)" in why
    assert_allclose(results["mean_test_score"], [0.45, 0.65])
    assert_allclose(results["std_test_score"], [0.05, 0.05])
    assert_allclose(results["mean_difference"], [0, 0.2])
    assert_allclose(results["mean_test_f1"], [0.5, 0.6])
    assert_allclose(results["mean_test_accuracy"], [0.75, 0.8])
    assert_allclose(results["split0_test_score"], [0.5, 0.7])
    assert_allclose(results["split1_test_score"], [0.4, 0.6])
    assert [p["amount"] for p in results["params"]] == [0.0, 1.0]
    worse = [[scored(0.5), scored(0.3)], [scored(0.4), scored(0.5)]]
    best, _, why = decide(candidates, worse, "log loss", 1.0)
    assert best == 0
    assert why.startswith("0 rows: nothing beat none by 1.0 standard errors of log loss in 2 folds")
    assert "kept within 0.1" in decide(candidates, worse, "log loss", -0.1)[2]
    _, results, why = decide(candidates, worse[:1], "log loss", -0.1)
    assert why.startswith("0 rows: nothing beat none by log loss in 1 fold, which tells no standar")
    assert np.isnan(results["standard_error"]).all()
    _, _, why = decide(candidates, folds[:1], "f", 1.0)
    assert "f +0.2000 over none in 1 fold, which tells no standard error (F1 0.600" in why
    best, _, why = decide(candidates[1:], [fold[1:] for fold in folds], "f", 1.0)
    assert best == 0
    assert why.endswith("as asked: f 0.650 in 2 folds (F1 0.600, accuracy 0.800)")
    assert decide(candidates, [], "f", 1.0) == (0, {}, "0 rows: nothing to choose among")


def test_threshold_is_tuned_on_all_held_out_rows():
    y = np.array([0, 1, 0, 1])
    folds = [
        scored(0, test=[3, 0], outputs=np.array([0.9, 0.1])),
        scored(0, test=[1, 2], outputs=np.array([0.8, 0.3])),
    ]
    assert 0.3 < tune_threshold("f1", problem_of(), folds, y, 0) <= 0.8
    assert 0.3 < tune_threshold("accuracy", problem_of(), folds, y, 0) <= 0.8
    flipped = [scored(0, test=f.test, outputs=1 - f.outputs) for f in folds]
    rare = problem_of(positive=0)
    assert 0.2 < tune_threshold("balanced_accuracy", rare, flipped, y, 0) <= 0.7


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1], [2]], None, "requires y to be passed"),
        ([1, 2], [0, 1], r"Expected 2D array, got an X of shape \(2,\)"),
        (np.ones((2, 0)), [0, 1], r"0 feature\(s\) \(shape=\(2, 0\)\)"),
        ([[1], [2]], [0, 1, 1], "inconsistent numbers of samples"),
        ([[1], [2]], [0.5, 1.7], "continuous"),
        ([[1], [2]], ["a", None], "y has 1 missing labels. Drop those rows"),
        ([[1], [2]], np.array(["a", np.nan], dtype=object), "y has 1 missing labels"),
        ([[1], [2]], pd.Series(["a", None], dtype="string"), "y has 1 missing labels"),
        ([[1], [2]], pd.Categorical(["a", None]), "y has 1 missing labels"),
        ([[1], [2]], pd.Series([1, None], dtype="Int64"), "y has 1 missing labels"),
    ],
)
def test_data_that_cannot_be_used_are_told(X, y, message):
    with pytest.raises(ValueError, match=message):
        check_data(X, y)


def test_data_become_something_that_can_be_cut_and_extended():
    X, y = check_data([[1], [2]], [0, 1])
    assert isinstance(X, np.ndarray)
    assert isinstance(y, np.ndarray)
    assert check_data(sp.coo_array(np.eye(2)), [0, 1])[0].format == "csr"
    frame = pd.DataFrame({"a": [1, 2]})
    assert check_data(frame, [0, 1])[0] is frame
