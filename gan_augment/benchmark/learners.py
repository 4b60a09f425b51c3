"""The learners whose scores say whether augmentation helped.

Each takes a frame of mixed types with missing values, one core, and nothing from outside the
training fold: a level or a missing value that only the test fold has is handled, not foreseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from gan_augment.benchmark.inputs import categorical_columns, numeric_columns, unknown_name

LEARNERS = ("logistic_regression", "random_forest", "hist_gradient_boosting")

_MOST_LEVELS = 250  # histogram gradient boosting takes 255; rarer levels become one


def check_learners(learners: Any, X: pd.DataFrame) -> dict[str, Any]:
    """Unfitted learners by name."""
    if isinstance(learners, str):
        learners = LEARNERS if learners == "default" else [learners]
    if isinstance(learners, Mapping):
        named = {str(name): learner for name, learner in learners.items()}
    else:
        entries = list(learners) if isinstance(learners, (list, tuple)) else [learners]
        named = {e if isinstance(e, str) else type(e).__name__: e for e in entries}
        if len(named) != len(entries):
            raise ValueError(
                "learners has two entries of the same name. Pass a dict of name to learner."
            )
    if not named:
        raise ValueError(f"learners is empty. Name at least one of: {', '.join(LEARNERS)}.")
    return {name: _build(learner, X) for name, learner in named.items()}


def _build(learner: Any, X: pd.DataFrame) -> Any:
    if isinstance(learner, str):
        if learner not in LEARNERS:
            raise unknown_name("learners", learner, LEARNERS)
        return make_learner(learner, X)
    if not (hasattr(learner, "fit") and hasattr(learner, "predict") and is_classifier(learner)):
        raise TypeError(
            f"learners holds {learner!r:.100}, which is not a classifier. Pass names "
            f"({', '.join(LEARNERS)}) or classifiers with fit and predict."
        )
    return clone(learner)


def make_learner(name: str, X: pd.DataFrame) -> Pipeline:
    """A pipeline that reads the columns that `X` has."""
    numeric, categorical = numeric_columns(X), categorical_columns(X)
    if name == "logistic_regression":
        fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
        one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=_MOST_LEVELS)
        return Pipeline(
            [
                ("columns", _columns(one_hot, categorical, _scaled(fill), numeric)),
                ("classifier", LogisticRegression(max_iter=1000)),
            ]
        )
    if name == "random_forest":
        fill = SimpleImputer(strategy="median", keep_empty_features=True)
        return Pipeline(
            [
                ("columns", _columns(_ordinal(-1, -2), categorical, fill, numeric)),
                ("classifier", RandomForestClassifier()),
            ]
        )
    codes = _ordinal(np.nan, np.nan)
    native = list(range(len(categorical))) or None
    return Pipeline(
        [
            ("columns", _columns(codes, categorical, "passthrough", partial(_seen, numeric))),
            ("classifier", HistGradientBoostingClassifier(categorical_features=native)),
        ]
    )


def _columns(
    on_levels: Any,
    categorical: list[str],
    on_numbers: Any,
    numeric: list[str] | Callable[[pd.DataFrame], list[str]],
) -> ColumnTransformer:
    steps = [("levels", on_levels, categorical), ("numbers", on_numbers, numeric)]
    return ColumnTransformer(
        [step for step in steps if step[2]], verbose_feature_names_out=False, sparse_threshold=0.3
    )


def _seen(names: list[str], X: pd.DataFrame) -> list[str]:
    """Those with a value in the training fold: without one, histograms have no edges."""
    return [name for name in names if X[name].notna().any()]


def _scaled(imputer: SimpleImputer) -> Pipeline:
    return make_pipeline(imputer, StandardScaler())


def _ordinal(unknown: float, missing: float) -> OrdinalEncoder:
    return OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=unknown,
        encoded_missing_value=missing,
        max_categories=_MOST_LEVELS,
    )
