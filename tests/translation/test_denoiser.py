"""A denoiser cleans images of any form, the same for the same seed, and says what it cannot use."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gan_augment import ImageDenoiser, load

IMAGES = load_digits().images
QUICK = {"max_steps": 20, "width": 8, "depth": 1, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def scene():
    """A colour image of 8 bits, larger than a tile: edges, a slope and stripes."""
    rows, columns = np.mgrid[:90, :300]
    red = np.where((rows // 15 + columns // 20) % 2, 220, 30)
    image = np.stack([red, columns * 255 // 300, 128 + 100 * np.sin(rows / 4)], axis=-1)
    return image.astype(np.uint8)[None]


@pytest.fixture(scope="module")
def fitted(scene):
    quick = {**QUICK, "max_steps": 100, "dead_leaves": False}
    return ImageDenoiser(noise_level=0.15, **quick).fit(scene[:, :, :200])


def test_colour_in_tiles_comes_back_cleaner_and_in_its_form(fitted, scene):
    noisy = fitted.add_noise(scene)
    made = fitted.transform(noisy)
    assert (made.shape, made.dtype) == (scene.shape, np.uint8)
    before, after = (
        np.square(images[:, :, 200:].astype(float) - scene[:, :, 200:]).mean()
        for images in (noisy, made)
    )
    assert after < 0.7 * before


def test_tiles_leave_no_seams(fitted, scene):
    noisy = fitted.add_noise(scene)
    part = fitted.transform(noisy[:, :, 100:200])
    whole = fitted.transform(noisy)[:, :, 100:200]
    inner = (slice(None), slice(20, -20), slice(20, -20))
    assert np.abs(part[inner].astype(int) - whole[inner].astype(int)).max() <= 1


@pytest.mark.parametrize("size", [(31, 45), (4, 4), (33, 300)])
def test_images_of_any_size(fitted, scene, size):
    image = scene[:, : size[0], : size[1]]
    assert fitted.transform(image).shape == image.shape


def test_channels_first_gives_the_same(fitted, scene):
    quick = {**QUICK, "max_steps": 3, "dead_leaves": False}
    planes = scene[:, :, :60].transpose(0, 3, 1, 2)
    other = ImageDenoiser(channel_axis=1, **quick).fit(planes)
    one = ImageDenoiser(channel_axis=-1, **quick).fit(scene[:, :, :60])
    np.testing.assert_array_equal(
        other.transform(planes), one.transform(scene[:, :, :60]).transpose(0, 3, 1, 2)
    )


def test_a_photograph_without_edges_still_teaches_edges():
    slope = np.linspace(20, 230, 60 * 80).reshape(1, 60, 80).astype(np.uint8)
    squares = np.kron(np.indices((8, 10)).sum(axis=0) % 2 * 150 + 50, np.ones((6, 6)))
    squares = squares.astype(np.uint8)[None]
    quick = {"noise_level": 0.1, **QUICK, "max_steps": 100}
    with_leaves, without = (
        ImageDenoiser(dead_leaves=leaves, **quick).fit(slope).score(squares)
        for leaves in ("auto", False)
    )
    assert with_leaves > without + 1


@pytest.mark.parametrize("noise", ["gaussian", "poisson", "salt_and_pepper"])
def test_every_noise_is_lessened(noise):
    denoiser = ImageDenoiser(noise=noise, noise_level=0.3, **{**QUICK, "max_steps": 80})
    scores = denoiser.fit(IMAGES[:600]).score_images(IMAGES[600:800])
    assert scores["psnr"] > scores["psnr_noisy"] + 0.5
    assert scores["ssim"] > scores["ssim_noisy"]


def test_an_untouched_image_does_not_make_the_score_infinite():
    denoiser = ImageDenoiser(**QUICK).fit(IMAGES[:60])
    noisy, clean = denoiser.add_noise(IMAGES[:20]), IMAGES[:20]
    before = denoiser.score_images(noisy, clean)["psnr_noisy"]
    noisy[:10] = clean[:10]
    half_free = denoiser.score_images(noisy, clean)["psnr_noisy"]
    assert before + 1 < half_free < before + 5
    assert denoiser.score_images(clean, clean)["psnr_noisy"] == np.inf


def test_pairs_teach_what_was_done_to_them():
    shifted = np.roll(IMAGES[:400], 1, axis=2)
    denoiser = ImageDenoiser(**{**QUICK, "max_steps": 150}).fit(shifted, IMAGES[:400])
    error = np.square(denoiser.transform(shifted[:50]) - IMAGES[:50]).mean()
    assert error < np.square(shifted[:50] - IMAGES[:50]).mean() / 2


def test_with_a_game_it_still_denoises():
    denoiser = ImageDenoiser(noise_level=0.3, adversarial_weight=0.01, **QUICK).fit(IMAGES[:300])
    assert {"discriminator_loss", "generator_loss"} <= denoiser.history_[0].keys()
    assert denoiser.history_[-1]["discriminator_loss"] > 0
    scores = denoiser.score_images(IMAGES[300:400])
    assert scores["psnr"] > scores["psnr_noisy"]


_SCRIPT = """
import sys
import numpy as np
from sklearn.datasets import load_digits
from gan_augment import ImageDenoiser, ImageTranslator
X = load_digits().images[:60]
options = {"max_steps": 3, "width": 8, "random_state": 3, "device": "cpu"}
denoiser = ImageDenoiser(adversarial_weight=0.01, **options).fit(X)
translator = ImageTranslator(paired=False, **options).fit(X[:30], 16 - X[30:])
np.save(sys.argv[1], [denoiser.transform(denoiser.add_noise(X)), translator.predict(X)])
"""


def test_a_seed_gives_the_same_images_in_two_processes(tmp_path):
    made = []
    for name in ("a.npy", "b.npy"):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": str(len(made))}
        command = [sys.executable, "-c", _SCRIPT, str(tmp_path / name)]
        subprocess.run(command, check=True, env=environment)
        made.append(np.load(tmp_path / name))
    np.testing.assert_array_equal(*made)
    assert not np.array_equal(made[0][0], made[0][1])


def test_a_training_that_was_killed_goes_on_where_it_was(tmp_path):
    calls = {"left": 10_000}

    def flicker(images, rng):
        calls["left"] -= 1
        if calls["left"] == 0:
            raise OSError("power is out")
        return images + rng.normal(0, 2, images.shape)

    quick = {**QUICK, "max_steps": 8}
    kept = {"checkpoint": tmp_path / "run", "checkpoint_seconds": 0, **quick}
    whole = ImageDenoiser(noise=flicker, **quick).fit(IMAGES[:200])
    calls["left"] = 6
    with pytest.raises(OSError, match="power is out"):
        ImageDenoiser(noise=flicker, **kept).fit(IMAGES[:200])
    calls["left"] = 6  # too few for a training from its beginning
    resumed = ImageDenoiser(noise=flicker, **kept).fit(IMAGES[:200])
    np.testing.assert_array_equal(resumed.transform(IMAGES), whole.transform(IMAGES))
    with pytest.raises(ValueError, match="holds another training: X has other values"):
        ImageDenoiser(noise=flicker, **kept).fit(IMAGES[1:201])
    with pytest.raises(ValueError, match="depth was 1, now 2"):
        ImageDenoiser(noise=flicker, **{**kept, "depth": 2}).fit(IMAGES[:200])


def test_saved_with_a_checkpoint_it_opens(tmp_path):
    denoiser = ImageDenoiser(checkpoint=tmp_path / "run", **QUICK).fit(IMAGES[:100])
    denoiser.save(tmp_path / "denoiser")
    again = load(tmp_path / "denoiser")
    np.testing.assert_array_equal(again.transform(IMAGES), denoiser.transform(IMAGES))


def test_what_cannot_be_used_is_refused_before_training(scene):
    def refused(match, X, y=None, error=ValueError, **parameters):
        with pytest.raises(error, match=match):
            ImageDenoiser(**{**QUICK, **parameters}).fit(X, y)

    refused("patch_size=9 does not fit into images of height and width", IMAGES, patch_size=9)
    refused("at least 4 pixels are needed", IMAGES[:, :3])
    refused("same value 0 in every pixel", np.zeros((5, 8, 8)))
    refused("contains NaN", np.full((5, 8, 8), np.nan))
    refused("noise_level=2 must be", IMAGES, noise="salt_and_pepper", noise_level=2)
    for noise in ("gaussian", "poisson"):
        refused(r"noise_level=25 .* from 0 to 1.* 25/255", IMAGES, noise=noise, noise_level=25)
        refused(r"noise_level=\(0, 50\) must be", IMAGES, noise=noise, noise_level=(0, 50))
    refused(r"noise_level=\(0.2, 0.1\) must be", IMAGES, noise_level=(0.2, 0.1))
    refused("gave an array of shape", IMAGES, noise=lambda images, rng: images[:, :, 1:])
    refused("X has 10 images and y has 9", IMAGES[:10], IMAGES[:9])
    refused("Resize them to the same", IMAGES[:9], IMAGES[:9, 1:])
    refused(r"shape \(1, 90, 300, 3\), but", scene, scene[..., 0])
    refused("real numbers", IMAGES.astype(str), error=TypeError)


def test_other_channels_than_learned_are_refused(fitted, scene):
    with pytest.raises(ValueError, match="channels"):
        fitted.transform(scene[..., :2])
    with pytest.raises(ValueError, match="3"):
        fitted.transform(scene[..., 0])


def test_another_scale_than_learned_is_refused(fitted, scene):
    for images in (scene / 255, scene.astype(np.uint16) * 257):
        with pytest.raises(ValueError, match=r"X holds values from 0 to .*Bring both to one scale"):
            fitted.transform(images)
    assert fitted.transform(scene * 1.0).shape == scene.shape
    with pytest.warns(UserWarning, match="from 0 to 1, .* to one scale"):
        ImageDenoiser(**QUICK).fit(IMAGES[:50] * 16).transform(IMAGES[:50] / 16)
    hot = scene / 1.0
    hot[0, 0, 0] = 30_000
    for images in (np.zeros_like(scene), scene // 50, hot):
        assert fitted.transform(images).shape == scene.shape


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_columns_go_by_their_names(kind, tmp_path):
    values = IMAGES[:60].reshape(60, -1)
    X, y = (kind(dict(zip((f"{c}{i}" for i in range(64)), values.T, strict=True))) for c in "xy")
    for clean in (None, y):
        denoiser = ImageDenoiser(image_shape=(8, 8), **QUICK).fit(X, clean)
        denoiser.save(tmp_path / "denoiser")
        for known in (denoiser, load(tmp_path / "denoiser")):
            assert list(known.feature_names_in_) == list(X.columns)
            mixed = X[list(X.columns)[::-1]]
            assert known.transform(mixed).equals(known.transform(X))
            others = clean if clean is None else clean[list(clean.columns)[::-1]]
            assert known.score(mixed, others) == known.score(X, clean)
            with pytest.raises(ValueError, match=r"X has other columns.*'x0'"):
                known.transform(y)
    assert not hasattr(denoiser.fit(values), "feature_names_in_")


def test_rows_of_a_frame_keep_their_index_and_pipelines_may_set_their_output():
    X = pd.DataFrame(IMAGES[:60].reshape(60, -1)).set_index(np.arange(60)[::-1] * 3)
    denoiser = ImageDenoiser(noise_level=1, image_shape=(8, 8), **QUICK)
    piped = make_pipeline(denoiser, StandardScaler()).set_output(transform="pandas").fit(X)
    for rows in (piped[0].transform(X), piped[0].add_noise(X), piped.transform(X)):
        assert rows.index.equals(X.index)
