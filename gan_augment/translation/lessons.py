"""What networks from images to images learn from, and how they are scored, on any device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from gan_augment.backends.image.border import Images
from gan_augment.columns import IntArray
from gan_augment.training.recipe import DataSource, Generator, Reconstruction
from gan_augment.training.scores import Score
from gan_augment.training.session import Purpose, Session
from gan_augment.translation.crops import CropStore, NoisyCrops, PairedCrops, UnpairedCrops
from gan_augment.translation.leaves import leaves_like
from gan_augment.translation.noise import NoiseModel
from gan_augment.translation.objectives import (
    DistanceFromReal,
    ShareOfNoiseLeft,
    UnexplainedShare,
    absolute_error,
    return_error,
)

_HELD_OUT_SHARE = 0.1
_MOST_HELD_OUT = 200
_FEWEST_TO_SPARE = 50
_FEW_SCENES = 20


@dataclass(frozen=True)
class Lesson:
    """What is to be learned from, on a device.

    Attributes
    ----------
    source : DataSource
        Real images, and what they are to be made of.
    reconstruction : Reconstruction
        What the generator is held to beside the game.
    score : Score
        Held-out score of a generator.
    """

    source: DataSource
    reconstruction: Reconstruction
    score: Score[Generator]


def denoising_lesson(
    clean: Images,
    noisy: Images | None,
    noise: NoiseModel,
    *,
    dead_leaves: bool | str,
    crop: tuple[int, int],
    turned: bool,
    session: Session,
) -> Callable[[torch.device], Lesson]:
    """Clean crops and noisy ones: of pairs, or without `noisy` images by adding `noise`."""
    training, held_out = split_images(len(clean), session.seed(Purpose.SPLIT))
    leaves = None
    if noisy is None and _takes_leaves(dead_leaves, clean, crop):
        leaves = leaves_like(clean, max(crop), session.rng(Purpose.SYNTHETIC))

    def source(rows: IntArray, device: torch.device, more: Images | None = None) -> DataSource:
        store = CropStore(clean.take(rows), device)
        if noisy is None:
            stores = [store] if more is None else [store, CropStore(more, device)]
            return NoisyCrops(stores, noise, crop, turned)
        return PairedCrops(CropStore(noisy.take(rows), device), store, crop, turned)

    def lesson_on(device: torch.device) -> Lesson:
        score = ShareOfNoiseLeft(source(held_out, device), device, session.seed(Purpose.SCORE))
        return Lesson(source(training, device, leaves), score.as_loss, score)

    return lesson_on


def translation_lesson(
    inputs: Images,
    outputs: Images,
    *,
    paired: bool,
    crop: tuple[int, int],
    turned: bool,
    session: Session,
) -> Callable[[torch.device], Lesson]:
    """Crops of inputs and of outputs, at the same places of the same images if `paired`."""
    # Of pairs, both sides must be split alike.
    (train_x, test_x), (train_y, test_y) = (
        split_images(len(images), session.seed(Purpose.SPLIT)) for images in (inputs, outputs)
    )
    kind = PairedCrops if paired else UnpairedCrops
    score_of = UnexplainedShare if paired else DistanceFromReal
    error = absolute_error if paired else return_error

    def source(rows_x: IntArray, rows_y: IntArray, device: torch.device) -> DataSource:
        store_x = CropStore(inputs.take(rows_x), device)
        store_y = CropStore(outputs.take(rows_y), device)
        return kind(store_x, store_y, crop, turned)

    def lesson_on(device: torch.device) -> Lesson:
        score = score_of(source(test_x, test_y, device), device, session.seed(Purpose.SCORE))
        return Lesson(source(train_x, train_y, device), error, score)

    return lesson_on


def split_images(n_images: int, seed: int) -> tuple[IntArray, IntArray]:
    """Images to train on and images to score on; of few, all are both."""
    shuffled = np.random.default_rng(seed).permutation(n_images)
    if n_images < _FEWEST_TO_SPARE:
        return np.sort(shuffled), shuffled
    n_held_out = min(int(_HELD_OUT_SHARE * n_images), _MOST_HELD_OUT)
    return np.sort(shuffled[n_held_out:]), shuffled[:n_held_out]


def _takes_leaves(dead_leaves: bool | str, clean: Images, crop: tuple[int, int]) -> bool:
    if dead_leaves != "auto":
        return bool(dead_leaves)
    return clean.pixels.shape[2:] != crop and len(clean) < _FEW_SCENES
