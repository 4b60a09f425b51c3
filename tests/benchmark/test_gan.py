from __future__ import annotations

from samplers import Repeat

from gan_augment import GANAugmenter
from gan_augment.benchmark import SCORES, compare, competitors
from gan_augment.benchmark.competitors import SDV_METHODS

QUICK = {"learners": ["logistic_regression", "random_forest"], "cv": 2, "verbose": 0}


class QuickGAN(GANAugmenter):
    def __init__(self, *, random_state=None):
        super().__init__(max_steps=2, early_stopping=False, random_state=random_state)


def test_the_gan_fills_the_rare_class_in_every_training_fold(mixed):
    gan = GANAugmenter(max_steps=2, early_stopping=False)
    result = compare(*mixed, methods={"gan": gan}, **QUICK)
    assert (result.cells["status"] == "ok").all(), result.failures()
    assert (result.cells.query("method == 'gan'")["n_added"] == 80).all()
    assert result.cells[list(SCORES)].notna().all(axis=None)


def test_the_gan_is_there_by_name(mixed, monkeypatch):
    monkeypatch.setattr(competitors, "GANAugmenter", QuickGAN)
    result = compare(*mixed, methods="gan", **QUICK)
    assert (result.cells["status"] == "ok").all(), result.failures()


def test_the_gate_wraps_every_learner(mixed, monkeypatch):
    seen = []

    class Gate:
        def __init__(self, estimator, augmenter, cv, pos_label, random_state, memory):
            seen.append((type(augmenter).__name__, pos_label, random_state))
            self.estimator = estimator

        def fit(self, X, y):
            return self.estimator.fit(X, y)

    monkeypatch.setattr(competitors, "AugmentedClassifier", Gate)
    result = compare(*mixed, methods="gan_gated", pos_label="usual", **QUICK)
    assert (result.cells["status"] == "ok").all(), result.failures()
    assert len(seen) == 4
    assert {told[:2] for told in seen} == {("GANAugmenter", "usual")}
    assert len({seed for *_, seed in seen}) == 2


def test_a_rival_is_trained_on_the_classes_that_grow_only(mixed, monkeypatch):
    asked = []

    class Recorder(Repeat):
        def __init__(self, backend=None, train_on=None, random_state=None):
            asked.append((backend, train_on))
            super().__init__(random_state=random_state)

    monkeypatch.setattr(competitors, "SDVBackend", str)
    monkeypatch.setattr(competitors, "GANAugmenter", Recorder)
    result = compare(*mixed, methods=list(SDV_METHODS), **QUICK)
    assert (result.cells["status"] == "ok").all(), result.failures()
    assert set(asked) == {(name, "minority") for name in SDV_METHODS.values()}
