"""Which rows the gate takes, and where it gets them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from made_problems import NoMemory, Numbered, Resampler
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gan_augment.gate.rows import _is_consistent, _margins, orders
from gan_augment.gate.supply import Pool, append_rows, draw_pool, draws_any_class, seeded


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
    with pytest.raises(ValueError, match=r"returned 2 rows for 4.*removes, reorders or changes"):
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
