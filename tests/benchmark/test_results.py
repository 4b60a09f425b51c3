from __future__ import annotations

import os
import re
import sys
import warnings

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from samplers import Broken, Repeat

from gan_augment.benchmark import SCORES, compare


@pytest.fixture(scope="module")
def result(mixed):
    methods = ["smote", "adasyn", {"<broken>": Broken()}]
    learners = ["logistic_regression", "random_forest"]
    return compare(*mixed, methods=methods, learners=learners, cv=3, verbose=0)


def test_the_summary_has_a_row_per_learner_and_method(result):
    table = result.table()
    assert table.index.names == ["learner", "method"]
    assert len(table) == 2 * 4
    cells = result.cells.query("method == 'smote' and learner == 'random_forest'")
    found = table.loc[("random_forest", "smote"), ("f1", "mean")]
    assert found == pytest.approx(cells["f1"].mean())
    assert table.loc[("random_forest", "<broken>"), ("folds", "ok")] == 0


def test_the_tidy_table_has_a_row_per_score(result):
    tidy = result.table("tidy")
    assert list(tidy.columns) == ["method", "learner", "seed", "fold", "metric", "value"]
    assert set(SCORES) < set(tidy["metric"])


def test_only_the_scores_asked_for_are_reported(mixed):
    few = compare(
        *mixed, methods="none", learners="random_forest", scoring=["brier"], cv=2, verbose=0
    )
    assert "brier" in few.table()
    assert "f1" not in few.table()
    assert few.headline() == ["brier"]


def always(classifier, X, y):
    return 1.0


@pytest.mark.parametrize(
    ("scoring", "shown"),
    [
        (["average_precision", "f1", "f1"], ["average_precision", "f1"]),
        ({"mine": always, "other": always}, ["mine", "other", "accuracy", "f1"]),
        ("default", ["accuracy", "f1"]),
    ],
)
def test_the_scores_asked_for_are_shown_first_and_in_that_order(mixed, tmp_path, scoring, shown):
    pytest.importorskip("matplotlib")
    learners = "logistic_regression"
    few = compare(*mixed, methods="smote", learners=learners, scoring=scoring, cv=2, verbose=0)
    assert few.headline() == shown
    assert re.findall(r"[a-z_]\w+", str(few).splitlines()[0]) == shown
    assert len(few.plot().axes) == len(shown)
    few.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.findall(r"<h2>Ranks by (\w+)", page) == shown
    judged = "f1" if scoring == "default" else shown[0]
    assert_frame_equal(few.differences(), few.differences(judged))


def test_differences_are_paired_and_positive_where_the_method_is_better(result):
    for metric, sign in (("f1", 1), ("brier", -1)):
        row = result.differences(metric).loc[("logistic_regression", "smote")]
        assert row["better_by"] == pytest.approx(sign * (row["with"] - row["without"]))
        assert row["low"] <= row["better_by"] <= row["high"]
        assert row["wins"] + row["ties"] + row["losses"] == 3
    assert result.differences().loc[("random_forest", "<broken>"), "verdict"] == "no score"
    assert "none" in result.differences("f1", against="smote").index.get_level_values("method")


def test_ranks_leave_out_who_never_scored(result):
    ranks = result.ranks()
    assert set(ranks.index) == {"none", "smote"}
    assert ranks.attrs["unranked"] == ["<broken>", "adasyn"]
    assert ranks.attrs["blocks"] == 6


def test_tables_are_of_the_score_that_was_asked_for(mixed):
    result = compare(
        *mixed,
        methods=["random_over"],
        learners=["logistic_regression"],
        cv=2,
        scoring="roc_auc",
        verbose=0,
    )
    assert_frame_equal(result.ranks(), result.ranks("roc_auc"))
    assert "roc_auc" in result.verdicts()[0]


def test_unknown_names_are_corrected(result):
    with pytest.raises(ValueError, match="Did you mean 'accuracy'"):
        result.differences("acuracy")
    with pytest.raises(ValueError, match="Did you mean 'smote'"):
        result.ranks(against="smoth")
    with pytest.raises(ValueError, match=r"kind='tidi'.*Did you mean 'tidy'"):
        result.table("tidi")


def test_the_text_says_what_was_found(result):
    text = str(result)
    assert re.search(r"random_forest +smote +[01]\.\d+ ", text)
    assert "12 ok, 6 skipped, 6 failed." in text


def test_the_csv_has_every_cell(result, tmp_path):
    result.to_csv(tmp_path / "cells.csv")
    read = pd.read_csv(tmp_path / "cells.csv", keep_default_na=False)
    assert len(read) == len(result.cells)


@pytest.mark.parametrize("kind", ["differences", "scores"])
def test_the_picture_has_a_panel_per_score_and_learner(result, kind):
    pytest.importorskip("matplotlib")
    assert len(result.plot(kind=kind).axes) == 4
    assert len(result.plot(["brier"], kind=kind).axes) == 2
    assert len(result.plot("brier", kind=kind).axes) == 2
    assert "matplotlib.pyplot" not in sys.modules


def test_the_page_stands_alone_and_names_what_failed(result, tmp_path):
    pytest.importorskip("matplotlib")
    result.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in page
    assert "&lt;broken&gt;" in page
    assert "<broken>" not in page
    assert "the loss is nan" in page
    assert "://" not in page
    assert "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"" in page


@pytest.mark.parametrize("name", ["cells.csv", "cells.csv.gz", "page.html"])
def test_files_appear_whole_or_not_at_all(result, tmp_path, monkeypatch, name):
    pytest.importorskip("matplotlib")
    path = tmp_path / name
    write = result.to_html if name == "page.html" else result.to_csv
    path.write_bytes(b"old")

    def disk_full(descriptor):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk_full)
        with pytest.raises(OSError, match="No space"):
            write(path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [(name, b"old")]
    with pytest.raises(FileNotFoundError, match=r"path='.*there is no folder.*Make it first"):
        write(tmp_path / "none" / name)
    write(path)
    if name != "page.html":
        assert pd.read_csv(path)["method"].tolist() == result.cells["method"].tolist()


def test_the_page_tells_what_helps_and_how_sure_that_is(result, tmp_path):
    pytest.importorskip("matplotlib")
    result.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    verdicts = result.differences("f1")["verdict"].tolist()
    failed = [f"{m} with {n}" for n in result.learners for m in ("adasyn", "&lt;broken&gt;")]
    assert f"<b>f1</b>: of 6 pairs of method and learner {verdicts.count('helps')} help" in page
    unclear = f"{verdicts.count('no clear difference')} show no clear difference"
    assert f"{unclear}, 4 have no score ({', '.join(failed)}).</p>" in page
    assert "With 3 folds only large differences are clear" in page
    row = result.differences("f1").loc[("random_forest", "smote")]
    assert f"{row['without']:.3f}</td><td>{row['with']:.3f}" in page


def test_warnings_are_told_with_the_method_that_gave_them(mixed):
    class Doubtful(Repeat):
        def fit_resample(self, X, y):
            warnings.warn("few rows", UserWarning, stacklevel=1)
            return super().fit_resample(X, y)

    found = compare(*mixed, methods=Doubtful(), learners="logistic_regression", cv=2, verbose=0)
    assert found.warned()[["method", "folds"]].values.tolist() == [["Doubtful", 2]]
    assert "few rows" in found.warned()["notes"][0]


def test_without_matplotlib_the_message_says_how_to_get_it(result, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"gan-augment\[report\]"):
        result.plot()
    result.to_html(tmp_path / "page.html")
    assert "gan-augment[report]" in (tmp_path / "page.html").read_text(encoding="utf-8")
