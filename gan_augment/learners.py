"""Classifiers that read frames of mixed types with missing values.

They take one core, and nothing from outside the rows that they are fitted on: a level or a missing
value that only other rows have is handled, not foreseen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from gan_augment.columns import is_numeric

LEARNERS = ("logistic_regression", "random_forest", "hist_gradient_boosting")

_MOST_LEVELS = 250  # histogram gradient boosting takes 255; rarer levels become one


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


def categorical_columns(X: pd.DataFrame) -> list[str]:
    """Names of the columns that hold levels."""
    return [name for name in X.columns if not is_numeric(X[name])]


def numeric_columns(X: pd.DataFrame) -> list[str]:
    """Names of the columns that hold numbers."""
    return [name for name in X.columns if is_numeric(X[name])]


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
