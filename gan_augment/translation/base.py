"""What the denoiser and the translator share: training, mapping, and being kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor, nn

from gan_augment.backends.image.border import ImageBorder, Images
from gan_augment.backends.image.sizing import threads_for_images
from gan_augment.files import PathLike
from gan_augment.persistence import save_images
from gan_augment.sampling import draw_seed
from gan_augment.training.devices import PRECISIONS, low_precision, threads_of_this_process
from gan_augment.training.fingerprints import agree_on_seed, open_images_checkpoint
from gan_augment.training.initialisation import first_weights
from gan_augment.training.kept import KeptGenerator
from gan_augment.training.losses import LOSSES
from gan_augment.training.recipe import Generator, Recipe
from gan_augment.training.session import Purpose, Resources, Session, Task
from gan_augment.translation.lessons import Lesson
from gan_augment.translation.sizing import Sizes, choose_sizes
from gan_augment.translation.tiles import in_tiles

_PIXELS_AT_ONCE = 2**20
_MOST_WARM_UP_STEPS = 50


class ImageToImage(KeptGenerator, TransformerMixin, BaseEstimator):
    """Parameters, training, mapping and saving of both estimators."""

    _parameter_constraints: dict[str, Any] = {
        "image_shape": ["array-like", None],
        "channel_axis": [StrOptions({"auto"}), Integral, None],
        "adversarial_weight": [Interval(Real, 0, None, closed="left")],
        "loss": [StrOptions(set(LOSSES))],
        "gamma": [Interval(Real, 0, None, closed="left")],
        "width": [StrOptions({"auto"}), Interval(Integral, 2, None, closed="left")],
        "depth": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "patch_size": [StrOptions({"auto"}), Interval(Integral, 4, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "ema_decay": [Interval(Real, 0, 1, closed="left")],
        "flips": [StrOptions({"auto"}), "boolean"],
        "precision": [StrOptions(set(PRECISIONS))],
        "max_steps": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "checkpoint": [str, os.PathLike, None],
        "checkpoint_seconds": [Interval(Real, 0, None, closed="left")],
        "device": "no_validation",
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }
    _is_local: bool
    _momentum: float
    _adversarial_from = 0.0
    _n_starts: int
    image_shape: Any
    channel_axis: Any
    adversarial_weight: Any
    loss: str
    gamma: float
    width: int | str
    depth: int | str
    patch_size: int | str
    batch_size: int | str
    learning_rate: float
    ema_decay: float
    flips: bool | str
    precision: str
    max_steps: int | str
    max_time: float | None
    checkpoint: PathLike | None
    checkpoint_seconds: float
    device: Any
    random_state: Any
    verbose: int

    @property
    def _weight(self) -> float:
        return self.adversarial_weight

    def _sizes(self, images: Images, device: torch.device) -> Sizes:
        size = images.pixels.shape[2:]
        patch_size = None
        if self.patch_size != "auto":
            patch_size = int(self.patch_size)
            if min(size) < patch_size:
                raise ValueError(
                    f"patch_size={patch_size} does not fit into images of height and width {size}. "
                    f"Use patch_size={min(size)} or less, or 'auto'."
                )
        if min(size) < 4:
            raise ValueError(
                f"X holds images of height and width {size}, and at least 4 pixels are needed. "
                "Pad or enlarge them."
            )
        sizes = choose_sizes(
            (int(size[0]), int(size[1])),
            local=self._is_local,
            accelerated=device.type in ("cuda", "mps"),
            patch_size=patch_size,
        )
        given: dict[str, Any] = {
            name: int(getattr(self, name))
            for name in ("width", "depth", "batch_size")
            if getattr(self, name) != "auto"
        }
        return replace(sizes, **given)

    def _flipped(self, size: tuple[int, int], crop: tuple[int, int]) -> bool:
        """Whether crops are flipped and turned: parts of scenes are, whole objects are not."""
        return size != crop if self.flips == "auto" else bool(self.flips)

    def _session(self, images: dict[str, Images]) -> Session:
        """A training on these images."""
        seed = agree_on_seed(draw_seed(self.random_state), *images.values())
        checkpoint = None
        if self.checkpoint is not None:
            checkpoint = open_images_checkpoint(self, images, seed)
            seed = checkpoint.seed
        return Session(
            Resources(
                max_steps=None if self.max_steps == "auto" else int(self.max_steps),
                max_seconds=self.max_time,
                device=self.device,
                seed=seed,
                verbose=int(self.verbose),
                checkpoint=checkpoint,
            )
        )

    def _learn(
        self,
        lesson_on: Callable[[torch.device], Lesson],
        sizes: Sizes,
        session: Session,
        *,
        architecture: dict[str, Any],
        borders: dict[str, ImageBorder],
        turned: bool,
        clipped: bool,
    ) -> None:
        """Train on a lesson, then keep the best generator and what stands around it."""

        def task_from(start: int) -> Callable[[torch.device], Task[Generator]]:
            def task_on(device: torch.device) -> Task[Generator]:
                with first_weights(session.seed(Purpose.NETWORKS) + start):
                    generator, discriminator = self._networks(architecture)
                lesson = lesson_on(device)
                return Task(
                    _placed(generator, device),
                    _placed(discriminator, device),
                    lesson.source,
                    lesson.score,
                    reconstruction=lesson.reconstruction,
                )

            return task_on

        budget = session.budget(sizes.n_steps, patience=10)
        recipe = Recipe(
            loss=self.loss,
            generator_lr=self.learning_rate,
            discriminator_lr=self.learning_rate,
            warm_up_steps=min(_MOST_WARM_UP_STEPS, budget.n_steps // 40),
            clip_norm=1.0,
            betas=(self._momentum, 0.99),
            gamma=self.gamma,
            penalty_interval=8,
            ema_decay=self.ema_decay,
            precision=self.precision,
            batch_size=sizes.batch_size,
            adversarial_weight=self._weight,
            adversarial_from=self._adversarial_from,
        )
        with threads_for_images(*sizes.crop):
            start, left = session.best_start(
                task_from, self._n_starts, recipe=recipe, budget=budget
            )
            self._train(task_from(start), recipe=recipe, budget=left, session=session)
        self._architecture, self._borders = architecture, borders
        self._turned, self._clipped = turned, clipped
        layout = borders["X"].layout
        n_pixels = int(np.prod(layout.image_shape))
        self.n_features_in_ = n_pixels if layout.flat else layout.image_shape[0]

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns of the X of fit, where they are strings."""
        names = self._borders["X"].column_names
        if names is None or not all(isinstance(name, str) for name in names):
            raise AttributeError("feature_names_in_: the X of fit had no names of columns.")
        return np.array(names, dtype=object)

    def _networks(self, architecture: dict[str, Any]) -> tuple[Generator, nn.Module]:
        raise NotImplementedError

    @threads_of_this_process()
    def _map(self, direction: str, values: np.ndarray, *, flipped: bool = False) -> np.ndarray:
        """What the U-Net of a direction makes of images in ``[-1, 1]``."""

        def made(generator: Generator) -> np.ndarray:
            network = getattr(generator, direction)
            device = next(network.parameters()).device
            mapping = _over_all_turns(network) if flipped else network
            at_once = max(1, _PIXELS_AT_ONCE // max(1, values.shape[2] * values.shape[3]))
            parts = []
            with low_precision(self.precision, device), torch.no_grad():
                for part in torch.from_numpy(values).split(at_once):
                    parts.append(in_tiles(mapping, part.to(device)).cpu().contiguous().numpy())
            return np.concatenate(parts)

        return self._made(made)

    def _new_generator(self) -> Generator:
        with first_weights(0):
            return _placed(self._networks(self._architecture)[0], torch.device("cpu"))

    def set_output(self, *, transform: Any = None) -> ImageToImage:
        """Nothing to set: images come out in the container that they come in.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored; there so that a Pipeline's `set_output` reaches its other steps.

        Returns
        -------
        self : estimator
            Unchanged.
        """
        return self

    def save(self, path: PathLike) -> None:
        """Write the fitted estimator as one file without code, which `gan_augment.load` reads.

        Parameters
        ----------
        path : path-like
            The file to write; an old one is replaced.

        Raises
        ------
        TypeError
            If a parameter is of a type that a file without code cannot hold, such as a function.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        """
        save_images(self, path)

    def get_state(self) -> dict[str, Any]:
        """What `fit` learned, as plain values and NumPy arrays."""
        return {
            **self._kept_state(),
            "borders": {name: border.get_state() for name, border in self._borders.items()},
            "turned": self._turned,
            "clipped": self._clipped,
            "n_features": self.n_features_in_,
        }

    def set_state(self, state: dict[str, Any]) -> ImageToImage:
        """Become what had this state."""
        self._borders = {n: ImageBorder.from_state(s) for n, s in state["borders"].items()}
        self._turned, self._clipped = state["turned"], state["clipped"]
        self.n_features_in_ = state["n_features"]
        self._restore_kept(state)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.non_deterministic = self.random_state is None
        return tags


def _placed(network: Any, device: torch.device) -> Any:
    """The network on its device, its images in the order in memory that is fastest."""
    return network.to(device=device, memory_format=torch.channels_last)


def _over_all_turns(network: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The mean over the eight flips and turns of a square.

    References
    ----------
    Timofte et al. (2016), "Seven ways to improve example-based single image super resolution",
    CVPR.
    """

    def mapping(images: Tensor) -> Tensor:
        total = torch.zeros(())
        for transposed in (False, True):
            for dims in ([], [2], [3], [2, 3]):
                turned = (images.mT if transposed else images).flip(dims).contiguous()
                made = network(turned).flip(dims)
                total = total.to(made) + (made.mT if transposed else made)
        return total / 8

    return mapping
