"""Fitted estimators read from files that hold no code; `persistence` writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gan_augment._version import __version__
from gan_augment.archive import read_archive
from gan_augment.augmenter import GANAugmenter
from gan_augment.backends.image import ImageGAN
from gan_augment.backends.tabular import TabularGAN
from gan_augment.files import PathLike
from gan_augment.frames import Target
from gan_augment.model import FittedModel
from gan_augment.persistence import KIND
from gan_augment.translation import ImageDenoiser, ImageTranslator

_OWN = (TabularGAN, ImageGAN, ImageDenoiser, ImageTranslator)


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
    known = {kind.__name__: kind for kind in (*_OWN, *backends)}
    document = read_archive(path, KIND)
    try:
        if "images" in document:
            made = document["images"]
            return _construct(made, known).set_state(made["state"])
        return _restore(document, known)
    except Exception as error:
        written = document.get("versions", {}).get("gan_augment", "another version")
        raise ValueError(
            f"{str(path)!r} cannot be opened: {type(error).__name__}: {error}. It was written by "
            f"gan_augment {written}, and this is {__version__}; a backend of your own is given as "
            "load(path, backends=[YourBackend])."
        ) from error


def _restore(document: dict[str, Any], known: dict[str, type]) -> GANAugmenter:
    parameters = dict(document["parameters"])
    if isinstance(parameters["backend"], dict):
        parameters["backend"] = _construct(parameters["backend"], known)
    augmenter = GANAugmenter(**parameters)
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


def _construct(made: dict[str, Any], known: dict[str, type]) -> Any:
    if made["class"] not in known:
        raise ValueError(f"its backend {made['class']!r:.80} is not known here")
    return known[made["class"]](**made["parameters"])
