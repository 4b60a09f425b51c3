"""SDV's synthesizers as a backend: the same promises, or a clear word on how to get them."""

import importlib.util
import sys
import time
from collections import Counter

import numpy as np
import pytest
import torch
from pandas.testing import assert_frame_equal
from sklearn.base import clone

from gan_augment import GANAugmenter, SDVBackend

needs_sdv = pytest.mark.skipif(
    importlib.util.find_spec("sdv") is None, reason="needs the sdv extra"
)


def test_missing_extra_names_the_install_line_and_the_licence(monkeypatch, mixed):
    monkeypatch.setitem(sys.modules, "sdv", None)
    with pytest.raises(ImportError, match=r'pip install "gan-augment\[sdv\]".*BUSL-1\.1'):
        GANAugmenter(backend=SDVBackend()).fit_resample(*mixed)


def test_parameters_of_the_synthesizer_are_parameters_of_the_backend():
    augmenter = GANAugmenter(backend=SDVBackend("CTGANSynthesizer", epochs=2))
    augmenter.set_params(backend__epochs=3, backend__synthesizer="TVAESynthesizer")
    copy = clone(augmenter).backend
    assert copy.get_params() == {
        "synthesizer": "TVAESynthesizer",
        "metadata": None,
        "epochs": 3,
    }


@needs_sdv
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["GaussianCopulaSynthesizer", "CTGANSynthesizer"])
def test_rows_of_every_class_in_the_users_dtypes(mixed, name):
    X, y = mixed
    options = {"epochs": 1} if name == "CTGANSynthesizer" else {}
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    augmenter = GANAugmenter(backend=SDVBackend(name, **options), random_state=0)
    X_new, y_new = augmenter.fit_resample(X, y)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert_frame_equal(X_new.iloc[: len(X)], X)
    assert (X_new.dtypes == X.dtypes).all()
    assert Counter(y_new) == {"barolo": 71, "grignolino": 71, "barbera": 71}
    assert set(augmenter.sample(50, y="barolo")["grade"].dropna()) <= set(X["grade"].dropna())


class Counting:
    """Stands for a synthesizer that takes a while per epoch."""

    asked: list[int] = []

    def __init__(self, metadata, epochs=300):
        self.epochs = epochs

    def fit(self, rows):
        self.asked.append(self.epochs)
        time.sleep(0.02 * self.epochs)


def test_max_time_lowers_the_epochs(monkeypatch, cancer):
    monkeypatch.setattr("gan_augment.backends.sdv._synthesizer_class", lambda name: Counting)
    monkeypatch.setattr("gan_augment.backends.sdv._takes_tables", lambda: False)
    monkeypatch.setattr(Counting, "asked", [])
    backend = SDVBackend(metadata="told")
    GANAugmenter(backend=backend, max_time=0.8, random_state=0).fit(*cancer)
    assert Counting.asked[:3] == [1, 1, 4]  # trials
    assert max(Counting.asked) < 300
    few = GANAugmenter(backend=SDVBackend(metadata="told", epochs=2), max_time=60)
    few.fit(*cancer)
    assert Counting.asked[-1] == 2


@needs_sdv
def test_unknown_synthesizer(mixed):
    with pytest.raises(ValueError, match=r"synthesizer='GPT'.*CTGANSynthesizer"):
        GANAugmenter(backend=SDVBackend("GPT")).fit_resample(*mixed)


def test_saving_is_refused_with_the_reason(monkeypatch, cancer, tmp_path):
    class Borrowed(SDVBackend):
        """Trained by nobody: what is refused is refused whatever SDV made."""

        def fit(self, data, labels, *, n_classes, resources):
            self.history_, self.n_steps_, self.device_ = [], 0, "cpu"
            return self

    monkeypatch.setattr("gan_augment.backends.sdv._synthesizer_class", lambda name: None)
    augmenter = GANAugmenter(backend=Borrowed()).fit(*cancer)
    with pytest.raises(TypeError, match=r"SDVBackend.*cannot be saved.*pickle or joblib"):
        augmenter.save(tmp_path / "model")
