"""How long a training may take, and how much of that is spent."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gan_augment.training.distributed import Ranks


@dataclass(frozen=True)
class Budget:
    """When training ends, and which step is kept.

    Attributes
    ----------
    n_steps : int
        Most steps.
    max_seconds : float or None
        Most seconds; None for as many as the steps take.
    n_evaluations : int
        How often steps are scored on held-out rows, spread over the steps or the seconds.
    patience : int
        Training stops after so many evaluations that got no better.
    tolerance : float
        Among steps whose scores differ by less than this, which is noise, the latest is best.
    early_stopping : bool
        Whether steps are scored at all.
    """

    n_steps: int
    max_seconds: float | None = None
    n_evaluations: int = 10
    patience: int = 5
    tolerance: float = 0.01
    early_stopping: bool = True

    @property
    def is_scored(self) -> bool:
        """Whether steps are scored on the way; in very short trainings that tells nothing."""
        return self.early_stopping and self.n_steps >= self.n_evaluations


class Spending:
    """What a training has spent of its budget; the first process's clock is that of all.

    Parameters
    ----------
    budget : Budget
        What there is to spend.
    processes : Ranks
        Those that train together, which must end and evaluate at the same steps.

    Attributes
    ----------
    seconds : float
        Time spent when it was last measured.
    """

    def __init__(self, budget: Budget, processes: Ranks):
        self._budget, self._processes = budget, processes
        self._interval = -(-budget.n_steps // budget.n_evaluations)
        self._start = time.perf_counter()
        self._step, self.seconds = 0, 0.0
        self._evaluated_step, self._evaluated_seconds = 0, 0.0

    def go_on(self, step: int, seconds: float, history: Sequence[Mapping[str, Any]]) -> None:
        """Go on from where an earlier training was, with its evaluations."""
        self._start -= seconds
        self._step, self.seconds = step, seconds
        if history:
            self._evaluated_step = history[-1]["step"]
            self._evaluated_seconds = history[-1]["seconds"]

    def measure(self, step: int) -> None:
        """Take note of a step."""
        self._step = step
        self.seconds = time.perf_counter() - self._start
        if self._budget.max_seconds is not None:
            self.seconds = self._processes.from_first(lambda: self.seconds)

    def evaluated(self) -> None:
        """Take note of an evaluation; the time until the next begins after it."""
        self.measure(self._step)
        self._evaluated_step, self._evaluated_seconds = self._step, self.seconds

    @property
    def share(self) -> float:
        """How much of the budget is spent, of the steps or of the time."""
        share = self._step / self._budget.n_steps
        if self._budget.max_seconds is None:
            return share
        return max(share, self.seconds / self._budget.max_seconds)

    @property
    def is_evaluation_due(self) -> bool:
        """Whether all is spent, or as much as there is between two evaluations."""
        if self.share >= 1 or self._step - self._evaluated_step >= self._interval:
            return True
        if self._budget.max_seconds is None:
            return False
        seconds = self.seconds - self._evaluated_seconds
        return seconds >= self._budget.max_seconds / self._budget.n_evaluations
