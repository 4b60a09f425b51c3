"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PathLike = str | os.PathLike[str]
_MOST_LINKS = 40
_OWNER_ONLY = 0o600


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
    OSError
        If no file can be made there.
    """
    if _is_written_into(path):
        return Path(path)
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{name}={str(path)!r} is a folder. Name a file in it.")
    if not target.parent.is_dir():
        folder = target.parent if os.path.islink(path) else Path(path).parent
        raise FileNotFoundError(
            f"{name}={str(path)!r} cannot be written: there is no folder {str(folder)!r}. "
            "Make it first, or name another."
        )
    probe = _beside(target, "probing")
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise type(error)(
            f"{name}={str(path)!r} cannot be written: {error.strerror}. Name another file."
        ) from error
    return target


@contextlib.contextmanager
def written_whole(path: PathLike, *, name: str = "path") -> Iterator[Path]:
    """A temporary path beside `path`, which takes its place if the block ends without error.

    A file that was there hands on its permissions. A device, a named pipe or an open file such as
    /dev/stdout stays what it is and is written into.

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
    if _is_written_into(target):
        with tempfile.TemporaryDirectory() as folder:
            partial = Path(folder, target.name)
            yield partial
            with partial.open("rb") as file, _opened(target) as destination:
                shutil.copyfileobj(file, destination)
        return
    partial = _beside(target, "partial")
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    try:
        if mode is not None:
            partial.touch(_OWNER_ONLY)
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        if mode is not None:
            partial.chmod(mode)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _beside(target: Path, state: str) -> Path:
    # With its suffix, which may say how to write it.
    return target.with_name(f".{target.stem}.{os.getpid()}.{state}{target.suffix}")


def _is_written_into(path: PathLike) -> bool:
    """Whether no other file may take its place: a device, a named pipe, an open file."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    is_ordinary = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
    return not is_ordinary or _descriptor(path) is not None


def _opened(path: Path) -> IO[bytes]:
    descriptor = _descriptor(path)
    # Opened by name, an open file would lose what stands in it.
    return path.open("wb") if descriptor is None else os.fdopen(os.dup(descriptor), "wb")


def _descriptor(path: PathLike) -> int | None:
    """The file that this process has open where `path` leads to one, as /dev/stdout does."""
    place = os.path.abspath(path)
    for _ in range(_MOST_LINKS):
        folder, name = os.path.realpath(os.path.dirname(place)), os.path.basename(place)
        place = os.path.join(folder, name)
        if folder in ("/dev/fd", f"/proc/{os.getpid()}/fd"):
            return int(name) if name.isdigit() and os.path.exists(place) else None
        if not os.path.islink(place):
            return None
        place = os.path.join(folder, os.readlink(place))
    return None
