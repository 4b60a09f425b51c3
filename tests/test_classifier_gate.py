"""What the gate promises: honest folds, few trainings, and nothing added that does not help."""

import warnings

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, f1_score, make_scorer, recall_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from gan_augment import FewRowsWarning, GANAugmenter, TabularGAN
from gan_augment.classifier import AugmentedClassifier
from gan_augment.gate.rule import choose, evidence_asked

TINY = TabularGAN(generator_width=8, discriminator_width=8, depth=1, latent_dim=4, batch_size=32)
X, y = make_classification(300, 6, weights=[0.85], class_sep=0.7, random_state=1)
SYNTHETIC = 1e3


class Counting(BaseEstimator):
    """Draws real rows with noise, marked in the last column, and counts its trainings."""

    trainings = 0

    def __init__(self, noise=0.1, offset=SYNTHETIC, random_state=None):
        self.noise = noise
        self.offset = offset
        self.random_state = random_state

    def fit(self, X, y):
        type(self).trainings += 1
        assert np.all(np.abs(X[:, -1]) < SYNTHETIC / 2), "trained on synthetic rows"
        self.X_, self.y_ = X, y
        return self

    def fit_resample(self, X, y):
        raise AssertionError("sample is there")

    def sample(self, *, y):
        rng = np.random.default_rng(self.random_state)
        rows = [rng.choice(np.flatnonzero(self.y_ == label)) for label in y]
        drawn = self.X_[rows] + self.noise * rng.normal(size=(len(rows), self.X_.shape[1]))
        drawn[:, -1] += self.offset
        return drawn


