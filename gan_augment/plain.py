"""Python values as JSON and numeric arrays, and back; reading them runs no code.

Only a fixed list of types is known. A value that is not JSON becomes an object whose key ``"$"``
names its type.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import io
import math
import sys
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import scipy.sparse as sp

SUPPORTED = (
    "None, booleans, numbers, strings, bytes, dates and times, durations, Decimal, Fraction, UUID, "
    "tuples and frozensets of these, and the scalars of NumPy and pandas"
)
_TAG = "$"
_TYPES: dict[str, type] = {
    **{kind.__name__: kind for kind in (bool, int, float, complex, str, Decimal, Fraction)},
    **{kind.__name__: kind for kind in np.sctypeDict.values() if issubclass(kind, np.number)},
    **{
        f"{layout}_{kind}": getattr(sp, f"{layout}_{kind}")
        for layout in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
        for kind in ("array", "matrix")
    },
}
_TYPES |= {
    kind.__name__: kind
    for kind in (datetime.date, datetime.datetime, datetime.timedelta, pd.Timestamp, pd.Timedelta)
}
_NAMES = {kind: name for name, kind in _TYPES.items()}

Encoder = Callable[[Any], dict[str, Any]]
Decoder = Callable[[dict[str, Any]], Any]


def encode(value: Any) -> Any:
    """JSON with numeric arrays in it for `value`.

    Raises
    ------
    TypeError
        If a value in it is of a type that is not known.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {_TAG: "float", "value": repr(value)}
    if kind is list:
        return [encode(item) for item in value]
    if kind in (dict, OrderedDict) and all(type(k) is str and k != _TAG for k in value):
        return {key: encode(item) for key, item in value.items()}
    if kind is np.ndarray and value.dtype.kind in "biuf":
        return value
    for matches, name, encoder in _ENCODERS:
        if matches(value):
            return {_TAG: name, **encoder(value)}
    raise TypeError(f"{value!r:.80} is a {kind.__module__}.{kind.__qualname__}")


