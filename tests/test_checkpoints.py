"""A training that was cut off goes on as if it had not been."""

import errno
import multiprocessing
import os
import random
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from sklearn.datasets import load_wine

import gan_augment
from gan_augment import GANAugmenter, SDVBackend, TabularGAN
from gan_augment.training import budget
from gan_augment.training.distributed import Ranks
from gan_augment.training.players import Players


class PowerCutError(Exception):
    """What no code expects."""


@pytest.fixture
def wine():
    return load_wine(return_X_y=True, as_frame=True)


def cut_at(monkeypatch, step):
    original = Players.step

    def stepped(self, source, index):
        if index == step:
            raise PowerCutError
        return original(self, source, index)

    monkeypatch.setattr(Players, "step", stepped)


def trained_alike(one, other):
    assert one.n_steps_ == other.n_steps_
    assert one.backend_.best_step_ == other.backend_.best_step_
    for name, weights in one.backend_.weights_.items():
        np.testing.assert_array_equal(weights, other.backend_.weights_[name])
    records = [[{**r, "seconds": 0} for r in augmenter.history_] for augmenter in (one, other)]
    np.testing.assert_equal(*records)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"early_stopping": False},
        {"backend__optimizer": "rmsprop", "early_stopping": False},
        {"backend__optimizer": "sgd", "backend__discriminator_steps": 2, "early_stopping": False},
        {"backend__loss": "wasserstein", "max_steps": 37, "early_stopping": False},
    ],
)
@pytest.mark.parametrize("cut", [1, 18])
def test_resumed_training_is_the_uninterrupted_one(
    quick, wine, tmp_path, monkeypatch, options, cut
):
    options = {"max_steps": 40, **options}
    augmenter = quick().set_params(**options)
    whole = GANAugmenter(**augmenter.get_params(deep=False)).fit(*wine)
    augmenter.set_params(checkpoint=tmp_path / "run", checkpoint_seconds=0)
    with monkeypatch.context() as patch:
        cut_at(patch, cut)
        with pytest.raises(PowerCutError):
            augmenter.fit(*wine)
    steps = []
    original = Players.step
    monkeypatch.setattr(Players, "step", lambda *a: steps.append(a[2]) or original(*a))
    trained_alike(augmenter.fit(*wine), whole)
    assert steps[0] == cut
    assert_frame_equal(augmenter.sample(30), whole.sample(30))


def test_processes_that_write_no_checkpoint_do_not_collect_one(quick, wine, tmp_path, monkeypatch):
    monkeypatch.setattr("gan_augment.training.checkpoints.ranks", lambda: Ranks(1, 2))
    collected = []
    original = Players.get_state
    monkeypatch.setattr(Players, "get_state", lambda self: collected.append(1) or original(self))
    options = {"checkpoint": tmp_path / "run", "checkpoint_seconds": 0}
    quick(max_steps=20).set_params(**options).fit(*wine)
    assert len(collected) == 1
    assert not (tmp_path / "run").exists()


def test_training_resumes_after_it_was_set_back(quick, wine, tmp_path, monkeypatch):
    """A collapse halves the learning rate; that outlives a crash too."""
    scores = iter([0.6, 0.99, 0.6, 0.7, 0.65, 0.6] * 2)
    monkeypatch.setattr(
        "gan_augment.backends.tabular.backend.HeldOutScore.__call__", lambda *_: next(scores)
    )
    whole = quick(max_steps=60).fit(*wine)
    scores = iter([0.6, 0.99, 0.6, 0.7, 0.65, 0.6] * 2)
    augmenter = quick(max_steps=60, checkpoint=str(tmp_path / "run"), checkpoint_seconds=0)
    with monkeypatch.context() as patch:
        cut_at(patch, 21)
        with pytest.raises(PowerCutError):
            augmenter.fit(*wine)
    trained_alike(augmenter.fit(*wine), whole)


def test_training_limited_by_time_resumes_with_the_time_that_was_left(
    quick, wine, tmp_path, monkeypatch
):
    taken = []
    original = Players.step
    monkeypatch.setattr(Players, "step", lambda *a: taken.append(1) or original(*a))
    monkeypatch.setattr(budget, "time", SimpleNamespace(perf_counter=lambda: len(taken) / 8))
    whole = quick(max_steps=10**6, max_time=4).fit(*wine)
    assert whole.n_steps_ == 32
    limited = {"checkpoint": tmp_path / "run", "checkpoint_seconds": 0, "max_time": 4}
    augmenter = quick(max_steps=10**6, **limited)
    with monkeypatch.context() as patch:
        cut_at(patch, 18)
        with pytest.raises(PowerCutError):
            augmenter.fit(*wine)
    trained_alike(augmenter.fit(*wine), whole)


