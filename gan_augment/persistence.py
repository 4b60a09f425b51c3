"""Fitted estimators written as files that hold no code; `loading` reads them."""

from __future__ import annotations

import os
import platform
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_is_fitted

from gan_augment._version import __version__
from gan_augment.archive import write_archive
from gan_augment.files import PathLike
from gan_augment.model import FittedModel
from gan_augment.plain import SUPPORTED, encode
from gan_augment.training.distributed import ranks

KIND = "model"


def save(augmenter: Any, model: FittedModel, path: PathLike) -> None:
    """Write a fitted augmenter; see `GANAugmenter.save`."""
    backend = model.backend
    if not hasattr(backend, "get_state"):
        raise TypeError(
            f"backend={backend!r:.80} cannot be saved: it has no get_state and set_state (see "
            "gan_augment.backends.base.SavableBackend). Use pickle or joblib instead."
        )
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
        write_archive(path, KIND, document)


def save_images(estimator: Any, path: PathLike) -> None:
    """Write a fitted `ImageDenoiser` or `ImageTranslator`; see their ``save``."""
    check_is_fitted(estimator, "weights_")
    made = _constructor(estimator)
    made["parameters"] = _plain_parameters(made["parameters"])
    document = {"versions": _versions(), "images": {**made, "state": estimator.get_state()}}
    for part, value in document.items():
        _check_plain(part, value)
    if ranks().is_first:
        write_archive(path, KIND, document)


def _parameters(augmenter: Any) -> dict[str, Any]:
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
    return {
        "gan_augment": __version__,
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }
