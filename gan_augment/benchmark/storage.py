"""Results on disk: every row the moment it is known, and only rows of the same experiment.

``settings.json`` says what experiment the folder belongs to. ``rows.jsonl`` has a line per result,
appended with one system call; a line that a crash left half-written is dropped when the folder is
opened again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

import gan_augment
from gan_augment.benchmark.identity import identity
from gan_augment.benchmark.protocol import Protocol, Row
from gan_augment.files import written_whole

_SETTINGS = "settings.json"
_ROWS = "rows.jsonl"
_FORMAT = 3  # of what is told apart


class Store:
    """The folder of one experiment; without a folder, only what is in memory.

    Parameters
    ----------
    folder : path-like or None
        Where to keep results. Made if need be.
    """

    def __init__(self, folder: str | os.PathLike[str] | None):
        self.rows: list[Row] = []
        self._file: IO[bytes] | None = None
        self._folder = None if folder is None else Path(folder)
        if self._folder is not None:
            _check_writable(self._folder)

    def open(self, settings: dict[str, Any]) -> None:
        """Take the rows of an earlier run with the same settings; lock the folder until `close`.

        Raises
        ------
        ValueError
            If another run holds the folder, it has results of something else, or a file in it
            cannot be read.
        """
        if self._folder is None:
            return
        self._file = (self._folder / _ROWS).open("ab", buffering=0)
        _lock(self._file, self._folder)
        self._adopt(settings)
        self.rows = _read_rows(self._folder)

    def _adopt(self, settings: dict[str, Any]) -> None:
        assert self._folder is not None
        path = self._folder / _SETTINGS
        settings = {"format": _FORMAT, "version": gan_augment.__version__, **settings}
        if path.exists():
            known = _read_settings(self._folder)
            _refuse_other(known, settings, self._folder)
            for group in ("methods", "learners"):
                settings = settings | {group: known[group] | settings[group]}
        with written_whole(path, name="output") as partial:
            partial.write_text(json.dumps(settings, indent=2), encoding="utf-8")

    def append(self, row: Row) -> None:
        """Keep a row."""
        self.rows.append(row)
        if self._file is not None:
            plain = {key: _plain(value) for key, value in row.items()}
            self._file.write(json.dumps(plain).encode() + b"\n")

    def drop(self, rows: Iterable[Row]) -> None:
        """Forget rows, so that they are computed again."""
        unwanted = {id(row) for row in rows}
        self.rows = [row for row in self.rows if id(row) not in unwanted]

    def close(self) -> None:
        """Let go of the folder."""
        if self._file is not None:
            self._file.close()
            self._file = None


def fingerprint(protocol: Protocol, identities: dict[str, dict[str, str]]) -> dict[str, Any]:
    """What must be the same for results to belong together."""
    problem = protocol.problem
    data = hashlib.sha256()
    data.update(repr([(name, str(problem.X[name].dtype)) for name in problem.X]).encode())
    data.update(pd.util.hash_pandas_object(problem.X, index=False).to_numpy().tobytes())
    data.update(repr(problem.y.tolist()).encode())
    folds = hashlib.sha256()
    for train, test in (fold for folds_of_seed in protocol.folds for fold in folds_of_seed):
        folds.update(np.asarray(train, dtype=np.int64).tobytes())
        folds.update(np.asarray(test, dtype=np.int64).tobytes())
    return {
        "data": data.hexdigest(),
        "folds": folds.hexdigest(),
        "pos_label": repr(problem.positive_label),
        "random_state": protocol.random_state,
        "scorers": {name: identity(scorer) for name, scorer in sorted(protocol.scorers.items())},
        **identities,
    }


_MEANING = {
    "format": "an earlier version of gan_augment",
    "version": "another version of gan_augment",
    "data": "other data (X or y)",
    "folds": "other folds (cv, seeds or random_state)",
    "pos_label": "another pos_label",
    "random_state": "another random_state",
    "scorers": "other scorers",
}


def _refuse_other(known: dict[str, Any], settings: dict[str, Any], folder: Path) -> None:
    for key, meaning in _MEANING.items():
        if known.get(key) != settings[key]:
            raise ValueError(
                f"output={str(folder)!r} holds the results of {meaning}. Use another folder, or "
                "empty this one."
            )
    for group in ("methods", "learners"):
        for name, found in settings[group].items():
            if known[group].get(name, found) != found:
                raise ValueError(
                    f"output={str(folder)!r} holds results of {group} named {name!r} that are set "
                    "differently. Give yours another name, or use another folder."
                )


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise ValueError(
            f"output={str(folder)!r} cannot be written: {error.strerror}. Name a folder that you "
            "may write to."
        ) from error


def _lock(file: IO[bytes], folder: Path) -> None:
    """Hold the folder until the file is closed or the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # not on this system: two runs at once are the user's to avoid
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ValueError(
            f"output={str(folder)!r} is being written by another run. Wait for it, or use another "
            "folder."
        ) from error


def _read_settings(folder: Path) -> dict[str, Any]:
    try:
        known = json.loads((folder / _SETTINGS).read_bytes())
        if not isinstance(known, dict):
            raise ValueError(f"it holds {known!r:.60}")
    except ValueError as error:
        raise ValueError(
            f"output={str(folder)!r} has a broken {_SETTINGS}: {error}. Restore that file, empty "
            "the folder, or use another one."
        ) from error
    return known


def _read_rows(folder: Path) -> list[Row]:
    """Whole lines; later ones of the same result win."""
    path = folder / _ROWS
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    rows = {}
    for number, line in enumerate(whole.split(b"\n")[:-1], start=1):
        try:
            row = {key: math.nan if v is None else v for key, v in json.loads(line).items()}
            rows[cell_of(row)] = row
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise ValueError(
                f"output={str(folder)!r} has a broken line, number {number} of {_ROWS}: "
                f"{line!r:.60}. Delete that line, and its result is computed again; or use another "
                "folder."
            ) from error
    return list(rows.values())


def cell_of(row: Row) -> tuple[str, str, int, int]:
    """What a row is the result of."""
    return row["method"], row["learner"], row["seed"], row["fold"]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value
