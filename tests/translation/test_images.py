"""Images in, cleaner or other images out, in the form that they came in."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from gan_augment import ImageDenoiser, ImageTranslator, load

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
