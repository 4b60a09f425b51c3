"""A U-Net that makes images of images, and a discriminator of their patches.

Both are convolutional throughout, so that they take images of any height and width: resolution is
halved by convolutions that round up, and doubled with what is too much cut off.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from gan_augment.training.recipe import Generator

_SLOPE = 0.2
_COARSEST_DEPTH = 4


class Block(nn.Module):
    """Two convolutions beside an identity, without normalisation; starts near the identity."""

    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(x)))


class UNet(nn.Module):
    """An image to an image of the same height and width, from coarse to fine with shortcuts.

    With `residual` it learns what to add to its input, which is what noise asks for.

    References
    ----------
    Ronneberger et al. (2015), "U-Net: convolutional networks for biomedical image segmentation",
    MICCAI; Zhang et al. (2017), "Beyond a Gaussian denoiser: residual learning of deep CNN for
    image denoising" (DnCNN), IEEE Trans. Image Process. 26, for `residual`; Zhang et al. (2018),
    "FFDNet", IEEE Trans. Image Process. 27, for working at half the resolution.
    """

    def __init__(
        self,
        *,
        n_inputs: int,
        n_outputs: int,
        width: int,
        n_levels: int,
        depth: int,
        halved: bool,
        residual: bool,
    ):
        super().__init__()
        self.residual, self.step = residual, 2 if halved else 1
        self.stem = nn.Conv2d(n_inputs * self.step**2, width, 3, padding=1)
        widths = [width * 2**i for i in range(n_levels + 1)]
        self.down = nn.ModuleList(
            nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in pairwise(widths)
        )
        self.up = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairwise(widths))
        # What belongs to an object is gathered at the coarsest level, where a block costs least.
        depths = [depth] * n_levels + [depth * (_COARSEST_DEPTH if n_levels else 1)]
        self.encoders, self.decoders = (
            nn.ModuleList(
                nn.Sequential(*[Block(w) for _ in range(d)])
                for w, d in zip(of_levels, depths, strict=False)
            )
            for of_levels in (widths, widths[:-1])
        )
        self.head = nn.Conv2d(width, n_outputs * self.step**2, 3, padding=1)
        with torch.no_grad():
            self.head.weight.mul_(0.1)

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        if self.step > 1:
            pad = (0, width % self.step, 0, height % self.step)
            x = F.pixel_unshuffle(_extended(images, pad), self.step)
        else:
            x = images
        x = self.encoders[0](self.stem(x))
        passed = []
        for down, encoder in zip(self.down, list(self.encoders)[1:], strict=True):
            passed.append(x)
            x = encoder(F.relu(down(x)))
        for up, decoder, fine in zip(
            reversed(self.up), reversed(self.decoders), reversed(passed), strict=True
        ):
            coarse = F.interpolate(up(x), scale_factor=2.0, mode="nearest")
            x = decoder(fine + coarse[:, :, : fine.shape[2], : fine.shape[3]])
        made = self.head(F.relu(x)).float()
        if self.step > 1:
            made = F.pixel_shuffle(made, self.step)[:, :, :height, :width]
        return images + made if self.residual else made


def _extended(images: Tensor, pad: tuple[int, int, int, int]) -> Tensor:
    """The images with their last column and row once more."""
    # Not by a pad, whose backward is not deterministic on CUDA.
    if pad[1]:
        images = torch.cat([images, images[:, :, :, -1:]], dim=3)
    if pad[3]:
        images = torch.cat([images, images[:, :, -1:]], dim=2)
    return images


class PatchDiscriminator(nn.Module):
    """How real every patch of an image looks, beside what it was made of: one logit per patch.

    References
    ----------
    Isola et al. (2017), "Image-to-image translation with conditional adversarial networks", CVPR.
    """

    def __init__(self, *, n_channels: int, width: int, n_levels: int):
        super().__init__()
        widths = [width * 2**i for i in range(n_levels + 1)]
        self.from_pixels = nn.Conv2d(n_channels, width, 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(fine, coarse, 4, stride=2, padding=1) for fine, coarse in pairwise(widths)
        )
        self.mix = nn.Conv2d(widths[-1], widths[-1], 3, padding=1)
        self.head = nn.Parameter(torch.randn(widths[-1]) * widths[-1] ** -0.5)

    def forward(self, images: Tensor) -> Tensor:
        x = F.leaky_relu(self.from_pixels(images), _SLOPE)
        for down in self.down:
            x = F.leaky_relu(down(x), _SLOPE)
        x = F.leaky_relu(self.mix(x), _SLOPE)
        # Logits are differences of large sums: they need the precision that convolutions do not.
        return (x.float() * self.head.float().view(-1, 1, 1)).sum(dim=1).flatten(1)


def judge_options(*, width: int, n_levels: int, **others: Any) -> dict[str, int]:
    """Options of the discriminator that goes with a U-Net of these."""
    return {"width": max(1, width // 2), "n_levels": max(1, n_levels)}


class Deterministic(Generator):
    """A generator whose output depends on its input alone."""

    def draw_latent(self, n: int, rng: torch.Generator) -> Tensor:
        """Nothing, shape (n, 0)."""
        return torch.empty(n, 0, device=rng.device)


class Mapping(Deterministic):
    """A U-Net as the loop's generator: images to images."""

    def __init__(self, **options: Any):
        super().__init__()
        self.forwards = UNet(**options)

    def forward(self, latent: Tensor, images: Tensor) -> Tensor:
        return self.forwards(images)


