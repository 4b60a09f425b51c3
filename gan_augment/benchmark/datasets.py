"""Data sets to compare methods on: scikit-learn's own, a folder's, or OpenML's.

A folder has ``datasets.json``: ``{"tabular": [{"name": ..., "file": ...,
"categorical_columns": [...], "target": ...}, ...]}``. Files are CSV, gzipped or not. Columns named
categorical are levels; an empty field is missing; the target is the last column unless it is named.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets as bundled
from sklearn.model_selection import train_test_split

from gan_augment.benchmark.inputs import unknown_name


@dataclass(frozen=True)
class Dataset:
    """A table with class labels.

    Attributes
    ----------
    name : str
        What it is called.
    X : DataFrame
        Features.
    y : ndarray
        Labels.
    note : str
        What was done to it beside reading it, empty if nothing.
    """

    name: str
    X: pd.DataFrame
    y: np.ndarray
    note: str = ""

    def prepared(self, rows: int | None = None, random_state: int = 0) -> Dataset:
        """Without duplicate rows, shuffled, and with at most `rows` rows in the same proportions.

        Duplicates go first: a row that is in both the training and the test fold is known already.
        """
        table = self.X.assign(**{_TARGET: self.y})
        table = table.drop_duplicates().sample(frac=1.0, random_state=random_state)
        notes = [self.note] if self.note else []
        if len(table) < len(self.X):
            notes.append(f"{len(self.X) - len(table)} duplicate rows dropped")
        if rows is not None and rows < len(table):
            table = _stratified(table, rows, random_state)
            notes.append(f"{rows} rows drawn")
        table = table.reset_index(drop=True)
        X, y = table.drop(columns=_TARGET), table[_TARGET].to_numpy()
        return replace(self, X=X, y=y, note="; ".join(notes))


_TARGET = "__target__"


def _stratified(table: pd.DataFrame, rows: int, random_state: int) -> pd.DataFrame:
    counts = table[_TARGET].value_counts()
    if rows < len(counts) or counts.min() < 2:
        return table.sample(rows, random_state=random_state)
    kept, _ = train_test_split(
        table, train_size=rows, stratify=table[_TARGET], random_state=random_state
    )
    return kept


def load_bundled(name: str) -> Dataset:
    """A data set that comes with scikit-learn, as it is or as its note says."""
    if name not in _BUNDLED:
        raise unknown_name("name", name, _BUNDLED)
    return _BUNDLED[name]()


def load_openml(name: str) -> Dataset:
    """The active version of a data set of openml.org; needs a connection the first time."""
    try:
        found = bundled.fetch_openml(name, version="active", as_frame=True, parser="auto")
    except OSError as error:  # URLError and HTTPError are
        reason = getattr(error, "reason", None) or error
        raise ConnectionError(
            f"name={name!r} could not be fetched from openml.org ({reason}). Check the name and "
            "the connection. Without one, data sets of scikit-learn (load_bundled) and of a folder "
            "(load_folder) work."
        ) from error
    if found.target is None or isinstance(found.target, pd.DataFrame):
        raise ValueError(f"name={name!r} has no single target column at openml.org.")
    return Dataset(name, found.data, np.asarray(found.target), "from openml.org")


def load_folder(
    folder: str | os.PathLike[str], names: Sequence[str] | None = None
) -> list[Dataset]:
    """Data sets of a folder, all or those named."""
    path = Path(folder) / "datasets.json"
    if not path.is_file():
        raise ValueError(
            f"folder={str(folder)!r} has no datasets.json. Name a folder with one: a list "
            '"tabular" of entries with "name", "file" and "categorical_columns".'
        )
    entries = {e["name"]: e for e in json.loads(path.read_text(encoding="utf-8"))["tabular"]}
    for name in names or ():
        if name not in entries:
            raise unknown_name("names", name, entries)
    return [_read(Path(folder), entries[name]) for name in names or entries]


def load_idx(folder: str | os.PathLike[str], part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of a `part` of MNIST or Fashion-MNIST, "train" or "t10k", in its files.

    Raises
    ------
    FileNotFoundError
        If the folder lacks a file.
    """
    arrays = []
    for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
        path = Path(folder) / f"{part}-{kind}-ubyte.gz"
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} is missing. Name the folder with the original files of MNIST or "
                "Fashion-MNIST."
            )
        arrays.append(np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header))
    return arrays[0].reshape(-1, 28, 28), arrays[1].astype(np.int64)


def _read(folder: Path, entry: dict[str, Any]) -> Dataset:
    levels = dict.fromkeys(entry.get("categorical_columns", ()), str)
    # An empty field is missing; "NA" and "None" are levels.
    table = pd.read_csv(folder / entry["file"], dtype=levels, keep_default_na=False, na_values=[""])
    target = entry.get("target") or table.columns[-1]
    return Dataset(entry["name"], table.drop(columns=target), table[target].to_numpy())


def _load(name: str, load: Callable[..., Any]) -> Dataset:
    found = load(as_frame=True)
    return Dataset(name, found.data, found.target.to_numpy())


def _breast_cancer() -> Dataset:
    found = _load("breast_cancer", bundled.load_breast_cancer)
    return replace(found, y=np.where(found.y == 0, "malignant", "benign"))


def _digits_eight() -> Dataset:
    found = _load("digits_eight", bundled.load_digits)
    return replace(found, y=np.where(found.y == 8, "eight", "other"), note="8 against the rest")


def _cut(name: str, source: Callable[[], Dataset], label: Any, keep: int) -> Dataset:
    """`source` with only `keep` rows of a class: made imbalanced, and said to be."""
    found = source()
    rng = np.random.default_rng(0)
    of_class = np.flatnonzero(found.y == label)
    gone = rng.permutation(of_class)[keep:]
    note = f"made imbalanced: {keep} of {len(of_class)} rows of class {label} kept"
    X = found.X.drop(index=gone).reset_index(drop=True)
    return Dataset(name, X, np.delete(found.y, gone), note)


_BUNDLED: dict[str, Callable[[], Dataset]] = {
    "breast_cancer": _breast_cancer,
    "wine": lambda: _load("wine", bundled.load_wine),
    "digits": lambda: _load("digits", bundled.load_digits),
    "digits_eight": _digits_eight,
    "breast_cancer_rare": lambda: _cut("breast_cancer_rare", _breast_cancer, "malignant", 30),
    "wine_rare": lambda: _cut("wine_rare", lambda: _load("wine", bundled.load_wine), 2, 12),
}

BUNDLED = tuple(_BUNDLED)
