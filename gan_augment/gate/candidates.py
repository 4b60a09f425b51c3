"""What the gate chooses among: how many synthetic rows, which ones, and what they weigh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from imblearn.utils import check_sampling_strategy
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import has_fit_parameter

from gan_augment.columns import FloatArray, IntArray
from gan_augment.gate.model import aligned_probabilities
from gan_augment.gate.supply import Pool, seeded

MOST_PER_ROW = 8  # the gate adds at most so many synthetic rows per real one of their class
_LEAST_CONSISTENT = 0.2  # this share of real rows would themselves fail the filter
_SCORING_FOLDS = 3


@dataclass(frozen=True)
class Candidate:
    """One way to augment.

    Attributes
    ----------
    amount : float, str or other
        What was asked for, as told to the user.
    ratios : ndarray of shape (n_classes,)
        Synthetic rows per real row of each class.
    rows : {"all", "consistent"}
        Which rows of the pool are taken.
    grow : {"minority", "every class"}
        Which classes grow.
    prior : {"kept", "weighted", "corrected", "moved"}
        What becomes of the class prior: nothing was added; or synthetic and real rows of a class
        weigh together what its real rows weighed; or the fitted probabilities are corrected for
        the change; or neither.
    """

    amount: Any
    ratios: FloatArray
    rows: str = "all"
    grow: str = "minority"
    prior: str = "moved"

    @property
    def adds(self) -> bool:
        """Whether it adds any row."""
        return bool(self.ratios.any())

    @property
    def params(self) -> dict[str, Any]:
        """What the user is told about it."""
        return {
            "amount": self.amount,
            "rows": self.rows,
            "grow": self.grow,
            "prior": self.prior,
        }

    def wanted(self, counts: IntArray) -> IntArray:
        """Rows to add to classes of these sizes."""
        return np.rint(self.ratios * counts).astype(np.int64)

    def __str__(self) -> str:
        if not self.adds:
            return "0 rows"
        whom = "every class" if self.grow == "every class" else "the smaller classes"
        if isinstance(self.amount, Real):
            amount = f"{self.amount:g} synthetic rows per real one of {whom}"
        else:
            amount = f"synthetic rows for {whom} by amount={self.amount!r:.60}"
        return f"{amount} ({self.rows} rows, prior {self.prior})"


def no_rows(counts: IntArray) -> Candidate:
    """The candidate that leaves the data alone."""
    return Candidate(0.0, np.zeros(len(counts)), prior="kept")


def fixed_candidate(amount: Any, y: np.ndarray, classes: np.ndarray, prior: str) -> Candidate:
    """The candidate that the user prescribed by a number or a sampling strategy."""
    counts = np.array([np.count_nonzero(y == label) for label in classes])
    if isinstance(amount, Real):
        ratios = np.minimum(float(amount), counts.max() / counts - 1)
        return Candidate(float(amount), ratios, prior=prior)
    strategy = amount(y) if callable(amount) else amount
    if isinstance(strategy, Mapping):
        unknown = [label for label in strategy if label not in classes.tolist()]
        if unknown:
            raise ValueError(
                f"amount={strategy!r:.100} names the class {unknown[0]!r}, which y does not "
                f"contain. Its classes are {classes.tolist()!r:.200}."
            )
    try:
        added = check_sampling_strategy(strategy, y, "over-sampling")
    except ValueError as error:
        sizes = dict(zip(classes.tolist(), counts.tolist(), strict=True))
        raise ValueError(
            f"amount={strategy!r:.100} is impossible for the class sizes {sizes!r:.200}: {error}"
        ) from error
    ratios = [added.get(label, 0) / n for label, n in zip(classes.tolist(), counts, strict=True)]
    return Candidate(amount, np.array(ratios), prior=prior)


def gate_candidates(
    counts: IntArray, *, whole_set: bool, filtered: bool, priors: Sequence[str]
) -> list[Candidate]:
    """No rows first, then the candidates that differ from it and from each other, small to large.

    Left out, since they lost in our comparisons: rows near the decision border, unfiltered growth
    of every class, and small unfiltered amounts.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Real rows per class.
    whole_set : bool
        Whether every class can grow.
    filtered : bool
        Whether rows can be scored for consistency.
    priors : sequence of str
        The ways to treat the class prior where the smaller classes grow alone.
    """
    fill = np.minimum(counts.max() / counts - 1, MOST_PER_ROW)
    rows = "consistent" if filtered else "all"
    offers = [no_rows(counts)]
    if whole_set:
        offers.append(Candidate(1.0, np.ones(len(counts)), rows, "every class", "moved"))
    for prior in priors:
        offers.append(Candidate(1.0, np.minimum(1.0, fill), rows, prior=prior))
        offers.append(Candidate("auto", fill, rows, prior=prior))
    if filtered and priors:
        offers.append(Candidate("auto", fill, "all", prior=priors[0]))
    distinct: dict[tuple, Candidate] = {}
    for offer in offers:
        key = (offer.rows, offer.prior, *offer.wanted(counts).tolist())
        if offer.wanted(counts).any() or not offer.adds:
            distinct.setdefault(key, offer)
    return sorted(distinct.values(), key=lambda offer: offer.wanted(counts).sum())


def rows_of(
    candidate: Candidate, pool: Pool, counts: IntArray, consistent: np.ndarray | None
) -> IntArray:
    """Rows of the pool that the candidate takes; smaller amounts take a part of larger ones."""
    taken = []
    for code, n in enumerate(candidate.wanted(counts)):
        mine = pool.codes == code
        if candidate.rows == "consistent" and consistent is not None:
            mine = mine & consistent
        taken.append(np.flatnonzero(mine)[:n])
    return np.concatenate(taken)


def find_consistent(
    estimator: Any, X: Any, y: np.ndarray, classes: np.ndarray, pool: Pool, seed: int
) -> np.ndarray | None:
    """Which rows of the pool the learner, cross-fitted on real rows, believes to be their class.

    A row is consistent if its own class gets a probability that a fifth of the real rows of that
    class, scored by models that did not see them, fall short of. None where there are too few
    real rows to cross-fit.
    """
    codes = np.searchsorted(classes, y)
    n_folds = min(_SCORING_FOLDS, int(np.bincount(codes).min()))
    if n_folds < 2:
        return None
    real = np.zeros(len(codes))
    synthetic = np.zeros(len(pool.codes))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    for train, test in folds.split(np.zeros(len(codes)), codes):
        model = seeded(estimator, seed).fit(_safe_indexing(X, train), y[train])
        held_out = aligned_probabilities(model, _safe_indexing(X, test), classes)
        real[test] = held_out[np.arange(len(test)), codes[test]]
        drawn = aligned_probabilities(model, pool.X, classes)
        synthetic += drawn[np.arange(len(pool.codes)), pool.codes] / n_folds
    cuts = [np.quantile(real[codes == c], _LEAST_CONSISTENT) for c in range(len(classes))]
    return synthetic >= np.array(cuts)[pool.codes]


def prior_factors(codes: IntArray, counts: IntArray) -> FloatArray:
    """Per class, its real rows over all its rows: the weights under which the prior is kept."""
    return counts / np.bincount(codes, minlength=len(counts))


def weight_parameter(estimator: Any) -> str | None:
    """Name of the fit parameter that takes sample weights, or None; looks into pipelines."""
    if isinstance(estimator, Pipeline):
        step, last = estimator.steps[-1]
        name = None if last in (None, "passthrough") else weight_parameter(last)
        return None if name is None else f"{step}__{name}"
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None
