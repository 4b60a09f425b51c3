"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PathLike = str | os.PathLike[str]


def check_destination(path: PathLike, name: str = "path") -> Path:
    """The file that `path` names, or an error before any work is done.

    Parameters
    ----------
    path : path-like
        A file to write. A symbolic link is followed.
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
        folder = target.parent if os.path.islink(path) else Path(path).parent
        raise FileNotFoundError(
            f"{name}={str(path)!r} cannot be written: there is no folder {str(folder)!r}. "
            "Make it first, or name another."
        )
    return target


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
    OSError
        If `path` cannot be written; see `check_destination`.
    """
    target = check_destination(path, name)
    # With its suffix, which may say how to write it.
    partial = target.with_name(f".{target.stem}.{os.getpid()}.partial{target.suffix}")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