class PairJudge(nn.Module):
    """Logits of the patches of images beside the inputs that they belong to."""

    def __init__(self, *, n_inputs: int, n_outputs: int, **options: Any):
        super().__init__()
        self.patches = PatchDiscriminator(n_channels=n_inputs + n_outputs, **options)

    def forward(self, images: Tensor, inputs: Tensor) -> Tensor:
        return self.patches(torch.cat([images, inputs], dim=1))


class CycleMapping(Deterministic):
    """Two U-Nets, there and back, that take both kinds of images stacked in their channels.

    References
    ----------
    Zhu et al. (2017), "Unpaired image-to-image translation using cycle-consistent adversarial
    networks", ICCV.
    """

    def __init__(self, *, n_inputs: int, n_outputs: int, **options: Any):
        super().__init__()
        self.n_inputs, self.n_outputs = n_inputs, n_outputs
        self.forwards = UNet(n_inputs=n_inputs, n_outputs=n_outputs, **options)
        self.backwards = UNet(n_inputs=n_outputs, n_outputs=n_inputs, **options)

    def forward(self, latent: Tensor, both: Tensor) -> Tensor:
        x, y = both.split([self.n_inputs, self.n_outputs], dim=1)
        return torch.cat([self.forwards(x), self.backwards(y)], dim=1)

    def return_trip(self, fake: Tensor) -> Tensor:
        """What becomes of both kinds of images once they were there and are back."""
        fake_y, fake_x = fake.split([self.n_outputs, self.n_inputs], dim=1)
        return torch.cat([self.backwards(fake_y), self.forwards(fake_x)], dim=1)


class BothJudge(nn.Module):
    """Logits of the patches of both kinds of images, each by a discriminator of its own."""

    def __init__(self, *, n_inputs: int, n_outputs: int, **options: Any):
        super().__init__()
        self.sizes = [n_outputs, n_inputs]
        self.judges = nn.ModuleList(PatchDiscriminator(n_channels=n, **options) for n in self.sizes)

    def forward(self, images: Tensor, both: Tensor) -> Tensor:
        parts = images.split(self.sizes, dim=1)
        logits = [judge(part) for judge, part in zip(self.judges, parts, strict=True)]
        return torch.cat(logits, dim=1)
