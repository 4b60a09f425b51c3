"""Who wins, and from which threshold on."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import f1_score, get_scorer

from gan_augment.gate.rule import (
    bagged_threshold,
    choose,
    evidence_asked,
    f1_threshold,
    label_score,
    score_threshold,
    standard_errors,
)


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
    threshold = f1_threshold(y, outputs)
    every = [f1_score(y, outputs >= cut) for cut in np.linspace(0, 1, 101)]
    assert f1_score(y, outputs >= threshold) == max(every)
    assert threshold == pytest.approx(0.3)
    assert f1_threshold(np.array([True, True]), np.array([0.3, 0.6])) == 0.3


def test_threshold_of_any_score_of_labels():
    is_yes = np.array([False, False, True, True])
    outputs = np.array([0.1, 0.4, 0.6, 0.9])
    score, labels = label_score("accuracy", "no"), np.array(["no", "yes"])
    assert score_threshold(score, is_yes, outputs, labels) == pytest.approx(0.5)
    assert score_threshold(score, ~is_yes, -outputs, labels[::-1]) == pytest.approx(-0.5)
    many = np.sort(np.random.default_rng(0).random(5_000))
    assert score_threshold(score, many > 0.7, many, labels) == pytest.approx(0.7, abs=0.02)
    assert score_threshold(score, np.ones(3, dtype=bool), np.array([1.0, 2, 3]), labels) == 1


def test_threshold_is_the_mean_over_bootstrap_samples_of_each_class():
    seen = []

    def largest_negative(is_positive, outputs):
        assert np.bincount(is_positive).tolist() == [3, 2]
        seen.append(outputs[~is_positive].max())
        return seen[-1]

    is_positive = np.array([False, False, True, False, True])
    outputs = np.array([0.01, 0.2, 0.6, 0.5, 0.9])
    threshold = bagged_threshold(largest_negative, is_positive, outputs, 0)
    assert len(set(seen)) > 1
    odds = np.exp(np.mean([np.log(t / (1 - t)) for t in seen]))
    assert threshold == pytest.approx(odds / (1 + odds))
    assert bagged_threshold(largest_negative, is_positive, outputs, 0) == threshold
    seen.clear()
    threshold = bagged_threshold(largest_negative, is_positive, outputs * 10, 0)
    assert threshold == pytest.approx(np.mean(seen))
    certain = bagged_threshold(lambda *_: 0.0, is_positive, outputs, 0)
    assert 0 < certain < 1e-5


def test_scores_of_labels_keep_their_sign_and_settings():
    y, predicted = np.array([0, 1, 1]), np.array([0, 1, 0])
    assert label_score("accuracy", 0)(y, predicted) == pytest.approx(2 / 3)
    loss = get_scorer("neg_mean_absolute_error")
    assert label_score(loss, 0)(y, predicted) == pytest.approx(-1 / 3)
    assert label_score("f1_macro", 0)(y, predicted) == f1_score(y, predicted, average="macro")
    for refused in ("roc_auc", "neg_log_loss", lambda *a: 1.0):
        with pytest.raises(ValueError, match=r"does not score predicted labels.*balanced_accur"):
            label_score(refused, 0)
