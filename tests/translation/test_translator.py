"""A translator learns from pairs or without, there and back, and says what it cannot use."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from gan_augment import ImageTranslator, load
from gan_augment.training import budget, session
from gan_augment.training.players import Players
from gan_augment.translation import base
from gan_augment.translation.objectives import DistanceFromReal

DIGITS = load_digits()
IMAGES = DIGITS.images
QUICK = {"max_steps": 15, "width": 8, "random_state": 0, "device": "cpu"}


def test_pairs_are_learned():
    translator = ImageTranslator(**{**QUICK, "max_steps": 150}).fit(IMAGES[:600], 16 - IMAGES[:600])
    assert translator.score(IMAGES[600:700], 16 - IMAGES[600:700]) > 15


def test_colour_of_grey_and_large_images_in_tiles():
    y = np.stack([IMAGES, 16 - IMAGES, IMAGES / 2], axis=-1)
    translator = ImageTranslator(**QUICK).fit(IMAGES[:100], y[:100])
    assert translator.predict(IMAGES[:3]).shape == (3, 8, 8, 3)
    assert translator.predict(np.tile(IMAGES[:1], (1, 10, 37))).shape == (1, 80, 296, 3)


@pytest.mark.parametrize(
    ("shape", "options"),
    [((60, 64), {"image_shape": (8, 8)}), ((60, 8, 8), {"channel_axis": -1})],
)
def test_one_layout_may_be_that_of_one_side(shape, options):
    grey, colour = IMAGES[:60].reshape(shape), np.stack([IMAGES[:60]] * 3, axis=-1)
    for X, y in ((grey, colour), (colour, grey)):
        translator = ImageTranslator(**{**QUICK, "max_steps": 3}, **options).fit(X, y)
        assert translator.predict(X[:5]).shape == y[:5].shape
    for images in (grey, colour):
        with pytest.raises(ValueError, match=r"does not fit X|is no channel axis"):
            ImageTranslator(image_shape=(7, 7), channel_axis=5).fit(images, images)


def test_there_and_back_without_pairs(tmp_path):
    translator = ImageTranslator(paired=False, **QUICK).fit(IMAGES[:90], (16 - IMAGES[90:]) * 15)
    there = translator.predict(IMAGES[:5])
    back = translator.inverse_transform(there)
    assert there.max() > 16 >= back.max()
    translator.save(tmp_path / "translator")
    again = load(tmp_path / "translator")
    np.testing.assert_array_equal(again.predict(IMAGES[:5]), there)
    np.testing.assert_array_equal(again.inverse_transform(there), back)


def test_starts_are_a_part_of_the_time(monkeypatch):
    """Each step takes a second: two for each start, twenty for the one that scores best."""
    seconds, begun = [], []
    step, first_weights = Players.step, base.first_weights
    clock = SimpleNamespace(perf_counter=lambda: float(len(seconds)))
    monkeypatch.setattr(Players, "step", lambda *a: seconds.append(1) or step(*a))
    monkeypatch.setattr(budget, "time", clock)
    monkeypatch.setattr(session, "time", clock)
    monkeypatch.setattr(
        base, "first_weights", lambda seed: begun.append(seed) or first_weights(seed)
    )
    scores = iter([0.9, 0.8, 0.3, 0.9, *np.linspace(0.5, 0.4, 10)])
    monkeypatch.setattr(DistanceFromReal, "__call__", lambda *_: next(scores))
    options = {**QUICK, "max_steps": 1_000, "max_time": 28}
    translator = ImageTranslator(paired=False, **options).fit(IMAGES[:60], 16 - IMAGES[60:120])
    assert translator.n_steps_ == 20
    assert len(seconds) == 28
    assert [seed - begun[0] for seed in begun[:5]] == [0, 1, 2, 3, 2]


@pytest.mark.slow
def test_inverted_digits_are_recognised_though_no_pair_was_seen():
    X, y = IMAGES[:1200], DIGITS.target
    translator = ImageTranslator(paired=False, random_state=0).fit(X[:600], 16 - X[600:])
    judge = SVC(C=10).fit((16 - X).reshape(1200, -1), y[:1200])
    made = translator.predict(IMAGES[1200:]).reshape(-1, 64)
    assert judge.score(made, y[1200:]) > 0.75


def test_a_checkpoint_is_gone_on_with(tmp_path):
    kept = {"checkpoint": tmp_path / "run", **QUICK}
    first = ImageTranslator(**kept).fit(IMAGES[:60], 16 - IMAGES[:60])
    again = ImageTranslator(**kept).fit(IMAGES[:60], 16 - IMAGES[:60])
    assert again.history_ == first.history_  # seconds included: nothing was trained anew
    with pytest.raises(ValueError, match="y has other values"):
        ImageTranslator(**kept).fit(IMAGES[:60], 16 - IMAGES[1:61])


@pytest.mark.parametrize(
    ("limit", "n_steps"), [({}, 15), ({"max_steps": 1_000, "max_time": 28}, 20)]
)
def test_a_training_that_goes_on_tries_no_starts_again(tmp_path, monkeypatch, limit, n_steps):
    """Each step takes a second, and eight are those of the starts."""
    seconds, cuts = [], []
    step = Players.step
    clock = SimpleNamespace(perf_counter=lambda: float(len(seconds)))

    def stepped(*given):
        if cuts and len(seconds) == cuts[0]:
            raise OSError("power is out")
        seconds.append(1)
        return step(*given)

    monkeypatch.setattr(Players, "step", stepped)
    monkeypatch.setattr(budget, "time", clock)
    monkeypatch.setattr(session, "time", clock)
    options = {"paired": False, **QUICK, **limit}
    whole = ImageTranslator(**options).fit(IMAGES[:60], 16 - IMAGES[60:120])
    assert len(seconds) == 8 + n_steps
    seconds.clear()
    # Of the first training three steps are lost, of the second none.
    for cut, every in ((8 + 3, 60), (8 + 3 + 5, 0)):
        cuts[:] = [cut]
        kept = ImageTranslator(checkpoint=tmp_path / "run", checkpoint_seconds=every, **options)
        with pytest.raises(OSError, match="power is out"):
            kept.fit(IMAGES[:60], 16 - IMAGES[60:120])
    cuts.clear()
    for _ in ("goes on", "was finished"):
        kept.fit(IMAGES[:60], 16 - IMAGES[60:120])
        assert len(seconds) == 8 + 3 + n_steps
        np.testing.assert_array_equal(kept.predict(IMAGES), whole.predict(IMAGES))


def test_what_cannot_be_used_is_refused_before_training():
    colour = np.stack([IMAGES[:9]] * 3, axis=-1)

    def refused(match, X, y, **parameters):
        with pytest.raises(ValueError, match=match):
            ImageTranslator(**{**QUICK, **parameters}).fit(X, y)

    refused("y must hold the images .* one label per image", IMAGES[:9], DIGITS.target[:9])
    refused("y must hold the images .* None", IMAGES[:9], None)
    refused("Use ImageTranslator|paired=False", IMAGES[:9], IMAGES[:8])
    refused("Resize them to the same", IMAGES[:9], IMAGES[:9, 1:])
    refused("Resize them to the same", IMAGES[:9], IMAGES[:5, 1:], paired=False)
    refused("could be 1 to 4 channels", IMAGES[:9], np.zeros((9, 8, 8, 8)))
    refused("patch_size=9 does not fit", IMAGES[:9], IMAGES[:9], patch_size=9)
    refused("at least 4 pixels", IMAGES[:9, :3], IMAGES[:9, :3])
    translator = ImageTranslator(**QUICK).fit(colour, IMAGES[:9])
    with pytest.raises(ValueError, match="3"):
        translator.predict(IMAGES[:9])
    with pytest.raises(ValueError, match="paired=True learns the way there only"):
        translator.inverse_transform(IMAGES[:9])