def test_finished_training_is_not_repeated(quick, wine, tmp_path, monkeypatch):
    augmenter = quick(checkpoint=tmp_path / "run").fit(*wine)
    rows = augmenter.sample(20)
    cut_at(monkeypatch, 0)
    assert_frame_equal(quick(checkpoint=tmp_path / "run").fit(*wine).sample(20), rows)
    assert os.listdir(tmp_path) == ["run"]


def test_checkpoint_changes_nothing(quick, wine, tmp_path):
    plain = quick(max_steps=40).fit(*wine)
    kept = quick(max_steps=40, checkpoint=tmp_path / "run", checkpoint_seconds=0).fit(*wine)
    trained_alike(kept, plain)


def test_seed_is_remembered_where_none_was_given(quick, wine, tmp_path, monkeypatch):
    options = {"random_state": None, "checkpoint": tmp_path / "run", "checkpoint_seconds": 0}
    with monkeypatch.context() as patch:
        cut_at(patch, 7)
        with pytest.raises(PowerCutError):
            quick(**options).fit(*wine)
    one = quick(**options).fit(*wine)
    trained_alike(quick(**options).fit(*wine), one)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"max_steps": 12}, "max_steps was 9, now 12"),
        ({"random_state": 1}, "random_state gave the seed"),
        ({"early_stopping": False}, "early_stopping was True, now False"),
        ({"backend__gamma": 2.0}, r"backend__gamma was 0\.5, now 2\.0"),
        ({"backend": "tabular"}, "backend__generator_width was 16, now 'auto'"),
        ({"train_on": "minority"}, "X has other values; y has other values"),
    ],
)
def test_other_parameters_are_refused_with_the_reason(quick, wine, tmp_path, changed, reason):
    options = {"checkpoint": tmp_path / "run"}
    quick(**options).fit(*wine)
    before = (tmp_path / "run").read_bytes()
    with pytest.raises(ValueError, match=rf"holds another training: .*{reason}.*start anew"):
        quick(**options).set_params(**changed).fit(*wine)
    assert (tmp_path / "run").read_bytes() == before


def test_other_data_are_refused_with_the_reason(quick, wine, tmp_path):
    X, y = wine
    augmenter = quick(checkpoint=tmp_path / "run").fit(X, y)
    with pytest.raises(ValueError, match="another training: X has other values"):
        augmenter.fit(X + 1, y)
    with pytest.raises(ValueError, match="another training: y has other values"):
        augmenter.fit(X, y.to_numpy()[::-1])
    augmenter.fit(X.to_numpy(), y.map({0: "a", 1: "b", 2: "c"}))


def test_file_of_something_else_is_refused(quick, wine, tmp_path):
    path = tmp_path / "run"
    quick().fit(*wine).save(path)
    with pytest.raises(ValueError, match=r"holds no training.*is a gan_augment model, not a gan_a"):
        quick(checkpoint=path).fit(*wine)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"holds no training.*truncated.*delete it"):
        quick(checkpoint=path).fit(*wine)
    with pytest.raises(ValueError, match=r"no folder.*nowhere.*Make it first"):
        quick(checkpoint=tmp_path / "nowhere" / "run").fit(*wine)
    quick(checkpoint=tmp_path / "fine").fit(*wine)
    with pytest.raises(ValueError, match="is a gan_augment checkpoint, not a gan_augment model"):
        gan_augment.load(tmp_path / "fine")


def test_saved_model_remembers_where_it_was_checkpointed(quick, wine, tmp_path):
    quick(checkpoint=tmp_path / "run").fit(*wine).save(tmp_path / "model")
    assert gan_augment.load(tmp_path / "model").checkpoint == str(tmp_path / "run")


def test_sdv_cannot_resume_and_says_so(wine, tmp_path, monkeypatch):
    monkeypatch.setattr("gan_augment.backends.sdv._synthesizer_class", lambda name: None)
    augmenter = GANAugmenter(backend=SDVBackend(), checkpoint=tmp_path / "run")
    with pytest.raises(ValueError, match=r"no use to SDVBackend.*checkpoint=None"):
        augmenter.fit(*wine)
    assert not (tmp_path / "run").exists()


