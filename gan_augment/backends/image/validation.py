"""The held-out score that chooses the best step of a training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from gan_augment.backends.collapses import feature_faults
from gan_augment.backends.image.border import Images
from gan_augment.backends.image.sizing import threads_for_images
from gan_augment.columns import FloatArray, IntArray
from gan_augment.training.faults import Fault
from gan_augment.training.initialisation import first_weights
from gan_augment.training.recipe import Generator
from gan_augment.training.scores import ScoreScale

_FEWEST_DRAWN = 400
_N_FEATURES = 128
_LARGEST_SIDE = 32
_CHUNK = 1_024
_N_COMPONENTS = 10
_MOST_JUDGED = 2_000


class RandomFeatures(nn.Module):
    """Features of an untrained convolutional network, whose weights are always the same.

    They tell textures and shapes apart without a download or a training; sizes above 32 are
    averaged down first.

    References
    ----------
    Saxe et al. (2011), "On random weights and unsupervised feature learning", ICML; Naeem et al.
    (2020), "Reliable fidelity and diversity metrics for generative models", ICML, who find random
    embeddings useful where no trained ones fit.
    """

    def __init__(self, n_channels: int, size: tuple[int, int]):
        super().__init__()
        self.size = (min(size[0], _LARGEST_SIDE), min(size[1], _LARGEST_SIDE))
        with first_weights(seed=0):
            self.convolutions = nn.ModuleList(
                [
                    nn.Conv2d(n_channels, 32, 3, padding=1),
                    nn.Conv2d(32, 64, 3, stride=2, padding=1),
                    nn.Conv2d(64, 64, 3, stride=2, padding=1),
                ]
            )
            side = [-(-s // 4) for s in self.size]
            self.mix = nn.Linear(64 * side[0] * side[1], _N_FEATURES, bias=False)
        for convolution in self.convolutions:
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> Tensor:
        """Features of shape (n, 128)."""
        if tuple(images.shape[2:]) != self.size:
            images = F.adaptive_avg_pool2d(images, self.size)
        for convolution in self.convolutions:
            images = F.leaky_relu(convolution(images), 0.2)
            images = images / images.square().mean(dim=(1, 2, 3), keepdim=True).add(1e-8).sqrt()
        return self.mix(images.flatten(1))

    def of(self, values: np.ndarray) -> FloatArray:
        """Features of images in [-1, 1], shape (n, channels, height, width)."""
        parts = torch.from_numpy(np.ascontiguousarray(values)).split(_CHUNK)
        with threads_for_images(*self.size):
            return np.concatenate([self(part).numpy() for part in parts]).astype(np.float64)


class HeldOutScore:
    """How far synthetic images are from held-out ones, class by class, from 0 (alike) to 1.

    The coefficient of inhomogeneity of Székely & Rizzo (2013), "Energy statistics", J. Statist.
    Plann. Inference 143, in the features of `RandomFeatures`; the mean over the classes, weighted
    by the square root of their sizes. The same seed draws the images of every evaluation, so that
    steps are compared fairly.
    """

    tolerance = 0.005
    # Of handwritten digits and of clothes other real images are at 0.00, blurred ones of half a
    # pixel at up to 0.02, of shuffled classes at 0.11, noise at 0.2, the classes' means at 0.3.
    scale = ScoreScale(
        "The distance of its images from held-out real ones of their class is {score:.2f} (0: "
        "none, 0.1: that of images of any class, 0.2: that of noise)",
        alike=0.03,
        visible=0.1,
        told_apart=0.2,
        gain=0.01,
    )

    def __init__(
        self,
        data: Images,
        labels: IntArray,
        rows: IntArray,
        draw: Callable[[Generator, IntArray, int], np.ndarray],
        seed: int,
    ):
        held_out = data.take(rows)
        self.labels = labels[rows]
        self.draw = draw
        self.seed = seed
        self._features = RandomFeatures(held_out.pixels.shape[1], held_out.pixels.shape[2:])
        self._real = self._features.of(held_out.scaled())
        self._spread = self._real.std(axis=0) + 1e-6
        self._real /= self._spread

    def __call__(self, generator: Generator) -> float:
        """Score of a generator; smaller is better."""
        counts = np.bincount(self.labels)
        repeats = -(-_FEWEST_DRAWN // len(self.labels))
        labels = np.repeat(np.arange(len(counts)), counts * repeats)
        synthetic = self._features.of(self.draw(generator, labels, self.seed)) / self._spread
        scores, weights = [], []
        for code in np.flatnonzero(counts):
            scores.append(inhomogeneity(self._real[self.labels == code], synthetic[labels == code]))
            weights.append(counts[code] ** 0.5)
        return float(np.average(scores, weights=weights))


def image_faults(
    data: Images,
    labels: IntArray,
    drawn: np.ndarray,
    drawn_labels: IntArray,
    rng: np.random.Generator,
) -> list[Fault]:
    """Collapses that show in what most tells real images apart; see `feature_faults`.

    Parameters
    ----------
    data : Images
        Real images.
    labels, drawn_labels : ndarray of shape (n_images,)
        Class codes.
    drawn : ndarray of shape (n_images, n_channels, height, width)
        Images in [-1, 1].
    rng : Generator
        Chooses real images where there are many.
    """
    chosen = rng.permutation(len(data))[:_MOST_JUDGED]
    features = RandomFeatures(data.pixels.shape[1], data.pixels.shape[2:])
    real = features.of(data.take(chosen).scaled())
    components = PCA(min(_N_COMPONENTS, len(real)), svd_solver="full").fit(real)
    seen, new = components.transform(real), components.transform(features.of(drawn))
    return feature_faults(seen, labels[chosen], new, drawn_labels, "images")


def inhomogeneity(first: FloatArray, second: FloatArray) -> float:
    """Energy distance of two samples as a share of twice their mean distance, from 0 to 1."""
    between = 2 * cdist(first, second).mean()
    if between == 0:
        return 0.0
    within = _mean_distance(first) + _mean_distance(second)
    return float(np.clip((between - within) / between, 0, 1))


def _mean_distance(rows: FloatArray) -> float:
    """Mean distance between different rows; of one row, none."""
    n = len(rows)
    return float(cdist(rows, rows).sum() / max(n * (n - 1), 1))
