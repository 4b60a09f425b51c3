"""Held-out scores: what chooses the best step of a training, and what it says in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

Scored = TypeVar("Scored", contravariant=True)

_WORDS = (
    "closely alike",
    "alike, with visible differences",
    "different in ways that are easily found",
    "told apart almost always",
)


class Score(Protocol[Scored]):
    """Held-out score of a generator; smaller is better, and 1 hopeless."""

    @property
    def tolerance(self) -> float:
        """Differences of it that mean nothing."""
        ...

    def __call__(self, generator: Scored) -> float:
        """Score of a generator."""
        ...


@dataclass(frozen=True)
class ScoreScale:
    """What values of a score mean.

    Attributes
    ----------
    sentence : str
        What was measured, with a place for the score.
    alike, visible, told_apart : float
        Below the first, synthetic rows are closely alike real ones; then there are visible
        differences; then easily found ones; from the last on they are told apart almost always.
    gain : float
        An improvement that is worth going on for.
    """

    sentence: str
    alike: float
    visible: float
    told_apart: float
    gain: float

    def in_words(self, score: float) -> str:
        """The score as a sentence."""
        level = sum(score >= limit for limit in (self.alike, self.visible, self.told_apart))
        return f"{self.sentence.format(score=score)}: they are {_WORDS[level]}."