class Spy(ClassifierMixin, BaseEstimator):
    """Tells which rows it learns from and which it is asked about."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.is_synthetic_seen_ = bool((X[:, -1] > SYNTHETIC / 2).any())
        self.inner_ = LogisticRegression().fit(X[:, :-1], y)
        return self

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X):
        return self.inner_.predict_proba(X[:, :-1])


@pytest.fixture(autouse=True)
def _count_from_zero():
    Counting.trainings = 0


def test_synthetic_rows_never_reach_a_scoring_fold():
    seen = []

    def scorer(model, X, y):
        seen.append(X)
        return float(model.estimator.is_synthetic_seen_)

    model = AugmentedClassifier(Spy(), Counting(), scoring=scorer, cv=4, random_state=0).fit(X, y)
    assert all(np.all(rows[:, -1] < SYNTHETIC / 2) for rows in seen)
    once_tried_out = 1
    per_candidate = np.concatenate(seen[:: len(model.cv_results_["params"]) + once_tried_out])
    assert sorted(map(tuple, per_candidate)) == sorted(map(tuple, X))
    assert model.estimator_.is_synthetic_seen_


@pytest.mark.parametrize("threshold", [None, "f1"])
def test_the_gan_is_trained_at_most_once_per_fold_and_once_for_the_result(threshold):
    model = AugmentedClassifier(
        LogisticRegression(), Counting(offset=0), threshold=threshold, random_state=0
    ).fit(X, y)
    assert len(model.estimators_) in (1, 30)
    assert Counting.trainings == model.n_trainings_ == 5 + (model.amount_ != 0)
    assert f"trainings of the augmenter: {Counting.trainings}" in model.report_


def test_a_prescribed_amount_trains_once_and_zero_never():
    AugmentedClassifier(LogisticRegression(), Counting(), amount=1).fit(X, y)
    assert Counting.trainings == 1
    AugmentedClassifier(LogisticRegression(), Counting(), amount=0, threshold="f1").fit(X, y)
    assert Counting.trainings == 1


def test_with_a_memory_learners_and_amounts_share_the_trainings(tmp_path):
    def fit(learner, **params):
        given = {"cv": 3, "random_state": 0, "memory": str(tmp_path)} | params
        return AugmentedClassifier(learner, Counting(offset=0), **given).fit(X, y)

    fit(LogisticRegression(), evidence=-50.0)
    assert Counting.trainings == 4
    fit(KNeighborsClassifier(), evidence=-50.0)
    fit(LogisticRegression(), amount=1)
    fit(LogisticRegression(), amount="auto", threshold="f1", keep_prior=False)
    assert Counting.trainings == 4
    fit(LogisticRegression(), amount=1, random_state=1)
    assert Counting.trainings == 5


def test_scores_that_are_no_numbers_are_told_of():
    def undefined(model, X, y):
        return np.nan

    gate = AugmentedClassifier(LogisticRegression(), SMOTE(), scoring=undefined, cv=2)
    with pytest.warns(UserWarning, match=r"scoring=.*undefined.* gives scores that are not finite"):
        gate.fit(X, y)
    assert "standard errors of undefined in 2 folds" in gate.report_


def test_useless_rows_are_kept_out():
    useless = Counting(noise=100.0, offset=0)
    gate = AugmentedClassifier(LogisticRegression(), useless, hedge=False, random_state=0)
    gate.fit(X, y)
    plain = LogisticRegression().fit(X, y)
    assert gate.amount_ == 0
    assert gate.augmenter_ is None
    assert gate.report_.startswith("0 rows: nothing")
    assert "standard errors of average precision in 5 folds" in gate.report_
    np.testing.assert_array_equal(gate.predict_proba(X), plain.predict_proba(X))


def test_helpful_rows_are_let_in():
    class Oracle(Counting):
        def sample(self, *, y):
            more, labels = make_classification(
                6000, 6, weights=[0.85], class_sep=0.7, random_state=1
            )
            return np.concatenate(
                [more[labels == label][: np.count_nonzero(y == label)] for label in np.unique(y)]
            )

    rng = np.random.default_rng(0)
    many, labels = make_classification(6000, 6, weights=[0.85], class_sep=0.7, random_state=1)
    few = rng.choice(len(labels), 150, replace=False)
    gate = AugmentedClassifier(RandomForestClassifier(30), Oracle(), random_state=0)
    gate.fit(many[few], labels[few])
    assert gate.amount_ != 0
    assert gate.n_synthetic_[1] > 0
    assert "over none" in gate.report_


def test_several_jobs_give_what_one_gives():
    def fitted(n_jobs):
        model = AugmentedClassifier(
            RandomForestClassifier(5), SMOTE(), cv=3, random_state=0, n_jobs=n_jobs
        )
        return model.fit(X, y)

    one, two = fitted(1), fitted(2)
    assert one.report_ == two.report_
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_the_gan_goes_through_the_gate_with_mixed_columns():
    frame = pd.DataFrame(X.copy(), columns=list("abcdef"))
    frame["a"] = pd.cut(frame["a"], 3, labels=False)
    frame.loc[::7, "b"] = np.nan
    augmenter = GANAugmenter(backend=TINY, max_steps=5, device="cpu", categorical_features=["a"])
    from sklearn.ensemble import HistGradientBoostingClassifier

    learner = HistGradientBoostingClassifier(max_iter=5)
    labels = np.where(y == 1, "yes", "no")
    gate = AugmentedClassifier(learner, augmenter, cv=2, threshold="f1", random_state=0)
    gate.fit(frame, labels)
    assert gate.positive_label_ == "yes"
    assert set(gate.predict(frame)) == {"yes", "no"}
    assert list(gate.feature_names_in_) == list("abcdef")


def test_threshold_is_where_the_inner_folds_put_it():
    plain = AugmentedClassifier(LogisticRegression(), amount=0).fit(X, y)
    tuned = AugmentedClassifier(LogisticRegression(), amount=0, threshold="f1", random_state=0).fit(
        X, y
    )
    above = tuned.predict_proba(X)[:, 1] >= tuned.threshold_
    np.testing.assert_array_equal(tuned.predict(X), above.astype(int))
    assert f"before the threshold was tuned, to {tuned.threshold_:.3g};" in tuned.report_
    assert f1_score(y, tuned.predict(X)) > f1_score(y, plain.predict(X))


def test_threshold_takes_any_score_of_labels_and_the_rarer_class_is_positive():
    flipped = 1 - y
    for recall in ("recall", make_scorer(recall_score, pos_label=0)):
        gate = AugmentedClassifier(LogisticRegression(), amount=0, threshold=recall)
        assert gate.fit(X, flipped).positive_label_ == 0
        assert recall_score(flipped, gate.predict(X), pos_label=0) > 0.95


def test_pos_label_is_what_scores_and_threshold_are_about():
    def fitted(labels, **params):
        return AugmentedClassifier(
            LogisticRegression(), SMOTE(), cv=2, threshold="recall", random_state=0, **params
        ).fit(X, labels)

    common = fitted(y, pos_label=0)
    assert common.positive_label_ == 0
    assert recall_score(y, common.predict(X), pos_label=0) > 0.95
    assert common.cv_results_["mean_test_score"][0] > 0.9
    rare, named = fitted(y), fitted(np.where(y == 1, "fraud", "ok"), pos_label="fraud")
    assert named.positive_label_ == "fraud"
    assert rare.cv_results_["mean_test_score"][0] < 0.9
    np.testing.assert_allclose(
        named.cv_results_["mean_test_score"], rare.cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize("named", ["f1", "average_precision", "neg_brier_score", "f1_macro"])
def test_a_named_score_is_about_the_rarer_class_whatever_it_is_called(named):
    scores = []
    for labels in (y, 1 - y, np.where(y == 1, "fraud", "ok")):
        gate = AugmentedClassifier(
            LogisticRegression(), Counting(offset=0), cv=2, scoring=named, random_state=0
        ).fit(X, labels)
        scores.append(gate.cv_results_["mean_test_score"][0])
    np.testing.assert_allclose(scores, scores[0])


def test_one_is_warned_once_of_few_rows_and_of_no_fold():
    few = np.concatenate([np.flatnonzero(y == 1)[:6], np.flatnonzero(y == 0)])
    gan = GANAugmenter(backend=TINY, max_steps=2, device="cpu")
    gate = AugmentedClassifier(LogisticRegression(), gan, cv=2, evidence=-100, random_state=0)
    with pytest.warns(FewRowsWarning) as warned:
        gate.fit(X[few], y[few])
    assert gate.n_trainings_ == 3
    assert sum("few rows" in str(one.message) for one in warned) == 1


def test_pipelines_need_no_weights_where_metadata_are_routed():
    learner = make_pipeline(StandardScaler(), LogisticRegression())
    with config_context(enable_metadata_routing=True):
        gate = AugmentedClassifier(learner, Counting(offset=0), amount="auto").fit(X, y)
    assert gate.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=0.03)


def test_learners_without_probabilities_are_tuned_on_their_decisions():
    gate = AugmentedClassifier(
        LinearSVC(), RandomOverSampler(), threshold="balanced_accuracy", random_state=0
    ).fit(X, y)
    above = gate.decision_function(X) >= gate.threshold_
    np.testing.assert_array_equal(gate.predict(X), above.astype(int))


@pytest.mark.parametrize(
    "learner",
    [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression()),
     KNeighborsClassifier(25)],
    ids=["weights", "weights in a pipeline", "no weights"],
)  # fmt: skip
def test_keep_prior_keeps_probabilities_calibrated(learner):
    def brier(**params):
        model = AugmentedClassifier(learner, RandomOverSampler(), random_state=0, **params)
        return brier_score_loss(y, model.fit(X, y).predict_proba(X)[:, 1])

    none = brier(amount=0)
    assert brier(amount="auto") < none + 0.01
    assert brier(amount="auto", keep_prior=False) > none + 0.02


def test_a_prior_that_cannot_be_kept_is_told_of():
    from sklearn.linear_model import Perceptron

    class Weightless(Perceptron):
        def fit(self, X, y):
            return super().fit(X, y)

    with pytest.warns(UserWarning, match="keep_prior=True cannot be kept with amount='auto'"):
        AugmentedClassifier(Weightless(), RandomOverSampler(), amount="auto").fit(X, y)
    gate = AugmentedClassifier(Weightless(), RandomOverSampler(), cv=2, random_state=0)
    with pytest.warns(UserWarning, match="'validate' does not try to grow the smaller classes"):
        gate.fit(X, y)
    assert gate.report_.startswith(
        "0 rows: nothing to choose among, with keep_prior=True and a learner that cannot keep it"
    )
    assert "with keep_prior" not in gate.set_params(keep_prior=False).fit(X, y).report_


def test_changed_probabilities_and_decisions_agree():
    model = AugmentedClassifier(LogisticRegression(), Counting(offset=0), random_state=0)
    model.fit(X, y)
    assert len(model.estimators_) > 2
    decisions = model.decision_function(X)
    np.testing.assert_array_equal(decisions > 0, model.predict(X) == 1)
    np.testing.assert_allclose(1 / (1 + np.exp(-decisions)), model.predict_proba(X)[:, 1])


def test_real_rows_weigh_two_thirds_in_the_mean_over_all_folds():
    model = AugmentedClassifier(
        LogisticRegression(), Counting(offset=0), evidence=-50.0, cv=3, random_state=0
    ).fit(X, y)
    each = np.array([member.predict_proba(X) for member in model.estimators_])
    by_fold = each.reshape(4, 5, *each.shape[1:]).mean(axis=0)
    expected = 2 / 3 * by_fold[0] + 1 / 3 * by_fold[1:].mean(axis=0)
    np.testing.assert_allclose(model.predict_proba(X), expected)


@pytest.mark.parametrize(("amount", "added"), [(0.5, 22), (1, 44), (1000, 212), ("auto", 212)])
def test_amounts_mean_what_they_say(amount, added):
    assert np.bincount(y).tolist() == [256, 44]
    model = AugmentedClassifier(LogisticRegression(), RandomOverSampler(), amount=amount)
    assert model.fit(X, y).n_synthetic_ == {0: 0, 1: added}


def test_a_dict_and_a_callable_are_sampling_strategies():
    for amount in ({1: 100}, lambda y: {1: 100}):
        model = AugmentedClassifier(LogisticRegression(), RandomOverSampler(), amount=amount)
        assert model.fit(X, y).n_synthetic_ == {0: 0, 1: 56}


def test_several_classes_are_judged_by_log_loss():
    flowers, kinds = load_iris(return_X_y=True)
    keep = np.r_[0:50, 50:70, 100:130]
    model = AugmentedClassifier(
        LogisticRegression(max_iter=1000), Counting(offset=0), cv=3, random_state=0
    ).fit(flowers[keep], kinds[keep])
    assert "log loss" in model.report_
    assert np.all(model.cv_results_["mean_test_score"] < 0)


def test_folds_follow_the_smallest_class():
    rows = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]]
    model = AugmentedClassifier(LogisticRegression(), Counting(offset=0), random_state=0)
    model.fit(X[rows], y[rows])
    assert "split2_test_score" in model.cv_results_
    assert "split3_test_score" not in model.cv_results_


def test_a_class_of_one_row_is_not_gated_and_says_so():
    rows = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:1]]
    with pytest.warns(UserWarning, match="class 1 has 1 row: no synthetic rows are added"):
        model = AugmentedClassifier(LogisticRegression(), Counting()).fit(X[rows], y[rows])
    assert model.amount_ == 0
    assert Counting.trainings == 0


def test_same_seed_same_result_and_warnings_are_not_repeated():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        models = [
            AugmentedClassifier(
                RandomForestClassifier(5), Counting(offset=0), cv=2, random_state=3
            ).fit(X, y)
            for _ in range(2)
        ]
    np.testing.assert_array_equal(models[0].predict_proba(X), models[1].predict_proba(X))


def test_the_rule_wants_more_than_a_standard_error_where_rows_are_plenty():
    none = np.full(5, 0.5)
    lucky = none + np.array([0.1, -0.08, 0.02, -0.03, 0.05])
    steady = none + np.array([0.03, 0.02, 0.03, 0.02, 0.04])
    plenty = evidence_asked(1000)
    assert plenty == 1
    assert choose(np.array([none]), plenty) == 0
    assert choose(np.array([none, lucky]), plenty) == 0
    assert choose(np.array([none, lucky, steady]), plenty) == 2
    assert choose(np.array([none, none]), plenty) == 0


def test_the_rule_gives_the_benefit_of_the_doubt_where_rows_are_few():
    none = np.full(5, 0.5)
    unclear = none + np.array([0.1, -0.12, 0.02, -0.05, 0.04])
    harmful = none - np.array([0.1, 0.12, 0.02, 0.05, 0.14])
    few = evidence_asked(10)
    assert few == -1
    assert evidence_asked(50) == 0
    assert choose(np.array([none, unclear]), few) == 1
    assert choose(np.array([none, harmful]), few) == 0
    assert choose(np.array([none, unclear]), 0) == 0


def test_the_evidence_can_be_prescribed():
    def fitted(evidence):
        model = AugmentedClassifier(
            LogisticRegression(), Counting(offset=0), evidence=evidence, cv=2, random_state=0
        )
        return model.fit(X, y)

    assert fitted(50).amount_ == 0
    assert fitted(-50).amount_ != 0
