"""Synthetic rows whose classes a classifier of the real rows has a say in."""

import multiprocessing
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

import gan_augment
from gan_augment import GANAugmenter, TabularGAN
from gan_augment.backends.tabular import lessons, taught, teacher
from gan_augment.backends.tabular.sizing import default_label_sharpness, default_teacher_weight


def fitted(X, y, weight, *, steps=120, sharpness=1, **parameters):
    backend = TabularGAN(
        label_sharpness=sharpness,
        generator_width=64,
        discriminator_width=64,
        teacher_weight=weight,
        interpolate_below=0,
        **parameters,
    )
    augmenter = GANAugmenter(
        backend=backend, max_steps=steps, early_stopping=False, random_state=0, device="cpu"
    )
    return augmenter.fit(X, y)


@pytest.fixture(scope="module")
def digits():
    """Four pixels of digits, in classes by a rule with corners, which a GAN is slow to learn."""
    images = load_digits().data[:, [10, 20, 29, 42]]
    X = pd.DataFrame(images, columns=[f"pixel {i}" for i in range(4)])
    high = X.to_numpy() > np.median(X, axis=0)
    agree = np.where(high[:, 0], "both", "neither")
    return X, pd.Series(np.where(high[:, 0] == high[:, 1], agree, "one"))


@pytest.fixture(scope="module")
def both(digits):
    """A barely trained generator without and with a teacher."""
    return fitted(*digits, 0), fitted(*digits, 1)


def share_of_their_class(digits, augmenter, y):
    """How many rows a classifier takes for the class that was asked for."""
    forest = RandomForestClassifier(100, random_state=1).fit(*digits)
    return float(np.mean(forest.predict(augmenter.sample(y=y)) == y))


def test_rows_are_more_often_of_the_class_asked_for(digits, both):
    without, with_teacher = (share_of_their_class(digits, model, digits[1]) for model in both)
    assert without < 0.95  # else there is nothing to correct
    assert with_teacher > without + 0.5 * (1 - without)


def test_the_diagnosis_says_so(both):
    said = [str(model.diagnose()) for model in both]
    assert ["a say of 100%" in text for text in said] == [False, True]


def test_also_where_one_class_is_asked_for(digits, both):
    asked = np.repeat("one", 300)
    without, with_teacher = (share_of_their_class(digits, model, asked) for model in both)
    assert with_teacher > without


def test_half_a_say_lies_between(digits, both):
    without, with_teacher = (share_of_their_class(digits, model, digits[1]) for model in both)
    half = share_of_their_class(digits, fitted(*digits, 0.5), digits[1])
    assert without < half < with_teacher + 0.02


def test_every_label_gets_its_row_in_its_place(digits, both):
    X, y = digits
    asked = y.sample(len(y), random_state=3).to_numpy()
    rows, labels = both[1].sample(y=asked, return_y=True)
    assert (labels == asked).all()
    forest = RandomForestClassifier(100, random_state=1).fit(X, y)
    # The same shares elsewhere would agree in less than half.
    assert np.mean(forest.predict(rows) == asked) > 0.8


def test_real_rows_stay_and_classes_reach_their_size(digits):
    X, y = digits
    few = np.r_[np.flatnonzero(y == "both")[:60], np.flatnonzero(y != "both")]
    X, y = X.iloc[few].reset_index(drop=True), y.iloc[few].reset_index(drop=True)
    augmenter = fitted(X, y, 1)
    X_new, y_new = augmenter.fit_resample(X, y)
    pd.testing.assert_frame_equal(X_new.iloc[: len(X)], X)
    assert y_new.value_counts().nunique() == 1


def test_classes_of_few_rows_are_left_to_the_generator(digits):
    X, y = digits
    few = np.r_[np.flatnonzero(y == "both")[:20], np.flatnonzero(y != "both")]
    X, y = X.iloc[few].reset_index(drop=True), y.iloc[few].reset_index(drop=True)
    augmenter = fitted(X, y, 1)
    assert augmenter.backend_._architecture["student"]["n_classes"] == 2
    assert len(augmenter.sample(40, y="both")) == 40
    mixed = y.sample(200, random_state=0).to_numpy()
    assert len(augmenter.sample(y=mixed)) == 200


def test_same_seed_same_rows_and_streams(digits, both):
    again = fitted(*digits, 1)
    assert again.sample(100).equals(both[1].sample(100))
    batches = list(both[1].sample_batches(90, 40, y="neither", seed=5))
    assert [len(batch) for batch in batches] == [40, 40, 10]
    assert batches[0].equals(next(again.sample_batches(40, 40, y="neither", seed=5)))


