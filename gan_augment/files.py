"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PathLike = str | os.PathLike[str]


@contextlib.contextmanager
def written_whole(path: PathLike, *, name: str = "path") -> Iterator[Path]:
    """A temporary path beside `path`, which takes its place if the block ends without error.

    Parameters
    ----------
    path : path-like
        The file to write. A symbolic link is followed.
    name : str, default="path"
        What the caller's user knows the parameter by.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If `path` is a folder.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{name}={str(path)!r} is a folder. Name a file in it.")
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{name}={str(path)!r} cannot be written: there is no folder {str(target.parent)!r}. "
            "Make it first, or name another."
        )
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
