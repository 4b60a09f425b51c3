from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from gan_augment import GANAugmenter
from gan_augment.evaluation import quality_report
from gan_augment.evaluation.privacy import exact_copies


def test_fresh_real_rows_pass_on_all_aspects(fresh_report):
    assert set(fresh_report.verdicts) == {
        "fidelity",
        "utility",
        "condition",
        "coverage",
        "privacy",
    }
    assert set(fresh_report.verdicts.values()) == {"good"}, fresh_report.summary()


def test_copies_of_training_rows_are_called_out(copies_report):
    scores = copies_report.scores
    assert copies_report.verdicts["privacy"] == "poor"
    assert scores["privacy_copies"] == 1.0
    assert scores["privacy_distance_ratio"] < 0.01
    assert scores["privacy_attack_auc"] > 0.9
    privacy = copies_report.summary().splitlines()[-1]
    assert "100.0% of the synthetic rows are exact copies" in privacy
    assert "0.00 times as far" in privacy


def test_a_holdout_of_training_rows_is_noticed(thirds, report_of):
    report = report_of(*thirds["fresh"], holdout=thirds["train"][0], y_holdout=thirds["train"][1])
    assert report.verdicts["privacy"] == "check"
    assert "is the holdout one?" in report.summary()
    assert "nan times" not in report.summary()
    assert report.summary() in repr(report)


def test_zeros_of_either_sign_are_the_same_value():
    rows = pd.DataFrame({"a": [0.0, -0.0, 1.0]})
    assert exact_copies(rows[:1], rows[1:]) == 1


def test_resampled_training_rows_are_called_out(thirds, report_of):
    rows = np.random.default_rng(0).integers(len(thirds["train"][0]), size=284)
    report = report_of(*(part.iloc[rows] for part in thirds["train"]))
    assert report.verdicts["privacy"] == "poor"
    assert report.scores["privacy_attack_auc"] > 0.7


def test_columns_shuffled_apart_are_called_out_by_pairs_and_detection(shuffled_report):
    scores = shuffled_report.scores
    assert scores["fidelity_column_error"] == pytest.approx(0.0, abs=1e-9)
    assert scores["fidelity_pair_error"] > 3 * scores["fidelity_pair_error_fresh"]
    assert scores["detection_auc_hist_gradient_boosting"] > 0.9
    assert shuffled_report.verdicts["fidelity"] == "poor"
    fidelity = shuffled_report.summary().splitlines()[0]
    assert "'mean radius'" in fidelity
    assert "most of all by" in fidelity


def test_rows_of_the_wrong_class_are_called_out_by_condition_and_utility(thirds, report_of):
    rows, y = thirds["fresh"]
    swapped = y.map({"malignant": "benign", "benign": "malignant"})
    report = report_of(rows, swapped)
    assert report.verdicts["condition"] == "poor"
    assert report.verdicts["utility"] == "poor"
    assert report.scores["condition_malignant_synthetic"] < 0.2
    assert report.scores["condition_malignant_real"] > 0.8


def test_labels_at_random_are_called_out_by_condition_in_few_rows():
    rng = np.random.default_rng(2)
    X = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
    y = np.where(X["a"] + rng.normal(0, 0.5, 300) > 1.2, "fraud", "no")
    real, fresh = slice(150), slice(150, None)
    options = {"y_real": y[real], "random_state": 0, "verbose": 0}
    shuffled = quality_report(X[real], X[fresh], y_synthetic=rng.permutation(y[fresh]), **options)
    assert shuffled.verdicts["condition"] == "poor"
    true = quality_report(X[real], X[fresh], y_synthetic=y[fresh], **options)
    assert true.verdicts["condition"] == "good"


def test_one_mode_is_called_out_by_coverage(thirds, report_of):
    rows, y = thirds["fresh"]
    near = rows.index[(rows["mean radius"] - 12).abs().argsort()[:40]]
    report = report_of(rows.loc[near], y.loc[near])
    assert report.verdicts["coverage"] != "good"
    assert report.scores["coverage_recall"] < report.scores["coverage_recall_fresh"]


def test_a_column_that_is_off_is_named(thirds, report_of):
    rows, y = thirds["fresh"]
    report = report_of(rows.assign(**{"mean texture": rows["mean texture"] * 2}), y)
    assert "worst 'mean texture'" in report.summary()
    assert "most of all by 'mean texture'" in report.summary()
    assert report.verdicts["fidelity"] == "poor"


