"""Who wins: the candidate that is better than none beyond noise, or none."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.special import expit, logit
from sklearn.metrics import get_scorer, make_scorer, precision_recall_curve

from gan_augment.columns import FloatArray

_MOST_THRESHOLDS = 50
_RESAMPLES = 25
_TINY = 1e-6
_EVEN = 50  # rows of the rarest class at which adding and not adding start even
_SAME = 1e-9


def standard_errors(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean paired difference from the first candidate, and its standard error, per candidate.

    With five folds a variance is a guess from five numbers, and among several candidates one
    will be small by luck: each is averaged with the mean variance of all.

    Parameters
    ----------
    scores : ndarray of shape (n_candidates, n_folds)
        Higher is better; the first row is the candidate that adds nothing.
    """
    differences = scores - scores[0]
    n_folds = scores.shape[1]
    means = differences.mean(axis=1)
    if len(scores) == 1 or n_folds == 1:
        return means, np.zeros(len(scores))
    variances = differences[1:].var(axis=1, ddof=1)
    errors = np.sqrt((variances + variances.mean()) / 2 / n_folds)
    return means, np.concatenate([[0.0], errors])


def evidence_asked(n_rarest: int) -> float:
    """Standard errors by which a candidate must beat adding none, with so many rows of a class.

    One, in favour of less, from 100 rows of the rarest class on: the rule of [1]_ on paired
    differences. Minus one, that is, it must not be worse by more than one, up to 25 rows: five
    rows of a class in a fold can hardly tell, while with so few rows augmentation raised average
    precision in most of the data that we measured. Between, it grows with the logarithm.

    References
    ----------
    .. [1] Breiman et al. (1984), "Classification and regression trees", section 3.4.3.
    """
    return float(np.clip(np.log2(n_rarest / _EVEN), -1.0, 1.0))


def choose(scores: FloatArray, evidence: float) -> int:
    """Index of the best candidate of those that beat the first by `evidence` standard errors.

    0 where none does.
    """
    means, errors = standard_errors(scores)
    worthy = means - evidence * errors > _SAME
    worthy[0] = False
    return int(np.where(worthy, means, -np.inf).argmax()) if worthy.any() else 0


def about(scorer: Any, positive: Any) -> Any:
    """The named binary score, about the class `positive` if it is about one of the two."""
    score = getattr(scorer, "_score_func", None)
    if score is None or "pos_label" not in inspect.signature(score).parameters:
        return scorer
    options = dict(scorer._kwargs)
    if options.get("average", "binary") == "binary":
        options["pos_label"] = positive
    return make_scorer(
        score,
        response_method=scorer._response_method,
        greater_is_better=scorer._sign > 0,
        **options,
    )


@contextmanager
def names_the_class(name: str, value: Any, positive: Any) -> Iterator[None]:
    """An error of this score becomes one that says which class it could be about."""
    try:
        yield
    except ValueError as error:
        remedy = "Use one that is made for them."
        if "pos_label" in str(error):
            remedy = (
                "If it is about one class, name that, for example make_scorer(f1_score, "
                f"pos_label={positive!r})."
            )
        raise ValueError(
            f"{name}={value!r:.80} cannot score these labels ({error}). {remedy}"
        ) from error


def label_score(threshold: Any, positive: Any) -> Callable[[np.ndarray, np.ndarray], float]:
    """The function of true and predicted labels that a scorer on labels computes.

    A score that is only named is about the class `positive`.
    """
    scorer = threshold
    if isinstance(threshold, str):
        scorer = about(get_scorer(threshold), positive)
    score, sign = getattr(scorer, "_score_func", None), getattr(scorer, "_sign", 1)
    if score is None or getattr(scorer, "_response_method", "predict") != "predict":
        raise ValueError(
            f"threshold={threshold!r:.80} does not score predicted labels, so no threshold can be "
            "tuned for it. Use 'f1', 'balanced_accuracy', or make_scorer of a function of labels."
        )
    return lambda y, predicted: sign * score(y, predicted, **scorer._kwargs)


def f1_threshold(is_positive: np.ndarray, outputs: FloatArray) -> float:
    """Threshold, half-way between two outputs, that gives the highest F1."""
    precision, recall, thresholds = precision_recall_curve(is_positive, outputs)
    total = np.maximum(precision + recall, np.finfo(np.float64).tiny)
    return _below(thresholds, int((2 * precision * recall / total)[:-1].argmax()))


def score_threshold(
    score: Callable[[np.ndarray, np.ndarray], float],
    is_positive: np.ndarray,
    outputs: FloatArray,
    labels: np.ndarray,
) -> float:
    """Threshold, half-way between two outputs, that gives the highest score on labels.

    Parameters
    ----------
    score : callable
        Of true and predicted labels.
    is_positive, outputs : ndarray of shape (n_samples,)
        Which rows are positive, and how much each looks like it.
    labels : ndarray of shape (2,)
        The negative and the positive label.
    """
    levels = np.unique(outputs)
    if len(levels) > _MOST_THRESHOLDS:
        levels = np.unique(np.quantile(levels, np.linspace(0, 1, _MOST_THRESHOLDS)))
    truth = labels[is_positive.astype(int)]
    scores = [score(truth, labels[(outputs >= level).astype(int)]) for level in levels]
    return _below(levels, int(np.argmax(scores)))


def bagged_threshold(
    tune: Callable[[np.ndarray, FloatArray], float],
    is_positive: np.ndarray,
    outputs: FloatArray,
    seed: int,
) -> float:
    """Mean of the best thresholds of bootstrap samples of each class.

    The best threshold of a sample follows its few positive rows; a mean of many does not. It is
    taken of log-odds where outputs are probabilities.

    References
    ----------
    Breiman (1996), "Bagging predictors", Machine Learning 24(2).
    """
    rng = np.random.default_rng(seed)
    classes = [np.flatnonzero(is_positive == value) for value in (False, True)]
    thresholds = []
    for _ in range(_RESAMPLES):
        rows = np.concatenate([rng.choice(members, len(members)) for members in classes])
        thresholds.append(tune(is_positive[rows], outputs[rows]))
    if outputs.min() < 0 or outputs.max() > 1:
        return float(np.mean(thresholds))
    return float(expit(np.mean(logit(np.clip(thresholds, _TINY, 1 - _TINY)))))


def _below(levels: FloatArray, best: int) -> float:
    return float(levels[best] if best == 0 else (levels[best - 1] + levels[best]) / 2)
