"""What a method, a learner or a score is, and how it is set, as text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np


def identity(entry: Any) -> str:
    """The same text in every run: functions by their code, objects by what they hold."""
    return _identity(entry, ())


def _identity(entry: Any, outer: tuple[int, ...]) -> str:
    if id(entry) in outer:
        return "..."
    inner = (*outer, id(entry))

    def of(part: Any) -> str:
        return _identity(part, inner)

    if isinstance(entry, partial):
        return f"partial({of(entry.func)}, {of(entry.args)}, {of(entry.keywords)})"
    if isinstance(entry, MethodType):
        return f"{of(entry.__func__)} of {of(entry.__self__)}"
    if isinstance(entry, FunctionType) and not str(entry.__module__).startswith("gan_augment."):
        cells = [cell.cell_contents for cell in entry.__closure__ or ()]
        parts = of([entry.__defaults__, entry.__kwdefaults__, cells])
        return f"{entry.__module__}.{entry.__qualname__}:{_digest(_code(entry.__code__))}{parts}"
    if isinstance(entry, Mapping):
        pairs = sorted(f"{of(key)}: {of(value)}" for key, value in entry.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(entry, (list, tuple)):
        return f"[{', '.join(map(of, entry))}]"
    if isinstance(entry, np.ndarray):
        return f"{entry.dtype}{entry.shape}:{_digest(entry.tobytes().hex())}"
    kind = type(entry)
    if hasattr(entry, "get_params") and not isinstance(entry, type):
        return f"{kind.__module__}.{kind.__qualname__}({of(entry.get_params(deep=False))})"
    plain: Any = object.__repr__
    if not isinstance(entry, type) and kind.__repr__ == plain:
        return f"{kind.__module__}.{kind.__qualname__}({of(getattr(entry, '__dict__', {}))})"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(entry))


def _code(code: CodeType) -> str:
    constants = [_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {constants}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
