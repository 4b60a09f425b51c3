"""Models of candidates, and their scores in inner folds."""

import numpy as np
import pytest
from made_problems import CLASSES, problem_of
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, get_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from gan_augment.classes import aligned_probabilities
from gan_augment.gate.candidates import (
    Candidate,
    Recipe,
    no_rows,
)
from gan_augment.gate.folds import fit_candidates, score_folds, score_name
from gan_augment.gate.model import FittedCandidate
from gan_augment.gate.supply import seeded


class Fixed(ClassifierMixin, BaseEstimator):
    """Says what it was told to."""

    def __init__(self, probabilities, classes):
        self.probabilities = probabilities
        self.classes_ = np.array(classes)

    def predict_proba(self, X):
        return np.tile(self.probabilities, (len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def test_candidates_average_corrected_probabilities():
    members = [
        (Fixed([0.5, 0.5], ["a", "b"]), np.array([1.0, 0.25])),
        (Fixed([0.2, 0.8], ["a", "b"]), None),
    ]
    model = FittedCandidate(members, np.array(["a", "b"]), np.zeros(2), np.array([2.0, 1.0]))
    assert_allclose(model.predict_proba([0, 0]), [[0.6, 0.4]] * 2)
    assert model.estimator is members[-1][0]
    assert not model.as_it_is
    assert model.predict([0]).tolist() == ["a"]
    assert model.classes_.tolist() == ["a", "b"]
    assert_allclose(model.scores_of([0], 0), [0.6])
    alone = FittedCandidate(members[:1], np.array(["a", "b"]), np.zeros(2), np.ones(1))
    assert_allclose(alone.predict_proba([0]), [[0.8, 0.2]])
    assert not alone.as_it_is
    plain = FittedCandidate(members[1:], np.array(["a", "b"]), np.zeros(2), np.ones(1))
    assert plain.as_it_is
    assert plain.predict([0]).tolist() == ["b"]
    assert not hasattr(plain, "decision_function")
    both = plain.with_members_of([alone, model])
    assert both.members == [*members[:1], *members, *members[1:]]
    assert_allclose(
        both.predict_proba([0]),
        (0.8 * 3 + 0.2 * 2) / 5 * np.array([[1, 0]]) + (0.2 * 3 + 0.8 * 2) / 5 * np.array([[0, 1]]),
    )
    assert both.estimator is members[-1][0]


def test_class_that_a_model_never_saw_has_no_probability():
    model = Fixed([0.3, 0.7], ["a", "c"])
    aligned = aligned_probabilities(model, [0], CLASSES)
    assert_allclose(aligned, [[0.3, 0, 0.7]])
    candidate = FittedCandidate([(model, None)], CLASSES, np.zeros(3), np.ones(1))
    assert_allclose(candidate.predict_proba([0]), [[0.3, 0, 0.7]])


def candidate_of(learner, factors=None):
    classes = learner.classes_
    return FittedCandidate([(learner, factors)], classes, np.zeros(len(classes)), np.ones(1))


def test_decisions_of_changed_probabilities_are_log_odds():
    X = np.array([[0.0], [1.0], [3.0], [4.0]])
    learner = LogisticRegression().fit(X, [0, 0, 1, 1])
    changed = candidate_of(learner, np.array([1.0, 0.5]))
    p = changed.predict_proba(X)
    assert_allclose(changed.decision_function(X), np.log(p[:, 1] / p[:, 0]))
    plain = candidate_of(learner)
    assert_allclose(plain.decision_function(X), learner.decision_function(X))
    three = LogisticRegression().fit(X, [0, 1, 2, 2])
    many = candidate_of(three, np.ones(3))
    assert_allclose(many.decision_function(X), np.log(many.predict_proba(X)))
    svm = candidate_of(LinearSVC().fit(X, [0, 0, 1, 1]))
    assert_allclose(svm.scores_of(X, 1), -svm.scores_of(X, 0))


def test_candidates_are_fitted_on_what_they_ask_for():
    X = np.c_[np.arange(12.0), np.zeros(12)]
    y = np.repeat([0, 1], [8, 4])
    none, one = no_rows(np.array([8, 4])), Recipe(1.0, np.array([0.0, 1.0]), prior="weighted")
    fill = Recipe("auto", np.array([0.0, 1.0]), prior="corrected")
    problem = problem_of()
    fitted, pool = fit_candidates(problem, [Candidate((none,))], X, y, 0)
    assert pool is None
    assert_allclose(fitted[0].predict_proba(X), GaussianNB().fit(X, y).predict_proba(X))
    fitted, pool = fit_candidates(problem, [Candidate((none, one, fill))], X, y, 0)
    assert pool.codes.tolist() == [1] * 8
    # The models that are averaged have rows of their own.
    assert fitted[0].n_added.tolist() == [0, 8]
    new = np.c_[np.arange(4.0), np.full(4, 7.0)]
    both, labels = np.r_[X, new], np.r_[y, [1] * 4]
    weighted = GaussianNB().fit(both, labels, np.where(labels == 1, 0.5, 1.0))
    assert_allclose(fitted[0].members[1][0].theta_, weighted.theta_)
    assert fitted[0].members[1][1] is None
    later = np.c_[np.arange(4.0, 8), np.full(4, 7.0)]
    assert_allclose(fitted[0].estimator.theta_, GaussianNB().fit(np.r_[X, later], labels).theta_)
    assert_allclose(fitted[0].members[2][1], [1, 0.5])
    two, pool = fit_candidates(problem, [Candidate((one,)), Candidate((fill,))], X, y, 0)
    assert pool.codes.tolist() == [1] * 4
    assert [model.n_added.tolist() for model in two] == [[0, 4], [0, 4]]


def test_rows_to_choose_from_are_twice_those_wanted():
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.repeat([0, 1], [30, 10])
    recipe = Recipe(1.0, np.array([0.0, 1.0]), "border")
    fitted, pool = fit_candidates(problem_of(), [Candidate((recipe,))], X, y, 0)
    assert pool.codes.tolist() == [1] * 20
    assert fitted[0].n_added.tolist() == [0, 10]


def test_folds_are_scored_on_their_real_rows():
    rng = np.random.default_rng(0)
    y = np.tile([0, 0, 1], 20)
    X = rng.normal(size=(60, 1)) + 2 * y[:, None]
    candidates = [Candidate((no_rows(np.array([40, 20])),))]
    splits = [(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))]
    folds = score_folds(problem_of(), candidates, X, y, splits, [1, 2], None)
    model = GaussianNB().fit(X[:30], y[:30])
    (first,), _ = folds
    assert first.f1 == f1_score(y[30:], model.predict(X[30:]))
    assert first.accuracy == model.score(X[30:], y[30:])
    assert_array_equal(first.test, np.arange(30, 60))
    assert_allclose(first.outputs, model.predict_proba(X[30:])[:, 1])
    scored = problem_of(scorer=get_scorer("accuracy"))
    assert score_folds(scored, candidates, X, y, splits, [1, 2], None)[0][0].score == first.accuracy
    rare = problem_of(positive=0)
    assert_allclose(
        score_folds(rare, candidates, X, y, splits, [1, 2], None)[0][0].outputs, 1 - first.outputs
    )
    one = [(np.flatnonzero(y == 0), np.arange(3))]
    with pytest.raises(ValueError, match=r"cv has a training fold without the class 1\."):
        score_folds(problem_of(), candidates, X, y, one, [1], None)


def test_several_classes_are_scored_by_what_the_learner_gives():
    rng = np.random.default_rng(0)
    y = np.tile([0, 1, 2, 2], 15)
    X = rng.normal(size=(60, 1)) + 2 * y[:, None]
    candidates = [Candidate((no_rows(np.array([15, 15, 30])),))]
    splits = [(np.arange(30), np.arange(30, 60))]
    for learner in (LinearSVC(), GaussianNB()):
        problem = problem_of(learner, (0, 1, 2))
        ((fold,),) = score_folds(problem, candidates, X, y, splits, [1], None)
        model = seeded(learner, 1).fit(X[:30], y[:30])
        scorer = "neg_log_loss" if hasattr(model, "predict_proba") else "balanced_accuracy"
        assert fold.score == pytest.approx(get_scorer(scorer)(model, X[30:], y[30:]))
        assert fold.f1 == f1_score(y[30:], model.predict(X[30:]), average="macro")
        assert fold.outputs is None


def test_learners_get_seeds_of_their_own():
    X, y = np.arange(12.0)[:, None], np.repeat([0, 1], [8, 4])
    X = np.c_[X, X]
    recipes = (no_rows(np.array([8, 4])), Recipe(1.0, np.array([0.0, 1.0])))
    problem = problem_of(LogisticRegression())
    fitted, _ = fit_candidates(problem, [Candidate(recipes)], X, y, 5)
    expected = seeded(LogisticRegression(), 5).random_state
    assert [model.random_state for model, _ in fitted[0].members] == [expected] * 2


def test_scores_have_names():
    assert score_name(problem_of()) == "average precision"
    assert score_name(problem_of(LinearSVC())) == "average precision"
    assert score_name(problem_of(GaussianNB(), (0, 1, 2))) == "log loss"
    assert score_name(problem_of(LinearSVC(), (0, 1, 2))) == "balanced accuracy"
