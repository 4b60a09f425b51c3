"""Steps of a training that are recorded once and replayed: CUDA graphs.

A GPU is done with a step of small networks before Python has launched its hundreds of kernels. A
recorded step is a single launch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Protocol

import torch
from torch import Tensor

from gan_augment.notices import warn_user
from gan_augment.training.memory import is_out_of_memory

Losses = tuple[Tensor, Tensor]
Step = Callable[[], Losses]
_FIRST_STEPS = 3
_FARTHEST = 0.05


class Recorder(Protocol):
    """What runs and records steps on a device."""

    def run(self, step: Step) -> Losses:
        """Take the step as it is written."""
        ...

    def record(self, step: Step) -> Step:
        """What does to the same tensors what the step does, which is not taken here."""
        ...


class CUDAGraphs:
    """Records steps as CUDA graphs.

    Parameters
    ----------
    rng : torch.Generator
        The only randomness of the steps: every replay goes on where it is.
    """

    def __init__(self, rng: torch.Generator):
        self.rng = rng
        # Gradients stay with the stream that they were first made on, which must not be the
        # default one where a graph is to hold them.
        self.stream = torch.cuda.Stream(rng.device)

    def run(self, step: Step) -> Losses:
        """Take the step as it is written."""
        usual = torch.cuda.current_stream(self.rng.device)
        self.stream.wait_stream(usual)
        with torch.cuda.stream(self.stream):
            losses = step()
        usual.wait_stream(self.stream)
        return losses

    def record(self, step: Step) -> Step:
        """The step as a graph."""
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.rng)
        # Other threads may train on the same GPU meanwhile.
        with torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"):
            losses = step()

        def replay() -> Losses:
            graph.replay()
            return losses

        return replay


def recorder_for(rng: torch.Generator) -> Recorder | None:
    """What records steps on this device; None where it is no gain."""
    return CUDAGraphs(rng) if rng.device.type == "cuda" else None


class RecordedSteps:
    """Takes steps, and records those of a kind after the first few.

    The first replay is checked: the step is taken once more as it is written, from the same
    weights and random numbers. Where a step cannot be recorded, or its replay leads elsewhere,
    training goes on without, and a warning says so.

    Parameters
    ----------
    recorder : Recorder
        Runs and records.
    rng : torch.Generator
        The only randomness of the steps.
    weights, others : callable
        The tensors that a step is to move, and all others that it changes.
    """

    def __init__(
        self,
        recorder: Recorder,
        rng: torch.Generator,
        weights: Callable[[], list[Tensor]],
        others: Callable[[], list[Tensor]],
    ):
        self.recorder, self.rng = recorder, rng
        self.weights, self.others = weights, others
        self.works = True
        self.forget()

    def forget(self) -> None:
        """Record anew, since other tensors are worked on now."""
        self._recorded: dict[Hashable, Step] = {}
        self._taken: Counter[Hashable] = Counter()

    def take(self, kind: Hashable, step: Step) -> Losses:
        """Take a step; all of one kind do the same, with other random numbers."""
        if kind in self._recorded:
            return self._recorded[kind]()
        self._taken[kind] += 1
        if not self.works or self._taken[kind] <= _FIRST_STEPS:
            return self.recorder.run(step)
        return self._record(kind, step)

    @torch.no_grad()
    def _record(self, kind: Hashable, step: Step) -> Losses:
        weights = self.weights()
        changed = [*weights, *self.others()]
        before, random_numbers = _copies(changed), self.rng.get_state()
        replayed, reason = None, "its replay is another step"
        try:
            with torch.enable_grad():
                replay = self.recorder.record(step)
            replay()
            replayed = _copies(weights)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            reason = str(error).splitlines()[0]
        for tensor, earlier in zip(changed, before, strict=True):
            tensor.copy_(earlier)
        self.rng.set_state(random_numbers)
        with torch.enable_grad():
            losses = self.recorder.run(step)
        moved = _distance(weights, before[: len(weights)])
        if replayed is not None and _distance(replayed, weights) <= _FARTHEST * moved:
            self._recorded[kind] = replay
            return losses
        self.works = False
        self.forget()
        warn_user(
            f"A step of training could not be recorded as a CUDA graph ({reason:.200}): training "
            "goes on without, and takes longer. cuda_graph=False does not try.",
            RuntimeWarning,
        )
        return losses


def _copies(tensors: list[Tensor]) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in tensors]


def _distance(some: list[Tensor], others: list[Tensor]) -> Tensor:
    """Euclidean distance of all numbers of some tensors from those of others."""
    pairs = zip(some, others, strict=True)
    return torch.stack([(one - other).square().sum() for one, other in pairs]).sum().sqrt()
