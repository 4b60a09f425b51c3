"""Images as `GANAugmenter` takes, learns and gives them."""

import pickle
import subprocess
import sys
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import gan_augment
from gan_augment import AugmentedClassifier, FewRowsWarning, GANAugmenter, ImageGAN, TabularGAN
from gan_augment.backends.image import backend as image_backend
from gan_augment.training.players import Players

SMALL = {"width": 4, "latent_dim": 8, "batch_size": 16}


def quick(**parameters):
    backend = {name: parameters.pop(name) for name in list(parameters) if name in BACKEND}
    defaults = {"max_steps": 3, "random_state": 0, "device": "cpu"}
    return GANAugmenter(backend=ImageGAN(**SMALL | backend), **defaults | parameters)


BACKEND = set(ImageGAN().get_params())


@pytest.fixture(scope="module")
def digits():
    """Zeros and ones, 40 and 20 of them."""
    images, digit = load_digits(return_X_y=True)
    kept = np.concatenate([np.flatnonzero(digit == 0)[:40], np.flatnonzero(digit == 1)[:20]])
    return images[kept].reshape(-1, 8, 8), np.where(digit[kept] == 0, "zero", "one")


def batch(shape, dtype):
    values = np.random.default_rng(0).random((30, *shape))
    return (values * 250).astype(dtype), np.repeat([0, 1], [18, 12])


def test_real_images_of_another_scale_are_refused(digits):
    X, y = digits
    augmenter = quick().fit(X.astype(np.uint8), y)
    for use in (lambda X: augmenter.fill(X, y, y), lambda X: augmenter.sample_grid(X, y)):
        with pytest.raises(ValueError, match=r"X holds values from 0 to 0.06.* to one scale"):
            use(X / 255)


def test_volumes_are_refused_as_what_they_are(digits):
    X, y = digits
    volumes = X.reshape(-1, 2, 2, 4, 4)
    for given in (volumes, list(volumes)):
        with pytest.raises(ValueError, match="X has 5 dimensions, and images have 3 or 4"):
            GANAugmenter().fit(given, y)


def test_levels_among_pixels_are_refused(digits):
    X, y = digits
    assert quick(categorical_features=None).fit(X, y).n_steps_ == 3
    with pytest.raises(ValueError, match=r"categorical_features=\[0, 1\] is for tables"):
        quick(image_shape=(8, 8), categorical_features=[0, 1]).fit(X.reshape(-1, 64), y)


def test_columns_of_flat_images_go_by_their_names(digits):
    X, y = digits
    frame = pd.DataFrame(X.reshape(-1, 64), columns=[f"p{i}" for i in range(64)])
    mixed, foreign = frame[frame.columns[::-1]], frame.add_prefix("other_")
    augmenter = quick(image_shape=(8, 8), moved_share=1.0).fit(frame, y)
    new = augmenter.fill(frame, y, y)
    pd.testing.assert_frame_equal(augmenter.fill(mixed, y, y), new)
    sheets = [augmenter.sample_grid(X, y).axes[0].images[0].get_array() for X in (frame, mixed)]
    assert_array_equal(*sheets)
    with pytest.raises(ValueError, match=r"other columns.*in another order"):
        augmenter.fit_resample(mixed, y)
    for use in (lambda X: augmenter.fill(X, y, y), lambda X: augmenter.sample_grid(X, y)):
        with pytest.raises(ValueError, match=r"X has other columns.*'other_p0'"):
            use(foreign)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(8, 8), (1, 28, 28), (32, 32, 3), (3, 37, 51), (4, 5, 6)])
def test_what_comes_in_goes_out(shape, dtype):
    X, y = batch(shape, dtype)
    X_new, y_new = quick(max_steps=1).fit_resample(X, y)
    assert (X_new.shape, X_new.dtype) == ((36, *shape), X.dtype)
    assert X_new[:30].tobytes() == X.tobytes()
    assert Counter(y_new.tolist()) == {0: 18, 1: 18}
    assert X.min() <= X_new.min()
    assert X_new.max() <= X.max()


