"""`ImageTranslator`: images of one kind to images of another."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from torch import nn

from gan_augment.files import PathLike
from gan_augment.training.devices import threads_of_this_process
from gan_augment.training.recipe import Generator
from gan_augment.translation.base import ImageToImage
from gan_augment.translation.lessons import translation_lesson
from gan_augment.translation.networks import (
    BothJudge,
    CycleMapping,
    Mapping,
    PairJudge,
    judge_options,
)
from gan_augment.translation.opening import (
    beside,
    borders_of,
    check_pairs,
    is_labels,
    open_like,
    resized,
)
from gan_augment.translation.scores import psnr


class ImageTranslator(ImageToImage):
    """Transformer that turns images of one kind into images of another.

    With pairs, a U-Net is held to the known answers by the absolute error, and a discriminator of
    patches asks for what that error blurs [1]_. Without pairs, two U-Nets learn the way there and
    back: what went there and came back must be what it was, and each discriminator must take what
    arrives for one of its kind [2]_.

    Parameters
    ----------
    paired : bool, default=True
        Whether image i of `y` is what image i of `X` should become.
    image_shape : tuple of int, default=None
        Shape of one image, where the rows of `X` or `y` are flattened images.
    channel_axis : int, None or "auto", default="auto"
        The axis that holds channels, as in scikit-image, where images have one; "auto" takes the
        first or last axis of the images, whichever has 1 to 4 entries.
    adversarial_weight : float or "auto", default="auto"
        Weight of the game beside the absolute error in ``[-1, 1]``, of the answers or of the
        return; "auto" is 0.01 with pairs, as in the paper, and 0.5 without.
    loss : {"relativistic", "non_saturating", "hinge", "wasserstein"}, default="relativistic"
        The adversarial game.
    gamma : float, default=0.01
        Weight of its gradient penalty.
    width : int or "auto", default="auto"
        Channels of the U-Net at its finest level; see `gan_augment.translation.sizing`.
    depth : int or "auto", default="auto"
        Residual blocks of the U-Net per level, on the way down and up.
    patch_size : int or "auto", default="auto"
        Height and width of the crops that are learned from; "auto" is 64 on a CPU and 128 on a
        GPU, or the whole image where it is smaller.
    batch_size : int or "auto", default="auto"
        Crops per step.
    learning_rate : float, default=2e-3
        Peak rate of all players; falls by a cosine to a twentieth.
    ema_decay : float, default=0.99
        Decay of the moving average of the U-Net's weights, per step.
    flips : bool or "auto", default="auto"
        Learn from crops that are flipped and turned at random; "auto" does where images are
        larger than a crop. Translation that depends on what is up needs False.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the matrix products, as in `ImageGAN`.
    n_starts : int, default=4
        Without pairs, so many first weights are tried for a tenth of the steps each, and that one
        goes on whose images come closest to real ones: what returns unharmed and looks real can be
        the wrong image all the same, and which one is learned is decided early. With `max_time`,
        each has a tenth of the time that the training after them has.
    max_steps : int or "auto", default="auto"
        Most training steps; "auto" is 1,000, or 500 for images up to 16 pixels.
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
    history_ : list of dict
        One record per evaluation: step, losses, score and seconds. With pairs the score is the
        share of the variance of held-out answers that is not explained; without, how far
        translated images are from real ones, from 0 (alike) to 1.
    n_steps_, best_step_ : int
        Steps taken, and the step that is kept.
    device_ : str
        Where training ran.

    References
    ----------
    .. [1] Isola et al. (2017), "Image-to-image translation with conditional adversarial networks"
       (pix2pix), CVPR.
    .. [2] Zhu et al. (2017), "Unpaired image-to-image translation using cycle-consistent
       adversarial networks" (CycleGAN), ICCV.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from gan_augment import ImageTranslator
    >>> X = load_digits().images
    >>> translator = ImageTranslator(max_steps=50, random_state=0).fit(X, 16 - X)
    >>> translator.predict(X[:5]).shape
    (5, 8, 8)

    Images of a plentiful class in the place of a scarce one's, as a step of an imbalanced-learn
    Pipeline; `examples/10_translate_images.py` has it whole:

    >>> def translate_plentiful(X, y):
    ...     translator = ImageTranslator(paired=False).fit(X[y == 3], X[y == 8])
    ...     made = translator.predict(X[y == 3])
    ...     return np.concatenate([X, made]), np.append(y, np.full(len(made), 8))
    >>> sampler = FunctionSampler(func=translate_plentiful, validate=False)  # doctest: +SKIP
    """

    _parameter_constraints: dict[str, Any] = {
        **ImageToImage._parameter_constraints,
        "paired": ["boolean"],
        "n_starts": [Interval(Integral, 1, None, closed="left")],
        "adversarial_weight": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    }
    _is_local = False
    _momentum = 0.5

    def __init__(
        self,
        *,
        paired: bool = True,
        image_shape: Any = None,
        channel_axis: Any = "auto",
        adversarial_weight: float | str = "auto",
        loss: str = "relativistic",
        gamma: float = 0.01,
        width: int | str = "auto",
        depth: int | str = "auto",
        patch_size: int | str = "auto",
        batch_size: int | str = "auto",
        learning_rate: float = 2e-3,
        ema_decay: float = 0.99,
        flips: bool | str = "auto",
        precision: str = "auto",
        n_starts: int = 4,
        max_steps: int | str = "auto",
        max_time: float | None = None,
        checkpoint: PathLike | None = None,
        checkpoint_seconds: float = 60,
        device: Any = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.paired = paired
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
        self.precision = precision
        self.n_starts = n_starts
        self.max_steps = max_steps
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.checkpoint_seconds = checkpoint_seconds
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @threads_of_this_process()
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any) -> ImageTranslator:
        """Learn to turn images of `X` into images like those of `y`.

        Parameters
        ----------
        X : array-like of shape (n, height, width), with a channel axis, or (n, pixels)
            Images to translate.
        y : array-like of images
            What they should become, one for each; or, with ``paired=False``, any number of images
            of the other kind. Of the height and width of `X`; channels, dtype and layout may
            differ.

        Returns
        -------
        self : ImageTranslator
            The fitted translator.

        Raises
        ------
        ValueError
            If a parameter, `X` or `y` cannot be used; before any training.
        TypeError
            If the images do not hold real numbers.
        """
        if y is None or is_labels(y, X):
            raise ValueError(
                "y must hold the images that those of X should become, but it is "
                f"{'None' if y is None else 'one label per image'}. Pass images as y; those of "
                "another class without pairs, with paired=False."
            )
        borders = borders_of({"X": X, "y": y}, self.image_shape, self.channel_axis)
        inputs, outputs = borders["X"].learn(X), borders["y"].learn(y)
        if self.paired:
            check_pairs(inputs.pixels, outputs.pixels)
        check_pairs(inputs.pixels[:1], outputs.pixels[:1])
        session = self._session({"X": inputs, "y": outputs})
        sizes = self._sizes(inputs, session.device)
        turned = self._flipped(inputs.pixels.shape[2:], sizes.crop)
        architecture = {
            "n_inputs": inputs.pixels.shape[1],
            "n_outputs": outputs.pixels.shape[1],
            "width": sizes.width,
            "n_levels": sizes.n_levels,
            "halved": sizes.halved,
            "depth": sizes.depth,
            "paired": bool(self.paired),
        }
        lesson_on = translation_lesson(
            inputs,
            outputs,
            paired=self.paired,
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
            clipped=False,
        )
        return self

    def predict(self, X: Any) -> Any:
        """Translate images.

        Parameters
        ----------
        X : array-like
            Images of the channels that were learned and, unless they are flat rows, any height
            and width: large ones are worked on in overlapping tiles.

        Returns
        -------
        Y : of the type, layout and dtype of the y of fit
            Their values lie in its range.

        Raises
        ------
        ValueError
            If the images have other channels than those learned, another scale, or NaN.
        TypeError
            If the images do not hold real numbers.
        sklearn.exceptions.NotFittedError
            If the translator is not fitted.
        """
        return self._translate(X, "X", "y", "forwards")

    def transform(self, X: Any) -> Any:
        """The same as `predict`, for Pipelines.

        Raises
        ------
        ValueError, TypeError, sklearn.exceptions.NotFittedError
            As `predict`.
        """
        return self.predict(X)

    def inverse_transform(self, X: Any) -> Any:
        """Translate images like those of the y of fit back; only with ``paired=False``.

        Parameters
        ----------
        X : array-like
            Images of the kind that `predict` gives.

        Returns
        -------
        X_back : of the type, layout and dtype of the X of fit
            Images of the other kind.

        Raises
        ------
        ValueError
            If the translator was fitted with ``paired=True``, or the images have other channels
            than those of the y of fit, another scale, or NaN.
        TypeError
            If the images do not hold real numbers.
        sklearn.exceptions.NotFittedError
            If the translator is not fitted.
        """
        check_is_fitted(self, "weights_")
        if self._architecture["paired"]:
            raise ValueError(
                "paired=True learns the way there only. Fit a translator with X and y exchanged, "
                "or use paired=False."
            )
        return self._translate(X, "y", "X", "backwards")

    def score(self, X: Any, y: Any) -> float:
        """PSNR of translated images, in decibels of the range of the y of fit.

        It is that of the mean squared error over all images.

        Parameters
        ----------
        X : array-like
            Images to translate.
        y : array-like
            What each should become.

        Returns
        -------
        score : float
            Larger is better.

        Raises
        ------
        ValueError
            If the images of either kind have other channels than those learned, another scale, or
            NaN, or if they are no pairs.
        TypeError
            If the images do not hold real numbers.
        sklearn.exceptions.NotFittedError
            If the translator is not fitted.
        """
        check_is_fitted(self, "weights_")
        _, truth = open_like(self._borders["y"], y, "y")
        _, values = open_like(self._borders["X"], X, "X")
        check_pairs(values, truth)
        made = self._map("forwards", values).clip(-1, 1)
        return psnr(made, truth, 2.0)

    def _translate(self, images: Any, source: str, target: str, direction: str) -> Any:
        check_is_fitted(self, "weights_")
        _, values = open_like(self._borders[source], images, "X")
        made = self._map(direction, values)
        return beside(images, resized(self._borders[target], made.shape[2:]).decode(made))

    def _networks(self, architecture: dict[str, Any]) -> tuple[Generator, nn.Module]:
        options = dict(architecture)
        mapping, judge = (
            (Mapping, PairJudge) if options.pop("paired") else (CycleMapping, BothJudge)
        )
        shapes = {name: options.pop(name) for name in ("n_inputs", "n_outputs")}
        make: Callable[..., Any] = mapping
        generator = make(**shapes, **options, residual=False)
        return generator, judge(**shapes, **judge_options(**options))

    @property
    def _n_starts(self) -> int:  # type: ignore[override]
        return 1 if self.paired else int(self.n_starts)

    @property
    def _weight(self) -> float:
        if isinstance(self.adversarial_weight, str):
            return 0.01 if self.paired else 0.5
        return self.adversarial_weight
