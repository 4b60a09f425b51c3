"""What a method, a learner or a score is, and how it is set, as text."""

from __future__ import annotations

import dis
import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, cast

import numpy as np
import pandas as pd

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_TOLD = (*_PLAIN, tuple, frozenset, np.ndarray, np.generic, FunctionType, type, partial)
_DESCRIPTORS = (FunctionType, staticmethod, classmethod, property)


def identity(entry: Any) -> str:
    """The same text in every run, and another one where the user's code was edited.

    Objects go by what they hold. Functions and classes go by their code and by that of the
    functions, classes and constants that it names; those of installed packages by their names.
    """
    own: list[Any] = []
    text = _identity(entry, (), own)
    lines = set()
    for definition in own:  # grows on the way
        for name, part in _parts(definition):
            lines.add(f"{_name(definition)} {name}: {_identity(part, (), own)}")
    return f"{text} {_digest(' '.join(sorted(lines)).encode())}" if lines else text


def _identity(entry: Any, outer: tuple[int, ...], own: list[Any]) -> str:
    """The text of an entry; the user's functions and classes that it is made of join `own`."""
    if type(entry) in _PLAIN:
        return repr(entry)
    if id(entry) in outer:
        return "..."
    inner = (*outer, id(entry))

    def of(part: Any) -> str:
        return _identity(part, inner, own)

    if isinstance(entry, CodeType):
        parts = f"{entry.co_code.hex()} {entry.co_names} {of(entry.co_consts)}"
        return _digest(parts.encode())
    if isinstance(entry, CellType):
        try:
            return of(entry.cell_contents)
        except ValueError:  # nothing was assigned yet
            return "nothing"
    if isinstance(entry, partial):
        return f"partial({of(entry.func)}, {of(entry.args)}, {of(entry.keywords)})"
    if isinstance(entry, MethodType):
        return f"{of(entry.__func__)} of {of(entry.__self__)}"
    if isinstance(entry, (staticmethod, classmethod)):
        return f"{type(entry).__name__} {of(entry.__func__)}"
    if isinstance(entry, property):
        return f"property {of([entry.fget, entry.fset, entry.fdel])}"
    if isinstance(entry, FunctionType):
        if not _is_own(entry) and "<" not in entry.__qualname__:
            return _name(entry)
        _join(own, entry)
        held = [entry.__code__, entry.__defaults__, entry.__kwdefaults__, entry.__closure__]
        return f"{_name(entry)}:{of(held)}"
    kind, plain = type(entry), cast(Any, object.__repr__)
    for base in entry.__mro__ if isinstance(entry, type) else kind.__mro__:
        if _is_own(base):
            _join(own, base)
    if isinstance(entry, type):
        return _name(entry)
    if isinstance(entry, Mapping):
        pairs = sorted(f"{of(key)}: {of(value)}" for key, value in entry.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(entry, (list, tuple)):
        return f"[{', '.join(map(of, entry))}]"
    if isinstance(entry, (set, frozenset)):
        return f"{{{', '.join(sorted(map(of, entry)))}}}"
    if isinstance(entry, (pd.DataFrame, pd.Series)):
        return f"{kind.__name__}:{of(entry.to_numpy())}"
    if isinstance(entry, np.ndarray):
        values = of(entry.tolist()).encode() if entry.dtype == object else entry.tobytes()
        return f"{entry.dtype}{entry.shape}:{_digest(values)}"
    if isinstance(entry, np.random.RandomState):
        return f"RandomState{of(entry.get_state())}"
    if isinstance(entry, np.random.Generator):
        return f"Generator{of(entry.bit_generator.state)}"
    if hasattr(entry, "get_params"):
        return f"{_name(kind)}({of(entry.get_params(deep=False))})"
    shown = "" if kind.__repr__ == plain else re.sub(r" at 0x[0-9a-fA-F]+", "", repr(entry))
    if not shown or _is_own(kind) or hasattr(entry, "_score_func"):  # a scorer shows no code
        shown += f"{_name(kind)}({of(getattr(entry, '__dict__', {}))})"
    return shown


def _parts(definition: Any) -> Iterator[tuple[str, Any]]:
    """What the body of a class defines, or what the code of a function names."""
    if isinstance(definition, type):
        for name, value in vars(definition).items():
            if not name.startswith("__") or isinstance(value, _DESCRIPTORS):
                yield name, value
        return
    codes = [definition.__code__]
    for code in codes:  # grows on the way
        codes += [part for part in code.co_consts if isinstance(part, CodeType)]
    steps = [step for code in codes for step in dis.get_instructions(code)]
    read = {step.argval for step in steps if step.opname in _READS}
    read -= {step.argval for step in steps if step.opname == "STORE_GLOBAL"}
    every = {name for code in codes for name in code.co_names}
    yield from _named(definition.__globals__, read, every)


_READS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")


def _named(
    namespace: Mapping[str, Any], names: set[str], attributes: set[str]
) -> Iterator[tuple[str, Any]]:
    """Definitions and constants among `names`, and those among `attributes` of modules there."""
    for name in names & namespace.keys():
        value = namespace[name]
        if isinstance(value, ModuleType):
            if _is_own_module(value.__name__):
                for path, part in _named(vars(value), attributes - {name}, attributes - {name}):
                    yield f"{name}.{path}", part
        elif (
            isinstance(value, _TOLD)
            or hasattr(value, "__wrapped__")
            or hasattr(value, "get_params")
            or (callable(value) and _is_own(type(value)))
        ):
            yield name, value


def _join(own: list[Any], definition: Any) -> None:
    if not any(definition is known for known in own):
        own.append(definition)


def _is_own(definition: Any) -> bool:
    """Whether a function or class is the user's, not an installed package's."""
    if definition.__module__ not in ("builtins", None):
        return _is_own_module(str(definition.__module__))
    # Where code is run without a name for its module, only functions tell it from C's types.
    held = [definition] if isinstance(definition, FunctionType) else vars(definition).values()
    return any(isinstance(part, FunctionType) for part in held)


def _is_own_module(name: str) -> bool:
    root = name.partition(".")[0]
    if root == "__main__":
        return True
    if root == "gan_augment" or root in sys.stdlib_module_names:
        return False
    path = getattr(sys.modules.get(name), "__file__", None) or ""
    return not {"site-packages", "dist-packages"} & set(Path(path).parts)


def _name(definition: Any) -> str:
    return f"{definition.__module__}.{definition.__qualname__}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
