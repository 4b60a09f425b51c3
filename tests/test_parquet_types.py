"""Parquet files of others than pandas, whose types and columns come back as they were."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from gan_augment.cli import app

QUICK = ["--max-steps", "3", "--device", "cpu", "--quiet"]
N = 120


@pytest.fixture
def table():
    numbers = range(N)
    return pa.table(
        {
            "account": pa.array([None if i % 10 == 0 else 2**60 + i for i in numbers], pa.int64()),
            "visits": pa.array([None if i % 7 == 0 else i % 5 for i in numbers], pa.uint16()),
            "price": pa.array([Decimal(i) / 4 for i in numbers], pa.decimal128(12, 2)),
            "opens": pa.array([datetime.time(i % 24) for i in numbers], pa.time32("ms")),
            "since": [datetime.date(2020, 1, 1) + datetime.timedelta(i * i) for i in numbers],
            "seen": pa.array([10**6 * i for i in numbers], pa.timestamp("us", "UTC")),
            "code": pa.array([b"ab" if i % 3 else b"cd" for i in numbers], pa.binary(2)),
            "member": pa.array([None if i % 4 == 0 else i % 2 == 0 for i in numbers]),
            "x": pa.array([i / 8 for i in numbers], pa.float32()),
            "churn": ["yes" if i % 4 == 0 else "no" for i in numbers],
        }
    )


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def test_augment_writes_real_rows_with_their_types(table, tmp_path):
    source, output = tmp_path / "rows.parquet", tmp_path / "all.parquet"
    pq.write_table(table, source)
    run("augment", source, "-t", "churn", "-o", output, *QUICK)
    written = pq.read_table(output)
    assert written.num_rows > N
    assert written.slice(0, N).drop_columns(["synthetic"]).equals(table)
    csv = tmp_path / "all.csv"
    run("augment", source, "-t", "churn", "-o", csv, *QUICK)
    assert csv.read_text().splitlines()[2].startswith(f"{2**60 + 1},1,0.25,01:00:00,2020-01-02,")


def test_synthetic_rows_of_a_file_have_its_types(quick, table, tmp_path):
    source, output = tmp_path / "rows.parquet", tmp_path / "new.parquet"
    pq.write_table(table, source)
    quick().fit(source, y="churn").sample_to_parquet(output, 50)
    assert pq.read_schema(output).remove_metadata() == table.schema
    since = pq.read_table(output)["since"].to_pylist()
    assert not set(since) <= set(table["since"].to_pylist())
    run("fit", source, "-t", "churn", "-o", tmp_path / "model", *QUICK)
    run("sample", tmp_path / "model", "-n", 50, "-o", output, "-q")
    assert pq.read_schema(output).remove_metadata() == table.schema


@pytest.mark.parametrize(
    ("index", "kept"),
    [
        (pd.Index([f"c{i}" for i in range(N)], name="customer"), ["customer"]),
        (pd.Index([f"c{i}" for i in range(N)]), ["__index_level_0__"]),
        (pd.MultiIndex.from_product([["a", "b"], range(N // 2)], names=["k", "n"]), ["k", "n"]),
        (pd.RangeIndex(N, name="row"), []),
        (pd.Index(np.arange(N)[::-1]), []),
    ],
)
def test_index_levels_of_a_pandas_file_are_columns(quick, tmp_path, index, kept):
    frame = pd.DataFrame({"x": np.arange(N) / 4, "y": list("abcd") * (N // 4)}, index=index)
    source, output = tmp_path / "rows.parquet", tmp_path / "all.parquet"
    frame.to_parquet(source)
    run("augment", source, "-t", "y", "-o", output, *QUICK)
    written = pd.read_parquet(output)
    assert list(written) == ["x", "y", *kept, "synthetic"]
    for name in kept:
        level = index.get_level_values(name if name in index.names else 0)
        assert written[name].iloc[:N].tolist() == level.tolist()
    assert list(quick().fit(source, y="y").sample(2)) == ["x", *kept]


def test_dtypes_that_pandas_wrote_are_read(quick, tmp_path):
    frame = pd.DataFrame(
        {
            "whole": np.arange(N),
            "nullable": pd.array([*range(N - 1), None], dtype="Int16"),
            "full": pd.array(range(N), dtype="Int32"),
            "level": pd.Categorical(list("ab") * (N // 2)),
            "text": pd.array(list("ab") * (N // 2), dtype="string"),
            "day": pd.date_range("2020", periods=N),
        }
    )
    frame.to_parquet(tmp_path / "rows.parquet")
    drawn = quick().fit(tmp_path / "rows.parquet").sample(20)
    assert drawn.dtypes.tolist() == pd.read_parquet(tmp_path / "rows.parquet").dtypes.tolist()