def test_a_lost_rare_level_is_found(thirds, report_of):
    rng = np.random.default_rng(0)
    train, holdout = (thirds[name][0] for name in ("train", "holdout"))
    fresh = thirds["fresh"][0]
    levels = [f"level {i}" for i in range(25)]
    train, holdout = (p.assign(code=rng.choice(levels, len(p))) for p in (train, holdout))
    report = quality_report(
        train,
        fresh.assign(code=rng.choice(levels[:12], len(fresh))),
        holdout=holdout,
        verbose=0,
    )
    assert report.scores["coverage_rare_levels_kept"] == pytest.approx(0.5, abs=0.1)
    assert report.scores["coverage_rare_levels_expected"] > 0.95
    assert report.verdicts["coverage"] == "poor"


def test_every_privacy_figure_comes_with_the_word_that_it_is_no_guarantee(fresh_report):
    privacy = fresh_report.aspects[4]
    assert "not a guarantee" in privacy.sentence
    assert all("not a guarantee" in note for note in privacy.notes)
    assert len(privacy.notes) == 3


def test_same_call_same_scores_and_no_global_state(thirds, report_of, fresh_report):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    again = report_of(*thirds["fresh"])
    assert again.scores == fresh_report.scores
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_scores_are_a_flat_dict_and_a_tidy_frame(fresh_report):
    frame = fresh_report.to_frame()
    assert list(frame) == ["aspect", "score", "value"]
    assert dict(zip(frame["score"], frame["value"], strict=True)) == fresh_report.scores
    assert all(type(value) is float for value in fresh_report.scores.values())


def test_summary_is_five_sentences(fresh_report):
    lines = fresh_report.summary().splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "Fidelity",
        "Utility",
        "Condition",
        "Coverage",
        "Privacy",
    ]
    assert all(line.endswith(".") for line in lines)


def test_without_labels_or_holdout_it_says_what_is_not_measured(thirds):
    report = quality_report(thirds["train"][0], thirds["fresh"][0], verbose=0)
    assert report.verdicts["utility"] == report.verdicts["condition"] == "not measured"
    assert report.verdicts["fidelity"] == "good"
    assert np.isnan(report.scores["privacy_attack_auc"])
    assert "without a holdout" in report.summary()


def test_mixed_columns_dates_and_missing_values_in_any_order(mixed):
    X, y = mixed
    report = quality_report(
        X[::2], X[1::2].iloc[:, ::-1], y_real=y[::2], y_synthetic=y[1::2], verbose=0
    )
    assert report.verdicts["fidelity"] == "good", report.summary()
    shown = report.aspects[0].tables["Columns, worst first"]
    assert set(shown.index) == {*X.columns, "cultivar"}


