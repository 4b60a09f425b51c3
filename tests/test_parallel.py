"""Threads and processes: the rows are those of one thread, and no global state is touched."""

import copy
import multiprocessing
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from sklearn.base import clone
from sklearn.datasets import load_digits, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits
from torch import nn

from gan_augment import ImageGAN
from gan_augment.backends.image.validation import RandomFeatures
from gan_augment.evaluation import ConvClassifier, convnet, image_scores, quality_report
from gan_augment.training.devices import one_thread, threads_of_this_process
from gan_augment.training.initialisation import first_weights


def fitted_rows(augmenter, seed, X, y):
    return clone(augmenter).set_params(random_state=seed).fit(X, y).sample(20)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_trainings_side_by_side_are_those_one_by_one(quick, mixed, backend):
    augmenter = quick(max_steps=5)
    alone = [fitted_rows(augmenter, seed, *mixed) for seed in range(4)]
    together = joblib.Parallel(n_jobs=4 if backend == "threading" else 2, backend=backend)(
        joblib.delayed(fitted_rows)(augmenter, seed, *mixed) for seed in range(4)
    )
    for one, other in zip(alone, together, strict=True):
        assert_frame_equal(one, other)


def test_eight_threads_draw_from_one_augmenter(quick, mixed):
    augmenter = quick().fit(*mixed)
    asked = [{"n_samples": 50 + i, "y": [None, "barolo"][i % 2]} for i in range(8)] * 3
    alone = [augmenter.sample(**call) for call in asked]
    # As it comes out of a pickle, the first call of all makes the network.
    for shared in (augmenter, pickle.loads(pickle.dumps(augmenter))):
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda call, a=shared: a.sample(**call), asked))
        for one, other in zip(alone, together, strict=True):
            assert_frame_equal(one, other)


def put_rows(queue, augmenter, X, y):
    queue.put((augmenter.sample(20), fitted_rows(augmenter, 0, X, y)))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fork is Linux's")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("kind", ["table", "images"])
