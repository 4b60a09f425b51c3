"""Steps that are recorded and replayed, as CUDA graphs are, lead where written ones do."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits, load_wine
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from gan_augment import GANAugmenter, ImageGAN, TabularGAN
from gan_augment.training import graphs
from gan_augment.training.players import Players


class Tape(TorchDispatchMode):
    """Records operations on tensors with their arguments as they are, like a CUDA graph."""

    def __init__(self):
        super().__init__()
        self.operations = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if function is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("a number was fetched from the device")
        self.operations.append((function, args, kwargs or {}, result))
        return result

    def replay(self):
        for function, args, kwargs, recorded in self.operations:
            again = function(*args, **kwargs)
            for old, new in zip(tree_flatten(recorded)[0], tree_flatten(again)[0], strict=True):
                if isinstance(old, torch.Tensor) and old is not new:
                    old.copy_(new)


class Tapes:
    """What `CUDAGraphs` is on a GPU, of tapes."""

    def __init__(self, rng):
        self.n_recorded, self.n_replayed = 0, 0

    def run(self, step):
        return step()

    def record(self, step):
        with Tape() as tape:
            losses = step()
        self.n_recorded += 1
        is_taken = True  # which a step on a GPU is not by being recorded

        @torch.no_grad()
        def replay():
            nonlocal is_taken
            if not is_taken:
                tape.replay()
                self.n_replayed += 1
            is_taken = False
            return losses

        return replay


@pytest.fixture
def tapes(monkeypatch):
    """Where the recorders are that trainings on the CPU get."""
    made = []

    def recorder_for(rng):
        made.append(Tapes(rng))
        return made[-1]

    monkeypatch.setattr(graphs, "recorder_for", recorder_for)
    return made


SHORT = {"max_steps": 40, "early_stopping": False, "random_state": 0}
TABLES = {
    "mixed": {},
    "adamw": {"optimizer": "adamw", "beta1": 0.5},
    "wasserstein": {"loss": "wasserstein"},
    "no penalty": {"gamma": 0, "n_frequencies": 0},
    "two steps of the discriminator": {"discriminator_steps": 2},
    "bfloat16": {"precision": "bfloat16"},
}


def mixed_table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(120, 3)), columns=list("abc"))
    frame["d"] = rng.choice(["red", "green", "blue"], 120)
    frame.loc[:20, "a"] = 0.0
    frame.loc[30:40, "b"] = np.nan
    return frame, (frame["c"] > 0).astype(int)


@pytest.mark.parametrize("options", TABLES.values(), ids=TABLES)
def test_recorded_steps_of_tables_lead_where_written_ones_do(tapes, options):
    X, y = mixed_table()

    def drawn(**more):
        backend = TabularGAN(generator_width=16, discriminator_width=16, **options, **more)
        return GANAugmenter(backend=backend, **SHORT).fit(X, y).sample(50)

    recorded = drawn()
    (recorder,) = tapes
    kinds = 1 if options.get("gamma") == 0 else 2
    assert recorder.n_recorded == kinds
    assert recorder.n_replayed == 40 - kinds * 4
    pd.testing.assert_frame_equal(recorded, drawn(cuda_graph=False), rtol=1e-3, atol=1e-3)
    assert len(tapes) == 1


@pytest.mark.parametrize("arch", ["dcgan", "residual", "dense"])
def test_recorded_steps_of_images_lead_where_written_ones_do(tapes, arch):
    images, y = load_digits(return_X_y=True)
    images, y = images[:300].reshape(-1, 8, 8), y[:300]

    def drawn(**more):
        backend = ImageGAN(arch=arch, width=8, augment="shift_cutout", **more)
        return GANAugmenter(backend=backend, **SHORT).fit(images, y).sample(20)

    recorded = drawn()
    (recorder,) = tapes
    assert recorder.n_replayed == 40 - 2 * 4
    np.testing.assert_allclose(recorded, drawn(cuda_graph=False), atol=0.05)


def drawn_of_wine(**options):
    X, y = load_wine(return_X_y=True)
    backend = TabularGAN(generator_width=16, discriminator_width=16, **options)
    return GANAugmenter(backend=backend, **SHORT).fit(X, y).sample(50)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("operation not permitted when stream is capturing"),
        torch.OutOfMemoryError("CUDA out of memory"),
    ],
)
def test_step_that_cannot_be_recorded_is_taken_as_it_is_written(tapes, monkeypatch, error):
    def record(self, step):
        step()
        raise error

    monkeypatch.setattr(Tapes, "record", record)
    with pytest.warns(RuntimeWarning, match=rf"{error}.*cuda_graph=False") as warned:
        drawn = drawn_of_wine()
    assert len(warned) == 1
    np.testing.assert_allclose(drawn, drawn_of_wine(cuda_graph=False), rtol=1e-3)


@pytest.mark.parametrize("gamma", [0, 0.5])
def test_step_that_fails_halfway_in_being_recorded_leaves_both_players_whole(
    tapes, monkeypatch, gamma
):
    def record(self, step):
        def fail(*_):
            raise RuntimeError("no room for this in a graph")

        with monkeypatch.context() as patch:
            patch.setattr(Players, "_adversarial_loss", fail)
            return step()

    monkeypatch.setattr(Tapes, "record", record)
    with pytest.warns(RuntimeWarning, match="no room for this"):
        drawn = drawn_of_wine(gamma=gamma)
    written = drawn_of_wine(gamma=gamma, cuda_graph=False)
    np.testing.assert_allclose(drawn, written, rtol=1e-3)


def test_replay_that_leads_elsewhere_is_not_used(tapes, monkeypatch):
    taken = []

    def take_twice(self, step):
        taken.append(step)
        return torch.enable_grad()(lambda: (step(), step())[1])

    monkeypatch.setattr(Tapes, "record", take_twice)
    with pytest.warns(RuntimeWarning, match="its replay is another step"):
        drawn = drawn_of_wine()
    assert len(taken) == 1
    np.testing.assert_allclose(drawn, drawn_of_wine(cuda_graph=False), rtol=1e-3)


def test_lessons_about_classes_are_recorded_too(tapes):
    X, y = load_wine(return_X_y=True)
    backend = TabularGAN(generator_width=16, discriminator_width=16)
    augmenter = GANAugmenter(backend=backend, max_steps=100, random_state=0).fit(X, y)
    game, lessons = tapes
    assert (game.n_recorded, lessons.n_recorded) == (2, 1)
    assert lessons.n_replayed == 150 - 4
    written = augmenter.set_params(backend__cuda_graph=False)
    drawn = augmenter.sample(50)
    np.testing.assert_allclose(drawn, written.fit(X, y).sample(50), rtol=0.02)


def test_optimisers_that_need_the_processor_are_not_recorded(tapes):
    drawn_of_wine(optimizer="sgd")
    drawn_of_wine(optimizer="rmsprop")
    assert not tapes


def test_steps_are_recorded_anew_after_a_setback(tapes, monkeypatch):
    X, y = load_wine(return_X_y=True)
    as_written = Players.step
    seen = []

    def spoil(self, source, index):
        losses = as_written(self, source, index)
        seen.append(index)
        if len(seen) == 20:
            with torch.no_grad():
                next(self.generator.parameters()).fill_(torch.nan)
        return losses

    monkeypatch.setattr(Players, "step", spoil)
    augmenter = GANAugmenter(max_steps=60, early_stopping=False, random_state=0)
    with pytest.warns(RuntimeWarning, match="no longer finite"):
        augmenter.fit(X, y)
    assert tapes[0].n_recorded == 4
    assert np.isfinite(augmenter.sample(20)).all()


class PowerCutError(Exception):
    """What no code expects."""


@pytest.mark.parametrize("first", ["recorded", "written"])
def test_training_goes_on_from_a_checkpoint_whoever_wrote_it(tapes, monkeypatch, tmp_path, first):
    X, y = load_wine(return_X_y=True)
    as_written, recorder_for = Players.step, graphs.recorder_for
    backend = TabularGAN(generator_width=16, discriminator_width=16)
    augmenter = GANAugmenter(backend=backend, **SHORT)

    def record(now):
        monkeypatch.setattr(graphs, "recorder_for", recorder_for if now else lambda rng: None)

    def cut(self, source, index):
        if index == 20:
            raise PowerCutError
        return as_written(self, source, index)

    record(False)
    whole = augmenter.fit(X, y).sample(20)
    augmenter.set_params(checkpoint=tmp_path / "run", checkpoint_seconds=0)
    record(first == "recorded")
    with monkeypatch.context() as patch:
        patch.setattr(Players, "step", cut)
        with pytest.raises(PowerCutError):
            augmenter.fit(X, y)
    record(first == "written")
    np.testing.assert_allclose(augmenter.fit(X, y).sample(20), whole, rtol=1e-2)
    (recorder,) = tapes
    assert recorder.n_replayed == 20 - 2 * 4


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_recorded_steps_on_a_gpu_lead_where_written_ones_do():
    np.testing.assert_allclose(drawn_of_wine(), drawn_of_wine(cuda_graph=False), rtol=0.05)
