"""The training loop: games, options, early stopping, interruption and divergence."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

from gan_augment import AugmentedClassifier, GANAugmenter, TabularGAN
from gan_augment.backends.tabular import backend as tabular_backend
from gan_augment.benchmark import compare
from gan_augment.training import budget
from gan_augment.training.players import Players


@pytest.fixture
def wine():
    return load_wine(return_X_y=True)


@pytest.mark.filterwarnings("ignore:Frequent values:UserWarning")  # of trainings this short
@pytest.mark.parametrize("loss", ["relativistic", "non_saturating", "hinge", "wasserstein"])
def test_every_game_learns_where_the_classes_are(wine, loss):
    X, y = wine
    backend = TabularGAN(loss=loss, generator_width=32, discriminator_width=64)
    augmenter = GANAugmenter(backend=backend, max_steps=150, random_state=0).fit(X, y)
    scale = X.std(axis=0)
    centres = np.array([X[y == label].mean(axis=0) / scale for label in range(3)])
    for label in range(3):
        drawn = augmenter.sample(300, y=label).mean(axis=0) / scale
        assert np.argmin(((centres - drawn) ** 2).sum(axis=1)) == label


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "adamw"},
        {"optimizer": "rmsprop"},
        {"optimizer": "sgd", "learning_rate": 0.05},
        {"activation": "relu"},
        {"activation": "silu"},
        {"activation": "gelu"},
        {"normalization": "layer"},
        {"depth": 0},
        {"discriminator_steps": 2},
        {"gamma": 0},
        {"penalty_interval": 4},
        {"class_balance": 1},
        {"batch_size": 7},
    ],
)
def test_every_option_trains(wine, options):
    X, y = wine
    backend = TabularGAN(**{"generator_width": 16, "discriminator_width": 16, **options})
    plain = TabularGAN(generator_width=16, discriminator_width=16)
    drawn = []
    for chosen in (backend, plain):
        augmenter = GANAugmenter(
            backend=chosen, max_steps=30, early_stopping=False, random_state=0
        ).fit(X, y)
        assert augmenter.n_steps_ == 30
        drawn.append(augmenter.sample(20))
    assert np.isfinite(drawn[0]).all()
    assert not np.array_equal(*drawn)


def test_history_tells_how_training_went(wine):
    X, y = wine
    augmenter = GANAugmenter(max_steps=60, random_state=0).fit(X, y)
    keys = {"step", "discriminator_loss", "generator_loss", "score", "seconds"}
    assert all(set(record) == keys for record in augmenter.history_)
    assert [record["step"] for record in augmenter.history_] == sorted(
        record["step"] for record in augmenter.history_
    )
    scores = {record["step"]: record["score"] for record in augmenter.history_}
    noise = (6 * len(X)) ** -0.5  # the standard error of the score of 178 real and 178 drawn rows
    assert scores[augmenter.backend_.best_step_] <= min(scores.values()) + noise


def scripted(monkeypatch, scores):
    """Let the held-out score follow a script, and note the weights that it was given."""
    seen = []

    class Scripted(tabular_backend.HeldOutScore):
        def __call__(self, generator):
            weights = {name: w.clone() for name, w in generator.state_dict().items()}
            seen.append(weights)
            return scores[len(seen) - 1]

    monkeypatch.setattr(tabular_backend, "HeldOutScore", Scripted)
    return seen


def test_best_weights_are_kept_as_a_copy(monkeypatch, wine):
    X, y = wine
    seen = scripted(monkeypatch, [0.8, 0.6, 0.7, 0.75, 0.74, 0.73, 0.7, 0.72])
    augmenter = GANAugmenter(max_steps=40, random_state=0).fit(X, y)
    assert augmenter.backend_.best_step_ == 8
    assert augmenter.n_steps_ < 40
    for name, kept in augmenter.backend_.weights_.items():
        np.testing.assert_array_equal(kept, seen[1][name])


def test_of_steps_that_score_alike_the_latest_is_kept(monkeypatch, wine):
    X, y = wine
    scripted(monkeypatch, [0.8, 0.6, 0.62, 0.7, 0.598, 0.62, 0.7, 0.64, 0.7, 0.7])
    augmenter = GANAugmenter(max_steps=40, random_state=0).fit(X, y)
    assert augmenter.n_steps_ == 40
    assert augmenter.backend_.best_step_ == 24


def test_without_early_stopping_the_last_step_is_kept(wine):
    X, y = wine
    augmenter = GANAugmenter(max_steps=23, early_stopping=False, random_state=0).fit(X, y)
    assert augmenter.n_steps_ == augmenter.backend_.best_step_ == 23


def test_max_time_ends_training(wine):
    X, y = wine
    augmenter = GANAugmenter(max_steps=10**6, max_time=0.5, early_stopping=False, random_state=0)
    assert 0 < augmenter.fit(X, y).n_steps_ < 10**5
    assert len(augmenter.sample(5)) == 5


def let_steps_take_a_second(monkeypatch):
    taken = []
    original = Players.step
    monkeypatch.setattr(Players, "step", lambda *a: taken.append(1) or original(*a))
    monkeypatch.setattr(budget, "time", SimpleNamespace(perf_counter=lambda: float(len(taken))))


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"max_steps": 10**6, "max_time": 1.5}, [1, 2]),
        ({"max_steps": 10**6, "max_time": 43}, [*range(5, 43, 5), 43]),
        ({"max_steps": 58, "max_time": 10**6}, [*range(6, 58, 6), 58]),
        ({"max_steps": 60, "max_time": 40}, [*range(4, 41, 4)]),
    ],
)
def test_what_ends_a_training_is_spread_over_its_evaluations(monkeypatch, wine, options, steps):
    let_steps_take_a_second(monkeypatch)
    scripted(monkeypatch, np.linspace(0.9, 0.5, 10))
    augmenter = GANAugmenter(**options, random_state=0).fit(*wine)
    assert [record["step"] for record in augmenter.history_] == steps
    assert augmenter.backend_.best_step_ == augmenter.n_steps_ == steps[-1]


def interrupt_at(monkeypatch, step):
    original = Players.step

    def interrupted(self, source, index):
        if index == step:
            raise KeyboardInterrupt
        return original(self, source, index)

    monkeypatch.setattr(Players, "step", interrupted)


def test_ctrl_c_keeps_the_best_model_so_far(monkeypatch, wine):
    X, y = wine
    interrupt_at(monkeypatch, 27)
    augmenter = GANAugmenter(max_steps=50, random_state=0)
    with pytest.warns(RuntimeWarning, match=r"interrupted at step 27 of 50.*is kept"):
        augmenter.fit(X, y)
    assert augmenter.n_steps_ == 27
    assert len(augmenter.sample(5)) == 5


def test_ctrl_c_before_the_first_step_is_passed_on(monkeypatch, wine):
    X, y = wine
    interrupt_at(monkeypatch, 0)
    with pytest.raises(KeyboardInterrupt):
        GANAugmenter(max_steps=50, random_state=0).fit(X, y)


def test_no_time_is_told_of(wine):
    with pytest.warns(RuntimeWarning, match=r"before the first step.*more than max_time=1e-09"):
        augmenter = GANAugmenter(max_time=1e-9, random_state=0).fit(*wine)
    assert "ended after 0 steps" in str(augmenter.diagnose())


def test_the_number_of_threads_changes_no_bit(wine):
    n_before, drawn = torch.get_num_threads(), []
    try:
        for n in (1, 2, 3):
            torch.set_num_threads(n)
            drawn.append(GANAugmenter(max_steps=30, random_state=0).fit(*wine).sample(50))
            assert torch.get_num_threads() == n
    finally:
        torch.set_num_threads(n_before)
    np.testing.assert_array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(drawn[0], drawn[2])


def test_ctrl_c_ends_work_that_a_training_is_a_part_of(monkeypatch, wine, tmp_path):
    X, y = wine
    interrupt_at(monkeypatch, 5)
    gan = GANAugmenter(max_steps=30, random_state=0)
    learner = LogisticRegression()
    gate = AugmentedClassifier(learner, gan, cv=2, amount="auto", memory=str(tmp_path / "memory"))
    for _ in range(2):  # nothing that was cut short is kept in the memory
        with pytest.raises(KeyboardInterrupt):
            gate.fit(X, y)
    with pytest.raises(KeyboardInterrupt):
        compare(
            X, y, methods={"gan": gan}, learners={"lr": learner}, output=tmp_path / "out", verbose=0
        )
    rows = (tmp_path / "out" / "rows.jsonl").read_text()
    assert '"gan"' not in rows


def spoil_at(monkeypatch, steps):
    original = Players.step

    def spoiled(self, source, index):
        losses = original(self, source, index)
        if index in steps:
            with torch.no_grad():
                next(self.generator.parameters()).fill_(torch.nan)
        return losses

    monkeypatch.setattr(Players, "step", spoiled)


@pytest.mark.parametrize("early_stopping", [True, False])
def test_weights_that_are_no_numbers_are_undone(monkeypatch, wine, early_stopping):
    X, y = wine
    spoil_at(monkeypatch, {22})
    augmenter = GANAugmenter(max_steps=50, early_stopping=early_stopping, random_state=0)
    with pytest.warns(RuntimeWarning, match=r"no longer finite at step 25 of \d+"):
        augmenter.fit(X, y)
    assert np.isfinite(augmenter.sample(50)).all()
    assert all(np.isfinite(weights).all() for weights in augmenter.backend_.weights_.values())


def test_hopeless_divergence_is_an_error_with_a_remedy(monkeypatch, wine):
    X, y = wine
    spoil_at(monkeypatch, set(range(100)))
    with pytest.raises(FloatingPointError, match=r"diverged.*smaller learning_rate"):
        GANAugmenter(max_steps=50, random_state=0).fit(X, y)


def test_verbose_shows_progress_and_device(capsys, wine):
    X, y = wine
    GANAugmenter(max_steps=20, device="cpu", random_state=0).fit(X, y)
    assert capsys.readouterr() == ("", "")
    augmenter = GANAugmenter(max_steps=20, early_stopping=False, device="cpu", verbose=1)
    augmenter.fit(X, y)
    shown = capsys.readouterr().err
    assert "cpu" in shown
    assert "20/20" in shown


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_model_trained_on_a_gpu_opens_on_a_cpu(wine):
    import pickle

    X, y = wine
    augmenter = GANAugmenter(max_steps=20, random_state=0).fit(X, y)
    assert augmenter.device_.startswith("cuda")
    copy = pickle.loads(pickle.dumps(augmenter))
    assert len(copy.sample(5)) == 5
