"""How a training on images went, told in words."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import gan_augment
from gan_augment import GANAugmenter, ImageGAN
from gan_augment.training.players import Players


@pytest.fixture(scope="module")
def digits():
    images, digit = load_digits(return_X_y=True)
    kept = np.isin(digit, [0, 1, 4])
    return images[kept].reshape(-1, 8, 8), np.array(["zero", "one", "", "", "four"])[digit[kept]]


def augmenter_of(max_steps=100, early_stopping=False):
    return GANAugmenter(
        backend=ImageGAN(width=32),
        max_steps=max_steps,
        early_stopping=early_stopping,
        random_state=0,
        device="cpu",
    )


def draws(monkeypatch, change):
    """Let the generator's images come out changed."""
    original = ImageGAN._draw

    def changed(self, generator, labels, seed):
        return change(original(self, generator, labels, seed), labels)

    monkeypatch.setattr(ImageGAN, "_draw", changed)


def test_good_training_is_called_good_in_words_of_images(digits):
    augmenter = augmenter_of(600, early_stopping=True).fit(*digits)
    diagnosis = augmenter.diagnose()
    assert diagnosis.verdict == "good"
    assert augmenter.backend_.faults_ == []
    assert f"step {augmenter.backend_.best_step_:,} is kept" in str(diagnosis)
    assert "from held-out real ones of their class" in str(diagnosis)
    assert "AUC" not in str(diagnosis)


def test_training_that_learned_nothing_is_to_be_checked(digits, monkeypatch):
    monkeypatch.setattr(Players, "_generator_step", lambda self, real, *_: real.new_zeros(()))
    augmenter = augmenter_of(10, early_stopping=True).fit(*digits)
    assert augmenter.diagnose().verdict == "check"
    assert "told apart almost always" in str(augmenter.diagnose())


def test_collapse_to_few_images_is_named(digits, monkeypatch, tmp_path):
    def few(images, labels):
        rng = np.random.default_rng(0)
        jitter = rng.normal(scale=0.01, size=images.shape).astype(np.float32)
        return (images[np.arange(len(images)) % 5] + jitter).clip(-1, 1)

    draws(monkeypatch, few)
    with pytest.warns(UserWarning, match=r"collapsed: of \d+ images.*larger gamma") as warned:
        augmenter = augmenter_of().fit(*digits)
    told = str(warned[0].message)
    augmenter.save(tmp_path / "model")
    for copy in (
        augmenter,
        gan_augment.load(tmp_path / "model"),
        pickle.loads(pickle.dumps(augmenter)),
    ):
        assert copy.diagnose().verdict == "poor"
        assert told in copy.diagnose().sentences


def test_class_that_is_not_itself_is_named(digits, monkeypatch):
    X, y = digits
    scaled = (X[:, None] / 8 - 1).astype(np.float32)

    def never_four(images, labels):
        # Codes follow the sorted labels: four, one, zero.
        pools = [scaled[y == "zero"], scaled[y == "one"], scaled[y == "zero"]]
        return np.stack([pools[code][i % len(pools[code])] for i, code in enumerate(labels)])

    draws(monkeypatch, never_four)
    with pytest.warns(UserWarning, match=r"Class 'four' is lost.*of the images.*class_balance"):
        augmenter_of().fit(X, y)


def test_discriminator_that_wins_is_named(digits, monkeypatch):
    original = Players.step

    def won(self, source, index):
        losses = original(self, source, index)
        return {**losses, "discriminator_loss": torch.tensor(0.001)}

    monkeypatch.setattr(Players, "step", won)
    # Real images: what comes out is not what is judged here.
    X, y = digits
    real = (X[:, None] / 8 - 1).astype(np.float32)
    classes = np.unique(y)

    def of_class(images, labels):
        pools = [real[y == label] for label in classes]
        return np.stack([pools[code][i % len(pools[code])] for i, code in enumerate(labels)])

    draws(monkeypatch, of_class)
    with pytest.warns(UserWarning, match=r"discriminator won outright.*larger gamma"):
        augmenter = augmenter_of().fit(X, y)
    assert augmenter.diagnose().verdict == "poor"
