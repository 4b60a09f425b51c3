"""Noise models: clean images to noisy ones, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_augment.backends.image.layout import PixelRange

NOISES = ("gaussian", "poisson", "salt_and_pepper")


@dataclass(frozen=True)
class NoiseModel:
    """What is done to images in ``[-1, 1]``.

    Attributes
    ----------
    kind : str or callable
        One of `NOISES`, or a function of the user's.
    levels : tuple of float
        Lowest and highest level; every image gets one between them.
    to_user, from_user : callable
        Take a NumPy batch in ``[-1, 1]`` to the user's values and back, for a `kind` that is a
        function.
    clipped : bool
        Whether what leaves the range is clipped to it, as in images of whole numbers.
    """

    kind: str | Callable[[np.ndarray, np.random.Generator], Any]
    levels: tuple[float, float]
    to_user: Callable[[np.ndarray], np.ndarray]
    from_user: Callable[[np.ndarray], np.ndarray]
    clipped: bool

    @classmethod
    def on(
        cls, learned: PixelRange, kind: str | Callable[..., Any], levels: tuple[float, float]
    ) -> NoiseModel:
        """The model for images of this range."""
        as_floats = replace(learned, dtype=np.dtype(np.float32), whole=False)
        return cls(kind, levels, as_floats.unscale, learned.scale, learned.dtype.kind != "f")

    def __call__(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """The images with noise."""
        device = images.device
        low, high = self.levels
        uniform = torch.rand(len(images), 1, 1, 1, generator=rng, device=device)
        level = low + (high - low) * uniform
        if callable(self.kind):
            noisy = self._called(images, rng)
        elif self.kind == "gaussian":
            # Levels are shares of the range, whose width is 2 here.
            noise = torch.randn(images.shape, generator=rng, device=device)
            noisy = images + 2 * level * noise
        elif self.kind == "poisson":
            photons = level.clamp(min=1e-4) ** -2
            brightness = (images + 1) / 2
            noisy = 2 * torch.poisson(brightness.clamp(min=0) * photons, rng) / photons - 1
        else:
            drawn = torch.rand(images.shape, generator=rng, device=device)
            noisy = torch.where(drawn < level / 2, -torch.ones_like(images), images)
            noisy = torch.where(drawn > 1 - level / 2, torch.ones_like(images), noisy)
        return noisy.clamp(-1, 1) if self.clipped else noisy

    def _called(self, images: Tensor, rng: torch.Generator) -> Tensor:
        assert callable(self.kind)
        seed = int(torch.randint(2**31 - 1, (1,), generator=rng, device=rng.device))
        given = self.to_user(images.cpu().numpy())
        noisy = np.asarray(self.kind(given, np.random.default_rng(seed)))
        if noisy.shape != given.shape or noisy.dtype.kind not in "biuf":
            raise ValueError(
                f"noise={self.kind!r} gave an array of shape {noisy.shape} and dtype {noisy.dtype} "
                f"for images of shape {given.shape}. It must take (images, rng) and return an "
                "array of numbers of the same shape."
            )
        if not np.isfinite(noisy).all():
            raise ValueError(
                f"noise={self.kind!r} gave NaN or infinity. It must return finite numbers."
            )
        return torch.from_numpy(self.from_user(noisy)).to(images.device, torch.float32)


def levels_of(noise: Any, level: Any) -> tuple[float, float]:
    """Lowest and highest level that `noise_level` names.

    Raises
    ------
    ValueError
        If it is neither a level of this noise nor a range of them.
    """
    levels = tuple(level) if isinstance(level, (tuple, list)) else (level, level)
    most = np.inf if callable(noise) else 1.0
    numbers = len(levels) == 2 and all(
        isinstance(v, Real) and not isinstance(v, bool) for v in levels
    )
    remedy = ""
    if noise in ("gaussian", "poisson"):
        remedy = (
            " It is a share of the range of the values: for a standard deviation of 25 in 8 bits "
            "pass 25/255."
        )
    if not numbers or not 0 <= levels[0] <= levels[1] <= most or not np.isfinite(levels[1]):
        raise ValueError(
            f"noise_level={level!r} must be a number "
            f"{'of 0 or more' if callable(noise) else 'from 0 to 1'}, or a tuple (lowest, highest) "
            f"of two, such as (0, 0.2).{remedy}"
        )
    return float(levels[0]), float(levels[1])
