"""Long runs in one process leave nothing behind: memory, open files, threads."""

import gc
import os
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits

import gan_augment
from gan_augment import GANAugmenter, ImageGAN

ROUNDS = 200
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0


def held():
    """Resident megabytes, open files and threads of this process."""
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    files, threads = (len(os.listdir(f"/proc/self/{what}")) for what in ("fd", "task"))
    return pages * PAGE / 2**20, files, threads


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's /proc")
def test_two_hundred_fits_leave_nothing_behind(quick, mixed, tmp_path):
    images, digit = load_digits(return_X_y=True)
    images, digit = images[:60].reshape(-1, 8, 8), digit[:60] % 2
    path = tmp_path / "model"

    def one_round(seed):
        tables = quick(random_state=seed, checkpoint=tmp_path / f"run{seed}")
        tables.fit_resample(*mixed)
        tables.save(path)
        drawn = list(gan_augment.load(path).sample_batches(200, 100))
        backend = ImageGAN(width=4, latent_dim=8, arch="dcgan")
        pictures = GANAugmenter(backend=backend, max_steps=2, random_state=seed, device="cpu")
        pictures.fit(images, digit).sample(20)
        os.remove(tmp_path / f"run{seed}")
        return sum(map(len, drawn))

    measured = []
    for seed in range(ROUNDS):
        assert one_round(seed) == 200
        if seed % 10 == 9:
            measured.append(held())
    megabytes, files, threads = np.array(measured).T
    print(f"megabytes {megabytes.round(1)}, files {files}, threads {threads}")  # noqa: T201
    assert_array_equal(files, files[0])
    assert_array_equal(threads, threads[0])
    # The first rounds fill caches; of the others the later half holds what the earlier half held.
    early, late = megabytes[5:12].mean(), megabytes[-7:].mean()
    assert late - early < 0.01 * early
