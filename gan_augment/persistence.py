"""Fitted estimators as files that hold no code."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from inspect import isfunction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_is_fitted

from gan_augment.archive import read_archive, write_archive
from gan_augment.columns import IntArray
from gan_augment.files import PathLike
from gan_augment.frames import Target
from gan_augment.model import FittedModel
from gan_augment.plain import SUPPORTED, encode
from gan_augment.training.checkpoints import Checkpoint
from gan_augment.training.devices import resolve_device
from gan_augment.training.distributed import ranks

if TYPE_CHECKING:
    from gan_augment.augmenter import GANAugmenter

_KIND = "model"


def save(augmenter: Any, path: PathLike) -> None:
    """Write a fitted augmenter; see `GANAugmenter.save`."""
    backend = augmenter.backend_
    if not hasattr(backend, "get_state"):
        raise TypeError(
            f"backend={backend!r:.80} cannot be saved: it has no get_state and set_state (see "
            "gan_augment.backends.base.SavableBackend). Use pickle or joblib instead."
        )
    model = augmenter._model
    document = {
        "versions": _versions(),
        "parameters": _parameters(augmenter),
        "backend": {**_constructor(backend), "state": backend.get_state()},
        "border": model.border.get_state(),
        "target": None if model.target is None else model.target.get_state(),
        "strategy": model.strategy,
        "trained": model.trained,
        "n_rows": model.n_rows,
        "n_features": getattr(augmenter, "n_features_in_", None),  # pictures have none
        "feature_names": list(getattr(augmenter, "feature_names_in_", [])) or None,
    }
    for part, value in document.items():
        _check_plain(part, value)
    if ranks().is_first:
        write_archive(path, _KIND, document)


def save_images(estimator: Any, path: PathLike) -> None:
    """Write a fitted `ImageDenoiser` or `ImageTranslator`; see their ``save``."""
    check_is_fitted(estimator, "weights_")
    made = _constructor(estimator)
    made["parameters"] = _plain_parameters(made["parameters"])
    document = {"versions": _versions(), "images": {**made, "state": estimator.get_state()}}
    for part, value in document.items():
        _check_plain(part, value)
    if ranks().is_first:
        write_archive(path, _KIND, document)


def load(path: PathLike, *, backends: Iterable[type] = ()) -> Any:
    """Read what ``save`` of an augmenter, a denoiser or a translator wrote.

    Reading runs no code from the file. It guards against damage, not against an enemy who writes
    a whole file anew: such a file can hold other weights and labels, but nothing that runs.

    Parameters
    ----------
    path : path-like
        The file.
    backends : iterable of type, default=()
        Classes of backends that are not this package's own, if the model may use one.

    Returns
    -------
    GANAugmenter, ImageDenoiser or ImageTranslator
        As it was when saved, on the CPU whatever it was trained on.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is truncated, altered, not a model of this package, or of a later format.

    Examples
    --------
    >>> import gan_augment
    >>> augmenter.save("model.safetensors")  # doctest: +SKIP
    >>> gan_augment.load("model.safetensors").sample(5)  # doctest: +SKIP
    """
    # Which backends there are is known once the package is whole.
    import gan_augment

    known = {name: getattr(gan_augment, name) for name in gan_augment.__all__}
    known |= {backend.__name__: backend for backend in backends}
    document = read_archive(path, _KIND)
    try:
        if "images" in document:
            made = document["images"]
            return _construct(made, known).set_state(made["state"])
        return _restore(gan_augment.GANAugmenter, document, known)
    except Exception as error:
        written = document.get("versions", {}).get("gan_augment", "another version")
        raise ValueError(
            f"{str(path)!r} cannot be opened: {type(error).__name__}: {error}. It was written by "
            f"gan_augment {written}, and this is {gan_augment.__version__}; a backend of your own "
            "is given as load(path, backends=[YourBackend])."
        ) from error


def agree_on_seed(seed: int, *data: Any) -> int:
    """The seed of a training, the same in all of its processes; so must be its data."""
    processes = ranks()
    if processes.size > 1:
        processes.check_alike("data", [_digest(part) for part in data])
    return processes.from_first(lambda: seed)


def open_checkpoint(
    augmenter: GANAugmenter, backend: Any, data: Any, codes: IntArray, seed: int
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


def _restore(
    augmenter_class: type[GANAugmenter], document: dict[str, Any], known: dict[str, type]
) -> GANAugmenter:
    parameters = dict(document["parameters"])
    if isinstance(parameters["backend"], dict):
        parameters["backend"] = _construct(parameters["backend"], known)
    augmenter = augmenter_class(**parameters)
    backend = _construct(document["backend"], known).set_state(document["backend"]["state"])
    target = None if document["target"] is None else Target.from_state(document["target"])
    columns = {}
    if document["n_features"] is not None:
        columns["n_features_in_"] = document["n_features"]
    if document["feature_names"] is not None:
        columns["feature_names_in_"] = np.array(document["feature_names"], dtype=object)
    augmenter._adopt(
        FittedModel(
            backend,
            backend.border_from_state(document["border"]),
            target,
            document["trained"],
            document["strategy"],
            document["n_rows"],
        ),
        columns,
    )
    return augmenter


def _parameters(augmenter: GANAugmenter) -> dict[str, Any]:
    parameters = _plain_parameters(augmenter.get_params(deep=False))
    if not isinstance(parameters["backend"], str):
        parameters["backend"] = _constructor(parameters["backend"])
    return parameters


def _plain_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    if isinstance(parameters.get("categorical_features"), (pd.Series, pd.Index)):
        parameters["categorical_features"] = parameters["categorical_features"].tolist()
    if isinstance(parameters["device"], torch.device):
        parameters["device"] = str(parameters["device"])
    if parameters["checkpoint"] is not None:
        parameters["checkpoint"] = os.fspath(parameters["checkpoint"])
    return parameters


def _constructor(backend: Any) -> dict[str, Any]:
    return {"class": type(backend).__name__, "parameters": backend.get_params(deep=False)}


def _construct(made: dict[str, Any], known: dict[str, type]) -> Any:
    if made["class"] not in known:
        raise ValueError(f"its backend {made['class']!r:.80} is not known here")
    return known[made["class"]](**made["parameters"])


def _digest(data: Any) -> str:
    """What differs for other class codes, or for other data of a backend."""
    if isinstance(data, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(data).data).hexdigest()
    return data.digest()


def _check_plain(part: str, value: Any) -> None:
    try:
        encode(value)
    except TypeError as error:
        raise TypeError(
            f"This cannot be saved as a file without code: in its {part}, {error}. "
            f"What can be saved: {SUPPORTED}. Turn labels and levels of other types into strings "
            "and functions into what they return before fitting, or use pickle or joblib instead."
        ) from error


def _versions() -> dict[str, str]:
    import gan_augment

    return {
        "gan_augment": gan_augment.__version__,
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }
