"""Fitting, sampling and resampling as a user sees them."""

import pickle
import subprocess
import sys
from collections import Counter

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from gan_augment import FewRowsWarning, GANAugmenter, TabularGAN, load
from gan_augment.frames import FrameBorder
from gan_augment.training.players import Players


def test_asked_for_class_is_the_class_you_get(cancer):
    X, y = cancer
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    augmenter = GANAugmenter(max_steps=400, random_state=0).fit(X_train, y_train)
    judge = HistGradientBoostingClassifier(random_state=0).fit(X_test, y_test)
    for label in (0, 1):
        synthetic = judge.predict_proba(augmenter.sample(500, y=label))[:, label].mean()
        real = judge.predict_proba(X_train[y_train == label])[:, label].mean()
        assert abs(synthetic - real) < 0.1


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("auto", {"barolo": 71, "grignolino": 71, "barbera": 71}),
        ("minority", {"barolo": 59, "grignolino": 71, "barbera": 71}),
        ("not minority", {"barolo": 71, "grignolino": 71, "barbera": 48}),
        ({"barolo": 60}, {"barolo": 60, "grignolino": 71, "barbera": 48}),
        (lambda y: {"barbera": 50}, {"barolo": 59, "grignolino": 71, "barbera": 50}),
    ],
)
@pytest.mark.parametrize("train_on", ["all", "minority"])
def test_sampling_strategy_gives_the_asked_counts(quick, mixed, strategy, expected, train_on):
    X, y = mixed
    _, y_new = quick(sampling_strategy=strategy, train_on=train_on).fit_resample(X, y)
    assert Counter(y_new) == expected


def test_sampling_strategy_as_a_ratio(quick, cancer):
    X, y = cancer
    _, y_new = quick(sampling_strategy=0.8).fit_resample(X, y)
    assert Counter(y_new) == {1: 357, 0: 285}


def test_balanced_classes_need_no_rows(quick, cancer):
    X, y = cancer
    X, y = X[:200], np.tile([0, 1], 100)
    augmenter = quick()
    X_new, y_new = augmenter.fit_resample(X, y)
    assert_frame_equal(X_new, X)
    assert_array_equal(y_new, y)
    assert len(augmenter.sample(10)) == 10


def test_sample_by_label_by_labels_and_by_strategy(quick, mixed):
    X, y = mixed
    augmenter = quick().fit(X, y)
    assert len(augmenter.sample()) == (71 - 59) + (71 - 48)
    _, drawn = augmenter.sample(350, return_y=True)
    assert Counter(drawn) == {"barolo": 120, "barbera": 230}
    asked = ["barolo", "grignolino", "barolo"]
    rows, drawn = augmenter.sample(y=asked, return_y=True)
    assert len(rows) == 3
    assert drawn.tolist() == asked


def test_without_y_the_target_is_a_column_like_any_other(quick, mixed):
    X, y = mixed
    frame = X.assign(cultivar=y)
    drawn = quick().fit(frame).sample(50)
    assert drawn.columns.tolist() == frame.columns.tolist()
    assert set(drawn["cultivar"]) <= set(y)


def test_batches_stream_and_depend_on_seed_alone(quick, mixed):
    X, y = mixed
    augmenter = quick().fit(X, y)
    batches = list(augmenter.sample_batches(25, 10, seed=3))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    again = list(augmenter.sample_batches(25, 10, seed=3))
    other = list(augmenter.sample_batches(25, 10, seed=4))
    assert_frame_equal(pd.concat(batches), pd.concat(again))
    assert not pd.concat(batches).equals(pd.concat(other))
    assert len(next(augmenter.sample_batches(5, y="barolo"))) == 5


def test_same_random_state_same_rows(quick, mixed):
    X, y = mixed
    first, second = quick().fit(X, y), quick().fit(X, y)
    assert_frame_equal(first.sample(20), second.sample(20))
    assert_frame_equal(first.sample(20), first.sample(20))
    assert not first.sample(20).equals(quick(random_state=1).fit(X, y).sample(20))
    generator = quick(random_state=np.random.RandomState(0)).fit(X, y)
    assert not generator.sample(20).equals(generator.sample(20))


