"""What comes in goes out: containers, dtypes, names, ranges and levels."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from pandas.testing import assert_frame_equal, assert_series_equal

import gan_augment


def as_nullable(X):
    return X.convert_dtypes()


def as_arrow(X):
    return X.convert_dtypes(dtype_backend="pyarrow").assign(
        day=X["bottled"].dt.date.astype(pd.ArrowDtype(pa.date32()))
    )


def test_polars_nans_and_nulls_stay_what_they_are(quick, tmp_path):
    numbers = np.arange(60) / 4
    frame = pl.DataFrame(
        {
            "nan": np.where(numbers % 1, numbers, np.nan),
            "null": [None if number % 1 == 0 else number for number in numbers],
        }
    )
    augmenter = quick().fit(frame)
    augmenter.save(tmp_path / "model")
    for drawn in (augmenter.sample(200), gan_augment.load(tmp_path / "model").sample(200)):
        assert drawn["nan"].null_count() == 0 < drawn["nan"].is_nan().sum()
        assert drawn["null"].null_count() > 0
        assert not drawn["null"].is_nan().any()


@pytest.mark.parametrize("backed", [lambda X: X, as_nullable, as_arrow])
def test_pandas_frame_comes_back_as_it_came(quick, mixed, backed):
    X, y = mixed
    X = backed(X)
    before = X.copy(deep=True)
    X_new, y_new = quick().fit_resample(X, y)
    assert_frame_equal(X, before)
    assert_frame_equal(X_new.iloc[: len(X)], X)
    assert_series_equal(y_new.iloc[: len(y)], y)
    assert list(X_new.index) == list(range(len(X_new)))
    assert y_new.value_counts().nunique() == 1


def test_polars_frame_comes_back_as_it_came(quick, mixed):
    X, y = mixed
    X = X.drop(columns="grade").astype({"proline": "float64", "note": object})
    levels = pl.Enum(["light", "medium", "strong"])
    frame = pl.DataFrame(
        {
            **{name: pl.Series(X[name].tolist()) for name in ("alcohol", "hue", "magnesium")},
            "dark": X["dark"].tolist(),
            "strength": pl.Series(X["strength"].tolist(), dtype=pl.Categorical),
            "level": pl.Series(X["strength"].tolist(), dtype=levels),
            "day": pl.Series([None if pd.isna(t) else t.date() for t in X["bottled"]]),
            "stamp": pl.Series(X["bottled"].dt.tz_localize("Asia/Tokyo")),
            "aged": pl.Series(X["aged"]),
            "small": pl.Series(X["magnesium"].tolist(), dtype=pl.UInt8),
            "price": pl.Series([None, *[Decimal(i) / 4 for i in range(len(X) - 1)]]),
        }
    )
    target = pl.Series("cultivar", y.tolist())
    X_new, y_new = quick().fit_resample(frame, target)
    assert X_new.schema == frame.schema
    assert X_new.head(len(frame)).equals(frame)
    assert y_new.name == "cultivar"
    assert y_new.value_counts()["count"].n_unique() == 1
    assert X_new["day"].null_count() > frame["day"].null_count()


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_numpy_dtype_and_range_are_kept(quick, dtype):
    rng = np.random.default_rng(0)
    X = (rng.random((60, 3)) * 5).astype(dtype)
    y = np.repeat([0, 1], [45, 15])
    X_new, y_new = quick().fit_resample(X, y)
    assert X_new.dtype == X.dtype
    np.testing.assert_array_equal(X_new[:60], X)
    assert X_new.min() >= X.min()
    assert X_new.max() <= X.max()
    np.testing.assert_array_equal(y_new, np.repeat([0, 1, 1], [45, 15, 30]))


def test_extreme_integers_survive(quick):
    info = np.iinfo(np.int64)
    column = np.array([info.min, info.min + 1, 0, info.max - 1, info.max] * 8)
    X = pd.DataFrame({"signed": column, "unsigned": column.view(np.uint64)})
    drawn = quick().fit(X).sample(100)
    assert (drawn.dtypes == X.dtypes).all()
    assert drawn["signed"].nunique() > 1


def test_lists_of_huge_integers_stay_integers(quick):
    X = [[2**60 + 12], [2**63 + 77], [5], [2**64 - 1]] * 5
    X_new, _ = quick().fit_resample(X * 3, [0, 0, 0, 1] * 15)
    assert X_new[:60] == X * 3
    assert len(X_new) == 90
    assert all(type(value) is int and 5 <= value < 2**64 for [value] in X_new)


def test_lists_and_sparse_matrices_come_back(quick):
    X = np.eye(4).repeat(10, axis=0)
    y = np.repeat([0, 1], [30, 10])
    X_list, y_list = quick().fit_resample(X.tolist(), y.tolist())
    assert isinstance(X_list, list)
    assert isinstance(X_list[-1], list)
    assert isinstance(y_list, list)
    for kind in (sp.csr_matrix, sp.csc_array):
        X_sparse, _ = quick().fit_resample(kind(X), y)
        assert type(X_sparse) is kind
        assert X_sparse.shape == (60, 4)


def test_python_objects_in_a_column_are_levels(quick):
    X = pd.DataFrame({"thing": pd.Series([1, "x", (1, 2), datetime.date(2020, 1, 1)] * 10)})
    drawn = quick().fit(X).sample(50)
    assert set(drawn["thing"]) <= set(X["thing"])


def test_decimals_stay_decimals(quick):
    X = pd.DataFrame({"price": [Decimal(i) / 4 for i in range(40)], "n": range(40)})
    drawn = quick().fit(X).sample(30)["price"]
    assert all(isinstance(value, Decimal) for value in drawn)
    assert all(value.as_tuple().exponent == -2 for value in drawn)


def test_index_and_column_names_of_any_kind(quick, mixed):
    X, y = mixed
    X = X[["alcohol", "magnesium"]].set_axis(
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), axis=1
    )
    X.index = y.index = pd.Index([7] * len(X))
    X_new, _ = quick().fit_resample(X, y)
    assert X_new.columns.equals(X.columns)
    numbered = X.set_axis([10, 20], axis=1)
    assert list(quick().fit_resample(numbered, y)[0].columns) == [10, 20]


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "yes"],
        [False, True],
        [0.0, 1.0],
        [("a", 1), ("b", 2)],
        [datetime.date(2020, 1, 1), "mixed"],
        [pd.Timestamp("2020-01-01"), pd.Timestamp("2021-01-01")],
    ],
)
def test_labels_of_any_hashable_type(quick, cancer, labels):
    X, y = cancer
    y = pd.Series([labels[code] for code in y], name="label")
    augmenter = quick()
    _, y_new = augmenter.fit_resample(X, y)
    assert_series_equal(y_new.iloc[: len(y)], y)
    assert y_new.value_counts().tolist() == [357, 357]
    drawn, drawn_y = augmenter.sample(5, y=labels[0], return_y=True)
    assert len(drawn) == 5
    assert drawn_y.tolist() == [labels[0]] * 5
    assert set(augmenter.sampling_strategy_) == {labels[0]}


def test_target_containers_come_back(quick, cancer):
    X, y = cancer
    frame = y.to_frame("diagnosis")
    assert quick().fit_resample(X, frame)[1].columns.tolist() == ["diagnosis"]
    one_hot = np.eye(2, dtype=int)[y]
    assert quick().fit_resample(X, one_hot)[1].shape == (714, 2)
    categorical = y.map({0: "malignant", 1: "benign"}).astype("category")
    assert quick().fit_resample(X, categorical)[1].dtype == categorical.dtype


def test_missing_values_are_reproduced_at_their_rate(mixed):
    from gan_augment import GANAugmenter

    X, _ = mixed
    drawn = GANAugmenter(max_steps=300, random_state=0).fit(X).sample(2_000)
    difference = (drawn.isna().mean() - X.isna().mean()).abs()
    assert difference.max() < 0.08


def test_only_seen_levels_and_values_in_range_and_on_their_grid(quick, mixed):
    X, _ = mixed
    drawn = quick().fit(X).sample(500)
    for name in ("strength", "grade", "note", "dark"):
        assert set(drawn[name].dropna()) <= set(X[name].dropna())
    for name in ("alcohol", "hue", "magnesium", "proline", "bottled", "aged"):
        assert drawn[name].min() >= X[name].min()
        assert drawn[name].max() <= X[name].max()
    assert (drawn["alcohol"].dropna().round(2) == drawn["alcohol"].dropna()).all()
    assert (drawn["bottled"].dropna().dt.normalize() == drawn["bottled"].dropna()).all()


def test_a_level_of_one_row_can_be_drawn(quick):
    X = pd.DataFrame({"level": ["common"] * 99 + ["rare"], "x": np.arange(100.0)})
    assert "rare" in set(quick(max_steps=40).fit(X).sample(3_000)["level"])


def test_a_column_of_very_many_levels_gives_back_seen_ones(quick):
    X = pd.DataFrame({"id": [f"user {i}" for i in range(1_500)], "x": np.arange(1_500) % 7})
    drawn = quick().fit(X).sample(300)
    assert set(drawn["id"]) <= set(X["id"])
    assert drawn["id"].nunique() > 50


@pytest.mark.parametrize("features", [["magnesium"], [2], [-8], np.arange(10) == 2])
def test_numeric_columns_can_be_named_as_categorical(quick, mixed, features):
    X, _ = mixed
    X = X.assign(magnesium=X["magnesium"] * 10)
    drawn = quick(categorical_features=features).fit(X).sample(200)
    assert set(drawn["magnesium"]) <= set(X["magnesium"])
    assert drawn["magnesium"].dtype == X["magnesium"].dtype
