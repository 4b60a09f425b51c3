"""A small convolutional classifier: a judge of images, and a source of features for metrics."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from gan_augment.backends.image.border import ImageBorder, Images
from gan_augment.backends.image.sizing import threads_for_images
from gan_augment.columns import FloatArray, IntArray
from gan_augment.sampling import draw_seed
from gan_augment.training.devices import resolve_device, threads_of_this_process
from gan_augment.training.initialisation import first_weights

_BATCH = 512
_FINAL_LEARNING_RATE = 0.02


class ConvClassifier(ClassifierMixin, BaseEstimator):
    """Two convolutions and two linear layers, trained from nothing; for small images.

    Every training takes the same number of steps however many images there are, so that the same
    effort goes into data with and without synthetic images.

    Parameters
    ----------
    n_steps : int, default=1_000
        Batches of 64 images.
    width : int, default=16
        Channels of the first convolution; the second has twice as many.
    shift : int, default=0
        Training images are moved by up to so many pixels either way.
    mixup : float, default=0.0
        Training images and their labels are mixed in pairs, in shares drawn from
        ``Beta(mixup, mixup)`` [1]_; 0 mixes none.
    class_weight : "balanced" or None, default=None
        "balanced" weighs classes by their inverse frequency in the loss.
    learning_rate : float, default=2e-3
        Peak rate of AdamW; falls by a cosine.
    image_shape : sequence of int, default=None
        Shape of one image, where `X` has flat rows.
    channel_axis : int, None or "auto", default="auto"
        Axis of `X` that holds the channels.
    device : str or torch.device, default="cpu"
        Where to train.
    random_state : int, RandomState instance or None, default=None
        Makes the training reproducible.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels seen in `y`.

    References
    ----------
    .. [1] Zhang et al. (2018), "mixup: beyond empirical risk minimization", ICLR.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from gan_augment.evaluation import ConvClassifier
    >>> digits = load_digits()
    >>> model = ConvClassifier(n_steps=50, random_state=0).fit(digits.images, digits.target)
    >>> model.predict(digits.images[:3]).shape
    (3,)
    """

    _parameter_constraints: dict[str, Any] = {
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "width": [Interval(Integral, 1, None, closed="left")],
        "shift": [Interval(Integral, 0, None, closed="left")],
        "mixup": [Interval(Real, 0, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "image_shape": ["array-like", None],
        "channel_axis": [StrOptions({"auto"}), Integral, None],
        "device": "no_validation",
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        n_steps: int = 1_000,
        width: int = 16,
        shift: int = 0,
        mixup: float = 0.0,
        class_weight: str | None = None,
        learning_rate: float = 2e-3,
        image_shape: Any = None,
        channel_axis: Any = "auto",
        device: Any = "cpu",
        random_state: Any = None,
    ):
        self.n_steps = n_steps
        self.width = width
        self.shift = shift
        self.mixup = mixup
        self.class_weight = class_weight
        self.learning_rate = learning_rate
        self.image_shape = image_shape
        self.channel_axis = channel_axis
        self.device = device
        self.random_state = random_state

    @threads_of_this_process()
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any) -> ConvClassifier:
        """Train on images and their labels.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or with channels, or flat rows
            Images.
        y : array-like of shape (n,)
            Labels.

        Returns
        -------
        self : ConvClassifier
            The trained classifier.

        Raises
        ------
        ValueError
            If a parameter cannot be used, `X` holds no images, or `y` has another length.
        TypeError
            If `X` holds no numbers.
        """
        device = resolve_device(self.device)
        self._border = ImageBorder(self.image_shape, self.channel_axis)
        images = self._border.learn(X)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        if len(codes) != len(images):
            raise ValueError(
                f"X has {len(images)} images and y has {len(codes)} labels. Pass one per image."
            )
        seed = draw_seed(self.random_state)
        with first_weights(seed):
            network = _Network(images.pixels.shape[1:], len(self.classes_), self.width)
        self._network = network.to(device)
        with threads_for_images(*self._border.layout.size):
            self._train(images, codes, seed)
        self._network.requires_grad_(False).eval()
        return self

    def _train(self, images: Images, codes: IntArray, seed: int) -> None:
        device = next(self._network.parameters()).device
        weight = None
        if self.class_weight is not None:
            weights = compute_class_weight("balanced", classes=np.unique(codes), y=codes)
            weight = torch.tensor(weights, dtype=torch.float32, device=device)
        rng = torch.Generator(device).manual_seed(seed)
        optimizer = torch.optim.AdamW(self._network.parameters(), weight_decay=1e-2)
        batches = self._batches(images, codes, device, rng)
        for step in range(self.n_steps):
            low = _FINAL_LEARNING_RATE
            cosine = 0.5 * (1 + np.cos(np.pi * step / self.n_steps))
            optimizer.param_groups[0]["lr"] = self.learning_rate * (low + (1 - low) * cosine)
            rows, labels = next(batches)
            loss = self._loss(rows, labels, weight, rng)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    def predict(self, X: Any) -> np.ndarray:
        """Likeliest class of each image.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or with channels, or flat rows
            Images, shaped and scaled as those of `fit`.

        Returns
        -------
        ndarray of shape (n,)
            Labels, of `classes_`.

        Raises
        ------
        ValueError
            If the images are of another shape or scale than those of `fit`.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def predict_proba(self, X: Any) -> FloatArray:
        """Probability of each class for each image.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or with channels, or flat rows
            Images, shaped and scaled as those of `fit`.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Its columns are in the order of `classes_`, and its rows sum to 1.

        Raises
        ------
        ValueError
            If the images are of another shape or scale than those of `fit`.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        logits = self._apply(X, lambda rows: self._network.head(self._network(rows)))
        return softmax(logits, axis=1)

    def features(self, X: Any) -> FloatArray:
        """What the last hidden layer makes of images, for metrics.

        Parameters
        ----------
        X : array-like of shape (n, height, width) or with channels, or flat rows
            Images, shaped and scaled as those of `fit`.

        Returns
        -------
        ndarray of shape (n, 64)
            Activations, of 0 or more.

        Raises
        ------
        ValueError
            If the images are of another shape or scale than those of `fit`.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        return self._apply(X, lambda rows: self._network(rows))

    @threads_of_this_process()
    def _apply(self, X: Any, function: Any) -> FloatArray:
        check_is_fitted(self)
        values = torch.from_numpy(self._border.open(X).scaled())
        device = next(self._network.parameters()).device
        with threads_for_images(*values.shape[2:]):
            parts = [function(part.to(device)).cpu().numpy() for part in values.split(_BATCH)]
        return np.concatenate(parts).astype(np.float64)

    def _batches(
        self, images: Images, codes: IntArray, device: torch.device, rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Tensor]]:
        values = torch.from_numpy(images.scaled()).to(device)
        labels = torch.from_numpy(codes).to(device)
        size = min(64, len(values))
        while True:
            order = torch.randperm(len(values), generator=rng, device=device)
            for rows in order[: len(order) // size * size].split(size):
                yield values[rows], labels[rows]

    def _loss(
        self, rows: Tensor, labels: Tensor, weight: Tensor | None, rng: torch.Generator
    ) -> Tensor:
        if self.shift:
            rows = _shifted(rows, self.shift, rng)
        if not self.mixup:
            return F.cross_entropy(self._network.head(self._network(rows)), labels, weight)
        seed = int(torch.randint(2**31, (1,), generator=rng, device=rng.device))
        share = float(np.random.default_rng(seed).beta(self.mixup, self.mixup))
        partner = torch.randperm(len(rows), generator=rng, device=rows.device)
        logits = self._network.head(self._network(share * rows + (1 - share) * rows[partner]))
        first = F.cross_entropy(logits, labels, weight)
        return share * first + (1 - share) * F.cross_entropy(logits, labels[partner], weight)


class _Network(nn.Module):
    def __init__(self, shape: tuple[int, ...], n_classes: int, width: int):
        super().__init__()
        n_channels, height, breadth = shape
        side = [max(1, -(-size // 4)) for size in (height, breadth)]
        self.first = nn.Conv2d(n_channels, width, 3, padding=1)
        self.second = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.hidden = nn.Linear(2 * width * side[0] * side[1], 64)
        self.head = nn.Linear(64, n_classes)

    def forward(self, rows: Tensor) -> Tensor:
        rows = F.max_pool2d(F.relu(self.first(rows)), 2, ceil_mode=True)
        rows = F.max_pool2d(F.relu(self.second(rows)), 2, ceil_mode=True)
        return F.relu(self.hidden(rows.flatten(1)))


def _shifted(rows: Tensor, most: int, rng: torch.Generator) -> Tensor:
    """Every image moved by its own number of pixels; the border's pixels fill the gap."""
    n, _, height, width = rows.shape
    moves = torch.randint(-most, most + 1, (n, 2), generator=rng, device=rows.device)
    down = (torch.arange(height, device=rows.device) + moves[:, :1]).clamp(0, height - 1)
    right = (torch.arange(width, device=rows.device) + moves[:, 1:]).clamp(0, width - 1)
    image = torch.arange(n, device=rows.device)[:, None, None]
    return rows.movedim(1, -1)[image, down[:, :, None], right[:, None, :]].movedim(-1, 1)
