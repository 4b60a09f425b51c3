"""Steps of a training that are recorded once and replayed: CUDA graphs.

A GPU is done with a step of small networks before Python has launched its hundreds of kernels. A
recorded step is a single launch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gan_augment.notices import warn_user

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
    """Takes steps; where it is a gain, records those of a kind after the first few and replays.

    The first replay is checked: the step is taken once more as it is written, from the same
    weights and random numbers. Where a step cannot be recorded, or its replay leads elsewhere,
    training goes on without, and a warning says so.

    Parameters
    ----------
    rng : torch.Generator
        The only randomness of the steps.
    networks : sequence of Module
        What the steps train.
    optimizers : callable
        The optimisers that they use now.
    wanted : bool
        Whether to record at all.
    """

    def __init__(
        self,
        rng: torch.Generator,
        networks: Sequence[nn.Module],
        optimizers: Callable[[], Sequence[torch.optim.Optimizer]],
        *,
        wanted: bool,
    ):
        self.rng, self.networks, self.optimizers = rng, networks, optimizers
        self.recorder = recorder_for(rng) if wanted else None
        self.works = True
        self.forget()

    def adam_options(self, lr: float) -> dict[str, Any]:
        """Options of an Adam for these steps. A rate that is a number would be recorded as such."""
        is_recorded = self.recorder is not None
        rate = torch.tensor(lr, device=self.rng.device) if is_recorded else lr
        return {"lr": rate, "fused": True, "capturable": is_recorded}

    def forget(self) -> None:
        """Record anew, since other tensors are worked on now."""
        self._recorded: dict[Hashable, Step] = {}
        self._taken: Counter[Hashable] = Counter()

    def take(self, kind: Hashable, step: Step) -> Losses:
        """Take a step; all of one kind do the same, with other random numbers."""
        if self.recorder is None:
            return step()
        if kind in self._recorded:
            return self._recorded[kind]()
        self._taken[kind] += 1
        if not self.works or self._taken[kind] <= _FIRST_STEPS:
            return self.recorder.run(step)
        return self._record(self.recorder, kind, step)

    @torch.no_grad()
    def _record(self, recorder: Recorder, kind: Hashable, step: Step) -> Losses:
        weights = [weight for network in self.networks for weight in network.parameters()]
        buffers = [buffer for network in self.networks for buffer in network.buffers()]
        states = [state for each in self.optimizers() for state in each.state.values()]
        changed = [*weights, *buffers, *(value for state in states for value in state.values())]
        before, random_numbers = _copies(changed), self.rng.get_state()
        replayed, reason = None, "its replay is another step"
        try:
            with torch.enable_grad():
                replay = recorder.record(step)
            replay()
            replayed = _copies(weights)
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
        for tensor, earlier in zip(changed, before, strict=True):
            tensor.copy_(earlier)
        self.rng.set_state(random_numbers)
        with torch.enable_grad():
            losses = recorder.run(step)
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


def _copies(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in tensors]


def _distance(some: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
    """Euclidean distance of all numbers of some tensors from those of others."""
    pairs = zip(some, others, strict=True)
    return torch.stack([(one - other).square().sum() for one, other in pairs]).sum().sqrt()
