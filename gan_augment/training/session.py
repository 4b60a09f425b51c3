"""One training, whatever is trained: what it may use, its seeds, and how it is run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Generic

import numpy as np
import torch
from torch import nn

from gan_augment.training.budget import Budget
from gan_augment.training.checkpoints import Checkpoint
from gan_augment.training.devices import resolve_device
from gan_augment.training.distributed import ranks
from gan_augment.training.loop import TrainingResult, train
from gan_augment.training.memory import within_memory
from gan_augment.training.progress import ProgressBar
from gan_augment.training.recipe import Augmentation, DataSource, Model, Recipe, Reconstruction
from gan_augment.training.scores import Score


@dataclass(frozen=True)
class Resources:
    """What a training may use.

    Attributes
    ----------
    max_steps : int or None
        Most steps to take; None lets the backend choose by the size of the data.
    max_seconds : float or None
        Most seconds to train.
    early_stopping : bool
        Whether to hold out rows, score on them, and keep the best step.
    device : str or torch.device
        Where to train, or "auto".
    seed : int
        Seed of everything random.
    verbose : int
        0 is silent; 1 shows a progress bar and the device.
    checkpoint : Checkpoint or None
        Where to save the training's state, and go on from.
    """

    max_steps: int | None = None
    max_seconds: float | None = None
    early_stopping: bool = True
    device: Any = "auto"
    seed: int = 0
    verbose: int = 0
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class Task(Generic[Model]):
    """What is trained on a device: the players, the data, and how the generator is scored."""

    generator: Model
    discriminator: nn.Module
    source: DataSource
    score: Score[Model] | None
    augmentation: Augmentation | None = None
    reconstruction: Reconstruction | None = None


class Purpose(IntEnum):
    """What randomness is for: each purpose has a seed of its own, that of another tells nothing."""

    SPLIT = 0
    NETWORKS = 1
    SCORE = 2
    DOUBTS = 3
    FAULTS = 4
    SYNTHETIC = 5
    TEACHER = 6
    STUDENT = 7


class Session:
    """A training from its resources to its result.

    Parameters
    ----------
    resources : Resources
        What it may use.

    Attributes
    ----------
    device : torch.device
        Where it begins.

    Raises
    ------
    ValueError
        If the device cannot be used here.
    """

    def __init__(self, resources: Resources):
        self.resources = resources
        self.device = resolve_device(resources.device)
        self._seeds = np.random.SeedSequence(resources.seed).spawn(len(Purpose))

    def rng(self, purpose: Purpose) -> np.random.Generator:
        """Randomness for this purpose, from its beginning."""
        return np.random.default_rng(self._seeds[purpose])

    def seed(self, purpose: Purpose) -> int:
        """A number for this purpose, where another kind of generator is seeded."""
        return int(self._seeds[purpose].generate_state(1)[0])

    def budget(self, default_steps: int, *, patience: int) -> Budget:
        """The resources' budget, with a default for steps."""
        n_steps = self.resources.max_steps
        return Budget(
            n_steps=default_steps if n_steps is None else n_steps,
            max_seconds=self.resources.max_seconds,
            patience=patience,
            early_stopping=self.resources.early_stopping,
        )

    def progress(self, n_steps: int, description: str) -> ProgressBar | None:
        """A progress bar, where one is wanted."""
        shown = self.resources.verbose and ranks().is_first
        return ProgressBar(n_steps, description=description) if shown else None

    def train(
        self,
        task_on: Callable[[torch.device], Task[Model]],
        *,
        recipe: Recipe,
        budget: Budget,
        name: str,
    ) -> tuple[TrainingResult[Model], torch.device]:
        """Train, with smaller batches or on the CPU where memory runs out.

        Parameters
        ----------
        task_on : callable
            Makes the task on a device; again, and the same, for every attempt.
        recipe, budget : Recipe, Budget
            How to learn and for how long.
        name : str
            What the progress bar calls it.

        Returns
        -------
        result : TrainingResult
            The best generator, and the history.
        device : torch.device
            Where it was trained at last.
        """

        def attempt(recipe: Recipe, device: torch.device) -> TrainingResult[Model]:
            task = task_on(device)
            score = task.score if budget.is_scored else None
            limits = budget if score is None else replace(budget, tolerance=score.tolerance)
            return train(
                task.generator,
                task.discriminator,
                task.source,
                recipe=recipe,
                budget=limits,
                rng=torch.Generator(device).manual_seed(self.seed(Purpose.NETWORKS)),
                augmentation=task.augmentation,
                reconstruction=task.reconstruction,
                evaluate=score,
                progress=self.progress(budget.n_steps, f"{name} on {device}"),
                checkpoint=self.resources.checkpoint,
            )

        return within_memory(attempt, recipe, self.device)

    def best_start(
        self,
        task_from: Callable[[int], Callable[[torch.device], Task[Model]]],
        n_starts: int,
        *,
        recipe: Recipe,
        budget: Budget,
    ) -> tuple[int, Budget]:
        """Which of several first weights scores best after a tenth of the steps, and what is left.

        Of the time, a start gets a tenth of what the training after them has. Where scoring them
        takes long, some are not tried. A training that goes on from a checkpoint has its start.
        """
        if n_starts == 1 or not budget.is_scored:
            return 0, budget
        checkpoint = self.resources.checkpoint
        if checkpoint is not None and checkpoint.start is not None:
            best, seconds_left = checkpoint.start
            return best, replace(budget, max_seconds=seconds_left)
        begun = time.perf_counter()
        n_steps = -(-budget.n_steps // 10)
        short, seconds = replace(budget, n_steps=n_steps, n_evaluations=1), math.inf
        if budget.max_seconds is not None:
            seconds = budget.max_seconds / (10 + n_starts)
            short = replace(short, max_seconds=seconds)
        tries = Session(replace(self.resources, checkpoint=None))
        scores, spent = [], 0.0
        for start in range(n_starts):
            name = f"start {start + 1} of {n_starts}"
            result, _ = tries.train(task_from(start), recipe=recipe, budget=short, name=name)
            scores.append(result.history[-1]["score"] if result.history else np.inf)
            spent = ranks().from_first(lambda: time.perf_counter() - begun)
            if spent >= n_starts * seconds:
                break
        if budget.max_seconds is not None:
            budget = replace(budget, max_seconds=max(budget.max_seconds - spent, seconds))
        best = int(np.nanargmin(scores)) if not np.isnan(scores).all() else 0
        if checkpoint is not None:
            checkpoint.start = [best, budget.max_seconds]
        return best, budget
