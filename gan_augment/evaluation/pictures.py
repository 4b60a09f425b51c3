"""Whether synthetic images can be trusted: contact sheets, and metrics that need no download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from gan_augment.backends.image.border import ImageBorder
from gan_augment.backends.image.validation import RandomFeatures
from gan_augment.columns import FloatArray
from gan_augment.evaluation.coverage import precision_recall_density_coverage
from gan_augment.evaluation.plots import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GAP = 1
_CELL_INCHES = 0.45


def frechet_distance(real: FloatArray, synthetic: FloatArray) -> float:
    """Distance of two normal distributions with the means and covariances of the samples.

    Parameters
    ----------
    real, synthetic : ndarray of shape (n, n_features)
        Features, two rows or more of each.

    Returns
    -------
    float
        0 for the same; only comparable between figures of the same features and numbers of rows.

    References
    ----------
    Heusel et al. (2017), "GANs trained by a two time-scale update rule converge to a local Nash
    equilibrium", NeurIPS.
    """
    difference = real.mean(axis=0) - synthetic.mean(axis=0)
    first, second = (np.cov(rows, rowvar=False) for rows in (real, synthetic))
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(0)).sum()
    return float(difference @ difference + np.trace(first) + np.trace(second) - 2 * cross)


def kernel_distance(real: FloatArray, synthetic: FloatArray) -> float:
    """Unbiased squared maximum mean discrepancy of a cubic kernel; can fall below 0.

    Parameters
    ----------
    real, synthetic : ndarray of shape (n, n_features)
        Features, two rows or more of each.

    Returns
    -------
    float
        About 0 for samples of one distribution, however few.

    References
    ----------
    Bińkowski et al. (2018), "Demystifying MMD GANs", ICLR.
    """

    def kernel(first: FloatArray, second: FloatArray) -> FloatArray:
        return (first @ second.T / real.shape[1] + 1) ** 3

    def within(rows: FloatArray) -> float:
        values = kernel(rows, rows)
        return float((values.sum() - np.trace(values)) / (len(rows) * (len(rows) - 1)))

    return within(real) + within(synthetic) - 2 * float(kernel(real, synthetic).mean())


def image_scores(
    X_real: Any,
    X_synthetic: Any,
    y_real: Any = None,
    y_synthetic: Any = None,
    *,
    judge: Any = None,
    image_shape: Any = None,
    channel_axis: Any = "auto",
) -> pd.DataFrame:
    """Distances, precision, recall and copies of synthetic images, class by class.

    Parameters
    ----------
    X_real, X_synthetic : array-like
        Images; real ones that a generator was not trained on, but for "copies".
    y_real, y_synthetic : array-like, default=None
        Their labels; without them all images are one class.
    judge : object with ``features(X)``, default=None
        Gives features, such as a `ConvClassifier` fitted on real training images. None takes those
        of an untrained network, which are always the same. Never compare figures of different
        judges, nor any of them with published Inception distances.
    image_shape, channel_axis
        As in `GANAugmenter` and `ImageGAN`.

    Returns
    -------
    DataFrame
        One row per class and columns "frechet", "kernel", "precision", "recall", "density",
        "coverage" and "nearest": the median distance of a synthetic image to the nearest real one,
        over that of a real image to the nearest other; copies bring it towards 0.

    Raises
    ------
    ValueError
        If the images do not fit each other, or a class has fewer than 2 of a kind.
    """
    border = ImageBorder(image_shape, channel_axis, name="X_real")
    images = border.learn(X_real)
    border.name = "X_synthetic"
    others = border.open(X_synthetic)
    if judge is None:
        network = RandomFeatures(images.pixels.shape[1], images.pixels.shape[2:])
        real, synthetic = network.of(images.scaled()), network.of(others.scaled())
    else:
        real, synthetic = judge.features(X_real), judge.features(X_synthetic)
    scale = real.std(axis=0) + 1e-6
    real, synthetic = real / scale, synthetic / scale
    labels = [
        np.zeros(n, int) if y is None else np.asarray(y)
        for y, n in ((y_real, len(real)), (y_synthetic, len(synthetic)))
    ]
    records = {}
    for label in np.unique(labels[1]):
        first, second = real[labels[0] == label], synthetic[labels[1] == label]
        if min(len(first), len(second)) < 2:
            raise ValueError(
                f"Class {label!r} has {len(first)} real images and {len(second)} synthetic ones; "
                "at least 2 of each are needed. Pass more, or leave that class out."
            )
        records[label] = {
            "frechet": frechet_distance(first, second),
            "kernel": kernel_distance(first, second),
            **precision_recall_density_coverage(first, second),
            "nearest": _nearest_ratio(first, second),
        }
    return pd.DataFrame.from_dict(records, orient="index").rename_axis("class")


def contact_sheet(
    X_real: Any,
    X_synthetic: Any,
    y_real: Any = None,
    y_synthetic: Any = None,
    *,
    n_columns: int = 12,
    image_shape: Any = None,
    channel_axis: Any = "auto",
) -> Figure:
    """Real images above synthetic ones, a pair of rows for every class.

    Parameters
    ----------
    X_real, X_synthetic : array-like
        Images of the same shape; of each class the first are drawn.
    y_real, y_synthetic : array-like, default=None
        Their labels; without them there is one pair of rows.
    n_columns : int, default=12
        Images per row.
    image_shape, channel_axis
        As in `GANAugmenter` and `ImageGAN`.

    Returns
    -------
    matplotlib.figure.Figure
        With ``savefig(path)``.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    from gan_augment.benchmark.plots import new_figure

    border = ImageBorder(image_shape, channel_axis, name="X_real", fewest=1)
    pictures = [border.learn(X_real).scaled()]
    border.name = "X_synthetic"
    pictures.append(border.open(X_synthetic).scaled())
    labels = [
        np.zeros(len(shown), int) if y is None else np.asarray(y)
        for y, shown in zip((y_real, y_synthetic), pictures, strict=True)
    ]
    classes = np.unique(np.concatenate(labels))
    height, width = pictures[0].shape[2:]
    figure = new_figure(
        _CELL_INCHES * n_columns + 1.2, (2 * _CELL_INCHES * height / width + 0.1) * len(classes)
    )
    panels = figure.subplots(len(classes), 1, squeeze=False).ravel()
    for label, axes in zip(classes, panels, strict=True):
        rows = [shown[of == label][:n_columns] for shown, of in zip(pictures, labels, strict=True)]
        _draw_pair(axes, rows, n_columns, "" if y_real is None else text(label))
    return figure


def _draw_pair(axes: Axes, rows: list[np.ndarray], n_columns: int, name: str) -> None:
    n_channels, height, width = rows[0].shape[1:]
    sheet = np.ones((2 * (height + _GAP), n_columns * (width + _GAP), n_channels), np.float32)
    for i, shown in enumerate(rows):
        for j, image in enumerate(shown.clip(-1, 1)):
            top, left = i * (height + _GAP), j * (width + _GAP)
            sheet[top : top + height, left : left + width] = image.transpose(1, 2, 0) / 2 + 0.5
    grey = n_channels not in (3, 4)
    axes.imshow(
        sheet[:, :, 0] if grey else sheet, cmap="gray", vmin=0, vmax=1, interpolation="nearest"
    )
    axes.set_xticks([])
    axes.set_yticks([height / 2, height * 1.5 + _GAP], ["real", "GAN"], fontsize=7)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=4)


def _nearest_ratio(real: FloatArray, synthetic: FloatArray) -> float:
    among = cdist(real, real)
    np.fill_diagonal(among, np.inf)
    usual = float(np.median(among.min(axis=1)))
    return float(np.median(cdist(synthetic, real).min(axis=1))) / max(usual, 1e-12)