def decode(plain: Any) -> Any:
    """The value that was encoded.

    Raises
    ------
    ValueError, TypeError, KeyError
        If it is not what `encode` gives.
    """
    if isinstance(plain, list):
        return [decode(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    if _TAG not in plain:
        return {key: decode(item) for key, item in plain.items()}
    name = plain[_TAG]
    if name not in _DECODERS:
        raise ValueError(f"{name!r:.80} is not a known type")
    return _DECODERS[name](plain)


def to_record(value: Any) -> dict[str, Any]:
    """Fields of a dataclass, and the name of its class."""
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {"class": type(value).__name__, **fields}


def from_record(record: dict[str, Any], kinds: Iterable[type]) -> Any:
    """The dataclass that a record was made of, one of `kinds`."""
    fields = dict(record)
    known = {kind.__name__: kind for kind in kinds}
    return known[fields.pop("class")](**fields)


def _encode_number(value: np.generic) -> dict[str, Any]:
    if value.dtype.kind in "mM":
        return {"dtype": value.dtype.str, "value": int(value.view(np.int64))}
    return {"dtype": value.dtype.str, "value": encode(value.item())}


def _decode_number(plain: dict[str, Any]) -> np.generic:
    dtype = np.dtype(plain["dtype"])
    if dtype.kind in "mM":
        return np.int64(plain["value"]).view(dtype)
    return dtype.type(decode(plain["value"]))


def _encode_timestamp(value: pd.Timestamp) -> dict[str, Any]:
    naive = value if value.tz is None else value.tz_convert("UTC").tz_localize(None)
    dtype = None if value.tz is None else encode(pd.DatetimeTZDtype(value.unit, value.tz))
    return {**_encode_number(naive.to_datetime64()), "zone": dtype}


def _decode_timestamp(plain: dict[str, Any]) -> pd.Timestamp:
    stamp = pd.Timestamp(_decode_number(plain))
    if plain["zone"] is None:
        return stamp
    return stamp.tz_localize("UTC").tz_convert(decode(plain["zone"]).tz)


def _encode_dtype(dtype: Any) -> dict[str, Any]:
    if isinstance(dtype, np.dtype):
        if dtype.fields is not None:
            raise TypeError(f"{dtype!r:.80} is a dtype of several fields")
        return {"numpy": dtype.str}
    if isinstance(dtype, pd.CategoricalDtype):
        return {"categories": encode(dtype.categories), "ordered": bool(dtype.ordered)}
    if isinstance(dtype, pd.ArrowDtype):
        import pyarrow as pa

        schema = pa.schema([("column", dtype.pyarrow_dtype)]).serialize().to_pybytes()
        return {"arrow": base64.b64encode(schema).decode()}
    if isinstance(dtype, pd.StringDtype):
        return {"string": dtype.storage, "na": encode(getattr(dtype, "na_value", pd.NA))}
    if isinstance(dtype, pd.SparseDtype):
        return {"sparse": encode(dtype.subtype), "fill": encode(dtype.fill_value)}
    if isinstance(dtype, pd.DatetimeTZDtype) and isinstance(dtype.tz, ZoneInfo):
        return {"unit": dtype.unit, "zone": dtype.tz.key}
    try:
        described = pd.api.types.pandas_dtype(str(dtype)) == dtype
    except TypeError:
        described = False
    if not described:
        raise TypeError(f"{dtype!r:.80} is a dtype that its name does not describe")
    return {"pandas": str(dtype)}


def _decode_dtype(plain: dict[str, Any]) -> Any:
    if "numpy" in plain:
        return np.dtype(plain["numpy"])
    if "categories" in plain:
        return pd.CategoricalDtype(decode(plain["categories"]), plain["ordered"])
    if "arrow" in plain:
        import pyarrow as pa

        schema = pa.ipc.read_schema(pa.BufferReader(base64.b64decode(plain["arrow"])))
        return pd.ArrowDtype(schema.field(0).type)
    if "string" in plain:
        missing = decode(plain["na"])
        # Older pandas knows pd.NA only, and takes no such argument.
        return pd.StringDtype(
            plain["string"], **({} if missing is pd.NA else {"na_value": missing})
        )
    if "sparse" in plain:
        return pd.SparseDtype(decode(plain["sparse"]), decode(plain["fill"]))
    if "zone" in plain:
        return pd.DatetimeTZDtype(plain["unit"], ZoneInfo(plain["zone"]))
    return pd.api.types.pandas_dtype(plain["pandas"])


def _encode_values(values: Any) -> dict[str, Any]:
    if type(values) is pd.arrays.NumpyExtensionArray:
        values = values.to_numpy()
    return {"dtype": encode(values.dtype), "values": [encode(value) for value in values]}


def _decode_array(plain: dict[str, Any]) -> np.ndarray:
    values = decode(plain["values"])
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return array.astype(decode(plain["dtype"]))


def _encode_index(index: pd.Index) -> dict[str, Any]:
    names = [encode(name) for name in index.names]
    if isinstance(index, pd.RangeIndex):
        return {"names": names, "range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.MultiIndex):
        return {"names": names, "tuples": [encode(entry) for entry in index]}
    return {"names": names, **_encode_values(index.array)}


def _decode_index(plain: dict[str, Any]) -> pd.Index:
    names = decode(plain["names"])
    if "range" in plain:
        return pd.RangeIndex(*plain["range"], name=names[0])
    if "tuples" in plain:
        return pd.MultiIndex.from_tuples(decode(plain["tuples"]), names=names)
    return pd.Index(_decode_extension(plain), name=names[0], tupleize_cols=False)


def _decode_extension(plain: dict[str, Any]) -> Any:
    dtype = decode(plain["dtype"])
    if isinstance(dtype, np.dtype):
        return pd.Series(_decode_array(plain), dtype=dtype).array
    return pd.array(decode(plain["values"]), dtype=dtype)


def _encode_random_state(state: np.random.RandomState) -> dict[str, Any]:
    return {"state": encode(dict(state.get_state(legacy=False)))}


def _decode_random_state(plain: dict[str, Any]) -> np.random.RandomState:
    state = np.random.RandomState()
    state.set_state(decode(plain["state"]))
    return state


def _is_polars_dtype(value: Any) -> bool:
    polars = sys.modules.get("polars")
    if polars is None:
        return False
    return isinstance(value, (polars.DataType, polars.datatypes.DataTypeClass))


def _encode_polars_dtype(dtype: Any) -> dict[str, Any]:
    import polars as pl

    buffer = io.BytesIO()
    pl.DataFrame({"column": pl.Series([], dtype=dtype)}).write_ipc(buffer)
    return {"ipc": base64.b64encode(buffer.getvalue()).decode()}


def _decode_polars_dtype(plain: dict[str, Any]) -> Any:
    try:
        import polars as pl
    except ImportError as error:
        raise ImportError(
            "This model was trained on a polars frame, and polars is not installed. Install it "
            "with: pip install polars"
        ) from error
    return pl.read_ipc(io.BytesIO(base64.b64decode(plain["ipc"])))["column"].dtype


def _encode_sequence(values: Iterable[Any]) -> dict[str, Any]:
    return {"items": [encode(value) for value in values]}


def _exactly(*kinds: type) -> Callable[[Any], bool]:
    # Subclasses, such as an IntEnum of int, would come back as something else.
    return lambda value: type(value) in kinds


def _instance(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


def _text(value: Any) -> dict[str, Any]:
    return {"value": str(value)}


def _iso(value: Any) -> dict[str, Any]:
    return {"value": value.isoformat()}


_KNOWN: list[tuple[Callable[[Any], bool], str, Encoder, Decoder]] = [
    (_exactly(float), "float", _text, lambda p: float(p["value"])),
    (
        _exactly(complex),
        "complex",
        lambda v: {"real": encode(v.real), "imag": encode(v.imag)},
        lambda p: complex(decode(p["real"]), decode(p["imag"])),
    ),
    (
        _exactly(bytes),
        "bytes",
        lambda v: {"value": base64.b64encode(v).decode()},
        lambda p: base64.b64decode(p["value"]),
    ),
    (_exactly(tuple), "tuple", _encode_sequence, lambda p: tuple(decode(p["items"]))),
    (_exactly(frozenset), "frozenset", _encode_sequence, lambda p: frozenset(decode(p["items"]))),
    (
        _exactly(dict, OrderedDict),
        "dict",
        lambda v: {"items": [[encode(key), encode(value)] for key, value in v.items()]},
        lambda p: {decode(key): decode(value) for key, value in p["items"]},
    ),
    (_exactly(Decimal), "Decimal", _text, lambda p: Decimal(p["value"])),
    (_exactly(Fraction), "Fraction", _text, lambda p: Fraction(p["value"])),
    (_exactly(uuid.UUID), "UUID", _text, lambda p: uuid.UUID(p["value"])),
    (
        _exactly(datetime.datetime),
        "datetime",
        _iso,
        lambda p: datetime.datetime.fromisoformat(p["value"]),
    ),
    (_exactly(datetime.date), "date", _iso, lambda p: datetime.date.fromisoformat(p["value"])),
    (_exactly(datetime.time), "time", _iso, lambda p: datetime.time.fromisoformat(p["value"])),
    (
        _exactly(datetime.timedelta),
        "timedelta",
        lambda v: {"parts": [v.days, v.seconds, v.microseconds]},
        lambda p: datetime.timedelta(*p["parts"]),
    ),
    (_exactly(type(pd.NaT)), "NaT", lambda v: {}, lambda p: pd.NaT),
    (_exactly(type(pd.NA)), "NA", lambda v: {}, lambda p: pd.NA),
    (_exactly(pd.Timestamp), "Timestamp", _encode_timestamp, _decode_timestamp),
    (
        _exactly(pd.Timedelta),
        "Timedelta",
        lambda v: _encode_number(v.to_timedelta64()),
        lambda p: pd.Timedelta(_decode_number(p)),
    ),
    (
        _exactly(pd.Period),
        "Period",
        lambda v: {"ordinal": v.ordinal, "freq": v.freqstr},
        lambda p: pd.Period(ordinal=p["ordinal"], freq=p["freq"]),
    ),
    (
        _exactly(pd.Interval),
        "Interval",
        lambda v: {"left": encode(v.left), "right": encode(v.right), "closed": v.closed},
        lambda p: pd.Interval(decode(p["left"]), decode(p["right"]), p["closed"]),
    ),
    (_instance(np.generic), "number", _encode_number, _decode_number),
    (
        _instance(np.dtype, pd.api.extensions.ExtensionDtype),
        "dtype",
        _encode_dtype,
        _decode_dtype,
    ),
    (_instance(np.ndarray), "array", _encode_values, _decode_array),
    (_instance(pd.Index), "index", _encode_index, _decode_index),
    (
        _instance(pd.api.extensions.ExtensionArray),
        "extension",
        _encode_values,
        _decode_extension,
    ),
    (
        _instance(np.random.RandomState),
        "RandomState",
        _encode_random_state,
        _decode_random_state,
    ),
    (_is_polars_dtype, "polars", _encode_polars_dtype, _decode_polars_dtype),
    (
        lambda value: isinstance(value, type) and value in _NAMES,
        "type",
        lambda v: {"name": _NAMES[v]},
        lambda p: _TYPES[p["name"]],
    ),
]
_ENCODERS = [(matches, name, encoder) for matches, name, encoder, _ in _KNOWN]
_DECODERS = {name: decoder for _, name, _, decoder in _KNOWN}
