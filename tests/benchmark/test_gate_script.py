from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "benchmarks" / "gate.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("gate_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_only_training_folds_are_made_small(script):
    y = np.repeat([0, 1], [300, 60])
    X = np.zeros((360, 1))
    folds = list(script.SmallTraining(3, 2, rows=100, minority=10).split(X, y))
    assert len(folds) == 6
    for train, test in folds:
        assert np.bincount(y[train]).tolist() == [90, 10]
        assert np.bincount(y[test]).tolist() == [100, 20]
        assert not set(train) & set(test)
    train, _ = next(script.SmallTraining(3, 1, rows=120, minority=None).split(X, y))
    assert np.bincount(y[train]).tolist() == [100, 20]
    train, _ = next(script.SmallTraining(3, 1, rows=None, minority=5).split(X, y))
    assert np.bincount(y[train]).tolist() == [200, 5]


def test_losing_cells_are_listed_and_small_changes_are_not(script):
    cells = pd.DataFrame(
        {
            "dataset": ["a", "a", "b", "b"],
            "learner": "l",
            "method": ["none", "gated"] * 2,
            "status": "ok",
            "AP": [0.5, 0.48, 0.5, 0.499],
            "F1_best": [0.5, 0.6, 0.5, 0.5],
            "F1": [0.5, 0.6, 0.5, 0.5],
            "negative_Brier": [-0.1, -0.1, -0.1, -0.11],
        }
    )
    lost = script.losing_cells(cells)
    assert lost[["metric", "dataset"]].to_numpy().tolist() == [
        ["AP", "a"],
        ["negative_Brier", "b"],
    ]
    table = script.against_none(cells, "AP").set_index("method")
    assert table.loc["gated", "not_worse"] == 0.5
    assert table.loc["gated", "clearly_worse"] == 0.5


def test_scores_are_those_of_the_class_shares_in_training(script):
    class Half:
        classes_ = np.array([0, 1])

        def predict_proba(self, X):
            return np.c_[1 - X[:, 0], X[:, 0]]

        def predict(self, X):
            return (X[:, 0] > 0.5).astype(int)

    y = np.repeat([0, 1], [100, 50])
    X = np.where(y == 1, 0.9, 0.1)[:, None]
    X[:10], X[-5:] = 0.9, 0.1  # a tenth of each is mistaken
    scores = {k: f(Half(), X, y) for k, f in script.Scores(0.1).scorers().items()}
    assert scores["accuracy_at_half"] == pytest.approx(0.9)
    assert scores["F1"] == pytest.approx(0.9 / 1.4)  # precision .09 / .18, recall .9
    assert scores["negative_Brier"] == pytest.approx(-0.09)
    assert np.isnan(scores["synthetic_rows"])


@pytest.mark.slow
def test_the_grid_runs_resumes_and_draws(script, tmp_path, capsys):
    arguments = ["--sets", "breast_cancer_rare", "--train-rows", "120", "--minority", "8", "12"]
    arguments += ["--folds", "2", "--learners", "logistic_regression", "--max-steps", "5"]
    arguments += ["--methods", "smote", "gated", "gated_copies", "--out", str(tmp_path)]
    script.main(arguments)
    cells = pd.read_csv(tmp_path / "cells.csv")
    assert set(cells["minority"]) == {8, 12}
    # ADASYN and its like may fail on few rows; none of these does.
    assert set(cells["status"]) == {"ok"}
    assert cells.loc[cells["method"] == "gated", "synthetic_rows"].notna().all()
    assert (tmp_path / "gain.png").stat().st_size > 10_000
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "Cells in which the gate loses" in summary
    before = sorted(p.stat().st_mtime_ns for p in (tmp_path / "memory").rglob("output.pkl"))
    script.main(arguments)
    after = sorted(p.stat().st_mtime_ns for p in (tmp_path / "memory").rglob("output.pkl"))
    assert before == after
    capsys.readouterr()
