"""The one adversarial training loop."""

from __future__ import annotations

import copy
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from gan_augment.training.averaging import ExponentialMovingAverage
from gan_augment.training.checkpoints import Checkpoint
from gan_augment.training.devices import low_precision
from gan_augment.training.distributed import Ranks, ranks
from gan_augment.training.losses import (
    LOSSES,
    Relativistic,
    interpolated_penalty,
    zero_centred_penalty,
)
from gan_augment.training.progress import ProgressBar

OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}
_WORST_RETRIES = 4
_FINAL_LEARNING_RATE = 0.05


@dataclass(frozen=True)
class Recipe:
    """How the two players learn; what they are is not known here.

    The gradient penalty is taken at every `penalty_interval`-th step, on every
    `penalty_stride`-th row of the batch.
    """

    loss: str = "relativistic"
    optimizer: str = "adam"
    generator_lr: float = 2e-3
    discriminator_lr: float = 2e-3
    betas: tuple[float, float] = (0.0, 0.99)
    gamma: float = 1.0
    penalty_interval: int = 1
    penalty_stride: int = 1
    discriminator_steps: int = 1
    ema_decay: float = 0.995
    precision: str = "float32"
    batch_size: int = 256


@dataclass(frozen=True)
class Budget:
    """When training ends, and which step is kept.

    Among steps whose scores differ by less than `tolerance`, which is noise, the latest is best.
    """

    n_steps: int
    max_seconds: float | None = None
    n_evaluations: int = 10
    patience: int = 5
    tolerance: float = 0.01


class Generator(nn.Module):
    """What the loop asks of a generator."""

    def draw_latent(self, n: int, rng: torch.Generator) -> Tensor:
        """All the randomness that `n` rows need; ``forward(latent, labels)`` makes them rows."""
        raise NotImplementedError


Model = TypeVar("Model", bound=Generator)


