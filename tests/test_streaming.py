"""Rows by the million: batches, Parquet files and Dask frames."""

import io
import os

import dask
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

from gan_augment import to_dask


@pytest.fixture
def fitted(quick, mixed):
    return quick().fit(*mixed)


def test_batches_come_with_their_labels(fitted):
    batches = list(fitted.sample_batches(25, 10, seed=1, return_y=True))
    assert [len(X) for X, _ in batches] == [len(y) for _, y in batches] == [10, 10, 5]
    for (X, _), alone in zip(batches, fitted.sample_batches(25, 10, seed=1), strict=True):
        assert_frame_equal(X, alone)
    _, y = next(fitted.sample_batches(10, y="barolo", return_y=True))
    assert list(y) == ["barolo"] * 10
    assert y.name == "cultivar"


def test_batches_of_a_model_without_labels_have_none(quick, cancer):
    augmenter = quick().fit(cancer[0])
    with pytest.raises(ValueError, match="return_y=True needs labels"):
        augmenter.sample_batches(10, return_y=True)


def test_parquet_file_holds_the_batches(fitted, tmp_path):
    path = tmp_path / "rows.parquet"
    fitted.sample_to_parquet(path, 250, batch_size=100, seed=3)
    rows = pd.read_parquet(path)
    assert pq.ParquetFile(path).num_row_groups == 3
    X, y = zip(*fitted.sample_batches(250, 100, seed=3, return_y=True), strict=True)
    labels = rows.pop("cultivar")
    assert_frame_equal(rows, pd.concat(X, ignore_index=True))
    assert_series_equal(labels, pd.concat(y, ignore_index=True))
    assert os.listdir(tmp_path) == ["rows.parquet"]


@pytest.mark.parametrize("container", [np.asarray, lambda X: X.tolist(), pl.DataFrame])
def test_parquet_takes_rows_of_every_table(quick, cancer, tmp_path, container):
    X = container(cancer[0].to_numpy()[:, :3])
    y = pl.Series("kind", cancer[1].to_list()) if isinstance(X, pl.DataFrame) else list(cancer[1])
    augmenter = quick().fit(X, y)
    augmenter.sample_to_parquet(tmp_path / "rows.parquet", 30, y=1)
    rows = pd.read_parquet(tmp_path / "rows.parquet")
    names = ["kind"] if isinstance(X, pl.DataFrame) else ["target"]
    assert list(rows.columns[3:]) == names
    assert (rows[names[0]] == 1).all()
    assert rows.dtypes.astype(str).tolist() == ["float64"] * 3 + ["int64"]


def test_column_missing_in_a_whole_batch_keeps_its_type(quick, tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.random(200), "rare": [None] * 198 + ["a", "b"]})
    quick().fit(X).sample_to_parquet(tmp_path / "rows.parquet", 40, batch_size=2)
    assert pq.read_schema(tmp_path / "rows.parquet").field("rare").type == "string"


def test_parquet_goes_to_an_open_file_as_it_goes_to_a_path(fitted, tmp_path):
    # Rows alone, so that some row groups begin with columns that are missing.
    options = {"batch_size": 1, "seed": 3}
    fitted.sample_to_parquet(tmp_path / "rows.parquet", 20, **options)
    buffer = io.BytesIO()
    fitted.sample_to_parquet(buffer, 20, **options)
    assert buffer.getvalue() == (tmp_path / "rows.parquet").read_bytes()


def test_parquet_to_an_open_file_that_fails_says_so(fitted):
    class Full(io.BytesIO):
        def write(self, content):
            if self.tell() > 1_000:
                raise OSError("No space left on device")
            return super().write(content)

    with pytest.raises(OSError, match="No space left"):
        fitted.sample_to_parquet(Full(), 200, batch_size=10)


def test_failed_parquet_leaves_the_old_file(quick, cancer, tmp_path):
    path = tmp_path / "rows.parquet"
    path.write_text("what was there")
    X = cancer[0].iloc[:, :2].assign(level=["a", 1] * 284 + ["a"])
    with pytest.raises(TypeError, match=r"Parquet cannot hold.*several types.*strings"):
        quick().fit(X).sample_to_parquet(path, 10)
    assert path.read_text() == "what was there"
    assert os.listdir(tmp_path) == ["rows.parquet"]


