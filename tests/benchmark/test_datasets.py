from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest

from gan_augment.benchmark.datasets import (
    BUNDLED,
    Dataset,
    load_bundled,
    load_folder,
    load_idx,
    load_openml,
)
from gan_augment.benchmark.panel import all_cells, block_scores, costs, panel_ranks, panel_summary

SCRIPT = Path(__file__).parents[2] / "examples" / "benchmarks" / "downstream.py"


@pytest.fixture
def folder(tmp_path):
    pd.DataFrame(
        {"size": [1, None, 3, 3] * 10, "kind": ["01", "NA", "", "2"] * 10, "target": [0, 1] * 20}
    ).to_csv(tmp_path / "toy.csv.gz", index=False)
    entry = {"name": "toy", "file": "toy.csv.gz", "categorical_columns": ["kind"]}
    (tmp_path / "datasets.json").write_text(json.dumps({"tabular": [entry]}))
    return tmp_path


def test_bundled_sets_that_were_made_imbalanced_say_so():
    for name in BUNDLED:
        data = load_bundled(name)
        assert len(data.X) == len(data.y)
        assert ("made imbalanced" in data.note) == name.endswith("_rare")
    rare = load_bundled("breast_cancer_rare")
    assert (rare.y == "malignant").sum() == 30
    with pytest.raises(ValueError, match="Did you mean 'wine'"):
        load_bundled("wines")


def test_a_folder_is_read_with_its_levels_and_gaps(folder):
    (toy,) = load_folder(folder)
    assert toy.X["kind"].dropna().unique().tolist() == ["01", "NA", "2"]
    assert toy.X["kind"].isna().sum() == 10
    assert toy.X["size"].isna().sum() == 10
    assert toy.y.tolist() == [0, 1] * 20
    with pytest.raises(ValueError, match="Did you mean 'toy'"):
        load_folder(folder, ["tog"])
    with pytest.raises(ValueError, match=r"no datasets\.json"):
        load_folder(folder / "nowhere")


def test_preparing_drops_duplicates_shuffles_and_keeps_the_shares(folder):
    (toy,) = load_folder(folder)
    assert len(toy.prepared().X) == 4
    X = pd.DataFrame({"a": np.arange(1000)})
    data = Dataset("d", X, (np.arange(1000) < 50).astype(int))
    small = data.prepared(200)
    assert small.y.sum() == 10
    assert not small.X["a"].is_monotonic_increasing
    assert small.X.index.tolist() == list(range(200))
    assert "200 rows drawn" in small.note
    pd.testing.assert_frame_equal(small.X, data.prepared(200).X)


def _cells():
    rng = np.random.default_rng(0)
    records = []
    for dataset in "abcd":
        for method in ("none", "good", "picky", "absent"):
            for fold in range(3):
                status = "ok"
                if method == "absent" or (method == "picky" and dataset in "ab"):
                    status = "failed" if method == "absent" else "skipped"
                gain = {"good": 0.1, "picky": 0.05}.get(method, 0.0)
                records.append(
                    {
                        "dataset": dataset,
                        "learner": "l",
                        "method": method,
                        "seed": 0,
                        "fold": fold,
                        "status": status,
                        "f1": 0.5 + gain + rng.normal(0, 0.001) if status == "ok" else np.nan,
                        "augment_seconds": 1.0,
                        "fit_seconds": 1.0,
                        "peak_memory_mb": 1.0,
                    }
                )
    return pd.DataFrame(records)


def test_over_many_sets_who_is_not_meant_for_one_counts_as_none_there():
    ranks = panel_ranks(_cells(), "f1")
    assert ranks.index[0] == "good"
    assert "absent" not in ranks.index
    assert ranks.loc["picky", ["wins", "ties", "losses"]].tolist() == [2, 2, 0]
    assert ranks.loc["good", "wins"] == 4
    assert costs(_cells()).loc["absent", "failed"] == 12


def test_one_table_compares_with_several_rivals():
    table = panel_summary(_cells(), "f1", ("none", "picky", "smote"))
    assert table.index[0] == "good"
    assert table.loc["good", "none: +/=/-"] == "4/0/0"
    assert table.loc["none", "picky: +/=/-"] == "0/2/2"
    assert table.loc["good", "none: mean"] == pytest.approx(0.1, abs=0.01)
    assert not [column for column in table if "smote" in column]


