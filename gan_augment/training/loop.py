"""The one adversarial training loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic

import torch
from torch import nn

from gan_augment.notices import warn_user
from gan_augment.training.budget import Budget, Spending
from gan_augment.training.checkpoints import Checkpoint
from gan_augment.training.distributed import ranks
from gan_augment.training.interrupts import is_interrupt_kept
from gan_augment.training.players import Players
from gan_augment.training.progress import ProgressBar
from gan_augment.training.recipe import Augmentation, DataSource, Model, Recipe, Reconstruction

_WORST_RETRIES = 4


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
    augmentation: Augmentation | None = None,
    reconstruction: Reconstruction | None = None,
    evaluate: Callable[[Model], float] | None = None,
    progress: ProgressBar | None = None,
    checkpoint: Checkpoint | None = None,
) -> TrainingResult[Model]:
    """Train both players and return the best generator seen.

    Parameters
    ----------
    generator, discriminator : Generator, Module
        See `recipe.Generator` and `losses.Discriminator`. Both are changed in place.
    source : DataSource
        Real rows.
    recipe, budget : Recipe, Budget
        How to learn and for how long.
    rng : torch.Generator
        The only randomness used, on the networks' device.
    augmentation : Augmentation, optional
        Changes what the discriminator sees.
    reconstruction : Reconstruction, optional
        Added to the generator's loss. With it, `recipe.adversarial_weight` may be 0.
    evaluate : callable, optional
        Gives a generator's held-out score; smaller is better. Without it the last average wins.
    progress : ProgressBar, optional
        Told of every step.
    checkpoint : Checkpoint, optional
        Where to go on from, and to save the state to every so often and at the end.

    Notes
    -----
    A step that makes a loss or a weight non-finite, and an evaluation that shows a collapse, are
    undone: both players return to the best state and go on at half the learning rate. The last
    step, of the steps or of the time, is always evaluated. Ctrl-C ends training early and keeps
    the best state so far; before the first evaluation that is the last one.

    Raises
    ------
    FloatingPointError
        If training stays non-finite after several such retries.
    """
    processes = ranks()
    processes.check_batch(recipe.batch_size)
    players = Players(
        generator, discriminator, recipe, rng, processes, augmentation, reconstruction
    )
    result = TrainingResult(generator, discriminator)
    best = players.snapshot()
    best_score, retries, stale = math.inf, 0, 0
    spending = Spending(budget, processes)
    step, finished = 0, False

    def state() -> dict[str, Any]:
        return {
            "players": players.get_state(),
            "best": best,
            "counters": (best_score, retries, stale, step, result.best_step, finished),
            "history": result.history,
            "seconds": spending.seconds,
        }

    saved = None if checkpoint is None else checkpoint.resume()
    if saved is None:
        spending.measure(step)
    else:
        players.set_state(saved["players"])
        best, result.history = saved["best"], saved["history"]
        best_score, retries, stale, step, result.best_step, finished = saved["counters"]
        spending.go_on(step, saved["seconds"], result.history)
    try:
        while spending.share < 1 and not finished:
            if checkpoint is not None and checkpoint.is_due():
                checkpoint.save(state())
            players.set_learning_rate(spending.share, step)
            losses = players.step(source, step)
            step += 1
            spending.measure(step)
            if not spending.is_evaluation_due:
                if progress:
                    progress.update(step)
                continue
            losses = {n: processes.mean(v, recipe.batch_size) for n, v in losses.items()}
            record: dict[str, Any] = {
                "step": step,
                **{name: float(value) for name, value in losses.items()},
            }
            score = math.nan
            finite = players.is_finite() and all(map(math.isfinite, record.values()))
            if finite and evaluate is not None:
                score = processes.from_first(evaluate, players.average.network)
            spending.evaluated()
            record |= {"score": score, "seconds": spending.seconds}
            result.history.append(record)
            if progress:
                progress.update(step, record)
            if not finite or score > best_score + 0.5 * (1 - best_score):
                record["undone"] = "collapse" if finite else "not finite"
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
        if step == 0 or not is_interrupt_kept():
            raise
        if evaluate is None or best_score == math.inf:
            best, result.best_step = players.snapshot(), step
        warn_user(
            f"Training was interrupted at step {step} of {budget.n_steps}; the model of step "
            f"{result.best_step} is kept.",
            RuntimeWarning,
        )
    else:
        finished = True
        if checkpoint is not None:
            checkpoint.save(state())
    finally:
        if progress:
            progress.close()
    result.n_steps = step
    if step == 0:
        warn_user(
            "Time was up before the first step of training: what was learned is nothing. Allow "
            f"more than max_time={budget.max_seconds:g} seconds.",
            RuntimeWarning,
        )
    _warn_of_setbacks(result)
    players.restore(best)
    result.generator = players.average.network
    return result


def _warn_of_setbacks(result: TrainingResult[Model]) -> None:
    steps = [r["step"] for r in result.history if r.get("undone") == "not finite"]
    if steps:
        warn_user(
            f"Losses or weights were no longer finite at step {', '.join(map(str, steps))} of "
            f"{result.n_steps}. Training went back to its last good state and on at half the "
            f"learning rate; the model of step {result.best_step} is kept. A smaller "
            "learning_rate or a larger gamma prevents it.",
            RuntimeWarning,
        )
