"""The small protocol that every backend follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from gan_augment.columns import IntArray
from gan_augment.training.checkpoints import Checkpoint


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


class Border(Protocol):
    """Turns what the user has into a backend's data, and a backend's rows into the same kind."""

    def learn(self, X: Any) -> Any:
        """Data for the backend; supports ``len``, ``take(rows)`` and ``digest()``."""
        ...

    def decode(self, values: Any) -> Any:
        """A backend's rows in the container that was learned."""
        ...

    def append(self, X: Any, new: Any) -> Any:
        """Rows of `X`, untouched, and those of `new` after them."""
        ...

    def get_state(self) -> dict[str, Any]:
        """What was learned, in values that `gan_augment.plain` knows; only needed to save."""
        ...


class Backend(Protocol):
    """A generative model that can be asked for rows of a class."""

    history_: list[dict[str, Any]]
    n_steps_: int
    device_: str

    def border(self, X: Any, *, categorical_features: Any, image_shape: Any) -> Border:
        """What stands between the user's `X` and this backend."""
        ...

    def fit(self, data: Any, labels: IntArray, *, n_classes: int, resources: Resources) -> Backend:
        """Learn rows and their classes."""
        ...

    def sample(self, labels: IntArray, seed: int) -> Any:
        """One row per class code; the same for the same seed."""
        ...


class SavableBackend(Backend, Protocol):
    """A backend that `GANAugmenter.save` can write, and `gan_augment.load` read.

    It is made anew from its parameters, and then given its state: values that `gan_augment.plain`
    knows, NumPy arrays and lists and dicts of them, so that reading a file runs no code.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the constructor."""
        ...

    def get_state(self) -> dict[str, Any]:
        """All that `fit` learned."""
        ...

    def set_state(self, state: dict[str, Any]) -> SavableBackend:
        """Become what had this state."""
        ...

    def border_from_state(self, state: dict[str, Any]) -> Border:
        """The border whose `get_state` gave this."""
        ...
