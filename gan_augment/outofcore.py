"""Rows that do not fit in memory: one pass that keeps a sample to learn from."""

from __future__ import annotations

import copy
import os
import sys
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gan_augment.arrowtables import to_pandas, without_row_numbers
from gan_augment.columns import is_continuous
from gan_augment.frames import FrameBorder, Target

_BATCH_ROWS = 65_536
_ROWS_PER_CLASS = 2_000
_FEW_LEVELS = 100
_ROWS_PER_LEVEL = 50


@dataclass
class StreamedRows:
    """A sample of a stream, and how many rows of each class the stream had.

    Attributes
    ----------
    X : DataFrame
        The sample, in the order of the stream.
    y : Series or None
        Its labels.
    n_rows : int
        Rows of the stream.
    class_counts : Counter
        Rows of each label.
    """

    X: pd.DataFrame
    y: pd.Series | None
    n_rows: int
    class_counts: Counter[Any]

    def whole_target(self, target: Target) -> Target:
        """A target with the codes and counts of the whole stream."""
        whole = copy.copy(target)
        labels = target.to_pandas(np.arange(target.n_classes))
        whole.counts = np.array([self.class_counts[label] for label in labels], dtype=np.int64)
        kind = np.min_scalar_type(target.n_classes)
        whole.codes = np.repeat(np.arange(target.n_classes, dtype=kind), whole.counts)
        return whole


def read_stream(
    X: Any, y: Any, max_rows: int, categorical_features: Any = "from_dtype"
) -> StreamedRows | None:
    """One pass over a Parquet path, a pyarrow dataset or an iterator of frames; None for others.

    The sample is uniform, with at least 2,000 rows of each class where there are as many. Besides
    it has, for each column, the rows of its smallest and of its largest value, or the first row of
    each level that it lacks, so that the ranges and levels learned are those of all rows. A column
    of more levels than a fiftieth of `max_rows`, and than 100, gets no such rows: one of names or
    ids would fill the sample with the beginning of the stream. What is a level is decided as in
    `gan_augment.columns`.

    Parameters
    ----------
    X : path-like, pyarrow.dataset.Dataset, iterator or list of DataFrame
        The rows.
    y : str or None
        Name of the column of labels.
    max_rows : int
        Most rows to keep, apart from those additional ones.
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Columns that are levels although their dtype is numeric; see `FrameBorder`.

    Raises
    ------
    ValueError
        If there are no rows, `y` or `categorical_features` names no column, or the files of a
        folder have different columns.
    """
    frames = _frames(X)
    if frames is None:
        return None
    sample = _Sample(y, max_rows, categorical_features)
    for frame in frames:
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(
                f"X gives a {type(frame).__name__}. An iterator must give pandas DataFrames."
            )
        sample.add(frame)
    return sample.finish()


def reject_stream(X: Any) -> None:
    """Refuse rows that can be read but not be added to."""
    if (
        isinstance(X, (str, os.PathLike, Iterator))
        or (hasattr(X, "to_batches") and not hasattr(X, "to_pandas"))
        or _is_list_of_frames(X)
    ):
        raise ValueError(
            f"fit_resample returns the rows of X with new ones, and X={X!r:.60} is not one table "
            "in memory. Use fit(X, y) and sample_to_parquet, or read X into one first."
        )


def _frames(X: Any) -> Iterator[pd.DataFrame] | None:
    datasets = sys.modules.get("pyarrow.dataset")
    if isinstance(X, (str, os.PathLike)):
        return _read_dataset(_open_dataset(X))
    if datasets is not None and isinstance(X, datasets.Dataset):
        return _read_dataset(X)
    return iter(X) if isinstance(X, Iterator) or _is_list_of_frames(X) else None


def _is_list_of_frames(X: Any) -> bool:
    return isinstance(X, (list, tuple)) and len(X) > 0 and isinstance(X[0], pd.DataFrame)


