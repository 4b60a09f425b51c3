"""The quality report of images: what it calls out, and what it shows."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from gan_augment import GANAugmenter, ImageGAN
from gan_augment.evaluation import quality_report
from gan_augment.figures import new_figure

NAMES = np.array(["zero", "<b>one</b> & $x^", "two"])
ASPECTS = ["fidelity", "utility", "condition", "coverage", "privacy"]


@pytest.fixture(scope="module")
def digits():
    """Real images in three parts, as a generator meets them: training, held out, and fresh."""
    X, digit = load_digits(return_X_y=True)
    X, y = X[digit < 3].reshape(-1, 8, 8), NAMES[digit[digit < 3]]
    train, rest, y_train, y_rest = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
    holdout, fresh, y_holdout, y_fresh = train_test_split(
        rest, y_rest, test_size=0.5, stratify=y_rest, random_state=0
    )
    return {"train": (train, y_train), "holdout": (holdout, y_holdout), "fresh": (fresh, y_fresh)}


@pytest.fixture(scope="module")
def report_of(digits):
    """The report of a generator that gives these images."""

    def make(synthetic, y_synthetic=None):
        (X, y), (X_holdout, y_holdout) = digits["train"], digits["holdout"]
        settings = {"holdout": X_holdout, "verbose": 0}
        if y_synthetic is not None:
            settings |= {"y_real": y, "y_synthetic": y_synthetic, "y_holdout": y_holdout}
        return quality_report(X, synthetic, **settings)

    return make


@pytest.fixture(scope="module")
def fresh_report(digits, report_of):
    return report_of(*digits["fresh"])


@pytest.fixture(scope="module")
def copies_report(digits, report_of):
    return report_of(*digits["train"])


def test_fresh_real_images_pass_on_all_aspects(fresh_report):
    assert list(fresh_report.verdicts) == ASPECTS
    assert set(fresh_report.verdicts.values()) == {"good"}, fresh_report.summary()
    assert [line.split(":")[0].lower() for line in str(fresh_report).splitlines()] == ASPECTS
    assert " rows" not in fresh_report.summary()
    assert "135 synthetic images" in fresh_report.subtitle
    assert "8 by 8 pixels, 3 classes" in fresh_report.subtitle


def test_copies_of_training_images_are_called_out(copies_report):
    scores = copies_report.scores
    assert copies_report.verdicts["privacy"] == "poor"
    assert scores["privacy_copies"] == 1
    assert scores["privacy_distance_ratio"] < 0.01
    assert scores["privacy_attack_auc"] > 0.9
    privacy = copies_report.summary().splitlines()[-1]
    assert "100.0% of the synthetic images are exact copies of training images" in privacy
    assert "0.00 times as far" in privacy
    assert "not a guarantee" in privacy


def test_near_copies_are_called_out(digits, report_of):
    X = digits["train"][0]
    noise = np.random.default_rng(0).normal(scale=0.5, size=X.shape)
    report = report_of((X + noise).clip(0, 16))
    assert report.scores["privacy_copies"] == 0
    assert report.scores["privacy_distance_ratio"] < 0.5
    assert report.verdicts["privacy"] == "poor"
    assert report.verdicts["utility"] == report.verdicts["condition"] == "not measured"


def test_images_of_the_wrong_class_are_called_out(digits, report_of):
    X, y = digits["fresh"]
    swapped = np.where(y == "zero", "two", np.where(y == "two", "zero", y))
    report = report_of(X, swapped)
    for aspect in ("fidelity", "utility", "condition"):
        assert report.verdicts[aspect] == "poor", report.summary()
    assert report.scores["condition_two_synthetic"] < 0.3
    assert report.scores["condition_two_real"] > 0.7
    classes = report.aspects[0].tables["Classes, worst first"]
    assert set(classes.index[:2]) == {"zero", "two"}
    assert f"class '{classes.index[0]}'" in report.summary()


def test_noise_is_called_out(digits, report_of):
    X = digits["fresh"][0]
    noise = np.random.default_rng(0).normal(scale=5, size=X.shape)
    report = report_of((X + noise).clip(0, 16))
    assert report.verdicts["fidelity"] == "poor"
    assert report.scores["fidelity_frechet"] > 2 * report.scores["fidelity_frechet_fresh"]
    assert report.scores["detection_auc_convolutional_network"] > 0.9


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_one_image_again_and_again_is_called_out(digits, report_of, spread):
    X = digits["fresh"][0]
    same = np.repeat(X[:1], 60, axis=0) + spread * np.random.default_rng(0).random((60, 8, 8))
    report = report_of(same)
    assert report.verdicts["coverage"] == report.verdicts["fidelity"] == "poor"
    assert report.scores["coverage_coverage"] < 0.2


def test_a_class_without_images_is_called_out(digits, report_of):
    X, y = digits["fresh"]
    report = report_of(X[y != "two"], y[y != "two"])
    assert report.verdicts["condition"] == "poor"
    assert "there are no synthetic images of 1 class: 'two'" in report.summary()
    assert np.isnan(report.aspects[0].tables["Classes, worst first"].loc["two", "Fréchet"])


def test_a_class_of_one_image_is_no_obstacle(digits):
    X, y = digits["fresh"]
    two, zero = X[y == "two"], X[y == "zero"]
    real, synthetic = np.concatenate([zero[:1], two[:11]]), np.concatenate([zero[1:3], two[11:21]])
    labels = {"y_real": ["zero"] + ["two"] * 11, "y_synthetic": ["zero"] * 2 + ["two"] * 10}
    # Of this seed the class falls into the part that stands for fresh images alone.
    report = quality_report(real, synthetic, **labels, random_state=1, verbose=0)
    assert list(report.verdicts) == ASPECTS
    assert report.scores["condition_zero_real"] == 0
    assert "no class has the 5 images of each kind" in report.summary()


def drawn(picture):
    axes = new_figure(4, 4).subplots()
    picture.draw(axes)
    return axes.images[0].get_array(), [tick.get_text() for tick in axes.get_yticklabels()]


def test_the_sheet_shows_real_above_synthetic(digits, fresh_report):
    pixels, names = drawn(fresh_report.aspects[0].pictures[0])
    assert len(names) == 6
    assert names[1::2] == ["synthetic"] * 3
    assert {name.removesuffix(": real") for name in names[::2]} == {
        "zero",
        "two",
        r"<b>one</b> & \$x^",
    }
    for top, part in ((0, "train"), (9, "fresh")):
        first = np.rint(pixels[top : top + 8, :8] * 16)
        X, y = digits[part]
        of_class = np.flatnonzero((first == X).all(axis=(1, 2)))
        assert len(of_class)
        assert str(y[of_class[0]]).replace("$", r"\$") == names[0].removesuffix(": real")


def test_pictures_have_the_colours_of_the_images(halves):
    red, green = halves[0][:20], halves[1][:20]
    X = np.stack([red, green / 2, np.zeros_like(red)], axis=-1)
    report = quality_report(X, X[::-1], verbose=0)
    for aspect in (report.aspects[0], report.aspects[-1]):
        pixels, _ = drawn(aspect.pictures[0])
        first = pixels[:8, :8] * 16
        np.testing.assert_allclose(
            first, X[np.abs(X - first).sum(axis=(1, 2, 3)).argmin()], atol=1e-5
        )


def test_copies_stand_beside_what_they_are_copies_of(copies_report, fresh_report):
    picture = copies_report.aspects[-1].pictures[0]
    assert picture.title == "Synthetic, and nearest training image"
    for report, same in ((copies_report, True), (fresh_report, False)):
        pixels, names = drawn(report.aspects[-1].pictures[0])
        assert names == ["closest", "nearest real", "at random", "nearest real"]
        assert np.array_equal(pixels[:8], pixels[9:17]) == same
        assert np.array_equal(pixels[-17:-9], pixels[-8:]) == same


def test_the_page_needs_nothing_else_and_names_stay_names(fresh_report, tmp_path):
    fresh_report.to_html(tmp_path / "images.html")
    assert [path.name for path in tmp_path.iterdir()] == ["images.html"]
    page = (tmp_path / "images.html").read_text(encoding="utf-8")
    assert len(page) < 2_000_000
    assert "<h1>Quality of synthetic images</h1>" in page
    assert "<b>" not in page
    assert "&lt;b&gt;one&lt;/b&gt; &amp; $x^" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    pictures = page.split("<img ")[1:]
    assert len(pictures) == 8
    assert all(picture.startswith('alt="') for picture in pictures)
    assert all('src="data:image/png;base64,' in picture for picture in pictures)
    assert "Contact sheet: rows of real images" in pictures[0]


def test_the_overview_is_a_figure(fresh_report, tmp_path):
    figure = fresh_report.plot()
    assert (
        figure.axes[0].get_title().replace("\n", " ") == "Real above synthetic, worst class first"
    )
    assert len(figure.axes) == 7
    figure.savefig(tmp_path / "overview.png", dpi=40)


def test_scores_are_a_flat_dict_and_a_tidy_frame(fresh_report):
    frame = fresh_report.to_frame()
    assert dict(zip(frame["score"], frame["value"], strict=True)) == fresh_report.scores
    assert set(frame["aspect"]) == set(ASPECTS)
    assert frame["value"].notna().all()


@pytest.fixture
def halves(digits):
    X = digits["train"][0]
    return X[:40], X[40:80]


def test_any_layout_gives_the_same_report_and_no_global_state_is_touched(halves):
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    real, synthetic = (images.astype(np.uint8) for images in halves)
    report = partial(quality_report, verbose=0)
    scores = list(report(real, synthetic).scores.values())
    flat = report(real.reshape(40, -1), synthetic.reshape(40, -1), image_shape=(8, 8))
    np.testing.assert_array_equal(list(flat.scores.values()), scores)
    last = report(real[..., None], synthetic[..., None], channel_axis=-1)
    np.testing.assert_array_equal(list(last.scores.values()), scores)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_copies_are_found_in_another_dtype_and_in_large_colour_images(halves, capsys):
    real, other = (np.kron(images[:20], np.ones((5, 2))) * 15 for images in halves)
    real, other = (
        np.stack([x, x[:, ::-1], 240 - x], axis=1).astype(np.uint8) for x in (real, other)
    )
    synthetic = np.concatenate([real[:5].astype(np.float64), other[:15]])
    report = quality_report(real, synthetic, max_rows=30)
    assert "nearest images: 100%" in capsys.readouterr().err
    assert report.scores["privacy_copies"] == 0.25
    assert "40 by 16 pixels in 3 channels" in report.subtitle
    report.plot()


def test_what_cannot_be_compared(halves, digits):
    real, synthetic = halves
    names = np.repeat(["a", "b"], 20)
    with pytest.raises(ValueError, match=r"synthetic has shape \(40, 7, 8\)"):
        quality_report(real, synthetic[:, :7])
    with pytest.raises(ValueError, match=r"holdout has shape \(40, 8, 6\)"):
        quality_report(real, synthetic, holdout=real[:, :, :6])
    with pytest.raises(ValueError, match=r"real has shape \(40, 64\): .*Set image_shape"):
        quality_report(real.reshape(40, -1), synthetic)
    with pytest.raises(ValueError, match=r"image_shape=.* does not fit real"):
        quality_report(real.reshape(40, -1), synthetic.reshape(40, -1), image_shape=(8, 9))
    for n in (0, 9):
        with pytest.raises(ValueError, match=f"synthetic has {n} images"):
            quality_report(real, synthetic[:n])
        with pytest.raises(ValueError, match=f"{n} sample.* as real"):
            quality_report(real[:n], synthetic)
    with pytest.raises(ValueError, match="every image of real is the same"):
        quality_report(np.full((40, 8, 8), 3.0), synthetic)
    with pytest.raises(ValueError, match="synthetic contains NaN"):
        quality_report(real, np.where(synthetic > 15, np.nan, synthetic))
    with pytest.raises(ValueError, match=r"values of synthetic span .* to one scale"):
        quality_report(real * 15, synthetic / 16)
    with pytest.raises(ValueError, match="y_real has one class, 'a'"):
        quality_report(real, synthetic, y_real=["a"] * 40, y_synthetic=["a"] * 40)
    with pytest.raises(ValueError, match="synthetic has 40 images and y_synthetic has 39"):
        quality_report(real, synthetic, y_real=names, y_synthetic=names[1:])
    with pytest.raises(ValueError, match="Labels are given for y_real, but are needed for"):
        quality_report(real, synthetic, y_real=names)


@pytest.fixture(scope="module")
def quick():
    return GANAugmenter(backend=ImageGAN(width=4), max_steps=20, random_state=0, device="cpu")


def test_an_augmenter_reports_on_itself(digits, quick):
    (X, y), (X_holdout, y_holdout) = digits["train"], digits["holdout"]
    report = quick.fit(X, y).report(X_holdout, y_holdout, X=X, y=y, verbose=0)
    assert list(report.verdicts) == ASPECTS
    assert report.verdicts["fidelity"] == report.verdicts["utility"] == "poor"
    assert report.aspects[-1].name == "Training"
    assert "268 synthetic images" in report.subtitle


def test_an_augmenter_of_flat_rows_without_its_training_images(digits, quick):
    images = digits["holdout"][0].transpose(0, 2, 1)
    X = pd.DataFrame(images.reshape(-1, 64)).add_prefix("pixel")
    augmenter = clone(quick).set_params(image_shape=(8, 8)).fit(X[:50])
    report = augmenter.report(X.loc[50:, ::-1], n_samples=30, verbose=0)
    assert report.verdicts["privacy"] == "not measured"
    assert "the training images were not given" in report.summary()
    assert "30 synthetic images" in report.subtitle
    assert report.aspects[4].pictures[0].title == "Synthetic, and nearest real image"
    pixels, _ = drawn(report.aspects[0].pictures[0])
    assert (np.rint(pixels[:8, :8] * 16) == images).all(axis=(1, 2)).any()
    with pytest.raises(ValueError, match="other columns"):
        augmenter.report(X.to_numpy()[:, :60])
