"""Both players of the game and what one step does to them."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Generic

import torch
from torch import Tensor, nn

from gan_augment.training.averaging import ExponentialMovingAverage
from gan_augment.training.devices import low_precision
from gan_augment.training.distributed import Ranks
from gan_augment.training.graphs import Losses, RecordedSteps
from gan_augment.training.losses import (
    LOSSES,
    interpolated_penalty,
    zero_centred_penalty,
)
from gan_augment.training.recipe import Augmentation, DataSource, Model, Recipe, Reconstruction

OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}
# Their state can live on the device alone, as a recorded step needs.
_RECORDABLE = {"adam", "adamw"}
_OF_DEVICE = ("lr", "capturable")
_FINAL_LEARNING_RATE = 0.05
_ALL_ROWS = slice(None)


class Players(Generic[Model]):
    """Both networks, their optimisers and the moving average: all that a step changes."""

    def __init__(
        self,
        generator: Model,
        discriminator: nn.Module,
        recipe: Recipe,
        rng: torch.Generator,
        processes: Ranks,
        augmentation: Augmentation | None,
        reconstruction: Reconstruction | None,
    ):
        self.generator, self.discriminator = generator, discriminator
        self.processes, self.augmentation = processes, augmentation
        self.reconstruction = reconstruction
        self.recipe, self.rng = recipe, rng
        self.loss = LOSSES[recipe.loss]
        self.average = ExponentialMovingAverage(generator, recipe.ema_decay)
        self.lr_scale = 1.0
        self._share = 0.0
        self._steps = RecordedSteps(
            rng,
            (generator, discriminator),
            self._optimizers,
            wanted=recipe.cuda_graph and recipe.optimizer in _RECORDABLE and processes.size == 1,
        )
        self._new_optimizers()

    def _new_optimizers(self) -> None:
        recipe = self.recipe
        self.generator_optimizer = self._optimizer(self.generator, recipe.generator_lr)
        self.discriminator_optimizer = self._optimizer(self.discriminator, recipe.discriminator_lr)
        self._steps.forget()

    def _optimizer(self, network: nn.Module, lr: float) -> torch.optim.Optimizer:
        recipe = self.recipe
        kind, weights = OPTIMIZERS[recipe.optimizer], network.parameters()
        if recipe.optimizer not in _RECORDABLE:
            return kind(weights, lr=lr)
        return kind(weights, betas=recipe.betas, **self._steps.adam_options(lr))

    def set_learning_rate(self, share: float, step: int) -> None:
        """Cosine from the full rate to a twentieth of it, by the share of the training so far."""
        self._share = share
        low = _FINAL_LEARNING_RATE
        scale = self.lr_scale * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * share)))
        recipe = self.recipe
        if step < recipe.warm_up_steps:
            scale *= (step + 1) / recipe.warm_up_steps
        _set_rate(self.generator_optimizer, recipe.generator_lr * scale)
        _set_rate(self.discriminator_optimizer, recipe.discriminator_lr * scale)

    @property
    def _plays(self) -> bool:
        recipe = self.recipe
        return recipe.adversarial_weight > 0 and self._share >= recipe.adversarial_from

    def step(self, source: DataSource, index: int) -> dict[str, Tensor]:
        """One update of each player."""
        has_penalty = self.recipe.gamma > 0 and index % self.recipe.penalty_interval == 0
        play = partial(self._play, source, has_penalty)
        discriminator_loss, generator_loss = self._steps.take((has_penalty, self._plays), play)
        self.average.update(self.generator)
        return {"discriminator_loss": discriminator_loss, "generator_loss": generator_loss}

    def _play(self, source: DataSource, has_penalty: bool) -> Losses:
        size = self.recipe.batch_size
        with low_precision(self.recipe.precision, self.rng.device):
            for _ in range(self.recipe.discriminator_steps):
                real, labels = map(self.processes.share, source.draw(size, self.rng))
                fake = self.generator(self._draw_latent(), labels)
                discriminator_loss, real_logits = real.new_zeros(()), labels.new_zeros(0)
                if self._plays:
                    discriminator_loss, real_logits = self._discriminator_step(
                        real, fake.detach(), labels, has_penalty
                    )
            generator_loss = self._generator_step(real, fake, labels, real_logits)
        return discriminator_loss, generator_loss

    def _discriminator_step(
        self, real: Tensor, fake: Tensor, labels: Tensor, has_penalty: bool
    ) -> tuple[Tensor, Tensor]:
        """The loss, and the logits of the real rows as they were before the update."""
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        logits = self._judge(torch.cat([real, fake]), torch.cat([labels, labels]), self._noise(2))
        real_logits, fake_logits = logits.chunk(2)
        loss = self.loss.discriminator(real_logits, fake_logits)
        total = loss
        if has_penalty:
            total = total + self._penalty(real, fake, labels)
        total.backward()
        self.processes.average_gradients(self.discriminator, self.recipe.batch_size)
        self.discriminator_optimizer.step()
        return loss.detach(), real_logits.detach()

    def _penalty(self, real: Tensor, fake: Tensor, labels: Tensor) -> Tensor:
        recipe = self.recipe
        # The penalty costs more than the game itself, and some of the rows tell it without bias.
        few, share = self.processes.stride(recipe.batch_size, recipe.penalty_stride)
        interpolated = recipe.loss == "wasserstein"
        # Drawn by every process, even by one that has none of these rows.
        n_mixed = recipe.batch_size if interpolated else 0
        mixing = torch.rand(n_mixed, generator=self.rng, device=real.device)
        noise = self._noise(1 if interpolated else 2, few)
        if share == 0:
            return real.new_zeros(())
        real, fake, labels = real[few], fake[few], labels[few]
        weight = recipe.gamma * recipe.penalty_interval * share
        if interpolated:
            judge = partial(self._judge, noise=noise)
            mixing = self.processes.share(mixing)[few]
            return 10 * weight * interpolated_penalty(judge, real, fake, labels, mixing)
        # Real rows (R1) and fake ones (R2) are one batch here, so the sum is twice the mean.
        rows = torch.cat([real, fake]).requires_grad_()
        logits = self._judge(rows, torch.cat([labels, labels]), noise)
        return weight * zero_centred_penalty(logits, rows)

    def _generator_step(
        self, real: Tensor, fake: Tensor, labels: Tensor, real_logits: Tensor
    ) -> Tensor:
        self.generator_optimizer.zero_grad(set_to_none=True)
        with _frozen(self.discriminator):
            loss = fake.new_zeros(())
            if self._plays:
                loss = self.recipe.adversarial_weight * self._adversarial_loss(
                    fake, labels, real_logits
                )
            if self.reconstruction is not None:
                loss = loss + self.reconstruction(self.generator, fake, real, labels)
            loss.backward()
        self.processes.average_gradients(self.generator, self.recipe.batch_size)
        if self.recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.generator.parameters(), self.recipe.clip_norm)
        self.generator_optimizer.step()
        return loss.detach()

    def _adversarial_loss(self, fake: Tensor, labels: Tensor, real_logits: Tensor) -> Tensor:
        # The update since they were judged hardly moves the real rows' logits, which only weigh
        # the pairs: judging them again is not worth its time.
        fake_logits = self._judge(fake, labels, self._noise(1))
        return self.loss.generator(real_logits, fake_logits)

    def _judge(self, rows: Tensor, labels: Tensor, noise: Tensor | None) -> Tensor:
        """The discriminator's logits of what the augmentation makes of the rows."""
        if self.augmentation is not None and noise is not None:
            rows = self.augmentation(rows, noise)
        return self.discriminator(rows, labels)

    def _noise(self, n_batches: int, rows: slice = _ALL_ROWS) -> Tensor | None:
        """The augmentation's randomness for these rows of each of several batches."""
        if self.augmentation is None:
            return None
        size = self.recipe.batch_size
        drawn = [self.augmentation.draw(size, self.rng) for _ in range(n_batches)]
        return torch.cat([self.processes.share(noise)[rows] for noise in drawn])

    def _draw_latent(self) -> Tensor:
        # Every process draws for the whole batch, so that all stay at the same random number.
        return self.processes.share(self.generator.draw_latent(self.recipe.batch_size, self.rng))

    def is_finite(self) -> bool:
        """Whether every weight of both players is a number."""
        weights = [*self.generator.parameters(), *self.discriminator.parameters()]
        return bool(torch.stack([w.detach().isfinite().all() for w in weights]).all())

    def get_state(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""
        return {
            **self.snapshot(),
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers()],
            "n_updates": self.average.n_updates,
            "lr_scale": self.lr_scale,
            "rng": self.rng.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Become what had this state."""
        self.restore(state)
        for optimizer, optimizer_state in zip(self._optimizers(), state["optimizers"], strict=True):
            (group,) = optimizer.param_groups
            of_device = {name: group[name] for name in _OF_DEVICE if name in group}
            optimizer.load_state_dict(optimizer_state)
            optimizer.param_groups[0].update(of_device)
            _lay_out_as_weights(optimizer)
        self._steps.forget()
        self.average.n_updates = state["n_updates"]
        self.lr_scale = state["lr_scale"]
        self.rng.set_state(state["rng"])

    def _optimizers(self) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        return self.generator_optimizer, self.discriminator_optimizer

    def snapshot(self) -> dict[str, Any]:
        """A copy of the weights, which later steps do not change."""
        networks = (self.generator, self.discriminator, self.average.network)
        return {"weights": [copy.deepcopy(network.state_dict()) for network in networks]}

    def restore(self, snapshot: dict[str, Any], *, slower: bool = False) -> None:
        """Go back to a snapshot, and on from there at half the learning rate if `slower`."""
        networks: tuple[nn.Module, ...] = (
            self.generator,
            self.discriminator,
            self.average.network,
        )
        for network, weights in zip(networks, snapshot["weights"], strict=True):
            network.load_state_dict(weights)
        if slower:
            self.lr_scale /= 2
            self._new_optimizers()


@contextmanager
def _frozen(network: nn.Module) -> Iterator[None]:
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def _lay_out_as_weights(optimizer: torch.optim.Optimizer) -> None:
    """Order moments in memory as their weights: a fused step takes both for one sequence."""
    for weights, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, Tensor) and value.shape == weights.shape:
                state[name] = torch.empty_like(weights).copy_(value)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    (group,) = optimizer.param_groups
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate
