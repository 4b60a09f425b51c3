"""The small protocol that every backend follows, and what it may do besides."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from gan_augment.columns import IntArray
from gan_augment.training.faults import Fault
from gan_augment.training.scores import ScoreScale
from gan_augment.training.session import Resources


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


class OpeningBorder(Border, Protocol):
    """A border that opens more rows like those that it learned."""

    def open(self, X: Any) -> Any:
        """Data for the backend."""
        ...


@runtime_checkable
class FillingBackend(Backend, Protocol):
    """A backend that makes the rows of over-sampling with the help of real ones.

    Its border is an `OpeningBorder`.
    """

    def fill(self, data: Any, labels: IntArray, asked: IntArray, seed: int) -> Any:
        """One row per class code of `asked`, beside the rows of `data` and their class codes."""
        ...


@runtime_checkable
class DoubtingBackend(Backend, Protocol):
    """A backend that has doubts about its rows of some classes.

    They are said in sentences that begin with the class, as in "Class 'a' has 5 rows".
    """

    doubts_: dict[int, str]


@runtime_checkable
class DiagnosableBackend(Backend, Protocol):
    """A backend of whose training `GANAugmenter.diagnose` has more to say than its length."""

    best_step_: int
    faults_: list[Fault]

    @property
    def score_scale(self) -> ScoreScale:
        """What the scores in `history_` mean."""
        ...

    def remarks(self) -> list[str]:
        """What else is worth knowing of this model, as sentences."""
        ...
