"""The gate's arithmetic: what it may add, which rows it takes, and who wins."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, get_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from gan_augment import AugmentedClassifier
from gan_augment.gate.candidates import (
    Candidate,
    Recipe,
    fixed_recipe,
    gate_candidates,
    gate_recipes,
    no_rows,
    prior_factors,
    rows_of,
    weight_parameter,
)
from gan_augment.gate.folds import FoldScores, Problem, fit_candidates, score_folds, score_name
from gan_augment.gate.model import FittedCandidate, aligned_probabilities
from gan_augment.gate.outcome import check_data, decide, tune_threshold
from gan_augment.gate.plan import make_candidates, make_problem, make_splits
from gan_augment.gate.rows import _is_consistent, _margins, orders
from gan_augment.gate.rule import (
    best_f1_threshold,
    best_threshold,
    choose,
    evidence_asked,
    label_score,
    standard_errors,
)
from gan_augment.gate.supply import Pool, append_rows, draw_pool, draws_any_class, seeded

COUNTS = np.array([100, 40, 5])
Y = np.repeat(["a", "b", "c"], COUNTS)
CLASSES = np.array(["a", "b", "c"])


class NoMemory:
    def cache(self, function):
        return function


class Numbered(BaseEstimator):
    """Rows that tell their place; learns all classes unless told otherwise."""

    def __init__(self, sampling_strategy="auto", random_state=None):
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit(self, X, y):
        self.n_rows_ = len(y)
        return self

    def sample(self, *, y):
        return np.column_stack([np.arange(len(y)), np.full(len(y), 7.0)])


class Resampler(BaseEstimator):
    """Appends as many rows as asked for; knows no `sample`."""

    def __init__(self, sampling_strategy="auto", drop=0):
        self.sampling_strategy = sampling_strategy
        self.drop = drop

    def fit_resample(self, X, y):
        missing = {k: n - int(np.sum(y == k)) for k, n in self.sampling_strategy.items()}
        labels = np.repeat(list(missing), list(missing.values()))
        new = np.full((len(labels), X.shape[1]), 7.0)
        both = np.concatenate([X, new]), np.concatenate([y, labels])
        return tuple(part[self.drop :] for part in both)


def problem_of(estimator=None, classes=(0, 1), positive=1, scorer=None, augmenter=None):
    estimator = GaussianNB() if estimator is None else estimator
    augmenter = Numbered() if augmenter is None else augmenter
    return Problem(estimator, augmenter, np.array(classes), positive, scorer, NoMemory())


def recipes_of(counts=COUNTS, **options):
    given = {
        "whole_set": True,
        "rules": ["all", "border"],
        "priors": ["weighted", "corrected"],
        "amounts": [1.0, "auto"],
    }
    return gate_recipes(np.array(counts), **given | options)


def test_gate_tries_none_first_and_then_from_few_rows_to_many():
    recipes = recipes_of()
    assert not recipes[0].adds
    assert recipes[0].prior == "kept"
    wanted = [recipe.wanted(COUNTS).tolist() for recipe in recipes]
    sums = [sum(rows) for rows in wanted]
    assert sums == sorted(sums)
    assert [0, 40, 5] in wanted  # one per real row
    assert [0, 60, 40] in wanted  # filled, but with eight per real row at most
    assert [100, 40, 5] in wanted  # every class
    told = [(r.amount, r.rows, r.grow, r.prior) for r in recipes if r.adds]
    assert (1.0, "all", "every class", "moved") in told
    assert ("auto", "border", "minority", "weighted") in told
    assert ("auto", "border", "minority", "corrected") not in told
    assert len(told) == len(set(told)) == 6


def test_gate_does_not_try_the_same_thing_twice():
    balanced = recipes_of([20, 20, 20])
    assert [recipe.wanted(np.array([20, 20, 20])).tolist() for recipe in balanced] == [
        [0, 0, 0],
        [20, 20, 20],
    ]
    assert len(recipes_of([20, 20, 20], whole_set=False)) == 1
    half = recipes_of([20, 15], whole_set=False, rules=["all"], priors=["moved"])
    assert [recipe.wanted(np.array([20, 15])).tolist() for recipe in half] == [[0, 0], [0, 5]]


def test_candidates_are_none_and_the_mean_of_all_or_each_by_itself():
    recipes = recipes_of()
    assert [len(c.recipes) for c in gate_candidates(recipes, hedge=True)] == [1, len(recipes)]
    assert [len(c.recipes) for c in gate_candidates(recipes, hedge=False)] == [1] * len(recipes)
    assert len(gate_candidates(recipes[:1], hedge=True)) == 1
    none, mean = gate_candidates(recipes, hedge=True)
    assert (none.adds, mean.adds) == (False, True)
    assert mean.amount == recipes[-1].amount
    assert_array_equal(mean.wanted(COUNTS), sum(recipe.wanted(COUNTS) for recipe in recipes))
    assert none.params == {"amount": 0.0, "rows": "all", "grow": "minority", "prior": "kept"}
    assert mean.params["rows"] == tuple(recipe.rows for recipe in recipes)


def test_candidates_say_what_they_are():
    ratios = np.array([0.0, 1.0])
    assert str(no_rows(np.array([5, 5]))) == "0 rows"
    assert str(Recipe(1.0, ratios, "border", prior="weighted")) == (
        "1 synthetic rows per real one of the smaller classes (border rows, prior weighted)"
    )
    assert str(Recipe("auto", ratios, grow="every class")) == (
        "synthetic rows for every class by amount='auto' (all rows, prior moved)"
    )
    pair = Candidate((no_rows(np.array([5, 5])), Recipe(2, ratios)))
    assert str(pair).startswith("the mean of 2 models, with 0 rows; 2 synthetic rows per real one")


@pytest.mark.parametrize(
    ("amount", "added"),
    [
        (0, [0, 0, 0]),
        (0.5, [0, 20, 2]),
        (1, [0, 40, 5]),
        (100, [0, 60, 95]),
        ("auto", [0, 60, 95]),
        ("minority", [0, 0, 95]),
        ({"c": 30}, [0, 0, 25]),
        (lambda y: {"b": 41}, [0, 1, 0]),
    ],
)
def test_prescribed_amounts(amount, added):
    recipe = fixed_recipe(amount, Y, CLASSES, "all", "weighted")
    assert_array_equal(recipe.wanted(COUNTS), added)
    assert (recipe.rows, recipe.prior, recipe.amount) == ("all", "weighted", amount)
    assert recipe.adds == any(added)


def test_impossible_amounts_are_told():
    with pytest.raises(ValueError, match=r"names the class 'd'.*\['a', 'b', 'c'\]"):
        fixed_recipe({"d": 9}, Y, CLASSES, "all", "moved")
    with pytest.raises(ValueError, match=r"impossible for the class sizes \{'a': 100, 'b': 40"):
        fixed_recipe({"a": 9}, Y, CLASSES, "all", "moved")


def test_recipes_that_are_averaged_take_different_rows():
    pool = Pool(np.arange(12), np.repeat([0, 1], 6), None)
    recipe = Recipe(1.0, np.array([0.0, 1.0]))
    order = np.arange(12)[::-1]
    counts = np.array([9, 4])
    assert_array_equal(rows_of(recipe, pool, counts, order, 0), [11, 10, 9, 8])
    assert_array_equal(rows_of(recipe, pool, counts, order, 4), [7, 6, 11, 10])
    assert_array_equal(rows_of(recipe, pool, counts, order, 13), [10, 9, 8, 7])
    # A rule may have left no row of a class, or fewer than are wanted.
    assert_array_equal(rows_of(recipe, pool, counts, np.array([7, 3]), 1), [7])
    assert_array_equal(rows_of(recipe, pool, counts, np.array([3]), 1), [])
    assert_array_equal(pool.take(np.array([2, 5])), [2, 5])


def test_prior_is_kept_by_what_classes_have_grown_by():
    assert_allclose(prior_factors(np.repeat([0, 1], [10, 10]), np.array([10, 4])), [1, 0.4])


def test_weights_find_their_way_into_pipelines():
    assert weight_parameter(LogisticRegression()) == "sample_weight"
    assert weight_parameter(KNeighborsClassifier()) is None
    assert weight_parameter(make_pipeline(StandardScaler(), GaussianNB())) == (
        "gaussiannb__sample_weight"
    )
    assert weight_parameter(make_pipeline(StandardScaler(), KNeighborsClassifier())) is None
    assert weight_parameter(make_pipeline(StandardScaler(), "passthrough")) is None
    nested = make_pipeline(StandardScaler(), make_pipeline(GaussianNB()))
    assert weight_parameter(nested) == "pipeline__gaussiannb__sample_weight"


def test_differences_are_paired_and_their_errors_shared():
    scores = np.array([[0.5, 0.6, 0.7], [0.6, 0.7, 0.8], [0.5, 0.8, 0.6]])
    means, errors = standard_errors(scores)
    assert_allclose(means, [0, 0.1, 1 / 30])
    variances = np.array([0.0, np.var([0, 0.2, -0.1], ddof=1)])
    assert_allclose(errors, [0, *np.sqrt((variances + variances.mean()) / 2 / 3)], atol=1e-12)
    for alone in (scores[:1], scores[:, :1]):
        assert_array_equal(standard_errors(alone)[1], np.zeros(len(alone)))


def test_winner_is_better_than_none_beyond_noise():
    none = np.full(4, 0.5)
    sure = np.array([0.6, 0.6, 0.6, 0.61])
    shaky = np.array([1.4, -0.1, 1.4, -0.1])
    assert choose(np.array([none, shaky, none + 0.01]), 1.0) == 0
    assert choose(np.array([none, sure]), 1.0) == 1
    assert choose(np.array([none, none + 0.1, none + 0.2]), 1.0) == 2
    assert choose(np.array([none, none - 0.1]), 1.0) == 0
    assert choose(np.array([none, none]), 1.0) == 0
    worse = np.array([0.6, 0.3, 0.6, 0.3])
    assert choose(np.array([none, worse]), -1.0) == 1
    assert choose(np.array([none]), 1.0) == 0


@pytest.mark.parametrize(
    ("n", "evidence"), [(2, -1), (25, -1), (50, 0), (100, 1), (10_000, 1), (71, 0.506)]
)
def test_evidence_grows_with_the_rarest_class(n, evidence):
    assert evidence_asked(n) == pytest.approx(evidence, abs=1e-3)


def test_threshold_of_f1_is_half_way_to_the_next_output():
    y = np.array([False, False, True, False, True, True])
    outputs = np.array([0.1, 0.2, 0.4, 0.5, 0.7, 0.9])
    threshold = best_f1_threshold(y, outputs)
    every = [f1_score(y, outputs >= cut) for cut in np.linspace(0, 1, 101)]
    assert f1_score(y, outputs >= threshold) == max(every)
    assert threshold == pytest.approx(0.3)
    assert best_f1_threshold(np.array([True, True]), np.array([0.3, 0.6])) == 0.3


def test_threshold_of_any_score_of_labels():
    y = np.array(["no", "no", "yes", "yes"])
    outputs = np.array([0.1, 0.4, 0.6, 0.9])
    score = label_score("accuracy")
    assert best_threshold(score, y, outputs, "yes", "no") == pytest.approx(0.5)
    flipped = best_threshold(score, y, -outputs, "no", "yes")
    assert flipped == pytest.approx(-0.5)
    rng = np.random.default_rng(0)
    many = np.sort(rng.random(5_000))
    labels = (many > 0.7).astype(int)
    assert best_threshold(score, labels, many, 1, 0) == pytest.approx(0.7, abs=0.01)
    assert best_threshold(score, np.ones(3, dtype=int), np.array([1.0, 2, 3]), 1, 0) == 1


def test_scores_of_labels_keep_their_sign_and_settings():
    y, predicted = np.array([0, 1, 1]), np.array([0, 1, 0])
    assert label_score("accuracy")(y, predicted) == pytest.approx(2 / 3)
    loss = get_scorer("neg_mean_absolute_error")
    assert label_score(loss)(y, predicted) == pytest.approx(-1 / 3)
    assert label_score("f1_macro")(y, predicted) == f1_score(y, predicted, average="macro")
    for refused in ("roc_auc", "neg_log_loss", lambda *a: 1.0):
        with pytest.raises(ValueError, match=r"does not score predicted labels.*balanced_accur"):
            label_score(refused)


def test_consistent_rows_are_believed_more_than_a_fifth_of_the_real_ones():
    real = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6]])
    codes = np.array([0, 0, 0, 1, 1])
    cuts = [np.quantile([0.9, 0.5, 0.7], 0.2), np.quantile([0.8, 0.6], 0.2)]
    own = np.array([cuts[0] - 0.01, cuts[0] + 0.01, cuts[1] - 0.01, cuts[1] + 0.01])
    drawn = np.array([0, 0, 1, 1])
    synthetic = np.where(np.eye(2)[drawn] == 1, own[:, None], 1 - own[:, None])
    assert _is_consistent(real, synthetic, codes, drawn).tolist() == [False, True, False, True]


def test_margins_are_those_under_equal_shares():
    codes = np.repeat([0, 1, 2], [8, 1, 1])
    synthetic = np.array([[0.8, 0.1, 0.1], [0.4, 0.5, 0.1], [0.0, 0.0, 0.0]])
    drawn = np.array([0, 1, 2])
    equal = np.array([0.4 / 8, 0.5, 0.1]) / (0.4 / 8 + 0.6)
    assert_allclose(_margins(synthetic, codes, drawn), [0, equal[1] - equal[2], 0])


def test_orders_judge_by_rows_that_were_held_out():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 30])
    X = rng.normal(size=(90, 1)) + 4 * y[:, None]
    new = np.array([[4.0], [-3.0], [2.0], [4.2], [60.0], [5.0]])
    pool = Pool(new, np.ones(6, dtype=int), None)
    rules = ("all", "consistent", "border", "realistic")
    found = orders(rules, GaussianNB(), X, y, np.array([0, 1]), pool, 0)
    assert set(found) == set(rules)
    assert_array_equal(found["all"], np.arange(6))
    assert 1 not in found["consistent"]
    assert {0, 3} <= set(found["consistent"].tolist())
    assert found["border"][0] == 2
    assert sorted(found["border"]) == sorted(found["realistic"]) == list(range(6))
    again = orders(["realistic"], GaussianNB(), X, y, np.array([0, 1]), pool, 0)
    assert_array_equal(again["realistic"], found["realistic"])
    few = orders(rules[1:3], GaussianNB(), X[-31:], y[-31:], np.array([0, 1]), pool, 0)
    assert set(few) == {"consistent", "border"}
    assert_array_equal([*few["border"], *few["consistent"]], [*np.arange(6), *np.arange(6)])


def test_realistic_rows_come_early():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 1)), np.ones(400, dtype=int)
    new = np.r_[rng.normal(size=(200, 1)), 30 + rng.normal(size=(200, 1))]
    pool = Pool(new, np.ones(400, dtype=int), None)
    order = orders(["realistic"], GaussianNB(), X, y, np.array([0, 1]), pool, 0)["realistic"]
    assert (order[:150] < 200).mean() > 0.9
    # A real row's weight has a bound, and so has an odd one's: none is shut out.
    assert (order[:150] >= 200).any() or (order[-60:] >= 200).mean() > 0.9


def test_pool_has_what_is_wanted_of_each_class():
    X, y, classes = np.arange(8.0).reshape(4, 2), np.array(["p", "p", "p", "q"]), ["p", "q"]
    pool = draw_pool(Numbered(), X, y, np.array(classes), np.array([2, 3]), 0, NoMemory())
    assert_array_equal(pool.codes, [0, 0, 1, 1, 1])
    assert_array_equal(pool.X[:, 0], np.arange(5))
    assert pool.augmenter.sampling_strategy == "not majority"
    assert pool.augmenter.random_state is not None
    other = draw_pool(Resampler(), X, y, np.array(classes), np.array([0, 3]), 0, NoMemory())
    assert_array_equal(other.codes, [1, 1, 1])
    assert_array_equal(other.X, np.full((3, 2), 7.0))
    assert other.augmenter.sampling_strategy == {"q": 4}
    with pytest.raises(ValueError, match=r"returned 2 rows for 4: it removes real rows"):
        draw_pool(Resampler(drop=3), X, y, np.array(classes), np.array([0, 1]), 0, NoMemory())


def test_who_learns_all_classes_can_be_asked_for_any():
    from gan_augment import GANAugmenter

    assert draws_any_class(GANAugmenter())
    assert not draws_any_class(GANAugmenter(train_on="minority"))
    assert draws_any_class(Numbered())
    assert not draws_any_class(Resampler())


@pytest.mark.parametrize(
    "kind", [np.asarray, pd.DataFrame, pl.DataFrame, sp.csr_array, lambda rows: rows.tolist()]
)
def test_rows_are_appended_in_their_container(kind):
    first, second = np.arange(6.0).reshape(3, 2), np.full((2, 2), 9.0)
    both = append_rows(kind(first), kind(second))
    if not isinstance(kind(first), list):
        assert type(both) is type(kind(first))
    dense = both.toarray() if sp.issparse(both) else np.asarray(both)
    assert_array_equal(dense, np.r_[first, second])
    if isinstance(both, pd.DataFrame):
        assert both.index.tolist() == [0, 1, 2, 3, 4]


def test_seeds_reach_what_has_none_and_leave_what_has_one():
    made = seeded(make_pipeline(StandardScaler(), LogisticRegression()), 3)
    assert made[-1].random_state is not None
    assert made[-1].random_state == seeded(make_pipeline(LogisticRegression()), 3)[-1].random_state
    assert made[-1].random_state != seeded(LogisticRegression(), 4).random_state
    assert seeded(LogisticRegression(random_state=5), 3).random_state == 5
    assert seeded(GaussianNB(), 3).get_params() == GaussianNB().get_params()


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
    model = FittedCandidate(members, np.array(["a", "b"]), np.zeros(2))
    assert_allclose(model.predict_proba([0, 0]), [[0.5, 0.5]] * 2)
    assert model.estimator is members[-1][0]
    assert not model.as_it_is
    assert model.predict([0]).tolist() == ["a"]
    assert model.classes_.tolist() == ["a", "b"]
    assert_allclose(model.scores_of([0], 0), [0.5])
    alone = FittedCandidate(members[:1], np.array(["a", "b"]), np.zeros(2))
    assert_allclose(alone.predict_proba([0]), [[0.8, 0.2]])
    assert not alone.as_it_is
    plain = FittedCandidate(members[1:], np.array(["a", "b"]), np.zeros(2))
    assert plain.as_it_is
    assert plain.predict([0]).tolist() == ["b"]
    assert not hasattr(plain, "decision_function")


def test_class_that_a_model_never_saw_has_no_probability():
    model = Fixed([0.3, 0.7], ["a", "c"])
    aligned = aligned_probabilities(model, [0], CLASSES)
    assert_allclose(aligned, [[0.3, 0, 0.7]])
    candidate = FittedCandidate([(model, None)], CLASSES, np.zeros(3))
    assert_allclose(candidate.predict_proba([0]), [[0.3, 0, 0.7]])


def test_decisions_of_changed_probabilities_are_log_odds():
    X = np.array([[0.0], [1.0], [3.0], [4.0]])
    learner = LogisticRegression().fit(X, [0, 0, 1, 1])
    changed = FittedCandidate([(learner, np.array([1.0, 0.5]))], np.array([0, 1]), np.zeros(2))
    p = changed.predict_proba(X)
    assert_allclose(changed.decision_function(X), np.log(p[:, 1] / p[:, 0]))
    plain = FittedCandidate([(learner, None)], np.array([0, 1]), np.zeros(2))
    assert_allclose(plain.decision_function(X), learner.decision_function(X))
    three = LogisticRegression().fit(X, [0, 1, 2, 2])
    many = FittedCandidate([(three, np.ones(3))], np.arange(3), np.zeros(3))
    assert_allclose(many.decision_function(X), np.log(many.predict_proba(X)))
    svm = FittedCandidate([(LinearSVC().fit(X, [0, 0, 1, 1]), None)], np.arange(2), np.zeros(2))
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
    return make_splits(gate, y, problem, make_candidates(gate, problem, y), 0)


def test_inner_folds_are_as_many_as_the_smallest_class_allows():
    y = np.repeat([0, 1], [20, 3])
    assert len(splits_of(y)) == 3
    assert len(splits_of(y, cv=2)) == 2
    assert len(splits_of(y, cv=None)) == 3
    assert len(splits_of(np.repeat([0, 1], 20))) == 5
    assert len(splits_of(np.repeat([0, 1], 20), cv=7)) == 7
    assert splits_of(y, amount=1) == []
    assert len(splits_of(y, amount=1, threshold="f1")) == 3
    own = [(np.arange(10), np.arange(10, 23))]
    assert len(splits_of(y, cv=own)) == 1
    for train, test in splits_of(y):
        assert sorted([*train, *test]) == list(range(23))
        assert (y[test] == 1).sum() == 1
    with pytest.raises(ValueError, match=r"threshold='f1' cannot be tuned by cv=5.*has 1 row"):
        splits_of(np.repeat([0, 1], [9, 1]), amount=1, threshold="f1")


def scored(score, f1=0.5, accuracy=0.75, test=(), outputs=None):
    return FoldScores(score, f1, accuracy, np.array(test, dtype=int), outputs)


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
    assert "kept within 0.5" in decide(candidates, worse[:1], "log loss", -0.5)[2]
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
    assert tune_threshold("f1", problem_of(), folds, y) == pytest.approx(0.55)
    assert tune_threshold("accuracy", problem_of(), folds, y) == pytest.approx(0.55)
    flipped = [scored(0, test=f.test, outputs=1 - f.outputs) for f in folds]
    rare = problem_of(positive=0)
    assert tune_threshold("balanced_accuracy", rare, flipped, y) == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1], [2]], None, "requires y to be passed"),
        ([1, 2], [0, 1], r"Expected 2D array, got an X of shape \(2,\)"),
        (np.ones((2, 0)), [0, 1], r"0 feature\(s\) \(shape=\(2, 0\)\)"),
        ([[1], [2]], [0, 1, 1], "inconsistent numbers of samples"),
        ([[1], [2]], [0.5, 1.7], "continuous"),
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
