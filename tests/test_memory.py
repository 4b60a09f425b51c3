"""Memory that runs out costs speed, not the training."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits

from gan_augment import GANAugmenter, ImageDenoiser, ImageGAN, TabularGAN
from gan_augment.training.memory import is_out_of_memory, within_memory
from gan_augment.training.players import Players
from gan_augment.training.recipe import Recipe


def memory_for(monkeypatch, most):
    """Let steps of more than so many rows run out of memory; the batches that were tried."""
    tried = []
    original = Players.step

    def step(self, source, index):
        tried.append(self.recipe.batch_size)
        if self.recipe.batch_size > most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return original(self, source, index)

    monkeypatch.setattr(Players, "step", step)
    return tried


def augmenter_of(batch_size, kind="table"):
    if kind == "table":
        backend = TabularGAN(generator_width=16, discriminator_width=16, depth=1)
    else:
        backend = ImageGAN(width=4, latent_dim=8)
    backend.set_params(batch_size=batch_size)
    return GANAugmenter(backend=backend, max_steps=9, random_state=0, device="cpu")


def data_of(kind):
    if kind == "table":
        return load_breast_cancer(return_X_y=True)
    images, digit = load_digits(return_X_y=True)
    return images[:300].reshape(-1, 8, 8), digit[:300]


@pytest.mark.parametrize("kind", ["table", "images"])
def test_batches_shrink_until_they_fit(monkeypatch, kind):
    X, y = data_of(kind)
    fitting = augmenter_of(64, kind).fit(X, y)
    tried = memory_for(monkeypatch, 64)
    augmenter = augmenter_of(256, kind)
    with pytest.warns(RuntimeWarning, match=r"Memory on cpu ran out.*starts again") as warned:
        augmenter.fit(X, y)
    assert [str(w.message)[-12:] for w in warned] == ["of 128 rows.", " of 64 rows."]
    assert tried == [256, 128] + [64] * 9
    np.testing.assert_array_equal(augmenter.sample(20), fitting.sample(20))


def test_batches_of_crops_shrink_too(monkeypatch):
    tried = memory_for(monkeypatch, 32)
    denoiser = ImageDenoiser(max_steps=2, batch_size=64, width=4, random_state=0, device="cpu")
    with pytest.warns(RuntimeWarning, match=r"batches of 32 rows"):
        denoiser.fit(data_of("images")[0][:60])
    assert tried == [64, 32, 32]


class OnFullGpu:
    """A generator on a GPU that has no room to draw."""

    def __init__(self, generator):
        self.generator = generator

    def parameters(self):
        yield torch.empty(0, device="meta")

    def cpu(self):
        return self.generator


@pytest.mark.parametrize("kind", ["table", "images"])
def test_rows_are_drawn_on_the_cpu_where_the_gpu_is_full(monkeypatch, kind):
    augmenter = augmenter_of(64, kind).fit(*data_of(kind))
    drawn = augmenter.sample(20)
    original = type(augmenter.backend_)._draw

    def draw(self, generator, labels, seed):
        if isinstance(generator, OnFullGpu):
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return original(self, generator, labels, seed)

    monkeypatch.setattr(type(augmenter.backend_), "_draw", draw)
    augmenter.backend_._generator = OnFullGpu(augmenter.backend_._generator)
    with pytest.warns(RuntimeWarning, match="ran out.*on the CPU"):
        np.testing.assert_array_equal(augmenter.sample(20), drawn)


@pytest.mark.parametrize("kind", ["table", "images"])
def test_memory_for_nothing_is_an_error_with_a_remedy(monkeypatch, kind):
    X, y = data_of(kind)
    memory_for(monkeypatch, 8)
    with (
        pytest.warns(RuntimeWarning, match="32 rows"),
        pytest.raises(MemoryError, match=r"not enough memory.*Tried to allocate.*narrower"),
    ):
        augmenter_of(64, kind).fit(X, y)


def test_gpu_that_is_too_small_gives_way_to_the_cpu():
    tried = []

    def attempt(recipe, device):
        tried.append((device.type, recipe.batch_size))
        if device.type != "cpu":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return "trained"

    with pytest.warns(RuntimeWarning, match="Memory on cuda ran out") as warned:
        result = within_memory(attempt, Recipe(batch_size=100), torch.device("cuda"))
    assert "the CPU, which is slower" in str(warned[-1].message)
    assert result == ("trained", torch.device("cpu"))
    assert tried == [("cuda", 100), ("cuda", 50), ("cuda", 32), ("cpu", 100)]


def test_other_errors_are_passed_on(monkeypatch):
    def attempt(recipe, device):
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        within_memory(attempt, Recipe(), torch.device("cpu"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"))
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(ValueError("out of memory"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_gpu_that_is_really_full():
    X, y = load_breast_cancer(return_X_y=True)
    device = torch.device("cuda")
    torch.cuda.set_per_process_memory_fraction(1e-4)
    try:
        backend = TabularGAN(batch_size=500, generator_width=512, discriminator_width=512)
        augmenter = GANAugmenter(backend=backend, max_steps=9, random_state=0, device=device)
        with pytest.warns(RuntimeWarning, match="Memory on cuda ran out"):
            augmenter.fit(X, y)
        assert augmenter.device_ == "cpu"
        assert len(augmenter.sample(10)) == 10
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