@pytest.mark.parametrize("arch", ["dense", "dcgan", "residual"])
@pytest.mark.parametrize("loss", ["relativistic", "hinge", "non_saturating", "wasserstein"])
def test_every_network_plays_every_game(digits, arch, loss):
    augmenter = quick(arch=arch, loss=loss, penalty_interval=2).fit(*digits)
    assert augmenter.n_steps_ == 3
    assert all(np.isfinite(record["generator_loss"]) for record in augmenter.history_)
    assert augmenter.sample(3, y="one").shape == (3, 8, 8)


@pytest.mark.parametrize("augment", ["none", "shift", "shift_cutout"])
def test_discriminator_augmentations(digits, augment):
    losses = quick(augment=augment, gamma=1.0).fit(*digits).history_
    assert np.isfinite([record["discriminator_loss"] for record in losses]).all()


def test_asked_for_class_is_the_class_you_get(digits):
    X, y = digits
    augmenter = GANAugmenter(backend=ImageGAN(), max_steps=150, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        augmenter.fit(X, y)
    judge = LogisticRegression(max_iter=500).fit(X.reshape(len(X), -1), y)
    for label in ("zero", "one"):
        drawn = augmenter.sample(50, y=label).reshape(50, -1)
        assert (judge.predict(drawn) == label).mean() > 0.9
        assert drawn.std(axis=0).mean() > 0.3 * X[y == label].std(axis=0).mean()


def test_images_are_recognised_without_being_told(digits):
    X, y = digits
    flat = X.reshape(len(X), -1)
    assert isinstance(GANAugmenter(max_steps=1).fit(X, y).backend_, ImageGAN)
    assert isinstance(GANAugmenter(max_steps=1).fit(X[:, None], y).backend_, ImageGAN)
    rows = GANAugmenter(max_steps=1, image_shape=(8, 8)).fit(pd.DataFrame(flat), y)
    assert isinstance(rows.backend_, ImageGAN)
    assert isinstance(rows.sample(2), pd.DataFrame)
    assert isinstance(GANAugmenter(max_steps=1).fit(flat, y).backend_, TabularGAN)


def test_layout_does_not_change_what_is_learned(digits):
    X, y = digits
    flat = quick(image_shape=(8, 8)).fit(X.reshape(-1, 64), y).sample(4)
    for axis, there, back in (
        ("auto", lambda X: X, lambda X: X),
        (1, lambda X: X[:, None], lambda X: X[:, 0]),
        (-1, lambda X: X[..., None], lambda X: X[..., 0]),
    ):
        drawn = quick(channel_axis=axis).fit(there(X), y).sample(4)
        assert_array_equal(back(drawn).reshape(4, -1), flat)


def test_same_seed_same_images(digits):
    first, second = (quick(max_steps=12).fit(*digits).sample(5) for _ in range(2))
    assert_array_equal(first, second)
    assert (first != quick(max_steps=12, random_state=1).fit(*digits).sample(5)).any()


def test_same_seed_same_images_in_another_process():
    code = (
        "import numpy as np; from gan_augment import GANAugmenter, ImageGAN;"
        "X = np.random.default_rng(0).random((20, 9, 9)); y = np.repeat([0, 1], 10);"
        "gan = GANAugmenter(backend=ImageGAN(width=4), max_steps=12, random_state=3, device='cpu');"
        "print(gan.fit(X, y).sample(3).sum().hex())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    X, y = np.random.default_rng(0).random((20, 9, 9)), np.repeat([0, 1], 10)
    gan = GANAugmenter(backend=ImageGAN(width=4), max_steps=12, random_state=3, device="cpu")
    assert there.stdout.strip() == gan.fit(X, y).sample(3).sum().hex()


def test_saved_pickled_and_loaded(digits, tmp_path):
    augmenter = quick(max_steps=12).fit(*digits)
    augmenter.save(tmp_path / "digits.model")
    for again in (
        gan_augment.load(tmp_path / "digits.model"),
        pickle.loads(pickle.dumps(augmenter)),
    ):
        assert_array_equal(again.sample(6), augmenter.sample(6))
        assert again.history_ == augmenter.history_


def test_a_checkpoint_is_gone_on_from(digits, tmp_path, monkeypatch):
    X, y = digits
    whole = quick(max_steps=12).fit(X, y).sample(4)
    settings = {"max_steps": 12, "checkpoint": tmp_path / "run.ckpt", "checkpoint_seconds": 0}
    step, calls = image_backend.PixelStore.rows, []

    def crash_at_the_eighth(self, *args):
        calls.append(1)
        if len(calls) == 8:
            raise MemoryError
        return step(self, *args)

    monkeypatch.setattr(image_backend.PixelStore, "rows", crash_at_the_eighth)
    with pytest.raises(MemoryError):
        quick(**settings).fit(X, y)
    again = quick(**settings).fit(X, y)
    assert len(calls) < 8 + 12
    assert_array_equal(again.sample(4), whole)


def test_early_stopping_scores_images_between_0_and_1(digits):
    history = quick(max_steps=10).fit(*digits).history_
    assert len(history) >= 4
    assert all(0 <= record["score"] <= 1 for record in history)


def test_a_class_of_five_images_warns_and_works(digits):
    X, y = digits
    kept = np.r_[:45]
    with pytest.warns(FewRowsWarning, match=r"few rows.*'one': 5"):
        _, y_new = quick().fit_resample(X[kept], y[kept])
    assert Counter(y_new) == {"zero": 40, "one": 40}


def test_a_class_of_one_image(digits):
    X, y = digits[0][:41], digits[1][:41]
    with pytest.warns(FewRowsWarning, match=r"few rows.*'one': 1"):
        assert len(quick().fit(X, y).sample(4, y="one")) == 4
    with pytest.raises(ValueError, match=r"1 row to learn from.*train_on='all'"):
        quick(train_on="minority").fit(X, y)


def test_without_labels(digits):
    augmenter = quick().fit(digits[0])
    assert augmenter.sample(5).shape == (5, 8, 8)


def test_a_step_of_a_pipeline(digits):
    X, y = digits
    flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    steps = (quick(), flatten, LogisticRegression(max_iter=200))
    assert cross_val_score(make_sampling_pipeline(*steps), X[:, None], y, cv=2).min() > 0.9


def test_augmented_classifier_takes_images(digits):
    X, y = digits
    flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    learner = make_pipeline(flatten, LogisticRegression(max_iter=200))
    model = AugmentedClassifier(learner, quick(), amount="auto", keep_prior=False, random_state=0)
    model.fit(X[..., None], y)
    assert model.n_synthetic_ == {"one": 20, "zero": 0}
    assert model.score(X[..., None], y) > 0.9


@pytest.mark.parametrize(
    ("shape", "parameters", "message"),
    [
        ((30, 24), {"backend": "image"}, r"image_shape=\(height, width\)"),
        ((30, 24), {"image_shape": (5, 5)}, r"image_shape=\(5, 5\) does not fit"),
        ((30, 8, 8, 8), {}, r"ImageGAN\(channel_axis=-1\)"),
        ((30, 8, 8), {"backend": ImageGAN(channel_axis=1)}, "channel_axis=1 is no channel axis"),
        ((30, 8, 8), {"backend": "tabular"}, "2"),
        ((30, 8, 8), {"backend": ImageGAN(arch="unet")}, "'arch' parameter of ImageGAN"),
        ((30, 8, 8), {"backend": ImageGAN(width=0)}, "'width' parameter of ImageGAN"),
        ((30, 8, 8), {"backend": ImageGAN(batch_size=1)}, "batch_size=1 .*batch_size=2 or more"),
        ((30, 8, 8), {"backend": "pictures"}, "'backend' parameter of GANAugmenter"),
    ],
)
def test_bad_input_is_answered_before_training(shape, parameters, message, monkeypatch):
    def train(*args, **kwargs):
        raise AssertionError("training started")

    monkeypatch.setattr(Players, "step", train)
    with pytest.raises(ValueError, match=message):
        GANAugmenter(**parameters).fit(np.random.default_rng(0).random(shape), np.arange(30) % 2)
