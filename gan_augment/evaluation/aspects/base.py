"""What an aspect of a report is made of: scores, a verdict in words, tables, pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gan_augment.evaluation.comparison import Learned, Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOOD, CHECK, POOR, UNMEASURED = "good", "check", "poor", "not measured"
_WORST_FIRST = (POOR, CHECK, GOOD, UNMEASURED)


@dataclass(frozen=True)
class Picture:
    """One panel.

    Attributes
    ----------
    title : str
        What it shows, in a few words.
    alt : str
        The same for those who cannot see it, with its main figure.
    draw : callable
        Draws on the axes that it is given.
    size : tuple of float
        Width and height in inches.
    """

    title: str
    alt: str
    draw: Callable[[Axes], None]
    size: tuple[float, float] = (4.6, 3.2)


@dataclass(frozen=True)
class Aspect:
    """One thing a report looks at.

    Attributes
    ----------
    name : str
        What it is called.
    status : {"good", "check", "poor", "not measured"}
        The verdict.
    sentence : str
        The verdict in words, with its main figures.
    scores : mapping of str to float
        All figures.
    tables : mapping of str to DataFrame
        By their captions.
    pictures : tuple of Picture
        The most telling first.
    notes : tuple of str
        How it was measured, and what it does not say.
    """

    name: str
    status: str
    sentence: str
    scores: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What the aspects work on.

    Attributes
    ----------
    rows : Comparison
        What is compared.
    base, fresh : Sample
        Real rows, and other real rows that stand for the best that synthetic ones can be: all of
        `real` and the holdout, or two parts of `real` where there is no holdout.
    has_training_rows : bool
        Whether the generator learned from `real`.
    max_rows : int
        Most rows of each table that costly measures use.
    seed : int
        Of all that is drawn.
    step : callable
        Told what is done next.
    """

    rows: Any
    base: Any
    fresh: Any
    has_training_rows: bool
    max_rows: int
    seed: int
    step: Callable[[str], None]
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    @property
    def noun(self) -> str:
        """What several of what is compared are called."""
        return f"{self.rows.noun}s"

    @property
    def has_holdout(self) -> bool:
        """Whether there are real rows that the generator has not seen."""
        return self.rows.holdout is not None

    @property
    def has_labels(self) -> bool:
        """Whether there are classes."""
        return self.rows.real.y is not None

    def some(self, rows: Any, n: int | None = None) -> Any:
        """At most `max_rows` of `rows`, or at most `n`."""
        most = self.max_rows if n is None else min(n, self.max_rows)
        if len(rows) <= most:
            return rows
        return self._once(
            ("some", id(rows), most),
            lambda: rows.sample(most, np.random.default_rng(self.seed)),
        )

    def learn(self, judge: str, train: Sample) -> Learned:
        """A judge that has learned the classes of `train`, each but once."""
        _, learned = self._once(
            ("learn", judge, id(train)),
            # Kept beside what it learned from, whose id would else be given to something new.
            lambda: (train, self.rows.learn(judge, train, self.seed)),
        )
        return learned

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


def grade(value: float, good: float, poor: float) -> str:
    """The verdict on a figure that should be small."""
    if np.isnan(value):
        return UNMEASURED
    return GOOD if value <= good else POOR if value > poor else CHECK


def worst(statuses: Iterable[str]) -> str:
    """The worst of several verdicts."""
    return min(statuses, key=_WORST_FIRST.index, default=UNMEASURED)
