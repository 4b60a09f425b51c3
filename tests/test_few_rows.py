"""What a small class gets when the GAN cannot be trusted with it."""

import warnings

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

from gan_augment import AugmentedClassifier, FewRowsWarning, GANAugmenter, TabularGAN


@pytest.fixture
def scarce(cancer):
    """Breast cancer with 20 of the malignant rows left."""
    X, y = cancer
    malignant = np.flatnonzero(y == 0)
    kept = np.sort(np.r_[malignant[:20], np.flatnonzero(y == 1)])
    return X.iloc[kept].reset_index(drop=True), y.iloc[kept].reset_index(drop=True)


def untrained(**parameters):
    return GANAugmenter(backend=TabularGAN(**parameters), max_steps=1, random_state=0)


def test_rows_lie_between_real_ones_and_it_says_so(scarce):
    X, y = scarce
    augmenter = untrained()
    with pytest.warns(FewRowsWarning, match="Class 0 has 20 rows.*interpolated"):
        augmenter.fit(X, y)
    rows, real = augmenter.sample(200, y=0), X[y == 0]
    # Tied values are spread over the way to their neighbours.
    margin = 0.02 * (X.max() - X.min())
    assert (rows.min() >= real.min() - margin).all()
    assert (rows.max() <= real.max() + margin).all()
    # What the columns share survives, so neighbours were joined, not any two rows.
    assert rows["mean radius"].corr(rows["mean perimeter"]) > 0.95
    copies = rows.round(6).merge(real.round(6), how="inner")
    assert len(copies) == 0


def test_warnings_point_at_the_line_of_the_user(scarce):
    X, y = scarce
    X, y = X.iloc[15:60, :4], y.iloc[15:60]  # 5 malignant rows
    tree = DecisionTreeClassifier()
    for call in (
        lambda: untrained().fit(X, y),
        lambda: untrained().fit_resample(X, y),
        lambda: cross_val_score(make_pipeline(untrained(), tree), X, y, cv=2),
        lambda: AugmentedClassifier(tree, untrained(), amount=1.0, keep_prior=True).fit(X, y),
    ):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            call()
        told = [warning for warning in told if "rows" in str(warning.message)]
        assert told
        assert {(w.filename, w.lineno) for w in told} == {(__file__, call.__code__.co_firstlineno)}


def test_same_seed_same_rows(scarce):
    X, y = scarce
    first, second = (untrained().fit(X, y).sample(50, y=0) for _ in range(2))
    assert first.equals(second)


def test_missing_values_and_levels_come_from_a_parent(mixed):
    X, y = mixed
    few = np.flatnonzero(y == "barolo")[:12]
    kept = np.r_[few, np.flatnonzero(y != "barolo")]
    X, y = X.iloc[kept].reset_index(drop=True), y.iloc[kept].reset_index(drop=True)
    augmenter = untrained().fit(X, y)
    assert list(augmenter.backend_.doubts_) == [1]
    rows, real = augmenter.sample(300, y="barolo"), X[y == "barolo"]
    assert (rows.dtypes == X.dtypes).all()
    assert set(rows["strength"].dropna()) <= set(real["strength"].dropna())
    share = real["alcohol"].isna().mean()
    assert rows["alcohol"].isna().mean() == pytest.approx(share, abs=0.15)


def test_the_gan_keeps_the_class_where_it_is_told_to(scarce):
    X, y = scarce
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        augmenter = untrained(interpolate_below=0).fit(X, y)
    assert augmenter.backend_.doubts_ == {}


def test_a_class_that_the_gan_learned_is_left_to_it(scarce):
    X, y = scarce
    augmenter = GANAugmenter(max_steps=300, early_stopping=False, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert augmenter.fit(X, y).backend_.doubts_ == {}


def test_many_classes_are_warned_of_once_and_where_they_are_given():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=300)})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GANAugmenter(max_steps=2, random_state=0).fit(X, rng.integers(0, 250, 300))
    assert {warning.filename for warning in caught} == {__file__}
    told = [str(warning.message) for warning in caught]
    assert any("y holds 173 different numbers in 300 rows" in text for text in told)
    assert sum("a classifier finds" in text for text in told) == 1
    assert any("The same holds of " in text for text in told)
