"""Scores of a fitted classifier on real rows that it has not seen.

Binary scores are about the minority class; those of more classes are means over classes, each
against the rest. `f1` is of the labels that the classifier predicts, so at the threshold 0.5 unless
it tunes its own. `f1_best` is F1 at the best threshold *of the test rows*: an oracle, the same for
every method, that says what a perfectly tuned threshold would get, and so tells better
probabilities from a threshold that merely moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, roc_auc_score

from gan_augment.benchmark.inputs import Problem, unknown_name
from gan_augment.classes import aligned_probabilities

Scorer = Callable[[Any, pd.DataFrame, np.ndarray], float]

LABEL_SCORES = ("accuracy", "f1", "balanced_accuracy")
PROBABILITY_SCORES = ("f1_best", "average_precision", "roc_auc", "brier", "log_loss")
SCORES = LABEL_SCORES + PROBABILITY_SCORES
LOWER_IS_BETTER = frozenset({"brier", "log_loss"})


def check_scoring(scoring: Any) -> tuple[tuple[str, ...], dict[str, Scorer]]:
    """Names of the scores to report, and the user's own scorers among them."""
    if isinstance(scoring, str):
        scoring = SCORES if scoring == "default" else (scoring,)
    if isinstance(scoring, Mapping):
        own = {str(name): scorer for name, scorer in scoring.items()}
        for name, scorer in own.items():
            if not callable(scorer):
                raise TypeError(
                    f"scoring[{name!r}] is {scorer!r}. Pass a function of (classifier, X, y) that "
                    "returns a number, greater being better."
                )
            if name in SCORES:
                raise ValueError(
                    f"scoring[{name!r}] has the name of a built-in score. Give it another."
                )
        return (*SCORES, *own), own
    if not isinstance(scoring, Iterable):
        raise TypeError(
            f"scoring is {scoring!r:.100}. Pass names ({', '.join(SCORES)}), or a dict of name to "
            "a function of (classifier, X, y); sklearn.metrics.make_scorer makes one of a metric."
        )
    names = tuple(dict.fromkeys(scoring))
    for name in names:
        if name not in SCORES:
            raise unknown_name("scoring", name, SCORES)
    if not names:
        raise ValueError(f"scoring is empty. Name at least one of: {', '.join(SCORES)}.")
    return names, {}


def score(
    classifier: Any, X: pd.DataFrame, y: np.ndarray, problem: Problem, own: Mapping[str, Scorer]
) -> dict[str, float]:
    """Every built-in score, NaN where it is not defined, and the user's own."""
    predicted = np.asarray(classifier.predict(X))
    found = _label_scores(y, predicted, problem)
    if hasattr(classifier, "predict_proba"):
        shares = aligned_probabilities(classifier, X, problem.classes).astype(np.float64)
        found |= _probability_scores(y, shares, problem)
    else:
        found |= dict.fromkeys(PROBABILITY_SCORES, float("nan"))
    return found | {name: float(scorer(classifier, X, y)) for name, scorer in own.items()}


def _label_scores(y: np.ndarray, predicted: np.ndarray, problem: Problem) -> dict[str, float]:
    per_class = f1_score(y, predicted, labels=problem.classes, average=None, zero_division=0)
    f1 = per_class[problem.positive] if problem.is_binary else per_class.mean()
    recalls = [np.mean(predicted[y == label] == label) for label in problem.classes if label in y]
    return {
        "accuracy": float(np.mean(predicted == y)),
        "f1": float(f1),
        "balanced_accuracy": float(np.mean(recalls)),
    }


def _probability_scores(y: np.ndarray, shares: np.ndarray, problem: Problem) -> dict[str, float]:
    truth = y[:, None] == problem.classes[None, :]
    squared = ((shares - truth) ** 2).sum(axis=1).mean()
    likelihood = np.clip(shares[truth], np.finfo(float).eps, 1.0)
    judged = [problem.positive] if problem.is_binary else range(len(problem.classes))
    columns = [(truth[:, k], shares[:, k]) for k in judged]
    return {
        "f1_best": _mean_over_classes(_best_f1, columns),
        "average_precision": _mean_over_classes(average_precision_score, columns),
        "roc_auc": _mean_over_classes(roc_auc_score, columns),
        "brier": float(squared / 2 if problem.is_binary else squared),
        "log_loss": float(-np.log(likelihood).mean()),
    }


def _mean_over_classes(
    measure: Callable[[np.ndarray, np.ndarray], float],
    columns: Sequence[tuple[np.ndarray, np.ndarray]],
) -> float:
    defined = [measure(t, p) for t, p in columns if t.any() and not t.all()]
    return float(np.mean(defined)) if defined else float("nan")


def _best_f1(truth: np.ndarray, share: np.ndarray) -> float:
    precision, recall, _ = precision_recall_curve(truth, share)
    return float((2 * precision * recall / np.maximum(precision + recall, 1e-300)).max())
