from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from gan_augment.benchmark import statistics as st


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    base = rng.random(20)
    return pd.DataFrame({"none": base, "good": base + 0.1, "noise": base + rng.normal(0, 0.1, 20)})


def test_the_best_method_ranks_first_and_its_difference_is_significant(scores):
    table = st.rank_table(scores, against="none")
    assert table.index[0] == "good"
    assert table.loc["good", ["wins", "ties", "losses"]].tolist() == [20, 0, 0]
    assert table.loc["good", "mean"] == pytest.approx(0.1)
    assert table.loc["good", "p_holm"] < 0.01
    assert table.loc["noise", "p_holm"] > 0.05
    assert np.isnan(table.loc["none", "p_holm"])
    assert table["mean_rank"].sum() == pytest.approx(6)


def test_low_scores_can_be_good(scores):
    table = st.rank_table(1 - scores, against="none", lower_is_better=True)
    assert table.index[0] == "good"
    assert table.loc["good", "worst"] == pytest.approx(0.1)


def test_a_failure_ranks_last_and_is_left_out_of_differences(scores):
    scores.loc[:4, "good"] = np.nan
    table = st.rank_table(scores, against="none")
    assert table.loc["good", "wins"] == 15
    assert st.block_ranks(scores).loc[0, "good"] == 3


def test_holm_is_the_step_down_correction():
    corrected = st.holm(pd.Series({"a": 0.01, "b": 0.04, "c": 0.03, "d": np.nan}))
    assert corrected.drop("d").to_dict() == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    assert np.isnan(corrected["d"])


def test_critical_differences_are_those_of_demsars_table():
    # J. Demsar, Statistical Comparisons of Classifiers over Multiple Data Sets, 2006, section 3.2.2
    assert st.critical_difference(14, 4) == pytest.approx(1.25, abs=0.01)
    assert st.critical_difference(14, 2) == pytest.approx(1.960 * np.sqrt(6 / (6 * 14)), abs=1e-3)


def test_nemenyi_agrees_with_its_critical_difference():
    at_the_border = pd.Series([st.critical_difference(14, 4)])
    assert st.nemenyi(at_the_border, 14, 4)[0] == pytest.approx(0.05, abs=1e-6)


def test_friedman_agrees_with_scipy(scores):
    assert st.friedman(scores) == pytest.approx(stats.friedmanchisquare(*scores.T.values).pvalue)
    assert st.friedman(scores.assign(good=scores["none"], noise=scores["none"])) == 1.0
    assert np.isnan(st.friedman(scores[["none", "good"]]))


def test_equal_scores_give_a_p_value_of_one():
    assert st.wilcoxon(np.zeros(5)) == st.wilcoxon(np.ones(1)) == 1.0
    assert np.isnan(st.wilcoxon(np.array([np.nan])))
    assert st.wilcoxon(np.arange(1.0, 6.0)) == 2 / 2**5  # all signs tried, where they are few
    assert st.wilcoxon(np.arange(1.0, 31.0)) < 1e-5


def test_the_corrected_interval_is_wider_than_the_naive_one():
    differences = np.array([0.01, 0.03, 0.02, 0.05, 0.0])
    low, high = st.resampled_interval(differences, test_share=0.25)
    naive = stats.t.interval(0.95, 4, differences.mean(), stats.sem(differences))
    assert low < naive[0]
    assert high > naive[1]
    assert st.resampled_interval(differences, test_share=0.0) == pytest.approx(naive)
    assert np.isnan(st.resampled_interval(differences[:1], 0.25)).all()
