"""The inner folds: every candidate on real held-out rows, at one GAN training per fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
)
from sklearn.utils import _safe_indexing

from gan_augment.classes import aligned_probabilities
from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import listed
from gan_augment.gate.candidates import (
    Candidate,
    Recipe,
    prior_factors,
    rows_of,
    weight_parameter,
)
from gan_augment.gate.model import FittedCandidate
from gan_augment.gate.rows import orders
from gan_augment.gate.rule import names_the_class
from gan_augment.gate.supply import Pool, append_rows, draw_pool, not_of_folds, seeded
from gan_augment.notices import warn_user

_AVERAGE_PRECISION = "average precision"
_CHOICE = 2  # rows drawn per row wanted, where rows are chosen


@dataclass(frozen=True)
class Problem:
    """What stays the same over folds.

    Attributes
    ----------
    estimator, augmenter : estimator
        Unfitted.
    classes : ndarray of shape (n_classes,)
        Class labels, sorted.
    positive : int
        Code of the class that binary scores are about.
    scorer : callable or None
        The user's scorer.
    memory : joblib.Memory
        Where draws of synthetic rows are kept.
    """

    estimator: Any
    augmenter: Any
    classes: np.ndarray
    positive: int
    scorer: Any
    memory: Any

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    def counts(self, y: np.ndarray) -> IntArray:
        """Rows per class."""
        return np.bincount(np.searchsorted(self.classes, y), minlength=len(self.classes))


@dataclass(frozen=True)
class FoldScores:
    """Scores of one candidate on one held-out fold, its scores of the rows there, and itself."""

    model: FittedCandidate
    score: float
    f1: float
    accuracy: float
    test: IntArray
    outputs: FloatArray | None


def fit_candidates(
    problem: Problem,
    candidates: Sequence[Candidate],
    X: Any,
    y: np.ndarray,
    seed: int,
    try_out: Callable[[FittedCandidate], Any] | None = None,
) -> tuple[list[FittedCandidate], Pool | None]:
    """Fit the learner for every candidate, the augmenter at most once.

    The learner goes first on real rows alone where these are among the recipes, and is tried out,
    so that it and the scorer complain before any training of the augmenter.
    """
    classes, counts = problem.classes, problem.counts(y)
    recipes = list(dict.fromkeys(r for c in candidates for r in c.recipes))
    models: dict[Recipe, Member] = {}
    plain = [recipe for recipe in recipes if not recipe.wanted(counts).any()]
    if plain:
        baseline = seeded(problem.estimator, seed).fit(X, y)
        models |= {recipe: Member(baseline, None, np.empty(0, np.int64)) for recipe in plain}
    growing = [recipe for recipe in recipes if recipe not in models]
    pool = None
    if growing:
        if plain and try_out is not None:
            try_out(FittedCandidate([(baseline, None)], classes, np.zeros_like(counts), np.ones(1)))
        rules = {recipe.rows for recipe in growing}
        wanted = np.max([candidate.wanted(counts) for candidate in candidates], axis=0)
        if rules != {"all"}:  # who chooses needs more to choose from
            wanted = _CHOICE * wanted
        pool = draw_pool(problem.augmenter, X, y, classes, wanted, seed, problem.memory)
        order = orders(rules, problem.estimator, X, y, classes, pool, seed)
        averaged = any(len(candidate.recipes) > 1 for candidate in candidates)
        start = 0
        for recipe in growing:
            rows = rows_of(recipe, pool, counts, order[recipe.rows], start)
            models[recipe] = _fit_recipe(problem, recipe, X, y, pool, rows, seed)
            start += int(recipe.wanted(counts).max()) * averaged
    fitted = []
    for candidate in candidates:
        members = [models[recipe] for recipe in candidate.recipes]
        n_added = np.zeros_like(counts)
        if pool is not None:
            used = np.unique(np.concatenate([member.rows for member in members]))
            n_added = np.bincount(pool.codes[used], minlength=len(classes))
        pairs = [(member.model, member.factors) for member in members]
        fitted.append(FittedCandidate(pairs, classes, n_added, candidate.weights))
    return fitted, pool


@dataclass(frozen=True)
class Member:
    """A fitted recipe: its model, what corrects its probabilities, and its rows of the pool."""

    model: Any
    factors: FloatArray | None
    rows: IntArray


def _fit_recipe(
    problem: Problem, recipe: Recipe, X: Any, y: np.ndarray, pool: Pool, rows: IntArray, seed: int
) -> Member:
    classes = problem.classes
    codes = np.concatenate([np.searchsorted(classes, y), pool.codes[rows]])
    factors = prior_factors(codes, problem.counts(y))
    weights = {}
    if recipe.prior == "weighted":
        weights[str(weight_parameter(problem.estimator))] = factors[codes]
    X_more = append_rows(X, pool.take(rows))
    model = seeded(problem.estimator, seed).fit(X_more, classes[codes], **weights)
    return Member(model, factors if recipe.prior == "corrected" else None, rows)


def score_folds(
    problem: Problem,
    candidates: Sequence[Candidate],
    X: Any,
    y: np.ndarray,
    splits: Sequence[tuple[IntArray, IntArray]],
    seeds: Sequence[int],
    n_jobs: int | None,
) -> list[list[FoldScores]]:
    """Scores of every candidate (inner lists) on every fold (outer list)."""
    for train, _ in splits:
        absent = np.flatnonzero(problem.counts(y[train]) == 0)
        if len(absent):
            raise ValueError(
                "cv has a training fold without the class "
                f"{listed(problem.classes)[absent[0]]!r}. Use stratified folds, such as cv=5."
            )
    ranks = problem.scorer is None and score_name(problem) == _AVERAGE_PRECISION
    for _, test in splits:
        if ranks and len(candidates) > 1 and not problem.counts(y[test])[problem.positive]:
            raise ValueError(
                "cv has a test fold without the class "
                f"{listed(problem.classes)[problem.positive]!r}, whose average precision is to be "
                "told there. Use stratified folds, such as cv=5, or another scoring."
            )
    folds: list[list[FoldScores]] = Parallel(n_jobs=n_jobs)(
        delayed(_score_fold)(problem, candidates, X, y, train, test, seed)
        for (train, test), seed in zip(splits, seeds, strict=True)
    )
    if not np.isfinite([[entry.score for entry in fold] for fold in folds]).all():
        warn_user(
            f"scoring={problem.scorer!r:.80} gives scores that are not finite in inner folds, so "
            "that no rows can be found to help. Check that every fold has rows of each class."
        )
    return folds


def _score_fold(
    problem: Problem,
    candidates: Sequence[Candidate],
    X: Any,
    y: np.ndarray,
    train: IntArray,
    test: IntArray,
    seed: int,
) -> list[FoldScores]:
    score = partial(_fold_scores, problem, _safe_indexing(X, test), y[test], test)
    X_train, y_train = _safe_indexing(X, train), y[train]
    with not_of_folds():
        fitted, _ = fit_candidates(problem, candidates, X_train, y_train, seed, score)
    return [score(model) for model in fitted]


def _fold_scores(
    problem: Problem, X: Any, y: np.ndarray, test: IntArray, model: FittedCandidate
) -> FoldScores:
    predicted = model.predict(X)
    outputs = None
    if problem.is_binary and (
        hasattr(model, "predict_proba") or hasattr(model, "decision_function")
    ):
        outputs = model.scores_of(X, problem.positive)
    return FoldScores(
        model,
        _score(problem, model, X, y, predicted, outputs),
        _f1(problem, y, predicted),
        float(accuracy_score(y, predicted)),
        test,
        outputs,
    )


def _score(
    problem: Problem,
    model: FittedCandidate,
    X: Any,
    y: np.ndarray,
    predicted: np.ndarray,
    outputs: FloatArray | None,
) -> float:
    if problem.scorer is not None:
        return _own_score(problem, model, X, y)
    if outputs is not None:
        is_positive = y == problem.classes[problem.positive]
        return float(average_precision_score(is_positive, outputs))
    if not problem.is_binary and hasattr(model, "predict_proba"):
        probabilities = aligned_probabilities(model, X, problem.classes)
        return -float(log_loss(y, probabilities, labels=problem.classes))
    return float(balanced_accuracy_score(y, predicted))


def _own_score(problem: Problem, model: FittedCandidate, X: Any, y: np.ndarray) -> float:
    if hasattr(problem.scorer, "_score_func"):
        with names_the_class("scoring", problem.scorer, listed(problem.classes)[problem.positive]):
            return float(problem.scorer(model, X, y))
    score = problem.scorer(model, X, y)
    try:
        return float(score)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"scoring={problem.scorer!r:.80} returned {score!r:.80}. Use a function of (estimator, "
            "X, y) that returns a number, greater being better."
        ) from error


def _f1(problem: Problem, y: np.ndarray, predicted: np.ndarray) -> float:
    if problem.is_binary:
        positive = problem.classes[problem.positive]
        return float(f1_score(y == positive, predicted == positive, zero_division=0.0))
    return float(f1_score(y, predicted, average="macro", zero_division=0.0))


def score_name(problem: Problem) -> str:
    """What the score of `scoring=None` is called."""
    if problem.is_binary and (
        hasattr(problem.estimator, "predict_proba")
        or hasattr(problem.estimator, "decision_function")
    ):
        return _AVERAGE_PRECISION
    return "log loss" if hasattr(problem.estimator, "predict_proba") else "balanced accuracy"