def no_space(path, data):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def test_full_disk_costs_the_checkpoint_and_not_the_model(quick, wine, tmp_path, monkeypatch):
    options = {"checkpoint": tmp_path / "run", "checkpoint_seconds": 0, "early_stopping": False}
    whole = quick(early_stopping=False).fit(*wine)
    kept = []
    original = Players.step

    def full_from_step_3(self, source, index):
        if index == 3:
            kept.append((tmp_path / "run").read_bytes())
            monkeypatch.setattr(Path, "write_bytes", no_space)
        return original(self, source, index)

    with monkeypatch.context() as patch:
        patch.setattr(Players, "step", full_from_step_3)
        with pytest.warns(RuntimeWarning, match=r"run' could not be written.*No space") as warned:
            augmenter = quick(**options).fit(*wine)
    assert len(warned) == 1
    trained_alike(augmenter, whole)
    assert (tmp_path / "run").read_bytes() == kept[0]
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["run"]
    trained_alike(quick(**options).fit(*wine), whole)


def test_vanished_folder_costs_the_checkpoint_and_not_the_model(quick, wine, tmp_path, monkeypatch):
    folder = tmp_path / "mounted"
    folder.mkdir()
    original = Players.step

    def vanish_at_step_3(self, source, index):
        if index == 3:
            shutil.rmtree(folder, ignore_errors=True)
        return original(self, source, index)

    monkeypatch.setattr(Players, "step", vanish_at_step_3)
    augmenter = quick(checkpoint=folder / "run", checkpoint_seconds=0, early_stopping=False)
    with pytest.warns(RuntimeWarning, match=r"could not be written.*there is no folder"):
        augmenter.fit(*wine)
    trained_alike(augmenter, quick(early_stopping=False).fit(*wine))


def test_disk_that_is_full_from_the_start_is_told_before_training(
    quick, wine, tmp_path, monkeypatch
):
    monkeypatch.setattr(Path, "write_bytes", no_space)
    cut_at(monkeypatch, 0)
    with pytest.raises(OSError, match=r"checkpoint='.*run' cannot be written: .*Make room, name"):
        quick(checkpoint=tmp_path / "run").fit(*wine)
    assert os.listdir(tmp_path) == []


def test_checkpoint_cut_anywhere_is_refused(quick, wine, tmp_path):
    path = tmp_path / "run"
    quick(checkpoint=path).fit(*wine)
    content = path.read_bytes()
    for size in random.Random(0).sample(range(len(content)), 50):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"holds no training.*truncated.*delete it"):
            quick(checkpoint=path).fit(*wine)


def augmenter_to_kill(path, n_steps):
    backend = TabularGAN(generator_width=16, discriminator_width=16, depth=1, latent_dim=8)
    return GANAugmenter(
        backend=backend,
        max_steps=n_steps,
        random_state=0,
        device="cpu",
        early_stopping=False,
        checkpoint=path,
        checkpoint_seconds=0.02,
    )


def fit_and_keep_rows(path, n_steps):
    import torch

    torch.set_num_threads(1)
    augmenter = augmenter_to_kill(path, n_steps).fit(*load_wine(return_X_y=True, as_frame=True))
    augmenter.sample(50).to_pickle(f"{path}.rows")


def last_write(path):
    return path.stat().st_mtime_ns if path.exists() else None


def kill_again_and_again(folder, n_kills, n_steps):
    """Train in processes that are killed at random moments; how often that was."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gan_augment", "pandas.testing", "pytest"])
    rng = random.Random(0)
    path, kills = folder / "run", 0
    while not (folder / "run.rows").exists():
        before = last_write(path)
        process = context.Process(target=fit_and_keep_rows, args=(path, n_steps))
        process.start()
        while kills < n_kills and process.is_alive() and last_write(path) == before:
            process.join(0.002)
        process.join(rng.uniform(0, 0.1) if kills < n_kills else 300)
        if process.is_alive():
            process.kill()
            kills += 1
        process.join()
    return kills


@pytest.mark.parametrize(
    ("n_kills", "n_steps"),
    [(2, 200), pytest.param(20, 3_000, marks=pytest.mark.slow)],
)
def test_killed_training_ends_as_if_it_had_not_been(wine, tmp_path, n_kills, n_steps):
    import pandas as pd

    assert kill_again_and_again(tmp_path, n_kills, n_steps) >= n_kills
    (tmp_path / "whole").mkdir()
    assert kill_again_and_again(tmp_path / "whole", 0, n_steps) == 0
    killed, whole = (pd.read_pickle(f / "run.rows") for f in (tmp_path, tmp_path / "whole"))
    assert_frame_equal(killed, whole)
    assert {p.name for p in tmp_path.iterdir()} == {"run", "run.rows", "whole"}
