"""What a training leaves in an estimator: a generator, and its weights as NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

from gan_augment.notices import warn_user
from gan_augment.training.budget import Budget
from gan_augment.training.memory import is_out_of_memory
from gan_augment.training.recipe import Recipe
from gan_augment.training.session import Session, Task

Made = TypeVar("Made")


class KeptGenerator:
    """The trained generator of an estimator, remade from its weights where it was not kept.

    Comes before `BaseEstimator` among the bases of what keeps one.
    """

    _architecture: dict[str, Any]
    _generator: Any
    weights_: dict[str, Any]
    history_: list[dict[str, Any]]
    n_steps_: int
    best_step_: int
    device_: str

    def _new_generator(self) -> Any:
        """An untrained generator of the architecture."""
        raise NotImplementedError

    def _train(
        self,
        task_on: Callable[[torch.device], Task[Any]],
        *,
        recipe: Recipe,
        budget: Budget,
        session: Session,
    ) -> None:
        """Train on what `task_on` makes on a device, and keep the best generator."""
        name = type(self).__name__
        result, device = session.train(task_on, recipe=recipe, budget=budget, name=name)
        self._keep(result.generator)
        self.history_ = result.history
        self.n_steps_, self.best_step_ = result.n_steps, result.best_step
        self.device_ = str(device)

    def _keep(self, generator: Any) -> None:
        self._generator = generator
        self.weights_ = {
            name: value.cpu().contiguous().numpy().copy()
            for name, value in generator.state_dict().items()
        }

    def _made(self, make: Callable[[Any], Made]) -> Made:
        """What `make` makes by the generator, which goes to the CPU where memory runs out."""
        generator = self._loaded_generator()
        device = next(generator.parameters()).device
        try:
            return make(generator)
        except RuntimeError as error:
            if device.type == "cpu" or not is_out_of_memory(error):
                raise
        warn_user(
            f"Memory on {device} ran out. The generator goes on on the CPU, which is slower.",
            RuntimeWarning,
        )
        return make(generator.cpu())

    def _loaded_generator(self) -> Any:
        generator = getattr(self, "_generator", None)
        if generator is not None:
            return generator
        generator = self._new_generator()
        weights = {name: torch.from_numpy(w.copy()) for name, w in self.weights_.items()}
        generator.load_state_dict(weights)
        generator.requires_grad_(False).eval()
        self._generator = generator
        return generator

    def _kept_state(self) -> dict[str, Any]:
        return {
            "architecture": self._architecture,
            "weights": self.weights_,
            "history": self.history_,
            "n_steps": self.n_steps_,
            "best_step": self.best_step_,
            "device": self.device_,
        }

    def _restore_kept(self, state: dict[str, Any]) -> None:
        """Become what had this state; what else `_new_generator` needs is there before."""
        self._architecture = state["architecture"]
        self.weights_ = state["weights"]
        self.history_ = state["history"]
        self.n_steps_, self.best_step_ = state["n_steps"], state["best_step"]
        self.device_ = state["device"]
        self._generator = None
        self._loaded_generator()

    def __getstate__(self) -> dict[str, Any]:
        # Pickles carry NumPy weights only, so a model trained on a GPU opens on a CPU.
        inherited: Any = super().__getstate__()
        state = dict(inherited)
        state.pop("_generator", None)
        return state
