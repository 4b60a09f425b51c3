"""Generators and discriminators for images of any height and width.

Resolution is halved by convolutions that round up, and doubled with what is too much cut off, so
that no height or width needs padding outside.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from gan_augment.training.recipe import Generator

ARCHITECTURES = ("dense", "dcgan", "residual")
_SLOPE = 0.2
_WIDEST = 512


def pyramid(size: tuple[int, int], n_levels: int) -> list[tuple[int, int]]:
    """Heights and widths from the coarsest level to the image's own."""
    return [(-(-size[0] // 2**i), -(-size[1] // 2**i)) for i in range(n_levels, -1, -1)]


def coarsened(size: tuple[int, int], patch: int) -> tuple[int, int]:
    """Height and width in patches of so many pixels a side."""
    return -(-size[0] // patch), -(-size[1] // patch)


def level_widths(width: int, n_levels: int) -> list[int]:
    """Channels from the coarsest level to the finest."""
    return [min(width * 2**i, max(_WIDEST, width)) for i in range(n_levels, -1, -1)]


class ConvBlock(nn.Module):
    """One convolution and its activation, as in DCGAN but without normalisation.

    References
    ----------
    Radford et al. (2016), "Unsupervised representation learning with deep convolutional generative
    adversarial networks", ICLR.
    """

    def __init__(self, width: int):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x), _SLOPE)


class ResidualBlock(nn.Module):
    """Convolutions beside an identity; starts as the identity, without normalisation.

    References
    ----------
    Huang et al. (2024), "The GAN is dead; long live the GAN! A modern GAN baseline" (R3GAN),
    NeurIPS.
    """

    def __init__(self, width: int):
        super().__init__()
        inner = 2 * width
        groups = max(1, width // 16)
        self.widen = nn.Conv2d(width, inner, 1)
        self.mix = nn.Conv2d(inner, inner, 3, padding=1, groups=groups)
        self.narrow = nn.Conv2d(inner, width, 1, bias=False)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.leaky_relu(self.widen(x), _SLOPE)
        return x + self.narrow(F.leaky_relu(self.mix(hidden), _SLOPE))


BLOCKS: dict[str, type[nn.Module]] = {"dcgan": ConvBlock, "residual": ResidualBlock}


class NoiseGenerator(Generator):
    """A generator whose randomness is one vector of normal noise."""

    latent_dim: int

    def draw_latent(self, n: int, rng: torch.Generator) -> Tensor:
        """Normal noise, shape (n, latent_dim)."""
        return torch.randn(n, self.latent_dim, generator=rng, device=rng.device)


class ConvGenerator(NoiseGenerator):
    """Noise and a class to images, from coarse to fine.

    The class enters at every level: its embedding scales and shifts the channels. Where the finest
    level is of patches of pixels, a convolution of `pixel_width` channels at full resolution joins
    them; without it their edges show as a checked pattern.

    References
    ----------
    Odena et al. (2016), "Deconvolution and checkerboard artifacts", Distill, for resizing before
    convolving; Perez et al. (2018), "FiLM: visual reasoning with a general conditioning layer",
    AAAI.
    """

    def __init__(
        self,
        *,
        arch: str,
        n_channels: int,
        size: tuple[int, int],
        n_classes: int,
        latent_dim: int,
        width: int,
        n_levels: int,
        depth: int,
        patch: int = 1,
        pixel_width: int = 0,
    ):
        super().__init__()
        self.size, self.patch = size, patch
        self.sizes = pyramid(coarsened(size, patch), n_levels)
        widths = level_widths(width, n_levels)
        self.latent_dim, self.first_width = latent_dim, widths[0]
        self.embedding = nn.Embedding(n_classes, latent_dim)
        height, breadth = self.sizes[0]
        self.stem = nn.Linear(2 * latent_dim, widths[0] * height * breadth)
        self.styles = nn.ModuleList(
            _small(nn.Linear(2 * latent_dim, 2 * channels), 0.02) for channels in widths
        )
        block = BLOCKS[arch]
        self.levels = nn.ModuleList(
            nn.Sequential(*[block(channels) for _ in range(depth)]) for channels in widths
        )
        self.resize = nn.ModuleList(
            nn.Conv2d(coarse, fine, 3, padding=1) for coarse, fine in pairwise(widths)
        )
        self.to_pixels = nn.Conv2d(widths[-1], (pixel_width or n_channels) * patch**2, 3, padding=1)
        self.between_pixels = (
            nn.Conv2d(pixel_width, n_channels, 3, padding=1) if pixel_width else None
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        return self.synthesise(latent, self.embedding(labels))

    def synthesise(self, latent: Tensor, embedded: Tensor) -> Tensor:
        """Images in [-1, 1] for noise and embedded classes."""
        code = torch.cat([latent, F.normalize(embedded, dim=1) * self.latent_dim**0.5], dim=1)
        x = F.leaky_relu(self.stem(code), _SLOPE).view(-1, self.first_width, *self.sizes[0])
        for i, (style, level) in enumerate(zip(self.styles, self.levels, strict=True)):
            if i:
                height, breadth = self.sizes[i]
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")[:, :, :height, :breadth]
                x = F.leaky_relu(self.resize[i - 1](x), _SLOPE)
            scale, shift = style(code)[:, :, None, None].chunk(2, dim=1)
            x = level(x * (1 + scale) + shift)
        pixels = F.pixel_shuffle(self.to_pixels(x), self.patch)
        if self.between_pixels is not None:
            pixels = self.between_pixels(F.leaky_relu(pixels, _SLOPE))
        return pixels[:, :, : self.size[0], : self.size[1]].float().tanh()


class ConvDiscriminator(nn.Module):
    """How real images are for their class: a projection discriminator without normalisation.

    References
    ----------
    Miyato & Koyama (2018), "cGANs with projection discriminator", ICLR.
    """

    def __init__(
        self,
        *,
        arch: str,
        n_channels: int,
        size: tuple[int, int],
        n_classes: int,
        width: int,
        n_levels: int,
        depth: int,
        patch: int = 1,
    ):
        super().__init__()
        self.patch = patch
        widths = level_widths(width, n_levels)[::-1]
        block = BLOCKS[arch]
        self.from_pixels = nn.Conv2d(n_channels * patch**2, widths[0], 3, padding=1)
        self.padding = [0, -size[1] % patch, 0, -size[0] % patch]
        self.styles = nn.ModuleList(
            _small(nn.Embedding(n_classes, channels), 0.1) for channels in widths
        )
        self.levels = nn.ModuleList(
            nn.Sequential(*[block(channels) for _ in range(depth)]) for channels in widths
        )
        self.resize = nn.ModuleList(
            nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in pairwise(widths)
        )
        height, breadth = pyramid(coarsened(size, patch), n_levels)[0]
        n_features = max(128, widths[-1])
        self.to_features = nn.Linear(widths[-1] * height * breadth, n_features)
        self.head = nn.Linear(n_features, 1)
        self.projection = nn.Embedding(n_classes, n_features)
        nn.init.normal_(self.projection.weight, std=n_features**-0.5)

    def forward(self, rows: Tensor, labels: Tensor) -> Tensor:
        patches = F.pixel_unshuffle(F.pad(rows, self.padding), self.patch)
        x = F.leaky_relu(self.from_pixels(patches), _SLOPE)
        for i, (style, level) in enumerate(zip(self.styles, self.levels, strict=True)):
            if i:
                x = F.leaky_relu(self.resize[i - 1](x), _SLOPE)
            x = level(x + style(labels)[:, :, None, None])
        features = F.leaky_relu(self.to_features(x.flatten(1)), _SLOPE).float()
        return _project(features, labels, self.head, self.projection)


class DenseGenerator(NoiseGenerator):
    """The textbook's generator: linear layers with batch normalisation and leaky ReLU.

    The baseline that the others are measured against.
    """

    def __init__(
        self,
        *,
        n_channels: int,
        size: tuple[int, int],
        n_classes: int,
        latent_dim: int,
        width: int,
        depth: int,
        **_: Any,
    ):
        super().__init__()
        self.latent_dim, self.shape = latent_dim, (n_channels, *size)
        self.embedding = nn.Embedding(n_classes, latent_dim)
        widths = [2 * latent_dim, *(width * 2**i for i in range(depth + 1))]
        self.body = nn.Sequential(
            *(
                nn.Sequential(nn.Linear(before, after), nn.BatchNorm1d(after), nn.LeakyReLU(_SLOPE))
                for before, after in pairwise(widths)
            ),
            nn.Linear(widths[-1], math.prod(self.shape)),
        )

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        pixels = self.body(torch.cat([latent, self.embedding(labels)], dim=1))
        return pixels.float().tanh().view(-1, *self.shape)


class DenseDiscriminator(nn.Module):
    """The textbook's discriminator: linear layers with leaky ReLU, and the class by projection."""

    def __init__(
        self,
        *,
        n_channels: int,
        size: tuple[int, int],
        n_classes: int,
        width: int,
        depth: int,
        **_: Any,
    ):
        super().__init__()
        widths = [n_channels * math.prod(size), *(width * 2**i for i in range(depth, -1, -1))]
        self.body = nn.Sequential(
            nn.Flatten(),
            *(
                nn.Sequential(nn.Linear(before, after), nn.LeakyReLU(_SLOPE))
                for before, after in pairwise(widths)
            ),
        )
        self.head = nn.Linear(widths[-1], 1)
        self.projection = nn.Embedding(n_classes, widths[-1])
        nn.init.normal_(self.projection.weight, std=widths[-1] ** -0.5)

    def forward(self, rows: Tensor, labels: Tensor) -> Tensor:
        return _project(self.body(rows).float(), labels, self.head, self.projection)


def build_generator(arch: str, **options: Any) -> Generator:
    """The generator of an architecture."""
    return DenseGenerator(**options) if arch == "dense" else ConvGenerator(arch=arch, **options)


def build_discriminator(arch: str, **options: Any) -> nn.Module:
    """The discriminator of an architecture."""
    if arch == "dense":
        return DenseDiscriminator(**options)
    return ConvDiscriminator(arch=arch, **options)


def _small(layer: Any, deviation: float) -> Any:
    """The layer with weights of this standard deviation and no bias."""
    nn.init.normal_(layer.weight, std=deviation)
    if getattr(layer, "bias", None) is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _project(features: Tensor, labels: Tensor, head: nn.Linear, projection: nn.Embedding) -> Tensor:
    # Logits are differences of large sums: they need the precision that convolutions do not.
    directions = head.weight.float() + projection(labels).float()
    return (features * directions).sum(dim=1) + head.bias.float()
