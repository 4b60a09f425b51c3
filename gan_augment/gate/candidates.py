"""What the gate chooses among: how many synthetic rows, which ones, and what they weigh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from imblearn.utils import check_sampling_strategy
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from gan_augment.columns import FloatArray, IntArray
from gan_augment.gate.supply import Pool

MOST_PER_ROW = 8  # the gate adds at most so many synthetic rows per real one of their class


@dataclass(frozen=True)
class Candidate:
    """One way to augment.

    Attributes
    ----------
    amount : float, str or other
        What was asked for, as told to the user.
    ratios : ndarray of shape (n_classes,)
        Synthetic rows per real row of each class.
    rows : {"all", "consistent", "border", "realistic"}
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


def fixed_candidate(
    amount: Any, y: np.ndarray, classes: np.ndarray, rows: str, prior: str
) -> Candidate:
    """The candidate that the user prescribed by a number or a sampling strategy."""
    counts = np.array([np.count_nonzero(y == label) for label in classes])
    if isinstance(amount, Real):
        ratios = np.minimum(float(amount), counts.max() / counts - 1)
        return Candidate(float(amount), ratios, rows, prior=prior)
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
    return Candidate(amount, np.array(ratios), rows, prior=prior)


def gate_candidates(
    counts: IntArray, *, whole_set: bool, rules: Sequence[str], priors: Sequence[str]
) -> list[Candidate]:
    """No rows first, then the candidates that differ from it and from each other, small to large.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Real rows per class.
    whole_set : bool
        Whether every class can grow.
    rules : sequence of str
        Rules for the choice of rows; the first one is tried with every amount, the others with
        the largest.
    priors : sequence of str
        The ways to treat the class prior where the smaller classes grow alone.
    """
    fill = np.minimum(counts.max() / counts - 1, MOST_PER_ROW)
    first, *others = rules
    offers = [no_rows(counts)]
    if whole_set:
        offers.append(Candidate(1.0, np.ones(len(counts)), first, "every class", "moved"))
    for prior in priors:
        offers.append(Candidate(1.0, np.minimum(1.0, fill), first, prior=prior))
        offers.append(Candidate("auto", fill, first, prior=prior))
    offers += [
        Candidate("auto", fill, rule, prior=prior) for rule in others for prior in priors[:1]
    ]
    distinct: dict[tuple, Candidate] = {}
    for offer in offers:
        key = (offer.rows, offer.prior, *offer.wanted(counts).tolist())
        if offer.wanted(counts).any() or not offer.adds:
            distinct.setdefault(key, offer)
    return sorted(distinct.values(), key=lambda offer: offer.wanted(counts).sum())


def rows_of(candidate: Candidate, pool: Pool, counts: IntArray, order: IntArray) -> IntArray:
    """Rows of the pool that the candidate takes; smaller amounts take a part of larger ones.

    Parameters
    ----------
    candidate : Candidate
        What to take.
    pool : Pool
        What there is.
    counts : ndarray of shape (n_classes,)
        Real rows per class.
    order : ndarray of int
        Rows of the pool in the order of the candidate's rule, those that it rejects left out.
    """
    in_class = [order[pool.codes[order] == code] for code in range(len(counts))]
    wanted = candidate.wanted(counts)
    return np.concatenate([rows[:n] for rows, n in zip(in_class, wanted, strict=True)])


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
