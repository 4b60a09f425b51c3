"""`GANAugmenter`: the scikit-learn face of the generative models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from sklearn.base import BaseEstimator, _fit_context, clone
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import validate_data

from gan_augment.backends.base import Backend
from gan_augment.backends.image import ImageGAN
from gan_augment.backends.image.border import is_image_batch
from gan_augment.backends.tabular import TabularGAN
from gan_augment.columns import IntArray
from gan_augment.diagnosis import warn_of_faults
from gan_augment.files import PathLike
from gan_augment.fitted import FittedFace
from gan_augment.model import FittedModel
from gan_augment.outofcore import read_stream, reject_stream
from gan_augment.sampling import (
    check_target,
    draw_seed,
    rows_to_add,
    rows_to_train_on,
    warn_of_few_rows,
)
from gan_augment.training.devices import resolve_device
from gan_augment.training.fingerprints import agree_on_seed, open_checkpoint
from gan_augment.training.session import Resources

_NO_TRANSFORM = (
    "GANAugmenter has no transform, since it changes the number of rows, which scikit-learn's "
    "Pipeline cannot follow. Use imblearn.pipeline.make_pipeline(..., GANAugmenter(), classifier), "
    "or wrap the classifier: AugmentedClassifier(classifier, GANAugmenter())."
)


class GANAugmenter(FittedFace, BaseOverSampler):
    """Over-sampler that draws the missing rows or images from a GAN.

    A class-conditional generative adversarial network learns the rows of every class, be they of a
    table with mixed types and missing values or images, and draws new ones of the class that is
    asked for.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes `fit_resample` grows, and how far; exactly as in imbalanced-learn. "auto"
        fills every class to the size of the largest.
    backend : {"auto", "tabular", "image"} or backend instance, default="auto"
        The generative model; "auto" takes "image" where `X` has three or four dimensions or
        `image_shape` is given. An instance, such as ``TabularGAN(loss="hinge")`` or
        ``ImageGAN(arch="residual")``, carries its own hyperparameters.
    train_on : {"all", "minority"}, default="all"
        "all" trains on every row, so that small classes borrow what they share with large ones;
        "minority" trains only on the classes that `sampling_strategy` grows.
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Columns that are levels although their dtype is numeric, by name, index or boolean mask.
        Strings, booleans, pandas categories and objects are always levels, except objects that are
        all numbers, or all dates, datetimes or durations of one type.
    image_shape : tuple of int or None, default=None
        Shape of one image, where the rows of `X` are flattened images: (height, width), or with
        channels first or last.
    max_steps : int or "auto", default="auto"
        Most training steps; "auto" grows with the number of rows.
    max_time : float or None, default=None
        Most seconds of training; the learning rate's schedule adapts to it. What `TabularGAN`
        learns about classes afterwards takes seconds more (see its `teacher_weight`).
    early_stopping : bool, default=True
        Hold out some rows or images, score the model on them during training, stop when it gets
        no better, and keep the best step.
    max_rows : int, default=500_000
        Most rows to learn from where `X` is a path, a dataset or an iterator (see `fit`).
    checkpoint : path-like or None, default=None
        File that the training's state is written to, and gone on from after a crash by a `fit` on
        the same data and parameters. On a CPU the result is, bit for bit, that of an uninterrupted
        training. Of a finished one only what `TabularGAN` learns about classes afterwards is
        learned again, which takes seconds.
    checkpoint_seconds : float, default=60
        Seconds between two writes of `checkpoint`, which is what a crash can lose.
    device : str or torch.device, default="auto"
        "auto" takes CUDA, then MPS, then the CPU.
    random_state : int, RandomState instance or None, default=None
        An int makes training and every call of `sample` reproducible: the same call gives the
        same rows, bit for bit on a CPU.
    verbose : int, default=0
        1 shows a progress bar and the device.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels seen in `y`; absent when fitted without.
    n_features_in_ : int
        Number of columns of `X`; of images, the size of their first axis.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of `X`, where it has string names.
    sampling_strategy_ : OrderedDict
        Number of rows to draw for each class; absent when fitted without `y`.
    backend_ : Backend
        The trained model.
    history_ : list of dict
        Training records: step, losses, held-out score, seconds.
    n_steps_ : int
        Training steps taken.
    device_ : str
        Where training ran.

    See Also
    --------
    TabularGAN : The backend for tables and its hyperparameters.
    ImageGAN : The backend for images and its hyperparameters.

    Notes
    -----
    As a step of a Pipeline it needs imbalanced-learn's `Pipeline`, which resamples while fitting
    and leaves the data alone while predicting.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from gan_augment import GANAugmenter
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> augmenter = GANAugmenter(max_steps=50, random_state=0)
    >>> X_resampled, y_resampled = augmenter.fit_resample(X, y)
    >>> y_resampled.value_counts().to_dict()
    {0: 357, 1: 357}
    """

    _parameter_constraints: dict[str, Any] = {
        "sampling_strategy": [
            Interval(Real, 0, 1, closed="right"),
            StrOptions({"auto", "minority", "not minority", "not majority", "all"}),
            Mapping,
            callable,
        ],
        "backend": [
            StrOptions({"auto", "tabular", "image"}),
            HasMethods(["fit", "sample", "border"]),
        ],
        "train_on": [StrOptions({"all", "minority"})],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "image_shape": ["array-like", None],
        "max_steps": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "early_stopping": ["boolean"],
        "max_rows": [Interval(Integral, 2, None, closed="left")],
        "checkpoint": [str, os.PathLike, None],
        "checkpoint_seconds": [Interval(Real, 0, None, closed="left")],
        "device": "no_validation",
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        backend: Any = "auto",
        train_on: str = "all",
        categorical_features: Any = "from_dtype",
        image_shape: tuple[int, ...] | None = None,
        max_steps: int | str = "auto",
        max_time: float | None = None,
        early_stopping: bool = True,
        max_rows: int = 500_000,
        checkpoint: PathLike | None = None,
        checkpoint_seconds: float = 60,
        device: Any = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.backend = backend
        self.train_on = train_on
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.max_steps = max_steps
        self.max_time = max_time
        self.early_stopping = early_stopping
        self.max_rows = max_rows
        self.checkpoint = checkpoint
        self.checkpoint_seconds = checkpoint_seconds
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> GANAugmenter:
        """Train the generative model.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features), or images
            Rows to learn from; missing values are learned too. Images are of shape (n_samples,
            height, width), with an axis of channels first or last, or flat rows with
            `image_shape`; any height, width and numeric dtype. Where rows do not fit in memory:
            the path of a Parquet file or folder, a pyarrow dataset, an iterator or a list of
            frames. One pass keeps a uniform sample of `max_rows` of them, and more of rare classes;
            besides it the ends of all ranges, and rare levels of columns that have no more levels
            than a fiftieth of `max_rows` (or than 100). An index in a Parquet file is a column,
            unless it is of row numbers without a name, and so are the names of folders such as
            ``year=2024``.
        y : array-like of shape (n_samples,), default=None
            Class labels of any hashable type; the name of their column where `X` is a path, a
            dataset or an iterator. Without them one distribution is learned and a
            target column in `X` is a column like any other.

        Returns
        -------
        self : GANAugmenter
            The fitted augmenter.

        Raises
        ------
        ValueError
            If a parameter, `X` or `y` cannot be used; before any training.
        TypeError
            If a column of `X` holds things that are neither numbers, dates nor levels, or images
            are not of numbers.
        """
        self._train(X, y, resamples=False)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Train on `X` and `y` and append synthetic rows as `sampling_strategy` asks.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features), or images
            Real rows or images, as in `fit`.
        y : array-like of shape (n_samples,)
            Their class labels.

        Returns
        -------
        X_resampled : same type as X, of shape (n_samples_new, n_features), or images
            The real rows, unchanged, then the synthetic ones; images of the layout and dtype of X.
            Tensors and pictures of Pillow in a list become NumPy arrays.
        y_resampled : same type as y, of shape (n_samples_new,)
            Labels of both.

        Raises
        ------
        ValueError
            If a parameter, `X` or `y` cannot be used, or if the augmenter was fitted on other
            columns; before any training.
        """
        if y is None:
            raise ValueError(
                "fit_resample requires y to be passed, but the target y is None. Pass the class "
                "labels, or use fit(X) and sample(n) to model rows without classes."
            )
        reject_stream(X)
        self._reject_other_columns(X, ordered=self.image_shape is not None)
        return self._fit_resample(X, y)

    def _fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        training, labels = self._train(X, y, resamples=True)
        model = self._model
        assert model.target is not None
        codes = model.codes_of_strategy()
        new_rows = model.fill(training, labels, codes, self._sampling_seed())
        all_codes = np.concatenate([model.target.codes, codes])
        return model.border.append(X, new_rows), model.target.decode(all_codes)

    @property
    def transform(self) -> Any:
        """Absent, with the reason: an augmenter changes the number of rows."""
        raise AttributeError(_NO_TRANSFORM)

    def _train(self, X: Any, y: Any, *, resamples: bool) -> tuple[Any, IntArray]:
        """Train, and return what was trained on: the backend's data and class codes."""
        resolve_device(self.device)
        backend = self._resolve_backend(X)
        stream = read_stream(X, y, self.max_rows, self.categorical_features)
        if stream is not None:
            X, y = stream.X, stream.y
        border = backend.border(
            X, categorical_features=self.categorical_features, image_shape=self.image_shape
        )
        data = border.learn(X)
        target = None if y is None else check_target(y, len(data))
        labels = np.zeros(len(data), dtype=np.int64) if target is None else target.codes
        if target is not None and stream is not None:
            target = stream.whole_target(target)
        strategy = None if target is None else rows_to_add(self.sampling_strategy, y, target)
        columns = _columns_of(X)
        rows, trained = rows_to_train_on(self.train_on, labels, strategy)
        training, model_codes = data.take(rows), np.searchsorted(trained, labels[rows])
        seed = agree_on_seed(draw_seed(self.random_state), training, model_codes)
        checkpoint = None
        if self.checkpoint is not None:
            checkpoint = open_checkpoint(self, backend, training, model_codes, seed)
            seed = checkpoint.seed
        resources = Resources(
            max_steps=None if self.max_steps == "auto" else int(self.max_steps),
            max_seconds=self.max_time,
            early_stopping=self.early_stopping,
            device=self.device,
            seed=seed,
            verbose=int(self.verbose),
            checkpoint=checkpoint,
        )
        backend.fit(training, model_codes, n_classes=len(trained), resources=resources)
        n_rows = len(data) if stream is None else stream.n_rows
        self._adopt(FittedModel(backend, border, target, trained, strategy, n_rows), columns)
        warn_of_faults(self._model)
        if target is not None and strategy is not None:
            asked = strategy > 0
            if not resamples and not asked.any():  # what `sample` draws from then
                asked = target.counts > 0
            warn_of_few_rows(target, asked, trained, self._model.doubts)
        return training, model_codes

    def _resolve_backend(self, X: Any) -> Backend:
        if isinstance(self.backend, type):
            name = self.backend.__name__
            raise TypeError(f"backend={name} is a class. Pass an instance: backend={name}().")
        if isinstance(self.backend, str):
            has_images = self.image_shape is not None or is_image_batch(X)
            wanted = self.backend == "image" or (self.backend == "auto" and has_images)
            return ImageGAN() if wanted else TabularGAN()
        return clone(self.backend, safe=False)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.target_tags.required = False
        return tags


def _columns_of(X: Any) -> dict[str, Any]:
    """`n_features_in_` and `feature_names_in_`, as far as `X` has them."""
    seen = BaseEstimator()
    validate_data(seen, X=X, skip_check_array=True)
    return vars(seen)
