"""The image GAN as a backend of `GANAugmenter`."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions

from gan_augment.backends.gan import ClassConditionalGAN
from gan_augment.backends.image.border import ImageBorder, Images
from gan_augment.backends.image.diffaugment import POLICIES, DiffAugment, choose_policy
from gan_augment.backends.image.moved import choose_share, with_moved
from gan_augment.backends.image.networks import (
    ARCHITECTURES,
    build_discriminator,
    build_generator,
)
from gan_augment.backends.image.sizing import Sizes, choose_sizes, threads_for_images
from gan_augment.backends.image.store import PixelStore, placed
from gan_augment.backends.image.validation import HeldOutScore, image_faults
from gan_augment.columns import IntArray
from gan_augment.training.batches import ClassTemperedRows
from gan_augment.training.devices import low_precision, threads_of_this_process
from gan_augment.training.held_out import split_held_out
from gan_augment.training.initialisation import first_weights
from gan_augment.training.recipe import Generator
from gan_augment.training.session import Purpose, Resources, Session, Task

_SAMPLING_BATCH = 512


class ImageGAN(ClassConditionalGAN):
    """Class-conditional GAN for images; the default backend for data of three or four dimensions.

    Takes grey and colour images of any height and width, channels first or last, or flat rows with
    ``GANAugmenter(image_shape=...)``; uint8, uint16, other integers, booleans and floats. Layout,
    dtype and range come back.

    Parameters
    ----------
    arch : {"auto", "dense", "dcgan", "residual"}, default="auto"
        The networks. "dense" is the textbook's: linear layers, with batch normalisation in the
        generator. "dcgan" has one convolution per resolution and no normalisation [1]_,
        "residual" blocks of grouped convolutions that start as the identity [2]_. "auto" takes
        what the rule of `gan_augment.backends.image.sizing` takes.
    loss : {"relativistic", "non_saturating", "hinge", "wasserstein"}, default="relativistic"
        The adversarial game; see `TabularGAN`.
    gamma : float or "auto", default="auto"
        Weight of the gradient penalty; 0 switches it off. "auto" takes 0.1 below 16 pixels, else 1.
    penalty_interval : int, default=4
        The penalty is applied at every so many steps, with a weight to match.
    augment : {"auto", "none", "shift", "shift_cutout"}, default="auto"
        How images are changed before the discriminator sees them, so that it cannot learn few
        images by heart [3]_; generated images are not changed by it. "auto" takes "none" below 16
        pixels and from 10,000 images on, else "shift_cutout".
    width : int or "auto", default="auto"
        Channels of the finest resolution, or units of the narrowest layer; every coarser one has
        twice as many.
    depth : int or "auto", default="auto"
        Blocks per resolution, or layers besides the first.
    latent_dim : int, default=64
        Length of the generator's noise vector.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        Optimiser of both networks.
    learning_rate : float, default=1e-3
        Peak rate of both players; falls by a cosine to a twentieth.
    beta1 : float, default=0.0
        Momentum of "adam" and "adamw".
    discriminator_steps : int, default=1
        Discriminator updates per generator update.
    ema_decay : float, default=0.998
        Decay of the moving average of the generator's weights, per step.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the products in training; see `TabularGAN`.
    cuda_graph : bool, default=True
        Whether a step on a CUDA GPU is recorded and replayed; see `TabularGAN`.
    batch_size : int or "auto", default="auto"
        Images per step.
    class_balance : float, default=0.5
        How classes are drawn in training: 0 by their frequency, 1 all alike.
    channel_axis : int, None or "auto", default="auto"
        Axis of `X`, or of the unfolded rows, that holds the channels, as in scikit-image: 1 for
        channels first, -1 for channels last. "auto" takes the one with 1 to 4 entries.
    moved_share : float or "auto", default="auto"
        Share of the images that `GANAugmenter.fit_resample` adds to a class that are real ones of
        it, each moved by up to a 28th of its sides, or by half a pixel if tiny, instead of the
        GAN's. A classifier that sees few real images of a class, and many of a GAN, learns what
        gives the GAN away. "auto" takes 0.75 from 16 pixels on, else 0.5. `GANAugmenter.sample`
        gives none but the GAN's.

    Attributes
    ----------
    history_ : list of dict
        One record per evaluation: step, both losses, held-out score and seconds. The score is the
        distance of synthetic from held-out images, class by class, from 0 (alike) to 1.
    n_steps_ : int
        Steps taken.
    faults_ : list of Fault
        What went wrong, if anything did; see `GANAugmenter.diagnose`.
    best_step_ : int
        Step whose moving average is kept.
    device_ : str
        Where training ran.

    References
    ----------
    .. [1] Radford et al. (2016), "Unsupervised representation learning with deep convolutional
       generative adversarial networks", ICLR; with the projection discriminator of Miyato & Koyama
       (2018), "cGANs with projection discriminator", ICLR.
    .. [2] Huang et al. (2024), "The GAN is dead; long live the GAN!" (R3GAN), NeurIPS.
    .. [3] Zhao et al. (2020), "Differentiable augmentation for data-efficient GAN training",
       NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from gan_augment import GANAugmenter, ImageGAN
    >>> digits = load_digits()
    >>> augmenter = GANAugmenter(backend=ImageGAN(width=8), max_steps=10, random_state=0)
    >>> augmenter.fit(digits.images, digits.target).sample(3, y=7).shape
    (3, 8, 8)
    """

    score_scale = HeldOutScore.scale
    _compare = staticmethod(image_faults)
    _parameter_constraints: dict[str, Any] = {
        **ClassConditionalGAN._parameter_constraints,
        "arch": [StrOptions({"auto", *ARCHITECTURES})],
        "gamma": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "augment": [StrOptions({"auto", *POLICIES})],
        "width": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "depth": [StrOptions({"auto"}), Interval(Integral, 0, None, closed="left")],
        "channel_axis": [StrOptions({"auto"}), Integral, None],
        "moved_share": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        *,
        arch: str = "auto",
        loss: str = "relativistic",
        gamma: float | str = "auto",
        penalty_interval: int = 4,
        augment: str = "auto",
        width: int | str = "auto",
        depth: int | str = "auto",
        latent_dim: int = 64,
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        beta1: float = 0.0,
        discriminator_steps: int = 1,
        ema_decay: float = 0.998,
        precision: str = "auto",
        cuda_graph: bool = True,
        batch_size: int | str = "auto",
        class_balance: float = 0.5,
        channel_axis: Any = "auto",
        moved_share: float | str = "auto",
    ):
        self.arch = arch
        self.loss = loss
        self.gamma = gamma
        self.penalty_interval = penalty_interval
        self.augment = augment
        self.width = width
        self.depth = depth
        self.latent_dim = latent_dim
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.beta1 = beta1
        self.discriminator_steps = discriminator_steps
        self.ema_decay = ema_decay
        self.precision = precision
        self.cuda_graph = cuda_graph
        self.batch_size = batch_size
        self.class_balance = class_balance
        self.channel_axis = channel_axis
        self.moved_share = moved_share

    def border(self, X: Any, *, categorical_features: Any, image_shape: Any) -> ImageBorder:
        """What turns `X` into this backend's images and back."""
        if not (categorical_features is None or isinstance(categorical_features, str)):
            raise ValueError(
                f"categorical_features={categorical_features!r:.80} is for tables, but the backend "
                "is ImageGAN, whose columns are pixels. Leave categorical_features='from_dtype'."
            )
        return ImageBorder(image_shape, self.channel_axis)

    @threads_of_this_process()
    def fit(
        self, data: Images, labels: IntArray, *, n_classes: int, resources: Resources
    ) -> ImageGAN:
        """Train on the images of `data`.

        Parameters
        ----------
        data : Images
            Training images.
        labels : ndarray of shape (n_images,)
            Class codes, ``0..n_classes-1``.
        n_classes : int
            Number of classes.
        resources : Resources
            Budget, device, seed and verbosity.

        Returns
        -------
        self : ImageGAN
            The trained backend.
        """
        self._validate_params()
        session = Session(resources)
        training, held_out = split_held_out(labels, session.rng(Purpose.SPLIT))
        n_channels, height, width = data.pixels.shape[1:]
        sizes = choose_sizes(
            (height, width), len(training), accelerated=session.device.type in ("cuda", "mps")
        )
        self._architecture = self._choose_architecture(
            (n_channels, height, width), n_classes, sizes
        )
        budget = session.budget(sizes.n_steps, patience=4)
        score = None
        if budget.is_scored:
            seed = session.seed(Purpose.SCORE)
            score = HeldOutScore(data, labels, held_out, self._draw, seed)
        policy = choose_policy(self.augment, (height, width), len(training))
        recipe = self._recipe(
            batch_size=sizes.batch_size,
            gamma=sizes.gamma if self.gamma == "auto" else float(self.gamma),
        )

        def task_on(device: torch.device) -> Task[Generator]:
            with first_weights(session.seed(Purpose.NETWORKS)):
                generator = build_generator(**self._architecture["generator"])
                discriminator = build_discriminator(**self._architecture["discriminator"])
            store = PixelStore(data.take(training), device)
            return Task(
                placed(generator, device),
                placed(discriminator, device),
                ClassTemperedRows(store, labels[training], self.class_balance, device),
                score,
                augmentation=None if policy == "none" else DiffAugment(policy, (height, width)),
            )

        with threads_for_images(height, width):
            self._train(task_on, recipe=recipe, budget=budget, session=session)
        self.faults_ = self._faults(data, labels, session.rng(Purpose.FAULTS))
        return self

    def fill(self, data: Images, labels: IntArray, asked: IntArray, seed: int) -> np.ndarray:
        """One image in [-1, 1] per class code of `asked`, some of them moved ones of `data`."""
        values = self.sample(asked, seed)
        share = choose_share(self.moved_share, data.pixels.shape[2:])
        rng = np.random.default_rng(np.random.SeedSequence([seed, 2]))
        return with_moved(values, asked, data, labels, share, rng) if share else values

    def _draw(self, generator: Generator, labels: IntArray, seed: int) -> np.ndarray:
        device = next(generator.parameters()).device
        rng = torch.Generator(device).manual_seed(seed)
        codes = torch.as_tensor(labels, dtype=torch.int64, device=device)
        with low_precision(self.precision, device), torch.no_grad():
            images = [
                generator(generator.draw_latent(len(part), rng), part).cpu().contiguous().numpy()
                for part in codes.split(_SAMPLING_BATCH)
            ]
        shape = self._architecture["generator"]
        empty = np.empty((0, shape["n_channels"], *shape["size"]), np.float32)
        return np.concatenate([empty, *images])

    def _new_generator(self) -> Generator:
        with first_weights(0):
            return build_generator(**self._architecture["generator"])

    def border_from_state(self, state: dict[str, Any]) -> ImageBorder:
        """The border that had this state."""
        return ImageBorder.from_state(state)

    def _choose_architecture(
        self, shape: tuple[int, int, int], n_classes: int, sizes: Sizes
    ) -> dict[str, dict[str, Any]]:
        """Options of both networks, resolved: a model outlives the defaults it was made with."""
        arch = sizes.arch if self.arch == "auto" else str(self.arch)
        if arch == "dense" and self.batch_size == 1:
            raise ValueError(
                "batch_size=1 leaves the batch normalisation of arch='dense' nothing to normalise "
                f"over (arch={self.arch!r} here). Use batch_size=2 or more, or arch='dcgan'."
            )
        shared = {
            "arch": arch,
            "n_channels": shape[0],
            "size": list(shape[1:]),
            "n_classes": n_classes,
            "width": sizes.width(arch) if self.width == "auto" else int(self.width),
            "n_levels": sizes.n_levels,
            "patch": sizes.patch,
            "depth": sizes.depth(arch) if self.depth == "auto" else int(self.depth),
        }
        generator = {
            **shared,
            "latent_dim": int(self.latent_dim),
            "pixel_width": sizes.pixel_width(shape[0]),
        }
        return {"generator": generator, "discriminator": shared}
