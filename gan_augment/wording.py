"""Figures and names as words."""

from __future__ import annotations

from collections.abc import Iterable


def percent(share: float) -> str:
    """A share as text."""
    return f"{100 * share:.1f}%"


def quoted(name: object) -> str:
    """The name of a column or class as text."""
    return f"'{name}'"


def joined_by_and(names: Iterable[str]) -> str:
    """Names as text: "a, b and c"."""
    *first, last = [*names]
    return f"{', '.join(first)} and {last}" if first else last


def numbered(n: int, noun: str, plural: str = "") -> str:
    """How many of what."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
