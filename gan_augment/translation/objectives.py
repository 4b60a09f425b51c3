"""What generators are held to beside the game, and how they are scored on held-out crops."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan_augment.backends.image.validation import RandomFeatures, inhomogeneity
from gan_augment.training.recipe import DataSource, Generator

_N_SCORED = 256
_N_SCORED_NOISY = 64
_LEAST_SHARE = 1e-3


class ShareOfNoiseLeft:
    """Squared error of denoised crops as a share of that of noisy ones; smaller is better.

    The crops and their noise are drawn once.
    """

    tolerance = 0.002

    def __init__(self, source: DataSource, device: torch.device, seed: int):
        rng = torch.Generator(device).manual_seed(seed)
        self.clean, self.noisy = source.draw(_N_SCORED_NOISY, rng)
        self.error = (self.noisy - self.clean).square().mean().clamp(min=1e-8)

    def as_loss(self, generator: Any, fake: Tensor, real: Tensor, labels: Tensor) -> Tensor:
        """Mean over crops of the logarithm of that share: what is asked for is the mean PSNR.

        Smooth crops, whose errors are small, would hardly count in a plain mean of squares.

        References
        ----------
        Chen et al. (2022), "Simple baselines for image restoration" (NAFNet), ECCV.
        """
        errors = (fake - real).square().flatten(1).mean(dim=1) / self.error
        return (errors + _LEAST_SHARE).log().mean()

    def __call__(self, generator: Generator) -> float:
        """Score of a generator."""
        made = _translated(generator, self.noisy)
        return float((made - self.clean).square().mean() / self.error)


def absolute_error(generator: Any, fake: Tensor, real: Tensor, labels: Tensor) -> Tensor:
    """Mean absolute error of translated images, whose answers are known."""
    return (fake - real).abs().mean()


def return_error(generator: Any, fake: Tensor, real: Tensor, labels: Tensor) -> Tensor:
    """Mean absolute error of both kinds of images once they were there and are back."""
    return (generator.return_trip(fake) - labels).abs().mean()


class UnexplainedShare:
    """Squared error of translated crops as a share of the answers' variance."""

    tolerance = 0.02

    def __init__(self, source: DataSource, device: torch.device, seed: int):
        rng = torch.Generator(device).manual_seed(seed)
        self.real, self.inputs = source.draw(_N_SCORED, rng)
        mean = self.real.mean(dim=(0, 2, 3), keepdim=True)
        self.error = (self.real - mean).square().mean().clamp(min=1e-8)

    def __call__(self, generator: Generator) -> float:
        """Score of a generator."""
        fake = _translated(generator, self.inputs)
        return float((fake - self.real).square().mean() / self.error)


class DistanceFromReal:
    """How far translated crops are from real ones, from 0 (alike) to 1; the mean of both ways."""

    tolerance = 0.02

    def __init__(self, source: DataSource, device: torch.device, seed: int):
        rng = torch.Generator(device).manual_seed(seed)
        real, self.inputs = source.draw(_N_SCORED, rng)
        self.features = RandomFeatures(real.shape[1], (real.shape[2], real.shape[3]))
        self.real = self.features.of(real.cpu().numpy())

    def __call__(self, generator: Generator) -> float:
        """Score of a generator."""
        fake = _translated(generator, self.inputs).cpu().contiguous().numpy()
        return inhomogeneity(self.real, self.features.of(fake))


def _translated(generator: Generator, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.cat([generator(part, part) for part in inputs.split(32)])