def test_forked_workers_draw_and_train(quick, mixed, kind):
    if kind == "table":
        augmenter, data, assert_same = quick(max_steps=5), mixed, assert_frame_equal
    else:
        backend = ImageGAN(arch="dcgan", width=4, latent_dim=8)
        augmenter = quick(max_steps=2, backend=backend)
        # One thread adds up a convolution in another order than two.
        assert_same = partial(assert_allclose, rtol=0.01)
        data = np.random.default_rng(0).random((40, 28, 28)), np.repeat([0, 1], 20)
    augmenter.fit(*data)
    alone = augmenter.sample(20)
    n_before = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.ones(400, 400) @ torch.ones(400, 400)  # starts the threads that a fork lacks
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    workers = [
        context.Process(target=put_rows, args=(queue, augmenter, *data), daemon=True)
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    try:
        for _ in workers:
            for rows in queue.get(timeout=60):
                assert_same(rows, alone)
    finally:
        for worker in workers:
            worker.join(10)
            worker.kill()
        torch.set_num_threads(n_before)


def figures_of_images():
    X, y = load_digits(return_X_y=True)
    images, y = X[y < 2].reshape(-1, 8, 8).repeat(2, axis=1).repeat(2, axis=2), y[y < 2]
    judge = ConvClassifier(n_steps=3, random_state=0).fit(images, y)
    scores = image_scores(images[::2], images[1::2], judge=judge)
    plain = image_scores(images[::2], images[1::2])
    return [*judge.predict_proba(images[:9])[:, 0], *scores.iloc[0], *plain.iloc[0]]


def figures_of_a_table():
    X, _ = load_wine(return_X_y=True)
    report = quality_report(X[::2, :2], X[1::2, :2], verbose=0)
    return list(report.scores.values())


def start_threads():
    torch.ones(400, 400) @ torch.ones(400, 400)
    HistGradientBoostingClassifier(max_iter=1).fit(*load_wine(return_X_y=True))


def put_figures(queue, figures):
    queue.put(figures())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fork is Linux's")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("figures", [figures_of_images, figures_of_a_table])
def test_forked_workers_judge(figures):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    worker = context.Process(target=put_figures, args=(queue, figures), daemon=True)
    alone = figures()
    with threadpool_limits(2, user_api="openmp"):
        start_threads()  # which a fork lacks
        worker.start()
    try:
        assert_allclose(queue.get(timeout=30), alone, rtol=0.01, atol=0.01)
    finally:
        worker.kill()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fork is Linux's")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_during_a_training_has_one_thread():
    entered, leave = threading.Event(), threading.Event()

    def train():
        with one_thread():
            entered.set()
            leave.wait(60)

    def tell(queue):
        with threads_of_this_process():
            with one_thread():
                pass
            queue.put(torch.get_num_threads())

    n_before = torch.get_num_threads()
    torch.set_num_threads(2)
    thread = threading.Thread(target=train)
    thread.start()
    try:
        assert entered.wait(60)
        context = multiprocessing.get_context("fork")
        queue = context.Queue()
        worker = context.Process(target=tell, args=(queue,), daemon=True)
        worker.start()
        assert queue.get(timeout=60) == 1
        worker.join(10)
    finally:
        leave.set()
        thread.join()
        torch.set_num_threads(n_before)


def test_threads_leave_the_number_of_threads_as_it_was(quick, mixed):
    n_before = torch.get_num_threads()
    torch.set_num_threads(3)
    augmenter = quick().fit(*mixed)

    def work(i):
        rows = augmenter.sample(40_000) if i % 2 else fitted_rows(augmenter, i, *mixed)
        return len(rows), torch.get_num_threads()

    try:
        with ThreadPoolExecutor(4) as pool:
            assert {n for _, n in pool.map(work, range(8))} == {3}
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(n_before)


def test_many_rows_are_the_same_whatever_the_number_of_threads(quick, cancer):
    augmenter = quick().fit(*cancer)
    n_before = torch.get_num_threads()
    drawn = []
    try:
        for n in (1, 3):
            torch.set_num_threads(n)
            drawn.append(augmenter.sample(70_000))
            assert torch.get_num_threads() == n
    finally:
        torch.set_num_threads(n_before)
    assert_frame_equal(*drawn)
    assert not drawn[0].duplicated().any()  # of no part in another


@pytest.mark.parametrize(("side", "n_expected"), [(8, 1), (16, 3)])
def test_small_images_are_judged_with_one_thread(monkeypatch, side, n_expected):
    used = set()

    def noted(original):
        def forward(self, rows):
            used.add(torch.get_num_threads())
            return original(self, rows)

        return forward

    for network in (convnet._Network, RandomFeatures):
        monkeypatch.setattr(network, "forward", noted(network.forward))
    images = np.random.default_rng(0).random((8, side, side))
    n_before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        judge = ConvClassifier(n_steps=1, random_state=0).fit(images, np.arange(8) % 2)
        for features in (None, judge):
            image_scores(images, images, judge=features)
        assert used == {n_expected}
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(n_before)


def n_threads(*_):
    return torch.get_num_threads()


def test_workers_share_the_cores():
    counts = joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(n_threads)() for _ in "ab")
    assert max(counts) <= max(1, joblib.cpu_count() // 2)


def layers():
    parts = [nn.Linear(7, 9), nn.Embedding(4, 5), nn.Conv2d(3, 8, 3), nn.ConvTranspose2d(3, 4, 3)]
    orthogonal = nn.init.orthogonal_(torch.empty(6, 6))
    weights = [weight.detach().flatten() for part in parts for weight in part.parameters()]
    return torch.cat([*weights, orthogonal.flatten(), torch.randn(3), torch.rand(3)])


def layers_of(seed):
    with first_weights(seed):
        return layers()


def test_first_weights_have_a_source_of_their_own():
    before = torch.get_rng_state()
    alone = [layers_of(seed) for seed in range(16)]
    assert torch.equal(torch.get_rng_state(), before)
    with ThreadPoolExecutor(8) as pool:
        for one, other in zip(alone, pool.map(layers_of, range(16)), strict=True):
            assert torch.equal(one, other)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        assert torch.equal(layers(), alone[3])
    assert not torch.equal(alone[0], alone[1])


def test_training_leaves_all_global_state_alone(quick, mixed):
    state = copy.deepcopy(np.random.get_state()[1])  # noqa: NPY002
    before = torch.get_rng_state(), torch.get_num_threads(), torch.get_default_dtype()
    quick().fit(*mixed).sample(5)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.get_num_threads(), torch.get_default_dtype()) == before[1:]
    assert torch.is_grad_enabled()
