"""What comes out of the gate: which candidate, why, and which threshold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from gan_augment.gate.candidates import Candidate
from gan_augment.gate.folds import FoldScores, Problem
from gan_augment.gate.rule import (
    bagged_threshold,
    choose,
    f1_threshold,
    label_score,
    score_threshold,
    standard_errors,
)


def decide(
    candidates: Sequence[Candidate],
    folds: Sequence[Sequence[FoldScores]],
    name: str,
    evidence: float,
) -> tuple[int, dict[str, Any], str]:
    """Index of the chosen candidate, the table of results, and the line that says why.

    Parameters
    ----------
    candidates : sequence of Candidate
        The first adds nothing, unless it is the only one.
    folds : sequence of sequence of FoldScores
        One entry per fold, and in it per candidate; empty where nothing was to be chosen.
    name : str
        What the score is called.
    evidence : float
        Standard errors by which a candidate must beat none.
    """
    if not folds:
        return 0, {}, f"{candidates[0]}: nothing to choose among"
    scores, f1, accuracy = (
        np.array([[getattr(entry, field) for entry in fold] for fold in folds]).T
        for field in ("score", "f1", "accuracy")
    )
    means, errors = standard_errors(scores)
    best = choose(scores, evidence)
    if len(folds) == 1:
        errors = np.full(len(scores), np.nan)
    results: dict[str, Any] = {
        "params": [candidate.params for candidate in candidates],
        "mean_test_score": scores.mean(axis=1),
        "std_test_score": scores.std(axis=1),
        "mean_difference": means,
        "standard_error": errors,
        "mean_test_f1": f1.mean(axis=1),
        "mean_test_accuracy": accuracy.mean(axis=1),
    }
    results |= {f"split{i}_test_score": column for i, column in enumerate(scores.T)}
    number = "1 fold, which tells no standard error" if len(folds) == 1 else f"{len(folds)} folds"
    where = f"in {number} (F1 {f1[best].mean():.3f}, accuracy {accuracy[best].mean():.3f})"
    if len(candidates) == 1:
        why = f"{candidates[0]}, as asked: {name} {scores[0].mean():.3f} {where}"
    elif best == 0:
        asked = f"beat none by {evidence:.1f} standard errors of"
        if evidence < 0:
            asked = f"kept within {-evidence:.1f} standard errors of"
        if len(folds) == 1:
            asked = "beat none by"
        why = f"0 rows: nothing {asked} {name} {where}"
    elif len(folds) == 1:
        why = f"{candidates[best]}: {name} {means[best]:+.4f} over none {where}"
    else:
        why = (
            f"{candidates[best]}: {name} {means[best]:+.4f} over none, standard error "
            f"{errors[best]:.4f} ({evidence:+.1f} of them were asked for), {where}"
        )
    return best, results, why


def tune_threshold(
    threshold: Any, problem: Problem, folds: Sequence[FoldScores], y: np.ndarray, seed: int
) -> float:
    """Threshold that is best for the held-out rows of all folds together."""
    outputs = np.concatenate([np.asarray(fold.outputs) for fold in folds])
    labels = problem.classes[[1 - problem.positive, problem.positive]]
    is_positive = y[np.concatenate([fold.test for fold in folds])] == labels[1]
    tune = f1_threshold
    if not (isinstance(threshold, str) and threshold == "f1"):
        tune = partial(score_threshold, label_score(threshold, labels[1]), labels=labels)
    return bagged_threshold(tune, is_positive, outputs, seed)
