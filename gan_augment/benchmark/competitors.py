"""The methods that are compared: those that add rows, and those that change the learner.

A method that adds rows is an object with ``fit_resample``; it works once per training fold and all
learners share its rows. A method that changes the learner is a function of a learner that returns
a classifier; it works once per training fold and learner.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import StratifiedKFold, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from gan_augment.augmenter import GANAugmenter
from gan_augment.backends.sdv import SDVBackend
from gan_augment.benchmark.identity import identity
from gan_augment.benchmark.inputs import (
    NotApplicableError,
    Problem,
    unknown_name,
)
from gan_augment.benchmark.interpolation import Adasyn, RandomOver, Smote
from gan_augment.classifier import AugmentedClassifier
from gan_augment.learners import categorical_columns

SDV_METHODS = {
    "sdv_ctgan": "CTGANSynthesizer",
    "sdv_tvae": "TVAESynthesizer",
    "sdv_copulagan": "CopulaGANSynthesizer",
    "sdv_gaussian_copula": "GaussianCopulaSynthesizer",
}
METHODS = (
    *("none", "class_weight", "tuned_threshold", "random_over", "smote", "adasyn"),
    *("gan", "gan_gated", *SDV_METHODS),
)
BASELINE = "none"
_GATE_FOLDS = 3  # of five by default: the comparison's own folds multiply the trainings


@dataclass(frozen=True)
class Method:
    """One competitor.

    Attributes
    ----------
    name : str
        What it is called in the results.
    make_sampler : callable or None
        ``make_sampler(seed)`` gives an object with ``fit_resample``.
    wrap : callable or None
        ``wrap(learner, problem, seed)`` gives an unfitted classifier.
    joint : bool
        Whether `wrap` also takes a folder as `memory`, through which the learners of a fold share
        work.
    identity : str
        Tells this method from another of the same name.
    """

    name: str
    identity: str
    make_sampler: Callable[[int], Any] | None = None
    wrap: Callable[..., Any] | None = None
    joint: bool = False


def default_methods(X: pd.DataFrame) -> list[str]:
    """Names of the methods that make sense for `X` and can be had without an extra."""
    names = ["none", "class_weight", "tuned_threshold", "random_over", "smote"]
    if not categorical_columns(X):
        names.append("adasyn")
    return [*names, "gan", "gan_gated"]


def check_methods(methods: Any, X: pd.DataFrame) -> dict[str, Method]:
    """The competitors by name, the baseline first."""
    if isinstance(methods, str):
        methods = default_methods(X) if methods == "default" else [methods]
    if isinstance(methods, Mapping):
        named = {str(name): entry for name, entry in methods.items()}
    else:
        entries = list(methods) if isinstance(methods, (list, tuple)) else [methods]
        named = {}
        for entry in entries:
            if isinstance(entry, Mapping):
                found = {str(name): method for name, method in entry.items()}
            else:
                found = {entry if isinstance(entry, str) else _name_of(entry): entry}
            twice = found.keys() & named.keys()
            if twice:
                raise ValueError(
                    f"methods has two entries named {min(twice)!r}. Pass a dict of name to method."
                )
            named |= found
    if not named:
        raise ValueError(f"methods is empty. Name at least one of: {', '.join(METHODS)}.")
    if named.get(BASELINE, BASELINE) != BASELINE:
        raise ValueError(
            f"methods[{BASELINE!r}] is the name of the baseline without augmentation. Give your "
            "method another name."
        )
    named = {BASELINE: BASELINE} | named
    return {name: _as_method(name, entry) for name, entry in named.items()}


def _as_method(name: str, entry: Any) -> Method:
    if isinstance(entry, str):
        if entry not in METHODS:
            raise unknown_name("methods", entry, METHODS)
        return _built_in(name, entry)
    if hasattr(entry, "fit_resample") and not isinstance(entry, type):
        _reject_transformers(name, entry)
        return Method(name, identity(entry), make_sampler=partial(_copy_of, entry))
    if callable(entry) and not isinstance(entry, type):
        return Method(name, identity(entry), wrap=partial(_wrap_by_user, entry))
    raise TypeError(
        f"methods[{name!r}] is {entry!r:.100}. Pass a name ({', '.join(METHODS)}), an object with "
        "fit_resample, or a function of a learner that returns a classifier."
    )


def _reject_transformers(name: str, entry: Any) -> None:
    steps = [step for _, step in entry.steps] if isinstance(entry, Pipeline) else []
    changes = [s for s in steps if hasattr(s, "transform") and not hasattr(s, "fit_resample")]
    if changes:
        raise ValueError(
            f"methods[{name!r}] is a Pipeline in which {type(changes[0]).__name__} changes the "
            "rows that learners train on, and not those they are tested on. Pass a function of a "
            "learner that returns the whole Pipeline, such as "
            "lambda learner: make_pipeline(StandardScaler(), SMOTE(), learner)."
        )


def _built_in(name: str, entry: str) -> Method:
    if entry == "none":
        return Method(name, entry)
    wrappers: dict[str, Callable[..., Any]] = {
        "class_weight": _with_class_weight,
        "tuned_threshold": _with_tuned_threshold,
        "gan_gated": _gated,
    }
    if entry in wrappers:
        return Method(name, entry, wrap=wrappers[entry], joint=entry == "gan_gated")
    samplers: dict[str, Callable[[int], Any]] = {
        "random_over": RandomOver,
        "smote": Smote,
        "adasyn": Adasyn,
        "gan": _gan,
    }
    if entry in SDV_METHODS:
        return Method(name, entry, make_sampler=partial(_sdv, SDV_METHODS[entry]))
    return Method(name, entry, make_sampler=samplers[entry])


def _gan(seed: int) -> Any:
    return GANAugmenter(random_state=seed)


def _sdv(synthesizer: str, seed: int) -> Any:
    # One model per class that grows: SDV's models cannot be relied on to give an asked-for class.
    return GANAugmenter(backend=SDVBackend(synthesizer), train_on="minority", random_state=seed)


def _gated(learner: Any, problem: Problem, seed: int, *, memory: str) -> Any:
    positive = problem.positive_label if problem.is_binary else None
    return AugmentedClassifier(
        learner,
        GANAugmenter(),
        cv=_GATE_FOLDS,
        pos_label=positive,
        random_state=seed,
        memory=memory,
    )


def _with_class_weight(learner: Any, problem: Problem, seed: int) -> Any:
    names = [n for n in learner.get_params() if n == "class_weight" or n.endswith("__class_weight")]
    if not names:
        raise NotApplicableError("the learner has no class_weight parameter")
    return learner.set_params(**dict.fromkeys(names, "balanced"))


def _with_tuned_threshold(learner: Any, problem: Problem, seed: int) -> Any:
    if not problem.is_binary:
        raise NotApplicableError("a threshold is tuned for two classes only")
    rarest = int(np.unique(problem.y, return_counts=True)[1].min())
    if rarest < 2:
        raise ValueError("tuning a threshold needs 2 rows of each class in the training fold")
    return TunedThresholdClassifierCV(
        learner,
        scoring=make_scorer(f1_score, pos_label=problem.positive_label, zero_division=0),
        cv=StratifiedKFold(min(5, rarest), shuffle=True, random_state=seed),
    )


def _wrap_by_user(wrap: Callable[[Any], Any], learner: Any, problem: Problem, seed: int) -> Any:
    return with_seed(wrap(learner), seed)


def with_seed(estimator: Any, seed: int) -> Any:
    """`estimator` with every ``random_state`` of it and its parts set to `seed`."""
    if hasattr(estimator, "get_params"):
        names = [
            name
            for name in estimator.get_params(deep=True)
            if name == "random_state" or name.endswith("__random_state")
        ]
        estimator.set_params(**dict.fromkeys(names, seed))
    return estimator


def _copy_of(sampler: Any, seed: int) -> Any:
    try:
        fresh = clone(sampler)
    except TypeError:
        fresh = copy.deepcopy(sampler)
    return with_seed(fresh, seed)


def _name_of(entry: Any) -> str:
    name = getattr(entry, "__name__", None) or type(entry).__name__
    return str(name)