def test_label_column_needs_a_name_of_its_own(quick, cancer, tmp_path):
    X, y = cancer
    augmenter = quick().fit(X.rename(columns={"mean radius": "target"}), y)
    with pytest.raises(ValueError, match=r"target='target' is the name of a column.*another"):
        augmenter.sample_to_parquet(tmp_path / "rows.parquet", 10)
    X = X.rename(columns={"mean radius": "label"})
    with pytest.raises(ValueError, match=r"target='label' is the name.*target='class_label'"):
        quick().fit(X, y.rename("label")).sample_to_parquet(tmp_path / "rows.parquet", 10)
    augmenter.sample_to_parquet(tmp_path / "rows.parquet", 10, target="kind")
    assert "kind" in pd.read_parquet(tmp_path / "rows.parquet")


def test_columns_of_several_levels_are_refused(quick, cancer, tmp_path):
    X, y = cancer
    X = X.iloc[:, :2].set_axis(pd.MultiIndex.from_tuples([("p", "a"), ("p", "b")]), axis=1)
    with pytest.raises(TypeError, match=r"several levels.*Join their names"):
        quick().fit(X, y).sample_to_parquet(tmp_path / "rows.parquet", 10)


def test_verbose_parquet_shows_progress(quick, cancer, tmp_path, capsys):
    augmenter = quick().fit(*cancer)
    augmenter.verbose = 1
    augmenter.sample_to_parquet(tmp_path / "rows.parquet", 50)
    assert "50.0/50.0" in capsys.readouterr().err


def test_dask_rows_do_not_depend_on_the_workers(fitted):
    frame = to_dask(fitted, 103, npartitions=7, seed=5)
    assert frame.npartitions == 7
    alone = frame.compute(scheduler="synchronous")
    assert len(alone) == 103
    with dask.config.set(pool=None):
        for n_workers in (1, 4):
            threads = frame.compute(scheduler="threads", num_workers=n_workers)
            assert_frame_equal(threads, alone)
    assert_frame_equal(frame.partitions[3].compute(), frame.partitions[3].compute())
    assert not frame.partitions[3].compute().equals(frame.partitions[4].compute())


def test_dask_rows_of_processes_are_those_of_threads(fitted):
    frame = to_dask(fitted, 40, npartitions=4, y="barolo")
    assert (frame["cultivar"].compute(scheduler="synchronous") == "barolo").all()
    processes = frame.compute(scheduler="processes", num_workers=2)
    assert_frame_equal(processes, frame.compute(scheduler="synchronous"))
    assert frame.dtypes.to_dict() == processes.dtypes.to_dict()


def test_dask_mistakes_are_explained(fitted):
    with pytest.raises(ValueError, match="npartitions=3 is more than n_samples=2"):
        to_dask(fitted, 2, npartitions=3)
    with pytest.raises(ValueError, match="npartitions=0 must be a positive integer"):
        to_dask(fitted, 2, npartitions=0)
    with pytest.raises(ValueError, match="is not a class that was seen"):
        to_dask(fitted, 2, npartitions=1, y="merlot")


def test_dask_keeps_levels_of_several_types(quick, cancer):
    X, y = cancer
    mixed = pd.Series(np.resize(np.array([True, 2, "x"], dtype=object), len(X)), name="level")
    frame = to_dask(quick().fit(mixed.to_frame(), y), 50, npartitions=2)
    assert set(frame["level"].compute(scheduler="synchronous")) == {True, 2, "x"}


def test_a_column_without_a_value_is_written(quick, cancer, tmp_path):
    X, y = cancer
    X = X.iloc[:, :2].assign(gone=np.nan)
    quick().fit(X, y).sample_to_parquet(tmp_path / "rows.parquet", 20)
    assert pd.read_parquet(tmp_path / "rows.parquet")["gone"].isna().all()


def test_names_that_are_no_strings_and_sparse_columns_are_written(quick, cancer, tmp_path):
    X, y = cancer
    X = X.iloc[:, :2].set_axis([0, 1], axis=1)
    X[2] = pd.arrays.SparseArray(1.0 * (y > 0))
    augmenter = quick().fit(X, y)
    augmenter.sample_to_parquet(tmp_path / "rows.parquet", 40, batch_size=20)
    rows = pd.read_parquet(tmp_path / "rows.parquet")
    assert list(rows.columns) == ["0", "1", "2", "target"]
    assert set(rows["2"]) <= {0.0, 1.0}


def test_dask_needs_pandas_rows(quick, cancer):
    augmenter = quick().fit(pl.from_pandas(cancer[0].iloc[:, :2]), cancer[1])
    with pytest.raises(TypeError, match=r"pandas rows.*polars.*sample_to_parquet"):
        to_dask(augmenter, 10, npartitions=2)
