"""What `AugmentedClassifier.fit` is going to do, checked before any training."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import is_regressor
from sklearn.metrics import check_scoring
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_memory

from gan_augment.augmenter import GANAugmenter
from gan_augment.classes import rarest
from gan_augment.frames import listed
from gan_augment.gate.candidates import (
    Candidate,
    fixed_recipe,
    gate_candidates,
    gate_recipes,
    no_rows,
    weight_parameter,
)
from gan_augment.gate.folds import Problem
from gan_augment.gate.rows import RULES
from gan_augment.gate.rule import about, label_score, names_the_class
from gan_augment.gate.supply import check_augmenter, draws_any_class
from gan_augment.notices import warn_user

_NO_PRIOR = "{} takes no sample_weight and gives no probabilities"
_BY_COLUMN = (
    "Pass an object whose split(X, y) finds the groups in X, such as "
    "GroupKFold().split(X, y, X['group']) for a frame with a column 'group', and whose "
    "get_n_splits says how many folds it makes. Where all rows go into one fit, ready folds do "
    "as well: cv=list(cv.split(X, y, groups))."
)


def check_data(X: Any, y: Any) -> tuple[Any, np.ndarray]:
    """`X` as something whose rows can be taken and extended, and `y` as an array of labels."""
    if y is None:
        raise ValueError(
            "AugmentedClassifier requires y to be passed, but the target y is None. Pass one "
            "class label per row of X."
        )
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    elif sp.issparse(X):  # the one format that can be both cut into folds and extended
        X = X.tocsr()
    shape: tuple[int, ...] = X.shape
    if len(shape) < 2:
        raise ValueError(
            f"Expected 2D array, got an X of shape {shape} instead. Reshape your data: one row "
            "per sample."
        )
    if shape[1] == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={shape}) while a minimum of 1 is required. "
            "Pass X with columns."
        )
    y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    missing = int(np.count_nonzero(pd.isna(y)))
    if missing:
        raise ValueError(
            f"y has {missing} missing labels. Drop those rows, or give them a label of their own."
        )
    check_classification_targets(y)
    return X, y


def make_problem(gate: Any, y: np.ndarray) -> Problem:
    """What stays the same over folds, checked against `y`."""
    if is_regressor(gate.estimator):
        raise ValueError(
            f"estimator={gate.estimator!r:.80} is a regressor. Pass a classifier, such as "
            "LogisticRegression()."
        )
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise ValueError(
            f"y has one class, {classes[:1].tolist()}, and a classifier needs two or more. "
            "Pass rows of another class too."
        )
    positive = rarest(counts)
    if gate.pos_label is not None:
        positive = _code_of_pos_label(gate.pos_label, classes)
    scorer = None if gate.scoring is None else check_scoring(gate.estimator, gate.scoring)
    if isinstance(gate.scoring, str) and len(classes) == 2:
        scorer = about(scorer, classes[positive])
    gives_outputs = any(
        hasattr(gate.estimator, name) for name in ("predict_proba", "decision_function")
    )
    if gate.threshold is not None and (len(classes) > 2 or not gives_outputs):
        reason = f"y has {len(classes)} classes" if len(classes) > 2 else "estimator has none"
        raise ValueError(
            f"threshold={gate.threshold!r:.80} needs two classes and a learner with "
            f"predict_proba or decision_function, but {reason}. Leave threshold=None."
        )
    if gate.threshold is not None:
        score = label_score(gate.threshold, classes[positive])
        with names_the_class("threshold", gate.threshold, listed(classes)[positive]):
            score(y, y)
    augmenter = GANAugmenter() if gate.augmenter is None else gate.augmenter
    check_augmenter(augmenter)
    return Problem(
        gate.estimator,
        augmenter,
        classes,
        positive,
        scorer,
        check_memory(gate.memory),
    )


def _code_of_pos_label(pos_label: Any, classes: np.ndarray) -> int:
    labels = listed(classes)
    if len(labels) > 2:
        raise ValueError(
            f"pos_label={pos_label!r:.80} is for two classes, and y has {len(labels)}. Leave "
            "pos_label=None."
        )
    if pos_label not in labels:
        raise ValueError(
            f"pos_label={pos_label!r:.80} is not a class of y, which has {labels!r:.200}. Name one "
            "of them, or leave pos_label=None for the rarer one."
        )
    return labels.index(pos_label)


def make_candidates(gate: Any, problem: Problem, y: np.ndarray) -> list[Candidate]:
    """What to choose among; the first adds nothing, unless it is the only one."""
    counts = problem.counts(y)
    has_probabilities = hasattr(gate.estimator, "predict_proba")
    priors = _priors(gate)
    if isinstance(gate.amount, str) and gate.amount == "validate":
        if counts.min() < 2:
            few = listed(problem.classes)[counts.argmin()]
            warn_user(
                f"amount='validate' cannot be validated, since class {few!r} has 1 row: no "
                "synthetic rows are added. Collect more rows, or set a number as amount to "
                "add them regardless.",
            )
            return [Candidate((no_rows(counts),))]
        if not priors:
            warn_user(
                "amount='validate' does not try to grow the smaller classes alone, since "
                f"keep_prior=True cannot be kept: {_NO_PRIOR.format(type(gate.estimator).__name__)}"
                ". Set keep_prior=False to try it, or tune threshold.",
            )
        hedge = gate.hedge and has_probabilities
        recipes = gate_recipes(
            counts,
            whole_set=draws_any_class(problem.augmenter),
            rules=_rules(gate),
            priors=priors[:1] if hedge else priors,
            amounts=["auto"] if hedge else [1.0, "auto"],
        )
        return gate_candidates(recipes, hedge=hedge)
    if not priors:
        warn_user(
            f"keep_prior=True cannot be kept with amount={gate.amount!r:.60}: "
            f"{_NO_PRIOR.format(type(gate.estimator).__name__)}, so its predictions will favour "
            "the grown classes. Set keep_prior=False to accept that, or tune threshold.",
        )
    recipe = fixed_recipe(
        gate.amount, y, problem.classes, _rules(gate)[0], priors[0] if priors else "moved"
    )
    return [Candidate((recipe if recipe.wanted(counts).any() else no_rows(counts),))]


def cannot_keep_prior(gate: Any) -> bool:
    """Whether the class prior is to be kept, and the learner offers no way."""
    return not _priors(gate)


def _priors(gate: Any) -> list[str]:
    """Ways to treat the class prior where the smaller classes grow alone."""
    if not gate.keep_prior:
        return ["moved"]
    takes_weights = weight_parameter(gate.estimator) is not None
    has_probabilities = hasattr(gate.estimator, "predict_proba")
    return ["weighted"] * takes_weights + ["corrected"] * has_probabilities


def _rules(gate: Any) -> list[str]:
    judges = hasattr(gate.estimator, "predict_proba")
    if gate.rows == "auto":
        validates = isinstance(gate.amount, str) and gate.amount == "validate"
        return ["all", "consistent", "border"] if validates and judges else ["all"]
    rules = [gate.rows] if isinstance(gate.rows, str) else list(dict.fromkeys(gate.rows))
    if not rules or not set(rules) <= set(RULES):
        raise ValueError(
            f"rows={gate.rows!r:.100} holds none, or others than {', '.join(RULES)}. Name one "
            "or more of these, or leave rows='auto'."
        )
    if set(rules) != {"all"} and not judges:
        raise ValueError(
            f"rows={gate.rows!r:.100} needs probabilities, and "
            f"{type(gate.estimator).__name__} has no predict_proba. Use rows='all'."
        )
    return rules


def make_splits(
    gate: Any, X: Any, y: np.ndarray, problem: Problem, candidates: list[Candidate], seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Inner folds as (train, test) pairs; none where there is nothing to choose or to tune."""
    counts = problem.counts(y)
    if len(candidates) == 1 and gate.threshold is None:
        return []
    if not isinstance(gate.cv, Integral) and gate.cv is not None:
        return _own_splits(gate.cv, X, y)
    n_folds = min(5 if gate.cv is None else int(gate.cv), int(counts.min()))
    if n_folds < 2:
        raise ValueError(
            f"threshold={gate.threshold!r:.80} cannot be tuned by cv={gate.cv!r}, since the "
            f"smallest class has {counts.min()} row(s). Leave threshold=None, or use cv=2 or "
            "more with at least 2 rows of each class."
        )
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    return list(folds.split(np.zeros(len(y)), y))


def _own_splits(cv: Any, X: Any, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds of a splitter, or ready ones, if they are folds of these rows."""
    try:
        splits = list(check_cv(cv, y, classifier=True).split(X, y))
    except ValueError as error:
        if "groups" not in str(error):
            raise
        raise ValueError(
            f"cv={cv!r:.80} needs groups, which fit does not take. {_BY_COLUMN}"
        ) from error
    if not splits:
        raise ValueError(
            f"cv={cv!r:.80} gives no folds. Pass folds as a list, or a splitter, such as cv=5."
        )
    last = max((int(np.max(part)) for split in splits for part in split if len(part)), default=-1)
    if last >= len(y):
        raise ValueError(
            f"cv has folds with row {last}, and X has {len(y)} rows: ready folds are of "
            f"all rows, not of those that an outer cross-validation leaves. {_BY_COLUMN}"
        )
    return splits
