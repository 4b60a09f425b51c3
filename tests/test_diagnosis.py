"""Trainings that went wrong without an error are noticed, named, and answered with a remedy."""

import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer

import gan_augment
from gan_augment import FewRowsWarning, GANAugmenter, TabularGAN
from gan_augment.diagnosis import diagnose
from gan_augment.training.players import Players


@pytest.fixture(scope="module")
def wine_like():
    """Two classes apart, a frequent level, and numbers."""
    rng = np.random.default_rng(0)
    y = np.repeat(["good", "bad"], [300, 200])
    X = pd.DataFrame(rng.normal(size=(500, 4)) + 2.5 * (y == "bad")[:, None], columns=[*"abcd"])
    return X.assign(kind=rng.choice(["red", "white", "rosé"], 500, p=[0.5, 0.3, 0.2])), y


def augmenter_of(max_steps=100, early_stopping=False, **options):
    backend = TabularGAN(generator_width=32, discriminator_width=32, **options)
    return GANAugmenter(
        backend=backend,
        max_steps=max_steps,
        early_stopping=early_stopping,
        random_state=0,
        device="cpu",
    )


def draws(monkeypatch, change):
    """Let the generator's rows come out changed."""
    original = TabularGAN._draw

    def changed(self, generator, labels, seed):
        return change(original(self, generator, labels, seed), labels)

    monkeypatch.setattr(TabularGAN, "_draw", changed)


def test_good_training_is_called_good(wine_like):
    augmenter = augmenter_of(400, early_stopping=True).fit(*wine_like)
    diagnosis = augmenter.diagnose()
    assert diagnosis.verdict == "good"
    assert augmenter.backend_.faults_ == []
    assert f"step {augmenter.backend_.best_step_} is kept" in str(diagnosis)
    assert "AUC of 0." in repr(diagnosis)


def test_collapse_to_few_rows_is_named(wine_like, monkeypatch):
    draws(monkeypatch, lambda values, labels: values[np.arange(len(values)) % 5])
    with pytest.warns(UserWarning, match=r"generator collapsed.*larger gamma") as warned:
        augmenter = augmenter_of().fit(*wine_like)
    assert augmenter.diagnose().verdict == "poor"
    assert str(warned[0].message) in augmenter.diagnose().sentences


def test_level_that_is_never_drawn_is_named(wine_like, monkeypatch):
    def without_white(values, labels):
        values[:, 4] = np.where(values[:, 4] == 1, 0, values[:, 4])
        return values

    draws(monkeypatch, without_white)
    level = wine_like[0]["kind"].drop_duplicates().iloc[1]
    share = (wine_like[0]["kind"] == level).mean()
    with pytest.warns(UserWarning, match=rf"1 of 5 columns.*'kind' \({share:.0%}\).*max_steps"):
        augmenter_of().fit(*wine_like)


@pytest.mark.filterwarnings("ignore:Frequent values:UserWarning")
def test_class_that_is_not_itself_is_named(wine_like, tmp_path, monkeypatch):
    def always_good(values, labels):
        good = values[labels == labels.max()]
        return good[np.arange(len(values)) % len(good)]

    draws(monkeypatch, always_good)
    with pytest.warns(UserWarning, match=r"Class 'bad' is lost.*class_balance"):
        augmenter = augmenter_of().fit(*wine_like)
    augmenter.save(tmp_path / "model")
    for copy in (gan_augment.load(tmp_path / "model"), pickle.loads(pickle.dumps(augmenter))):
        assert "Class 'bad' is lost" in str(copy.diagnose())


def test_discriminator_that_wins_is_named(wine_like, monkeypatch):
    original = Players.step

    def won(self, source, index):
        losses = original(self, source, index)
        return {**losses, "discriminator_loss": torch.tensor(0.001)}

    monkeypatch.setattr(Players, "step", won)
    with pytest.warns(UserWarning, match=r"discriminator won outright.*larger gamma"):
        augmenter = augmenter_of().fit(*wine_like)
    assert "won outright" in str(augmenter.diagnose())


def spoil_gradients_at(monkeypatch, steps):
    original = Players._generator_step

    def spoiled(self, *arguments):
        self.n_steps = getattr(self, "n_steps", -1) + 1
        if self.n_steps in steps:
            for weight in self.generator.parameters():
                weight.register_hook(lambda gradient: gradient * torch.nan)
            loss = original(self, *arguments)
            for weight in self.generator.parameters():
                weight._backward_hooks.clear()
            return loss
        return original(self, *arguments)

    monkeypatch.setattr(Players, "_generator_step", spoiled)


@pytest.mark.parametrize("early_stopping", [True, False])
def test_gradients_that_are_no_numbers_are_undone_and_told(wine_like, monkeypatch, early_stopping):
    spoil_gradients_at(monkeypatch, {65})
    with pytest.warns(RuntimeWarning, match=r"no longer finite at step 70 of 100.*half the learn"):
        augmenter = augmenter_of(early_stopping=early_stopping).fit(*wine_like)
    assert np.isfinite(augmenter.sample(50).iloc[:, :4]).all(axis=None)
    assert "set back 1 times" in str(augmenter.diagnose())
    assert [r["step"] for r in augmenter.history_ if "undone" in r] == [70]


def test_short_training_is_called_short(wine_like):
    diagnosis = augmenter_of(12).fit(*wine_like).diagnose()
    assert diagnosis.verdict == "check"
    assert "12 steps teach little" in str(diagnosis)


def test_doubts_about_a_small_class_are_told():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    keep = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:12]]
    augmenter = augmenter_of(20)
    with pytest.warns(FewRowsWarning, match="interpolated"):
        augmenter.fit(X.iloc[keep], y.iloc[keep])
    assert "Class 0 has 12 rows" in str(augmenter.diagnose())


def test_backend_without_a_history_says_so(wine_like):
    augmenter = augmenter_of(10).fit(*wine_like)
    augmenter.backend_.history_.clear()
    assert augmenter.diagnose().verdict == "unknown"
    assert "ended after 10 steps, before anything was measured" in str(augmenter.diagnose())
    other = diagnose(SimpleNamespace(backend=SimpleNamespace(history_=[])))
    assert "SimpleNamespace keeps no record" in str(other)
