"""Learning from rows that are read once and never all at a time."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from pandas.testing import assert_frame_equal

from gan_augment.outofcore import read_stream


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    n = 30_000
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "count": rng.integers(0, 1000, n),
            "level": np.where(rng.random(n) < 0.5, "often", "also"),
            "when": pd.Timestamp("2020") + pd.to_timedelta(rng.integers(0, 1000, n), unit="D"),
            "y": np.where(rng.random(n) < 0.002, "rare", "common"),
        }
    )
    frame.loc[20_000, ["x", "level"]] = [50.0, "once"]
    frame.loc[29_999, "x"] = -40.0
    frame.loc[100:300, "x"] = np.nan
    return frame


def folder_of(rows, tmp_path):
    for i in range(3):
        part = rows.iloc[i * 10_000 : (i + 1) * 10_000]
        part.to_parquet(tmp_path / f"part{i}.parquet", index=False, row_group_size=2_000)
    return tmp_path


def frames_of(rows):
    return (rows.iloc[i : i + 1_000] for i in range(0, len(rows), 1_000))


@pytest.mark.parametrize("max_rows", [1_000, 100_000])
def test_sample_keeps_what_is_rare(rows, max_rows):
    stream = read_stream(frames_of(rows), "y", max_rows)
    assert stream.n_rows == 30_000
    assert stream.class_counts == rows["y"].value_counts().to_dict()
    assert (stream.y == "rare").sum() == (rows["y"] == "rare").sum()
    assert stream.X["x"].agg(["min", "max"]).tolist() == [-40.0, 50.0]
    assert set(stream.X["level"]) == {"often", "also", "once"}
    assert stream.X["when"].max() == rows["when"].max()
    assert len(stream.X) <= max(max_rows, 2_000) + 100 + 10
    if max_rows > 30_000:
        assert_frame_equal(stream.X.assign(y=stream.y), rows)


def test_sample_is_fair(rows):
    stream = read_stream(frames_of(rows.drop(columns="y")), None, 5_000)
    middle = stream.X["x"].clip(-4, 4)
    assert abs(middle.mean()) < 0.05
    assert abs(middle.std() - 1) < 0.05
    thirds = np.histogram(stream.X["count"], [0, 333, 667, 1000])[0] / len(stream.X)
    np.testing.assert_allclose(thirds, 1 / 3, atol=0.03)


@pytest.mark.parametrize("source", ["folder", "file", "dataset", "iterator", "list"])
def test_every_source_gives_the_same_model(quick, rows, tmp_path, source):
    folder = folder_of(rows, tmp_path)
    X = {
        "folder": lambda: str(folder),
        "file": lambda: folder / "all.parquet",
        "dataset": lambda: ds.dataset(folder, format="parquet"),
        "iterator": lambda: frames_of(rows),
        "list": lambda: list(frames_of(rows)),
    }[source]
    if source == "file":
        rows.to_parquet(folder / "all.parquet", index=False)
    augmenter = quick(max_rows=2_000).fit(X(), y="y")
    drawn, labels = augmenter.sample(300, return_y=True)
    assert list(drawn) == ["x", "count", "level", "when"]
    assert set(labels) == {"rare"}
    counts = rows["y"].value_counts()
    assert augmenter.sampling_strategy_ == {"rare": counts["common"] - counts["rare"]}
    assert len(augmenter.sample(5, y="common")) == 5
    assert augmenter.n_features_in_ == 4


def test_without_labels_the_stream_is_one_distribution(quick, rows):
    augmenter = quick(max_rows=2_000).fit(frames_of(rows))
    assert list(augmenter.sample(3)) == list(rows)
    assert not hasattr(augmenter, "classes_")


def test_mistakes_are_explained(quick, rows, tmp_path):
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        quick().fit(str(tmp_path / "nowhere"))
    (tmp_path / "text.parquet").write_text("a,b")
    with pytest.raises(ValueError, match="no Parquet file or folder"):
        quick().fit(tmp_path / "text.parquet")
    with pytest.raises(ValueError, match=r"y='z' is not the name of a column.*'level'"):
        quick().fit(frames_of(rows), y="z")
    with pytest.raises(ValueError, match="not the name of a column"):
        quick().fit(frames_of(rows), y=rows["y"])
    with pytest.raises(ValueError, match="X has no rows"):
        quick().fit(iter([]))
    with pytest.raises(ValueError, match=r"is not one table in memory.*sample_to_parquet"):
        quick().fit_resample(frames_of(rows), "y")
    with pytest.raises(ValueError, match="is not one table in memory"):
        quick().fit_resample([rows, rows], "y")
    with pytest.raises(TypeError, match="gives a Table"):
        quick().fit(iter([pa.table({"a": [1]})]))
    with pytest.raises(ValueError, match="frames of different columns"):
        quick().fit(iter([rows, rows.iloc[:, ::-1]]))
