"""Tables and labels of every kind that a data frame can hold, made from a few drawn numbers.

Hypothesis draws what a table is like; NumPy fills it from a drawn seed, which is fast and still
shrinks to few columns of simple kinds.
"""

from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

ODD_TEXT = [
    "",
    " ",
    "a,b",
    '"',
    "\x00",
    "\x1b[31m",
    "line\nbreak",
    "名前",
    "é",
    "e\u0301",
    "🦉",
    "=1+1",
]
ODD_TEXT += ["nan", "None", "NaT", "\u202eright to left", "<script>", "%s {0}", "\ud7ff", "\ufeff"]


class Colour(enum.Enum):
    """Levels that are neither text nor numbers."""

    RED = 1
    BLUE = 2


def chosen(rng, values, n):
    """`n` of these Python objects, as they are."""
    column = np.empty(n, dtype=object)
    for i, place in enumerate(rng.integers(len(values), size=n)):
        column[i] = values[place]
    return column


def _whole(dtype):
    def make(rng, n):
        info = np.iinfo(dtype)
        return pd.Series(rng.integers(info.min, info.max, n, dtype=dtype, endpoint=True))

    return make


def _arrow(kind, values):
    return lambda rng, n: pd.Series(chosen(rng, values, n).tolist(), dtype=pd.ArrowDtype(kind))


def _stamps(rng, n):
    return pd.Timestamp("1969-07-20") + pd.to_timedelta(rng.integers(0, 10**9, n), unit="s")


def _dates(n_days):
    return [datetime.date(1990, 1, 1) + datetime.timedelta(days=i) for i in range(n_days)]


def _of(values, dtype=object):
    return lambda rng, n: pd.Series(chosen(rng, values, n).tolist(), dtype=dtype)


def _objects(values):
    return lambda rng, n: pd.Series(chosen(rng, values, n), dtype=object)


