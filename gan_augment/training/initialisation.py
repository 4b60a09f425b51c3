"""First weights from a seed of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_DRAWS = {Tensor.uniform_, Tensor.normal_, torch.rand, torch.randn}


class first_weights(TorchFunctionMode):  # noqa: N801
    """Within it, layers on the CPU draw their first weights from `seed`.

    Layers know no other source than PyTorch's global generator. Here their draws are given one of
    their own, and that one is left alone, so that threads can make networks at the same time.
    """

    def __init__(self, seed: int):
        super().__init__()
        self._rng = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        # `torch.nn.init` arrives whole, with the generator that it would hand on.
        if func in _DRAWS or "generator" in kwargs:
            kwargs["generator"] = kwargs.get("generator") or self._rng
        return func(*args, **kwargs)
