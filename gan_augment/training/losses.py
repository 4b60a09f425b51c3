"""The adversarial games: one function for each player, and the gradient penalties.

Every loss takes the logits that the discriminator gives to paired real and fake rows.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


class Discriminator(Protocol):
    """What the games ask of a discriminator."""

    def __call__(self, rows: Tensor, labels: Tensor) -> Tensor:
        """Logits of shape (n,) for rows of shape (n, ...) and labels of shape (n,)."""
        ...


class AdversarialLoss(Protocol):
    """Both players' losses."""

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """What the discriminator minimises."""
        ...

    def generator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """What the generator minimises."""
        ...


class Relativistic:
    """Relativistic pairing: how much more realistic is a real row than a fake one.

    References
    ----------
    Jolicoeur-Martineau (2019), "The relativistic discriminator", ICLR; Huang et al. (2024), "The
    GAN is dead; long live the GAN! A modern GAN baseline" (R3GAN), NeurIPS.
    """

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Softplus of how much more realistic the fake looks."""
        return F.softplus(fake_logits - real_logits).mean()

    def generator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Softplus of how much more realistic the real looks."""
        return F.softplus(real_logits - fake_logits).mean()


class NonSaturating:
    """Binary cross-entropy: real against fake, the original game.

    References
    ----------
    Goodfellow et al. (2014), "Generative adversarial nets", NeurIPS.
    """

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Cross-entropy of "real" for real rows and "fake" for fake ones."""
        return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()

    def generator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Cross-entropy of "real" for fake rows."""
        return F.softplus(-fake_logits).mean()


class Hinge:
    """Hinge loss.

    References
    ----------
    Lim & Ye (2017), "Geometric GAN", arXiv:1705.02894.
    """

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Margin violations on both sides."""
        return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()

    def generator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Negative mean logit of fake rows."""
        return -fake_logits.mean()


class Wasserstein:
    """Difference of mean critic values.

    References
    ----------
    Arjovsky et al. (2017), "Wasserstein GAN", ICML; Gulrajani et al. (2017), "Improved training
    of Wasserstein GANs", NeurIPS.
    """

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Negative estimate of the Wasserstein distance."""
        return fake_logits.mean() - real_logits.mean()

    def generator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Negative mean critic value of fake rows."""
        return -fake_logits.mean()


LOSSES: dict[str, AdversarialLoss] = {
    "relativistic": Relativistic(),
    "non_saturating": NonSaturating(),
    "hinge": Hinge(),
    "wasserstein": Wasserstein(),
}


def zero_centred_penalty(logits: Tensor, rows: Tensor) -> Tensor:
    """Mean squared norm of the discriminator's gradient at `rows`: R1 on real, R2 on fake rows.

    References
    ----------
    Mescheder et al. (2018), "Which training methods for GANs do actually converge?", ICML.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), rows, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean()


def interpolated_penalty(
    discriminator: Discriminator, real: Tensor, fake: Tensor, labels: Tensor, mixing: Tensor
) -> Tensor:
    """Squared distance from 1 of the critic's gradient norm between real and fake rows.

    References
    ----------
    Gulrajani et al. (2017), "Improved training of Wasserstein GANs", NeurIPS.
    """
    mixing = mixing.view(-1, *[1] * (real.ndim - 1))
    between = (mixing * real + (1 - mixing) * fake).requires_grad_()
    logits = discriminator(between, labels)
    (gradient,) = torch.autograd.grad(logits.sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
