"""Arrow's tables as pandas frames that hold all that the tables hold."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd


def to_pandas(table: Any) -> pd.DataFrame:
    """An Arrow table or batch as a frame, every column of the file a column.

    Columns are NumPy's, or what pandas wrote, where these lose nothing. Integers with missing
    values are pandas' nullable ones; dates, times of day, decimals and bytes of a fixed length keep
    Arrow's types. Levels of a pandas index are columns like any other, except row numbers, which
    are integers without a name.
    """
    import pyarrow as pa

    table = _with_index_as_columns(table)
    frame = table.to_pandas(types_mapper=_arrow_dtype)
    for i, field in enumerate(table.schema):
        column = table.column(i)
        lossy = pa.types.is_integer(field.type) and column.null_count > 0
        if lossy and not isinstance(frame.dtypes.iloc[i], pd.api.extensions.ExtensionDtype):
            name = str(field.type).replace("int", "Int").replace("uI", "UI")
            frame.isetitem(i, pd.array([], dtype=name).dtype.__from_arrow__(column))
    return frame


def _arrow_dtype(kind: Any) -> pd.ArrowDtype | None:
    """The dtype for values that NumPy's and Python's do not tell from those of other types."""
    from pyarrow import types

    kept = (types.is_date, types.is_time, types.is_decimal, types.is_fixed_size_binary)
    return pd.ArrowDtype(kind) if any(matches(kind) for matches in kept) else None


def without_row_numbers(schema: Any) -> Any:
    """An Arrow schema without the row numbers that pandas wrote."""
    import pyarrow as pa

    described = schema.pandas_metadata or {}
    numbers = {
        column.get("field_name")
        for column in described.get("columns", ())
        if column["name"] is None and column["pandas_type"].startswith(("int", "uint"))
    }
    return pa.schema([field for field in schema if field.name not in numbers], schema.metadata)


def _with_index_as_columns(table: Any) -> Any:
    described = table.schema.pandas_metadata
    if not described:
        return table
    table = table.select(without_row_numbers(table.schema).names)
    for column in described["columns"]:
        column["name"] = column["name"] or column.get("field_name")
    described["index_columns"] = []
    metadata = {**table.schema.metadata, b"pandas": json.dumps(described).encode()}
    return table.replace_schema_metadata(metadata)
