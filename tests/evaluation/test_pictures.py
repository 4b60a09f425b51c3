"""Figures and pictures of synthetic images."""

import matplotlib.image
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.metrics import f1_score

from gan_augment import GANAugmenter, ImageGAN, TabularGAN
from gan_augment.evaluation import ConvClassifier, contact_sheet, image_scores
from gan_augment.evaluation.distances import frechet_distance, kernel_distance


@pytest.fixture(scope="module")
def digits():
    images, digit = load_digits(return_X_y=True)
    kept = digit < 2
    return images[kept].reshape(-1, 8, 8), digit[kept]


def halves(digits):
    X, y = digits
    return X[::2], X[1::2], y[::2], y[1::2]


def test_fresh_real_images_score_best(digits):
    X, others, y, other_y = halves(digits)
    judge = ConvClassifier(n_steps=60, random_state=0).fit(X, y)
    noise = np.random.default_rng(0).normal(scale=4, size=others.shape)
    for features in (None, judge):
        fresh = image_scores(X, others, y, other_y, judge=features)
        noisy = image_scores(X, (others + noise).clip(0, 16), y, other_y, judge=features)
        swapped = image_scores(X, others, y, 1 - other_y, judge=features)
        assert list(fresh.index) == [0, 1]
        for worse in (noisy, swapped):
            assert (worse["frechet"] > fresh["frechet"]).all()
            assert (worse["kernel"] > fresh["kernel"]).all()
            assert (worse["precision"] < fresh["precision"]).all()
        assert (fresh["coverage"] > 0.5).all()


def test_copies_and_collapse_show(digits):
    X, _, y, _ = halves(digits)
    copies = image_scores(X, X, y, y)
    assert copies["nearest"].max() < 1e-6
    real = X[y == y[0]]
    one = X[:1] + np.random.default_rng(0).random(real.shape) / 100
    collapsed = image_scores(real, one)
    assert collapsed["coverage"].item() < 0.2


def test_few_images_are_not_blamed_for_being_few(digits):
    X, others, y, other_y = halves(digits)
    scores = image_scores(X, others[::4], y, other_y[::4])
    assert (scores["coverage"] > 0.7).all()


def test_distances_of_normal_samples():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 4_000, 3))
    assert frechet_distance(first, second + 2) == pytest.approx(12, rel=0.05)
    assert frechet_distance(first, 2 * second) == pytest.approx(3, rel=0.1)
    assert abs(kernel_distance(first[:500], second[:500])) < 0.1


def test_what_cannot_be_compared(digits):
    X, y = digits
    with pytest.raises(ValueError, match=r"X_synthetic has shape .*fitted on images"):
        image_scores(X, X[:, :7], y, y)
    with pytest.raises(ValueError, match=r"has 1 real images"):
        image_scores(X[:2], X, np.array([0, 1]), y)


@pytest.mark.parametrize("compare", [image_scores, contact_sheet])
def test_labels_that_do_not_fit(digits, compare):
    X, y = digits
    with pytest.raises(ValueError, match="Labels are given for y_real, but are needed for"):
        compare(X, X, y)
    with pytest.raises(ValueError, match="synthetic has 360 images and y_synthetic has 359"):
        compare(X, X, y, y[1:])
    with pytest.raises(ValueError, match="y_synthetic has the class 2, which y_real lacks"):
        compare(X, X, y, 2 * y)


def test_images_of_two_scales(digits):
    X = digits[0].astype(np.uint8)
    for compare in (image_scores, contact_sheet):
        with pytest.raises(ValueError, match=r"X_synthetic holds values .* to one scale"):
            compare(X, X / 255)


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_a_sheet_shows_the_images_of_every_class(channels, tmp_path):
    rng = np.random.default_rng(0)
    shape = (12, 9, 7) if channels is None else (12, 9, 7, channels)
    real = rng.integers(0, 255, shape).astype(np.uint8)
    y = np.repeat([0, 1], 6)
    axis = "auto" if channels is None else -1
    figure = contact_sheet(real, real[::-1], y, y, n_columns=4, channel_axis=axis)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["0", "1"]
    figure.savefig(tmp_path / "sheet.png")
    assert matplotlib.image.imread(tmp_path / "sheet.png").std() > 0


def test_colours_are_drawn_as_they_are():
    X = np.zeros((8, 12, 12, 3), np.uint8)
    X[:4, 4:8, 4:8, 0], X[4:, 4:8, 4:8, 0] = 200, 220
    X[:, 4:8, :4, 1] = 110
    augmenter = GANAugmenter(backend=ImageGAN(width=4), max_steps=2, random_state=0).fit(X)
    for figure in (contact_sheet(X, X / 1.0), augmenter.sample_grid(X)):
        image = figure.axes[0].images[0].get_array()[:12, :12]
        np.testing.assert_allclose(image, X[0] / 220, atol=1e-6)


def test_an_augmenter_draws_its_own_sheet(digits):
    X, y = digits
    names = np.where(y == 0, "zero", "one")
    augmenter = GANAugmenter(backend=ImageGAN(width=4), max_steps=2, random_state=0)
    augmenter.fit(X, names)
    figure = augmenter.sample_grid(X, names[:, None], n_columns=5)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["one", "zero"]
    pixels = figure.axes[0].images[0].get_array()
    assert pixels.shape == (17, 44)
    assert np.array_equal(np.rint(pixels[:8, :8] * 16), X[names == "one"][0])
    assert len(augmenter.sample_grid().axes) == 2
    assert len(augmenter.fit(X).sample_grid(X).axes) == 1
    with pytest.raises(ValueError, match="one per image"):
        augmenter.fit(X, names).sample_grid(X)
    with pytest.raises(ValueError, match="is a single value"):
        augmenter.sample_grid(X, names[0])
    table = GANAugmenter(backend=TabularGAN(), max_steps=1).fit(X[:, 0], y)
    with pytest.raises(TypeError, match="fitted on a table"):
        table.sample_grid()


@pytest.mark.parametrize("method", ["predict", "predict_proba", "features"])
def test_an_unfitted_judge_says_so(digits, method):
    with pytest.raises(NotFittedError):
        getattr(ConvClassifier(), method)(digits[0])


@pytest.mark.parametrize(
    "options", [{}, {"shift": 1}, {"mixup": 0.4}, {"class_weight": "balanced"}]
)
def test_the_judge_learns_digits(options):
    images, digit = load_digits(return_X_y=True)
    X = images.reshape(-1, 8, 8)
    model = ConvClassifier(n_steps=150, random_state=0, **options).fit(X[::2], digit[::2])
    assert f1_score(digit[1::2], model.predict(X[1::2]), average="macro") > 0.85
    again = ConvClassifier(n_steps=150, random_state=0, **options).fit(X[::2], digit[::2])
    assert np.array_equal(again.predict_proba(X[1::2]), model.predict_proba(X[1::2]))
    assert model.features(X[:3]).shape == (3, 64)
