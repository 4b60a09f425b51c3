"""More synthetic rows than memory holds: to Parquet, and over many workers with Dask."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from gan_augment.columns import FloatArray, IntArray
from gan_augment.containers import is_polars
from gan_augment.files import PathLike, written_whole
from gan_augment.frames import FrameBorder
from gan_augment.model import FittedModel, batch_sizes, fitted_model
from gan_augment.sampling import check_positive
from gan_augment.training.distributed import ranks

if TYPE_CHECKING:
    import dask.dataframe as dd

    from gan_augment.augmenter import GANAugmenter


def write_parquet(
    model: FittedModel,
    path: PathLike | IO[bytes],
    n_samples: int,
    *,
    y: Any,
    batch_size: int,
    seed: int,
    target: str | None,
    verbose: int,
) -> None:
    """Write synthetic rows batch by batch; see `GANAugmenter.sample_to_parquet`."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError(
            'Parquet needs pyarrow. Install it with: pip install "gan-augment[parquet]"'
        ) from error

    check_positive("n_samples", n_samples)
    check_positive("batch_size", batch_size)
    frames = LabelledFrames(model, y=y, seed=seed, target=target)
    if not ranks().is_first:
        return
    try:
        schema = to_arrow(frames.specimen()).schema
        with (
            contextlib.nullcontext(path) if hasattr(path, "write") else written_whole(path) as file,
            pq.ParquetWriter(file, schema) as writer,
            _rows_bar(n_samples, verbose) as bar,
        ):
            for i, n in enumerate(batch_sizes(n_samples, batch_size)):
                frame = frames.frame(i, n)
                writer.write_table(to_arrow(frame, schema))
                bar.update(len(frame))
    except pa.ArrowException as error:
        raise TypeError(
            f"Parquet cannot hold these rows: {error}. A Parquet column has one type: turn levels "
            "or labels of several types into strings before fitting."
        ) from error


