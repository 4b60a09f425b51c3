"""Several processes train one model: the model that one process trains."""

import json
import multiprocessing
import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine

import gan_augment
from gan_augment import GANAugmenter, TabularGAN


def augmenter_of(**options):
    backend = TabularGAN(
        generator_width=16,
        discriminator_width=16,
        depth=1,
        latent_dim=8,
        **{"batch_size": 45, "precision": "float32", **options.pop("backend", {})},
    )
    return GANAugmenter(
        backend=backend, **{"max_steps": 20, "random_state": 0, "device": "cpu", **options}
    )


def fitted_table(shift, **options):
    X, y = load_wine(return_X_y=True)
    return augmenter_of(**options).fit(X + shift, y)


def fitted_images(shift, kind, **options):
    X = load_digits().images[shift : 40 + shift]
    quick = {"max_steps": 2, "width": 4, "depth": 1, "random_state": 0, "device": "cpu"}
    return getattr(gan_augment, kind)(**quick, **options).fit(X, 16 - X)


def train_as(rank, size, folder, fitted, options, own_data):
    import torch
    from torch import distributed as dist

    torch.set_num_threads(1)
    store = dist.FileStore(str(folder / "store"), size)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=size)
    result = {}
    try:
        model = fitted(rank if own_data else 0, **options)
        model.save(folder / "model")
        result = {"history": model.history_}
        if fitted is fitted_table:
            result["rows"] = model.sample(20).tolist()
    except ValueError as error:
        result = {"error": str(error)}
    (folder / f"rank{rank}.json").write_text(json.dumps(result))
    dist.destroy_process_group()


def train_together(folder, size=2, own_data=False, fitted=fitted_table, **options):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gan_augment", "pandas.testing", "pytest"])
    processes = [
        context.Process(target=train_as, args=(rank, size, folder, fitted, options, own_data))
        for rank in range(size)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        process.kill()
    return [json.loads((folder / f"rank{rank}.json").read_text()) for rank in range(size)]


def losses(history):
    return [[r["discriminator_loss"], r["generator_loss"]] for r in history]


@pytest.mark.parametrize(
    "options",
    [
        # Adam makes steps of the rounding errors of gradients that are zero.
        {"backend": {"optimizer": "sgd"}},
        {"backend": {"loss": "hinge", "optimizer": "sgd"}, "early_stopping": False},
        {"random_state": None, "max_steps": 10**6, "max_time": 0.3},
    ],
)
def test_two_processes_train_the_model_of_one(tmp_path, options):
    X, y = load_wine(return_X_y=True)
    results = train_together(tmp_path, **options)
    np.testing.assert_array_equal(losses(results[0]["history"]), losses(results[1]["history"]))
    together = gan_augment.load(tmp_path / "model")
    assert np.isfinite(together.sample(20)).all()
    if options.get("random_state", 0) is None:
        return
    assert results[0]["rows"] == results[1]["rows"]
    alone = augmenter_of(**options).fit(X, y)
    np.testing.assert_allclose(
        losses(results[0]["history"]), losses(alone.history_), rtol=1e-5, atol=1e-5
    )
    assert together.n_steps_ == alone.n_steps_
    np.testing.assert_allclose(together.sample(20), alone.sample(20), rtol=0.05)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fitted": fitted_images, "kind": "ImageDenoiser"},
        {"fitted": fitted_images, "kind": "ImageTranslator"},
    ],
)
def test_processes_with_different_data_are_told(tmp_path, options):
    for result in train_together(tmp_path, own_data=True, **options):
        assert "given different data" in result["error"]
        assert "call fit with all the rows" in result["error"]


def test_too_many_processes_for_a_batch_are_told(tmp_path):
    for result in train_together(tmp_path, backend={"batch_size": 1}):
        assert "batch_size=1 leaves some of 2 processes without a row" in result["error"]


# Adam's first steps divide by gradients as small as rounding, and so make rounding large; the wide
# networks of this script show it, and SGD does not.
@pytest.mark.slow
def test_torchrun_needs_no_change_of_the_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import json, os\n"
        "from sklearn.datasets import load_wine\n"
        "from gan_augment import GANAugmenter, TabularGAN\n"
        "X, y = load_wine(return_X_y=True)\n"
        "backend = TabularGAN(batch_size=44, precision='float32', optimizer='sgd')\n"
        "augmenter = GANAugmenter(backend=backend, max_steps=30, random_state=0, device='cpu')\n"
        "augmenter.fit(X, y).save(os.environ['OUT'])\n"
    )
    histories = []
    for n in (1, 2):
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n}"]
        out = str(tmp_path / f"model{n}")
        environment = {**os.environ, "OUT": out, "OMP_NUM_THREADS": "1"}
        subprocess.run([sys.executable, *launcher, script], check=True, env=environment)
        histories.append(losses(gan_augment.load(out).history_))
    np.testing.assert_allclose(*histories, rtol=1e-5, atol=1e-5)
