"""`ImageDenoiser`: noisy images to clean ones, as a scikit-learn transformer."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import torch
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from torch import nn

from gan_augment.files import PathLike
from gan_augment.sampling import draw_seed
from gan_augment.training.devices import threads_of_this_process
from gan_augment.training.recipe import Generator
from gan_augment.translation.base import ImageToImage
from gan_augment.translation.lessons import denoising_lesson
from gan_augment.translation.networks import Mapping, PairJudge, judge_options
from gan_augment.translation.noise import NOISES, NoiseModel, levels_of
from gan_augment.translation.opening import (
    beside,
    check_pairs,
    decode_unclipped,
    is_labels,
    open_clean,
    open_like,
)
from gan_augment.translation.scores import psnr, ssim


class ImageDenoiser(ImageToImage):
    """Transformer that takes noise out of images.

    A convolutional network learns what to subtract from a noisy image by the squared error, which
    is what PSNR measures [1]_; with `adversarial_weight`, a discriminator of patches keeps textures
    lively at the end of the training [2]_. It learns from pairs, or from clean images and a noise
    model.

    Parameters
    ----------
    noise : {"gaussian", "poisson", "salt_and_pepper"} or callable, default="gaussian"
        What `fit` adds to clean images; without effect where it is given pairs. A callable takes
        images of shape (n, channels, height, width), in the values of `X` as floats, and a
        ``numpy.random.Generator``, and returns noisy ones.
    noise_level : float or tuple of two floats, default=0.1
        How much, from 0 to 1. For "gaussian" the standard deviation, for "poisson" that of the
        brightest pixels, both as a share of the range of the values (25/255 for a standard
        deviation of 25 in 8 bits); for "salt_and_pepper" the share of values that are lost. A tuple
        is a range: every image gets a level in it, and unknown levels are learned. A callable has
        its own.
    image_shape : tuple of int, default=None
        Shape of one image, where the rows of `X` are flattened images.
    channel_axis : int, None or "auto", default="auto"
        The axis of `X` that holds channels, as in scikit-image; "auto" takes the first or last
        axis of the images, whichever has 1 to 4 entries.
    adversarial_weight : float, default=0.0
        Weight of the game beside the squared error, which is taken as a share of the noise's own.
        0 trains without a discriminator, for the best PSNR; more, such as 0.01, asks for texture
        that the squared error smooths away. The game begins after three quarters of the steps.
    loss : {"relativistic", "non_saturating", "hinge", "wasserstein"}, default="relativistic"
        The adversarial game.
    gamma : float, default=0.01
        Weight of its gradient penalty.
    width : int or "auto", default="auto"
        Channels of the network; see `gan_augment.translation.sizing`.
    depth : int or "auto", default="auto"
        Residual blocks.
    patch_size : int or "auto", default="auto"
        Height and width of the crops that are learned from; "auto" is 40 on a CPU and 64 on a
        GPU, or the whole image where it is smaller.
    batch_size : int or "auto", default="auto"
        Crops per step.
    learning_rate : float, default=2e-3
        Peak rate of both players; falls by a cosine to a twentieth.
    ema_decay : float, default=0.995
        Decay of the moving average of the network's weights, per step.
    flips : bool or "auto", default="auto"
        Learn from crops that are flipped and turned at random, and average over the eight views
        in `transform`. "auto" does where images are larger than a crop.
    dead_leaves : bool or "auto", default="auto"
        Learn from synthetic images of overlapping shapes in the colours of `X` too, half of the
        crops; see `gan_augment.translation.leaves`. "auto" does with a noise model where images
        are larger than a crop and fewer than 20, as these lack edges and textures of others.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the matrix products, as in `ImageGAN`.
    max_steps : int or "auto", default="auto"
        Most training steps; "auto" is 2,500, or 1,000 for images up to 16 pixels.
    max_time : float, default=None
        Most seconds of training; the learning rate's schedule adapts to it.
    checkpoint : path-like or None, default=None
        File that the training's whole state is written to, so that after a crash the same `fit`
        goes on from there; see `GANAugmenter`.
    checkpoint_seconds : float, default=60
        Seconds between two writes of it.
    device : str or torch.device, default="auto"
        "auto" takes CUDA, then MPS, then the CPU.
    random_state : int, RandomState instance or None, default=None
        An int makes training reproducible, bit for bit on a CPU.
    verbose : int, default=0
        1 shows a progress bar and the device.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of flat rows; else the size of the first axis of an image.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of flat rows, where they are strings.
    data_range_ : float
        Difference of the largest and smallest value of the clean images, for PSNR.
    history_ : list of dict
        One record per evaluation: step, losses, score and seconds. The score is the share of the
        noise's squared error that is left on held-out images.
    n_steps_, best_step_ : int
        Steps taken, and the step that is kept.
    device_ : str
        Where training ran.

    References
    ----------
    .. [1] Zhang et al. (2017), "Beyond a Gaussian denoiser: residual learning of deep CNN for image
       denoising" (DnCNN), IEEE Trans. Image Process. 26; at half the resolution on CPUs, as Zhang
       et al. (2018), "FFDNet", IEEE Trans. Image Process. 27.
    .. [2] Ledig et al. (2017), "Photo-realistic single image super-resolution using a generative
       adversarial network", CVPR.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from gan_augment import ImageDenoiser
    >>> X = load_digits().images
    >>> denoiser = ImageDenoiser(noise_level=0.3, max_steps=100, random_state=0).fit(X[:1500])
    >>> noisy = denoiser.add_noise(X[1500:])
    >>> denoiser.transform(noisy).shape
    (297, 8, 8)
    """

    _parameter_constraints: dict[str, Any] = {
        **ImageToImage._parameter_constraints,
        "noise": [StrOptions(set(NOISES)), callable],
        "dead_leaves": [StrOptions({"auto"}), "boolean"],
        "noise_level": [Interval(Real, 0, None, closed="left"), tuple, list],
    }
    _is_local = True
    _momentum = 0.9
    _adversarial_from = 0.75
    _n_starts = 1

    def __init__(
        self,
        *,
        noise: Any = "gaussian",
        noise_level: Any = 0.1,
        image_shape: Any = None,
        channel_axis: Any = "auto",
        adversarial_weight: float = 0.0,
        loss: str = "relativistic",
        gamma: float = 0.01,
        width: int | str = "auto",
        depth: int | str = "auto",
        patch_size: int | str = "auto",
        batch_size: int | str = "auto",
        learning_rate: float = 2e-3,
        ema_decay: float = 0.995,
        flips: bool | str = "auto",
        dead_leaves: bool | str = "auto",
        precision: str = "auto",
        max_steps: int | str = "auto",
        max_time: float | None = None,
        checkpoint: PathLike | None = None,
        checkpoint_seconds: float = 60,
        device: Any = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.noise = noise
        self.noise_level = noise_level
        self.image_shape = image_shape
        self.channel_axis = channel_axis
        self.adversarial_weight = adversarial_weight
        self.loss = loss
        self.gamma = gamma
        self.width = width
        self.depth = depth
        self.patch_size = patch_size
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.ema_decay = ema_decay
        self.flips = flips
        self.dead_leaves = dead_leaves
        self.precision = precision
        self.max_steps = max_steps
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.checkpoint_seconds = checkpoint_seconds
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @threads_of_this_process()
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> ImageDenoiser:
        """Learn from clean images and the noise model, or from pairs.

        Parameters
        ----------
        X : array-like of shape (n, height, width), with a channel axis, or (n, pixels)
            Clean images; or noisy ones where `y` holds the clean ones.
        y : array-like, default=None
            Clean images of the shape of `X`. Class labels, one per image, are ignored, so that it
            can stand in a Pipeline before a classifier; the images in `X` are clean then.

        Returns
        -------
        self : ImageDenoiser
            The fitted denoiser.

        Raises
        ------
        ValueError
            If a parameter, `X` or `y` cannot be used; before any training.
        TypeError
            If the images do not hold real numbers.
        """
        levels = levels_of(self.noise, self.noise_level)
        paired = y is not None and not is_labels(y, X)
        borders, images = open_clean(X, y if paired else None, self.image_shape, self.channel_axis)
        name = "y" if paired else "X"
        border, clean = borders[name], images[name]
        session = self._session(images)
        sizes = self._sizes(clean, session.device)
        turned = self._flipped(clean.pixels.shape[2:], sizes.crop)
        architecture = {
            "n_channels": clean.pixels.shape[1],
            "width": sizes.width,
            "n_levels": sizes.n_levels,
            "halved": sizes.halved,
            "depth": sizes.depth,
        }
        lesson_on = denoising_lesson(
            clean,
            images["X"] if paired else None,
            NoiseModel.on(border.range, self.noise, levels),
            dead_leaves=self.dead_leaves,
            crop=sizes.crop,
            turned=turned,
            session=session,
        )
        self._learn(
            lesson_on,
            sizes,
            session,
            architecture=architecture,
            borders=borders,
            turned=turned,
            clipped=border.range.dtype.kind != "f" and not paired,
        )
        return self

    def transform(self, X: Any) -> Any:
        """Images without their noise.

        Parameters
        ----------
        X : array-like
            Noisy images of the channels that were learned and, unless they are flat rows, any
            height and width: large ones are worked on in overlapping tiles.

        Returns
        -------
        X_denoised : of the type, shape and dtype of X
            Their values lie in the range of the clean images. Columns are in the order of fit;
            tensors and pictures of Pillow in a list become NumPy arrays.

        Raises
        ------
        ValueError
            If the images have other channels than those learned, another scale, or NaN.
        TypeError
            If the images do not hold real numbers.
        sklearn.exceptions.NotFittedError
            If the denoiser is not fitted.
        """
        check_is_fitted(self, "weights_")
        border, values = open_like(self._borders["X"], X, "X")
        return beside(X, border.decode(self._denoise(values)))

    def score(self, X: Any, y: Any = None) -> float:
        """PSNR of denoised images, in decibels; see `score_images`.

        Parameters
        ----------
        X : array-like
            Noisy images; or clean ones without `y`, which then get noise first.
        y : array-like, default=None
            The clean images. Class labels are ignored.

        Returns
        -------
        score : float
            Larger is better.

        Raises
        ------
        ValueError, TypeError, sklearn.exceptions.NotFittedError
            As `score_images`.
        """
        return self.score_images(X, y)["psnr"]

    def score_images(self, X: Any, y: Any = None) -> dict[str, float]:
        """PSNR and SSIM of denoised images, and of the noisy ones beside them.

        PSNR is that of the mean squared error over all images, so that one that is free of errors
        does not make it infinite; SSIM is the mean over the images.

        Parameters
        ----------
        X, y : array-like
            As in `score`.

        Returns
        -------
        scores : dict of str to float
            "psnr" and "ssim" of the denoised images, "psnr_noisy" and "ssim_noisy" of the input.

        Raises
        ------
        ValueError
            If the images have other channels than those learned, another scale, or NaN, if they
            are no pairs, or if noise cannot be added (see `add_noise`).
        TypeError
            If the images do not hold real numbers.
        sklearn.exceptions.NotFittedError
            If the denoiser is not fitted.
        """
        check_is_fitted(self, "weights_")
        border = self._borders["X"]
        if y is None or is_labels(y, X):
            X, y = self.add_noise(X), X
        _, noisy = open_like(border, X, "X")
        _, clean = open_like(self._borders.get("y", border), y, "y")
        check_pairs(noisy, clean)
        # Images in [-1, 1] have a range of 2.
        scores = {}
        for suffix, images in (("", self._denoise(noisy).clip(-1, 1)), ("_noisy", noisy)):
            scores[f"psnr{suffix}"] = psnr(images, clean, 2.0)
            scores[f"ssim{suffix}"] = float(ssim(images, clean, 2.0).mean())
        return scores

    def add_noise(self, X: Any, *, random_state: Any = 0) -> Any:
        """Clean images with the noise that was learned from.

        Parameters
        ----------
        X : array-like
            Clean images, as in `transform`.
        random_state : int, RandomState instance or None, default=0
            Seed of the noise.

        Returns
        -------
        X_noisy : of the type, shape and dtype of X
            Whole numbers are rounded, and clipped to the range learned.

        Raises
        ------
        ValueError
            If the images have other channels than those learned, another scale, or NaN, or if
            `noise` or `noise_level` cannot be used.
        TypeError
            If the images do not hold real numbers.
        sklearn.exceptions.NotFittedError
            If the denoiser is not fitted.
        """
        check_is_fitted(self, "weights_")
        border, values = open_like(self._borders["X"], X, "X")
        rng = torch.Generator().manual_seed(draw_seed(random_state))
        noise = NoiseModel.on(border.range, self.noise, levels_of(self.noise, self.noise_level))
        noisy = noise(torch.from_numpy(values), rng).numpy()
        return beside(X, decode_unclipped(border, noisy))

    @property
    def data_range_(self) -> float:
        """Difference of the largest and smallest value of the clean images."""
        check_is_fitted(self, "weights_")
        learned = self._borders["X"].range
        return float(learned.high[0] - learned.low[0])

    def _denoise(self, values: np.ndarray) -> np.ndarray:
        if self._clipped:
            values = values.clip(-1, 1)
        return self._map("forwards", values, flipped=self._turned)

    def _networks(self, architecture: dict[str, Any]) -> tuple[Generator, nn.Module]:
        options = dict(architecture)
        n_channels = options.pop("n_channels")
        shapes = {"n_inputs": n_channels, "n_outputs": n_channels}
        judge = PairJudge(**shapes, **judge_options(**options))
        return Mapping(**shapes, **options, residual=True), judge
