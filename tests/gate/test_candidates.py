"""What the gate may add."""

import numpy as np
import pytest
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from made_problems import CLASSES, COUNTS, Y, recipes_of
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gan_augment.gate.candidates import (
    Candidate,
    Recipe,
    fixed_recipe,
    gate_candidates,
    no_rows,
    prior_factors,
    rows_of,
    weight_parameter,
)
from gan_augment.gate.supply import Pool


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
    assert str(Recipe(1.0, ratios + 1, grow="every class")).startswith(
        "1 synthetic rows per real one of every class (all"
    )
    assert str(Recipe(9.0, ratios)).startswith(
        "9 synthetic rows per real one of the smaller classes, none grown beyond the largest (all"
    )
    assert str(Recipe({0: 400}, ratios[::-1])) == (
        "synthetic rows by amount={0: 400} (all rows, prior moved)"
    )
    pair = Candidate((no_rows(np.array([5, 5])), Recipe(2, ratios)))
    assert str(pair).startswith("a mean of 2 kinds of models, with 0 rows; 2 synthetic")


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


def test_real_rows_weigh_two_thirds_of_a_mean():
    none, some = no_rows(COUNTS), Recipe(1.0, np.ones(3))
    assert_allclose(Candidate((none, some, some, some)).weights, [2 / 3, 1 / 9, 1 / 9, 1 / 9])
    assert Candidate((some,)).weights.tolist() == [1]


def test_a_step_that_resamples_takes_no_weights():
    resampling = make_resampling_pipeline(RandomUnderSampler(), LogisticRegression())
    assert weight_parameter(resampling) is None
