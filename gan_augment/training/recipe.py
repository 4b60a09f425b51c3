"""What a training is made of: how the players learn, and what the loop asks of what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Recipe:
    """How the two players learn; what they are is not known here.

    Attributes
    ----------
    loss : str
        The game: a name from `gan_augment.training.losses.LOSSES`.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
        Of both players.
    generator_lr, discriminator_lr : float
        Peak learning rates; they fall by a cosine to a twentieth.
    warm_up_steps : int
        Steps over which learning rates grow to their peak.
    clip_norm : float or None
        The norm that gradients of the generator are cut to; None leaves them.
    betas : tuple of float
        Decays of the moments of "adam" and "adamw".
    gamma : float
        Weight of the gradient penalty; 0 goes without.
    penalty_interval : int
        The penalty is taken at every so many steps, with a weight to match.
    penalty_stride : int
        The penalty is taken on every so many rows of the batch.
    discriminator_steps : int
        Updates of the discriminator per update of the generator.
    ema_decay : float
        Decay of the moving average of the generator's weights, per step.
    precision : {"auto", "float32", "bfloat16"}
        Number format of matrix products.
    cuda_graph : bool
        Whether steps are recorded and replayed on GPUs: what draws and judges rows must be free of
        waits for the GPU.
    batch_size : int
        Rows per step.
    adversarial_weight : float
        Weight of the game in the generator's loss; 0 leaves the reconstruction alone.
    adversarial_from : float
        Share of the training after which the game begins; before it there is the reconstruction
        alone.
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
