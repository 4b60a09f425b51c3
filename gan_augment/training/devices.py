"""Where tensors live, chosen in one place."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits

from gan_augment.training.distributed import local_rank


def resolve_device(device: str | torch.device) -> torch.device:
    """Device for `device`; ``"auto"`` is CUDA, then MPS, then the CPU.

    Raises
    ------
    ValueError
        If the name is no device, or this machine does not have it.
    """
    if str(device) == "auto":
        if torch.cuda.is_available():
            return _own_gpu()
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        resolved = torch.device(device)
        if resolved.type == "cuda" and resolved.index is None:
            resolved = _own_gpu()
        torch.empty(1, device=resolved)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device={device!r} cannot be used here ({reason}). Use 'auto', 'cpu', or 'cuda' on "
            "a machine that has such a GPU."
        ) from error
    if resolved.type == "meta":
        raise ValueError("device='meta' holds no data. Use 'auto', 'cpu' or 'cuda'.")
    return resolved


def _own_gpu() -> torch.device:
    """The GPU of this process, where several train together."""
    number = local_rank()
    return torch.device("cuda") if number is None else torch.device("cuda", number)


PRECISIONS = ("auto", "float32", "bfloat16")


def low_precision(precision: str, device: torch.device) -> torch.autocast:
    """A context whose matrix products are bfloat16; ``"auto"`` where the hardware speeds it up."""
    fast = precision == "bfloat16" or (precision == "auto" and _multiplies_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16 if fast else None, enabled=fast)


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cpu":
        # AVX-512 alone multiplies bfloat16 too, but slower than float32. PyTorch has no public name
        # for it, and its older versions none at all.
        has_tiles = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
        return torch.backends.mkldnn.is_available() and has_tiles()
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


_FIRST_PROCESS = os.getpid()


class _Borrowed(threading.local):
    """How often this Python thread is within `threads_borrowed`."""

    depth = 0


_borrowed = _Borrowed()
_lock = threading.Lock()
_n_borrowed = 0
_usual = 1


@contextmanager
def threads_borrowed() -> Iterator[None]:
    """Within it, PyTorch's number of threads may be set; afterwards it is what it was.

    New Python threads begin with the number that was set last. So what they have is no choice of
    theirs while others have borrowed, and the first to borrow knows the usual number.
    """
    global _n_borrowed, _usual
    with _lock:
        own = torch.get_num_threads()
        if not _n_borrowed:
            _usual = own
        elif own == 1 and not _borrowed.depth:
            own = _usual
        _n_borrowed += 1
        _borrowed.depth += 1
    try:
        yield
    finally:
        with _lock:
            _n_borrowed -= 1
            _borrowed.depth -= 1
            torch.set_num_threads(own)


def _forget_other_threads() -> None:
    """A forked process has none of the threads that had borrowed, or that hold the lock."""
    global _lock, _n_borrowed
    _lock, _n_borrowed = threading.Lock(), _borrowed.depth


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it, PyTorch computes with the thread that entered.

    Small networks gain next to nothing from several threads. These wait for each other by spinning,
    which makes a training ten times as long where the cores have other work, or are fewer than they
    seem, as in a container.
    """
    with threads_borrowed():
        torch.set_num_threads(1)
        yield


@contextmanager
def threads_of_this_process() -> Iterator[None]:
    """Within it, a forked process computes with one thread.

    A fork has none of the threads that OpenMP keeps, and would wait for them for ever.
    """
    if os.getpid() == _FIRST_PROCESS:
        yield
        return
    with one_thread(), threadpool_limits(1, user_api="openmp"):  # scikit-learn's trees
        yield
