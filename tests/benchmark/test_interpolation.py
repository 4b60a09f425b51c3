from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gan_augment.benchmark.competitors import default_methods
from gan_augment.benchmark.inputs import NotApplicableError, as_frame
from gan_augment.benchmark.interpolation import Adasyn, RandomOver, Smote


@pytest.mark.parametrize("columns", [["amount", "count"], ["colour", "shape", "known"], None])
def test_smote_balances_any_columns_and_leaves_the_real_rows_alone(mixed, columns):
    X, y = mixed
    X = X if columns is None else X[columns]
    made, labels = Smote(0).fit_resample(as_frame(X), y)
    assert np.unique(labels, return_counts=True)[1].tolist() == [200, 200]
    assert made.dtypes.tolist() == X.dtypes.tolist()
    pd.testing.assert_frame_equal(made.iloc[: len(X)], X)
    new = made.iloc[len(X) :]
    for name in X.columns:
        known = set(X[name].dropna())
        if X[name].dtype != float:
            assert set(new[name].dropna()) <= known


def test_integers_are_rounded_not_truncated():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"n": rng.integers(0, 1000, 300), "m": rng.normal(size=300)})
    y = np.array([1] * 50 + [0] * 250)
    made, _ = Smote(0).fit_resample(X, y)
    mean = made["n"].iloc[300:].mean()
    floored = np.floor(mean - 0.45)
    assert made["n"].dtype == X["n"].dtype
    assert abs(mean - X["n"][:50].mean()) < 40
    assert floored < mean


def test_fewer_neighbours_are_used_where_there_are_few_rows():
    X = pd.DataFrame({"a": np.arange(30.0), "b": np.arange(30.0) ** 2})
    y = np.array([1] * 3 + [0] * 27)
    assert len(Smote(0).fit_resample(X, y)[0]) == 54
    with pytest.raises(ValueError, match="class 1 has 1 row"):
        Smote(0).fit_resample(X[2:], y[2:])


def test_random_over_repeats_real_rows_with_their_gaps(mixed):
    X, y = mixed
    made, labels = RandomOver(0).fit_resample(X, y)
    assert len(made) == 400
    repeated = made.iloc[240:].merge(X[y == "rare"].drop_duplicates(), how="left", indicator=True)
    assert (repeated["_merge"] == "both").all()
    assert (labels[240:] == "rare").all()


def test_adasyn_takes_numbers_with_gaps_and_no_levels(mixed):
    X, y = mixed
    assert len(Adasyn(0).fit_resample(X[["amount", "count"]], y)[0]) > 300
    with pytest.raises(NotApplicableError):
        Adasyn(0).fit_resample(X, y)


def test_the_default_methods_fit_the_data(mixed, numeric):
    assert "adasyn" not in default_methods(mixed[0])
    assert "adasyn" in default_methods(numeric[0])
    assert default_methods(mixed[0])[0] == "none"
