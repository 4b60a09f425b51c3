"""What a method, a learner or a score is, and how it is set, as text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any, cast

import numpy as np
import pandas as pd


def identity(entry: Any) -> str:
    """The same text in every run: functions by their code, objects by what they hold."""
    return _identity(entry, ())


def _identity(entry: Any, outer: tuple[int, ...]) -> str:
    if id(entry) in outer:
        return "..."
    inner = (*outer, id(entry))

    def of(part: Any) -> str:
        return _identity(part, inner)

    if isinstance(entry, CodeType):
        return _digest(f"{entry.co_code.hex()} {entry.co_names} {of(entry.co_consts)}")
    if isinstance(entry, CellType):
        try:
            return of(entry.cell_contents)
        except ValueError:  # nothing was assigned yet
            return "nothing"
    if isinstance(entry, partial):
        return f"partial({of(entry.func)}, {of(entry.args)}, {of(entry.keywords)})"
    if isinstance(entry, MethodType):
        return f"{of(entry.__func__)} of {of(entry.__self__)}"
    if isinstance(entry, FunctionType) and not str(entry.__module__).startswith("gan_augment."):
        parts = [entry.__code__, entry.__defaults__, entry.__kwdefaults__, entry.__closure__]
        return f"{entry.__module__}.{entry.__qualname__}:{of(parts)}"
    if isinstance(entry, Mapping):
        pairs = sorted(f"{of(key)}: {of(value)}" for key, value in entry.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(entry, (list, tuple)):
        return f"[{', '.join(map(of, entry))}]"
    if isinstance(entry, (set, frozenset)):
        return f"{{{', '.join(sorted(map(of, entry)))}}}"
    if isinstance(entry, (pd.DataFrame, pd.Series)):
        return f"{type(entry).__name__}:{of(entry.to_numpy())}"
    if isinstance(entry, np.ndarray):
        held = of(entry.tolist()) if entry.dtype == object else entry.tobytes().hex()
        return f"{entry.dtype}{entry.shape}:{_digest(held)}"
    if isinstance(entry, np.random.RandomState):
        return f"RandomState{of(entry.get_state())}"
    if isinstance(entry, np.random.Generator):
        return f"Generator{of(entry.bit_generator.state)}"
    kind, plain = type(entry), cast(Any, object.__repr__)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if hasattr(entry, "get_params") and not isinstance(entry, type):
        return f"{name}({of(entry.get_params(deep=False))})"
    if kind.__repr__ == plain:
        return f"{name}({of(getattr(entry, '__dict__', {}))})"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(entry))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
