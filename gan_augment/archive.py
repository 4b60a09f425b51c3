"""One file of JSON and arrays: written whole or not at all, read without running code.

The file is in the safetensors format. Its metadata say what it is; the tensor "document" is JSON
in UTF-8, in which the other tensors are referred to by name.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gan_augment.files import PathLike, written_whole
from gan_augment.plain import decode, encode

FORMAT_VERSION = 1
_DOCUMENT = "document"
_TENSOR = "tensor"


def write_archive(path: PathLike, kind: str, document: Any, *, name: str = "path") -> None:
    """Write `document`, of values that `plain.encode` knows, as a file of this kind.

    Parameters
    ----------
    path : path-like
        The file; what was there is replaced once the new one is complete.
    kind : str
        What it is, such as "model".
    document : object
        What to write.
    name : str, default="path"
        What the user knows the parameter by.
    """
    tensors: dict[str, np.ndarray] = {}
    text = json.dumps(_without_arrays(encode(document), "", tensors), allow_nan=False)
    tensors[_DOCUMENT] = np.frombuffer(text.encode(), dtype=np.uint8)
    metadata = {
        "format": f"gan_augment {kind}",
        "format_version": str(FORMAT_VERSION),
        "sha256": _checksum(tensors),
    }
    with written_whole(path, name=name) as partial:
        partial.write_bytes(save(tensors, metadata))


def read_archive(path: PathLike, kind: str) -> Any:
    """What `write_archive` wrote.

    Parameters
    ----------
    path : path-like
        The file.
    kind : str
        What it must be.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is truncated, altered, of another kind, or of a later format.
    """
    if Path(path).is_dir():
        raise ValueError(f"{str(path)!r} is a folder. Name a file in it.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_kind(path, kind, metadata)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(
            f"{str(path)!r} is no {kind} that gan_augment wrote, or it is truncated ({error}). "
            "Copy it again from where it was written, or check the path."
        ) from error
    if metadata.get("sha256") != _checksum(tensors):
        raise ValueError(
            f"{str(path)!r} was altered after it was written: its checksum differs. Copy it again "
            "from where it was written."
        )
    try:
        plain = json.loads(tensors[_DOCUMENT].tobytes().decode())
        return decode(_with_arrays(plain, tensors))
    except ImportError:
        raise
    except Exception as error:
        raise ValueError(
            f"{str(path)!r} does not hold a whole {kind}: {type(error).__name__}: {error}. Write "
            "it again with gan_augment."
        ) from error


def _check_kind(path: PathLike, kind: str, metadata: dict[str, str]) -> None:
    found = metadata.get("format", "")
    if found != f"gan_augment {kind}":
        what = f"a {found}" if found.startswith("gan_augment ") else "a file of something else"
        raise ValueError(f"{str(path)!r} is {what}, not a gan_augment {kind}. Check the path.")
    version = metadata.get("format_version", "")
    if not version.isdigit() or int(version) > FORMAT_VERSION:
        raise ValueError(
            f"{str(path)!r} has format {version!r}; this gan_augment reads up to format "
            f"{FORMAT_VERSION}. Install a newer gan_augment."
        )


def _without_arrays(plain: Any, place: str, tensors: dict[str, np.ndarray]) -> Any:
    """`plain` with references where it had arrays, which are put in `tensors`."""
    if isinstance(plain, np.ndarray):
        name = place or "array"
        while name in tensors:
            name += "'"
        tensors[name] = np.ascontiguousarray(plain).reshape(plain.shape)
        return {"$": _TENSOR, "name": name}
    if isinstance(plain, list):
        return [_without_arrays(v, f"{place}/{i}", tensors) for i, v in enumerate(plain)]
    if isinstance(plain, dict):
        return {k: _without_arrays(v, f"{place}/{k}", tensors) for k, v in plain.items()}
    return plain


def _with_arrays(plain: Any, tensors: dict[str, np.ndarray]) -> Any:
    if isinstance(plain, list):
        return [_with_arrays(value, tensors) for value in plain]
    if isinstance(plain, dict):
        if plain.get("$") == _TENSOR:
            return tensors[plain["name"]]
        return {key: _with_arrays(value, tensors) for key, value in plain.items()}
    return plain


def _checksum(tensors: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
