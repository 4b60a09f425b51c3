from __future__ import annotations

import datetime
import json
import sys

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from samplers import AsArrays, Broken, Inventing, Plain, Reordering, Repeat, Spy
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import (
    GroupKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.preprocessing import StandardScaler

from gan_augment.benchmark import LEARNERS, SCORES, compare
from gan_augment.learners import make_learner

CHEAP = ["none", "class_weight", "tuned_threshold", "random_over", "smote"]
QUICK = {"learners": "logistic_regression", "cv": 3, "verbose": 0}


@pytest.fixture(scope="module")
def result(mixed):
    return compare(*mixed, methods=CHEAP, cv=2, verbose=0)


def test_every_method_is_scored_with_every_learner_on_mixed_columns_with_gaps(result):
    assert (result.cells["status"] == "ok").all(), result.failures()
    assert len(result.cells) == len(CHEAP) * len(LEARNERS) * 2
    assert result.cells[list(SCORES)].notna().all(axis=None)
    assert list(result.learners) == list(LEARNERS)
    assert list(result.methods) == CHEAP


def test_without_augmentation_the_scores_are_those_of_cross_validation(mixed):
    X, y = mixed
    cv = StratifiedKFold(3, shuffle=True, random_state=7)
    mine = compare(X, y, methods="none", **QUICK | {"cv": cv})
    theirs = cross_val_score(make_learner("logistic_regression", X), X, y, cv=cv)
    assert mine.cells["accuracy"].tolist() == pytest.approx(theirs.tolist())


def test_methods_that_keep_the_probabilities_keep_the_scores_of_probabilities(result):
    table = result.table().loc["random_forest"]
    same = ["average_precision", "roc_auc", "brier", "f1_best"]
    for name in same:
        assert table.loc["tuned_threshold", (name, "mean")] == pytest.approx(
            table.loc["none", (name, "mean")]
        )


def test_a_tuned_threshold_finds_more_of_the_rare_class(result):
    f1 = result.table()["f1", "mean"].loc["hist_gradient_boosting"]
    assert f1["tuned_threshold"] > f1["none"]


def test_two_runs_give_the_same_scores(mixed):
    runs = [compare(*mixed, methods=["smote", "random_over"], **QUICK) for _ in range(2)]
    tables = [run.cells[[*SCORES, "n_added"]] for run in runs]
    pd.testing.assert_frame_equal(*tables)


def test_the_global_random_state_is_not_touched(mixed):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    compare(*mixed, methods=["smote", Repeat()], **QUICK)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_the_callers_data_are_not_touched(mixed, tmp_path):
    X, y = mixed[0].copy(), mixed[1].copy()
    compare(X, y, methods=Spy(tmp_path / "log"), **QUICK)
    pd.testing.assert_frame_equal(X, mixed[0])
    np.testing.assert_array_equal(y, mixed[1])


def test_a_method_sees_the_training_rows_and_nothing_else(tmp_path):
    n = 90
    X = pd.DataFrame({"amount": np.arange(n, dtype=float)}, index=np.arange(n) + 1000)
    y = np.arange(n) % 3 == 0
    log = tmp_path / "log"
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    compare(X, y, methods={"spy": Spy(str(log))}, **QUICK | {"cv": cv})
    seen = [json.loads(line) for line in log.read_text().splitlines()]
    folds = list(cv.split(X, y))
    assert len(seen) == len(folds)
    for record, (train, test) in zip(seen, folds, strict=True):
        assert record["amounts"] == train.tolist()
        assert not set(record["amounts"]) & set(test.tolist())
        assert record["labels"] == y[train].tolist()
        assert record["index"] == list(range(len(train)))
    assert len({record["seed"] for record in seen}) == 6


def test_rows_are_made_once_per_fold_for_all_learners(mixed, tmp_path):
    log = tmp_path / "log"
    learners = ["logistic_regression", "hist_gradient_boosting"]
    compare(*mixed, methods=Spy(str(log)), learners=learners, cv=3, verbose=0)
    assert len(log.read_text().splitlines()) == 3


def test_a_method_that_ruins_its_rows_ruins_no_others(mixed, tmp_path):
    together = compare(*mixed, methods=[Spy(str(tmp_path / "log")), "smote"], **QUICK)
    alone = compare(*mixed, methods="smote", **QUICK)
    for query in ("method == 'none'", "method == 'smote'"):
        mine = together.cells.query(query)["f1"].tolist()
        assert mine == alone.cells.query(query)["f1"].tolist()


def test_with_shuffled_labels_nobody_is_better_than_chance(numeric):
    X, y = numeric
    shuffled = np.random.default_rng(1).permutation(y)
    methods = ["none", "tuned_threshold", "random_over", "smote", "adasyn", Repeat(times=4)]
    learners = {"forest": RandomForestClassifier(20), "logistic": "logistic_regression"}
    result = compare(X, shuffled, methods=methods, learners=learners, cv=4, verbose=0)
    assert (result.cells["status"] == "ok").all(), result.failures()
    means = result.cells.groupby(["method", "learner"])[["roc_auc", "balanced_accuracy"]].mean()
    assert means.max(axis=None) < 0.6
    assert means.mean(axis=None) < 0.55


def test_a_leak_would_be_noticed(numeric):
    X, y = numeric
    shuffled = np.random.default_rng(1).permutation(y)

    class Cheat(Repeat):
        def fit_resample(self, own, labels):
            return X.assign(leak=0.0)[list(own.columns)], shuffled

    result = compare(X, shuffled, methods=Cheat(), learners="random_forest", cv=3, verbose=0)
    assert result.cells.query("method == 'Cheat'")["roc_auc"].mean() > 0.95


def test_an_error_is_a_row_with_its_reason(mixed):
    methods = {"broken": Broken(), "reordering": Reordering(), "inventing": Inventing()}
    result = compare(*mixed, methods=methods, **QUICK)
    reasons = result.failures().set_index("method")["reason"]
    assert reasons["broken"] == "RuntimeError: the loss is nan"
    assert "returned the columns" in reasons["reordering"]
    assert "unknown labels: [\"'new'\"]" in reasons["inventing"]
    assert (result.cells.query("method == 'none'")["status"] == "ok").all()
    alone = str(compare(*mixed, methods={"broken": Broken()}, **QUICK))
    assert "RuntimeError: the loss is nan (see failures())" in alone


def test_a_rival_that_is_not_installed_says_how_to_install_it_and_its_licence(mixed, monkeypatch):
    monkeypatch.setitem(sys.modules, "sdv", None)
    reason = compare(*mixed, methods="sdv_ctgan", **QUICK).failures()["reason"][0]
    assert 'pip install "gan-augment[sdv]"' in reason
    assert "Business Source License" in reason


def test_a_method_not_meant_for_the_data_is_skipped(mixed):
    result = compare(*mixed, methods="adasyn", **QUICK)
    assert result.failures()["status"].tolist() == ["skipped"]
    assert result.ranks().attrs["unranked"] == ["adasyn"]


def test_methods_may_be_objects_functions_and_arrays_may_come_back(mixed):
    def heavier(learner):
        return learner.set_params(classifier__C=10.0)

    methods = [Plain(), heavier, {"arrays": AsArrays(times=2)}]
    result = compare(*mixed, methods=methods, **QUICK)
    assert result.methods == ["none", "Plain", "heavier", "arrays"]
    assert (result.cells["status"] == "ok").all(), result.failures()


def test_learners_and_scores_may_be_the_users(mixed):
    def share_of_rare(classifier, X, y):
        return np.mean(classifier.predict(X) == "rare")

    result = compare(
        *mixed,
        methods="smote",
        learners={"guess": DummyClassifier(strategy="most_frequent")},
        scoring={"rare": share_of_rare},
        cv=3,
        verbose=0,
    )
    assert (result.table("cells").query("method == 'none'")["rare"] == 0).all()


@pytest.mark.parametrize("container", ["numpy", "polars", "nullable", "strings"])
def test_tables_come_in_many_kinds(numeric, container):
    X, y = numeric
    if container == "numpy":
        X, y = X.to_numpy(), (y == "rare").astype(int).tolist()
    elif container == "polars":
        pl = pytest.importorskip("polars")
        X, y = pl.from_pandas(X), pl.Series(y.tolist())
    elif container == "nullable":
        X, y = X.convert_dtypes(), pd.Series(y, index=np.arange(len(y)) + 5)
    else:
        X = X.assign(level=np.where(X["count"] > 4, "many", None))
    result = compare(X, y, methods="smote", **QUICK)
    assert (result.cells["status"] == "ok").all(), result.failures()


def test_columns_that_are_missing_throughout_a_fold_are_handled(numeric):
    X, y = numeric
    first = np.arange(len(y)) < len(y) / 2
    halves = [(np.flatnonzero(first), np.flatnonzero(~first))]
    level = np.where(first, None, "b")
    X = X.assign(late=X["amount"].mask(first), never=np.nan, level=level)
    result = compare(X, y, methods="random_over", cv=halves, verbose=0)
    assert (result.cells["status"] == "ok").all(), result.failures()


def test_three_classes_are_scored_as_means_over_classes(numeric):
    X, _ = numeric
    y = np.digitize(X["amount"], [-0.5, 1.5])
    result = compare(X, y, methods=["smote", "tuned_threshold"], **QUICK)
    ok = result.cells.query("method == 'smote'")
    assert ok[list(SCORES)].notna().all(axis=None)
    assert result.failures()["reason"].tolist() == ["a threshold is tuned for two classes only"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"methods": "smot"}, ValueError, "methods='smot'.*Did you mean 'smote'"),
        ({"methods": []}, ValueError, "methods is empty"),
        ({"methods": [Repeat(), Repeat()]}, ValueError, "two entries named 'Repeat'"),
        ({"methods": {"none": Repeat()}}, ValueError, "name of the baseline"),
        (
            {"methods": {"scaled": make_pipeline(StandardScaler(), Repeat())}},
            ValueError,
            "'scaled'.*StandardScaler changes the rows that learners train on",
        ),
        ({"methods": 3}, TypeError, "object with fit_resample"),
        ({"methods": Repeat}, TypeError, "object with fit_resample"),
        ({"learners": "random_forests"}, ValueError, "Did you mean 'random_forest'"),
        ({"learners": 3}, TypeError, "not a classifier"),
        ({"learners": [LogisticRegression()] * 2}, ValueError, "same name"),
        ({"scoring": "acuracy"}, ValueError, "scoring='acuracy'.*Did you mean 'accuracy'"),
        ({"scoring": []}, ValueError, "scoring is empty"),
        ({"scoring": {"f1": len}}, ValueError, "built-in"),
        ({"scoring": f1_score}, TypeError, "scoring is <function f1_score.*a dict of name"),
        ({"scoring": None}, TypeError, "scoring is None.*Pass names"),
        ({"cv": 1}, ValueError, "cv=1"),
        ({"cv": 50}, ValueError, "class 'rare' has 40. Use cv=40 or less"),
        ({"cv": GroupKFold(2)}, ValueError, r"groups.*cv=list\(cv.split\(X, y, groups\)\)"),
        ({"cv": iter([])}, ValueError, r"cv=<list_iterator.* gives no folds"),
        ({"seeds": 0}, ValueError, "seeds=0"),
        ({"seeds": 2, "cv": StratifiedKFold(3)}, ValueError, "seeds=2 would repeat the folds"),
        ({"n_jobs": 0}, ValueError, "n_jobs=0"),
        ({"max_seconds": 0}, ValueError, "max_seconds=0"),
        ({"pos_label": "raer"}, ValueError, "pos_label='raer'.*'rare', 'usual'"),
        ({"random_state": -1}, ValueError, "random_state=-1"),
        ({"random_state": None, "output": "x"}, ValueError, "Pass an integer"),
    ],
)
def test_bad_parameters_are_named_before_any_work(mixed, tmp_path, change, error, message):
    if "output" in change:
        change = change | {"output": tmp_path}
    with pytest.raises(error, match=message):
        compare(*mixed, **{"methods": Broken(), **QUICK, **change})


