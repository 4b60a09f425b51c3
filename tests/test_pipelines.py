"""As a step of a Pipeline, in searches and in cross-validation."""

import numpy as np
import pytest
from imblearn.pipeline import make_pipeline
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline as make_plain_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def test_cross_validation_of_an_imblearn_pipeline(quick, cancer):
    X, y = cancer
    pipeline = make_pipeline(StandardScaler(), quick(), LogisticRegression())
    scores = cross_validate(pipeline, X, y, cv=3, scoring=["accuracy", "f1"], n_jobs=2)
    assert scores["test_f1"].min() > 0.9


def test_grid_search_over_backend_parameters(quick, cancer):
    X, y = cancer
    pipeline = make_pipeline(quick(), StandardScaler(), LogisticRegression())
    grid = {
        "ganaugmenter__backend__loss": ["hinge", "relativistic"],
        "ganaugmenter__sampling_strategy": ["auto", 0.8],
    }
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["ganaugmenter__backend__loss"] in grid["ganaugmenter__backend__loss"]


def test_frames_reach_the_steps_after_it(quick, mixed):
    X, y = mixed
    X = X.dropna().drop(columns=["bottled", "aged"])
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["strength", "note", "grade"]),
        (StandardScaler(), ["alcohol", "hue", "magnesium"]),
    )
    pipeline = make_pipeline(quick(), encode, LogisticRegression())
    pipeline.fit(X, y[X.index])
    assert pipeline.score(X, y[X.index]) > 0.8


def test_last_step_of_a_plain_pipeline_when_wrapped(quick, cancer):
    X, y = cancer
    inner = make_pipeline(quick(), LogisticRegression())
    assert make_plain_pipeline(StandardScaler(), inner).fit(X, y).score(X, y) > 0.9


def test_middle_step_of_a_plain_pipeline_is_refused(quick, cancer):
    X, y = cancer
    pipeline = make_plain_pipeline(quick(), LogisticRegression())
    with pytest.raises(TypeError, match="GANAugmenter"):
        pipeline.fit(X, y)


def test_prediction_leaves_the_rows_alone(quick, cancer):
    X, y = cancer
    pipeline = make_pipeline(StandardScaler(), quick(), LogisticRegression()).fit(X, y)
    assert pipeline.predict(X).shape == y.shape
    assert np.isfinite(pipeline.decision_function(X)).all()
