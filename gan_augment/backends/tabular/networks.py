"""Generator and discriminator for encoded tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gan_augment.backends.tabular.encoder import GatedRows
from gan_augment.training.recipe import Generator

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
}
NORMALIZATIONS = ("none", "layer")
_TINY = 1e-30


class ResidualBlock(nn.Module):
    """Two linear layers beside an identity; starts as the identity."""

    def __init__(self, width: int, activation: str, normalization: str):
        super().__init__()
        self.norm = nn.LayerNorm(width) if normalization == "layer" else nn.Identity()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        self.activation = ACTIVATIONS[activation]()
        nn.init.normal_(self.second.weight, std=0.1 / width**0.5)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(self.activation(self.norm(x)))
        return x + self.second(self.activation(hidden))


class TableGenerator(Generator):
    """Latent noise and a class to an encoded row.

    The latent vector carries the Gumbel noise of the categorical draws too, so that a row is a
    function of latent and class alone.

    References
    ----------
    Jang et al. (2017), "Categorical reparameterization with Gumbel-softmax", ICLR.
    """

    segment: Tensor
    members: Tensor
    padded: Tensor

    def __init__(
        self,
        *,
        n_scores: int,
        sizes: tuple[int, ...],
        gate: np.ndarray,
        n_classes: int,
        latent_dim: int,
        width: int,
        depth: int,
        activation: str,
        normalization: str,
        temperature: float,
    ):
        super().__init__()
        self.n_scores, self.n_logits, self.sizes = n_scores, sum(sizes), list(sizes)
        self.n_classes, self.latent_dim, self.temperature = n_classes, latent_dim, temperature
        self.embedding = nn.Embedding(n_classes, width)
        self.stem = nn.Linear(latent_dim, width)
        self.blocks = nn.Sequential(
            *[ResidualBlock(width, activation, normalization) for _ in range(depth)]
        )
        self.head = nn.Sequential(
            ACTIVATIONS[activation](), nn.Linear(width, n_scores + self.n_logits)
        )
        segment = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes).long())
        members = torch.zeros(self.n_logits, max(len(sizes), 1))
        members[torch.arange(self.n_logits), segment] = 1.0
        widest = max(sizes, default=1)
        self.join = GatedRows(gate, sizes)
        # Every segment's positions, padded with the position of a sentinel behind the last logit.
        padded = torch.full((len(sizes), widest), self.n_logits)
        for row, size, offset in zip(padded, sizes, self.join.offsets, strict=True):
            row[:size] = torch.arange(size) + offset
        self.register_buffer("segment", segment, persistent=False)
        self.register_buffer("members", members, persistent=False)
        self.register_buffer("padded", padded, persistent=False)

    def draw_latent(self, n: int, rng: torch.Generator) -> Tensor:
        """Normal noise for the networks and Gumbel noise for the draws, shape (n, ...)."""
        device = self.stem.weight.device
        normal = torch.randn(n, self.latent_dim, generator=rng, device=device)
        uniform = torch.rand(n, self.n_logits, generator=rng, device=device)
        exponential = uniform.clamp_(min=_TINY).log_().neg_()
        return torch.cat([normal, exponential.clamp_(min=_TINY).log_().neg_()], dim=1)

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        scores, logits = self._outputs(latent, labels)
        if not self.n_logits:
            return scores
        return self.join(scores, self._segment_softmax(logits))

    def draw(self, latent: Tensor, labels: Tensor) -> Tensor:
        """Scores and digits drawn, shape (n, n_scores + n_digits): a short form of `forward`'s."""
        scores, logits = self._outputs(latent, labels)
        digits = [digit.argmax(dim=1).to(scores) for digit in logits.split(self.sizes, dim=1)]
        return torch.column_stack([scores, *digits])

    def rows_of(
        self, labels: Tensor, batch_size: int, rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Positions in `labels` and rows of these classes, as `draw` gives them, in batches."""
        for positions in torch.arange(len(labels), device=labels.device).split(batch_size):
            latent = self.draw_latent(len(positions), rng)
            yield positions, self.draw(latent, labels[positions])

    def encoded(self, drawn: Tensor) -> Tensor:
        """Encoded rows for what `draw` gives: one-hot where `forward` has a softmax."""
        return self.join.of_digits(drawn[:, : self.n_scores], drawn[:, self.n_scores :].long())

    def _outputs(self, latent: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        noise, gumbel = latent.split([self.latent_dim, self.n_logits], dim=1)
        hidden = self.blocks(self.stem(noise) + self.embedding(labels))
        # In low precision the values of a column would fall on a visible grid.
        with torch.autocast(latent.device.type, enabled=False):
            out = self.head(hidden.float())
        scores, logits = out.split([self.n_scores, self.n_logits], dim=1)
        return scores, logits + gumbel

    def _segment_softmax(self, logits: Tensor) -> Tensor:
        logits = logits / self.temperature
        with torch.no_grad():
            sentinel = logits.new_full((len(logits), 1), -torch.inf)
            largest = torch.cat([logits, sentinel], dim=1)[:, self.padded].amax(dim=2)
        weights = (logits - largest[:, self.segment]).exp()
        with torch.autocast(logits.device.type, enabled=False):
            return weights / ((weights @ self.members) @ self.members.T)


class PeriodicFeatures(nn.Module):
    """Sines and cosines of where each score lies in its distribution, from 0 to π times 1, 2, ….

    Networks of plain linear layers are slow to see what changes within a short stretch of a
    column, such as gaps and clusters.

    References
    ----------
    Gorishniy et al. (2022), "On embeddings for numerical features in tabular deep learning",
    NeurIPS; Tancik et al. (2020), "Fourier features let networks learn high frequency functions
    in low dimensional domains", NeurIPS.
    """

    frequencies: Tensor

    def __init__(self, n_scores: int, n_frequencies: int):
        super().__init__()
        self.n_scores = n_scores if n_frequencies else 0
        self.n_features = 2 * self.n_scores * n_frequencies
        frequencies = torch.pi * torch.arange(1, n_frequencies + 1)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """The rows with their features behind them."""
        if not self.n_features:
            return rows
        place = torch.special.ndtr(rows[:, : self.n_scores, None])
        angles = (place * self.frequencies).flatten(1)
        return torch.cat([rows, angles.sin(), angles.cos()], dim=1)


class RowFeatures(nn.Module):
    """An encoded row, and beside it a class if there are `n_classes`, to features."""

    def __init__(
        self,
        *,
        row_width: int,
        n_scores: int,
        n_classes: int,
        width: int,
        depth: int,
        activation: str,
        normalization: str,
        n_frequencies: int = 0,
    ):
        super().__init__()
        self.periodic = PeriodicFeatures(n_scores, n_frequencies)
        self.stem = nn.Linear(row_width + self.periodic.n_features, width)
        self.embedding = nn.Embedding(n_classes, width) if n_classes else None
        self.blocks = nn.Sequential(
            *[ResidualBlock(width, activation, normalization) for _ in range(depth)]
        )
        self.activation = ACTIVATIONS[activation]()

    def features(self, rows: Tensor, labels: Tensor | None = None) -> Tensor:
        """Features of shape (n, width)."""
        hidden = self.stem(self.periodic(rows))
        if self.embedding is not None:
            hidden = hidden + self.embedding(labels)
        return self.activation(self.blocks(hidden))


class TableDiscriminator(RowFeatures):
    """An encoded row and a class to a logit.

    The class enters twice: beside the row, and by projection on the features.

    References
    ----------
    Miyato & Koyama (2018), "cGANs with projection discriminator", ICLR.
    """

    def __init__(self, *, n_classes: int, width: int, **options: Any):
        super().__init__(n_classes=n_classes, width=width, **options)
        self.head = nn.Linear(width, 1)
        self.projection = nn.Embedding(n_classes, width)
        nn.init.normal_(self.projection.weight, std=width**-0.5)

    def forward(self, rows: Tensor, labels: Tensor) -> Tensor:
        # Logits are differences of large sums: they need the precision that matmuls do not.
        directions = self.head.weight + self.projection(labels)
        return (self.features(rows, labels).float() * directions).sum(dim=1) + self.head.bias


class ClassStudent(RowFeatures):
    """An encoded row to two sets of logits: classes as a teacher sees them, and as asked for."""

    def __init__(self, *, n_classes: int, width: int, **options: Any):
        super().__init__(n_classes=0, width=width, **options)
        self.n_classes = n_classes
        self.head = nn.Linear(width, 2 * n_classes)

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        seen, asked = self.head(self.features(rows)).float().chunk(2, dim=1)
        return seen, asked