@pytest.mark.parametrize("first", [0, 2**60, 10**20, -(10**20)])
def test_large_integers_are_told_apart(first):
    numbers = np.random.default_rng(0).integers(0, 99, 200)
    ids = pd.DataFrame({"id": [first + int(number) for number in numbers]})
    low = pd.DataFrame({"id": [first + int(number) // 2 for number in numbers]})
    errors = [
        quality_report(ids, other, verbose=0).aspects[0].tables["Columns, worst first"]["error"]
        for other in (ids.iloc[::-1], low)
    ]
    assert errors[0]["id"] == 0
    assert 0.4 < errors[1]["id"] < 0.6


def test_arrays_and_polars_frames_are_taken(thirds):
    pl = pytest.importorskip("polars")
    train, fresh = thirds["train"][0], thirds["fresh"][0]
    from_pandas = quality_report(train, fresh, verbose=0)
    from_arrays = quality_report(train.to_numpy(), fresh.to_numpy(), verbose=0)
    from_polars = quality_report(
        pl.from_pandas(train.reset_index(drop=True)), pl.from_pandas(fresh), verbose=0
    )
    for other in (from_arrays, from_polars):
        np.testing.assert_array_equal(
            list(other.scores.values()), list(from_pandas.scores.values())
        )


def test_categorical_features_are_compared_as_levels(thirds):
    train, fresh = thirds["train"][0], thirds["fresh"][0]
    coded = [part.assign(code=np.arange(len(part)) % 7) for part in (train, fresh)]
    as_levels = quality_report(*coded, categorical_features=["code"], verbose=0)
    assert as_levels.scores["coverage_precision"] <= 1
    table = as_levels.aspects[0].tables["Columns, worst first"]
    shares = [part["code"].value_counts(normalize=True) for part in coded]
    assert table.loc["code", "error"] == pytest.approx((shares[0] - shares[1]).abs().sum() / 2)


def test_a_progress_bar_shows_what_is_done(thirds, capsys):
    quality_report(thirds["train"][0], thirds["fresh"][0])
    shown = capsys.readouterr().err
    assert "pair trends" in shown
    assert "100%" in shown


@pytest.fixture(scope="module")
def fitted(thirds):
    from gan_augment import TabularGAN

    backend = TabularGAN(generator_width=16, discriminator_width=16, depth=1, latent_dim=8)
    return GANAugmenter(backend=backend, max_steps=20, random_state=0, device="cpu").fit(
        *thirds["train"]
    )


def test_an_augmenter_reports_on_itself(thirds, fitted):
    X, y = thirds["train"]
    report = fitted.report(*thirds["holdout"], X=X, y=y, verbose=0)
    assert set(report.verdicts.values()) <= {"good", "check", "poor"}
    assert report.verdicts["privacy"] == "good"
    assert report.verdicts["fidelity"] == "poor"
    assert report.aspects[-1].name == "Training"
    assert "284 synthetic rows" in report.subtitle


def test_an_augmenter_without_its_training_rows_says_nothing_of_copies(thirds, fitted):
    report = fitted.report(*thirds["holdout"], n_samples=60, verbose=0)
    assert report.verdicts["privacy"] == "not measured"
    assert "the training rows were not given" in report.summary()
    assert "60 synthetic rows" in report.subtitle


def test_an_augmenter_asks_for_the_labels_that_it_was_fitted_with(thirds, fitted):
    with pytest.raises(ValueError, match="pass y_holdout"):
        fitted.report(thirds["holdout"][0])
    with pytest.raises(ValueError, match="other columns"):
        fitted.report(thirds["holdout"][0].iloc[:, :3], thirds["holdout"][1])


def test_without_sdmetrics_it_says_what_to_install(thirds, monkeypatch):
    monkeypatch.setitem(sys.modules, "sdmetrics.single_column", None)
    with pytest.raises(ImportError, match=r'pip install "gan-augment\[report\]"'):
        quality_report(thirds["train"][0], thirds["fresh"][0], verbose=0)


def test_one_column_is_enough():
    rows = pd.DataFrame({"only": np.random.default_rng(0).normal(size=400)})
    report = quality_report(rows[::2], rows[1::2], verbose=0)
    assert report.verdicts["fidelity"] == "good", report.summary()
    assert np.isnan(report.scores["fidelity_pair_error"])


def test_of_many_pairs_some_are_drawn(thirds, monkeypatch):
    monkeypatch.setattr("gan_augment.evaluation.aspects.fidelity._MOST_PAIRS", 4)
    report = quality_report(thirds["train"][0], thirds["fresh"][0], verbose=0)
    assert len(report.aspects[0].tables["Worst pairs"]) == 4
    assert report.verdicts["fidelity"] == "good", report.summary()
    report.plot()


@pytest.mark.parametrize("whole", [True, False])
def test_an_augmenter_of_the_minority_is_judged_by_rows_of_it(thirds, whole):
    (X, y), (X_holdout, y_holdout) = thirds["train"], thirds["holdout"]
    augmenter = GANAugmenter(train_on="minority", max_steps=5, random_state=0).fit(X, y)
    (label,) = augmenter.sampling_strategy_
    chosen, held = y == label, y_holdout == label
    if not whole:
        X, y, X_holdout, y_holdout = X[chosen], None, X_holdout[held], None
    report = augmenter.report(X_holdout, y_holdout, X=X, y=y, verbose=0)
    assert f"{chosen.sum()} synthetic rows, {chosen.sum()} real rows" in report.subtitle
    with pytest.raises(ValueError, match=r"None of the rows is of a class.*train_on='all'"):
        augmenter.report(*(part[~held] for part in thirds["holdout"]), verbose=0)