def test_costs_are_of_a_fold_with_all_its_learners():
    cells = pd.concat([_cells(), _cells().assign(learner="m")])
    assert costs(cells).loc["good", ["augment_seconds", "fit_seconds"]].tolist() == [1.0, 2.0]


def test_without_a_connection_the_message_names_the_set_and_what_works(monkeypatch):
    def unreachable(*args, **kwargs):
        raise URLError("no route to host")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", unreachable)
    with pytest.raises(ConnectionError, match=r"name='adult'.*no route to host.*load_bundled"):
        load_openml("adult")


def test_a_set_of_openml_is_read(monkeypatch):
    X = pd.DataFrame({"a": [1.0, 2.0]})
    found = SimpleNamespace(data=X, target=pd.Series(["x", "y"]))
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *args, **kwargs: found)
    assert load_openml("adult").y.tolist() == ["x", "y"]


def test_a_method_that_failed_on_a_fold_has_no_score_for_the_set():
    cells = _cells()
    cells.loc[cells.query("method == 'good' and dataset == 'a'").index[0], "f1"] = np.nan
    assert np.isnan(block_scores(cells, "f1").loc[("a", "l"), "good"])
    assert panel_ranks(cells, "f1").loc["good", "wins"] == 3


@pytest.fixture
def script():
    pytest.importorskip("matplotlib")
    spec = importlib.util.spec_from_file_location("downstream", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SMALL = [
    *("--sets", "wine_rare", "breast_cancer_rare", "--rows", "120", "--seeds", "1"),
    *("--folds", "2", "--methods", "smote", "tuned_threshold"),
    *("--learners", "logistic_regression"),
]


def test_the_script_runs_writes_and_resumes(script, tmp_path, capsys):
    arguments = [*SMALL, "--out", str(tmp_path)]
    script.main(arguments)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "made imbalanced: 12 of 48" in text
    assert "| method | rank | none: +/=/- |" in text
    assert "## Without a score" in text
    assert len(pd.read_csv(tmp_path / "cells.csv")) == 2 * 3 * 2
    assert (tmp_path / "differences.png").stat().st_size > 1000
    assert (tmp_path / "wine_rare" / "report.html").exists()
    before = (tmp_path / "cells.csv").read_text()
    script.main(arguments)
    assert (tmp_path / "cells.csv").read_text() == before
    (tmp_path / "summary.md").unlink()
    script.main(["--only-report", "--out", str(tmp_path)])
    assert (tmp_path / "summary.md").read_text(encoding="utf-8") == text
    assert "tuned_threshold" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    ["--methods smot", "--learners forest", "--sets wines", "--data nowhere"],
)
def test_the_script_refuses_unknown_names_before_any_work(script, tmp_path, capsys, words):
    with pytest.raises(SystemExit):
        script.main([*words.split(), "--out", str(tmp_path / "out")])
    assert words.split()[1] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_rivals_get_the_seconds_of_the_gan(script):
    cells = pd.DataFrame(
        {
            "method": ["gan", "gan", "sdv_ctgan", "sdv_gaussian_copula"],
            "status": ["ok"] * 4,
            "augment_seconds": [2.0, 3.0, 9.0, 0.1],
        }
    )
    more = script.equal_seconds(script.BenchmarkResult(cells, ("f1",)))
    assert list(more) == ["sdv_ctgan_equal_seconds"]
    assert more["sdv_ctgan_equal_seconds"].max_time == 2.5
    with pytest.raises(ValueError, match="Add it to --methods"):
        script.equal_seconds(script.BenchmarkResult(cells[2:], ("f1",)))


def test_results_of_several_sets_become_one_table(mixed):
    from gan_augment.benchmark import compare

    one = compare(*mixed, methods="none", learners="logistic_regression", cv=2, verbose=0)
    cells = all_cells({"a": one, "b": one})
    assert cells["dataset"].tolist() == ["a", "a", "b", "b"]


def test_images_in_idx_files(tmp_path):
    images = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8)
    with gzip.open(tmp_path / "train-images-idx3-ubyte.gz", "wb") as file:
        file.write(bytes(16) + images.tobytes())
    with pytest.raises(FileNotFoundError, match=r"train-labels.*original files of MNIST"):
        load_idx(tmp_path, "train")
    with gzip.open(tmp_path / "train-labels-idx1-ubyte.gz", "wb") as file:
        file.write(bytes(8) + bytes([7, 3]))
    X, y = load_idx(tmp_path, "train")
    assert (X.reshape(-1) == images).all()
    assert y.tolist() == [7, 3]
