"""One column to float64 and back, on its grid and in its range."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_series_equal

from gan_augment.columns import CategoricalColumn, ContinuousColumn, learn_column

BERLIN = ZoneInfo("Europe/Berlin")
NAN = np.nan


def decoded(series, values):
    return learn_column(series).decode(np.array(values, dtype=float)).tolist()


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([1.0, 2.0, -7.0], 0),
        ([0.5, 0.25, 3.0], 2),
        ([0.1, 0.2, 0.3], 1),
        ([19.99, 100.0, 5.5], 2),
        ([1e-10, 3e-10], 10),
        ([1e-11, 1.0], None),
        ([1e-5 / 3, 1.0], None),
        ([1e16, 0.5], None),
        ([2.0**51, 0.0], 0),
        ([2.0**53, 0.0], None),
    ],
)
def test_decimals_are_found_and_kept(values, decimals):
    column = learn_column(pd.Series(values))
    assert column.decimals == decimals
    assert (column.lower, column.upper) == (min(values), max(values))
    between = column.decode(np.array([sum(values) / len(values), -1e99, 1e99]))
    if decimals is not None:
        assert between[0] == round(between[0], decimals)
    assert between.tolist()[1:] == [min(values), max(values)]


def test_decimals_of_float32_are_those_that_were_meant():
    column = learn_column(pd.Series([0.1, 0.7, 2.3], dtype="float32"))
    assert column.decimals == 1
    assert column.decode(np.array([0.66])).tolist() == [np.float32(0.7)]
    half = learn_column(pd.Series([0.1, 0.7], dtype="float16"))
    assert half.decimals is None


def test_one_value_off_the_grid_among_very_many_is_noticed():
    values = np.arange(150_000) / 4
    assert learn_column(pd.Series(values)).decimals == 2
    values[1] = 0.2501
    assert learn_column(pd.Series(values)).decimals is None


def test_integers_are_rounded_and_clipped():
    series = pd.Series([10, 13, 40])
    column = learn_column(series)
    # Any integer within the range may come, not only multiples of a common step.
    assert (column.origin, column.step, column.lower, column.upper) == (10, 1, 0, 30)
    assert_array_equal(column.encode(series), [0, 3, 30])
    assert decoded(series, [1.4, 1.6, -5, 99]) == [11, 12, 10, 40]


def test_dates_keep_to_their_step():
    days = pd.Series(pd.to_datetime(["2020-01-01", "2020-01-05", "2020-01-09"]))
    column = learn_column(days)
    assert (column.lower, column.upper) == (0, 2)
    assert_array_equal(column.encode(days), [0, 1, 2])
    back = column.decode(np.array([0.6, NAN, 7.0]))
    assert back.tolist() == [days[1], pd.NaT, days[2]]
    assert back.dtype == days.dtype
    same = learn_column(pd.Series(pd.to_datetime(["2020-01-01"] * 2)))
    assert same.decode(np.array([0.0])).tolist() == [pd.Timestamp("2020-01-01")]


def test_no_integer_is_above_the_largest_even_where_floats_are_sparse():
    largest = 2**53 + 3
    assert decoded(pd.Series([0, largest]), [1e300]) == [2**53 + 2]
    assert decoded(pd.Series([5, 5 + 2**53]), [1e300]) == [5 + 2**53]


@pytest.mark.parametrize("dtype", ["int64", "uint64", "Int64", "int8"])
def test_whole_range_of_integers(dtype):
    info = np.iinfo(dtype.lower())
    series = pd.Series([info.min, info.max, 0], dtype=dtype)
    column = learn_column(series)
    back = column.decode(np.array([column.lower, column.upper, 1e300]))
    assert back.dtype == series.dtype
    assert back[0] == info.min
    assert 0 <= info.max - back[1] < 2**12
    assert back[2] == back[1]
    codes = column.encode(series)
    assert codes[0] == 0
    assert codes[1] == pytest.approx(info.max - info.min)


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1, None, 5], dtype="Int64"),
        pd.Series([1.5, None, 5], dtype="Float64"),
        pd.Series([1.5, NAN, 5]),
        pd.Series([1, None, 5], dtype="int32[pyarrow]"),
        pd.Series([1.5, None, 5], dtype="double[pyarrow]"),
        pd.Series(pd.to_timedelta([1, None, 5], unit="h")),
        pd.Series(pd.to_datetime(["2020", None, "2021"], utc=True)).dt.tz_convert("Asia/Tokyo"),
        pd.Series(pd.to_datetime(["2020", None, "2021"])).dt.to_period("Q"),
        pd.Series([dt.date(2020, 1, 1), None, dt.date(2020, 1, 5)]),
        pd.Series([dt.date(2020, 1, 1), None, dt.date(2020, 1, 5)]).astype("date32[pyarrow]"),
        pd.Series(
            pd.to_datetime(["2020", None, "2021"]), dtype="timestamp[us, Asia/Tokyo][pyarrow]"
        ),
        pd.Series(pd.to_datetime(["2020", None, "2021"]), dtype="timestamp[s][pyarrow]"),
        pd.Series(pd.to_timedelta([1, None, 5], unit="h"), dtype="duration[ms][pyarrow]"),
        pd.Series([Decimal("1.50"), None, Decimal("2.25")], dtype=object),
        pd.Series([Decimal("1.50"), Decimal("NaN"), Decimal("2.25")], dtype=object),
        pd.Series([3, pd.NA, 2**70], dtype=object),
        pd.Series([2**64 + 5, None, 2**64 - 5], dtype=object),
        pd.Series([dt.date(1, 1, 1), pd.NaT, dt.date(9999, 12, 31)], dtype=object),
        pd.Series([dt.datetime(1, 1, 1, 0, 0, 0, 1), None, dt.datetime.max], dtype=object),
        pd.Series([dt.datetime(2020, 7, 1, 2, tzinfo=BERLIN), None], dtype=object),
        pd.Series([dt.timedelta(1, 2, 3), None, dt.timedelta(-1)], dtype=object),
        pd.Series([pd.Timestamp(5), None, pd.Timestamp("2020")], dtype=object),
        pd.Series(
            [pd.Timestamp("2020", tz=BERLIN), None, pd.Timestamp(1, tz=BERLIN)], dtype=object
        ),
        pd.Series([pd.Timestamp(2**55), None, pd.Timestamp(2020, 12, 31)], dtype=object),
        pd.Series([pd.Timedelta(7, "ns"), None, pd.Timedelta(2, "D")], dtype=object),
        pd.Series([dt.time(1), None, dt.time(2)], dtype=object),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series(["a", None, "b"], dtype="string"),
        pd.Series(["a", None, "b"], dtype=object),
        pd.Series(["a", NAN, "b"], dtype=object),
        pd.Series(["b", None, "a"], dtype=pd.CategoricalDtype(["c", "a", "b"], ordered=True)),
        pd.Series([(1, 2), None, (1,)], dtype=object),
        pd.Series(pd.arrays.SparseArray([0.0, NAN, 2.5])),
    ],
    ids=lambda series: str(series.dtype),
)
def test_values_and_gaps_come_back(series):
    series = series.rename("name")
    column = learn_column(series)
    codes = column.encode(series)
    assert_array_equal(np.isnan(codes), series.isna())
    assert_series_equal(column.decode(codes), series)
    assert str(column.decode(codes).tolist()) == str(series.tolist())


def test_dates_and_durations_among_objects_lie_on_a_line():
    days = np.random.default_rng(0).integers(0, 2_000, 100)
    start = dt.datetime(2020, 1, 1, 12)
    durations = [dt.timedelta(days=int(day)) for day in days]
    for values in (
        [start.date() + duration for duration in durations],
        [start + duration for duration in durations],
        [start.replace(tzinfo=BERLIN) + duration for duration in durations],
        durations,
        [pd.Timedelta(duration) for duration in durations],
    ):
        series = pd.Series(values, dtype=object)
        column = learn_column(series)
        assert isinstance(column, ContinuousColumn)
        drawn = column.decode(np.random.default_rng(1).uniform(0, column.upper, 500))
        assert drawn.map(type).unique().tolist() == [type(values[0])]
        assert drawn.between(min(values), max(values)).all()
        assert not set(drawn) <= set(values)
        whole_days = {value - min(values) for value in drawn}
        assert {step % dt.timedelta(days=1) for step in whole_days} == {dt.timedelta(0)}


def test_times_of_two_zones_come_back_in_utc_and_those_without_a_zone_are_apart():
    noon = dt.datetime(2020, 1, 1, 12)
    zoned = pd.Series([noon.replace(tzinfo=BERLIN), noon.replace(tzinfo=dt.UTC)], dtype=object)
    back = decoded(zoned, [0.0, 1.0])
    assert back == zoned.tolist()
    assert {value.utcoffset() for value in back} == {dt.timedelta(0)}
    assert isinstance(learn_column(pd.Series([noon, zoned[0]])), CategoricalColumn)
    latest = dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert isinstance(learn_column(pd.Series([zoned[0], latest])), CategoricalColumn)
    mixed = pd.Series([noon, noon.date(), noon.time()], dtype=object)
    assert isinstance(learn_column(mixed), CategoricalColumn)


@pytest.mark.parametrize("origin", [10**20, 10**18, -(2**63) - 9, 2**64 - 50])
def test_integers_among_objects_keep_their_spread(origin):
    values = origin + np.arange(0, 250, 3).astype(object)
    column = learn_column(pd.Series(values, dtype=object))
    drawn = column.decode(np.random.default_rng(0).uniform(0, column.upper, 2_000))
    assert set(drawn) == set(values.tolist())
    assert {type(value) for value in drawn} == {int}


GRID_ROWS = np.random.default_rng(0).integers(0, 100, 300)


@pytest.mark.parametrize(
    ("series", "on_grid"),
    [
        (pd.Series(GRID_ROWS * 50 + 7), lambda s: s % 50 == 7),
        (pd.Series(GRID_ROWS / 2), lambda s: s % 0.5 == 0),
        (pd.Series(GRID_ROWS / 4, dtype="float32"), lambda s: s % 0.25 == 0),
        (pd.Series(6e6 + GRID_ROWS * 12345.67).round(2), lambda s: s == s.round(2)),
        (
            pd.Series(pd.date_range("2024", periods=300, tz="Europe/Berlin")),
            lambda s: s == s.dt.normalize(),
        ),
    ],
    ids=["fifties", "halves", "quarters", "cents of millions", "midnights"],
)
def test_values_stay_on_the_grid_that_all_of_them_have(series, on_grid):
    column = learn_column(series)
    assert_series_equal(column.decode(column.encode(series)), series, check_freq=False)
    drawn = np.random.default_rng(1).uniform(column.lower, column.upper, 1_000)
    made = column.decode(drawn)
    assert on_grid(made).all()
    assert made.nunique() > 50
    assert made.between(series.min(), series.max()).all()


def test_few_values_share_a_factor_by_chance():
    assert decoded(pd.Series([2, 4, 8]), [1.0]) == [3]
    assert decoded(pd.Series([0] * 95 + [4_000, 6_000]), [17.0]) == [17]


@pytest.mark.parametrize(
    "dtype", ["float64", "Int64", "object", "datetime64[ns]", "category", "float16"]
)
def test_a_column_that_is_missing_everywhere_stays_so(dtype):
    series = pd.Series([None, None, None], dtype=dtype, name="gone")
    column = learn_column(series)
    assert_series_equal(column.decode(column.encode(series)), series)


def test_levels_are_those_seen_in_order_of_appearance():
    series = pd.Series(["b", "a", "b", None, "c"])
    column = learn_column(series)
    assert isinstance(column, CategoricalColumn)
    assert list(column.levels) == ["b", "a", "c"]
    assert column.n_levels == 3
    assert_array_equal(column.encode(pd.Series(["c", "unknown", None])), [2, NAN, NAN])
    assert list(CategoricalColumn.learn(series, sort=True).levels) == ["a", "b", "c"]
    ordered = pd.Series(["hi", "lo"], dtype=pd.CategoricalDtype(["lo", "mid", "hi"], ordered=True))
    assert list(learn_column(ordered).levels) == ["lo", "hi"]
    mixed = CategoricalColumn.learn(pd.Series([1, "a", 0], dtype=object), sort=True)
    assert list(mixed.levels) == [1, "a", 0]


def test_numbers_are_levels_where_the_user_says_so():
    column = learn_column(pd.Series([3, 1, 3]), categorical=True)
    assert isinstance(column, CategoricalColumn)
    assert column.decode(np.array([1.0, 0.0])).tolist() == [1, 3]
    assert column.decode(np.array([1.0])).dtype == np.int64


@pytest.mark.parametrize(
    ("values", "continuous"),
    [
        ([1, 2], True),
        ([1.5, 2], True),
        ([Decimal(1), Decimal(2)], True),
        ([True, False], False),
        ([1, "2"], False),
        (["1", "2"], False),
        ([dt.date(2020, 1, 1)] * 2, True),
        ([dt.time(1)] * 2, False),
        ([b"a", b"b"], False),
    ],
)
def test_objects_lie_on_a_line_where_all_are_numbers_or_times(values, continuous):
    column = learn_column(pd.Series(values, dtype=object))
    assert isinstance(column, ContinuousColumn) == continuous


def test_integers_that_no_float_equals_stay_in_their_range():
    low, high = 2**70 + 1, 2**71 - 1
    column = pd.Series([low, high, low], dtype=object)
    assert decoded(column, [float(low), float(high)]) == [low, high]
    assert decoded(pd.Series([low, low], dtype=object), [float(low)]) == [low]


def test_objects_keep_their_type():
    assert decoded(pd.Series([1, 2, 9], dtype=object), [2.4]) == [3]
    assert type(decoded(pd.Series([1, 2, 9], dtype=object), [2.4])[0]) is int
    money = decoded(pd.Series([Decimal("1.50"), Decimal("9.25")], dtype=object), [3.14159])
    assert str(money[0]) == "3.14"


@pytest.mark.parametrize(
    ("series", "error", "message"),
    [
        (pd.Series([1j, 2], name="x"), ValueError, r"Complex data.*'x' is complex128\. Split"),
        (pd.Series([np.inf, 2], name="x"), ValueError, r"'x' contains infinity.*NaN if"),
        (pd.Series([[1], 2], name="x"), TypeError, r"'x' holds a list, \[1\].*string"),
        (
            pd.Series([10**400, 2], name="x", dtype=object),
            ValueError,
            r"'x' contains infinity.*NaN if",
        ),
    ],
)
def test_what_is_no_column_is_told(series, error, message):
    with pytest.raises(error, match=message):
        learn_column(series)


def test_objects_that_are_whole_and_broken_numbers_are_broken():
    series = pd.Series([10, 12.5, None, 9.99], dtype=object)
    assert decoded(series, [9.99, 12.5, 10.0, 11.37]) == [9.99, 12.5, 10.0, 11.37]
    whole = decoded(pd.Series([10, np.int64(12), 9], dtype=object), [0.0, 3.0])
    assert whole == [9, 12]
    assert [type(value) for value in whole] == [int, int]


def test_levels_may_be_half_floats():
    series = pd.Series([0.5, 2.0, 0.5], dtype="float16")
    column = learn_column(series, categorical=True)
    assert_series_equal(column.decode(column.encode(series)), series)