def _open_dataset(path: str | os.PathLike[str]) -> Any:
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"X={str(path)!r} is no file or folder. Pass the path of a Parquet file or folder, or "
            "the rows themselves."
        )
    try:
        import pyarrow as pa
        from pyarrow import dataset
    except ImportError as error:
        raise ImportError(
            'Parquet needs pyarrow. Install it with: pip install "gan-augment[parquet]"'
        ) from error
    options = {"format": "parquet", "partitioning": "hive" if os.path.isdir(path) else None}
    try:
        found = dataset.dataset(os.fspath(path), **options)
        schemas = {part.path: part.physical_schema for part in found.get_fragments()}
    except pa.ArrowException as error:
        raise ValueError(f"X={str(path)!r} is no Parquet file or folder: {error}") from error
    schema = _common_schema(schemas, found.schema, str(path))
    return dataset.dataset(os.fspath(path), schema, **options)


def _common_schema(schemas: dict[str, Any], found: Any, path: str) -> Any:
    """The schema that the columns of all files can be read in, and those of the folders' names."""
    import pyarrow as pa

    remedy = f"or pass pyarrow.dataset.dataset({path!r}, schema=...), which says what to learn"
    common, first = without_row_numbers(found), ""
    folders = [
        field for field in common if all(field.name not in s.names for s in schemas.values())
    ]
    for file, schema in schemas.items():
        schema = without_row_numbers(schema)
        if not first:
            common, first = schema, file
        for name in set(schema.names) ^ set(common.names):
            with_it, without = (file, first) if name in schema.names else (first, file)
            raise ValueError(
                f"X={path!r} has files of different columns: {with_it!r} has {name!r}, and "
                f"{without!r} has not. Give all files the same columns, {remedy}."
            )
        try:
            common = pa.unify_schemas([common, schema], promote_options="permissive")
        except pa.ArrowException as error:
            raise ValueError(
                f"X={path!r} has columns of different types in {first!r} and {file!r}: {error}. "
                f"Write them with the same types, {remedy}."
            ) from error
    # What pandas wrote of the first file's types is not true of wider ones.
    metadata = common.metadata if common.types == schemas[first].types else None
    return pa.schema([*common, *folders], metadata)


def _read_dataset(dataset: Any) -> Iterator[pd.DataFrame]:
    # Without read-ahead, memory stays at a few batches whatever the number of files.
    options = {"batch_size": _BATCH_ROWS, "batch_readahead": 1, "fragment_readahead": 1}
    for batch in dataset.to_batches(**options):
        if batch.num_rows:
            yield to_pandas(batch)