class DataSource(Protocol):
    """Real rows in batches, on the device of the networks."""

    def draw(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Rows of shape (n, ...) and their labels of shape (n,)."""
        ...


@dataclass
class TrainingResult(Generic[Model]):
    """What a training leaves behind: the averaged generator of the best evaluation."""

    generator: Model
    discriminator: nn.Module
    history: list[dict[str, Any]] = field(default_factory=list)
    n_steps: int = 0
    best_step: int = 0


def train(
    generator: Model,
    discriminator: nn.Module,
    source: DataSource,
    *,
    recipe: Recipe,
    budget: Budget,
    rng: torch.Generator,
    evaluate: Callable[[Model], float] | None = None,
    progress: ProgressBar | None = None,
    checkpoint: Checkpoint | None = None,
) -> TrainingResult[Model]:
    """Train both players and return the best generator seen.

    Parameters
    ----------
    generator, discriminator : Generator, Module
        See `Generator` here and `losses.Discriminator`. Both are changed in place.
    source : DataSource
        Real rows.
    recipe, budget : Recipe, Budget
        How to learn and for how long.
    rng : torch.Generator
        The only randomness used, on the networks' device.
    evaluate : callable, optional
        Gives a generator's held-out score; smaller is better. Without it the last average wins.
    progress : ProgressBar, optional
        Told of every step.
    checkpoint : Checkpoint, optional
        Where to go on from, and to save the state to every so often and at the end.

    Notes
    -----
    A step that makes a loss or a weight non-finite, and an evaluation that shows a collapse, are
    undone: both players return to the best state and go on at half the learning rate. Ctrl-C
    ends training early and keeps the best state so far.

    Raises
    ------
    FloatingPointError
        If training stays non-finite after several such retries.
    """
    processes = ranks()
    processes.check_batch(recipe.batch_size)
    players = _Players(generator, discriminator, recipe, rng, processes)
    result = TrainingResult(generator, discriminator)
    best = players.snapshot()
    best_score, retries, stale = math.inf, 0, 0
    interval = -(-budget.n_steps // budget.n_evaluations)
    start = time.perf_counter()
    step, finished = 0, False

    def state() -> dict[str, Any]:
        return {
            "players": players.get_state(),
            "best": best,
            "counters": (best_score, retries, stale, step, result.best_step, finished),
            "history": result.history,
            "seconds": time.perf_counter() - start,
        }

    saved = None if checkpoint is None else checkpoint.resume()
    if saved is not None:
        players.set_state(saved["players"])
        best, result.history = saved["best"], saved["history"]
        best_score, retries, stale, step, result.best_step, finished = saved["counters"]
        start -= saved["seconds"]
    try:
        while step < budget.n_steps and not finished:
            if checkpoint is not None and checkpoint.is_due():
                checkpoint.save(state())
            share = step / budget.n_steps
            if budget.max_seconds is not None:
                elapsed = processes.from_first(lambda: time.perf_counter() - start)
                share = max(share, elapsed / budget.max_seconds)
                if share >= 1:
                    break
            players.set_learning_rate(share)
            losses = players.step(source, step)
            step += 1
            last = step == budget.n_steps
            if step % interval and not last:
                if progress:
                    progress.update(step)
                continue
            losses = {n: processes.mean(v, recipe.batch_size) for n, v in losses.items()}
            record = {"step": step, **{name: float(value) for name, value in losses.items()}}
            score = math.nan
            finite = players.is_finite() and all(map(math.isfinite, record.values()))
            if finite and evaluate is not None:
                score = processes.from_first(evaluate, players.average.network)
            record |= {"score": score, "seconds": time.perf_counter() - start}
            result.history.append(record)
            if progress:
                progress.update(step, record)
            if not finite or score > best_score + 0.5 * (1 - best_score):
                retries += 1
                if retries > _WORST_RETRIES:
                    if best_score < math.inf:
                        break
                    raise FloatingPointError(
                        f"Training diverged {retries} times, at last with a learning rate of "
                        f"{players.lr_scale * recipe.generator_lr:.1e}. Use a smaller "
                        "learning_rate or a larger gamma, and look for extreme values in X."
                    )
                players.restore(best, slower=True)
                continue
            if evaluate is None or score <= best_score + budget.tolerance:
                best_score, stale = min(score, best_score), 0
                best = players.snapshot()
                result.best_step = step
            else:
                stale += 1
                if stale >= budget.patience:
                    break
    except KeyboardInterrupt:
        if step == 0:
            raise
        if evaluate is None or best_score == math.inf:
            best, result.best_step = players.snapshot(), step
        warnings.warn(
            f"Training was interrupted at step {step} of {budget.n_steps}; the model of step "
            f"{result.best_step} is kept.",
            RuntimeWarning,
            stacklevel=2,
        )
    else:
        finished = True
        if checkpoint is not None:
            checkpoint.save(state())
    finally:
        if progress:
            progress.close()
    if evaluate is None and result.best_step < step:
        best, result.best_step = players.snapshot(), step
    result.n_steps = step
    players.restore(best)
    result.generator = players.average.network
    return result


class _Players(Generic[Model]):
    """Both networks, their optimisers and the moving average: all that a step changes."""

    def __init__(
        self,
        generator: Model,
        discriminator: nn.Module,
        recipe: Recipe,
        rng: torch.Generator,
        processes: Ranks,
    ):
        self.generator, self.discriminator = generator, discriminator
        self.processes = processes
        self.recipe, self.rng = recipe, rng
        self.loss = LOSSES[recipe.loss]
        self.average = ExponentialMovingAverage(generator, recipe.ema_decay)
        self.lr_scale = 1.0
        self._new_optimizers()

    def _new_optimizers(self) -> None:
        recipe = self.recipe
        self.generator_optimizer = _optimizer(self.generator, recipe, recipe.generator_lr)
        self.discriminator_optimizer = _optimizer(
            self.discriminator, recipe, recipe.discriminator_lr
        )

    def set_learning_rate(self, share: float) -> None:
        """Cosine from the full rate to a twentieth of it."""
        low = _FINAL_LEARNING_RATE
        scale = self.lr_scale * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * share)))
        recipe = self.recipe
        self.generator_optimizer.param_groups[0]["lr"] = recipe.generator_lr * scale
        self.discriminator_optimizer.param_groups[0]["lr"] = recipe.discriminator_lr * scale

    def step(self, source: DataSource, index: int) -> dict[str, Tensor]:
        """One update of each player."""
        size = self.recipe.batch_size
        with low_precision(self.recipe.precision, self.rng.device):
            for _ in range(self.recipe.discriminator_steps):
                real, labels = map(self.processes.share, source.draw(size, self.rng))
                fake = self.generator(self._draw_latent(), labels)
                discriminator_loss = self._discriminator_step(real, fake.detach(), labels, index)
            generator_loss = self._generator_step(real, fake, labels)
        self.average.update(self.generator)
        return {"discriminator_loss": discriminator_loss, "generator_loss": generator_loss}

    def _discriminator_step(self, real: Tensor, fake: Tensor, labels: Tensor, index: int) -> Tensor:
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        logits = self.discriminator(torch.cat([real, fake]), torch.cat([labels, labels]))
        loss = self.loss.discriminator(*logits.chunk(2))
        total = loss
        if self.recipe.gamma > 0 and index % self.recipe.penalty_interval == 0:
            total = total + self._penalty(real, fake, labels)
        total.backward()
        self.processes.average_gradients(self.discriminator, self.recipe.batch_size)
        self.discriminator_optimizer.step()
        return loss.detach()

    def _penalty(self, real: Tensor, fake: Tensor, labels: Tensor) -> Tensor:
        recipe = self.recipe
        # The penalty costs more than the game itself, and some of the rows tell it without bias.
        few, share = self.processes.stride(recipe.batch_size, recipe.penalty_stride)
        if share == 0:
            return real.new_zeros(())
        real, fake, labels = real[few], fake[few], labels[few]
        weight = recipe.gamma * recipe.penalty_interval * share
        if recipe.loss == "wasserstein":
            mixing = torch.rand(recipe.batch_size, generator=self.rng, device=real.device)
            mixing = self.processes.share(mixing)[few]
            penalty = interpolated_penalty(self.discriminator, real, fake, labels, mixing)
            return 10 * weight * penalty
        # Real rows (R1) and fake ones (R2) are one batch here, so the sum is twice the mean.
        rows = torch.cat([real, fake]).requires_grad_()
        logits = self.discriminator(rows, torch.cat([labels, labels]))
        return weight * zero_centred_penalty(logits, rows)

    def _generator_step(self, real: Tensor, fake: Tensor, labels: Tensor) -> Tensor:
        self.generator_optimizer.zero_grad(set_to_none=True)
        self.discriminator.requires_grad_(False)
        if isinstance(self.loss, Relativistic):
            with torch.no_grad():
                real_logits = self.discriminator(real, labels)
        else:
            real_logits = labels.new_zeros(0, dtype=fake.dtype)
        loss = self.loss.generator(real_logits, self.discriminator(fake, labels))
        loss.backward()
        self.discriminator.requires_grad_(True)
        self.processes.average_gradients(self.generator, self.recipe.batch_size)
        self.generator_optimizer.step()
        return loss.detach()

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
            optimizer.load_state_dict(optimizer_state)
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


def _optimizer(network: nn.Module, recipe: Recipe, lr: float) -> torch.optim.Optimizer:
    kind = OPTIMIZERS[recipe.optimizer]
    if recipe.optimizer in {"adam", "adamw"}:
        return kind(network.parameters(), lr=lr, betas=recipe.betas, fused=True)
    return kind(network.parameters(), lr=lr)
