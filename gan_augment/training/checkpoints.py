"""A training's whole state on disk, so that a crash loses little of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_augment.archive import read_archive, write_archive
from gan_augment.files import PathLike, check_destination
from gan_augment.notices import warn_user
from gan_augment.plain import decode, encode
from gan_augment.training.distributed import ranks

_KIND = "checkpoint"


class Checkpoint:
    """A file that one training at a time writes every so often, and goes on from.

    Parameters
    ----------
    path : path-like
        The file. It is replaced in one go, so that it is whole at any moment.
    seconds : float
        Time between two writes.
    fingerprint : dict of str to plain values
        What must be the same for a training to go on: its data and its parameters, by name.
    seed : int
        Seed of a training that begins here.
    any_seed : bool
        Whether a training of another seed may be gone on with.

    Attributes
    ----------
    seed : int
        Seed of the training that the file holds.
    start : list or None
        What was chosen before that training began, in plain values; written with it.

    Raises
    ------
    ValueError
        If the file holds the training of other data or parameters, or is no checkpoint, or its
        folder does not exist.
    """

    def __init__(
        self,
        path: PathLike,
        *,
        seconds: float,
        fingerprint: dict[str, Any],
        seed: int,
        any_seed: bool,
    ):
        self.path, self.seconds, self.seed = Path(path), seconds, seed
        # As it will be read again.
        self._fingerprint = decode(encode(fingerprint))
        self._training: dict[str, Any] | None = None
        self.start: list[Any] | None = None
        self._written = time.monotonic()
        self._has_warned = False
        try:
            check_destination(path, "checkpoint")
        except OSError as error:
            raise ValueError(str(error)) from error
        if self.path.exists():
            self._open(any_seed)
            self._tidy()

    def _open(self, any_seed: bool) -> None:
        try:
            found = read_archive(self.path, _KIND)
        except ValueError as error:
            raise ValueError(
                f"checkpoint={str(self.path)!r} holds no training to go on with: {error} To start "
                "anew, delete it or name another file."
            ) from error
        differences = _differences(found["fingerprint"], self._fingerprint)
        if not any_seed and found["seed"] != self.seed:
            differences.append(f"random_state gave the seed {found['seed']}, now {self.seed}")
        if differences:
            raise ValueError(
                f"checkpoint={str(self.path)!r} holds another training: "
                f"{'; '.join(differences)}. Go on with the same data and parameters, or start anew "
                "by deleting it or naming another file; in cross-validation, where folds would "
                "share it, leave checkpoint=None."
            )
        self.seed, self._training = found["seed"], found["training"]
        self.start = found.get("start")

    def resume(self) -> dict[str, Any] | None:
        """The state to go on from, its tensors on the CPU; None where training begins."""
        if self._training is None:
            try:
                self._write(None)
            except OSError as error:
                raise OSError(
                    f"checkpoint={str(self.path)!r} cannot be written: {error}. Make room, name "
                    "another file, or leave checkpoint=None."
                ) from error
            return None
        return _map_arrays(self._training, np.ndarray, lambda array: torch.from_numpy(array.copy()))

    def is_due(self) -> bool:
        """Whether it is time for this process to write."""
        return ranks().is_first and time.monotonic() - self._written >= self.seconds

    def save(self, state: dict[str, Any]) -> None:
        """Write a state of plain values and tensors; where that fails, warn and try again later."""
        arrays = _map_arrays(state, torch.Tensor, lambda tensor: tensor.detach().cpu().numpy())
        try:
            self._write(arrays)
        except OSError as error:
            self._written = time.monotonic()
            if not self._has_warned:
                self._has_warned = True
                warn_user(
                    f"checkpoint={str(self.path)!r} could not be written: {error}. Training goes "
                    "on, and its model will be in memory; a crash now loses what the file lacks. "
                    "Make room or restore the folder: it is tried again every "
                    f"{self.seconds:g} seconds.",
                    RuntimeWarning,
                )

    def _tidy(self) -> None:
        """Remove what processes left behind that were killed while they wrote."""
        for partial in self.path.parent.glob(f".{self.path.stem}.*.partial{self.path.suffix}"):
            if ranks().is_first:
                partial.unlink()

    def _write(self, training: dict[str, Any] | None) -> None:
        if not ranks().is_first:
            return
        document = {
            "fingerprint": self._fingerprint,
            "seed": self.seed,
            "start": self.start,
            "training": training,
        }
        write_archive(self.path, _KIND, document, name="checkpoint")
        self._written = time.monotonic()


def _differences(found: dict[str, Any], mine: dict[str, Any]) -> list[str]:
    different = []
    for name in sorted({*found, *mine}):
        before, now = found.get(name), mine.get(name)
        if before == now:
            continue
        if name in ("X", "y"):
            different.append(f"{name} has other values")
        else:
            different.append(f"{name} was {before!r:.60}, now {now!r:.60}")
    return different


def _map_arrays(value: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, dict):
        return {key: _map_arrays(item, kind, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_map_arrays(item, kind, change) for item in value)
    return value
