"""Where tensors live, chosen in one place."""

from __future__ import annotations

import torch


def resolve_device(device: str | torch.device) -> torch.device:
    """Device for `device`; ``"auto"`` is CUDA, then MPS, then the CPU.

    Raises
    ------
    ValueError
        If the name is no device, or this machine does not have it.
    """
    if str(device) == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        resolved = torch.device(device)
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