def test_same_random_state_same_rows_in_another_process(cancer):
    program = (
        "from sklearn.datasets import load_breast_cancer\n"
        "from gan_augment import GANAugmenter\n"
        "X, y = load_breast_cancer(return_X_y=True)\n"
        "augmenter = GANAugmenter(max_steps=20, random_state=0, device='cpu')\n"
        "print(augmenter.fit(X, y).sample(50).tobytes().hex())"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    X, y = cancer[0].to_numpy(), cancer[1].to_numpy()
    here = GANAugmenter(max_steps=20, random_state=0, device="cpu").fit(X, y).sample(50)
    assert here.shape == (50, 30)
    assert there.decode().strip() == here.tobytes().hex()


def test_no_global_state_is_touched(quick, mixed):
    X, y = mixed
    before = (torch.get_rng_state(), torch.get_num_threads(), np.random.get_state()[1].copy())  # noqa: NPY002
    augmenter = quick(random_state=None)
    augmenter.fit_resample(X, y)
    augmenter.sample(10)
    list(augmenter.sample_batches(10, 5))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.get_num_threads() == before[1]
    assert_array_equal(np.random.get_state()[1], before[2])  # noqa: NPY002
    assert not torch.are_deterministic_algorithms_enabled()


def test_pickled_model_draws_the_same_rows(quick, mixed):
    X, y = mixed
    augmenter = quick().fit(X, y)
    copy = pickle.loads(pickle.dumps(augmenter))
    assert_frame_equal(copy.sample(20), augmenter.sample(20))
    assert b"torch" not in pickle.dumps(augmenter)


def test_two_workers_give_the_rows_of_one(quick, cancer):
    X, y = cancer

    def rows(seed):
        return quick(random_state=seed).fit(X, y).sample(20)

    alone = [rows(seed) for seed in range(2)]
    fits = joblib.Parallel(n_jobs=2)(
        joblib.delayed(clone(quick(random_state=seed)).fit)(X, y) for seed in range(2)
    )
    for frame, fitted in zip(alone, fits, strict=True):
        # Workers have fewer threads, which changes the last bits of matrix products.
        np.testing.assert_allclose(fitted.sample(20), frame, rtol=0.5)


def test_few_rows_of_a_class_are_warned_of_and_work(quick, cancer):
    X, y = cancer
    keep = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:1]]
    augmenter = quick()
    with pytest.warns(FewRowsWarning, match=r"few rows.*\{0: 1\}"):
        _, y_new = augmenter.fit_resample(X.iloc[keep], y.iloc[keep])
    assert Counter(y_new) == {0: 357, 1: 357}


def test_backend_parameters_are_nested(quick):
    augmenter = GANAugmenter(backend=TabularGAN()).set_params(backend__batch_size=64)
    assert augmenter.get_params()["backend__batch_size"] == 64
    assert clone(augmenter).backend.batch_size == 64


def test_refit_forgets_the_target(quick, cancer):
    X, y = cancer
    augmenter = quick().fit(X, y).fit(X)
    assert not hasattr(augmenter, "classes_")
    assert not hasattr(augmenter, "sampling_strategy_")
    assert len(augmenter.sample()) == len(X)


def test_a_failed_refit_leaves_the_old_model_whole(quick, cancer, tmp_path, monkeypatch):
    X, y = cancer
    augmenter = quick(train_on="minority").fit(X, y)
    rows = augmenter.sample(20)

    def stops(*_):
        raise OSError("power is out")

    monkeypatch.setattr(Players, "step", stops)
    other, few = X.iloc[:, :4].rename(columns="other {}".format), np.r_[0, np.ones(len(X) - 1)]
    for X_new in (other, other.to_numpy()):
        for error, match, labels in ((ValueError, "leaves 1 row", few), (OSError, "power", y)):
            with pytest.raises(error, match=match):
                augmenter.fit(X_new, labels)
            assert augmenter.n_features_in_ == 30
            assert augmenter.feature_names_in_.tolist() == X.columns.tolist()
            assert augmenter.classes_.tolist() == [0, 1]
            assert_frame_equal(augmenter.sample(20), rows)
    with pytest.raises(ValueError, match="other columns"):
        augmenter.fit_resample(other, y)
    augmenter.save(tmp_path / "model")
    assert_frame_equal(load(tmp_path / "model").sample(20), rows)


class Means:
    """A backend of one's own that is no estimator of scikit-learn."""

    def border(self, X, *, categorical_features, image_shape):
        return FrameBorder(categorical_features)

    def fit(self, data, labels, *, n_classes, resources):
        self.mean = data.values.mean(axis=0)
        self.history_, self.n_steps_, self.device_ = [], 1, "cpu"
        return self

    def sample(self, labels, seed):
        return np.tile(self.mean, (len(labels), 1))


def test_augmenters_may_share_a_backend_that_is_no_estimator():
    backend, X = Means(), np.arange(63.0).reshape(21, 3)
    one, other = (GANAugmenter(backend=backend).fit(rows) for rows in (X, X + 100))
    assert_array_equal(one.sample(2)[0], X.mean(axis=0))
    assert_array_equal(other.sample(2)[0], X.mean(axis=0) + 100)
    assert not hasattr(backend, "mean")


def test_a_backend_without_parameters_is_refused_where_a_checkpoint_is_wanted(tmp_path):
    augmenter = GANAugmenter(backend=Means(), checkpoint=tmp_path / "run")
    with pytest.raises(TypeError, match=r"backend=.*Means.* get_params.*checkpoint=None"):
        augmenter.fit(np.eye(4))
    assert not (tmp_path / "run").exists()