class _Sample:
    """The rows of smallest random keys, overall and per class, and rows of extremes."""

    def __init__(self, label: str | None, max_rows: int, categorical_features: Any):
        self.label, self.max_rows = label, max_rows
        self.border = FrameBorder(categorical_features)
        self.categorical: set[Any] = set()
        self.rng = np.random.default_rng(0)
        self.parts: list[pd.DataFrame] = []
        self.keys: list[np.ndarray] = []
        self.n_kept, self.n_rows = 0, 0
        self.threshold = 1.0
        self.class_counts: Counter[Any] = Counter()
        self.full_classes: dict[Any, float] = {}
        self.extremes: dict[tuple[Any, Any, str], tuple[Any, pd.DataFrame]] = {}
        self.levels: dict[Any, set[Any]] = {}
        self.firsts: dict[Any, list[pd.DataFrame]] = {}
        self.most_levels = max(_FEW_LEVELS, max_rows // _ROWS_PER_LEVEL)
        self.crowded: set[Any] = set()
        self.columns: pd.Index | None = None

    def add(self, frame: pd.DataFrame) -> None:
        if self.columns is None:
            self._check_columns(frame)
        elif not frame.columns.equals(self.columns):
            raise ValueError(
                f"X gives frames of different columns: {list(self.columns)!r:.200} and "
                f"{list(frame.columns)!r:.200}. Give them the same columns, in the same order."
            )
        frame = frame.set_axis(pd.RangeIndex(self.n_rows, self.n_rows + len(frame)))
        self.n_rows += len(frame)
        keys = self.rng.random(len(frame))
        kept = keys <= self.threshold
        if self.label is not None:
            labels = frame[self.label]
            self.class_counts.update(labels.value_counts(dropna=False).to_dict())
            kept |= keys <= labels.map(self.full_classes).astype(float).fillna(1.0).to_numpy()
        for name in self.columns if self.columns is not None else ():
            self._note(frame, name)
        self.parts.append(frame[kept])
        self.keys.append(keys[kept])
        self.n_kept += int(kept.sum())
        if self.n_kept > 1.5 * self.max_rows + 2 * _ROWS_PER_CLASS * len(self.class_counts):
            self._prune()

    def finish(self) -> StreamedRows:
        if self.n_rows == 0:
            raise ValueError("X has no rows. Pass a file, folder or iterator that has some.")
        self._prune()
        kept = [*self.parts, *(row for _, row in self.extremes.values())]
        for name, firsts in self.firsts.items():
            # Frames of numbers say of a column of objects only that it may be continuous.
            column = pd.concat([part[name] for part in (*self.parts, *firsts)])
            if not self._is_continuous(column):
                sampled = self.parts[0][name]
                kept += [rows[~rows[name].isin(sampled)] for rows in firsts]
        rows = pd.concat(kept)
        rows = rows[~rows.index.duplicated()].sort_index().reset_index(drop=True)
        y = None if self.label is None else rows.pop(self.label)
        return StreamedRows(rows, y, self.n_rows, self.class_counts)

    def _check_columns(self, frame: pd.DataFrame) -> None:
        self.columns = frame.columns
        if self.label is not None:
            self._check_label(frame)
            frame = frame.drop(columns=self.label)
        self.categorical.update(frame.columns[self.border.forced_categorical(frame)])

    def _check_label(self, frame: pd.DataFrame) -> None:
        if not isinstance(self.label, Hashable) or self.label not in frame:
            found = (
                f"={self.label!r:.80}"
                if np.isscalar(self.label)
                else f", a {type(self.label).__name__},"
            )
            raise ValueError(
                f"y{found} is not the name of a column of X. Where X is a path, a "
                f"dataset or an iterator, y is one of {list(frame.columns)!r:.300}."
            )

    def _note(self, frame: pd.DataFrame, name: Any) -> None:
        """Keep the rows in which a column is at its smallest or largest, or has a new level."""
        column = frame[name]
        if self._is_continuous(column):
            present = column.dropna()
            for end in ("min", "max") if len(present) else ():
                value = getattr(present, end)()
                best = self.extremes.get((name, column.dtype, end))
                if best is None or (value < best[0] if end == "min" else value > best[0]):
                    row = present.index[present == value][0]
                    self.extremes[name, column.dtype, end] = (value, frame.loc[[row]])
            if column.dtype != object:
                return
        if name in self.crowded:
            return
        seen = self.levels.setdefault(name, set())
        try:
            new = column[~column.duplicated() & ~column.isin(seen) & column.notna()]
            seen.update(new)
        # What cannot be hashed is no level, and is refused later.
        except (TypeError, NotImplementedError):
            return
        if len(seen) > self.most_levels:
            self.crowded.add(name)
            del self.levels[name]
            self.firsts.pop(name, None)
        elif len(new):
            self.firsts.setdefault(name, []).append(frame.loc[new.index])

    def _is_continuous(self, column: pd.Series) -> bool:
        return column.name not in self.categorical and is_continuous(column)

    def _prune(self) -> None:
        rows, keys = pd.concat(self.parts), np.concatenate(self.keys)
        order = np.argsort(keys, kind="stable")
        kept = np.zeros(len(keys), dtype=bool)
        kept[order[: self.max_rows]] = True
        if len(keys) > self.max_rows:
            self.threshold = float(keys[order[self.max_rows - 1]])
        if self.label is not None:
            by_class = pd.Series(keys).groupby(rows[self.label].to_numpy())
            rank = by_class.rank(method="first").to_numpy()
            kept |= rank <= _ROWS_PER_CLASS
            last = pd.Series(keys)[rank == _ROWS_PER_CLASS]
            labels = rows[self.label].to_numpy()[rank == _ROWS_PER_CLASS]
            self.full_classes = dict(zip(labels.tolist(), last, strict=True))
        self.parts, self.keys = [rows[kept]], [keys[kept]]
        self.n_kept = int(kept.sum())