def to_dask(
    augmenter: GANAugmenter,
    n_samples: int,
    npartitions: int,
    *,
    y: Any = None,
    seed: int = 0,
    target: str | None = None,
) -> dd.DataFrame:
    """Synthetic rows as a Dask frame, drawn where and when they are needed.

    Parameters
    ----------
    augmenter : GANAugmenter
        A fitted augmenter.
    n_samples : int
        How many rows in all.
    npartitions : int
        How many partitions they come in, of equal size to a row.
    y : label, default=None
        The class of all rows; None draws classes as `GANAugmenter.sample` does.
    seed : int, default=0
        Partition ``i`` is a function of `seed`, ``i`` and its size alone, whichever worker draws
        it, and however often.
    target : str, default=None
        Name of the column of labels, for an augmenter fitted with `y`; by default that of `y`, or
        "target".

    Returns
    -------
    dask.dataframe.DataFrame
        The columns of `X`, and the labels.

    Raises
    ------
    ImportError
        If Dask is not installed.
    TypeError
        If it was fitted on a polars frame.
    ValueError
        If a number is no positive integer, or `y` names a class that was not learned.

    Examples
    --------
    >>> from gan_augment import to_dask
    >>> frame = to_dask(augmenter, 10**9, npartitions=1_000)  # doctest: +SKIP
    >>> frame.to_parquet("synthetic/")  # doctest: +SKIP
    """
    try:
        import dask
        import dask.dataframe as dd
    except ImportError as error:
        raise ImportError(
            'Dask is not installed. Install it with: pip install "gan-augment[dask]"'
        ) from error

    check_positive("n_samples", n_samples)
    check_positive("npartitions", npartitions)
    if npartitions > n_samples:
        raise ValueError(
            f"npartitions={npartitions} is more than n_samples={n_samples}: some would be empty. "
            "Use fewer partitions."
        )
    frames = LabelledFrames(fitted_model(augmenter), y=y, seed=seed, target=target)
    ends = [n_samples * (i + 1) // npartitions for i in range(npartitions)]
    sizes = np.diff([0, *ends]).tolist()
    specimen = frames.specimen()
    if not isinstance(specimen, pd.DataFrame):
        raise TypeError(
            f"Dask frames are made of pandas rows, and X was a {type(specimen).__module__} frame. "
            "Use sample_to_parquet, or fit with X.to_pandas()."
        )
    meta = specimen.iloc[:0]
    # Levels of several types, such as True and 2, are no strings.
    with dask.config.set({"dataframe.convert-string": False}):
        return dd.from_map(
            frames.frame, range(npartitions), sizes, meta=meta, enforce_metadata=False
        )


def labelled_frames(
    augmenter: GANAugmenter, n_samples: int, batch_size: int, *, y: Any = None, seed: int = 0
) -> Iterator[Any]:
    """Frames of `sample_batches`' rows with their labels, with progress if it is verbose."""
    frames = LabelledFrames(fitted_model(augmenter), y=y, seed=seed, target=None)
    with _rows_bar(n_samples, augmenter.verbose) as bar:
        for i, n in enumerate(batch_sizes(n_samples, batch_size)):
            yield frames.frame(i, n)
            bar.update(n)


class LabelledFrames:
    """Frames of synthetic rows with their labels in a column.

    Arrays become frames whose columns are named "x0", "x1" and so on.
    """

    def __init__(self, model: FittedModel, *, y: Any, seed: int, target: str | None):
        if not isinstance(model.border, FrameBorder):
            raise TypeError(
                "Rows that are not tables, such as images, cannot be written as columns. Use "
                "sample_batches, and write them in a format of your own."
            )
        if any(isinstance(column.name, tuple) for column in model.border.columns):
            raise TypeError(
                "Columns of several levels (a MultiIndex) cannot be written. Join their names "
                "before fitting: X.columns = ['_'.join(map(str, names)) for names in X.columns]."
            )
        model.check_stream(y, seed)
        self.model, self.border, self.y, self.seed = model, model.border, y, seed
        self.target = target or "target"
        if model.target is None:
            return
        if target is None and model.target.name is not None:
            self.target = str(model.target.name)
        if self.target in [str(column.name) for column in self.border.columns]:
            free = "label" if self.target != "label" else "class_label"
            raise ValueError(
                f"target={self.target!r} is the name of a column of X. Give the labels another, "
                f"such as target={free!r}."
            )

    def frame(self, index: int, n: int) -> Any:
        """Frame number `index`, of `n` rows."""
        return self._assemble(*self.model.batch(n, self.y, self.seed, index))

    def specimen(self) -> Any:
        """A few rows in which every level and every range's ends occur."""
        n_classes = 1 if self.model.target is None else self.model.target.n_classes
        values = self.border.specimen(n_classes)
        return self._assemble(values, np.arange(len(values)) % n_classes)

    def _assemble(self, values: FloatArray, codes: IntArray) -> Any:
        rows, labels = self.border.decode(values), self.model.target
        if is_polars(rows, "DataFrame"):
            if labels is None:
                return rows
            return _with_labels(rows, self.target, labels.decode(codes), labels.to_pandas(codes))
        if not isinstance(rows, pd.DataFrame):
            names = [f"x{i}" for i in range(values.shape[1])]
            rows = self.border.to_pandas(values).set_axis(names, axis=1)
        if labels is not None:
            rows[self.target] = labels.to_pandas(codes).array
        return rows


def _with_labels(frame: Any, name: str, labels: Any, plain: pd.Series) -> Any:
    """A polars frame with a column of labels, in their own dtype if they are a polars Series."""
    import polars as pl

    series = labels if is_polars(labels, "Series") else pl.Series(plain.tolist())
    return frame.with_columns(series.alias(name))


def _rows_bar(n_rows: int, verbose: int) -> tqdm:
    return tqdm(total=n_rows, unit="row", unit_scale=True, disable=not verbose)


def to_arrow(frame: Any, schema: Any = None) -> Any:
    """A pandas or polars frame as an Arrow table, of the types of `schema` if there is one."""
    import pyarrow as pa

    if isinstance(frame, pd.DataFrame):
        # Arrow has neither names that are no strings nor sparse columns.
        sparse = {n: d.subtype for n, d in frame.dtypes.items() if isinstance(d, pd.SparseDtype)}
        frame = frame.astype(sparse) if sparse else frame
        frame = frame.set_axis(frame.columns.map(str), axis=1)
        return pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    table = frame.to_arrow()
    return table if schema is None else table.cast(schema)
