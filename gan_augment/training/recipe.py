"""What a training is made of: how the players learn, and what the loop asks of what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Recipe:
    """How the two players learn; what they are is not known here.

    The gradient penalty is taken at every `penalty_interval`-th step, on every
    `penalty_stride`-th row of the batch. The game begins after the share `adversarial_from` of the
    training; before it, there is the reconstruction alone. Learning rates grow to their peak over
    `warm_up_steps`. Gradients of the generator are cut to the norm `clip_norm`, if there is one.
    With `cuda_graph`, steps are recorded and replayed on GPUs: what draws and judges rows must be
    free of waits for the GPU.
    """

    loss: str = "relativistic"
    optimizer: str = "adam"
    generator_lr: float = 2e-3
    discriminator_lr: float = 2e-3
    warm_up_steps: int = 0
    clip_norm: float | None = None
    betas: tuple[float, float] = (0.0, 0.99)
    gamma: float = 1.0
    penalty_interval: int = 1
    penalty_stride: int = 1
    discriminator_steps: int = 1
    ema_decay: float = 0.995
    precision: str = "float32"
    cuda_graph: bool = False
    batch_size: int = 256
    adversarial_weight: float = 1.0
    adversarial_from: float = 0.0


class Generator(nn.Module):
    """What the loop asks of a generator."""

    def draw_latent(self, n: int, rng: torch.Generator) -> Tensor:
        """All the randomness that `n` rows need; ``forward(latent, labels)`` makes them rows."""
        raise NotImplementedError


Model = TypeVar("Model", bound=Generator)


class DataSource(Protocol):
    """Real rows in batches, on the device of the networks."""

    def draw(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Rows of shape (n, ...) and their labels of shape (n,)."""
        ...


class Augmentation(Protocol):
    """Random changes of what the discriminator sees, real or fake, which gradients pass through.

    References
    ----------
    Zhao et al. (2020), "Differentiable augmentation for data-efficient GAN training", NeurIPS.
    """

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """All the randomness that `n` rows need, shape (n, ...)."""
        ...

    def __call__(self, rows: Tensor, drawn: Tensor) -> Tensor:
        """The rows, changed."""
        ...


class Reconstruction(Protocol):
    """What the generator is held to beside the game, such as known answers."""

    def __call__(self, generator: Any, fake: Tensor, real: Tensor, labels: Tensor) -> Tensor:
        """Loss of the `fake` that `generator` made of `labels`; `real` was drawn with them."""
        ...
