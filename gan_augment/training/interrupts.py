"""Who hears of Ctrl-C: a training, which keeps what it has, or the work that it is a part of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_passed_on = ContextVar("passed_on", default=False)


@contextmanager
def interrupts_passed_on() -> Iterator[None]:
    """Within it, Ctrl-C ends the whole work, so that nothing is made of a training cut short."""
    token = _passed_on.set(True)
    try:
        yield
    finally:
        _passed_on.reset(token)


def is_interrupt_kept() -> bool:
    """Whether an interrupted training keeps what it has."""
    return not _passed_on.get()
