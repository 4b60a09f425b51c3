"""What tells one training from another: its seed, data and parameters."""

from __future__ import annotations

import hashlib
from inspect import isfunction
from typing import Any

import numpy as np

from gan_augment.columns import IntArray
from gan_augment.training.checkpoints import Checkpoint
from gan_augment.training.devices import resolve_device
from gan_augment.training.distributed import ranks


def agree_on_seed(seed: int, *data: Any) -> int:
    """The seed of a training, the same in all of its processes; so must be its data."""
    processes = ranks()
    if processes.size > 1:
        processes.check_alike("data", [_digest(part) for part in data])
    return processes.from_first(lambda: seed)


def open_checkpoint(
    augmenter: Any, backend: Any, data: Any, codes: IntArray, seed: int
) -> Checkpoint:
    """The checkpoint of a training on these rows and class codes."""
    if not hasattr(backend, "get_params"):
        raise TypeError(
            f"backend={backend!r:.80} cannot go on from a checkpoint: it has no get_params to tell "
            "its trainings apart by. Derive it from sklearn.base.BaseEstimator, or leave "
            "checkpoint=None."
        )
    fingerprint = {
        "X": _digest(data),
        "y": _digest(codes),
        "device": resolve_device(augmenter.device).type,
        "backend": type(backend).__name__,
        **{f"backend__{name}": value for name, value in backend.get_params(deep=False).items()},
        **{name: getattr(augmenter, name) for name in ("max_steps", "max_time", "early_stopping")},
    }
    return _checkpoint(augmenter, fingerprint, seed)


def open_images_checkpoint(estimator: Any, images: dict[str, Any], seed: int) -> Checkpoint:
    """The checkpoint of a denoiser's or translator's training on these images, by name."""
    fingerprint = {
        name: f"{value.__module__}.{value.__qualname__}" if isfunction(value) else value
        for name, value in estimator.get_params(deep=False).items()
        if name not in ("checkpoint", "checkpoint_seconds", "random_state", "verbose")
    }
    fingerprint |= {name: _digest(batch) for name, batch in images.items()}
    fingerprint["device"] = resolve_device(estimator.device).type
    return _checkpoint(estimator, fingerprint, seed)


def _checkpoint(estimator: Any, fingerprint: dict[str, Any], seed: int) -> Checkpoint:
    return Checkpoint(
        estimator.checkpoint,
        seconds=estimator.checkpoint_seconds,
        fingerprint=fingerprint,
        seed=seed,
        any_seed=estimator.random_state is None,
    )


def _digest(data: Any) -> str:
    """What differs for other class codes, or for other data of a backend."""
    if isinstance(data, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(data).data).hexdigest()
    return data.digest()