UTC = datetime.timezone.utc  # noqa: UP017
STAMPS = [datetime.datetime(2020, 1, 1) + datetime.timedelta(hours=i) for i in range(9)]
COLUMNS = {
    "float64": lambda rng, n: pd.Series(rng.normal(size=n)),
    "float32": lambda rng, n: pd.Series(rng.normal(size=n).astype("float32")),
    "float16": lambda rng, n: pd.Series(rng.normal(size=n).astype("float16")),
    "money": lambda rng, n: pd.Series(rng.lognormal(5, 2, n).round(2)),
    "signed zeros": _of([0.0, -0.0], "float64"),
    "huge": lambda rng, n: pd.Series(rng.normal(size=n) * 1e307),
    "all magnitudes": lambda rng, n: pd.Series(
        rng.normal(size=n) * 10.0 ** rng.integers(-300, 300)
    ),
    "widest": lambda rng, n: pd.Series(rng.choice([-1, 0.25, 1], n) * np.finfo(float).max),
    "subnormal": lambda rng, n: pd.Series(rng.integers(1, 99, n) * 5e-324),
    "huge float32": lambda rng, n: pd.Series((rng.normal(size=n) * 1e37).astype("float32")),
    "far from zero": lambda rng, n: pd.Series(1e15 + rng.normal(size=n)),
    "close together": lambda rng, n: pd.Series(
        np.nextafter(1.0, 2.0) + rng.integers(0, 3, n) * 2e-16
    ),
    "int8": _whole("int8"),
    "uint8": _whole("uint8"),
    "int16": _whole("int16"),
    "uint16": _whole("uint16"),
    "int32": _whole("int32"),
    "uint32": _whole("uint32"),
    "int64": _whole("int64"),
    "uint64": _whole("uint64"),
    "small int": lambda rng, n: pd.Series(rng.integers(0, 5, n)),
    "bool": lambda rng, n: pd.Series(rng.random(n) < 0.3),
    "Int64": lambda rng, n: pd.Series(rng.integers(-9, 9, n), dtype="Int64"),
    "UInt8": lambda rng, n: pd.Series(rng.integers(0, 255, n), dtype="UInt8"),
    "Int16": lambda rng, n: pd.Series(rng.integers(-(2**15), 2**15, n), dtype="Int16"),
    "UInt64": lambda rng, n: _whole("uint64")(rng, n).astype("UInt64"),
    "Int64, all of it": lambda rng, n: _whole("int64")(rng, n).astype("Int64"),
    "Float64": lambda rng, n: pd.Series(rng.normal(size=n), dtype="Float64"),
    "Float32": lambda rng, n: pd.Series(rng.normal(size=n), dtype="Float32"),
    "boolean": lambda rng, n: pd.Series(rng.random(n) < 0.3, dtype="boolean"),
    "string": _of(ODD_TEXT, "string"),
    "string[pyarrow]": _of(["a", "b", "名前"], "string[pyarrow]"),
    "object text": _objects(ODD_TEXT),
    "many levels": lambda rng, n: pd.Series([f"id{i}" for i in rng.permutation(n)], dtype=object),
    "datetime64[ns]": lambda rng, n: pd.Series(_stamps(rng, n)),
    "datetime64[s]": lambda rng, n: pd.Series(_stamps(rng, n)).astype("datetime64[s]"),
    "datetime64[us]": lambda rng, n: pd.Series(_stamps(rng, n)).astype("datetime64[us]"),
    "far dates": _of([np.datetime64("0001-01-01", "s"), np.datetime64("9999-12-31", "s")], "M8[s]"),
    "ends of time": _of([pd.Timestamp.min, pd.Timestamp.max, pd.Timestamp(0)], "M8[ns]"),
    "zoned": lambda rng, n: pd.Series(_stamps(rng, n).tz_localize("UTC").tz_convert("Asia/Tokyo")),
    "summer time": lambda rng, n: pd.Series(
        pd.Timestamp("2021-10-31", tz="Europe/Paris") + pd.to_timedelta(rng.integers(0, 9, n), "h")
    ),
    "fixed offset": lambda rng, n: pd.Series(_stamps(rng, n).tz_localize("+05:30")),
    "timedelta": lambda rng, n: pd.Series(pd.to_timedelta(rng.integers(-999, 999, n), unit="min")),
    "timedelta64[s]": lambda rng, n: pd.Series(rng.integers(0, 99, n).astype("m8[s]")),
    "period": lambda rng, n: pd.Series(pd.PeriodIndex(_stamps(rng, n), freq="M")),
    "category": _of(["x", "y", "z"], "category"),
    "category of numbers": _of([3, 1, 2], "category"),
    "ordered": _of(["lo", "hi"], pd.CategoricalDtype(["lo", "mid", "hi"], ordered=True)),
    "category of dates": _of(_dates(4), "category"),
    "interval": lambda rng, n: pd.Series(pd.cut(rng.random(n), [0, 0.2, 0.5, 1])).astype(
        "interval"
    ),
    "binned": lambda rng, n: pd.Series(pd.cut(rng.random(n), [-1, 0.2, 0.5, 1])),
    "sparse": lambda rng, n: pd.Series(pd.arrays.SparseArray(rng.integers(0, 2, n) * 1.5)),
    "sparse int": lambda rng, n: pd.Series(pd.arrays.SparseArray(rng.integers(0, 2, n))),
    "sparse bool": lambda rng, n: pd.Series(pd.arrays.SparseArray(rng.random(n) < 0.3)),
    "mixed": _objects([1, "1", 1.5, (1, 2), datetime.date(2020, 1, 1), b"x"]),
    "one and true": _objects([1, True, 0, False]),
    "numbers and text": _objects([1, 2.5, "three"]),
    "Decimal": _objects([Decimal("1.10"), Decimal("2.25"), Decimal("-3"), Decimal("1E+3")]),
    "Fraction": _objects([Fraction(1, 3), Fraction(2, 3)]),
    "object int": _objects([1, 2, 3, 40]),
    "object float": _objects([0.1, 0.2, 1e10]),
    "huge int": _objects([2**70, 2**70 + 1, -(2**80)]),
    "object bool": _objects([True, False]),
    "NumPy scalars": _objects([np.float32(1.5), np.float32(2.5)]),
    "date": _objects(_dates(9)),
    "time": _objects([datetime.time(i) for i in range(5)]),
    "datetime": _objects(STAMPS),
    "datetime zoned": _objects([stamp.replace(tzinfo=UTC) for stamp in STAMPS]),
    "object duration": _objects([datetime.timedelta(hours=i) for i in range(5)]),
    "uuid": _objects([uuid.UUID(int=i) for i in range(4)]),
    "bytes": _objects([b"", b"\xff\x00"]),
    "tuple": _objects([(1, "a"), (), (None,)]),
    "frozenset": _objects([frozenset([1]), frozenset()]),
    "enum": _objects(list(Colour)),
    "half a surrogate": _objects(["\ud800", "a"]),
    "classes": _objects([int, str]),
    "arrow int": _arrow(pa.int32(), [1, 2, -5]),
    "arrow int64": _arrow(pa.int64(), [-(2**63), 2**63 - 1, 0]),
    "arrow uint8": _arrow(pa.uint8(), [0, 255, 7]),
    "arrow float": _arrow(pa.float32(), [0.5, 1.25]),
    "arrow float64": _arrow(pa.float64(), [0.1, 1e300, -1e-300]),
    "arrow bool": _arrow(pa.bool_(), [True, False]),
    "arrow string": _arrow(pa.string(), ["a", "名前", ""]),
    "arrow date": _arrow(pa.date32(), _dates(5)),
    "arrow date64": _arrow(pa.date64(), _dates(5)),
    "arrow stamp": _arrow(pa.timestamp("ms"), STAMPS),
    "arrow zoned": _arrow(pa.timestamp("us", tz="America/New_York"), STAMPS),
    "arrow duration": _arrow(pa.duration("s"), [datetime.timedelta(hours=i) for i in range(5)]),
    "arrow time": _arrow(pa.time64("us"), [datetime.time(i) for i in range(5)]),
    "arrow decimal": _arrow(pa.decimal128(9, 2), [Decimal("1.10"), Decimal("-2.25")]),
    "arrow binary": _arrow(pa.binary(), [b"a", b"\xff"]),
    "arrow dictionary": _arrow(pa.dictionary(pa.int8(), pa.string()), ["a", "b"]),
    "constant": lambda rng, n: pd.Series(np.full(n, 7.25)),
    "constant int": lambda rng, n: pd.Series(np.full(n, -3)),
    "constant text": lambda rng, n: pd.Series(["same"] * n, dtype=object),
    "all but one": lambda rng, n: pd.Series(np.r_[1e9, np.zeros(n - 1)]),
    "all but one int": lambda rng, n: pd.Series(np.r_[1, np.zeros(n - 1, dtype=int)]),
}
# Those that can hold no missing value stay as they are.
WHOLE = {
    "sparse int",
    "sparse bool",
    "bool",
    "small int",
    "constant int",
    "all but one int",
    "one and true",
}
WHOLE |= {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
NUMERIC = ["float64", "float32", "float16", "money", "signed zeros", "huge", "all magnitudes"]
NUMERIC += ["subnormal", "int8", "uint8", "int64", "uint64", "small int", "bool", "constant"]
NUMERIC += ["all but one", "far from zero", "close together"]

LABELS = {
    "int": ([0, 1, 2, 3], None),
    "negative": ([-5, 7, 100, 0], "int8"),
    "text": (["no", "yes", "", "名前"], object),
    "bool": ([False, True], None),
    "float": ([0.0, 1.0, 2.0], None),
    "tuple": ([("a", 1), ("b", 2), ("c",)], object),
    "dates": (_dates(4), object),
    "stamps": ([pd.Timestamp("2020"), pd.Timestamp("2021"), pd.Timestamp("1969")], None),
    "zoned": ([pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2021", tz="UTC")], None),
    "mixed": ([1, "one", (1,), b"1"], object),
    "bytes": ([b"a", b"b"], object),
    "huge": ([2**70, -(2**80), 0], object),
    "intervals": ([pd.Interval(0, 1), pd.Interval(1, 2)], None),
    "durations": ([pd.Timedelta(1, "D"), pd.Timedelta(0)], None),
    "frozenset": ([frozenset([1]), frozenset([2])], object),
    "Decimal": ([Decimal("1.10"), Decimal(2)], object),
    "enum": (list(Colour), object),
    "category": (["a", "b", "c"], pd.CategoricalDtype(["unused", "c", "b", "a"])),
    "ordered": (["a", "b"], pd.CategoricalDtype(["a", "b"], ordered=True)),
    "Int64": ([3, 5], "Int64"),
    "boolean": ([True, False], "boolean"),
    "string": (["a", "b"], "string"),
    "arrow": (["a", "b"], pd.ArrowDtype(pa.string())),
    "period": ([pd.Period("2020-01", "M"), pd.Period("2020-02", "M")], None),
    "uint64": ([2**63, 2**64 - 1], "uint64"),
}

INDEXES = {
    "range": lambda n: pd.RangeIndex(n),
    "duplicates": lambda n: pd.Index([7] * n),
    "text": lambda n: pd.Index([f"row{i}" for i in range(n)], name="key"),
    "levels": lambda n: pd.MultiIndex.from_arrays([np.arange(n) // 2, ["x"] * n]),
    "dates": lambda n: pd.date_range("2020", periods=n),
    "missing": lambda n: pd.Index([np.nan] * n),
}
NAMES = {
    "text": lambda m: [f"column {i}" for i in range(m)],
    "odd text": lambda m: [*ODD_TEXT, *map(str, range(m))][:m],
    "numbers": lambda m: list(range(m, 0, -1)),
    "fractions": lambda m: [np.nan, *np.linspace(-0.5, 1, m - 1)],
    "tuples": lambda m: pd.Index([("a", i) for i in range(m)], tupleize_cols=False),
    "levels": lambda m: pd.MultiIndex.from_tuples([("a", i) for i in range(m)]),
    "dates": lambda m: pd.date_range("2020", periods=m),
    "sampling words": lambda m: [*["y", "target", "index", "synthetic"], *map(str, range(m))][:m],
}


def table_of(kinds, n, seed, *, missing=0.0, names="text", index="range"):
    """A frame with a column of each of these kinds."""
    rng = np.random.default_rng(seed)
    columns = []
    for kind in kinds:
        column = COLUMNS[kind](rng, n)
        if missing and kind not in WHOLE:
            holes = rng.random(n) < missing
            holes[rng.integers(n)] = False
            if column[~holes].notna().any():
                column = column.mask(holes)
        columns.append(column.reset_index(drop=True))
    frame = pd.concat(columns, axis=1)
    frame.columns = NAMES[names](len(kinds))
    frame.index = INDEXES[index](n)
    return frame


@st.composite
def frames(draw, kinds=tuple(COLUMNS), min_rows=2, max_columns=5):
    """Frames of a few columns of any kind."""
    n = draw(st.integers(min_rows, 40))
    return table_of(
        draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=max_columns)),
        n,
        draw(st.integers(0, 2**31 - 1)),
        missing=draw(st.sampled_from([0.0, 0.1, 0.5, 0.95])),
        names=draw(st.sampled_from(sorted(NAMES))),
        index=draw(st.sampled_from(sorted(INDEXES))),
    )


@st.composite
def labels_for(draw, n):
    """Labels of `n` rows, of at least two classes."""
    values, dtype = LABELS[draw(st.sampled_from(sorted(LABELS)))]
    n_classes = draw(st.integers(2, len(values)))
    rng = np.random.default_rng(draw(st.integers(0, 2**31 - 1)))
    codes = np.r_[0, 1, np.minimum(rng.geometric(0.6, n - 2) - 1, n_classes - 1)]
    objects = np.empty(n, dtype=object)
    for i, code in enumerate(rng.permutation(codes)):
        objects[i] = values[code]
    series = pd.Series(objects, dtype=dtype) if dtype else pd.Series(objects.tolist())
    series.index = INDEXES[draw(st.sampled_from(sorted(INDEXES)))](n)
    container = draw(st.sampled_from(["series", "named", "list", "array", "frame"]))
    if container == "list":
        return objects.tolist()
    if container == "array":
        plain = dtype is object or isinstance(series.dtype, np.dtype)
        return series.to_numpy() if plain else objects
    if container == "frame":
        return series.to_frame("label")
    return series.rename("label") if container == "named" else series
