"""Real and synthetic samples side by side, whatever they are samples of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import Target, listed
from gan_augment.wording import joined_by_and

Learned = Callable[[Any], FloatArray]
"""Takes the `X` of a sample to the probability of every class."""

_MOST_CLASSES = 20


@dataclass(frozen=True)
class Sample:
    """What came from one origin.

    Attributes
    ----------
    X : object
        Its values; supports ``len`` and ``take(positions)``.
    y : ndarray of shape (n,) or None
        Class codes.
    """

    X: Any
    y: IntArray | None = None

    def __len__(self) -> int:
        return len(self.X)

    def take(self, positions: Any) -> Self:
        """What stands at these positions."""
        y = None if self.y is None else self.y[positions]
        return replace(self, X=self.X.take(positions), y=y)

    def sample(self, n: int, rng: np.random.Generator) -> Self:
        """`n` of them drawn without replacement, or all where there are no more."""
        if n >= len(self):
            return self
        return self.take(np.sort(rng.choice(len(self), n, replace=False)))


AnySample = TypeVar("AnySample", bound=Sample)


@dataclass(frozen=True)
class Comparison(ABC):
    """Real ones, synthetic ones, and real ones that the generator has not seen.

    All that the aspects of a report need to know of the kind of data is asked here.

    Attributes
    ----------
    real, synthetic, holdout : Sample
        What is compared; `holdout` may be None.
    classes : ndarray
        Labels of the class codes; empty without labels.
    """

    real: Any
    synthetic: Any
    holdout: Any
    classes: np.ndarray

    noun: ClassVar[str]
    """What one of them is called."""
    judges: ClassVar[tuple[str, ...]]
    """Names of the classifiers that judge them."""

    @abstractmethod
    def learn(self, judge: str, train: Any, seed: int) -> Learned:
        """A judge that has learned the classes of `train`."""

    @abstractmethod
    def space(self, X: Any) -> Callable[[Any], Any]:
        """Takes values to points, whose distances tell how alike they are; learned from `X`."""

    @abstractmethod
    def hashes(self, X: Any) -> np.ndarray:
        """A number for each, the same for equal ones alone."""

    @abstractmethod
    def contents(self) -> str:
        """What each of them is made of."""


def coded(
    samples: Mapping[str, AnySample], labels: Mapping[str, Any], noun: str
) -> tuple[dict[str, AnySample], np.ndarray]:
    """Samples with the codes of their classes, and the classes: none without labels.

    Parameters
    ----------
    samples : mapping of str to Sample
        "real", "synthetic" and perhaps "holdout".
    labels : mapping of str to array-like or None
        "y_real" and so on; for all samples or for none.
    noun : str
        What one of them is called.

    Raises
    ------
    ValueError
        If labels are missing, or do not fit their samples or each other.
    """
    return _coded(samples, _targets(samples, labels, noun))


def labelled(
    samples: Mapping[str, AnySample], labels: Mapping[str, Any], noun: str
) -> tuple[dict[str, AnySample], np.ndarray]:
    """As `coded`, with labels that a classifier can learn: neither one class nor a quantity."""
    targets = _targets(samples, labels, noun)
    if not targets:
        return _coded(samples, targets)
    known = targets["real"]
    if known.n_classes < 2:
        raise ValueError(
            f"y_real has one class, {known.classes[0]!r}, so there is nothing to tell apart. Pass "
            f"the {noun}s of at least two classes, or no labels at all."
        )
    if len(known.classes) > max(_MOST_CLASSES, len(known.codes) // 2):
        raise ValueError(
            f"y_real has {known.n_classes} different labels in {len(known.codes)} {noun}s: it "
            "looks like a quantity. Bin it into classes, for example with pandas.cut, or leave the "
            "labels out; a table can hold it as a column."
        )
    return _coded(samples, targets)


def _targets(
    samples: Mapping[str, Sample], labels: Mapping[str, Any], noun: str
) -> dict[str, Target]:
    given = {name: y for name, y in labels.items() if y is not None}
    if not given:
        return {}
    wanted = {f"y_{name}" for name in samples}
    if given.keys() != wanted:
        raise ValueError(
            f"Labels are given for {joined_by_and(sorted(given))}, but are needed for "
            f"{joined_by_and(sorted(wanted))}: pass all of them, or none."
        )
    parts = {name: Target(given[f"y_{name}"]) for name in samples}
    for name, target in parts.items():
        if len(target.codes) != len(samples[name]):
            raise ValueError(
                f"{name} has {len(samples[name])} {noun}s and y_{name} has {len(target.codes)} "
                f"labels. Pass one label per {noun}."
            )
    return parts


def _coded(
    samples: Mapping[str, AnySample], targets: Mapping[str, Target]
) -> tuple[dict[str, AnySample], np.ndarray]:
    if not targets:
        return dict(samples), np.empty(0, dtype=object)
    known = targets["real"]
    found = {}
    for name, target in targets.items():
        classes = listed(target.classes)
        codes = [known.code_of(label) for label in classes]
        if None in codes:
            raise ValueError(
                f"y_{name} has the class {classes[codes.index(None)]!r}, which y_real "
                f"lacks. Its classes are {listed(known.classes)!r:.200}."
            )
        found[name] = replace(samples[name], y=np.array(codes, dtype=np.int64)[target.codes])
    return found, known.classes
