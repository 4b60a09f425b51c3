"""What the class-conditional GANs share, whatever their rows are."""

from __future__ import annotations

from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions

from gan_augment.columns import IntArray
from gan_augment.plain import from_record, to_record
from gan_augment.training.devices import PRECISIONS, threads_of_this_process
from gan_augment.training.faults import FEWEST_STEPS, Fault, training_faults
from gan_augment.training.kept import KeptGenerator
from gan_augment.training.losses import LOSSES
from gan_augment.training.players import OPTIMIZERS
from gan_augment.training.recipe import Recipe
from gan_augment.training.scores import ScoreScale

_JUDGED = 1_000
_FEWEST_JUDGED = 200


class ClassConditionalGAN(KeptGenerator, BaseEstimator):
    """Draws rows of a class from a kept generator, and knows what went wrong in its training."""

    score_scale: ClassVar[ScoreScale]
    loss: str
    penalty_interval: int
    optimizer: str
    learning_rate: float
    beta1: float
    discriminator_steps: int
    ema_decay: float
    precision: str
    cuda_graph: bool
    batch_size: int | str
    faults_: list[Fault]
    _parameter_constraints: dict[str, Any] = {
        "loss": [StrOptions(set(LOSSES))],
        "penalty_interval": [Interval(Integral, 1, None, closed="left")],
        "latent_dim": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "beta1": [Interval(Real, 0, 1, closed="left")],
        "discriminator_steps": [Interval(Integral, 1, None, closed="left")],
        "ema_decay": [Interval(Real, 0, 1, closed="left")],
        "precision": [StrOptions(set(PRECISIONS))],
        "cuda_graph": ["boolean"],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "class_balance": [Interval(Real, 0, 1, closed="both")],
    }

    def _recipe(self, *, batch_size: int, **choices: Any) -> Recipe:
        """How to learn by the parameters, with these choices of the backend for its data."""
        return Recipe(
            loss=self.loss,
            optimizer=self.optimizer,
            generator_lr=self.learning_rate,
            discriminator_lr=self.learning_rate,
            betas=(float(self.beta1), 0.99),
            penalty_interval=self.penalty_interval,
            discriminator_steps=self.discriminator_steps,
            ema_decay=self.ema_decay,
            precision=self.precision,
            cuda_graph=self.cuda_graph,
            batch_size=batch_size if self.batch_size == "auto" else int(self.batch_size),
            **choices,
        )

    def _draw(self, generator: Any, labels: IntArray, seed: int) -> Any:
        """One row per class code, by this generator and on its device."""
        raise NotImplementedError

    def _compare(
        self,
        data: Any,
        labels: IntArray,
        drawn: Any,
        drawn_labels: IntArray,
        rng: np.random.Generator,
    ) -> list[Fault]:
        """What is wrong with drawn rows beside real ones."""
        raise NotImplementedError

    @threads_of_this_process()
    def sample(self, labels: IntArray, seed: int) -> Any:
        """One synthetic row per class code, as an array of shape (n_rows, ...)."""
        return self._made(partial(self._draw, labels=labels, seed=seed))

    def _faults(self, data: Any, labels: IntArray, rng: np.random.Generator) -> list[Fault]:
        """What went wrong; of trainings too short to go right, nothing is said."""
        if self.n_steps_ < FEWEST_STEPS:
            return []
        asked = labels[rng.permutation(len(labels))[:_JUDGED]]
        asked = np.tile(asked, -(-_FEWEST_JUDGED // len(asked)))
        drawn = self.sample(asked, int(rng.integers(2**31)))
        return [
            *training_faults(self.history_, self.loss, self.score_scale.told_apart),
            *self._compare(data, labels, drawn, asked, rng),
        ]

    def remarks(self) -> list[str]:
        """Sentences for `GANAugmenter.diagnose` about what is peculiar to this GAN."""
        return []

    def get_state(self) -> dict[str, Any]:
        """What `fit` learned, as plain values and NumPy arrays."""
        return {**self._kept_state(), "faults": [to_record(fault) for fault in self.faults_]}

    def set_state(self, state: dict[str, Any]) -> ClassConditionalGAN:
        """Become what had this state."""
        self.faults_ = [from_record(fault, (Fault,)) for fault in state.get("faults", [])]
        self._restore_kept(state)
        return self
