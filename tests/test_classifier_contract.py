"""AugmentedClassifier is an ordinary classifier wherever scikit-learn wants one."""

import pickle

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import has_fit_parameter

from gan_augment import GANAugmenter, TabularGAN
from gan_augment.classifier import AugmentedClassifier

TINY = TabularGAN(generator_width=8, discriminator_width=8, depth=1, latent_dim=4, batch_size=32)
X, y = make_classification(120, 5, weights=[0.8], random_state=0)


def tiny_augmenter():
    return GANAugmenter(backend=TINY, max_steps=5, device="cpu")


def classifier(**params):
    given = {"augmenter": RandomOverSampler(), "cv": 3, "random_state": 0} | params
    return AugmentedClassifier(**{"estimator": LogisticRegression()} | given)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [
        classifier(),
        classifier(amount=1.0, augmenter=tiny_augmenter()),
        classifier(amount=0, hedge=False),
    ]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["check_classifiers_train", "check_estimators_nan_inf"])
def test_scikit_learn_contract_of_the_gated_gan(name):
    from sklearn.utils import estimator_checks

    getattr(estimator_checks, name)(
        "AugmentedClassifier", classifier(augmenter=tiny_augmenter(), cv=2)
    )


def test_parameters_of_all_its_parts_can_be_searched():
    model = AugmentedClassifier(LogisticRegression(), tiny_augmenter(), amount=1, random_state=0)
    grid = {"estimator__C": [0.1, 1], "augmenter__backend__batch_size": [16], "amount": [0, 1]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 4


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: make_pipeline(StandardScaler(), model),
        lambda model: StackingClassifier([("ours", model)], cv=2),
        lambda model: CalibratedClassifierCV(model, cv=2),
        lambda model: TunedThresholdClassifierCV(model, scoring="f1", cv=2),
    ],
    ids=["pipeline", "stacking", "calibration", "threshold"],
)
def test_it_works_inside_other_estimators(wrap):
    scores = cross_val_score(wrap(classifier()), X, y, cv=2, error_score="raise")
    assert scores.min() > 0.6


def test_clones_and_pickles_keep_their_predictions():
    model = classifier(augmenter=tiny_augmenter(), amount="auto").fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(clone(model).fit(X, y).predict_proba(X), model.predict_proba(X))


def test_methods_are_those_of_the_learner():
    assert not hasattr(AugmentedClassifier(KNeighborsClassifier()), "decision_function")
    assert hasattr(AugmentedClassifier(KNeighborsClassifier()), "predict_proba")


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    classifier(random_state=None).fit(X, y)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"amount": -1}, "amount"),
        ({"amount": "lots"}, "amount"),
        ({"amount": {"no such class": 5}}, "no such class"),
        ({"amount": {1: 2}}, "amount="),
        ({"threshold": "roc_auc"}, "does not score predicted labels"),
        ({"threshold": make_scorer(f1_score, pos_label=7)}, r"threshold=.*pos_label=1\)"),
        ({"scoring": make_scorer(f1_score, pos_label=7)}, r"scoring=.*pos_label=1\)"),
        ({"pos_label": "yes"}, r"pos_label='yes' is not a class of y, which has \[0, 1\]"),
        ({"scoring": lambda *_: 1 / 0}, "division by zero"),
        (
            {"scoring": lambda *_: {"f1": 1.0}},
            r"scoring=.*lambda.*returned {.f1.: 1.0}. Use",
        ),
        ({"scoring": lambda *_: None}, "scoring=.*returned None"),
        ({"estimator": LinearRegression()}, r"estimator=LinearRegression\(\) is a regressor"),
        ({"augmenter": StandardScaler()}, "augmenter"),
        ({"augmenter": RandomUnderSampler()}, r"augmenter=RandomUnder.*removes rows. Use an over"),
        ({"augmenter": make_sampling_pipeline(StandardScaler(), SMOTE())}, "is a Pipeline, whose"),
        ({"cv": LeaveOneOut()}, "test fold without the class 1, whose average precision"),
        ({"cv": []}, r"cv=\[\] gives no folds"),
        ({"cv": iter([]), "threshold": "f1", "amount": 1}, r"cv=\[\] gives no folds"),
        ({"cv": [(np.arange(99), np.arange(99, 130))]}, "row 129, and X has 120 rows: ready folds"),
        ({"cv": GroupKFold(2)}, r"cv=GroupKFold.*needs groups.*finds the groups in X"),
        ({"cv": [(np.arange(20)[y[:20] == 0], np.arange(20, 40))]}, "without the class 1"),
    ],
)
def test_mistakes_are_named_before_any_training(params, message):
    class Untouchable(RandomOverSampler):
        def fit_resample(self, X, y):
            raise AssertionError("trained")

    given = {"augmenter": Untouchable()} | params
    with pytest.raises((ValueError, TypeError, ZeroDivisionError), match=message):
        classifier(**given).fit(X, y)


def test_threshold_wants_two_classes():
    three = np.repeat([0, 1, 2], 40)
    with pytest.raises(ValueError, match="3 classes"):
        classifier(threshold="f1").fit(X, three)
    with pytest.raises(ValueError, match="pos_label=1 is for two classes, and y has 3"):
        classifier(pos_label=1).fit(X, three)


def test_an_iterator_of_folds_serves_every_fit():
    folds = KFold(3, shuffle=True, random_state=0).split(X)
    model = classifier(cv=folds).fit(X, y)
    first = model.report_
    assert "in 3 folds" in first
    assert model.fit(X, y).report_ == first
    assert clone(model).fit(X, y).report_ == first


class ByLastColumn:
    """Folds by groups that are a column."""

    def split(self, X, y=None, groups=None):
        return GroupKFold(3).split(X, y, X[:, -1])

    def get_n_splits(self, X=None, y=None, groups=None):
        return 3


def test_a_splitter_finds_groups_in_the_rows_within_an_outer_cross_validation():
    grouped = np.column_stack([X, np.arange(120) // 4])
    model = classifier(cv=ByLastColumn())
    scores = cross_val_score(model, grouped, y, cv=2, error_score="raise")
    assert scores.min() > 0.6
    assert "in 3 folds" in model.fit(grouped, y).report_


def test_scores_of_labels_need_no_class_in_every_fold():
    few = np.r_[:30]
    model = classifier(cv=LeaveOneOut(), scoring="accuracy", hedge=False).fit(X[few], y[few])
    assert "in 30 folds" in model.report_
    tuned = classifier(cv=LeaveOneOut(), scoring="accuracy", amount=1, threshold="f1")
    assert 0 < tuned.fit(X[few], y[few]).threshold_ < 1


def test_augmenters_that_cannot_do_with_a_fold_are_named():
    few = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:6]]
    model = classifier(augmenter=SMOTE())
    with pytest.raises(ValueError, match=r"augmenter=SMOTE\(\) cannot add.*{1: 4} rows: Expected"):
        model.fit(X[few], y[few])
    assert model.set_params(amount=1).fit(X[few], y[few]).n_synthetic_[1] == 6


def test_sample_weights_are_refused_with_the_remedy():
    model = classifier()
    assert not has_fit_parameter(model, "sample_weight")
    with pytest.raises(TypeError, match=r"and no sample_weight: .*class_weight of estimator"):
        model.fit(X, y, sample_weight=np.ones(120))
    with pytest.raises(TypeError, match="takes X and y, and no sample_weight"):
        make_pipeline(model).fit(X, y, augmentedclassifier__sample_weight=np.ones(120))
