"""Fitted augmenters as files that hold no code."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from gan_augment.archive import read_archive, write_archive
from gan_augment.files import PathLike
from gan_augment.frames import Target
from gan_augment.plain import SUPPORTED, encode
from gan_augment.sampling import strategy_by_label

if TYPE_CHECKING:
    from gan_augment.augmenter import GANAugmenter

_KIND = "model"


def save(augmenter: GANAugmenter, path: PathLike) -> None:
    """Write a fitted augmenter; see `GANAugmenter.save`."""
    backend = augmenter.backend_
    if not hasattr(backend, "get_state"):
        raise TypeError(
            f"backend={backend!r:.80} cannot be saved: it has no get_state and set_state (see "
            "gan_augment.backends.base.SavableBackend). Use pickle or joblib instead."
        )
    target = augmenter._target
    document = {
        "versions": _versions(),
        "parameters": _parameters(augmenter),
        "backend": {**_constructor(backend), "state": backend.get_state()},
        "border": augmenter._border.get_state(),
        "target": None if target is None else target.get_state(),
        "strategy": None if target is None else _strategy_by_code(augmenter),
        "trained": augmenter._trained,
        "n_rows": augmenter._n_rows,
        "n_features": augmenter.n_features_in_,
        "feature_names": list(getattr(augmenter, "feature_names_in_", [])) or None,
    }
    for part, value in document.items():
        _check_plain(part, value)
    write_archive(path, _KIND, document)


def load(path: PathLike, *, backends: Iterable[type] = ()) -> GANAugmenter:
    """Read an augmenter that `GANAugmenter.save` wrote.

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
    GANAugmenter
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
        return _restore(gan_augment.GANAugmenter, document, known)
    except Exception as error:
        written = document.get("versions", {}).get("gan_augment", "another version")
        raise ValueError(
            f"{str(path)!r} cannot be opened: {type(error).__name__}: {error}. It was written by "
            f"gan_augment {written}, and this is {gan_augment.__version__}; a backend of your own "
            "is given as load(path, backends=[YourBackend])."
        ) from error


def _restore(
    augmenter_class: type[GANAugmenter], document: dict[str, Any], known: dict[str, type]
) -> GANAugmenter:
    parameters = dict(document["parameters"])
    if isinstance(parameters["backend"], dict):
        parameters["backend"] = _construct(parameters["backend"], known)
    augmenter = augmenter_class(**parameters)
    backend = _construct(document["backend"], known)
    augmenter.backend_ = backend.set_state(document["backend"]["state"])
    augmenter._border = backend.border_from_state(document["border"])
    augmenter._trained = document["trained"]
    augmenter._n_rows = document["n_rows"]
    augmenter.n_features_in_ = document["n_features"]
    if document["feature_names"] is not None:
        augmenter.feature_names_in_ = np.array(document["feature_names"], dtype=object)
    augmenter._target = None
    if document["target"] is not None:
        augmenter._target = Target.from_state(document["target"])
        augmenter.classes_ = augmenter._target.classes
        augmenter.sampling_strategy_ = strategy_by_label(augmenter._target, document["strategy"])
    augmenter.history_, augmenter.n_steps_ = backend.history_, backend.n_steps_
    augmenter.device_ = backend.device_
    return augmenter


def _parameters(augmenter: GANAugmenter) -> dict[str, Any]:
    parameters = augmenter.get_params(deep=False)
    if isinstance(parameters["device"], torch.device):
        parameters["device"] = str(parameters["device"])
    if not isinstance(parameters["backend"], str):
        parameters["backend"] = _constructor(parameters["backend"])
    return parameters


def _constructor(backend: Any) -> dict[str, Any]:
    return {"class": type(backend).__name__, "parameters": backend.get_params(deep=False)}


def _construct(made: dict[str, Any], known: dict[str, type]) -> Any:
    if made["class"] not in known:
        raise ValueError(f"its backend {made['class']!r:.80} is not known here")
    return known[made["class"]](**made["parameters"])


def _strategy_by_code(augmenter: GANAugmenter) -> np.ndarray:
    wanted = augmenter.sampling_strategy_
    return np.array([wanted.get(label, 0) for label in augmenter.classes_], dtype=np.int64)


def _check_plain(part: str, value: Any) -> None:
    try:
        encode(value)
    except TypeError as error:
        raise TypeError(
            f"This augmenter cannot be saved as a file without code: in its {part}, {error}. "
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