def test_saved_and_pickled_models_draw_the_same_rows(digits, both, tmp_path):
    model = both[1]
    path = tmp_path / "model.safetensors"
    model.save(path)
    expected = model.sample(100)
    assert gan_augment.load(path).sample(100).equals(expected)
    assert pickle.loads(pickle.dumps(model)).sample(100).equals(expected)


def test_levels_missing_values_and_point_masses(mixed):
    X, y = mixed
    X = X.assign(masses=np.where(X["alcohol"] > 13, 0.0, X["hue"]))
    rows, labels = fitted(X, y, 1).sample(y=y, return_y=True)
    assert (rows.dtypes == X.dtypes).all()
    assert set(rows["strength"].dropna()) <= set(X["strength"].dropna())
    assert rows["alcohol"].isna().any()
    assert (rows["masses"] == 0).any()
    assert set(labels) == set(y)


@pytest.mark.parametrize("case", ["short", "one class of enough rows", "no labels"])
def test_where_there_is_no_teacher(digits, monkeypatch, case):
    def refuse(*args):
        raise AssertionError("a teacher was trained")

    monkeypatch.setattr(lessons, "learn_classes", refuse)
    X, y = digits
    if case == "short":
        fitted(X, y, 1, steps=50)
    elif case == "one class of enough rows":
        fitted(X[:60], 12 * ["a"] + 48 * ["b"], 1)
    else:
        fitted(X, None, 1)


def test_its_say_grows_with_the_rows_and_classes_need_less_sharpening():
    sizes = (60, 2_000, 3_000, 30_000, 3_000_000)
    weights = [default_teacher_weight(n) for n in sizes]
    assert weights == sorted(weights)
    assert 0.5 < weights[0] < 0.51
    assert weights[2] == 0.75
    assert weights[-1] > 0.99
    sharpness = [default_label_sharpness(n) for n in sizes]
    assert sharpness[:3] == [2, 2, 2]
    assert 2 > sharpness[3] > sharpness[4] > 1


@pytest.fixture(scope="module")
def noisy_digits(digits):
    """A third of the labels of one class are of the next."""
    X, y = digits
    wrong = np.random.default_rng(0).random(len(y)) < 0.3
    return X, y.where(~wrong, y.map({"both": "one", "one": "neither", "neither": "both"}))


@pytest.fixture(scope="module")
def blunt_and_sharp(noisy_digits):
    return fitted(*noisy_digits, 1), fitted(*noisy_digits, 1, sharpness=4)


def test_sharpened_labels_are_less_noisy(digits, noisy_digits, blunt_and_sharp):
    asked = noisy_digits[1]
    blunt, sharp = (share_of_their_class(digits, model, asked) for model in blunt_and_sharp)
    assert blunt < 0.75
    assert sharp > 0.85


def test_sharpened_classes_keep_their_shares(noisy_digits):
    X, y = noisy_digits
    # A class that is nowhere the likeliest would be lost without care.
    rare = y.where((y != "one") | (np.arange(len(y)) % 4 == 0), "both")
    model = fitted(X, rare, 1, sharpness=4)
    network = model.backend_._loaded_generator()
    labels = network.taught[torch.multinomial(network.shares, 4_000, replacement=True)]
    rng = torch.Generator().manual_seed(0)
    rows = network.generator.draw(network.generator.draw_latent(len(labels), rng), labels)
    opinion, _ = network._opinions(network.generator.encoded(rows))
    found = (network.label_sharpness * opinion).softmax(1).mean(0)
    assert found.numpy() == pytest.approx(network.shares.numpy(), abs=0.02)


def test_sharpened_models_come_back_from_files(blunt_and_sharp, tmp_path):
    blunt, sharp = blunt_and_sharp
    sharp.save(tmp_path / "model.safetensors")
    loaded = gan_augment.load(tmp_path / "model.safetensors")
    assert loaded.backend_.label_sharpness_ == 4
    assert blunt.backend_.label_sharpness_ == 1
    assert loaded.sample(100).equals(sharp.sample(100))
    assert "4.0 times" in str(loaded.diagnose())
    assert "times those of real rows" not in str(blunt.diagnose())