@pytest.mark.parametrize("common", [np.int64(0), 0.0, np.False_])
def test_numbers_of_several_types_are_labels_that_stay_numbers(numeric, common):
    X, y = numeric
    mixed = np.array([1 if label == "rare" else common for label in y], dtype=object)
    found = compare(X, mixed, methods="none", pos_label=1, **QUICK)
    plain = compare(X, (y == "rare").astype(int), methods="none", **QUICK)
    assert found.cells["f1"].tolist() == plain.cells["f1"].tolist()


DAYS = pd.to_timedelta([1, 2], unit="D")


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1.0], [2.0]], [0, 0], "one class"),
        ([[1.0], [2.0]], [0], "2 rows and y has 1 labels"),
        ([[1.0], [2.0], [3.0]], [0.1, 0.25, 3.5], "continuous"),
        ([[1.0], [np.inf]], [0, 1], "'x0' holds infinity"),
        ([[1.0], [2.0]], ["a", None], "missing labels"),
        ([1.0, 2.0], [0, 1], "shape"),
        (pd.DataFrame({"day": pd.to_datetime(["2020-01-01"] * 2)}), [0, 1], "'day' is datetime"),
        (pd.DataFrame({"day": [datetime.date(2020, 1, 1)] * 2}), [0, 1], "'day' is date, which"),
        (pd.DataFrame({"age": DAYS}).astype("duration[ns][pyarrow]"), [0, 1], "'age' is duration"),
        ([[1.0], [2.0], [3.0]], [0, 0, 1], "class 1 has 1. Add rows of it"),
    ],
)
def test_bad_data_are_named_before_any_work(X, y, message):
    with pytest.raises(ValueError, match=message):
        compare(X, y, methods="none", verbose=0)


def test_progress_is_shown_on_standard_error(numeric, capsys):
    compare(*numeric, methods="none", **QUICK | {"verbose": 1})
    captured = capsys.readouterr()
    assert "3/3" in captured.err
    assert captured.out == ""
