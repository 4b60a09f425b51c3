"""Columns that follow from another one keep doing so in synthetic rows."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from gan_augment import GANAugmenter, load


@pytest.fixture
def frame():
    X, y = load_wine(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(0)
    city = pd.Series(rng.choice(["Bonn", "Lyon", "Graz", "Bern"], len(X)))
    X = X[["alcohol", "hue"]].assign(
        city=city,
        country=city.map({"Bonn": "DE", "Lyon": "FR", "Graz": "AT", "Bern": "CH"}),
        prefix=city.map({"Bonn": 49.0, "Lyon": 33.0, "Graz": 43.0, "Bern": np.nan}),
        free=rng.choice(["a", "b"], len(X)),
    )
    return X, y


def test_a_function_of_a_column_is_kept_exactly(frame):
    X, y = frame
    known = {(a, b, str(c)) for a, b, c in X[["city", "country", "prefix"]].itertuples(index=False)}

    drawn = GANAugmenter(max_steps=30, random_state=0).fit(X, y).sample(200)

    rows = drawn[["city", "country", "prefix"]].itertuples(index=False)
    assert {(a, b, str(c)) for a, b, c in rows} <= known
    assert drawn["city"].nunique() > 1
    assert len(set(zip(drawn["city"], drawn["free"], strict=True))) > drawn["city"].nunique()


def test_one_exception_and_the_relation_is_not_imposed(frame):
    X, y = frame
    X.loc[0, "country"] = "DE" if X.loc[0, "country"] != "DE" else "FR"
    encoder = GANAugmenter(max_steps=30, random_state=0).fit(X, y).backend_.encoder_

    assert len(encoder.sizes) == 3  # city, country, free
    assert encoder.n_scores == 2  # alcohol and hue: the prefix still follows from the city


def test_agreement_by_chance_is_no_relation():
    X = load_wine(as_frame=True).data[["alcohol"]]
    rng = np.random.default_rng(0)
    rare = np.zeros(len(X), dtype=bool)
    rare[0] = True  # one row, alone in its level
    level = np.where(rare, "other", rng.choice(["a", "b"], len(X)))
    fitted = GANAugmenter(max_steps=30, random_state=0).fit(X.assign(level=level, rare=rare))

    assert len(fitted.backend_.encoder_.sizes) == 2


def test_identifiers_determine_nothing():
    X = load_wine(as_frame=True).data[["alcohol"]]
    X["id"] = [f"row {i}" for i in range(len(X))]
    X["flag"] = np.arange(len(X)) % 2 == 0
    encoder = GANAugmenter(max_steps=30, random_state=0).fit(X).backend_.encoder_

    assert encoder.n_scores == 1
    assert len(encoder.sizes) == 2


def test_saved_and_loaded(frame, tmp_path):
    X, y = frame
    augmenter = GANAugmenter(max_steps=30, random_state=0).fit(X, y)
    augmenter.save(tmp_path / "model")

    loaded = load(tmp_path / "model")

    pd.testing.assert_frame_equal(loaded.sample(50), augmenter.sample(50))


@pytest.mark.parametrize("kind", ["numbers", "booleans", "scaled"])
def test_one_hot_columns_stay_one_hot(frame, kind, tmp_path):
    X, y = frame
    dummies = pd.get_dummies(X[["hue", "city", "free"]], dtype=bool if kind == "booleans" else int)
    if kind == "scaled":
        dummies = StandardScaler().set_output(transform="pandas").fit_transform(dummies)
    augmenter = GANAugmenter(max_steps=30, random_state=0).fit(dummies, y)
    augmenter.save(tmp_path / "model")
    for model in (augmenter, load(tmp_path / "model")):
        drawn = model.sample(300)
        assert list(drawn) == list(dummies)
        assert (drawn.dtypes == dummies.dtypes).all()
        for group in (dummies.columns[1:5], dummies.columns[5:]):
            assert ((drawn[group] > 0).sum(axis=1) == 1).all()
            assert (drawn[group] > 0).any().all()


@pytest.mark.parametrize("kind", ["numbers", "booleans", "scaled"])
def test_one_hot_columns_without_the_first_stay_exclusive(frame, kind, tmp_path):
    X, y = frame
    dummies = pd.get_dummies(
        X[["hue", "city", "free"]], drop_first=True, dtype=bool if kind == "booleans" else int
    )
    assert (dummies.iloc[:, 1:4].sum(axis=1) == 0).any()
    if kind == "scaled":
        dummies = StandardScaler().set_output(transform="pandas").fit_transform(dummies)
    augmenter = GANAugmenter(max_steps=30, random_state=0).fit(dummies, y)
    augmenter.save(tmp_path / "model")
    for model in (augmenter, load(tmp_path / "model")):
        drawn = model.sample(300)
        assert (drawn.dtypes == dummies.dtypes).all()
        n_high = (drawn[dummies.columns[1:4]] > 0).sum(axis=1)
        assert set(n_high) == {0, 1}
        assert (drawn[dummies.columns[1:4]] > 0).any().all()


def test_flags_that_merely_exclude_each_other_are_no_code(frame):
    X, y = frame
    encoder = GANAugmenter(max_steps=1).fit(rare_flags(X), y).backend_.encoder_
    assert encoder.n_scores == 4
    dummies = pd.get_dummies(X[["hue", "city"]], dtype=int)
    dummies.iloc[0, 1:] = 0
    encoder = GANAugmenter(max_steps=1).fit(dummies, y).backend_.encoder_
    assert (encoder.n_scores, encoder.sizes) == (1, (5,))
    dummies.iloc[0, 1:] = 1
    encoder = GANAugmenter(max_steps=1).fit(dummies, y).backend_.encoder_
    assert (encoder.n_scores, encoder.sizes) == (5, ())
    between = dummies.iloc[1:, [1, 0, 2, 3, 4]]
    encoder = GANAugmenter(max_steps=1).fit(between, y[1:]).backend_.encoder_
    assert (encoder.n_scores, encoder.sizes) == (1, (4,))


def rare_flags(X):
    """Three flags of a twentieth of the rows, which chance keeps apart as often as not."""
    flags = X[["hue"]].copy()
    for i in range(3):
        flags[f"flag {i}"] = (np.arange(len(X)) % 20 == 5 * i).astype(int)
    return flags


def test_a_level_that_no_row_of_the_minority_has_is_not_drawn(frame):
    X, y = frame
    dummies = pd.get_dummies(X[["hue", "city"]], dtype=bool)
    y = np.where((y == 2) & ~dummies["city_Bonn"], "rare", "common")
    augmenter = GANAugmenter(max_steps=20, train_on="minority", random_state=0)
    drawn = augmenter.fit(dummies, y).sample(300, y="rare")
    assert (drawn.iloc[:, 1:].sum(axis=1) == 1).all()
    assert not drawn["city_Bonn"].any()


def test_encoders_are_pickled_as_their_codes(frame):
    encoder = GANAugmenter(max_steps=1).fit(*frame).backend_.encoder_
    again = pickle.loads(pickle.dumps(encoder))
    assert list(encoder.__getstate__()) == ["codes"]
    assert (again.sizes, again.n_columns) == (encoder.sizes, encoder.n_columns)