def test_interrupted_lessons_leave_the_generator(digits, both, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(lessons, "learn_classes", interrupted)
    with pytest.warns(RuntimeWarning, match="interrupted in its last phase"):
        model = fitted(*digits, 1)
    assert model.sample(50).equals(both[0].sample(50))


def test_memory_that_runs_out_goes_on_elsewhere_or_says_so(digits, monkeypatch):
    def no_memory(*args, **kwargs):
        raise MemoryError("no room for the lesson")

    monkeypatch.setattr(taught.TaughtGenerator, "learn", no_memory)
    with pytest.raises(MemoryError, match="no room"):
        fitted(*digits, 1)


def test_the_teacher_is_as_sure_as_it_may_be(digits):
    X, y = digits
    codes = pd.factorize(y)[0]
    rng = np.random.default_rng(0)
    noisy = np.where(rng.random(len(codes)) < 0.3, rng.integers(3, size=len(codes)), codes)
    learned, rest = np.arange(0, len(y), 2), np.arange(1, len(y), 2)
    table = gan_augment.frames.FrameBorder().learn(X)
    says = teacher.learn_classes(table.take(learned), noisy[learned], rng)
    found = says(table.values[rest])
    assert found.sum(axis=1) == pytest.approx(1)
    right = found.argmax(axis=1) == noisy[rest]
    assert found.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.08)


def test_of_many_rows_the_teacher_learns_some_of_every_class(digits, monkeypatch):
    X, y = digits
    codes = pd.factorize(y)[0]
    rare = np.flatnonzero(codes == 2)[:120]
    rows = np.r_[np.flatnonzero(codes != 2), rare]
    table = gan_augment.frames.FrameBorder().learn(X.iloc[rows])
    monkeypatch.setattr(teacher, "_MOST_VALUES", 4 * 300)
    says = teacher.learn_classes(table, codes[rows], np.random.default_rng(0))
    shares = np.bincount(codes[rows]) / len(rows)
    assert says(table.values).mean(axis=0) == pytest.approx(shares, abs=0.03)


class KnowsItAll(torch.nn.Module):
    """A student that is told what there is to know of three kinds of rows."""

    n_classes = 2

    def __init__(self, seen, asked):
        super().__init__()
        self.seen, self.asked = (torch.tensor(table).float().log() for table in (seen, asked))

    def forward(self, rows):
        kinds = rows.argmax(dim=1)
        return self.seen[kinds], self.asked[kinds]


@pytest.mark.parametrize("asked_shares", [(0.8, 0.2), (0.5, 0.5), (0.0, 1.0)])
def test_kept_rows_are_as_frequent_as_the_teacher_would_have_them(asked_shares):
    likelihood = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])  # of three kinds, for two classes
    of_kind = np.array([[0.95, 0.05], [0.7, 0.3], [0.3, 0.7]])  # what the teacher says of each
    real, drawn, asked = np.array([0.8, 0.2]), np.array([0.6, 0.4]), np.array(asked_shares)
    student = KnowsItAll(of_kind, drawn * likelihood.T)
    model = taught.TaughtGenerator(torch.nn.Identity(), student, teacher_weight=1.0)
    model.shares.copy_(torch.tensor(real))
    model.drawn_shares.copy_(torch.tensor(drawn))
    comes = asked @ likelihood
    kinds = np.random.default_rng(0).choice(3, size=100_000, p=comes)
    rows = torch.eye(3)[kinds]
    rng = torch.Generator().manual_seed(0)
    classes = model._classes(rows, torch.tensor(asked, dtype=torch.float32), rng).numpy()
    wanted = (asked / real) * of_kind * (real @ likelihood)[:, None]
    # No more can be kept than comes.
    wanted *= np.minimum(1, comes / wanted.sum(axis=1))[:, None]
    found = np.array([[np.mean((kinds == x) & (classes == k)) for k in (0, 1)] for x in range(3)])
    assert found == pytest.approx(wanted, abs=0.005)
    assert np.mean(classes == 2) == pytest.approx(1 - wanted.sum(), abs=0.01)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fork is Linux's")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_forked_workers_learn_classes(digits, both):
    X, y = digits
    # The threads of the first process, which a fork lacks.
    HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        rows = pool.submit(rows_of_a_fit, X, y).result(timeout=120)
    assert len(rows) == 50


def rows_of_a_fit(X, y):
    return fitted(X, y, 1).sample(50, y="one")


@pytest.mark.parametrize("weight", [-0.1, 1.5, "much", None])
def test_a_weight_that_is_none_is_refused(digits, weight):
    with pytest.raises(ValueError, match="teacher_weight"):
        fitted(*digits, weight)


@pytest.mark.parametrize("sharpness", [0.5, 0, "very", None])
def test_a_sharpness_that_is_none_is_refused(digits, sharpness):
    with pytest.raises(ValueError, match="label_sharpness"):
        fitted(*digits, 1, sharpness=sharpness)
