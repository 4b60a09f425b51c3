"""What over-sampling adds to the GAN's images where real ones are few."""

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.ndimage import maximum_filter, minimum_filter
from sklearn.dummy import DummyClassifier

from gan_augment import AugmentedClassifier, FewRowsWarning, GANAugmenter, ImageGAN

COUNTS = {"coat": 40, "boot": 12}


@pytest.fixture(scope="module")
def images():
    """Random images of 17 x 20 pixels, each unlike the others."""
    pixels = np.random.default_rng(0).integers(0, 256, (52, 17, 20), dtype=np.uint8)
    return pixels, np.repeat(list(COUNTS), list(COUNTS.values()))


def quick(**parameters):
    backend = ImageGAN(width=4, latent_dim=8, **parameters)
    return GANAugmenter(backend=backend, max_steps=2, random_state=0, device="cpu")


def sources(new, real):
    """Row of `real` that an image of `new` is, moved by up to a pixel; -1 if none."""
    inner = new[:, 1:-1, 1:-1]
    found = np.full(len(new), -1)
    for down in range(3):
        for right in range(3):
            there = real[:, down : down + inner.shape[1], right : right + inner.shape[2]]
            same = (inner[:, None] == there[None]).all(axis=(2, 3))
            found[same.any(axis=1)] = same.argmax(axis=1)[same.any(axis=1)]
    return found


def test_three_quarters_of_what_is_added_are_moved_real_images_of_the_class(images):
    X, y = images
    X_new, y_new = quick().fit_resample(X, y)
    assert Counter(y_new) == {"coat": 40, "boot": 40}
    found = sources(X_new[52:], X)
    assert (found >= 0).sum() == 21
    assert set(y[found[found >= 0]]) == {"boot"}
    # Each real image is taken as often as any other, to one.
    assert set(Counter(found[found >= 0].tolist()).values()) == {1, 2}


def test_none_of_them_is_a_copy(images):
    X, y = images
    new = quick(moved_share=1.0).fit(X, y).fill(X, y, np.repeat(y, 6))
    assert (sources(new, X) >= 0).all()
    assert not (new[:, None] == X).all(axis=(2, 3)).any()
    moves = {
        (down - 1, right - 1)
        for image, real in zip(new, X[sources(new, X)], strict=True)
        for down in range(3)
        for right in range(3)
        if (image[1:-1, 1:-1] == real[down : down + 15, right : right + 18]).all()
    }
    assert len(moves) == 8


def test_images_that_are_drawn_are_all_the_gans(images):
    X, y = images
    assert (sources(quick().fit(X, y).sample(50, y="boot"), X) == -1).all()


def test_fill_gives_what_is_added_to_rows_of_the_classes_asked(images):
    X, y = images
    augmenter = quick().fit(X, y)
    found = sources(augmenter.fill(X, y, ["coat"] * 8 + ["boot"] * 4), X)
    assert [set(y[part[part >= 0]]) for part in (found[:8], found[8:])] == [{"coat"}, {"boot"}]
    assert (found >= 0).sum() == 9


def test_fill_refuses_labels_that_do_not_fit(images):
    X, y = images
    augmenter = quick().fit(X, y)
    for y_given, labels, message in (
        (y[:51], ["boot"], "^y must have one label for each of the 52"),
        ("boot", ["boot"], "^y must have one label for each of the 52"),
        (y, ["hat"], "^labels='hat'"),
        (y, "boot", r"^labels='boot' .* numpy\.repeat\("),
    ):
        with pytest.raises(ValueError, match=message):
            augmenter.fill(X, y_given, labels)
    assert len(augmenter.fill(X, y, [])) == 0


def test_the_gate_adds_moved_images_of_its_training_rows_alone(images):
    X, y = images

    class Recorder(DummyClassifier):
        def fit(self, X, y):
            self.X_ = X
            return super().fit(X, y)

    model = AugmentedClassifier(Recorder(), quick(), amount="auto", random_state=0).fit(
        X[1:], y[1:]
    )
    found = sources(model.estimator_.X_[51:], X)
    assert (found >= 0).sum() == 20
    assert set(y[found[found >= 0]]) == {"boot"}


@pytest.mark.parametrize(("share", "n_moved"), [(0, 0), (0.5, 14), (1.0, 28)])
def test_the_share_is_yours(images, share, n_moved):
    X, y = images
    X_new, _ = quick(moved_share=share).fit_resample(X, y)
    assert (sources(X_new[52:], X) >= 0).sum() == n_moved


def test_half_of_tiny_images_are_real_ones_moved_by_half_a_pixel():
    rng = np.random.default_rng(0)
    y = np.repeat(["coat", "boot"], [40, 12])
    X = rng.uniform(0, 240, (52, 1, 1)) + rng.uniform(0, 8, (52, 12, 12))
    X_new, _ = quick().fit_resample(X, y)
    lowest, highest = (
        extreme(X[40:], size=(1, 3, 3)) for extreme in (minimum_filter, maximum_filter)
    )
    new = X_new[52:, None]
    between = ((new >= lowest - 1e-3) & (new <= highest + 1e-3)).all(axis=(2, 3)).any(axis=1)
    assert between.sum() == 14
    assert not (new == X).all(axis=(2, 3)).any()


def test_same_seed_same_images(images):
    first, second = (quick().fit_resample(*images)[0] for _ in range(2))
    assert_array_equal(first, second)


def test_one_image_of_a_class_is_enough(images):
    X, y = images
    with pytest.warns(FewRowsWarning, match=r"few rows.*'boot': 1"):
        X_new, y_new = quick().fit_resample(X[:41], y[:41])
    assert Counter(y_new) == {"coat": 40, "boot": 40}
    assert (sources(X_new[41:], X[:41]) == 40).sum() == 29


def test_minority_only(images):
    X, y = images
    augmenter = quick().set_params(train_on="minority")
    X_new, _ = augmenter.fit_resample(X, y)
    found = sources(X_new[52:], X)
    assert set(y[found[found >= 0]]) == {"boot"}


def test_a_share_beyond_one_is_refused(images):
    with pytest.raises(ValueError, match="'moved_share' parameter of ImageGAN"):
        quick(moved_share=1.5).fit_resample(*images)
