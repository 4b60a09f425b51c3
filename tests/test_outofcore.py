"""Learning from rows that are read once and never all at a time."""

from decimal import Decimal

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


@pytest.mark.parametrize(
    "kind",
    [
        *("duration", "period", "decimal", "integer objects", "date objects", "duration objects"),
        *("pyarrow duration", "pyarrow decimal", "pyarrow date"),
    ],
)
def test_ranges_of_many_values_are_kept_in_full(kind):
    numbers = np.random.default_rng(0).permutation(30_000)
    numbers[[25_000, 29_999]] = 90_000, -90_000
    days = pd.Series(pd.to_timedelta(numbers, unit="D"))
    dates = pd.Series(numbers.astype("datetime64[D]").astype("datetime64[s]"))
    decimals = pd.Series([Decimal(int(number)) / 100 for number in numbers])
    column = {
        "duration": lambda: days,
        "period": lambda: pd.Series(pd.PeriodIndex.from_ordinals(numbers, freq="D")),
        "decimal": lambda: decimals,
        "integer objects": lambda: pd.Series(numbers).astype(object),
        "date objects": lambda: dates.dt.date,
        "duration objects": lambda: pd.Series(days.array.to_pytimedelta(), dtype=object),
        "pyarrow date": lambda: dates.astype(pd.ArrowDtype(pa.date32())),
        "pyarrow duration": lambda: days.astype(pd.ArrowDtype(pa.duration("s"))),
        "pyarrow decimal": lambda: decimals.astype(pd.ArrowDtype(pa.decimal128(12, 2))),
    }[kind]()
    stream = read_stream(frames_of(pd.DataFrame({"x": column})), None, 1_000)
    assert stream.X["x"].min() == column.min()
    assert stream.X["x"].max() == column.max()
    assert len(stream.X) <= 1_002


def test_objects_that_are_numbers_at_first_are_levels_in_the_end():
    mixed = pd.Series([*range(90), "a", *range(90)], dtype=object)
    frames = (pd.DataFrame({"x": mixed.iloc[i : i + 10]}) for i in range(0, len(mixed), 10))
    stream = read_stream(frames, None, 10)
    assert set(stream.X["x"]) == set(mixed)


@pytest.mark.parametrize("kind", ["text", "named integers", "arrow", "category"])
def test_columns_of_names_do_not_favour_the_beginning(kind):
    place = np.arange(30_000)
    names = pd.Series([f"u{i}" for i in place])
    column = {
        "text": lambda: names,
        "named integers": lambda: pd.Series(place),
        "arrow": lambda: names.astype("string[pyarrow]"),
        "category": lambda: names.astype("category"),
    }[kind]()
    rows = pd.DataFrame({"place": place, "name": column, "y": np.where(place % 2, "a", "b")})
    categorical = ["name"] if kind == "named integers" else "from_dtype"
    stream = read_stream(frames_of(rows), "y", 5_000, categorical)
    assert len(stream.X) <= 5_002
    thirds = np.histogram(stream.X["place"], [0, 10_000, 20_000, 30_000])[0] / len(stream.X)
    np.testing.assert_allclose(thirds, 1 / 3, atol=0.03)


def test_only_levels_that_the_sample_lacks_get_rows_of_their_own():
    place = np.arange(30_000)
    rows = pd.DataFrame({"level": place % 90, "rare": np.where(place % 4_000, 0, place)})
    stream = read_stream(frames_of(rows), None, 5_000, ["level", "rare"])
    assert set(stream.X["rare"]) == set(rows["rare"])
    assert len(stream.X) <= 5_000 + rows["rare"].nunique()


def test_numbers_named_as_categorical_keep_their_levels(quick, rows):
    rows["code"] = np.where(rows["x"] > 49, 3, np.where(rows["x"] > 0, 1, 7))
    features = list(rows.drop(columns="y"))
    for named in (["code"], [features.index("code")], [name == "code" for name in features]):
        augmenter = quick(max_rows=500, categorical_features=named)
        augmenter.fit(frames_of(rows[["y", *features]]), y="y")
        assert set(augmenter._model.border.columns[-1].levels) == {1, 3, 7}
    with pytest.raises(ValueError, match="categorical_features names 'y'"):
        quick(categorical_features=["y"]).fit(frames_of(rows), y="y")


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


def test_names_of_folders_are_columns(quick, rows, tmp_path):
    rows = rows.iloc[:600].assign(year=np.arange(600) % 3 + 2020, shop=list("ab") * 300)
    rows.to_parquet(tmp_path / "sales", partition_cols=["year", "shop"])
    drawn = quick().fit(tmp_path / "sales", y="shop").sample(50)
    assert list(drawn) == ["x", "count", "level", "when", "y", "year"]
    assert set(drawn["year"]) <= {2020, 2021, 2022}


def test_files_are_read_with_types_that_hold_all_of_them(tmp_path):
    first = pd.DataFrame({"n": range(50), "text": [None] * 50})
    first.astype({"n": "Int64"}).to_parquet(tmp_path / "a.parquet")
    second = pd.DataFrame({"n": np.arange(50) + 0.5, "text": list("xy") * 25})
    second.iloc[10:].to_parquet(tmp_path / "b.parquet")  # with row numbers
    stream = read_stream(tmp_path, None, 1_000)
    assert_frame_equal(stream.X, pd.concat([first, second.iloc[10:]], ignore_index=True))


def test_files_of_other_columns_are_told_with_their_names(quick, tmp_path):
    frame = pd.DataFrame({"n": np.arange(50) / 2, "y": list("ab") * 25})
    frame.to_parquet(tmp_path / "a.parquet")
    frame.assign(n="v0").to_parquet(tmp_path / "b.parquet")
    with pytest.raises(
        ValueError, match=r"a\.parquet' and '.*b\.parquet': .* n .*double vs string"
    ):
        quick().fit(tmp_path, y="y")
    frame.assign(z=1).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=r"b\.parquet' has 'z', and '.*a\.parquet' has not"):
        quick().fit(tmp_path, y="y")
    schema = ds.dataset(tmp_path / "b.parquet").schema
    X = read_stream(ds.dataset(tmp_path, schema=schema), "y", 1_000).X
    assert X["z"].isna().sum() == 50


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
    with pytest.raises(ValueError, match=r"^y, a Series, is not the name of a column of X\. "):
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
    lists = pd.Series([[1], [2, 3]] * 10, name="lists")
    for column in (lists, lists.astype(pd.ArrowDtype(pa.list_(pa.int64())))):
        with pytest.raises(TypeError, match=r"'lists' holds a .*neither a number, a date nor a l"):
            quick().fit(iter([column.to_frame()]))
