"""Images in, cleaner or other images out, in the form that they came in."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from gan_augment import ImageDenoiser, ImageTranslator, load
from gan_augment.training.players import Players

X, LABELS = load_digits(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8)
QUICK = {"max_steps": 20, "width": 8, "random_state": 0, "device": "cpu"}


def test_denoiser_takes_noise_out_and_opens_again(tmp_path):
    denoiser = ImageDenoiser(noise_level=0.25, **{**QUICK, "max_steps": 60}).fit(IMAGES[:500])
    scores = denoiser.score_images(IMAGES[500:700])
    assert scores["psnr"] > scores["psnr_noisy"] + 1
    noisy = denoiser.add_noise(IMAGES[500:600])
    denoiser.save(tmp_path / "denoiser")
    again = load(tmp_path / "denoiser").transform(noisy)
    np.testing.assert_array_equal(again, denoiser.transform(noisy))


def test_denoiser_stands_before_a_classifier_in_a_plain_pipeline():
    denoiser = ImageDenoiser(noise_level=0.25, image_shape=(8, 8), **QUICK)
    pipeline = make_pipeline(clone(denoiser), LogisticRegression(max_iter=5_000))
    pipeline.fit(X[:300], LABELS[:300])
    assert pipeline.score(X[300:500], LABELS[300:500]) > 0.5


@pytest.mark.parametrize("paired", [True, False])
def test_translation_gives_the_form_of_y(paired):
    y = (255 - 15 * IMAGES[:100]).astype("uint8")
    made = ImageTranslator(paired=paired, **QUICK).fit(IMAGES[:100], y).predict(IMAGES[:7])
    assert (made.shape, made.dtype) == ((7, 8, 8), np.uint8)


def test_pairs_of_unequal_number_are_refused():
    with pytest.raises(ValueError, match="X has 10 images and y has 9"):
        ImageTranslator().fit(IMAGES[:10], IMAGES[:9])


def stopped_by(error, monkeypatch, step=0):
    """Trainings that this error ends before that step."""
    original = Players.step

    def stepped(self, source, index):
        if index == step:
            raise error
        return original(self, source, index)

    monkeypatch.setattr(Players, "step", stepped)


KINDS = [
    ImageDenoiser(noise_level=0.25, **QUICK),
    ImageTranslator(**QUICK),
    ImageTranslator(paired=False, n_starts=1, **QUICK),
]
COLOUR = np.stack([IMAGES[:60]] * 3, axis=-1).astype("uint8") * 15


@pytest.mark.parametrize("estimator", KINDS)
def test_a_failed_refit_leaves_the_old_model_whole(estimator, monkeypatch, tmp_path):
    y = 16 - IMAGES[:60]
    fitted = clone(estimator).fit(IMAGES[:60], y)
    made, score = fitted.transform(IMAGES), fitted.score(IMAGES[:60], y)
    holes = np.full((5, 8, 8), np.nan)
    stopped_by(OSError("power is out"), monkeypatch)
    for error, match, X in ((ValueError, "NaN", holes), (OSError, "power is out", COLOUR)):
        with pytest.raises(error, match=match):
            fitted.fit(X, X)
        np.testing.assert_array_equal(fitted.transform(IMAGES), made)
        assert fitted.score(IMAGES[:60], y) == score
    fitted.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").transform(IMAGES), made)


@pytest.mark.parametrize("estimator", KINDS)
def test_an_interrupted_refit_is_kept_whole(estimator, monkeypatch):
    fitted = clone(estimator).fit(IMAGES[:60], IMAGES[:60])
    stopped_by(KeyboardInterrupt(), monkeypatch, step=5)
    with pytest.warns(RuntimeWarning, match="interrupted at step 5 of 20"):
        fitted.fit(COLOUR, COLOUR)
    assert fitted.n_steps_ == 5
    assert fitted.transform(COLOUR).shape == COLOUR.shape


def test_the_way_back_is_that_of_the_model_and_not_of_a_parameter_set_since():
    translator = ImageTranslator(paired=False, n_starts=1, **QUICK).fit(IMAGES[:60], IMAGES[60:99])
    back = translator.inverse_transform(IMAGES[:5])
    translator.set_params(paired=True)
    with pytest.raises(ValueError, match="NaN"):
        translator.fit(IMAGES[:5] * np.nan, IMAGES[:5])
    np.testing.assert_array_equal(translator.inverse_transform(IMAGES[:5]), back)
